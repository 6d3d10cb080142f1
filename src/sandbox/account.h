// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QProcess>
#include <QString>
#include <QStringList>

#include <optional>

namespace sandbox {

/// The unprivileged system user a server runs as when the console itself is root, which PostgreSQL refuses.
struct Account {
    QString name;
    QString home;
    unsigned uid = 0;
    unsigned gid = 0;

    bool operator==(const Account&) const = default;
};

/// The account to run the server as: empty for the console's own user. Throws Trouble as root on a machine without a
/// user to change to.
std::optional<Account> serverAccount();

/// Makes a process that has not started yet run as the account, in a folder it can enter.
void runAs(QProcess& process, const std::optional<Account>& account);

/// Hands a file or folder to the account; does nothing for the console's own user.
void give(const QString& path, const std::optional<Account>& account);

/// Whether the account can write into an existing folder.
bool canWrite(const QString& folder, const std::optional<Account>& account);

/// What a finished program left behind.
struct Finished {
    int exitCode = -1; ///< -1: it could not be started or was killed
    QString output;    ///< both channels
};

/// Runs a program to its end, at most so long. Output goes through a file, because a server that the program leaves
/// running would keep a pipe open.
Finished runProgram(const QString& program, const QStringList& arguments, const std::optional<Account>& account,
                    int timeoutMs);

} // namespace sandbox
