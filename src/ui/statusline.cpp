// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/statusline.h"

#include "ui/card.h"
#include "ui/theme.h"
#include "ui/words.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>

using namespace Qt::StringLiterals;

namespace ui {

using models::format::age;
using models::format::bytes;
using models::format::clock;
using models::format::milliseconds;

StatusLine::StatusLine(desk::Desk* desk, QWidget* parent)
    : QWidget(parent)
    , m_desk(desk) {
    setObjectName(u"statusLine"_s);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(space::large, 5, space::large, 5);
    layout->setSpacing(18);
    m_sample = add(u"statusSample"_s);
    m_cost = add(u"statusCost"_s);
    m_period = add(u"statusPeriod"_s);
    m_longest = add(u"statusLongestLook"_s);
    m_errors = add(u"statusErrors"_s);
    layout->addStretch();
    m_schema = add(u"statusSchema"_s);
    m_serverVersion = add(u"statusServer"_s);
    m_zoneName = add(u"statusZone"_s);
    m_longest->setToolTip(tr(
        "No transaction in which this window looks has been open, and has held locks, for longer, as seen from here. "
        "What is done by actions is not in it. The page Footprint tells what is held right now."));
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
    refresh();
}

QLabel* StatusLine::add(const QString& name) {
    QLabel* label = dimLabel({});
    label->setObjectName(name);
    label->setTextFormat(Qt::PlainText);
    layout()->addWidget(label);
    return label;
}

void StatusLine::setZone(const QTimeZone& zone) {
    m_zone = zone;
    refresh();
}

void StatusLine::refresh() {
    const domain::SnapshotPtr snapshot = m_desk->snapshot();
    if (!snapshot) {
        m_sample->setText(tr("no sample yet"));
        return;
    }
    const auto old = std::chrono::duration_cast<pg::Interval>(pg::Clock::now() - snapshot->receivedAt);
    m_sample->setText(m_desk->shownInstant()
                          ? tr("recorded sample %1").arg(clock(snapshot->takenAt, m_zone))
                          : tr("sample %1 · %2 old").arg(clock(snapshot->takenAt, m_zone), age(old)));
    const domain::SampleCost& cost = snapshot->cost;
    // Recordings of earlier versions know only a part.
    const double took = cost.wholeMs > 0 ? cost.wholeMs : cost.serverMs;
    m_cost->setToolTip(
        tr("What the last sample cost: the server's time by its own clock, %1 of it for queues, ticks and "
           "subscriptions, the rest for sequences, counts, sessions and upkeep where they were due; the time until all "
           "of it was here; bytes of the answer. The page Footprint tells what this console holds on the server.")
            .arg(milliseconds(cost.serverMs)));
    m_cost->setText(QStringList{tr("server %1").arg(milliseconds(took)),
                                tr("answer after %1").arg(milliseconds(cost.roundTripMs)), bytes(cost.bytes)}
                        .join(u" · "_s));
    m_period->setText(pace());
    m_period->setToolTip(
        tr("How often samples are asked for; of late they came %1").arg(words::everySoOften(m_desk->period())));
    const auto longest = std::chrono::duration<double, std::milli>(m_desk->spending().longestLook());
    m_longest->setText(tr("longest look %1").arg(milliseconds(longest.count())));
    QStringList errors;
    for (const domain::PartError& error : snapshot->errors)
        errors += QString::fromStdString(error.part) + u": "_s + words::failureLine(error.failure);
    m_errors->setText(errors.isEmpty() ? QString() : tr("%n part(s) not seen", nullptr, int(errors.size())));
    m_errors->setToolTip(models::format::tooltip(errors.join(u'\n')));
    m_schema->setText(words::schema(snapshot->capabilities));
    m_serverVersion->setText(u"PostgreSQL "_s + models::format::serverVersion(snapshot->capabilities.serverVersion));
    m_serverVersion->setToolTip(
        models::format::tooltip(models::format::text(snapshot->capabilities.serverVersionText)));
    m_zoneName->setText(models::format::zoneName(m_zone, snapshot->takenAt));
    m_zoneName->setToolTip(tr("Times are shown in this zone"));
    fit();
}

QString StatusLine::pace() const {
    if (m_desk->isPaused())
        return tr("paused");
    const QString often = words::everySoOften(m_desk->calmPeriod());
    if (m_desk->isSlowed())
        return tr("%1, the server is slow").arg(often);
    return m_desk->period() < m_desk->calmPeriod() ? tr("%1, sooner when notified").arg(often) : often;
}

// Rather nothing than half a word: where there is not room for all, the least needed goes first.
void StatusLine::fit() {
    for (QLabel* label : {m_schema, m_zoneName, m_cost, m_longest, m_serverVersion})
        label->show();
    for (QLabel* label : {m_longest, m_cost, m_serverVersion, m_schema, m_zoneName}) {
        if (layout()->sizeHint().width() <= width())
            return;
        label->hide();
    }
}

void StatusLine::resizeEvent(QResizeEvent*) {
    fit();
}

void StatusLine::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), colors().panel);
    painter.setPen(colors().line);
    painter.drawLine(0, 0, width(), 0);
}

} // namespace ui
