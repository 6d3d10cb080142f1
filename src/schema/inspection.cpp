// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/inspection.h"

#include "queries/look.h"
#include "queries/probe.h"

#include <algorithm>
#include <array>

namespace schema {

using domain::SchemaOrigin;

namespace {

constexpr std::string_view mark = "batchscope";
constexpr std::string_view onTable = " on table ";

// Without these it is no queue that we know, whatever else it is called. Newer columns are probed one by one elsewhere.
constexpr std::array essentialColumns = {
    "consumer.co_id",
    "consumer.co_name",
    "queue.queue_id",
    "queue.queue_name",
    "queue.queue_ntables",
    "queue.queue_cur_table",
    "queue.queue_data_pfx",
    "queue.queue_event_seq",
    "queue.queue_switch_step1",
    "queue.queue_switch_step2",
    "queue.queue_switch_time",
    "tick.tick_queue",
    "tick.tick_id",
    "tick.tick_time",
    "tick.tick_snapshot",
    "tick.tick_event_seq",
    "subscription.sub_id",
    "subscription.sub_queue",
    "subscription.sub_consumer",
    "subscription.sub_last_tick",
    "subscription.sub_active",
    "subscription.sub_batch",
    "subscription.sub_next_tick",
    "event_template.ev_id",
    "event_template.ev_txid",
    "event_template.ev_data",
    "retry_queue.ev_retry_after",
    "dead_letter.dl_id",
};
constexpr std::array essentialFunctions = {
    "version()",
    "ticker()",
    "maint()",
    "create_queue(text)",
    "subscribe(text, text)",
    "receive(text, text, integer)",
    "ack(bigint)",
    "send(text, text)",
};

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
    return text;
}

bool saysOurs(const std::string& text) {
    return lower(text).find(mark) != std::string::npos;
}

std::string differences(const FunctionShape& here, const FunctionShape& shipped) {
    std::string text;
    const auto add = [&text](const std::string& what) { text += (text.empty() ? "" : ", ") + what; };
    if (here.language != shipped.language)
        add("language " + here.language + " instead of " + shipped.language);
    if (here.securityDefiner != shipped.securityDefiner)
        add(here.securityDefiner ? "security definer" : "not security definer");
    if (here.searchPath != shipped.searchPath)
        add(here.searchPath.empty() ? "search_path not pinned" : "search_path " + here.searchPath);
    if (here.volatility != shipped.volatility)
        add(std::string("volatility ") + here.volatility + " instead of " + shipped.volatility);
    if (here.strict != shipped.strict)
        add(here.strict ? "strict" : "not strict");
    return text;
}

/// Columns, constraints, indexes and triggers of the fixed tables.
void tableDrift(const Catalog& catalog, const Manifest& shipped, std::vector<Drift>& drift) {
    for (const auto& [table, shape] : shipped.tables) {
        for (const auto& [column, type] : shape.columns) {
            const std::string name = table + '.' + column;
            const auto found = catalog.columns.find(name);
            if (found == catalog.columns.end())
                drift.push_back({DriftKind::MissingColumn, name, {}});
            else if (found->second != type)
                drift.push_back({DriftKind::ColumnType, name, found->second + " instead of " + type});
        }
    }
    std::set<std::string> extraTables;
    for (const auto& [name, type] : catalog.columns) {
        const std::string table = name.substr(0, name.find('.'));
        const auto known = shipped.tables.find(table);
        if (known == shipped.tables.end())
            extraTables.insert(table);
        else if (!known->second.columns.contains(name.substr(table.size() + 1)))
            drift.push_back({DriftKind::ExtraColumn, name, {}});
    }
    for (const std::string& table : extraTables)
        drift.push_back({DriftKind::ExtraTable, table, {}});
    std::map<std::string, const TablePart*> parts;
    for (const TablePart& part : catalog.parts) {
        const auto known = shipped.tables.find(part.table);
        if (known == shipped.tables.end())
            continue;
        const std::string name = part.table + '.' + part.name;
        if (part.kind == TablePart::Kind::Trigger)
            drift.push_back({DriftKind::ExtraTrigger, name, part.valid ? "" : "disabled"});
        else if (part.kind == TablePart::Kind::Constraint && !known->second.constraints.contains(part.name))
            drift.push_back({DriftKind::ExtraConstraint, name, {}});
        else if (part.kind == TablePart::Kind::Index && !known->second.indexes.contains(part.name))
            drift.push_back({DriftKind::ExtraIndex, name, {}});
        else
            parts.emplace(name, &part);
    }
    for (const auto& [table, shape] : shipped.tables) {
        for (const auto& [constraint, kind] : shape.constraints) {
            const auto found = parts.find(table + '.' + constraint);
            if (found == parts.end())
                drift.push_back({DriftKind::MissingConstraint, table + '.' + constraint, {}});
            else if (found->second->constraint != kind || !found->second->valid)
                drift.push_back({DriftKind::MissingConstraint, table + '.' + constraint,
                                 found->second->valid ? "of another kind" : "not validated"});
        }
        for (const std::string& index : shape.indexes) {
            const auto found = parts.find(table + '.' + index);
            if (found == parts.end() || !found->second->valid)
                drift.push_back({DriftKind::MissingIndex, table + '.' + index,
                                 found == parts.end() ? "" : "it was not built to its end"});
        }
    }
}

std::vector<Drift> driftOf(const Catalog& catalog, const Manifest& shipped) {
    std::vector<Drift> drift;
    for (const auto& [name, wanted] : shipped.functions) {
        const auto found = catalog.functions.find(name);
        if (found == catalog.functions.end())
            drift.push_back({DriftKind::MissingFunction, name, {}});
        else if (found->second.sourceHash != wanted.sourceHash)
            drift.push_back({DriftKind::Body, name, differences(found->second, wanted)});
        else if (found->second != wanted)
            drift.push_back({DriftKind::Attributes, name, differences(found->second, wanted)});
    }
    for (const auto& [name, shape] : catalog.functions)
        if (!shipped.functions.contains(name))
            drift.push_back({DriftKind::ExtraFunction, name, {}});
    tableDrift(catalog, shipped, drift);
    if (catalog.configRows == 0)
        drift.push_back({DriftKind::MissingConfig, "config", "it has no row: no scheduler or tick period is kept"});
    return drift;
}

bool isCompatible(const Catalog& catalog) {
    return std::all_of(essentialColumns.begin(), essentialColumns.end(),
                       [&](const char* column) { return catalog.columns.contains(column); }) &&
           std::all_of(essentialFunctions.begin(), essentialFunctions.end(),
                       [&](const char* function) { return catalog.functions.contains(function); });
}

SchemaOrigin originOf(const Inspection& seen, const Manifest& shipped) {
    if (!seen.catalog.present)
        return SchemaOrigin::None;
    const bool asShipped =
        !shipped.functions.empty() &&
        std::all_of(seen.drift.begin(), seen.drift.end(), [](const Drift& one) { return isAddition(one.kind); });
    if (asShipped)
        return SchemaOrigin::Ours;
    const auto same = std::count_if(shipped.functions.begin(), shipped.functions.end(), [&](const auto& one) {
        const auto found = seen.catalog.functions.find(one.first);
        return found != seen.catalog.functions.end() && found->second.sourceHash == one.second.sourceHash;
    });
    // The mark can be copied or forged, the functions can't without being ours.
    const bool mostlyOurs = same * 2 >= std::ptrdiff_t(shipped.functions.size()) && same > 0;
    if (mostlyOurs && (saysOurs(seen.catalog.comment) || saysOurs(seen.originText)))
        return SchemaOrigin::OursDrifted;
    return isCompatible(seen.catalog) ? SchemaOrigin::Foreign : SchemaOrigin::Unknown;
}

const std::set<std::string>& of(const std::map<std::string, std::set<std::string>>& rights, const std::string& role) {
    static const std::set<std::string> none;
    const auto found = rights.find(role);
    return found == rights.end() ? none : found->second;
}

/// "SELECT on table queue" as the statement that gives or takes it.
std::string statementFor(const std::string& right, const std::string& object, const std::string& role, bool revoke) {
    const std::string privilege = lower(right);
    const std::size_t space = object.find(' ');
    const std::string kind = object.substr(0, space);
    const std::string name = object.substr(space + 1);
    std::string text = revoke ? "revoke " : "grant ";
    if (kind == "role")
        text += name;
    else if (kind == "column")
        text += privilege + " (" + name.substr(name.find('.') + 1) + ") on pgque." + name.substr(0, name.find('.'));
    else
        text += privilege + " on " + (kind == "schema" ? object : kind + " pgque." + name);
    return text + (revoke ? " from " : " to ") + role + ';';
}

/// "SELECT on table queue" taken apart.
GrantDrift grantDriftOf(const std::string& right, const std::string& role, bool superfluous) {
    const std::string middle = right.starts_with("MEMBER of ") ? " of " : " on ";
    const std::size_t at = right.find(middle);
    GrantDrift drift{right.substr(at + middle.size()), role, superfluous, {}, right.substr(0, at)};
    drift.sql = statementFor(drift.privilege, drift.object, role, superfluous);
    return drift;
}

/// Given here and not by the script. What a table that somebody added is open for is their matter, as long as PUBLIC
/// may not change it.
bool isSuperfluous(const std::string& right, const std::string& role, const Manifest& shipped) {
    // "grant all" gives it from PostgreSQL 17 on.
    const bool partOfAll = right.starts_with("MAINTAIN ") && role != "public";
    if (of(shipped.rights, role).contains(right) || of(shipped.firstGiven, role).contains(right) || partOfAll)
        return false;
    const std::size_t at = right.find(onTable);
    const bool ours = at == right.npos || shipped.tables.contains(right.substr(at + onTable.size()));
    return ours || (role == "public" && !right.starts_with("SELECT "));
}

bool isOfMissingTable(const std::string& right, const Catalog& catalog) {
    const std::size_t at = right.find(onTable);
    if (at == right.npos)
        return false;
    const std::string prefix = right.substr(at + onTable.size()) + '.';
    const auto first = catalog.columns.lower_bound(prefix);
    return first == catalog.columns.end() || !first->first.starts_with(prefix);
}

std::vector<GrantDrift> grantDrift(const Catalog& catalog, const Manifest& shipped) {
    static const std::vector<std::string> roles = {"public", "pgque_reader", "pgque_writer", "pgque_admin"};
    std::vector<GrantDrift> drift;
    for (const std::string& role : roles) {
        const std::set<std::string>& wanted = of(shipped.execute, role);
        const std::set<std::string>& here = of(catalog.execute, role);
        for (const auto& [function, shape] : catalog.functions) {
            // What somebody added may be open to whom they like, but not to everybody.
            const bool added = !shipped.functions.contains(function);
            if ((added && role != "public") || wanted.contains(function) == here.contains(function))
                continue;
            const bool superfluous = here.contains(function);
            std::string sql = superfluous ? "revoke" : "grant";
            sql.append(" execute on ")
                .append(added                                   ? "routine"
                        : shipped.procedures.contains(function) ? "procedure"
                                                                : "function");
            sql.append(" pgque.").append(function).append(superfluous ? " from " : " to ").append(role).append(";");
            drift.push_back({function, role, superfluous, std::move(sql)});
        }
        const std::set<std::string>& rights = of(catalog.rights, role);
        for (const std::string& right : of(shipped.rights, role)) {
            if (!rights.contains(right) && !isOfMissingTable(right, catalog))
                drift.push_back(grantDriftOf(right, role, false));
        }
        for (const std::string& right : rights) {
            if (isSuperfluous(right, role, shipped))
                drift.push_back(grantDriftOf(right, role, true));
        }
    }
    return drift;
}

} // namespace

bool isAddition(DriftKind kind) {
    return kind == DriftKind::ExtraFunction || kind >= DriftKind::ExtraTable;
}

std::string fingerprintOf(const Functions& functions) {
    std::string all;
    for (const auto& [name, shape] : functions)
        all += name + ' ' + shape.sourceHash + ' ' + shape.language + (shape.securityDefiner ? " definer " : " ") +
               (shape.strict ? "strict " : "") + shape.volatility + ' ' + shape.searchPath + '\n';
    return sourceHash(all);
}

Inspection judge(Catalog catalog, std::string version, std::string originText, const Manifest& shipped) {
    Inspection seen;
    seen.catalog = std::move(catalog);
    seen.version = std::move(version);
    seen.originText = std::move(originText);
    seen.fingerprint = fingerprintOf(seen.catalog.functions);
    if (seen.catalog.present) {
        seen.drift = driftOf(seen.catalog, shipped);
        seen.grants = grantDrift(seen.catalog, shipped);
    }
    seen.origin = originOf(seen, shipped);
    return seen;
}

namespace {

enum class Depth { Shape, ShapeAndRights };

struct Read {
    Catalog catalog;
    pg::Timestamp at;
};

Read readCatalog(pg::Connection& connection, Depth depth, pg::Deadline deadline) {
    queries::Look look;
    look.part({.statement = std::chrono::seconds(5)}, queries::Look::View::Same);
    const auto surroundings = look.ask(readSurroundings());
    const auto functions = look.ask(readFunctions());
    const auto columns = look.ask(readColumns());
    const auto parts = look.ask(readParts());
    std::optional<queries::Asked<std::map<std::string, std::set<std::string>>>> execute;
    std::optional<queries::Asked<Rights>> rights;
    if (depth == Depth::ShapeAndRights) {
        execute = look.ask(readExecute());
        rights = look.ask(readRights());
    }
    const auto clock = look.ask(queries::serverClock());
    const queries::Answers answers = look.run(connection, deadline);
    Catalog catalog = answers.get(surroundings);
    catalog.functions = answers.get(functions);
    catalog.columns = answers.get(columns);
    catalog.parts = answers.get(parts);
    if (depth == Depth::ShapeAndRights) {
        catalog.execute = answers.get(*execute);
        catalog.rights = answers.get(*rights);
    }
    if (catalog.readsConfig) {
        try {
            catalog.configRows = queries::look(connection, countConfig(), {}, deadline);
        } catch (const pg::Error&) {
            if (!connection.isOpen())
                throw;
            // Locked by somebody: it is not known.
        }
    }
    return {std::move(catalog), answers.get(clock)};
}

} // namespace

Inspection inspect(pg::Connection& connection, pg::Deadline deadline) {
    Read read = readCatalog(connection, Depth::ShapeAndRights, deadline);
    const domain::Capabilities capabilities = queries::probe(connection, deadline);
    Inspection seen =
        judge(std::move(read.catalog), capabilities.schemaVersion, capabilities.originText, pgqueManifest());
    seen.takenAt = read.at;
    return seen;
}

SchemaOrigin inspectOrigin(pg::Connection& connection, const domain::Capabilities& capabilities,
                           pg::Deadline deadline) {
    Inspection seen;
    seen.catalog = readCatalog(connection, Depth::Shape, deadline).catalog;
    seen.originText = capabilities.originText;
    if (seen.catalog.present)
        seen.drift = driftOf(seen.catalog, pgqueManifest());
    return originOf(seen, pgqueManifest());
}

std::string Inspection::summary() const {
    const std::string compatible = version.empty() ? "" : ", compatible with PgQue " + version;
    const std::string by = catalog.owner.empty() ? "" : ", owned by " + catalog.owner;
    switch (origin) {
    case SchemaOrigin::None:
        return "The schema pgque is not installed.";
    case SchemaOrigin::Ours:
        return "Batchscope's own schema, as shipped" + compatible + '.';
    case SchemaOrigin::OursDrifted:
        return "Batchscope's own schema, but not as shipped: " + std::to_string(drift.size()) + " differences" +
               compatible + '.';
    case SchemaOrigin::Foreign:
        return "A compatible queue schema that somebody else installed" + compatible + by + '.';
    case SchemaOrigin::Unknown:
        break;
    }
    return "A schema named pgque that is no queue we know" + by + '.';
}

} // namespace schema
