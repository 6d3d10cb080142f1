// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QElapsedTimer>
#include <QEventLoop>
#include <QTimer>

#include <algorithm>
#include <chrono>
#include <ctime>

namespace support {

/// Milliseconds of this thread's processor time: what else the machine does falls out.
inline double processorMs() {
    std::timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return double(now.tv_sec) * 1e3 + double(now.tv_nsec) / 1e6;
}

/// Whether it holds in one of ten tries: other work on the machine spoils some of them, a fault every one.
template <class Try>
bool inSomeTry(Try holds) {
    for (int round = 0; round < 10; ++round) {
        if (holds())
            return true;
    }
    return false;
}

/// The longest time the event loop did not turn, and the most that its thread worked between two turns.
class Gaps {
public:
    Gaps() {
        m_timer.setTimerType(Qt::PreciseTimer);
        QObject::connect(&m_timer, &QTimer::timeout, &m_timer, [this] {
            m_longest = std::max(m_longest, m_since.restart());
            const double worked = processorMs();
            m_busiest = std::max(m_busiest, worked - m_worked);
            m_worked = worked;
        });
        m_since.start();
        m_timer.start(5);
    }

    qint64 longest() const { return m_longest; } ///< ms

    double busiest() const { return m_busiest; } ///< ms of processor time

private:
    QTimer m_timer;
    QElapsedTimer m_since;
    qint64 m_longest = 0;
    double m_worked = processorMs();
    double m_busiest = 0;
};

/// What the machine itself makes of a loop that has nothing to do: only what exceeds it is ours.
inline qint64 gapOfAnEmptyLoop(std::chrono::milliseconds time) {
    const Gaps gaps;
    QEventLoop loop;
    QTimer::singleShot(time, Qt::PreciseTimer, &loop, &QEventLoop::quit);
    loop.exec();
    return gaps.longest();
}

} // namespace support
