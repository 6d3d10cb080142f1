// SPDX-License-Identifier: Apache-2.0
#include "pg/exchange.h"

namespace pg {

namespace {

std::string textOf(std::span<const PipelineStep> steps) {
    std::string text;
    for (const PipelineStep& step : steps) {
        text += text.empty() ? "" : "; ";
        text += step.statement.sql;
    }
    return text;
}

// Reads the answers of a pipeline, step by step and group by group.
class Reader {
public:
    Reader(Exchange& exchange, std::span<const PipelineStep> steps, std::vector<transaction::Step>& tracked)
        : m_exchange(exchange)
        , m_steps(steps)
        , m_tracked(tracked) {}

    std::vector<StepResult> read() {
        for (std::size_t i = 0; i < m_steps.size(); ++i) {
            m_results.push_back(readStep(i));
            if (m_tracked[i].sync) {
                readSync(i);
            }
        }
        return std::move(m_results);
    }

private:
    StepResult readStep(std::size_t index) {
        std::optional<StepResult> outcome;
        while (ResultHandle result = m_exchange.next()) {
            switch (PQresultStatus(result.get())) {
            case PGRES_EMPTY_QUERY:
            case PGRES_COMMAND_OK:
            case PGRES_TUPLES_OK:
                if (!outcome) {
                    m_tracked[index].answer = transaction::Answer::Done;
                    outcome = Result(result.release());
                }
                break;
            case PGRES_PIPELINE_ABORTED:
                m_tracked[index].answer = transaction::Answer::Skipped;
                outcome = Skipped{};
                break;
            case PGRES_BAD_RESPONSE:
            case PGRES_NONFATAL_ERROR:
            case PGRES_FATAL_ERROR:
                if (!outcome || std::holds_alternative<Result>(*outcome)) {
                    outcome = failed(index, result.get());
                }
                break;
            case PGRES_COPY_IN:
            case PGRES_COPY_OUT:
            case PGRES_COPY_BOTH:
            case PGRES_SINGLE_TUPLE:
#ifdef LIBPQ_HAS_CHUNK_MODE
            case PGRES_TUPLES_CHUNK:
#endif
            case PGRES_PIPELINE_SYNC:
                unexpected();
            }
        }
        if (!outcome) {
            unexpected();
        }
        return *std::move(outcome);
    }

    // An error may still come here: what is checked only when the group's own transaction ends.
    void readSync(std::size_t index) {
        // Bounded, because a connection that died goes on to answer NULL for ever.
        constexpr int mostAnswers = 8;
        for (int i = 0; i < mostAnswers; ++i) {
            const ResultHandle result = m_exchange.next();
            if (!result) {
                continue;
            }
            if (PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC) {
                return;
            }
            if (PQresultStatus(result.get()) != PGRES_FATAL_ERROR) {
                break;
            }
            StepResult failure = failed(index, result.get());
            if (std::holds_alternative<Result>(m_results[index])) {
                m_results[index] = std::move(failure);
            }
        }
        unexpected();
    }

    StepResult failed(std::size_t index, const PGresult* result) {
        Failure failure = m_exchange.failureOf(result);
        if (failure.kind == ErrorKind::ConnectionLost) {
            m_exchange.lost();
        }
        failure.statement = m_steps[index].statement.sql;
        m_tracked[index].answer = transaction::Answer::Failed;
        return failure;
    }

    [[noreturn]] void unexpected() {
        m_exchange.giveUp(ErrorKind::Usage, "an answer that a pipeline cannot have; the connection was given up");
    }

    Exchange& m_exchange;
    std::span<const PipelineStep> m_steps;
    std::vector<transaction::Step>& m_tracked;
    std::vector<StepResult> m_results;
};

} // namespace

std::vector<StepResult> Connection::pipeline(std::span<const PipelineStep> steps, Deadline deadline) {
    if (steps.empty()) {
        return {};
    }
    Exchange exchange(*m_state, textOf(steps), deadline);
    const TransactionStatus start = m_state->transactionStatus();
    std::vector<transaction::Step> tracked;
    for (const PipelineStep& step : steps) {
        tracked.push_back({transaction::verbOf(step.statement.sql), step.sync});
    }
    tracked.back().sync = true;
    exchange.setMayHaveCommitted([start, &tracked] { return transaction::mayHaveCommitted(start, tracked); });
    for (const PipelineStep& step : steps) {
        exchange.check(step.statement);
    }
    if (PQenterPipelineMode(m_state->conn) != 1) {
        exchange.fail(ErrorKind::Usage, trimmed(PQerrorMessage(m_state->conn)));
    }
    for (std::size_t i = 0; i < steps.size(); ++i) {
        exchange.send(steps[i].statement);
        if (tracked[i].sync) {
            exchange.accept(PQpipelineSync(m_state->conn));
        }
    }
    auto results = Reader(exchange, steps, tracked).read();
    if (PQexitPipelineMode(m_state->conn) != 1) {
        exchange.giveUp(ErrorKind::Usage, "a pipeline did not end; the connection was given up");
    }
    return results;
}

} // namespace pg
