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

// What the console reads and the script creates beyond the essential; missing ones in an install of ours are drift.
constexpr std::array ownColumns = {"subscription.sub_role",      "subscription.sub_batch_since",
                                   "subscription.sub_takeovers", "queue.queue_max_retries",
                                   "queue.queue_extra_maint",    "config.tick_period_ms"};

bool saysOurs(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
    return text.find(mark) != std::string::npos;
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
    const auto needed = [&](const char* column) {
        if (!catalog.columns.contains(column))
            drift.push_back({DriftKind::MissingColumn, column, {}});
    };
    std::for_each(essentialColumns.begin(), essentialColumns.end(), needed);
    std::for_each(ownColumns.begin(), ownColumns.end(), needed);
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
    // An extra function is somebody's addition and changes nothing of ours.
    const bool asShipped = !shipped.functions.empty() &&
                           std::all_of(seen.drift.begin(), seen.drift.end(),
                                       [](const Drift& one) { return one.kind == DriftKind::ExtraFunction; });
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

std::vector<GrantDrift> grantDrift(const Catalog& catalog, const Manifest& shipped) {
    std::vector<GrantDrift> drift;
    static const std::set<std::string> none;
    const auto of = [](const auto& grants, const std::string& role) -> const std::set<std::string>& {
        const auto found = grants.find(role);
        return found == grants.end() ? none : found->second;
    };
    static const std::vector<std::string> roles = {"public", "pgque_reader", "pgque_writer", "pgque_admin"};
    for (const std::string& role : roles) {
        const std::set<std::string>& wanted = of(shipped.execute, role);
        const std::set<std::string>& here = of(catalog.execute, role);
        for (const auto& [function, shape] : shipped.functions) {
            if (!catalog.functions.contains(function) || wanted.contains(function) == here.contains(function))
                continue;
            const bool superfluous = here.contains(function);
            std::string sql = superfluous ? "revoke" : "grant";
            sql.append(" execute on ").append(shipped.procedures.contains(function) ? "procedure" : "function");
            sql.append(" pgque.").append(function).append(superfluous ? " from " : " to ").append(role).append(";");
            drift.push_back({function, role, superfluous, std::move(sql)});
        }
    }
    return drift;
}

} // namespace

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

Inspection inspect(pg::Connection& connection, pg::Deadline deadline) {
    queries::Look look;
    look.part({.statement = std::chrono::seconds(5)}, queries::Look::View::Same);
    const auto surroundings = look.ask(readSurroundings());
    const auto functions = look.ask(readFunctions());
    const auto columns = look.ask(readColumns());
    const auto execute = look.ask(readExecute());
    const queries::Answers answers = look.run(connection, deadline);
    Catalog catalog = answers.get(surroundings);
    catalog.functions = answers.get(functions);
    catalog.columns = answers.get(columns);
    catalog.execute = answers.get(execute);

    const domain::Capabilities capabilities = queries::probe(connection, deadline);
    return judge(std::move(catalog), capabilities.schemaVersion, capabilities.originText, pgqueManifest());
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
