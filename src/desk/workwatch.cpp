// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/workwatch.h"

#include "queries/workqueues.h"

#include <algorithm>

namespace desk {

namespace {

using namespace std::chrono_literals;

constexpr auto installsEvery = 60s;
constexpr std::chrono::seconds secondLook = 2s; // some rules know nothing before it
constexpr std::chrono::milliseconds dearLook = 100ms;
constexpr std::chrono::seconds seldom = 10min;

/// Less than a page that somebody waits for.
constexpr queries::Limits limits{1s, 50ms};

} // namespace

void WorkWatch::reset() {
    *this = WorkWatch(m_every);
}

void WorkWatch::findInstalls(pg::Connection& connection, pg::Deadline deadline) {
    auto found = queries::workInstalls(connection, deadline);
    m_failed = false;
    m_searchAt = pg::Clock::now() + installsEvery;
    if (m_installs == found)
        return;
    m_memory.clear();
    m_lookAt = {};
    m_installs = std::move(found);
}

void WorkWatch::look(pg::Connection& connection, const monitor::Thresholds& thresholds, pg::Deadline deadline) {
    const auto now = pg::Clock::now();
    if (m_looks && thresholds != m_thresholds)
        m_diagnosis = monitor::diagnoseWork(*m_looks, &m_memory, thresholds);
    m_thresholds = thresholds;
    try {
        if (now >= m_searchAt)
            findInstalls(connection, deadline);
        if (m_installs.empty()) {
            m_looks.reset();
            if (!m_failed)
                m_diagnosis = {};
            return;
        }
        if (now < m_lookAt)
            return;
        auto looks = std::make_shared<domain::WorkLooks>(queries::workLooks(connection, m_installs, deadline, limits));
        const auto ended = pg::Clock::now();
        // Dear looks are rarer, up to every ten minutes; cheap ones come back to their beat.
        m_period = ended - now > dearLook || !looks->errors.empty()
                       ? std::min<std::chrono::seconds>(std::max(m_period, m_every) * 2, seldom)
                       : m_every;
        m_memory.add(*looks);
        m_lookAt = ended + (m_memory.knows() ? m_period : std::min<std::chrono::seconds>(m_period, secondLook));
        m_diagnosis = monitor::diagnoseWork(*looks, &m_memory, m_thresholds);
        m_looks = std::move(looks);
    } catch (const pg::Error& error) {
        if (!connection.isOpen())
            throw;
        // The next look comes with the next search.
        m_failed = true;
        m_installs.clear();
        m_looks.reset();
        m_memory.clear();
        m_searchAt = pg::Clock::now() + installsEvery;
        m_diagnosis = {};
        m_diagnosis.notEvaluated.push_back({"work_*", error.failure().diagnostics.message});
    }
}

} // namespace desk
