// SPDX-License-Identifier: GPL-3.0-or-later
#include "monitor/rules.h"
#include "monitor/words.h"
#include "queries/evidence.h"

#include <algorithm>
#include <map>

// What the contract promises of rows, whoever calls which function: I1 to I8 of the cooperative consumers and the ticks
// that positions stand on. I9, that other consumers are not affected, is a promise about calls and shows in no row.
namespace monitor::rules {

namespace {

using domain::Role;
using domain::Severity;
using domain::Subscription;

std::string tickText(const std::optional<std::int64_t>& tick) {
    return tick ? std::to_string(*tick) : std::string("NULL");
}

/// What is wrong with a member's three columns; empty: nothing.
std::string brokenMember(const Subscription& row, const Subscription* main) {
    const int set = int(row.batch.has_value()) + int(row.lastTick.has_value()) + int(row.nextTick.has_value());
    if (set != 0 && set != 3)
        return "batch, first and last tick must be all set or all empty";
    if (set == 3 && *row.lastTick >= *row.nextTick)
        return "its window ends before it begins";
    if (set == 3 && main && main->lastTick && *row.nextTick > *main->lastTick)
        return "its window ends after the group's cursor on tick " + std::to_string(*main->lastTick);
    return {};
}

domain::Finding& broken(Case& one, const char* rule, const Subscription& row, Severity severity = Severity::Critical) {
    domain::Finding& finding = one.found(rule, severity, subjectOf(one.snapshot, row));
    finding.cause = "Somebody changed the rows by hand, or a program that does not know cooperative groups did.";
    finding.evidence.push_back({"sub_last_tick " + tickText(row.lastTick) + ", sub_next_tick " +
                                    tickText(row.nextTick) + ", sub_batch " + tickText(row.batch) + ".",
                                queries::evidence::groupMembers(finding.subject.queue, finding.subject.consumer)});
    return finding;
}

} // namespace

void brokenMembers(Case& one) {
    for (const Subscription& row : one.snapshot.subscriptions) {
        if (row.role != Role::CoopMember || !one.snapshot.queue(row.queueId))
            continue;
        const std::string what = brokenMember(row, one.snapshot.mainOf(row));
        if (what.empty())
            continue;
        domain::Finding& finding = broken(one, "broken_member", row);
        finding.title =
            "The row of " + row.consumerName + " on " + finding.subject.queue + " contradicts itself: " + what + ".";
        finding.consequence = "Events of its window may be lost to the group or handled twice, and a stray position "
                              "keeps rotation back.";
        if (row.batch)
            finding.remedies.push_back(remedy("force_unregister", one.snapshot, row));
    }
}

void overlappingWindows(Case& one) {
    // Rows come ordered by queue and group.
    std::map<std::pair<std::int32_t, std::int32_t>, std::vector<const Subscription*>> groups;
    for (const Subscription& row : one.snapshot.subscriptions) {
        if (row.role == Role::CoopMember && row.lastTick && row.nextTick && one.snapshot.queue(row.queueId))
            groups[{row.queueId, row.subId}].push_back(&row);
    }
    for (auto& [key, rows] : groups) {
        std::sort(rows.begin(), rows.end(), [](const Subscription* a, const Subscription* b) {
            return std::pair(*a->lastTick, *a->nextTick) < std::pair(*b->lastTick, *b->nextTick);
        });
        for (std::size_t i = 1; i < rows.size(); ++i) {
            const Subscription& earlier = *rows[i - 1];
            const Subscription& later = *rows[i];
            if (*later.lastTick >= *earlier.nextTick)
                continue;
            domain::Finding& finding = broken(one, "overlapping_windows", later);
            finding.title = earlier.consumerName + " and " + later.consumerName + " on " + finding.subject.queue +
                            " hold windows that overlap: ticks " + tickText(earlier.lastTick) + " to " +
                            tickText(earlier.nextTick) + " and " + tickText(later.lastTick) + " to " +
                            tickText(later.nextTick) + ".";
            finding.cause = "The group's cursor was moved back while members held windows.";
            finding.consequence = "The events both windows share are handled twice.";
        }
    }
}

void duplicateBatches(Case& one) {
    std::map<std::int64_t, const Subscription*> holders;
    for (const Subscription& row : one.snapshot.subscriptions) {
        if (!row.batch || !one.snapshot.queue(row.queueId))
            continue;
        const auto [first, isFirst] = holders.try_emplace(*row.batch, &row);
        if (isFirst)
            continue;
        domain::Finding& finding = one.found("duplicate_batch", Severity::Critical, subjectOf(one.snapshot, row));
        finding.title = "Batch " + std::to_string(*row.batch) + " is held twice: by " + first->second->consumerName +
                        " and by " + row.consumerName + " on " + finding.subject.queue + ".";
        finding.cause = "A batch id is drawn once and belongs to one owner; the sequence was set back, or rows were "
                        "copied.";
        finding.consequence = "An ack or nack of this id hits either of them.";
        finding.evidence.push_back(
            {"Two rows of pgque.subscription have this sub_batch.", queries::evidence::sameBatch(*row.batch)});
    }
}

void groupWithoutMember(Case& one) {
    std::map<std::pair<std::int32_t, std::int32_t>, int> members;
    for (const Subscription& row : one.snapshot.subscriptions) {
        if (row.role == Role::CoopMember)
            ++members[{row.queueId, row.subId}];
    }
    for (const Subscription& row : one.snapshot.subscriptions) {
        if (row.role != Role::CoopMain || members.contains({row.queueId, row.subId}) ||
            !one.snapshot.queue(row.queueId))
            continue;
        domain::Finding& finding = broken(one, "group_without_member", row);
        finding.title = "Group " + row.consumerName + " on " + finding.subject.queue + " has no member.";
        finding.consequence = "Nobody can receive for it as a normal consumer, and its cursor keeps rotation back.";
        finding.remedies.push_back(remedy("register", one.snapshot, row));
    }
}

void malformedNames(Case& one) {
    for (const Subscription& row : one.snapshot.subscriptions) {
        const domain::Queue* queue = one.snapshot.queue(row.queueId);
        if (!queue || (row.role != Role::CoopMain && row.role != Role::CoopMember))
            continue;
        const auto dots = std::count(row.consumerName.begin(), row.consumerName.end(), '.');
        const Subscription* main = one.snapshot.mainOf(row);
        const bool wrong = row.role == Role::CoopMain
                               ? dots != 0 || row.consumerName.empty()
                               : dots != 1 || row.consumerName.front() == '.' || row.consumerName.back() == '.' ||
                                     (main && !row.consumerName.starts_with(main->consumerName + '.'));
        if (!wrong)
            continue;
        domain::Finding& finding = broken(one, "malformed_name", row, Severity::Warning);
        finding.title =
            "The name '" + row.consumerName + "' on " + queue->name + " does not fit its role " + row.roleText + ".";
        finding.consequence = row.role == Role::CoopMain ? "No subconsumer can be registered under it."
                                                         : "No function that takes group and subconsumer finds it.";
    }
}

void positionLost(Case& one) {
    for (const Subscription& row : one.snapshot.subscriptions) {
        const domain::Queue* queue = one.snapshot.queue(row.queueId);
        if (!queue || !row.lastTick || row.lastTickTime)
            continue;
        domain::Finding& finding = one.found("position_lost", Severity::Critical, subjectOf(one.snapshot, row));
        finding.title = row.consumerName + " on " + queue->name + " stands on tick " + std::to_string(*row.lastTick) +
                        ", which does not exist.";
        finding.cause = "The tick was deleted by hand, or the position was.";
        finding.consequence = "It can't receive anything (PgQ corruption), and the queue can't rotate: maintenance of "
                              "it fails.";
        finding.evidence.push_back(
            {"No row of pgque.tick has this id.", queries::evidence::subscriptions(queue->name)});
        if (row.role == Role::Normal && !row.batch)
            finding.remedies.push_back(remedy("unsubscribe", one.snapshot, row));
    }
}

void ownerlessRows(Case& one) {
    const domain::Upkeep* upkeep = one.snapshot.upkeep.get();
    if (!upkeep) {
        one.notEvaluated("ownerless_rows", "whom retries and dead letters belong to was not asked");
        return;
    }
    if (upkeep->ownerlessRetries > 0) {
        domain::Finding& finding = one.found("ownerless_retries", Severity::Warning, {});
        finding.title = "Retries of " + words::count(upkeep->ownerlessRetries, "subscription") +
                        " that no longer exist" + (upkeep->ownerlessRetries == 1 ? "s" : "") + " wait in retry_queue.";
        finding.cause = "A subscription was deleted by hand: unsubscribing would have removed its retries.";
        finding.consequence = "They go back into their queue when they are due, and nobody gets them.";
        finding.evidence.push_back({"Their ev_owner is no sub_id.", queries::evidence::ownerlessRetries()});
    }
    if (upkeep->memberDeadLetters > 0) {
        domain::Finding& finding = one.found("dead_letters_of_member", Severity::Warning, {});
        finding.title = words::count(upkeep->memberDeadLetters, "subconsumer") + " own" +
                        (upkeep->memberDeadLetters == 1 ? "s" : "") + " dead letters that belong to the group.";
        finding.cause = "They were written by hand, or by a version that does not know groups.";
        finding.consequence = "They vanish when the subconsumer is unregistered.";
        finding.evidence.push_back({"dl_consumer_id is a coop_member.", queries::evidence::memberDeadLetters()});
    }
}

} // namespace monitor::rules
