// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/plan.h"

#include "schema/script.h"

#include <algorithm>
#include <array>
#include <cstdio>
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

/// Whether a run over what is there adds the column: it names those that older versions lack.
bool isAddedByTheScript(const std::string& column) {
    const std::size_t dot = column.find('.');
    const auto upgrade = pgqueManifest().sources.find("upgrade_schema()");
    return upgrade != pgqueManifest().sources.end() &&
           upgrade->second.find("('" + column.substr(0, dot) + "', '" + column.substr(dot + 1) + "', ") !=
               std::string::npos;
}

/// In the units the console uses.
std::string sizeText(std::int64_t bytes) {
    static constexpr std::array units = {"B", "kB", "MB", "GB", "TB"};
    auto value = double(bytes);
    std::size_t unit = 0;
    for (; value >= 999.5 && unit + 1 < units.size(); ++unit)
        value /= 1000;
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), unit > 0 && value < 9.95 ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return text.data();
}

std::string describe(const Drift& drift) {
    const std::string how = drift.detail.empty() ? "" : " (" + drift.detail + ")";
    switch (drift.kind) {
    case DriftKind::MissingFunction:
        return "creates " + drift.object;
    case DriftKind::Body:
        return "replaces " + drift.object + ", whose source differs" + how;
    case DriftKind::Attributes:
        return "replaces " + drift.object + how;
    case DriftKind::MissingColumn:
        return (isAddedByTheScript(drift.object) ? "adds the column " : "does not add the missing column ") +
               drift.object;
    case DriftKind::ColumnType:
        return "leaves the type of " + drift.object + " as it is" + how;
    case DriftKind::MissingConstraint:
        return (drift.object.ends_with("_check") ? "adds the constraint " : "does not add the missing constraint ") +
               drift.object + how;
    case DriftKind::MissingIndex:
        return (drift.detail.empty() ? "creates the index " : "leaves the index ") + drift.object + how;
    case DriftKind::MissingConfig:
        return "adds the row of config";
    case DriftKind::ExtraFunction:
    case DriftKind::ExtraTable:
    case DriftKind::ExtraColumn:
    case DriftKind::ExtraConstraint:
    case DriftKind::ExtraIndex:
    case DriftKind::ExtraTrigger:
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

/// What an install is by what it says and by what it is made of; empty: none that the script is tested to convert.
/// PgQue 0.1.0 calls itself 1.0.0-dev and has no cooperative groups yet.
std::string knownVersion(const Inspection& seen) {
    const bool cooperates = seen.catalog.columns.contains("subscription.sub_role") &&
                            seen.catalog.functions.contains("receive_coop(text, text, text, integer, interval)");
    if ((seen.version == "0.1.0" || seen.version == "1.0.0-dev") && !cooperates)
        return "0.1.0";
    return seen.version == "0.2.0" && cooperates ? "0.2.0" : std::string();
}

/// Whether PgQue has it too: our own additions and helpers it does not.
bool isOfPgque(const std::string& function) {
    const std::string name = function.substr(0, function.find('('));
    return !name.starts_with('_') && name != "origin" && name != "nack_batch" && name != "upgrade_schema";
}

/// Shorter forms of what has defaults now; the script takes them away.
bool isOfOldPgque(const std::string& function) {
    return function == "register_subconsumer(text, text, text)" ||
           function == "subscribe_subconsumer(text, text, text)";
}

/// How an install differs from what its version is known to be made of, as far as names tell; empty: it does not.
std::string notOfItsVersion(const Inspection& seen, const std::string& version) {
    std::string extra;
    std::string missing;
    const auto add = [](std::string& list, const std::string& name) { list += (list.empty() ? "" : ", ") + name; };
    const bool old = version == "0.1.0";
    for (const Drift& drift : seen.drift) {
        if (drift.kind == DriftKind::ExtraFunction && !(old && isOfOldPgque(drift.object)))
            add(extra, drift.object);
        else if (drift.kind == DriftKind::MissingFunction && !old && isOfPgque(drift.object))
            add(missing, drift.object);
    }
    if (!extra.empty())
        extra = "it has " + extra;
    if (!missing.empty())
        add(extra, "it lacks " + missing);
    return extra;
}

/// Function by function, what is here against what comes.
std::vector<SourceDifference> differencesOf(const Inspection& seen, const Sources& here) {
    std::vector<SourceDifference> differences;
    for (const Drift& drift : seen.drift) {
        const auto shipped = pgqueManifest().sources.find(drift.object);
        const auto found = here.find(drift.object);
        if (drift.kind != DriftKind::Body || shipped == pgqueManifest().sources.end() || found == here.end())
            continue;
        std::string text = sourceDifference(found->second, shipped->second);
        differences.push_back({drift.object, text.empty() ? "only blanks at the ends of lines\n" : std::move(text)});
    }
    return differences;
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

Plan planUpgrade(const Inspection& seen, const Sources& here) {
    Plan plan = draft(Deed::Upgrade, "Upgrade the queue schema in ", seen);
    plan.differences = differencesOf(seen, here);
    plan.transaction = std::string(begin) + std::string(pgqueSql());
    plan.sql = plan.transaction + commit;
    for (const Drift& drift : seen.drift)
        plan.changes.push_back(describe(drift));
    if (!seen.grants.empty())
        plan.changes.push_back("puts rights right: " + counted(std::int64_t(seen.grants.size()), "differ"));
    if (seen.origin != SchemaOrigin::Ours && seen.origin != SchemaOrigin::OursDrifted)
        refuse(plan, "Only Batchscope's own schema can be upgraded. " + seen.summary(), "");
    else if (!seen.catalog.ownsSchema)
        refuse(plan, seen.catalog.user + " does not own the schema.", "Connect as " + seen.catalog.owner + ".");
    else
        checkServer(plan, seen.catalog);
    return plan;
}

Plan planConvert(const Inspection& seen, const Sources& here) {
    Plan plan = draft(Deed::Convert, "Convert the queue schema in ", seen);
    const std::string version = knownVersion(seen);
    plan.differences = differencesOf(seen, here);
    plan.caution = "Whether the functions here are those of PgQue " + version +
                   " or were changed by somebody can't be told: this program has no fingerprints of the original. "
                   "What was changed in them is overwritten. Read the differences first.";
    plan.transaction = std::string(begin) + std::string(pgqueSql());
    plan.sql = plan.transaction + commit;
    plan.changes = {"keeps queues, events, positions, retries, dead letters, owners and other people's grants"};
    for (const Drift& drift : seen.drift)
        plan.changes.push_back(describe(drift));
    if (!seen.grants.empty())
        plan.changes.push_back("puts rights right: " + counted(std::int64_t(seen.grants.size()), "differ"));
    if (seen.origin != SchemaOrigin::Foreign)
        refuse(plan, "Only a compatible schema that somebody else installed can be converted. " + seen.summary(), "");
    else if (version.empty())
        refuse(plan,
               "Version " + (seen.version.empty() ? std::string("unknown") : seen.version) +
                   " is none that this program knows how to convert (PgQue 0.1.0, which calls itself 1.0.0-dev, and "
                   "0.2.0).",
               "Leave it as it is: this console works with it.");
    else if (const std::string strange = notOfItsVersion(seen, version); !strange.empty())
        refuse(plan, "It is not as PgQue " + version + " is: " + strange + ".",
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
            ", " + sizeText(losses.bytes),
        "loses about " + counted(losses.undelivered, "undelivered events") +
            (losses.uncounted == 0
                 ? ""
                 : ", without those of " + counted(losses.uncounted, "queues") + ", whose event sequence is missing"),
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
