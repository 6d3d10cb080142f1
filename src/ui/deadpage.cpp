// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/deadpage.h"

#include "models/masking.h"
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

DeadPage::DeadPage(const PageTools& tools, QWidget* parent)
    : Page(tools, parent)
    , m_groups(models::deadGroupColumns())
    , m_letters(models::deadColumns())
    , m_groupCard(new Card(tr("What they died of")))
    , m_letterCard(new Card(tr("Dead letters")))
    , m_groupView(new QTableView)
    , m_letterView(new QTableView)
    , m_queue(new QueueChooser(QueueChooser::AllQueues::Offered))
    , m_payload(new PayloadCard(tr("Event")))
    , m_turner(*m_letterCard, [this] { askLetters(); })
    , m_letterAnswer(
          this, [this] { return this->tools().desk->deadPage(m_queue->queueId(), m_cause, m_turner.start(), pageSize); },
          [this](const domain::DeadPage& page) { showLetters(page); },
          [this](const pg::Failure& failure) { fail(m_letterTable, failure); })
    , m_groupAnswer(
          this, [this] { return this->tools().desk->deadGroups(m_queue->queueId()); },
          [this](const domain::DeadGroups& groups) { showGroups(groups); },
          [this](const pg::Failure& failure) { fail(m_groupTable, failure); }) {
    setObjectName(u"dead"_s);
    makeGroups();
    makeLetters();
    auto* below = makeSplitter(Qt::Horizontal, m_letterCard, m_payload, {760, 300}, {3, 2});
    auto* all = makeSplitter(Qt::Vertical, m_groupCard, below, {220, 460}, {0, 1});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(all);
    connect(m_queue, &QueueChooser::chosen, this, [this] {
        empty(m_groupTable);
        m_groupTable->notice()->say(tr("Asking…"), {});
        m_groupAnswer.askNow();
        askOf({});
    });
    connect(m_payload, &PayloadCard::settled, this, &Page::completed);
    choose({});
}

void DeadPage::makeGroups() {
    m_groupView->setObjectName(u"deadGroups"_s);
    m_groupView->setAccessibleName(tr("Causes of dead letters"));
    m_groupTable = new TableController(m_groupView, &m_groups, u"deadGroups"_s, tools().settings);
    m_groupTable->sortFirstBy(u"count"_s, Qt::DescendingOrder);
    m_groupTable->stretch(u"reason"_s);
    m_groupCard->addBesideTitle(m_queue);
    for (const char* id : {"canary_replay", "replay_all_dead_letters", "purge_dead_letters"}) {
        if (QAbstractButton* button = tools().actions->makeButton(
                id, [this] { return cause(); }, this))
            m_groupCard->addToHeading(button);
    }
    m_groupCard->setContent(m_groupView);
    m_groupTable->notice()->say(tr("Asking…"), {});
    // From a cause to its letters.
    connect(m_groupTable, &TableController::activated, this, [this](const QModelIndex& index) {
        if (!index.isValid())
            return;
        const domain::DeadGroup& group = m_groups.row(index.row()).group;
        const domain::DeadCause cause{group.type, group.reason};
        m_queue->choose(QString::fromStdString(group.queue));
        askOf(cause);
    });
    connect(m_groupTable, &TableController::currentChanged, this, [this] { tools().actions->refresh(); });
}

void DeadPage::makeLetters() {
    m_letterView->setObjectName(u"deadLetters"_s);
    m_letterView->setAccessibleName(tr("Dead letters, the newest first"));
    m_letterTable = new TableController(m_letterView, &m_letters, u"deadLetters"_s, tools().settings);
    m_letterView->setSortingEnabled(false);
    m_letterTable->proxy()->sort(-1);
    m_letterTable->stretch(u"reason"_s);
    m_letterTable->setRowMenu([this](QMenu& menu, const QModelIndex&) { tools().actions->addTo(menu, subject()); });
    connect(m_letterView->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            [this] { tools().actions->refresh(); });
    m_allCauses = makeButton(tr("All causes"), u"allCauses"_s, this);
    m_allCauses->setToolTip(tr("Shows the letters of every cause again"));
    m_allCauses->hide();
    connect(m_allCauses, &QAbstractButton::clicked, this, [this] { askOf({}); });
    m_letterCard->addToHeading(m_allCauses);
    addTableTools(*m_letterCard, *m_letterTable, tr("Filter this page"));
    for (const char* id : {"replay_selected_dead_letters", "purge_selected_dead_letters"})
        if (QAbstractButton* button = tools().actions->makeButton(
                id, [this] { return selected(); }, this))
            m_letterCard->addToHeading(button);
    m_payload->addToHeading(makeResendButton(
        tools().actions, [this] { return resendable(); }, this));
    m_letterCard->setContent(m_letterView);
    m_letterTable->notice()->say(tr("Asking…"), {});
    connect(m_letterTable, &TableController::currentChanged, this, &DeadPage::choose);
}

void DeadPage::showSample(const domain::Snapshot& snapshot, const domain::Diagnosis&) {
    m_queue->setQueues(snapshot);
    m_groups.setNow(snapshot.takenAt);
    m_letters.setNow(snapshot.takenAt);
    tellAges();
    m_letterAnswer.beat(tools().desk->shownInstant());
    m_groupAnswer.beat(tools().desk->shownInstant());
}

void DeadPage::askOf(const std::optional<domain::DeadCause>& cause) {
    m_cause = cause;
    m_allCauses->setVisible(cause.has_value());
    m_turner.restart();
    empty(m_letterTable);
    m_letterTable->notice()->say(tr("Asking…"), {});
    askLetters();
}

void DeadPage::askLetters() {
    m_letterTable->letGo();
    m_letterAnswer.askNow();
}

/// Nothing of another queue or cause stays, nor of a time when there was an answer.
void DeadPage::empty(TableController* table) {
    table->letGo();
    if (table == m_letterTable) {
        m_letters.show({}, m_letters.context().now);
        m_letterNote.clear();
        m_letterCard->setNote({});
    } else {
        m_groups.show({}, m_groups.context().now);
        m_groupNote.clear();
        m_groupCard->setNote({});
    }
}

void DeadPage::tellAges() {
    const auto told = [this](const QStringList& note, const auto& model, pg::Timestamp asked) {
        const QStringList age =
            model.rowCount() > 0 ? QStringList(words::askedAgo(*tools().desk, asked)) : QStringList();
        return (note + age).join(u" · "_s);
    };
    m_groupCard->setNote(told(m_groupNote, m_groups, m_groupsAt));
    m_letterCard->setNote(told(m_letterNote, m_letters, m_lettersAt),
                          m_letters.rowCount() > 0 ? tr("The newest first") : QString());
}

void DeadPage::showLetters(const domain::DeadPage& page) {
    std::vector<models::DeadLine> lines;
    lines.reserve(page.rows.size());
    for (const domain::DeadLetter& letter : page.rows)
        lines.push_back({letter});
    m_letters.show(std::move(lines), page.takenAt);
    m_turner.arrived(page.next);
    QStringList note;
    if (m_cause) {
        note += tr("of one cause: %1")
                    .arg(models::format::foreign(models::masked(m_cause->reason.empty() ? "–" : m_cause->reason), 60));
        note += tr("%1 letters looked at").arg(number(page.lookedAt));
    }
    if (m_turner.page() > 0 || page.next)
        note += tr("page %1").arg(m_turner.page() + 1);
    m_letterNote = note;
    m_lettersAt = page.takenAt;
    tellAges();
    if (!m_cause)
        m_letterTable->notice()->say(tr("No dead letters"),
                                     tr("A message comes here when it fails once more than its queue allows."),
                                     models::Tone::Good);
    else if (page.next)
        m_letterTable->notice()->say(tr("Nothing found so far"),
                                     tr("Looking stopped at its bound. Go on with the button › above."));
    else
        m_letterTable->notice()->say(tr("No letter of this cause"), tr("They were replayed or purged meanwhile."));
    m_letterTable->chooseFirst();
    Q_EMIT completed();
}

void DeadPage::showGroups(const domain::DeadGroups& groups) {
    std::vector<models::DeadGroupLine> lines;
    lines.reserve(groups.groups.size());
    for (const domain::DeadGroup& group : groups.groups)
        lines.push_back({group});
    m_groups.show(std::move(lines), groups.takenAt);
    m_groupNote.clear();
    if (groups.lookedAt > 0)
        m_groupNote = {tr("%n cause(s)", nullptr, m_groups.rowCount()),
                       (groups.capped ? tr("of the newest %1 letters, there are more") : tr("all %1 letters"))
                           .arg(number(groups.lookedAt))};
    m_groupsAt = groups.takenAt;
    tellAges();
    m_groupTable->notice()->say(tr("Nothing was given up"), {}, models::Tone::Good);
    m_groupTable->chooseFirst();
    Q_EMIT completed();
}

void DeadPage::fail(TableController* table, const pg::Failure& failure) {
    empty(table);
    if (table == m_letterTable)
        m_turner.arrived({});
    words::sayFailure(*table->notice(), tr("The dead letters could not be read"), failure);
    Q_EMIT completed();
}

void DeadPage::choose(const QModelIndex& index) {
    if (!index.isValid()) {
        m_payload->clear(
            m_letterTable->hasLeft()
                ? tr("Event %1 is not here any more: it was replayed or purged, or is on another page.").arg(m_event)
                : tr("Choose a dead letter to see its payload."));
        tools().actions->refresh();
        return;
    }
    const domain::DeadLetter& letter = m_letters.row(index.row()).letter;
    m_event = letter.eventId;
    m_payload->showMessage(tr("Event %1").arg(letter.eventId),
                           letter.data ? models::format::bytes(letter.dataBytes) : QString(), letter.message(),
                           [this, id = letter.id](qint64 bytes) { return tools().desk->deadMessage(id, bytes); });
    tools().actions->refresh();
}

void DeadPage::setStale(bool stale) {
    m_groupTable->setStale(stale);
    m_letterTable->setStale(stale);
}

void DeadPage::setZone(const QTimeZone& zone) {
    m_groups.setZone(zone);
    m_letters.setZone(zone);
}

void DeadPage::openSubject(const QString& queue) {
    m_queue->choose(queue);
}

Subject DeadPage::subject() const {
    Subject subject;
    const QModelIndex index = m_letterTable->currentSource();
    if (index.isValid()) {
        const domain::DeadLetter& letter = m_letters.row(index.row()).letter;
        subject.kind = operate::SubjectKind::DeadLetter;
        subject.request.queue = letter.queue;
        subject.request.arguments["dead_letter"] = std::to_string(letter.id);
    }
    return subject;
}

std::optional<Resendable> DeadPage::resendable() const {
    const QModelIndex index = m_letterTable->currentSource();
    if (!index.isValid())
        return {};
    const domain::DeadLetter& letter = m_letters.row(index.row()).letter;
    return Resendable{letter.queue,
                      [this, id = letter.id](qint64 bytes) { return tools().desk->deadMessage(id, bytes); }};
}

/// All letters of the chosen cause's type, or of the queue where no cause is known.
Subject DeadPage::cause() const {
    Subject subject;
    subject.kind = operate::SubjectKind::Queue;
    if (m_groups.rowCount() == 0) {
        subject.request.queue = m_queue->queue().toStdString();
        return subject;
    }
    const QModelIndex index = m_groupTable->currentSource();
    if (!index.isValid()) {
        subject.refusal = tr("No cause is chosen.");
        return subject;
    }
    const domain::DeadGroup& group = m_groups.row(index.row()).group;
    subject.request.queue = group.queue;
    if (group.type)
        subject.request.arguments["type"] = *group.type;
    if (group.type.value_or(std::string()).empty())
        subject.refusal = tr("These events have no type, and an action without a type is about the letters of every "
                             "type. Open the cause with Return, select its letters below, and act on those.");
    return subject;
}

/// Those of one queue: an action is about one.
Subject DeadPage::selected() const {
    Subject subject = this->subject();
    subject.kind = operate::SubjectKind::DeadLetters;
    std::string ids;
    for (const QModelIndex& index : m_letterTable->selectedSources()) {
        const domain::DeadLetter& letter = m_letters.row(index.row()).letter;
        if (subject.request.queue.empty())
            subject.request.queue = letter.queue;
        if (letter.queue == subject.request.queue)
            ids += (ids.empty() ? "" : ", ") + std::to_string(letter.id);
    }
    subject.request.arguments = {{"dead_letters", ids}};
    return subject;
}

QWidget* DeadPage::mainView() const {
    return m_letterView;
}

bool DeadPage::isComplete() const {
    return m_letterAnswer.isSettled() && m_groupAnswer.isSettled() && m_payload->isSettled();
}

} // namespace ui
