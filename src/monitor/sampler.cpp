// SPDX-License-Identifier: GPL-3.0-or-later
#include "monitor/sampler.h"

#include <algorithm>
#include <tuple>

namespace monitor {

namespace {

using domain::Queue;
using domain::Snapshot;
using domain::Subscription;
using queries::Asked;
using queries::Look;

constexpr std::size_t sequencesAtOnce = 500;
constexpr auto avoidLockedFor = std::chrono::seconds(30);
constexpr auto longestPause = std::chrono::minutes(10);
constexpr auto longestActivityPause = std::chrono::minutes(1); ///< locks and sessions come and go

std::uint64_t key(std::int32_t high, std::int32_t low) {
    return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(high)) << 32) | static_cast<std::uint32_t>(low);
}

int rank(domain::Role role) {
    return role == domain::Role::CoopMember ? 1 : 0;
}

/// Why a table is not read: a right is missing, or there is no such table, and then no right would help.
pg::Failure unreadable(const std::string& table, const domain::Capabilities& capabilities) {
    const auto column = capabilities.columns.lower_bound(table + '.');
    const bool there = column != capabilities.columns.end() && column->starts_with(table + '.');
    pg::Failure failure;
    failure.kind = pg::ErrorKind::Server;
    failure.diagnostics.sqlState = there ? "42501" : "42P01";
    failure.diagnostics.severity = "ERROR";
    failure.diagnostics.message =
        there ? "permission denied for table " + table : "this install has no table pgque." + table;
    return failure;
}

pg::Failure notAsked() {
    pg::Failure failure;
    failure.kind = pg::ErrorKind::Timeout;
    failure.diagnostics.message = "not asked for a while: the server could not answer a whole sample in time";
    return failure;
}

[[noreturn]] void installIsGone() {
    pg::Failure failure;
    failure.kind = pg::ErrorKind::Server;
    failure.diagnostics.sqlState = "3F000";
    failure.diagnostics.severity = "ERROR";
    failure.diagnostics.message = "the schema pgque was dropped and made again";
    throw pg::Error(std::move(failure));
}

} // namespace

/// The questions of one round trip beside the core.
struct Sampler::Asking {
    struct Slice {
        std::vector<std::int64_t> queueIds;
        Asked<std::vector<queries::SequenceValue>> values;
    };

    std::vector<Slice> sequences;
    std::optional<queries::RetryQuestions> retries;
    std::optional<Asked<std::vector<queries::DeadCount>>> dead;
    std::optional<queries::UpkeepQuestions> upkeep;
    std::optional<queries::ActivityQuestions> activity;
    Timed retriesTime;
    Timed deadTime;
};

Sampler::Sampler(Options options)
    : m_options(options)
    , m_retries{{options.countsEvery, longestPause}, {}}
    , m_dead(m_retries)
    , m_upkeep(m_retries)
    , m_activity{{options.activityEvery, longestActivityPause}, {}} {}

void Sampler::reset() {
    // The last snapshot stays: what was seen open goes on having been seen.
    m_since.reset();
    for (Beat* beat : {&m_retries, &m_dead, &m_upkeep, &m_activity}) {
        beat->pace.askNext();
        beat->error.reset();
    }
    m_owners.forget();
    m_firstSeen.forget();
}

/// Ids of another install mean other rows.
void Sampler::forget() {
    reset();
    m_last.reset();
    m_queueAt.clear();
    m_subscriptionAt.clear();
}

domain::SnapshotPtr Sampler::sample(pg::Connection& connection, const domain::Capabilities& capabilities,
                                    pg::Deadline deadline, Extent extent) {
    const bool whole = extent == Extent::Whole;
    const auto started = pg::Clock::now();
    if (m_last && m_last->capabilities.identity() != capabilities.identity())
        forget();
    if (m_since && started - m_completeAt >= m_options.completeEvery)
        m_since.reset();

    Look look;
    Asking asking;
    const queries::CoreQuestions core = queries::askCore(look, capabilities, m_since, m_options.limits);
    if (m_last && whole && !m_last->capabilities.inRecovery) {
        std::vector<std::int64_t> ids;
        ids.reserve(m_last->queues.size());
        for (const Queue& queue : m_last->queues)
            ids.push_back(queue.id);
        askSequences(look, asking, ids);
    }
    if (whole)
        askOthers(look, asking, capabilities, started);
    const queries::Answers answers = look.run(connection, deadline);

    auto next = std::make_shared<Snapshot>();
    next->capabilities = capabilities;
    queries::CoreSample read = queries::readCore(answers, core);
    if (read.install != capabilities.install)
        installIsGone();
    next->takenAt = read.takenAt;
    next->capabilities.inRecovery = read.inRecovery;
    if (read.inRecovery)
        next->replayedAt = read.replayedAt;
    next->cost.serverMs = queries::coreServerMs(answers, core);
    addCost(answers, look.statementCount(), started, *next);
    if ((m_since && !queries::goesOn(read, *m_since)) || !merge(std::move(read), *next)) {
        // Another server answers, or rows came or went that the difference does not show.
        m_since.reset();
        return sample(connection, capabilities, deadline, extent);
    }
    if (whole) {
        readSequences(answers, asking, *next);
        readMissingSequences(connection, *next, deadline);
    } else {
        // An old value is none.
        for (Queue& queue : next->queues)
            queue.eventSeqNow.reset();
        for (const char* part : {"sequences", "counts", "activity"})
            next->errors.push_back({part, notAsked()});
    }
    readOthers(answers, asking, *next);
    next->receivedAt = pg::Clock::now();
    next->number = ++m_number;
    next->buildIndex();
    if (next->activity && (!m_last || next->activity != m_last->activity)) {
        auto tied = std::make_shared<domain::Activity>(*next->activity);
        m_firstSeen.tell(*tied);
        tied->owners = m_owners.tie(*next, *tied);
        next->activity = std::move(tied);
    }
    m_last = next;
    return next;
}

void Sampler::addCost(const queries::Answers& answers, int statements, pg::Clock::time_point started,
                      Snapshot& next) const {
    next.cost.roundTripMs = std::chrono::duration<double, std::milli>(pg::Clock::now() - started).count();
    next.cost.bytes += answers.bytes();
    next.cost.statements += statements;
    next.cost.wholeMs += std::chrono::duration<double, std::milli>(answers.took()).count();
}

bool Sampler::merge(queries::CoreSample&& core, Snapshot& next) {
    const bool knows = m_last != nullptr;
    if (core.full) {
        next.queues.reserve(core.queues.size());
        next.subscriptions.reserve(core.subscriptions.size());
    } else {
        next.queues = m_last->queues;
        next.subscriptions = m_last->subscriptions;
    }
    bool moved = core.full;
    for (Queue& queue : core.queues)
        takeQueue(std::move(queue), next, moved);
    for (Subscription& row : core.subscriptions) {
        if (row.batch) {
            // An install uses no batch id twice, so the same id is the same batch, in whatever row it stands.
            const Subscription* before = knows ? m_last->subscription(row.queueId, row.consumerId) : nullptr;
            const bool seen = before != nullptr && before->batch == row.batch;
            row.batchFirstSeen = seen ? before->batchFirstSeen : core.takenAt;
        }
        takeSubscription(std::move(row), next, moved);
    }
    if (!core.full) {
        queries::KeyCheck queues;
        queries::KeyCheck subscriptions;
        for (const Queue& queue : next.queues)
            queues.add(0, queue.id);
        for (const Subscription& row : next.subscriptions)
            subscriptions.add(row.queueId, row.consumerId);
        if (!(queues == core.queueKeys) || !(subscriptions == core.subscriptionKeys))
            return false;
    } else {
        m_completeAt = pg::Clock::now();
    }
    if (moved)
        order(next);
    findLowestTicks(next);
    m_since = core.since;
    return true;
}

void Sampler::takeQueue(Queue&& queue, Snapshot& next, bool& moved) {
    // What is asked on beats of its own is kept from the last time.
    if (const Queue* before = m_last ? m_last->queue(queue.id) : nullptr) {
        queue.retry = before->retry;
        queue.retryDue = before->retryDue;
        queue.oldestRetryDue = before->oldestRetryDue;
        queue.retryAhead = before->retryAhead;
        queue.retryLastTry = before->retryLastTry;
        queue.dead = before->dead;
        queue.newestDead = before->newestDead;
        moved = moved || before->name != queue.name;
    }
    const auto place = m_queueAt.find(key(0, queue.id));
    if (!m_since || place == m_queueAt.end()) {
        moved = true;
        next.queues.push_back(std::move(queue));
    } else {
        next.queues[place->second] = std::move(queue);
    }
}

void Sampler::takeSubscription(Subscription&& row, Snapshot& next, bool& moved) {
    const auto place = m_subscriptionAt.find(key(row.queueId, row.consumerId));
    if (!m_since || place == m_subscriptionAt.end()) {
        moved = true;
        next.subscriptions.push_back(std::move(row));
        return;
    }
    Subscription& old = next.subscriptions[place->second];
    moved = moved || old.subId != row.subId || old.role != row.role || old.consumerName != row.consumerName;
    old = std::move(row);
}

void Sampler::order(Snapshot& next) {
    std::sort(next.queues.begin(), next.queues.end(), [](const Queue& a, const Queue& b) { return a.name < b.name; });
    m_queueAt.clear();
    for (std::size_t i = 0; i < next.queues.size(); ++i)
        m_queueAt.emplace(key(0, next.queues[i].id), i);

    const auto queuePlace = [this](const Subscription& row) {
        const auto found = m_queueAt.find(key(0, row.queueId));
        return found == m_queueAt.end() ? m_queueAt.size() : found->second;
    };
    // A group is named by its main row, so groups sort as their first row does.
    std::unordered_map<std::uint64_t, std::string> groups;
    for (const Subscription& row : next.subscriptions) {
        if (row.role == domain::Role::CoopMain)
            groups.emplace(key(row.queueId, row.subId), row.consumerName);
    }
    const auto group = [&groups](const Subscription& row) -> const std::string& {
        const auto found = groups.find(key(row.queueId, row.subId));
        return found == groups.end() ? row.consumerName : found->second;
    };
    std::sort(next.subscriptions.begin(), next.subscriptions.end(), [&](const Subscription& a, const Subscription& b) {
        return std::forward_as_tuple(queuePlace(a), group(a), a.subId, rank(a.role), a.consumerName, a.consumerId) <
               std::forward_as_tuple(queuePlace(b), group(b), b.subId, rank(b.role), b.consumerName, b.consumerId);
    });
    m_subscriptionAt.clear();
    for (std::size_t i = 0; i < next.subscriptions.size(); ++i)
        m_subscriptionAt.emplace(key(next.subscriptions[i].queueId, next.subscriptions[i].consumerId), i);
}

void Sampler::findLowestTicks(Snapshot& next) {
    // Rotation looks at all positions there are, those of members and of idle groups included.
    std::unordered_map<std::int32_t, const Subscription*> lowest;
    std::unordered_map<std::int32_t, bool> missing;
    for (const Subscription& row : next.subscriptions) {
        if (!row.lastTick)
            continue;
        if (!row.lastTickTime)
            missing[row.queueId] = true;
        const auto [place, first] = lowest.try_emplace(row.queueId, &row);
        if (!first && *row.lastTick < *place->second->lastTick)
            place->second = &row;
    }
    for (Queue& queue : next.queues) {
        queue.lowestTick.reset();
        queue.lowestTickMissing = missing.contains(queue.id);
        const auto found = lowest.find(queue.id);
        if (found != lowest.end() && found->second->lastTickTime) {
            const Subscription& row = *found->second;
            queue.lowestTick = domain::Tick{*row.lastTick, *row.lastTickTime, row.lastTickSeq.value_or(0),
                                            row.lastTickXmin.value_or(0), 0};
        }
    }
}

Queue* Sampler::place(std::int32_t queueId, Snapshot& next) const {
    const auto found = m_queueAt.find(key(0, queueId));
    return found == m_queueAt.end() ? nullptr : &next.queues[found->second];
}

void Sampler::askSequences(Look& look, Asking& asking, const std::vector<std::int64_t>& queueIds) const {
    const bool avoidLocked = pg::Clock::now() < m_avoidLockedUntil;
    for (std::size_t at = 0; at < queueIds.size(); at += sequencesAtOnce) {
        const auto end = std::min(queueIds.size(), at + sequencesAtOnce);
        Asking::Slice slice;
        slice.queueIds.assign(queueIds.begin() + static_cast<std::ptrdiff_t>(at),
                              queueIds.begin() + static_cast<std::ptrdiff_t>(end));
        look.part(m_options.limits);
        slice.values = look.ask(queries::sequenceValues(slice.queueIds, avoidLocked));
        asking.sequences.push_back(std::move(slice));
    }
}

void Sampler::readSequences(const queries::Answers& answers, const Asking& asking, Snapshot& next) {
    for (const Asking::Slice& slice : asking.sequences) {
        // Whatever comes of it, an old value is none: rates and waiting events are computed from it.
        for (const std::int64_t id : slice.queueIds) {
            if (Queue* queue = place(static_cast<std::int32_t>(id), next))
                queue->eventSeqNow.reset();
        }
        // A sequence writes ahead what it will have given out next, up to 32 numbers: that is what a standby reads.
        if (next.capabilities.inRecovery)
            continue;
        try {
            for (const queries::SequenceValue& one : answers.get(slice.values)) {
                if (Queue* queue = place(one.queueId, next))
                    queue->eventSeqNow = one.value;
            }
        } catch (const pg::Error& error) {
            next.errors.push_back({"sequences", error.failure()});
            m_avoidLockedUntil = pg::Clock::now() + avoidLockedFor;
        }
    }
}

void Sampler::readMissingSequences(pg::Connection& connection, Snapshot& next, pg::Deadline deadline) {
    if (next.capabilities.inRecovery)
        return;
    std::vector<std::int64_t> ids;
    for (const Queue& queue : next.queues) {
        if (!m_last || !m_last->queue(queue.id))
            ids.push_back(queue.id);
    }
    if (ids.empty())
        return;
    const auto started = pg::Clock::now();
    Look look;
    Asking asking;
    askSequences(look, asking, ids);
    const queries::Answers answers = look.run(connection, deadline);
    const double before = next.cost.roundTripMs;
    addCost(answers, look.statementCount(), started, next);
    next.cost.roundTripMs += before;
    readSequences(answers, asking, next);
}

void Sampler::askOthers(Look& look, Asking& asking, const domain::Capabilities& capabilities,
                        pg::Clock::time_point now) {
    if (!capabilities.readableTables.contains("retry_queue")) {
        m_retries.error = {"retries", unreadable("retry_queue", capabilities)};
    } else if (m_retries.pace.isDue(now)) {
        look.part(m_options.limits);
        const auto began = look.ask(queries::serverClock());
        asking.retries = queries::askRetries(look, capabilities);
        asking.retriesTime = {began, look.ask(queries::serverClock())};
    }
    // Dead letters are a part of their own: fewer roles may read them.
    if (!capabilities.readableTables.contains("dead_letter")) {
        m_dead.error = {"dead letters", unreadable("dead_letter", capabilities)};
    } else if (m_dead.pace.isDue(now)) {
        look.part(m_options.limits);
        const auto began = look.ask(queries::serverClock());
        asking.dead = look.ask(queries::deadCounts());
        asking.deadTime = {began, look.ask(queries::serverClock())};
    }
    if (m_upkeep.pace.isDue(now))
        asking.upkeep = queries::askUpkeep(look, capabilities, m_options.limits);
    if (m_activity.pace.isDue(now))
        asking.activity = queries::askActivity(look, m_options.limits);
}

/// What it takes it takes whole, or throws pg::Error before.
template <class Take>
void Sampler::read(Beat& beat, const char* part, const queries::Answers& answers, const Timed& timed, Take take) {
    try {
        take();
        const auto took = answers.get(timed.second) - answers.get(timed.first);
        beat.error.reset();
        beat.pace.answered(pg::Clock::now(), std::chrono::duration<double, std::milli>(took).count());
    } catch (const pg::Error& error) {
        beat.error = {part, error.failure()};
        beat.pace.failed(pg::Clock::now());
    }
}

void Sampler::readOthers(const queries::Answers& answers, const Asking& asking, Snapshot& next) {
    next.upkeep = m_last ? m_last->upkeep : nullptr;
    next.activity = m_last ? m_last->activity : nullptr;
    if (asking.retries)
        read(m_retries, "retries", answers, asking.retriesTime, [&] { readRetries(answers, asking, next); });
    if (asking.dead)
        read(m_dead, "dead letters", answers, asking.deadTime, [&] { readDead(answers, asking, next); });
    if (asking.upkeep) {
        read(m_upkeep, "upkeep", answers, {asking.upkeep->began, asking.upkeep->clock}, [&] {
            next.upkeep = std::make_shared<const domain::Upkeep>(queries::readUpkeep(answers, *asking.upkeep));
        });
    }
    if (asking.activity) {
        read(m_activity, "activity", answers, {asking.activity->began, asking.activity->clock}, [&] {
            next.activity = std::make_shared<const domain::Activity>(queries::readActivity(answers, *asking.activity));
        });
    }
    for (const Beat* beat : {&m_activity, &m_retries, &m_dead, &m_upkeep}) {
        if (beat->error)
            next.errors.push_back(*beat->error);
    }
}

void Sampler::readDead(const queries::Answers& answers, const Asking& asking, Snapshot& next) const {
    const auto dead = answers.get(*asking.dead);
    for (Queue& queue : next.queues) {
        queue.dead = domain::Count{0, false, next.takenAt};
        queue.newestDead.reset();
    }
    for (const queries::DeadCount& one : dead) {
        if (Queue* queue = place(one.queueId, next)) {
            queue->dead = one.dead;
            queue->newestDead = one.newest;
        }
    }
}

void Sampler::readRetries(const queries::Answers& answers, const Asking& asking, Snapshot& next) const {
    const auto waiting = answers.get(asking.retries->waiting);
    const auto due = answers.get(asking.retries->due);
    const auto ahead = answers.get(asking.retries->ahead);
    const bool dueCut = !due.empty() && due.front().cut;
    const bool aheadCut = !ahead.empty() && ahead.front().cut;
    const domain::Count nothing{0, false, next.takenAt};
    for (Queue& queue : next.queues) {
        queue.retry = queue.retryDue = queue.retryAhead = queue.retryLastTry = nothing;
        queue.oldestRetryDue.reset();
    }
    for (const queries::RetryCount& one : waiting) {
        if (Queue* queue = place(one.queueId, next)) {
            queue->retry = one.waiting;
            queue->retryLastTry = one.lastTry;
            queue->retryDue = queries::together(one.due, nothing, dueCut);
            queue->retryAhead = queries::together(one.ahead, nothing, aheadCut);
            if (dueCut)
                queue->oldestRetryDue = one.oldestDue;
        }
    }
    for (const queries::RetryDue& one : due) {
        if (Queue* queue = place(one.queueId, next)) {
            queue->retryDue = queries::together(*queue->retryDue, one.due, dueCut);
            queue->oldestRetryDue = std::min(one.oldest, queue->oldestRetryDue ? queue->oldestRetryDue : one.oldest);
        }
    }
    for (const queries::RetryDue& one : ahead) {
        if (Queue* queue = place(one.queueId, next))
            queue->retryAhead = queries::together(*queue->retryAhead, one.due, aheadCut);
    }
}

} // namespace monitor
