// SPDX-License-Identifier: GPL-3.0-or-later
#include "sandbox/account.h"

#include "sandbox/trouble.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QTemporaryFile>

#ifdef Q_OS_UNIX
#include <grp.h>
#include <pwd.h>
#include <unistd.h>
#endif

namespace sandbox {

using namespace Qt::StringLiterals;

std::optional<Account> serverAccount() {
#ifdef Q_OS_UNIX
    if (::geteuid() != 0)
        return std::nullopt;
    for (const char* name : {"postgres", "_postgres", "pgsql"}) {
        const passwd* entry = ::getpwnam(name);
        if (entry && entry->pw_uid != 0)
            return Account{QString::fromLocal8Bit(name), QString::fromLocal8Bit(entry->pw_dir), entry->pw_uid,
                           entry->pw_gid};
    }
    throw Trouble(
        QCoreApplication::translate("sandbox",
                                    "PostgreSQL refuses to run as root, and there is no system user \"postgres\"."),
        QCoreApplication::translate("sandbox", "Install the PostgreSQL server package, which makes that user, or start "
                                               "Batchscope as an ordinary user."));
#else
    return std::nullopt;
#endif
}

void runAs(QProcess& process, const std::optional<Account>& account) {
    process.setProcessChannelMode(QProcess::MergedChannels);
    // Not where we stand: the account may not be allowed to enter that folder.
    process.setWorkingDirectory(QDir::rootPath());
#ifdef Q_OS_UNIX
    if (!account)
        return;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"HOME"_s, account->home);
    environment.insert(u"USER"_s, account->name);
    environment.insert(u"LOGNAME"_s, account->name);
    process.setProcessEnvironment(environment);
    process.setChildProcessModifier([uid = account->uid, gid = account->gid] {
        // In the child between fork and exec: system calls only. Without all three root would leak into the server.
        const gid_t group = gid;
        if (::setgroups(1, &group) != 0 || ::setgid(gid) != 0 || ::setuid(uid) != 0)
            ::_exit(126);
    });
#else
    Q_UNUSED(account)
#endif
}

void give(const QString& path, const std::optional<Account>& account) {
#ifdef Q_OS_UNIX
    if (account && ::lchown(QFile::encodeName(path).constData(), account->uid, account->gid) != 0)
        throw Trouble(
            QCoreApplication::translate("sandbox", "%1 could not be handed to the user %2.").arg(path, account->name),
            QCoreApplication::translate("sandbox", "Start Batchscope as an ordinary user."));
#else
    Q_UNUSED(path)
    Q_UNUSED(account)
#endif
}

bool canWrite(const QString& folder, const std::optional<Account>& account) {
    if (!account)
        return QFileInfo(folder).isWritable();
    return runProgram(u"/bin/sh"_s, {u"-c"_s, u"test -w \"$1\" && test -x \"$1\""_s, u"sh"_s, folder}, account, 10'000)
               .exitCode == 0;
}

Finished runProgram(const QString& program, const QStringList& arguments, const std::optional<Account>& account,
                    int timeoutMs) {
    QTemporaryFile output;
    if (!output.open())
        throw Trouble(
            QCoreApplication::translate("sandbox", "No temporary file can be written: %1").arg(output.errorString()),
            QCoreApplication::translate("sandbox", "Check the free space of %1.").arg(QDir::tempPath()));
    QProcess process;
    runAs(process, account);
    process.setStandardInputFile(QProcess::nullDevice());
    process.setStandardOutputFile(output.fileName());
    process.start(program, arguments);
    Finished finished;
    if (process.waitForFinished(timeoutMs) && process.exitStatus() == QProcess::NormalExit)
        finished.exitCode = process.exitCode();
    else
        finished.output = process.errorString() + u'\n';
    finished.output += QString::fromLocal8Bit(output.readAll()).trimmed();
    return finished;
}

} // namespace sandbox
