// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/connection.h"
#include "pgque/calls.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QMap>
#include <QProcess>
#include <QString>
#include <QStringList>

#include <unistd.h>

/// A data folder of a test's own below the build folder; removed with the object, together with a server that a
/// failed test left running in it.
class SandboxFolder {
public:
    /// parent empty: the build folder.
    explicit SandboxFolder(const QString& deeper = {}, const QString& parent = {});
    ~SandboxFolder();
    SandboxFolder(const SandboxFolder&) = delete;
    SandboxFolder& operator=(const SandboxFolder&) = delete;

    const QString& path() const { return m_path; }

    void giveTo(const QString& user) const;

    QString cluster() const; ///< as the state file says; remembered after it is gone
    qint64 postmaster() const;
    bool serverRuns() const;
    void killServer() const; ///< SIGKILL, and waits until it is gone
    void rewritePostmasterPid(qint64 pid) const;

    /// Processes, sockets and state files that should be gone once all consoles have stopped.
    QStringList left() const;

    /// Processor time so far of a console and of the server with its living backends.
    double cpuSeconds(qint64 console) const;

private:
    QString m_root;
    QString m_path;
    mutable QString m_cluster;
    mutable QString m_socketFolder;
};

/// The helper program as a process; killed with the object when it still runs.
class Console {
public:
    using Environment = QMap<QString, QString>;

    /// folder empty: none is named on the command line. user: run as somebody else (needs root). program: a copy of
    /// the helper where that user can reach it.
    explicit Console(const QString& folder, const QStringList& options = {}, const Environment& environment = {},
                     const QString& user = {}, const QString& program = {});

    explicit Console(const SandboxFolder& folder, const QStringList& options = {}, const Environment& environment = {})
        : Console(folder.path(), options, environment) {
        folder.cluster();
    }

    ~Console();

    /// Waits until the output contains the text; false when the time or the process is over first.
    bool waitFor(const char* text, int seconds = 40);

    bool has(const char* text) const { return m_output.contains(text); }

    /// Asks it to stop as its window would be closed; true when it ended well in time.
    bool stop(int seconds = 20);
    bool waitForEnd(int seconds = 20);
    void kill();

    const char* output() const { return m_output.constData(); }

    qint64 pid() const { return m_process.processId(); }

    /// A connection to the server it reported last.
    pg::Connection connect() const;

private:
    QProcess m_process;
    QByteArray m_output;
};
