// SPDX-License-Identifier: GPL-3.0-or-later
#include "operate/definitions.h"
#include "operate/series.h"
#include "operate/words.h"
#include "queries/repair.h"

#include <thread>

namespace operate {

namespace {

/// So many letters a transaction: each is locked until it ends.
constexpr std::int64_t portionSize = 200;
constexpr std::int64_t countCap = 100'000;
constexpr std::size_t mostSelected = 10'000;
constexpr std::chrono::milliseconds betweenLooks{300};

std::string counted(std::int64_t count) {
    return std::to_string(count) + (count >= countCap ? "+" : "");
}

/// After so many transactions: 1, 10, 100, and then as many as one takes.
std::int64_t carefulSize(int portions) {
    std::int64_t size = 1;
    for (int portion = 0; portion < portions && size < portionSize; ++portion)
        size *= 10;
    return std::min(size, portionSize);
}

/// How many transactions so many letters take.
int portionsOf(std::int64_t letters, bool careful) {
    int portions = 0;
    for (; letters > 0; ++portions)
        letters -= careful ? carefulSize(portions) : portionSize;
    return portions;
}

/// Which letters, and how carefully.
struct Replays {
    std::string queue;
    std::optional<queries::LetterFilter> filter;
    std::vector<std::int64_t> ids; ///< instead of a filter
    /// Watch each portion to its end before a larger one; how long to wait for that.
    std::optional<pg::Interval> patience;
};

class ReplaySeries : public Series {
public:
    explicit ReplaySeries(Replays what)
        : m_what(std::move(what)) {}

    std::optional<Plan> next(Reading& reading, Progress& progress) override {
        if (!m_newest)
            measure(reading);
        if (m_what.patience && !m_replayed.empty() && !watched(reading, progress))
            return {};
        auto ids = upcoming(reading);
        if (ids.empty())
            return {};
        m_first = ids.front();
        m_last = ids.back();
        auto call = queries::replayLetters(ids);
        return planOf<std::vector<queries::Replayed>>(
            Isolation::ReadCommitted, std::move(call),
            [this](const std::vector<queries::Replayed>& replayed, const Sight&) {
                m_pending = replayed;
                return done({});
            });
    }

    void committed(const std::optional<std::string>& xid) override {
        m_xid = xid.value_or(std::string());
        m_replayed = std::exchange(m_pending, {});
        m_done += static_cast<std::int64_t>(m_replayed.size());
        m_after = m_last;
        ++m_portions;
    }

    Amount amount() const override { return {m_done, m_all}; }

    std::string tell() const override {
        std::string text = counted(m_done) + " of " + counted(m_all) + " " + words::noun(m_all, "dead letter") +
                           (m_done == 1 ? " was" : " were") + " sent again.";
        if (m_what.patience && m_watched > 0)
            text += " " + std::to_string(m_watched) + (m_watched == 1 ? " was" : " were") +
                    " watched and came to a good end.";
        return text;
    }

    std::string portion() const override {
        return m_first == m_last ? "letter " + std::to_string(m_first)
                                 : "letters " + std::to_string(m_first) + " to " + std::to_string(m_last);
    }

    std::map<std::string, std::string> results() const override {
        return {{"replayed", std::to_string(m_done)},
                {"left", std::to_string(std::max<std::int64_t>(0, m_all - m_done))}};
    }

    std::string problem() const override { return m_problem; }

private:
    void measure(Reading& reading) {
        // What dies again meanwhile is not sent a second time.
        m_newest = reading.ask(queries::newestLetter());
        m_all = m_what.filter ? reading.ask(queries::countLetters(*m_what.filter, countCap))
                              : static_cast<std::int64_t>(m_what.ids.size());
    }

    std::vector<std::int64_t> upcoming(Reading& reading) {
        const std::int64_t size = m_what.patience ? carefulSize(m_portions) : portionSize;
        if (m_what.filter) {
            auto ids = reading.ask(queries::lettersAfter(*m_what.filter, m_after, size));
            std::erase_if(ids, [&](std::int64_t id) { return id > *m_newest; });
            return ids;
        }
        std::vector<std::int64_t> ids;
        while (ids.empty() && m_place < m_what.ids.size()) {
            const auto begin = m_what.ids.begin() + static_cast<std::ptrdiff_t>(m_place);
            const auto count = std::min<std::size_t>(static_cast<std::size_t>(size), m_what.ids.size() - m_place);
            ids.assign(begin, begin + static_cast<std::ptrdiff_t>(count));
            m_place += count;
            ids = reading.ask(queries::lettersLeft(ids));
        }
        return ids;
    }

    /// Waits for what was sent last to come to its end; false when it did not come to a good one.
    bool watched(Reading& reading, Progress& progress) {
        const auto until = pg::after(std::chrono::duration_cast<std::chrono::milliseconds>(*m_what.patience));
        const auto count = static_cast<std::int64_t>(m_replayed.size());
        for (;;) {
            const auto fate = reading.ask(queries::replayFate(m_what.queue, m_xid, m_replayed));
            if (fate.retried + fate.dead > 0) {
                m_problem = "of the last " + std::to_string(count) + ", " + std::to_string(fate.retried) +
                            " failed again and wait for a retry, " + std::to_string(fate.dead) +
                            " became dead letters again. Nothing more was sent.";
                return false;
            }
            if (fate.gone > 0) {
                m_problem = "the consumer that had given up " + std::to_string(fate.gone) +
                            " of them is no longer registered, so that nobody can be watched handling them.";
                return false;
            }
            if (fate.waiting == 0) {
                m_watched += count;
                return true;
            }
            if (progress.isStopping())
                return false;
            progress.set(amount(), tell() + " Watching the last " + std::to_string(count) + ": " +
                                       std::to_string(fate.done) + " handled, " + std::to_string(fate.waiting) +
                                       " not yet.");
            if (pg::Clock::now() > until) {
                m_problem = std::to_string(fate.waiting) + " of the last " + std::to_string(count) +
                            " were not handled within " + words::duration(*m_what.patience) +
                            ". Nothing more was sent.";
                return false;
            }
            std::this_thread::sleep_for(betweenLooks);
        }
    }

    Replays m_what;
    std::optional<std::int64_t> m_newest;
    std::int64_t m_all = 0;
    std::int64_t m_done = 0;
    std::int64_t m_watched = 0;
    std::int64_t m_after = 0;
    std::int64_t m_first = 0;
    std::int64_t m_last = 0;
    std::size_t m_place = 0;
    int m_portions = 0;
    std::vector<queries::Replayed> m_pending;
    std::vector<queries::Replayed> m_replayed;
    std::string m_xid;
    std::string m_problem;
};

std::vector<Parameter> filterParameters() {
    return {{.name = "letter_consumer", .label = "Given up by", .help = "A consumer or group; empty: all of them."},
            {.name = "type", .label = "Type", .help = "Exactly; empty: all of them."},
            {.name = "reason", .label = "Reason contains", .help = "Whatever its case; empty: all of them."}};
}

queries::LetterFilter filterOf(const domain::ActionRequest& request) {
    const auto given = [&](const char* name) {
        const auto found = request.arguments.find(name);
        return found == request.arguments.end() || found->second.empty() ? std::optional<std::string>()
                                                                         : std::optional(found->second);
    };
    return {request.queue, given("letter_consumer"), given("type"), given("reason")};
}

Parameter patienceParameter() {
    return {.name = "patience",
            .label = "Wait at most",
            .kind = ParameterKind::Duration,
            .defaultValue = "5 min",
            .required = true,
            .help = "For what was sent to be ticked, delivered and acknowledged, each time before more is sent.",
            .minimum = 1'000,
            .maximum = 24LL * 3'600'000};
}

void tellReplay(std::int64_t letters, bool careful, domain::Prediction& prediction) {
    if (letters == 0)
        prediction.refusal = "No dead letter matches.";
    prediction.counts["events"] = letters;
    prediction.numbers = {
        {.label = words::noun(letters, "event") + " sent again",
         .value = counted(letters),
         .note = careful ? "first 1, then 10, then 100, each watched to its end" : "due with the next tick",
         .alarming = letters >= 1'000 && !careful},
        {.label = "transactions",
         .value = std::to_string(portionsOf(letters, careful)),
         .note = "at most " + std::to_string(portionSize) + " letters each; it can be stopped between two"}};
    prediction.alsoChanges = {"Every consumer of the queue gets them, not only those that gave them up.",
                              "They are new events: new ids, and no retries behind them."};
    if (careful)
        prediction.alsoChanges.emplace_back("It ends at the first that fails again; the rest stay dead letters.");
    prediction.undo = careful ? "What was sent can't be taken back; what was not stays where it is."
                              : "Can't be undone: consumers may have them at once. A canary replays one first and "
                                "watches it.";
}

/// Of everything that matches, or of those that were selected.
Action replayMany(bool selected, bool careful) {
    Action action{.subject = selected ? SubjectKind::DeadLetters : SubjectKind::Queue,
                  .role = "pgque_writer",
                  .functions = {"dlq_replay(bigint)"}};
    if (selected)
        action.parameters = {idsParameter("dead_letters", "Dead letters", "dl_id of each.", mostSelected)};
    else
        action.parameters = filterParameters();
    if (careful)
        action.parameters.push_back(patienceParameter());
    action.whyNot = missingQueue;
    const auto replaysOf = [selected, careful, parameters = action.parameters](const domain::ActionRequest& request) {
        Replays what;
        what.queue = request.queue;
        if (selected)
            what.ids = idsOf(request.arguments.at("dead_letters"));
        else
            what.filter = filterOf(request);
        if (careful)
            what.patience = Arguments(parameters, request).duration("patience");
        return what;
    };
    action.plan = [selected](const domain::ActionRequest& request) {
        std::vector<std::int64_t> first;
        if (selected)
            first = idsOf(request.arguments.at("dead_letters"));
        first.resize(std::min<std::size_t>(first.size(), portionSize));
        Plan plan;
        plan.isolation = Isolation::ReadCommitted;
        // Which ids are next is looked up before each transaction.
        if (!selected)
            plan.calls = {queries::lettersAfter(filterOf(request), 0, portionSize).statement};
        plan.calls.push_back(queries::replayLetters(first).statement);
        plan.judge = [](const auto&, const Sight&) { return refused("It is done in several transactions."); };
        return plan;
    };
    action.series = [replaysOf](const domain::ActionRequest& request) {
        return std::make_shared<ReplaySeries>(replaysOf(request));
    };
    action.predict = [selected, careful](const domain::ActionRequest& request, const domain::Capabilities&,
                                         Reading& reading, domain::Prediction& prediction) {
        std::int64_t letters = 0;
        if (selected) {
            const auto ids = idsOf(request.arguments.at("dead_letters"));
            letters = static_cast<std::int64_t>(reading.ask(queries::lettersLeft(ids)).size());
        } else {
            letters = reading.ask(queries::countLetters(filterOf(request), countCap));
        }
        tellReplay(letters, careful, prediction);
    };
    return action;
}

Action replayAll() {
    Action action = replayMany(false, false);
    action.id = "replay_all_dead_letters";
    action.title = "Replay dead letters";
    action.help = "Sends every dead letter of the queue that matches again, some hundred a transaction.";
    return action;
}

Action replaySelected() {
    Action action = replayMany(true, false);
    action.id = "replay_selected_dead_letters";
    action.title = "Replay these";
    action.help = "Sends the selected dead letters again and takes them off the list.";
    return action;
}

Action canary() {
    Action action = replayMany(false, true);
    action.id = "canary_replay";
    action.title = "Replay carefully";
    action.help = "Sends one matching dead letter again, watches it to its end, then 10, then 100, then the rest; ends "
                  "at the first that fails again.";
    return action;
}

} // namespace

std::vector<Action> replayActions() {
    return {replayAll(), canary(), replaySelected()};
}

} // namespace operate
