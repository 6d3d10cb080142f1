// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/retrypage.h"

#include "ui/notice.h"
#include "ui/payloadcard.h"
#include "ui/queuechooser.h"
#include "ui/splitters.h"
#include "ui/tablecard.h"
#include "ui/words.h"

#include <QAbstractButton>
#include <QMenu>
#include <QTableView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

using models::format::number;

namespace {

constexpr int pageSize = 200;

} // namespace

RetryPage::RetryPage(const PageTools& tools, QWidget* parent)
    : Page(tools, parent)
    , m_model(models::retryColumns())
    , m_card(new Card(tr("Retry")))
    , m_view(new QTableView)
    , m_queue(new QueueChooser(QueueChooser::AllQueues::Offered))
    , m_payload(new PayloadCard(tr("Event")))
    , m_turner(*m_card, [this] { ask(); })
    , m_answer(
          this, [this] { return this->tools().desk->retryPage(m_queue->queueId(), m_turner.start(), pageSize); },
          [this](const domain::RetryPage& page) { show(page); },
          [this](const pg::Failure& failure) { fail(failure); }) {
    setObjectName(u"retry"_s);
    m_view->setObjectName(u"retries"_s);
    m_view->setAccessibleName(tr("Events that wait to come again"));
    m_table = new TableController(m_view, &m_model, u"retries"_s, tools.settings);
    // One page of many is in the order it was asked in.
    m_view->setSortingEnabled(false);
    m_table->proxy()->sort(-1);
    m_table->stretch(u"payload"_s);
    m_table->setRowMenu([this](QMenu& menu, const QModelIndex&) { this->tools().actions->addTo(menu, subject()); });
    m_card->addBesideTitle(m_queue);
    addTableTools(*m_card, *m_table, tr("Filter this page"));
    for (const char* id : {"reschedule_retry", "cancel_retry"})
        if (QAbstractButton* button = tools.actions->makeButton(
                id, [this] { return subject(); }, this))
            m_payload->addToHeading(button);
    if (QAbstractButton* move = tools.actions->makeButton(
            "move_due_retries", [] { return Subject(); }, this))
        m_card->addToHeading(move);
    m_card->setContent(m_view);

    auto* splitter = makeSplitter(Qt::Vertical, m_card, m_payload, {480, 200}, {3, 1});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter);
    connect(m_table, &TableController::currentChanged, this, &RetryPage::choose);
    connect(m_payload, &PayloadCard::settled, this, &Page::completed);
    connect(m_queue, &QueueChooser::chosen, this, [this] {
        m_turner.restart();
        ask();
    });
    m_table->notice()->say(tr("Asking…"), {});
    choose({});
}

void RetryPage::showSample(const domain::Snapshot& snapshot, const domain::Diagnosis&) {
    m_queue->setQueues(snapshot);
    m_model.setNow(snapshot.takenAt);
    m_answer.beat(tools().desk->shownInstant());
}

void RetryPage::ask() {
    m_answer.askNow();
}

void RetryPage::show(const domain::RetryPage& page) {
    std::vector<models::RetryLine> lines;
    lines.reserve(page.rows.size());
    for (const domain::Retry& retry : page.rows)
        lines.push_back({retry});
    m_model.show(std::move(lines), page.takenAt);
    m_turner.arrived(page.next);
    QStringList note;
    if (const auto& outlook = page.outlook) {
        // What needs attention first: the line is cut where there is too little room.
        const auto add = [&note](std::int64_t count, const QString& words) {
            if (count > 0)
                note += words.arg(number(count));
        };
        add(outlook->due, tr("%1 due now"));
        add(outlook->lastTry, tr("%1 on the last try"));
        add(outlook->inAMinute, tr("%1 within a minute"));
        add(outlook->inTenMinutes, tr("%1 within 10 min"));
        add(outlook->inAnHour, tr("%1 within an hour"));
        add(outlook->later, tr("%1 later"));
        if (outlook->capped)
            note += tr("of the first %1 by due time").arg(number(outlook->all()));
    } else if (page.outlookFailure) {
        note += tr("not counted: %1").arg(words::failureLine(*page.outlookFailure));
    } else {
        note += tr("page %1").arg(m_turner.page() + 1);
    }
    m_card->setNote(note.join(u" · "_s), tr("Exact, counted when the page was asked for; in the order of the due "
                                            "times. One call of maintenance moves at most 1,000."));
    m_table->notice()->say(tr("Nothing waits to come again"),
                           tr("A message appears here when a worker gives it back (nack), until it is due and "
                              "maintenance puts it back into its queue."));
    if (!m_table->currentSource().isValid() && m_model.rowCount() > 0)
        m_table->selectSource(m_model.index(0, 0));
    Q_EMIT completed();
}

void RetryPage::fail(const pg::Failure& failure) {
    m_model.show({}, m_model.context().now);
    m_turner.arrived({});
    m_card->setNote({});
    words::sayFailure(*m_table->notice(), tr("The retries could not be read"), failure);
    Q_EMIT completed();
}

void RetryPage::choose(const QModelIndex& index) {
    if (!index.isValid()) {
        m_payload->clear(tr("Choose an event to see its payload."));
        return;
    }
    const domain::Retry& retry = m_model.row(index.row()).retry;
    m_payload->showPayload(tr("Event %1").arg(retry.eventId),
                           retry.data ? models::format::bytes(retry.dataBytes) : QString(), retry.data, retry.dataBytes,
                           [this, owner = retry.owner, event = retry.eventId](qint64 bytes) {
                               return tools().desk->retryPayload(owner, event, bytes);
                           });
    tools().actions->refresh();
}

void RetryPage::setStale(bool stale) {
    m_table->setStale(stale);
}

void RetryPage::setZone(const QTimeZone& zone) {
    m_model.setZone(zone);
}

void RetryPage::openSubject(const QString& queue) {
    m_queue->choose(queue);
}

Subject RetryPage::subject() const {
    Subject subject;
    const QModelIndex index = m_table->currentSource();
    if (index.isValid()) {
        const domain::Retry& retry = m_model.row(index.row()).retry;
        subject.kind = operate::SubjectKind::Retry;
        subject.request.queue = retry.queue;
        subject.request.arguments = {{"owner", std::to_string(retry.owner)},
                                     {"event", std::to_string(retry.eventId)},
                                     {"due", argument(retry.dueAt)}};
    }
    return subject;
}

QWidget* RetryPage::mainView() const {
    return m_view;
}

bool RetryPage::isComplete() const {
    return m_answer.isSettled() && m_payload->isSettled();
}

} // namespace ui
