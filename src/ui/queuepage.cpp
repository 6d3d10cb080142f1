// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/queuepage.h"

#include "ui/card.h"
#include "ui/factslist.h"
#include "ui/notice.h"
#include "ui/queuechooser.h"
#include "ui/splitters.h"
#include "ui/tablecard.h"
#include "ui/theme.h"
#include "ui/words.h"

#include <QMenu>
#include <QPushButton>
#include <QScrollArea>
#include <QTableView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

using models::format::age;
using models::format::number;

QueuePage::QueuePage(const PageTools& tools, QWidget* parent)
    : Page(tools, parent)
    , m_ticks(models::tickColumns())
    , m_tables(models::tableColumns())
    , m_gates(models::gateColumns())
    , m_factsCard(new Card(tr("Queue")))
    , m_ringCard(new Card(tr("Rotation")))
    , m_tickCard(new Card(tr("Ticks")))
    , m_tickView(new QTableView)
    , m_tableView(new QTableView)
    , m_gateView(new QTableView)
    , m_facts(new FactsList)
    , m_queue(new QueueChooser(QueueChooser::AllQueues::NotOffered))
    , m_answer(
          this, [this] { return this->tools().desk->queueDetail(m_queue->queueId()); },
          [this](const domain::QueueDetail& detail) { show(detail); },
          [this](const pg::Failure& failure) { fail(failure); }) {
    setObjectName(u"queue"_s);
    m_tickTable = makeTable(m_tickView, &m_ticks, u"ticks"_s, tr("Ticks, the newest first"));
    m_tableTable = makeTable(m_tableView, &m_tables, u"eventTables"_s, tr("Event tables of the ring"));
    m_gateTable = makeTable(m_gateView, &m_gates, u"gates"_s, tr("What the next rotation waits for"));
    m_tableTable->stretch(u"positions"_s);
    m_gateTable->stretch(u"why"_s);
    m_tickTable->stretch(u"time"_s);

    m_factsCard->addBesideTitle(m_queue);
    auto* more = qobject_cast<QPushButton*>(makeButton(tr("Actions"), u"queueActions"_s, this));
    connect(more, &QPushButton::clicked, this, [this, more] {
        auto* menu = new QMenu(more);
        menu->setToolTipsVisible(true);
        this->tools().actions->addTo(*menu, subject());
        popUpBelow(menu, more);
    });
    m_factsCard->addToHeading(more);
    auto* inside = new QWidget;
    inside->setBackgroundRole(QPalette::Base);
    inside->setAutoFillBackground(true);
    auto* insideLayout = new QVBoxLayout(inside);
    insideLayout->setContentsMargins(space::large, 10, space::large, 10);
    insideLayout->addWidget(m_facts);
    insideLayout->addStretch();
    auto* scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(inside);
    m_factsCard->setContent(scroll);

    auto* ring = new QSplitter(Qt::Vertical);
    ring->addWidget(m_gateView);
    ring->addWidget(m_tableView);
    ring->setChildrenCollapsible(false);
    ring->setHandleWidth(1);
    ring->setSizes({180, 140});
    m_ringCard->setContent(ring);
    addTableTools(*m_tickCard, *m_tickTable, tr("Filter ticks"));
    m_tickCard->setContent(m_tickView);

    auto* top = makeSplitter(Qt::Horizontal, m_factsCard, m_ringCard, {460, 620}, {0, 0});
    auto* all = makeSplitter(Qt::Vertical, top, m_tickCard, {370, 320}, {0, 1});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(all);
    connect(m_queue, &QueueChooser::chosen, this, &QueuePage::ask);
}

TableController* QueuePage::makeTable(QTableView* view, QAbstractItemModel* model, const QString& name,
                                      const QString& title) {
    view->setObjectName(name);
    view->setAccessibleName(title);
    auto* table = new TableController(view, model, name, tools().settings);
    view->setSortingEnabled(false);
    table->proxy()->sort(-1);
    table->notice()->say(tr("Waiting for the first sample…"), {});
    return table;
}

const domain::Queue* QueuePage::queue() const {
    return m_snapshot ? m_snapshot->queue(m_queue->queueId()) : nullptr;
}

void QueuePage::showSample(const domain::Snapshot& snapshot, const domain::Diagnosis&) {
    m_snapshot = tools().desk->snapshot();
    m_queue->setQueues(snapshot);
    if (!queue()) {
        m_answer.forget();
        m_facts->clear();
        showNothing(tr("There is no queue yet"), tr("Create one on the overview."));
        return;
    }
    m_ticks.setNow(snapshot.takenAt);
    showQueue();
    m_answer.beat(tools().desk->shownInstant());
}

void QueuePage::ask() {
    m_detail.reset();
    if (queue()) {
        showQueue();
        m_answer.askNow();
    }
    tools().actions->refresh();
}

void QueuePage::showNothing(const QString& title, const QString& explanation) {
    const pg::Timestamp now = m_ticks.context().now;
    m_ticks.show({}, now);
    m_tables.show({}, now);
    m_gates.show({}, now);
    m_tickCard->setNote({});
    for (TableController* table : {m_tickTable, m_tableTable, m_gateTable})
        table->notice()->say(title, table == m_tickTable ? explanation : QString());
}

void QueuePage::show(const domain::QueueDetail& detail) {
    m_detail = detail;
    const domain::Queue* shown = queue();
    if (!shown)
        return;
    m_ticks.show(models::tickLines(detail, *shown), detail.takenAt);
    const bool all = detail.ticks.size() < 300;
    m_tickCard->setNote(all ? tr("all %n there are", nullptr, int(detail.ticks.size()))
                            : tr("the newest %n", nullptr, int(detail.ticks.size())));
    m_tickTable->notice()->say(tr("No tick yet"), tr("The ticker has not run for this queue."));
    showQueue();
    Q_EMIT completed();
}

void QueuePage::fail(const pg::Failure& failure) {
    m_detail.reset();
    showNothing({}, {});
    for (TableController* table : {m_tickTable, m_tableTable})
        words::sayFailure(*table->notice(), tr("It could not be read"), failure);
    showQueue();
    Q_EMIT completed();
}

void QueuePage::showQueue() {
    const domain::Queue* shown = queue();
    if (!shown)
        return;
    const domain::Queue& of = *shown;
    const pg::Timestamp now = m_snapshot->takenAt;
    const auto when = [this, now](pg::Timestamp moment) {
        return tr("%1, %2 ago").arg(models::format::clock(moment, m_zone), age(now - moment));
    };
    m_facts->set(tr("Last tick"),
                 of.lastTick ? tr("%1 at %2").arg(number(of.lastTick->id), when(of.lastTick->time)) : tr("none yet"));
    m_facts->set(tr("Next tick"), models::tickForecastText(monitor::nextTick(of, now), of, now));
    m_facts->set(tr("Ticker"),
                 tr("after %1 events, %2 with events, %3 without")
                     .arg(number(of.tickerMaxCount), age(of.tickerMaxLag), age(of.tickerIdlePeriod)),
                 tr("ticker_max_count, ticker_max_lag, ticker_idle_period"));
    QStringList switches;
    if (of.tickerPaused)
        switches += tr("ticker paused");
    if (of.externalTicker)
        switches += tr("external ticker");
    if (of.insertDisabled)
        switches += tr("inserting disabled");
    m_facts->set(tr("Switches"), switches.isEmpty() ? tr("none set") : switches.join(u", "_s),
                 tr("queue_ticker_paused, queue_external_ticker, queue_disable_insert"));
    m_facts->set(tr("Retries"),
                 of.maxRetries ? tr("%1, then a dead letter").arg(*of.maxRetries)
                               : tr("%1 (the default), then a dead letter").arg(of.effectiveMaxRetries()),
                 u"queue_max_retries"_s);
    m_facts->set(tr("Rotates"), tr("every %1; last %2").arg(age(of.rotationPeriod), when(of.switchTime)));
    std::int64_t bytes = 0;
    for (const domain::EventTable& table : m_detail ? m_detail->tables : std::vector<domain::EventTable>())
        bytes += table.bytes.value_or(0);
    m_facts->set(tr("On disk"), m_detail
                                    ? tr("%1 in %n table(s)", nullptr, of.tableCount).arg(models::format::bytes(bytes))
                                    : models::format::none());
    m_facts->set(tr("Stored as"), tr("%1_0 … %2, events numbered by %3")
                                      .arg(models::format::text(of.dataPrefix), QString::number(of.tableCount - 1),
                                           models::format::text(of.eventSequence)));
    const auto gates = monitor::rotationGates(*m_snapshot, of, m_detail ? &*m_detail : nullptr);
    m_gates.show(models::gateLines(gates, now), now);
    const auto closed = std::count_if(gates.begin(), gates.end(), [](const monitor::Gate& gate) { return !gate.open; });
    m_ringCard->setNote(closed == 0 ? tr("may rotate at the next maintenance")
                                    : tr("%n gate(s) closed", nullptr, int(closed)));
    if (m_detail)
        m_tables.show(models::tableLines(*m_detail, of, *m_snapshot), now);
}

void QueuePage::setStale(bool stale) {
    for (TableController* table : {m_tickTable, m_tableTable, m_gateTable})
        table->setStale(stale);
}

void QueuePage::setZone(const QTimeZone& zone) {
    m_zone = zone;
    m_ticks.setZone(zone);
    if (m_snapshot)
        showQueue();
}

void QueuePage::openSubject(const QString& queue) {
    m_queue->choose(queue);
}

Subject QueuePage::subject() const {
    Subject subject;
    if (const domain::Queue* shown = queue()) {
        subject.kind = operate::SubjectKind::Queue;
        subject.request.queue = shown->name;
    }
    return subject;
}

QWidget* QueuePage::mainView() const {
    return m_tickView;
}

bool QueuePage::isComplete() const {
    return m_answer.isSettled();
}

} // namespace ui
