// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

namespace operate {

/// How many things of how many; 0 of all: not known.
struct Amount {
    std::int64_t done = 0;
    std::int64_t all = 0;
};

/// How far a series of transactions has come, and whether it is to go on: shared by the thread that carries it out and
/// the one that watches it. Thread-safe.
class Progress {
public:
    struct State {
        Amount amount;
        std::string note; ///< what is being done or waited for, one sentence
        bool stopping = false;
    };

    void set(Amount amount, std::string note) {
        const std::lock_guard lock(m_mutex);
        m_state.amount = amount;
        m_state.note = std::move(note);
    }

    void note(std::string note) {
        const std::lock_guard lock(m_mutex);
        m_state.note = std::move(note);
    }

    /// What is under way is finished, nothing new is begun.
    void stop() {
        const std::lock_guard lock(m_mutex);
        m_state.stopping = true;
    }

    bool isStopping() const { return state().stopping; }

    State state() const {
        const std::lock_guard lock(m_mutex);
        return m_state;
    }

private:
    mutable std::mutex m_mutex;
    State m_state;
};

} // namespace operate
