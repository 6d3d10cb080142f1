// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "stepper/board.h"
#include "stepper/finewalk.h"
#include "stepper/lane.h"
#include "stepper/work.h"

#include <map>
#include <memory>

namespace stepper {

/// The board's engine: a scratch queue, workers with a backend each, and the reference model beside them. Blocks its
/// caller until everybody has either finished or waits for a lock; a wait itself it never waits for. One thread.
///
/// Everything throws pg::Error only when the connection it watches with fails, or when the queue can't be made.
class Engine {
public:
    struct Options {
        pg::ConnectionInfo connection;
        std::string consumer = "workers"; ///< the group's name; a few characters are added, consumers are global
        bool fineWalks = true; ///< the schema is this project's own: its statements can be walked, it has nack_batch
        int retries = 5;
        std::chrono::milliseconds patience{20'000}; ///< for a step that neither ends nor waits for a lock
    };

    /// Makes a scratch queue.
    explicit Engine(Options options);

    /// As finish(), what fails is left to be found later.
    ~Engine();

    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// Connects a worker; nothing when there is one of that name.
    void addLane(const std::string& name);

    Foresight foresee(const Step& step) const;

    /// Takes a step. A worker that is not there yet is connected first; when that fails the step is not taken.
    Report perform(const Step& step);

    /// Looks again: waits that have ended, what others did.
    Report look();

    const Board& board() const { return m_board; }

    bool anybodyWaits() const;

    /// Whether the worker (empty: the queue's driver) still waits in a step.
    bool isWaiting(const std::string& lane) const { return m_busy.contains(lane); }

    /// Begins anew on the same queue: what is open is rolled back, the group is gone, the board has no workers until
    /// they are added or take a step (their backends are kept for that). The script is empty again.
    void restart(int retries);

    /// Ends all backends and removes the queue.
    void finish();

    const std::string& queue() const { return m_setting.queue; }

    const std::string& consumer() const { return m_setting.consumer; }

    /// What must always hold, asked of the tables as they were last seen; empty: all of it holds.
    const std::string& brokenInvariant() const { return m_broken; }

    const World& world() const { return m_world; }

private:
    struct Busy {
        Step step;
        Work work; ///< empty for a statement of a walk
    };

    struct Walker {
        FineWalk walk;
        Model::Decision decision;
    };

    /// Who waits for whom as it was last seen.
    struct Wait {
        queries::LockWait seen;
        std::string holder; ///< the lane that has what is waited for, or "pid 123"
        std::string behind; ///< the lane that waits for the same before it; often empty
    };

    struct Finished {
        std::string lane;
        Busy busy;
        Answer answer;
        Outcome outcome;
    };

    /// What becomes of the world when answers are brought in in one order.
    struct Trial {
        World world;
        std::map<std::string, Walker> walks;
        std::vector<Finished> finished;
        std::vector<std::string> differences;
    };

    std::string impossible(const Step& step) const;
    std::string impossibleInWalk(const Step& step) const;
    Lane& laneOf(const std::string& name);
    void dispatch(const Step& step, Report& report);
    void settle(Report& report);
    std::vector<Finished> untilQuiet();
    bool take(std::vector<Finished>& finished);
    bool lookAtWaits(pg::Clock::time_point began);
    void bringIn(std::vector<Finished> finished, Report& report);
    Trial tried(const std::vector<Finished>& finished, bool racing) const;
    Trial explained(const std::vector<Finished>& finished, std::size_t fixed) const;
    void bringIn(Trial& trial, Finished& one) const;
    void walked(Trial& trial, Finished& one) const;
    Foresight expected(const Step& step) const;
    Foresight foreseeWalk(const std::string& lane, const Walker& walker) const;
    void parkWaiting(Report& report);
    bool goOn(const std::vector<Finished>& finished);
    void die(const std::string& name);
    void startWalk(const std::string& name);
    void refresh(Report& report);
    void absorb(const queries::SteppedQueue& state);
    void addDifference(const std::string& text, Report& report);
    void draw(const queries::SteppedQueue& state);
    LaneView drawLane(const std::string& name, const queries::SteppedQueue& state) const;
    void drawWindows();
    void drawTokens();
    void log(const std::string& lane, const std::string& text);
    void recordScript(const Report& report);
    std::string rowName(const std::string& row) const;
    World freshWorld();
    void clearGroup();
    void endLanes();

    Options m_options;
    pg::Connection m_control;
    Setting m_setting;
    World m_world;
    std::map<std::string, std::unique_ptr<Lane>> m_lanes; ///< "" drives the queue
    std::vector<std::string> m_order;
    std::map<std::string, Busy> m_busy;
    std::map<std::string, Walker> m_walks;
    std::map<std::string, Wait> m_waits;
    std::map<std::string, Model::Time> m_began; ///< now() of the transaction that is open
    std::map<std::string, std::vector<std::string>> m_logs;
    std::string m_broken;
    Board m_board;
    bool m_finished = false;
};

} // namespace stepper
