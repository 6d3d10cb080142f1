// SPDX-License-Identifier: GPL-3.0-or-later
#include "stepper/work.h"

#include "pgque/calls.h"
#include "queries/guard.h"
#include "queries/look.h"
#include "queries/sandboxing.h"
#include "queries/stepping.h"

#include <utility>

namespace stepper {

namespace {

using Kind = Outcome::Kind;

/// Runs calls inside the transaction and keeps what they answer.
using Calls = std::function<void(pg::Connection&, Answer&)>;

/// A job that runs calls in the lane's open transaction, or in one of its own that stays open where it is to be held.
Lane::Job inTransaction(Calls calls, const Setting& setting, bool isOpen, bool stays) {
    return
        [calls = std::move(calls), queue = setting.queue, isOpen, stays](pg::Connection& connection, Answer& answer) {
            if (!isOpen)
                connection.execute(queries::beginReadCommitted());
            try {
                answer.began = connection.run(queries::transactionTime());
                calls(connection, answer);
                answer.results.push_back(connection.execute(queries::steppedSubscriptions(queue).statement));
                answer.ended = connection.run(queries::serverClock());
                if (!isOpen && !stays)
                    connection.execute(queries::commit());
            } catch (const pg::Error& error) {
                answer.failure = error.failure();
                if (!isOpen && !stays && connection.isOpen())
                    connection.execute(queries::rollback());
            }
        };
}

Calls one(pg::Statement statement) {
    return [statement = std::move(statement)](pg::Connection& connection, Answer& answer) {
        answer.results.push_back(connection.execute(statement));
    };
}

std::string memberName(const Setting& setting, const std::string& member) {
    return setting.consumer + '.' + member;
}

pgque::BatchCondition conditionOf(const Step& step) {
    return {step.ask.minLag, step.ask.minCount, step.ask.minInterval};
}

std::vector<queries::SubscriptionState> subscriptionsOf(const Answer& answer) {
    return queries::steppedSubscriptions({}).decode(answer.results.back());
}

/// What a receive did, told by what came back and by the rows as the transaction sees them afterwards.
Outcome readReceive(const Step& step, const Setting& setting, const Answer& answer, const World& before,
                    std::optional<std::int64_t> token, std::vector<Model::Event> events) {
    Outcome outcome;
    outcome.events = std::move(events);
    outcome.token = token;
    const std::vector<queries::SubscriptionState> rows = subscriptionsOf(answer);
    const auto rowOf = [&rows](const std::string& name) -> const queries::SubscriptionState* {
        for (const queries::SubscriptionState& row : rows)
            if (row.consumer == name)
                return &row;
        return nullptr;
    };
    const Model seen = before.viewFor(step);
    const auto group = seen.groups().find(setting.consumer);
    const bool known = group != seen.groups().end();
    if (!token) {
        // An empty window is finished by the call itself: only the cursor, or the row it came from, tells.
        const queries::SubscriptionState* main = rowOf(setting.consumer);
        const bool moved = known && main && main->lastTick != group->second.cursor;
        bool ended = false;
        if (known)
            for (const auto& [name, member] : group->second.members) {
                const queries::SubscriptionState* row = rowOf(memberName(setting, name));
                ended = ended || (member.token && row && !row->batch && before.holderOf(step.lane, name).empty());
            }
        outcome.kind = moved || ended ? Kind::Empty : Kind::Nothing;
        return outcome;
    }
    const queries::SubscriptionState* own = rowOf(step.normal ? setting.consumer : memberName(setting, step.lane));
    if (own && own->lastTick && own->nextTick)
        outcome.window = {*own->lastTick, *own->nextTick};
    outcome.kind = Kind::Gets;
    if (known && seen.holderOf(*token))
        outcome.kind = Kind::Same;
    else if (known)
        for (const auto& [name, member] : group->second.members)
            if (name != step.lane && member.token && member.window == outcome.window) {
                outcome.kind = Kind::Takes;
                outcome.who = name;
            }
    return outcome;
}

Work receive(const Step& step, const Setting& setting, bool isOpen) {
    Work work;
    if (step.asksForConditions()) {
        const auto normal = pgque::nextBatchCustom(setting.queue, setting.consumer, conditionOf(step));
        const auto member = pgque::nextBatchCustomCoop(setting.queue, setting.consumer, step.lane, conditionOf(step),
                                                       step.ask.deadInterval);
        const auto call = step.normal ? normal : member;
        work.job = inTransaction(
            [call](pg::Connection& connection, Answer& answer) {
                answer.results.push_back(connection.execute(call.statement));
                if (const auto window = call.decode(answer.results.back()))
                    answer.results.push_back(connection.execute(pgque::getBatchEvents(window->batchId).statement));
            },
            setting, isOpen, step.hold);
        work.read = [step, setting, call](const Answer& answer, const World& before) {
            std::optional<std::int64_t> token;
            std::vector<Model::Event> events;
            if (const auto window = call.decode(answer.results[0])) {
                token = window->batchId;
                for (const pgque::Event& event : pgque::getBatchEvents(0).decode(answer.results[1]))
                    events.push_back({event.id, event.retryCount, {}});
            }
            return readReceive(step, setting, answer, before, token, std::move(events));
        };
        return work;
    }
    const auto call =
        step.normal ? pgque::receive(setting.queue, setting.consumer, step.limit)
                    : pgque::receiveCoop(setting.queue, setting.consumer, step.lane, step.limit, step.ask.deadInterval);
    work.job = inTransaction(one(call.statement), setting, isOpen, step.hold);
    work.read = [step, setting, call](const Answer& answer, const World& before) {
        std::optional<std::int64_t> token;
        std::vector<Model::Event> events;
        for (const pgque::Message& message : call.decode(answer.results[0])) {
            token = message.batchId;
            events.push_back({message.id, message.retryCount, {}});
        }
        return readReceive(step, setting, answer, before, token, std::move(events));
    };
    return work;
}

/// A call that answers whether anything was done.
template <class T>
Work flag(const pg::Call<T>& call, const Step& step, const Setting& setting, bool isOpen) {
    return {inTransaction(one(call.statement), setting, isOpen, step.hold), [call](const Answer& answer, const World&) {
                Outcome outcome;
                outcome.kind = call.decode(answer.results[0]) ? Kind::Done : Kind::Stale;
                return outcome;
            }};
}

/// Where a batch can't be given back at once: its events, as received, one by one.
Work nackEach(const Step& step, const Setting& setting, const TokenRecord& record, bool isOpen) {
    return {inTransaction(
                [token = record.token, events = record.events, after = step.span](pg::Connection& connection, Answer&) {
                    for (const Model::Event& event : events)
                        connection.execute(pgque::nack(token, event.id, after, std::nullopt).statement);
                },
                setting, isOpen, step.hold),
            [](const Answer&, const World&) {
                Outcome outcome;
                outcome.number = -1;
                return outcome;
            }};
}

Work nack(const Step& step, const Setting& setting, const TokenRecord& record, bool isOpen) {
    if (step.message == 0 && !setting.ownSchema)
        return nackEach(step, setting, record, isOpen);
    if (step.message == 0) {
        const auto call = pgque::nackBatch(record.token, step.span, std::nullopt);
        return {inTransaction(one(call.statement), setting, isOpen, step.hold),
                [call](const Answer& answer, const World&) {
                    const pgque::NackBatchResult result = call.decode(answer.results[0]);
                    Outcome outcome;
                    outcome.number = result.retried + result.dead;
                    return outcome;
                }};
    }
    const auto place = static_cast<std::size_t>(step.message - 1);
    // A number beyond what was received is sent as it is: the server says what it thinks of it.
    const std::int64_t message = place < record.events.size() ? record.events[place].id : 0;
    return {inTransaction(one(pgque::nack(record.token, message, step.span, std::nullopt).statement), setting, isOpen,
                          step.hold),
            [](const Answer&, const World&) {
                Outcome outcome;
                outcome.number = -1; // nack does not tell what became of the event; the tables do
                return outcome;
            }};
}

Work send(const Step& step, const Setting& setting, bool isOpen) {
    std::vector<std::string> payloads;
    for (int i = 1; i <= step.count; ++i)
        payloads.push_back("{\"step\": " + std::to_string(i) + "}");
    const auto call = pgque::sendBatch(setting.queue, "step", payloads);
    return {inTransaction(one(call.statement), setting, isOpen, step.hold), [call](const Answer& answer, const World&) {
                Outcome outcome;
                for (const std::int64_t id : call.decode(answer.results[0]))
                    outcome.events.push_back({id, 0, {}});
                outcome.number = static_cast<std::int64_t>(outcome.events.size());
                return outcome;
            }};
}

/// The queue is paused for every other ticker; nobody else sees it otherwise, because it is so only in here.
Work tick(const Step& step, const Setting& setting) {
    const auto call = pgque::ticker(setting.queue);
    return {inTransaction(
                [call, setting, force = step.verb == Verb::ForceTick](pg::Connection& connection, Answer& answer) {
                    connection.run(pgque::setQueueConfig(setting.queue, "ticker_paused", "false"));
                    if (force)
                        connection.run(pgque::forceNextTick(setting.queue));
                    answer.results.push_back(connection.execute(call.statement));
                    connection.run(pgque::setQueueConfig(setting.queue, "ticker_paused", "true"));
                },
                setting, false, false),
            [call](const Answer& answer, const World&) {
                Outcome outcome;
                const auto made = call.decode(answer.results[0]);
                outcome.kind = made ? Kind::Done : Kind::Nothing;
                outcome.number = made.value_or(0);
                return outcome;
            }};
}

Work maintain(const Setting& setting) {
    return {inTransaction(
                [setting](pg::Connection& connection, Answer& answer) {
                    const auto waiting = queries::waitingRetries(setting.queue);
                    answer.results.push_back(connection.execute(waiting.statement));
                    while (connection.run(pgque::maintRetryEvents()) > 0) {
                    }
                    answer.results.push_back(connection.execute(waiting.statement));
                },
                setting, false, false),
            [](const Answer& answer, const World&) {
                const auto waiting = queries::waitingRetries({});
                Outcome outcome;
                outcome.number = waiting.decode(answer.results[0]) - waiting.decode(answer.results[1]);
                return outcome;
            }};
}

Work rotate(const Setting& setting) {
    const Lane::Job first = inTransaction(
        [setting](pg::Connection& connection, Answer&) {
            connection.run(queries::makeRotationDue(setting.queue));
            connection.run(pgque::maintRotateTablesStep1(setting.queue));
        },
        setting, false, false);
    return {[first](pg::Connection& connection, Answer& answer) {
                first(connection, answer);
                if (!answer.failure)
                    connection.run(pgque::maintRotateTablesStep2()); // in a transaction of its own, or it does nothing
            },
            [](const Answer&, const World&) { return Outcome{}; }};
}

Work plain(Lane::Job job) {
    return {std::move(job), [](const Answer&, const World&) { return Outcome{}; }};
}

} // namespace

Work workFor(const Step& step, const Setting& setting, const World& world, bool isOpen) {
    switch (step.verb) {
    case Verb::Receive:
        return receive(step, setting, isOpen);
    case Verb::Register:
        return flag(pgque::subscribeSubconsumer(setting.queue, setting.consumer, step.lane, step.convert), step,
                    setting, isOpen);
    case Verb::Unregister:
        return flag(pgque::unsubscribeSubconsumer(
                        setting.queue, setting.consumer, step.member.empty() ? step.lane : step.member,
                        step.force ? pgque::BatchHandling::RouteToRetry : pgque::BatchHandling::Refuse),
                    step, setting, isOpen);
    case Verb::Subscribe:
        return flag(pgque::subscribe(setting.queue, setting.consumer), step, setting, isOpen);
    case Verb::Unsubscribe:
        return flag(pgque::unsubscribe(setting.queue, setting.consumer), step, setting, isOpen);
    case Verb::Touch:
        return flag(pgque::touchSubconsumer(setting.queue, setting.consumer, step.lane), step, setting, isOpen);
    case Verb::Ack:
        return flag(pgque::ack(world.tokenOf(step.lane, step.token)->token), step, setting, isOpen);
    case Verb::Nack:
        return nack(step, setting, *world.tokenOf(step.lane, step.token), isOpen);
    case Verb::Send:
        return send(step, setting, isOpen);
    case Verb::Tick:
    case Verb::ForceTick:
        return tick(step, setting);
    case Verb::Maintain:
        return maintain(setting);
    case Verb::Due:
        return plain(inTransaction(one(queries::makeRetriesDue(setting.queue).statement), setting, false, false));
    case Verb::Rotate:
        return rotate(setting);
    case Verb::Age:
        return flag(queries::makeHeartbeatOlder(setting.queue, memberName(setting, step.member), step.span), step,
                    setting, false);
    case Verb::Begin:
        return plain([](pg::Connection& connection, Answer& answer) {
            connection.execute(queries::beginReadCommitted());
            answer.began = answer.ended = connection.run(queries::transactionTime());
        });
    case Verb::Commit:
    case Verb::Rollback:
        return plain([commit = step.verb == Verb::Commit](pg::Connection& connection, Answer& answer) {
            connection.execute(commit ? queries::commit() : queries::rollback());
            answer.began = answer.ended = connection.run(queries::transactionTime());
        });
    case Verb::Cancel:
    case Verb::Die:
    case Verb::Return:
    case Verb::Walk:
    case Verb::Next:
    case Verb::Run:
        break;
    }
    return {};
}

} // namespace stepper
