// SPDX-License-Identifier: GPL-3.0-or-later
#include "sandboxtest.h"

#include <QDateTime>
#include <QDeadlineTimer>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>

#include <csignal>
#include <grp.h>
#include <pwd.h>

using namespace Qt::StringLiterals;

namespace {

/// Not below a folder that the server's account can't enter, unless a test wants that.
QString newRoot(const QString& parent) {
    QTemporaryDir folder(parent + "/box-XXXXXX"_L1);
    folder.setAutoRemove(false);
    if (!folder.isValid())
        qFatal("no folder below %s", qPrintable(parent));
    QFile::setPermissions(folder.path(), QFile::Permissions(0x7755));
    return folder.path();
}

bool alive(qint64 pid) {
    if (pid <= 1)
        return false;
    QFile status(u"/proc/%1/stat"_s.arg(pid));
    return status.open(QIODevice::ReadOnly) && !status.readAll().contains(") Z ");
}

QList<qint64> childrenOf(qint64 pid) {
    QFile file(u"/proc/%1/task/%1/children"_s.arg(pid));
    QList<qint64> children;
    if (file.open(QIODevice::ReadOnly))
        for (const QByteArray& word : file.readAll().simplified().split(' '))
            if (word.toLongLong() > 1)
                children << word.toLongLong();
    return children;
}

double cpuSecondsOf(qint64 pid) {
    QFile file(u"/proc/%1/stat"_s.arg(pid));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    const QByteArray all = file.readAll();
    const QList<QByteArray> fields = all.mid(all.lastIndexOf(')') + 2).split(' ');
    return (fields.value(11).toDouble() + fields.value(12).toDouble()) / double(::sysconf(_SC_CLK_TCK));
}

} // namespace

SandboxFolder::SandboxFolder(const QString& deeper, const QString& parent)
    : m_root(newRoot(parent.isEmpty() ? QStringLiteral(TEST_FOLDER) : parent))
    , m_path(m_root + deeper) {
    QDir().mkpath(m_path);
}

SandboxFolder::~SandboxFolder() {
    if (serverRuns())
        killServer();
    if (!m_socketFolder.isEmpty())
        QDir(m_socketFolder).removeRecursively();
    // As root in a folder that the server's account can't enter, the cluster is elsewhere.
    const QString elsewhere = QFileInfo(m_cluster).path();
    if (!m_cluster.isEmpty() && !m_cluster.startsWith(m_root) &&
        QFileInfo(elsewhere).fileName().startsWith("batchscope-"_L1))
        QDir(elsewhere).removeRecursively();
    QDir(m_root).removeRecursively();
}

void SandboxFolder::giveTo(const QString& user) const {
    const passwd* entry = ::getpwnam(user.toLocal8Bit().constData());
    if (!entry || ::chown(QFile::encodeName(m_path).constData(), entry->pw_uid, entry->pw_gid) != 0)
        qFatal("cannot give %s away", qPrintable(m_path));
}

QString SandboxFolder::cluster() const {
    for (const QString& base : {m_path + "/sandbox"_L1, m_path + "/.local/share/batchscope/sandbox"_L1}) {
        QFile file(base + "/state.json"_L1);
        if (!file.open(QIODevice::ReadOnly))
            continue;
        const QJsonObject state = QJsonDocument::fromJson(file.readAll()).object();
        m_cluster = state["cluster"_L1].toString();
        m_socketFolder = state["socket_folder"_L1].toString();
    }
    return m_cluster;
}

qint64 SandboxFolder::postmaster() const {
    QFile file(cluster() + "/postmaster.pid"_L1);
    return file.open(QIODevice::ReadOnly) ? file.readLine().trimmed().toLongLong() : 0;
}

bool SandboxFolder::serverRuns() const {
    return alive(postmaster());
}

void SandboxFolder::killServer() const {
    const qint64 pid = postmaster();
    const QList<qint64> children = childrenOf(pid);
    ::kill(pid_t(pid), SIGKILL);
    for (const QDeadlineTimer deadline(10'000); alive(pid) && !deadline.hasExpired();)
        QThread::msleep(20);
    for (const qint64 child : children)
        for (const QDeadlineTimer deadline(10'000); alive(child) && !deadline.hasExpired();)
            QThread::msleep(20);
}

void SandboxFolder::rewritePostmasterPid(qint64 pid) const {
    QFile file(m_cluster + "/postmaster.pid"_L1);
    if (!file.open(QIODevice::ReadOnly))
        qFatal("no pid file");
    QByteArray text = file.readAll();
    file.close();
    text.replace(0, text.indexOf('\n'), QByteArray::number(pid));
    if (!file.open(QIODevice::WriteOnly | QIODevice::Truncate))
        qFatal("no pid file");
    file.write(text);
}

QStringList SandboxFolder::left() const {
    QStringList found;
    if (serverRuns())
        found << u"server %1"_s.arg(postmaster());
    if (!m_socketFolder.isEmpty() && QFileInfo::exists(m_socketFolder))
        found << m_socketFolder;
    for (const QString& name : {u"state.json"_s, u"owner.lock"_s, u"demo.lock"_s})
        if (QFileInfo::exists(m_path + "/sandbox/"_L1 + name))
            found << name;
    return found;
}

double SandboxFolder::cpuSeconds(qint64 console) const {
    double sum = cpuSecondsOf(console) + cpuSecondsOf(postmaster());
    for (const qint64 child : childrenOf(postmaster()))
        sum += cpuSecondsOf(child);
    return sum;
}

Console::Console(const QString& folder, const QStringList& options, const Environment& environment, const QString& user,
                 const QString& program) {
    QProcessEnvironment variables = QProcessEnvironment::systemEnvironment();
    variables.remove(u"BATCHSCOPE_DATA_DIR"_s);
    for (auto entry = environment.begin(); entry != environment.end(); ++entry)
        variables.insert(entry.key(), entry.value());
    m_process.setProcessEnvironment(variables);
    m_process.setProcessChannelMode(QProcess::MergedChannels);
    if (!user.isEmpty()) {
        const passwd* entry = ::getpwnam(user.toLocal8Bit().constData());
        m_process.setWorkingDirectory(u"/"_s);
        m_process.setChildProcessModifier([uid = entry->pw_uid, gid = entry->pw_gid] {
            if (::setgroups(0, nullptr) != 0 || ::setgid(gid) != 0 || ::setuid(uid) != 0)
                ::_exit(126);
        });
    }
    QStringList arguments = options;
    if (!folder.isEmpty())
        arguments << folder;
    m_process.start(program.isEmpty() ? QStringLiteral(SANDBOX_CONSOLE) : program, arguments);
}

Console::~Console() {
    if (m_process.state() != QProcess::NotRunning)
        kill();
}

bool Console::waitFor(const char* text, int seconds) {
    const QDeadlineTimer deadline(qint64(seconds) * 1000);
    while (true) {
        m_output += m_process.readAll();
        if (has(text))
            return true;
        if (deadline.hasExpired() || (m_process.state() == QProcess::NotRunning && !m_process.bytesAvailable()))
            return false;
        m_process.waitForReadyRead(100);
    }
}

bool Console::stop(int seconds) {
    m_process.closeWriteChannel();
    return waitForEnd(seconds) && m_process.exitCode() == 0;
}

bool Console::waitForEnd(int seconds) {
    const bool ended = m_process.state() == QProcess::NotRunning || m_process.waitForFinished(seconds * 1000);
    m_output += m_process.readAll();
    return ended && m_process.exitStatus() == QProcess::NormalExit;
}

void Console::kill() {
    m_process.kill();
    m_process.waitForFinished();
    m_output += m_process.readAll();
}

pg::Connection Console::connect() const {
    const QList<QByteArray> words = m_output.mid(m_output.lastIndexOf("ready ")).split('\n').value(0).split(' ');
    pg::ConnectionInfo info;
    info.set("host", words.value(1).toStdString());
    info.set("port", words.value(2).toStdString());
    info.set("user", "postgres");
    info.set("dbname", "demo");
    return pg::Connection::open(info);
}
