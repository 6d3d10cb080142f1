// SPDX-License-Identifier: GPL-3.0-or-later
// What the engine has seen in the tables, beside what the rules say, as a board.

#include "pg/error.h"
#include "queries/stepping.h"
#include "stepper/compare.h"
#include "stepper/engine.h"

#include <algorithm>

namespace stepper {

namespace {

constexpr int ticksLookedAt = 200;

} // namespace

void Engine::refresh(Report& report) {
    const auto state = queries::steppedQueue(m_control, m_setting.queue, ticksLookedAt, pg::after(m_options.patience));
    absorb(state);
    m_broken = brokenIn(state);
    if (!m_broken.empty())
        addDifference("what must always hold does not: " + m_broken, report);
    // A step that neither ended nor waits may be anywhere.
    const bool settled =
        std::all_of(m_busy.begin(), m_busy.end(), [this](const auto& busy) { return m_waits.contains(busy.first); });
    if (settled)
        for (const std::string& difference : differencesBetween(m_world.committed(), state, m_setting.consumer))
            addDifference(difference, report);
    draw(state);
}

void Engine::addDifference(const std::string& text, Report& report) {
    std::vector<std::string>& known = m_board.differences;
    if (std::find(known.begin(), known.end(), text) != known.end())
        return;
    known.push_back(text);
    report.differences.push_back(text);
}

/// Times and ticks come from the tables, and so does what others do: they are not for the rules to foresee.
void Engine::absorb(const queries::SteppedQueue& state) {
    m_world.setNow(state.now.time_since_epoch());
    Model& model = m_world.model();
    const auto group = model.groups().find(m_setting.consumer);
    if (group != model.groups().end()) {
        const std::string prefix = m_setting.consumer + '.';
        for (const queries::SubscriptionState& row : state.subscriptions)
            if (row.consumer.starts_with(prefix) && group->second.members.contains(row.consumer.substr(prefix.size())))
                model.setActive(m_setting.consumer, row.consumer.substr(prefix.size()), row.active.time_since_epoch());
        std::map<std::int64_t, pg::Timestamp> due;
        for (const queries::GivenBackEvent& event : state.givenBack)
            if (event.due)
                due[event.id] = *event.due;
        const std::map<std::int64_t, Model::Waiting> waiting = group->second.waiting;
        int returned = 0;
        for (const auto& [id, one] : waiting) {
            if (const auto found = due.find(id); found != due.end())
                model.setDue(m_setting.consumer, id, found->second.time_since_epoch());
            else if (one.due <= m_world.committed().now())
                returned += model.returnRetry(m_setting.consumer, id);
        }
        if (returned > 0)
            m_board.notes.push_back("somebody's retry maintenance brought back " + std::to_string(returned) +
                                    (returned == 1 ? " event" : " events"));
    }
    for (const queries::SteppedTick& tick : state.ticks)
        if (tick.id > model.lastTick())
            m_world.tick({tick.id, tick.at.time_since_epoch(), tick.sequence});
}

std::string Engine::rowName(const std::string& row) const {
    if (row == m_setting.consumer)
        return "main";
    const std::string prefix = m_setting.consumer + '.';
    return row.starts_with(prefix) ? row.substr(prefix.size()) : row;
}

LaneView Engine::drawLane(const std::string& name, const queries::SteppedQueue& state) const {
    LaneView view;
    view.name = name;
    const auto lane = m_lanes.find(name);
    view.pid = lane == m_lanes.end() ? 0 : lane->second->backendPid();
    const auto wait = m_waits.find(name);
    if (lane == m_lanes.end())
        view.state = LaneState::Dead;
    else if (wait != m_waits.end())
        view.state = LaneState::Waiting;
    else if (m_world.hasFailed(name))
        view.state = LaneState::Failed;
    else if (m_world.inTransaction(name))
        view.state = LaneState::Holding;
    for (const std::string& row : m_world.lockedBy(name))
        view.locks.push_back(rowName(row));
    if (wait != m_waits.end()) {
        view.waitsFor = wait->second.holder;
        view.waitsOn = wait->second.seen.row.empty() ? wait->second.seen.lock : rowName(wait->second.seen.row);
        if (!wait->second.behind.empty())
            view.waitsOn += ", behind " + wait->second.behind;
        view.waitsSince = wait->second.seen.waitStart;
    }
    if (const auto busy = m_busy.find(name); busy != m_busy.end())
        view.doing = busy->second.step.text();
    if (const auto walker = m_walks.find(name); walker != m_walks.end()) {
        view.nextStatement = walker->second.walk.next().display();
        view.nextExplained = walker->second.walk.explanation();
    }
    if (const auto log = m_logs.find(name); log != m_logs.end())
        view.log = log->second;
    if (const TokenRecord* newest = m_world.tokenOf(name, 0))
        view.token = newest->token;
    for (const queries::SubscriptionState& row : state.subscriptions)
        if (row.consumer == m_setting.consumer + '.' + name)
            view.heartbeat = state.now - row.active;
    return view;
}

void Engine::drawWindows() {
    const Model& model = m_world.committed();
    const auto found = model.groups().find(m_setting.consumer);
    const Model::Group* group = found == model.groups().end() ? nullptr : &found->second;
    // What is held or about to be is one window, however many ticks lie in it.
    std::vector<WindowView> held;
    const auto hold = [&held](Model::Window window, WindowView::State state, const std::string& who,
                              std::int64_t token) {
        held.push_back({window, 0, state, who, token});
    };
    if (group && group->token)
        hold(group->window, WindowView::State::Held, m_setting.consumer, *group->token);
    if (group)
        for (const auto& [name, member] : group->members)
            if (member.token)
                hold(member.window, WindowView::State::Held, name, *member.token);
    for (const TokenRecord& one : m_world.tokens())
        if (one.state == TokenRecord::State::Uncommitted)
            hold(one.window, WindowView::State::Uncommitted, one.lane, one.token);

    m_board.windows.clear();
    const std::vector<Model::Tick>& ticks = model.ticks();
    const std::size_t first = ticks.size() > ticksLookedAt ? ticks.size() - ticksLookedAt : 0;
    for (std::size_t i = first + 1; i < ticks.size(); ++i) {
        WindowView view;
        view.window = {ticks[i - 1].id, ticks[i].id};
        view.state = group && view.window.next <= group->cursor ? WindowView::State::Done : WindowView::State::Free;
        for (const WindowView& one : held)
            if (one.window.last == view.window.last)
                view = one;
        while (i + 1 < ticks.size() && ticks[i].id < view.window.next)
            ++i;
        view.events = static_cast<int>(model.eventsOf(m_setting.consumer, view.window).size());
        m_board.windows.push_back(std::move(view));
    }
}

void Engine::drawTokens() {
    using State = TokenRecord::State;
    m_board.tokens.clear();
    for (const TokenRecord& one : m_world.tokens()) {
        TokenView view{one.token, one.lane, one.window, {}, one.state};
        switch (one.state) {
        case State::Uncommitted:
            view.state = "not committed yet";
            break;
        case State::Valid:
            view.state = m_lanes.contains(one.lane) ? "valid" : "valid, owner dead";
            break;
        case State::Acked:
            view.state = "spent: its window is done";
            break;
        case State::TakenOver:
            view.state = "void: taken over by " + one.by + " as " + std::to_string(one.successor);
            break;
        case State::GivenBack:
            view.state = "void: " + one.lane + " was unregistered by force" +
                         (one.by.empty() || one.by == one.lane ? "" : " by " + one.by);
            break;
        case State::Void:
            view.state = "void: rolled back, it never existed";
            break;
        }
        m_board.tokens.push_back(std::move(view));
    }
}

void Engine::draw(const queries::SteppedQueue& state) {
    m_board.now = state.now;
    const auto group = m_world.committed().groups().find(m_setting.consumer);
    m_board.registered = group != m_world.committed().groups().end();
    m_board.cooperative = m_board.registered && group->second.cooperative;
    m_board.cursor = m_board.registered ? group->second.cursor : 0;
    m_board.lanes.clear();
    for (const std::string& name : m_order)
        m_board.lanes.push_back(drawLane(name, state));
    m_board.driver = drawLane({}, state);
    if (!m_lanes.contains({}))
        m_board.driver.state = LaneState::Idle; // it connects with its first step
    drawWindows();
    drawTokens();
    m_board.givenBack = state.givenBack;
}

} // namespace stepper
