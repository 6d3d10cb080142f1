// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/watch.h"

#include "desk/booking.h"
#include "monitor/diagnosis.h"
#include "queries/look.h"
#include "queries/probe.h"
#include "schema/inspection.h"

#include <algorithm>
#include <utility>

namespace desk {

namespace {

constexpr auto probeEvery = std::chrono::seconds(60);
constexpr auto stampEvery = std::chrono::seconds(10);
constexpr auto workAtMost = std::chrono::seconds(5);

constexpr std::chrono::seconds spareAtFirst = std::chrono::seconds(30);
constexpr std::chrono::seconds spareAtMost = std::chrono::minutes(8);

/// The server could not answer in time: our own patience ended, or the statement's.
bool tellsOfSlowness(const pg::Error& error) {
    return error.kind() == pg::ErrorKind::Timeout || error.sqlState() == "57014";
}

/// Errors that say: what the probe found no longer holds.
bool tellsOfChange(const pg::Error& error) {
    const std::string& state = error.sqlState();
    return state.starts_with("42") || state.starts_with("3F");
}

pg::Failure cannotSample(const domain::Capabilities& capabilities) {
    pg::Failure failure;
    failure.kind = pg::ErrorKind::Server;
    if (!capabilities.schemaUsable || capabilities.looksLikeQueue()) {
        failure.diagnostics.sqlState = "42501";
        failure.diagnostics.message = "role " + capabilities.user + " may not read the queue's tables";
        failure.diagnostics.hint = queries::grantForReading(capabilities);
    } else {
        failure.diagnostics.sqlState = "42P01";
        failure.diagnostics.message = "the schema pgque of this database is not a queue that can be shown";
    }
    return failure;
}

} // namespace

/// The second lock beside the transactions, which are read-only each by itself.
void Watch::lockForReading(pg::Connection& connection, const domain::Capabilities& found, pg::Deadline deadline) {
    if (!found.throughPooler && !found.inRecovery)
        connection.run(queries::readOnlyFromNowOn(), deadline);
}

void Watch::probe(pg::Connection& connection, pg::Deadline deadline) {
    const Booking booking(*m_account, domain::Purpose::Probe, connection);
    domain::Capabilities found = queries::probe(connection, deadline);
    lockForReading(connection, found, deadline);
    if (found.origin != domain::SchemaOrigin::None)
        found.origin = schema::inspectOrigin(connection, found, deadline);
    m_stamp = queries::look(connection, queries::schemaStamp(), {}, deadline);
    if (m_capabilities && !(*m_capabilities == found))
        m_sampler.reset();
    m_capabilities = std::move(found);
    m_probedAt = m_stampAt = pg::Clock::now();
}

bool Watch::schemaChanged(pg::Connection& connection, pg::Deadline deadline) {
    const auto now = pg::Clock::now();
    if (m_capabilities->canBeSampled() && now - m_stampAt < stampEvery)
        return false;
    m_stampAt = now;
    const Booking booking(*m_account, domain::Purpose::Probe, connection);
    return queries::look(connection, queries::schemaStamp(), {}, deadline) != m_stamp;
}

domain::SnapshotPtr Watch::withoutQueues(pg::Connection& connection, pg::Deadline deadline) {
    const auto started = pg::Clock::now();
    auto empty = std::make_shared<domain::Snapshot>();
    empty->number = ++m_emptyNumber;
    empty->takenAt = queries::look(connection, queries::serverClock(), {}, deadline);
    empty->receivedAt = pg::Clock::now();
    empty->cost.roundTripMs = std::chrono::duration<double, std::milli>(empty->receivedAt - started).count();
    empty->cost.statements = 1;
    empty->capabilities = *m_capabilities;
    if (m_capabilities->origin != domain::SchemaOrigin::None)
        empty->errors.push_back({"schema", cannotSample(*m_capabilities)});
    return empty;
}

domain::SnapshotPtr Watch::sample(pg::Connection& connection, pg::Deadline deadline, bool spare) {
    using Extent = monitor::Sampler::Extent;
    const Booking booking(*m_account, domain::Purpose::Sample, connection);
    return m_capabilities->canBeSampled()
               ? m_sampler.sample(connection, *m_capabilities, deadline, spare ? Extent::Core : Extent::Whole)
               : withoutQueues(connection, deadline);
}

/// Whatever becomes of it, the sample is there.
void Watch::lookAtWork(pg::Connection& connection, const monitor::Thresholds& thresholds, pg::Deadline deadline) {
    const Booking booking(*m_account, domain::Purpose::WorkQueues, connection);
    try {
        m_work.look(connection, thresholds, deadline);
    } catch (const pg::Error&) {
        // The session sees itself that its connection is gone.
    }
}

Seen Watch::look(pg::Connection& connection, int connectionNumber, const monitor::Thresholds& thresholds,
                 pg::Deadline deadline) {
    const auto now = pg::Clock::now();
    const bool queuesAlone = m_connectionNumber == 0 && !m_wholeAtOnce;
    const bool isAnother = std::exchange(m_connectionNumber, connectionNumber) != connectionNumber;
    if (isAnother) {
        m_sampler.reset();
        m_work.reset();
        m_probedAt = {};
        // Lost because it was slow, it is hardly another server; to ask everything anew would lose it again.
        if (now >= m_spareUntil)
            m_capabilities.reset();
    }
    Seen seen;
    const bool spare = m_capabilities && now < m_spareUntil;
    try {
        if (isAnother && spare)
            lockForReading(connection, *m_capabilities, deadline);
        if (!m_capabilities || (!spare && (now - m_probedAt >= probeEvery || schemaChanged(connection, deadline))))
            probe(connection, deadline);
        try {
            seen.snapshot = sample(connection, deadline, spare);
        } catch (const pg::Error& error) {
            if (!tellsOfChange(error))
                throw;
            // What was dropped and made again can be looked at at once.
            m_capabilities.reset();
            probe(connection, deadline);
            seen.snapshot = sample(connection, deadline, spare);
        }
    } catch (const pg::Error& error) {
        if (tellsOfChange(error))
            m_capabilities.reset();
        if (tellsOfSlowness(error)) {
            m_spareFor = std::clamp<std::chrono::seconds>(m_spareFor * 2, spareAtFirst, spareAtMost);
            m_spareUntil = pg::Clock::now() + m_spareFor;
        }
        throw;
    }
    m_memory.add(*seen.snapshot);
    seen.diagnosis = monitor::diagnose(*seen.snapshot, &m_memory, thresholds);
    if (!spare)
        m_spareFor = {};
    seen.moreAtOnce = queuesAlone;
    if (!spare && !queuesAlone) {
        const auto sampled = pg::Clock::now();
        lookAtWork(connection, thresholds, std::min(deadline, pg::after(workAtMost)));
        seen.besides = std::chrono::duration_cast<std::chrono::milliseconds>(pg::Clock::now() - sampled);
    }
    seen.work = m_work.looks();
    seen.workIsKnown = m_work.isKnown();
    monitor::addFindings(seen.diagnosis, m_work.diagnosis());
    return seen;
}

} // namespace desk
