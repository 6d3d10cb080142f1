// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/subscriptiontreemodel.h"

namespace models {

/// The columns of the consumers' tree: what an operator asks first, then every column of pgque.subscription as stored.
std::vector<Column<ConsumerRow>> subscriptionColumns();

/// "working", "idle", "waits" and the like for a subscription without findings. An object for all of them: the words
/// are looked up once.
class CalmMarks {
public:
    CalmMarks();

    /// paused: its queue's ticker, so that what waits is in no batch.
    const Mark& of(const domain::Subscription& subscription, std::optional<std::int64_t> pending, bool paused) const;

private:
    Mark m_working, m_idle, m_taken, m_waitedFor, m_waits, m_upToDate, m_unknown;
};

/// How long a batch has been open: exact where the schema records it, else a lower bound ("≥").
struct OpenFor {
    std::optional<pg::Timestamp> since;
    bool exact = false;
};

OpenFor openFor(const domain::Subscription& subscription);
Cell openForCell(const domain::Subscription& subscription, const CellContext& context);
Cell heartbeatCell(const domain::Subscription& subscription, const CellContext& context);
Cell windowCell(const domain::Subscription& subscription, const CellContext& context);
Cell estimateCell(const domain::Subscription& subscription);
QString roleText(const domain::Subscription& subscription);

} // namespace models
