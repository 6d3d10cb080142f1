// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/queuepage.h"

#include "ui/card.h"
#include "ui/factslist.h"
#include "ui/noqueue.h"
#include "ui/notice.h"
#include "ui/queuechooser.h"
#include "ui/ringview.h"
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

namespace {

/// Sizes are asked for more seldom than the rest.
constexpr std::chrono::milliseconds upkeepPause{30'000};

} // namespace

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
    , m_ring(new RingView)
    , m_facts(new FactsList)
    , m_queue(new QueueChooser(QueueChooser::AllQueues::NotOffered))
    , m_turner(*m_tickCard, [this] { m_answer.askNow(); })
    , m_answer(
          this, [this] { return this->tools().desk->queueDetail(m_queue->queueId(), m_turner.start()); },
          [this](const domain::QueueDetail& detail) { show(detail); },
          [this](const pg::Failure& failure) { fail(failure); })
    , m_upkeepAnswer(
          this, [this] { return this->tools().desk->queueUpkeep(m_queue->queueId()); },
          [this](const domain::QueueUpkeep& upkeep) { show(upkeep); },
          [this](const pg::Failure& failure) { failUpkeep(failure); }, upkeepPause) {
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

    auto* tables = new QSplitter(Qt::Horizontal);
    tables->addWidget(m_ring);
    tables->addWidget(m_tableView);
    tables->setChildrenCollapsible(false);
    tables->setHandleWidth(1);
    tables->setSizes({124, 490});
    tables->setStretchFactor(0, 0);
    tables->setStretchFactor(1, 1);
    auto* ring = new QSplitter(Qt::Vertical);
    ring->addWidget(m_gateView);
    ring->addWidget(tables);
    ring->setChildrenCollapsible(false);
    ring->setHandleWidth(1);
    ring->setSizes({205, 135});
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
        begin();
        m_answer.forget();
        m_upkeepAnswer.forget();
        m_facts->clear();
        const NoQueue why = whyNoQueue(snapshot, tr("Create one on the overview."));
        showNothing(why.title, why.explanation);
        return;
    }
    m_ticks.setNow(snapshot.takenAt);
    showQueue();
    const auto past = tools().desk->shownInstant();
    m_answer.beat(past);
    m_upkeepAnswer.beat(past);
}

void QueuePage::begin() {
    m_detail.reset();
    m_upkeep.reset();
    m_upkeepProblem.clear();
    m_turner.restart();
}

void QueuePage::ask() {
    begin();
    if (queue()) {
        // What stands there is another queue's.
        showNothing(tr("Asking…"), {});
        showQueue();
        m_answer.askNow();
        m_upkeepAnswer.askNow();
    }
    tools().actions->refresh();
}

void QueuePage::showNothing(const QString& title, const QString& explanation) {
    const pg::Timestamp now = m_ticks.context().now;
    m_ticks.show({}, now);
    m_tables.show({}, now);
    m_gates.show({}, now);
    m_ring->setTables({});
    m_tickCard->setNote({});
    m_ringCard->setNote({});
    for (TableController* table : {m_tickTable, m_tableTable, m_gateTable})
        table->notice()->say(title, table == m_tickTable ? explanation : QString());
}

void QueuePage::show(const domain::QueueDetail& detail) {
    m_detail = detail;
    const domain::Queue* shown = queue();
    if (!shown)
        return;
    m_ticks.show(models::tickLines(detail, *shown), detail.takenAt);
    m_turner.arrived(detail.tickBefore ? std::optional(detail.tickBefore->id) : std::nullopt);
    const int count = int(detail.ticks.size());
    m_tickCard->setNote(m_turner.page() > 0    ? tr("page %1, %n tick(s)", nullptr, count).arg(m_turner.page() + 1)
                        : detail.tickBefore ? tr("the newest %n", nullptr, count)
                                            : tr("all %n there are", nullptr, count));
    m_tickTable->notice()->say(tr("No tick yet"), tr("The ticker has not run for this queue."));
    showQueue();
    Q_EMIT completed();
}

void QueuePage::fail(const pg::Failure& failure) {
    m_detail.reset();
    m_turner.arrived({});
    showNothing({}, {});
    for (TableController* table : {m_tickTable, m_tableTable})
        words::sayFailure(*table->notice(), tr("It could not be read"), failure);
    showQueue();
    Q_EMIT completed();
}

void QueuePage::show(const domain::QueueUpkeep& upkeep) {
    m_upkeep = upkeep;
    m_upkeepProblem.clear();
    showQueue();
    Q_EMIT completed();
}

void QueuePage::failUpkeep(const pg::Failure& failure) {
    m_upkeep.reset();
    m_upkeepProblem = words::failure(failure);
    showQueue();
    Q_EMIT completed();
}

void QueuePage::showQueue() {
    const domain::Queue* shown = queue();
    if (!shown)
        return;
    showFacts(*shown);
    showRing(*shown);
}

void QueuePage::showFacts(const domain::Queue& of) {
    const pg::Timestamp now = m_snapshot->takenAt;
    const auto when = [this, now](pg::Timestamp moment) {
        return tr("%1, %2 ago").arg(models::format::clock(moment, m_zone), age(now - moment));
    };
    const domain::QueueDetail* detail = m_detail ? &*m_detail : nullptr;
    const domain::QueueUpkeep* upkeep = m_upkeep ? &*m_upkeep : nullptr;
    m_facts->set(tr("Last tick"),
                 of.lastTick ? tr("%1 at %2").arg(number(of.lastTick->id), when(of.lastTick->time)) : tr("none yet"));
    m_facts->set(tr("Next tick"), models::tickForecastText(monitor::nextTick(of, now, detail), of, now));
    const bool past = tools().desk->shownInstant().has_value();
    const QString notRecorded = tr("not recorded");
    m_facts->set(
        tr("Who ticks"), past ? notRecorded : models::whoTicks(of, detail, upkeep),
        upkeep ? tr("As the schedulers and pgque.config have it; how far ticks lie apart tells whether anybody ticks")
               : m_upkeepProblem);
    m_facts->set(tr("Rate"), models::queueRates(of, tools().desk->rateHistory(of.id)),
                 tr("By the event sequence: rolled-back inserts and forced ticks make it too high"));
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
    m_facts->set(tr("Extra upkeep"), past ? notRecorded : models::extraMaintenance(detail),
                 tr("queue_extra_maint: functions that maint() calls with the queue's name"));
    m_facts->set(tr("On disk"), past ? notRecorded : models::onDisk(upkeep, now),
                 upkeep ? tr("Event tables with indexes and TOAST; asked at most every half minute") : m_upkeepProblem);
    m_facts->set(tr("Stored as"), tr("%1_0 … %2, events numbered by %3")
                                      .arg(models::format::text(of.dataPrefix), QString::number(of.tableCount - 1),
                                           models::format::text(of.eventSequence)));
}

void QueuePage::showRing(const domain::Queue& of) {
    const pg::Timestamp now = m_snapshot->takenAt;
    const auto gates = monitor::rotationGates(*m_snapshot, of, m_detail ? &*m_detail : nullptr);
    m_gates.show(models::gateLines(gates, of, now), now);
    m_gatesInWords = models::gatesInWords(gates);
    tellAges();
    if (!m_detail)
        return;
    const auto lines = models::tableLines(*m_detail, m_upkeep ? &*m_upkeep : nullptr, of, *m_snapshot);
    m_tables.show(lines, now);
    m_ring->setTables(lines);
}

void QueuePage::tellAges() {
    if (!queue())
        return;
    QString note = m_gatesInWords;
    if (m_detail)
        note += u" · "_s + words::askedAgo(*tools().desk, m_detail->takenAt);
    m_ringCard->setNote(note, tr("Periods, ticks and positions are the sample's; who has locks on the tables was asked "
                                 "beside it, and is as old as that."));
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
    return m_answer.isSettled() && m_upkeepAnswer.isSettled();
}

} // namespace ui
