// SPDX-License-Identifier: GPL-3.0-or-later
#include "stepper/finewalk.h"

#include "pg/error.h"
#include "pg/result.h"
#include "pgque/calls.h"

#include <utility>

namespace stepper {

namespace {

using pg::Params;

std::optional<pg::Interval> interval(const std::optional<Model::Time>& span) {
    return span;
}

} // namespace

FineWalk::FineWalk(std::string queue, std::string consumer, std::string member, const Model::Ask& ask)
    : m_queue(std::move(queue))
    , m_consumer(std::move(consumer))
    , m_member(std::move(member))
    , m_ask(ask)
    , m_keepsEmpty(ask.minCount || ask.minLag || ask.minInterval) {
    m_outcome.kind = Outcome::Kind::Walking;
}

std::string FineWalk::nameOf(Stage stage) {
    switch (stage) {
    case Stage::FindGroup:
        return "find_group";
    case Stage::LockMain:
        return "lock_main";
    case Stage::LockMember:
        return "lock_member";
    case Stage::FindVictim:
        return "find_victim";
    case Stage::FindNextTick:
        return "find_next_tick";
    case Stage::DrawToken:
        return "draw_token";
    case Stage::ClearVictim:
        return "clear_victim";
    case Stage::AdvanceMain:
        return "advance_main";
    case Stage::StampMember:
        return "stamp_member";
    case Stage::RenewHeartbeat:
        return "renew_heartbeat";
    case Stage::ReadEvents:
        return "read_events";
    case Stage::Finish:
        return "finish";
    case Stage::End:
        break;
    }
    return "end";
}

std::string FineWalk::explanation() const {
    switch (m_stage) {
    case Stage::FindGroup:
        return "looks for the group's rows, without locking anything";
    case Stage::LockMain:
        return "locks the group's main row: one member at a time gets past this";
    case Stage::LockMember:
        return "locks its own row";
    case Stage::FindVictim:
        return "looks for the member that has been silent longest, beyond the dead interval; rows somebody holds are "
               "passed over";
    case Stage::FindNextTick:
        return "looks for the tick that ends the window after the cursor " + std::to_string(m_cursor);
    case Stage::DrawToken:
        return "draws a new token; a rollback does not give it back";
    case Stage::ClearVictim:
        return "takes the window away from its old owner: the old token finds nothing from here on";
    case Stage::AdvanceMain:
        return "moves the group's cursor from " + std::to_string(m_cursor) + " to " + std::to_string(m_nextTick);
    case Stage::StampMember:
        return "writes the window and the token " + std::to_string(m_outcome.token.value_or(0)) + " into its own row";
    case Stage::RenewHeartbeat:
        return "renews its heartbeat: asking is a sign of life";
    case Stage::ReadEvents:
        return "reads the events of the window";
    case Stage::Finish:
        return "finishes the window, because it is empty";
    case Stage::End:
        return "the walk is at its end; the transaction is still open";
    }
    return {};
}

pg::Statement FineWalk::next() const {
    const auto text = [this] { return std::string(statementText(nameOf(m_stage))); };
    switch (m_stage) {
    case Stage::FindGroup:
        return {text(), Params::of(m_queue, m_consumer, m_member)};
    case Stage::LockMain:
        return {text(), Params::of(m_queueId, m_mainId)};
    case Stage::LockMember:
        return {text(), Params::of(m_queueId, m_memberId, m_subId)};
    case Stage::FindVictim:
        return {text(), Params::of(m_queueId, m_subId, m_memberId, interval(m_ask.deadInterval))};
    case Stage::FindNextTick:
        return {text(),
                Params::of(m_queueId, m_cursor, interval(m_ask.minLag), m_ask.minCount, interval(m_ask.minInterval))};
    case Stage::DrawToken:
        return {text(), {}};
    case Stage::ClearVictim:
        return {text(), Params::of(m_queueId, m_victim)};
    case Stage::AdvanceMain:
        return {text(), Params::of(m_queueId, m_mainId, m_nextTick)};
    case Stage::StampMember:
        return {text(), Params::of(m_queueId, m_memberId, *m_outcome.token, m_outcome.window.last,
                                   m_outcome.window.next, m_takeovers)};
    case Stage::RenewHeartbeat:
        return {text(), Params::of(m_queueId, m_memberId)};
    case Stage::ReadEvents:
        return pgque::getBatchEvents(*m_outcome.token).statement;
    case Stage::Finish:
        return pgque::finishBatch(*m_outcome.token).statement;
    case Stage::End:
        break;
    }
    throw pg::Error::of(pg::ErrorKind::Usage, "the walk is at its end");
}

void FineWalk::to(Stage stage, Break reached) {
    m_stage = stage;
    m_reached = reached;
}

void FineWalk::hold(std::int64_t token, std::int64_t last, std::int64_t next) {
    m_outcome.token = token;
    m_outcome.window = {last, next};
}

void FineWalk::answered(const pg::Result& result) {
    const bool found = result.rowCount() > 0;
    const auto row = [&result] { return result.row(0); };
    switch (m_stage) {
    case Stage::FindGroup:
        if (!found)
            throw pg::Error::of(pg::ErrorKind::Usage,
                                m_member + " is not registered: the function would do that first");
        m_queueId = row().get<std::int32_t>("queue_id");
        m_mainId = row().get<std::int32_t>("main_id");
        m_memberId = row().get<std::int32_t>("member_id");
        m_seenCursor = row().get<std::int64_t>("cursor");
        to(Stage::LockMain);
        return;
    case Stage::LockMain:
        if (!found)
            throw pg::Error::of(pg::ErrorKind::Usage, "the group has gone while its row was waited for");
        m_subId = row().get<std::int32_t>("sub_id");
        m_cursor = row().get<std::int64_t>("cursor");
        to(Stage::LockMember, m_cursor == m_seenCursor ? Break::None : Break::LostRace);
        return;
    case Stage::LockMember:
        if (!found)
            throw pg::Error::of(pg::ErrorKind::Usage, m_member + " was unregistered while its row was waited for");
        if (!row().isNull(0)) {
            hold(row().get<std::int64_t>("sub_batch"), row().get<std::int64_t>("sub_last_tick"),
                 row().get<std::int64_t>("sub_next_tick"));
            m_outcome.kind = Outcome::Kind::Same;
            to(Stage::RenewHeartbeat);
        } else {
            to(m_ask.deadInterval ? Stage::FindVictim : Stage::FindNextTick);
        }
        return;
    case Stage::FindVictim:
        if (found) {
            m_victim = row().get<std::int32_t>("victim_id");
            m_takeovers = row().get<std::int32_t>("takeovers") + 1;
            m_outcome.window = {row().get<std::int64_t>("sub_last_tick"), row().get<std::int64_t>("sub_next_tick")};
            m_outcome.kind = Outcome::Kind::Takes;
            to(Stage::DrawToken, Break::TookOver);
        } else {
            to(Stage::FindNextTick);
        }
        return;
    case Stage::FindNextTick:
        if (found) {
            m_nextTick = row().get<std::int64_t>("tick_id");
            m_outcome.window = {m_cursor, m_nextTick};
            m_outcome.kind = Outcome::Kind::Gets;
            to(Stage::DrawToken);
        } else {
            m_outcome.kind = Outcome::Kind::Nothing;
            to(Stage::RenewHeartbeat, Break::Nothing);
        }
        return;
    case Stage::DrawToken:
        m_outcome.token = row().get<std::int64_t>("token");
        to(m_victim != 0 ? Stage::ClearVictim : Stage::AdvanceMain);
        return;
    case Stage::ClearVictim:
    case Stage::AdvanceMain:
        to(Stage::StampMember);
        return;
    case Stage::StampMember:
        to(Stage::ReadEvents);
        return;
    case Stage::RenewHeartbeat:
        to(m_outcome.token ? Stage::ReadEvents : Stage::End);
        return;
    case Stage::ReadEvents:
        for (const pgque::Event& event : pgque::getBatchEvents(0).decode(result))
            m_outcome.events.push_back({event.id, event.retryCount, {}});
        if (m_outcome.events.empty() && !m_keepsEmpty)
            to(Stage::Finish, Break::EmptyWindow);
        else
            to(Stage::End);
        return;
    case Stage::Finish:
        m_outcome.kind = Outcome::Kind::Empty;
        to(Stage::End);
        return;
    case Stage::End:
        return;
    }
}

} // namespace stepper
