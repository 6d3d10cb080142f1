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
constexpr double dearCountingMs = 50;

std::uint64_t key(std::int32_t high, std::int32_t low) {
    return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(high)) << 32) | static_cast<std::uint32_t>(low);
}

int rank(domain::Role role) {
    return role == domain::Role::CoopMember ? 1 : 0;
}

pg::Failure noRight(const std::string& table) {
    pg::Failure failure;
    failure.kind = pg::ErrorKind::Server;
    failure.diagnostics.sqlState = "42501";
    failure.diagnostics.severity = "ERROR";
    failure.diagnostics.message = "permission denied for table " + table;
    return failure;
}

} // namespace

/// The questions of one round trip beside the core.
struct Sampler::Asking {
    struct Slice {
        std::vector<std::int64_t> queueIds;
        Asked<std::vector<queries::SequenceValue>> values;
    };

    std::vector<Slice> sequences;
    std::optional<Asked<std::vector<queries::RetryCount>>> retries;
    std::optional<Asked<std::vector<queries::RetryDue>>> due;
    std::optional<Asked<std::vector<queries::RetryDue>>> ahead;
    std::optional<Asked<std::vector<queries::DeadCount>>> dead;
    std::optional<std::pair<Asked<pg::Timestamp>, Asked<pg::Timestamp>>> countsClock;
    std::optional<queries::ActivityQuestions> activity;
    std::optional<queries::UpkeepQuestions> upkeep;
};

void Sampler::reset() {
    // The last snapshot stays: what was seen open goes on having been seen.
    m_since.reset();
    m_countsAt = {};
    m_activityAt = {};
    m_slowErrors.clear();
    m_owners.forget();
}

domain::SnapshotPtr Sampler::sample(pg::Connection& connection, const domain::Capabilities& capabilities,
                                    pg::Deadline deadline) {
    const auto started = pg::Clock::now();
    if (m_since && started - m_completeAt >= m_options.completeEvery)
        m_since.reset();

    Look look;
    Asking asking;
    const queries::CoreQuestions core = queries::askCore(look, capabilities, m_since, m_options.limits);
    if (m_last) {
        std::vector<std::int64_t> ids;
        ids.reserve(m_last->queues.size());
        for (const Queue& queue : m_last->queues)
            ids.push_back(queue.id);
        askSequences(look, asking, ids);
    }
    if (started - m_countsAt >= std::max(m_countsEvery, m_options.countsEvery))
        askCounts(look, asking, capabilities);
    if (started - m_activityAt >= m_options.activityEvery)
        asking.activity = queries::askActivity(look, m_options.limits);
    const queries::Answers answers = look.run(connection, deadline);

    auto next = std::make_shared<Snapshot>();
    next->capabilities = capabilities;
    queries::CoreSample read = queries::readCore(answers, core);
    next->takenAt = read.takenAt;
    next->capabilities.inRecovery = read.inRecovery;
    next->cost.serverMs = queries::coreServerMs(answers, core);
    addCost(answers, look.statementCount(), started, *next);
    if (!merge(std::move(read), *next)) {
        // Rows came or went that the difference does not show.
        m_since.reset();
        return sample(connection, capabilities, deadline);
    }
    readSequences(answers, asking, *next);
    readMissingSequences(connection, *next, deadline);
    readCounts(answers, asking, *next);
    readUpkeep(answers, asking, *next);
    std::shared_ptr<domain::Activity> activity;
    if (asking.activity) {
        try {
            activity = std::make_shared<domain::Activity>(queries::readActivity(answers, *asking.activity));
            next->activity = activity;
            m_activityAt = started;
        } catch (const pg::Error& error) {
            next->errors.push_back({"activity", error.failure()});
        }
    } else if (m_last) {
        next->activity = m_last->activity;
    }
    next->errors.insert(next->errors.end(), m_slowErrors.begin(), m_slowErrors.end());
    next->receivedAt = pg::Clock::now();
    next->number = ++m_number;
    next->buildIndex();
    if (activity)
        activity->owners = m_owners.tie(*next, *activity);
    m_last = next;
    return next;
}

void Sampler::addCost(const queries::Answers& answers, int statements, pg::Clock::time_point started,
                      Snapshot& next) const {
    next.cost.roundTripMs = std::chrono::duration<double, std::milli>(pg::Clock::now() - started).count();
    next.cost.bytes += answers.bytes();
    next.cost.statements += statements;
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
            // Batch ids are never used twice, so the same id is the same batch, in whatever row it stands.
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
            const auto place = m_queueAt.find(key(0, static_cast<std::int32_t>(id)));
            if (place != m_queueAt.end())
                next.queues[place->second].eventSeqNow.reset();
        }
        try {
            for (const queries::SequenceValue& one : answers.get(slice.values)) {
                const auto place = m_queueAt.find(key(0, one.queueId));
                if (place != m_queueAt.end())
                    next.queues[place->second].eventSeqNow = one.value;
            }
        } catch (const pg::Error& error) {
            next.errors.push_back({"sequences", error.failure()});
            m_avoidLockedUntil = pg::Clock::now() + avoidLockedFor;
        }
    }
}

void Sampler::readMissingSequences(pg::Connection& connection, Snapshot& next, pg::Deadline deadline) {
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

void Sampler::askCounts(Look& look, Asking& asking, const domain::Capabilities& capabilities) {
    m_slowErrors.clear();
    look.part(m_options.limits);
    const auto began = look.ask(queries::serverClock());
    if (capabilities.readableTables.contains("retry_queue")) {
        asking.retries = look.ask(queries::retryCounts(capabilities));
        asking.due = look.ask(queries::retriesDue());
        asking.ahead = look.ask(queries::retriesAhead());
    } else {
        m_slowErrors.push_back({"retries", noRight("retry_queue")});
    }
    // Dead letters are a part of their own: fewer roles may read them.
    if (capabilities.readableTables.contains("dead_letter")) {
        look.part(m_options.limits);
        asking.dead = look.ask(queries::deadCounts());
    } else {
        m_slowErrors.push_back({"dead letters", noRight("dead_letter")});
    }
    asking.countsClock = {began, look.ask(queries::serverClock())};
    asking.upkeep = queries::askUpkeep(look, capabilities, m_options.limits);
}

void Sampler::readCounts(const queries::Answers& answers, const Asking& asking, Snapshot& next) {
    if (!asking.countsClock)
        return;
    m_countsAt = pg::Clock::now();
    const domain::Count nothing{0, false, next.takenAt};
    const auto place = [&](std::int32_t queueId) -> Queue* {
        const auto found = m_queueAt.find(key(0, queueId));
        return found == m_queueAt.end() ? nullptr : &next.queues[found->second];
    };
    try {
        const auto took = answers.get(asking.countsClock->second) - answers.get(asking.countsClock->first);
        const double ms = std::chrono::duration<double, std::milli>(took).count();
        // Dear counting is done less often, up to every ten minutes; cheap counting comes back to its beat.
        m_countsEvery = ms > dearCountingMs
                            ? std::min<std::chrono::seconds>(std::max(m_countsEvery, m_options.countsEvery) * 2,
                                                             std::chrono::minutes(10))
                            : m_options.countsEvery;
    } catch (const pg::Error&) {
        m_countsEvery = m_options.countsEvery * 2;
    }
    if (asking.retries)
        readRetries(answers, asking, next);
    if (asking.dead) {
        try {
            const auto dead = answers.get(*asking.dead);
            for (Queue& queue : next.queues) {
                queue.dead = nothing;
                queue.newestDead.reset();
            }
            for (const queries::DeadCount& one : dead) {
                if (Queue* queue = place(one.queueId)) {
                    queue->dead = one.dead;
                    queue->newestDead = one.newest;
                }
            }
        } catch (const pg::Error& error) {
            m_slowErrors.push_back({"dead letters", error.failure()});
        }
    }
}

void Sampler::readRetries(const queries::Answers& answers, const Asking& asking, Snapshot& next) {
    const domain::Count nothing{0, false, next.takenAt};
    const auto place = [&](std::int32_t queueId) -> Queue* {
        const auto found = m_queueAt.find(key(0, queueId));
        return found == m_queueAt.end() ? nullptr : &next.queues[found->second];
    };
    try {
        const auto waiting = answers.get(*asking.retries);
        const auto due = answers.get(*asking.due);
        const auto ahead = answers.get(*asking.ahead);
        for (Queue& queue : next.queues) {
            queue.retry = queue.retryDue = queue.retryAhead = queue.retryLastTry = nothing;
            queue.oldestRetryDue.reset();
        }
        for (const queries::RetryCount& one : waiting) {
            if (Queue* queue = place(one.queueId)) {
                queue->retry = one.waiting;
                queue->retryLastTry = one.lastTry;
            }
        }
        for (const queries::RetryDue& one : due) {
            if (Queue* queue = place(one.queueId)) {
                queue->retryDue = one.due;
                queue->oldestRetryDue = one.oldest;
            }
        }
        for (const queries::RetryDue& one : ahead) {
            if (Queue* queue = place(one.queueId))
                queue->retryAhead = one.due;
        }
    } catch (const pg::Error& error) {
        m_slowErrors.push_back({"retries", error.failure()});
    }
}

void Sampler::readUpkeep(const queries::Answers& answers, const Asking& asking, Snapshot& next) {
    if (!asking.upkeep) {
        next.upkeep = m_last ? m_last->upkeep : nullptr;
        return;
    }
    try {
        next.upkeep = std::make_shared<const domain::Upkeep>(queries::readUpkeep(answers, *asking.upkeep));
    } catch (const pg::Error& error) {
        m_slowErrors.push_back({"upkeep", error.failure()});
    }
}

} // namespace monitor
