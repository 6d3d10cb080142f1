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
            somewhere += std::string(somewhere.empty() ? "" : " or ") + "strpos(lower(e." + column + "), " + wanted +
                         ") > 0";
        sql += " and (" + somewhere + ')';
    }
    const auto seenBy = [&](std::int64_t tick, const char* comparison) {
        return seenByTick(asking.value(queueId), std::string("and t.tick_id ") + comparison + ' ' + asking.value(tick) +
                                                     "::bigint ");
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

domain::EventPage sortedById(domain::EventPage page) {
    std::stable_sort(page.rows.begin(), page.rows.end(),
                     [](const domain::EventRow& a, const domain::EventRow& b) { return a.id < b.id; });
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

domain::EventPage scan(const std::vector<std::int32_t>& tables, const std::optional<domain::EventPosition>& from,
                       const ScanLimits& limits, const domain::EventSearch& search, const ReadChunk& read) {
    auto table = tables.begin();
    Tid position;
    if (from) {
        table = std::find(tables.begin(), tables.end(), from->table);
        if (table == tables.end()) {
            pg::Failure failure;
            failure.kind = pg::ErrorKind::Decode;
            failure.diagnostics.message = "the tables were rotated since the last page: read from the start";
            throw pg::Error(std::move(failure));
        }
        position = tidFrom(from->ctid);
    }

    domain::EventPage page;
    std::int64_t blocksLeft = limits.blocksInAll;
    int candidatesLeft = candidatesInAll;
    // Where payloads are read, nobody knows how long they are: it begins with little.
    const int share = search.json || !search.text.empty() ? lessBy : 1;
    std::int64_t blocksAtOnce = std::max(1, limits.blocksAtOnce / share);
    int lookedAt = fewRows / share;
    const auto started = pg::Clock::now();
    while (table != tables.end()) {
        const Tid end{position.block + std::min(blocksAtOnce, blocksLeft), 0};
        const int missing = limits.rows - static_cast<int>(page.rows.size());
        const int wanted = search.json ? std::min(missing, candidatesAtOnce) : missing;
        Chunk chunk;
        try {
            chunk = read({*table, position, end, lookedAt, wanted});
        } catch (const pg::Error& error) {
            if (!tookTooLong(error) || (blocksAtOnce <= 1 && lookedAt <= 1))
                throw;
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
        if (!chunk.restAsked) {
            const std::int64_t reached = full ? last.block + 1 : std::min(end.block, chunk.blocks);
            const std::int64_t passed = std::max<std::int64_t>(0, reached - position.block);
            page.bytesRead += passed * blockSize;
            blocksLeft -= passed;
        }
        if (full) {
            position = last;
        } else if (chunk.reached) {
            position = *chunk.reached;
        } else if (chunk.restAsked || end.block >= chunk.blocks) {
            ++table;
            position = {};
        } else {
            position = end;
        }
        const bool pageIsFull = static_cast<int>(page.rows.size()) >= limits.rows;
        const bool bound = blocksLeft <= 0 || candidatesLeft <= 0 || pg::Clock::now() - started > limits.longest;
        if (table != tables.end() && (pageIsFull || bound)) {
            page.boundReached = !pageIsFull;
            page.next = domain::EventPosition{*table, position.text()};
            break;
        }
    }
    return page;
}

} // namespace queries::detail
