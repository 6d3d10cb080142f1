// SPDX-License-Identifier: GPL-3.0-or-later
#include "domain/timemark.h"
#include "monitor/rules.h"
#include "monitor/words.h"
#include "queries/evidence.h"

#include <algorithm>
#include <charconv>
#include <cmath>

// Rules about getting on: who works without finishing, whose window goes round, who falls behind, who loses messages.
namespace monitor::rules {

namespace {

using domain::Role;
using domain::Severity;
using domain::Subscription;

constexpr std::int64_t defaultMaxReturn = 100; ///< of receive() and receive_coop() (PgQ contract)

constexpr double hardlyMoves = 0.05; ///< seconds of the queue's time in a second

std::string sessionText(std::int32_t pid, const std::string& application) {
    return "session " + std::to_string(pid) + (application.empty() ? "" : " (" + application + ")");
}

/// "'orders', 'billing', 10" as its parts; a text's quotes are kept, so that it differs from a parameter.
std::vector<std::string> partsOf(std::string_view arguments) {
    std::vector<std::string> parts(1);
    bool quoted = false;
    for (const char c : arguments) {
        if (c == '\'')
            quoted = !quoted;
        if (c == ',' && !quoted)
            parts.emplace_back();
        else if (quoted || !std::isspace(static_cast<unsigned char>(c)))
            parts.back() += c;
    }
    return parts;
}

/// The text of a literal, a cast after it or not; empty for anything else.
std::string literal(std::string_view part) {
    if (part.size() < 2 || part.front() != '\'')
        return {};
    const std::size_t end = part.find('\'', 1);
    return end == part.npos ? std::string() : std::string(part.substr(1, end - 1));
}

struct ReceiveCall {
    std::string queue;
    std::string consumer;
    std::int64_t atMost = defaultMaxReturn;
};

/// What a call asks for, where it says so in letters and figures; parameters and names of arguments tell nothing.
std::optional<ReceiveCall> receiveCall(std::string_view arguments) {
    const std::vector<std::string> parts = partsOf(arguments);
    if (parts.size() < 2)
        return std::nullopt;
    ReceiveCall call{literal(parts[0]), literal(parts[1])};
    if (call.queue.empty() || call.consumer.empty())
        return std::nullopt;
    // receive(queue, consumer, max), receive_coop(queue, consumer, subconsumer, max, dead interval)
    std::size_t at = 2;
    if (parts.size() > 2 && parts[2].front() == '\'') {
        call.consumer += '.' + literal(parts[2]);
        at = 3;
    }
    if (parts.size() > at) {
        const std::string& number = parts[at];
        const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), call.atMost);
        if (error != std::errc() || (*end != '\0' && *end != ':'))
            return std::nullopt;
    }
    return call;
}

const Subscription* named(const domain::Snapshot& snapshot, const ReceiveCall& call) {
    const domain::Queue* queue = snapshot.queue(call.queue);
    if (!queue)
        return nullptr;
    const auto found =
        std::find_if(snapshot.subscriptions.begin(), snapshot.subscriptions.end(), [&](const Subscription& row) {
            return row.queueId == queue->id && row.consumerName == call.consumer;
        });
    return found == snapshot.subscriptions.end() ? nullptr : &*found;
}

bool alreadyPinned(const Case& one, const domain::Subject& subject) {
    return std::any_of(one.diagnosis.findings.begin(), one.diagnosis.findings.end(),
                       [&subject](const domain::Finding& finding) {
                           return finding.rule == "rotation_pinned" && finding.subject.queue == subject.queue &&
                                  finding.subject.consumer == subject.consumer;
                       });
}

std::string forecast(const std::optional<double>& pace, pg::Interval behind) {
    if (!pace)
        return "Whether it catches up is not known yet.";
    if (*pace < hardlyMoves)
        return "It hardly moves at all.";
    char factor[32];
    std::snprintf(factor, sizeof factor, "%.1f", *pace);
    if (*pace <= 1.02)
        return std::string("It gets through ") + factor + " s of the queue's time in a second: it does not catch up.";
    const auto left = std::chrono::duration_cast<pg::Interval>(std::chrono::duration<double>(behind) / (*pace - 1));
    return std::string("It gets through ") + factor + " s of the queue's time in a second and has caught up in about " +
           words::age(left) + '.';
}

} // namespace

void heartbeatWithoutProgress(Case& one) {
    for (const Subscription& row : one.snapshot.subscriptions) {
        if (!row.batch || row.role == Role::CoopMain || !one.snapshot.queue(row.queueId) ||
            one.since(row.active) >= one.thresholds.heartbeatWarning)
            continue;
        const auto since = row.batchSince ? row.batchSince : row.batchFirstSeen;
        if (!since || one.since(*since) < one.thresholds.progress)
            continue;
        domain::Finding& finding =
            one.found("heartbeat_without_progress", Severity::Warning, subjectOf(one.snapshot, row));
        finding.since = since;
        finding.title = row.consumerName + " says it is alive, but has not finished batch " +
                        std::to_string(*row.batch) + " of " + finding.subject.queue + " for " +
                        (row.batchSince ? "" : "at least ") + words::age(one.since(*since)) + ".";
        finding.cause = "It is touched (last " + words::age(one.since(row.active)) +
                        " ago) under the same token: the handler hangs or loops, while something beside it renews "
                        "the heartbeat.";
        finding.consequence =
            "No dead interval ever frees this window" +
            (row.windowEstimate() ? " of about " + words::count(*row.windowEstimate(), "event") : std::string()) +
            ", and its tick keeps rotation from passing it.";
        finding.evidence.push_back(
            {"sub_active is young and sub_batch is the same as " + words::age(one.since(*since)) + " ago.",
             queries::evidence::openBatch(*row.batch)});
        if (row.role == Role::CoopMember)
            finding.remedies.push_back(remedy("force_unregister", one.snapshot, row));
        else
            finding.remedies.push_back(remedy("give_back", one.snapshot, row));
    }
}

void windowCirculates(Case& one) {
    for (const Subscription& row : one.snapshot.subscriptions) {
        if (!row.batch || row.role != Role::CoopMember || !one.snapshot.queue(row.queueId))
            continue;
        const int seen = one.memory ? one.memory->handovers(row) : 0;
        const int times = std::max(seen, row.takeovers.value_or(0));
        if (times < one.thresholds.handovers)
            continue;
        domain::Finding& finding = one.found("window_circulates", Severity::Critical, subjectOf(one.snapshot, row));
        finding.title = "One window of group " + finding.subject.consumer + " on " + finding.subject.queue +
                        " has been taken over " + words::count(times, "time") + " without being finished.";
        finding.cause = "Whoever gets it dies: most likely one of its events kills the worker. Now " +
                        row.consumerName + " holds it as batch " + std::to_string(*row.batch) + '.';
        finding.consequence = "A takeover does not count as a retry, so the window goes round for ever and none of "
                              "its events becomes a dead letter.";
        finding.evidence.push_back(
            {row.takeovers ? "sub_takeovers is " + std::to_string(*row.takeovers) + "."
                           : "The token of the same window was seen to change " + words::count(seen, "time") + ".",
             queries::evidence::openBatch(*row.batch)});
        // To retry: from there each delivery counts, and the limit ends it.
        finding.remedies.push_back(remedy("force_unregister", one.snapshot, row));
    }
}

void hastyTakeover(Case& one) {
    if (!one.memory) {
        one.notEvaluated("hasty_takeover", "whether a takeover came too early takes more than one look");
        return;
    }
    for (const Subscription& row : one.snapshot.subscriptions) {
        const Memory::Handover* last = row.batch ? one.memory->lastHandover(row) : nullptr;
        if (!last || last->heartbeatAge >= one.thresholds.hastyTakeover || !one.snapshot.queue(row.queueId))
            continue;
        domain::Finding& finding = one.found("hasty_takeover", Severity::Warning, subjectOf(one.snapshot, row));
        finding.since = last->at;
        finding.title = row.consumerName + " took a window of " + finding.subject.queue + " from " + last->from +
                        ", which had given a sign of life at most " + words::age(last->heartbeatAge) + " before.";
        finding.cause = "The dead interval that " + row.consumerName +
                        " receives with is shorter than the work takes, "
                        "or zero.";
        finding.consequence = "Both work on the same events, and " + last->from + " can't ack what it did.";
        finding.evidence.push_back({"The window changed its owner while the earlier one's sub_active was young.",
                                    queries::evidence::groupMembers(finding.subject.queue, finding.subject.consumer)});
    }
}

void groupDemoted(Case& one) {
    if (!one.memory) {
        one.notEvaluated("group_lost_its_members", "that a consumer was a group takes more than one look");
        return;
    }
    for (const Subscription& row : one.snapshot.subscriptions) {
        const auto until = one.memory->wasGroupUntil(row);
        if (!until || row.role != Role::Normal || !one.snapshot.queue(row.queueId))
            continue;
        domain::Finding& finding = one.found("group_lost_its_members", Severity::Warning, subjectOf(one.snapshot, row));
        finding.since = until;
        finding.title = "Group " + row.consumerName + " on " + finding.subject.queue +
                        " lost its last member and is a normal consumer now.";
        finding.cause = "Its last subconsumer was unregistered after " + domain::timeMark(*until) + '.';
        finding.consequence = "Workers that come back with receive_coop() are refused until somebody registers one "
                              "with conversion; meanwhile its events wait and its tick keeps rotation back.";
        finding.evidence.push_back({"sub_role is normal, and was coop_main.",
                                    queries::evidence::groupMembers(finding.subject.queue, finding.subject.consumer)});
        finding.remedies.push_back(remedy("register", one.snapshot, row));
        finding.remedies.back().arguments["convert"] = "true";
    }
}

void heldInsideFetch(Case& one) {
    if (one.needsThePrimary("taken_not_committed"))
        return;
    if (!one.snapshot.activity)
        return;
    for (const domain::RowLock& lock : one.snapshot.activity->rowLocks) {
        // With others waiting it is the rule on lock waits that speaks.
        const Subscription* row = one.snapshot.subscription(lock.queueId, lock.consumerId);
        if (!row || !lock.since || !lock.waiting.empty() || one.since(*lock.since) < one.thresholds.heldInside)
            continue;
        if (groupIsLockedToo(one.snapshot, *row, lock))
            continue;
        domain::Finding& finding =
            one.found("taken_not_committed", row->role == Role::CoopMain ? Severity::Warning : Severity::Information,
                      subjectOf(one.snapshot, *row));
        finding.since = lock.since;
        finding.culprit = domain::Culprit{lock.pid == 0 ? std::nullopt : std::optional(lock.pid), lock.application, {}};
        finding.title = (lock.pid == 0 ? std::string("A prepared transaction")
                                       : "S" + sessionText(lock.pid, lock.application).substr(1)) +
                        " has kept the row of " + row->consumerName + " on " + finding.subject.queue + " for " +
                        (lock.sinceIsLeast ? "at least " : "") + words::age(one.since(*lock.since)) +
                        " in one transaction.";
        finding.cause = "A worker that receives, handles and acks in a single transaction; what it took shows only "
                        "when it commits.";
        finding.consequence = row->role == Role::CoopMain
                                  ? "No other member of the group can take a window until it commits, and no dead "
                                    "interval applies."
                                  : "What it works on can't be seen, and a rollback delivers all of it again.";
        finding.evidence.push_back(
            {"The row's xmax is the id of that transaction.",
             lock.pid == 0 ? queries::evidence::preparedTransactions() : queries::evidence::session(lock.pid)});
        addSessionRemedy(one.snapshot, finding);
    }
}

void farBehind(Case& one) {
    for (const Subscription& row : one.snapshot.subscriptions) {
        const domain::Queue* queue = one.snapshot.queue(row.queueId);
        if (!queue || !queue->lastTick || row.role == Role::CoopMember || !row.lastTickTime || !row.lastTickSeq)
            continue;
        const pg::Interval behind = queue->lastTick->time - *row.lastTickTime;
        const std::int64_t pending = queue->lastTick->eventSeq - *row.lastTickSeq;
        if (behind < one.thresholds.behindWarning || pending <= 0)
            continue;
        // A batch kept for too long is said by itself; the rest follows from it.
        if (row.batch && one.since(row.active) >= one.thresholds.heartbeatWarning)
            continue;
        const domain::Subject subject = subjectOf(one.snapshot, row);
        if (alreadyPinned(one, subject))
            continue;
        const std::optional<double> pace = one.memory ? one.memory->pace(row) : std::nullopt;
        domain::Finding& finding = one.found(
            "far_behind", behind >= one.thresholds.behindCritical ? Severity::Critical : Severity::Warning, subject);
        finding.since = row.lastTickTime;
        finding.title = (row.role == Role::CoopMain ? "Group " : "") + row.consumerName + " is " + words::age(behind) +
                        " behind on " + queue->name + ".";
        finding.cause = pace && *pace >= hardlyMoves
                            ? "It works, but events come as fast or faster than it handles them."
                            : "Nothing has been received for it lately: its workers are down or "
                              "each batch takes very long.";
        finding.consequence = "About " + words::count(pending, "event") + " wait for it. " + forecast(pace, behind);
        finding.evidence.push_back({"It stands on tick " + std::to_string(*row.lastTick) + ", the newest is " +
                                        std::to_string(queue->lastTick->id) + ".",
                                    queries::evidence::subscriptions(queue->name)});
    }
}

void partialReceive(Case& one) {
    if (one.needsThePrimary("partial_receive"))
        return;
    if (!one.snapshot.activity)
        return;
    for (const domain::Backend& backend : one.snapshot.activity->backends) {
        const auto call = backend.receiveArguments.empty() ? std::nullopt : receiveCall(backend.receiveArguments);
        const Subscription* row = call ? named(one.snapshot, *call) : nullptr;
        const domain::Queue* queue = row ? one.snapshot.queue(row->queueId) : nullptr;
        const std::int64_t window = row ? row->windowEstimate().value_or(0) : 0;
        // One forced tick moves the sequence so far without any event.
        const std::int64_t forced = queue ? 2 * std::int64_t(queue->tickerMaxCount) + 1'000 : 0;
        if (!queue || !row->batch || window <= call->atMost + forced)
            continue;
        domain::Finding& finding = one.found("partial_receive", Severity::Warning, subjectOf(one.snapshot, *row));
        finding.culprit = domain::Culprit{backend.pid, backend.application, {}};
        finding.title = row->consumerName + " fetched at most " + words::count(call->atMost, "message") +
                        " of a batch of about " + std::to_string(window) + " on " + finding.subject.queue + ".";
        finding.cause = "The call of " + sessionText(backend.pid, backend.application) +
                        " limits what it returns; the batch is all events between its two ticks all the same.";
        finding.consequence = "An ack finishes the whole batch: what was not returned is never delivered to it again.";
        finding.evidence.push_back({"Its last statement called receive(" + backend.receiveArguments + ").",
                                    queries::evidence::session(backend.pid)});
    }
}

} // namespace monitor::rules
