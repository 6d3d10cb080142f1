// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/capabilities.h"
#include "pg/connection.h"
#include "schema/manifest.h"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace schema {

/// What the catalogs say about the schema `pgque` and about who asks. Needs no privilege beyond connecting.
struct Catalog {
    bool present = false;
    std::string owner;
    std::string comment; ///< may carry our mark; proves nothing by itself
    Functions functions;
    std::set<std::string> columns;                        ///< "subscription.sub_role", of tables only
    std::map<std::string, std::set<std::string>> execute; ///< role (or "public") → functions it may execute
    std::set<std::string> roles;                          ///< of pgque_reader, pgque_writer, pgque_admin

    std::string database;
    std::string user;
    int serverVersion = 0;
    bool inRecovery = false;
    bool superuser = false;
    bool ownsSchema = false;     ///< is, or is a member of, the schema's owner
    bool createsSchemas = false; ///< CREATE on the database
    bool createsRoles = false;
    bool callsVersion = false;
    bool callsOrigin = false;
};

/// Reads the catalog of the connected database in one statement.
pg::Call<Catalog> readCatalog();

/// pgque.version() and, where it exists, pgque.origin(). Only where the catalog says they can be called.
pg::Call<std::string> readVersion();
pg::Call<std::string> readOrigin();

enum class DriftKind {
    Missing,    ///< shipped, but not in the database
    Extra,      ///< in the database, but not shipped
    Body,       ///< another source
    Attributes, ///< same source; security, search_path, volatility, strictness or language differ
    MissingColumn,
};

struct Drift {
    DriftKind kind;
    std::string object; ///< "ack(bigint)", "subscription.sub_role"
    std::string detail; ///< one sentence, empty where the kind says it all

    bool operator==(const Drift&) const = default;
};

/// A privilege that differs from what the script grants.
struct GrantDrift {
    std::string function;
    std::string role;
    bool superfluous = false; ///< granted here, not by the script; otherwise it is missing
    std::string sql;          ///< the statement that puts it right

    bool operator==(const GrantDrift&) const = default;
};

/// Whose schema stands there and how it differs from the one we ship.
struct Inspection {
    domain::SchemaOrigin origin = domain::SchemaOrigin::None;
    std::string version;      ///< pgque.version(); empty when it can't be called
    std::string originText;   ///< pgque.origin(); empty when there is none
    std::string fingerprint;  ///< of all functions; two installs with the same functions have the same
    std::vector<Drift> drift; ///< against what we ship, whoever installed it
    std::vector<GrantDrift> grants;
    Catalog catalog;

    /// "not installed", "ours, version 0.2.0", ... for people.
    std::string summary() const;
};

/// Judges a catalog against what we ship. Fingerprints decide, the mark alone does not.
Inspection judge(Catalog catalog, std::string version, std::string originText, const Manifest& shipped);

/// Reads and judges, in one read-only transaction that ends before this returns. Throws pg::Error.
Inspection inspect(pg::Connection& connection, pg::Deadline deadline);

} // namespace schema
