// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/keyedtablemodel.h"
#include "models/mark.h"

namespace models {

/// An open batch and who holds it; or a row that a worker has changed in a transaction it has not committed.
struct BatchRow {
    domain::Subscription subscription; ///< with a batch
    std::string queueName;
    std::string group;
    std::string subconsumer;
    std::optional<domain::RowLock> lock; ///< taken, not committed: the batch is not to be seen yet
    Mark mark;

    std::string key() const;

    bool operator==(const BatchRow&) const = default;
};

/// Every open batch of a sample, the one open longest first.
class InFlightModel : public KeyedTableModel<BatchRow> {
    Q_OBJECT

public:
    explicit InFlightModel(QObject* parent = nullptr);

    void setSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis);
    void setZone(const QTimeZone& zone);
};

} // namespace models
