// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

namespace sandbox {

/// A PostgreSQL server installation found on this machine.
struct Binaries {
    QString directory; ///< holds initdb, pg_ctl and postgres
    int majorVersion = 0;

    QString program(QLatin1String name) const;
};

/// Where to look, best first. Kept apart from the looking so that a test can choose.
QStringList binaryDirectories();

/// The first directory with a complete server of version 14 or later. BATCHSCOPE_PG_BINDIR, when set, is the only
/// place looked at. Throws Trouble that says what to install.
Binaries findBinaries(const QStringList& directories = binaryDirectories());

} // namespace sandbox
