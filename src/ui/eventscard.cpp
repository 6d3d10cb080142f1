// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/eventscard.h"

#include "link/whendone.h"
#include "ui/comparedialog.h"
#include "ui/eventexport.h"
#include "ui/eventfilter.h"
#include "ui/eventpager.h"
#include "ui/notice.h"
#include "ui/tablecard.h"
#include "ui/underway.h"
#include "ui/words.h"

#include <QAbstractButton>
#include <QElapsedTimer>
#include <QTableView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

using models::EventPageModel;
using models::format::milliseconds;
using models::format::number;

QStringList boundNote(const models::EventPageModel& model, bool filtered, const desk::Desk& desk) {
    const domain::EventPage& page = model.shownPage();
    QStringList note;
    if (!model.failure().isEmpty())
        note += EventsCard::tr("the page asked for could not be read: %1").arg(model.failure());
    if (page.byId && !page.boundReached)
        note += EventsCard::tr("ordered by id, all of them");
    else if (page.byId && filtered)
        note +=
            EventsCard::tr("ordered by id: only of what was read up to the bound; turn off Order by id to search on");
    else if (page.byId)
        note +=
            EventsCard::tr("ordered by id: only of the first %1 read, there are more").arg(number(model.lastOrdinal()));
    else if (page.boundReached)
        note += EventsCard::tr("stopped at the bound: go on with ›");
    if (page.tooLongToSearch > 0)
        note += EventsCard::tr("%n payload(s) too long for the JSON path", nullptr, int(page.tooLongToSearch));
    if (page.ticksGoneBefore)
        note += EventsCard::tr("ticks before %1 are gone: older events are among these").arg(*page.ticksGoneBefore);
    if (page.takenAt != pg::Timestamp())
        note += EventsCard::tr("read %1 ago").arg(words::agoIn(desk, page.takenAt));
    return note;
}

QString searchOnHint(const domain::EventPage& page) {
    return page.byId ? EventsCard::tr("The search stopped at its bound. Turn off Order by id to search on.")
                     : EventsCard::tr("The search stopped at its bound. Go on with the button › above.");
}

QAbstractButton* makeByIdButton(QWidget* parent) {
    QAbstractButton* button = makeButton(EventsCard::tr("Order by id"), u"orderById"_s, parent);
    button->setCheckable(true);
    button->setToolTip(EventsCard::tr("Reads up to 10,000 events, from up to 128 MB of the tables, and sorts them by id. "
                                      "Else pages come in storage order, which costs the same however many there are."));
    button->setAccessibleName(button->toolTip());
    return button;
}

EventsCard::EventsCard(desk::Desk* desk, QSettings* settings, Filter filter, QWidget* parent)
    : Card(tr("Events"), parent)
    , m_desk(desk)
    , m_underWay(new UnderWay(this))
    , m_view(new QTableView) {
    m_view->setObjectName(u"events"_s);
    m_view->setAccessibleName(tr("Events of the batch"));
    m_view->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_table = new TableController(m_view, &m_model, u"events"_s, settings);
    // Storage order is the only order: sorting one page of many would pretend to be more.
    m_view->setSortingEnabled(false);
    m_table->proxy()->sort(-1);
    m_table->stretch(u"payload"_s);
    const auto add = [this](const QString& text, const QString& name, const QString& tooltip, auto slot) {
        QAbstractButton* button = makeButton(text, name, this);
        button->setToolTip(tooltip);
        button->setAccessibleName(tooltip);
        connect(button, &QAbstractButton::clicked, this, slot);
        addToHeading(button);
        return button;
    };
    m_count = add(tr("Count exactly"), u"countExactly"_s, tr("Counts the events of the window on the server"),
                  [this] { count(); });
    m_byId = makeByIdButton(this);
    m_byId->setVisible(filter == Filter::Offered);
    connect(m_byId, &QAbstractButton::toggled, this, [this] {
        if (m_window)
            m_model.open();
    });
    m_compare =
        add(tr("Compare"), u"compareEvents"_s, tr("Shows two selected events side by side"), [this] { compare(); });
    m_compare->setEnabled(false);
    QAbstractButton* exports =
        add(tr("Export…"), u"exportEvents"_s, tr("Writes all events of the batch, as filtered, to a file"),
            [this] { exportAll(); });
    exports->setVisible(filter == Filter::Offered);
    new EventPager(*this, m_model);
    if (filter == Filter::Offered) {
        m_filter = new EventFilter(EventFilter::Ticks::NotOffered, settings);
        m_filter->addTool(m_byId);
        auto* content = new QWidget;
        auto* column = new QVBoxLayout(content);
        column->setContentsMargins(0, 0, 0, 0);
        column->setSpacing(0);
        column->addWidget(m_filter);
        column->addWidget(m_view, 1);
        setContent(content);
        connect(m_filter, &EventFilter::searchWanted, this, [this] {
            if (m_window)
                m_model.open();
        });
        m_filter->offerTypesOf(*m_underWay, *m_desk, [this] { return m_window ? m_window->queueId : 0; });
    } else {
        setContent(m_view);
    }
    connect(m_table, &TableController::selectionChanged, this,
            [this] { m_compare->setEnabled(m_table->selectedSources().size() == 2); });
    connect(m_underWay, &UnderWay::left, this, [this] {
        if (m_model.state() == EventPageModel::State::Loading)
            m_window.reset(); // read anew when it is opened again
    });
    connect(&m_model, &EventPageModel::pageWanted, this,
            [this](quint64 request, const std::optional<domain::EventPosition>& from, int limit) {
                m_searchOn.restart();
                fetch(request, from, limit);
            });
    connect(&m_model, &EventPageModel::shownChanged, this, &EventsCard::update);
    connect(m_table, &TableController::currentChanged, this, [this](const QModelIndex& index) {
        if (index.isValid())
            Q_EMIT eventChosen(m_model.row(index.row()).event);
        else
            Q_EMIT nothingChosen();
    });
    close(tr("Choose a batch above."));
}

void EventsCard::open(const Window& window) {
    // What is in the tables is not recorded: nothing of the present stays there while the past is shown.
    const bool past = m_desk->shownInstant().has_value();
    if (std::exchange(m_past, past) == past && m_window && m_window->isSameAs(window)) {
        m_window->estimate = window.estimate;
        update();
        return;
    }
    m_underWay->forget();
    if (m_filter)
        m_filter->forgetTypes();
    m_window = window;
    m_exact.reset();
    m_counting = false;
    m_countFailure.clear();
    m_model.open();
}

void EventsCard::close(const QString& why) {
    m_underWay->forget();
    m_window.reset();
    m_model.close();
    m_table->notice()->say(why, {});
    Q_EMIT nothingChosen();
}

void EventsCard::setRowMenu(std::function<void(QMenu&, const std::vector<std::int64_t>&)> fill) {
    m_table->setRowMenu([this, fill = std::move(fill)](QMenu& menu, const QModelIndex&) {
        std::vector<std::int64_t> events;
        for (const QModelIndex& index : m_table->selectedSources())
            events.push_back(m_model.row(index.row()).event.id);
        fill(menu, events);
    });
}

void EventsCard::setStale(bool stale) {
    m_table->setStale(stale);
}

bool EventsCard::isSettled() const {
    return !m_window || m_model.state() == EventPageModel::State::Shown ||
           m_model.state() == EventPageModel::State::Failed;
}

void EventsCard::fetch(quint64 request, const std::optional<domain::EventPosition>& from, int limit) {
    const auto fail = [this, request](const pg::Failure& failure) {
        m_failure = failure;
        m_model.fail(request, words::failureLine(failure));
    };
    const Window& of = *m_window;
    const domain::EventSearch search = m_filter ? m_filter->search() : domain::EventSearch();
    m_underWay->forget(m_fetching);
    m_fetching = m_underWay->ask(
        m_byId->isChecked() ? m_desk->eventsById(of.queueId, of.lastTick, of.nextTick, of.subId, search)
                            : m_desk->eventPage(of.queueId, of.lastTick, of.nextTick, of.subId, search, from, limit),
        [this, request, limit, fail](const links::Reply<domain::EventPage>& reply) {
            if (const auto* failure = std::get_if<pg::Failure>(&reply)) {
                fail(*failure);
                return;
            }
            auto page = std::get<domain::EventPage>(reply);
            if (const auto next = m_searchOn.next(page)) {
                sayReading();
                fetch(request, next, limit);
                return;
            }
            if (m_filter)
                m_filter->offerTypes(page.rows);
            m_model.deliver(request, page);
        },
        [fail] { fail(UnderWay::cancelledFailure()); });
}

void EventsCard::count() {
    if (!m_window)
        return;
    m_counting = true;
    m_countFailure.clear();
    QElapsedTimer timer;
    timer.start();
    update();
    m_underWay->ask(
        m_desk->countWindow(m_window->queueId, m_window->lastTick, m_window->nextTick, m_window->subId),
        [this, timer](const links::Reply<domain::WindowCount>& reply) {
            m_counting = false;
            m_countMs = double(timer.nsecsElapsed()) / 1e6;
            if (const auto* failure = std::get_if<pg::Failure>(&reply))
                m_countFailure = words::failureLine(*failure);
            else
                m_exact = std::get<domain::WindowCount>(reply);
            update();
        },
        [this] {
            m_counting = false;
            m_countFailure = tr("cancelled");
            update();
        });
}

void EventsCard::update() {
    m_count->setEnabled(m_window && !m_counting && !m_exact);
    remark();
    explain();
    if (m_model.state() == EventPageModel::State::Shown)
        m_table->chooseFirst();
    if (isSettled())
        Q_EMIT settled();
}

void EventsCard::remark() {
    const bool shown = m_model.state() == EventPageModel::State::Shown;
    const bool filtered = m_filter && !m_filter->search().isEmpty();
    const domain::EventPage& page = m_model.shownPage();
    QString title = m_window && m_window->batch ? tr("Batch %1").arg(*m_window->batch) : tr("Events");
    QStringList note;
    const bool alone =
        !filtered && shown && m_model.isComplete() && m_model.page() == 0 && !(page.byId && page.boundReached);
    if (m_exact || alone)
        title += u" · "_s + tr("%n event(s)", nullptr, int(m_exact ? m_exact->events : m_model.lastOrdinal()));
    else if (m_window && m_window->estimate)
        title += u" · ≈ "_s + number(*m_window->estimate);
    // The page that filters names the batch beside the title.
    if (m_filter && m_window) {
        note += title;
        title = tr("Batch");
    }
    note += countNote();
    if (shown && m_model.lastOrdinal() > 0 && page.byId)
        note += milliseconds(page.serverMs);
    else if (shown && m_model.lastOrdinal() > 0)
        note += (filtered ? tr("filtered: %1–%2 in storage order, %3") : tr("showing %1–%2 in storage order, %3"))
                    .arg(number(m_model.firstOrdinal()), number(m_model.lastOrdinal()), milliseconds(page.serverMs));
    if (shown && filtered && page.bytesRead > 0)
        note += tr("read ≈ %1").arg(models::format::bytes(page.bytesRead));
    if (shown)
        note += boundNote(m_model, filtered, *m_desk);
    setTitle(title);
    if (m_filter)
        m_filter->setRemark(note.join(u" · "_s));
    else
        setNote(note.join(u" · "_s));
}

QStringList EventsCard::countNote() const {
    if (m_counting)
        return {tr("counting…")};
    if (!m_exact)
        return m_countFailure.isEmpty() ? QStringList() : QStringList(tr("not counted: %1").arg(m_countFailure));
    QStringList note = {tr("exact, counted in %1").arg(milliseconds(m_countMs))};
    if (m_exact->retries == 0)
        note += tr("no retries among them");
    else
        note += tr("%n retry(ies) among them", nullptr, int(m_exact->retries)) + u", "_s +
                tr("put back up to %n time(s)", nullptr, m_exact->mostRetries);
    return note;
}

void EventsCard::sayReading() {
    const QString title =
        m_searchOn.bytesRead() > 0
            ? tr("Reading events… %1 so far").arg(models::format::bytes(m_searchOn.bytesRead()))
            : tr("Reading events…");
    m_table->notice()->say(title, {});
}

void EventsCard::compare() {
    const QModelIndexList chosen = m_table->selectedSources();
    if (!m_window || chosen.size() != 2)
        return;
    auto* dialog = new CompareDialog(m_desk, m_window->queueId, m_model.row(chosen[0].row()).event,
                                     m_model.row(chosen[1].row()).event, m_table->settings(), window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void EventsCard::exportAll() {
    if (!m_window)
        return;
    EventExport::start(
        {models::format::text(m_window->queue), u"batch"_s, QString::number(m_window->batch.value_or(0))},
        [desk = m_desk, of = *m_window,
         search = m_filter ? m_filter->search() : domain::EventSearch()](std::optional<domain::EventPosition> from) {
            return desk->eventPage(of.queueId, of.lastTick, of.nextTick, of.subId, search, std::move(from),
                                   EventPageModel::pageSize);
        },
        [desk = m_desk, queue = m_window->queueId](const domain::EventRow& event, qint64 bytes) {
            return desk->message(queue, event.position, event.id, bytes);
        },
        window());
}

void EventsCard::explain() {
    const bool isFiltered = m_filter && !m_filter->search().isEmpty();
    switch (m_model.state()) {
    case EventPageModel::State::Nothing:
        break;
    case EventPageModel::State::Loading:
        sayReading();
        break;
    case EventPageModel::State::Failed:
        words::sayFailure(*m_table->notice(), tr("The events can't be read"), m_failure);
        break;
    case EventPageModel::State::Shown:
        if (!m_model.failure().isEmpty())
            words::sayFailure(*m_table->notice(), tr("The events can't be read"), m_failure);
        else if (isFiltered && m_model.shownPage().boundReached)
            m_table->notice()->say(tr("Nothing found so far"), searchOnHint(m_model.shownPage()));
        else if (isFiltered)
            m_table->notice()->say(tr("Nothing found"), tr("No event of this batch is like that."));
        else
            m_table->notice()->say(
                tr("No events in this window"),
                tr("The ticks at its ends have nothing visible between them: an idle or forced tick, or "
                   "the transactions were rolled back. Acknowledging it costs nothing."));
        break;
    }
}

} // namespace ui
