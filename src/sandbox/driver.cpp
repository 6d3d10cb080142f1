// SPDX-License-Identifier: GPL-3.0-or-later
#include "sandbox/driver.h"

#include "pgque/calls.h"
#include "workqueue/calls.h"

namespace sandbox {

using namespace std::chrono_literals;

namespace {

constexpr auto tickPeriod = 250ms;
constexpr auto retryPeriod = 1s;
constexpr auto maintenancePeriod = 2s;
constexpr auto workPeriod = 1s;

} // namespace

Driver::Driver(const pg::ConnectionInfo& database, std::function<void()> unreachable)
    : m_loop(
          named(database, "batchscope/driver"), [this](pgque::Client& client) { return step(client); },
          std::move(unreachable)) {}

std::optional<std::chrono::milliseconds> Driver::step(pgque::Client& client) {
    client.ticker();
    const auto now = std::chrono::steady_clock::now();
    if (now >= m_nextRetry) {
        m_nextRetry = now + retryPeriod;
        // A call moves so many rows at the most; each is a transaction of its own.
        while (client.maintRetryEvents() > 0) {
        }
    }
    if (now >= m_nextMaintenance) {
        m_nextMaintenance = now + maintenancePeriod;
        // Step two first: its transaction began after step one's of the last time was committed and visible. The other
        // way round a committed event could end up in the table that is truncated next.
        client.run(pgque::maintRotateTablesStep2());
        client.maint();
    }
    if (now >= m_nextWork) {
        m_nextWork = now + workPeriod;
        client.run(workqueue::maint());
    }
    return tickPeriod;
}

} // namespace sandbox
