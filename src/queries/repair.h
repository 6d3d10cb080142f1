// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/statement.h"
#include "pg/time.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

// What no function of the queue offers and is done by its tables: waiting retries and dead letters one by one, and
// bringing back what was taken away. Rows travel as the JSON of the whole row, so that a copy holds all of it.
namespace queries {

/// A message that waits to come again.
struct WaitingRetry {
    std::string queue;
    std::string consumer; ///< the group it comes back to; empty when that is gone
    pg::Timestamp due;
    pg::Timestamp now; ///< the server's clock
};

[[nodiscard]] pg::Call<std::optional<WaitingRetry>> waitingRetry(std::int32_t owner, std::int64_t event);

/// Deletes a waiting retry that is still due at that time, whenever where none is given; the deleted row, or nothing.
[[nodiscard]] pg::Call<std::vector<std::string>> takeRetry(std::int32_t owner, std::int64_t event,
                                                           std::optional<pg::Timestamp> due);

/// Makes a waiting retry due so long from now. The new time, or nothing where the message no longer waits until then.
[[nodiscard]] pg::Call<std::vector<pg::Timestamp>> moveRetry(std::int32_t owner, std::int64_t event,
                                                             std::optional<pg::Timestamp> due, pg::Interval delay);

/// Which dead letters: of a queue, and of one consumer, type or reason where those are given.
struct LetterFilter {
    std::string queue;
    std::optional<std::string> consumer{}; ///< the group's name for a cooperative one
    std::optional<std::string> type{};
    std::optional<std::string> reason{}; ///< a part of it, whatever its case
};

/// The next letters after an id, by id.
[[nodiscard]] pg::Call<std::vector<std::int64_t>> lettersAfter(const LetterFilter& filter, std::int64_t after,
                                                               std::int64_t limit);
/// How many there are; the count stops at the cap.
[[nodiscard]] pg::Call<std::int64_t> countLetters(const LetterFilter& filter, std::int64_t cap);

/// The highest id there is, 0 without any.
[[nodiscard]] pg::Call<std::int64_t> newestLetter();

/// Those of the ids that are still there, by id.
[[nodiscard]] pg::Call<std::vector<std::int64_t>> lettersLeft(std::span<const std::int64_t> ids);

/// A letter that was sent again.
struct Replayed {
    std::int64_t letter = 0;
    std::int64_t event = 0;      ///< the new event's id
    std::int32_t consumerId = 0; ///< who had given it up
};

/// dlq_replay() for each that is still there.
[[nodiscard]] pg::Call<std::vector<Replayed>> replayLetters(std::span<const std::int64_t> ids);

/// How long ago the letter at the end of a portion was given up: with this age dlq_purge() takes about so many of
/// those older than the age given, the oldest first. Empty when there is none.
[[nodiscard]] pg::Call<std::optional<pg::Interval>> purgeAge(const std::string& queue, pg::Interval olderThan,
                                                             std::int64_t portion);

/// The rows that dlq_purge() of the same transaction deletes.
[[nodiscard]] pg::Call<std::vector<std::string>> lettersToPurge(const std::string& queue, pg::Interval olderThan);

/// Deletes letters by id; the deleted rows.
[[nodiscard]] pg::Call<std::vector<std::string>> takeLetters(std::span<const std::int64_t> ids);

/// What bringing copies back did.
struct BroughtBack {
    std::int64_t letters = 0;
    std::int64_t retries = 0;
};

/// Inserts copied rows again, dead letters and waiting retries alike. A row that is there, or whose queue or consumer
/// is gone, is left out.
[[nodiscard]] pg::Call<BroughtBack> bringBack(std::span<const std::string> rows);

/// What became of replayed events at the consumer that had given them up.
struct ReplayFate {
    std::int64_t done = 0;    ///< delivered, and the batch ended without giving them back
    std::int64_t waiting = 0; ///< not delivered yet, or in an open batch
    std::int64_t retried = 0; ///< given back
    std::int64_t dead = 0;    ///< given up again
    std::int64_t gone = 0;    ///< its consumer is no longer registered
};

/// Of events sent again in one transaction, which is committed.
[[nodiscard]] pg::Call<ReplayFate> replayFate(const std::string& queue, const std::string& xid,
                                              std::span<const Replayed> replayed);

/// A session of the server.
struct Backend {
    std::int32_t pid = 0;
    std::string user;
    std::string application;
    std::string state;                    ///< empty: no right to see
    std::optional<pg::Timestamp> started; ///< empty: no right to see
    std::optional<pg::Timestamp> transactionSince;
    std::int64_t waiting = 0; ///< sessions that wait for it
    pg::Timestamp now;
    bool own = false; ///< the session that asks
};

/// Empty when there is none of that pid that started then.
[[nodiscard]] pg::Call<std::optional<Backend>> backend(std::int32_t pid, std::optional<pg::Timestamp> started);

enum class Signal { CancelQuery, Terminate };

/// Signals the session of that pid that started at that moment. Empty: there is none; false: it was not signalled.
[[nodiscard]] pg::Call<std::optional<bool>> signalBackend(std::int32_t pid, pg::Timestamp started, Signal signal);

/// What reading again from a tick would mean.
struct RepositionOutlook {
    std::string role;                      ///< "normal", "coop_main", "coop_member"; empty: not registered
    std::optional<std::int64_t> batch;     ///< its own open batch
    std::optional<std::int64_t> lastTick;  ///< where it stands
    std::int64_t activeMembers = 0;        ///< members of the group that hold a batch
    std::optional<pg::Timestamp> tickTime; ///< empty: there is no such tick
    std::int64_t newestTick = 0;
    std::int64_t events = 0; ///< by sequence distance, from the tick to the newest
};

[[nodiscard]] pg::Call<std::optional<RepositionOutlook>>
repositionOutlook(const std::string& queue, const std::string& consumer, std::int64_t tick);

/// A parameter of a queue as set_queue_config takes it, "" for its default; nothing where there is no such queue or
/// parameter.
[[nodiscard]] pg::Call<std::optional<std::string>> queueParameter(const std::string& queue,
                                                                  const std::string& parameter);

/// Which of these payloads is the first that is no JSON: fails with the server's words when one of them is none.
[[nodiscard]] pg::Call<std::int64_t> parseJson(std::span<const std::string> payloads);

} // namespace queries
