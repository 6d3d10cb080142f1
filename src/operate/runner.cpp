// SPDX-License-Identifier: GPL-3.0-or-later
#include "operate/runner.h"

#include "operate/attempt.h"
#include "operate/reading.h"
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

domain::ActionOutcome attemptAll(const domain::ActionRequest& request, const Action& action, pg::Connection& connection,
                                 const RunOptions& options) {
    const Plan plan = action.plan(request);
    const std::string cluster = identityOf(connection);
    for (int attempt = 0; attempt < attempts; ++attempt)
        if (auto outcome = Attempt(request, action, plan, connection, options, cluster).run())
            return *std::move(outcome);
    domain::ActionOutcome outcome;
    outcome.kind = OutcomeKind::ChangedUnderneath;
    outcome.summary = "It changed again and again between looking and acting. Nothing was changed by this.";
    return outcome;
}

} // namespace

domain::ActionOutcome Runner::perform(const domain::ActionRequest& request, const domain::Capabilities& capabilities,
                                      pg::Connection& connection, const RunOptions& options) const {
    const auto start = pg::Clock::now();
    domain::ActionOutcome outcome;
    try {
        const Action* action = m_registry.find(request.action);
        if (std::string why = objection(action, request, capabilities, options); !why.empty())
            outcome = refusal(std::move(why));
        else
            outcome = attemptAll(request, *action, connection, options);
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
