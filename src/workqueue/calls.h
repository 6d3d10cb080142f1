// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pg/export.h"
#include "pg/statement.h"
#include "workqueue/message.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// The functions of the schema workqueue as typed calls. Payloads, results and callbacks are JSON texts; the server
// checks them. Times are the server's. `false` from a call with a token means that the lease was lost.
namespace workqueue {

struct SendOptions {
    std::int32_t priority = 5; ///< 1 to 10, higher first; others are refused before anything is written
    std::string organization = {};
    pg::Interval delay{0}; ///< not before; then with the next round of maint()
};

[[nodiscard]] PGQUE_EXPORT pg::Call<std::int64_t> send(std::string_view queue, std::string_view json,
                                                       const SendOptions& options = {});

/// The ids come in the order of the payloads.
[[nodiscard]] PGQUE_EXPORT pg::Call<std::vector<std::int64_t>>
sendMany(std::string_view queue, std::span<const std::string> json, const SendOptions& options = {});

/// At most `quantity` messages in the order of delivery. Fewer, even none, do not mean that no more are ready. Must be
/// a transaction of its own: a lease that nobody else can see protects nothing.
[[nodiscard]] PGQUE_EXPORT pg::Call<std::vector<Message>> claim(std::string_view queue, pg::Interval lease,
                                                                std::int32_t quantity = 1,
                                                                std::optional<std::string_view> worker = {});

/// Renews the lease from now.
[[nodiscard]] PGQUE_EXPORT pg::Call<bool> extend(std::int64_t id, std::int32_t token, pg::Interval lease);
[[nodiscard]] PGQUE_EXPORT pg::Call<bool> ack(std::int64_t id, std::int32_t token);

/// Gives a message back, at once or after a delay; keeps the error with it.
[[nodiscard]] PGQUE_EXPORT pg::Call<bool> nack(std::int64_t id, std::int32_t token,
                                               pg::Interval delay = pg::Interval(0),
                                               std::optional<std::string_view> error = {});

/// To the dead letters: with the token of one's own lease, without one only what nobody holds, unless forced.
[[nodiscard]] PGQUE_EXPORT pg::Call<bool> bury(std::int64_t id, std::string_view reason,
                                               std::optional<std::int32_t> token = {}, bool force = false);

/// A dead letter back to its queue, under the new id that is answered; empty when it is gone.
[[nodiscard]] PGQUE_EXPORT pg::Call<std::optional<std::int64_t>> requeue(std::int64_t deadId, bool reset = true);
[[nodiscard]] PGQUE_EXPORT pg::Call<bool> move(std::int64_t id, std::string_view toQueue);
[[nodiscard]] PGQUE_EXPORT pg::Call<bool> setPriority(std::int64_t id, std::int32_t priority);
[[nodiscard]] PGQUE_EXPORT pg::Call<bool> postpone(std::int64_t id, pg::Interval delay);
[[nodiscard]] PGQUE_EXPORT pg::Call<bool> rearm(std::int64_t id, std::optional<std::int32_t> token = {},
                                                bool force = false);

/// At most `max` messages that fit the filter (see sql/workqueue/operate.sql); `keep` leaves copies with the dead
/// letters.
[[nodiscard]] PGQUE_EXPORT pg::Call<std::int32_t> purge(std::string_view filterJson, std::int32_t max = 1000,
                                                        bool keep = true);
/// The same for one queue's messages, of one priority or, with 0, of all.
[[nodiscard]] PGQUE_EXPORT pg::Call<std::int32_t> purgeQueue(std::string_view queue, std::int32_t priority = 0,
                                                             std::int32_t max = 1000, bool keep = true);
[[nodiscard]] PGQUE_EXPORT pg::Call<std::int32_t> purgeDead(std::string_view queue, pg::Interval olderThan,
                                                            std::int32_t max = 1000);
[[nodiscard]] PGQUE_EXPORT pg::Call<void> pause(std::string_view queue, std::string_view reason,
                                                std::optional<pg::Timestamp> until = {});
/// The same by the server's clock.
[[nodiscard]] PGQUE_EXPORT pg::Call<void> pauseFor(std::string_view queue, std::string_view reason,
                                                   pg::Interval length);
[[nodiscard]] PGQUE_EXPORT pg::Call<bool> resume(std::string_view queue);

/// What one round of maint() did.
struct Maintained {
    std::int32_t rearmed = 0;
    std::int32_t promoted = 0;
    std::int32_t resultsSwept = 0;
    std::int32_t markersPurged = 0;
};

[[nodiscard]] PGQUE_EXPORT pg::Call<std::int32_t> rearmLapsed(std::int32_t max = 1000);
[[nodiscard]] PGQUE_EXPORT pg::Call<std::int32_t> promoteDue(std::int32_t max = 1000);
[[nodiscard]] PGQUE_EXPORT pg::Call<Maintained> maint();

/// Begins a run of `batches`; answers its epoch, nothing for 0 batches. The callback is a JSON object
/// {task_name, kwargs, queue, fairness_headers}.
[[nodiscard]] PGQUE_EXPORT pg::Call<std::optional<std::int64_t>>
arm(std::string_view execution, std::string_view organization, std::int32_t batches,
    std::chrono::seconds life = std::chrono::hours(6), std::optional<std::string_view> callbackJson = {});

/// The message of one batch of a fan-out.
struct Header {
    std::string queue;
    std::string json; ///< an object; its kwargs get the batch's context
    std::int32_t priority = 5;
    std::string organization = {};
};

/// Arms and sends all headers, in one statement: either the run has all its headers or it never was.
[[nodiscard]] PGQUE_EXPORT pg::Call<std::optional<std::int64_t>>
fanOut(std::string_view execution, std::string_view organization, std::span<const Header> headers,
       std::chrono::seconds life = std::chrono::hours(6), std::optional<std::string_view> callbackJson = {});

/// True for the one delivery that may run the batch.
[[nodiscard]] PGQUE_EXPORT pg::Call<bool> claimBatch(const BatchContext& batch);

/// How a finished batch left its run.
struct Finished {
    std::optional<std::int32_t>
        remaining;      ///< empty: there is no such run any more; below zero: somebody counted too far
    bool fired = false; ///< this call sent the callback
};

/// Counts a batch down, once however often it is called.
[[nodiscard]] PGQUE_EXPORT pg::Call<Finished> finishBatch(const BatchContext& batch, std::string_view resultJson);

/// Ends a run before its time; true for the one call that did. Markers kept make redeliveries skip. With an epoch only
/// that run, not one that was armed under the same execution meanwhile.
[[nodiscard]] PGQUE_EXPORT pg::Call<bool> abort(std::string_view execution, bool keepMarkers = false,
                                                std::optional<std::int64_t> epoch = {});

/// The low level, without a look at the barrier.
[[nodiscard]] PGQUE_EXPORT pg::Call<bool> claimMarker(std::string_view execution, std::int32_t index);
[[nodiscard]] PGQUE_EXPORT pg::Call<std::int32_t> clearMarkers(std::string_view execution);

[[nodiscard]] PGQUE_EXPORT pg::Call<bool> leaseAcquire(std::string_view leader,
                                                       pg::Interval window = std::chrono::seconds(10));
[[nodiscard]] PGQUE_EXPORT pg::Call<bool> leaseRenew(std::string_view leader);
[[nodiscard]] PGQUE_EXPORT pg::Call<bool> leaseRelease(std::string_view leader);

} // namespace workqueue
