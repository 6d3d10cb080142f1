// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>

namespace sandbox {

/// The postmaster that a cluster's pid file names, for what pg_ctl can't tell or do. Does nothing on systems without
/// signals.
class Postmaster {
public:
    static Postmaster of(const QString& cluster);

    /// True when the process in the pid file is somebody else's: the file outlived its postmaster and the number was
    /// given away. pg_ctl would take it for the server and send it signals. False where that can't be told.
    bool isForeign() const;

    /// Lets it and its children run on when somebody stopped them (SIGSTOP).
    void resume() const;

    /// Ends it and its children at once. The last resort.
    void kill() const;

private:
    void signal(int number) const;

    QString m_cluster;
    qint64 m_pid = 0;
};

} // namespace sandbox
