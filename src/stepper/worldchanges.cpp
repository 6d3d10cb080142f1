// SPDX-License-Identifier: GPL-3.0-or-later
// How the world changes: what a step answered, transactions, tokens.

#include "stepper/world.h"

#include <algorithm>
#include <utility>

namespace stepper {

namespace {

using Kind = Outcome::Kind;
using State = TokenRecord::State;

/// How two outcomes differ in what the rules determine; empty: they do not.
std::string difference(const Outcome& expected, const Outcome& observed) {
    if (expected.kind != observed.kind)
        return "the rules say \"" + expected.words() + "\", the database \"" + observed.words() + '"' +
               (observed.said.empty() ? "" : " (" + observed.said + ")");
    if (expected.events != observed.events && expected.kind != Kind::Refused)
        return "the rules say " + expected.words() + ", the database gave other events: " + observed.words();
    if (expected.kind == Kind::Takes && expected.who != observed.who)
        return "the rules say it takes over from " + expected.who + ", the database from " + observed.who;
    if (expected.number != observed.number && expected.kind == Kind::Done && observed.number >= 0)
        return "the rules count " + std::to_string(expected.number) + ", the database " +
               std::to_string(observed.number);
    return {};
}

/// What waits or is dead already is left alone, also when that has changed by the time of the commit.
void keepPutAside(const Model& seen, std::int64_t token, std::vector<Model::Event>& events) {
    std::erase_if(events, [&](const Model::Event& event) {
        const auto fate = seen.decideNack(token, event.id);
        return fate != Model::Fate::Retry && fate != Model::Fate::Dead;
    });
}

/// What maintenance moved is seen in the tables; somebody else's may have moved some of it a moment before.
bool isNumbered(Verb verb) {
    return verb == Verb::Nack;
}

} // namespace

/// Where a consumer that the lane makes begins: the last tick when its step began, though it may have waited since.
std::int64_t World::firstTickFor(const std::string& lane, const Model& seen) const {
    const auto parked = m_parked.find(lane);
    return parked == m_parked.end() ? seen.lastTick() : parked->second.firstTick.value_or(seen.lastTick());
}

std::string World::apply(const Step& step, const Outcome& observed) {
    std::string differs = applied(step, observed);
    m_parked.erase(step.lane);
    return differs;
}

std::string World::applied(const Step& step, const Outcome& observed) {
    switch (step.verb) {
    case Verb::Begin:
        m_open.try_emplace(step.lane);
        return {};
    case Verb::Commit:
        commit(step.lane);
        return {};
    case Verb::Rollback:
        rollBack(step.lane);
        return {};
    case Verb::Die:
        lose(step.lane);
        return {};
    case Verb::Cancel:
    case Verb::Return:
    case Verb::Rotate:
    case Verb::Tick:
    case Verb::ForceTick:
        return {};
    case Verb::Due:
        m_committed.makeRetriesDue();
        return {};
    default:
        break;
    }

    if (observed.kind == Kind::Stopped) {
        if (inTransaction(step.lane) || step.hold) {
            rollBack(step.lane);
            m_open[step.lane].failed = true;
        }
        return {};
    }
    const Foresight foreseen = foresee(step);
    Outcome expected = foreseen.outcome;
    if (!isNumbered(step.verb))
        expected.number = observed.number;
    if (step.verb == Verb::Send)
        expected.events = observed.events;
    std::string differs = difference(expected, observed);
    if (observed.kind == Kind::Refused) {
        // The server gives the locks of a failed transaction back at once; only its end is still to be said.
        if (inTransaction(step.lane) || step.hold) {
            rollBack(step.lane);
            m_open[step.lane].failed = true;
        }
        return differs;
    }
    const Model seen = viewFor(step);
    std::vector<std::string> rows = rowsOf(step, seen);
    if (observed.kind == Kind::Stale && keepsWanted(step, seen))
        rows.push_back(m_parked.at(step.lane).wanted);
    const bool autocommit = !inTransaction(step.lane) && !step.hold;
    Transaction& open = m_open[step.lane];
    open.locks.insert(rows.begin(), rows.end());
    record(step.lane, step, seen, observed);
    if (autocommit)
        commit(step.lane);
    return differs;
}

void World::record(const std::string& lane, const Step& step, const Model& seen, const Outcome& observed) {
    switch (step.verb) {
    case Verb::Receive: {
        const std::string member = step.normal ? std::string() : lane;
        const Model::Decision decision = seen.decideReceive(m_consumer, member, askOf(step));
        if (decision.kind == Model::Kind::TakesOver)
            m_open[lane].locks.insert(rowOf(decision.from));
        const std::int64_t token = observed.token.value_or(0);
        const auto group = seen.groups().find(m_consumer);
        std::int64_t before = 0;
        if (decision.kind == Model::Kind::TakesOver)
            before = group->second.members.at(decision.from).token.value_or(0);
        effect(lane, [consumer = m_consumer, member, decision, token, now = m_committed.now(),
                      first = firstTickFor(lane, seen)](Model& model) {
            const Model::Time is = model.now();
            model.setNow(now);
            model.begin(consumer, first, !member.empty());
            model.receive(consumer, member, decision, token);
            model.setNow(is);
        });
        if (before != 0)
            m_open[lane].changes.push_back({before, State::TakenOver, lane, token});
        if (decision.kind == Model::Kind::KeepsBatch && decision.finishes)
            for (const TokenRecord& one : m_tokens)
                if (seen.windowOf(one.token) == decision.window && one.lane == lane)
                    m_open[lane].changes.push_back({one.token, State::Acked});
        if (token != 0 && decision.kind != Model::Kind::KeepsBatch) {
            m_tokens.push_back({token,
                                lane,
                                member.empty() ? m_consumer : member,
                                decision.window,
                                observed.events,
                                State::Uncommitted,
                                {},
                                0});
            m_open[lane].tokens.push_back(token);
        } else if (token != 0) {
            receiveEvents(lane, token, observed.events);
            // Two that ask for a normal consumer's batch get the same one: both have its token.
            const bool has = std::any_of(m_tokens.begin(), m_tokens.end(), [&](const TokenRecord& one) {
                return one.token == token && one.lane == lane;
            });
            if (!has)
                m_tokens.push_back({token,
                                    lane,
                                    member.empty() ? m_consumer : member,
                                    decision.window,
                                    observed.events,
                                    State::Valid,
                                    {},
                                    0});
        }
        break;
    }
    case Verb::Ack: {
        if (observed.kind != Kind::Done)
            break;
        finish(lane, tokenOf(lane, step.token)->token);
        break;
    }
    case Verb::Nack: {
        const TokenRecord& record = *tokenOf(lane, step.token);
        std::vector<Model::Event> events = seen.eventsOf(m_consumer, *seen.windowOf(record.token));
        if (step.message > 0)
            events = {record.events[static_cast<std::size_t>(step.message - 1)]};
        keepPutAside(seen, record.token, events);
        effect(lane, [token = record.token, events, after = step.span, now = m_committed.now()](Model& model) {
            const Model::Time is = model.now();
            model.setNow(now);
            for (const Model::Event& event : events)
                model.nack(token, event.id, after);
            model.setNow(is);
        });
        break;
    }
    case Verb::Touch:
        effect(lane, [consumer = m_consumer, lane, now = m_committed.now()](Model& model) {
            if (model.touch(consumer, lane))
                model.setActive(consumer, lane, now);
        });
        break;
    case Verb::Age:
        if (observed.kind == Kind::Done)
            effect(lane, [consumer = m_consumer, member = step.member, by = step.span](Model& model) {
                model.makeOlder(consumer, member, by);
            });
        break;
    case Verb::Register:
        effect(lane,
               [consumer = m_consumer, lane, now = m_committed.now(), first = firstTickFor(lane, seen)](Model& model) {
                   model.begin(consumer, first, true);
                   model.addMember(consumer, lane);
                   model.setActive(consumer, lane, now);
               });
        break;
    case Verb::Unregister: {
        if (observed.kind != Kind::Done)
            break;
        const std::string name = step.member.empty() ? lane : step.member;
        const auto token = seen.groups().at(m_consumer).members.at(name).token;
        std::vector<Model::Event> events;
        if (token) {
            events = seen.eventsOf(m_consumer, *seen.windowOf(*token));
            keepPutAside(seen, *token, events);
        }
        effect(lane, [consumer = m_consumer, name, token, events, now = m_committed.now()](Model& model) {
            const Model::Time is = model.now();
            model.setNow(now);
            for (const Model::Event& event : events)
                model.nack(*token, event.id, std::chrono::minutes(1));
            model.dropMember(consumer, name);
            model.setNow(is);
        });
        if (token)
            m_open[lane].changes.push_back({*token, State::GivenBack, lane});
        break;
    }
    case Verb::Subscribe:
        effect(lane, [consumer = m_consumer, first = firstTickFor(lane, seen)](Model& model) {
            model.begin(consumer, first, false);
        });
        break;
    case Verb::Unsubscribe:
        if (observed.kind == Kind::Done)
            effect(lane, [consumer = m_consumer](Model& model) { model.removeNormal(consumer); });
        break;
    case Verb::Send:
        effect(lane, [events = observed.events](Model& model) {
            for (const Model::Event& event : events)
                model.commitEvent(event.id);
        });
        break;
    case Verb::Maintain:
        effect(lane, [now = m_committed.now()](Model& model) { model.returnRetries(now); });
        break;
    default:
        break;
    }
}

void World::effect(const std::string& lane, Effect effect) {
    m_open[lane].effects.push_back(std::move(effect));
}

void World::setToken(const TokenChange& change) {
    for (TokenRecord& one : m_tokens) {
        if (one.token != change.token)
            continue;
        one.state = change.state;
        one.by = change.by;
        one.successor = change.successor;
    }
}

void World::commit(const std::string& lane) {
    const auto open = m_open.find(lane);
    if (open == m_open.end())
        return;
    if (open->second.failed) {
        rollBack(lane);
        return;
    }
    const Transaction done = std::move(open->second);
    m_open.erase(open);
    for (const Effect& one : done.effects)
        one(m_committed);
    for (const std::int64_t token : done.tokens)
        setToken({token, State::Valid});
    for (const TokenChange& change : done.changes)
        setToken(change);
}

void World::rollBack(const std::string& lane) {
    const auto open = m_open.find(lane);
    if (open == m_open.end())
        return;
    for (const std::int64_t token : open->second.tokens)
        setToken({token, State::Void});
    m_open.erase(open);
}

void World::lock(const std::string& lane, const std::string& member) {
    m_parked.erase(lane);
    m_open[lane].locks.insert(rowOf(member));
}

std::string World::holderOf(const std::string& lane, const std::string& member) const {
    const auto blocked = conflict(lane, {rowOf(member)});
    return blocked ? blocked->holder : std::string();
}

Model::Decision World::decide(const std::string& lane, const Model::Ask& ask) const {
    Model::Ask asked = ask;
    asked.keepsEmpty = true;
    asked.passed = passedBy(lane);
    return viewOf(lane).decideReceive(m_consumer, lane, asked);
}

void World::allocate(const std::string& lane, const Model::Decision& decision, std::int64_t token) {
    std::int64_t before = 0;
    if (decision.kind == Model::Kind::TakesOver)
        before = viewOf(lane).groups().at(m_consumer).members.at(decision.from).token.value_or(0);
    effect(lane, [consumer = m_consumer, lane, decision, token, now = m_committed.now()](Model& model) {
        const Model::Time is = model.now();
        model.setNow(now);
        model.receive(consumer, lane, decision, token);
        model.setNow(is);
    });
    if (before != 0)
        m_open[lane].changes.push_back({before, State::TakenOver, lane, token});
    if (token == 0)
        return;
    m_tokens.push_back({token, lane, lane, decision.window, decision.events, State::Uncommitted, {}, 0});
    m_open[lane].tokens.push_back(token);
}

void World::receiveEvents(const std::string& lane, std::int64_t token, const std::vector<Model::Event>& events) {
    for (TokenRecord& one : m_tokens)
        if (one.token == token && one.lane == lane && events.size() > one.events.size())
            one.events = events;
}

void World::finish(const std::string& lane, std::int64_t token) {
    effect(lane, [token, now = m_committed.now()](Model& model) {
        const Model::Time is = model.now();
        model.setNow(now);
        model.ack(token);
        model.setNow(is);
    });
    m_open[lane].changes.push_back({token, State::Acked});
}

} // namespace stepper
