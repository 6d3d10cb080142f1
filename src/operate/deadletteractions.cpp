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

/// Counts stop there; the dialog says so.
constexpr std::int64_t countCap = 10'000;

std::string counted(std::int64_t count) {
    return std::to_string(count) + (count >= countCap ? "+" : "");
}

Action replayAll() {
    Action action{.id = "replay_all_dead_letters",
                  .title = "Replay all dead letters",
                  .help = "Sends every dead letter of the queue again, one by one in a single transaction.",
                  .subject = SubjectKind::Queue,
                  .role = "pgque_writer",
                  .functions = {"dlq_replay_all(text)"}};
    action.whyNot = missingQueue;
    action.plan = [](const domain::ActionRequest& request) {
        return planOf<pgque::ReplayResult>(
            Isolation::ReadCommitted, pgque::dlqReplayAll(request.queue),
            [](const pgque::ReplayResult& result, const Sight&) {
                Verdict verdict = done(words::count(result.replayed, "dead letter") + " sent again" +
                                       (result.failed > 0 ? ", " + std::to_string(result.failed) + " could not be: " +
                                                                result.firstError.value_or("no reason given") + "."
                                                          : "."));
                verdict.results = {{"replayed", std::to_string(result.replayed)},
                                   {"failed", std::to_string(result.failed)}};
                return verdict;
            });
    };
    action.predict = [](const domain::ActionRequest& request, const domain::Capabilities&, Reading& reading,
                        domain::Prediction& prediction) {
        const std::int64_t letters = reading.ask(queries::deadLettersOlderThan(request.queue, {}, countCap));
        if (letters == 0)
            prediction.refusal = "There is no dead letter on this queue.";
        prediction.numbers = {{.label = words::noun(letters, "event") + " sent again",
                               .value = counted(letters),
                               .note = "due with the next tick",
                               .alarming = letters >= 1'000}};
        prediction.alsoChanges = {"Every consumer of the queue gets them, not only those that gave them up.",
                                  "They are new events: new ids, and no retries behind them.",
                                  "A letter that can't be sent stays a dead letter."};
        prediction.undo = "Can't be undone: consumers may have them at once. Replay one first and watch it.";
    };
    return action;
}

Action purge() {
    Action action{.id = "purge_dead_letters",
                  .title = "Purge dead letters",
                  .help = "Deletes the queue's dead letters that are older than an age.",
                  .subject = SubjectKind::Queue,
                  .danger = Danger::Destructive,
                  .role = "pgque_admin",
                  .functions = {"dlq_purge(text, interval)"}};
    action.parameters = {{.name = "older_than",
                          .label = "Older than",
                          .kind = ParameterKind::Duration,
                          .defaultValue = "30 days",
                          .required = true,
                          .help = "Age of a letter since it was given up; \"0 s\" takes them all.",
                          .minimum = 0}};
    action.whyNot = missingQueue;
    action.plan = [parameters = action.parameters](const domain::ActionRequest& request) {
        const Arguments arguments(parameters, request);
        return planOf<int>(Isolation::ReadCommitted,
                           pgque::dlqPurge(request.queue, arguments.duration("older_than").value_or(pg::Interval{})),
                           [](int letters, const Sight&) {
                               Verdict verdict = done(words::count(letters, "dead letter") +
                                                      (letters == 1 ? " was" : " were") + " deleted.");
                               verdict.results["deleted"] = std::to_string(letters);
                               return verdict;
                           });
    };
    action.predict = [parameters = action.parameters](const domain::ActionRequest& request, const domain::Capabilities&,
                                                      Reading& reading, domain::Prediction& prediction) {
        const Arguments arguments(parameters, request);
        const std::int64_t letters =
            reading.ask(queries::deadLettersOlderThan(request.queue, arguments.duration("older_than"), countCap));
        prediction.numbers = {{.label = words::noun(letters, "dead letter") + " deleted",
                               .value = counted(letters),
                               .note = "with their payloads, for good",
                               .alarming = letters > 0}};
        prediction.undo = "Can't be undone. Copy the table or replay what is still wanted first.";
    };
    return action;
}

} // namespace

std::vector<Action> deadLetterActions() {
    return {replay(), replayAll(), purge()};
}

} // namespace operate
