// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/lanecard.h"

#include "models/steppermodels.h"
#include "ui/chiplabel.h"
#include "ui/theme.h"

#include <QAbstractButton>
#include <QEvent>
#include <QGridLayout>
#include <QLabel>
#include <QMenu>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

using models::format::text;
using stepper::LaneState;
using stepper::LaneView;

namespace {

constexpr int logLines = 4;
constexpr int buttonsAcross = 4;

} // namespace

LaneCard::LaneCard(const QString& worker, QWidget* parent)
    : Card(worker, parent)
    , m_worker(worker)
    , m_state(new ChipLabel)
    , m_facts(new QLabel)
    , m_log(new QLabel)
    , m_buttons(new QGridLayout) {
    setObjectName(u"lane."_s + worker);
    addToHeading(m_state);
    auto* content = new QWidget;
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(space::large, 8, space::large, 10);
    layout->setSpacing(space::small);
    for (QLabel* label : {m_facts, m_log}) {
        label->setTextFormat(Qt::PlainText);
        label->setWordWrap(true);
        layout->addWidget(label);
    }
    m_log->setFont(codeFont());
    m_log->setAccessibleName(tr("What %1 did").arg(worker));
    makeSelectable(m_log);
    layout->addStretch();
    m_buttons->setSpacing(6);
    layout->addLayout(m_buttons);
    setContent(content);
    setMinimumWidth(280);
}

QList<LaneCard::Offer> LaneCard::offers(const LaneView& lane, bool hasOldToken) const {
    const auto step = [this](const char* verb) -> QString { return m_worker + u' ' + QLatin1StringView(verb); };
    switch (lane.state) {
    case LaneState::Waiting:
        return {{tr("Cancel wait"), step("cancel")}, {tr("Die"), step("die")}};
    case LaneState::Dead:
        return {{tr("Return"), step("return")}};
    case LaneState::Failed:
        return {{tr("Roll back"), step("rollback")}, {tr("Die"), step("die")}};
    case LaneState::Holding:
        if (!lane.nextStatement.empty())
            return {{tr("Next"), step("next")},
                    {tr("Run"), step("run")},
                    {tr("Roll back"), step("rollback")},
                    {tr("Die"), step("die")}};
        return {{tr("Commit"), step("commit")},
                {tr("Roll back"), step("rollback")},
                {tr("Ack"), step("ack")},
                {tr("Nack"), step("nack")},
                {tr("Die"), step("die")}};
    case LaneState::Idle:
        break;
    }
    QList<Offer> all = {{tr("Receive"), step("receive")}, {tr("Receive + hold"), step("receive hold")},
                        {tr("Ack"), step("ack")},         {tr("Nack"), step("nack")},
                        {tr("Touch"), step("touch")},     {tr("Die"), step("die")}};
    if (hasOldToken)
        all.insert(3, {tr("Ack old token"), step("ack old")});
    return all;
}

void LaneCard::fillMenu(QMenu& menu) {
    const auto add = [&](const QString& title, const char* verb) {
        const QString step = m_worker + u' ' + QLatin1StringView(verb);
        menu.addAction(title + u'\t' + step, this, [this, step] { Q_EMIT stepWanted(step); });
    };
    add(tr("Receive, taking over who is silent for 5 min"), "receive dead 5m");
    add(tr("The same, and hold"), "receive dead 5m hold");
    add(tr("Receive one message of the window"), "receive limit 1");
    add(tr("Receive when 10 events wait"), "receive min-count 10");
    add(tr("Receive when the last tick is 1 s old"), "receive min-lag 1s");
    add(tr("Receive as a normal consumer"), "receive normal");
    menu.addSeparator();
    add(tr("Ack and hold"), "ack hold");
    add(tr("Ack the token before"), "ack old");
    add(tr("Nack the first message"), "nack 1 after 1m");
    add(tr("Nack the token before"), "nack all old");
    menu.addSeparator();
    add(tr("Register"), "register");
    add(tr("Register, converting a normal consumer"), "register convert");
    add(tr("Unregister"), "unregister");
    add(tr("Unregister by force"), "unregister force");
    add(tr("Subscribe as a normal consumer"), "subscribe");
    add(tr("Unsubscribe"), "unsubscribe");
    menu.addSeparator();
    add(tr("Send 1 and hold"), "send hold");
    add(tr("Begin a transaction"), "begin");
    add(tr("Walk an allocation, statement by statement"), "walk");
    add(tr("Walk, taking over who is silent for 5 min"), "walk dead 5m");
    menu.addSeparator();
    const QString age = u"age "_s + m_worker + u" 10m"_s;
    menu.addAction(tr("Make its heartbeat 10 min older") + u'\t' + age, this, [this, age] { Q_EMIT stepWanted(age); });
}

void LaneCard::show(const LaneView& lane, pg::Timestamp now, bool hasOldToken, bool changed) {
    const models::Mark mark = models::markOf(lane);
    m_state->say(mark.word, mark.tone);
    m_state->setToolTip(models::format::tooltip(mark.sentence));
    setNote(lane.pid ? tr("pid %1").arg(lane.pid) : QString());
    QStringList facts;
    if (lane.token)
        facts += tr("token %1").arg(*lane.token);
    if (lane.heartbeat)
        facts += tr("heartbeat %1 old").arg(models::format::age(*lane.heartbeat));
    if (!lane.locks.empty()) {
        QStringList rows;
        for (const std::string& row : lane.locks)
            rows += text(row);
        facts += tr("holds the row of %1").arg(rows.join(u", "_s));
    }
    if (lane.state == LaneState::Waiting) {
        facts += tr("“%1” waits for the row of %2").arg(text(lane.doing), text(lane.waitsOn));
        if (lane.waitsSince)
            facts += tr("for %1").arg(models::format::age(now - *lane.waitsSince));
    }
    if (!lane.nextStatement.empty())
        facts += tr("next: %1").arg(text(lane.nextExplained.empty() ? lane.nextStatement : lane.nextExplained));
    m_facts->setText(facts.isEmpty() ? tr("has nothing") : facts.join(u" · "_s));
    QStringList log;
    const std::size_t from = lane.log.size() > logLines ? lane.log.size() - logLines : 0;
    for (std::size_t i = from; i < lane.log.size(); ++i)
        log += models::format::visible(text(lane.log[i]));
    m_log->setText(log.join(u'\n'));
    if (m_changed != changed) {
        m_changed = changed;
        update();
    }
    const QList<Offer> wanted = offers(lane, hasOldToken);
    if (wanted == m_offers)
        return;
    m_offers = wanted;
    while (QLayoutItem* item = m_buttons->takeAt(0)) {
        item->widget()->deleteLater(); // one of them may be the sender
        item->widget()->hide();
        delete item;
    }
    int place = 0;
    const auto put = [&](QAbstractButton* button) {
        m_buttons->addWidget(button, place / buttonsAcross, place % buttonsAcross);
        ++place;
    };
    for (const Offer& offer : wanted) {
        QAbstractButton* button = makeButton(offer.title, offer.step, this);
        button->setAccessibleName(tr("%1: %2").arg(m_worker, offer.title));
        button->installEventFilter(this);
        connect(button, &QAbstractButton::clicked, this, [this, offer] { Q_EMIT stepWanted(offer.step); });
        put(button);
    }
    if (lane.state == LaneState::Idle || lane.state == LaneState::Holding) {
        auto* more = qobject_cast<QPushButton*>(makeButton(tr("More"), m_worker + u" more"_s, this));
        more->setAccessibleName(tr("%1: more steps").arg(m_worker));
        connect(more, &QPushButton::clicked, this, [this, more] {
            auto* menu = new QMenu(more);
            fillMenu(*menu);
            popUpBelow(menu, more);
        });
        put(more);
    }
}

bool LaneCard::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::Enter || event->type() == QEvent::FocusIn)
        Q_EMIT stepConsidered(watched->objectName());
    return Card::eventFilter(watched, event);
}

void LaneCard::paintEvent(QPaintEvent* event) {
    Card::paintEvent(event);
    if (!m_changed)
        return;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(colors().accent, 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), space::radius, space::radius);
}

} // namespace ui
