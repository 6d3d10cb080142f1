// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/workqueues.h"
#include "queries/columns.h"
#include "queries/look.h"
#include "queries/workqueues.h"

#include <string>

// How the tables of a work queue are asked. Not for other folders.
namespace queries::detail {

inline constexpr Limits patient = workLimits;
inline constexpr auto clockNow = "clock_timestamp()";

/// How one generation of the tables is asked.
struct WorkShape {
    explicit WorkShape(const domain::WorkInstall& install)
        : of(install)
        , schema(quoted(install.schema) + '.')
        , messages(schema + "pg_queue_message")
        , states(install.generation == domain::WorkGeneration::States ||
                 install.generation == domain::WorkGeneration::Scheduled)
        , priorities(install.generation != domain::WorkGeneration::Plain) {}

    const domain::WorkInstall& of;
    std::string schema;
    std::string messages;
    bool states;
    bool priorities;

    bool schedules() const { return of.generation == domain::WorkGeneration::Scheduled; }

    /// Conditions on a message called m. Without states a future lease is all there is: held, or never to be had.
    std::string ready() const { return states ? "m.state = 'ready'" : "m.vt <= clock_timestamp()"; }

    std::string claimed() const { return states ? "m.state = 'claimed'" : "m.vt > clock_timestamp()"; }

    std::string priority() const { return priorities ? "m.priority" : "0"; }

    /// What the loose scan over queue names may use.
    std::string walked() const { return states ? "m.state = 'ready'" : "true"; }
};

/// Every queue name of a partial index, found by jumping from one to the next.
inline std::string looseNames(const WorkShape& shape, const std::string& name, const std::string& condition) {
    const std::string from = " from " + shape.messages + " m where " + condition;
    return name + "(name) as ((select m.queue_name" + from +
           " order by m.queue_name limit 1) union all select (select m.queue_name" + from + " and m.queue_name > " +
           name + ".name order by m.queue_name limit 1) from " + name + " where " + name + ".name is not null)";
}

inline std::string pgmqTable(const std::string& queue) {
    return "pgmq." + quoted("q_" + queue);
}

/// What the statistics say of the messages' tables, which are one but with PGMQ.
pg::Call<std::vector<domain::WorkCounters>> workCounters(const domain::WorkInstall& install);

domain::WorkSample pgmqSample(pg::Connection& connection, const domain::WorkInstall& install, pg::Deadline deadline,
                              Limits limits);

} // namespace queries::detail
