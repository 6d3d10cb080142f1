// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/statement.h"
#include "schema/manifest.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace schema {

/// A constraint, index or trigger of a fixed table.
struct TablePart {
    enum class Kind { Constraint, Index, Trigger } kind = Kind::Constraint;
    std::string table;
    std::string name;
    char constraint = ' '; ///< kind of it, as pg_constraint.contype
    bool valid = true;     ///< an index that was built to its end; a constraint that was checked; a trigger that fires

    bool operator==(const TablePart&) const = default;
};

/// What the catalogs say about the schema `pgque` and about who asks. Needs no privilege beyond connecting.
struct Catalog {
    bool present = false;
    std::string owner;
    std::string comment; ///< may carry our mark; proves nothing by itself
    Functions functions;
    std::map<std::string, std::string> columns; ///< "subscription.sub_role" → type; those of event tables left out
    std::vector<TablePart> parts;
    std::map<std::string, std::set<std::string>> execute; ///< role (or "public") → functions it may execute by itself
    /// Of PUBLIC and the three roles: on the fixed tables and the schema, what PUBLIC may change of any other table or
    /// sequence, and which of the three are members of which.
    Rights rights;
    bool readsConfig = false;                 ///< whoever asks may read pgque.config
    std::optional<std::int64_t> configRows{}; ///< empty: they may not be read

    std::string database;
    std::string user;
    int serverVersion = 0;
    bool inRecovery = false;
    bool ownsSchema = false;     ///< is the schema's owner, a member of it, or a superuser
    bool createsSchemas = false; ///< CREATE on the database
    bool createsRoles = false;
    std::set<std::string> missingRoles; ///< of pgque_reader, pgque_writer, pgque_admin
};

/// The parts of a catalog, one statement each.
pg::Call<Catalog> readSurroundings(); ///< who asks, and where
pg::Call<Functions> readFunctions();
pg::Call<std::map<std::string, std::string>> readColumns();
pg::Call<std::vector<TablePart>> readParts();
pg::Call<Rights> readRights();
/// How many rows pgque.config has. Asked only where it may be read.
pg::Call<std::int64_t> countConfig();
/// The sources of all functions, as text.
pg::Call<std::map<std::string, std::string>> readSources();
pg::Call<std::map<std::string, std::set<std::string>>> readExecute();

} // namespace schema
