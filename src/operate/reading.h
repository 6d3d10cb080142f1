// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "queries/look.h"

#include <chrono>

namespace operate {

/// How a prediction asks: each question in a read-only transaction of its own that waits for nobody's lock.
class Reading {
public:
    Reading(pg::Connection& connection, std::chrono::milliseconds timeout)
        : m_connection(connection)
        , m_limits{.statement = timeout}
        , m_deadline(pg::after(timeout + std::chrono::seconds(2))) {}

    /// Throws pg::Error.
    template <class T>
    T ask(const pg::Call<T>& call) {
        return queries::look(m_connection, call, m_limits, m_deadline);
    }

private:
    pg::Connection& m_connection;
    queries::Limits m_limits;
    pg::Deadline m_deadline;
};

} // namespace operate
