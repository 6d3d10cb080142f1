// SPDX-License-Identifier: Apache-2.0
#include "workqueue/calls.h"

#include "pgque/decode.h"

namespace workqueue {

using pg::Params;
using pgque::detail::microseconds;
using pgque::detail::rowCall;
using pgque::detail::rowsCall;
using pgque::detail::valueCall;
using pgque::detail::voidCall;

namespace {

double seconds(pg::Interval interval) {
    return std::chrono::duration<double>(interval).count();
}

Message messageFrom(const pg::Row& row) {
    Message message;
    message.id = row.get<std::int64_t>(0);
    message.token = row.get<std::int32_t>(1);
    message.json = row.get<std::string>(2);
    message.priority = row.get<std::int32_t>(3);
    message.organization = row.get<std::string>(4);
    message.enqueuedAt = microseconds(row, 5);
    message.leaseUntil = microseconds(row, 6);
    if (!row.isNull(7) && !row.isNull(8) && !row.isNull(9))
        message.batch = BatchContext{row.get<std::string>(7), row.get<std::int64_t>(8), row.get<std::int32_t>(9)};
    return message;
}

/// A number inside a payload is whatever its sender wrote; only what can be one is read as one.
constexpr auto messageColumns =
    "select msg_id, token, message::text, priority, org_id, (extract(epoch from enqueued_at) * 1000000)::bigint,"
    " (extract(epoch from lease_until) * 1000000)::bigint, message #>> '{kwargs,_barrier_context,execution_id}',"
    " case when message #>> '{kwargs,_barrier_context,epoch}' ~ '^\\d{1,18}$'"
    " then (message #>> '{kwargs,_barrier_context,epoch}')::bigint end,"
    " case when message #>> '{kwargs,_barrier_context,batch_index}' ~ '^\\d{1,9}$'"
    " then (message #>> '{kwargs,_barrier_context,batch_index}')::int4 end from ";

} // namespace

pg::Call<std::int64_t> send(std::string_view queue, std::string_view json, const SendOptions& options) {
    return valueCall<std::int64_t>(
        "send", "select workqueue.send($1::text, $2::jsonb, $3::int4, $4::text, $5::float8)",
        Params::of(queue, json, options.priority, options.organization, seconds(options.delay)));
}

pg::Call<std::vector<std::int64_t>> sendMany(std::string_view queue, std::span<const std::string> json,
                                             const SendOptions& options) {
    return rowsCall(
        "send_many",
        "select id from workqueue.send_many($1::text, $2::text[]::jsonb[], $3::int4, $4::text, $5::float8) as s(id)",
        Params::of(queue, json, options.priority, options.organization, seconds(options.delay)),
        [](const pg::Row& row) { return row.get<std::int64_t>(0); });
}

pg::Call<std::vector<Message>> claim(std::string_view queue, pg::Interval lease, std::int32_t quantity,
                                     std::optional<std::string_view> worker) {
    return rowsCall("claim", std::string(messageColumns) + "workqueue.claim($1::text, $2::float8, $3::int4, $4::text)",
                    Params::of(queue, seconds(lease), quantity, worker), messageFrom);
}

pg::Call<bool> extend(std::int64_t id, std::int32_t token, pg::Interval lease) {
    return valueCall<bool>("extend", "select workqueue.extend($1::bigint, $2::int4, $3::float8)",
                           Params::of(id, token, seconds(lease)));
}

pg::Call<bool> ack(std::int64_t id, std::int32_t token) {
    return valueCall<bool>("ack", "select workqueue.ack($1::bigint, $2::int4)", Params::of(id, token));
}

pg::Call<bool> nack(std::int64_t id, std::int32_t token, pg::Interval delay, std::optional<std::string_view> error) {
    return valueCall<bool>("nack", "select workqueue.nack($1::bigint, $2::int4, $3::float8, $4::text)",
                           Params::of(id, token, seconds(delay), error));
}

pg::Call<bool> bury(std::int64_t id, std::string_view reason, std::optional<std::int32_t> token, bool force) {
    return valueCall<bool>("bury", "select workqueue.bury($1::bigint, $2::text, $3::int4, $4::boolean)",
                           Params::of(id, reason, token, force));
}

pg::Call<std::optional<std::int64_t>> requeue(std::int64_t deadId, bool reset) {
    return valueCall<std::optional<std::int64_t>>("requeue", "select workqueue.requeue($1::bigint, $2::boolean)",
                                                  Params::of(deadId, reset));
}

pg::Call<bool> move(std::int64_t id, std::string_view toQueue) {
    return valueCall<bool>("move", "select workqueue.move($1::bigint, $2::text)", Params::of(id, toQueue));
}

pg::Call<bool> setPriority(std::int64_t id, std::int32_t priority) {
    return valueCall<bool>("set_priority", "select workqueue.set_priority($1::bigint, $2::int4)",
                           Params::of(id, priority));
}

pg::Call<bool> postpone(std::int64_t id, pg::Interval delay) {
    return valueCall<bool>("postpone", "select workqueue.postpone($1::bigint, $2::float8)",
                           Params::of(id, seconds(delay)));
}

pg::Call<bool> rearm(std::int64_t id, std::optional<std::int32_t> token, bool force) {
    return valueCall<bool>("rearm", "select workqueue.rearm($1::bigint, $2::int4, $3::boolean)",
                           Params::of(id, token, force));
}

pg::Call<std::int32_t> purge(std::string_view filterJson, std::int32_t max, bool keep) {
    return valueCall<std::int32_t>("purge", "select workqueue.purge($1::jsonb, $2::int4, $3::boolean)",
                                   Params::of(filterJson, max, keep));
}

pg::Call<std::int32_t> purgeQueue(std::string_view queue, std::int32_t priority, std::int32_t max, bool keep) {
    // The server writes the filter: a queue's name may hold anything.
    return valueCall<std::int32_t>("purge",
                                   "select workqueue.purge(jsonb_strip_nulls(jsonb_build_object('queue', $1::text,"
                                   " 'priority', nullif($2::int4, 0))), $3::int4, $4::boolean)",
                                   Params::of(queue, priority, max, keep));
}

pg::Call<std::int32_t> purgeDead(std::string_view queue, pg::Interval olderThan, std::int32_t max) {
    return valueCall<std::int32_t>("purge_dead", "select workqueue.purge_dead($1::text, $2::interval, $3::int4)",
                                   Params::of(queue, olderThan, max));
}

pg::Call<void> pause(std::string_view queue, std::string_view reason, std::optional<pg::Timestamp> until) {
    return voidCall("pause", "select workqueue.pause($1::text, $2::text, $3::timestamptz)",
                    Params::of(queue, reason, until));
}

pg::Call<void> pauseFor(std::string_view queue, std::string_view reason, pg::Interval length) {
    return voidCall("pause", "select workqueue.pause($1::text, $2::text, clock_timestamp() + $3::interval)",
                    Params::of(queue, reason, length));
}

pg::Call<bool> resume(std::string_view queue) {
    return valueCall<bool>("resume", "select workqueue.resume($1::text)", Params::of(queue));
}

pg::Call<std::int32_t> rearmLapsed(std::int32_t max) {
    return valueCall<std::int32_t>("rearm_lapsed", "select workqueue.rearm_lapsed($1::int4)", Params::of(max));
}

pg::Call<std::int32_t> promoteDue(std::int32_t max) {
    return valueCall<std::int32_t>("promote_due", "select workqueue.promote_due($1::int4)", Params::of(max));
}

pg::Call<Maintained> maint() {
    return rowCall("maint", "select rearmed, promoted, results_swept, markers_purged from workqueue.maint()", {},
                   [](const pg::Row& row) {
                       return Maintained{row.get<std::int32_t>(0), row.get<std::int32_t>(1), row.get<std::int32_t>(2),
                                         row.get<std::int32_t>(3)};
                   });
}

pg::Call<std::optional<std::int64_t>> arm(std::string_view execution, std::string_view organization,
                                          std::int32_t batches, std::chrono::seconds life,
                                          std::optional<std::string_view> callbackJson) {
    return valueCall<std::optional<std::int64_t>>(
        "arm", "select workqueue.arm($1::text, $2::text, $3::int4, $4::int4, $5::jsonb)",
        Params::of(execution, organization, batches, static_cast<std::int32_t>(life.count()), callbackJson));
}

pg::Call<std::optional<std::int64_t>> fanOut(std::string_view execution, std::string_view organization,
                                             std::span<const Header> headers, std::chrono::seconds life,
                                             std::optional<std::string_view> callbackJson) {
    std::vector<std::string> queues;
    std::vector<std::string> payloads;
    std::vector<std::int64_t> priorities;
    std::vector<std::string> organizations;
    for (const Header& header : headers) {
        queues.push_back(header.queue);
        payloads.push_back(header.json);
        priorities.push_back(header.priority);
        organizations.push_back(header.organization);
    }
    return valueCall<std::optional<std::int64_t>>(
        "fan_out",
        "select workqueue.fan_out($1::text, $2::text, $3::text[], $4::text[]::jsonb[], $5::int4[], $6::text[], "
        "$7::int4,"
        " $8::jsonb)",
        Params::of(execution, organization, std::span<const std::string>(queues),
                   std::span<const std::string>(payloads), std::span<const std::int64_t>(priorities),
                   std::span<const std::string>(organizations), static_cast<std::int32_t>(life.count()), callbackJson));
}

pg::Call<bool> claimBatch(const BatchContext& batch) {
    return valueCall<bool>("claim_batch", "select workqueue.claim_batch($1::text, $2::bigint, $3::int4)",
                           Params::of(batch.execution, batch.epoch, batch.index));
}

pg::Call<Finished> finishBatch(const BatchContext& batch, std::string_view resultJson) {
    return rowCall("finish_batch",
                   "select remaining, fired from workqueue.finish_batch($1::text, $2::bigint, $3::int4, $4::jsonb)",
                   Params::of(batch.execution, batch.epoch, batch.index, resultJson), [](const pg::Row& row) {
                       return Finished{row.get<std::optional<std::int32_t>>(0), row.get<bool>(1)};
                   });
}

pg::Call<bool> abort(std::string_view execution, bool keepMarkers, std::optional<std::int64_t> epoch) {
    return valueCall<bool>("abort", "select workqueue.abort($1::text, $2::boolean, $3::bigint)",
                           Params::of(execution, keepMarkers, epoch));
}

pg::Call<bool> claimMarker(std::string_view execution, std::int32_t index) {
    return valueCall<bool>("claim_marker", "select workqueue.claim_marker($1::text, $2::int4)",
                           Params::of(execution, index));
}

pg::Call<std::int32_t> clearMarkers(std::string_view execution) {
    return valueCall<std::int32_t>("clear_markers", "select workqueue.clear_markers($1::text)", Params::of(execution));
}

pg::Call<bool> leaseAcquire(std::string_view leader, pg::Interval window) {
    return valueCall<bool>("lease_acquire", "select workqueue.lease_acquire($1::text, $2::float8)",
                           Params::of(leader, seconds(window)));
}

pg::Call<bool> leaseRenew(std::string_view leader) {
    return valueCall<bool>("lease_renew", "select workqueue.lease_renew($1::text)", Params::of(leader));
}

pg::Call<bool> leaseRelease(std::string_view leader) {
    return valueCall<bool>("lease_release", "select workqueue.lease_release($1::text)", Params::of(leader));
}

} // namespace workqueue
