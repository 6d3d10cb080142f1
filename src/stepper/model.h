// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace stepper {

/// What the rules of cooperative allocation say about one queue, small enough to be read in one sitting. It knows
/// nothing of SQL: tests run it beside the database and compare, and it can tell beforehand what a call will do.
///
/// Times are microseconds on a clock the caller sets with setNow(); only their order and distance matter.
class Model {
public:
    using Time = std::chrono::microseconds;

    /// When a tick was made and how far the event sequence was: what conditions on lag, count and time are about.
    struct Tick {
        std::int64_t id = 0;
        Time at{};
        std::int64_t sequence = 0;
    };

    /// A tick window: events that next can see and last could not.
    struct Window {
        std::int64_t last = 0;
        std::int64_t next = 0;

        auto
        operator<=>(const Window&) const = default; // NOLINT(modernize-use-nullptr): clang-tidy 14 reads a 0 into it
    };

    /// An event as it stands in the event tables; a retried event is there again, for its group alone.
    struct Event {
        std::int64_t id = 0;
        int retry = 0;
        std::string owner; ///< the group a retried event belongs to; empty: everybody's

        bool operator==(const Event&) const = default;
    };

    struct Member {
        int order = 0; ///< of registration; breaks ties between equal heartbeats
        Time active{};
        std::optional<std::int64_t> token;
        Window window; ///< meaningful with a token
    };

    /// An event that was given back.
    struct Waiting {
        int retry = 0; ///< the count it will come back with
        Time due{};

        bool operator==(const Waiting&) const = default;
    };

    /// One consumer of the queue: a cooperative group, or a normal consumer (no members, its own token).
    struct Group {
        int order = 0;           ///< of registration: one that was removed and made again is another
        std::int64_t cursor = 0; ///< the last tick handed out
        bool cooperative = false;
        std::map<std::string, Member> members;
        std::optional<std::int64_t> token; ///< of a normal consumer
        Window window;
        std::map<std::int64_t, Waiting> waiting; ///< the retry queue, by event id
        std::set<std::int64_t> dead;
    };

    enum class Kind {
        KeepsBatch,  ///< the caller already has one: the same again
        TakesOver,   ///< somebody else's, whose heartbeat is older than the dead interval
        NextWindow,  ///< the next window after the cursor
        EmptyWindow, ///< as NextWindow, but without events: finished at once
        Nothing,     ///< no tick after the cursor
        Refused,
    };

    /// What a receive asks for beside "the next".
    struct Ask {
        std::optional<Time> deadInterval = {};
        std::optional<Time> minLag = {};
        std::optional<int> minCount = {};
        std::optional<Time> minInterval = {};
        bool keepsEmpty = false;           ///< next_batch leaves an empty window open, receive finishes it
        std::set<std::string> passed = {}; ///< members whose rows somebody holds: not taken over
    };

    /// What a receive will do, and why.
    struct Decision {
        Kind kind = Kind::Nothing;
        std::string from; ///< TakesOver: the member that loses the window
        Window window;
        std::vector<Event> events; ///< of the window, by id
        bool finishes = false;     ///< the window is empty and done at once
        std::string why;
    };

    /// What a nack or a forced unregister will do with one event.
    enum class Fate { Retry, AlreadyWaiting, Dead, AlreadyDead };

    explicit Model(std::int64_t firstTick, int maxRetries)
        : Model(Tick{firstTick, {}, 0}, maxRetries) {}

    explicit Model(Tick firstTick, int maxRetries);

    void setNow(Time now) { m_now = now; }

    Time now() const { return m_now; }

    /// A committed event; the next tick is the first that sees it.
    void commitEvent(std::int64_t id);

    void tick(std::int64_t id) { tick(Tick{id, m_now, 0}); }

    void tick(Tick made);

    std::int64_t lastTick() const { return m_ticks.back().id; }

    const std::vector<Tick>& ticks() const { return m_ticks; }

    /// Somebody's transaction made the consumer when this was the last tick; nothing when it is there.
    void begin(const std::string& consumer, std::int64_t tick, bool cooperative);
    /// Registers a normal consumer at the last tick; false when the name is registered already.
    bool addNormal(const std::string& consumer);
    /// Removes a consumer without members, with what waits for it. False when it is unknown or refused.
    bool removeNormal(const std::string& consumer);
    /// Registers a member, and its group where there is none; true when the member is new.
    bool addMember(const std::string& group, const std::string& member);
    void makeOlder(const std::string& group, const std::string& member, Time by);
    /// The heartbeat as the tables have it: time is an input, not something to be foreseen.
    void setActive(const std::string& group, const std::string& member, Time active);
    bool touch(const std::string& group, const std::string& member);

    Decision decideReceive(const std::string& consumer, const std::string& member, const Ask& ask) const;
    /// Carries a decision out; token is the batch id the database drew (ignored where none is drawn).
    void receive(const std::string& consumer, const std::string& member, const Decision& decision, std::int64_t token);

    /// True when the token was live: its window is done.
    bool ack(std::int64_t token);

    /// Empty when the token is not live or the event is not in its window.
    std::optional<Fate> decideNack(std::int64_t token, std::int64_t eventId) const;
    void nack(std::int64_t token, std::int64_t eventId, Time after = {});

    /// Unregisters a member without a batch, or with force one that has: every event of its window is nacked.
    /// False when it was refused (a batch, and no force) or unknown.
    bool removeMember(const std::string& group, const std::string& member, bool force);
    /// Removes it whatever it holds; its events stay where they are.
    void dropMember(const std::string& group, const std::string& member);

    /// Retry maintenance: waiting events that are due by then (all, without a time) come back, visible from the next
    /// tick on. Returns how many.
    int returnRetries(std::optional<Time> dueBy = {});
    /// One waiting event comes back; false when it does not wait.
    bool returnRetry(const std::string& consumer, std::int64_t eventId);
    void makeRetriesDue();
    /// A waiting event's time as the tables have it.
    void setDue(const std::string& consumer, std::int64_t eventId, Time due);

    /// The events a consumer gets for a window, by id.
    std::vector<Event> eventsOf(const std::string& consumer, Window window) const;

    const std::map<std::string, Group>& groups() const { return m_groups; }

    /// Tokens that a later call may still use, with who holds them.
    struct Holder {
        std::string consumer;
        std::string member; ///< empty for a normal consumer
    };

    std::optional<Holder> holderOf(std::int64_t token) const;
    std::optional<Window> windowOf(std::int64_t token) const;

    /// Empty while everything that must always hold does; otherwise what is broken.
    std::string brokenInvariant() const;

private:
    struct Stored {
        Event event;
        std::int64_t firstTick = 0; ///< 0: no tick has seen it yet
    };

    std::optional<std::int64_t> tickAfter(std::int64_t tick, const Ask& ask) const;
    Fate fateOf(const Group& group, const Event& event) const;

    Time m_now{};
    int m_maxRetries;
    int m_registrations = 0;
    std::vector<Tick> m_ticks;
    std::vector<Stored> m_events;
    std::map<std::string, Group> m_groups;
};

} // namespace stepper
