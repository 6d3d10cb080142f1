// SPDX-License-Identifier: GPL-3.0-or-later
#include "operate/definitions.h"
#include "operate/words.h"
#include "queries/workqueues.h"
#include "workqueue/calls.h"

#include <algorithm>

namespace operate {

namespace {

using Prediction = domain::Prediction;
using Request = domain::ActionRequest;

/// A function whose answer says whether the condition in it still held.
Plan conditional(pg::Call<bool> call, std::string success, std::string otherwise) {
    return planOf<bool>(Isolation::ReadCommitted, std::move(call),
                        [success = std::move(success), otherwise = std::move(otherwise)](bool did, const Sight&) {
                            return did ? done(success) : changed(otherwise + " Nothing was changed.");
                        });
}

/// Of a count that stops at a thousand.
std::string upTo(std::int64_t count) {
    return std::to_string(count) + (count >= 1'000 ? "+" : "");
}

Parameter idParameter(const char* name, const char* label) {
    return {.name = name, .label = label, .kind = ParameterKind::Number, .required = true, .minimum = 1};
}

Parameter tokenParameter() {
    return {.name = "token",
            .label = "Token",
            .kind = ParameterKind::Number,
            .help = "Read count of the lease that was seen; empty: whatever lease there is.",
            .minimum = 0};
}

Parameter priorityParameter() {
    return {.name = "priority",
            .label = "Priority",
            .kind = ParameterKind::Number,
            .defaultValue = "5",
            .required = true,
            .help = "1 to 10; higher goes first.",
            .minimum = 1,
            .maximum = 10};
}

std::string nameOf(const Request& request) {
    return "Message " + request.arguments.at("message_id");
}

/// The message as it is now; refuses when it is gone or in none of these states.
std::optional<queries::WorkMessageState> stateNow(const Request& request, Reading& reading, Prediction& prediction,
                                                  const std::vector<std::string>& states) {
    auto found = reading.ask(queries::workMessageState(std::stoll(request.arguments.at("message_id"))));
    if (!found) {
        prediction.refusal = nameOf(request) + " is gone: it was acknowledged, or buried.";
        return {};
    }
    if (std::find(states.begin(), states.end(), found->state) == states.end()) {
        prediction.refusal = nameOf(request) + " is " + found->state + " now.";
        return {};
    }
    return found;
}

Action onMessage(std::string id, std::string title, std::string help, std::string function) {
    Action action{.id = std::move(id),
                  .title = std::move(title),
                  .help = std::move(help),
                  .subject = SubjectKind::WorkMessage,
                  .role = "workqueue_admin",
                  .functions = {std::move(function)}};
    action.parameters = {idParameter("message_id", "Message")};
    return action;
}

Action rearm() {
    Action action = onMessage("work_rearm", "Make ready again",
                              "Ends the lease of one message: it is delivered again. A live lease only by force.",
                              "workqueue.rearm(bigint, integer, boolean)");
    action.danger = Danger::Destructive;
    action.parameters.push_back(tokenParameter());
    action.parameters.push_back({.name = "force",
                                 .label = "Although its lease has not ended",
                                 .kind = ParameterKind::Bool,
                                 .defaultValue = "false",
                                 .help = "Its holder goes on: the work is done twice."});
    action.plan = [parameters = action.parameters](const Request& request) {
        const Arguments arguments(parameters, request);
        return conditional(
            workqueue::rearm(arguments.id("message_id").value(), arguments.number("token"), arguments.flag("force")),
            nameOf(request) + " is ready again.",
            nameOf(request) + " is not held by that lease any more, or the lease is still live.");
    };
    action.predict = [parameters = action.parameters](const Request& request, const domain::Capabilities&,
                                                      Reading& reading, Prediction& prediction) {
        const Arguments arguments(parameters, request);
        const auto now = stateNow(request, reading, prediction, {"claimed"});
        if (!now)
            return;
        if (arguments.number("token") && *arguments.number("token") != now->reads)
            prediction.refusal =
                nameOf(request) + " has been claimed again since: its token is " + std::to_string(now->reads) + " now.";
        else if (!now->lapsed && !arguments.flag("force"))
            prediction.refusal = "Its lease is still live.";
        prediction.numbers = {{.label = "message delivered again",
                               .value = "1",
                               .note = now->lapsed ? "its lease has ended" : "while its holder may still work on it",
                               .alarming = !now->lapsed}};
        prediction.alsoChanges = {"Its holder's acknowledgement is refused once another has claimed it."};
        prediction.undo = "Can't be undone.";
    };
    return action;
}

Action setPriority() {
    Action action = onMessage("work_set_priority", "Change priority", "Gives a ready message another priority.",
                              "workqueue.set_priority(bigint, integer)");
    action.parameters.push_back(priorityParameter());
    action.plan = [parameters = action.parameters](const Request& request) {
        const Arguments arguments(parameters, request);
        const auto priority = arguments.number("priority").value();
        return conditional(workqueue::setPriority(arguments.id("message_id").value(), priority),
                           nameOf(request) + " has priority " + std::to_string(priority) + " now.",
                           nameOf(request) + " is not ready any more.");
    };
    action.predict = [](const Request& request, const domain::Capabilities&, Reading& reading, Prediction& prediction) {
        if (const auto now = stateNow(request, reading, prediction, {"ready"}))
            prediction.numbers = {{.label = "priority now", .value = std::to_string(now->priority), .note = ""}};
        prediction.undo = "Can be undone by giving it its priority back, until it is claimed.";
    };
    return action;
}

Action postpone() {
    Action action = onMessage("work_postpone", "Postpone", "Keeps a ready message from being claimed for a while.",
                              "workqueue.postpone(bigint, double precision)");
    action.parameters.push_back({.name = "delay",
                                 .label = "For",
                                 .kind = ParameterKind::Duration,
                                 .defaultValue = "60 s",
                                 .required = true,
                                 .minimum = 0});
    action.plan = [parameters = action.parameters](const Request& request) {
        const Arguments arguments(parameters, request);
        return conditional(workqueue::postpone(arguments.id("message_id").value(), arguments.duration("delay").value()),
                           nameOf(request) + " is due in " + words::duration(arguments.duration("delay").value()) + ".",
                           nameOf(request) + " is not waiting any more.");
    };
    action.predict = [](const Request& request, const domain::Capabilities&, Reading& reading, Prediction& prediction) {
        stateNow(request, reading, prediction, {"ready", "scheduled"});
        prediction.undo = "Can be undone by postponing it by 0 s.";
    };
    return action;
}

Action bury() {
    Action action = onMessage("work_bury", "Bury", "Moves a message to the dead letters with its payload and a reason.",
                              "workqueue.bury(bigint, text, integer, boolean)");
    action.role = "workqueue_consumer";
    action.danger = Danger::Destructive;
    action.parameters.push_back(tokenParameter());
    action.parameters.push_back({.name = "why", .label = "Reason", .required = true, .help = "Kept with the letter."});
    action.plan = [parameters = action.parameters](const Request& request) {
        const Arguments arguments(parameters, request);
        return conditional(
            workqueue::bury(arguments.id("message_id").value(), arguments.text("why"), arguments.number("token")),
            nameOf(request) + " is a dead letter now.", nameOf(request) + " is held by another lease, or gone.");
    };
    action.predict = [parameters = action.parameters](const Request& request, const domain::Capabilities&,
                                                      Reading& reading, Prediction& prediction) {
        if (const auto now = stateNow(request, reading, prediction, {"ready", "scheduled", "claimed"})) {
            const auto token = Arguments(parameters, request).number("token");
            const bool held = now->state == "claimed";
            if (token && !held)
                prediction.refusal = nameOf(request) + " is not held any more: it is " + now->state + " now.";
            else if (token && *token != now->reads)
                prediction.refusal = nameOf(request) + " has been claimed again since: its token is " +
                                     std::to_string(now->reads) + " now.";
            else if (!token && held && !now->lapsed)
                prediction.refusal = "Somebody holds it by a live lease: name its token, " +
                                     std::to_string(now->reads) + ", to bury it all the same.";
            prediction.numbers = {{.label = "message buried",
                                   .value = "1",
                                   .note = held ? "its holder's acknowledgement is refused" : "nobody holds it"}};
        }
        prediction.undo = "Can be undone: a dead letter can be put back into its queue.";
    };
    return action;
}

Action requeue() {
    Action action{.id = "work_requeue",
                  .title = "Put back into its queue",
                  .help = "Sends a dead letter again under a new id.",
                  .subject = SubjectKind::WorkDead,
                  .role = "workqueue_admin",
                  .functions = {"workqueue.requeue(bigint, boolean)"}};
    action.parameters = {idParameter("dead_id", "Dead letter"),
                         {.name = "reset",
                          .label = "Start with no reads",
                          .kind = ParameterKind::Bool,
                          .defaultValue = "true",
                          .help = "Otherwise it is buried again at its first failure."}};
    action.plan = [parameters = action.parameters](const Request& request) {
        const Arguments arguments(parameters, request);
        return planOf<std::optional<std::int64_t>>(
            Isolation::ReadCommitted, workqueue::requeue(arguments.id("dead_id").value(), arguments.flag("reset")),
            [](const std::optional<std::int64_t>& id, const Sight&) {
                if (!id)
                    return changed("The dead letter is gone: somebody put it back or purged it. Nothing was changed.");
                Verdict verdict = done("It is message " + std::to_string(*id) + " now.");
                verdict.results["message_id"] = std::to_string(*id);
                return verdict;
            });
    };
    action.predict = [](const Request& request, const domain::Capabilities&, Reading& reading, Prediction& prediction) {
        const auto letter = reading.ask(queries::deadLetterNow(std::stoll(request.arguments.at("dead_id"))));
        if (!letter) {
            prediction.refusal = "The dead letter is gone: somebody put it back or purged it.";
            return;
        }
        prediction.numbers = {{.label = "message goes to " + letter->queue,
                               .value = "1",
                               .note = "died after " + words::count(letter->reads, "read") + ": " + letter->reason}};
        prediction.undo = "Can be undone by burying it again, until it is claimed.";
    };
    return action;
}

Action pause(bool pauses) {
    Action action{
        .id = pauses ? "work_pause" : "work_resume",
        .title = pauses ? "Pause queue" : "Resume queue",
        .help = pauses ? "Nothing is claimed from it until it is resumed. What is in flight goes on."
                       : "Messages are claimed again.",
        .subject = SubjectKind::WorkQueue,
        .role = "workqueue_admin",
        .functions = {pauses ? "workqueue.pause(text, text, timestamp with time zone)" : "workqueue.resume(text)"}};
    if (pauses)
        action.parameters = {{.name = "why", .label = "Reason", .help = "Shown to everybody who looks at the queue."},
                             {.name = "for",
                              .label = "For",
                              .kind = ParameterKind::Duration,
                              .help = "Then it goes on by itself; empty: until it is resumed.",
                              .minimum = 1'000}};
    action.plan = [pauses, parameters = action.parameters](const Request& request) {
        if (!pauses)
            return conditional(workqueue::resume(request.queue), request.queue + " is claimed from again.",
                               request.queue + " was not paused.");
        Plan plan;
        plan.isolation = Isolation::ReadCommitted;
        const Arguments arguments(parameters, request);
        const auto length = arguments.duration("for");
        plan.calls = {(length ? workqueue::pauseFor(request.queue, arguments.text("why"), *length)
                              : workqueue::pause(request.queue, arguments.text("why")))
                          .statement};
        plan.judge = [name = request.queue, length](const auto&, const Sight&) {
            return done(name + " is paused" + (length ? " for " + words::duration(*length) : "") + ".");
        };
        return plan;
    };
    action.predict = [pauses](const Request& request, const domain::Capabilities&, Reading& reading,
                              Prediction& prediction) {
        const auto now = reading.ask(queries::workQueueNow(request.queue));
        if (!pauses && !now.paused)
            prediction.refusal = request.queue + " is not paused.";
        prediction.numbers = {{.label = pauses ? "ready, and stay so" : "ready, and are claimed again",
                               .value = upTo(now.ready),
                               .note = ""},
                              {.label = "in flight", .value = upTo(now.claimed), .note = "their holders go on"}};
        prediction.undo = pauses ? "Can be undone by resuming it." : "Can be undone by pausing it.";
    };
    return action;
}

Action send() {
    Action action{.id = "work_send",
                  .title = "Send task",
                  .help = "Puts one message into the queue.",
                  .subject = SubjectKind::WorkQueue,
                  .danger = Danger::None,
                  .role = "workqueue_producer",
                  .functions = {"workqueue.send(text, jsonb, integer, text, double precision)"}};
    action.parameters = {{.name = "payload",
                          .label = "Payload",
                          .kind = ParameterKind::Payload,
                          .required = true,
                          .help = "A JSON object, as the workers of this queue expect it."},
                         priorityParameter(),
                         {.name = "delay",
                          .label = "Not before",
                          .kind = ParameterKind::Duration,
                          .defaultValue = "0 s",
                          .help = "From now.",
                          .minimum = 0}};
    action.plan = [parameters = action.parameters](const Request& request) {
        const Arguments arguments(parameters, request);
        workqueue::SendOptions options;
        options.priority = arguments.number("priority").value_or(5);
        options.delay = arguments.duration("delay").value_or(pg::Interval(0));
        return planOf<std::int64_t>(Isolation::ReadCommitted,
                                    workqueue::send(request.queue, arguments.text("payload"), options),
                                    [](std::int64_t id, const Sight&) {
                                        Verdict verdict = done("Sent as message " + std::to_string(id) + ".");
                                        verdict.results["message_id"] = std::to_string(id);
                                        return verdict;
                                    });
    };
    action.predict = [](const Request& request, const domain::Capabilities&, Reading& reading, Prediction& prediction) {
        const auto now = reading.ask(queries::workQueueNow(request.queue));
        prediction.numbers = {{.label = "message sent", .value = "1", .note = now.paused ? "the queue is paused" : ""},
                              {.label = "ready before it", .value = upTo(now.ready), .note = "of all priorities"}};
        prediction.undo = "Can be undone by burying it, until it is claimed.";
    };
    return action;
}

Action abortBarrier() {
    Action action{.id = "work_abort",
                  .title = "Abort run",
                  .help = "Ends a fan-out before its time: its callback is never sent.",
                  .subject = SubjectKind::Barrier,
                  .danger = Danger::Destructive,
                  .role = "workqueue_consumer",
                  .functions = {"workqueue.abort(text, boolean, bigint)"}};
    action.parameters = {
        {.name = "execution", .label = "Execution", .required = true},
        {.name = "epoch",
         .label = "Epoch",
         .kind = ParameterKind::Number,
         .help = "Of the run that was seen; empty: whatever run there is.",
         .minimum = 0},
        {.name = "keep_markers",
         .label = "Keep the markers",
         .kind = ParameterKind::Bool,
         .defaultValue = "true",
         .help = "Batches that are delivered again are then skipped; without markers they run again."}};
    action.plan = [parameters = action.parameters](const Request& request) {
        const Arguments arguments(parameters, request);
        return conditional(
            workqueue::abort(arguments.text("execution"), arguments.flag("keep_markers"), arguments.id("epoch")),
            "Run " + arguments.text("execution") + " was aborted.",
            "There is no such run any more: it has finished, or somebody else ended it.");
    };
    action.predict = [](const Request& request, const domain::Capabilities&, Reading& reading, Prediction& prediction) {
        const auto run = reading.ask(queries::barrierNow(request.arguments.at("execution")));
        const auto seen = request.arguments.find("epoch");
        if (run && seen != request.arguments.end() && !seen->second.empty() &&
            std::to_string(run->epoch) != seen->second) {
            prediction.refusal =
                "The execution was armed anew since: this run is epoch " + std::to_string(run->epoch) + " now.";
            return;
        }
        if (!run) {
            prediction.refusal = "There is no such run any more: it has finished, or somebody else ended it.";
            return;
        }
        prediction.numbers = {
            {.label = "batches not counted", .value = std::to_string(run->remaining), .note = "", .alarming = true},
            {.label = "batches begun", .value = std::to_string(run->started), .note = ""}};
        prediction.alsoChanges = {"The callback is never sent.",
                                  "Messages of the run stay in their queues; what they bring late is refused."};
        prediction.undo = "Can't be undone: the execution has to be armed again.";
    };
    return action;
}

} // namespace

std::vector<Action> workActions() {
    return {send(), pause(true), pause(false), rearm(), setPriority(), postpone(), bury(), requeue(), abortBarrier()};
}

} // namespace operate
