// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/statement.h"
#include "stepper/step.h"

#include <cstdint>
#include <optional>
#include <string>

namespace stepper {

/// One allocation, statement by statement, as receive_coop does it for a registered member: which statement comes next
/// follows from what the one before answered. Knows no connection: whoever drives it runs next() and gives the answer
/// back. The statements are those of sql/stepper, of our own schema.
class FineWalk {
public:
    enum class Stage {
        FindGroup,
        LockMain,
        LockMember,
        FindVictim,
        FindNextTick,
        DrawToken,
        ClearVictim,
        AdvanceMain,
        StampMember,
        RenewHeartbeat,
        ReadEvents,
        Finish,
        End,
    };

    FineWalk(std::string queue, std::string consumer, std::string member, const Model::Ask& ask);

    Stage stage() const { return m_stage; }

    bool atEnd() const { return m_stage == Stage::End; }

    /// The statement to run; not at the end.
    pg::Statement next() const;

    /// What its answer was. Throws pg::Error when it makes no sense.
    void answered(const pg::Result& result);

    /// The break reached with the last answer.
    Break reached() const { return m_reached; }

    /// "lock_main", and in words what it does and why.
    static std::string nameOf(Stage stage);
    std::string explanation() const;

    /// At the end; while walking what is known so far.
    const Outcome& outcome() const { return m_outcome; }

    bool foundVictim() const { return m_victim != 0; }

    /// A window without events that is finished at once: not where conditions were asked for.
    bool finishesEmpty() const { return !m_keepsEmpty; }

    const Model::Ask& ask() const { return m_ask; }

private:
    void to(Stage stage, Break reached = Break::None);
    void hold(std::int64_t token, std::int64_t last, std::int64_t next);

    std::string m_queue;
    std::string m_consumer;
    std::string m_member;
    Model::Ask m_ask;
    bool m_keepsEmpty;
    Stage m_stage = Stage::FindGroup;
    Break m_reached = Break::None;
    Outcome m_outcome;

    int m_queueId = 0;
    int m_mainId = 0;
    int m_memberId = 0;
    int m_subId = 0;
    std::int64_t m_seenCursor = 0;
    std::int64_t m_cursor = 0;
    std::int64_t m_nextTick = 0;
    int m_victim = 0;
    int m_takeovers = 0;
};

/// The text of a statement of sql/stepper, by its file's name without ending.
const char* statementText(const std::string& name);

} // namespace stepper
