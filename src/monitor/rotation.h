// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/queuedetail.h"
#include "domain/snapshot.h"

#include <optional>
#include <string>
#include <vector>

// Why a queue rotates or does not: the conditions of pgque.maint_rotate_tables_step1(), for rules and pages alike.
namespace monitor {

/// When the next rotation is due.
pg::Timestamp rotationDue(const domain::Queue& queue);

/// PgQ contract: step one skips silently while the lowest position's snapshot reaches back to the last switch. Nothing
/// does while the switch has not had its second step.
bool reachesBack(std::int64_t xmin, const domain::Queue& queue);
bool reachesBack(const std::optional<domain::Tick>& tick, const domain::Queue& queue);

/// The number of the child table a subscription that stands on a tick with this xmin still needs: the previous one
/// while it reaches back to the last switch, else the current one.
std::int32_t tableOfPosition(const domain::Queue& queue, std::int64_t tickXmin);

/// An idle queue ticks seldom, and its newest tick may be as old as the switch: any queue's newest tells which
/// transactions are still there. Null: nobody has ticked yet.
const domain::Tick* newestTick(const domain::Snapshot& snapshot);

/// Whoever may have written since before this transaction, the oldest first.
struct Writers {
    std::vector<const domain::Backend*> sessions;
    std::vector<const domain::PreparedTransaction*> prepared;

    bool empty() const { return sessions.empty() && prepared.empty(); }
};

Writers writersSince(const domain::Activity& activity, std::int64_t xid);

/// Of two subscriptions on the lowest tick the one to name: a member rather than its group.
bool isRatherToName(const domain::Subscription& row, const domain::Subscription* than);
/// The subscription that stands on the queue's lowest tick; null where nobody does.
const domain::Subscription* lowestOn(const domain::Snapshot& snapshot, const domain::Queue& queue);

/// How rotation of a queue stands, by the sample alone.
enum class Rotation {
    NotDue,
    Due,          ///< at the next maintenance
    StepTwo,      ///< the last one is not finished
    TickGone,     ///< the lowest position's tick is gone: maintenance fails
    WaitsForTick, ///< even the newest tick reaches back to the last switch: nobody could be further
    Pinned,       ///< by whoever stands on the lowest tick
};
Rotation rotationOf(const domain::Queue& queue, pg::Timestamp now);

/// What one position means for its queue's rotation.
struct Hold {
    enum class Kind {
        Unknown, ///< no position, or one on a tick that is gone
        None,    ///< it is past the last switch
        Later,   ///< it will hold the next rotation if it stays, which is not due yet
        Tick,    ///< the next rotation is due, but waits for a tick to go on to or for its second step, not for this
        Holds,   ///< the next rotation is due and waits for it
    };
    Kind kind = Kind::Unknown;
    pg::Timestamp due;
    int others = 0; ///< positions of the queue that hold it as well, a group's own left out for its member
};
Hold holdOf(const domain::Snapshot& snapshot, const domain::Subscription& row);

/// One condition of the next rotation.
struct Gate {
    enum class Kind {
        StepTwo,   ///< the last rotation has had its second step
        Period,    ///< the rotation period is over
        Position,  ///< the tick of the lowest position is there: else step one fails
        Tick,      ///< the newest tick does not reach back to the last switch
        Consumers, ///< no position reaches back to the last switch
        Table,     ///< nobody has a lock on the table that comes next
    };
    enum class State { Open, Closed, Unknown };
    /// Of a closed Tick: why.
    enum class Cause {
        None,
        NoTick,      ///< the queue has not ticked since; its next tick opens it
        Transaction, ///< somebody has been writing since before the switch
        Unseen,      ///< so it must be, but who can't be seen
        NotLooked,   ///< nobody has looked at the sessions yet
    };
    Kind kind = Kind::Period;
    State state = State::Open;
    Cause cause = Cause::None;
    std::optional<pg::Timestamp> opensAt; ///< Period
    std::vector<std::string> culprits;    ///< Position, Consumers: names; Tick: prepared transactions
    std::vector<std::int32_t> pids;       ///< Table, Tick: sessions; 0: a prepared transaction

    bool isOpen() const { return state == State::Open; }

    bool operator==(const Gate&) const = default;
};

/// The gates in the order in which pgque.maint_rotate_tables_step1() meets them. Without detail the table's is not
/// known.
std::vector<Gate> rotationGates(const domain::Snapshot& snapshot, const domain::Queue& queue,
                                const domain::QueueDetail* detail);

} // namespace monitor
