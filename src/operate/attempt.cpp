// SPDX-License-Identifier: GPL-3.0-or-later
#include "operate/attempt.h"

#include "operate/words.h"

#include <algorithm>

namespace operate {

namespace {

using domain::OutcomeKind;

/// How long the transaction may stay open while this program does nothing: its locks end then, come what may.
constexpr std::chrono::milliseconds idleTimeout = std::chrono::seconds(10);
/// What the network may take on top of what the server is allowed.
constexpr std::chrono::milliseconds networkTime = std::chrono::seconds(5);

/// So much of a statement is shown and written down.
constexpr std::size_t shownStatement = 16'384;

constexpr auto nothingChanged = " Nothing was changed.";

std::string sentence(const std::string& text) {
    return text.empty() || text.back() == '.' ? text : text + ".";
}

/// Errors by which the server, or the function, says no to what was asked.
bool isRefusal(const std::string& sqlState) {
    return sqlState == "P0001" || sqlState == "42501" || sqlState == "25006" || sqlState.starts_with("22") ||
           sqlState.starts_with("23") || sqlState.starts_with("0A");
}

std::string explained(const pg::Failure& failure, const RunOptions& options) {
    const std::string& state = failure.diagnostics.sqlState;
    if (state == "55P03")
        return "Somebody else holds a lock that this needs and did not let go within " +
               words::duration(options.lockTimeout) + ".";
    if (state == "57014" || failure.kind == pg::ErrorKind::Timeout)
        return "It took longer than " + words::duration(options.statementTimeout) + " and was stopped.";
    if (state == "40P01")
        return "It and another session waited for each other; the server ended this one.";
    if (failure.kind == pg::ErrorKind::ConnectionLost)
        return "The connection was lost before anything was committed: " + sentence(failure.diagnostics.message);
    return sentence(failure.diagnostics.message);
}

const pg::Failure* firstFailure(const std::vector<pg::StepResult>& results) {
    for (const auto& result : results)
        if (const auto* failure = std::get_if<pg::Failure>(&result))
            return failure;
    return nullptr;
}

} // namespace

Steps::Steps(const Plan& plan, const RunOptions& options)
    : opening{plan.isolation == Isolation::RepeatableRead ? queries::beginRepeatableRead()
                                                          : queries::beginReadCommitted()} {
    const auto add = [](std::vector<pg::Statement>& to, std::vector<pg::Statement> more) {
        std::move(more.begin(), more.end(), std::back_inserter(to));
    };
    std::vector<pg::Statement> view;
    if (plan.watch) {
        view.push_back(queries::subscriptionStates(*plan.watch).statement);
        if (plan.countsGivenBack)
            view.push_back(queries::givenBack(*plan.watch).statement);
    }
    looks = plan.watch.has_value();
    add(opening, queries::bounds(options.lockTimeout, options.statementTimeout, idleTimeout));
    add(opening, view);
    add(body, plan.calls);
    add(body, view);
    body.push_back(queries::assignedXid().statement);
}

Attempt::Attempt(const domain::ActionRequest& request, const Action& action, const Plan& plan,
                 pg::Connection& connection, const RunOptions& options, const std::string& cluster, End end)
    : m_request(request)
    , m_action(action)
    , m_plan(plan)
    , m_connection(connection)
    , m_options(options)
    , m_cluster(cluster)
    , m_end(end)
    , m_deadline(pg::after(options.statementTimeout * static_cast<int>(plan.calls.size()) + networkTime)) {}

std::optional<domain::ActionOutcome> Attempt::run() {
    try {
        Steps steps(m_plan, m_options);
        if (steps.looks) {
            const auto before = send(steps.opening);
            if (m_outcome)
                return finish();
            readBefore(before);
            if (!compare())
                return finish();
            const auto results = send(steps.body);
            if (!m_outcome)
                judge(results);
        } else {
            const std::size_t opening = steps.opening.size();
            std::move(steps.body.begin(), steps.body.end(), std::back_inserter(steps.opening));
            auto results = send(steps.opening);
            if (!m_outcome) {
                results.erase(results.begin(), results.begin() + static_cast<std::ptrdiff_t>(opening));
                judge(results);
            }
        }
    } catch (const pg::Error& error) {
        fail(error.failure());
    }
    return finish();
}

std::optional<domain::ActionOutcome> Attempt::finish() {
    if (m_changedSinceSnapshot)
        return {};
    m_outcome->sql = std::move(m_sql);
    return std::move(m_outcome);
}

std::vector<pg::Result> Attempt::send(const std::vector<pg::Statement>& statements) {
    std::vector<pg::PipelineStep> steps;
    for (const pg::Statement& statement : statements) {
        steps.push_back({statement, false});
        note(statement);
    }
    const auto answers = m_connection.pipeline(steps, m_deadline);
    std::vector<pg::Result> results;
    if (const pg::Failure* failure = firstFailure(answers)) {
        fail(*failure);
        return results;
    }
    for (const auto& answer : answers)
        results.push_back(std::get<pg::Result>(answer));
    return results;
}

void Attempt::readBefore(const std::vector<pg::Result>& results) {
    const std::size_t first = results.size() - (m_plan.countsGivenBack ? 2 : 1);
    m_sight.before = queries::subscriptionStates(*m_plan.watch).decode(results.at(first));
    if (m_plan.countsGivenBack)
        m_sight.givenBackBefore = queries::givenBack(*m_plan.watch).decode(results.at(first + 1));
}

void Attempt::readAfter(const std::vector<pg::Result>& results) {
    if (!m_plan.watch)
        return;
    const std::size_t first = m_plan.calls.size();
    m_sight.after = queries::subscriptionStates(*m_plan.watch).decode(results.at(first));
    if (m_plan.countsGivenBack)
        m_sight.givenBackAfter = queries::givenBack(*m_plan.watch).decode(results.at(first + 1));
}

bool Attempt::compare() {
    const std::string name = words::fullName(m_request.consumer, m_request.subconsumer);
    const bool byBatch = m_action.subject == SubjectKind::Batch;
    const queries::SubscriptionState* own =
        byBatch ? m_sight.batchBefore(m_request.batch.value()) : m_sight.consumerBefore(name);
    const auto refuse = [&](OutcomeKind kind, std::string summary) {
        rollBack();
        end(kind, std::move(summary));
        if (const auto* state = own ? own : m_sight.consumerBefore(name))
            m_outcome->now = words::state(*state) + ".";
        return false;
    };
    if (byBatch && !own)
        return refuse(OutcomeKind::ChangedUnderneath,
                      "Batch " + std::to_string(*m_request.batch) + " is not open any more." + nothingChanged);
    if (m_request.seen) {
        if (!own)
            return refuse(OutcomeKind::ChangedUnderneath,
                          words::subject(m_request.queue, name) + " is not registered any more." + nothingChanged);
        const domain::SeenSubscription& seen = *m_request.seen;
        if (own->batch != seen.batch || own->lastTick != seen.lastTick || own->nextTick != seen.nextTick)
            return refuse(OutcomeKind::ChangedUnderneath, words::subject(own->queue, own->consumer) +
                                                              " has moved on since it was shown." + nothingChanged);
    }
    if (m_plan.accept)
        if (std::string why = m_plan.accept(m_sight); !why.empty())
            return refuse(OutcomeKind::Refused, std::move(why));
    return true;
}

void Attempt::judge(const std::vector<pg::Result>& results) {
    readAfter(results);
    Verdict verdict = m_plan.judge(results, m_sight);
    for (const auto& [name, shown] : m_request.shown) {
        const auto found = verdict.counts.find(name);
        if (verdict.kind == OutcomeKind::Done && found != verdict.counts.end() && found->second != shown) {
            verdict.kind = OutcomeKind::ChangedUnderneath;
            verdict.summary = "It would have done otherwise than shown (" + name + ": " +
                              std::to_string(found->second) + " instead of " + std::to_string(shown) + ").";
        }
    }
    if (verdict.kind != OutcomeKind::Done) {
        rollBack();
        end(verdict.kind, verdict.summary + nothingChanged);
        return;
    }
    if (m_end == End::RollBack) {
        rollBack();
        end(OutcomeKind::Done, std::move(verdict.summary));
        m_outcome->results = std::move(verdict.results);
        return;
    }
    if (m_plan.copies && !keepCopy(results, verdict))
        return;
    const auto xid = queries::assignedXid().decode(results.back());
    if (xid && m_options.beforeCommit) {
        const std::string problem = m_options.beforeCommit({m_request, m_sql, *xid, m_cluster});
        if (!problem.empty()) {
            rollBack();
            end(OutcomeKind::Failed, "The journal could not be written: " + sentence(problem) + nothingChanged);
            return;
        }
    }
    end(OutcomeKind::Done, {});
    m_outcome->xid = xid;
    m_outcome->cluster = xid ? m_cluster : std::string();
    commit(std::move(verdict));
}

bool Attempt::keepCopy(const std::vector<pg::Result>& results, Verdict& verdict) {
    const std::vector<std::string> rows = m_plan.copies(results);
    KeptCopy kept;
    if (m_options.keepCopy)
        kept = m_options.keepCopy(rows);
    else
        kept.problem = "there is no place for it";
    if (!kept.problem.empty()) {
        rollBack();
        end(OutcomeKind::Failed, "The local copy could not be written: " + sentence(kept.problem) + nothingChanged);
        return false;
    }
    verdict.results["copy"] = kept.place;
    return true;
}

void Attempt::note(const pg::Statement& statement) {
    std::string text = statement.display();
    // The values of a thousand messages are for the server, not for a journal.
    if (text.size() > shownStatement)
        text = words::cut(text, shownStatement) + " /* and " + std::to_string(text.size() - shownStatement) +
               " bytes more */";
    m_sql += text + ";\n";
}

void Attempt::commit(Verdict verdict) {
    const pg::Statement statement = queries::commit();
    note(statement);
    try {
        const pg::Result result = m_connection.execute(statement, pg::after(m_options.statementTimeout + networkTime));
        if (result.commandTag() != "COMMIT") {
            m_outcome->kind = OutcomeKind::Failed;
            m_outcome->summary = std::string("The server rolled the transaction back.") + nothingChanged;
            return;
        }
        m_outcome->summary = std::move(verdict.summary);
        m_outcome->results = std::move(verdict.results);
        m_outcome->rows = std::move(verdict.rows);
    } catch (const pg::Error& error) {
        const pg::Failure& failure = error.failure();
        m_outcome->failure = failure;
        if (failure.effect == pg::Effect::Unknown && m_outcome->xid) {
            m_outcome->kind = OutcomeKind::Unknown;
            m_outcome->summary = "The connection was lost during the commit of transaction " + *m_outcome->xid +
                                 ": whether it happened is not known yet. If it did: " + verdict.summary;
            return;
        }
        if (m_plan.immediate) {
            m_outcome->summary = std::move(verdict.summary);
            m_outcome->results = std::move(verdict.results);
            return;
        }
        // Without an id the transaction had written nothing, so that there was nothing to commit.
        m_outcome->kind = OutcomeKind::Failed;
        m_outcome->summary = explained(failure, m_options) + nothingChanged;
    }
}

void Attempt::rollBack() {
    const pg::Statement statement = queries::rollback();
    note(statement);
    try {
        m_connection.execute(statement, pg::after(networkTime));
    } catch (const pg::Error&) {
        // Without a commit the server undoes it by itself; the connection is of no more use.
        m_connection.close();
    }
}

void Attempt::fail(pg::Failure failure) {
    if (m_connection.isOpen() && m_connection.transactionStatus() != pg::TransactionStatus::Idle)
        rollBack();
    // The calls of such a plan need no commit to have happened.
    const bool unanswered = failure.effect == pg::Effect::Unknown || failure.kind == pg::ErrorKind::ConnectionLost ||
                            failure.kind == pg::ErrorKind::Timeout;
    if (m_plan.immediate && unanswered) {
        end(OutcomeKind::Unknown, "The connection was lost before the server answered: whether it happened can't be "
                                  "told. Look at the state as it is now.");
        m_outcome->failure = std::move(failure);
        return;
    }
    const std::string& state = failure.diagnostics.sqlState;
    m_changedSinceSnapshot = state == "40001";
    // No commit was sent, whatever the connection made of it.
    failure.effect = pg::Effect::None;
    end(isRefusal(state) ? OutcomeKind::Refused : OutcomeKind::Failed, explained(failure, m_options) + nothingChanged);
    m_outcome->failure = std::move(failure);
}

void Attempt::end(OutcomeKind kind, std::string summary) {
    m_outcome.emplace();
    m_outcome->kind = kind;
    m_outcome->summary = std::move(summary);
}

} // namespace operate
