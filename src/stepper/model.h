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

    /// One consumer of the queue: a cooperative group, or a normal consumer (no members, its own token).
    struct Group {
        std::int64_t cursor = 0; ///< the last tick handed out
        bool cooperative = false;
        std::map<std::string, Member> members;
        std::optional<std::int64_t> token; ///< of a normal consumer
        Window window;
        std::map<std::int64_t, int> waiting; ///< retry queue: event id → retry count it will come back with
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

    /// What a receive will do, and why.
    struct Decision {
        Kind kind = Kind::Nothing;
        std::string from; ///< TakesOver: the member that loses the window
        Window window;
        std::vector<Event> events; ///< of the window, by id
        std::string why;
    };

    /// What a nack or a forced unregister will do with one event.
    enum class Fate { Retry, AlreadyWaiting, Dead, AlreadyDead };

    explicit Model(std::int64_t firstTick, int maxRetries);

    void setNow(Time now) { m_now = now; }

    Time now() const { return m_now; }

    /// A committed event; the next tick is the first that sees it.
    void commitEvent(std::int64_t id);
    void tick(std::int64_t id);

    std::int64_t lastTick() const { return m_ticks.back(); }

    const std::vector<std::int64_t>& ticks() const { return m_ticks; }

    void addNormal(const std::string& consumer);
    /// Registers a member, and its group where there is none; true when the member is new.
    bool addMember(const std::string& group, const std::string& member);
    void makeOlder(const std::string& group, const std::string& member, Time by);
    bool touch(const std::string& group, const std::string& member);

    Decision decideReceive(const std::string& consumer, const std::string& member,
                           std::optional<Time> deadInterval) const;
    /// Carries a decision out; token is the batch id the database drew (ignored where none is drawn).
    void receive(const std::string& consumer, const std::string& member, const Decision& decision, std::int64_t token);

    /// True when the token was live: its window is done.
    bool ack(std::int64_t token);

    /// Empty when the token is not live or the event is not in its window.
    std::optional<Fate> decideNack(std::int64_t token, std::int64_t eventId) const;
    void nack(std::int64_t token, std::int64_t eventId);

    /// Unregisters a member without a batch, or with force one that has: every event of its window is nacked.
    /// False when it was refused (a batch, and no force) or unknown.
    bool removeMember(const std::string& group, const std::string& member, bool force);

    /// Retry maintenance with everything due: waiting events come back, visible from the next tick on. Returns how
    /// many.
    int returnRetries();

    /// The events a consumer gets for a window, by id.
    std::vector<Event> eventsOf(const std::string& consumer, Window window) const;

    const std::map<std::string, Group>& groups() const { return m_groups; }

    /// Tokens that a later call may still use, with who holds them.
    struct Holder {
        std::string consumer;
        std::string member; ///< empty for a normal consumer
    };

    std::optional<Holder> holderOf(std::int64_t token) const;

    /// Empty while everything that must always hold does; otherwise what is broken.
    std::string brokenInvariant() const;

private:
    struct Stored {
        Event event;
        std::int64_t firstTick = 0; ///< 0: no tick has seen it yet
    };

    std::optional<std::int64_t> tickAfter(std::int64_t tick) const;
    Fate fateOf(const Group& group, const Event& event) const;

    Time m_now{};
    int m_maxRetries;
    int m_registrations = 0;
    std::vector<std::int64_t> m_ticks;
    std::vector<Stored> m_events;
    std::map<std::string, Group> m_groups;
};

} // namespace stepper
