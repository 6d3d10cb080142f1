// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/workqueues.h"
#include "monitor/workrules.h"
#include "pg/connection.h"

#include <chrono>
#include <memory>
#include <vector>

namespace desk {

/// The work queues of one server, looked at on a slow beat: what the rules judge by. Belongs to one session and lives
/// on its thread.
class WorkWatch {
public:
    explicit WorkWatch(std::chrono::seconds every)
        : m_every(every)
        , m_period(every) {}

    /// Another connection: everything is asked anew.
    void reset();

    /// Looks when it is time to, and judges anew by other thresholds at once. What can't be had is named in the
    /// diagnosis; throws pg::Error only when the connection fails.
    void look(pg::Connection& connection, const monitor::Thresholds& thresholds, pg::Deadline deadline);

    /// The newest look; null where there is no work queue, or none has been looked for.
    std::shared_ptr<const domain::WorkLooks> looks() const { return m_looks; }

    /// Without a look it is known that there is no work queue.
    bool isKnown() const { return m_looks || (m_searchAt != pg::Clock::time_point() && !m_failed); }

    const domain::Diagnosis& diagnosis() const { return m_diagnosis; }

private:
    void findInstalls(pg::Connection& connection, pg::Deadline deadline);

    monitor::Thresholds m_thresholds;
    std::chrono::seconds m_every;
    std::chrono::seconds m_period; ///< in force: longer while looking costs much
    std::vector<domain::WorkInstall> m_installs;
    monitor::WorkMemory m_memory;
    std::shared_ptr<const domain::WorkLooks> m_looks;
    domain::Diagnosis m_diagnosis;
    bool m_failed = false;            ///< the newest search, or a look since
    pg::Clock::time_point m_searchAt; ///< when installs are looked for again
    pg::Clock::time_point m_lookAt;
};

} // namespace desk
