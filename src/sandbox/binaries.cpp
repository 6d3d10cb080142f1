// SPDX-License-Identifier: GPL-3.0-or-later
#include "sandbox/binaries.h"

#include "sandbox/account.h"
#include "sandbox/trouble.h"

#include <QCollator>
#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QRegularExpression>

#include <algorithm>

namespace sandbox {

using namespace Qt::StringLiterals;

namespace {

constexpr int oldestMajorVersion = 14;

#ifdef Q_OS_WIN
const QLatin1String suffix(".exe");
#else
const QLatin1String suffix;
#endif

QString tr(const char* text) {
    return QCoreApplication::translate("sandbox", text);
}

/// Folders that match a pattern with one "*", the highest version first.
QStringList matching(const QString& parent, const QString& pattern, const QString& below) {
    QStringList names = QDir(parent).entryList({pattern}, QDir::Dirs | QDir::NoDotAndDotDot);
    QCollator byNumber(QLocale::c());
    byNumber.setNumericMode(true);
    std::sort(names.begin(), names.end(),
              [&](const QString& a, const QString& b) { return byNumber.compare(a, b) > 0; });
    for (QString& name : names)
        name = parent + u'/' + name + below;
    return names;
}

QString whatToInstall() {
#if defined(Q_OS_WIN)
    return tr(
        "Install PostgreSQL 14 or later from postgresql.org, or set BATCHSCOPE_PG_BINDIR to the folder that holds "
        "initdb.exe.");
#elif defined(Q_OS_MACOS)
    return tr(
        "Install it with \"brew install postgresql@16\", or set BATCHSCOPE_PG_BINDIR to the folder that holds initdb.");
#else
    return tr(
        "Install the server: \"apt-get install postgresql\" on Debian and Ubuntu, \"dnf install postgresql-server\" on "
        "Fedora, \"zypper install postgresql-server\" on openSUSE; or set BATCHSCOPE_PG_BINDIR to the folder that "
        "holds initdb.");
#endif
}

int majorVersionOf(const QString& postgres) {
    static const QRegularExpression number(u"\\b(\\d+)(?:\\.|devel|beta|rc|\\b)"_s);
    const Finished finished = runProgram(postgres, {u"--version"_s}, std::nullopt, 10'000);
    return finished.exitCode == 0 ? number.match(finished.output).captured(1).toInt() : 0;
}

} // namespace

QString Binaries::program(QLatin1String name) const {
    return directory + u'/' + name + suffix;
}

QStringList binaryDirectories() {
    if (const QString chosen = qEnvironmentVariable("BATCHSCOPE_PG_BINDIR"); !chosen.isEmpty())
        return {chosen};
    QStringList found = qEnvironmentVariable("PATH").split(QDir::listSeparator(), Qt::SkipEmptyParts);
#if defined(Q_OS_WIN)
    found +=
        matching(qEnvironmentVariable("ProgramFiles", u"C:/Program Files"_s) + "/PostgreSQL"_L1, u"*"_s, u"/bin"_s);
#elif defined(Q_OS_MACOS)
    found += matching(u"/opt/homebrew/opt"_s, u"postgresql*"_s, u"/bin"_s);
    found += matching(u"/usr/local/opt"_s, u"postgresql*"_s, u"/bin"_s);
    found += matching(u"/Applications/Postgres.app/Contents/Versions"_s, u"*"_s, u"/bin"_s);
    found += matching(u"/Library/PostgreSQL"_s, u"*"_s, u"/bin"_s);
#else
    found += matching(u"/usr/lib/postgresql"_s, u"*"_s, u"/bin"_s);     // Debian, Ubuntu, Alpine
    found += matching(u"/usr"_s, u"pgsql-*"_s, u"/bin"_s);              // the PostgreSQL project's RPMs
    found += matching(u"/usr/lib"_s, u"postgresql[0-9]*"_s, u"/bin"_s); // openSUSE
    found += u"/usr/local/pgsql/bin"_s;
#endif
    return found;
}

Binaries findBinaries(const QStringList& directories) {
    QString tooOld;
    for (const QString& directory : directories) {
        // A link in PATH does not do: initdb looks for its share files beside itself, so follow it.
        const QFileInfo initdb(directory + "/initdb"_L1 + suffix);
        if (!initdb.isExecutable())
            continue;
        Binaries candidate{QFileInfo(initdb.canonicalFilePath()).path(), 0};
        if (!QFileInfo(candidate.program("pg_ctl"_L1)).isExecutable() ||
            !QFileInfo(candidate.program("postgres"_L1)).isExecutable())
            continue;
        candidate.majorVersion = majorVersionOf(candidate.program("postgres"_L1));
        if (candidate.majorVersion >= oldestMajorVersion)
            return candidate;
        if (candidate.majorVersion > 0)
            tooOld = candidate.directory;
    }
    if (!tooOld.isEmpty())
        throw Trouble(tr("The PostgreSQL server in %1 is older than version 14.").arg(QDir::toNativeSeparators(tooOld)),
                      whatToInstall());
    throw Trouble(tr("No PostgreSQL server programs (initdb, pg_ctl, postgres) were found on this machine."),
                  whatToInstall());
}

} // namespace sandbox
