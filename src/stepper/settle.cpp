// SPDX-License-Identifier: GPL-3.0-or-later
// The engine's waiting: until everybody has either finished or waits for a lock, and what that means for the world.

#include "queries/stepping.h"
#include "stepper/engine.h"

#include <algorithm>
#include <numeric>
#include <thread>

namespace stepper {

namespace {

using namespace std::chrono_literals;
using Kind = Outcome::Kind;

/// How long somebody outside the board may hold a step up before that is shown as a wait.
constexpr auto outsiderGrace = 200ms;

bool wasStopped(const pg::Failure& failure) {
    static const std::vector<std::string> codes = {"57014", "57P01", "40P01", "40001"};
    return failure.kind == pg::ErrorKind::ConnectionLost || failure.kind == pg::ErrorKind::Cancelled ||
           failure.kind == pg::ErrorKind::Timeout ||
           std::find(codes.begin(), codes.end(), failure.diagnostics.sqlState) != codes.end();
}

Outcome failed(const pg::Failure& failure) {
    Outcome outcome;
    outcome.kind = wasStopped(failure) ? Kind::Stopped : Kind::Refused;
    outcome.said = failure.text();
    return outcome;
}

} // namespace

bool Engine::take(std::vector<Finished>& finished) {
    bool any = false;
    for (const auto& [name, busy] : m_busy) {
        if (auto answer = m_lanes.at(name)->take()) {
            finished.push_back({name, busy, std::move(*answer), {}});
            any = true;
        }
    }
    for (const Finished& one : finished)
        m_busy.erase(one.lane);
    return any;
}

/// True when everybody who is not done waits for somebody who will not go on by himself.
bool Engine::lookAtWaits(pg::Clock::time_point began) {
    std::vector<std::int64_t> pids;
    std::map<int, std::string> laneOfPid;
    for (const auto& [name, lane] : m_lanes) {
        laneOfPid[lane->backendPid()] = name;
        if (m_busy.contains(name))
            pids.push_back(lane->backendPid());
    }
    std::map<std::string, queries::LockWait> seen;
    for (queries::LockWait& wait : m_control.run(queries::lockWaits(pids)))
        if (!wait.blockedBy.empty())
            seen[laneOfPid.at(wait.pid)] = std::move(wait);

    bool quiet = true;
    std::map<std::string, Wait> waits;
    for (const auto& [name, busy] : m_busy) {
        const auto own = seen.find(name);
        if (own == seen.end()) {
            quiet = false;
            continue;
        }
        Wait wait{own->second, {}, {}};
        // Who waits for the tuple itself stands in a queue: its head waits for whoever has the row.
        const queries::LockWait* link = &own->second;
        for (std::size_t hops = 0; hops <= seen.size(); ++hops) {
            const auto blocker = laneOfPid.find(link->blockedBy.front());
            if (blocker == laneOfPid.end()) {
                wait.holder = "pid " + std::to_string(link->blockedBy.front());
                const auto before = m_waits.find(name);
                const bool isKnown = before != m_waits.end() && before->second.holder == wait.holder;
                quiet = quiet && (isKnown || pg::Clock::now() - began > outsiderGrace);
                break;
            }
            const auto next = seen.find(blocker->second);
            if (link->lock == "tuple" && next != seen.end()) {
                wait.behind = blocker->second;
                link = &next->second;
                continue;
            }
            wait.holder = blocker->second;
            break;
        }
        if (wait.seen.row.empty())
            wait.seen.row = link->row;
        waits[name] = std::move(wait);
    }
    // A chain has to end at somebody who is idle; a circle is the server's to break.
    for (const auto& [name, wait] : waits) {
        std::string at = wait.holder;
        for (std::size_t hops = 0; m_busy.contains(at); ++hops) {
            const auto next = waits.find(at);
            if (next == waits.end() || hops > waits.size()) {
                quiet = false;
                break;
            }
            at = next->second.holder;
        }
    }
    if (quiet)
        m_waits = std::move(waits);
    return quiet;
}

std::vector<Engine::Finished> Engine::untilQuiet() {
    std::vector<Finished> finished;
    const pg::Clock::time_point began = pg::Clock::now();
    const pg::Deadline patience = pg::after(m_options.patience);
    while (true) {
        take(finished);
        if (m_busy.empty()) {
            m_waits.clear();
            break;
        }
        // Those that were seen waiting go on only when somebody lets them; the others are about to answer.
        for (const auto& [name, busy] : m_busy)
            if (!m_waits.contains(name) && m_lanes.at(name)->waitUntil(pg::after(4ms)))
                break;
        if (take(finished))
            continue;
        const bool quiet = lookAtWaits(began);
        if (take(finished))
            continue;
        if (quiet || pg::Clock::now() > patience)
            break;
        std::this_thread::sleep_for(1ms);
    }
    for (const Finished& one : finished)
        m_waits.erase(one.lane);
    return finished;
}

void Engine::settle(Report& report) {
    while (true) {
        std::vector<Finished> finished = untilQuiet();
        const bool any = !finished.empty();
        if (any)
            bringIn(finished, report);
        if (!any || !goOn(finished))
            break;
    }
    parkWaiting(report);
}

/// A run goes on by itself until its break.
bool Engine::goOn(const std::vector<Finished>& finished) {
    bool any = false;
    for (const Finished& one : finished) {
        const auto walker = m_walks.find(one.lane);
        if (one.busy.step.verb != Verb::Run || walker == m_walks.end() || walker->second.walk.atEnd() ||
            (one.busy.step.stopAt != Break::None && walker->second.walk.reached() == one.busy.step.stopAt))
            continue;
        m_busy[one.lane] = {one.busy.step, {}};
        startWalk(one.lane);
        any = true;
    }
    return any;
}

void Engine::bringIn(Trial& trial, Finished& one) const {
    const Step& step = one.busy.step;
    if (one.answer.began != pg::Timestamp())
        trial.world.setNow(one.answer.began.time_since_epoch());
    if (!one.busy.work.read) {
        walked(trial, one);
        return;
    }
    if (one.answer.failure) {
        one.outcome = failed(*one.answer.failure);
    } else {
        try {
            one.outcome = one.busy.work.read(one.answer, trial.world);
        } catch (const pg::Error& error) {
            one.outcome = failed(error.failure());
        }
    }
    if (one.answer.failure && one.answer.failure->kind == pg::ErrorKind::ConnectionLost) {
        trial.world.lose(one.lane);
        return;
    }
    if (step.verb == Verb::Commit || step.verb == Verb::Rollback)
        trial.walks.erase(one.lane);
    if (const std::string differs = trial.world.apply(step, one.outcome); !differs.empty())
        trial.differences.push_back(step.text() + ": " + differs);
}

Engine::Trial Engine::tried(const std::vector<Finished>& finished, bool racing) const {
    Trial trial{m_world, m_walks, finished, {}};
    for (Finished& one : trial.finished) {
        if (racing) {
            std::set<std::string> rows;
            for (const Finished& other : finished)
                if (other.lane != one.lane)
                    for (const std::string& row : trial.world.rowsOf(other.busy.step))
                        rows.insert(row);
            trial.world.setRacing(std::move(rows));
        }
        bringIn(trial, one);
    }
    trial.world.setRacing({});
    return trial;
}

/// Those that no lock put in order may have come in any order, and one may have passed over a row that another had for
/// a moment: any course that the rules explain is one that may have been. The first `fixed` are known to have come so.
Engine::Trial Engine::explained(const std::vector<Finished>& finished, std::size_t fixed) const {
    Trial first = tried(finished, false);
    if (first.differences.empty() || finished.size() < 2 || finished.size() > 6)
        return first;
    for (const bool racing : {false, true}) {
        std::vector<std::size_t> order(finished.size());
        std::iota(order.begin(), order.end(), 0U);
        do {
            std::vector<Finished> other;
            other.reserve(order.size());
            for (const std::size_t i : order)
                other.push_back(finished[i]);
            if (Trial trial = tried(other, racing); trial.differences.empty())
                return trial;
        } while (std::next_permutation(order.begin() + static_cast<std::ptrdiff_t>(fixed), order.end()));
    }
    return first;
}

void Engine::bringIn(std::vector<Finished> finished, Report& report) {
    const auto isCurrent = [&report](const Finished& one) {
        return one.lane == report.step.lane && one.busy.step.text() == report.step.text();
    };
    // First who was stopped, as that let the others go; otherwise the step itself, for the same reason. The others tell
    // by the server's clock who came before whom.
    const auto isStopped = [](const Finished& one) { return one.answer.failure && wasStopped(*one.answer.failure); };
    const bool anyStopped = std::any_of(finished.begin(), finished.end(), isStopped);
    const auto isFirst = [&](const Finished& one) { return anyStopped ? isStopped(one) : isCurrent(one); };
    std::sort(finished.begin(), finished.end(), [&](const Finished& a, const Finished& b) {
        return std::pair(!isFirst(a), a.answer.ended) < std::pair(!isFirst(b), b.answer.ended);
    });
    const auto fixed = std::count_if(finished.begin(), finished.end(), isFirst);
    Trial chosen = explained(finished, static_cast<std::size_t>(fixed));
    m_world = std::move(chosen.world);
    m_walks = std::move(chosen.walks);
    for (const std::string& difference : chosen.differences)
        addDifference(difference, report);
    for (Finished& one : chosen.finished) {
        if (one.answer.failure && one.answer.failure->kind == pg::ErrorKind::ConnectionLost)
            m_lanes.erase(one.lane);
        if (m_world.inTransaction(one.lane))
            m_began.try_emplace(one.lane, one.answer.began.time_since_epoch());
        else
            m_began.erase(one.lane);
        const bool goesOn =
            one.busy.step.verb == Verb::Run && one.outcome.kind == Kind::Walking && m_walks.contains(one.lane) &&
            (one.busy.step.stopAt == Break::None || m_walks.at(one.lane).walk.reached() != one.busy.step.stopAt);
        for (const std::string& notice : one.answer.notices)
            log(one.lane, notice);
        if (isCurrent(one)) {
            report.outcome = one.outcome;
        } else if (!goesOn) {
            report.released.emplace_back(one.lane, one.outcome);
            log(one.lane, one.busy.step.text() + ": " + one.outcome.words());
        }
    }
}

/// Those that wait now keep what they had got before; the step itself learns that it waits.
void Engine::parkWaiting(Report& report) {
    std::vector<std::string> names;
    for (const auto& [name, wait] : m_waits)
        names.push_back(name);
    const auto waiting = m_waits.find(report.step.lane);
    const bool learns =
        report.taken && waiting != m_waits.end() && m_busy.at(report.step.lane).step.text() == report.step.text();
    if (learns) {
        const Step& step = report.step;
        const std::string& holder = waiting->second.holder;
        report.outcome = {.kind = Kind::Waits, .who = holder, .row = waiting->second.seen.row};
        // Not as it was foreseen: others may have gone on since.
        const Outcome foreseen = expected(step).outcome;
        if (step.verb != Verb::Run && m_lanes.contains(holder) &&
            (foreseen.kind != Kind::Waits || foreseen.who != holder))
            addDifference(
                step.text() + ": the rules say \"" + foreseen.words() + "\", the database waits for " + holder, report);
    }
    // Whoever waits for a member's row has got past the main row.
    std::stable_sort(names.begin(), names.end(), [this](const std::string& a, const std::string& b) {
        return (m_waits.at(a).seen.row != m_setting.consumer) > (m_waits.at(b).seen.row != m_setting.consumer);
    });
    for (const std::string& name : names)
        m_world.park(m_busy.at(name).step);
    for (const auto& [name, busy] : m_busy)
        if (!m_waits.contains(name) && report.taken && report.step.lane == name) {
            report.outcome = {.kind = Kind::Stopped,
                              .said = "it has neither ended nor is it seen waiting for a lock; it still runs"};
        }
}

} // namespace stepper
