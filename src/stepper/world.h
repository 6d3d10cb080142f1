// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "stepper/step.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace stepper {

/// What is known of a token, the batch id somebody was given.
struct TokenRecord {
    enum class State {
        Uncommitted, ///< its transaction is still open
        Valid,
        Acked,
        TakenOver, ///< void: somebody else has the window under another token
        GivenBack, ///< its member was unregistered by force
        Void,      ///< its transaction was rolled back: it never existed
    };

    std::int64_t token = 0;
    std::string lane;   ///< who got it
    std::string holder; ///< whose row has it: the member, or the consumer's own name
    Model::Window window;
    std::vector<Model::Event> events; ///< as received, so perhaps not all of the window
    State state = State::Valid;
    std::string by;             ///< TakenOver, GivenBack: who did it
    std::int64_t successor = 0; ///< TakenOver: the new token
};

/// What a step will do, before it is done.
struct Foresight {
    Outcome outcome = {};
    std::string why = {};
    std::vector<std::string> then =
        {}; ///< of a step that waits: what it will do when the other commits, and rolls back
};

/// The reference model with what PostgreSQL adds: transactions that stay open, and row locks. Knows the workers by the
/// names of their lanes. A worker receives as the member of its own name, or as a normal consumer.
class World {
public:
    World(std::string consumer, Model model);

    const std::string& consumer() const { return m_consumer; }

    void setNow(Model::Time now) { m_committed.setNow(now); }

    /// What everybody sees.
    const Model& committed() const { return m_committed; }

    /// What the lane sees: also what its own open transaction did.
    Model viewOf(const std::string& lane) const;

    /// As viewOf(), for a step that is there now: one that waited may have decided something before.
    Model viewFor(const Step& step) const;

    /// Rows that others, who run at this very moment, may have locked: a takeover may have passed them over.
    void setRacing(std::set<std::string> rows) { m_racing = std::move(rows); }

    /// The rows a step would lock, full names.
    std::vector<std::string> rowsOf(const Step& step) const { return rowsOf(step, viewFor(step)); }

    /// What will happen, were the step taken now.
    Foresight foresee(const Step& step) const;

    /// Brings in what a step answered. Returns how that differs from what the rules say; empty: it does not.
    std::string apply(const Step& step, const Outcome& observed);

    /// The step waits; it holds the locks it got before.
    void park(const Step& step);

    /// The lane's backend is gone, and its transaction with it.
    void lose(const std::string& lane);

    void tick(Model::Tick tick) { m_committed.tick(tick); }

    bool inTransaction(const std::string& lane) const;
    bool hasFailed(const std::string& lane) const;

    /// The token the lane means: 0 the newest it ever got, 1 the one before. Null when it never got so many.
    const TokenRecord* tokenOf(const std::string& lane, int before) const;

    const std::vector<TokenRecord>& tokens() const { return m_tokens; }

    /// Subscription rows that the lane's open transaction, or what it waits in, has locked.
    std::set<std::string> lockedBy(const std::string& lane) const;

    /// The walk of one allocation: locks a row ("", the main row, or a member's) once its statement ran.
    void lock(const std::string& lane, const std::string& member);
    /// Who would make a statement wait that locks this row; empty: nobody.
    std::string holderOf(const std::string& lane, const std::string& member) const;
    Model::Decision decide(const std::string& lane, const Model::Ask& ask) const;
    void allocate(const std::string& lane, const Model::Decision& decision, std::int64_t token);
    void receiveEvents(const std::string& lane, std::int64_t token, const std::vector<Model::Event>& events);
    void finish(const std::string& lane, std::int64_t token);

    /// Direct access for what the tables say about times.
    Model& model() { return m_committed; }

private:
    using Effect = std::function<void(Model&)>;

    struct TokenChange {
        std::int64_t token = 0;
        TokenRecord::State state = TokenRecord::State::Valid;
        std::string by = {};
        std::int64_t successor = 0;
    };

    struct Transaction {
        bool failed = false;
        std::vector<Effect> effects;
        std::set<std::string> locks;
        std::vector<std::int64_t> tokens; ///< drawn in it
        std::vector<TokenChange> changes; ///< of tokens, true once it is committed
    };

    /// What a step that waits has got and made up its mind about before it had to wait.
    struct Parked {
        std::set<std::string> got;             ///< rows
        std::string wanted;                    ///< the row it waits for
        std::optional<std::int64_t> firstTick; ///< where a consumer begins that it makes
        int mainOrder = 0;                     ///< which row of that name it waits for: one made anew is another
        int memberOrder = 0;
    };

    struct Conflict {
        std::string row;
        std::string holder;
    };

    std::string rowOf(const std::string& member) const;
    std::vector<std::string> rowsOf(const Step& step, const Model& seen) const;
    std::optional<Conflict> conflict(const std::string& lane, const std::vector<std::string>& rows) const;
    std::set<std::string> passedBy(const std::string& lane) const;
    Model::Ask askOf(const Step& step) const;
    Foresight foreseeFree(const Step& step, const Model& seen) const;
    Foresight foreseeReceive(const Step& step, const Model& seen) const;
    Foresight foreseeNack(const Step& step, const Model& seen) const;
    std::string alternative(const Step& step, const std::string& holder, Verb end) const;
    std::string applied(const Step& step, const Outcome& observed);
    void effect(const std::string& lane, Effect effect);
    void record(const std::string& lane, const Step& step, const Model& seen, const Outcome& observed);
    bool keepsWanted(const Step& step, const Model& seen) const;
    bool isReplaced(const Step& step, const Model& seen) const;
    std::int64_t firstTickFor(const std::string& lane, const Model& seen) const;
    void setToken(const TokenChange& change);
    void commit(const std::string& lane);
    void rollBack(const std::string& lane);

    std::string m_consumer;
    Model m_committed;
    std::map<std::string, Transaction> m_open;
    std::map<std::string, Parked> m_parked;
    std::set<std::string> m_racing;
    std::vector<TokenRecord> m_tokens;
};

} // namespace stepper
