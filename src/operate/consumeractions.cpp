// SPDX-License-Identifier: GPL-3.0-or-later
#include "operate/definitions.h"
#include "operate/words.h"
#include "pgque/consuming.h"
#include "queries/repair.h"

#include <algorithm>
#include <cstdlib>

namespace operate {

namespace {

constexpr std::int64_t countCap = 10'000;

Action subscribe() {
    Action action{.id = "subscribe",
                  .title = "Subscribe",
                  .help = "Registers a consumer at the newest tick: it gets what is sent from now on.",
                  .subject = SubjectKind::Queue,
                  .danger = Danger::None,
                  .role = "pgque_reader",
                  .functions = {"subscribe(text, text)"}};
    action.parameters = {{.name = "consumer",
                          .label = "Consumer",
                          .required = true,
                          .help = "The name is shared by all queues of this database."}};
    action.whyNot = missingQueue;
    action.plan = [](const domain::ActionRequest& request) {
        return planOf<bool>(Isolation::RepeatableRead, pgque::subscribe(request.queue, request.consumer),
                            [who = words::subject(request.queue, request.consumer)](bool fresh, const Sight&) {
                                return fresh ? done(who + " is registered and gets what is sent from now on.")
                                             : refused(who + " is registered already.");
                            });
    };
    action.inverse = [](const domain::ActionRequest& request, const domain::ActionOutcome&) {
        domain::ActionRequest undo = request;
        undo.action = "unsubscribe";
        return std::optional(undo);
    };
    return action;
}

void predictUnsubscribe(const domain::ActionRequest& request, const domain::Capabilities&, Reading& reading,
                        domain::Prediction& prediction) {
    const auto outlook = outlookOf(request, reading, prediction);
    if (!outlook)
        return;
    if (outlook->role == "coop_main" && outlook->members > 0)
        prediction.refusal = words::count(outlook->members, "member") + " still in the group. Unregister them first.";
    const auto losses = reading.ask(queries::subscriptionLosses(*outlook, countCap));
    const bool last = outlook->elsewhere == 0;
    prediction.counts = {
        {"retries", losses.retries}, {"dead_letters", last ? losses.deadLetters : 0}, {"pending", losses.pending}};
    prediction.numbers = {{.label = losses.retries == 1 ? "retry deleted" : "retries deleted",
                           .value = std::to_string(losses.retries) + (losses.retries == countCap ? "+" : ""),
                           .note = "messages waiting to come back to it",
                           .alarming = losses.retries > 0},
                          {.label = words::noun(prediction.counts["dead_letters"], "dead letter") + " deleted",
                           .value = std::to_string(prediction.counts["dead_letters"]) +
                                    (last && losses.deadLetters == countCap ? "+" : ""),
                           .note = last ? "this is its last subscription" : "it stays registered on other queues",
                           .alarming = prediction.counts["dead_letters"] > 0},
                          {.label = "never delivered to it",
                           .value = "≈ " + std::to_string(losses.pending),
                           .note = "events behind its position, by sequence distance"}};
    if (outlook->batch)
        prediction.alsoChanges.push_back("Its open batch " + std::to_string(*outlook->batch) +
                                         " is given up; acknowledging it will fail.");
    if (last)
        prediction.alsoChanges.push_back("The consumer's name goes with its last subscription.");
    prediction.undo = "Subscribing again starts at the newest tick; what was waiting is not brought back.";
}

Action unsubscribe() {
    Action action{.id = "unsubscribe",
                  .title = "Unsubscribe",
                  .help = "Removes the consumer from the queue, with its position and its retries.",
                  .subject = SubjectKind::Consumer,
                  .danger = Danger::Destructive,
                  .role = "pgque_reader",
                  .functions = {"unsubscribe(text, text)"}};
    action.whyNot = [](const domain::ActionRequest& request, const domain::Snapshot& snapshot) {
        if (std::string why = missingSubscription(request, snapshot); !why.empty())
            return why;
        const domain::Subscription* own = subscriptionOf(request, snapshot);
        std::int64_t members = 0;
        for (const auto& other : snapshot.subscriptions)
            members += other.role == domain::Role::CoopMember && own == snapshot.mainOf(other) ? 1 : 0;
        return members > 0 ? words::count(members, "member") + " still in the group." : std::string();
    };
    action.plan = [](const domain::ActionRequest& request) {
        Plan plan = planOf<int>(Isolation::RepeatableRead, pgque::unsubscribe(request.queue, request.consumer),
                                [who = words::subject(request.queue, request.consumer)](int removed, const Sight&) {
                                    return removed > 0 ? done(who + " was removed.")
                                                       : changed(who + " is not registered any more.");
                                });
        plan.watch = queries::Watch{request.queue, {request.consumer}, {}};
        return plan;
    };
    action.predict = predictUnsubscribe;
    action.rehearsalLeaves = rowsRemain();
    return action;
}

void predictReposition(const queries::RepositionOutlook& outlook, std::int64_t tick,
                       const domain::ActionRequest& request, domain::Prediction& prediction) {
    const std::string who = words::subject(request.queue, request.consumer);
    if (outlook.role.empty())
        prediction.refusal = who + " is not registered.";
    else if (outlook.role == "coop_member")
        prediction.refusal = "The position belongs to the group: reposition that.";
    else if (!outlook.tickTime)
        prediction.refusal = "There is no tick " + std::to_string(tick) +
                             " (any more): what was before the oldest "
                             "tick can't be read again.";
    else if (outlook.batch)
        prediction.refusal =
            who + " has batch " + std::to_string(*outlook.batch) + " open: acknowledge it or give it back first.";
    else if (outlook.activeMembers > 0)
        prediction.refusal = words::count(outlook.activeMembers, "member") +
                             " of the group hold a batch: two of them would get one window.";
    const bool back = outlook.lastTick && tick < *outlook.lastTick;
    prediction.counts["events"] = outlook.events;
    prediction.numbers = {
        {.label = "will be read from there",
         .value = "≈ " + std::to_string(outlook.events),
         .note = "events by sequence distance, from tick " + std::to_string(tick) + " to the newest, " +
                 std::to_string(outlook.newestTick),
         .alarming = back},
        {.label = back ? "back" : "forward",
         .value = outlook.lastTick ? words::count(std::abs(*outlook.lastTick - tick), "tick") : std::string("–"),
         .note = back ? "everything since then is handled a second time"
                      : "everything in between is never delivered to it"}};
    prediction.alsoChanges = {"What of it waits for a retry, or is a dead letter, stays that as well."};
    prediction.undo = outlook.lastTick ? "Reposition it to tick " + std::to_string(*outlook.lastTick) +
                                             "; what was handled meanwhile was handled."
                                       : std::string("Can't be undone.");
}

Action reposition() {
    Action action{.id = "reposition",
                  .title = "Read again from a tick",
                  .help =
                      "Puts a consumer without an open batch, or a group none of whose members holds one, at another "
                      "tick: everything from there on comes to it again.",
                  .subject = SubjectKind::Consumer,
                  .danger = Danger::Destructive,
                  .role = "pgque_reader",
                  .functions = {"register_consumer_at(text, text, bigint)"}};
    action.parameters = {{.name = "tick",
                          .label = "Tick",
                          .kind = ParameterKind::Number,
                          .required = true,
                          .help = "What was sent after it comes again; it must still be there.",
                          .minimum = 1}};
    action.whyNot = [](const domain::ActionRequest& request, const domain::Snapshot& snapshot) {
        if (std::string why = missingSubscription(request, snapshot); !why.empty())
            return why;
        const domain::Subscription* own = subscriptionOf(request, snapshot);
        if (own->role == domain::Role::CoopMember)
            return std::string("The position belongs to the group: reposition that.");
        if (own->batch)
            return std::string("It has an open batch: acknowledge it or give it back first.");
        const bool active =
            std::any_of(snapshot.subscriptions.begin(), snapshot.subscriptions.end(), [&](const auto& other) {
                return other.role == domain::Role::CoopMember && other.batch && own == snapshot.mainOf(other);
            });
        return std::string(active ? "A member of the group holds a batch: two would get one window." : "");
    };
    action.plan = [parameters = action.parameters](const domain::ActionRequest& request) {
        const std::int64_t tick = Arguments(parameters, request).id("tick").value();
        const std::string who = words::subject(request.queue, request.consumer);
        const auto outlook = queries::repositionOutlook(request.queue, request.consumer, tick);
        const auto call = pgque::registerConsumerAt(request.queue, request.consumer, tick);
        Plan plan;
        plan.calls = {outlook.statement, call.statement, outlook.statement};
        plan.judge = [who, tick, outlook, consumer = request.consumer,
                      queue = request.queue](const std::vector<pg::Result>& results, const Sight&) {
            const auto before = outlook.decode(results.at(0));
            const auto after = outlook.decode(results.at(2));
            // Elsewhere the function itself lets this pass, and an open batch or window would be lost.
            if (!before || before->role.empty())
                return changed(who + " is not registered any more.");
            if (before->batch || before->activeMembers > 0)
                return changed(who + (before->batch ? " has an open batch now." : " has a member with a batch now."));
            if (!after || after->lastTick != tick)
                return refused("The server did not put it there.");
            Verdict verdict = done(who + " stands at tick " + std::to_string(tick) + " now.");
            verdict.results = {{"queue", queue}, {"consumer", consumer}};
            if (before->lastTick)
                verdict.results["last_tick"] = std::to_string(*before->lastTick);
            return verdict;
        };
        plan.watch = queries::Watch{request.queue, {request.consumer}, {}};
        return plan;
    };
    action.predict = [parameters = action.parameters](const domain::ActionRequest& request, const domain::Capabilities&,
                                                      Reading& reading, domain::Prediction& prediction) {
        const std::int64_t tick = Arguments(parameters, request).id("tick").value();
        if (const auto outlook = reading.ask(queries::repositionOutlook(request.queue, request.consumer, tick)))
            predictReposition(*outlook, tick, request, prediction);
        else
            prediction.refusal = "There is no queue named " + request.queue + ".";
    };
    action.inverse = [](const domain::ActionRequest&, const domain::ActionOutcome& outcome) {
        return readingAgain(outcome);
    };
    return action;
}

Verdict judgeReceived(const std::vector<pgque::Message>& messages, const queries::SubscriptionState* before,
                      const queries::SubscriptionState* after) {
    if (messages.empty()) {
        const bool passed = before && after && before->lastTick != after->lastTick;
        Verdict verdict = done(passed ? "Nothing to receive: an empty window was passed, up to tick " +
                                            std::to_string(after->lastTick.value_or(0)) + "."
                                      : "Nothing to receive: no tick since the last batch.");
        verdict.results["returned"] = "0";
        return verdict;
    }
    Verdict verdict = received(messages);
    const bool repeated = before && before->batch == messages.front().batchId;
    verdict.summary = words::count(static_cast<std::int64_t>(messages.size()), "message") + " of " +
                      (repeated ? "the batch " : "new batch ") + verdict.results["batch"] +
                      (repeated ? " that was open already." : ". It stays open until it is acknowledged.");
    return verdict;
}

Action receive() {
    Action action{.id = "receive",
                  .title = "Receive",
                  .help = "Opens the consumer's next batch, or repeats the open one. Its workers wait meanwhile: they "
                          "get the same batch.",
                  .subject = SubjectKind::Consumer,
                  .role = "pgque_reader",
                  .functions = {"receive(text, text, integer)"}};
    action.parameters = {maximumParameter()};
    action.whyNot = [](const domain::ActionRequest& request, const domain::Snapshot& snapshot) {
        if (std::string why = missingSubscription(request, snapshot); !why.empty())
            return why;
        return std::string(subscriptionOf(request, snapshot)->role == domain::Role::Normal
                               ? ""
                               : "This consumer is cooperative: receive as one of its members.");
    };
    action.plan = [parameters = action.parameters](const domain::ActionRequest& request) {
        Plan plan = planOf<std::vector<pgque::Message>>(
            Isolation::RepeatableRead,
            pgque::receive(request.queue, request.consumer, Arguments(parameters, request).number("max")),
            [name = request.consumer](const std::vector<pgque::Message>& messages, const Sight& sight) {
                return judgeReceived(messages, sight.consumerBefore(name), sight.consumerAfter(name));
            });
        plan.watch = queries::Watch{request.queue, {request.consumer}, {}};
        return plan;
    };
    return action;
}

} // namespace

std::optional<domain::ActionRequest> readingAgain(const domain::ActionOutcome& outcome) {
    const auto tick = outcome.results.find("last_tick");
    if (tick == outcome.results.end())
        return {};
    domain::ActionRequest undo;
    undo.action = "reposition";
    undo.queue = outcome.results.at("queue");
    undo.consumer = outcome.results.at("consumer");
    undo.arguments["tick"] = tick->second;
    return undo;
}

std::vector<Action> consumerActions() {
    return {subscribe(), receive(), reposition(), unsubscribe()};
}

} // namespace operate
