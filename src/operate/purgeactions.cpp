// SPDX-License-Identifier: GPL-3.0-or-later
#include "operate/definitions.h"
#include "operate/recordfile.h"
#include "operate/series.h"
#include "operate/words.h"
#include "pgque/deadletters.h"
#include "queries/repair.h"

namespace operate {

namespace {

/// So many rows a transaction; they travel here before they are deleted.
constexpr std::int64_t portionSize = 500;
constexpr std::int64_t countCap = 100'000;
constexpr std::size_t mostSelected = 10'000;

constexpr auto copyIsKept =
    "Yes: a copy of every row is kept on this machine before it is deleted, and bringing it back "
    "puts it where it was, as long as queue and consumer exist.";

std::string counted(std::int64_t count) {
    return std::to_string(count) + (count >= countCap ? "+" : "");
}

/// Rows deleted portion by portion, each portion kept on this machine first.
class DeletingSeries : public Series {
public:
    void committed(const std::optional<std::string>&) override { m_done += std::exchange(m_pending, 0); }

    Amount amount() const override { return {m_done, m_all}; }

    std::string tell() const override {
        return std::to_string(m_done) + " of " + counted(m_all) + " " + words::noun(m_all, "dead letter") +
               (m_done == 1 ? " was" : " were") + " copied to this machine and deleted.";
    }

    std::map<std::string, std::string> results() const override { return {{"deleted", std::to_string(m_done)}}; }

protected:
    std::int64_t m_all = -1; ///< not counted yet
    std::int64_t m_done = 0;
    std::int64_t m_pending = 0;
};

/// The oldest first. dlq_purge() knows only ages, so that each portion is given one; what it deletes is what was read
/// in the same transaction, by the same clock and the same snapshot.
class PurgeSeries : public DeletingSeries {
public:
    PurgeSeries(std::string queue, pg::Interval olderThan)
        : m_queue(std::move(queue))
        , m_olderThan(olderThan) {}

    std::optional<Plan> next(Reading& reading, Progress&) override {
        if (m_all < 0)
            m_all = reading.ask(queries::deadLettersOlderThan(m_queue, m_olderThan, countCap));
        const auto age = reading.ask(queries::purgeAge(m_queue, m_olderThan, portionSize));
        if (!age)
            return {};
        return planFor(*age);
    }

    std::string portion() const override { return "the next oldest letters"; }

    Plan planFor(pg::Interval age) {
        const auto rows = queries::lettersToPurge(m_queue, age);
        const auto purge = pgque::dlqPurge(m_queue, age);
        Plan plan;
        plan.calls = {rows.statement, purge.statement};
        plan.copies = [rows](const std::vector<pg::Result>& results) { return rows.decode(results.at(0)); };
        plan.judge = [this, purge](const std::vector<pg::Result>& results, const Sight&) {
            const auto copied = static_cast<std::int64_t>(results.at(0).rowCount());
            m_pending = purge.decode(results.at(1));
            if (m_pending != copied)
                return changed("It would have deleted " + std::to_string(m_pending) + " letters of which " +
                               std::to_string(copied) + " were read.");
            return done({});
        };
        return plan;
    }

private:
    std::string m_queue;
    pg::Interval m_olderThan;
};

class PurgeSelectedSeries : public DeletingSeries {
public:
    explicit PurgeSelectedSeries(std::vector<std::int64_t> ids)
        : m_ids(std::move(ids)) {
        m_all = static_cast<std::int64_t>(m_ids.size());
    }

    std::optional<Plan> next(Reading&, Progress&) override {
        if (m_place >= m_ids.size())
            return {};
        const std::size_t count = std::min<std::size_t>(portionSize, m_ids.size() - m_place);
        const std::span<const std::int64_t> ids(m_ids.data() + m_place, count);
        m_place += count;
        const auto take = queries::takeLetters(ids);
        Plan plan;
        plan.calls = {take.statement};
        plan.copies = [take](const std::vector<pg::Result>& results) { return take.decode(results.at(0)); };
        plan.judge = [this](const std::vector<pg::Result>& results, const Sight&) {
            m_pending = results.at(0).rowCount();
            return done({});
        };
        return plan;
    }

    std::string portion() const override { return "the next selected letters"; }

private:
    std::vector<std::int64_t> m_ids;
    std::size_t m_place = 0;
};

std::optional<domain::ActionRequest> inverseOf(const domain::ActionRequest&, const domain::ActionOutcome& outcome) {
    return bringingBack(outcome);
}

void tellPurge(std::int64_t letters, domain::Prediction& prediction) {
    if (letters == 0)
        prediction.refusal = "There is no such dead letter.";
    prediction.counts["events"] = letters;
    prediction.numbers = {
        {.label = words::noun(letters, "dead letter") + " deleted",
         .value = counted(letters),
         .note = "with their payloads; copied to this machine first",
         .alarming = letters > 0},
        {.label = "transactions",
         .value = std::to_string((letters + portionSize - 1) / portionSize),
         .note = "about " + std::to_string(portionSize) + " letters each; it can be stopped between two"}};
    prediction.undo = copyIsKept;
}

Action purge() {
    Action action{.id = "purge_dead_letters",
                  .title = "Purge dead letters",
                  .help = "Deletes the queue's dead letters that are older than an age, after copying them to this "
                          "machine.",
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
    const auto ageOf = [parameters = action.parameters](const domain::ActionRequest& request) {
        return Arguments(parameters, request).duration("older_than").value_or(pg::Interval{});
    };
    action.plan = [ageOf](const domain::ActionRequest& request) {
        return PurgeSeries(request.queue, ageOf(request)).planFor(ageOf(request));
    };
    action.series = [ageOf](const domain::ActionRequest& request) {
        return std::make_shared<PurgeSeries>(request.queue, ageOf(request));
    };
    action.predict = [ageOf](const domain::ActionRequest& request, const domain::Capabilities&, Reading& reading,
                             domain::Prediction& prediction) {
        tellPurge(reading.ask(queries::deadLettersOlderThan(request.queue, ageOf(request), countCap)), prediction);
    };
    action.inverse = inverseOf;
    return action;
}

Action purgeSelected() {
    Action action{.id = "purge_selected_dead_letters",
                  .title = "Delete these",
                  .help = "Deletes the selected dead letters, after copying them to this machine.",
                  .subject = SubjectKind::DeadLetters,
                  .danger = Danger::Destructive,
                  .role = "pgque_admin",
                  .tables = {"dead_letter"}};
    action.parameters = {idsParameter("dead_letters", "Dead letters", "dl_id of each.", mostSelected)};
    action.whyNot = missingQueue;
    const auto letters = [](const domain::ActionRequest& request) {
        return idsOf(request.arguments.at("dead_letters"));
    };
    action.plan = [letters](const domain::ActionRequest& request) {
        Plan plan;
        plan.calls = {queries::takeLetters(letters(request)).statement};
        plan.judge = [](const auto&, const Sight&) { return refused("It is done in several transactions."); };
        return plan;
    };
    action.series = [letters](const domain::ActionRequest& request) {
        return std::make_shared<PurgeSelectedSeries>(letters(request));
    };
    action.predict = [letters](const domain::ActionRequest& request, const domain::Capabilities&, Reading& reading,
                               domain::Prediction& prediction) {
        const auto ids = letters(request);
        tellPurge(static_cast<std::int64_t>(reading.ask(queries::lettersLeft(ids)).size()), prediction);
    };
    action.inverse = inverseOf;
    return action;
}

class BringBackSeries : public Series {
public:
    explicit BringBackSeries(const std::string& path)
        : m_file(path, RecordFile::Layout::JsonLines) {}

    std::optional<Plan> next(Reading&, Progress&) override {
        std::vector<std::string> rows;
        while (rows.size() < portionSize)
            if (auto record = m_file.next())
                rows.push_back(std::move(record->payload));
            else
                break;
        if (rows.empty())
            return {};
        m_read = static_cast<std::int64_t>(rows.size());
        return planOf<queries::BroughtBack>(Isolation::ReadCommitted, queries::bringBack(rows),
                                            [this](const queries::BroughtBack& back, const Sight&) {
                                                m_pending = back;
                                                return done({});
                                            });
    }

    void committed(const std::optional<std::string>&) override {
        m_rows += m_read;
        m_letters += m_pending.letters;
        m_retries += m_pending.retries;
    }

    Amount amount() const override {
        return {m_rows == 0 ? 0 : static_cast<std::int64_t>(m_file.position()),
                static_cast<std::int64_t>(m_file.size())};
    }

    std::string tell() const override {
        const std::int64_t left = m_rows - m_letters - m_retries;
        return words::count(m_letters, "dead letter") + " and " + std::to_string(m_retries) +
               (m_retries == 1 ? " retry" : " retries") + " were brought back" +
               (left > 0 ? "; " + words::count(left, "row") +
                               " of the copy were left out: they are there already, or "
                               "their queue or consumer is gone."
                         : ".");
    }

    std::string portion() const override { return "the rows up to line " + std::to_string(m_file.line()); }

    std::map<std::string, std::string> results() const override {
        return {{"dead_letters", std::to_string(m_letters)}, {"retries", std::to_string(m_retries)}};
    }

    std::string problem() const override { return m_file.problem(); }

private:
    RecordFile m_file;
    queries::BroughtBack m_pending;
    std::int64_t m_read = 0;
    std::int64_t m_rows = 0;
    std::int64_t m_letters = 0;
    std::int64_t m_retries = 0;
};

Action bringBack() {
    Action action{.id = "bring_back",
                  .title = "Bring back",
                  .help = "Inserts dead letters and retries again from the copy that was kept when they were deleted.",
                  .role = "pgque_admin",
                  .tables = {"dead_letter", "retry_queue"}};
    action.parameters = {{.name = "copy",
                          .label = "Copy",
                          .kind = ParameterKind::File,
                          .required = true,
                          .help = "The file that the outcome and the journal name."}};
    action.plan = [](const domain::ActionRequest&) {
        Plan plan;
        plan.isolation = Isolation::ReadCommitted;
        plan.calls = {queries::bringBack(std::vector<std::string>{}).statement};
        plan.judge = [](const auto&, const Sight&) { return refused("It is done in several transactions."); };
        return plan;
    };
    action.series = [](const domain::ActionRequest& request) {
        return std::make_shared<BringBackSeries>(request.arguments.at("copy"));
    };
    action.predict = [](const domain::ActionRequest& request, const domain::Capabilities&, Reading&,
                        domain::Prediction& prediction) {
        RecordFile file(request.arguments.at("copy"), RecordFile::Layout::JsonLines);
        std::int64_t rows = 0;
        while (file.next())
            ++rows;
        if (!file.problem().empty())
            prediction.refusal = file.problem();
        prediction.counts["rows"] = rows;
        prediction.numbers = {{.label = words::noun(rows, "row") + " in the copy",
                               .value = std::to_string(rows),
                               .note = "each comes back under its own id, unless it is there"}};
        prediction.undo = "Yes: cancel the retries or delete the dead letters again.";
    };
    return action;
}

} // namespace

std::optional<domain::ActionRequest> bringingBack(const domain::ActionOutcome& outcome) {
    const auto copy = outcome.results.find("copy");
    if (copy == outcome.results.end())
        return {};
    domain::ActionRequest undo;
    undo.action = "bring_back";
    undo.arguments["copy"] = copy->second;
    return undo;
}

std::vector<Action> purgeActions() {
    return {purge(), purgeSelected(), bringBack()};
}

} // namespace operate
