// SPDX-License-Identifier: GPL-3.0-or-later
#include "operate/definitions.h"
#include "operate/recordfile.h"
#include "operate/series.h"
#include "operate/words.h"
#include "pgque/producing.h"
#include "queries/repair.h"

#include <sstream>

namespace operate {

namespace {

using Layout = RecordFile::Layout;

// What one transaction of a file sends: enough that the journal's write and the commit do not count, little enough
// that a tick is not held up.
constexpr std::size_t portionRecords = 5'000;
constexpr std::size_t portionBytes = 2U << 20U;
constexpr std::size_t previewed = 3;
constexpr std::size_t previewLength = 120;

std::string missingOrClosed(const domain::ActionRequest& request, const domain::Snapshot& snapshot) {
    const domain::Queue* queue = queueOf(request, snapshot);
    if (!queue)
        return missingQueue(request, snapshot);
    return queue->insertDisabled ? "Inserting into this queue is disabled." : "";
}

Parameter typeParameter(std::string help = {}) {
    return {.name = "type", .label = "Type", .defaultValue = "default", .help = std::move(help)};
}

std::vector<std::string> linesOf(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
        if (!line.empty())
            lines.push_back(line);
    return lines;
}

pg::Call<std::vector<std::int64_t>> sendAll(const std::string& queue, const std::string& type, bool json,
                                            const std::vector<std::string>& payloads) {
    return json ? pgque::sendJsonBatch(queue, type, payloads) : pgque::sendBatch(queue, type, payloads);
}

Action sendMany() {
    Action action{.id = "send_many",
                  .title = "Send many",
                  .help = "Puts one message a line into the queue, all of them in one transaction.",
                  .subject = SubjectKind::Queue,
                  .danger = Danger::None,
                  .role = "pgque_writer",
                  .functions = {"send_batch(text, text, text[])", "send_batch(text, text, jsonb[])"}};
    action.parameters = {typeParameter(),
                         {.name = "format",
                          .label = "Each line is",
                          .kind = ParameterKind::Choice,
                          .defaultValue = "text",
                          .required = true,
                          .choices = {{"text", "Text, as it is"}, {"json", "JSON"}}},
                         {.name = "payload",
                          .label = "Payloads",
                          .kind = ParameterKind::Payload,
                          .required = true,
                          .help = "One a line; empty lines are passed over."}};
    action.whyNot = missingOrClosed;
    action.plan = [parameters = action.parameters](const domain::ActionRequest& request) {
        const Arguments arguments(parameters, request);
        return planOf<std::vector<std::int64_t>>(
            Isolation::ReadCommitted,
            sendAll(request.queue, arguments.text("type"), arguments.text("format") == "json",
                    linesOf(arguments.text("payload"))),
            [name = request.queue](const std::vector<std::int64_t>& ids, const Sight&) {
                Verdict verdict = done(words::count(static_cast<std::int64_t>(ids.size()), "message") +
                                       (ids.size() == 1 ? " was" : " were") + " sent to " + name + ".");
                verdict.counts["events"] = static_cast<std::int64_t>(ids.size());
                if (!ids.empty())
                    verdict.results = {{"first_event_id", std::to_string(ids.front())},
                                       {"last_event_id", std::to_string(ids.back())}};
                return verdict;
            });
    };
    action.predict = [parameters = action.parameters](const domain::ActionRequest& request, const domain::Capabilities&,
                                                      Reading&, domain::Prediction& prediction) {
        const auto count = static_cast<std::int64_t>(linesOf(Arguments(parameters, request).text("payload")).size());
        prediction.counts["events"] = count;
        prediction.numbers = {{.label = words::noun(count, "message") + " sent",
                               .value = std::to_string(count),
                               .note = "to consumers after the next tick"}};
        prediction.undo = "Can't be undone: consumers may have them at once.";
    };
    return action;
}

Action resend() {
    Action action{.id = "resend",
                  .title = "Edit and resend",
                  .help =
                      "Sends a message again as a new one, changed where you change it. The old one stays as it is.",
                  .subject = SubjectKind::Message,
                  .danger = Danger::None,
                  .role = "pgque_writer",
                  .functions = {"insert_event(text, text, text, text, text, text, text)"}};
    action.parameters = {
        {.name = "type", .label = "Type", .nullable = true},
        {.name = "payload", .label = "Payload", .kind = ParameterKind::Payload, .nullable = true}};
    for (const char* name : {"extra1", "extra2", "extra3", "extra4"})
        action.parameters.push_back({.name = name, .label = std::string(name), .nullable = true});
    action.whyNot = missingOrClosed;
    action.plan = [parameters = action.parameters](const domain::ActionRequest& request) {
        const Arguments arguments(parameters, request);
        return planOf<std::int64_t>(
            Isolation::ReadCommitted,
            pgque::insertEvent(request.queue, arguments.nullable("type"), arguments.nullable("payload"),
                               {arguments.nullable("extra1"), arguments.nullable("extra2"),
                                arguments.nullable("extra3"), arguments.nullable("extra4")}),
            [name = request.queue](std::int64_t id, const Sight&) {
                Verdict verdict = done("It was sent again to " + name + " as message " + std::to_string(id) + ".");
                verdict.results["event_id"] = std::to_string(id);
                return verdict;
            });
    };
    action.predict = [](const domain::ActionRequest&, const domain::Capabilities&, Reading&,
                        domain::Prediction& prediction) {
        prediction.alsoChanges = {"Every consumer of the queue gets it as a new message: a new id, and no retries "
                                  "behind it."};
        prediction.undo = "Can't be undone: consumers may have it at once.";
    };
    return action;
}

Layout layoutOf(const std::string& word) {
    return word == "jsonl" ? Layout::JsonLines : word == "csv" ? Layout::Csv : Layout::Lines;
}

class FileSeries : public Series {
public:
    FileSeries(std::string queue, std::string type, const std::string& path, Layout layout, std::int64_t from)
        : m_queue(std::move(queue))
        , m_type(std::move(type))
        , m_json(layout == Layout::JsonLines)
        , m_file(path, layout)
        , m_from(from) {}

    std::optional<Plan> next(Reading&, Progress&) override {
        Plan plan;
        plan.isolation = Isolation::ReadCommitted;
        m_pending = 0;
        m_payloads.clear();
        std::string type;
        std::size_t bytes = 0;
        const auto flush = [&] {
            if (!m_payloads.empty())
                plan.calls.push_back(sendAll(m_queue, type, m_json, m_payloads).statement);
            if (!m_json)
                m_payloads.clear();
        };
        while (m_pending < static_cast<std::int64_t>(portionRecords) && bytes < portionBytes) {
            auto record = m_file.next();
            if (!record)
                break;
            if (record->line < m_from) {
                m_skipped = m_file.position();
                continue;
            }
            if (m_pending == 0)
                m_first = record->line;
            m_last = record->line;
            m_end = m_file.line();
            m_position = m_file.position();
            const std::string own = record->type.value_or(m_type);
            if (m_pending > 0 && own != type)
                flush();
            type = own;
            bytes += record->payload.size();
            m_payloads.push_back(std::move(record->payload));
            ++m_pending;
        }
        if (m_pending == 0)
            return {};
        flush();
        plan.judge = [](const auto&, const Sight&) { return done({}); };
        return plan;
    }

    void committed(const std::optional<std::string>&) override {
        m_sent += std::exchange(m_pending, 0);
        m_sentTo = m_end;
        m_sentBytes = m_position;
    }

    Amount amount() const override {
        return {m_sent == 0 ? 0 : static_cast<std::int64_t>(m_sentBytes - m_skipped),
                static_cast<std::int64_t>(m_file.size() - m_skipped)};
    }

    std::string tell() const override {
        if (m_sent == 0)
            return "Nothing was sent.";
        return words::count(m_sent, "message") + (m_sent == 1 ? " was" : " were") + " sent to " + m_queue +
               ": everything up to line " + std::to_string(m_sentTo) + ".";
    }

    std::string portion() const override {
        return "Lines " + std::to_string(m_first) + " to " + std::to_string(m_last);
    }

    std::map<std::string, std::string> results() const override {
        return {{"sent", std::to_string(m_sent)}, {"next_line", std::to_string(std::max(m_from, m_sentTo + 1))}};
    }

    std::string problem() const override { return m_file.problem(); }

    /// The server says what is no JSON, not where it was: found by halves, by looking only.
    std::string explain(Reading& reading) override {
        if (!m_json || m_payloads.empty() || isJson(reading, 0, m_payloads.size()))
            return {};
        std::size_t from = 0;
        std::size_t count = m_payloads.size();
        while (count > 1) {
            const std::size_t half = count / 2;
            if (isJson(reading, from, half)) {
                from += half;
                count -= half;
            } else {
                count = half;
            }
        }
        return "Message " + std::to_string(from + 1) +
               " of them is no JSON: " + words::cut(m_payloads[from], previewLength);
    }

private:
    bool isJson(Reading& reading, std::size_t from, std::size_t count) const {
        try {
            reading.ask(queries::parseJson(std::span(m_payloads).subspan(from, count)));
            return true;
        } catch (const pg::Error& error) {
            if (error.kind() != pg::ErrorKind::Server)
                throw;
            return false;
        }
    }

    std::string m_queue;
    std::string m_type;
    bool m_json;
    RecordFile m_file;
    std::int64_t m_from;
    std::vector<std::string> m_payloads; ///< of the last transaction, where they are JSON
    std::int64_t m_pending = 0;
    std::int64_t m_sent = 0;
    std::int64_t m_first = 0;
    std::int64_t m_last = 0;
    std::int64_t m_end = 0;
    std::int64_t m_sentTo = 0;
    std::uint64_t m_position = 0;
    std::uint64_t m_sentBytes = 0;
    std::uint64_t m_skipped = 0;
};

void predictFile(const Arguments& arguments, domain::Prediction& prediction) {
    const std::int64_t from = arguments.id("from").value_or(1);
    RecordFile file(arguments.text("file"), layoutOf(arguments.text("layout")));
    std::int64_t messages = 0;
    std::int64_t bytes = 0;
    while (auto record = file.next()) {
        if (record->line < from)
            continue;
        if (prediction.details.size() < previewed)
            prediction.details.push_back("Line " + std::to_string(record->line) + ": " +
                                         (record->type ? *record->type + "  " : std::string()) +
                                         words::cut(record->payload, previewLength));
        ++messages;
        bytes += static_cast<std::int64_t>(record->payload.size());
    }
    if (!file.problem().empty())
        prediction.refusal = file.problem();
    else if (messages == 0)
        prediction.refusal = "There is nothing to send in it.";
    prediction.counts["events"] = messages;
    prediction.numbers = {{.label = words::noun(messages, "message") + " sent",
                           .value = std::to_string(messages),
                           .note = std::to_string(bytes) + " bytes of payload"},
                          {.label = "at a time",
                           .value = std::to_string(portionRecords),
                           .note = "messages, or 2 MiB, a transaction; it can be stopped between two"}};
    prediction.alsoChanges = {"Consumers get what was committed while the rest is still being sent."};
    prediction.undo = "What was sent can't be taken back. Stopped or failed, it says up to which line it was sent, and "
                      "the rest can be sent from there.";
}

Action sendFile() {
    Action action{.id = "send_file",
                  .title = "Send from file",
                  .help = "Puts the messages of a file on this machine into the queue, some thousand a transaction.",
                  .subject = SubjectKind::Queue,
                  .danger = Danger::None,
                  .role = "pgque_writer",
                  .functions = {"send_batch(text, text, text[])", "send_batch(text, text, jsonb[])"}};
    action.parameters = {{.name = "file", .label = "File", .kind = ParameterKind::File, .required = true},
                         {.name = "layout",
                          .label = "It holds",
                          .kind = ParameterKind::Choice,
                          .defaultValue = "lines",
                          .required = true,
                          .choices = {{"lines", "One payload a line"},
                                      {"jsonl", "One JSON value a line, checked by the server"},
                                      {"csv", "CSV: columns payload and, where it is there, type"}}},
                         typeParameter("Of every message, where the file says none."),
                         {.name = "from",
                          .label = "From line",
                          .kind = ParameterKind::Number,
                          .defaultValue = "1",
                          .required = true,
                          .help = "To go on where sending ended.",
                          .minimum = 1}};
    action.whyNot = missingOrClosed;
    action.plan = [parameters = action.parameters](const domain::ActionRequest& request) {
        const Arguments arguments(parameters, request);
        const Layout layout = layoutOf(arguments.text("layout"));
        RecordFile file(arguments.text("file"), layout);
        std::vector<std::string> first;
        while (first.size() < previewed)
            if (auto record = file.next())
                first.push_back(words::cut(record->payload, previewLength));
            else
                break;
        Plan plan;
        plan.isolation = Isolation::ReadCommitted;
        plan.calls = {sendAll(request.queue, arguments.text("type"), layout == Layout::JsonLines, first).statement};
        plan.judge = [](const auto&, const Sight&) { return refused("It is done in several transactions."); };
        return plan;
    };
    action.series = [parameters = action.parameters](const domain::ActionRequest& request) {
        const Arguments arguments(parameters, request);
        return std::make_shared<FileSeries>(request.queue, arguments.text("type"), arguments.text("file"),
                                            layoutOf(arguments.text("layout")), arguments.id("from").value_or(1));
    };
    action.predict = [parameters = action.parameters](const domain::ActionRequest& request, const domain::Capabilities&,
                                                      Reading&, domain::Prediction& prediction) {
        predictFile(Arguments(parameters, request), prediction);
    };
    return action;
}

} // namespace

std::vector<Action> sendActions() {
    return {sendMany(), sendFile(), resend()};
}

} // namespace operate
