// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace schema {

/// What decides how a function behaves: its source and the attributes that matter for its safety.
struct FunctionShape {
    std::string sourceHash; ///< SHA-256 of the body without carriage returns, lower-case hex
    std::string language;   ///< "plpgsql", "sql"
    bool securityDefiner = false;
    bool strict = false;
    char volatility = 'v';  ///< as pg_proc.provolatile: v, s or i
    std::string searchPath; ///< pinned search_path, blanks normalised; empty when none is pinned

    bool operator==(const FunctionShape&) const = default;
};

/// Functions by identity: name and types of the arguments that go in, as the catalogs name them, e.g. "ack(bigint)".
using Functions = std::map<std::string, FunctionShape>;

/// What a fixed table is made of.
struct TableShape {
    std::map<std::string, std::string> columns; ///< name → type, as the catalogs name it
    std::map<std::string, char> constraints;    ///< name → kind, as pg_constraint.contype
    std::set<std::string> indexes;              ///< beside those of constraints

    bool operator==(const TableShape&) const = default;
};

/// Tables by name, without their schema.
using Tables = std::map<std::string, TableShape>;

/// Rights by role (or "public"): "SELECT on table queue", "CREATE on schema pgque", "MEMBER of role pgque_reader".
using Rights = std::map<std::string, std::set<std::string>>;

/// What an install script promises, read from its text: no server is asked.
struct Manifest {
    Functions functions;
    std::map<std::string, std::string> sources; ///< of the functions
    Tables tables;
    Rights rights;                    ///< on tables and the schema, memberships
    Rights firstGiven;                ///< those given at the first install only: to have them or not is as it should be
    std::set<std::string> procedures; ///< those of them that are called, not selected
    std::map<std::string, std::set<std::string>> execute; ///< role (or "public") → functions it may execute
};

/// Reads a script's create function, create table and grant statements. Understands the plain SQL that sql/ is written
/// in, not every SQL text.
Manifest readManifest(std::string_view script);

/// The manifest of the embedded pgque script.
const Manifest& pgqueManifest();

/// SHA-256 of a function's source, normalised as the inspection does it on the server.
std::string sourceHash(std::string_view source);

} // namespace schema
