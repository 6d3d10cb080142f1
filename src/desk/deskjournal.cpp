// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/deskprivate.h"
#include "desk/requestjson.h"
#include "domain/timemark.h"
#include "link/whendone.h"

#include <QDir>
#include <QFileInfo>
#include <QUuid>

#include <set>

// What a Desk writes down of what is done through it, and how it learns what became of an earlier run's doings.
namespace desk {

namespace {

using namespace Qt::StringLiterals;

constexpr std::chrono::milliseconds settleDeadline = std::chrono::seconds(30);

/// An xid says nothing any more after so long: the server forgets how transactions ended.
constexpr int settledWithinDays = 7;

constexpr qsizetype mostOfAnArgument = 300;

QString text(const std::string& value) {
    return QString::fromStdString(value);
}

QString whoWorks() {
    QString name = qEnvironmentVariable("USER", qEnvironmentVariable("USERNAME"));
    return name.isEmpty() ? QFileInfo(QDir::homePath()).owner() : name;
}

QString subjectOf(const domain::ActionRequest& request) {
    QStringList parts;
    if (!request.queue.empty())
        parts += u"queue "_s + text(request.queue);
    if (!request.consumer.empty())
        parts += u"consumer "_s + text(request.consumer);
    if (!request.subconsumer.empty())
        parts += u"subconsumer "_s + text(request.subconsumer);
    if (request.batch)
        parts += u"batch %1"_s.arg(*request.batch);
    for (const auto& [name, value] : request.arguments) {
        // What was sent is in the SQL; here only what says which thing it was done to.
        static const std::set<std::string> telling = {
            "dead_letter", "dead_letters", "message",         "messages",   "message_id", "dead_id", "execution",
            "parameter",   "value",        "event",           "pid",        "user",       "file",    "from",
            "copy",        "tick",         "letter_consumer", "older_than", "delay",      "convert"};
        if (telling.contains(name) && !value.empty())
            parts += text(name) + u' ' + text(value).left(mostOfAnArgument);
    }
    return parts.join(u", "_s);
}

QString predictionOf(const domain::ActionRequest& request) {
    QStringList parts;
    for (const auto& [name, count] : request.shown)
        parts += text(name) + u' ' + QString::number(count);
    return parts.join(u", "_s);
}

QString wordOf(domain::OutcomeKind kind) {
    switch (kind) {
    case domain::OutcomeKind::Done:
        return u"done"_s;
    case domain::OutcomeKind::Refused:
        return u"refused"_s;
    case domain::OutcomeKind::ChangedUnderneath:
        return u"changed_underneath"_s;
    case domain::OutcomeKind::Failed:
        return u"failed"_s;
    case domain::OutcomeKind::Partly:
        return u"partly"_s;
    case domain::OutcomeKind::Unknown:
        break;
    }
    return u"unknown"_s;
}

} // namespace

store::JournalRecord DeskPrivate::recordOf(const domain::ActionRequest& request) const {
    store::JournalRecord record;
    record.operation = QUuid::createUuid().toString(QUuid::WithoutBraces);
    record.who = whoWorks();
    record.where = profile.name;
    if (snapshot) {
        const domain::Capabilities& at = snapshot->capabilities;
        record.where = text(at.host.empty() ? std::string("this machine") : at.host) +
                       (at.port.empty() ? QString() : u':' + text(at.port)) + u'/' + text(at.database);
        record.role = text(at.user);
    }
    record.action = text(request.action);
    record.subject = subjectOf(request);
    record.reason = text(request.reason);
    record.prediction = predictionOf(request);
    return record;
}

store::JournalRecord DeskPrivate::begin(const domain::ActionRequest& request) {
    store::JournalRecord record = recordOf(request);
    operations += record.operation;
    writeDown(record, store::Stage::Begun);
    return record;
}

void DeskPrivate::writeDown(store::JournalRecord record, store::Stage stage) const {
    record.stage = stage;
    if (journal)
        journal->append(std::move(record));
}

void DeskPrivate::writeOutcome(store::JournalRecord record, store::Stage stage,
                               const domain::ActionOutcome& outcome) const {
    record.outcome = wordOf(outcome.kind);
    record.summary = text(domain::withUtcTimes(outcome.summary));
    if (const auto copy = outcome.results.find("copy"); copy != outcome.results.end())
        record.summary += u" Copy: "_s + text(copy->second);
    record.sql = text(outcome.sql);
    record.xid = text(outcome.xid.value_or(std::string()));
    record.cluster = text(outcome.cluster);
    if (outcome.undo)
        record.undo = QString::fromUtf8(requestToJson(*outcome.undo));
    writeDown(std::move(record), stage);
}

/// Called on the session's thread, which waits: the xid must be on disk before the commit is sent.
std::string DeskPrivate::writeCommitting(const std::shared_ptr<store::Journal>& journal, store::JournalRecord record,
                                         const operate::AboutToCommit& about) {
    if (!journal)
        return {};
    record.stage = store::Stage::Committing;
    record.sql = text(about.sql);
    record.xid = text(about.xid);
    record.cluster = text(about.cluster);
    const auto answer = journal->append(std::move(record));
    QFuture<std::optional<store::Failure>> waiting = answer;
    waiting.waitForFinished();
    const auto failure = waiting.resultCount() > 0 ? waiting.result() : std::nullopt;
    return failure ? "The journal could not be written, so it was rolled back: " + failure->text.toStdString()
                   : std::string();
}

/// What an earlier run of this program committed without living to see it.
void DeskPrivate::settleEarlierRuns() {
    if (!journal || askedEarlierRuns)
        return;
    askedEarlierRuns = true;
    links::whenDone(journal->unsettled(), q, [this](const store::JournalPage& page) {
        const QDateTime oldest = QDateTime::currentDateTimeUtc().addDays(-settledWithinDays);
        for (const store::JournalRecord& record : page.records) {
            const bool ours = std::any_of(operations.begin(), operations.end(),
                                          [&](const QString& known) { return known == record.operation; });
            if (!ours && record.at > oldest && !record.cluster.isEmpty())
                settleEarlier(record);
        }
    });
}

void DeskPrivate::settleEarlier(const store::JournalRecord& record) {
    if (!operating)
        return;
    const auto answer = operating->work(
        [xid = record.xid.toStdString(), cluster = record.cluster.toStdString()](
            pg::Connection& on, pg::Deadline deadline) { return operate::Runner::settle(xid, cluster, on, deadline); },
        settleDeadline);
    links::whenDone(answer, q, [this, record](const links::Reply<operate::Settlement>& reply) {
        const auto* settlement = std::get_if<operate::Settlement>(&reply);
        // Another server's record, or one too old to tell: it stays as it is.
        if (!settlement ||
            (*settlement != operate::Settlement::Committed && *settlement != operate::Settlement::RolledBack))
            return;
        domain::ActionOutcome outcome;
        outcome.kind = domain::OutcomeKind::Unknown;
        outcome.xid = record.xid.toStdString();
        outcome.cluster = record.cluster.toStdString();
        outcome.sql = record.sql.toStdString();
        writeOutcome(record, store::Stage::Settled, operate::Runner::settled(std::move(outcome), *settlement));
    });
}

std::optional<domain::ActionRequest> Desk::undoOf(const store::JournalRecord& record) const {
    for (const Performed& done : d->done)
        if (done.operation == record.operation)
            return done.outcome.undo;
    // An earlier run's: only where it was done here.
    if (record.where != d->recordOf({}).where)
        return {};
    return requestFromJson(record.undo.toUtf8());
}

void Desk::setCopyFolder(const QString& folder) {
    d->copyFolder = folder;
}

void Desk::setJournal(std::shared_ptr<store::Journal> journal) {
    d->journal = std::move(journal);
}

QFuture<store::JournalPage> Desk::journalPage(const store::JournalQuery& query) {
    if (d->journal)
        return d->journal->page(query);
    store::JournalPage none;
    none.failure = store::Failure{store::Failure::Kind::Other, u"No journal is kept."_s};
    return answered(std::move(none));
}

QFuture<store::Verification> Desk::verifyJournal() {
    if (d->journal)
        return d->journal->verify();
    store::Verification none;
    none.failure = store::Failure{store::Failure::Kind::Other, u"No journal is kept."_s};
    return answered(std::move(none));
}

} // namespace desk
