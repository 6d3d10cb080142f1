// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/columnmakers.h"
#include "models/mark.h"
#include "store/journal.h"

namespace models {

struct JournalLine {
    store::JournalRecord record;

    std::string key() const { return std::to_string(record.number); }

    /// Records never change once they are written.
    bool operator==(const JournalLine& other) const { return record.number == other.record.number; }
};

/// What became of it, as far as this record knows.
Mark markOf(const store::JournalRecord& record);

/// What it says happened, with its times, which are kept in UTC, in this zone.
QString summaryOf(const store::JournalRecord& record, const QTimeZone& zone);

std::vector<Column<JournalLine>> journalColumns();

} // namespace models
