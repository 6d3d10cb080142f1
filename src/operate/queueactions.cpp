// SPDX-License-Identifier: GPL-3.0-or-later
#include "operate/definitions.h"
#include "operate/words.h"
#include "pgque/administration.h"
#include "pgque/producing.h"
#include "queries/repair.h"

namespace operate {

namespace {

constexpr std::size_t longestQueueName = 57;
constexpr std::int64_t countCap = 10'000;

/// "10000+" where the count stopped.
std::string capped(std::int64_t count) {
    return count >= countCap ? std::to_string(countCap) + "+" : std::to_string(count);
}

Action createQueue() {
    Action action{.id = "create_queue",
                  .title = "Create queue",
                  .help = "Makes a queue with its event tables and its first tick.",
                  .role = "pgque_admin",
                  .functions = {"create_queue(text)"}};
    action.parameters = {{.name = "queue",
                          .label = "Queue name",
                          .required = true,
                          .help = "At most 57 bytes: the notification channel pgque_NAME must fit in 63.",
                          .check = [](const std::string& name) {
                              return name.size() > longestQueueName
                                         ? "The queue name has " + std::to_string(name.size()) +
                                               " bytes; at most 57 fit."
                                         : std::string();
                          }}};
    action.whyNot = [](const domain::ActionRequest& request, const domain::Snapshot& snapshot) {
        return queueOf(request, snapshot) ? "A queue named " + request.queue + " exists already." : std::string();
    };
    action.plan = [](const domain::ActionRequest& request) {
        return planOf<bool>(Isolation::ReadCommitted, pgque::createQueue(request.queue),
                            [name = request.queue](bool created, const Sight&) {
                                return created ? done("Queue " + name + " was created.")
                                               : refused("A queue named " + name + " exists already.");
                            });
    };
    action.inverse = [](const domain::ActionRequest& request, const domain::ActionOutcome&) {
        domain::ActionRequest undo = request;
        undo.action = "drop_queue";
        return std::optional(undo);
    };
    return action;
}

void predictDrop(const domain::ActionRequest& request, const domain::Capabilities&, Reading& reading,
                 domain::Prediction& prediction) {
    const auto losses = reading.ask(queries::queueLosses(request.queue, countCap));
    if (!losses) {
        prediction.refusal = "There is no queue named " + request.queue + ".";
        return;
    }
    if (losses->subscriptions > 0) {
        std::string names;
        for (const auto& name : losses->consumers)
            names += (names.empty() ? "" : ", ") + name;
        prediction.refusal =
            words::count(losses->subscriptions, "consumer") + " still registered: " + names + ". Remove them first.";
    }
    prediction.counts = {
        {"subscriptions", losses->subscriptions}, {"dead_letters", losses->deadLetters}, {"retries", losses->retries}};
    prediction.numbers = {{.label = words::noun(losses->deadLetters, "dead letter") + " deleted",
                           .value = capped(losses->deadLetters),
                           .note = "with the queue, for good",
                           .alarming = losses->deadLetters > 0},
                          {.label = losses->retries == 1 ? "retry deleted" : "retries deleted",
                           .value = capped(losses->retries),
                           .note = "waiting to come back",
                           .alarming = losses->retries > 0}};
    prediction.alsoChanges = {"All its events go with its " + words::count(losses->tables, "event table") +
                              " and its ticks."};
    prediction.undo = "Can't be undone.";
}

Action dropQueue() {
    Action action{.id = "drop_queue",
                  .title = "Drop queue",
                  .help = "Deletes the queue with all its events; refused while consumers are registered.",
                  .subject = SubjectKind::Queue,
                  .danger = Danger::Destructive,
                  .role = "pgque_admin",
                  .functions = {"drop_queue(text, boolean)"}};
    action.whyNot = [](const domain::ActionRequest& request, const domain::Snapshot& snapshot) {
        if (std::string why = missingQueue(request, snapshot); !why.empty())
            return why;
        std::int64_t attached = 0;
        for (const auto& subscription : snapshot.subscriptions)
            attached += subscription.queueId == queueOf(request, snapshot)->id ? 1 : 0;
        return attached > 0 ? words::count(attached, "consumer") + " still registered on this queue." : std::string();
    };
    action.plan = [](const domain::ActionRequest& request) {
        pg::Call<void> call = pgque::dropQueue(request.queue, false);
        Plan plan;
        plan.calls = {call.statement};
        plan.judge = [name = request.queue](const auto&, const Sight&) {
            return done("Queue " + name + " was dropped.");
        };
        return plan;
    };
    action.predict = predictDrop;
    return action;
}

Plan configPlan(const std::string& queue, const std::string& parameter, std::optional<std::string_view> value,
                std::string summary) {
    Plan plan;
    plan.calls = {pgque::setQueueConfig(queue, parameter, value).statement};
    plan.judge = [summary = std::move(summary)](const auto&, const Sight&) { return done(summary); };
    return plan;
}

Action setQueueConfig() {
    Action action{.id = "set_queue_config",
                  .title = "Configure queue",
                  .help = "Sets one parameter of the queue.",
                  .subject = SubjectKind::Queue,
                  .role = "pgque_admin",
                  .functions = {"set_queue_config(text, text, text)"}};
    action.parameters = {{.name = "parameter",
                          .label = "Parameter",
                          .kind = ParameterKind::Choice,
                          .required = true,
                          .choices = {{"ticker_max_count", "Tick after so many events"},
                                      {"ticker_max_lag", "Tick after so long with events waiting"},
                                      {"ticker_idle_period", "Tick after so long without events"},
                                      {"rotation_period", "Rotate tables after"},
                                      {"max_retries", "Retries before a dead letter"},
                                      {"external_ticker", "Ticks come from elsewhere"},
                                      {"ticker_paused", "Ticker paused"}}},
                         {.name = "value",
                          .label = "Value",
                          .help = "A number, a PostgreSQL interval such as \"3 seconds\", or true or false; empty sets "
                                  "the default."}};
    action.whyNot = missingQueue;
    action.plan = [parameters = action.parameters](const domain::ActionRequest& request) {
        const Arguments arguments(parameters, request);
        const std::string parameter = arguments.text("parameter");
        const std::string value = arguments.text("value");
        Plan plan = configPlan(request.queue, parameter,
                               value.empty() ? std::nullopt : std::optional<std::string_view>(value), {});
        const auto was = queries::queueParameter(request.queue, parameter);
        plan.calls.insert(plan.calls.begin(), was.statement);
        plan.judge = [was, parameter, value, queue = request.queue](const std::vector<pg::Result>& results,
                                                                    const Sight&) {
            Verdict verdict =
                done(parameter + " of " + queue + (value.empty() ? " has its default again" : " is now " + value));
            if (const auto before = was.decode(results.at(0))) {
                verdict.results["was"] = *before;
                verdict.summary += "; it was " + *before;
            }
            verdict.summary += ".";
            return verdict;
        };
        return plan;
    };
    action.inverse = [](const domain::ActionRequest& request, const domain::ActionOutcome& outcome) {
        std::optional<domain::ActionRequest> undo;
        if (const auto was = outcome.results.find("was"); was != outcome.results.end()) {
            undo = request;
            undo->arguments["value"] = was->second;
        }
        return undo;
    };
    return action;
}

Action pauseTicker(bool pause) {
    Action action{.id = pause ? "pause_ticker" : "resume_ticker",
                  .title = pause ? "Pause ticker" : "Resume ticker",
                  .help = pause ? "Stops ticks of this queue: nothing more is delivered until it is resumed."
                                : "Lets the ticker tick this queue again; what has gathered comes as one batch.",
                  .subject = SubjectKind::Queue,
                  .role = "pgque_admin",
                  .functions = {"set_queue_config(text, text, text)"}};
    action.whyNot = [pause](const domain::ActionRequest& request, const domain::Snapshot& snapshot) {
        if (std::string why = missingQueue(request, snapshot); !why.empty())
            return why;
        if (queueOf(request, snapshot)->tickerPaused == pause)
            return std::string(pause ? "The ticker is paused already." : "The ticker is not paused.");
        return std::string();
    };
    action.plan = [pause](const domain::ActionRequest& request) {
        return configPlan(request.queue, "ticker_paused", pause ? "true" : "false",
                          "The ticker of " + request.queue + (pause ? " is paused." : " runs again."));
    };
    action.inverse = [pause](const domain::ActionRequest& request, const domain::ActionOutcome&) {
        domain::ActionRequest undo = request;
        undo.action = pause ? "resume_ticker" : "pause_ticker";
        return std::optional(undo);
    };
    return action;
}

Action forceTick() {
    Action action{.id = "force_tick",
                  .title = "Tick now",
                  .help = "Ticks the queue at once, so that what was sent becomes a batch.",
                  .subject = SubjectKind::Queue,
                  .danger = Danger::None,
                  .role = "pgque_admin",
                  .functions = {"force_next_tick(text)", "ticker(text)"}};
    action.whyNot = [](const domain::ActionRequest& request, const domain::Snapshot& snapshot) {
        const domain::Queue* queue = queueOf(request, snapshot);
        if (!queue)
            return missingQueue(request, snapshot);
        if (queue->externalTicker)
            return std::string("Ticks of this queue come from elsewhere.");
        return std::string(queue->tickerPaused ? "The ticker of this queue is paused." : "");
    };
    action.plan = [](const domain::ActionRequest& request) {
        const auto tick = pgque::ticker(request.queue);
        Plan plan;
        plan.isolation = Isolation::ReadCommitted;
        plan.calls = {pgque::forceNextTick(request.queue).statement, tick.statement};
        plan.judge = [tick, name = request.queue](const std::vector<pg::Result>& results, const Sight&) {
            const auto id = tick.decode(results.at(1));
            if (!id)
                return refused("The server did not tick " + name + ".");
            Verdict verdict = done("Queue " + name + " has tick " + std::to_string(*id) + ".");
            verdict.results["tick"] = std::to_string(*id);
            return verdict;
        };
        return plan;
    };
    action.predict = [](const domain::ActionRequest&, const domain::Capabilities&, Reading&,
                        domain::Prediction& prediction) {
        prediction.alsoChanges = {"The event sequence jumps ahead, so counts by sequence distance show more events "
                                  "than there are until the tick is passed."};
        prediction.undo = "Can't be undone, and takes nothing away.";
    };
    return action;
}

Action send() {
    Action action{.id = "send",
                  .title = "Send",
                  .help = "Puts one message into the queue; consumers get it after the next tick.",
                  .subject = SubjectKind::Queue,
                  .danger = Danger::None,
                  .role = "pgque_writer",
                  .functions = {"send(text, text, text)", "send(text, text, jsonb)"}};
    action.parameters = {{.name = "type", .label = "Type", .defaultValue = "default"},
                         {.name = "format",
                          .label = "Payload is",
                          .kind = ParameterKind::Choice,
                          .defaultValue = "text",
                          .required = true,
                          .help = "JSON is checked by the server and stored in its canonical form.",
                          .choices = {{"text", "Text, as it is"}, {"json", "JSON"}}},
                         {.name = "payload", .label = "Payload", .kind = ParameterKind::Payload}};
    action.whyNot = [](const domain::ActionRequest& request, const domain::Snapshot& snapshot) {
        const domain::Queue* queue = queueOf(request, snapshot);
        if (!queue)
            return missingQueue(request, snapshot);
        return std::string(queue->insertDisabled ? "Inserting into this queue is disabled." : "");
    };
    action.plan = [parameters = action.parameters](const domain::ActionRequest& request) {
        const Arguments arguments(parameters, request);
        const std::string type = arguments.text("type");
        const std::string payload = arguments.text("payload");
        return planOf<std::int64_t>(Isolation::ReadCommitted,
                                    arguments.text("format") == "json" ? pgque::sendJson(request.queue, type, payload)
                                                                       : pgque::send(request.queue, type, payload),
                                    [name = request.queue](std::int64_t id, const Sight&) {
                                        Verdict verdict =
                                            done("Message " + std::to_string(id) + " was sent to " + name + ".");
                                        verdict.results["event_id"] = std::to_string(id);
                                        return verdict;
                                    });
    };
    return action;
}

} // namespace

std::vector<Action> queueActions() {
    return {createQueue(), send(), forceTick(), setQueueConfig(), pauseTicker(true), pauseTicker(false), dropQueue()};
}

std::vector<Action> maintenanceActions() {
    Action maintenance{.id = "run_maintenance",
                       .title = "Run maintenance",
                       .help = "Rotates event tables where that is due and possible, and runs the queues' own "
                               "maintenance functions.",
                       .danger = Danger::None,
                       .role = "pgque_admin",
                       .functions = {"maint()"}};
    maintenance.plan = [](const domain::ActionRequest&) {
        return planOf<int>(Isolation::ReadCommitted, pgque::maint(),
                           [](int, const Sight&) { return done("Maintenance ran."); });
    };
    Action stepTwo{.id = "finish_rotation",
                   .title = "Finish rotation",
                   .help = "Runs the second step of table rotation, without which no queue rotates again.",
                   .danger = Danger::None,
                   .role = "pgque_admin",
                   .functions = {"maint_rotate_tables_step2()"}};
    stepTwo.plan = [](const domain::ActionRequest&) {
        Plan plan;
        plan.isolation = Isolation::ReadCommitted;
        plan.calls = {pgque::maintRotateTablesStep2().statement};
        plan.judge = [](const auto&, const Sight&) { return done("The second step of rotation ran."); };
        return plan;
    };
    Action retries{.id = "move_due_retries",
                   .title = "Move due retries",
                   .help = "Puts messages whose retry is due back into their queues; one call moves a bounded number.",
                   .danger = Danger::None,
                   .role = "pgque_admin",
                   .functions = {"maint_retry_events()"}};
    retries.plan = [](const domain::ActionRequest&) {
        return planOf<int>(Isolation::ReadCommitted, pgque::maintRetryEvents(), [](int moved, const Sight&) {
            Verdict verdict = done(moved == 0 ? std::string("No retry was due.")
                                              : words::count(moved, "message") + " went back into their queues.");
            verdict.results["moved"] = std::to_string(moved);
            return verdict;
        });
    };
    return {std::move(maintenance), std::move(stepTwo), std::move(retries)};
}

} // namespace operate
