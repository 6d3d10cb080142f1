// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/eventpage.h"
#include "pg/statement.h"
#include "queries/eventrow.h"

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

// How event tables are read through, some blocks at a time. Not for other folders.
namespace queries::detail {

/// Up to so many rows that lie in a range of transactions are found by index and sorted; beyond, the table is read
/// through.
inline constexpr int fewRows = 5'000;

/// What one question to one table brought.
struct Chunk {
    std::vector<domain::EventRow> rows;             ///< by ctid
    std::vector<std::optional<std::string>> wholes; ///< of each row its payload, where a JSON path is looked for
    std::int64_t blocks = 0;                        ///< of the table
    std::int64_t blocksBeside = 0;                  ///< of its long payloads
    bool restAsked = false;      ///< the table behind the position was asked by index, not up to the end
    std::int64_t blocksRead = 0; ///< then: between the places that the index knows
    /// Then: so far what the index finds was looked at, and it finds more; empty: all of it was.
    std::optional<Tid> reached;
    double serverMs = 0;
};

/// How much a page may cost.
struct ScanLimits {
    int rows = 0;
    int blocksAtOnce = 0;
    int blocksInAll = 0;
    std::chrono::milliseconds longest{}; ///< then the page ends with boundReached, wherever it stands
};

/// What one question is to look at, and what it may bring.
struct Piece {
    std::int32_t table = 0;
    Tid from;         ///< exclusive
    Tid to;           ///< exclusive; of a table that is read through
    int lookedAt = 0; ///< so many of the rows that an index finds, where it finds few
    int rows = 0;     ///< so many rows at most: the first ones, or the last ones backwards
    bool backwards = false;
};

using ReadChunk = std::function<Chunk(const Piece&)>;
/// How many blocks a table has.
using BlocksOf = std::function<std::int64_t(std::int32_t table)>;

/// A page of what the tables hold, in their order, from a position on; where blocksOf is given each table is read from
/// its end to its beginning. A statement that takes too long is asked again for fewer blocks and rows; a page that has
/// taken long ends where it stands. Throws pg::Error; Decode when the position's table is not among them.
domain::EventPage scan(const std::vector<std::int32_t>& tables, const std::optional<domain::EventPosition>& from,
                       const ScanLimits& limits, const domain::EventSearch& search, const ReadChunk& read,
                       const BlocksOf& blocksOf = {});

/// Throws: a position belongs to tables that others have followed.
[[noreturn]] void rotated();

/// How many blocks a table's long payloads have beside it, of its name in a parameter.
std::string blocksBeside(const std::string& table);

/// The search as conditions on a table called e, each beginning with "and". Their parameters are added. Of a JSON path
/// only what the server can tell without reading the text as JSON, which would fail on the first one that is none.
std::string searchConditions(const domain::EventSearch& search, std::int32_t queueId, pg::Params& params);

/// Whether the queue's newest tick sees an event of a table called e. A parameter is added.
std::string seenByNewest(std::int32_t queueId, pg::Params& params);

/// The columns an event is read from by addRow, of a table called e. sent: an expression, whether a tick sees it.
std::string chunkColumns(std::string_view previewChars, const domain::EventSearch& search,
                         const std::string& sent = "true");

/// The page in the order of the ids, the highest first where the newest are wanted first. What is behind it is not told
/// any more: it would belong between its rows.
domain::EventPage sortedById(domain::EventPage page, bool newestFirst);

/// Adds the event whose first column stands here.
void addRow(Chunk& chunk, const pg::Row& row, int first, std::int32_t table, const domain::EventSearch& search);

} // namespace queries::detail
