// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <set>
#include <string>

namespace domain {

/// Whose schema stands in the database, judged by what is there, not by a mark alone.
enum class SchemaOrigin {
    None,        ///< no pgque schema
    Ours,        ///< installed by this project, functions as shipped
    OursDrifted, ///< carries our mark, but functions differ
    Foreign,     ///< a compatible schema that somebody else installed
    Unknown,     ///< a schema named pgque that is not a queue we know
};

/// What this server, this database and this role let us do; probed on connect, refreshed when the schema changes.
struct Capabilities {
    int serverVersion = 0; ///< e.g. 150020
    std::string serverVersionText;
    std::string host;
    std::string port;
    std::string database;
    std::string user;
    bool tls = false;
    bool inRecovery = false;    ///< a standby: nothing can be written, no notifications
    bool throughPooler = false; ///< backend pid told at connect differs from the one that answers
    bool superuser = false;
    bool readsAllStats = false;   ///< sees state and query of other users' sessions
    bool signalsBackends = false; ///< may cancel and terminate other users' sessions

    SchemaOrigin origin = SchemaOrigin::None;
    std::string schemaVersion; ///< pgque.version(), empty when it can't be called
    std::string originText;    ///< pgque.origin() where it exists

    std::set<std::string> columns;             ///< optional columns present, "subscription.sub_batch_since"
    std::set<std::string> executableFunctions; ///< "nack(bigint, pgque.message, interval, text)": types only
    std::set<std::string> existingFunctions;   ///< all functions of the schema, same form; of the work queue's with
                                               ///< its name before: "workqueue.ack(bigint, integer)"
    std::set<std::string> readableTables;      ///< "queue", "tick", ...
    std::set<std::string> writableTables;      ///< of those: INSERT, UPDATE and DELETE
    std::set<std::string> memberOf;            ///< of pgque_reader, pgque_writer, pgque_admin
    bool schemaUsable = false;                 ///< USAGE on the schema

    std::string cluster; ///< the server's system identifier, the same on its standbys; empty: not to be seen
    std::string install; ///< database, schema and its table of queues by their oids; empty: there is none

    /// Names one install for good: a schema that was dropped and made again is another one, though all ids in it come
    /// again. A standby that was promoted goes on with the same one.
    std::string identity() const { return install.empty() ? std::string() : cluster + '/' + install; }

    bool hasColumn(const std::string& column) const { return columns.contains(column); }

    bool mayExecute(const std::string& function) const { return executableFunctions.contains(function); }

    /// The columns are there without which nothing can be sampled.
    bool looksLikeQueue() const;
    /// And this role may read them. Looking needs no function: what stands in a schema of unknown origin is shown too.
    bool canBeSampled() const;

    bool operator==(const Capabilities&) const = default;
};

} // namespace domain
