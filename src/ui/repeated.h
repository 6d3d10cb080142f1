// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "link/session.h"
#include "link/whendone.h"

#include <chrono>
#include <functional>
#include <optional>
#include <variant>

namespace ui {

/// A question that a page asks beside the sample, again and again while it is looked at: one at a time, with a pause
/// between that grows with what the answer cost. Only the answer to the newest question counts. A recorded instant is
/// asked about once, and at once.
template <class T>
class Repeated {
public:
    using Clock = std::chrono::steady_clock;

    static constexpr std::chrono::milliseconds leastPause{3'000};
    static constexpr int costToPause = 20; ///< looking takes at most a twentieth of the server's time

    Repeated(QObject* owner, std::function<QFuture<links::Reply<T>>()> ask, std::function<void(const T&)> show,
             std::function<void(const pg::Failure&)> fail, std::chrono::milliseconds pause = leastPause)
        : m_pause(pause)
        , m_owner(owner)
        , m_ask(std::move(ask))
        , m_show(std::move(show))
        , m_fail(std::move(fail)) {}

    /// With each sample the page is shown: asks when it is time to. `past`: the recorded instant that is shown.
    void beat(std::optional<pg::Timestamp> past) {
        if (past != m_past) {
            m_past = past;
            askNow();
        } else if (!past && !m_waiting && Clock::now() >= m_due) {
            askNow();
        }
    }

    /// The subject changed: a question still under way is about something else, and is not left at the server.
    void askNow() {
        m_asked.cancel();
        m_asked = m_ask();
        m_waiting = true;
        const auto began = Clock::now();
        links::whenDone(m_asked, m_owner, [this, number = ++m_number, began](const links::Reply<T>& reply) {
            if (number != m_number)
                return;
            m_waiting = false;
            m_settled = true;
            const auto now = Clock::now();
            m_due = now + std::max<Clock::duration>(m_pause, costToPause * (now - began));
            if (const auto* failure = std::get_if<pg::Failure>(&reply))
                m_fail(*failure);
            else
                m_show(std::get<T>(reply));
        });
    }

    /// Nothing is asked for: there is no subject.
    void forget() {
        m_asked.cancel();
        ++m_number;
        m_waiting = false;
        m_settled = true;
    }

    /// The newest question has been answered, one way or the other.
    bool isSettled() const { return m_settled && !m_waiting; }

private:
    std::chrono::milliseconds m_pause;
    QObject* m_owner;
    std::function<QFuture<links::Reply<T>>()> m_ask;
    std::function<void(const T&)> m_show;
    std::function<void(const pg::Failure&)> m_fail;
    QFuture<links::Reply<T>> m_asked;
    quint64 m_number = 0;
    std::optional<pg::Timestamp> m_past;
    Clock::time_point m_due;
    bool m_waiting = false;
    bool m_settled = false;
};

} // namespace ui
