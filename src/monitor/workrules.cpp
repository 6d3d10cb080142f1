// SPDX-License-Identifier: GPL-3.0-or-later
#include "monitor/workrules.h"

#include "domain/timemark.h"
#include "monitor/diagnosis.h"
#include "monitor/words.h"
#include "queries/workevidence.h"

#include <algorithm>

// Rules about work queues: who re-arms and promotes, what fails again and again, what nobody takes.
namespace monitor {

namespace {

using domain::Finding;
using domain::Severity;
using domain::WorkQueue;
namespace evidence = queries::evidence;

constexpr std::size_t barriersAtMost = 5;

/// What a rule sees of one install, and where it puts what it finds.
struct Case {
    const domain::WorkLook& look;
    const WorkMemory* memory; ///< null: nothing earlier is known
    const Thresholds& limits;
    domain::Diagnosis& diagnosis;

    const domain::WorkInstall& install() const { return look.sample.install; }

    pg::Timestamp now() const { return look.sample.takenAt; }

    bool ours() const { return install().ours; }

    std::string name(const WorkQueue& queue) const { return install().schema + '.' + queue.name; }

    Finding& found(const char* rule, Severity severity, domain::Subject subject) const {
        Finding finding;
        finding.rule = rule;
        finding.severity = severity;
        finding.subject = std::move(subject);
        return diagnosis.findings.emplace_back(std::move(finding));
    }

    domain::ActionRequest remedy(const char* action, const WorkQueue* queue = nullptr) const {
        domain::ActionRequest request;
        request.action = action;
        if (queue)
            request.queue = queue->name;
        return request;
    }

    pg::Interval ticks() const { return limits.workTick * limits.workTicksLate; }
};

void leaderStale(const Case& one) {
    const auto& leader = one.look.sample.leader;
    if (!leader || leader->name.empty() || one.now() - leader->acquiredAt <= one.limits.leaderWindow)
        return;
    const pg::Interval age = one.now() - leader->acquiredAt;
    const bool othersDo = leader->lastMaint && one.now() - *leader->lastMaint <= one.ticks();
    Finding& finding = one.found("work_leader_stale", othersDo ? Severity::Information : Severity::Warning,
                                 {one.install().schema, {}, {}, {}});
    finding.since = leader->acquiredAt;
    finding.title = "The leader of " + one.install().schema + " has not renewed its lease for " + words::age(age) + ".";
    finding.cause = leader->name + " is gone, or hangs: a live one renews within " +
                    words::age(one.limits.leaderWindow) + ", and another may take its place by now.";
    finding.consequence = othersDo ? "Maintenance runs all the same: somebody calls maint() without the lease."
                                   : "Until somebody leads, lapsed leases are not re-armed, delayed messages not "
                                     "promoted, stranded barriers not recovered.";
    finding.evidence.push_back(
        {"The lease was renewed at " + domain::timeMark(leader->acquiredAt) + " for the last time.",
         evidence::workLeader(one.install())});
    if (one.ours())
        finding.remedies.push_back(one.remedy("work_maint"));
}

void leasesLapsed(const Case& one) {
    for (const WorkQueue& queue : one.look.sample.queues) {
        if (!queue.worstLapse || *queue.worstLapse <= one.ticks())
            continue;
        Finding& finding =
            one.found("work_leases_lapsed",
                      *queue.worstLapse >= one.limits.workLateCritical ? Severity::Critical : Severity::Warning,
                      {one.name(queue), {}, {}, {}});
        finding.since = one.now() - *queue.worstLapse;
        finding.title = "A lease in " + one.name(queue) + " ended " + words::age(*queue.worstLapse) +
                        " ago and its message is not ready again.";
        finding.cause = "Messages of crashed workers are re-armed by maintenance, and it does not run.";
        finding.consequence = words::count(queue.lapsed, "message") + (queue.lapsed == 1 ? " is" : " are") +
                              " held by nobody and delivered to nobody.";
        finding.evidence.push_back({words::count(queue.lapsed, "lease") + (queue.lapsed == 1 ? " has" : " have") +
                                        " ended and " + (queue.lapsed == 1 ? "is" : "are") + " still marked claimed.",
                                    evidence::workLapsed(one.install(), queue.name)});
        if (one.ours())
            finding.remedies.push_back(one.remedy("work_maint"));
    }
}

void promotionOverdue(const Case& one) {
    for (const WorkQueue& queue : one.look.sample.queues) {
        if (queue.overdue == 0 || !queue.nextDue || one.now() - *queue.nextDue <= one.ticks())
            continue;
        const pg::Interval late = one.now() - *queue.nextDue;
        Finding& finding = one.found("work_promotion_overdue",
                                     late >= one.limits.workLateCritical ? Severity::Critical : Severity::Warning,
                                     {one.name(queue), {}, {}, {}});
        finding.since = *queue.nextDue;
        finding.title =
            "A delayed message of " + one.name(queue) + " was due " + words::age(late) + " ago and is not ready.";
        finding.cause = "Delayed messages are promoted by maintenance, and it does not run.";
        finding.consequence = words::count(queue.overdue, "message") + (queue.overdue == 1 ? " waits" : " wait") +
                              " beyond the time that was asked for, and more will.";
        finding.evidence.push_back(
            {words::count(queue.overdue, "message") + (queue.overdue == 1 ? " is" : " are") + " scheduled and due.",
             evidence::workOverdue(one.install(), queue.name)});
        if (one.ours())
            finding.remedies.push_back(one.remedy("work_maint"));
    }
}

void poison(const Case& one) {
    for (const WorkQueue& queue : one.look.sample.queues) {
        if (queue.poison == 0)
            continue;
        Finding& finding = one.found("work_poison", Severity::Warning, {one.name(queue), {}, {}, {}});
        const bool single = queue.poison == 1;
        finding.title = words::count(queue.poison, "message") + " of " + one.name(queue) + (single ? " was" : " were") +
                        " claimed more often than " + words::count(queue.maxAttempts, "time") + ".";
        finding.cause = "Whoever claims " + std::string(single ? "it" : "them") +
                        " crashes or lets the lease lapse; the highest read count is " +
                        std::to_string(queue.highestReads) + ".";
        finding.consequence = "Each return goes to the front of its priority and takes a worker's time again" +
                              std::string(one.ours() ? " until it is buried." : "; a worker drops it unseen.");
        finding.evidence.push_back({"Read counts above " + std::to_string(queue.maxAttempts) + ".",
                                    evidence::workOftenRead(one.install(), queue.name, queue.maxAttempts)});
        if (!one.ours())
            continue;
        const auto worst = std::find_if(one.look.poison.begin(), one.look.poison.end(),
                                        [&queue](const auto& message) { return message.queue == queue.name; });
        if (worst == one.look.poison.end())
            continue;
        domain::ActionRequest bury = one.remedy("work_bury", &queue);
        bury.arguments["message_id"] = std::to_string(worst->id);
        // What was seen: another lease since then makes it refuse.
        if (worst->state == "claimed")
            bury.arguments["token"] = std::to_string(worst->reads);
        bury.arguments["why"] = "claimed " + std::to_string(worst->reads) + " times";
        finding.remedies.push_back(std::move(bury));
    }
}

void barriersStuck(const Case& one) {
    using State = domain::Barrier::State;
    std::size_t told = 0;
    for (const domain::Barrier& barrier : one.look.barriers.rows) {
        const State state = barrier.state(one.now(), one.limits.barrierStuck);
        const pg::Interval still = one.now() - barrier.progressAt;
        // A callback that is being sent is not lost yet.
        if (state == State::Running || (state == State::Unfinalised && still <= one.ticks()))
            continue;
        if (++told > barriersAtMost)
            break;
        const bool dire = state == State::Expired || state == State::OverDecremented;
        Finding& finding = one.found("work_barrier_stuck", dire ? Severity::Critical : Severity::Warning,
                                     {one.install().schema, barrier.execution, {}, {}});
        finding.since = barrier.progressAt;
        const std::string run = "Run " + barrier.execution;
        switch (state) {
        case State::Expired:
            finding.title =
                run + " has expired with " + words::count(barrier.remaining, "batch", "batches") + " to count.";
            finding.cause = "A batch was lost, never sent, or its count failed: a marker without a live message is "
                            "not run again.";
            finding.consequence = "Its callback is never sent; nothing ends the barrier but its recovery.";
            break;
        case State::OverDecremented:
            finding.title = run + " was counted below zero.";
            finding.cause = "More batches were counted than armed: two runs share the execution, or a count was "
                            "repeated.";
            finding.consequence = "Nothing it says can be trusted.";
            break;
        case State::Unfinalised:
            finding.title = run + " is counted to its end, but its barrier is still there.";
            finding.cause = "Its callback was never sent, or was sent and only the clean-up failed: ask the "
                            "application before doing anything.";
            finding.consequence = "If the callback was not sent, the run's results go nowhere.";
            break;
        default:
            finding.title = run + " has made no progress for " + words::age(still) + ".";
            finding.cause = words::count(barrier.remaining, "batch", "batches") + " of it " +
                            (barrier.remaining == 1 ? "is" : "are") + " not counted: lost, waiting, or never sent.";
            finding.consequence =
                "Its callback waits for them until it expires at " + domain::timeMark(barrier.expiresAt) + ".";
            break;
        }
        finding.evidence.push_back({"It remains at " + std::to_string(barrier.remaining) + "; " +
                                        words::count(barrier.started, "batch", "batches") + " began.",
                                    evidence::workBarrier(one.install(), barrier.execution)});
        if (one.ours()) {
            domain::ActionRequest abort = one.remedy("work_abort");
            abort.arguments["execution"] = barrier.execution;
            abort.arguments["epoch"] = std::to_string(barrier.epoch);
            finding.remedies.push_back(std::move(abort));
        }
    }
}

/// Ready, and the next message has stood there for so long: nobody takes any.
std::optional<pg::Interval> unclaimed(const Case& one, const WorkQueue& queue) {
    const auto oldest = queue.oldest();
    if (!one.memory || !oldest || queue.claimed > 0)
        return {};
    const auto since = one.memory->unclaimedSince(one.install().schema, queue.name);
    if (!since || one.now() - *since < one.limits.workQuiet || one.now() - *oldest < one.limits.workQuiet)
        return {};
    return one.now() - *oldest;
}

void noClaims(const Case& one) {
    for (const WorkQueue& queue : one.look.sample.queues) {
        const auto waited = unclaimed(one, queue);
        if (!waited)
            continue;
        Finding& finding = one.found("work_no_claims", queue.paused ? Severity::Information : Severity::Warning,
                                     {one.name(queue), {}, {}, {}});
        finding.since = queue.oldest();
        finding.title = queue.paused ? "Queue " + one.name(queue) + " is paused while messages wait."
                                     : "Nobody claims from " + one.name(queue) + ".";
        finding.cause = queue.paused
                            ? "Somebody paused it; claims get nothing until it is resumed."
                            : "The message that comes next has not changed since the last looks and none is in "
                              "flight: no worker asks for this queue.";
        finding.consequence = "The oldest has waited for " + words::age(*waited) + ".";
        for (const domain::WorkBand& band : queue.bands) {
            if (band.headId) {
                finding.evidence.push_back({"Message " + std::to_string(*band.headId) + " comes next.",
                                            evidence::workHead(one.install(), queue.name, band.priority)});
                break;
            }
        }
        finding.evidence.push_back({"None is in flight.", evidence::workInFlight(one.install(), queue.name)});
        if (one.ours() && queue.paused)
            finding.remedies.push_back(one.remedy("work_resume", &queue));
    }
}

void headOld(const Case& one) {
    for (const WorkQueue& queue : one.look.sample.queues) {
        // Then that is the finding.
        if (queue.paused || unclaimed(one, queue))
            continue;
        const domain::WorkBand* worst = nullptr;
        for (const domain::WorkBand& band : queue.bands) {
            if (band.oldest && (!worst || *band.oldest < *worst->oldest))
                worst = &band;
        }
        if (!worst || one.now() - *worst->oldest <= one.limits.headWarning)
            continue;
        const pg::Interval age = one.now() - *worst->oldest;
        Finding& finding =
            one.found("work_head_old", age > one.limits.headCritical ? Severity::Critical : Severity::Warning,
                      {one.name(queue), {}, {}, {}});
        finding.since = worst->oldest;
        const bool prioritized = worst->priority > 0;
        const bool above = std::any_of(queue.bands.begin(), queue.bands.end(), [worst](const domain::WorkBand& band) {
            return band.priority > worst->priority && (band.ready.value > 0 || band.claimed > 0);
        });
        finding.title = prioritized
                            ? "Priority " + std::to_string(worst->priority) + " of " + one.name(queue) +
                                  " has waited for " + words::age(age) + "."
                            : "The oldest message of " + one.name(queue) + " has waited for " + words::age(age) + ".";
        finding.cause = above ? "Higher priorities have messages: they are claimed first, always."
                              : "Workers are fewer or slower than what is sent.";
        finding.consequence = above ? "While they keep coming this priority gets nothing."
                                    : "The wait grows while more is sent than done.";
        finding.evidence.push_back({words::count(worst->ready.value, "message") +
                                        (worst->ready.capped ? " and more" : "") + " of this priority " +
                                        (worst->ready.value == 1 ? "is" : "are") + " ready.",
                                    evidence::workHead(one.install(), queue.name, worst->priority)});
    }
}

void futileReads(const Case& one) {
    for (const WorkQueue& queue : one.look.sample.queues) {
        const auto futile = one.memory->futile(one.install().schema, queue.name);
        if (!futile || futile->redeliveries < 2 || one.now() - futile->since < one.limits.workQuiet)
            continue;
        Finding& finding = one.found("work_reads_without_acks", Severity::Warning, {one.name(queue), {}, {}, {}});
        finding.since = futile->since;
        finding.title = "Messages of " + one.name(queue) + " are claimed again and again and none is finished.";
        finding.cause = "Since " + domain::timeMark(futile->since) + " " +
                        words::count(futile->redeliveries, "repeated delivery", "repeated deliveries") +
                        " and no acknowledgement: workers crash, or their leases are shorter than the work.";
        finding.consequence = "The work is done over and over without effect, at the front of its priority.";
        finding.evidence.push_back({"The highest read count is " + std::to_string(queue.highestReads) + ".",
                                    evidence::workOftenRead(one.install(), queue.name, 1)});
        finding.evidence.push_back({"No row was deleted since.", evidence::workCounters(one.install())});
        if (one.ours() && !queue.paused)
            finding.remedies.push_back(one.remedy("work_pause", &queue));
    }
}

std::string holderText(const domain::HorizonHolder& holder) {
    switch (holder.kind) {
    case domain::HorizonHolder::Kind::Session:
        return "Session " + std::to_string(holder.pid.value_or(0)) +
               (holder.name.empty() ? std::string() : " (" + holder.name + ')');
    case domain::HorizonHolder::Kind::Slot:
        return "Replication slot " + holder.name;
    case domain::HorizonHolder::Kind::Prepared:
        break;
    }
    return "Prepared transaction " + holder.name;
}

void deadRowsGrow(const Case& one) {
    const auto& counters = one.look.sample.counters;
    const auto& holder = one.look.horizon;
    const auto dead = one.memory->deadGrowth(one.install().schema);
    const bool rows = counters && dead && counters->dead >= one.limits.deadRows && dead->by > 0 &&
                      one.now() - dead->since >= one.limits.workQuiet;
    const auto horizon = one.memory->horizonGrowth();
    const bool held = holder && horizon && horizon->by > 0 &&
                      (holder->since ? one.now() - *holder->since >= one.limits.horizonHeld
                                     : holder->transactions >= one.limits.horizonTransactions);
    if (!rows && !held)
        return;
    Finding& finding = one.found("work_dead_rows", Severity::Warning, {one.install().schema, {}, {}, {}});
    finding.since = rows ? std::optional(dead->since) : holder->since;
    if (rows)
        finding.title = "Dead rows of " + one.install().schema + " grow: " + words::count(counters->dead, "row") + ".";
    else
        finding.title = holderText(*holder) + " keeps dead rows of " + one.install().schema + " from being removed.";
    if (held) {
        finding.cause = holderText(*holder) + " still looks back over " +
                        words::count(holder->transactions, "transaction") +
                        (holder->since ? ", since " + domain::timeMark(*holder->since) : std::string()) + ".";
        finding.culprit = domain::Culprit{
            holder->pid, holder->kind == domain::HorizonHolder::Kind::Session ? holder->name : std::string(),
            holder->kind == domain::HorizonHolder::Kind::Prepared ? holder->name : std::string()};
        finding.evidence.push_back({"The oldest snapshot of this server.", evidence::oldestSnapshot()});
    } else {
        finding.cause = "Vacuum does not keep up, or does not run.";
    }
    finding.consequence = "Each claim passes over dead index entries at the front of its band and gets slower.";
    if (counters)
        finding.evidence.push_back({words::count(counters->dead, "dead row") + ", " +
                                        words::count(counters->live, "live one") + "; " +
                                        (counters->vacuumedAt ? "vacuumed at " + domain::timeMark(*counters->vacuumedAt)
                                                              : std::string("never vacuumed")) +
                                        ".",
                                    evidence::workCounters(one.install())});
}

struct Rule {
    const char* name;
    void (*judge)(const Case&);
    bool remembers; ///< says nothing without two looks
};

constexpr Rule all[] = {{"work_leader_stale", leaderStale, false},
                        {"work_leases_lapsed", leasesLapsed, false},
                        {"work_promotion_overdue", promotionOverdue, false},
                        {"work_poison", poison, false},
                        {"work_barrier_stuck", barriersStuck, false},
                        {"work_no_claims", noClaims, true},
                        {"work_head_old", headOld, false},
                        {"work_reads_without_acks", futileReads, true},
                        {"work_dead_rows", deadRowsGrow, true}};

} // namespace

domain::Diagnosis diagnoseWork(const domain::WorkLooks& looks, const WorkMemory* memory, const Thresholds& thresholds) {
    domain::Diagnosis diagnosis;
    const WorkMemory* known = memory && memory->knows() ? memory : nullptr;
    for (const domain::PartError& error : looks.errors)
        diagnosis.notEvaluated.push_back({"work_*", error.part + ": " + error.failure.diagnostics.message});
    if (looks.installs.empty())
        return diagnosis;
    for (const Rule& rule : all) {
        if (rule.remembers && !known) {
            diagnosis.notEvaluated.push_back({rule.name, "needs two looks at the work queue"});
            continue;
        }
        ++diagnosis.rulesEvaluated;
        for (const domain::WorkLook& look : looks.installs)
            rule.judge(Case{look, known, thresholds, diagnosis});
    }
    return diagnosis;
}

void addFindings(domain::Diagnosis& diagnosis, const domain::Diagnosis& more) {
    diagnosis.findings.insert(diagnosis.findings.end(), more.findings.begin(), more.findings.end());
    diagnosis.notEvaluated.insert(diagnosis.notEvaluated.end(), more.notEvaluated.begin(), more.notEvaluated.end());
    diagnosis.rulesEvaluated += more.rulesEvaluated;
    sortFindings(diagnosis);
}

} // namespace monitor
