// SPDX-License-Identifier: GPL-3.0-or-later
#include "operate/definitions.h"
#include "operate/words.h"
#include "pgque/consuming.h"
#include "pgque/cooperative.h"

namespace operate {

namespace {

constexpr auto nackBatchIdentity = "nack_batch(bigint, interval, text)";

queries::Watch watchBatch(const domain::ActionRequest& request) {
    queries::Watch watch{request.queue, {}, request.batch};
    if (!request.consumer.empty()) {
        watch.consumers.push_back(request.consumer);
        if (!request.subconsumer.empty())
            watch.consumers.push_back(words::fullName(request.consumer, request.subconsumer));
    }
    return watch;
}

std::string batchName(const domain::ActionRequest& request) {
    return "Batch " + std::to_string(request.batch.value());
}

Verdict goneBatch(const domain::ActionRequest& request) {
    return changed(batchName(request) + " is not open any more.");
}

/// "billing" of "billing.worker-3": a group's name has no dot.
std::string groupOf(const std::string& member) {
    return member.substr(0, member.find('.'));
}

std::optional<std::string_view> given(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

void predictAck(const domain::ActionRequest& request, const domain::Capabilities&, Reading& reading,
                domain::Prediction& prediction) {
    const auto outlook = outlookOf(request, reading, prediction);
    const auto fate = fateOf(outlook, reading, prediction);
    if (!fate)
        return;
    const auto givenBack = fate->retryWaiting.count + fate->deadAlready.count;
    const auto gone = fate->events() - givenBack;
    prediction.counts = {{"events", fate->events()}, {"done", gone}, {"given_back", givenBack}};
    prediction.numbers = {{.label = gone == 1 ? "counts as done" : "count as done",
                           .value = std::to_string(gone),
                           .note = "whether a worker has handled them or not; they do not come back to " +
                                   words::subject(outlook->queue, outlook->consumer),
                           .alarming = gone > 0},
                          {.label = "given back before",
                           .value = std::to_string(givenBack),
                           .note = "wait for their retry or are dead letters already"}};
    prediction.alsoChanges = {"A worker that still works on it will be told that its batch is gone."};
    prediction.counts["others_wait"] = outlook->role == "coop_member" ? outlook->members - 1 : 0;
    prediction.undo = outlook->role == "coop_member"
                          ? "Only while no member of the group holds a batch: reading again from tick " +
                                std::to_string(outlook->lastTick.value_or(0)) +
                                " brings these and everything after them once more, until their tables rotate away."
                          : "Reading again from tick " + std::to_string(outlook->lastTick.value_or(0)) +
                                " brings these and everything after them once more, until their tables rotate away.";
}

Action ack() {
    Action action{.id = "ack",
                  .title = "Acknowledge",
                  .help = "Closes the batch: all its messages count as done, also those never returned.",
                  .subject = SubjectKind::Batch,
                  .danger = Danger::Destructive,
                  .role = "pgque_reader",
                  .functions = {"ack(bigint)"}};
    action.whyNot = missingSubscription;
    action.plan = [](const domain::ActionRequest& request) {
        Plan plan = planOf<bool>(
            Isolation::RepeatableRead, pgque::ack(request.batch.value()), [request](bool closed, const Sight& sight) {
                if (!closed || sight.batchAfter(*request.batch))
                    return goneBatch(request);
                const auto* owner = sight.batchBefore(*request.batch);
                Verdict verdict = done(batchName(request) + " of " + words::subject(owner->queue, owner->consumer) +
                                       " was acknowledged.");
                verdict.results["queue"] = owner->queue;
                verdict.results["consumer"] = owner->role == "coop_member" ? groupOf(owner->consumer) : owner->consumer;
                if (owner->lastTick)
                    verdict.results["last_tick"] = std::to_string(*owner->lastTick);
                return verdict;
            });
        plan.watch = watchBatch(request);
        return plan;
    };
    action.predict = predictAck;
    action.inverse = [](const domain::ActionRequest&, const domain::ActionOutcome& outcome) {
        return readingAgain(outcome);
    };
    action.rehearsalLeaves = rowsRemain();
    return action;
}

constexpr std::size_t mostNacked = 1'000;

/// One message of a batch, or some of them, given back in one transaction.
Action nack(bool some) {
    Action action{.id = some ? "nack_some" : "nack",
                  .title = some ? "Nack some" : "Nack message",
                  .help = some ? "Gives some messages of the batch back: each returns after the delay, or becomes a "
                                 "dead letter at the retry limit. The batch stays open."
                               : "Gives one message of the batch back: it returns after the delay, or becomes a dead "
                                 "letter at the retry limit. The batch stays open.",
                  .subject = SubjectKind::Batch,
                  .role = "pgque_reader",
                  .functions = {"nack(bigint, pgque.message, interval, text)"}};
    if (some)
        action.parameters = {idsParameter("messages", "Message ids", "With commas between them.", mostNacked)};
    else
        action.parameters = {
            {.name = "message", .label = "Message id", .kind = ParameterKind::Number, .required = true, .minimum = 0}};
    action.parameters.push_back(delayParameter());
    action.parameters.push_back(deathReasonParameter());
    const auto messagesOf = [some](const domain::ActionRequest& request) {
        return idsOf(request.arguments.at(some ? "messages" : "message"));
    };
    action.whyNot = missingSubscription;
    action.plan = [messagesOf, parameters = action.parameters](const domain::ActionRequest& request) {
        const Arguments arguments(parameters, request);
        const auto messages = messagesOf(request);
        const auto delay = arguments.duration("delay").value();
        Plan plan;
        for (const std::int64_t message : messages)
            plan.calls.push_back(
                pgque::nack(request.batch.value(), message, delay, given(arguments.text("reason"))).statement);
        plan.watch = watchBatch(request);
        plan.countsGivenBack = true;
        plan.judge = [messages, delay](const auto&, const Sight& sight) {
            const auto retried = sight.givenBackAfter.retries - sight.givenBackBefore.retries;
            const auto dead = sight.givenBackAfter.deadLetters - sight.givenBackBefore.deadLetters;
            Verdict verdict = done({});
            if (messages.size() == 1) {
                const std::string name = "Message " + std::to_string(messages.front());
                verdict.summary = retried > 0
                                      ? name + " was given back and is due again in " + words::duration(delay) + "."
                                  : dead > 0 ? name + " reached the retry limit and is a dead letter now."
                                             : name + " was given back before; nothing changed.";
            } else {
                const auto before = static_cast<std::int64_t>(messages.size()) - retried - dead;
                verdict.summary = words::count(retried, "message") + " due again in " + words::duration(delay) + ", " +
                                  words::count(dead, "new dead letter") +
                                  (before > 0 ? ", " + std::to_string(before) + " given back before." : ".");
            }
            verdict.counts = {{"retry", retried}, {"dead", dead}};
            verdict.results = {{"retried", std::to_string(retried)}, {"dead", std::to_string(dead)}};
            return verdict;
        };
        return plan;
    };
    action.predict = [messagesOf, parameters = action.parameters](const domain::ActionRequest& request,
                                                                  const domain::Capabilities&, Reading& reading,
                                                                  domain::Prediction& prediction) {
        const auto messages = messagesOf(request);
        const auto outlook = outlookOf(request, reading, prediction);
        const auto fate = fateOf(outlook, reading, prediction, messages);
        if (!fate)
            return;
        if (const auto missing = static_cast<std::int64_t>(messages.size()) - fate->events(); missing > 0)
            prediction.refusal = messages.size() == 1
                                     ? "Message " + std::to_string(messages.front()) + " is not in this batch."
                                     : std::to_string(missing) + " of these messages are not in this batch.";
        tellFate(*fate, Arguments(parameters, request).duration("delay").value_or(pg::Interval{}), *outlook,
                 prediction);
        prediction.counts["others_wait"] = outlook->role == "coop_member" ? outlook->members - 1 : 0;
        prediction.alsoChanges.push_back("The batch stays open until it is acknowledged.");
        prediction.undo = "A retry can be cancelled until it is due, by deleting its only copy.";
    };
    action.rehearsalLeaves = rowsRemain();
    return action;
}

/// Gives every message back; with an acknowledgement after it, the batch ends.
Action nackBatch(bool closes) {
    Action action{.id = closes ? "give_back" : "nack_batch",
                  .title = closes ? "Give batch back" : "Nack all",
                  .help = closes ? "Gives every message of the batch back and closes it: nothing counts as done."
                                 : "Gives every message of the batch back. The batch stays open.",
                  .subject = SubjectKind::Batch,
                  .role = "pgque_reader",
                  .functions = {nackBatchIdentity}};
    if (closes)
        action.functions.emplace_back("ack(bigint)");
    action.parameters = {delayParameter(), deathReasonParameter()};
    action.whyNot = missingSubscription;
    action.plan = [closes, parameters = action.parameters](const domain::ActionRequest& request) {
        const Arguments arguments(parameters, request);
        const auto delay = arguments.duration("delay").value();
        const auto giveBack = pgque::nackBatch(request.batch.value(), delay, given(arguments.text("reason")));
        const auto close = pgque::ack(request.batch.value());
        Plan plan;
        plan.calls = {giveBack.statement};
        if (closes)
            plan.calls.push_back(close.statement);
        plan.watch = watchBatch(request);
        plan.judge = [request, delay, giveBack, close, closes](const std::vector<pg::Result>& results,
                                                               const Sight& sight) {
            const auto given = giveBack.decode(results.at(0));
            if (closes && (!close.decode(results.at(1)) || sight.batchAfter(*request.batch)))
                return goneBatch(request);
            Verdict verdict =
                done(batchName(request) + ": " + words::count(given.retried, "message") + " due again in " +
                     words::duration(delay) + ", " + words::count(given.dead, "new dead letter") + "." +
                     (closes ? " The batch is closed." : " The batch stays open."));
            verdict.counts = {{"retry", given.retried}, {"dead", given.dead}};
            verdict.results = {{"retried", std::to_string(given.retried)}, {"dead", std::to_string(given.dead)}};
            return verdict;
        };
        return plan;
    };
    action.predict = [closes, parameters = action.parameters](const domain::ActionRequest& request,
                                                              const domain::Capabilities&, Reading& reading,
                                                              domain::Prediction& prediction) {
        const auto outlook = outlookOf(request, reading, prediction);
        const auto fate = fateOf(outlook, reading, prediction);
        if (!fate)
            return;
        tellFate(*fate, Arguments(parameters, request).duration("delay").value_or(pg::Interval{}), *outlook,
                 prediction);
        tellLock(fate->events(), true, *outlook, prediction);
        prediction.alsoChanges.push_back(closes ? "The batch is closed; its worker's acknowledgement will fail."
                                                : "The batch stays open until it is acknowledged.");
        prediction.undo = "A retry can be cancelled until it is due, by deleting its only copy.";
    };
    action.rehearsalLeaves = rowsRemain();
    return action;
}

void predictTakeOver(const domain::ActionRequest& request, const domain::Capabilities&, Reading& reading,
                     domain::Prediction& prediction) {
    const auto outlook = outlookOf(request, reading, prediction);
    const auto fate = fateOf(outlook, reading, prediction);
    if (!fate)
        return;
    if (outlook->role != "coop_member")
        prediction.refusal = "Only the batch of a group's member can be taken over.";
    prediction.counts = {{"events", fate->events()}};
    prediction.numbers = {{.label = words::noun(fate->events(), "message") + " change hands",
                           .value = std::to_string(fate->events()),
                           .note = "none counts as failed; retry counts stay"}};
    prediction.alsoChanges = {"Batch id " + std::to_string(*outlook->batch) + " is void: a late acknowledgement of " +
                                  outlook->consumer + " does nothing.",
                              "If " + outlook->consumer + " is only slow, its messages are handled twice."};
    prediction.undo = "Can't be undone; the new holder can give the batch back.";
}

Action takeOver() {
    Action action{.id = "take_over",
                  .title = "Take over",
                  .help = "Gives this batch to another, idle member of the group under a new batch id.",
                  .subject = SubjectKind::Batch,
                  .role = "pgque_reader",
                  .functions = {"receive_coop(text, text, text, integer, interval)"}};
    action.parameters = {groupNameParameter("consumer", "Group"),
                         groupNameParameter("taker", "Taker"),
                         {.name = "dead_interval",
                          .label = "Dead interval",
                          .kind = ParameterKind::Duration,
                          .defaultValue = "60 s",
                          .required = true,
                          .help = "The server hands over only a batch whose heartbeat is older than this, the oldest "
                                  "first.",
                          .minimum = 1},
                         maximumParameter()};
    action.whyNot = [](const domain::ActionRequest& request, const domain::Snapshot& snapshot) {
        if (std::string why = missingSubscription(request, snapshot); !why.empty())
            return why;
        return std::string(subscriptionOf(request, snapshot)->role == domain::Role::CoopMember
                               ? ""
                               : "Only the batch of a group's member can be taken over.");
    };
    action.plan = [parameters = action.parameters](const domain::ActionRequest& request) {
        const Arguments arguments(parameters, request);
        const std::string taker = words::fullName(request.consumer, arguments.text("taker"));
        Plan plan = planOf<std::vector<pgque::Message>>(
            Isolation::RepeatableRead,
            pgque::receiveCoop(request.queue, request.consumer, arguments.text("taker"), arguments.number("max"),
                               arguments.duration("dead_interval")),
            // The call can't be aimed: it takes the oldest stale batch, or the next window. Only its own transaction
            // shows which; with anything but the batch meant it is rolled back.
            [request, taker](const std::vector<pgque::Message>& messages, const Sight& sight) {
                const auto* victim = sight.batchBefore(*request.batch);
                const auto* holder = sight.consumerAfter(taker);
                const bool taken = !sight.batchAfter(*request.batch);
                const bool same =
                    holder && holder->lastTick == victim->lastTick && holder->nextTick == victim->nextTick;
                if (!taken || (!messages.empty() && !same))
                    return changed(batchName(request) + " of " + victim->consumer +
                                   " would not have been the one taken: its heartbeat is not the oldest, or not "
                                   "older than the dead interval.");
                if (messages.empty())
                    return done(batchName(request) + " of " + victim->consumer +
                                " was taken over; it was empty and is finished.");
                Verdict verdict = received(messages);
                verdict.summary = taker + " has the window now, as batch " + verdict.results["batch"] + ".";
                return verdict;
            });
        plan.watch = watchBatch(request);
        plan.watch->consumers.push_back(taker);
        plan.accept = [taker](const Sight& sight) {
            const auto* idle = sight.consumerBefore(taker);
            return idle && idle->batch ? words::state(*idle) + ": choose an idle taker." : std::string();
        };
        return plan;
    };
    action.predict = predictTakeOver;
    return action;
}

} // namespace

std::vector<Action> batchActions() {
    return {ack(), nack(false), nack(true), nackBatch(false), nackBatch(true), takeOver()};
}

} // namespace operate
