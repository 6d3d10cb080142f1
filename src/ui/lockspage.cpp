// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/lockspage.h"

#include "ui/notice.h"
#include "ui/tablecard.h"
#include "ui/words.h"

#include <QAbstractButton>
#include <QMenu>
#include <QTableView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

LocksPage::LocksPage(const PageTools& tools, QWidget* parent)
    : Page(tools, parent)
    , m_model(models::lockColumns())
    , m_card(new Card(tr("Lock waits")))
    , m_view(new QTableView)
    , m_answer(
          this, [this] { return this->tools().desk->lockWaits(); },
          [this](const domain::LockWaits& waits) { show(waits); },
          [this](const pg::Failure& failure) { fail(failure); }) {
    setObjectName(u"locks"_s);
    m_view->setObjectName(u"lockWaits"_s);
    m_view->setAccessibleName(tr("Sessions that wait for locks, below those they wait for"));
    m_table = new TableController(m_view, &m_model, u"lockWaits"_s, tools.settings);
    // The order is the tree's.
    m_view->setSortingEnabled(false);
    m_table->proxy()->sort(-1);
    m_table->stretch(u"query"_s);
    m_table->setRowMenu([this](QMenu& menu, const QModelIndex&) { this->tools().actions->addTo(menu, subject()); });
    addTableTools(*m_card, *m_table, tr("Filter sessions"));
    for (const char* id : {"cancel_backend", "terminate_backend"})
        if (QAbstractButton* button = tools.actions->makeButton(
                id, [this] { return subject(); }, this))
            m_card->addToHeading(button);
    connect(m_table, &TableController::currentChanged, this, [this] { this->tools().actions->refresh(); });
    m_card->setContent(m_view);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_card);
    m_table->notice()->say(tr("Asking…"), {});
}

void LocksPage::showSample(const domain::Snapshot&, const domain::Diagnosis&) {
    tellAges();
    m_answer.beat(tools().desk->shownInstant());
}

// Waits are as long as they were when they were asked for: nobody knows whether they still last.
void LocksPage::show(const domain::LockWaits& waits) {
    m_model.show(models::lockTree(waits), waits.takenAt);
    chooseWanted();
    m_wanted.clear();
    m_waits = waits;
    tellAges();
    const domain::SnapshotPtr snapshot = tools().desk->snapshot();
    const bool past = tools().desk->shownInstant().has_value();
    const bool limited = snapshot && !snapshot->capabilities.readsAllStats && !snapshot->capabilities.superuser;
    m_table->notice()->say(tr("Nobody waits for a lock"),
                           limited ? tr("Of other users' sessions this role sees no state and no query: "
                                        "grant pg_read_all_stats to it.")
                           : past  ? tr("Waits that began and ended between two looks at the sessions are not seen.")
                                   : tr("Waits shorter than the pause between two questions are not seen."),
                           models::Tone::Good);
    Q_EMIT completed();
}

void LocksPage::tellAges() {
    const domain::SnapshotPtr snapshot = tools().desk->snapshot();
    if (!m_waits || !snapshot)
        return;
    int waiting = 0;
    int ours = 0;
    for (const domain::LockSession& session : m_waits->sessions) {
        waiting += !session.waitsFor.empty();
        ours += !session.waitsFor.empty() && (session.schema == "pgque" || session.schema == "workqueue");
    }
    const bool past = tools().desk->shownInstant().has_value();
    QStringList note;
    if (waiting > 0)
        note = {tr("%n session(s) wait", nullptr, waiting), tr("%1 for the queues' own tables").arg(ours)};
    if (m_waits->more)
        note += tr("only the first %n session(s) are shown", nullptr, int(m_waits->sessions.size()));
    if (past) {
        note += tr("recorded %1 before this instant, without queries")
                    .arg(models::format::age(snapshot->takenAt - m_waits->takenAt));
    } else {
        note += words::askedAgo(*tools().desk, m_waits->takenAt);
        if (waiting > 0)
            note += tr("in %1").arg(models::format::milliseconds(m_waits->serverMs));
    }
    m_card->setNote(note.join(u" · "_s),
                    past ? tr("From the sessions and the row locks of the sample. What they ran, the mode of the lock "
                              "and since when they wait is not recorded; nor whom those wait for that stand behind "
                              "another, or at a table.")
                         : tr("Asked every few seconds while this page is open, from pg_locks and "
                              "pg_blocking_pids(). How long they wait is counted up to then."));
}

void LocksPage::fail(const pg::Failure& failure) {
    m_model.show({}, m_model.context().now);
    m_waits.reset();
    m_card->setNote({});
    words::sayFailure(*m_table->notice(), tr("The locks could not be read"), failure);
    Q_EMIT completed();
}

void LocksPage::setStale(bool stale) {
    m_table->setStale(stale);
}

void LocksPage::setZone(const QTimeZone& zone) {
    m_model.setZone(zone);
}

void LocksPage::openSubject(const QString& pid) {
    m_wanted = pid;
    chooseWanted();
}

void LocksPage::chooseWanted() {
    for (int row = 0; row < m_model.rowCount(); ++row) {
        if (QString::number(m_model.row(row).session.pid) == m_wanted) {
            m_wanted.clear();
            m_table->selectSource(m_model.index(row, 0));
            return;
        }
    }
}

Subject LocksPage::subject() const {
    Subject subject;
    const QModelIndex index = m_table->currentSource();
    if (!index.isValid() || m_model.row(index.row()).session.pid == 0)
        return subject;
    const domain::LockSession& session = m_model.row(index.row()).session;
    subject.kind = operate::SubjectKind::Backend;
    subject.request.arguments = {{"pid", std::to_string(session.pid)},
                                 {"user", session.user},
                                 {"started", session.started ? argument(*session.started) : std::string()}};
    return subject;
}

QWidget* LocksPage::mainView() const {
    return m_view;
}

bool LocksPage::isComplete() const {
    return m_answer.isSettled();
}

} // namespace ui
