// SPDX-License-Identifier: GPL-3.0-or-later
#include "pgque/calls.h"
#include "queries/guard.h"
#include "schema/plan.h"

namespace schema {

using domain::ActionOutcome;
using domain::OutcomeKind;

namespace {

const char* doneWords(Deed deed) {
    switch (deed) {
    case Deed::Install:
        return "The schema is installed.";
    case Deed::Upgrade:
        return "The schema is upgraded.";
    case Deed::Convert:
        return "The schema is converted: it is Batchscope's own now.";
    case Deed::Uninstall:
        break;
    }
    return "The schema is uninstalled.";
}

ActionOutcome failed(ActionOutcome outcome, const pg::Failure& failure) {
    outcome.failure = failure;
    if (failure.effect == pg::Effect::Unknown) {
        outcome.kind = OutcomeKind::Unknown;
        outcome.summary = "The connection was lost while the transaction was being committed: " + failure.text();
    } else {
        outcome.kind = failure.kind == pg::ErrorKind::Server ? OutcomeKind::Refused : OutcomeKind::Failed;
        outcome.summary = failure.text();
    }
    return outcome;
}

void rollBack(pg::Connection& connection) {
    try {
        if (connection.isOpen() && connection.transactionStatus() != pg::TransactionStatus::Idle)
            connection.execute({"rollback", {}}, pg::after(std::chrono::seconds(5)));
    } catch (const pg::Error&) {
        connection.close(); // the server rolls back when it sees that
    }
}

void dropQueues(pg::Connection& connection, const Plan& plan, pg::Deadline deadline,
                const std::function<void(const std::string&)>& progress) {
    std::size_t done = 0;
    for (const std::string& queue : plan.queuesFirst) {
        connection.run(pgque::dropQueue(queue, true), deadline);
        if (progress)
            progress("Dropped " + std::to_string(++done) + " of " + std::to_string(plan.queuesFirst.size()) +
                     " queues");
    }
}

} // namespace

ActionOutcome carryOut(pg::Connection& connection, const Plan& plan, pg::Deadline deadline,
                       const std::function<void(const std::string&)>& progress) {
    ActionOutcome outcome;
    outcome.sql = plan.sql;
    if (plan.refusal) {
        outcome.kind = OutcomeKind::Refused;
        outcome.summary = *plan.refusal;
        return outcome;
    }
    const auto started = pg::Clock::now();
    try {
        const bool unchanged = fingerprintOf(connection.run(readFunctions(), deadline)) == plan.seenFingerprint;
        if (!unchanged) {
            outcome.kind = OutcomeKind::ChangedUnderneath;
            outcome.summary = "The schema changed since it was inspected; nothing was done.";
            return outcome;
        }
        dropQueues(connection, plan, deadline, progress);
        connection.executeScript(plan.transaction, deadline);
        // Known before the commit is sent: it settles later whether a commit happened that was never answered.
        outcome.xid = connection.run(queries::assignedXid(), deadline);
        connection.execute({"commit", {}}, deadline);
        outcome.kind = OutcomeKind::Done;
        outcome.summary = doneWords(plan.deed);
    } catch (const pg::Error& error) {
        rollBack(connection);
        outcome = failed(std::move(outcome), error.failure());
    }
    outcome.tookMs = std::chrono::duration<double, std::milli>(pg::Clock::now() - started).count();
    return outcome;
}

} // namespace schema
