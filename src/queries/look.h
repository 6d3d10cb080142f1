// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/connection.h"

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace queries {

/// What a look may cost the server and whom it may keep waiting.
struct Limits {
    std::chrono::milliseconds statement{2'000}; ///< each statement
    std::chrono::milliseconds lock{50};         ///< each lock; somebody else's exclusive lock is not waited for
};

/// A question inside a Look and how its answer decodes.
template <class T>
struct Asked {
    std::size_t step = 0;
    std::function<T(const pg::Result&)> decode;
};

/// What a Look brought home. Answers of a failed part throw that part's error, those of the other parts stand.
class Answers {
public:
    /// Throws pg::Error: why the question's part failed, or that the answer could not be read.
    const pg::Result& result(std::size_t step) const;

    template <class T>
    T get(const Asked<T>& asked) const {
        return asked.decode(result(asked.step));
    }

    std::int64_t bytes() const; ///< of all values received

    /// From the first part's beginning to after the last one's end, by the server's clock; zero: not known.
    std::chrono::microseconds took() const { return m_took; }

private:
    friend class Look;
    std::vector<pg::StepResult> m_results;
    std::vector<std::size_t> m_partOf; // step → first step of its part
    std::chrono::microseconds m_took{0};
};

/// One round trip that only looks. It consists of parts; each is a read-only transaction of its own with its time-outs
/// inside, so that no state stays behind on a connection which a pooler may hand to somebody else, a failing part
/// leaves the others alone, and nothing of ours outlives the call.
class Look {
public:
    enum class View {
        EachStatement, ///< every question sees what is committed when it runs
        Same,          ///< all questions of the part see the same state
    };

    /// Opens a part; questions asked from here on belong to it.
    void part(Limits limits = {}, View view = View::EachStatement);

    std::size_t ask(pg::Statement statement);

    template <class T>
    Asked<T> ask(pg::Call<T> call) {
        return {ask(std::move(call.statement)), std::move(call.decode)};
    }

    /// With those that open and close the parts.
    int statementCount() const { return static_cast<int>(m_steps.size()); }

    /// Runs everything in one round trip, and tells the connection what that took on the server. Throws pg::Error only
    /// when the connection itself fails.
    Answers run(pg::Connection& connection, pg::Deadline deadline);

private:
    void closePart();
    static void tellWhatItTook(pg::Connection& connection, Answers& answers);

    std::vector<pg::PipelineStep> m_steps;
    std::vector<std::size_t> m_partOf;
    std::size_t m_partStart = 0;
    bool m_open = false;
};

/// The server's clock, in a statement of its own; two of them around others tell what those took there.
pg::Call<pg::Timestamp> serverClock();

/// A single question in its own read-only transaction. Throws pg::Error.
template <class T>
T look(pg::Connection& connection, const pg::Call<T>& call, Limits limits, pg::Deadline deadline) {
    Look look;
    look.part(limits);
    const Asked<T> asked = look.ask(call);
    return look.run(connection, deadline).get(asked);
}

} // namespace queries
