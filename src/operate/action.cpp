// SPDX-License-Identifier: GPL-3.0-or-later
#include "operate/action.h"

#include "operate/words.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace operate {

namespace {

constexpr std::string_view workQueuePrefix = "workqueue.";

std::string trimmed(const std::string& text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    return first == std::string::npos ? std::string()
                                      : text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// The request's own field that a parameter stands for.
auto field(auto& request, const std::string& name) -> decltype(&request.queue) {
    if (name == "queue")
        return &request.queue;
    if (name == "consumer")
        return &request.consumer;
    return name == "subconsumer" ? &request.subconsumer : nullptr;
}

std::string problemWithBounds(const Parameter& parameter, std::int64_t value, const std::string& unit) {
    if (parameter.minimum && value < *parameter.minimum)
        return parameter.label + " must be at least " + std::to_string(*parameter.minimum) + unit + ".";
    if (parameter.maximum && value > *parameter.maximum)
        return parameter.label + " must be at most " + std::to_string(*parameter.maximum) + unit + ".";
    return {};
}

std::string problemWithNumber(const Parameter& parameter, const std::string& text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::result_out_of_range)
        return parameter.label + " is too large a number.";
    if (error != std::errc() || end != text.data() + text.size())
        return parameter.label + " must be a whole number.";
    return problemWithBounds(parameter, value, "");
}

std::string problemWithDuration(const Parameter& parameter, const std::string& text) {
    const auto length = parseDuration(text);
    if (!length)
        return parameter.label + " must be a length of time such as \"60 s\" or \"5 min\".";
    return problemWithBounds(parameter, std::chrono::duration_cast<std::chrono::milliseconds>(*length).count(), " ms");
}

std::string problemWithChoice(const Parameter& parameter, const std::string& value) {
    std::string known;
    for (const Choice& choice : parameter.choices) {
        if (choice.value == value)
            return {};
        known += (known.empty() ? "" : ", ") + choice.value;
    }
    return parameter.label + " must be one of " + known + ".";
}

/// What must be chosen in a table before there is anything to act on; empty when it was.
std::string nothingChosen(SubjectKind kind, const domain::ActionRequest& request) {
    const auto lacks = [&](const char* name) {
        const auto found = request.arguments.find(name);
        return found == request.arguments.end() || found->second.empty();
    };
    switch (kind) {
    case SubjectKind::Backend:
        return lacks("pid") ? "Choose a session first." : "";
    case SubjectKind::Retry:
        return lacks("event") ? "Choose a waiting message first." : "";
    case SubjectKind::DeadLetter:
        return lacks("dead_letter") ? "Choose a dead letter first." : "";
    case SubjectKind::Queue:
        return request.queue.empty() ? "Choose a queue first." : "";
    case SubjectKind::Consumer:
        return request.consumer.empty() ? "Choose a consumer first." : "";
    case SubjectKind::Member:
        return request.subconsumer.empty() ? "Choose a member of a group first." : "";
    case SubjectKind::Batch:
        return request.batch ? "" : "Choose a batch first.";
    case SubjectKind::DeadLetters:
        return lacks("dead_letters") ? "Choose dead letters first." : "";
    default:
        return {};
    }
}

/// Signals need no schema, but the session's role or one that may signal all.
Availability backendAvailability(const domain::ActionRequest& request, const domain::Capabilities& capabilities) {
    if (capabilities.throughPooler)
        return {.available = false,
                .why = "Behind a pooler a session of the server serves many clients: nothing is bound to one."};
    const auto user = request.arguments.find("user");
    if (!capabilities.signalsBackends && user != request.arguments.end() && user->second != capabilities.user)
        return {.available = false,
                .why = capabilities.user + " may not signal a session of " + user->second + ".",
                .grant = "grant pg_signal_backend to " + words::identifier(capabilities.user) + ";",
                .whoMay = "A superuser, or a role that may grant pg_signal_backend."};
    const auto started = request.arguments.find("started");
    if (started != request.arguments.end() && started->second.empty())
        return {.available = false,
                .why = capabilities.user +
                       " has no right to see since when that session exists, so that another one that got its number "
                       "meanwhile could be hit.",
                .grant = "grant pg_read_all_stats to " + words::identifier(capabilities.user) + ";",
                .whoMay = "A superuser, or a role that may grant pg_read_all_stats."};
    return {};
}

const queries::SubscriptionState* find(const std::vector<queries::SubscriptionState>& states, auto fits) {
    const auto found = std::find_if(states.begin(), states.end(), fits);
    return found == states.end() ? nullptr : &*found;
}

} // namespace

std::string valueOf(const domain::ActionRequest& request, const Parameter& parameter) {
    if (const std::string* own = field(request, parameter.name))
        return *own;
    const auto found = request.arguments.find(parameter.name);
    return found == request.arguments.end() ? parameter.defaultValue : found->second;
}

void setValue(domain::ActionRequest& request, const Parameter& parameter, std::string value) {
    if (std::string* own = field(request, parameter.name))
        *own = std::move(value);
    else
        request.arguments[parameter.name] = std::move(value);
}

bool isNull(const domain::ActionRequest& request, const Parameter& parameter) {
    return parameter.nullable && !request.arguments.contains(parameter.name);
}

void setNull(domain::ActionRequest& request, const Parameter& parameter) {
    request.arguments.erase(parameter.name);
}

std::string problemWith(const Parameter& parameter, const std::string& value) {
    // No text of PostgreSQL's can hold it, and a C interface would cut the value there.
    if (value.find('\0') != std::string::npos)
        return parameter.label + " must not contain the character NUL.";
    const bool verbatim = parameter.kind == ParameterKind::Text || parameter.kind == ParameterKind::Payload ||
                          parameter.kind == ParameterKind::File;
    const std::string text = verbatim ? value : trimmed(value);
    if (text.empty())
        return parameter.required ? parameter.label + " is missing." : std::string();
    std::string problem;
    switch (parameter.kind) {
    case ParameterKind::Number:
        problem = problemWithNumber(parameter, text);
        break;
    case ParameterKind::Duration:
        problem = problemWithDuration(parameter, text);
        break;
    case ParameterKind::Choice:
        problem = problemWithChoice(parameter, text);
        break;
    case ParameterKind::Bool:
        if (text != "true" && text != "false")
            problem = parameter.label + " must be true or false.";
        break;
    case ParameterKind::Text:
    case ParameterKind::Payload:
    case ParameterKind::File:
        break;
    }
    if (problem.empty() && parameter.check)
        problem = parameter.check(text);
    return problem;
}

std::optional<pg::Interval> parseDuration(const std::string& given) {
    static const std::array<std::pair<std::string_view, double>, 19> units{{{"", 1},
                                                                            {"ms", 0.001},
                                                                            {"s", 1},
                                                                            {"sec", 1},
                                                                            {"second", 1},
                                                                            {"seconds", 1},
                                                                            {"m", 60},
                                                                            {"min", 60},
                                                                            {"minute", 60},
                                                                            {"minutes", 60},
                                                                            {"h", 3600},
                                                                            {"hour", 3600},
                                                                            {"hours", 3600},
                                                                            {"d", 86400},
                                                                            {"day", 86400},
                                                                            {"days", 86400},
                                                                            {"w", 604800},
                                                                            {"week", 604800},
                                                                            {"weeks", 604800}}};
    const std::string text = trimmed(given);
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || !std::isfinite(number))
        return {};
    const std::string unit = trimmed(std::string(end, text.data() + text.size()));
    const auto found = std::find_if(units.begin(), units.end(), [&](const auto& known) { return known.first == unit; });
    constexpr double longest = 100.0 * 366 * 86400;
    if (found == units.end() || std::abs(number * found->second) > longest)
        return {};
    return pg::Interval(std::llround(number * found->second * 1'000'000));
}

const queries::SubscriptionState* Sight::consumerBefore(const std::string& name) const {
    return find(before, [&](const auto& state) { return state.consumer == name; });
}

const queries::SubscriptionState* Sight::consumerAfter(const std::string& name) const {
    return find(after, [&](const auto& state) { return state.consumer == name; });
}

const queries::SubscriptionState* Sight::batchBefore(std::int64_t batch) const {
    return find(before, [&](const auto& state) { return state.batch == batch; });
}

const queries::SubscriptionState* Sight::batchAfter(std::int64_t batch) const {
    return find(after, [&](const auto& state) { return state.batch == batch; });
}

const Parameter* Action::parameter(const std::string& name) const {
    const auto found =
        std::find_if(parameters.begin(), parameters.end(), [&](const Parameter& each) { return each.name == name; });
    return found == parameters.end() ? nullptr : &*found;
}

std::vector<std::string> Action::problems(const domain::ActionRequest& request) const {
    std::vector<std::string> found;
    const auto needs = [&](bool given, const char* what) {
        if (!given)
            found.push_back(title + ": which " + what + "?");
    };
    if (subject == SubjectKind::Batch)
        needs(request.batch.has_value(), "batch");
    else if (subject == SubjectKind::Backend)
        needs(request.arguments.contains("pid") && request.arguments.contains("started"), "session");
    else if (subject != SubjectKind::None && subject != SubjectKind::Barrier)
        needs(!request.queue.empty(), "queue");
    if (subject == SubjectKind::Consumer || subject == SubjectKind::Member)
        needs(!request.consumer.empty(), "consumer");
    if (subject == SubjectKind::DeadLetter)
        needs(request.arguments.contains("dead_letter"), "dead letter");
    if (subject == SubjectKind::DeadLetters)
        needs(request.arguments.contains("dead_letters"), "dead letters");
    if (subject == SubjectKind::Retry)
        needs(request.arguments.contains("owner") && request.arguments.contains("event"), "retry");
    if (subject == SubjectKind::Member)
        needs(!request.subconsumer.empty(), "subconsumer");
    for (const Parameter& each : parameters)
        if (std::string problem = problemWith(each, valueOf(request, each)); !problem.empty())
            found.push_back(std::move(problem));
    return found;
}

Availability Action::availability(const domain::ActionRequest& request, const domain::Capabilities& capabilities,
                                  const domain::Snapshot* snapshot) const {
    const bool ofWorkQueue = std::any_of(functions.begin(), functions.end(),
                                         [](const std::string& name) { return name.starts_with(workQueuePrefix); });
    if (subject == SubjectKind::Backend) {
        std::string nothing = snapshot ? nothingChosen(subject, request) : std::string();
        return nothing.empty() ? backendAvailability(request, capabilities)
                               : Availability{.available = false, .why = std::move(nothing)};
    }
    if (capabilities.origin == domain::SchemaOrigin::None && !ofWorkQueue)
        return {.available = false, .why = "There is no pgque schema in this database."};
    if (capabilities.origin == domain::SchemaOrigin::Unknown && !ofWorkQueue)
        return {.available = false,
                .why = "The functions of the schema pgque here are not those this console knows: it only looks."};
    if (capabilities.inRecovery && !readOnly)
        return {.available = false, .why = "This server is a standby: nothing can be changed here."};
    for (const std::string& function : functions) {
        if (!capabilities.existingFunctions.contains(function))
            return {.available = false,
                    .why = "The schema installed here has no function " + function.substr(0, function.find('(')) + "."};
        if (!capabilities.mayExecute(function) || (!ofWorkQueue && !capabilities.schemaUsable))
            return {.available = false,
                    .why = capabilities.user + " may not call " + function.substr(0, function.find('(')) + ".",
                    .grant = "grant " + role + " to " + words::identifier(capabilities.user) + ";",
                    .whoMay = "A superuser, or a role that may grant " + role + "."};
    }
    for (const std::string& table : tables)
        if (!capabilities.writableTables.contains(table))
            return {.available = false,
                    .why = capabilities.user + " may not change the table pgque." + table +
                           ", and no function of the queue does this.",
                    .grant = "grant select, insert, update, delete on pgque." + table + " to " +
                             words::identifier(capabilities.user) + ";",
                    .whoMay = "The owner of the table, or a superuser."};
    if (snapshot)
        if (std::string nothing = nothingChosen(subject, request); !nothing.empty())
            return {.available = false, .why = std::move(nothing)};
    if (snapshot && whyNot)
        if (std::string why = whyNot(request, *snapshot); !why.empty())
            return {.available = false, .why = std::move(why)};
    return {};
}

} // namespace operate
