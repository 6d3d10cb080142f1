// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/bytes.h"
#include "domain/workqueues.h"

// What a look at the work queues is made of, for moment.cpp.
namespace domain::bytes {

template <>
inline constexpr int enumerators<WorkGeneration> = 6;
template <>
inline constexpr int enumerators<HorizonHolder::Kind> = 3;

DOMAIN_ROW(WorkInstall) {
    codec(now.schema, before.schema);
    codec(now.generation, before.generation);
    codec(now.ours, before.ours);
    codec(now.hasBarriers, before.hasBarriers);
    codec(now.hasMarkers, before.hasMarkers);
    codec(now.hasLeader, before.hasLeader);
    codec(now.hasDeadLetters, before.hasDeadLetters);
    codec(now.hasSettings, before.hasSettings);
    codec(now.namesHolders, before.namesHolders);
    codec(now.indexesReads, before.indexesReads);
}

DOMAIN_ROW(WorkBand) {
    codec(now.priority, before.priority);
    codec(now.ready, before.ready);
    codec(now.oldest, before.oldest);
    codec(now.headId, before.headId);
    codec(now.headReads, before.headReads);
    codec(now.claimed, before.claimed);
    codec(now.lapsed, before.lapsed);
}

DOMAIN_ROW(WorkReads) {
    codec(now.reads, before.reads);
    codec(now.messages, before.messages);
}

DOMAIN_ROW(WorkQueue) {
    codec(now.name, before.name);
    codec.keyed(now.bands, before.bands, [](const WorkBand& row) { return row.priority; });
    codec(now.claimed, before.claimed);
    codec(now.lapsed, before.lapsed);
    codec(now.worstLapse, before.worstLapse);
    codec(now.nextLapse, before.nextLapse);
    codec(now.scheduled, before.scheduled);
    codec(now.overdue, before.overdue);
    codec(now.nextDue, before.nextDue);
    codec(now.poison, before.poison);
    codec(now.maxAttempts, before.maxAttempts);
    codec(now.highestReads, before.highestReads);
    codec.keyed(now.reads, before.reads, [](const WorkReads& row) { return row.reads; });
    codec(now.dead, before.dead);
    codec(now.paused, before.paused);
    codec(now.leaseSeconds, before.leaseSeconds);
    codec(now.deadIsLeast, before.deadIsLeast);
}

DOMAIN_ROW(WorkLeader) {
    codec(now.name, before.name);
    codec(now.acquiredAt, before.acquiredAt);
    codec(now.lastMaint, before.lastMaint);
    codec(now.lastSweep, before.lastSweep);
}

DOMAIN_ROW(WorkCounters) {
    codec(now.inserted, before.inserted);
    codec(now.updated, before.updated);
    codec(now.hotUpdated, before.hotUpdated);
    codec(now.deleted, before.deleted);
    codec(now.live, before.live);
    codec(now.dead, before.dead);
    codec(now.vacuumedAt, before.vacuumedAt);
}

DOMAIN_ROW(WorkSample) {
    codec(now.install, before.install);
    codec.keyed(now.queues, before.queues, [](const WorkQueue& row) { return row.name; });
    codec(now.leader, before.leader);
    codec(now.counters, before.counters);
    codec(now.readsSampled, before.readsSampled);
    codec(now.takenAt, before.takenAt);
    codec(now.serverMs, before.serverMs);
}

/// Without what stands in the message, or what its worker said of it: that may be anything.
DOMAIN_ROW(WorkMessage) {
    codec(now.id, before.id);
    codec(now.queue, before.queue);
    codec(now.priority, before.priority);
    codec(now.state, before.state);
    codec(now.enqueuedAt, before.enqueuedAt);
    codec(now.leaseEnds, before.leaseEnds);
    codec(now.claimedAt, before.claimedAt);
    codec(now.dueAt, before.dueAt);
    codec(now.reads, before.reads);
    codec(now.holder, before.holder);
    codec(now.bytes, before.bytes);
}

DOMAIN_ROW(Barrier) {
    codec(now.execution, before.execution);
    codec(now.organization, before.organization);
    codec(now.remaining, before.remaining);
    codec(now.total, before.total);
    codec(now.started, before.started);
    codec(now.epoch, before.epoch);
    codec(now.createdAt, before.createdAt);
    codec(now.progressAt, before.progressAt);
    codec(now.expiresAt, before.expiresAt);
}

DOMAIN_ROW(Barriers) {
    codec.keyed(now.rows, before.rows, [](const Barrier& row) { return row.execution; });
    codec(now.orphanMarkers, before.orphanMarkers);
    codec(now.takenAt, before.takenAt);
}

DOMAIN_ROW(HorizonHolder) {
    codec(now.kind, before.kind);
    codec(now.pid, before.pid);
    codec(now.name, before.name);
    codec(now.transactions, before.transactions);
    codec(now.since, before.since);
    codec(now.state, before.state);
}

DOMAIN_ROW(WorkLook) {
    codec(now.sample, before.sample);
    codec(now.barriers, before.barriers);
    codec(now.horizon, before.horizon);
    codec.keyed(now.poison, before.poison, [](const WorkMessage& row) { return std::pair(row.queue, row.id); });
}

DOMAIN_ROW(WorkLooks) {
    codec.keyed(now.installs, before.installs, [](const WorkLook& row) { return row.sample.install.schema; });
    codec(now.errors, before.errors);
    codec(now.takenAt, before.takenAt);
}

} // namespace domain::bytes
