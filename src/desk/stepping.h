// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "stepper/board.h"
#include "stepper/engine.h"
#include "stepper/explore.h"

#include <QObject>
#include <QTimer>

#include <functional>
#include <memory>

namespace desk {

/// A stepper's engine on a thread of its own: what is asked of it comes back as signals, and nothing here blocks. A
/// server that does not answer keeps the thread, never the window: it is left behind after a second.
class Stepping : public QObject {
    Q_OBJECT

public:
    enum class State {
        Closed,
        Opening,
        Ready,
        Busy,
        Failed, ///< failure() says why; what it had made is found at the next beginning
    };

    explicit Stepping(QObject* parent = nullptr);
    ~Stepping() override;

    State state() const { return m_state; }

    /// As of the newest report.
    const stepper::Board& board() const { return m_board; }

    /// The board before the newest step, to see what changed.
    const stepper::Board& boardBefore() const { return m_before; }

    /// Of the newest step; empty before the first and after beginning anew.
    const std::optional<stepper::Report>& report() const { return m_report; }

    const pg::Failure& failure() const { return m_failure; }

    /// Queues that a console which has gone left behind on this server.
    const std::vector<std::string>& leftOvers() const { return m_leftOvers; }

    /// Makes the scratch queue, with these workers connected.
    void begin(stepper::Engine::Options options, std::vector<std::string> lanes);
    void perform(const stepper::Step& step);
    /// Empties the board.
    void restart(int retries = 5);
    /// Empties the board and takes the script's steps up to this line (an index; all when it is past the end), with a
    /// report after each.
    void play(const stepper::Script& script, std::size_t upTo);
    /// What will happen and why, were the step taken; foreseen() answers. Only the newest question is answered.
    void foresee(const stepper::Step& step);
    /// Tries the interleavings of what follows a line; explored() answers, and now and then before with what was done
    /// so far. The board is empty afterwards.
    void explore(const stepper::Script& script, std::size_t from);
    void stopExploring();
    void removeLeftOvers();
    /// Ends all backends and removes the queue.
    void finish();

Q_SIGNALS:
    void changed();
    void foreseen(const QString& step, const stepper::Foresight& foresight);
    /// Of a script that was played: a line that was not met.
    void unmet(int line, const QString& why);
    void explored(const stepper::Explored& so, bool ended);

private:
    class Thread;

    void enter(State state);
    void showBoard(stepper::Board board, std::optional<stepper::Report> report, bool ended);
    void fail(pg::Failure failure);
    void look();

    std::shared_ptr<Thread> m_thread;
    State m_state = State::Closed;
    stepper::Board m_board;
    stepper::Board m_before;
    std::optional<stepper::Report> m_report;
    pg::Failure m_failure;
    std::vector<std::string> m_leftOvers;
    QTimer m_look;
    quint64 m_question = 0;
};

} // namespace desk
