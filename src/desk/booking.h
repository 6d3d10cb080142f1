// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/account.h"
#include "pg/connection.h"

#include <memory>
#include <utility>

namespace desk {

/// What is asked over a connection until its end is booked for one purpose. What nobody books is booked by the session
/// for its own.
class Booking {
public:
    Booking(domain::Account& account, domain::Purpose purpose, pg::Connection& connection)
        : m_account(account)
        , m_purpose(purpose)
        , m_connection(connection) {}

    ~Booking() { m_account.add(m_purpose, m_connection.takeTraffic()); }

    Booking(const Booking&) = delete;
    Booking& operator=(const Booking&) = delete;

private:
    domain::Account& m_account;
    domain::Purpose m_purpose;
    pg::Connection& m_connection;
};

/// A piece of work for a session's thread, booked for this purpose.
template <class F>
auto booked(std::shared_ptr<domain::Account> account, domain::Purpose purpose, F work) {
    return [account = std::move(account), purpose, work = std::move(work)](pg::Connection& connection,
                                                                           pg::Deadline deadline) {
        const Booking booking(*account, purpose, connection);
        return work(connection, deadline);
    };
}

} // namespace desk
