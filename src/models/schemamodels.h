// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/finding.h"
#include "domain/scheduling.h"
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

/// What everybody may do with the schema, whether the script grants it or not.
QString publicRights(const schema::Catalog& catalog);

/// A part of what keeps the queues going: seen to work, set up to, or told of by pgque.status().
struct StatusRow {
    QString component;
    QString status;
    Tone tone = Tone::None;
    QString detail;

    std::string key() const { return component.toStdString(); }

    bool operator==(const StatusRow&) const = default;
};

/// What is seen first (ticks, rotation, its second step), then the jobs of schedulers, then what pgque.status() says.
/// That knows jobs only: what works without one is not called stopped.
std::vector<StatusRow> statusRows(const domain::Snapshot* snapshot, const domain::Scheduling& scheduling,
                                  const std::vector<pgque::StatusLine>& status);
std::vector<Column<StatusRow>> statusColumns();

/// What rows and this console's memory tell of groups without members, one line each; empty: nothing does.
QStringList lostGroupLines(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis);

} // namespace models
