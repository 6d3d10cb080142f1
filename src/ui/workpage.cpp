// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/workpage.h"

#include "ui/notice.h"
#include "ui/payloadcard.h"
#include "ui/splitters.h"
#include "ui/tablecard.h"
#include "ui/words.h"

#include <QAbstractButton>
#include <QComboBox>
#include <QMenu>
#include <QTableView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

using domain::WorkPart;
using models::format::age;

namespace {

constexpr int pageSize = 200;

} // namespace

WorkPage::WorkPage(const PageTools& tools, QWidget* parent)
    : Page(tools, parent)
    , m_queues(models::workQueueColumns())
    , m_messages(models::workMessageColumns())
    , m_queueCard(new Card(tr("Work queues")))
    , m_messageCard(new Card(tr("Messages")))
    , m_queueView(new QTableView)
    , m_messageView(new QTableView)
    , m_payload(new PayloadCard(tr("Payload")))
    , m_turner(*m_messageCard, [this] { m_messageAnswer.askNow(); })
    , m_installAnswer(
          this, [this] { return this->tools().desk->workInstalls(); },
          [this](const std::vector<domain::WorkInstall>& installs) { showInstalls(installs); },
          [this](const pg::Failure& failure) { fail(failure); })
    , m_queueAnswer(
          this, [this] { return this->tools().desk->workSample(*m_install); },
          [this](const domain::WorkSample& sample) { showQueues(sample); },
          [this](const pg::Failure& failure) { fail(failure); })
    , m_messageAnswer(
          this,
          [this] { return this->tools().desk->workPage(*m_install, m_shownQueue, m_part, m_turner.start(), pageSize); },
          [this](const domain::WorkPage& page) { showMessages(page); },
          [this](const pg::Failure& failure) { fail(failure); }) {
    setObjectName(u"workqueue"_s);
    makeQueues();
    makeMessages();
    auto* below = makeSplitter(Qt::Horizontal, m_messageCard, m_payload, {760, 300}, {3, 1});
    auto* all = makeSplitter(Qt::Vertical, m_queueCard, below, {290, 400}, {0, 1});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(all);
    connect(m_payload, &PayloadCard::settled, this, &Page::completed);
    m_messageAnswer.forget();
    m_queueAnswer.forget();
    chooseMessage({});
}

void WorkPage::makeQueues() {
    m_queueView->setObjectName(u"workQueues"_s);
    m_queueView->setAccessibleName(tr("Work queues"));
    m_queueTable = new TableController(m_queueView, &m_queues, u"workQueues"_s, tools().settings);
    m_queueTable->sortFirstBy(u"queue"_s, Qt::AscendingOrder);
    m_queueTable->stretch(u"bands"_s);
    m_queueTable->setRowMenu([this](QMenu& menu, const QModelIndex&) { tools().actions->addTo(menu, queueSubject()); });
    addTableTools(*m_queueCard, *m_queueTable, tr("Filter queues"));
    if (QAbstractButton* send = tools().actions->makeButton(
            "work_send", [this] { return queueSubject(); }, this))
        m_queueCard->addToHeading(send);
    m_queueCard->setContent(m_queueView);
    m_queueTable->notice()->say(tr("Asking…"), {});
    connect(m_queueTable, &TableController::currentChanged, this, [this] {
        if (queue() != m_shownQueue)
            askMessages();
    });
}

void WorkPage::makeMessages() {
    m_messageView->setObjectName(u"workMessages"_s);
    m_messageView->setAccessibleName(tr("Messages of the chosen queue"));
    m_messageTable = new TableController(m_messageView, &m_messages, u"workMessages"_s, tools().settings);
    m_messageView->setSortingEnabled(false);
    m_messageTable->proxy()->sort(-1);
    m_messageTable->stretch(u"error"_s);
    m_messageTable->setRowMenu([this](QMenu& menu, const QModelIndex&) { tools().actions->addTo(menu, subject()); });
    m_messageTable->notice()->say(tr("Choose a queue above."), {});
    auto* part = new QComboBox;
    part->setObjectName(u"workPart"_s);
    part->setAccessibleName(tr("Which messages"));
    for (const auto& [title, value] :
         {std::pair(tr("Ready"), WorkPart::Ready), std::pair(tr("In flight"), WorkPart::InFlight),
          std::pair(tr("Delayed"), WorkPart::Delayed), std::pair(tr("Read twice or more"), WorkPart::OftenRead),
          std::pair(tr("Dead letters"), WorkPart::Dead)})
        part->addItem(title, int(value));
    connect(part, &QComboBox::currentIndexChanged, this, [this, part] {
        m_part = WorkPart(part->currentData().toInt());
        askMessages();
    });
    m_messageCard->addBesideTitle(part);
    addTableTools(*m_messageCard, *m_messageTable, tr("Filter this page"));
    m_messageCard->setContent(m_messageView);
    connect(m_messageTable, &TableController::currentChanged, this, &WorkPage::chooseMessage);
    m_reveal = makeButton(tr("Show payload"), u"showPayload"_s, this);
    m_reveal->setToolTip(tr("Payloads may hold what not everybody should see: shown one at a time, on request"));
    m_payload->addToHeading(m_reveal);
    connect(m_reveal, &QAbstractButton::clicked, this, [this] {
        const QModelIndex index = m_messageTable->currentSource();
        if (!index.isValid() || !m_install)
            return;
        const domain::WorkMessage& message = m_messages.row(index.row()).message;
        // The size is the stored one, compressed: what comes decides.
        m_payload->showPayload(
            tr("Message %1").arg(message.id), models::format::bytes(message.bytes), std::string(),
            std::max<qint64>(message.bytes, 1),
            [this, install = *m_install, shown = m_shownQueue, part = m_part, id = message.id](qint64 bytes) {
                return tools().desk->workPayload(install, shown, part, id, bytes);
            });
    });
}

std::string WorkPage::queue() const {
    const QModelIndex index = m_queueTable->currentSource();
    return index.isValid() ? m_queues.row(index.row()).queue.name : std::string();
}

Subject WorkPage::queueSubject() const {
    Subject subject;
    if (const std::string name = queue(); !name.empty() && m_install && m_install->ours) {
        subject.kind = operate::SubjectKind::WorkQueue;
        subject.request.queue = name;
    }
    return subject;
}

Subject WorkPage::subject() const {
    Subject subject = queueSubject();
    const QModelIndex index = m_messageTable->currentSource();
    if (subject.kind == operate::SubjectKind::None || !index.isValid())
        return subject;
    const domain::WorkMessage& message = m_messages.row(index.row()).message;
    if (message.state == "dead") {
        subject.kind = operate::SubjectKind::WorkDead;
        subject.request.arguments["dead_id"] = std::to_string(message.id);
        return subject;
    }
    subject.kind = operate::SubjectKind::WorkMessage;
    subject.request.arguments["message_id"] = std::to_string(message.id);
    // What was seen: the lease's token. Another holder since then makes the action refuse.
    if (message.state == "claimed")
        subject.request.arguments["token"] = std::to_string(message.reads);
    return subject;
}

void WorkPage::showSample(const domain::Snapshot& snapshot, const domain::Diagnosis&) {
    m_queues.setNow(snapshot.takenAt);
    m_messages.setNow(snapshot.takenAt);
    if (!m_install) {
        m_installAnswer.beat();
        return;
    }
    m_queueAnswer.beat();
    if (!m_shownQueue.empty())
        m_messageAnswer.beat();
}

void WorkPage::showInstalls(const std::vector<domain::WorkInstall>& installs) {
    if (installs.empty()) {
        m_queueTable->notice()->say(
            tr("There is no work queue in this database"),
            tr("No table pg_queue_message was found in any schema, and no PGMQ. Batchscope's own is printed by "
               "batchscope --print-schema workqueue."));
        Q_EMIT completed();
        return;
    }
    m_install = installs.front();
    QStringList others;
    for (std::size_t i = 1; i < installs.size(); ++i)
        others += models::installText(installs[i]);
    m_queueCard->setTitle(tr("Work queues in %1").arg(models::installText(*m_install)));
    if (!others.isEmpty())
        m_queueCard->setNote(tr("also in this database: %1").arg(others.join(u", "_s)));
    m_queueAnswer.askNow();
}

void WorkPage::showQueues(const domain::WorkSample& sample) {
    std::vector<models::WorkQueueLine> lines;
    lines.reserve(sample.queues.size());
    for (const domain::WorkQueue& one : sample.queues)
        lines.push_back({one});
    m_queues.show(std::move(lines), sample.takenAt);
    QStringList note = {tr("%n queue(s)", nullptr, m_queues.rowCount())};
    if (sample.leader)
        note += sample.leader->name.empty()
                    ? tr("no leader")
                    : tr("leader %1, renewed %2 ago")
                          .arg(models::format::foreign(models::format::text(sample.leader->name), 40),
                               age(sample.takenAt - sample.leader->acquiredAt));
    note += tr("asked in %1").arg(models::format::milliseconds(sample.serverMs));
    m_queueCard->setNote(note.join(u" · "_s));
    m_queueTable->notice()->say(tr("Nothing is queued"), tr("No message is ready, in flight or delayed."));
    if (!m_wanted.isEmpty()) {
        if (const int row = m_queues.rowOf(m_wanted.toStdString()); row >= 0)
            m_queueTable->selectSource(m_queues.index(row, 0));
        m_wanted.clear();
    }
    if (!m_queueTable->currentSource().isValid() && m_queues.rowCount() > 0)
        m_queueTable->selectSource(m_queueTable->proxy()->mapToSource(m_queueTable->proxy()->index(0, 0)));
    Q_EMIT completed();
}

void WorkPage::askMessages() {
    m_shownQueue = queue();
    m_turner.restart();
    m_messageCard->setTitle(
        m_shownQueue.empty()
            ? tr("Messages")
            : tr("Messages of %1").arg(models::format::foreign(models::format::text(m_shownQueue), 40)));
    if (m_install && !m_shownQueue.empty())
        m_messageAnswer.askNow();
    else
        m_messageAnswer.forget();
}

void WorkPage::showMessages(const domain::WorkPage& page) {
    std::vector<models::WorkMessageLine> lines;
    lines.reserve(page.rows.size());
    for (const domain::WorkMessage& message : page.rows)
        lines.push_back({message});
    m_messages.show(std::move(lines), page.takenAt);
    m_turner.arrived(page.next);
    m_messageCard->setNote(m_turner.page() > 0 || page.next ? tr("page %1").arg(m_turner.page() + 1) : QString());
    m_messageTable->notice()->say(tr("No such message"), tr("Choose another part of the queue at the left."));
    if (!m_messageTable->currentSource().isValid() && m_messages.rowCount() > 0)
        m_messageTable->selectSource(m_messages.index(0, 0));
    Q_EMIT completed();
}

void WorkPage::fail(const pg::Failure& failure) {
    // A schema that went is looked for anew.
    m_install.reset();
    m_shownQueue.clear();
    m_queues.show({}, m_queues.context().now);
    m_messages.show({}, m_messages.context().now);
    m_queueCard->setNote({});
    m_messageAnswer.forget();
    m_queueTable->notice()->say(tr("The work queues could not be read"), words::failure(failure),
                                models::Tone::Warning);
    Q_EMIT completed();
}

void WorkPage::chooseMessage(const QModelIndex& index) {
    m_reveal->setEnabled(index.isValid());
    m_payload->clear(index.isValid() ? tr("The payload is masked. Show payload reads it.") : tr("Choose a message."));
}

void WorkPage::setStale(bool stale) {
    m_queueTable->setStale(stale);
    m_messageTable->setStale(stale);
}

void WorkPage::setZone(const QTimeZone& zone) {
    m_queues.setZone(zone);
    m_messages.setZone(zone);
}

void WorkPage::openSubject(const QString& wanted) {
    m_wanted = wanted;
    if (m_install)
        m_queueAnswer.askNow();
}

QWidget* WorkPage::mainView() const {
    return m_queueView;
}

bool WorkPage::isComplete() const {
    return m_installAnswer.isSettled() && m_queueAnswer.isSettled() && m_messageAnswer.isSettled() &&
           m_payload->isSettled();
}

} // namespace ui
