// SPDX-License-Identifier: GPL-3.0-or-later
#include "stepper/scratch.h"

#include "pgque/calls.h"
#include "queries/stepping.h"

#include <array>
#include <charconv>

namespace stepper {

namespace {

/// Milliseconds of the clock in base 36: tells two queues of one backend number apart.
std::string stamp() {
    const auto now =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
    std::array<char, 16> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), now.count(), 36).ptr;
    return {text.data(), end};
}

} // namespace

std::string refusalFor(const Surroundings& where) {
    if (where.inRecovery)
        return "This server is a standby: nothing can be written here.";
    if (where.throughPooler)
        return "This connection goes through a pooler: a worker needs a backend of its own.";
    if (!where.schemaInstalled)
        return "No queue schema is installed in this database.";
    if (where.sandbox)
        return {};
    if (where.productionLike)
        return "This server is labelled as production, or not labelled: the stepper holds locks and makes a queue of "
               "its own, so it works on the sandbox, or on a server labelled as staging or local.";
    if (!where.mayMakeQueues)
        return "This role may not create and drop queues.";
    if (!where.maySetHeartbeats)
        return "This role may not write the schema's tables: making a heartbeat older needs that.";
    if (!where.agreed)
        return "Outside the sandbox the stepper works only on a queue made for it: ask for one first.";
    return {};
}

std::vector<std::pair<std::string, std::string>> scratchSettings(int retries) {
    return {{"ticker_paused", "true"},
            {"ticker_max_count", "1"},
            {"ticker_max_lag", "1 millisecond"},
            {"ticker_idle_period", "1 millisecond"},
            {"max_retries", std::to_string(retries)}};
}

std::string makeScratchQueue(pg::Connection& connection, int retries) {
    std::string name = std::string(scratchPrefix) + std::to_string(connection.backendPid()) + '_' + stamp();
    // Marked first: whoever looks for what is left over must not find it in between.
    if (!connection.run(queries::claimScratchQueue(name)))
        throw pg::Error::of(pg::ErrorKind::Usage, "somebody works on " + name + " already");
    connection.execute(queries::beginReadCommitted());
    try {
        connection.run(pgque::createQueue(name));
        for (const auto& [parameter, value] : scratchSettings(retries))
            connection.run(pgque::setQueueConfig(name, parameter, value));
        connection.execute(queries::commit());
    } catch (const pg::Error&) {
        if (connection.isOpen())
            connection.rollback(pg::after(std::chrono::seconds(5)));
        throw;
    }
    return name;
}

void removeScratchQueue(pg::Connection& connection, std::string_view queue) {
    if (connection.run(queries::scratchQueueExists(queue)))
        connection.run(pgque::dropQueue(queue, true));
}

std::vector<std::string> leftOverQueues(pg::Connection& connection) {
    return connection.run(queries::abandonedQueues(scratchPrefix));
}

std::vector<std::string> removeLeftOvers(pg::Connection& connection, const std::vector<std::string>& queues) {
    std::vector<std::string> removed;
    for (const std::string& queue : queues) {
        if (!queue.starts_with(scratchPrefix) || !connection.run(queries::claimScratchQueue(queue)))
            continue;
        removeScratchQueue(connection, queue);
        connection.run(queries::releaseScratchQueue(queue));
        removed.push_back(queue);
    }
    return removed;
}

} // namespace stepper
