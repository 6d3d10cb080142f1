// SPDX-License-Identifier: GPL-3.0-or-later
#include "operate/definitions.h"
#include "operate/words.h"
#include "pgque/administration.h"
#include "queries/repair.h"

#include <thread>

namespace operate {

namespace {

using queries::Signal;

/// How long a session that was told to end is given before it is said to be still there.
constexpr int lookAgain = 20;
constexpr std::chrono::milliseconds betweenLooks{100};

std::int32_t pidOf(const domain::ActionRequest& request) {
    return static_cast<std::int32_t>(std::stoll(request.arguments.at("pid")));
}

std::string sessionName(const domain::ActionRequest& request) {
    return "Session " + request.arguments.at("pid");
}

std::string described(const queries::Backend& backend) {
    std::string text = "Session " + std::to_string(backend.pid) + " of " + backend.user;
    if (!backend.application.empty())
        text += " (" + backend.application + ")";
    return text + (backend.state.empty() ? std::string(": no right to see its state") : " is " + backend.state) + ".";
}

void predictSignal(const domain::ActionRequest& request, Signal signal, Reading& reading,
                   domain::Prediction& prediction) {
    const auto found = reading.ask(queries::backend(pidOf(request), momentOf(request, "started")));
    if (!found || !found->started) {
        prediction.refusal = sessionName(request) + " is gone, or its number belongs to another session now.";
        return;
    }
    if (found->own)
        prediction.refusal = "That is this program's own session.";
    const bool idle = found->state.starts_with("idle");
    if (signal == Signal::CancelQuery && idle)
        prediction.refusal = "It runs no statement (" + found->state +
                             "): cancelling would do nothing. Only terminating it ends its transaction.";
    prediction.counts["waiting"] = found->waiting;
    prediction.numbers = {
        {.label = found->waiting == 1 ? "session waits for it" : "sessions wait for it",
         .value = std::to_string(found->waiting),
         .note = "they go on when its locks are gone"},
        {.label = "transaction open for",
         .value = found->transactionSince
                      ? words::duration(std::chrono::round<std::chrono::seconds>(found->now - *found->transactionSince))
                      : std::string("none"),
         .note = found->transactionSince ? "everything it has not committed is rolled back" : "nothing is lost",
         .alarming = found->transactionSince.has_value()}};
    prediction.alsoChanges = {described(*found)};
    prediction.alsoChanges.emplace_back(
        signal == Signal::Terminate
            ? "Its client loses the connection. A worker's batch stays open and its own until it is acknowledged, "
              "taken over or given back."
            : "Its client gets an error (57014) for the statement; the session stays, and its transaction has failed.");
    prediction.undo = "Can't be undone. It takes effect when the signal is sent, not when this transaction commits.";
}

/// What has become of the session, after a moment for it to end.
std::string stateOf(const domain::ActionRequest& request, Signal signal, Reading& reading) {
    std::optional<queries::Backend> found;
    for (int look = 0; look < lookAgain; ++look) {
        found = reading.ask(queries::backend(pidOf(request), momentOf(request, "started")));
        if (!found || (signal == Signal::CancelQuery && found->state != "active"))
            break;
        std::this_thread::sleep_for(betweenLooks);
    }
    return found ? described(*found) : sessionName(request) + " is gone.";
}

Action signalAction(Signal signal) {
    const bool ends = signal == Signal::Terminate;
    Action action{.id = ends ? "terminate_backend" : "cancel_backend",
                  .title = ends ? "Terminate session" : "Cancel statement",
                  .help = ends ? "Ends a session of the server; what it has not committed is rolled back, its locks go."
                               : "Stops the statement a session is running; the session stays.",
                  .subject = SubjectKind::Backend,
                  .danger = ends ? Danger::Destructive : Danger::Ordinary,
                  .role = "pg_signal_backend"};
    action.parameters = {{.name = "pid",
                          .label = "Process id",
                          .kind = ParameterKind::Number,
                          .required = true,
                          .minimum = 1,
                          .maximum = 2147483647,
                          .identifies = true}};
    action.plan = [signal, ends](const domain::ActionRequest& request) {
        const auto call =
            queries::signalBackend(pidOf(request), momentOf(request, "started").value_or(pg::Timestamp{}), signal);
        Plan plan;
        plan.isolation = Isolation::ReadCommitted;
        plan.immediate = true;
        plan.calls = {call.statement};
        plan.judge = [call, ends, name = sessionName(request)](const std::vector<pg::Result>& results, const Sight&) {
            const auto signalled = call.decode(results.at(0));
            if (!signalled)
                return changed(name + " is gone, or its number belongs to another session now.");
            if (!*signalled)
                return changed(name + " was gone before the signal reached it.");
            return done(ends ? name + " was told to end." : "The statement of " + name + " was told to stop.");
        };
        return plan;
    };
    action.predict = [signal](const domain::ActionRequest& request, const domain::Capabilities&, Reading& reading,
                              domain::Prediction& prediction) { predictSignal(request, signal, reading, prediction); };
    action.stateNow = [signal](const domain::ActionRequest& request, Reading& reading) {
        return stateOf(request, signal, reading);
    };
    return action;
}

Action scheduling(bool starts) {
    Action action{.id = starts ? "start_scheduling" : "stop_scheduling",
                  .title = starts ? "Start scheduling" : "Stop scheduling",
                  .help = starts ? "Has pg_cron run ticker, retries and maintenance of this database from now on."
                                 : "Takes the jobs of ticker, retries and maintenance off pg_cron or pg_timetable.",
                  .danger = starts ? Danger::Ordinary : Danger::Destructive,
                  .role = "pgque_admin",
                  .functions = {starts ? "start()" : "stop()"}};
    action.plan = [starts](const domain::ActionRequest&) {
        Plan plan;
        plan.calls = {(starts ? pgque::start() : pgque::stop()).statement};
        plan.judge = [starts](const auto&, const Sight&) {
            return done(starts ? "Ticker, retries and maintenance are scheduled." : "Nothing is scheduled any more.");
        };
        return plan;
    };
    action.predict = [starts](const domain::ActionRequest&, const domain::Capabilities&, Reading& reading,
                              domain::Prediction& prediction) {
        for (const auto& line : reading.ask(pgque::status()))
            prediction.details.push_back(line.component + ": " + line.status +
                                         (line.detail ? " (" + *line.detail + ")" : std::string()));
        prediction.alsoChanges = {
            starts ? std::string("Jobs of an earlier start are replaced. Whoever else ticks goes on.")
                   : std::string("Unless somebody else ticks, no message becomes a batch, no retry comes back and no "
                                 "table rotates from then on.")};
        prediction.undo = starts ? "Yes: stop scheduling." : "Yes: start scheduling again.";
    };
    action.inverse = [starts](const domain::ActionRequest&, const domain::ActionOutcome&) {
        domain::ActionRequest undo;
        undo.action = starts ? "stop_scheduling" : "start_scheduling";
        return std::optional(undo);
    };
    return action;
}

} // namespace

std::vector<Action> serverActions() {
    return {scheduling(true), scheduling(false), signalAction(Signal::CancelQuery), signalAction(Signal::Terminate)};
}

} // namespace operate
