// SPDX-License-Identifier: GPL-3.0-or-later
#include "operate/definitions.h"
#include "operate/words.h"
#include "pgque/cooperative.h"

namespace operate {

namespace {

// PgQ contract: a forced unregister puts everything into retry for this long.
constexpr pg::Interval forcedDelay = std::chrono::seconds(60);

queries::Watch watchMember(const domain::ActionRequest& request) {
    return {request.queue, {request.consumer, words::fullName(request.consumer, request.subconsumer)}, {}};
}

std::string who(const domain::ActionRequest& request) {
    return words::subject(request.queue, words::fullName(request.consumer, request.subconsumer));
}

Action registerSubconsumer() {
    Action action{.id = "register_subconsumer",
                  .title = "Register subconsumer",
                  .help = "Adds a member to a cooperative group, which is made when it does not exist.",
                  .subject = SubjectKind::Queue,
                  .danger = Danger::None,
                  .role = "pgque_reader",
                  .functions = {"subscribe_subconsumer(text, text, text, boolean)"}};
    action.parameters = {groupNameParameter("consumer", "Group"),
                         groupNameParameter("subconsumer", "Subconsumer"),
                         {.name = "convert",
                          .label = "Turn a normal consumer of that name into a group",
                          .kind = ParameterKind::Bool,
                          .defaultValue = "false",
                          .help = "It keeps its position; whoever receives as the normal consumer is refused from "
                                  "then on."}};
    action.whyNot = [parameters = action.parameters](const domain::ActionRequest& request,
                                                     const domain::Snapshot& snapshot) {
        if (std::string why = missingQueue(request, snapshot); !why.empty() || request.consumer.empty())
            return why;
        domain::ActionRequest group = request;
        group.subconsumer.clear();
        group.batch.reset();
        const domain::Subscription* main = subscriptionOf(group, snapshot);
        if (!main || main->role != domain::Role::Normal)
            return std::string();
        if (main->batch)
            return request.consumer + " is a normal consumer with an open batch; it can't be converted now.";
        return Arguments(parameters, request).flag("convert")
                   ? std::string()
                   : request.consumer + " is a normal consumer: it must be converted to take members.";
    };
    action.plan = [parameters = action.parameters](const domain::ActionRequest& request) {
        Plan plan =
            planOf<bool>(Isolation::RepeatableRead,
                         pgque::subscribeSubconsumer(request.queue, request.consumer, request.subconsumer,
                                                     Arguments(parameters, request).flag("convert")),
                         [who = who(request), group = request.consumer](bool fresh, const Sight& sight) {
                             if (!fresh)
                                 return refused(who + " is registered already.");
                             const auto* before = sight.consumerBefore(group);
                             const bool converted = before && before->role == "normal";
                             return done(who + " is registered." +
                                         (converted ? " " + group + " is a cooperative group now." : std::string()));
                         });
        plan.watch = watchMember(request);
        return plan;
    };
    action.inverse = [](const domain::ActionRequest& request, const domain::ActionOutcome&) {
        domain::ActionRequest undo = request;
        undo.action = "unregister_subconsumer";
        undo.arguments.clear();
        return std::optional(undo);
    };
    return action;
}

Action touch() {
    Action action{.id = "touch",
                  .title = "Touch",
                  .help = "Renews the member's heartbeat, which keeps others from taking its batch over.",
                  .subject = SubjectKind::Member,
                  .danger = Danger::None,
                  .role = "pgque_reader",
                  .functions = {"touch_subconsumer(text, text, text)"}};
    action.whyNot = missingSubscription;
    action.plan = [](const domain::ActionRequest& request) {
        Plan plan = planOf<bool>(Isolation::RepeatableRead,
                                 pgque::touchSubconsumer(request.queue, request.consumer, request.subconsumer),
                                 [who = who(request)](bool touched, const Sight&) {
                                     return touched ? done("The heartbeat of " + who + " was renewed.")
                                                    : changed(who + " is not registered any more.");
                                 });
        plan.watch = watchMember(request);
        return plan;
    };
    return action;
}

Verdict judgeCooperative(const std::vector<pgque::Message>& messages, const Sight& sight, const std::string& group,
                         const std::string& member) {
    const auto* mainBefore = sight.consumerBefore(group);
    const auto* mainAfter = sight.consumerAfter(group);
    const auto* before = sight.consumerBefore(member);
    const bool advanced = mainBefore && mainAfter && mainBefore->lastTick != mainAfter->lastTick;
    if (messages.empty()) {
        Verdict verdict = done(advanced ? "Nothing to receive: an empty window was passed, up to tick " +
                                              std::to_string(mainAfter->lastTick.value_or(0)) + "."
                                        : "Nothing to receive: no tick since the group's last batch.");
        verdict.results["returned"] = "0";
        return verdict;
    }
    Verdict verdict = received(messages);
    const std::string many = words::count(static_cast<std::int64_t>(messages.size()), "message") + " of ";
    if (before && before->batch == messages.front().batchId)
        verdict.summary = many + "the batch " + verdict.results["batch"] + " that was open already.";
    else if (!advanced && mainBefore)
        verdict.summary = many + "batch " + verdict.results["batch"] + ", taken over from a member with a stale " +
                          "heartbeat; that member's batch id is void.";
    else
        verdict.summary = many + "new batch " + verdict.results["batch"] + ". It stays open until it is acknowledged.";
    return verdict;
}

Action receiveCooperatively() {
    Action action{.id = "receive_coop",
                  .title = "Receive cooperatively",
                  .help = "Gives the member the group's next window, or repeats its open batch.",
                  .subject = SubjectKind::Consumer,
                  .role = "pgque_reader",
                  .functions = {"receive_coop(text, text, text, integer, interval)"}};
    action.parameters = {groupNameParameter("subconsumer", "Subconsumer"),
                         maximumParameter(),
                         {.name = "dead_interval",
                          .label = "Dead interval",
                          .kind = ParameterKind::Duration,
                          .help = "With it, the batch of a member whose heartbeat is older is taken over first; empty "
                                  "takes nothing over.",
                          .minimum = 1}};
    action.whyNot = [](const domain::ActionRequest& request, const domain::Snapshot& snapshot) {
        domain::ActionRequest group = request;
        group.subconsumer.clear();
        group.batch.reset();
        const domain::Subscription* main = subscriptionOf(group, snapshot);
        if (main && main->role == domain::Role::Normal)
            return request.consumer + " is a normal consumer: register a subconsumer with conversion first.";
        return missingQueue(request, snapshot);
    };
    action.plan = [parameters = action.parameters](const domain::ActionRequest& request) {
        const Arguments arguments(parameters, request);
        Plan plan = planOf<std::vector<pgque::Message>>(
            Isolation::RepeatableRead,
            pgque::receiveCoop(request.queue, request.consumer, request.subconsumer, arguments.number("max"),
                               arguments.duration("dead_interval")),
            [group = request.consumer, member = words::fullName(request.consumer, request.subconsumer)](
                const std::vector<pgque::Message>& messages, const Sight& sight) {
                return judgeCooperative(messages, sight, group, member);
            });
        plan.watch = watchMember(request);
        return plan;
    };
    return action;
}

void tellRemoval(const queries::SubscriptionOutlook& outlook, const std::string& group,
                 domain::Prediction& prediction) {
    if (outlook.members == 1)
        prediction.alsoChanges.push_back("It is the last member: " + group +
                                         " becomes a normal consumer and keeps its position.");
    prediction.alsoChanges.push_back(outlook.elsewhere == 0
                                         ? "The rows of the member in subscription and in consumer are deleted."
                                         : "The member's subscription is deleted; its name is used on other queues.");
    prediction.undo = "It can be registered again; its batch does not come back to it.";
}

/// What both ways of unregistering have in common.
Action unregisterAction(pgque::BatchHandling handling) {
    Action action{.subject = SubjectKind::Member,
                  .role = "pgque_reader",
                  .functions = {"unsubscribe_subconsumer(text, text, text, integer)"}};
    action.plan = [handling](const domain::ActionRequest& request) {
        const bool force = handling == pgque::BatchHandling::RouteToRetry;
        const std::string member = words::fullName(request.consumer, request.subconsumer);
        Plan plan = planOf<bool>(
            Isolation::RepeatableRead,
            pgque::unsubscribeSubconsumer(request.queue, request.consumer, request.subconsumer, handling),
            [who = who(request), member, group = request.consumer, force](bool removed, const Sight& sight) {
                if (!removed || sight.consumerAfter(member))
                    return changed(who + " is not registered any more.");
                Verdict verdict = done(who + " was removed");
                if (force) {
                    const auto retried = sight.givenBackAfter.retries - sight.givenBackBefore.retries;
                    const auto dead = sight.givenBackAfter.deadLetters - sight.givenBackBefore.deadLetters;
                    verdict.counts = {{"retry", retried}, {"dead", dead}};
                    verdict.results = {{"retried", std::to_string(retried)}, {"dead", std::to_string(dead)}};
                    verdict.summary += ": " + words::count(retried, "message") + " due again in " +
                                       words::duration(forcedDelay) + ", " + words::count(dead, "new dead letter");
                }
                verdict.summary += ".";
                const auto* main = sight.consumerAfter(group);
                if (main && main->role == "normal")
                    verdict.summary += " It was the last member: " + group + " is a normal consumer now.";
                return verdict;
            });
        plan.watch = watchMember(request);
        plan.countsGivenBack = force;
        return plan;
    };
    return action;
}

Action unregisterSubconsumer() {
    Action action = unregisterAction(pgque::BatchHandling::Refuse);
    action.id = "unregister_subconsumer";
    action.title = "Unregister";
    action.help = "Removes an idle member from its group.";
    action.whyNot = [](const domain::ActionRequest& request, const domain::Snapshot& snapshot) {
        if (std::string why = missingSubscription(request, snapshot); !why.empty())
            return why;
        return std::string(subscriptionOf(request, snapshot)->batch
                               ? "It holds a batch: acknowledge it, let another take it over, or force-unregister."
                               : "");
    };
    action.predict = [](const domain::ActionRequest& request, const domain::Capabilities&, Reading& reading,
                        domain::Prediction& prediction) {
        const auto outlook = outlookOf(request, reading, prediction);
        if (!outlook)
            return;
        if (outlook->batch)
            prediction.refusal = "It holds batch " + std::to_string(*outlook->batch) + ".";
        prediction.counts["others_wait"] = outlook->members - 1;
        tellRemoval(*outlook, request.consumer, prediction);
    };
    action.inverse = [](const domain::ActionRequest& request, const domain::ActionOutcome&) {
        domain::ActionRequest undo = request;
        undo.action = "register_subconsumer";
        undo.seen.reset();
        undo.arguments["convert"] = "true";
        return std::optional(undo);
    };
    action.rehearsalLeaves = rowsRemain();
    return action;
}

Action forceUnregister() {
    Action action = unregisterAction(pgque::BatchHandling::RouteToRetry);
    action.id = "force_unregister";
    action.title = "Force-unregister";
    action.help = "Removes a member and gives its open batch back: to retry, or to the dead letters at the limit.";
    action.danger = Danger::Destructive;
    action.whyNot = missingSubscription;
    action.predict = [](const domain::ActionRequest& request, const domain::Capabilities& capabilities,
                        Reading& reading, domain::Prediction& prediction) {
        const auto outlook = outlookOf(request, reading, prediction);
        if (!outlook)
            return;
        const auto fate = fateOf(outlook, reading, prediction).value_or(queries::BatchFate{});
        tellFate(fate, forcedDelay, *outlook, prediction);
        tellLock(fate.events(),
                 capabilities.origin == domain::SchemaOrigin::Ours ||
                     capabilities.origin == domain::SchemaOrigin::OursDrifted,
                 *outlook, prediction);
        if (outlook->batch)
            prediction.alsoChanges.push_back("Batch id " + std::to_string(*outlook->batch) +
                                             " is void: a late acknowledgement of its worker does nothing.");
        tellRemoval(*outlook, request.consumer, prediction);
    };
    action.rehearsalLeaves = rowsRemain();
    return action;
}

} // namespace

std::vector<Action> memberActions() {
    return {registerSubconsumer(), receiveCooperatively(), touch(), unregisterSubconsumer(), forceUnregister()};
}

} // namespace operate
