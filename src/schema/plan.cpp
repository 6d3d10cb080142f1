// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/plan.h"

#include "schema/script.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace schema {

using domain::SchemaOrigin;

namespace {

// Bounds travel inside the transaction: nothing stays behind on a connection that a pooler hands on.
constexpr const char* begin = "begin;\nset local lock_timeout = '5s';\nset local statement_timeout = '2min';\n";
constexpr const char* commit = "commit;\n";

/// Fails when the schema exists, also when somebody else made it a moment ago. The script alone would carry on.
constexpr const char* claim = "create schema pgque;\n";
constexpr const char* uninstallCall = "select pgque.uninstall();\n";

Plan draft(Deed deed, const std::string& title, const Inspection& seen) {
    Plan plan;
    plan.deed = deed;
    plan.title = title + seen.catalog.database;
    plan.seenFingerprint = seen.fingerprint;
    return plan;
}

void refuse(Plan& plan, std::string why, std::string remedy) {
    plan.refusal = std::move(why);
    plan.remedy = std::move(remedy);
}

std::string counted(std::int64_t number, const std::string& what) {
    return std::to_string(number) + ' ' + what;
}

std::string describe(const Drift& drift) {
    switch (drift.kind) {
    case DriftKind::MissingFunction:
        return "creates " + drift.object;
    case DriftKind::Body:
        return "replaces " + drift.object + ", whose source differs" +
               (drift.detail.empty() ? "" : " (" + drift.detail + ")");
    case DriftKind::Attributes:
        return "replaces " + drift.object + " (" + drift.detail + ")";
    case DriftKind::MissingColumn:
        return "adds the column " + drift.object;
    case DriftKind::ExtraFunction:
        break;
    }
    return "leaves " + drift.object + ", which is not ours, as it is";
}

std::string literal(const std::string& text) {
    return pg::Statement{"$1", pg::Params::of(text)}.display();
}

std::string quotedForShowing(const std::string& identifier) {
    return '"' + identifier + '"';
}

/// What install and upgrade have in common: a server that can be written to, and the three roles.
void checkServer(Plan& plan, const Catalog& catalog) {
    if (catalog.inRecovery)
        refuse(plan, "This server is a standby: nothing can be changed on it.", "Connect to its primary.");
    else if (!catalog.missingRoles.empty() && !catalog.createsRoles) {
        std::string sql;
        for (const std::string& role : catalog.missingRoles)
            sql += "create role " + role + " nologin;\n";
        refuse(plan, "Roles are missing, and " + catalog.user + " may not create them.", sql);
    }
}

/// What the script is tested to convert.
constexpr std::array<std::string_view, 2> convertible = {"0.1.0", "0.2.0"};

/// Whether PgQue has it too: our own additions and helpers it does not.
bool isOfPgque(const std::string& function) {
    const std::string name = function.substr(0, function.find('('));
    return !name.starts_with('_') && name != "origin" && name != "nack_batch";
}

/// How an install differs from what its version is known to be made of, as far as names tell; empty: it does not.
std::string notOfItsVersion(const Inspection& seen) {
    std::string extra;
    std::string missing;
    const auto add = [](std::string& list, const std::string& name) { list += (list.empty() ? "" : ", ") + name; };
    for (const Drift& drift : seen.drift) {
        if (drift.kind == DriftKind::ExtraFunction)
            add(extra, drift.object);
        else if (drift.kind == DriftKind::MissingFunction && seen.version != "0.1.0" && isOfPgque(drift.object))
            add(missing, drift.object);
    }
    if (!extra.empty())
        extra = "it has " + extra;
    if (!missing.empty())
        add(extra, "it lacks " + missing);
    return extra;
}

} // namespace

Plan planInstall(const Inspection& seen) {
    Plan plan = draft(Deed::Install, "Install the queue schema in ", seen);
    plan.transaction = std::string(begin) + claim + std::string(pgqueSql());
    plan.sql = plan.transaction + commit;
    plan.changes = {"creates the schema pgque with " +
                    counted(std::int64_t(pgqueManifest().functions.size()), "functions")};
    for (const std::string& role : seen.catalog.missingRoles)
        plan.changes.push_back("creates the role " + role);
    if (seen.origin != SchemaOrigin::None)
        refuse(plan, "The database has a schema pgque already. " + seen.summary(),
               seen.origin == SchemaOrigin::Ours || seen.origin == SchemaOrigin::OursDrifted
                   ? "Upgrade it instead."
                   : "Use another database, or leave this one to its owner.");
    else if (!seen.catalog.createsSchemas)
        refuse(plan, seen.catalog.user + " may not create a schema in this database.",
               "grant create on database " + quotedForShowing(seen.catalog.database) + " to " +
                   quotedForShowing(seen.catalog.user) + ';');
    else
        checkServer(plan, seen.catalog);
    return plan;
}

Plan planUpgrade(const Inspection& seen) {
    Plan plan = draft(Deed::Upgrade, "Upgrade the queue schema in ", seen);
    plan.transaction = std::string(begin) + std::string(pgqueSql());
    plan.sql = plan.transaction + commit;
    for (const Drift& drift : seen.drift)
        plan.changes.push_back(describe(drift));
    if (!seen.grants.empty())
        plan.changes.push_back("puts " + counted(std::int64_t(seen.grants.size()), "grants right"));
    if (seen.origin != SchemaOrigin::Ours && seen.origin != SchemaOrigin::OursDrifted)
        refuse(plan, "Only Batchscope's own schema can be upgraded. " + seen.summary(), "");
    else if (!seen.catalog.ownsSchema)
        refuse(plan, seen.catalog.user + " does not own the schema.", "Connect as " + seen.catalog.owner + ".");
    else
        checkServer(plan, seen.catalog);
    return plan;
}

Plan planConvert(const Inspection& seen) {
    Plan plan = draft(Deed::Convert, "Convert the queue schema in ", seen);
    plan.transaction = std::string(begin) + std::string(pgqueSql());
    plan.sql = plan.transaction + commit;
    plan.changes = {"keeps queues, events, positions, retries, dead letters, owners and other people's grants"};
    for (const Drift& drift : seen.drift)
        plan.changes.push_back(describe(drift));
    if (!seen.grants.empty())
        plan.changes.push_back("puts " + counted(std::int64_t(seen.grants.size()), "grants right"));
    if (seen.origin != SchemaOrigin::Foreign)
        refuse(plan, "Only a compatible schema that somebody else installed can be converted. " + seen.summary(), "");
    else if (std::find(convertible.begin(), convertible.end(), seen.version) == convertible.end())
        refuse(plan,
               "Version " + (seen.version.empty() ? std::string("unknown") : seen.version) +
                   " is none that this program knows how to convert (0.1.0 and 0.2.0).",
               "Leave it as it is: this console works with it.");
    else if (const std::string strange = notOfItsVersion(seen); !strange.empty())
        refuse(plan, "It is not as PgQue " + seen.version + " is: " + strange + ".",
               "Somebody changed it on purpose: ask the owner, " + seen.catalog.owner + ", first.");
    else if (!seen.catalog.ownsSchema)
        refuse(plan, seen.catalog.user + " does not own the schema.", "Connect as " + seen.catalog.owner + ".");
    else
        checkServer(plan, seen.catalog);
    return plan;
}

Plan planUninstall(const Inspection& seen, const Losses& losses) {
    Plan plan = draft(Deed::Uninstall, "Uninstall the queue schema from ", seen);
    if (losses.obstacle)
        plan.queuesFirst = losses.queues;
    for (const std::string& queue : plan.queuesFirst)
        plan.sql += "select pgque.drop_queue(" + literal(queue) + ", true);\n";
    plan.transaction = std::string(begin) + uninstallCall;
    plan.sql += plan.transaction + commit;
    plan.changes = {
        "loses " + counted(std::int64_t(losses.queues.size()), "queues") + " in " + counted(losses.tables, "tables") +
            ", " + counted(losses.bytes, "bytes"),
        "loses about " + counted(losses.undelivered, "undelivered events"),
        "loses " + counted(losses.subscriptions, "subscriptions") + ", of which " +
            counted(losses.openBatches, "hold an open batch"),
        "loses " + counted(losses.retries, "events that wait for a retry"),
        "loses " + counted(losses.deadLetters, "dead letters"),
        "keeps the roles pgque_reader, pgque_writer and pgque_admin: other databases may use them",
    };
    if (!plan.queuesFirst.empty())
        plan.changes.push_back(
            "drops queue by queue, each in its own transaction: all at once do not fit the lock table");
    if (seen.origin != SchemaOrigin::Ours && seen.origin != SchemaOrigin::OursDrifted)
        refuse(plan, "Only Batchscope's own schema can be uninstalled from here. " + seen.summary(),
               seen.catalog.present ? "Use the way its installer offers." : "");
    else if (!seen.catalog.ownsSchema)
        refuse(plan, seen.catalog.user + " does not own the schema.", "Connect as " + seen.catalog.owner + ".");
    else if (seen.catalog.inRecovery)
        refuse(plan, "This server is a standby: nothing can be changed on it.", "Connect to its primary.");
    return plan;
}

} // namespace schema
