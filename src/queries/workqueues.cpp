// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/workqueues.h"

#include "queries/columns.h"
#include "queries/look.h"

#include <algorithm>
#include <map>

namespace queries {

namespace {

using detail::micros;
using detail::textOrEmpty;
using domain::WorkGeneration;
using domain::WorkInstall;
using domain::WorkPart;
using pgque::detail::microseconds;
using pgque::detail::optionalMicroseconds;
using pgque::detail::rowsCall;

constexpr Limits patient{std::chrono::seconds(5), std::chrono::milliseconds(200)};
constexpr auto clockNow = "clock_timestamp()";

[[noreturn]] void gone(const char* what) {
    pg::Failure failure;
    failure.kind = pg::ErrorKind::Decode;
    failure.diagnostics.message = what;
    throw pg::Error(std::move(failure));
}

/// How one generation of the tables is asked.
struct Shape {
    explicit Shape(const WorkInstall& install)
        : of(install)
        , schema(detail::quoted(install.schema) + '.')
        , messages(schema + "pg_queue_message")
        , states(install.generation == WorkGeneration::States || install.generation == WorkGeneration::Scheduled) {}

    const WorkInstall& of;
    std::string schema;
    std::string messages;
    bool states;

    bool schedules() const { return of.generation == WorkGeneration::Scheduled; }

    /// Conditions on a message called m. Without states a future lease is all there is: held, or never to be had.
    std::string ready() const { return states ? "m.state = 'ready'" : "m.vt <= clock_timestamp()"; }

    std::string claimed() const { return states ? "m.state = 'claimed'" : "m.vt > clock_timestamp()"; }

    /// What the loose scan over queue names may use.
    std::string walked() const { return states ? "m.state = 'ready'" : "true"; }
};

/// Every queue name of a partial index, found by jumping from one to the next.
std::string looseNames(const Shape& shape, const std::string& name, const std::string& condition) {
    const std::string from = " from " + shape.messages + " m where " + condition;
    return name + "(name) as ((select m.queue_name" + from +
           " order by m.queue_name limit 1) union all select (select m.queue_name" + from + " and m.queue_name > " +
           name + ".name order by m.queue_name limit 1) from " + name + " where " + name + ".name is not null)";
}

struct Band {
    std::string queue;
    domain::WorkBand band;
};

/// Without states held rows gather at the front of a band and are walked over, up to a bound.
pg::Call<std::vector<Band>> bands(const Shape& shape) {
    const std::string cap = std::to_string(bandCap);
    const std::string inBand =
        " from " + shape.messages + " m where m.queue_name = q.name and m.priority = p.priority and ";
    std::string counted = "select count(*) as n from (select" + inBand + shape.ready() + " limit " + cap + " + 1) z";
    if (!shape.states)
        counted = "select count(*) filter (where z.vt <= clock_timestamp()) as n from (select m.vt" + inBand +
                  "true order by m.msg_id limit 10000) z";
    return rowsCall("work queue bands",
                    "with recursive " + looseNames(shape, "q", shape.walked()) +
                        " select q.name, p.priority, least(d.n, " + cap + "), d.n > " + cap + ", " +
                        micros("h.enqueued_at") + ", " + micros(clockNow) +
                        " from q cross join generate_series(10, 1, -1) p(priority) cross join lateral (" + counted +
                        ") d left join lateral (select m.enqueued_at" + inBand + shape.ready() +
                        " order by m.msg_id limit 1) h on true where q.name is not null and d.n > 0 order by 1, 2 desc",
                    {}, [](const pg::Row& row) {
                        Band found;
                        found.queue = row.get<std::string>(0);
                        found.band.priority = row.get<std::int32_t>(1);
                        found.band.ready = {row.get<std::int64_t>(2), row.get<bool>(3), microseconds(row, 5)};
                        found.band.oldest = optionalMicroseconds(row, 4);
                        return found;
                    });
}

/// In flight: so many at most, which is more than workers ever hold.
pg::Call<std::vector<domain::WorkQueue>> inFlight(const Shape& shape) {
    // A loop over a million lapsed leases would cost the server seconds; 100,000 say as much.
    return rowsCall("work queue leases",
                    "select m.queue_name, count(*), count(*) filter (where m.vt <= clock_timestamp()),"
                    " (extract(epoch from max(clock_timestamp() - m.vt)) * 1000000)::bigint, " +
                        micros("min(m.vt) filter (where m.vt > clock_timestamp())") +
                        " from (select m.queue_name, m.vt from " + shape.messages + " m where " + shape.claimed() +
                        " limit 100000) m group by 1",
                    {}, [](const pg::Row& row) {
                        domain::WorkQueue queue;
                        queue.name = row.get<std::string>(0);
                        queue.claimed = row.get<std::int64_t>(1);
                        queue.lapsed = row.get<std::int64_t>(2);
                        if (queue.lapsed > 0)
                            queue.worstLapse = pg::Interval(row.get<std::int64_t>(3));
                        queue.nextLapse = optionalMicroseconds(row, 4);
                        return queue;
                    });
}

pg::Call<std::vector<domain::WorkQueue>> delayed(const Shape& shape) {
    const std::string in = " from " + shape.messages + " m where m.state = 'scheduled' and m.queue_name = s.name";
    return rowsCall("work queue delays",
                    "with recursive " + looseNames(shape, "s", "m.state = 'scheduled'") +
                        " select s.name, (select count(*) from (select" + in +
                        " limit 10000) z), (select count(*) from (select" + in +
                        " and m.available_at <= clock_timestamp() limit 10000) z), " +
                        micros("(select min(m.available_at)" + in + ")") + " from s where s.name is not null",
                    {}, [](const pg::Row& row) {
                        domain::WorkQueue queue;
                        queue.name = row.get<std::string>(0);
                        queue.scheduled = row.get<std::int64_t>(1);
                        queue.overdue = row.get<std::int64_t>(2);
                        queue.nextDue = optionalMicroseconds(row, 3);
                        return queue;
                    });
}

pg::Call<std::vector<domain::WorkQueue>> reads(const Shape& shape) {
    const std::string allowed = shape.of.hasSettings ? "coalesce((select c.max_attempts from " + shape.schema +
                                                           "queue_setting c where c.queue_name = m.queue_name), 5)"
                                                     : std::string("5");
    return rowsCall("work queue reads",
                    "select m.queue_name, count(*) filter (where m.read_ct > " + allowed +
                        "), max(m.read_ct) from (select m.queue_name, m.read_ct from " + shape.messages +
                        " m where m.read_ct >= 2 limit 100000) m group by 1",
                    {}, [](const pg::Row& row) {
                        domain::WorkQueue queue;
                        queue.name = row.get<std::string>(0);
                        queue.poison = row.get<std::int64_t>(1);
                        queue.highestReads = row.get<std::int32_t>(2);
                        return queue;
                    });
}

struct Named {
    std::string queue;
    std::int64_t value = 0;
};

Named namedFrom(const pg::Row& row) {
    return {row.get<std::string>(0), row.get<std::int64_t>(1)};
}

domain::WorkSample pgmqSample(pg::Connection& connection, const WorkInstall& install, pg::Deadline deadline) {
    const auto names = look(connection,
                            rowsCall("PGMQ queues", "select queue_name from pgmq.meta order by 1 limit 500", {},
                                     [](const pg::Row& row) { return row.get<std::string>(0); }),
                            patient, deadline);
    Look look;
    const auto began = [&] {
        look.part(patient);
        return look.ask(serverClock());
    }();

    struct Counts {
        std::int64_t visible = 0;
        std::int64_t hidden = 0;
        std::int64_t lookedAt = 0;
        std::int64_t often = 0;
        std::optional<pg::Timestamp> oldest;
        pg::Timestamp now;
    };

    std::vector<Asked<Counts>> asked;
    for (const std::string& name : names) {
        look.part(patient);
        // By column name: upgraded installs have their columns in another order.
        asked.push_back(look.ask(pgque::detail::rowCall(
            "PGMQ counts",
            "select count(*) filter (where z.vt <= clock_timestamp()), count(*) filter (where z.vt > "
            "clock_timestamp()),"
            " count(*), count(*) filter (where z.read_ct > 5), " +
                micros("min(z.enqueued_at) filter (where z.vt <= clock_timestamp())") + ", " + micros(clockNow) +
                " from (select vt, read_ct, enqueued_at from pgmq." + detail::quoted("q_" + name) +
                " order by msg_id limit 10000) z",
            {}, [](const pg::Row& row) {
                return Counts{row.get<std::int64_t>(0), row.get<std::int64_t>(1),     row.get<std::int64_t>(2),
                              row.get<std::int64_t>(3), optionalMicroseconds(row, 4), microseconds(row, 5)};
            })));
    }
    look.part(patient);
    const auto ended = look.ask(serverClock());
    const Answers answers = look.run(connection, deadline);
    domain::WorkSample sample;
    sample.install = install;
    sample.takenAt = answers.get(ended);
    sample.serverMs = std::chrono::duration<double, std::milli>(sample.takenAt - answers.get(began)).count();
    for (std::size_t i = 0; i < names.size(); ++i) {
        domain::WorkQueue queue;
        queue.name = names[i];
        const Counts counts = answers.get(asked[i]);
        queue.claimed = counts.hidden;
        queue.poison = counts.often;
        if (counts.visible > 0)
            queue.bands.push_back({0, {counts.visible, counts.lookedAt >= 10'000, counts.now}, counts.oldest});
        sample.queues.push_back(std::move(queue));
    }
    return sample;
}

std::string pgmqTable(const std::string& queue) {
    return "pgmq." + detail::quoted("q_" + queue);
}

} // namespace

std::vector<WorkInstall> workInstalls(pg::Connection& connection, pg::Deadline deadline) {
    // Columns say which generation it is; privileges are found out by asking.
    auto found = look(
        connection,
        rowsCall(
            "work queues",
            "with t as (select n.nspname as schema, c.relname as name,"
            " array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0"
            " and not a.attisdropped) as columns from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where c.relkind in ('r', 'p') and (c.relname in ('pg_queue_message', 'pg_barrier_state', "
            "'pg_batch_dedup',"
            " 'pg_orchestrator_lock', 'dead_letter', 'queue_setting') or (n.nspname = 'pgmq' and c.relname = 'meta')))"
            " select m.schema, m.name = 'meta', m.columns @> array['state'], m.columns @> array['available_at'],"
            " m.columns @> array['claimed_by', 'last_error'],"
            " exists (select from t b where b.schema = m.schema and b.name = 'pg_barrier_state'),"
            " exists (select from t b where b.schema = m.schema and b.name = 'pg_batch_dedup'),"
            " exists (select from t b where b.schema = m.schema and b.name = 'pg_orchestrator_lock'),"
            " exists (select from t b where b.schema = m.schema and b.name = 'dead_letter'"
            " and b.columns @> array['dead_id', 'died_at']),"
            " exists (select from t b where b.schema = m.schema and b.name = 'queue_setting')"
            " from t m where m.name = 'meta' or (m.name = 'pg_queue_message'"
            " and m.columns @> array['msg_id', 'queue_name', 'message', 'vt', 'read_ct', 'priority'])"
            " order by m.schema <> 'workqueue', m.name = 'meta', 1",
            {},
            [](const pg::Row& row) {
                WorkInstall install;
                install.schema = row.get<std::string>(0);
                install.generation = row.get<bool>(1)    ? WorkGeneration::Pgmq
                                     : !row.get<bool>(2) ? WorkGeneration::LeaseOnly
                                     : row.get<bool>(3)  ? WorkGeneration::Scheduled
                                                         : WorkGeneration::States;
                install.namesHolders = row.get<bool>(4);
                install.hasBarriers = row.get<bool>(5);
                install.hasMarkers = row.get<bool>(6);
                install.hasLeader = row.get<bool>(7);
                install.hasDeadLetters = row.get<bool>(8);
                install.hasSettings = row.get<bool>(9);
                install.ours = install.hasDeadLetters && install.hasSettings && install.namesHolders;
                return install;
            }),
        patient, deadline);
    return found;
}

domain::WorkSample workSample(pg::Connection& connection, const WorkInstall& install, pg::Deadline deadline) {
    if (install.generation == WorkGeneration::Pgmq)
        return pgmqSample(connection, install, deadline);
    const Shape shape(install);
    Look look;
    look.part(patient);
    const auto began = look.ask(serverClock());
    const auto waiting = look.ask(bands(shape));
    const auto held = look.ask(inFlight(shape));
    const auto often = look.ask(reads(shape));
    std::optional<Asked<std::vector<domain::WorkQueue>>> later;
    if (shape.schedules())
        later = look.ask(delayed(shape));
    std::optional<Asked<std::vector<Named>>> dead;
    if (install.hasDeadLetters)
        dead = look.ask(rowsCall("work queue dead letters",
                                 "select l.queue_name, count(*) from (select queue_name from " + shape.schema +
                                     "dead_letter limit 10000) l group by 1",
                                 {}, namedFrom));
    std::optional<Asked<std::vector<Named>>> paused;
    if (install.hasSettings)
        paused =
            look.ask(rowsCall("work queue settings",
                              "select queue_name, (paused and coalesce(paused_until > clock_timestamp(), true))::int"
                              " from " +
                                  shape.schema + "queue_setting limit 10000",
                              {}, namedFrom));
    std::optional<Asked<std::vector<domain::WorkLeader>>> leader;
    if (install.hasLeader)
        leader = look.ask(rowsCall("work queue leader",
                                   "select leader, " + micros("acquired_at") + " from " + shape.schema +
                                       "pg_orchestrator_lock where id = 1",
                                   {}, [](const pg::Row& row) {
                                       return domain::WorkLeader{textOrEmpty(row, 0), microseconds(row, 1)};
                                   }));
    const auto ended = look.ask(serverClock());
    const Answers answers = look.run(connection, deadline);

    std::map<std::string, domain::WorkQueue> queues;
    const auto at = [&queues](const std::string& name) -> domain::WorkQueue& {
        domain::WorkQueue& queue = queues[name];
        queue.name = name;
        return queue;
    };
    for (const Band& band : answers.get(waiting))
        at(band.queue).bands.push_back(band.band);
    for (const domain::WorkQueue& part : answers.get(held)) {
        domain::WorkQueue& queue = at(part.name);
        queue.claimed = part.claimed;
        queue.lapsed = part.lapsed;
        queue.worstLapse = part.worstLapse;
        queue.nextLapse = part.nextLapse;
    }
    for (const domain::WorkQueue& part : answers.get(often)) {
        domain::WorkQueue& queue = at(part.name);
        queue.poison = part.poison;
        queue.highestReads = part.highestReads;
    }
    if (later) {
        for (const domain::WorkQueue& part : answers.get(*later)) {
            domain::WorkQueue& queue = at(part.name);
            queue.scheduled = part.scheduled;
            queue.overdue = part.overdue;
            queue.nextDue = part.nextDue;
        }
    }
    if (dead) {
        for (const Named& one : answers.get(*dead))
            at(one.queue).dead = one.value;
    }
    if (paused) {
        for (const Named& one : answers.get(*paused))
            at(one.queue).paused = one.value != 0;
    }
    domain::WorkSample sample;
    sample.install = install;
    if (leader) {
        if (const auto found = answers.get(*leader); !found.empty())
            sample.leader = found.front();
    }
    sample.takenAt = answers.get(ended);
    sample.serverMs = std::chrono::duration<double, std::milli>(sample.takenAt - answers.get(began)).count();
    for (auto& [name, queue] : queues)
        sample.queues.push_back(std::move(queue));
    return sample;
}

domain::WorkPage workPage(pg::Connection& connection, const WorkInstall& install, const std::string& queue,
                          WorkPart part, const std::optional<domain::WorkPosition>& after, int limit,
                          pg::Deadline deadline) {
    domain::WorkPage page;
    const bool pgmq = install.generation == WorkGeneration::Pgmq;
    const Shape shape(install);
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
        order = pgmq ? "m.msg_id" : "m.priority desc, m.msg_id";
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
    case WorkPart::Dead:
        order = "m.dead_id desc";
        break;
    }
    // Only the orders that an index has are gone on in; the others are a first page, and long ones say so.
    const bool goesOn = part == WorkPart::Ready || dead;
    if (after && goesOn) {
        if (part == WorkPart::Ready && !pgmq) {
            // The rest of its band; the page turns to the next band when this one has ended.
            conditions += " and m.priority = $3::smallint and m.msg_id > $4::bigint";
            params.add(after->priority).add(after->id);
        } else {
            conditions += " and " + id + (dead ? " < " : " > ") + "$3::bigint";
            params.add(after->id);
        }
    }
    const std::string sql =
        "select " + id + ", " + (pgmq ? "0" : "m.priority::int") + ", " +
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
        ", pg_column_size(m.message)::bigint from " + table + " m where " + conditions +
        (pgmq ? " and $1::text is not null" : "") + " order by " + order + " limit $2::int";
    Look look;
    look.part(patient);
    const auto rows = look.ask(rowsCall("work queue messages", sql, std::move(params), [&](const pg::Row& row) {
        domain::WorkMessage message;
        message.id = row.get<std::int64_t>(0);
        message.priority = row.get<std::int32_t>(1);
        message.state = row.get<std::string>(2);
        message.enqueuedAt = microseconds(row, 3);
        if (message.state == "claimed")
            message.leaseEnds = optionalMicroseconds(row, 4);
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
    else if (after && part == WorkPart::Ready && !pgmq && after->priority > 1) {
        // The band has ended: what is left of the page comes from the bands below.
        for (int priority = after->priority - 1; priority >= 1 && static_cast<int>(page.rows.size()) < limit;
             --priority) {
            const domain::WorkPage below =
                workPage(connection, install, queue, part, domain::WorkPosition{priority, -1},
                         limit - static_cast<int>(page.rows.size()), deadline);
            page.rows.insert(page.rows.end(), below.rows.begin(), below.rows.end());
            page.next = below.next;
            break; // it has gone through the bands below by itself
        }
    }
    return page;
}

std::optional<std::string> workPayload(pg::Connection& connection, const WorkInstall& install, const std::string& queue,
                                       WorkPart part, std::int64_t id, std::int64_t maxBytes, pg::Deadline deadline) {
    const Shape shape(install);
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

pg::Call<std::optional<BarrierNow>> barrierNow(const std::string& execution) {
    return {"barrier now",
            {"select b.remaining::bigint, (select count(*) from workqueue.pg_batch_dedup d"
             " where d.execution_id = b.execution_id) from workqueue.pg_barrier_state b where b.execution_id = $1",
             pg::Params::of(execution)},
            [](const pg::Result& result) -> std::optional<BarrierNow> {
                if (result.rowCount() == 0)
                    return {};
                return BarrierNow{result.row(0).get<std::int64_t>(0), result.row(0).get<std::int64_t>(1)};
            }};
}

domain::Barriers barriers(pg::Connection& connection, const WorkInstall& install, pg::Deadline deadline) {
    domain::Barriers found;
    if (!install.hasBarriers)
        return found;
    const Shape shape(install);
    const std::string started = install.hasMarkers ? "(select count(*) from " + shape.schema +
                                                         "pg_batch_dedup d where d.execution_id = b.execution_id)"
                                                   : std::string("0");
    // total and epoch are ours; results are never read in a list.
    const std::string total = install.ours ? "b.total::bigint" : "null::bigint";
    const std::string epoch = install.ours ? "b.epoch" : "0";
    Look look;
    look.part(patient);
    const auto rows =
        look.ask(rowsCall("barriers",
                          "select b.execution_id, b.organization_id, b.remaining::bigint, " + total + ", " + started +
                              ", " + epoch + "::bigint, " + micros("b.created_at") + ", " +
                              micros("b.last_progress_at") + ", " + micros("b.expires_at") + " from " + shape.schema +
                              "pg_barrier_state b order by b.last_progress_at limit 500",
                          {}, [](const pg::Row& row) {
                              domain::Barrier barrier;
                              barrier.execution = row.get<std::string>(0);
                              barrier.organization = textOrEmpty(row, 1);
                              barrier.remaining = row.get<std::int64_t>(2);
                              barrier.total = row.get<std::optional<std::int64_t>>(3);
                              barrier.started = row.get<std::int64_t>(4);
                              barrier.epoch = row.get<std::int64_t>(5);
                              barrier.createdAt = microseconds(row, 6);
                              barrier.progressAt = microseconds(row, 7);
                              barrier.expiresAt = microseconds(row, 8);
                              return barrier;
                          }));
    std::optional<Asked<std::int64_t>> orphans;
    if (install.hasMarkers)
        orphans = look.ask(pgque::detail::valueCall<std::int64_t>(
            "orphan markers",
            "with recursive e(id) as ((select execution_id from " + shape.schema +
                "pg_batch_dedup order by 1 limit 1) union all select (select d.execution_id from " + shape.schema +
                "pg_batch_dedup d where d.execution_id > e.id order by 1 limit 1) from e where e.id is not null)"
                " select count(*) from (select from e where e.id is not null and not exists (select from " +
                shape.schema + "pg_barrier_state b where b.execution_id = e.id) limit 200) z",
            {}));
    const auto clock = look.ask(serverClock());
    const Answers answers = look.run(connection, deadline);
    found.rows = answers.get(rows);
    if (orphans)
        found.orphanMarkers = answers.get(*orphans);
    found.takenAt = answers.get(clock);
    return found;
}

domain::BarrierDetail barrierDetail(pg::Connection& connection, const WorkInstall& install,
                                    const std::string& execution, pg::Deadline deadline) {
    const Shape shape(install);
    const std::string finished = install.ours ? micros("d.finished_at") : "null::bigint";
    const std::string total = install.ours ? "coalesce(b.total, 0)" : "0";

    struct Row {
        std::int64_t index = 0;
        std::optional<pg::Timestamp> started;
        std::optional<pg::Timestamp> finished;
    };

    Look look;
    look.part(patient);
    const auto marked = look.ask(
        rowsCall("batches",
                 "select i.n, " + micros("d.created_at") + ", " + finished +
                     " from (select n from generate_series(0, (select greatest(" + total +
                     ", coalesce((select max(batch_index) + 1"
                     " from " +
                     shape.schema + "pg_batch_dedup where execution_id = $1), 0)) from (select 1) one left join " +
                     shape.schema + "pg_barrier_state b on b.execution_id = $1) - 1) n limit 2000) i left join " +
                     shape.schema + "pg_batch_dedup d on d.execution_id = $1 and d.batch_index = i.n order by i.n",
                 pg::Params::of(execution), [](const pg::Row& row) {
                     return Row{row.get<std::int64_t>(0), optionalMicroseconds(row, 1), optionalMicroseconds(row, 2)};
                 }));

    struct Live {
        std::int64_t index = 0;
        std::int64_t message = 0;
        bool running = false;
    };

    // Held messages are few; those that wait are not searched for: a batch without a marker has not begun.
    const auto live = look.ask(rowsCall(
        "live messages of an execution",
        "select (c.context->>'batch_index')::bigint, c.msg_id, c.vt > clock_timestamp() from (select m.msg_id, m.vt,"
        " m.message->'kwargs'->'_barrier_context' as context from " +
            shape.messages + " m where " + shape.claimed() +
            " limit 100000) c where c.context->>'execution_id' = $1 and (c.context->>'batch_index') ~ '^[0-9]{1,9}$'",
        pg::Params::of(execution), [](const pg::Row& row) {
            return Live{row.get<std::int64_t>(0), row.get<std::int64_t>(1), row.get<bool>(2)};
        }));
    const auto clock = look.ask(serverClock());
    const Answers answers = look.run(connection, deadline);
    std::map<std::int64_t, Live> held;
    for (const Live& one : answers.get(live))
        held[one.index] = one;
    domain::BarrierDetail found;
    found.takenAt = answers.get(clock);
    using State = domain::BarrierBatch::State;
    for (const Row& row : answers.get(marked)) {
        domain::BarrierBatch batch{row.index, State::NotStarted, row.started, row.finished, {}};
        const auto message = held.find(row.index);
        if (message != held.end())
            batch.message = message->second.message;
        if (row.finished)
            batch.state = State::Finished;
        else if (message != held.end() && message->second.running && row.started)
            batch.state = State::Running;
        else if (row.started)
            batch.state = install.ours ? State::Lost : State::Unknown;
        found.batches.push_back(batch);
    }
    return found;
}

} // namespace queries
