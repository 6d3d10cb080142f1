// SPDX-License-Identifier: GPL-3.0-or-later
#include "stepper/world.h"

#include <algorithm>
#include <utility>

namespace stepper {

namespace {

using Kind = Outcome::Kind;

std::string countOf(std::size_t events) {
    return std::to_string(events) + (events == 1 ? " event" : " events");
}

std::string windowText(Model::Window window) {
    return std::to_string(window.last) + " → " + std::to_string(window.next);
}

std::vector<Model::Event> firstOf(std::vector<Model::Event> events, std::optional<int> limit) {
    if (limit && events.size() > static_cast<std::size_t>(*limit))
        events.resize(static_cast<std::size_t>(*limit));
    // Whom a retried event belongs to is not part of an answer.
    for (Model::Event& event : events)
        event.owner.clear();
    return events;
}

} // namespace

World::World(std::string consumer, Model model)
    : m_consumer(std::move(consumer))
    , m_committed(std::move(model)) {}

std::string World::rowOf(const std::string& member) const {
    return member.empty() ? m_consumer : m_consumer + '.' + member;
}

Model World::viewOf(const std::string& lane) const {
    Model seen = m_committed;
    if (const auto open = m_open.find(lane); open != m_open.end())
        for (const Effect& one : open->second.effects)
            one(seen);
    return seen;
}

Model World::viewFor(const Step& step) const {
    Model seen = viewOf(step.lane);
    const auto parked = m_parked.find(step.lane);
    if (step.verb == Verb::Receive && !step.normal && parked != m_parked.end() && parked->second.firstTick)
        seen.begin(m_consumer, *parked->second.firstTick, true);
    return seen;
}

/// Whether an ack that finds its token gone has locked the row all the same: the server locks what was waited for
/// before it looks whether it still is what was looked for.
bool World::keepsWanted(const Step& step, const Model& seen) const {
    const auto parked = m_parked.find(step.lane);
    const auto group = seen.groups().find(m_consumer);
    if (step.verb != Verb::Ack || parked == m_parked.end() || group == seen.groups().end())
        return false;
    if (parked->second.wanted == rowOf({}))
        return group->second.order == parked->second.mainOrder;
    const auto member = group->second.members.find(step.lane);
    return member != group->second.members.end() && member->second.order == parked->second.memberOrder;
}

/// Whether the row that the step waited for has gone, though there is one of the same name again.
bool World::isReplaced(const Step& step, const Model& seen) const {
    const auto parked = m_parked.find(step.lane);
    const auto group = seen.groups().find(m_consumer);
    if (parked == m_parked.end() || group == seen.groups().end())
        return false;
    if (step.verb == Verb::Touch || step.verb == Verb::Age) {
        const auto member = group->second.members.find(step.verb == Verb::Age ? step.member : step.lane);
        return parked->second.memberOrder != 0 && member != group->second.members.end() &&
               member->second.order != parked->second.memberOrder;
    }
    const bool ofMain =
        step.verb == Verb::Unregister || step.verb == Verb::Unsubscribe || (step.verb == Verb::Receive && step.normal);
    return ofMain && parked->second.mainOrder != 0 && group->second.order != parked->second.mainOrder;
}

bool World::inTransaction(const std::string& lane) const {
    return m_open.contains(lane);
}

bool World::hasFailed(const std::string& lane) const {
    const auto open = m_open.find(lane);
    return open != m_open.end() && open->second.failed;
}

const TokenRecord* World::tokenOf(const std::string& lane, int before) const {
    for (auto one = m_tokens.rbegin(); one != m_tokens.rend(); ++one)
        if (one->lane == lane && before-- == 0)
            return &*one;
    return nullptr;
}

std::set<std::string> World::lockedBy(const std::string& lane) const {
    std::set<std::string> rows;
    if (const auto open = m_open.find(lane); open != m_open.end())
        rows = open->second.locks;
    if (const auto parked = m_parked.find(lane); parked != m_parked.end())
        rows.insert(parked->second.got.begin(), parked->second.got.end());
    return rows;
}

std::optional<World::Conflict> World::conflict(const std::string& lane, const std::vector<std::string>& rows) const {
    for (const std::string& row : rows) {
        for (const auto& [other, open] : m_open)
            if (other != lane && open.locks.contains(row))
                return Conflict{row, other};
        for (const auto& [other, parked] : m_parked)
            if (other != lane && parked.got.contains(row))
                return Conflict{row, other};
    }
    return std::nullopt;
}

std::set<std::string> World::passedBy(const std::string& lane) const {
    std::set<std::string> members;
    const auto group = m_committed.groups().find(m_consumer);
    if (group != m_committed.groups().end())
        for (const auto& [name, member] : group->second.members)
            if (conflict(lane, {rowOf(name)}) || m_racing.contains(rowOf(name)))
                members.insert(name);
    return members;
}

/// The rows a step locks, in its order. What it does not see it does not lock; registering is the exception, because
/// two that make the same name wait for each other.
std::vector<std::string> World::rowsOf(const Step& step, const Model& seen) const {
    const auto group = seen.groups().find(m_consumer);
    const bool known = group != seen.groups().end();
    const auto isMember = [&](const std::string& name) { return known && group->second.members.contains(name); };
    switch (step.verb) {
    case Verb::Register:
        return {rowOf({}), rowOf(step.lane)};
    case Verb::Receive:
        if (step.normal)
            return known ? std::vector{rowOf({})} : std::vector<std::string>{};
        return {rowOf({}), rowOf(step.lane)};
    case Verb::Unregister: {
        const std::string& name = step.member.empty() ? step.lane : step.member;
        if (!known)
            return {};
        return isMember(name) ? std::vector{rowOf({}), rowOf(name)} : std::vector{rowOf({})};
    }
    case Verb::Subscribe:
        return {rowOf({})};
    case Verb::Unsubscribe:
        return known ? std::vector{rowOf({})} : std::vector<std::string>{};
    case Verb::Touch:
        return isMember(step.lane) ? std::vector{rowOf(step.lane)} : std::vector<std::string>{};
    case Verb::Age:
        return isMember(step.member) ? std::vector{rowOf(step.member)} : std::vector<std::string>{};
    case Verb::Ack:
    case Verb::Nack:
        if (const TokenRecord* record = tokenOf(step.lane, step.token))
            if (const auto holder = seen.holderOf(record->token))
                return {rowOf(holder->member)};
        return {};
    default:
        return {};
    }
}

Model::Ask World::askOf(const Step& step) const {
    Model::Ask ask = step.ask;
    ask.keepsEmpty = step.asksForConditions();
    ask.passed = passedBy(step.lane);
    return ask;
}

Foresight World::foresee(const Step& step) const {
    if (hasFailed(step.lane) && step.verb != Verb::Rollback && step.verb != Verb::Commit && step.verb != Verb::Die)
        return {{.kind = Kind::Refused}, "its transaction has failed: only a rollback is left", {}};
    const Model seen = viewFor(step);
    if (const auto blocked = conflict(step.lane, rowsOf(step, seen))) {
        Foresight waits;
        waits.outcome = {.kind = Kind::Waits, .who = blocked->holder, .row = blocked->row};
        waits.why = blocked->holder + "'s open transaction has locked " +
                    (blocked->row == m_consumer ? "the group's main row"
                                                : blocked->row.substr(m_consumer.size() + 1) + "'s row");
        if (m_open.contains(blocked->holder))
            waits.then = {"When " + blocked->holder + " commits: " + alternative(step, blocked->holder, Verb::Commit),
                          "When " + blocked->holder +
                              " rolls back: " + alternative(step, blocked->holder, Verb::Rollback)};
        return waits;
    }
    return foreseeFree(step, seen);
}

std::string World::alternative(const Step& step, const std::string& holder, Verb end) const {
    World other = *this;
    if (end == Verb::Commit)
        other.commit(holder);
    else
        other.rollBack(holder);
    const Foresight then = other.foresee(step);
    return then.outcome.words() + (then.why.empty() ? "" : " (" + then.why + ")");
}

Foresight World::foreseeFree(const Step& step, const Model& seen) const {
    if (isReplaced(step, seen))
        return {{.kind = step.verb == Verb::Receive ? Kind::Refused : Kind::Stale},
                "the row it waited for was removed; one made anew is another",
                {}};
    const auto found = seen.groups().find(m_consumer);
    const Model::Group* group = found == seen.groups().end() ? nullptr : &found->second;
    const auto isMember = [group](const std::string& name) { return group && group->members.contains(name); };
    switch (step.verb) {
    case Verb::Receive:
        return foreseeReceive(step, seen);
    case Verb::Ack: {
        const TokenRecord* record = tokenOf(step.lane, step.token);
        if (!record)
            return {{.kind = Kind::Refused}, step.lane + " never got a token", {}};
        if (const auto holder = seen.holderOf(record->token))
            return {
                {.kind = Kind::Done}, "token " + std::to_string(record->token) + " is valid: its window is done", {}};
        return {{.kind = Kind::Stale},
                "no row has token " + std::to_string(record->token) + ": answered 0, nothing changes",
                {}};
    }
    case Verb::Nack:
        return foreseeNack(step, seen);
    case Verb::Touch:
        return isMember(step.lane) ? Foresight{{.kind = Kind::Done}, "its heartbeat becomes now", {}}
                                   : Foresight{{.kind = Kind::Stale}, step.lane + " is no member: answered 0", {}};
    case Verb::Register:
        if (group && !group->cooperative && !step.convert)
            return {
                {.kind = Kind::Refused}, m_consumer + " is a normal consumer: converting it has to be asked for", {}};
        if (group && !group->cooperative && group->token)
            return {{.kind = Kind::Refused}, m_consumer + " has an open batch: it can't be converted now", {}};
        if (isMember(step.lane))
            return {{.kind = Kind::Stale}, "it is a member already: its heartbeat is renewed, answered 0", {}};
        return {{.kind = Kind::Done},
                group ? "it joins at the group's cursor " + std::to_string(group->cursor)
                      : "a new group begins at the last tick, " + std::to_string(seen.lastTick()),
                {}};
    case Verb::Unregister: {
        const std::string& name = step.member.empty() ? step.lane : step.member;
        if (!isMember(name))
            return {{.kind = Kind::Stale}, name + " is no member: answered 0", {}};
        const Model::Member& member = group->members.at(name);
        if (!member.token)
            return {{.kind = Kind::Done},
                    group->members.size() == 1 ? "the last member leaves: a normal consumer stays, at its cursor"
                                               : name + " leaves",
                    {}};
        if (!step.force)
            return {{.kind = Kind::Refused}, name + " holds a window: it leaves only by force", {}};
        return {{.kind = Kind::Done},
                "each event of window " + windowText(member.window) +
                    " waits a minute, or is dead at the retry limit; the token is void",
                {}};
    }
    case Verb::Subscribe:
        return group ? Foresight{{.kind = Kind::Stale}, m_consumer + " is registered already: answered 0", {}}
                     : Foresight{{.kind = Kind::Done}, "it begins at the last tick", {}};
    case Verb::Unsubscribe:
        if (!group)
            return {{.kind = Kind::Stale}, m_consumer + " is not registered: answered 0", {}};
        if (!group->members.empty())
            return {{.kind = Kind::Refused}, "members are registered: they leave first", {}};
        return {{.kind = Kind::Done}, "what waits for it goes with it", {}};
    case Verb::Age:
        return isMember(step.member) ? Foresight{{.kind = Kind::Done}, {}, {}}
                                     : Foresight{{.kind = Kind::Stale}, step.member + " is no member", {}};
    case Verb::Maintain: {
        Model after = m_committed;
        Foresight foresight;
        foresight.outcome.number = after.returnRetries(m_committed.now());
        foresight.why = countOf(static_cast<std::size_t>(foresight.outcome.number)) +
                        " due: back in the queue, for the group alone, visible from the next tick";
        return foresight;
    }
    case Verb::Send:
        return {{.number = step.count},
                step.hold || inTransaction(step.lane) ? "no tick sees them before the commit"
                                                      : "the next tick is the first that sees them",
                {}};
    case Verb::Tick:
    case Verb::ForceTick:
        return {{.kind = Kind::Done}, "a new window begins after this tick", {}};
    case Verb::Commit:
        if (hasFailed(step.lane))
            return {{.kind = Kind::Done}, "the transaction has failed: a commit rolls it back", {}};
        return {{.kind = Kind::Done}, "what it did becomes visible, who waits for it goes on", {}};
    case Verb::Rollback:
        return {{.kind = Kind::Done}, "nothing of the transaction remains; tokens drawn in it never existed", {}};
    case Verb::Die:
        return {{.kind = Kind::Done}, "its transaction is rolled back; what it committed stays as it is", {}};
    default:
        return {};
    }
}

Foresight World::foreseeReceive(const Step& step, const Model& seen) const {
    const Model::Decision decision = seen.decideReceive(m_consumer, step.normal ? "" : step.lane, askOf(step));
    Foresight foresight;
    foresight.why = decision.why;
    Outcome& outcome = foresight.outcome;
    outcome.window = decision.window;
    outcome.events = firstOf(decision.events, step.limit);
    switch (decision.kind) {
    case Model::Kind::KeepsBatch:
        outcome.kind = decision.finishes ? Kind::Empty : Kind::Same;
        break;
    case Model::Kind::TakesOver:
        outcome.kind = decision.finishes ? Kind::Empty : Kind::Takes;
        outcome.who = decision.from;
        break;
    case Model::Kind::NextWindow:
        outcome.kind = Kind::Gets;
        break;
    case Model::Kind::EmptyWindow:
        outcome.kind = Kind::Empty;
        break;
    case Model::Kind::Nothing:
        outcome.kind = Kind::Nothing;
        break;
    case Model::Kind::Refused:
        outcome.kind = Kind::Refused;
        break;
    }
    return foresight;
}

Foresight World::foreseeNack(const Step& step, const Model& seen) const {
    const TokenRecord* record = tokenOf(step.lane, step.token);
    if (!record)
        return {{.kind = Kind::Refused}, step.lane + " never got a token", {}};
    const auto holder = seen.holderOf(record->token);
    if (!holder)
        return {{.kind = Kind::Refused}, "no row has token " + std::to_string(record->token) + " any more", {}};
    if (step.message > static_cast<int>(record->events.size()))
        return {{.kind = Kind::Refused}, "it received only " + countOf(record->events.size()), {}};
    std::vector<Model::Event> events = seen.eventsOf(holder->consumer, *seen.windowOf(record->token));
    if (step.message > 0)
        events = {record->events[static_cast<std::size_t>(step.message - 1)]};
    std::size_t retried = 0;
    std::size_t dead = 0;
    for (const Model::Event& event : events) {
        const auto fate = seen.decideNack(record->token, event.id);
        retried += fate == Model::Fate::Retry;
        dead += fate == Model::Fate::Dead;
    }
    Foresight foresight;
    foresight.outcome.number = static_cast<std::int64_t>(retried + dead);
    foresight.why = countOf(retried) + " will wait for a retry, " + countOf(dead) +
                    " will be dead letters; the batch stays open until it is acknowledged";
    return foresight;
}

void World::park(const Step& step) {
    const Model seen = viewOf(step.lane);
    const std::vector<std::string> rows = rowsOf(step, seen);
    const auto [entry, isNew] = m_parked.try_emplace(step.lane);
    Parked& parked = entry->second;
    if (const auto group = seen.groups().find(m_consumer); isNew && group != seen.groups().end()) {
        parked.mainOrder = group->second.order;
        const std::string& name = step.member.empty() ? step.lane : step.member;
        if (const auto member = group->second.members.find(name); member != group->second.members.end())
            parked.memberOrder = member->second.order;
    } else if (isNew) {
        // Where the consumer begins is settled before its name is waited for, but after a row that is about to go.
        parked.firstTick = m_committed.lastTick();
    }
    parked.got.clear();
    for (const std::string& row : rows) {
        if (conflict(step.lane, {row})) {
            parked.wanted = row;
            return;
        }
        parked.got.insert(row);
    }
}

void World::lose(const std::string& lane) {
    m_parked.erase(lane);
    if (m_open.contains(lane))
        rollBack(lane);
}

} // namespace stepper
