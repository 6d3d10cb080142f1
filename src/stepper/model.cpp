// SPDX-License-Identifier: GPL-3.0-or-later
#include "stepper/model.h"

#include <algorithm>

namespace stepper {

namespace {

std::string describe(Model::Window window) {
    return std::to_string(window.last) + " → " + std::to_string(window.next);
}

} // namespace

Model::Model(Tick firstTick, int maxRetries)
    : m_maxRetries(maxRetries)
    , m_ticks{firstTick} {}

void Model::commitEvent(std::int64_t id) {
    m_events.push_back({{id, 0, {}}, 0});
}

void Model::tick(Tick made) {
    m_ticks.push_back(made);
    // Unseen events are the newest ones, so the walk ends at the first that an earlier tick saw.
    for (auto stored = m_events.rbegin(); stored != m_events.rend() && stored->firstTick == 0; ++stored)
        stored->firstTick = made.id;
}

std::optional<std::int64_t> Model::tickAfter(std::int64_t tick, const Ask& ask) const {
    const auto next = std::upper_bound(m_ticks.begin(), m_ticks.end(), tick,
                                       [](std::int64_t id, const Tick& t) { return id < t.id; });
    if (next == m_ticks.end())
        return std::nullopt;
    auto found = next;
    if (ask.minCount || ask.minInterval) {
        const Tick& from = *std::prev(next);
        const auto reaches = [&from, &ask](const Tick& to) {
            return (ask.minCount && to.sequence - from.sequence >= *ask.minCount) ||
                   (ask.minInterval && to.at - from.at >= *ask.minInterval);
        };
        const Tick& newest = m_ticks.back();
        if (!reaches(newest))
            return std::nullopt;
        // The newest tick, unless that would be more than twice what was asked for.
        const bool fits = (!ask.minCount || newest.sequence - from.sequence <= 2 * std::int64_t(*ask.minCount)) &&
                          (!ask.minInterval || newest.at - from.at <= 2 * *ask.minInterval);
        found = fits ? std::prev(m_ticks.end()) : std::find_if(next, m_ticks.end(), reaches);
    }
    if (ask.minLag && m_now - found->at < *ask.minLag)
        return std::nullopt;
    return found->id;
}

void Model::begin(const std::string& consumer, std::int64_t tick, bool cooperative) {
    const auto [found, created] = m_groups.try_emplace(consumer);
    if (!created)
        return;
    found->second.order = ++m_registrations;
    found->second.cursor = tick;
    found->second.cooperative = cooperative;
}

bool Model::addNormal(const std::string& consumer) {
    if (m_groups.contains(consumer))
        return false;
    begin(consumer, lastTick(), false);
    return true;
}

bool Model::removeNormal(const std::string& consumer) {
    const auto found = m_groups.find(consumer);
    if (found == m_groups.end() || !found->second.members.empty())
        return false;
    m_groups.erase(found);
    std::erase_if(m_events, [&consumer](const Stored& stored) { return stored.event.owner == consumer; });
    return true;
}

bool Model::addMember(const std::string& group, const std::string& member) {
    begin(group, lastTick(), true);
    Group& joined = m_groups.at(group);
    joined.cooperative = true;
    const auto [entry, isNew] = joined.members.try_emplace(member);
    if (isNew)
        entry->second.order = ++m_registrations;
    entry->second.active = m_now;
    return isNew;
}

void Model::makeOlder(const std::string& group, const std::string& member, Time by) {
    m_groups.at(group).members.at(member).active -= by;
}

void Model::setActive(const std::string& group, const std::string& member, Time active) {
    m_groups.at(group).members.at(member).active = active;
}

bool Model::touch(const std::string& group, const std::string& member) {
    const auto found = m_groups.find(group);
    if (found == m_groups.end() || !found->second.members.contains(member))
        return false;
    found->second.members.at(member).active = m_now;
    return true;
}

std::vector<Model::Event> Model::eventsOf(const std::string& consumer, Window window) const {
    std::vector<Event> events;
    for (const Stored& stored : m_events) {
        const bool inWindow = stored.firstTick > window.last && stored.firstTick <= window.next;
        if (inWindow && (stored.event.owner.empty() || stored.event.owner == consumer))
            events.push_back(stored.event);
    }
    std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.id < b.id; });
    return events;
}

Model::Decision Model::decideReceive(const std::string& consumer, const std::string& member, const Ask& ask) const {
    Decision decision;
    const auto found = m_groups.find(consumer);
    const bool normal = member.empty();
    if (normal && found == m_groups.end())
        return {Kind::Refused, {}, {}, {}, false, consumer + " is not registered"};
    if (normal && found->second.cooperative)
        return {Kind::Refused, {}, {}, {}, false, consumer + " is a cooperative group: receive with a subconsumer"};
    if (!normal && found != m_groups.end() && !found->second.cooperative)
        return {Kind::Refused, {}, {}, {}, false, consumer + " is a normal consumer: convert it first"};

    // A receive registers what is missing at the last tick, where nothing can follow yet.
    if (found == m_groups.end())
        return {Kind::Nothing, {}, {}, {}, false, "a new group starts at the last tick: nothing follows it yet"};
    const Group& group = found->second;

    const auto own = group.members.find(member);
    const std::optional<std::int64_t> token =
        normal ? group.token : (own == group.members.end() ? std::nullopt : own->second.token);
    if (token) {
        decision.kind = Kind::KeepsBatch;
        decision.window = normal ? group.window : own->second.window;
        decision.why = "it already holds batch " + std::to_string(*token);
        decision.events = eventsOf(consumer, decision.window);
        decision.finishes = decision.events.empty() && !ask.keepsEmpty;
        return decision;
    }

    if (ask.deadInterval) {
        const std::map<std::string, Member>::value_type* victim = nullptr;
        for (const auto& candidate : group.members) {
            const Member& other = candidate.second;
            if (candidate.first == member || !other.token || other.active >= m_now - *ask.deadInterval ||
                ask.passed.contains(candidate.first))
                continue;
            if (!victim ||
                std::pair(other.active, other.order) < std::pair(victim->second.active, victim->second.order))
                victim = &candidate;
        }
        if (victim) {
            decision.kind = Kind::TakesOver;
            decision.from = victim->first;
            decision.window = victim->second.window;
            decision.why = victim->first + " has shown no sign of life for longer than the dead interval; its batch " +
                           std::to_string(*victim->second.token) + " is handed over under a new token";
            decision.events = eventsOf(consumer, decision.window);
            decision.finishes = decision.events.empty() && !ask.keepsEmpty;
            return decision;
        }
    }

    const std::optional<std::int64_t> next = tickAfter(group.cursor, ask);
    if (!next) {
        decision.why = "no tick after " + std::to_string(group.cursor);
        if (lastTick() > group.cursor)
            decision.why += " that meets what was asked for";
        return decision;
    }
    decision.window = {group.cursor, *next};
    decision.events = eventsOf(consumer, decision.window);
    decision.finishes = decision.events.empty() && !ask.keepsEmpty;
    decision.kind = decision.finishes ? Kind::EmptyWindow : Kind::NextWindow;
    decision.why = "the window after the cursor is " + describe(decision.window);
    if (decision.finishes)
        decision.why += "; it has no events and is finished at once";
    return decision;
}

void Model::receive(const std::string& consumer, const std::string& member, const Decision& decision,
                    std::int64_t token) {
    if (decision.kind == Kind::Refused)
        return;
    if (!member.empty())
        addMember(consumer, member);
    Group& group = m_groups.at(consumer);
    switch (decision.kind) {
    case Kind::KeepsBatch:
    case Kind::Nothing:
    case Kind::Refused:
        break;
    case Kind::TakesOver:
        group.members.at(decision.from).token.reset();
        group.members.at(member).token = token;
        group.members.at(member).window = decision.window;
        break;
    case Kind::NextWindow:
        // A group's cursor moves when a window is handed out, a normal consumer's when it is acked.
        if (member.empty()) {
            group.token = token;
            group.window = decision.window;
        } else {
            group.cursor = decision.window.next;
            group.members.at(member).token = token;
            group.members.at(member).window = decision.window;
        }
        break;
    case Kind::EmptyWindow:
        group.cursor = decision.window.next;
        return;
    }
    if (decision.finishes) {
        if (const auto open = member.empty() ? group.token : group.members.at(member).token)
            ack(*open);
    }
}

std::optional<Model::Holder> Model::holderOf(std::int64_t token) const {
    for (const auto& [name, group] : m_groups) {
        if (group.token == token)
            return Holder{name, {}};
        for (const auto& [memberName, member] : group.members)
            if (member.token == token)
                return Holder{name, memberName};
    }
    return std::nullopt;
}

std::optional<Model::Window> Model::windowOf(std::int64_t token) const {
    const auto holder = holderOf(token);
    if (!holder)
        return std::nullopt;
    const Group& group = m_groups.at(holder->consumer);
    return holder->member.empty() ? group.window : group.members.at(holder->member).window;
}

bool Model::ack(std::int64_t token) {
    const auto holder = holderOf(token);
    if (!holder)
        return false;
    Group& group = m_groups.at(holder->consumer);
    if (holder->member.empty()) {
        group.cursor = group.window.next;
        group.token.reset();
    } else {
        group.members.at(holder->member).token.reset();
        group.members.at(holder->member).active = m_now;
    }
    return true;
}

Model::Fate Model::fateOf(const Group& group, const Event& event) const {
    if (event.retry >= m_maxRetries)
        return group.dead.contains(event.id) ? Fate::AlreadyDead : Fate::Dead;
    return group.waiting.contains(event.id) ? Fate::AlreadyWaiting : Fate::Retry;
}

std::optional<Model::Fate> Model::decideNack(std::int64_t token, std::int64_t eventId) const {
    const auto window = windowOf(token);
    if (!window)
        return std::nullopt;
    const auto holder = holderOf(token);
    const Group& group = m_groups.at(holder->consumer);
    for (const Event& event : eventsOf(holder->consumer, *window))
        if (event.id == eventId)
            return fateOf(group, event);
    return std::nullopt;
}

void Model::nack(std::int64_t token, std::int64_t eventId, Time after) {
    const auto fate = decideNack(token, eventId);
    if (!fate)
        return;
    const auto holder = holderOf(token);
    Group& group = m_groups.at(holder->consumer);
    for (const Event& event : eventsOf(holder->consumer, *windowOf(token))) {
        if (event.id != eventId)
            continue;
        if (*fate == Fate::Retry)
            group.waiting[eventId] = {event.retry + 1, m_now + after};
        else if (*fate == Fate::Dead)
            group.dead.insert(eventId);
        return;
    }
}

bool Model::removeMember(const std::string& groupName, const std::string& memberName, bool force) {
    const auto found = m_groups.find(groupName);
    if (found == m_groups.end() || !found->second.members.contains(memberName))
        return false;
    const Member member = found->second.members.at(memberName);
    if (member.token) {
        if (!force)
            return false;
        for (const Event& event : eventsOf(groupName, member.window))
            nack(*member.token, event.id, std::chrono::minutes(1));
    }
    dropMember(groupName, memberName);
    return true;
}

void Model::dropMember(const std::string& groupName, const std::string& memberName) {
    Group& group = m_groups.at(groupName);
    group.members.erase(memberName);
    if (group.members.empty())
        group.cooperative = false;
}

int Model::returnRetries(std::optional<Time> dueBy) {
    int returned = 0;
    for (auto& [name, group] : m_groups) {
        for (auto waiting = group.waiting.begin(); waiting != group.waiting.end();) {
            if (dueBy && waiting->second.due > *dueBy) {
                ++waiting;
                continue;
            }
            m_events.push_back({{waiting->first, waiting->second.retry, name}, 0});
            waiting = group.waiting.erase(waiting);
            ++returned;
        }
    }
    return returned;
}

bool Model::returnRetry(const std::string& consumer, std::int64_t eventId) {
    Group& group = m_groups.at(consumer);
    const auto waiting = group.waiting.find(eventId);
    if (waiting == group.waiting.end())
        return false;
    m_events.push_back({{eventId, waiting->second.retry, consumer}, 0});
    group.waiting.erase(waiting);
    return true;
}

void Model::makeRetriesDue() {
    for (auto& [name, group] : m_groups)
        for (auto& [id, waiting] : group.waiting)
            waiting.due = std::min(waiting.due, m_now);
}

void Model::setDue(const std::string& consumer, std::int64_t eventId, Time due) {
    m_groups.at(consumer).waiting.at(eventId).due = due;
}

std::string Model::brokenInvariant() const {
    std::set<std::int64_t> tokens;
    for (const auto& [name, group] : m_groups) {
        if (group.cooperative && group.token)
            return name + ": a group's main row holds a batch";
        if (group.cooperative && group.members.empty())
            return name + ": a group without members";
        std::vector<Window> windows;
        for (const auto& [memberName, member] : group.members) {
            if (!member.token)
                continue;
            if (!tokens.insert(*member.token).second)
                return name + ": token " + std::to_string(*member.token) + " is held twice";
            const std::string window = memberName + ": window " + describe(member.window);
            if (member.window.last >= member.window.next)
                return name + '.' + window + " runs backwards";
            if (member.window.next > group.cursor)
                return name + '.' + window + " ends after the cursor";
            windows.push_back(member.window);
        }
        std::sort(windows.begin(), windows.end());
        for (std::size_t i = 1; i < windows.size(); ++i)
            if (windows[i].last < windows[i - 1].next)
                return name + ": two members hold overlapping windows";
    }
    return {};
}

} // namespace stepper
