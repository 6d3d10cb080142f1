// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/topbar.h"

#include "ui/card.h"
#include "ui/chiplabel.h"
#include "ui/keys.h"
#include "ui/paint.h"
#include "ui/segments.h"
#include "ui/theme.h"
#include "ui/words.h"

#include <QAbstractButton>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

/// Looks like a field, opens the palette.
class SearchButton : public QAbstractButton {
public:
    using QAbstractButton::QAbstractButton;

    QSize sizeHint() const override { return {260, 28}; }

    QSize minimumSizeHint() const override { return {150, 28}; }

protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        const Colors& c = colors();
        drawPanel(&painter, rect(), c.header, hasFocus() ? c.accent : c.line, space::radius - 1);
        painter.setPen(c.dim);
        const QRect words = rect().adjusted(12, 0, -12, 0);
        const QString keys = keys::text(keys::Deed::OpenPalette);
        painter.drawText(words, Qt::AlignRight | Qt::AlignVCenter, keys);
        const int left = words.width() - painter.fontMetrics().horizontalAdvance(keys) - space::large;
        painter.drawText(words, Qt::AlignLeft | Qt::AlignVCenter,
                         painter.fontMetrics().elidedText(text(), Qt::ElideRight, left));
    }
};

/// Dim, and ends in "…" where there is too little room.
class ServerLabel : public QLabel {
public:
    ServerLabel() {
        setInk(this, models::Tone::Dim);
        setTextFormat(Qt::PlainText);
    }

    QSize minimumSizeHint() const override { return {0, QLabel::minimumSizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        painter.setPen(palette().color(QPalette::WindowText));
        painter.drawText(rect(), int(Qt::AlignLeft | Qt::AlignVCenter),
                         fontMetrics().elidedText(text(), Qt::ElideRight, width()));
    }
};

} // namespace

TopBar::TopBar(QWidget* parent)
    : QWidget(parent)
    , m_badge(new EnvironmentBadge)
    , m_name(new QLabel)
    , m_server(new ServerLabel)
    , m_search(new SearchButton)
    , m_live(new Segments)
    , m_mode(new Segments) {
    setObjectName(u"topBar"_s);
    m_badge->setObjectName(u"environment"_s);
    m_name->setFont(strongFont(font()));
    m_name->setTextFormat(Qt::PlainText);
    m_server->setObjectName(u"server"_s);
    m_search->setText(tr("Search or run an action …"));
    m_search->setObjectName(u"paletteButton"_s);
    m_search->setAccessibleName(tr("Command palette"));
    m_search->setFocusPolicy(Qt::StrongFocus);
    m_live->add(tr("Live"), u"live"_s)->setToolTip(keys::withKeys(tr("Sample as set"), keys::Deed::Pause));
    m_live->add(tr("Pause"), u"pause"_s)
        ->setToolTip(keys::withKeys(tr("Stop sampling; the page stays as it is"), keys::Deed::Pause));
    m_live->add(tr("Past"), u"past"_s)->setToolTip(keys::withKeys(tr("Show what was recorded"), keys::Deed::ShowPast));
    m_mode->add(tr("Observe"), u"observe"_s)->setToolTip(tr("Look only: no session exists that could write"));
    m_operate = m_mode->add(tr("Operate…"), u"operate"_s);
    m_operate->setToolTip(tr("Allow actions that change something"));
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(space::large, 8, space::large, 9);
    layout->setSpacing(space::large);
    layout->addWidget(m_badge);
    layout->addWidget(m_name);
    layout->addWidget(m_server, 1);
    layout->addWidget(m_search);
    layout->addWidget(m_live);
    layout->addWidget(m_mode);
    connect(m_search, &QAbstractButton::clicked, this, &TopBar::paletteWanted);
    connect(m_live, &Segments::chosen, this, [this](int index) {
        Q_EMIT pastWanted(index == 2);
        if (index != 2)
            Q_EMIT pauseWanted(index == 1);
    });
    connect(m_mode, &Segments::chosen, this, [this](int index) {
        Q_EMIT accessModeWanted(index == 1 ? desk::AccessMode::Operate : desk::AccessMode::Observe);
    });
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
    connect(&m_countdown, &QTimer::timeout, this, &TopBar::countDown);
    setPaused(false);
    setAccessMode(desk::AccessMode::Observe);
}

void TopBar::showPlace(const desk::Profile& profile, const domain::Snapshot* snapshot) {
    m_badge->say(words::environment(profile.environment), words::environmentTone(profile.environment));
    QString name = profile.name;
    if (name.isEmpty() && snapshot)
        name = models::format::foreign(models::format::text(snapshot->capabilities.database));
    m_name->setText(name);
    m_name->setVisible(!name.isEmpty());
    QString server = tr("not connected yet");
    if (snapshot) {
        QStringList parts;
        if (!profile.name.isEmpty())
            parts += models::format::foreign(models::format::text(snapshot->capabilities.database));
        parts += words::server(snapshot->capabilities);
        parts += words::roleOfServer(snapshot->capabilities);
        server = parts.join(u" · "_s);
    }
    m_server->setText(server);
    m_server->setToolTip(models::format::tooltip(server));
}

void TopBar::setPaused(bool paused) {
    m_paused = paused;
    m_live->setCurrent(m_past ? 2 : m_paused ? 1 : 0);
}

void TopBar::setPast(bool past) {
    m_past = past;
    setPaused(m_paused);
}

void TopBar::setAccessMode(desk::AccessMode mode, std::optional<pg::Clock::time_point> until, bool destructive) {
    const bool operating = mode == desk::AccessMode::Operate;
    m_until = operating ? until : std::nullopt;
    m_destructive = destructive;
    m_mode->setCurrent(operating ? 1 : 0);
    if (m_until)
        m_countdown.start(1'000);
    else
        m_countdown.stop();
    countDown();
}

void TopBar::countDown() {
    const bool operating = m_mode->current() == 1;
    QString text = operating ? tr("Operate") : tr("Operate…");
    QString tip = tr("Allow actions that change something");
    if (operating && m_until) {
        using std::chrono::seconds;
        const auto left = std::max(seconds(0), std::chrono::ceil<seconds>(*m_until - pg::Clock::now()));
        text = tr("Operate %1").arg(u"%1:%2"_s.arg(left.count() / 60).arg(left.count() % 60, 2, 10, QLatin1Char('0')));
        tip = m_destructive
                  ? tr("Armed for everything; it falls back to Observe by itself. Press to arm anew.")
                  : tr("Armed for what takes nothing away; it falls back to Observe by itself. Press to arm for more.");
        if (!m_destructive)
            text += u" · "_s + tr("lesser");
    }
    m_operate->setText(text);
    m_operate->setAccessibleName(text);
    m_operate->setToolTip(tip);
    m_operate->updateGeometry();
}

void TopBar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), colors().panel);
    painter.setPen(colors().line);
    painter.drawLine(0, height() - 1, width(), height() - 1);
}

} // namespace ui
