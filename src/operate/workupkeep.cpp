// SPDX-License-Identifier: GPL-3.0-or-later
#include "operate/definitions.h"
#include "operate/words.h"
#include "queries/workqueues.h"
#include "workqueue/calls.h"

// What is done to many messages of a work queue at a time.
namespace operate {

namespace {

using Prediction = domain::Prediction;
using Request = domain::ActionRequest;

Action maintenance() {
    Action action{.id = "work_maint",
                  .title = "Run work queue maintenance",
                  .help = "Makes messages with lapsed leases and due delays ready, and sweeps when that is due.",
                  .danger = Danger::None,
                  .role = "workqueue_consumer",
                  .functions = {"workqueue.maint()"}};
    action.plan = [](const Request&) {
        return planOf<workqueue::Maintained>(
            Isolation::ReadCommitted, workqueue::maint(), [](const workqueue::Maintained& did, const Sight&) {
                Verdict verdict = done(words::count(did.rearmed, "lapsed lease") + " and " +
                                       words::count(did.promoted, "due message") + " made ready.");
                verdict.results["rearmed"] = std::to_string(did.rearmed);
                verdict.results["promoted"] = std::to_string(did.promoted);
                return verdict;
            });
    };
    action.predict = [](const Request&, const domain::Capabilities&, Reading& reading, Prediction& prediction) {
        const auto due = reading.ask(queries::workMaintenanceDue());
        prediction.numbers = {
            {.label = "leases have ended", .value = std::to_string(due.lapsed), .note = "at most 1,000 a round"},
            {.label = "delayed and due", .value = std::to_string(due.due), .note = "at most 1,000 a round"}};
        prediction.alsoChanges = {"A worker that is late with one of these messages does its work twice."};
        prediction.undo = "Can't be undone; it is what should run every few seconds.";
    };
    return action;
}

Action move() {
    Action action{.id = "work_move",
                  .title = "Move to another queue",
                  .help = "Gives a message that waits to the workers of another queue.",
                  .subject = SubjectKind::WorkMessage,
                  .role = "workqueue_admin",
                  .functions = {"workqueue.move(bigint, text)"}};
    action.parameters = {
        {.name = "message_id", .label = "Message", .kind = ParameterKind::Number, .required = true, .minimum = 1},
        {.name = "to", .label = "To queue", .required = true, .help = "A queue is there once it has a message."}};
    action.plan = [parameters = action.parameters](const Request& request) {
        const Arguments arguments(parameters, request);
        const std::string id = request.arguments.at("message_id");
        return planOf<bool>(
            Isolation::ReadCommitted, workqueue::move(arguments.id("message_id").value(), arguments.text("to")),
            [id, to = arguments.text("to")](bool did, const Sight&) {
                return did ? done("Message " + id + " is in " + to + " now.")
                           : changed("Message " + id + " is claimed by now, or gone. Nothing was changed.");
            });
    };
    action.predict = [](const Request& request, const domain::Capabilities&, Reading& reading, Prediction& prediction) {
        const auto now = reading.ask(queries::workMessageState(std::stoll(request.arguments.at("message_id"))));
        if (!now)
            prediction.refusal = "Message " + request.arguments.at("message_id") + " is gone.";
        else if (now->state == "claimed")
            prediction.refusal = "Message " + request.arguments.at("message_id") + " is claimed now.";
        else
            prediction.numbers = {{.label = "message leaves " + now->queue, .value = "1", .note = ""}};
        prediction.undo = "Can be undone by moving it back, until it is claimed.";
    };
    return action;
}

Action purge() {
    Action action{.id = "work_purge",
                  .title = "Purge queue",
                  .help = "Moves messages that wait to the dead letters, the oldest first. What is in flight stays.",
                  .subject = SubjectKind::WorkQueue,
                  .danger = Danger::Destructive,
                  .role = "workqueue_admin",
                  .functions = {"workqueue.purge(jsonb, integer, boolean, text)"}};
    action.parameters = {{.name = "priority",
                          .label = "Of priority",
                          .kind = ParameterKind::Number,
                          .defaultValue = "0",
                          .help = "0: of all.",
                          .minimum = 0,
                          .maximum = 10},
                         {.name = "max",
                          .label = "At most",
                          .kind = ParameterKind::Number,
                          .defaultValue = "1000",
                          .required = true,
                          .help = "1 to 100,000 messages a call.",
                          .minimum = 1,
                          .maximum = 100'000},
                         {.name = "keep",
                          .label = "Keep them as dead letters",
                          .kind = ParameterKind::Bool,
                          .defaultValue = "true",
                          .help = "Otherwise their payloads are gone for good."}};
    action.plan = [parameters = action.parameters](const Request& request) {
        const Arguments arguments(parameters, request);
        return planOf<std::int32_t>(Isolation::ReadCommitted,
                                    workqueue::purgeQueue(request.queue, arguments.number("priority").value_or(0),
                                                          arguments.number("max").value(), arguments.flag("keep")),
                                    [keep = arguments.flag("keep")](std::int32_t count, const Sight&) {
                                        Verdict verdict =
                                            done(words::count(count, "message") +
                                                 (keep ? " moved to the dead letters." : " removed for good."));
                                        verdict.results["purged"] = std::to_string(count);
                                        return verdict;
                                    });
    };
    action.predict = [parameters = action.parameters](const Request& request, const domain::Capabilities&,
                                                      Reading& reading, Prediction& prediction) {
        const Arguments arguments(parameters, request);
        const auto count = reading.ask(queries::workPurgeable(request.queue, arguments.number("priority").value_or(0),
                                                              arguments.number("max").value_or(1'000)));
        const bool keep = arguments.flag("keep");
        prediction.numbers = {{.label = keep ? "become dead letters" : "are removed for good",
                               .value = std::to_string(count),
                               .note = "of those that wait now",
                               .alarming = count > 0}};
        prediction.undo = keep ? "Can be undone: each dead letter can be put back into its queue."
                               : "Can't be undone: their payloads are gone.";
    };
    return action;
}

} // namespace

std::vector<Action> workUpkeepActions() {
    return {maintenance(), move(), purge()};
}

} // namespace operate
