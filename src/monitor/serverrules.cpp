// SPDX-License-Identifier: GPL-3.0-or-later
#include "domain/timemark.h"
#include "monitor/rules.h"
#include "monitor/words.h"
#include "queries/evidence.h"

#include <algorithm>
#include <map>

// Rules about the server around the queue: transactions that hold delivery back, the horizon below which dead rows can
// be removed, ticks of another life.
namespace monitor::rules {

namespace {

using domain::EventTableLock;
using domain::Severity;

/// A standby that has not replayed anything for so long says so.
constexpr pg::Interval longReplay = std::chrono::minutes(1);

/// Who keeps the oldest snapshot.
struct Holder {
    std::int64_t xmin = 0; ///< 32 bits
    std::optional<pg::Timestamp> since;
    std::string text;
    domain::Culprit culprit;
    std::string query;
};

bool isOlder(std::int64_t xid, std::int64_t than) {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(xid) - static_cast<std::uint32_t>(than)) < 0;
}

std::optional<Holder> oldestHolder(const domain::Activity& activity, const domain::Upkeep& upkeep) {
    std::optional<Holder> oldest;
    const auto consider = [&oldest](Holder holder) {
        if (!oldest || isOlder(holder.xmin, oldest->xmin))
            oldest = std::move(holder);
    };
    for (const domain::Slot& slot : upkeep.replicationSlots)
        consider({slot.xmin,
                  {},
                  "the replication slot " + slot.name + (slot.active ? "" : ", which nobody uses"),
                  {},
                  queries::evidence::horizon()});
    for (const domain::Standby& standby : upkeep.standbys)
        consider({standby.xmin,
                  {},
                  "a query on the standby " + standby.application + " (hot_standby_feedback)",
                  {standby.pid, standby.application, {}},
                  queries::evidence::horizon()});
    for (const domain::PreparedTransaction& prepared : activity.prepared)
        consider({prepared.xid,
                  prepared.preparedAt,
                  "the prepared transaction " + prepared.gid,
                  {std::nullopt, {}, prepared.gid},
                  queries::evidence::preparedTransactions()});
    for (const domain::Backend& backend : activity.backends) {
        if (backend.xmin || backend.xid)
            consider({backend.xmin.value_or(backend.xid.value_or(0)),
                      backend.transactionSince,
                      "session " + std::to_string(backend.pid) +
                          (backend.application.empty() ? "" : " (" + backend.application + ")") +
                          (backend.state.empty() ? "" : ", " + backend.state),
                      {backend.pid, backend.application, {}},
                      queries::evidence::session(backend.pid)});
    }
    return oldest;
}

} // namespace

void horizonHeld(Case& one) {
    if (one.needsThePrimary("horizon_held"))
        return;
    const domain::Upkeep* upkeep = one.snapshot.upkeep.get();
    if (!upkeep || !one.snapshot.activity) {
        one.notEvaluated("horizon_held", "dead rows and who keeps them were not asked");
        return;
    }
    const auto worst = std::max_element(upkeep->tables.begin(), upkeep->tables.end(),
                                        [](const auto& a, const auto& b) { return a.dead < b.dead; });
    const std::optional<Holder> holder = oldestHolder(*one.snapshot.activity, *upkeep);
    if (worst == upkeep->tables.end() || worst->dead < one.thresholds.deadRows || worst->dead < worst->live || !holder)
        return;
    // A session that is only just looking is not to blame.
    if (holder->since && one.since(*holder->since) < one.thresholds.horizonHeld)
        return;
    domain::Finding& finding = one.found("horizon_held", Severity::Warning, {});
    finding.since = holder->since;
    finding.culprit = holder->culprit;
    finding.title = "Dead rows can't be removed from the queue's own tables: " + holder->text + " still looks at them" +
                    (holder->since ? ", since " + words::age(one.since(*holder->since)) : std::string()) + ".";
    finding.cause = "As long as a snapshot reaches back that far, vacuum must keep every row version that is younger.";
    finding.consequence = "pgque." + worst->table + " has about " + words::count(worst->dead, "dead row") + " for " +
                          words::count(worst->live, "live one") +
                          "; each receive and each tick reads through them and gets slower.";
    finding.evidence.push_back({"The oldest of all snapshots is that of " + holder->text + ".", holder->query});
    finding.evidence.push_back(
        {"n_dead_tup of pgque." + worst->table + " is about " + std::to_string(worst->dead) + ".",
         queries::evidence::deadRows()});
    // A standby's query runs elsewhere.
    if (holder->since)
        addSessionRemedy(one.snapshot, finding);
}

void lateCommitter(Case& one) {
    if (one.needsThePrimary("late_committer"))
        return;
    if (!one.snapshot.activity)
        return;
    // One transaction may have sent into many queues: said once.
    std::map<std::pair<std::int32_t, std::string>, std::vector<const EventTableLock*>> writers;
    for (const EventTableLock& lock : one.snapshot.activity->eventLocks) {
        if (lock.writes && lock.since && one.since(*lock.since) >= one.thresholds.writerWarning &&
            one.snapshot.queue(lock.queueId))
            writers[{lock.pid, lock.application}].push_back(&lock);
    }
    for (const auto& [who, locks] : writers) {
        const EventTableLock& first = *locks.front();
        const pg::Interval age = one.since(*first.since);
        std::vector<std::string> queues;
        for (const EventTableLock* lock : locks)
            queues.push_back(one.snapshot.queue(lock->queueId)->name);
        std::sort(queues.begin(), queues.end());
        queues.erase(std::unique(queues.begin(), queues.end()), queues.end());
        domain::Finding& finding =
            one.found("late_committer", age >= one.thresholds.writerCritical ? Severity::Critical : Severity::Warning,
                      {queues.front(), {}, {}, {}});
        finding.since = first.since;
        finding.culprit =
            domain::Culprit{first.pid == 0 ? std::nullopt : std::optional(first.pid), first.application, {}};
        finding.title = (first.pid == 0 ? std::string("A prepared transaction")
                                        : "Session " + std::to_string(first.pid) +
                                              (first.application.empty() ? "" : " (" + first.application + ")")) +
                        " sent events to " + queues.front() +
                        (queues.size() > 1 ? " and " + words::count(std::int64_t(queues.size()) - 1, "other queue")
                                           : std::string()) +
                        " and has not committed for " + (first.sinceIsLeast ? "at least " : "") + words::age(age) + ".";
        finding.cause = "Its transaction is " + (first.state.empty() ? std::string("open") : first.state) + '.';
        finding.consequence = "What it sent is delivered only after it commits, after younger events; every tick's "
                              "snapshot reaches back to it meanwhile, so no queue of the database rotates.";
        finding.evidence.push_back(
            {"It holds RowExclusiveLock on an event table.", queries::evidence::eventTableLocks()});
        finding.evidence.push_back(
            {"The session as the server sees it.",
             first.pid == 0 ? queries::evidence::preparedTransactions() : queries::evidence::session(first.pid)});
        addSessionRemedy(one.snapshot, finding);
    }
}

void ticksOfAnotherLife(Case& one) {
    const domain::Upkeep* upkeep = one.snapshot.upkeep.get();
    if (!upkeep) {
        one.notEvaluated("restored_ticks", "the server's transaction ids were not asked");
        return;
    }
    for (const domain::Queue& queue : one.snapshot.queues) {
        const bool tick = queue.lastTick && queue.lastTick->xmin > upkeep->nextXid;
        const bool rotation = queue.switchStep1 > upkeep->nextXid;
        // What happened when the ids were asked, or after, proves nothing; a tick carries the time its transaction
        // began.
        const pg::Timestamp before = upkeep->takenAt - std::chrono::minutes(1);
        if ((!tick && !rotation) || queue.switchTime > before || (queue.lastTick && queue.lastTick->time > before))
            continue;
        domain::Finding& finding = one.found("restored_ticks", Severity::Critical, {queue.name, {}, {}, {}});
        finding.title = "The " + std::string(tick ? "ticks" : "rotation marks") + " of " + queue.name +
                        " come from a server with other transaction ids.";
        finding.cause =
            "The database was restored from a dump or copied: transaction ids start again, the queue's do not.";
        finding.consequence =
            "The ticker refuses it (Invalid PgQ state), maintenance fails, and windows would hold the "
            "wrong events.";
        finding.evidence.push_back({"Its newest tick knows transaction " +
                                        std::to_string(queue.lastTick ? queue.lastTick->xmin : queue.switchStep1) +
                                        ", the server's next is " + std::to_string(upkeep->nextXid) + ".",
                                    queries::evidence::tickSnapshots(queue.name)});
    }
}

void replayDelay(Case& one) {
    if (!one.snapshot.capabilities.inRecovery)
        return;
    if (!one.snapshot.replayedAt) {
        one.notEvaluated("replay_delay", "this standby has replayed no transaction since it was started");
        return;
    }
    const pg::Interval delay = one.snapshot.takenAt - *one.snapshot.replayedAt;
    if (delay < longReplay)
        return;
    domain::Finding& finding = one.found("replay_delay", Severity::Information, {});
    finding.since = one.snapshot.replayedAt;
    finding.title = "This standby shows what was so " + words::age(delay) + " ago.";
    finding.cause = "The last transaction it has replayed was committed then: its replay lags behind or is paused, or "
                    "nothing has been committed on the primary since.";
    finding.consequence = "All that is said here is judged as of that moment. What happened since, the ticker's work "
                          "included, can be seen only on the primary.";
    finding.evidence.push_back({"That transaction was committed at " + domain::timeMark(*one.snapshot.replayedAt) + ".",
                                queries::evidence::replay()});
}

} // namespace monitor::rules
