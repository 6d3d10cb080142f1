// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/workqueues.h"
#include "queries/workshape.h"

// Messages one by one: pages of them, a payload, what an action sees.
namespace queries {

namespace {

using namespace detail;
using domain::WorkGeneration;
using domain::WorkInstall;
using domain::WorkPart;
using pgque::detail::microseconds;
using pgque::detail::optionalMicroseconds;
using pgque::detail::rowsCall;

[[noreturn]] void gone(const char* what) {
    pg::Failure failure;
    failure.kind = pg::ErrorKind::Decode;
    failure.diagnostics.message = what;
    throw pg::Error(std::move(failure));
}

/// How often a message of the queue $1 may be claimed.
std::string allowedReads(const WorkShape& shape) {
    return shape.of.hasSettings
               ? "coalesce((select c.max_attempts from " + shape.schema + "queue_setting c where c.queue_name = $1), 5)"
               : std::string("5");
}

} // namespace

domain::WorkPage workPage(pg::Connection& connection, const WorkInstall& install, const std::string& queue,
                          WorkPart part, const std::optional<domain::WorkPosition>& after, int limit,
                          pg::Deadline deadline, Limits limits) {
    domain::WorkPage page;
    const bool pgmq = install.generation == WorkGeneration::Pgmq;
    const WorkShape shape(install);
    const bool dead = part == WorkPart::Dead;
    if ((dead && !install.hasDeadLetters) || (part == WorkPart::Delayed && !shape.schedules()))
        return page;
    const std::string table = pgmq ? pgmqTable(queue) : dead ? shape.schema + "dead_letter" : shape.messages;
    const std::string id = dead ? "m.dead_id" : "m.msg_id";
    std::string conditions = pgmq ? "true" : "m.queue_name = $1";
    std::string order;
    pg::Params params = pg::Params::of(queue, limit);
    switch (part) {
    case WorkPart::Ready:
        conditions += pgmq ? " and m.vt <= clock_timestamp()" : " and " + shape.ready();
        order = pgmq || !shape.priorities ? "m.msg_id" : "m.priority desc, m.msg_id";
        break;
    case WorkPart::InFlight:
        conditions += pgmq ? " and m.vt > clock_timestamp()" : " and " + shape.claimed();
        order = "m.vt, m.msg_id";
        break;
    case WorkPart::Delayed:
        conditions += " and m.state = 'scheduled'";
        order = "m.available_at, m.msg_id";
        break;
    case WorkPart::OftenRead:
        conditions += " and m.read_ct >= 2";
        order = "m.read_ct desc, m.msg_id";
        break;
    case WorkPart::Poison:
        // The first condition is the index's own, without which it could not be proved to serve the second.
        conditions += " and m.read_ct >= 2 and m.read_ct > " + allowedReads(shape);
        order = "m.read_ct desc, m.msg_id";
        break;
    case WorkPart::Dead:
        order = "m.dead_id desc";
        break;
    }
    // Only the orders that an index has are gone on in; the others are a first page, and long ones say so.
    const bool goesOn = part == WorkPart::Ready || dead;
    if (after && goesOn) {
        if (part == WorkPart::Ready && !pgmq && shape.priorities) {
            // The rest of its band; the page turns to the next band when this one has ended.
            conditions += " and m.priority = $3::smallint and m.msg_id > $4::bigint";
            params.add(after->priority).add(after->id);
        } else {
            conditions += " and " + id + (dead ? " < " : " > ") + "$3::bigint";
            params.add(after->id);
        }
    }
    const std::string sql =
        "select " + id + ", " + (pgmq || !shape.priorities ? "0" : "m.priority::int") + ", " +
        (dead                    ? "'dead'"
         : shape.states && !pgmq ? "m.state"
                                 : "case when m.vt > clock_timestamp() then 'claimed' else 'ready' end") +
        ", " + micros("m.enqueued_at") + ", " + (dead ? "null::bigint" : micros("m.vt")) + ", " +
        (dead                         ? micros("m.died_at")
         : shape.schedules() && !pgmq ? micros("m.available_at")
                                      : "null::bigint") +
        ", m.read_ct, left(m.message->>'task_name', 200), " +
        (install.namesHolders && !dead && !pgmq ? "m.claimed_by" : "null") + ", " +
        (dead                            ? "coalesce(m.reason, m.last_error)"
         : install.namesHolders && !pgmq ? "left(m.last_error, 300)"
                                         : "null") +
        ", pg_column_size(m.message)::bigint, " +
        (install.namesHolders && !dead && !pgmq ? micros("m.claimed_at") : "null::bigint") + " from " + table +
        " m where " + conditions + (pgmq ? " and $1::text is not null" : "") + " order by " + order + " limit $2::int";
    Look look;
    look.part(limits);
    const auto rows = look.ask(rowsCall("work queue messages", sql, std::move(params), [&](const pg::Row& row) {
        domain::WorkMessage message;
        message.id = row.get<std::int64_t>(0);
        message.priority = row.get<std::int32_t>(1);
        message.state = row.get<std::string>(2);
        message.enqueuedAt = microseconds(row, 3);
        if (message.state == "claimed") {
            message.leaseEnds = optionalMicroseconds(row, 4);
            message.claimedAt = optionalMicroseconds(row, 11);
        }
        if (message.state == "scheduled" || message.state == "dead")
            message.dueAt = optionalMicroseconds(row, 5);
        message.reads = row.get<std::int32_t>(6);
        message.task = textOrEmpty(row, 7);
        message.holder = textOrEmpty(row, 8);
        message.error = textOrEmpty(row, 9);
        message.bytes = row.get<std::int64_t>(10);
        return message;
    }));
    const auto clock = look.ask(serverClock());
    const Answers answers = look.run(connection, deadline);
    page.rows = answers.get(rows);
    page.takenAt = answers.get(clock);
    const bool full = static_cast<int>(page.rows.size()) == limit;
    if (goesOn && full)
        page.next = {page.rows.back().priority, page.rows.back().id};
    else if (after && part == WorkPart::Ready && !pgmq && shape.priorities && after->priority > 1) {
        // The band has ended: what is left of the page comes from the bands below.
        for (int priority = after->priority - 1; priority >= 1 && static_cast<int>(page.rows.size()) < limit;
             --priority) {
            const domain::WorkPage below =
                workPage(connection, install, queue, part, domain::WorkPosition{priority, -1},
                         limit - static_cast<int>(page.rows.size()), deadline, limits);
            page.rows.insert(page.rows.end(), below.rows.begin(), below.rows.end());
            page.next = below.next;
            break; // it has gone through the bands below by itself
        }
    }
    return page;
}

std::optional<std::string> workPayload(pg::Connection& connection, const WorkInstall& install, const std::string& queue,
                                       WorkPart part, std::int64_t id, std::int64_t maxBytes, pg::Deadline deadline) {
    const WorkShape shape(install);
    const bool dead = part == WorkPart::Dead;
    const std::string table = install.generation == WorkGeneration::Pgmq ? pgmqTable(queue)
                              : dead                                     ? shape.schema + "dead_letter"
                                                                         : shape.messages;
    const auto found = look(connection,
                            rowsCall("payload of a message",
                                     "select case when octet_length(message::text) <= $2::bigint then message::text"
                                     " else left(message::text, ($2::bigint / 4)::int) end from " +
                                         table + " where " + (dead ? "dead_id" : "msg_id") + " = $1",
                                     pg::Params::of(id, maxBytes),
                                     [](const pg::Row& row) { return row.get<std::optional<std::string>>(0); }),
                            patient, deadline);
    if (found.empty())
        gone("the message is no longer there: it was acknowledged, moved or buried");
    return found.front();
}

pg::Call<WorkQueueNow> workQueueNow(const std::string& queue) {
    return pgque::detail::rowCall(
        "work queue now",
        "select (select count(*) from (select from workqueue.pg_queue_message m where m.state = 'ready'"
        " and m.queue_name = $1 limit 1000) z), (select count(*) from (select from workqueue.pg_queue_message m"
        " where m.state = 'claimed' and m.queue_name = $1 limit 1000) z), exists (select from"
        " workqueue.queue_setting s where s.queue_name = $1 and s.paused"
        " and coalesce(s.paused_until > clock_timestamp(), true))",
        pg::Params::of(queue), [](const pg::Row& row) {
            return WorkQueueNow{row.get<std::int64_t>(0), row.get<std::int64_t>(1), row.get<bool>(2)};
        });
}

pg::Call<std::optional<DeadLetterNow>> deadLetterNow(std::int64_t id) {
    return {"dead letter now",
            {"select queue_name, reason, read_ct from workqueue.dead_letter where dead_id = $1", pg::Params::of(id)},
            [](const pg::Result& result) -> std::optional<DeadLetterNow> {
                if (result.rowCount() == 0)
                    return {};
                const pg::Row row = result.row(0);
                return DeadLetterNow{row.get<std::string>(0), row.get<std::string>(1), row.get<std::int32_t>(2)};
            }};
}

pg::Call<std::int64_t> workPurgeable(const std::string& queue, std::int32_t priority, std::int32_t maximum) {
    return pgque::detail::valueCall<std::int64_t>(
        "messages to purge",
        "select count(*) from (select from workqueue.pg_queue_message m where m.queue_name = $1"
        " and m.state in ('ready', 'scheduled') and ($2::int = 0 or m.priority = $2::int) limit $3::int) z",
        pg::Params::of(queue, priority, maximum));
}

pg::Call<MaintenanceDue> workMaintenanceDue() {
    return pgque::detail::rowCall(
        "maintenance due",
        "select (select count(*) from (select from workqueue.pg_queue_message m where m.state = 'claimed'"
        " and m.vt <= clock_timestamp() limit 1000) z), (select count(*) from (select from"
        " workqueue.pg_queue_message m where m.state = 'scheduled' and m.available_at <= clock_timestamp()"
        " limit 1000) z)",
        {}, [](const pg::Row& row) {
            return MaintenanceDue{row.get<std::int64_t>(0), row.get<std::int64_t>(1)};
        });
}

pg::Call<std::optional<WorkMessageState>> workMessageState(std::int64_t id) {
    return {"work queue message",
            {"select queue_name, state, read_ct, priority::int, state = 'claimed' and vt <= clock_timestamp()"
             " from workqueue.pg_queue_message where msg_id = $1",
             pg::Params::of(id)},
            [](const pg::Result& result) -> std::optional<WorkMessageState> {
                if (result.rowCount() == 0)
                    return {};
                const pg::Row row = result.row(0);
                return WorkMessageState{row.get<std::string>(0), row.get<std::string>(1), row.get<std::int32_t>(2),
                                        row.get<std::int32_t>(3), row.get<bool>(4)};
            }};
}

} // namespace queries
