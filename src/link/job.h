// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "link/reply.h"
#include "pg/connection.h"

#include <QFuture>
#include <QPromise>

#include <atomic>
#include <chrono>
#include <exception>
#include <utility>

namespace links {

/// From when on a job's time runs.
enum class Time {
    FromSubmission, ///< whoever asked waits no longer than that
    FromStart,      ///< what it waits for behind others is not held against it
};

/// One piece of work for a session's thread. It is answered once: by its own run, or before it by whoever refuses it.
class Job {
public:
    Job(std::chrono::milliseconds time, Time from)
        : m_time(time)
        , m_from(from)
        , m_deadline(pg::after(time)) {}

    virtual ~Job() = default;
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;

    /// On the session's thread; false when it was answered while it waited.
    bool start() {
        auto expected = Stage::Queued;
        if (m_from == Time::FromStart) {
            m_deadline = pg::after(m_time);
        }
        return m_stage.compare_exchange_strong(expected, Stage::Running);
    }

    std::chrono::milliseconds time() const { return m_time; }

    Time from() const { return m_from; }

    /// On the session's thread, after start(). Nothing is thrown; the failure, if any, is also returned.
    virtual std::optional<pg::Failure> run(pg::Connection& connection) = 0;

    /// Answers with a failure what has not been started. Thread-safe.
    void refuse(const pg::Failure& failure) {
        auto expected = Stage::Queued;
        if (m_stage.compare_exchange_strong(expected, Stage::Answered)) {
            answerFailure(failure);
        }
    }

    /// Answers with a failure whatever stage it is in; what a running job brings later is dropped. Its effect is then
    /// not known. Thread-safe.
    void giveUp(pg::Failure failure) {
        const Stage before = m_stage.exchange(Stage::Answered);
        if (before == Stage::Answered) {
            return;
        }
        if (before == Stage::Running) {
            failure.effect = pg::Effect::Unknown;
        }
        answerFailure(failure);
    }

    /// Ends the future without a result. Thread-safe.
    void drop() {
        if (m_stage.exchange(Stage::Answered) != Stage::Answered) {
            cancel();
        }
    }

protected:
    bool takeAnswer() {
        auto expected = Stage::Running;
        return m_stage.compare_exchange_strong(expected, Stage::Answered);
    }

    virtual void answerFailure(const pg::Failure& failure) = 0;
    virtual void cancel() = 0;

    pg::Deadline deadline() const { return m_deadline; }

private:
    enum class Stage { Queued, Running, Answered };

    std::atomic<Stage> m_stage = Stage::Queued;
    std::chrono::milliseconds m_time;
    Time m_from;
    pg::Deadline m_deadline; ///< set anew on the session's thread only
};

template <class F>
class TypedJob final : public Job {
public:
    using Value = ValueOf<F>;

    TypedJob(F work, std::chrono::milliseconds time, Time from)
        : Job(time, from)
        , m_work(std::move(work)) {
        m_promise.start();
    }

    QFuture<Reply<Value>> future() { return m_promise.future(); }

    std::optional<pg::Failure> run(pg::Connection& connection) override {
        Reply<Value> reply = attempt(connection);
        std::optional<pg::Failure> failure;
        if (const auto* found = std::get_if<pg::Failure>(&reply)) {
            failure = *found;
        }
        if (takeAnswer()) {
            finish(std::move(reply));
        }
        return failure;
    }

protected:
    void answerFailure(const pg::Failure& failure) override { finish(failure); }

    void cancel() override {
        m_promise.future().cancel();
        m_promise.finish();
    }

private:
    Reply<Value> attempt(pg::Connection& connection) {
        try {
            if constexpr (std::is_same_v<Value, std::monostate>) {
                m_work(connection, deadline());
                return std::monostate();
            } else {
                return m_work(connection, deadline());
            }
        } catch (const pg::Error& error) {
            return error.failure();
        } catch (const std::exception& error) {
            pg::Failure failure;
            failure.diagnostics.message = error.what();
            return failure;
        } catch (...) {
            return pg::Failure();
        }
    }

    void finish(Reply<Value> reply) {
        m_promise.addResult(std::move(reply));
        m_promise.finish();
    }

    F m_work;
    QPromise<Reply<Value>> m_promise;
};

} // namespace links
