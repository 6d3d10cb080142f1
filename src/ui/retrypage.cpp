// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/retrypage.h"

#include "ui/notice.h"
#include "ui/payloadcard.h"
#include "ui/queuechooser.h"
#include "ui/splitters.h"
#include "ui/tablecard.h"
#include "ui/theme.h"
#include "ui/words.h"

#include <QAbstractButton>
#include <QLabel>
#include <QMenu>
#include <QTableView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr int pageSize = 200;
constexpr int mostDrains = 3; ///< queues whose drain is told on the page; the rest in its tooltip

} // namespace

RetryPage::RetryPage(const PageTools& tools, QWidget* parent)
    : Page(tools, parent)
    , m_model(models::retryColumns())
    , m_card(new Card(tr("Retry")))
    , m_view(new QTableView)
    , m_queue(new QueueChooser(QueueChooser::AllQueues::Offered))
    , m_payload(new PayloadCard(tr("Event")))
    , m_drain(dimLabel({}))
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
    m_drain->setObjectName(u"drain"_s);
    m_drain->setWordWrap(true);
    m_drain->setContentsMargins(space::large, space::small, space::large, space::small);
    m_drain->hide();
    auto* content = new QWidget;
    auto* contentLayout = new QVBoxLayout(content);
    contentLayout->setContentsMargins(0, 0, 0, 0);
    contentLayout->setSpacing(0);
    contentLayout->addWidget(m_drain);
    contentLayout->addWidget(m_view, 1);
    m_card->setContent(content);

    auto* splitter = makeSplitter(Qt::Vertical, m_card, m_payload, {480, 200}, {3, 1});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter);
    connect(m_table, &TableController::currentChanged, this, &RetryPage::choose);
    connect(m_payload, &PayloadCard::settled, this, &Page::completed);
    connect(m_queue, &QueueChooser::chosen, this, [this] {
        m_turner.restart();
        empty();
        m_table->notice()->say(tr("Asking…"), {});
        ask();
    });
    m_table->notice()->say(tr("Asking…"), {});
    choose({});
}

void RetryPage::showSample(const domain::Snapshot& snapshot, const domain::Diagnosis&) {
    m_queue->setQueues(snapshot);
    m_model.setNow(snapshot.takenAt);
    if (m_answer.isSettled())
        tell();
    m_answer.beat(tools().desk->shownInstant());
}

void RetryPage::ask() {
    m_table->letGo();
    m_answer.askNow();
}

/// Nothing of another queue stays, nor of a time when there was an answer.
void RetryPage::empty() {
    m_table->letGo();
    m_model.show({}, m_model.context().now);
    m_outlook.reset();
    m_outlookFailure.reset();
    m_card->setNote({});
    m_drain->hide();
}

void RetryPage::show(const domain::RetryPage& page) {
    std::vector<models::RetryLine> lines;
    lines.reserve(page.rows.size());
    for (const domain::Retry& retry : page.rows)
        lines.push_back({retry});
    m_model.show(std::move(lines), page.takenAt);
    m_turner.arrived(page.next);
    m_outlook = page.outlook;
    m_outlookFailure = page.outlookFailure;
    m_countedAt = page.takenAt;
    tell();
    m_table->notice()->say(tr("Nothing waits to come again"),
                           tr("A message appears here when a worker gives it back (nack), until it is due and "
                              "maintenance puts it back into its queue."));
    m_table->chooseFirst();
    Q_EMIT completed();
}

void RetryPage::tell() {
    const domain::SnapshotPtr snapshot = tools().desk->snapshot();
    QString meaning = tr("Exact, counted when the page was asked for; in the order of the due times.");
    if (const QString moves = snapshot ? models::retryMoveText(snapshot->capabilities) : QString(); !moves.isEmpty())
        meaning += u' ' + moves;
    m_card->setNote(m_outlook ? models::outlookText(*m_outlook, m_model.context().now - m_countedAt)
                    : m_outlookFailure
                        ? tr("not counted: %1").arg(words::failureLine(*m_outlookFailure))
                        : tr("page %1").arg(m_turner.page() + 1),
                    meaning);
    QStringList drains;
    for (const domain::Queue& queue : snapshot ? snapshot->queues : std::vector<domain::Queue>()) {
        if (m_queue->queueId() != 0 && m_queue->queueId() != queue.id)
            continue;
        if (const QString drain = models::drainText(queue, tools().desk->retryTrend(queue.id)); !drain.isEmpty())
            drains += drain;
    }
    m_drain->setToolTip(drains.join(u'\n'));
    m_drain->setText(drains.mid(0, mostDrains).join(u'\n') +
                     (drains.size() > mostDrains
                          ? u'\n' + tr("and %n more queue(s) with due retries", nullptr, int(drains.size()) - mostDrains)
                          : QString()));
    m_drain->setVisible(!drains.isEmpty());
}

void RetryPage::fail(const pg::Failure& failure) {
    empty();
    m_turner.arrived({});
    words::sayFailure(*m_table->notice(), tr("The retries could not be read"), failure);
    Q_EMIT completed();
}

void RetryPage::choose(const QModelIndex& index) {
    if (!index.isValid()) {
        m_payload->clear(m_table->hasLeft()
                             ? tr("Event %1 is not here any more: it went back to its queue, was cancelled "
                                  "or is due at another time.")
                                   .arg(m_event)
                             : tr("Choose an event to see its payload."));
        tools().actions->refresh();
        return;
    }
    const domain::Retry& retry = m_model.row(index.row()).retry;
    m_event = retry.eventId;
    m_payload->showMessage(tr("Event %1").arg(retry.eventId),
                           retry.data ? models::format::bytes(retry.dataBytes) : QString(), {},
                           [this, owner = retry.owner, event = retry.eventId](qint64 bytes) {
                               return tools().desk->retryMessage(owner, event, bytes);
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
