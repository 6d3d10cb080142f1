// SPDX-License-Identifier: GPL-3.0-or-later
#include "domain/timemark.h"
#include "operate/definitions.h"
#include "operate/words.h"
#include "queries/repair.h"

namespace operate {

namespace {

constexpr auto noSuchRetry = "It no longer waits, or is due at another time now.";

struct Place {
    std::int32_t owner = 0;
    std::int64_t event = 0;
};

Place placeOf(const domain::ActionRequest& request) {
    return {static_cast<std::int32_t>(std::stoll(request.arguments.at("owner"))),
            std::stoll(request.arguments.at("event"))};
}

std::vector<Parameter> placeParameters() {
    return {{.name = "owner",
             .label = "Owner",
             .kind = ParameterKind::Number,
             .required = true,
             .help = "sub_id of the consumer or group it comes back to.",
             .minimum = 0,
             .maximum = 2147483647,
             .identifies = true},
            {.name = "event",
             .label = "Event id",
             .kind = ParameterKind::Number,
             .required = true,
             .minimum = 0,
             .identifies = true}};
}

/// The retry as it waits now; nothing, with a refusal, when it has gone or moved since it was seen.
std::optional<queries::WaitingRetry> waitingOf(const domain::ActionRequest& request, Reading& reading,
                                               domain::Prediction& prediction) {
    const Place place = placeOf(request);
    auto waiting = reading.ask(queries::waitingRetry(place.owner, place.event));
    const auto due = momentOf(request, "due");
    if (!waiting)
        prediction.refusal = "Event " + std::to_string(place.event) +
                             " no longer waits to come again: it is back in its queue, or was taken off.";
    else if (due && *due != waiting->due)
        prediction.refusal = "It is due at another time than shown: " + domain::timeMark(waiting->due) + ".";
    return waiting;
}

std::string consumerOf(const queries::WaitingRetry& waiting) {
    return waiting.consumer.empty() ? std::string("a consumer that is gone") : waiting.consumer;
}

Action cancelRetry() {
    Action action{.id = "cancel_retry",
                  .title = "Delete the retry",
                  .help = "Takes a message off those that come again. What waits is its only copy; it is kept on this "
                          "machine first.",
                  .subject = SubjectKind::Retry,
                  .danger = Danger::Destructive,
                  .role = "pgque_admin",
                  .tables = {"retry_queue"}};
    action.parameters = placeParameters();
    action.plan = [](const domain::ActionRequest& request) {
        const Place place = placeOf(request);
        const auto take = queries::takeRetry(place.owner, place.event, momentOf(request, "due"));
        Plan plan;
        plan.calls = {take.statement};
        plan.copies = [take](const std::vector<pg::Result>& results) { return take.decode(results.at(0)); };
        plan.judge = [take, place](const std::vector<pg::Result>& results, const Sight&) {
            const auto taken = static_cast<std::int64_t>(take.decode(results.at(0)).size());
            if (taken == 0)
                return changed(noSuchRetry);
            Verdict verdict = done("Event " + std::to_string(place.event) + " will not come again.");
            verdict.counts["retries"] = taken;
            return verdict;
        };
        return plan;
    };
    action.predict = [](const domain::ActionRequest& request, const domain::Capabilities&, Reading& reading,
                        domain::Prediction& prediction) {
        const auto waiting = waitingOf(request, reading, prediction);
        if (!waiting)
            return;
        prediction.counts["retries"] = 1;
        prediction.numbers = {{.label = "retry deleted",
                               .value = "1",
                               .note = "was due " + domain::timeMark(waiting->due) + " to " + consumerOf(*waiting),
                               .alarming = true}};
        prediction.alsoChanges = {"The message counts as handled for " + consumerOf(*waiting) +
                                  ": nothing in the database holds it for that consumer any more."};
        prediction.undo = "Yes: a copy of the whole row is kept on this machine, and bringing it back puts it where it "
                          "was, as long as its consumer is registered.";
    };
    action.inverse = [](const domain::ActionRequest&, const domain::ActionOutcome& outcome) {
        return bringingBack(outcome);
    };
    action.rehearsalLeaves = rowsRemain();
    return action;
}

Action rescheduleRetry() {
    Action action{.id = "reschedule_retry",
                  .title = "Reschedule retry",
                  .help = "Makes a waiting message due earlier or later.",
                  .subject = SubjectKind::Retry,
                  .role = "pgque_admin",
                  .tables = {"retry_queue"}};
    action.parameters = placeParameters();
    Parameter delay = delayParameter();
    delay.label = "Due in";
    delay.defaultValue = "0 s";
    delay.help = "From now; \"0 s\" makes it due at once. Maintenance puts due messages back into their queues.";
    action.parameters.push_back(std::move(delay));
    action.plan = [parameters = action.parameters](const domain::ActionRequest& request) {
        const Place place = placeOf(request);
        const auto move = queries::moveRetry(place.owner, place.event, momentOf(request, "due"),
                                             Arguments(parameters, request).duration("delay").value());
        Plan plan;
        plan.calls = {move.statement};
        plan.judge = [move, place](const std::vector<pg::Result>& results, const Sight&) {
            const auto moved = move.decode(results.at(0));
            if (moved.empty())
                return changed(noSuchRetry);
            Verdict verdict =
                done("Event " + std::to_string(place.event) + " is due " + domain::timeMark(moved.front()) + " now.");
            verdict.results["due"] = momentText(moved.front());
            return verdict;
        };
        return plan;
    };
    action.predict = [parameters = action.parameters](const domain::ActionRequest& request, const domain::Capabilities&,
                                                      Reading& reading, domain::Prediction& prediction) {
        const auto waiting = waitingOf(request, reading, prediction);
        if (!waiting)
            return;
        const auto due = waiting->now + Arguments(parameters, request).duration("delay").value_or(pg::Interval{});
        prediction.numbers = {{.label = "was due",
                               .value = domain::timeMark(waiting->due),
                               .note = waiting->due <= waiting->now
                                           ? std::string("overdue: maintenance has not moved it yet")
                                           : "in " + words::duration(std::chrono::round<std::chrono::seconds>(
                                                         waiting->due - waiting->now))},
                              {.label = "will be due",
                               .value = domain::timeMark(due),
                               .note = "to " + consumerOf(*waiting) + ", when maintenance runs after that"}};
        prediction.undo = "Yes, until maintenance moves it: reschedule it again.";
    };
    action.inverse = [](const domain::ActionRequest& request,
                        const domain::ActionOutcome& outcome) -> std::optional<domain::ActionRequest> {
        const auto was = momentOf(request, "due");
        const auto now = outcome.results.find("due");
        if (!was || now == outcome.results.end())
            return {};
        const auto left =
            std::chrono::duration_cast<std::chrono::seconds>(*was - std::chrono::system_clock::now()).count();
        domain::ActionRequest undo = request;
        undo.arguments["due"] = now->second;
        undo.arguments["delay"] = std::to_string(std::max<std::int64_t>(0, left)) + " s";
        return undo;
    };
    action.rehearsalLeaves = rowsRemain();
    return action;
}

} // namespace

std::vector<Action> retryActions() {
    return {rescheduleRetry(), cancelRetry()};
}

} // namespace operate
