// SPDX-License-Identifier: GPL-3.0-or-later
#include "domain/timemark.h"
#include "monitor/rules.h"
#include "monitor/words.h"
#include "queries/evidence.h"

// Rules about subscriptions: open batches, cooperative groups, locks on their rows.
namespace monitor::rules {

namespace {

using domain::Role;
using domain::Severity;
using domain::Subscription;

std::string windowText(const Subscription& row) {
    std::string text = "ticks " + (row.lastTick ? std::to_string(*row.lastTick) : "?") + " to " +
                       (row.nextTick ? std::to_string(*row.nextTick) : "?");
    if (const auto events = row.windowEstimate())
        text += ", about " + words::count(*events, "event");
    return text;
}

/// Whose session it is, by a lock held now or by its name; otherwise nobody is named.
void nameOwner(const Case& one, const Subscription& row, domain::Finding& finding) {
    const domain::Activity* activity = one.snapshot.activity.get();
    if (const domain::RowLock* lock = activity ? activity->lockOn(row.queueId, row.consumerId) : nullptr) {
        finding.cause += " A transaction holds its row right now.";
        finding.culprit =
            domain::Culprit{lock->pid == 0 ? std::nullopt : std::optional(lock->pid), lock->application, {}};
        return;
    }
    const domain::OwnerSession* owner = activity ? activity->ownerOf(row.queueId, row.consumerId) : nullptr;
    if (!owner || owner->pids.empty()) {
        finding.cause += " Which session it belongs to is not known.";
        return;
    }
    const std::string session = "session " + std::to_string(owner->pids.front()) + " (" + owner->application + ")";
    if (owner->pids.size() > 1) {
        finding.cause += ' ' + words::count(static_cast<std::int64_t>(owner->pids.size()), "session") +
                         (owner->gone ? " carried" : " carry") + " its name, " + owner->application +
                         (owner->gone ? ", and are gone: last seen at " + domain::timeMark(owner->seenAt) : "") + '.';
    } else if (owner->gone) {
        finding.cause += " Its " + session + " is gone: last seen at " + domain::timeMark(owner->seenAt) + '.';
    } else {
        finding.cause += " The " + session + " carries its name" + (owner->state.empty() ? "" : ": " + owner->state) +
                         (owner->stateSince ? " for " + words::age(one.since(*owner->stateSince)) : "") + '.';
        finding.culprit = domain::Culprit{owner->pids.front(), owner->application, {}};
    }
    if (!finding.culprit)
        finding.culprit = domain::Culprit{std::nullopt, owner->application, {}};
}

void heartbeatTexts(const Case& one, const Subscription& row, domain::Finding& finding) {
    const std::string age = words::age(one.since(row.active));
    const std::string batch = std::to_string(*row.batch);
    const bool member = row.role == Role::CoopMember;
    finding.since = row.active;
    finding.title = row.consumerName + " has held batch " + batch + " of " + finding.subject.queue + " for " + age +
                    (member ? " without a sign of life." : " without finishing it.");
    finding.cause = member ? "Its last heartbeat was at " + domain::timeMark(row.active) +
                                 ": the worker died, lost its connection, or works longer than it says."
                           : "It was handed out at " + domain::timeMark(row.active) +
                                 " and neither acked nor given back: the worker died or hangs.";
    nameOwner(one, row, finding);
    finding.consequence = "The window (" + windowText(row) +
                          ") is delivered to nobody else, and its tick keeps rotation from "
                          "passing it." +
                          (member ? " The other members go on with later windows." : " Later events wait behind it.");
    finding.evidence.push_back(
        {"sub_active of batch " + batch + " is " + age + " old.", queries::evidence::openBatch(*row.batch)});
    if (member) {
        addMemberRemedies(one.snapshot, row, finding);
    } else {
        finding.remedies.push_back(remedy("give_back", one.snapshot, row));
    }
}

} // namespace

void staleHeartbeat(Case& one) {
    for (const Subscription& row : one.snapshot.subscriptions) {
        if (!row.batch || row.role == Role::CoopMain || !one.snapshot.queue(row.queueId))
            continue;
        const pg::Interval age = one.since(row.active);
        if (age < one.thresholds.heartbeatWarning)
            continue;
        const Severity severity = age >= one.thresholds.heartbeatCritical ? Severity::Critical : Severity::Warning;
        heartbeatTexts(one, row, one.found("stale_heartbeat", severity, subjectOf(one.snapshot, row)));
    }
}

void mainWithBatch(Case& one) {
    for (const Subscription& row : one.snapshot.subscriptions) {
        if (row.role != Role::CoopMain || (!row.batch && !row.nextTick && row.lastTick) ||
            !one.snapshot.queue(row.queueId))
            continue;
        domain::Finding& finding = one.found("coop_main_with_batch", Severity::Critical, subjectOf(one.snapshot, row));
        finding.title = "The main row of group " + row.consumerName + " on " + finding.subject.queue +
                        (row.lastTick ? " has a batch of its own." : " has no position.");
        finding.cause =
            "A group's main row holds only the cursor; somebody changed it by hand or a version that does not "
            "know groups did.";
        finding.consequence = "No member of the group gets a window until the row is put right.";
        finding.evidence.push_back({"sub_last_tick, sub_next_tick and sub_batch of the coop_main row.",
                                    queries::evidence::groupMembers(finding.subject.queue, row.consumerName)});
    }
}

void memberWithoutGroup(Case& one) {
    for (const Subscription& row : one.snapshot.subscriptions) {
        if (row.role != Role::CoopMember || one.snapshot.mainOf(row) || !one.snapshot.queue(row.queueId))
            continue;
        domain::Finding& finding = one.found("member_without_group", Severity::Critical, subjectOf(one.snapshot, row));
        finding.title = row.consumerName + " on " + finding.subject.queue + " belongs to no group.";
        finding.cause = "There is no coop_main row with its sub_id " + std::to_string(row.subId) + '.';
        finding.consequence =
            row.batch ? "Its window is delivered to nobody and its tick pins rotation." : "It can't receive anything.";
        finding.evidence.push_back({"No coop_main row shares its sub_id.",
                                    queries::evidence::groupMembers(finding.subject.queue, finding.subject.consumer)});
    }
}

void lockWait(Case& one) {
    if (one.needsThePrimary("lock_wait"))
        return;
    if (!one.memory || !one.snapshot.activity) {
        one.notEvaluated("lock_wait", "how long a lock has kept others waiting takes more than one look");
        return;
    }
    for (const domain::RowLock& lock : one.snapshot.activity->rowLocks) {
        const auto since = one.memory->blockingSince(lock);
        if (!since || one.since(*since) < one.thresholds.lockWaitWarning)
            continue;
        const Subscription* row = one.snapshot.subscription(lock.queueId, lock.consumerId);
        if (!row || groupIsLockedToo(one.snapshot, *row, lock))
            continue;
        const pg::Interval age = one.since(*since);
        domain::Finding& finding =
            one.found("lock_wait", age >= one.thresholds.lockWaitCritical ? Severity::Critical : Severity::Warning,
                      subjectOf(one.snapshot, *row));
        finding.since = since;
        finding.culprit = domain::Culprit{lock.pid == 0 ? std::nullopt : std::optional(lock.pid), lock.application, {}};
        const std::string who = lock.pid == 0 ? "A prepared transaction"
                                              : "Session " + std::to_string(lock.pid) +
                                                    (lock.application.empty() ? "" : " (" + lock.application + ")");
        finding.title = words::count(static_cast<std::int64_t>(lock.waiting.size()), "session") + " wait" +
                        (lock.waiting.size() == 1 ? "s" : "") + " for the row of " + row->consumerName + " on " +
                        finding.subject.queue + ", for at least " + words::age(age) + ".";
        finding.cause =
            who + " holds it in an open transaction" + (lock.state.empty() ? "" : " (" + lock.state + ")") + '.';
        finding.consequence = row->role == Role::CoopMain ? "No member of the group can take a window meanwhile."
                                                          : "Nobody can receive or finish for it meanwhile.";
        finding.evidence.push_back({"The row's xmax is the id of that session's transaction.",
                                    queries::evidence::groupMembers(finding.subject.queue, finding.subject.consumer)});
        addSessionRemedy(one.snapshot, finding);
    }
}

} // namespace monitor::rules
