// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/eventscan.h"

#include "pg/error.h"

#include <algorithm>
#include <cctype>

namespace queries::detail {

namespace {

/// A JSON path is looked for in payloads up to this length; they travel, and so do at most so many of them a page.
constexpr std::int64_t longestSearched = 262'144;
constexpr int candidatesAtOnce = 50;
constexpr int candidatesInAll = 2'000;
/// A statement that takes too long is asked again for so much less; one that is quick is followed by a larger one.
constexpr int lessBy = 32;
constexpr int moreBy = 4;
constexpr double quickMs = 500;
constexpr std::int64_t blockSize = 8'192;

bool tookTooLong(const pg::Error& error) {
    return error.failure().kind == pg::ErrorKind::Server && error.failure().diagnostics.sqlState == "57014";
}

/// A text that no writer of JSON escapes stands in the payload as it is.
bool isNeverEscaped(const std::string& text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.' || c == ' ' || c == ':' || c == '@';
    });
}

class Asking {
public:
    explicit Asking(pg::Params& params)
        : m_params(params) {}

    template <class T>
    std::string value(const T& value) {
        m_params.add(value);
        return '$' + std::to_string(m_params.values().size());
    }

    void contains(std::string& sql, const std::string& text) {
        sql += " and strpos(e.ev_data, " + value(text) + ") > 0";
    }

private:
    pg::Params& m_params;
};

/// Whether the newest of those ticks of a queue sees an event.
std::string seenByTick(const std::string& queue, const std::string& which) {
    return "coalesce(pg_visible_in_snapshot(e.ev_txid, (select t.tick_snapshot from pgque.tick t"
           " where t.tick_queue = " +
           queue + "::int " + which + "order by t.tick_id desc limit 1)), false)";
}

} // namespace

std::string searchConditions(const domain::EventSearch& search, std::int32_t queueId, pg::Params& params) {
    std::string sql;
    Asking asking(params);
    if (search.id)
        sql += " and e.ev_id = " + asking.value(*search.id) + "::bigint";
    if (!search.type.empty())
        sql += " and e.ev_type = " + asking.value(search.type);
    // No pattern: what is typed is what is looked for.
    if (!search.text.empty()) {
        const std::string wanted = "lower(" + asking.value(search.text) + ')';
        std::string somewhere;
        for (const char* column : {"ev_data", "ev_extra1", "ev_extra2", "ev_extra3", "ev_extra4"})
            somewhere +=
                std::string(somewhere.empty() ? "" : " or ") + "strpos(lower(e." + column + "), " + wanted + ") > 0";
        sql += " and (" + somewhere + ')';
    }
    const auto seenBy = [&](std::int64_t tick, const char* comparison) {
        return seenByTick(asking.value(queueId),
                          std::string("and t.tick_id ") + comparison + ' ' + asking.value(tick) + "::bigint ");
    };
    if (search.waitingOnly)
        sql += " and not " + seenByNewest(queueId, params);
    if (search.toTick)
        sql += " and " + seenBy(*search.toTick, "<=");
    if (search.fromTick)
        sql += " and not " + seenBy(*search.fromTick, "<");
    if (search.json) {
        for (const domain::JsonCondition::Step& step : search.json->steps) {
            if (isNeverEscaped(step.key))
                asking.contains(sql, '"' + step.key + '"');
        }
        if (search.json->value && isNeverEscaped(*search.json->value))
            asking.contains(sql, *search.json->value);
    }
    return sql;
}

std::string seenByNewest(std::int32_t queueId, pg::Params& params) {
    return seenByTick(Asking(params).value(queueId), {});
}

domain::EventPage sortedById(domain::EventPage page, bool newestFirst) {
    std::stable_sort(page.rows.begin(), page.rows.end(),
                     [newestFirst](const domain::EventRow& a, const domain::EventRow& b) {
                         return newestFirst ? a.id > b.id : a.id < b.id;
                     });
    page.byId = true;
    page.boundReached = page.next.has_value();
    page.next.reset();
    return page;
}

std::string chunkColumns(std::string_view previewChars, const domain::EventSearch& search, const std::string& sent) {
    std::string columns = eventColumns(previewChars, sent);
    if (search.json)
        columns += ", case when octet_length(e.ev_data) <= " + std::to_string(longestSearched) + " then e.ev_data end";
    return columns;
}

void addRow(Chunk& chunk, const pg::Row& row, int first, std::int32_t table, const domain::EventSearch& search) {
    chunk.rows.push_back(eventFrom(row, first, table));
    if (search.json)
        chunk.wholes.push_back(row.get<std::optional<std::string>>(first + eventColumnCount));
}

void rotated() {
    pg::Failure failure;
    failure.kind = pg::ErrorKind::Decode;
    failure.diagnostics.message = "the tables were rotated since the last page: read from the start";
    throw pg::Error(std::move(failure));
}

std::string blocksBeside(const std::string& table) {
    return "(select coalesce(pg_relation_size(nullif(c.reltoastrelid, 0)), 0) / current_setting('block_size')::int"
           " from pg_class c where c.oid = " +
           table + "::regclass)";
}

domain::EventPage scan(const std::vector<std::int32_t>& tables, const std::optional<domain::EventPosition>& from,
                       const ScanLimits& limits, const domain::EventSearch& search, const ReadChunk& read,
                       const BlocksOf& blocksOf) {
    const bool backwards = static_cast<bool>(blocksOf);
    auto table = tables.begin();
    std::optional<Tid> position; // empty: where reading the table begins
    if (from) {
        table = std::find(tables.begin(), tables.end(), from->table);
        if (table == tables.end())
            rotated();
        if (!from->ctid.empty())
            position = tidFrom(from->ctid);
    }

    domain::EventPage page;
    std::int64_t blocksLeft = limits.blocksInAll;
    int candidatesLeft = candidatesInAll;
    const bool readsPayloads = search.json || !search.text.empty();
    // Where payloads are read, nobody knows how long they are, and from its end on a page rarely needs much of a table:
    // it begins with little.
    const int share = readsPayloads || backwards ? lessBy : 1;
    std::int64_t blocksAtOnce = std::max(1, limits.blocksAtOnce / share);
    int lookedAt = fewRows / share;
    const auto started = pg::Clock::now();
    while (table != tables.end()) {
        if (!position)
            position = backwards ? Tid{blocksOf(*table), 0} : Tid{};
        const int missing = limits.rows - static_cast<int>(page.rows.size());
        const int wanted = search.json ? std::min(missing, candidatesAtOnce) : missing;
        const std::int64_t atOnce = std::min(blocksAtOnce, blocksLeft);
        const std::int64_t above = position->blockBehind();
        const Piece piece =
            backwards ? Piece{*table, {std::max<std::int64_t>(0, above - atOnce), 0}, *position, lookedAt, wanted, true}
                      : Piece{*table, *position, {position->block + atOnce, 0}, lookedAt, wanted};
        Chunk chunk;
        const auto asked = pg::Clock::now();
        try {
            chunk = read(piece);
        } catch (const pg::Error& error) {
            if (!tookTooLong(error) || (blocksAtOnce <= 1 && lookedAt <= 1))
                throw;
            page.serverMs += std::chrono::duration<double, std::milli>(pg::Clock::now() - asked).count();
            blocksAtOnce = std::max<std::int64_t>(1, blocksAtOnce / lessBy);
            lookedAt = std::max(1, lookedAt / lessBy);
            continue;
        }
        if (chunk.serverMs < quickMs) {
            blocksAtOnce = std::min<std::int64_t>(limits.blocksAtOnce, blocksAtOnce * moreBy);
            lookedAt = std::min(fewRows, lookedAt * moreBy);
        }
        page.serverMs += chunk.serverMs;
        const bool full = static_cast<int>(chunk.rows.size()) >= wanted;
        const Tid last = full ? tidFrom(chunk.rows.back().position.ctid) : Tid{};
        for (std::size_t row = 0; row < chunk.rows.size(); ++row) {
            if (search.json) {
                --candidatesLeft;
                if (!chunk.wholes[row]) {
                    ++page.tooLongToSearch;
                    continue;
                }
                if (!search.json->matches(*chunk.wholes[row]))
                    continue;
            }
            page.rows.push_back(std::move(chunk.rows[row]));
        }
        std::int64_t passed = chunk.blocksRead;
        if (!chunk.restAsked && backwards)
            passed = above - (full ? last.block : piece.from.block);
        else if (!chunk.restAsked)
            passed = (full ? last.block + 1 : std::min(piece.to.block, chunk.blocks)) - position->block;
        passed = std::max<std::int64_t>(0, passed);
        // Of payloads beside the table as many are read as of the table, if they lie evenly.
        if (readsPayloads && chunk.blocks > 0)
            passed += passed * chunk.blocksBeside / chunk.blocks;
        page.bytesRead += passed * blockSize;
        if (!chunk.restAsked)
            blocksLeft -= passed;
        const bool atEnd = backwards ? piece.from.block == 0 : piece.to.block >= chunk.blocks;
        if (full) {
            position = last;
        } else if (chunk.reached) {
            position = *chunk.reached;
        } else if (chunk.restAsked || atEnd) {
            ++table;
            position.reset();
        } else {
            position = backwards ? piece.from : piece.to;
        }
        const bool pageIsFull = static_cast<int>(page.rows.size()) >= limits.rows;
        const bool bound = blocksLeft <= 0 || candidatesLeft <= 0 || pg::Clock::now() - started > limits.longest;
        if (table != tables.end() && (pageIsFull || bound)) {
            page.boundReached = !pageIsFull;
            page.next = domain::EventPosition{*table, position ? position->text() : std::string()};
            break;
        }
    }
    return page;
}

} // namespace queries::detail
