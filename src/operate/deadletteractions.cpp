// SPDX-License-Identifier: GPL-3.0-or-later
#include "operate/definitions.h"
#include "operate/words.h"
#include "pgque/deadletters.h"

namespace operate {

namespace {

constexpr auto allGetIt = "Every consumer of the queue gets it, not only the one that gave it up.";
constexpr auto newEvent = "It is a new event: a new ev_id, and no retries behind it.";

std::int64_t letterOf(const domain::ActionRequest& request) {
    return std::stoll(request.arguments.at("dead_letter"));
}

Parameter letterParameter() {
    return {.name = "dead_letter",
            .label = "Dead letter",
            .kind = ParameterKind::Number,
            .required = true,
            .help = "dl_id of the letter.",
            .minimum = 1};
}

Action replay() {
    Action action{.id = "replay_dead_letter",
                  .title = "Replay",
                  .help = "Sends the dead letter's event again and takes it off the list.",
                  .subject = SubjectKind::DeadLetter,
                  .role = "pgque_writer",
                  .functions = {"dlq_replay(bigint)"}};
    action.parameters = {letterParameter()};
    action.plan = [](const domain::ActionRequest& request) {
        return planOf<std::int64_t>(
            Isolation::ReadCommitted, pgque::dlqReplay(letterOf(request)), [](std::int64_t event, const Sight&) {
                Verdict verdict = done("It was sent again as event " + std::to_string(event) + ".");
                verdict.results["event_id"] = std::to_string(event);
                return verdict;
            });
    };
    action.rehearsalLeaves = idsRemain();
    action.predict = [](const domain::ActionRequest& request, const domain::Capabilities&, Reading& reading,
                        domain::Prediction& prediction) {
        if (!reading.ask(queries::deadLetterExists(letterOf(request)))) {
            prediction.refusal = "The dead letter is no longer there: it was replayed or purged.";
            return;
        }
        prediction.numbers = {{.label = "event sent again", .value = "1", .note = "due with the next tick"}};
        prediction.alsoChanges = {allGetIt, newEvent};
        prediction.undo = "Can't be undone: consumers may have it at once.";
    };
    return action;
}

} // namespace

std::vector<Action> deadLetterActions() {
    return {replay()};
}

} // namespace operate
