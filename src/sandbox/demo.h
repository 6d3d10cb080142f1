// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "sandbox/deeds.h"
#include "sandbox/loop.h"
#include "sandbox/planted.h"
#include "sandbox/staff.h"
#include "sandbox/troubled.h"

#include <QLockFile>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace sandbox {

/// The demonstration: real workers that call the queue's real API, some of them in trouble on purpose. What a former
/// run left is recognised and carried on. Only one console at a time runs it; the others watch what it planted.
/// Runs until destroyed, on threads of its own.
class Demo {
public:
    using OnLook = std::function<void(const std::vector<PlantedState>&)>;

    /// onLook is called on a thread of the demonstration, about once a second; onDeed hears of every batch.
    Demo(pg::ConnectionInfo database, const QString& lockFile, OnLook onLook, OnDeed onDeed = {});
    ~Demo();

private:
    using Clock = std::chrono::steady_clock;

    std::optional<std::chrono::milliseconds> step(pgque::Client& client);
    void setUp(pgque::Client& client);
    void startOthers();
    void tend(pgque::Client& client);
    void renew(pgque::Client& client);

    pg::ConnectionInfo m_database;
    QLockFile m_lock; ///< used by the housekeeper's thread only, as everything below
    OnLook m_onLook;
    OnDeed m_onDeed;
    PlantedLook m_look;
    bool m_isSetUp = false;
    bool m_othersWork = false;
    Clock::time_point m_startedAt;
    Clock::time_point m_nextRenewal;
    Clock::time_point m_nextPurge;
    std::optional<Clock::time_point> m_pauseLegacyAt;
    std::shared_ptr<troubled::BusyState> m_busy = std::make_shared<troubled::BusyState>();
    std::unique_ptr<Loop> m_dying;
    std::unique_ptr<Loop> m_stopping;
    std::vector<std::unique_ptr<Loop>> m_loops;
    std::unique_ptr<Staff> m_staff;
    std::unique_ptr<Loop> m_housekeeper;
};

} // namespace sandbox
