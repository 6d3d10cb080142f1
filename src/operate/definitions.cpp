// SPDX-License-Identifier: GPL-3.0-or-later
#include "operate/definitions.h"

#include "domain/timemark.h"
#include "operate/words.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace operate {

namespace {

constexpr std::size_t shownMessages = 200;

// Measured on PostgreSQL 15: a forced unregister or nack_batch of our own schema, 100 to 100,000 events, small
// payloads; and the original, which reads the whole batch again for every event.
constexpr double linearBaseMs = 1.0;
constexpr double linearMsPerEvent = 0.028;
constexpr double quadraticMsPerPair = 0.001;

/// Two digits are more than a forecast knows.
std::string roughly(double milliseconds) {
    const double step = std::pow(10.0, std::floor(std::log10(std::max(milliseconds, 1.0))) - 1);
    const double rounded = std::max(1.0, std::round(milliseconds / step) * step);
    return "≈ " + words::duration(pg::Interval(std::llround(rounded * 1000)));
}

} // namespace

std::string Arguments::text(const std::string& name) const {
    const auto found = std::find_if(m_parameters.begin(), m_parameters.end(),
                                    [&](const Parameter& parameter) { return parameter.name == name; });
    return found == m_parameters.end() ? std::string() : valueOf(m_request, *found);
}

std::optional<std::string> Arguments::nullable(const std::string& name) const {
    const auto found = m_request.arguments.find(name);
    return found == m_request.arguments.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::int64_t> Arguments::id(const std::string& name) const {
    const std::string value = text(name);
    const auto start = value.find_first_not_of(" \t");
    std::int64_t number = 0;
    if (start == std::string::npos ||
        std::from_chars(value.data() + start, value.data() + value.size(), number).ec != std::errc())
        return {};
    return number;
}

std::optional<std::int32_t> Arguments::number(const std::string& name) const {
    const auto value = id(name);
    return value ? std::optional(static_cast<std::int32_t>(*value)) : std::nullopt;
}

std::optional<pg::Interval> Arguments::duration(const std::string& name) const {
    return parseDuration(text(name));
}

std::vector<std::int64_t> idsOf(const std::string& text) {
    std::vector<std::int64_t> ids;
    const char* at = text.data();
    const char* const end = at + text.size();
    const auto separates = [](char c) { return c == ',' || c == ' ' || c == '\n' || c == '\t' || c == '\r'; };
    while (at != end) {
        if (separates(*at)) {
            ++at;
            continue;
        }
        std::int64_t id = 0;
        const auto [after, error] = std::from_chars(at, end, id);
        if (error != std::errc() || id < 0 || (after != end && !separates(*after)))
            return {};
        ids.push_back(id);
        at = after;
    }
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ids;
}

Parameter idsParameter(std::string name, std::string label, std::string help, std::size_t most) {
    return {.name = std::move(name),
            .label = label,
            .required = true,
            .help = std::move(help),
            .check = [label = std::move(label), most](const std::string& value) {
                const std::size_t count = idsOf(value).size();
                if (count == 0)
                    return label + " must be numbers with commas between them.";
                return count > most ? label + " are at most " + std::to_string(most) + "." : std::string();
            }};
}

std::optional<pg::Timestamp> momentOf(const domain::ActionRequest& request, const std::string& argument) {
    const auto found = request.arguments.find(argument);
    if (found == request.arguments.end())
        return {};
    const std::string& text = found->second;
    std::int64_t micros = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), micros);
    if (error != std::errc() || end != text.data() + text.size())
        return {};
    return pg::Timestamp(std::chrono::microseconds(micros));
}

std::string momentText(pg::Timestamp moment) {
    return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(moment.time_since_epoch()).count());
}

std::vector<std::string> rowsRemain() {
    return {"A transaction number and dead versions of the rows it touched, until vacuum takes them.",
            "The time for which others had to wait for those rows."};
}

std::vector<std::string> idsRemain() {
    std::vector<std::string> remain = rowsRemain();
    remain.push_back("The ids it took from sequences: counts by sequence distance show as many events more than there "
                     "are, and the ticker may write a tick for them.");
    return remain;
}

Verdict received(const std::vector<pgque::Message>& messages) {
    Verdict verdict = done({});
    verdict.results["returned"] = std::to_string(messages.size());
    verdict.results["batch"] = std::to_string(messages.front().batchId);
    for (const auto& message : messages) {
        if (verdict.rows.size() == shownMessages) {
            verdict.rows.push_back("… and " + std::to_string(messages.size() - shownMessages) + " more");
            break;
        }
        verdict.rows.push_back(words::message(message));
    }
    return verdict;
}

Parameter maximumParameter() {
    return {.name = "max",
            .label = "At most",
            .kind = ParameterKind::Number,
            .defaultValue = "100",
            .help = "How many messages to return. Acknowledging closes the whole batch, also what was not returned; "
                    "empty returns all.",
            .minimum = 1,
            .maximum = 2147483647};
}

Parameter delayParameter() {
    return {.name = "delay",
            .label = "Delay",
            .kind = ParameterKind::Duration,
            .defaultValue = "60 s",
            .required = true,
            .help = "When a message is due again. Whole seconds.",
            .minimum = 0,
            .maximum = 365LL * 86'400'000};
}

Parameter deathReasonParameter() {
    return {.name = "reason",
            .label = "Reason on dead letters",
            .help = "Stored with messages that reached their retry limit; empty: \"max retries exceeded\"."};
}

Parameter groupNameParameter(std::string name, const std::string& label, bool required) {
    return {.name = std::move(name),
            .label = label,
            .required = required,
            .help = "No dots: a dot separates group and member.",
            .check = [label](const std::string& value) {
                return value.find('.') == std::string::npos ? std::string() : label + " must not contain a dot.";
            }};
}

const domain::Queue* queueOf(const domain::ActionRequest& request, const domain::Snapshot& snapshot) {
    return snapshot.queue(request.queue);
}

const domain::Subscription* subscriptionOf(const domain::ActionRequest& request, const domain::Snapshot& snapshot) {
    const domain::Queue* queue = queueOf(request, snapshot);
    const std::string name = words::fullName(request.consumer, request.subconsumer);
    const auto found = std::find_if(
        snapshot.subscriptions.begin(), snapshot.subscriptions.end(), [&](const domain::Subscription& subscription) {
            if (request.batch)
                return subscription.batch == request.batch;
            return queue && subscription.queueId == queue->id && subscription.consumerName == name;
        });
    return found == snapshot.subscriptions.end() ? nullptr : &*found;
}

std::string missingQueue(const domain::ActionRequest& request, const domain::Snapshot& snapshot) {
    return queueOf(request, snapshot) ? std::string() : "There is no queue named " + request.queue + ".";
}

std::string missingSubscription(const domain::ActionRequest& request, const domain::Snapshot& snapshot) {
    if (subscriptionOf(request, snapshot))
        return {};
    if (request.batch)
        return "Batch " + std::to_string(*request.batch) + " is not open any more.";
    return words::subject(request.queue, words::fullName(request.consumer, request.subconsumer)) +
           " is not registered.";
}

std::optional<queries::SubscriptionOutlook> outlookOf(const domain::ActionRequest& request, Reading& reading,
                                                      domain::Prediction& prediction) {
    const std::string name = words::fullName(request.consumer, request.subconsumer);
    auto outlook = reading.ask(queries::subscriptionOutlook(request.queue, name, request.batch));
    if (!outlook)
        prediction.refusal = request.batch ? "Batch " + std::to_string(*request.batch) + " is not open any more."
                                           : words::subject(request.queue, name) + " is not registered any more.";
    else if (request.seen && (request.seen->batch != outlook->batch || request.seen->lastTick != outlook->lastTick ||
                              request.seen->nextTick != outlook->nextTick))
        prediction.refusal = words::subject(outlook->queue, outlook->consumer) + " has moved on since it was shown.";
    return outlook;
}

std::optional<queries::BatchFate> fateOf(const std::optional<queries::SubscriptionOutlook>& outlook, Reading& reading,
                                         domain::Prediction& prediction, const std::vector<std::int64_t>& events) {
    if (!outlook || !outlook->batch)
        return {};
    if (!outlook->windowKnown) {
        prediction.refusal = "A tick of its window is gone: what would happen to its messages can't be told.";
        return {};
    }
    return reading.ask(queries::batchFate(*outlook, events));
}

void tellFate(const queries::BatchFate& fate, pg::Interval delay, const queries::SubscriptionOutlook& outlook,
              domain::Prediction& prediction) {
    const bool group = outlook.role == "coop_member";
    prediction.counts = {{"events", fate.events()},
                         {"retry", fate.retry.count},
                         {"already_retry", fate.retryWaiting.count},
                         {"dead", fate.dead.count},
                         {"already_dead", fate.deadAlready.count}};
    prediction.numbers.push_back({.label = fate.retry.count == 1 ? "goes to retry" : "go to retry",
                                  .value = std::to_string(fate.retry.count),
                                  .note = "due " + domain::timeMark(outlook.now + delay) + " (in " +
                                          words::duration(delay) + ")" + (group ? ", to any member" : "")});
    prediction.numbers.push_back(
        {.label = fate.dead.count == 1 ? "becomes a dead letter" : "become dead letters",
         .value = std::to_string(fate.dead.count),
         .note = "failed " + words::count(outlook.maxRetries, "time") + " or more, the queue's limit",
         .alarming = fate.dead.count > 0});
    if (fate.retryWaiting.count > 0)
        prediction.alsoChanges.push_back(words::count(fate.retryWaiting.count, "message") +
                                         " of the batch already waiting for a retry keep their due time.");
    if (fate.deadAlready.count > 0)
        prediction.alsoChanges.push_back(words::count(fate.deadAlready.count, "message") +
                                         " of the batch already a dead letter stay so.");
    if (fate.retry.count > 0)
        prediction.details.push_back("To retry: " + words::list(fate.retry.firstIds, fate.retry.count));
    if (fate.dead.count > 0)
        prediction.details.push_back("To dead letters: " + words::list(fate.dead.firstIds, fate.dead.count));
}

void tellLock(std::int64_t events, bool linear, const queries::SubscriptionOutlook& outlook,
              domain::Prediction& prediction) {
    const auto n = static_cast<double>(events);
    const double forecast = linear ? linearBaseMs + linearMsPerEvent * n : quadraticMsPerPair * n * n;
    const std::int64_t waiting = outlook.role == "coop_member" ? outlook.members - 1 : 0;
    prediction.numbers.push_back({.label = outlook.role == "coop_member" ? "group row locked" : "row locked",
                                  .value = roughly(forecast),
                                  .note = waiting > 0 ? words::count(waiting, "other member") + " would wait"
                                                      : std::string("nobody else uses it"),
                                  .alarming = forecast >= 1000});
    prediction.counts["others_wait"] = waiting;
    prediction.counts["lock_us"] = static_cast<std::int64_t>(forecast * 1000);
}

} // namespace operate
