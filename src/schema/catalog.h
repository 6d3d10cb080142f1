// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/statement.h"
#include "schema/manifest.h"

#include <map>
#include <set>
#include <string>

namespace schema {

/// What the catalogs say about the schema `pgque` and about who asks. Needs no privilege beyond connecting.
struct Catalog {
    bool present = false;
    std::string owner;
    std::string comment; ///< may carry our mark; proves nothing by itself
    Functions functions;
    std::set<std::string> columns;                        ///< "subscription.sub_role"; those of event tables left out
    std::map<std::string, std::set<std::string>> execute; ///< role (or "public") → functions it may execute by itself

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
pg::Call<Catalog> readSurroundings(); ///< everything but functions, columns and execute
pg::Call<Functions> readFunctions();
pg::Call<std::set<std::string>> readColumns();
pg::Call<std::map<std::string, std::set<std::string>>> readExecute();

} // namespace schema
