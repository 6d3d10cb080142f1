// SPDX-License-Identifier: Apache-2.0
#include "pg/canceller.h"

#include "pg/wait.h"

#include <array>

namespace pg {

bool Canceller::request(std::string* problem) const {
    if (!m_state || m_state->closed) {
        if (problem != nullptr) {
            *problem = "the connection is closed";
        }
        return false;
    }
    return m_state->request(problem);
}

#ifdef LIBPQ_HAS_ASYNC_CANCEL
// Encrypted like the connection itself, and bounded.
Canceller::State::State(PGconn* connection)
    : m_handle(PQcancelCreate(connection)) {}

Canceller::State::~State() {
    PQcancelFinish(m_handle);
}

bool Canceller::State::request(std::string* problem) {
    using namespace std::chrono_literals;
    constexpr auto patience = 10s;
    requested = true;
    const std::lock_guard lock(m_mutex);
    const Deadline deadline = after(patience);
    bool late = false;
    PostgresPollingStatusType status = PQcancelStart(m_handle) == 1 ? PGRES_POLLING_WRITING : PGRES_POLLING_FAILED;
    while (!late && status != PGRES_POLLING_OK && status != PGRES_POLLING_FAILED) {
        const auto what = status == PGRES_POLLING_READING ? WaitFor::Read : WaitFor::Write;
        if (wait(PQcancelSocket(m_handle), what, nullptr, deadline).ready) {
            status = PQcancelPoll(m_handle);
        } else {
            late = Clock::now() >= deadline;
        }
    }
    const bool delivered = status == PGRES_POLLING_OK;
    if (!delivered && problem != nullptr) {
        *problem = late ? "no answer to the cancel request" : PQcancelErrorMessage(m_handle);
    }
    PQcancelReset(m_handle);
    return delivered;
}
#else
Canceller::State::State(PGconn* connection)
    : m_handle(PQgetCancel(connection)) {}

Canceller::State::~State() {
    PQfreeCancel(m_handle);
}

bool Canceller::State::request(std::string* problem) {
    requested = true;
    std::array<char, 256> text{};
    const bool delivered = PQcancel(m_handle, text.data(), static_cast<int>(text.size())) == 1;
    if (!delivered && problem != nullptr) {
        *problem = text.data();
    }
    return delivered;
}
#endif

} // namespace pg
