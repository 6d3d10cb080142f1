// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/inflightpage.h"

#include "ui/consumerspage.h"
#include "ui/deadinterval.h"
#include "ui/deadintervalbox.h"
#include "ui/eventscard.h"
#include "ui/noqueue.h"
#include "ui/notice.h"
#include "ui/ownercard.h"
#include "ui/payloadcard.h"
#include "ui/splitters.h"
#include "ui/tablecard.h"
#include "ui/theme.h"
#include "ui/words.h"

#include <QMenu>
#include <QTableView>
#include <QVBoxLayout>

#include <utility>

using namespace Qt::StringLiterals;

namespace ui {

InFlightPage::InFlightPage(const PageTools& tools, QWidget* parent)
    : Page(tools, parent)
    , m_card(new Card(tr("In flight")))
    , m_view(new QTableView)
    , m_events(new EventsCard(tools.desk, tools.settings, EventsCard::Filter::NotOffered))
    , m_owner(new OwnerCard(tools.actions, [this] { return subject(); }))
    , m_payload(new PayloadCard(tr("Event"))) {
    setObjectName(u"inflight"_s);
    m_view->setObjectName(u"batches"_s);
    m_view->setAccessibleName(tr("Open batches"));
    m_view->setMinimumHeight(120);
    m_table = new TableController(m_view, &m_model, u"batches"_s, tools.settings);
    m_table->sortFirstBy(u"open_for"_s, Qt::DescendingOrder);
    m_table->stretch(u"owner"_s);
    m_table->setRowMenu([this](QMenu& menu, const QModelIndex&) {
        connect(menu.addAction(tr("Open the batch's page")), &QAction::triggered, this, &InFlightPage::openBatch);
        menu.addSeparator();
        this->tools().actions->addTo(menu, subject());
    });
    connect(m_table, &TableController::activated, this, &InFlightPage::openBatch);
    m_card->addToHeading(new DeadIntervalBox(tools.deadInterval));
    addTableTools(*m_card, *m_table, tr("Filter batches"));
    m_card->setContent(m_view);

    auto* right = makeSplitter(Qt::Vertical, m_owner, m_payload, {230, 320}, {0, 0});
    auto* below = makeSplitter(Qt::Horizontal, m_events, right, {620, 460}, {3, 2});
    auto* all = makeSplitter(Qt::Vertical, m_card, below, {260, 560}, {0, 1});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(all);
    connect(m_table, &TableController::currentChanged, this, &InFlightPage::chooseBatch);
    connect(tools.deadInterval, &DeadInterval::changed, this, [this] {
        if (m_snapshot)
            showOwner(*m_snapshot);
    });
    connect(m_events, &EventsCard::eventChosen, this, &InFlightPage::showPayloadOf);
    connect(m_events, &EventsCard::nothingChosen, this, &InFlightPage::showNoEvent);
    m_events->setRowMenu([this](QMenu& menu, const std::vector<std::int64_t>& events) { addNack(menu, events); });
    connect(m_events, &EventsCard::settled, this, &Page::completed);
    connect(m_payload, &PayloadCard::settled, this, &Page::completed);
    m_table->notice()->say(tr("Waiting for the first sample…"), {});
    showNoEvent();
}

void InFlightPage::showSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) {
    m_snapshot = tools().desk->snapshot();
    m_model.setSample(snapshot, diagnosis);
    m_sampled = true;
    updateNote();
    const QString hint = tr("No consumer holds a batch at the moment. A batch appears here from receive to ack.");
    if (snapshot.queues.empty()) {
        const NoQueue why = whyNoQueue(snapshot, hint);
        m_table->notice()->say(why.title, why.explanation, why.tone);
    } else {
        m_table->notice()->say(tr("Nothing is in flight"), hint);
    }
    // Who turned to another instant looks for the same batch there, and is shown another where it is not.
    const auto instant = tools().desk->shownInstant();
    if (std::exchange(m_instant, instant) != instant) {
        m_table->letGo();
        if (const int row = rowOf(m_chosen); row >= 0)
            m_table->selectSource(m_model.index(row, 0));
    }
    if (m_wanted.isEmpty())
        m_table->chooseFirst();
    else
        openSubject(m_wanted);
    chooseBatch();
    showOwner(snapshot);
}

void InFlightPage::openBatch() {
    const models::BatchRow* row = chosen();
    if (row && row->subscription.batch)
        Q_EMIT pageWanted(u"batch"_s, QString::number(*row->subscription.batch));
}

void InFlightPage::updateNote() {
    int stuck = 0;
    for (const models::BatchRow& row : m_model.rows())
        stuck += row.mark.tone == models::Tone::Critical || row.mark.tone == models::Tone::Warning;
    QStringList note = {tr("%n open batch(es)", nullptr, m_model.rowCount())};
    if (stuck > 0)
        note += tr("%n need(s) attention", nullptr, stuck);
    m_card->setNote(note.join(u" · "_s));
}

const models::BatchRow* InFlightPage::chosen() const {
    const QModelIndex index = m_table->currentSource();
    return index.isValid() ? &m_model.row(index.row()) : nullptr;
}

void InFlightPage::chooseBatch() {
    const models::BatchRow* row = chosen();
    if (!row || !m_snapshot) {
        m_events->close(whyNone());
        m_owner->clear();
        tools().actions->refresh();
        return;
    }
    const domain::Subscription& held = row->subscription;
    m_wanted.clear();
    m_chosen = held.batch ? QString::number(*held.batch) : QString();
    if (!held.batch || !held.lastTick || !held.nextTick) {
        m_events->close(tr("Taken, not committed: which window it is will be seen when the worker commits."));
    } else {
        m_eventQueue = held.queueId;
        m_events->open(Window::of(held, row->queueName, *m_snapshot));
    }
    showOwner(*m_snapshot);
    tools().actions->refresh();
}

/// Why no events are shown: nothing takes the place of a batch that has ended.
QString InFlightPage::whyNone() const {
    if (!m_wanted.isEmpty() && m_sampled)
        return tr("Batch %1 is not open.").arg(m_wanted);
    if (m_table->hasLeft() && !m_chosen.isEmpty())
        return tr("Batch %1 ended: acknowledged, given back or taken over.").arg(m_chosen);
    return m_model.rowCount() > 0 || !m_sampled ? tr("Choose a batch above.") : tr("No batch is open.");
}

int InFlightPage::rowOf(const QString& batch) const {
    for (int row = 0; row < m_model.rowCount(); ++row) {
        const auto& token = m_model.row(row).subscription.batch;
        if (token && QString::number(*token) == batch)
            return row;
    }
    return -1;
}

void InFlightPage::showOwner(const domain::Snapshot& snapshot) {
    if (const models::BatchRow* row = chosen())
        m_owner->showOwner(*row, snapshot, tools().deadInterval->value(), m_zone);
    else
        m_owner->clear();
}

void InFlightPage::showPayloadOf(const domain::EventRow& event) {
    m_event = event;
    m_payload->showEvent(tools().desk, m_eventQueue, event);
}

void InFlightPage::showNoEvent() {
    m_event.reset();
    m_payload->clear(tr("Choose an event to see its payload."));
}

void InFlightPage::tellAges() {
    m_events->remark();
}

void InFlightPage::setStale(bool stale) {
    m_table->setStale(stale);
    m_events->setStale(stale);
}

void InFlightPage::setZone(const QTimeZone& zone) {
    m_zone = zone;
    m_model.setZone(zone);
    m_events->setZone(zone);
}

void InFlightPage::openSubject(const QString& batch) {
    m_wanted = batch;
    if (const int row = rowOf(batch); row >= 0) {
        m_wanted.clear();
        m_table->selectSource(m_model.index(row, 0));
    } else {
        m_table->letGo();
        chooseBatch();
    }
}

QWidget* InFlightPage::mainView() const {
    return m_view;
}

/// Giving back what is chosen among the batch's events.
void InFlightPage::addNack(QMenu& menu, const std::vector<std::int64_t>& events) {
    const operate::Action* action = tools().desk->actions().find(events.size() == 1 ? "nack" : "nack_some");
    const Subject of = subject();
    if (!action || events.empty() || !of.request.batch)
        return;
    domain::ActionRequest request = tools().actions->requestFor(*action, of);
    std::string ids;
    for (const std::int64_t event : events)
        ids += (ids.empty() ? "" : ", ") + std::to_string(event);
    request.arguments[events.size() == 1 ? "message" : "messages"] = ids;
    QAction* entry = menu.addAction(Actions::text(*action));
    entry->setObjectName(u"nackChosen"_s);
    connect(entry, &QAction::triggered, this, [this, request] { tools().actions->start(request); });
}

Subject InFlightPage::subject() const {
    const models::BatchRow* row = chosen();
    if (!row || !m_snapshot)
        return {};
    Subject subject = subjectOf(row->subscription, row->queueName, row->group, row->subconsumer, m_snapshot->takenAt);
    // For actions on one message of the batch: the event that is selected.
    if (m_event)
        subject.request.arguments["message"] = std::to_string(m_event->id);
    return subject;
}

bool InFlightPage::isComplete() const {
    return m_sampled && m_events->isSettled() && m_payload->isSettled();
}

} // namespace ui
