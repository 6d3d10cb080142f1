// SPDX-License-Identifier: GPL-3.0-or-later
#include "monitor/workrules.h"

namespace monitor {

namespace {

/// The message that is claimed next: the head of the highest band that has one.
const domain::WorkBand* headOf(const domain::WorkQueue& queue) {
    for (const domain::WorkBand& band : queue.bands) {
        if (band.headId)
            return &band;
    }
    return nullptr;
}

std::string holderName(const domain::HorizonHolder& holder) {
    return std::to_string(static_cast<int>(holder.kind)) + holder.name + std::to_string(holder.pid.value_or(0));
}

} // namespace

void WorkMemory::Grown::add(std::int64_t value, pg::Timestamp now) {
    if (value < to)
        *this = {value, value, now};
    to = value;
}

void WorkMemory::add(const domain::WorkLooks& looks) {
    ++m_count;
    std::map<Key, Head> heads;
    std::map<Key, std::int64_t> redeliveries;
    for (const domain::WorkLook& look : looks.installs) {
        const domain::WorkSample& sample = look.sample;
        const std::string& schema = sample.install.schema;
        for (const domain::WorkQueue& queue : sample.queues) {
            const Key key{schema, queue.name};
            redeliveries[key] = queue.redeliveries();
            const domain::WorkBand* head = headOf(queue);
            if (!head)
                continue;
            const auto before = m_heads.find(key);
            const bool same = before != m_heads.end() && before->second.id == *head->headId &&
                              before->second.reads == head->headReads;
            heads[key] = {*head->headId, head->headReads, same ? before->second.since : sample.takenAt};
        }
        if (!sample.counters)
            continue;
        // Counters that went back were reset: nothing can be told from before.
        const auto deleted = m_deleted.find(schema);
        if (deleted == m_deleted.end() || deleted->second.count != sample.counters->deleted) {
            Deleted& fresh = m_deleted[schema] = {sample.counters->deleted, sample.takenAt, {}};
            for (const domain::WorkQueue& queue : sample.queues)
                fresh.redeliveries[queue.name] = queue.redeliveries();
        }
        const auto dead =
            m_dead.try_emplace(schema, Grown{sample.counters->dead, sample.counters->dead, sample.takenAt});
        dead.first->second.add(sample.counters->dead, sample.takenAt);
    }
    m_heads = std::move(heads);
    m_redeliveries = std::move(redeliveries);

    const domain::HorizonHolder* holder = nullptr;
    for (const domain::WorkLook& look : looks.installs) {
        if (look.horizon)
            holder = &*look.horizon;
    }
    if (!holder) {
        m_horizon.reset();
    } else if (const std::string name = holderName(*holder); !m_horizon || name != m_holder) {
        m_holder = name;
        m_horizon = Grown{holder->transactions, holder->transactions, looks.takenAt};
    } else {
        m_horizon->add(holder->transactions, looks.takenAt);
    }
}

void WorkMemory::clear() {
    *this = WorkMemory();
}

std::optional<pg::Timestamp> WorkMemory::unclaimedSince(const std::string& schema, const std::string& queue) const {
    const auto found = m_heads.find({schema, queue});
    return found == m_heads.end() ? std::nullopt : std::optional(found->second.since);
}

std::optional<WorkMemory::Futile> WorkMemory::futile(const std::string& schema, const std::string& queue) const {
    const auto deleted = m_deleted.find(schema);
    const auto now = m_redeliveries.find({schema, queue});
    if (deleted == m_deleted.end() || now == m_redeliveries.end())
        return std::nullopt;
    const auto then = deleted->second.redeliveries.find(queue);
    return Futile{now->second - (then == deleted->second.redeliveries.end() ? 0 : then->second), deleted->second.since};
}

std::optional<WorkMemory::Growth> WorkMemory::deadGrowth(const std::string& schema) const {
    const auto found = m_dead.find(schema);
    if (found == m_dead.end())
        return std::nullopt;
    return Growth{found->second.to - found->second.from, found->second.since};
}

std::optional<WorkMemory::Growth> WorkMemory::horizonGrowth() const {
    if (!m_horizon)
        return std::nullopt;
    return Growth{m_horizon->to - m_horizon->from, m_horizon->since};
}

} // namespace monitor
