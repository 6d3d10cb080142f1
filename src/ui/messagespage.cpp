// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/messagespage.h"

#include "link/whendone.h"
#include "ui/comparedialog.h"
#include "ui/eventexport.h"
#include "ui/eventfilter.h"
#include "ui/eventpager.h"
#include "ui/eventscard.h"
#include "ui/noqueue.h"
#include "ui/notice.h"
#include "ui/payloadcard.h"
#include "ui/queuechooser.h"
#include "ui/splitters.h"
#include "ui/tablecard.h"
#include "ui/theme.h"
#include "ui/underway.h"
#include "ui/words.h"

#include <QAbstractButton>
#include <QLabel>
#include <QMenu>
#include <QTableView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

using models::EventPageModel;
using models::format::milliseconds;
using models::format::number;
using models::format::text;

MessagesPage::MessagesPage(const PageTools& tools, QWidget* parent)
    : Page(tools, parent)
    , m_reach(models::reachColumns())
    , m_card(new Card(tr("Messages")))
    , m_storyCard(new Card(tr("Its way")))
    , m_view(new QTableView)
    , m_reachView(new QTableView)
    , m_queue(new QueueChooser(QueueChooser::AllQueues::NotOffered))
    , m_filter(new EventFilter(EventFilter::Ticks::Offered, tools.settings))
    , m_storyLabel(new QLabel)
    , m_payload(new PayloadCard(tr("Event")))
    , m_storyAnswer(
          this, [this] { return this->tools().desk->eventStory(m_shownQueue, *m_event); },
          [this](const domain::EventStory& story) {
              m_story = story;
              showStory();
              Q_EMIT completed();
          },
          [this](const pg::Failure& failure) {
              m_story.reset();
              m_storyLabel->setText(words::failure(failure));
              Q_EMIT completed();
          }) {
    setObjectName(u"messages"_s);
    makeEvents();
    makeStory();
    auto* right = makeSplitter(Qt::Vertical, m_storyCard, m_payload, {300, 340}, {0, 0});
    auto* all = makeSplitter(Qt::Horizontal, m_card, right, {680, 400}, {3, 2});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(all);
    connect(m_filter, &EventFilter::searchWanted, this, &MessagesPage::search);
    m_filter->offerTypesOf(*m_underWay, *tools.desk, [this] { return m_shownQueue; });
    connect(m_queue, &QueueChooser::chosen, this, &MessagesPage::search);
    connect(m_payload, &PayloadCard::settled, this, &Page::completed);
    connect(&m_model, &EventPageModel::pageWanted, this,
            [this](quint64 request, const std::optional<domain::EventPosition>& from) {
                m_searchOn.restart();
                fetch(request, from);
            });
    connect(&m_model, &EventPageModel::shownChanged, this, &MessagesPage::update);
    choose({});
}

void MessagesPage::makeEvents() {
    m_underWay = new UnderWay(m_card);
    connect(m_underWay, &UnderWay::left, this, [this] { m_shownQueue = 0; }); // read anew when it is turned to
    m_view->setObjectName(u"storedEvents"_s);
    m_view->setAccessibleName(tr("Stored events"));
    m_table = new TableController(m_view, &m_model, u"storedEvents"_s, tools().settings);
    m_view->setSortingEnabled(false);
    m_table->proxy()->sort(-1);
    m_table->stretch(u"payload"_s);
    m_table->setRowMenu([this](QMenu& menu, const QModelIndex&) { tools().actions->addTo(menu, subject()); });
    m_table->notice()->say(tr("Waiting for the first sample…"), {});
    m_card->addBesideTitle(m_queue);
    if (QAbstractButton* send = tools().actions->makeButton(
            "send", [this] { return subject(); }, this))
        m_card->addToHeading(send);
    m_card->addToHeading(makeResendButton(
        tools().actions, [this] { return resendable(); }, this));
    m_byId = makeByIdButton(this);
    m_filter->addTool(m_byId);
    connect(m_byId, &QAbstractButton::toggled, this, [this] {
        if (m_shownQueue != 0)
            search();
    });
    m_compare = makeButton(tr("Compare"), u"compareEvents"_s, this);
    m_compare->setToolTip(tr("Shows two selected events side by side"));
    m_compare->setEnabled(false);
    m_card->addToHeading(m_compare);
    connect(m_compare, &QAbstractButton::clicked, this, &MessagesPage::compare);
    QAbstractButton* exports = makeButton(tr("Export…"), u"exportEvents"_s, this);
    exports->setToolTip(tr("Writes all events found to a file"));
    m_card->addToHeading(exports);
    connect(exports, &QAbstractButton::clicked, this, &MessagesPage::exportAll);
    connect(m_table, &TableController::selectionChanged, this,
            [this] { m_compare->setEnabled(m_table->selectedSources().size() == 2); });
    new EventPager(*m_card, m_model);
    auto* content = new QWidget;
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_filter);
    column->addWidget(m_view, 1);
    m_card->setContent(content);
    connect(m_table, &TableController::currentChanged, this, &MessagesPage::choose);
}

void MessagesPage::makeStory() {
    m_storyLabel->setWordWrap(true);
    m_storyLabel->setTextFormat(Qt::PlainText);
    makeSelectable(m_storyLabel, true);
    m_storyLabel->setContentsMargins(space::large, 10, space::large, 10);
    m_storyLabel->setAccessibleName(tr("Which tick showed the event first"));
    m_reachView->setObjectName(u"reach"_s);
    m_reachView->setAccessibleName(tr("Which consumers have had the event"));
    m_reachTable = new TableController(m_reachView, &m_reach, u"reach"_s, tools().settings);
    m_reachTable->sortFirstBy(u"state"_s, Qt::DescendingOrder);
    m_reachTable->stretch(u"where"_s);
    connect(m_reachTable, &TableController::activated, this, &MessagesPage::openReach);
    m_reachTable->setRowMenu([this](QMenu& menu, const QModelIndex& index) {
        connect(menu.addAction(tr("Open where it is")), &QAction::triggered, this, [this, index] { openReach(index); });
    });
    auto* content = new QWidget;
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_storyLabel);
    column->addWidget(m_reachView, 1);
    m_storyCard->setContent(content);
}

void MessagesPage::showSample(const domain::Snapshot& snapshot, const domain::Diagnosis&) {
    m_queue->setQueues(snapshot);
    if (m_queue->queueId() == 0) {
        const NoQueue why = whyNoQueue(snapshot, tr("Create one on the overview."));
        m_table->notice()->say(why.title, why.explanation, why.tone);
        return;
    }
    // What is in the tables is not recorded: nothing of the present stays there while the past is shown.
    const bool past = tools().desk->shownInstant().has_value();
    // The ids of a schema that was made again are other queues' and other events'.
    const std::string before = std::exchange(m_shownInstall, snapshot.capabilities.identity());
    if (std::exchange(m_past, past) != past || before != m_shownInstall || m_shownQueue != m_queue->queueId())
        search();
    remark();
    // Positions go on with each sample; which ticks see it and where its copies wait is asked again now and then.
    if (m_event)
        m_storyAnswer.beat(tools().desk->shownInstant());
    showStory();
}

void MessagesPage::search() {
    if (std::exchange(m_shownQueue, m_queue->queueId()) != m_queue->queueId())
        m_filter->forgetTypes();
    m_model.open();
    tools().actions->refresh();
}

void MessagesPage::fetch(quint64 request, const std::optional<domain::EventPosition>& from) {
    const auto fail = [this, request](const pg::Failure& failure) {
        m_failure = failure;
        m_model.fail(request, words::failureLine(failure));
    };
    m_underWay->forget(m_fetching);
    m_fetching = m_underWay->ask(
        m_byId->isChecked() ? tools().desk->searchById(m_shownQueue, m_filter->search())
                            : tools().desk->searchEvents(m_shownQueue, m_filter->search(), from),
        [this, request, fail](const links::Reply<domain::EventPage>& reply) {
            if (const auto* failure = std::get_if<pg::Failure>(&reply)) {
                fail(*failure);
                return;
            }
            auto page = std::get<domain::EventPage>(reply);
            if (const auto next = m_searchOn.next(page)) {
                sayReading();
                fetch(request, next);
                return;
            }
            m_filter->offerTypes(page.rows);
            m_model.deliver(request, page);
        },
        [fail] { fail(UnderWay::cancelledFailure()); });
}

void MessagesPage::tellAges() {
    remark();
}

/// What was read, how and when.
void MessagesPage::remark() {
    const bool shown = m_model.state() == EventPageModel::State::Shown;
    const domain::EventPage& page = m_model.shownPage();
    QStringList note;
    if (shown && m_model.lastOrdinal() > 0 && !page.byId)
        note += (m_filter->search().newestFirst ? tr("%1–%2, newest first") : tr("%1–%2 in storage order"))
                    .arg(number(m_model.firstOrdinal()), number(m_model.lastOrdinal()));
    if (shown && page.serverMs > 0)
        note += tr("read ≈ %1 in %2").arg(models::format::bytes(page.bytesRead), milliseconds(page.serverMs));
    if (shown)
        note += boundNote(m_model, !m_filter->search().isEmpty(), *tools().desk);
    m_filter->setRemark(note.join(u" · "_s));
}

void MessagesPage::update() {
    const bool shown = m_model.state() == EventPageModel::State::Shown;
    const bool filtered = !m_filter->search().isEmpty();
    remark();
    Notice* notice = m_table->notice();
    switch (m_model.state()) {
    case EventPageModel::State::Loading:
        sayReading();
        break;
    case EventPageModel::State::Failed:
        words::sayFailure(*notice, tr("The events could not be read"), m_failure);
        break;
    case EventPageModel::State::Shown:
        if (!m_model.failure().isEmpty())
            words::sayFailure(*notice, tr("The events could not be read"), m_failure);
        else if (!filtered)
            notice->say(tr("No event is stored"), tr("Events stay until the table they are in is rotated."));
        else if (m_model.shownPage().boundReached)
            notice->say(tr("Nothing found so far"), searchOnHint(m_model.shownPage()));
        else
            notice->say(tr("Nothing found"),
                        tr("No stored event of this queue is like that. Rotated events are gone."));
        break;
    case EventPageModel::State::Nothing:
        break;
    }
    if (shown)
        m_table->chooseFirst();
    if (shown || m_model.state() == EventPageModel::State::Failed)
        Q_EMIT completed();
}

void MessagesPage::sayReading() {
    const QString doing = m_filter->search().isEmpty() ? tr("Reading…") : tr("Searching…");
    m_table->notice()->say(m_searchOn.bytesRead() > 0
                               ? tr("%1 %2 read so far").arg(doing, models::format::bytes(m_searchOn.bytesRead()))
                               : doing,
                           {});
}

void MessagesPage::choose(const QModelIndex& index) {
    m_story.reset();
    if (!index.isValid()) {
        m_event.reset();
        m_storyAnswer.forget();
        m_payload->clear(tr("Choose an event to see its payload."));
        m_storyLabel->setText({});
        m_storyCard->setTitle(tr("Its way"));
        m_reach.show({}, m_reach.context().now);
        m_reachTable->notice()->say(tr("Choose an event to see which consumers have had it."), {});
        return;
    }
    const domain::EventRow event = m_model.row(index.row()).event;
    m_event = event;
    m_payload->showEvent(tools().desk, m_shownQueue, event);
    m_storyCard->setTitle(tr("The way of event %1").arg(event.id));
    m_storyLabel->setText(tr("Asking…"));
    m_storyAnswer.askNow();
}

void MessagesPage::compare() {
    const QModelIndexList chosen = m_table->selectedSources();
    if (chosen.size() != 2)
        return;
    auto* dialog = new CompareDialog(tools().desk, m_shownQueue, m_model.row(chosen[0].row()).event,
                                     m_model.row(chosen[1].row()).event, tools().settings, window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void MessagesPage::exportAll() {
    if (m_shownQueue == 0)
        return;
    EventExport::start(
        {m_queue->queue(), u"events"_s},
        [desk = tools().desk, queue = m_shownQueue, search = m_filter->search()](
            std::optional<domain::EventPosition> from) { return desk->searchEvents(queue, search, std::move(from)); },
        [desk = tools().desk, queue = m_shownQueue](const domain::EventRow& event, qint64 bytes) {
            return desk->message(queue, event.position, event.id, bytes);
        },
        window());
}

void MessagesPage::showStory() {
    const domain::SnapshotPtr snapshot = tools().desk->snapshot();
    if (!m_story || !m_event || !snapshot)
        return;
    m_storyLabel->setText(models::storyText(*m_story, *m_event, m_zone));
    std::vector<models::ReachLine> lines;
    for (domain::EventReach& reach : domain::reachOf(*snapshot, m_shownQueue, *m_story, m_event->owner))
        lines.push_back({std::move(reach)});
    m_reach.show(std::move(lines), snapshot->takenAt);
    m_reachTable->notice()->say(tr("No consumer reads this queue"),
                                tr("Its events are discarded unread when their table is rotated."),
                                models::Tone::Warning);
}

/// To the page of what keeps the event there.
void MessagesPage::openReach(const QModelIndex& index) {
    using State = domain::EventReach::State;
    if (!index.isValid())
        return;
    const domain::EventReach& reach = m_reach.row(index.row()).reach;
    if (reach.state == State::Dead)
        Q_EMIT pageWanted(u"dead"_s, m_queue->queue());
    else if (reach.state == State::InRetry)
        Q_EMIT pageWanted(u"retry"_s, m_queue->queue());
    else if (reach.holder && reach.holder->batch)
        Q_EMIT pageWanted(u"batch"_s, QString::number(*reach.holder->batch));
    else
        Q_EMIT pageWanted(u"consumers"_s, QString::fromStdString(m_queue->queue().toStdString() + '/' + reach.consumer));
}

void MessagesPage::setStale(bool stale) {
    m_table->setStale(stale);
    m_reachTable->setStale(stale);
}

void MessagesPage::setZone(const QTimeZone& zone) {
    m_zone = zone;
    m_model.setZone(zone);
    showStory();
}

void MessagesPage::openSubject(const QString& queue) {
    m_queue->choose(queue);
}

Subject MessagesPage::subject() const {
    Subject subject;
    if (m_queue->queueId() != 0) {
        subject.kind = operate::SubjectKind::Queue;
        subject.request.queue = m_queue->queue().toStdString();
    }
    return subject;
}

std::optional<Resendable> MessagesPage::resendable() const {
    if (!m_event)
        return {};
    return Resendable{m_queue->queue().toStdString(), [this, queue = m_shownQueue, event = *m_event](qint64 bytes) {
                          return tools().desk->message(queue, event.position, event.id, bytes);
                      }};
}

QWidget* MessagesPage::mainView() const {
    return m_view;
}

bool MessagesPage::isComplete() const {
    const bool settled =
        m_model.state() == EventPageModel::State::Shown || m_model.state() == EventPageModel::State::Failed;
    return (settled || m_queue->queueId() == 0) && m_storyAnswer.isSettled() && m_payload->isSettled();
}

} // namespace ui
