// SPDX-License-Identifier: GPL-3.0-or-later
#include "domain/lockwaits.h"

#include <algorithm>
#include <map>

namespace domain {

namespace {

constexpr std::string_view lockWait = "Lock: ";

bool waitsForLock(const Backend& backend) {
    return backend.waitEvent.starts_with(lockWait);
}

std::string rowText(const Snapshot& snapshot, const RowLock& lock) {
    const Queue* queue = snapshot.queue(lock.queueId);
    const Subscription* row = snapshot.subscription(lock.queueId, lock.consumerId);
    return queue && row ? "row of " + row->consumerName + " on " + queue->name : "a row of pgque.subscription";
}

/// What the kind of wait says of a lock whose holder is not known.
std::string kindText(const std::string& waitEvent) {
    std::string kind = waitEvent.substr(lockWait.size());
    if (kind == "tuple" || kind == "transactionid")
        return "a row";
    if (kind == "relation")
        return "a table";
    if (kind == "advisory")
        return "an advisory lock";
    return kind;
}

class Gathering {
public:
    explicit Gathering(const Snapshot& snapshot)
        : m_snapshot(snapshot) {
        for (const Backend& backend : snapshot.activity->backends)
            m_backends.emplace(backend.pid, &backend);
    }

    LockSession& session(std::int32_t pid) {
        const auto [place, isNew] = m_sessions.try_emplace(pid);
        LockSession& session = place->second;
        session.pid = pid;
        const auto known = m_backends.find(pid);
        if (isNew && pid != 0 && known != m_backends.end()) {
            const Backend& backend = *known->second;
            session.user = backend.user;
            session.application = backend.application;
            session.state = backend.state;
            session.started = backend.started;
            session.transactionSince = backend.transactionSince;
        }
        return session;
    }

    void add(const RowLock& lock) {
        if (lock.waiting.empty())
            return;
        LockSession& holder = session(lock.pid);
        if (holder.application.empty())
            holder.application = lock.application;
        if (holder.state.empty())
            holder.state = lock.state;
        if (!holder.transactionSince && lock.pid != 0 && !lock.sinceIsLeast)
            holder.transactionSince = lock.since;
        const std::string text = rowText(m_snapshot, lock);
        for (const std::int32_t pid : lock.waiting) {
            LockSession& waiter = session(pid);
            waiter.schema = "pgque";
            // A transaction that holds several rows: which of them it is that is wanted, was not seen.
            if (waiter.waitsFor.empty())
                waiter.waitsFor = text;
            else if (waiter.waitsFor != text && !waiter.waitsFor.ends_with(" or " + text))
                waiter.waitsFor += " or " + text;
            waiter.blockers.push_back(lock.pid);
        }
    }

    void add(const Backend& backend) {
        const std::string& here = m_snapshot.capabilities.database;
        if (!waitsForLock(backend) || (!here.empty() && backend.database != here))
            return;
        LockSession& waiter = session(backend.pid);
        if (waiter.waitsFor.empty())
            waiter.waitsFor = kindText(backend.waitEvent);
    }

    std::vector<LockSession> take() {
        std::vector<LockSession> sessions;
        for (auto& [pid, session] : m_sessions) {
            std::vector<std::int32_t>& blockers = session.blockers;
            std::sort(blockers.begin(), blockers.end());
            blockers.erase(std::unique(blockers.begin(), blockers.end()), blockers.end());
            sessions.push_back(std::move(session));
        }
        return sessions;
    }

private:
    const Snapshot& m_snapshot;
    std::map<std::int32_t, const Backend*> m_backends;
    std::map<std::int32_t, LockSession> m_sessions;
};

} // namespace

std::optional<LockWaits> lockWaitsOf(const Snapshot& snapshot) {
    if (!snapshot.activity)
        return std::nullopt;
    Gathering gathering(snapshot);
    for (const RowLock& lock : snapshot.activity->rowLocks)
        gathering.add(lock);
    for (const Backend& backend : snapshot.activity->backends)
        gathering.add(backend);
    LockWaits waits;
    waits.sessions = gathering.take();
    waits.takenAt = snapshot.activity->takenAt;
    return waits;
}

} // namespace domain
