// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/snapshot.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace monitor {

/// When something happened, as closely as looking tells: after one moment, at the latest at another. The same where it
/// is known exactly.
struct When {
    std::optional<domain::Timestamp> after; ///< empty: before this was looked at
    domain::Timestamp latest;

    bool isExact() const { return after == latest; }

    bool operator==(const When&) const = default;
};

/// How a batch ended, as far as looking tells.
enum class BarEnd {
    Open,
    /// Nobody holds the window any more: acknowledged, by its owner or by one that had taken it over since the look
    /// before.
    Finished,
    TakenOver, ///< its window goes on under another token
    ForcedOut, ///< its member was unregistered by force; known only of what this console did itself
    NotSeen,   ///< ended in a gap, or with its member, or by repositioning: nothing shows how
};

/// One batch: from allocation to its end.
struct Bar {
    std::int64_t token = 0;
    std::int64_t lastTick = 0;
    std::int64_t nextTick = 0;
    std::optional<std::int64_t> events; ///< by sequence distance, an estimate
    When began;
    domain::Timestamp lastSeen; ///< it was open then, by the last look that found it so
    When ended;                 ///< says nothing while it is open
    BarEnd end = BarEnd::Open;
    std::int64_t successor = 0;   ///< TakenOver: the next token seen on the window
    std::int64_t predecessor = 0; ///< the token seen on the window before; 0: none was
    int unseenBefore = 0;         ///< tokens the window had that nobody saw, where the install counts them
    std::optional<int> takeovers; ///< of the window up to this token; our own schema only
    int heartbeats = 0;           ///< how often its owner's heartbeat moved while it was open
    bool ours = false;            ///< ended by this console

    /// It can't have begun before.
    domain::Timestamp earliest() const { return began.after ? std::min(*began.after, began.latest) : began.latest; }

    bool endedBefore(domain::Timestamp moment) const { return end != BarEnd::Open && ended.latest < moment; }
};

/// A consumer or a member, with what it held. Its bars never overlap and stand in the order of time.
struct Lane {
    std::int32_t consumerId = 0;
    std::string name; ///< "billing", or "billing.worker-3"
    domain::Role role = domain::Role::Normal;
    std::vector<Bar> bars;
    bool ascending = true;                      ///< their tokens, as long as nobody drew them anew
    std::vector<domain::Timestamp> heartbeats;  ///< those that came while it held a batch
    domain::Timestamp active;                   ///< its newest heartbeat
    std::optional<domain::Timestamp> goneSince; ///< not registered any more

    /// The bar that is open; null when it holds none.
    const Bar* open() const;
};

/// The position that moves when a window is handed out (a group) or finished (a normal consumer).
struct CursorStep {
    domain::Timestamp seenAt;
    std::int64_t tick = 0;
};

/// Ticks the cursor passed without a batch being seen on them.
struct Unseen {
    domain::Timestamp from;
    domain::Timestamp to;
    std::int64_t lastTick = 0;
    std::int64_t nextTick = 0;
    std::int64_t atMost = 0; ///< so many batches
};

/// Sessions that wait for the group's, or the consumer's, own row.
struct RowWait {
    domain::Timestamp from;
    domain::Timestamp to; ///< the last look that found it so
    std::int32_t pid = 0; ///< of who holds the row; 0: a prepared transaction
    std::size_t waiting = 0;
};

struct TickMark {
    std::int64_t id = 0;
    domain::Timestamp time;
};

/// Between these two looks nothing is known.
struct Gap {
    domain::Timestamp from;
    domain::Timestamp to;
};

/// One group, or one normal consumer.
struct Track {
    std::int32_t queueId = 0;
    std::int32_t subId = 0;
    std::string queue;
    std::string name;        ///< the group's or the consumer's
    std::vector<Lane> lanes; ///< the group's own first, then members by name; those that are gone stay
    std::vector<CursorStep> cursor;
    std::vector<Unseen> unseen;
    std::vector<RowWait> waits;
    domain::Timestamp firstLook;
    domain::Timestamp lastLook;
    domain::Timestamp lastLookBegan; ///< a look takes time: what it found was so at a moment between the two
    std::size_t bars = 0;            ///< of all lanes
    std::int64_t dropped = 0;        ///< bars that were forgotten to bound memory

    bool isGroup() const { return lanes.size() > 1 || (!lanes.empty() && lanes[0].role == domain::Role::CoopMain); }

    struct Place {
        std::size_t lane = 0;
        std::size_t bar = 0;

        bool operator==(const Place&) const = default;
    };

    /// Where a token's bar is.
    std::optional<Place> find(std::int64_t token) const;
    /// All tokens that were seen on a token's window, in the order of time, itself among them.
    std::vector<Place> lineage(std::int64_t token) const;
};

/// Two looks further apart than this leave a gap, where one is due after each period.
pg::Interval gapAfter(pg::Interval period);

/// Who held which window when, put together from looks one after the other. What no look shows is not claimed: starts
/// and ends are ranges, a gap in looking is a gap. What a look found was so at one moment of the time that it took on
/// the server (its cost). Bounded in memory: the oldest bars go first.
class Timeline {
public:
    struct Limits {
        std::size_t bars = 200'000;       ///< of all tracks
        std::size_t barsOfTrack = 20'000; ///< of one
        std::size_t focused = 100'000;    ///< of the one that is looked at
    };

    /// The newest batch ids drawn in the database, of all queues: read right before a look and right after it.
    struct Drawn {
        std::optional<std::int64_t> before;
        std::optional<std::int64_t> after;
    };

    Timeline() = default;

    explicit Timeline(Limits limits)
        : m_limits(limits) {}

    /// A look at everything. Longer than `gap` after the look before, nothing is claimed about the time between.
    void add(const domain::Snapshot& snapshot, pg::Interval gap);
    /// A look at one track only: its rows, its queue. What is missing there is gone. The batch ids drawn, where they
    /// are known, bound how many batches can have gone unseen.
    void addTrack(const domain::Snapshot& snapshot, std::int32_t queueId, std::int32_t subId, pg::Interval gap,
                  Drawn drawn = {});

    /// What this console itself did to a batch, once it is known to be done.
    void did(std::int64_t token, BarEnd end);

    /// Looking was interrupted on purpose, or the server was lost: the next look begins after a gap.
    void interrupt();

    /// Keeps more of this one.
    void focus(std::int32_t queueId, std::int32_t subId);

    void clear();

    const Track* track(std::int32_t queueId, std::int32_t subId) const;
    /// By queue, then name.
    std::vector<const Track*> tracks() const;

    /// Oldest first.
    const std::vector<Gap>& gaps() const { return m_gaps; }

    /// Of a queue, oldest first; ticks between two of these may have gone unseen.
    const std::vector<TickMark>& ticks(std::int32_t queueId) const;

private:
    using Key = std::uint64_t;
    using Rows = std::vector<const domain::Subscription*>;

    /// One look at one track.
    struct Look {
        domain::Timestamp now;
        domain::Timestamp began;
        bool afterGap = false; ///< nothing is claimed about the time since the look before
        bool first = false;
        bool memberGone = false;           ///< a member is not registered any more
        std::optional<std::int64_t> drawn; ///< batch ids drawn since the look before
    };

    static Key key(std::int32_t queueId, std::int32_t subId);
    bool begin(const domain::Snapshot& snapshot, pg::Interval gap);
    void lookAt(const domain::Snapshot& snapshot, Track& track, const Rows& rows, pg::Interval gap,
                std::optional<std::int64_t> drawn);
    void lose(Track& track, domain::Timestamp now, pg::Interval gap);
    void endBars(Track& track, const Rows& rows, const Look& look);
    void endBar(Lane& lane, const domain::Subscription* row, const Rows& rows, const Look& look);
    static void continueBars(Track& track, const Rows& rows, const Look& look);
    void followCursor(Track& track, const Rows& rows, const Look& look);
    void followWaits(const domain::Snapshot& snapshot);
    void rememberTicks(const domain::Queue& queue);
    void forgetOldest(Track& track);
    std::size_t limitOf(const Track& track) const;

    Limits m_limits;
    std::string m_install; ///< what the ids are of
    std::unordered_map<Key, Track> m_tracks;
    std::unordered_map<std::int32_t, std::vector<TickMark>> m_ticks;
    std::map<std::int64_t, BarEnd> m_did;
    std::vector<Gap> m_gaps;
    std::optional<domain::Timestamp> m_lastLook;    ///< of whatever kind
    std::optional<domain::Timestamp> m_interrupted; ///< nothing was looked at right after this one
    domain::Timestamp m_activityAt;
    std::optional<std::int64_t> m_tokenBefore; ///< the closer look before
    Key m_focus = 0;
};

/// The same from recorded looks, oldest first. Where they lie much further apart than those around them is a gap. ends:
/// what this console itself did to batches.
Timeline timelineOf(const std::vector<domain::SnapshotPtr>& looks, const std::map<std::int64_t, BarEnd>& ends = {});

} // namespace monitor
