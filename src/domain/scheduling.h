// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/snapshot.h"

#include <optional>
#include <string>
#include <vector>

namespace domain {

/// A scheduler's job that calls the schema's functions, and how its newest runs ended.
struct ScheduledJob {
    std::string scheduler; ///< "pg_cron", "pg_timetable"
    std::string name;      ///< empty: it has none
    std::string schedule;
    std::string command;
    bool active = true;
    bool runsKnown = false;           ///< its runs could be read; as far back as was looked
    std::optional<Timestamp> lastRun; ///< began then
    std::string lastStatus;           ///< as the scheduler says it: "succeeded", "failed", "running"
    std::string lastMessage;
    std::optional<Timestamp> lastFailure;
    std::string failure; ///< what it said

    bool failed() const { return lastFailure.has_value() && lastFailure == lastRun; }

    bool operator==(const ScheduledJob&) const = default;
};

/// What schedulers in this database are set up to do, and whether they do it.
struct Scheduling {
    std::vector<ScheduledJob> jobs;
    std::vector<std::string> unread; ///< what is there and could not be read, a sentence each
    std::string cronDatabase;        ///< pg_cron keeps its jobs there, and that is not this database; else empty
    Timestamp takenAt;

    bool operator==(const Scheduling&) const = default;
};

/// A group that may have lost its last member, as far as rows tell: the last one to leave turns the group's row into
/// that of a normal consumer, and nothing in the database says what it was.
struct LostGroup {
    enum class Sign {
        NoMembers,      ///< the group's row is there and no member's
        Extended,       ///< consumers of the same queue have its name with a dot and more
        GroupElsewhere, ///< on another queue the same consumer is a group
    };
    std::string queue;
    std::string consumer;
    Sign sign = Sign::NoMembers;
    std::string example; ///< the consumer, or the queue, that shows it

    bool operator==(const LostGroup&) const = default;
};

std::vector<LostGroup> lostGroups(const Snapshot& snapshot);

} // namespace domain
