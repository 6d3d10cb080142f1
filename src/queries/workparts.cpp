// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/workparts.h"

namespace queries::detail {

namespace {

/// Rows of a band's front that are walked over where no index tells more.
constexpr auto walked = "10000";
constexpr auto front = "1000";

/// Queues and their priorities, for laterals that begin with a band's front.
std::string eachBand(const WorkShape& shape) {
    return "from q cross join " + std::string(shape.priorities ? "generate_series(10, 1, -1)" : "(values (0))") +
           " p(priority)";
}

std::string inBand(const WorkShape& shape) {
    return " from " + shape.messages + " m where m.queue_name = q.name and " +
           (shape.priorities ? "m.priority = p.priority and " : "");
}

std::string limited(const std::string& inner) {
    return "select count(*) from (select" + inner + ") z";
}

/// Every band by what an index of this generation can tell: name, priority, ready, more of them, oldest, head's id and
/// reads, now, held, next lapse.
std::string bandsSql(const WorkShape& shape) {
    const std::string cap = std::to_string(bandCap);
    const std::string in = inBand(shape);
    const std::string columns = " select q.name, p.priority, least(d.ready, " + cap + "), d.more, " +
                                micros("h.enqueued_at") + ", h.msg_id, h.read_ct, " + micros(clockNow) + ", d.held, " +
                                micros("d.next") + ' ' + eachBand(shape) + " cross join lateral ";
    const std::string sorted = " where q.name is not null and d.ready + d.held > 0 order by 1, 2 desc";
    const std::string names = "with recursive " + looseNames(shape, "q", shape.walked());
    if (shape.states) {
        // Held ones are in no way of the index; they are counted by themselves.
        return names + columns + "(select z.n as ready, z.n > " + cap +
               " as more, 0 as held, null::timestamptz as next from (" +
               limited(in + shape.ready() + " limit " + cap + " + 1") +
               ") z(n)) d left join lateral (select m.enqueued_at, m.msg_id, m.read_ct" + in + shape.ready() +
               " order by m.msg_id limit 1) h on true" + sorted;
    }
    if (shape.priorities) {
        // Held rows gather at the front of a band and are walked over, up to a bound.
        return names + columns +
               "(select count(*) filter (where z.vt <= clock_timestamp()) as ready, count(*) = " + walked +
               " or count(*) filter (where z.vt <= clock_timestamp()) > " + cap +
               " as more, count(*) filter (where z.vt > clock_timestamp()) as held,"
               " min(z.vt) filter (where z.vt > clock_timestamp()) as next,"
               " min(z.msg_id) filter (where z.vt <= clock_timestamp()) as head from (select m.vt, m.msg_id" +
               in + "true order by m.msg_id limit " + walked +
               ") z) d left join lateral (select m.enqueued_at, m.msg_id, m.read_ct from " + shape.messages +
               " m where m.msg_id = d.head) h on true" + sorted;
    }
    return names + columns + "(select z.n as ready, z.n > " + cap + " as more, (" +
           limited(in + shape.claimed() + " limit " + walked) + ") as held, (select min(m.vt)" + in + shape.claimed() +
           ") as next from (" + limited(in + shape.ready() + " limit " + cap + " + 1") +
           ") z(n)) d left join lateral (select m.enqueued_at, m.msg_id, m.read_ct" + in + shape.ready() +
           " order by m.vt, m.msg_id limit 1) h on true" + sorted;
}

} // namespace

pg::Call<std::vector<WorkBandRow>> workBands(const WorkShape& shape) {
    return pgque::detail::rowsCall("work queue bands", bandsSql(shape), {}, [](const pg::Row& row) {
        WorkBandRow found;
        found.queue = row.get<std::string>(0);
        found.band.priority = row.get<std::int32_t>(1);
        found.band.ready = {row.get<std::int64_t>(2), row.get<bool>(3), pgque::detail::microseconds(row, 7)};
        found.band.oldest = pgque::detail::optionalMicroseconds(row, 4);
        found.band.headId = row.get<std::optional<std::int64_t>>(5);
        found.band.headReads = row.get<std::optional<std::int32_t>>(6).value_or(0);
        found.band.claimed = row.get<std::int64_t>(8);
        found.nextLapse = pgque::detail::optionalMicroseconds(row, 9);
        return found;
    });
}

pg::Call<std::vector<WorkHeldRow>> workHeld(const WorkShape& shape) {
    // A loop over a million lapsed leases would cost the server seconds; 100,000 say as much.
    return pgque::detail::rowsCall(
        "work queue leases",
        "select m.queue_name, m.priority::int, count(*), count(*) filter (where m.vt <= clock_timestamp()),"
        " (extract(epoch from max(clock_timestamp() - m.vt)) * 1000000)::bigint, " +
            micros("min(m.vt) filter (where m.vt > clock_timestamp())") +
            " from (select m.queue_name, m.priority, m.vt from " + shape.messages + " m where " + shape.claimed() +
            " limit 100000) m group by 1, 2",
        {}, [](const pg::Row& row) {
            WorkHeldRow held{row.get<std::string>(0),
                             row.get<std::int32_t>(1),
                             row.get<std::int64_t>(2),
                             row.get<std::int64_t>(3),
                             std::nullopt,
                             pgque::detail::optionalMicroseconds(row, 5)};
            if (held.lapsed > 0)
                held.worstLapse = pg::Interval(row.get<std::int64_t>(4));
            return held;
        });
}

pg::Call<std::vector<domain::WorkQueue>> workScheduled(const WorkShape& shape) {
    const std::string cap = std::to_string(bandCap);
    const std::string in = " from " + shape.messages + " m where m.state = 'scheduled' and m.queue_name = s.name";
    return pgque::detail::rowsCall("work queue delays",
                                   "with recursive " + looseNames(shape, "s", "m.state = 'scheduled'") +
                                       " select s.name, (select count(*) from (select" + in +
                                       " limit 10000) z), (select count(*) from (select" + in +
                                       " and m.available_at <= clock_timestamp() limit " + cap + ") z), " + "(select " +
                                       micros("min(m.available_at)") + in + ") from s where s.name is not null",
                                   {}, [](const pg::Row& row) {
                                       domain::WorkQueue queue;
                                       queue.name = row.get<std::string>(0);
                                       queue.scheduled = row.get<std::int64_t>(1);
                                       queue.overdue = row.get<std::int64_t>(2);
                                       queue.nextDue = pgque::detail::optionalMicroseconds(row, 3);
                                       return queue;
                                   });
}

pg::Call<std::vector<WorkReadsRow>> workReads(const WorkShape& shape) {
    std::string from;
    std::string names;
    if (shape.of.indexesReads) {
        from = "select m.queue_name, m.read_ct from " + shape.messages + " m where m.read_ct >= 2 limit 1000000";
    } else {
        names = "with recursive " + looseNames(shape, "q", shape.walked()) + ' ';
        from = "select f.queue_name, f.read_ct " + eachBand(shape) +
               " cross join lateral (select m.queue_name, m.read_ct" + inBand(shape) +
               (shape.states ? shape.ready() : "true") + " order by " + (shape.priorities ? "" : "m.vt, ") +
               "m.msg_id limit " + (shape.states || !shape.priorities ? front : walked) +
               ") f where q.name is not null";
        if (shape.states)
            from = '(' + from + ") union all (select m.queue_name, m.read_ct from " + shape.messages + " m where " +
                   shape.claimed() + " limit 100000)";
    }
    return pgque::detail::rowsCall(
        "work queue reads",
        names + "select m.queue_name, m.read_ct, count(*) from (" + from +
            ") m where m.read_ct >= 2 group by 1, 2 order by 1, 2",
        {}, [](const pg::Row& row) {
            return WorkReadsRow{row.get<std::string>(0), {row.get<std::int32_t>(1), row.get<std::int64_t>(2)}};
        });
}

} // namespace queries::detail
