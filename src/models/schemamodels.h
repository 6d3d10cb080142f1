// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/columnmakers.h"
#include "models/mark.h"
#include "pgque/administration.h"
#include "schema/inspection.h"

namespace models {

/// Something in the database that is not as the script ships it.
struct DriftLine {
    QString what; ///< "missing", "changed", "extra", "missing grant", "extra grant"
    Tone tone = Tone::Warning;
    QString object;
    QString detail;
    QString sql; ///< that puts it right, where one statement does

    std::string key() const { return QString(what + u'/' + object + u'/' + detail).toStdString(); }

    bool operator==(const DriftLine&) const = default;
};

std::vector<DriftLine> driftLines(const schema::Inspection& inspection);
std::vector<Column<DriftLine>> driftColumns();

struct StatusRow {
    pgque::StatusLine line;

    std::string key() const { return line.component; }

    bool operator==(const StatusRow& other) const {
        return line.component == other.line.component && line.status == other.line.status &&
               line.detail == other.line.detail;
    }
};

std::vector<Column<StatusRow>> statusColumns();

} // namespace models
