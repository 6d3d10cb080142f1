// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "operate/runner.h"

#include <QString>

#include <string>
#include <vector>

namespace desk {

/// Keeps rows that are about to be deleted: one file an operation, a row a line, readable by its owner alone. Called on
/// the thread that deletes; on disk when it returns.
class Copies {
public:
    /// folder: made when it is missing; empty: beside the journal's own place.
    Copies(const QString& folder, const QString& action, const QString& operation);

    operate::KeptCopy operator()(const std::vector<std::string>& rows) const;

private:
    QString m_file;
};

} // namespace desk
