// SPDX-License-Identifier: GPL-3.0-or-later
#include "operate/runner.h"

#include "operate/attempt.h"
#include "operate/reading.h"
#include "operate/series.h"
#include "operate/words.h"
#include "pgque/transaction.h"

#include <charconv>
#include <thread>

namespace operate {

namespace {

using domain::OutcomeKind;

/// A row that others renew all the time (a heartbeat) may be missed a few times though what was seen still stands.
constexpr int attempts = 5;
constexpr std::chrono::milliseconds identityTimeout = std::chrono::seconds(5);
constexpr std::chrono::milliseconds askAgain{100};
constexpr std::chrono::milliseconds stateTimeout = std::chrono::seconds(3);

domain::ActionOutcome refusal(std::string why) {
    domain::ActionOutcome outcome;
    outcome.kind = OutcomeKind::Refused;
    outcome.summary = std::move(why);
    return outcome;
}

std::string joined(const std::vector<std::string>& sentences) {
    std::string text;
    for (const std::string& each : sentences)
        text += (text.empty() ? "" : " ") + each;
    return text;
}

/// Empty where the server does not say; throws only when the connection fails.
std::string identityOf(pg::Connection& connection) {
    try {
        return connection.run(queries::clusterIdentity(), pg::after(identityTimeout));
    } catch (const pg::Error& error) {
        if (error.kind() != pg::ErrorKind::Server)
            throw;
        return {};
    }
}

/// Why an action can't even be tried; empty when it can.
std::string objection(const Action* action, const domain::ActionRequest& request,
                      const domain::Capabilities& capabilities, const RunOptions& options) {
    if (!action)
        return "There is no action " + request.action + ".";
    if (options.mode == domain::AccessMode::Observe && !action->readOnly)
        return "The console only observes this server: " + action->title + " was not sent.";
    if (const Availability availability = action->availability(request, capabilities, nullptr); !availability.available)
        return availability.why;
    return joined(action->problems(request));
}

domain::ActionOutcome attemptAll(const domain::ActionRequest& request, const Action& action, const Plan& plan,
                                 const std::string& cluster, pg::Connection& connection, const RunOptions& options) {
    for (int attempt = 0; attempt < attempts; ++attempt)
        if (auto outcome = Attempt(request, action, plan, connection, options, cluster).run())
            return *std::move(outcome);
    domain::ActionOutcome outcome;
    outcome.kind = OutcomeKind::ChangedUnderneath;
    outcome.summary = "It changed again and again between looking and acting. Nothing was changed by this.";
    return outcome;
}

/// How an attempt at the next transaction of a series ends the whole.
domain::ActionOutcome endedBy(domain::ActionOutcome last, Series& series, Reading& reading) {
    const bool some = series.amount().done > 0;
    const std::string before = series.tell();
    const std::string about = series.portion();
    if (last.kind == OutcomeKind::Unknown) {
        series.committed(last.xid);
        last.eitherWay = {series.tell(), some ? before : std::string()};
        last.summary = "The connection was lost during the commit of transaction " + last.xid.value_or("?") +
                       ": whether it happened (" + about + ") is not known yet." +
                       (some ? " Before it: " + before : "");
        last.results = series.results();
        return last;
    }
    std::string why = last.summary;
    if (last.kind == OutcomeKind::Refused)
        if (std::string better = series.explain(reading); !better.empty())
            why = better;
    last.results = series.results();
    if (!some) {
        last.summary = about + ": " + why;
        return last;
    }
    last.kind = OutcomeKind::Partly;
    last.summary = before + " Then it ended at " + about + ": " + why;
    return last;
}

domain::ActionOutcome performSeries(const domain::ActionRequest& request, const Action& action,
                                    pg::Connection& connection, const RunOptions& options) {
    const auto progress = options.progress ? options.progress : std::make_shared<Progress>();
    const auto series = action.series(request);
    const std::string cluster = identityOf(connection);
    Reading reading(connection, options.statementTimeout);
    domain::ActionOutcome outcome;
    std::string firstSql;
    try {
        while (!progress->isStopping()) {
            const auto plan = series->next(reading, *progress);
            if (!plan || progress->isStopping())
                break;
            auto last = attemptAll(request, action, *plan, cluster, connection, options);
            if (firstSql.empty())
                firstSql = last.sql;
            if (last.kind != OutcomeKind::Done)
                return endedBy(std::move(last), *series, reading);
            if (const auto copy = last.results.find("copy"); copy != last.results.end())
                outcome.results["copy"] = copy->second;
            outcome.xid = last.xid;
            outcome.cluster = last.cluster;
            series->committed(last.xid);
            progress->set(series->amount(), series->tell());
        }
    } catch (const pg::Error& error) {
        // A look between two transactions failed: every transaction begun has ended.
        outcome.failure = error.failure();
        outcome.failure->effect = pg::Effect::None;
    }
    for (auto& [name, value] : series->results())
        outcome.results[name] = value;
    outcome.sql = std::move(firstSql);
    const bool some = series->amount().done > 0;
    const std::string problem = outcome.failure ? outcome.failure->text() : series->problem();
    outcome.kind = OutcomeKind::Done;
    outcome.summary = series->tell();
    if (!problem.empty()) {
        outcome.kind = some ? OutcomeKind::Partly : outcome.failure ? OutcomeKind::Failed : OutcomeKind::Refused;
        outcome.summary = some ? series->tell() + " Then it ended: " + problem : problem;
    } else if (progress->isStopping()) {
        outcome.kind = some ? OutcomeKind::Partly : OutcomeKind::Refused;
        outcome.summary = some ? series->tell() + " It was stopped then." : "It was stopped before anything was done.";
    }
    return outcome;
}

void addStateNow(const domain::ActionRequest& request, const Action& action, pg::Connection& connection,
                 domain::ActionOutcome& outcome) {
    if (!outcome.now.empty() || !connection.isOpen())
        return;
    try {
        Reading reading(connection, stateTimeout);
        if (action.stateNow) {
            outcome.now = action.stateNow(request, reading);
            return;
        }
        const Plan plan = action.plan(request);
        if (outcome.kind == OutcomeKind::Done || !plan.watch)
            return;
        for (const auto& state : reading.ask(queries::subscriptionStates(*plan.watch)))
            outcome.now += (outcome.now.empty() ? "" : " ") + words::state(state) + ".";
    } catch (const pg::Error&) {
        // What happened is known; that the state can't be read as well is shown by the page.
    }
}

} // namespace

domain::Rehearsal Runner::rehearse(const domain::ActionRequest& request, const domain::Capabilities& capabilities,
                                   pg::Connection& connection, const RunOptions& options,
                                   const RehearsalLimits& limits) const {
    domain::Rehearsal rehearsal;
    const auto refuse = [&](std::string why) {
        rehearsal.outcome = refusal(std::move(why));
        return rehearsal;
    };
    const Action* action = m_registry.find(request.action);
    if (std::string why = objection(action, request, capabilities, options); !why.empty())
        return refuse(std::move(why));
    if (action->rehearsalLeaves.empty() || action->isSeries())
        return refuse(action->title + " can't be rehearsed: a rollback would not undo it, or it is more than one "
                                      "transaction. What it would do is predicted.");
    try {
        const domain::Prediction prediction = predict(request, capabilities, connection);
        if (prediction.refusal)
            return refuse(*prediction.refusal);
        const auto events = prediction.counts.find("events");
        if (events != prediction.counts.end() && events->second > limits.events)
            return refuse("A rehearsal is for at most " + std::to_string(limits.events) + " messages; these are " +
                          std::to_string(events->second) + ".");
        const auto waiting = prediction.counts.find("others_wait");
        if (waiting != prediction.counts.end() && waiting->second > 0)
            return refuse("A rehearsal would hold the group's row: " + words::count(waiting->second, "other member") +
                          " could have to wait. What it would do is predicted.");
        RunOptions bounded = options;
        bounded.lockTimeout = limits.lockTimeout;
        bounded.statementTimeout = limits.statementTimeout;
        const Plan plan = action->plan(request);
        const std::string cluster = identityOf(connection);
        const auto start = pg::Clock::now();
        auto outcome = Attempt(request, *action, plan, connection, bounded, cluster, Attempt::End::RollBack).run();
        rehearsal.outcome = outcome ? *std::move(outcome)
                                    : refusal("Somebody changed the same rows at that moment. Nothing was changed.");
        rehearsal.outcome.tookMs = std::chrono::duration<double, std::milli>(pg::Clock::now() - start).count();
        rehearsal.remains = action->rehearsalLeaves;
    } catch (const pg::Error& error) {
        rehearsal.outcome.kind = OutcomeKind::Failed;
        rehearsal.outcome.failure = error.failure();
        rehearsal.outcome.summary = "It was not rehearsed: " + error.failure().text();
    }
    return rehearsal;
}

domain::ActionOutcome Runner::perform(const domain::ActionRequest& request, const domain::Capabilities& capabilities,
                                      pg::Connection& connection, const RunOptions& options) const {
    const auto start = pg::Clock::now();
    domain::ActionOutcome outcome;
    try {
        const Action* action = m_registry.find(request.action);
        if (std::string why = objection(action, request, capabilities, options); !why.empty())
            outcome = refusal(std::move(why));
        else if (action->isSeries())
            outcome = performSeries(request, *action, connection, options);
        else
            outcome = attemptAll(request, *action, action->plan(request), identityOf(connection), connection, options);
        if (action && outcome.kind != OutcomeKind::Unknown && !outcome.sql.empty())
            addStateNow(request, *action, connection, outcome);
        if (action && action->inverse && (outcome.kind == OutcomeKind::Done || outcome.kind == OutcomeKind::Partly))
            outcome.undo = action->inverse(request, outcome);
    } catch (const pg::Error& error) {
        // Only what comes before the first attempt gets here.
        outcome.kind = OutcomeKind::Failed;
        outcome.failure = error.failure();
        outcome.failure->effect = pg::Effect::None;
        outcome.summary = "Nothing was sent: " + error.failure().text();
    }
    outcome.tookMs = std::chrono::duration<double, std::milli>(pg::Clock::now() - start).count();
    return outcome;
}

domain::Prediction Runner::predict(const domain::ActionRequest& request, const domain::Capabilities& capabilities,
                                   pg::Connection& connection, std::chrono::milliseconds timeout) const {
    const auto start = pg::Clock::now();
    domain::Prediction prediction;
    const Action* action = m_registry.find(request.action);
    RunOptions options;
    options.mode = domain::AccessMode::Operate;
    if (std::string why = objection(action, request, capabilities, options); !why.empty()) {
        prediction.refusal = std::move(why);
        return prediction;
    }
    prediction.sql = preview(request, options);
    if (action->predict) {
        Reading reading(connection, timeout);
        action->predict(request, capabilities, reading, prediction);
    }
    prediction.tookMs = std::chrono::duration<double, std::milli>(pg::Clock::now() - start).count();
    return prediction;
}

std::string Runner::preview(const domain::ActionRequest& request, const RunOptions& options) const {
    const Action* action = m_registry.find(request.action);
    if (!action || !action->problems(request).empty())
        return {};
    Steps steps(action->plan(request), options);
    std::string sql;
    for (const auto* part : {&steps.opening, &steps.body})
        for (const pg::Statement& statement : *part)
            sql += statement.display() + ";\n";
    return sql + queries::commit().display() + ";\n";
}

Settlement Runner::settle(const std::string& xid, const std::string& cluster, pg::Connection& connection,
                          pg::Deadline deadline) {
    // The same number means another transaction on another server, and may be given anew after a failover.
    if (cluster.empty() || identityOf(connection) != cluster)
        return Settlement::Unknown;
    std::int64_t id = 0;
    if (std::from_chars(xid.data(), xid.data() + xid.size(), id).ec != std::errc())
        return Settlement::Unknown;
    for (;;) {
        try {
            switch (connection.run(pgque::transactionOutcome(id), deadline)) {
            case pgque::TransactionOutcome::Committed:
                return Settlement::Committed;
            case pgque::TransactionOutcome::Aborted:
                return Settlement::RolledBack;
            case pgque::TransactionOutcome::Unknown:
                return Settlement::Unknown;
            case pgque::TransactionOutcome::InProgress:
                break;
            }
        } catch (const pg::Error& error) {
            // An id that this server has not reached yet.
            if (error.kind() == pg::ErrorKind::Server)
                return Settlement::Unknown;
            throw;
        }
        if (pg::Clock::now() + askAgain >= deadline)
            return Settlement::InProgress;
        std::this_thread::sleep_for(askAgain);
    }
}

domain::ActionOutcome Runner::settled(domain::ActionOutcome unknown, Settlement settlement) {
    const std::string transaction = "Transaction " + unknown.xid.value_or("?");
    if (unknown.eitherWay && (settlement == Settlement::Committed || settlement == Settlement::RolledBack)) {
        const auto& [committed, before] = *unknown.eitherWay;
        const bool happened = settlement == Settlement::Committed;
        unknown.kind = happened || !before.empty() ? OutcomeKind::Partly : OutcomeKind::Failed;
        unknown.summary = transaction + (happened ? " was committed before the connection was lost. " + committed
                                                  : " was rolled back when the connection was lost. " +
                                                        (before.empty() ? "Nothing was changed." : before));
        return unknown;
    }
    switch (settlement) {
    case Settlement::Committed:
        unknown.kind = OutcomeKind::Done;
        unknown.summary = transaction + " was committed before the connection was lost: the action was done.";
        break;
    case Settlement::RolledBack:
        unknown.kind = OutcomeKind::Failed;
        unknown.summary = transaction + " was rolled back when the connection was lost. Nothing was changed.";
        break;
    case Settlement::InProgress:
        unknown.summary = transaction + " is still under way on the server.";
        break;
    case Settlement::Unknown:
        unknown.summary = "Whether transaction " + unknown.xid.value_or("?") +
                          " was committed can't be told any more: compare with the state as it is now.";
        break;
    }
    return unknown;
}

} // namespace operate
