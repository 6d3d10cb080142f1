// SPDX-License-Identifier: GPL-3.0-or-later
#include "monitor/ownersessions.h"

#include "queries/activity.h"

#include <string_view>
#include <unordered_map>

namespace monitor {

namespace {

constexpr std::size_t applicationNameBytes = 63;

void replaceAll(std::string& text, std::string_view what, const std::string& with) {
    for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + with.size()))
        text.replace(at, what.size(), with);
}

} // namespace

std::string applicationName(const std::string& rule, const domain::Snapshot& snapshot,
                            const domain::Subscription& row) {
    const domain::Queue* queue = snapshot.queue(row.queueId);
    if (rule.empty() || !queue)
        return {};
    const std::string member = domain::subconsumerName(snapshot, row);
    std::string name = rule;
    if (const std::size_t at = name.find("{member}"); member.empty() && at != name.npos) {
        const std::size_t before = at == 0 ? name.npos : name.find_last_of('}', at - 1);
        const std::size_t from = before == name.npos ? at : before + 1;
        name.erase(from, at + std::string_view("{member}").size() - from);
    }
    replaceAll(name, "{queue}", queue->name);
    replaceAll(name, "{group}", domain::groupName(snapshot, row));
    replaceAll(name, "{member}", member);
    if (name.size() > applicationNameBytes)
        name.resize(applicationNameBytes);
    return name;
}

void OwnerSessions::setRule(std::string rule) {
    if (rule == m_rule)
        return;
    m_rule = std::move(rule);
    forget();
}

void OwnerSessions::forget() {
    m_seen.clear();
}

std::vector<domain::OwnerSession> OwnerSessions::tie(const domain::Snapshot& snapshot,
                                                     const domain::Activity& activity) {
    if (m_rule.empty())
        return {};
    std::unordered_map<std::string_view, std::vector<const domain::Backend*>> named;
    for (const domain::Backend& backend : activity.backends)
        named[backend.application].push_back(&backend);
    // Where not all sessions were listed nobody is called gone.
    const bool allListed = activity.backends.size() < std::size_t(queries::backendsAtMost);
    std::map<std::pair<std::int32_t, std::int32_t>, domain::OwnerSession> seen;
    for (const domain::Subscription& row : snapshot.subscriptions) {
        // A group's main row is nobody's: its members have the sessions.
        if (row.role == domain::Role::CoopMain)
            continue;
        const std::pair at(row.queueId, row.consumerId);
        const std::string name = applicationName(m_rule, snapshot, row);
        const auto found = named.find(name);
        if (found != named.end() && !name.empty()) {
            const domain::Backend& first = *found->second.front();
            domain::OwnerSession& one = seen[at];
            one = {row.queueId, row.consumerId, name, {}, first.state, first.stateSince, activity.takenAt, false};
            for (const domain::Backend* backend : found->second)
                one.pids.push_back(backend->pid);
        } else if (const auto before = m_seen.find(at); before != m_seen.end() && before->second.application == name) {
            seen[at] = before->second;
            seen[at].gone = allListed;
        }
    }
    m_seen = std::move(seen);
    std::vector<domain::OwnerSession> sessions;
    sessions.reserve(m_seen.size());
    for (const auto& [at, session] : m_seen)
        sessions.push_back(session);
    return sessions;
}

} // namespace monitor
