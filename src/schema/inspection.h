// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/capabilities.h"
#include "pg/connection.h"
#include "schema/catalog.h"

#include <string>
#include <vector>

namespace schema {

enum class DriftKind {
    MissingFunction, ///< shipped, but not in the database
    ExtraFunction,   ///< in the database, but not shipped
    Body,            ///< another source
    Attributes,      ///< same source; security, search_path, volatility, strictness or language differ
    MissingColumn,
    ColumnType,
    MissingConstraint, ///< or one that was never checked, or of another kind
    MissingIndex,      ///< or one that was not built to its end
    MissingConfig,     ///< its one row
    ExtraTable,        ///< in the database, but not shipped; so are those that follow
    ExtraColumn,
    ExtraConstraint,
    ExtraIndex,
    ExtraTrigger,
};

/// Somebody's addition, which leaves what is ours as it is.
bool isAddition(DriftKind kind);

struct Drift {
    DriftKind kind;
    std::string object; ///< "ack(bigint)", "subscription.sub_role", "retry_queue.rq_retry_idx"
    std::string detail; ///< one sentence, empty where the kind says it all

    bool operator==(const Drift&) const = default;
};

/// A right that differs from what the script grants.
struct GrantDrift {
    std::string object;                ///< "ack(bigint)", "table queue", "schema pgque", "role pgque_reader"
    std::string role;                  ///< or "public"
    bool superfluous = false;          ///< granted here, not by the script; otherwise it is missing
    std::string sql;                   ///< the statement that puts it right
    std::string privilege = "EXECUTE"; ///< or "SELECT", "CREATE", "MEMBER", ...

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
    pg::Timestamp takenAt; ///< by the server's clock

    /// "not installed", "ours, compatible with PgQue 0.2.0", ... for people.
    std::string summary() const;
};

/// Changes whenever a function is added, taken away or changed.
std::string fingerprintOf(const Functions& functions);

/// Judges a catalog against what we ship. Fingerprints decide, the mark alone does not.
Inspection judge(Catalog catalog, std::string version, std::string originText, const Manifest& shipped);

/// Reads and judges, in read-only transactions that end before this returns. Throws pg::Error.
Inspection inspect(pg::Connection& connection, pg::Deadline deadline);

/// Whose schema stands there, without its rights: they are what is long to read where there are many queues.
domain::SchemaOrigin inspectOrigin(pg::Connection& connection, const domain::Capabilities& capabilities,
                                   pg::Deadline deadline);

} // namespace schema
