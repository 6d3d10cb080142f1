// SPDX-License-Identifier: GPL-3.0-or-later
#include "domain/moment.h"

#include "domain/bytes.h"
#include "domain/workrows.h"

#include <algorithm>

namespace domain {

namespace bytes {

template <>
inline constexpr int enumerators<Role> = 4;
template <>
inline constexpr int enumerators<Severity> = 3;
template <>
inline constexpr int enumerators<SchemaOrigin> = 5;
template <>
inline constexpr int enumerators<pg::ErrorKind> = 8;
template <>
inline constexpr int enumerators<pg::Effect> = 2;

DOMAIN_ROW(Tick) {
    codec(now.id, before.id);
    codec(now.time, before.time);
    codec(now.eventSeq, before.eventSeq);
    codec(now.xmin, before.xmin);
    codec(now.xmax, before.xmax);
}

DOMAIN_ROW(Count) {
    codec(now.value, before.value);
    codec(now.capped, before.capped);
    codec(now.takenAt, before.takenAt);
}

DOMAIN_ROW(Queue) {
    codec(now.id, before.id);
    codec(now.name, before.name);
    codec(now.tableCount, before.tableCount);
    codec(now.currentTable, before.currentTable);
    codec(now.rotationPeriod, before.rotationPeriod);
    codec(now.switchTime, before.switchTime);
    codec(now.switchStep1, before.switchStep1);
    codec(now.switchStep2, before.switchStep2);
    codec(now.externalTicker, before.externalTicker);
    codec(now.insertDisabled, before.insertDisabled);
    codec(now.tickerPaused, before.tickerPaused);
    codec(now.tickerMaxCount, before.tickerMaxCount);
    codec(now.tickerMaxLag, before.tickerMaxLag);
    codec(now.tickerIdlePeriod, before.tickerIdlePeriod);
    codec(now.maxRetries, before.maxRetries);
    codec(now.dataPrefix, before.dataPrefix);
    codec(now.eventSequence, before.eventSequence);
    codec(now.tickSequence, before.tickSequence);
    codec(now.lastTick, before.lastTick);
    codec(now.earlierTick, before.earlierTick);
    codec(now.eventSeqNow, before.eventSeqNow);
    codec(now.retry, before.retry);
    codec(now.retryDue, before.retryDue);
    codec(now.oldestRetryDue, before.oldestRetryDue);
    codec(now.retryAhead, before.retryAhead);
    codec(now.retryLastTry, before.retryLastTry);
    codec(now.dead, before.dead);
    codec(now.newestDead, before.newestDead);
    codec(now.lowestTick, before.lowestTick);
    codec(now.lowestTickMissing, before.lowestTickMissing);
}

DOMAIN_ROW(Subscription) {
    codec(now.queueId, before.queueId);
    codec(now.consumerId, before.consumerId);
    codec(now.consumerName, before.consumerName);
    codec(now.subId, before.subId);
    codec(now.role, before.role);
    codec(now.roleText, before.roleText);
    codec(now.lastTick, before.lastTick);
    codec(now.nextTick, before.nextTick);
    codec(now.batch, before.batch);
    codec(now.active, before.active);
    codec(now.lastTickTime, before.lastTickTime);
    codec(now.lastTickSeq, before.lastTickSeq);
    codec(now.lastTickXmin, before.lastTickXmin);
    codec(now.nextTickTime, before.nextTickTime);
    codec(now.nextTickSeq, before.nextTickSeq);
    codec(now.batchSince, before.batchSince);
    codec(now.takeovers, before.takeovers);
    codec(now.batchFirstSeen, before.batchFirstSeen);
}

DOMAIN_ROW(Backend) {
    codec(now.pid, before.pid);
    codec(now.user, before.user);
    codec(now.application, before.application);
    codec(now.database, before.database);
    codec(now.state, before.state);
    codec(now.waitEvent, before.waitEvent);
    codec(now.started, before.started);
    codec(now.transactionSince, before.transactionSince);
    codec(now.stateSince, before.stateSince);
    codec(now.xid, before.xid);
    codec(now.xmin, before.xmin);
    codec(now.receiveArguments, before.receiveArguments);
}

DOMAIN_ROW(RowLock) {
    codec(now.queueId, before.queueId);
    codec(now.consumerId, before.consumerId);
    codec(now.pid, before.pid);
    codec(now.application, before.application);
    codec(now.state, before.state);
    codec(now.since, before.since);
    codec(now.waiting, before.waiting);
    codec(now.transaction, before.transaction);
    codec(now.sinceIsLeast, before.sinceIsLeast);
}

DOMAIN_ROW(PreparedTransaction) {
    codec(now.gid, before.gid);
    codec(now.owner, before.owner);
    codec(now.database, before.database);
    codec(now.preparedAt, before.preparedAt);
    codec(now.xid, before.xid);
}

DOMAIN_ROW(EventTableLock) {
    codec(now.queueId, before.queueId);
    codec(now.table, before.table);
    codec(now.pid, before.pid);
    codec(now.application, before.application);
    codec(now.state, before.state);
    codec(now.since, before.since);
    codec(now.writes, before.writes);
    codec(now.transaction, before.transaction);
    codec(now.sinceIsLeast, before.sinceIsLeast);
}

DOMAIN_ROW(OwnerSession) {
    codec(now.queueId, before.queueId);
    codec(now.consumerId, before.consumerId);
    codec(now.application, before.application);
    codec(now.pids, before.pids);
    codec(now.state, before.state);
    codec(now.stateSince, before.stateSince);
    codec(now.seenAt, before.seenAt);
    codec(now.gone, before.gone);
}

DOMAIN_ROW(Slot) {
    codec(now.name, before.name);
    codec(now.active, before.active);
    codec(now.xmin, before.xmin);
}

DOMAIN_ROW(Standby) {
    codec(now.pid, before.pid);
    codec(now.application, before.application);
    codec(now.xmin, before.xmin);
}

DOMAIN_ROW(TableHealth) {
    codec(now.table, before.table);
    codec(now.live, before.live);
    codec(now.dead, before.dead);
    codec(now.vacuumedAt, before.vacuumedAt);
}

DOMAIN_ROW(Upkeep) {
    codec(now.takenAt, before.takenAt);
    codec(now.nextXid, before.nextXid);
    codec(now.replicationSlots, before.replicationSlots);
    codec(now.standbys, before.standbys);
    codec(now.tables, before.tables);
    codec(now.ownerlessRetries, before.ownerlessRetries);
    codec(now.memberDeadLetters, before.memberDeadLetters);
}

DOMAIN_ROW(SampleCost) {
    codec(now.serverMs, before.serverMs);
    codec(now.roundTripMs, before.roundTripMs);
    codec(now.bytes, before.bytes);
    codec(now.statements, before.statements);
    codec(now.wholeMs, before.wholeMs);
}

DOMAIN_ROW(pg::Diagnostics) {
    codec(now.severity, before.severity);
    codec(now.sqlState, before.sqlState);
    codec(now.message, before.message);
    codec(now.detail, before.detail);
    codec(now.hint, before.hint);
    codec(now.context, before.context);
    codec(now.schema, before.schema);
    codec(now.table, before.table);
    codec(now.column, before.column);
    codec(now.constraint, before.constraint);
}

DOMAIN_ROW(pg::Failure) {
    codec(now.kind, before.kind);
    codec(now.effect, before.effect);
    codec(now.diagnostics, before.diagnostics);
    codec(now.statement, before.statement);
}

DOMAIN_ROW(PartError) {
    codec(now.part, before.part);
    codec(now.failure, before.failure);
}

DOMAIN_ROW(Capabilities) {
    codec(now.serverVersion, before.serverVersion);
    codec(now.serverVersionText, before.serverVersionText);
    codec(now.host, before.host);
    codec(now.port, before.port);
    codec(now.database, before.database);
    codec(now.user, before.user);
    codec(now.tls, before.tls);
    codec(now.inRecovery, before.inRecovery);
    codec(now.throughPooler, before.throughPooler);
    codec(now.superuser, before.superuser);
    codec(now.readsAllStats, before.readsAllStats);
    codec(now.signalsBackends, before.signalsBackends);
    codec(now.origin, before.origin);
    codec(now.schemaVersion, before.schemaVersion);
    codec(now.originText, before.originText);
    codec(now.columns, before.columns);
    codec(now.executableFunctions, before.executableFunctions);
    codec(now.existingFunctions, before.existingFunctions);
    codec(now.readableTables, before.readableTables);
    codec(now.writableTables, before.writableTables);
    codec(now.memberOf, before.memberOf);
    codec(now.schemaUsable, before.schemaUsable);
    codec(now.cluster, before.cluster);
    codec(now.install, before.install);
}

DOMAIN_ROW(Subject) {
    codec(now.queue, before.queue);
    codec(now.consumer, before.consumer);
    codec(now.member, before.member);
    codec(now.batch, before.batch);
}

DOMAIN_ROW(Culprit) {
    codec(now.pid, before.pid);
    codec(now.application, before.application);
    codec(now.gid, before.gid);
}

DOMAIN_ROW(Evidence) {
    codec(now.fact, before.fact);
    codec(now.query, before.query);
}

DOMAIN_ROW(SeenSubscription) {
    codec(now.batch, before.batch);
    codec(now.lastTick, before.lastTick);
    codec(now.nextTick, before.nextTick);
    codec(now.seenAt, before.seenAt);
}

DOMAIN_ROW(ActionRequest) {
    codec(now.action, before.action);
    codec(now.queue, before.queue);
    codec(now.consumer, before.consumer);
    codec(now.subconsumer, before.subconsumer);
    codec(now.batch, before.batch);
    codec(now.seen, before.seen);
    codec(now.arguments, before.arguments);
    codec(now.reason, before.reason);
    codec(now.shown, before.shown);
}

DOMAIN_ROW(Finding) {
    codec(now.rule, before.rule);
    codec(now.severity, before.severity);
    codec(now.subject, before.subject);
    codec(now.since, before.since);
    codec(now.title, before.title);
    codec(now.cause, before.cause);
    codec(now.consequence, before.consequence);
    codec(now.culprit, before.culprit);
    codec(now.evidence, before.evidence);
    codec(now.remedies, before.remedies);
}

DOMAIN_ROW(NotEvaluated) {
    codec(now.rule, before.rule);
    codec(now.why, before.why);
}

DOMAIN_ROW(QueueEvents) {
    codec(now.queueId, before.queueId);
    codec(now.events, before.events);
}

DOMAIN_ROW(Inflow) {
    codec(now.elapsed, before.elapsed);
    codec.keyed(now.queues, before.queues, [](const QueueEvents& row) { return row.queueId; });
}

/// What a snapshot has besides its lists.
DOMAIN_ROW(Snapshot) {
    codec(now.number, before.number);
    codec(now.takenAt, before.takenAt);
    codec(now.cost, before.cost);
    codec(now.capabilities, before.capabilities);
    codec(now.errors, before.errors);
    codec(now.replayedAt, before.replayedAt);
}

namespace {

/// 1 had no work queues and no inflow, 2 no sessions by their names.
constexpr std::uint64_t format = 3;

enum class Part : std::uint64_t { None, Same, Changed };

/// Null, the same as before, or what has changed in it.
template <class T, class Write>
void part(Encoder& out, const T* now, const T* before, Write write) {
    const Part said = !now ? Part::None : now == before ? Part::Same : Part::Changed;
    out.number(static_cast<std::uint64_t>(said));
    static const T none{};
    if (said == Part::Changed)
        write(*now, before ? *before : none);
}

template <class T, class Read>
void part(Decoder& in, std::shared_ptr<const T>& value, Read read) {
    switch (in.number()) {
    case std::uint64_t(Part::None):
        value.reset();
        return;
    case std::uint64_t(Part::Same):
        if (!value)
            throw BadBytes("what should be the same as before was not there");
        return;
    case std::uint64_t(Part::Changed): {
        auto next = value ? std::make_shared<T>(*value) : std::make_shared<T>();
        read(*next);
        value = std::move(next);
        return;
    }
    default:
        throw BadBytes("a part is not known here");
    }
}

} // namespace

} // namespace bytes

std::optional<double> Inflow::rate(std::int32_t queueId) const {
    const auto found = std::find_if(queues.begin(), queues.end(),
                                    [queueId](const QueueEvents& one) { return one.queueId == queueId; });
    if (found == queues.end() || elapsed <= Interval(0))
        return std::nullopt;
    return static_cast<double>(found->events) / std::chrono::duration<double>(elapsed).count();
}

std::string encode(const Moment& now, const Moment* before) {
    static const Snapshot noSnapshot;
    static const Diagnosis noDiagnosis;
    const Snapshot& then = before && before->snapshot ? *before->snapshot : noSnapshot;
    const Snapshot& snapshot = now.snapshot ? *now.snapshot : noSnapshot;
    bytes::Encoder out;
    out.number(bytes::format);
    out.number(before != nullptr);
    out.row(snapshot, then);
    out.rows(snapshot.queues, then.queues, [](const Queue& row) { return row.id; });
    out.rows(snapshot.subscriptions, then.subscriptions,
             [](const Subscription& row) { return std::pair(row.queueId, row.consumerId); });
    bytes::part(out, snapshot.activity.get(), then.activity.get(), [&](const Activity& is, const Activity& was) {
        out.number(bytes::zigzag((is.takenAt - was.takenAt).count()));
        out.rows(is.rowLocks, was.rowLocks,
                 [](const RowLock& row) { return std::tuple(row.queueId, row.consumerId, row.pid); });
        out.rows(is.backends, was.backends, [](const Backend& row) { return row.pid; });
        out.rows(is.prepared, was.prepared, [](const PreparedTransaction& row) { return row.gid; });
        out.rows(is.eventLocks, was.eventLocks,
                 [](const EventTableLock& row) { return std::tuple(row.queueId, row.table, row.pid); });
        out.rows(is.owners, was.owners,
                 [](const OwnerSession& row) { return std::pair(row.queueId, row.consumerId); });
    });
    bytes::part(out, snapshot.upkeep.get(), then.upkeep.get(),
                [&](const Upkeep& is, const Upkeep& was) { out.row(is, was); });
    const Diagnosis& found = now.diagnosis ? *now.diagnosis : noDiagnosis;
    const Diagnosis& earlier = before && before->diagnosis ? *before->diagnosis : noDiagnosis;
    out.rows(found.findings, earlier.findings, [](const Finding& row) { return row.key(); });
    out.rows(found.notEvaluated, earlier.notEvaluated, [](const NotEvaluated& row) { return row.rule; });
    out.number(static_cast<std::uint64_t>(std::max(0, found.rulesEvaluated)));
    bytes::part(out, now.work.get(), before ? before->work.get() : nullptr,
                [&](const WorkLooks& is, const WorkLooks& was) { out.row(is, was); });
    static const Inflow noInflow;
    out.row(now.inflow, before ? before->inflow : noInflow);
    return out.take();
}

MomentReader::MomentReader() = default;
MomentReader::~MomentReader() = default;

void MomentReader::read(std::string_view encoded) {
    bytes::Decoder in(encoded);
    const std::uint64_t format = in.number();
    if (format < 1 || format > bytes::format)
        throw BadBytes(format > bytes::format ? "it was written by a newer version" : "it is no moment");
    const bool change = in.number() != 0;
    if (change && !m_snapshot)
        throw BadBytes("a change without what it changes");
    if (!change) {
        m_snapshot = std::make_shared<Snapshot>();
        m_diagnosis = std::make_shared<Diagnosis>();
        m_work.reset();
        m_inflow = {};
    }
    in.row(*m_snapshot);
    in.rows(m_snapshot->queues);
    in.rows(m_snapshot->subscriptions);
    bytes::part(in, m_snapshot->activity, [&](Activity& activity) {
        const std::int64_t at = activity.takenAt.time_since_epoch().count();
        const std::int64_t step = bytes::unzigzag(in.number());
        if (step < -2 * bytes::farthest || step > 2 * bytes::farthest || at + step > bytes::farthest ||
            at + step < -bytes::farthest)
            throw BadBytes("a moment is out of all time");
        activity.takenAt = Timestamp(Interval(at + step));
        in.rows(activity.rowLocks);
        in.rows(activity.backends);
        in.rows(activity.prepared);
        in.rows(activity.eventLocks);
        if (format >= 3)
            in.rows(activity.owners);
    });
    bytes::part(in, m_snapshot->upkeep, [&](Upkeep& upkeep) { in.row(upkeep); });
    in.rows(m_diagnosis->findings);
    in.rows(m_diagnosis->notEvaluated);
    m_diagnosis->rulesEvaluated = static_cast<int>(std::min<std::uint64_t>(in.number(), 1'000'000));
    if (format >= 2) {
        bytes::part(in, m_work, [&](WorkLooks& work) { in.row(work); });
        in.row(m_inflow);
    }
    if (!in.atEnd())
        throw BadBytes("more bytes follow than belong here");
}

Moment MomentReader::take() {
    if (!m_snapshot)
        throw BadBytes("nothing was read");
    m_snapshot->receivedAt = pg::Clock::now();
    m_snapshot->buildIndex();
    Moment moment{std::move(m_snapshot), std::move(m_diagnosis), std::move(m_work), std::move(m_inflow)};
    m_snapshot.reset();
    m_diagnosis.reset();
    m_work.reset();
    return moment;
}

} // namespace domain
