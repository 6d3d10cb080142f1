// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/workpage.h"

#include "ui/notice.h"
#include "ui/payloadcard.h"
#include "ui/splitters.h"
#include "ui/tablecard.h"
#include "ui/words.h"
#include "ui/workcards.h"

#include <QAbstractButton>
#include <QComboBox>
#include <QMenu>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

using domain::WorkPart;
using models::format::age;

namespace {

constexpr int pageSize = 200;

/// What may stand below the queues.
enum class Below { Messages, Leases, Bands, Reads };

struct Choice {
    const char* title;
    Below below;
    WorkPart part = WorkPart::Ready;
};

constexpr Choice choices[] = {
    {QT_TRANSLATE_NOOP("ui::WorkPage", "Ready"), Below::Messages, WorkPart::Ready},
    {QT_TRANSLATE_NOOP("ui::WorkPage", "In flight"), Below::Leases, WorkPart::InFlight},
    {QT_TRANSLATE_NOOP("ui::WorkPage", "Delayed"), Below::Messages, WorkPart::Delayed},
    {QT_TRANSLATE_NOOP("ui::WorkPage", "Read twice or more"), Below::Messages, WorkPart::OftenRead},
    {QT_TRANSLATE_NOOP("ui::WorkPage", "Poison candidates"), Below::Messages, WorkPart::Poison},
    {QT_TRANSLATE_NOOP("ui::WorkPage", "Dead letters"), Below::Messages, WorkPart::Dead},
    {QT_TRANSLATE_NOOP("ui::WorkPage", "All priorities"), Below::Bands},
    {QT_TRANSLATE_NOOP("ui::WorkPage", "Read counts"), Below::Reads}};

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
    , m_chooser(new InstallChooser)
    , m_foreign(new ForeignBanner)
    , m_below(new QStackedWidget)
    , m_leases(new LeasesCard(tools.settings))
    , m_bands(new BandsCard(tools.settings))
    , m_reads(new ReadsCard(tools.settings))
    , m_turner(*m_messageCard,
               [this] {
                   m_messageTable->letGo();
                   m_messageAnswer.askNow();
               })
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
          [this](const pg::Failure& failure) { failBelow(failure); })
    , m_delayedAnswer(
          this, [this] { return this->tools().desk->workDelayed(*m_install, m_shownQueue); },
          [this](const std::vector<domain::WorkDelayed>& delayed) {
              m_delayed = delayed;
              showCards();
          },
          [this](const pg::Failure& failure) { failBelow(failure); }) {
    setObjectName(u"workqueue"_s);
    makeQueues();
    makeMessages();
    makeBelow();
    auto* below = makeSplitter(Qt::Horizontal, m_below, m_payload, {760, 300}, {3, 1});
    auto* all = makeSplitter(Qt::Vertical, m_queueCard, below, {290, 400}, {0, 1});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_foreign);
    layout->addWidget(all, 1);
    connect(m_payload, &PayloadCard::settled, this, &Page::completed);
    m_messageAnswer.forget();
    m_delayedAnswer.forget();
    m_queueAnswer.forget();
    messageChosen();
}

QComboBox* WorkPage::makePartChooser() {
    auto* part = new QComboBox;
    part->setObjectName(u"workPart"_s);
    part->setAccessibleName(tr("What of the queue"));
    for (const Choice& choice : choices)
        part->addItem(tr(choice.title));
    connect(part, &QComboBox::activated, this, &WorkPage::showPart);
    m_parts += part;
    return part;
}

void WorkPage::makeBelow() {
    m_leases->addBesideTitle(makePartChooser());
    addTableTools(*m_leases, *m_leases->table(), tr("Filter leases"));
    m_leases->table()->setRowMenu([this](QMenu& menu, const QModelIndex&) { tools().actions->addTo(menu, subject()); });
    connect(m_leases->table(), &TableController::currentChanged, this, &WorkPage::messageChosen);
    m_bands->addBesideTitle(makePartChooser());
    m_reads->addBesideTitle(makePartChooser());
    for (Card* card : std::initializer_list<Card*>{m_messageCard, m_leases, m_bands, m_reads})
        m_below->addWidget(card);
}

void WorkPage::showPart(int place) {
    for (QComboBox* part : std::as_const(m_parts))
        part->setCurrentIndex(place);
    const Choice& choice = choices[place];
    m_below->setCurrentIndex(int(choice.below));
    m_payload->setVisible(choice.below == Below::Messages || choice.below == Below::Leases);
    m_part = choice.part;
    askMessages();
    messageChosen();
    m_parts[int(choice.below)]->setFocus();
}

void WorkPage::makeQueues() {
    m_queueView->setObjectName(u"workQueues"_s);
    m_queueView->setAccessibleName(tr("Work queues"));
    m_queueTable = new TableController(m_queueView, &m_queues, u"workQueues"_s, tools().settings);
    m_queueTable->sortFirstBy(u"queue"_s, Qt::AscendingOrder);
    m_queueTable->stretch(u"bands"_s);
    m_queueTable->setRowMenu([this](QMenu& menu, const QModelIndex&) { tools().actions->addTo(menu, queueSubject()); });
    m_queueCard->addBesideTitle(m_chooser);
    connect(m_chooser, &InstallChooser::chosen, this, &WorkPage::useInstall);
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
    m_messageCard->addBesideTitle(makePartChooser());
    addTableTools(*m_messageCard, *m_messageTable, tr("Filter this page"));
    m_messageCard->setContent(m_messageView);
    connect(m_messageTable, &TableController::currentChanged, this, &WorkPage::messageChosen);
    m_reveal = makeButton(tr("Show payload"), u"showPayload"_s, this);
    m_reveal->setToolTip(tr("Payloads may hold what not everybody should see: shown one at a time, on request"));
    m_payload->addToHeading(m_reveal);
    connect(m_reveal, &QAbstractButton::clicked, this, [this] {
        const domain::WorkMessage* chosen = message();
        if (!chosen || !m_install)
            return;
        const domain::WorkMessage message = *chosen;
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
    const domain::WorkMessage* chosen = message();
    if (subject.kind == operate::SubjectKind::None || !chosen)
        return subject;
    const domain::WorkMessage& message = *chosen;
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
    const auto past = tools().desk->shownInstant();
    const bool elsewhen = std::exchange(m_past, past) != past;
    if (elsewhen)
        m_rates = {};
    // Which work queues there were is another question at another time.
    if (!m_install || elsewhen) {
        m_installAnswer.beat(m_past);
        return;
    }
    m_leases->setNow(snapshot.takenAt);
    m_bands->setNow(snapshot.takenAt);
    m_queueAnswer.beat(m_past);
    beatBelow();
}

void WorkPage::beatBelow() {
    if (m_shownQueue.empty())
        return;
    if (m_below->currentIndex() <= int(Below::Leases))
        m_messageAnswer.beat(m_past);
    else if (m_below->currentIndex() == int(Below::Bands))
        m_delayedAnswer.beat(m_past);
}

void WorkPage::showInstalls(const std::vector<domain::WorkInstall>& installs) {
    if (installs.empty()) {
        clear();
        m_queueTable->notice()->say(
            tr("There is no work queue in this database"),
            tr("No table pg_queue_message was found in any schema, and no PGMQ. Batchscope's own is printed by "
               "batchscope --print-schema workqueue."));
        Q_EMIT completed();
        return;
    }
    m_chooser->setInstalls(installs);
    useInstall();
}

void WorkPage::useInstall() {
    const domain::WorkInstall& wanted = *m_chooser->install();
    if (m_install && !(*m_install == wanted)) {
        m_queueTable->letGo();
        m_queues.show({}, m_queues.context().now);
        m_rates = {};
        askMessages();
    }
    m_install = wanted;
    m_foreign->tell(wanted);
    m_queueCard->setTitle(m_chooser->count() > 1 ? tr("Work queues in")
                                                 : tr("Work queues in %1").arg(models::installText(*m_install)));
    m_queueAnswer.askNow();
}

void WorkPage::tellQueues(const domain::WorkSample& sample) {
    using models::format::rate;
    QStringList note = {tr("%n queue(s)", nullptr, m_queues.rowCount())};
    if (m_rates.sent() && m_rates.finished())
        note += tr("%1/s in, %2/s done").arg(rate(*m_rates.sent()), rate(*m_rates.finished()));
    if (sample.leader)
        note += models::reaperText(*sample.leader, sample.takenAt);
    note += tr("asked in %1").arg(models::format::milliseconds(sample.serverMs));
    if (const domain::SnapshotPtr shown = m_past ? tools().desk->snapshot() : nullptr)
        note += tr("%1 before this instant").arg(age(shown->takenAt - sample.takenAt));
    QStringList more;
    if (const auto& counters = sample.counters) {
        more += tr("Rates are of all queues, from the server's counters of the last half minute.");
        more += tr("%1 dead row versions beside %2 rows; vacuumed %3.")
                    .arg(models::format::number(counters->dead), models::format::number(counters->live),
                         counters->vacuumedAt ? tr("%1 ago").arg(age(sample.takenAt - *counters->vacuumedAt))
                                              : tr("never"));
        if (counters->updated > 0)
            more += tr("%1 % of all updates were heap-only.").arg(counters->hotUpdated * 100 / counters->updated);
    }
    m_queueCard->setNote(note.join(u" · "_s), more.join(u'\n'));
}

const domain::WorkQueue* WorkPage::shownQueue() const {
    const int row = m_queues.rowOf(m_shownQueue);
    return row < 0 ? nullptr : &m_queues.row(row).queue;
}

void WorkPage::showCards() {
    const pg::Timestamp now = m_queues.context().now;
    domain::WorkQueue none;
    none.name = m_shownQueue;
    const domain::WorkQueue* queue = shownQueue();
    m_bands->showBands(queue ? *queue : none, m_delayed, now);
    m_bands->setNote(m_past ? tr("delayed messages are not recorded by priority") : QString());
    m_reads->showReads(queue ? *queue : none, m_readsSampled, now);
    Q_EMIT completed();
}

void WorkPage::showQueues(const domain::WorkSample& sample) {
    std::vector<models::WorkQueueLine> lines;
    lines.reserve(sample.queues.size());
    m_rates.add(sample);
    m_readsSampled = sample.readsSampled;
    for (const domain::WorkQueue& one : sample.queues)
        lines.push_back({one, m_rates.change(one.name)});
    m_queues.show(std::move(lines), sample.takenAt);
    tellQueues(sample);
    m_queueTable->notice()->say(tr("Nothing is queued"), tr("No message is ready, in flight or delayed."));
    if (!m_wanted.isEmpty()) {
        if (const int row = m_queues.rowOf(m_wanted.toStdString()); row >= 0)
            m_queueTable->selectSource(m_queues.index(row, 0));
        m_wanted.clear();
    }
    m_queueTable->chooseFirst();
    showCards();
    beatBelow();
}

void WorkPage::askMessages() {
    m_shownQueue = queue();
    m_delayed.reset();
    m_messageTable->letGo();
    m_messages.show({}, m_messages.context().now); // another queue's
    m_messageTable->notice()->say(m_shownQueue.empty() ? tr("Choose a queue above.") : tr("Asking…"), {});
    m_leases->table()->letGo();
    m_turner.restart();
    m_messageCard->setTitle(
        m_shownQueue.empty()
            ? tr("Messages")
            : tr("Messages of %1").arg(models::format::foreign(models::format::text(m_shownQueue), 40)));
    m_messageAnswer.forget();
    m_delayedAnswer.forget();
    showCards();
    if (!m_install || m_shownQueue.empty())
        return;
    if (m_below->currentIndex() <= int(Below::Leases))
        m_messageAnswer.askNow();
    else if (m_below->currentIndex() == int(Below::Bands))
        m_delayedAnswer.askNow();
}

void WorkPage::showMessages(const domain::WorkPage& page) {
    std::vector<models::WorkMessageLine> lines;
    lines.reserve(page.rows.size());
    const domain::WorkQueue* queue = shownQueue();
    for (const domain::WorkMessage& message : page.rows)
        lines.push_back({message, queue ? queue->leaseSeconds : std::nullopt});
    if (m_part == WorkPart::InFlight) {
        m_leases->showLeases(m_shownQueue, std::move(lines), page.takenAt);
        Q_EMIT completed();
        return;
    }
    m_messages.show(std::move(lines), page.takenAt);
    m_turner.arrived(page.next);
    m_messageCard->setNote(m_turner.page() > 0 || page.next ? tr("page %1").arg(m_turner.page() + 1) : QString());
    m_messageTable->notice()->say(tr("None of the queue's messages is here"),
                                  tr("The list beside the title chooses another part of it."));
    m_messageTable->chooseFirst();
    Q_EMIT completed();
}

/// Of the past the queues are recorded, and not what is in them.
void WorkPage::failBelow(const pg::Failure& failure) {
    if (!words::isNotRecorded(failure)) {
        fail(failure);
        return;
    }
    m_messages.show({}, m_messages.context().now);
    m_turner.arrived({});
    m_messageCard->setNote({});
    words::sayFailure(*m_messageTable->notice(), tr("The messages could not be read"), failure);
    m_leases->showFailure(m_shownQueue, failure);
    m_delayed.reset();
    messageChosen();
    showCards();
}

void WorkPage::clear() {
    m_install.reset();
    m_foreign->hide();
    m_shownQueue.clear();
    m_queueTable->letGo();
    m_messageTable->letGo();
    m_leases->table()->letGo();
    m_queues.show({}, m_queues.context().now);
    m_messages.show({}, m_messages.context().now);
    m_queueCard->setNote({});
    m_rates = {};
    m_delayed.reset();
    m_leases->showLeases({}, {}, m_queues.context().now);
    m_messageAnswer.forget();
    m_delayedAnswer.forget();
    showCards();
}

void WorkPage::fail(const pg::Failure& failure) {
    // A schema that went is looked for anew.
    clear();
    words::sayFailure(*m_queueTable->notice(), tr("The work queues could not be read"), failure);
    Q_EMIT completed();
}

const domain::WorkMessage* WorkPage::message() const {
    if (m_below->currentIndex() == int(Below::Leases))
        return m_leases->current();
    const QModelIndex index = m_messageTable->currentSource();
    return m_below->currentIndex() == int(Below::Messages) && index.isValid() ? &m_messages.row(index.row()).message
                                                                              : nullptr;
}

void WorkPage::messageChosen() {
    const bool chosen = message() != nullptr;
    m_reveal->setEnabled(chosen);
    m_payload->clear(chosen ? tr("The payload is masked. Show payload reads it.") : tr("Choose a message."));
}

void WorkPage::setStale(bool stale) {
    m_queueTable->setStale(stale);
    m_messageTable->setStale(stale);
    m_leases->table()->setStale(stale);
    m_bands->setStale(stale);
    m_reads->setStale(stale);
}

void WorkPage::setZone(const QTimeZone& zone) {
    m_queues.setZone(zone);
    m_messages.setZone(zone);
    m_leases->setZone(zone);
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
           m_delayedAnswer.isSettled() && m_payload->isSettled();
}

} // namespace ui
