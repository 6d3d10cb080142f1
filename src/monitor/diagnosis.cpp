// SPDX-License-Identifier: GPL-3.0-or-later
#include "monitor/diagnosis.h"

#include "monitor/rules.h"

#include <algorithm>

namespace monitor {

namespace rules {

domain::Finding& Case::found(std::string_view rule, domain::Severity severity, domain::Subject subject) {
    domain::Finding finding;
    finding.rule = rule;
    finding.severity = severity;
    finding.subject = std::move(subject);
    return diagnosis.findings.emplace_back(std::move(finding));
}

void Case::notEvaluated(std::string_view rule, std::string why) {
    diagnosis.notEvaluated.push_back({std::string(rule), std::move(why)});
}

bool Case::needsThePrimary(std::string_view rule) {
    if (!snapshot.capabilities.inRecovery)
        return false;
    notEvaluated(rule, "this is a standby: the sessions and locks it takes are the primary's");
    return true;
}

domain::Subject subjectOf(const domain::Snapshot& snapshot, const domain::Subscription& row) {
    const domain::Queue* queue = snapshot.queue(row.queueId);
    return {queue ? queue->name : std::string(), domain::groupName(snapshot, row),
            domain::subconsumerName(snapshot, row), row.batch};
}

bool groupIsLockedToo(const domain::Snapshot& snapshot, const domain::Subscription& row, const domain::RowLock& lock) {
    const domain::Subscription* main = row.role == domain::Role::CoopMember ? snapshot.mainOf(row) : nullptr;
    const domain::RowLock* other = main ? snapshot.activity->lockOn(main->queueId, main->consumerId) : nullptr;
    return other && other->pid == lock.pid;
}

domain::ActionRequest remedy(std::string action, const domain::Snapshot& snapshot, const domain::Subscription& row) {
    const domain::Subject subject = subjectOf(snapshot, row);
    domain::ActionRequest request;
    request.action = std::move(action);
    request.queue = subject.queue;
    request.consumer = subject.consumer;
    request.subconsumer = subject.member;
    request.batch = row.batch;
    request.seen = domain::SeenSubscription{row.batch, row.lastTick, row.nextTick, snapshot.takenAt};
    return request;
}

void addMemberRemedies(const domain::Snapshot& snapshot, const domain::Subscription& row, domain::Finding& finding) {
    const auto idle = std::find_if(snapshot.subscriptions.begin(), snapshot.subscriptions.end(),
                                   [&row](const domain::Subscription& other) {
                                       return other.role == domain::Role::CoopMember && other.queueId == row.queueId &&
                                              other.subId == row.subId && !other.batch;
                                   });
    if (idle != snapshot.subscriptions.end()) {
        domain::ActionRequest request = remedy("take_over", snapshot, row);
        request.arguments["taker"] = domain::subconsumerName(snapshot, *idle);
        finding.remedies.push_back(std::move(request));
    }
    finding.remedies.push_back(remedy("force_unregister", snapshot, row));
}

void addSessionRemedy(const domain::Snapshot& snapshot, domain::Finding& finding) {
    if (!finding.culprit || !finding.culprit->pid || !snapshot.activity)
        return;
    for (const domain::Backend& backend : snapshot.activity->backends) {
        if (backend.pid != *finding.culprit->pid || !backend.started)
            continue;
        domain::ActionRequest request;
        request.action = "terminate_backend";
        request.arguments = {{"pid", std::to_string(backend.pid)},
                             {"started", std::to_string(backend.started->time_since_epoch().count())},
                             {"user", backend.user}};
        finding.remedies.push_back(std::move(request));
    }
}

} // namespace rules

domain::Diagnosis diagnose(const domain::Snapshot& snapshot, const Memory* memory, const Thresholds& thresholds) {
    using namespace rules;
    static constexpr auto all = {
        tickerStopped,      tickerPaused,   largeWindow,        largeBatch,         insertsDisabled,
        noConsumer,         retryOverdue,   retryFallingBehind, retryLoad,          retryLastTry,
        deadLetters,        staleHeartbeat, mainWithBatch,      memberWithoutGroup, lockWait,
        rotationPinned,     rotationHeld,   rotationHeldByLock, stepTwoMissing,     heartbeatWithoutProgress,
        windowCirculates,   hastyTakeover,  groupDemoted,       heldInsideFetch,    farBehind,
        partialReceive,     brokenMembers,  overlappingWindows, duplicateBatches,   groupWithoutMember,
        malformedNames,     positionLost,   ownerlessRows,      horizonHeld,        lateCommitter,
        ticksOfAnotherLife, replayDelay};
    domain::Diagnosis diagnosis;
    Case one{snapshot, memory && memory->knows() ? memory : nullptr, thresholds, diagnosis};
    for (const auto rule : all)
        rule(one);
    diagnosis.rulesEvaluated = static_cast<int>(all.size() - diagnosis.notEvaluated.size());
    sortFindings(diagnosis);
    return diagnosis;
}

void sortFindings(domain::Diagnosis& diagnosis) {
    std::stable_sort(diagnosis.findings.begin(), diagnosis.findings.end(),
                     [](const domain::Finding& a, const domain::Finding& b) {
                         if (a.severity != b.severity)
                             return a.severity > b.severity;
                         return a.since.value_or(pg::Timestamp::max()) < b.since.value_or(pg::Timestamp::max());
                     });
}

std::optional<domain::Severity> worst(const domain::Diagnosis& diagnosis) {
    if (diagnosis.findings.empty())
        return std::nullopt;
    return diagnosis.findings.front().severity;
}

bool wantsSecondLook(const domain::Diagnosis& diagnosis) {
    return std::any_of(diagnosis.findings.begin(), diagnosis.findings.end(),
                       [](const domain::Finding& finding) { return finding.rule == "ticker_stopped"; });
}

} // namespace monitor
