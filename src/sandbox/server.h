// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/connectioninfo.h"
#include "sandbox/binaries.h"
#include "sandbox/place.h"

#include <QLockFile>
#include <QString>

#include <atomic>
#include <functional>
#include <optional>

namespace sandbox {

using Progress = std::function<void(const QString& step)>;

/// The cluster and its postmaster. Every call blocks; for one worker thread. What goes wrong is thrown as Trouble.
class Server {
public:
    explicit Server(Place place);

    /// Starts the server, or attaches to the one that another process of this user owns. When it returns, database
    /// and schema are there. giveUp ends it early, with nothing left running that it started.
    void start(const Progress& progress, const std::atomic_bool& giveUp);

    /// Whether this process started (or took over) the server, and therefore stops it.
    bool owns() const { return m_lock.isLocked(); }

    /// How to reach a database of the server; meaningful after start().
    pg::ConnectionInfo connection(const QString& database = QStringLiteral("demo")) const;

    /// For the owner: starts the server again when it is gone. True when it had to.
    bool revive();

    /// For the owner: stops the server, whatever it takes, and lets go of the place. Else only lets go.
    void stop();

    const Place& place() const { return m_place; }

private:
    bool attach(const std::atomic_bool& giveUp);
    bool reuseOrClean(const Progress& progress);
    void makeCluster(const Progress& progress, const std::atomic_bool& giveUp);
    void launch();
    void prepareDatabase(const Progress& progress);
    bool answers() const;
    bool isRunning(const QString& cluster) const; ///< a postmaster works on it, whether it answers or not
    void shutDown(const QString& cluster);
    Finished control(const QString& cluster, const QStringList& arguments, int timeoutS) const;
    QString lastWords() const; ///< the end of the server's log

    Place m_place;
    Binaries m_binaries;
    State m_state;
    QLockFile m_lock;
};

} // namespace sandbox
