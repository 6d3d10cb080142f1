// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/timelinepage.h"

#include "ui/combobox.h"
#include "ui/consumerspage.h"
#include "ui/factslist.h"
#include "ui/notice.h"
#include "ui/preferences.h"
#include "ui/queuechooser.h"
#include "ui/splitters.h"
#include "ui/tablecard.h"
#include "ui/theme.h"
#include "ui/timelinelegend.h"
#include "ui/timelineview.h"

#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

using models::format::clock;
using models::format::foreign;
using models::format::text;
using monitor::BarEnd;

namespace {

using namespace std::chrono_literals;

constexpr std::size_t mostListed = 1'000;

/// A queue's consumers as the chooser lists them: groups and normal consumers, by name.
const domain::Subscription* subscriptionNamed(const domain::Snapshot& snapshot, const std::string& queue,
                                              const std::string& consumer) {
    const domain::Queue* in = snapshot.queue(queue);
    const auto found = std::find_if(
        snapshot.subscriptions.begin(), snapshot.subscriptions.end(), [&](const domain::Subscription& row) {
            return in && row.queueId == in->id && (consumer.empty() || row.consumerName == consumer) &&
                   row.role != domain::Role::CoopMember;
        });
    return found == snapshot.subscriptions.end() ? nullptr : &*found;
}

} // namespace

TimelinePage::TimelinePage(const PageTools& tools, QWidget* parent)
    : Page(tools, parent)
    , m_bars(models::barColumns())
    , m_timeCard(new Card(tr("Timeline")))
    , m_barCard(new Card(tr("Batches")))
    , m_detailCard(new Card(tr("Legend")))
    , m_view(new TimelineView)
    , m_barView(new QTableView)
    , m_queue(new QueueChooser(QueueChooser::AllQueues::NotOffered))
    , m_consumer(new ComboBox(12))
    , m_detail(new QStackedWidget)
    , m_facts(new FactsList)
    , m_lineage(new QLabel) {
    setObjectName(u"timeline"_s);
    m_barView->setObjectName(u"bars"_s);
    m_barView->setAccessibleName(tr("The batches that are drawn, in words"));
    m_barTable = new TableController(m_barView, &m_bars, u"bars"_s, tools.settings);
    m_barTable->sortFirstBy(u"began"_s, Qt::DescendingOrder);
    m_barTable->stretch(u"tokens"_s);
    m_barTable->notice()->say(tr("Waiting for the first sample…"), {});
    addTableTools(*m_barCard, *m_barTable, tr("Filter batches"));
    m_barCard->setContent(m_barView);
    m_consumer->setObjectName(u"consumerChooser"_s);
    m_consumer->setAccessibleName(tr("Consumer or group"));
    m_consumer->setToolTip(tr("Which consumer or group is shown"));
    makeTools();
    m_timeCard->setContent(m_view);
    m_detailCard->setContent(makeDetail());
    auto* below = makeSplitter(Qt::Horizontal, m_barCard, m_detailCard, {720, 340}, {1, 0});
    auto* all = makeSplitter(Qt::Vertical, m_timeCard, below, {380, 280}, {3, 2});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(all);

    connect(m_queue, &QueueChooser::chosen, this, [this] {
        m_chosen = true;
        setConsumers();
        useConsumer();
    });
    connect(m_consumer, &QComboBox::activated, this, [this] {
        m_chosen = true;
        useConsumer();
    });
    connect(m_view, &TimelineView::moved, this, [this] {
        showSpan();
        refresh();
    });
    connect(m_view, &TimelineView::currentChanged, this, [this](std::int64_t token) {
        showBar(token);
        if (const int row = m_bars.rowOf(std::to_string(token)); token && row >= 0)
            m_barTable->selectSource(m_bars.index(row, 0));
    });
    connect(m_view, &TimelineView::activated, this,
            [this](std::int64_t token) { Q_EMIT pageWanted(u"batch"_s, QString::number(token)); });
    connect(m_barTable, &TableController::currentChanged, this, [this](const QModelIndex& source) {
        const std::int64_t token = source.isValid() ? m_bars.row(source.row()).bar.token : 0;
        if (!token || token == m_view->current())
            return;
        m_view->setCurrent(token);
        showBar(token);
    });
    connect(tools.desk, &desk::Desk::followed, this, &TimelinePage::refresh);
    showSpan();
}

void TimelinePage::makeTools() {
    m_timeCard->addBesideTitle(m_queue);
    m_timeCard->addBesideTitle(m_consumer);
    const auto add = [this](const QString& title, const QString& name, const QString& meaning, auto slot) {
        QAbstractButton* button = makeButton(title, name, this);
        button->setToolTip(meaning);
        button->setAccessibleName(meaning);
        connect(button, &QAbstractButton::clicked, this, slot);
        m_timeCard->addToHeading(button);
        return button;
    };
    add(u"−"_s, u"zoomOut"_s, tr("Show more time (-)"), [this] { m_view->zoom(0.5); });
    m_span = qobject_cast<QPushButton*>(add({}, u"span"_s, tr("How much time is shown"), [this] {
        auto* menu = new QMenu(m_span);
        for (const pg::Interval span : {pg::Interval(10s), pg::Interval(30s), pg::Interval(2min), pg::Interval(12min),
                                        pg::Interval(1h), pg::Interval(6h)})
            menu->addAction(models::format::age(span), this, [this, span] { m_view->setSpan(span); });
        menu->addAction(tr("Everything (0)"), this, [this] { m_view->fit(); });
        popUpBelow(menu, m_span);
    }));
    add(u"+"_s, u"zoomIn"_s, tr("Show less time (+)"), [this] { m_view->zoom(2); });
    m_follow = add(tr("Follow now"), u"followNow"_s, tr("Keep the present on screen (F)"),
                   [this] { m_view->setFollowing(!m_view->isFollowing()); });
    m_follow->setCheckable(true);
}

QWidget* TimelinePage::makeDetail() {
    auto* facts = new QWidget;
    auto* layout = new QVBoxLayout(facts);
    layout->setContentsMargins(space::large, 10, space::large, 10);
    layout->setSpacing(space::medium);
    layout->addWidget(m_facts);
    m_lineage->setObjectName(u"lineage"_s);
    m_lineage->setWordWrap(true);
    m_lineage->setTextFormat(Qt::RichText);
    m_lineage->setTextInteractionFlags(Qt::TextBrowserInteraction | Qt::LinksAccessibleByKeyboard);
    connect(m_lineage, &QLabel::linkActivated, this, [this](const QString& token) {
        m_view->setCurrent(token.toLongLong());
        showBar(m_view->current());
    });
    layout->addWidget(m_lineage);
    layout->addStretch();
    m_detail->addWidget(new TimelineLegend);
    m_detail->addWidget(facts);
    m_open = makeButton(tr("Open batch"), u"openBatch"_s, this);
    m_open->setToolTip(tr("Its events, and what can be done about it (Return)"));
    m_open->hide();
    m_detailCard->addToHeading(m_open);
    connect(m_open, &QAbstractButton::clicked, this,
            [this] { Q_EMIT pageWanted(u"batch"_s, QString::number(m_view->current())); });
    return m_detail;
}

const monitor::Track* TimelinePage::track() const {
    return tools().desk->timeline().track(m_shown.first, m_shown.second);
}

void TimelinePage::showSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) {
    m_snapshot = tools().desk->snapshot();
    {
        // Only a person's choice counts as one.
        const QSignalBlocker blocker(m_queue);
        m_queue->setQueues(snapshot);
    }
    setConsumers();
    useConsumer();
    if (!m_wanted.isEmpty())
        openSubject(m_wanted);
    else if (!m_chosen)
        chooseFirst(diagnosis);
    refresh();
}

/// The most severe that names a batch, else the first group, else the first consumer.
void TimelinePage::chooseFirst(const domain::Diagnosis& diagnosis) {
    const domain::Subscription* best = nullptr;
    for (const domain::Finding& finding : diagnosis.findings) {
        if (!best && finding.subject.batch)
            best = subscriptionNamed(*m_snapshot, finding.subject.queue, finding.subject.consumer);
    }
    for (const domain::Role role : {domain::Role::CoopMain, domain::Role::Normal}) {
        for (const domain::Subscription& row : m_snapshot->subscriptions) {
            if (!best && row.role == role)
                best = &row;
        }
    }
    if (!best)
        return;
    m_chosen = true; // it stays, whatever else becomes severe
    chooseTrack(best->queueId, best->subId);
}

void TimelinePage::chooseTrack(std::int32_t queueId, std::int32_t subId) {
    if (const domain::Queue* queue = m_snapshot->queue(queueId)) {
        const QSignalBlocker blocker(m_queue);
        m_queue->choose(QString::fromStdString(queue->name));
    }
    setConsumers();
    m_consumer->setCurrentIndex(std::max(0, m_consumer->findData(subId)));
    useConsumer();
}

void TimelinePage::setConsumers() {
    QStringList names;
    std::vector<std::int32_t> ids;
    for (const domain::Subscription& row :
         m_snapshot ? m_snapshot->subscriptions : std::vector<domain::Subscription>()) {
        if (row.queueId != m_queue->queueId() || row.role == domain::Role::CoopMember)
            continue;
        names += foreign(text(row.consumerName), 60);
        ids.push_back(row.subId);
    }
    if (names == m_consumers)
        return;
    m_consumers = names;
    const QSignalBlocker blocker(m_consumer);
    const QVariant before = m_consumer->currentData();
    m_consumer->clear();
    for (qsizetype i = 0; i < names.size(); ++i)
        m_consumer->addItem(names[i], ids[std::size_t(i)]);
    m_consumer->setCurrentIndex(std::max(0, m_consumer->findData(before)));
    m_consumer->setEnabled(!names.isEmpty());
}

void TimelinePage::useConsumer() {
    const std::pair<std::int32_t, std::int32_t> wanted{m_queue->queueId(), m_consumer->currentData().toInt()};
    if (wanted == m_shown)
        return;
    m_shown = m_consumer->count() > 0 ? wanted : std::pair<std::int32_t, std::int32_t>{};
    m_view->setSource([desk = tools().desk]() -> const monitor::Timeline& { return desk->timeline(); }, m_shown.first,
                      m_shown.second);
    showBar(0);
    follow();
    refresh();
    tools().actions->refresh();
}

void TimelinePage::follow() {
    if (isVisible())
        tools().desk->follow(m_shown.first, m_shown.second);
}

void TimelinePage::showEvent(QShowEvent* event) {
    Page::showEvent(event);
    follow();
}

void TimelinePage::hideEvent(QHideEvent* event) {
    Page::hideEvent(event);
    tools().desk->follow(0, 0);
}

void TimelinePage::refresh() {
    const monitor::Track* shown = track();
    const bool past = tools().desk->shownInstant().has_value();
    const bool sandbox = tools().desk->profile().environment == desk::Environment::Sandbox;
    if (m_snapshot) {
        const pg::Timestamp now = std::max(m_snapshot->takenAt, shown ? shown->lastLook : m_snapshot->takenAt);
        m_view->setNow(now, sandbox ? pg::Interval(30s) : pg::Interval(5min));
        m_bars.show(shown ? models::barsBetween(*shown, m_view->from(), m_view->to(), mostListed)
                          : std::vector<models::BarLine>(),
                    now);
    }
    m_barCard->setTitle(
        tr("Batches between %1 and %2").arg(clock(m_view->from(), m_zone), clock(m_view->to(), m_zone)));
    if (shown) {
        const int members = int(std::count_if(shown->lanes.begin(), shown->lanes.end(), [](const monitor::Lane& lane) {
            return lane.role == domain::Role::CoopMember && !lane.goneSince;
        }));
        QStringList note = {shown->isGroup() ? tr("%n member(s)", nullptr, members) : tr("normal consumer")};
        note += past ? tr("as recorded since %1").arg(clock(shown->firstLook, m_zone))
                     : tr("looked at since %1").arg(clock(shown->firstLook, m_zone));
        if (shown->dropped > 0)
            note += tr("%n older batch(es) forgotten", nullptr, int(shown->dropped));
        m_timeCard->setNote(note.join(u" · "_s));
        m_barTable->notice()->say(tr("No batch in this stretch of time"),
                                  tr("Batches that were taken and finished between two looks leave no bar; the group's "
                                     "cursor shows that they were there."));
    } else {
        m_timeCard->setNote({});
        if (m_snapshot && m_shown.first)
            m_barTable->notice()->say(
                past ? tr("Nothing was recorded of it in the hour before") : tr("Not looked at yet"), {});
        else
            m_barTable->notice()->say(
                m_snapshot ? tr("There is no consumer to show") : tr("Waiting for the first sample…"),
                m_snapshot ? tr("A queue's consumers appear here as soon as they are registered.") : QString());
    }
    if (m_view->current())
        showBar(m_view->current());
    Q_EMIT completed();
}

void TimelinePage::showSpan() {
    m_span->setText(models::format::age(m_view->span()));
    m_follow->setChecked(m_view->isFollowing());
}

void TimelinePage::showBar(std::int64_t token) {
    const monitor::Track* shown = track();
    const auto place = shown ? shown->find(token) : std::nullopt;
    m_detail->setCurrentIndex(place ? 1 : 0);
    m_detailCard->setTitle(place ? tr("Batch %1").arg(token) : tr("Legend"));
    m_open->setVisible(false);
    if (!place)
        return;
    const monitor::Lane& lane = shown->lanes[place->lane];
    const monitor::Bar& bar = lane.bars[place->bar];
    const models::Mark mark = models::markOf(bar);
    m_open->setVisible(bar.end == BarEnd::Open);
    m_facts->set(tr("Who"), foreign(models::laneName(lane)));
    m_facts->set(tr("State"), mark.word + u" – "_s + mark.sentence);
    m_facts->set(tr("Began"), models::momentOf(bar.began, m_zone));
    m_facts->set(tr("Ended"), bar.end == BarEnd::Open ? models::format::none() : models::momentOf(bar.ended, m_zone));
    m_facts->set(tr("Ticks"),
                 u"%1 → %2"_s.arg(models::format::number(bar.lastTick), models::format::number(bar.nextTick)));
    m_facts->set(tr("Events"), bar.events ? models::format::approximately(models::format::number(*bar.events))
                                          : models::format::none());
    m_facts->set(tr("Heartbeats"), models::format::number(bar.heartbeats));
    QStringList tokens;
    if (bar.unseenBefore > 0)
        tokens += tr("%n that nobody saw", nullptr, bar.unseenBefore);
    for (const monitor::Track::Place& one : shown->lineage(token)) {
        const monitor::Lane& holder = shown->lanes[one.lane];
        const QString number = QString::number(holder.bars[one.bar].token);
        const QString name = foreign(models::laneName(holder)).toHtmlEscaped();
        tokens += (one == *place ? u"<b>%1</b> (%2)"_s : u"<a href=\"%1\">%1</a> (%2)"_s).arg(number, name);
    }
    m_lineage->setText(tr("Tokens of this window: %1").arg(tokens.join(u" → "_s)));
}

void TimelinePage::setStale(bool stale) {
    m_barTable->setStale(stale);
    m_view->setStale(stale);
}

void TimelinePage::setZone(const QTimeZone& zone) {
    m_zone = zone;
    m_bars.setZone(zone);
    m_view->setZone(zone);
    refresh();
}

void TimelinePage::openSubject(const QString& wanted) {
    m_wanted = wanted;
    if (!m_snapshot)
        return;
    bool isToken = false;
    const qint64 token = wanted.toLongLong(&isToken);
    const domain::Subscription* found = nullptr;
    if (isToken) {
        for (const domain::Subscription& row : m_snapshot->subscriptions) {
            if (row.batch == token)
                found = &row;
        }
    }
    if (!found)
        found = subscriptionNamed(*m_snapshot, wanted.section(u'/', 0, 0).toStdString(),
                                  wanted.section(u'/', 1).toStdString());
    if (!found)
        return;
    m_wanted.clear();
    m_chosen = true;
    chooseTrack(found->queueId, found->subId);
    if (isToken) {
        m_view->setCurrent(token);
        showBar(m_view->current());
    }
}

Subject TimelinePage::subject() const {
    const monitor::Track* shown = track();
    const auto place = shown ? shown->find(m_view->current()) : std::nullopt;
    if (!place || !m_snapshot || shown->lanes[place->lane].bars[place->bar].end != BarEnd::Open)
        return {};
    const monitor::Lane& lane = shown->lanes[place->lane];
    const domain::Subscription* row = m_snapshot->subscription(shown->queueId, lane.consumerId);
    if (!row || row->batch != lane.bars[place->bar].token)
        return {};
    return subjectOf(*row, shown->queue, domain::groupName(*m_snapshot, *row),
                     domain::subconsumerName(*m_snapshot, *row), m_snapshot->takenAt);
}

QWidget* TimelinePage::mainView() const {
    return m_view;
}

bool TimelinePage::isComplete() const {
    return m_snapshot != nullptr;
}

} // namespace ui
