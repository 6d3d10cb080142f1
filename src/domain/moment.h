// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/finding.h"
#include "domain/snapshot.h"
#include "domain/workqueues.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace domain {

/// How many events a queue was sent since the look before.
struct QueueEvents {
    std::int32_t queueId = 0;
    std::int64_t events = 0;

    bool operator==(const QueueEvents&) const = default;
};

/// What went into the queues since the look before.
struct Inflow {
    Interval elapsed{};
    std::vector<QueueEvents> queues; ///< only those seen in both looks

    /// Events per second.
    std::optional<double> rate(std::int32_t queueId) const;

    bool operator==(const Inflow&) const = default;
};

/// What was seen at one instant, and what was found in it.
struct Moment {
    SnapshotPtr snapshot;
    std::shared_ptr<const Diagnosis> diagnosis;
    std::shared_ptr<const WorkLooks> work{}; ///< null: not recorded; no installs in it: there were none
    Inflow inflow{};
};

/// Bytes that are no moment, or not a whole one.
class BadBytes : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A moment as bytes: whole, or, with the one before it, only what has changed since. Moments beyond 36,000 years from
/// the epoch come back as that limit, receivedAt belongs to the clock of this run, and of messages what the sender or a
/// worker wrote (task, error) is left out; everything else comes back as it was.
std::string encode(const Moment& now, const Moment* before = nullptr);

/// Reads what encode() wrote: a whole one first, then the changes in their order. Takes hostile bytes: they are refused
/// with BadBytes, and the reader is to be thrown away then.
class MomentReader {
public:
    MomentReader();
    ~MomentReader();
    MomentReader(const MomentReader&) = delete;
    MomentReader& operator=(const MomentReader&) = delete;

    void read(std::string_view bytes);

    /// What the bytes read so far amount to, without its index; null before any were read. Until the next read() or
    /// take().
    const Snapshot* soFar() const { return m_snapshot.get(); }

    /// What the bytes read so far amount to. The reader can't be read into any more.
    Moment take();

private:
    std::shared_ptr<Snapshot> m_snapshot;
    std::shared_ptr<Diagnosis> m_diagnosis;
    std::shared_ptr<const WorkLooks> m_work;
    Inflow m_inflow;
};

} // namespace domain
