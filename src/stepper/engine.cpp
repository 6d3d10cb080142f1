// SPDX-License-Identifier: GPL-3.0-or-later
#include "stepper/engine.h"

#include "pgque/calls.h"
#include "queries/stepping.h"
#include "stepper/scratch.h"

#include <algorithm>
#include <thread>

namespace stepper {

namespace {

using namespace std::chrono_literals;

pg::Connection openControl(pg::ConnectionInfo info) {
    info.set("application_name", "batchscope/step");
    return pg::Connection::open(info);
}

/// Consumers are known by name across all queues: a name of its own keeps the stepper out of everybody's way.
std::string ownName(const std::string& consumer, const std::string& queue) {
    return consumer + '_' + queue.substr(scratchPrefix.size(), queue.rfind('_') - scratchPrefix.size());
}

bool isOfWalk(Verb verb) {
    return verb == Verb::Walk || verb == Verb::Next || verb == Verb::Run;
}

} // namespace

Engine::Engine(Options options)
    : m_options(std::move(options))
    , m_control(openControl(m_options.connection))
    , m_setting{makeScratchQueue(m_control, m_options.retries), {}, m_options.fineWalks}
    , m_world({}, Model(0, 0)) {
    m_setting.consumer = ownName(m_options.consumer, m_setting.queue);
    try {
        m_world = freshWorld();
        Report nothing;
        refresh(nothing);
    } catch (const pg::Error&) {
        finish();
        throw;
    }
}

Engine::~Engine() {
    try {
        finish();
    } catch (const pg::Error&) {
        // Found by its name when somebody looks for what was left over.
    }
}

World Engine::freshWorld() {
    const auto state = queries::steppedQueue(m_control, m_setting.queue, 1, pg::after(m_options.patience));
    const queries::SteppedTick& newest = state.ticks.back();
    World world(m_setting.consumer,
                Model({newest.id, newest.at.time_since_epoch(), newest.sequence}, m_options.retries));
    world.setNow(state.now.time_since_epoch());
    m_board = {};
    m_board.queue = m_setting.queue;
    m_board.consumer = m_setting.consumer;
    m_board.script.retries = m_options.retries;
    return world;
}

void Engine::addLane(const std::string& name) {
    laneOf(name);
    Report nothing;
    refresh(nothing);
}

Lane& Engine::laneOf(const std::string& name) {
    std::unique_ptr<Lane>& lane = m_lanes[name];
    if (!lane) {
        pg::ConnectionInfo info = m_options.connection;
        info.set("application_name", name.empty() ? "batchscope/step" : "batchscope/step " + name);
        try {
            lane = std::make_unique<Lane>(name, info);
        } catch (const pg::Error&) {
            m_lanes.erase(name);
            throw;
        }
    }
    if (!name.empty() && std::find(m_order.begin(), m_order.end(), name) == m_order.end())
        m_order.push_back(name);
    return *lane;
}

bool Engine::anybodyWaits() const {
    return !m_busy.empty();
}

Foresight Engine::foresee(const Step& step) const {
    if (const std::string why = impossible(step); !why.empty()) {
        Foresight foresight;
        foresight.outcome.kind = Outcome::Kind::Refused;
        foresight.why = why;
        return foresight;
    }
    return expected(step);
}

Foresight Engine::expected(const Step& step) const {
    if (step.verb == Verb::Next || step.verb == Verb::Run)
        return foreseeWalk(step.lane, m_walks.at(step.lane));
    if (step.verb == Verb::Walk)
        return {{.kind = Outcome::Kind::Walking, .said = FineWalk::nameOf(FineWalk::Stage::LockMain)},
                "looks for the group's rows; the transaction stays open",
                {}};
    if (step.verb == Verb::Cancel)
        return {{.kind = Outcome::Kind::Done}, "what it waits in is stopped by the server", {}};
    if (step.verb == Verb::Return)
        return {{.kind = Outcome::Kind::Done}, "a new backend; its row and what it held are as it left them", {}};
    // In an open transaction now() stands still.
    const auto began = m_began.find(step.lane);
    if (began == m_began.end())
        return m_world.foresee(step);
    World then = m_world;
    then.setNow(began->second);
    return then.foresee(step);
}

std::string Engine::impossible(const Step& step) const {
    const std::string who = step.lane.empty() ? "the queue's driver" : step.lane;
    if (m_finished)
        return "the board is closed";
    if (const auto wait = m_busy.find(step.lane);
        wait != m_busy.end() && step.verb != Verb::Cancel && step.verb != Verb::Die)
        return who + " still waits in \"" + wait->second.step.text() + "\"";
    const bool known = std::find(m_order.begin(), m_order.end(), step.lane) != m_order.end();
    const bool dead = known && !m_lanes.contains(step.lane);
    if (dead && step.verb != Verb::Return)
        return who + "'s backend is gone: it has to return first";
    switch (step.verb) {
    case Verb::Return:
        return dead ? "" : who + "'s backend is there";
    case Verb::Die:
        return known ? "" : "there is no worker " + who;
    case Verb::Cancel:
        return m_busy.contains(step.lane) ? "" : who + " waits for nothing";
    case Verb::Begin:
        return m_world.inTransaction(step.lane) ? who + " is in a transaction already" : "";
    case Verb::Commit:
    case Verb::Rollback:
        return m_world.inTransaction(step.lane) ? "" : who + " is in no transaction";
    case Verb::Ack:
    case Verb::Nack:
        if (!m_world.tokenOf(step.lane, step.token))
            return who + (step.token == 0 ? " never got a token" : " never got so many tokens");
        break;
    case Verb::Age:
        if (std::find(m_order.begin(), m_order.end(), step.member) == m_order.end())
            return "there is no worker " + step.member;
        break;
    default:
        break;
    }
    return impossibleInWalk(step);
}

void Engine::dispatch(const Step& step, Report& report) {
    switch (step.verb) {
    case Verb::Die:
        die(step.lane);
        m_world.apply(step, {});
        report.outcome = {};
        return;
    case Verb::Return:
        laneOf(step.lane);
        report.outcome = {};
        return;
    case Verb::Cancel: {
        Lane& lane = *m_lanes.at(step.lane);
        lane.cancel();
        lane.waitUntil(pg::after(m_options.patience));
        report.outcome = {};
        return;
    }
    default:
        break;
    }
    Lane& lane = laneOf(step.lane);
    if (isOfWalk(step.verb)) {
        if (step.verb == Verb::Walk)
            m_walks.insert_or_assign(step.lane,
                                     Walker{FineWalk(m_setting.queue, m_setting.consumer, step.lane, step.ask), {}});
        m_busy[step.lane] = {step, {}};
        startWalk(step.lane);
        return;
    }
    Work work = workFor(step, m_setting, m_world, m_world.inTransaction(step.lane));
    lane.start(work.job);
    m_busy[step.lane] = {step, std::move(work)};
}

Report Engine::perform(const Step& step) {
    Report report;
    report.step = step;
    // What others did since the last look must not be taken for this step's doing.
    refresh(report);
    if (const std::string why = impossible(step); !why.empty()) {
        report.outcome.kind = Outcome::Kind::Refused;
        report.outcome.said = why;
        return report;
    }
    report.foreseen = foresee(step);
    try {
        dispatch(step, report);
    } catch (const pg::Error& error) {
        // A worker that can't connect, say; without the connection that watches there is nothing to say about anybody.
        if (!m_control.isOpen())
            throw;
        report.outcome = {.kind = Outcome::Kind::Refused, .said = error.failure().text()};
        return report;
    }
    report.taken = true;
    settle(report);
    refresh(report);
    log(step.lane, step.text() + ": " + report.outcome.words());
    recordScript(report);
    return report;
}

Report Engine::look() {
    Report report;
    settle(report);
    refresh(report);
    return report;
}

void Engine::die(const std::string& name) {
    const int pid = m_lanes.at(name)->backendPid();
    m_control.run(queries::endBackend(pid));
    for (const pg::Deadline until = pg::after(m_options.patience);
         m_control.run(queries::backendIsThere(pid)) && pg::Clock::now() < until;)
        std::this_thread::sleep_for(2ms);
    m_lanes.erase(name);
    m_busy.erase(name);
    m_walks.erase(name);
    m_waits.erase(name);
    m_began.erase(name);
}

void Engine::endLanes() {
    for (const auto& [name, lane] : m_lanes)
        m_control.run(queries::endBackend(lane->backendPid()));
    m_lanes.clear();
    m_busy.clear();
    m_walks.clear();
    m_waits.clear();
    m_began.clear();
}

void Engine::clearGroup() {
    for (const auto& row : m_control.run(queries::steppedSubscriptions(m_setting.queue)))
        if (row.role == "coop_member")
            m_control.run(pgque::unsubscribeSubconsumer(m_setting.queue, m_setting.consumer,
                                                        row.consumer.substr(m_setting.consumer.size() + 1),
                                                        pgque::BatchHandling::RouteToRetry));
    m_control.run(pgque::unsubscribe(m_setting.queue, m_setting.consumer));
}

void Engine::restart(int retries) {
    for (const auto& [name, lane] : m_lanes) {
        if (m_busy.contains(name)) {
            lane->cancel();
            lane->waitUntil(pg::after(m_options.patience));
            lane->take();
        }
        if (m_busy.contains(name) || m_world.inTransaction(name)) {
            lane->start([](pg::Connection& connection, Answer&) { connection.rollback(pg::after(5s)); });
            lane->waitUntil(pg::after(m_options.patience));
            lane->take();
        }
    }
    m_busy.clear();
    m_walks.clear();
    m_waits.clear();
    m_began.clear();
    m_order.clear();
    m_logs.clear();
    m_broken.clear();
    m_options.retries = retries;
    clearGroup();
    m_control.run(pgque::setQueueConfig(m_setting.queue, "max_retries", std::to_string(retries)));
    // A new group begins at the last tick: everything sent so far has to be before it.
    Lane& driver = laneOf({});
    driver.start(workFor({.verb = Verb::ForceTick}, m_setting, m_world, false).job);
    driver.waitUntil(pg::after(m_options.patience));
    driver.take();
    m_world = freshWorld();
    Report nothing;
    refresh(nothing);
}

void Engine::finish() {
    if (m_finished)
        return;
    m_finished = true;
    endLanes();
    removeScratchQueue(m_control, m_setting.queue);
    m_control.close();
}

void Engine::log(const std::string& lane, const std::string& text) {
    m_logs[lane].push_back(text);
}

void Engine::recordScript(const Report& report) {
    ScriptLine line{report.step, {{{}, report.outcome.words()}}, {}, 0};
    for (const auto& [lane, outcome] : report.released)
        line.expected.push_back({lane, outcome.words()});
    m_board.script.lines.push_back(std::move(line));
}

} // namespace stepper
