// SPDX-License-Identifier: GPL-3.0-or-later
// The engine's part in an allocation that is walked statement by statement.

#include "queries/guard.h"
#include "queries/look.h"
#include "queries/stepping.h"
#include "stepper/engine.h"

namespace stepper {

namespace {

using Stage = FineWalk::Stage;
using Kind = Outcome::Kind;

/// What the rules decide at this stage; the victim is looked for before the tick, in a statement of its own.
Model::Decision decisionAt(Stage stage, const FineWalk& walk, const World& world, const std::string& lane,
                           const Model::Decision& before) {
    if (stage != Stage::LockMember && stage != Stage::FindVictim && stage != Stage::FindNextTick)
        return before;
    Model::Ask ask = walk.ask();
    if (stage == Stage::FindNextTick)
        ask.deadInterval.reset();
    return world.decide(lane, ask);
}

Stage stageAfter(Stage stage, const FineWalk& walk, const Model::Decision& decision) {
    switch (stage) {
    case Stage::FindGroup:
        return Stage::LockMain;
    case Stage::LockMain:
        return Stage::LockMember;
    case Stage::LockMember:
        if (decision.kind == Model::Kind::KeepsBatch)
            return Stage::RenewHeartbeat;
        return walk.ask().deadInterval ? Stage::FindVictim : Stage::FindNextTick;
    case Stage::FindVictim:
        return decision.kind == Model::Kind::TakesOver ? Stage::DrawToken : Stage::FindNextTick;
    case Stage::FindNextTick:
        return decision.kind == Model::Kind::NextWindow ? Stage::DrawToken : Stage::RenewHeartbeat;
    case Stage::DrawToken:
        return walk.foundVictim() ? Stage::ClearVictim : Stage::AdvanceMain;
    case Stage::ClearVictim:
    case Stage::AdvanceMain:
        return Stage::StampMember;
    case Stage::StampMember:
        return Stage::ReadEvents;
    case Stage::RenewHeartbeat:
        return walk.outcome().token ? Stage::ReadEvents : Stage::End;
    case Stage::ReadEvents:
        return decision.events.empty() && walk.finishesEmpty() ? Stage::Finish : Stage::End;
    case Stage::Finish:
    case Stage::End:
        break;
    }
    return Stage::End;
}

std::vector<Model::Event> withoutOwners(std::vector<Model::Event> events) {
    for (Model::Event& event : events)
        event.owner.clear();
    return events;
}

/// What a statement that has run means for the world.
void follow(World& world, const std::string& lane, Stage stage, const FineWalk& walk, const Model::Decision& decision) {
    switch (stage) {
    case Stage::LockMain:
        world.lock(lane, {});
        break;
    case Stage::LockMember:
        world.lock(lane, lane);
        break;
    case Stage::FindVictim:
        if (decision.kind == Model::Kind::TakesOver)
            world.lock(lane, decision.from);
        break;
    case Stage::RenewHeartbeat:
        world.allocate(lane, decision, 0);
        break;
    case Stage::StampMember:
        world.allocate(lane, decision, *walk.outcome().token);
        break;
    case Stage::ReadEvents:
        world.receiveEvents(lane, *walk.outcome().token, walk.outcome().events);
        break;
    case Stage::Finish:
        world.finish(lane, *walk.outcome().token);
        break;
    default:
        break;
    }
}

} // namespace

std::string Engine::impossibleInWalk(const Step& step) const {
    const bool walks = m_walks.contains(step.lane);
    switch (step.verb) {
    case Verb::Commit:
    case Verb::Rollback:
        return {};
    case Verb::Next:
    case Verb::Run:
        return walks ? "" : step.lane + " walks through nothing: walk comes first";
    case Verb::Walk: {
        if (!m_options.fineWalks)
            return "this schema is not the project's own: its allocation can't be walked";
        if (walks)
            break;
        if (m_world.hasFailed(step.lane))
            return step.lane + "'s transaction has failed: only a rollback is left";
        const Model seen = m_world.viewOf(step.lane);
        const auto group = seen.groups().find(m_world.consumer());
        if (group == seen.groups().end() || !group->second.members.contains(step.lane))
            return step.lane + " is no member: it registers first";
        return {};
    }
    default:
        break;
    }
    return walks ? step.lane + " is in the middle of an allocation: next, run, commit or rollback" : "";
}

void Engine::startWalk(const std::string& name) {
    const FineWalk& walk = m_walks.at(name).walk;
    m_lanes.at(name)->start(
        [statement = walk.next(), begins = !m_world.inTransaction(name)](pg::Connection& connection, Answer& answer) {
            if (begins)
                connection.execute(queries::beginReadCommitted());
            answer.began = connection.run(queries::transactionTime());
            answer.results.push_back(connection.execute(statement));
            answer.ended = connection.run(queries::serverClock());
        });
}

void Engine::walked(Trial& trial, Finished& one) const {
    const Step& step = one.busy.step;
    const auto fail = [&](const pg::Failure& failure, bool transactionToo) {
        one.outcome.kind = Kind::Refused;
        one.outcome.said = failure.text();
        if (transactionToo) {
            one.outcome.kind = Kind::Stopped;
            trial.world.apply({.verb = Verb::Next, .lane = one.lane}, one.outcome);
        }
        trial.walks.erase(one.lane);
    };
    if (step.verb == Verb::Walk)
        trial.world.apply({.verb = Verb::Begin, .lane = one.lane}, {});
    if (one.answer.failure) {
        fail(*one.answer.failure, true);
        if (one.answer.failure->kind == pg::ErrorKind::ConnectionLost)
            trial.world.lose(one.lane);
        return;
    }
    Walker& walker = trial.walks.at(one.lane);
    const Stage stage = walker.walk.stage();
    walker.decision = decisionAt(stage, walker.walk, trial.world, one.lane, walker.decision);
    try {
        walker.walk.answered(one.answer.results.front());
    } catch (const pg::Error& error) {
        fail(error.failure(), false);
        return;
    }
    const Stage expected = stageAfter(stage, walker.walk, walker.decision);
    if (expected != walker.walk.stage()) {
        trial.differences.push_back(FineWalk::nameOf(stage) + ": the rules go on to " + FineWalk::nameOf(expected) +
                                    ", the database to " + FineWalk::nameOf(walker.walk.stage()));
        trial.walks.erase(one.lane);
        return;
    }
    follow(trial.world, one.lane, stage, walker.walk, walker.decision);
    if (stage == Stage::ReadEvents && walker.walk.outcome().events != withoutOwners(walker.decision.events))
        trial.differences.push_back("read_events: the rules say " + std::to_string(walker.decision.events.size()) +
                                    " events, the database gave " +
                                    std::to_string(walker.walk.outcome().events.size()) + ", or others");
    one.outcome = walker.walk.outcome();
    if (walker.walk.foundVictim())
        one.outcome.who = walker.decision.from;
    if (walker.walk.atEnd()) {
        trial.walks.erase(one.lane);
        return;
    }
    one.outcome.kind = Kind::Walking;
    one.outcome.said = FineWalk::nameOf(walker.walk.stage());
}

Foresight Engine::foreseeWalk(const std::string& lane, const Walker& walker) const {
    const Stage stage = walker.walk.stage();
    Foresight foresight;
    foresight.why = walker.walk.explanation();
    if (stage == Stage::LockMain || stage == Stage::LockMember) {
        const std::string row = stage == Stage::LockMain ? std::string() : lane;
        foresight.outcome.who = m_world.holderOf(lane, row);
        if (!foresight.outcome.who.empty()) {
            foresight.outcome.kind = Kind::Waits;
            foresight.outcome.row = m_setting.consumer + (row.empty() ? "" : '.' + row);
            foresight.why = foresight.outcome.who + "'s open transaction has locked " +
                            (row.empty() ? "the group's main row" : row + "'s row");
            return foresight;
        }
    }
    World now = m_world;
    if (const auto began = m_began.find(lane); began != m_began.end())
        now.setNow(began->second);
    const Model::Decision decision = decisionAt(stage, walker.walk, now, lane, walker.decision);
    foresight.outcome.kind = Kind::Walking;
    foresight.outcome.said = FineWalk::nameOf(stageAfter(stage, walker.walk, decision));
    if (stage == Stage::FindVictim || stage == Stage::FindNextTick)
        foresight.why += ": " + decision.why;
    return foresight;
}

} // namespace stepper
