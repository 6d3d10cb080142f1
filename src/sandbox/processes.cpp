// SPDX-License-Identifier: GPL-3.0-or-later
#include "sandbox/processes.h"

#include <QFile>
#include <QFileInfo>

#ifdef Q_OS_UNIX
#include <signal.h>
#endif

namespace sandbox {

using namespace Qt::StringLiterals;

namespace {

/// Only Linux tells in a file; elsewhere a postmaster's children end by themselves when it is gone.
QList<qint64> childrenOf(qint64 pid) {
    QFile file(u"/proc/%1/task/%1/children"_s.arg(pid));
    QList<qint64> children;
    if (file.open(QIODevice::ReadOnly)) {
        const QList<QByteArray> words = file.readAll().simplified().split(' ');
        for (const QByteArray& word : words)
            if (const qint64 child = word.toLongLong(); child > 1)
                children << child;
    }
    return children;
}

} // namespace

Postmaster Postmaster::of(const QString& cluster) {
    Postmaster postmaster;
    postmaster.m_cluster = cluster;
    QFile file(cluster + "/postmaster.pid"_L1);
    if (file.open(QIODevice::ReadOnly))
        postmaster.m_pid = file.readLine().trimmed().toLongLong();
    return postmaster;
}

bool Postmaster::isForeign() const {
    // A postmaster works in its cluster's folder.
    const QString folder = QFile::symLinkTarget(u"/proc/%1/cwd"_s.arg(m_pid));
    return m_pid > 1 && !folder.isEmpty() && folder != QFileInfo(m_cluster).canonicalFilePath();
}

void Postmaster::resume() const {
#ifdef Q_OS_UNIX
    signal(SIGCONT);
#endif
}

void Postmaster::kill() const {
#ifdef Q_OS_UNIX
    signal(SIGKILL);
#endif
}

void Postmaster::signal(int number) const {
#ifdef Q_OS_UNIX
    if (m_pid <= 1 || isForeign())
        return;
    const QList<qint64> children = childrenOf(m_pid);
    ::kill(pid_t(m_pid), number);
    for (const qint64 child : children)
        ::kill(pid_t(child), number);
#else
    Q_UNUSED(number)
#endif
}

} // namespace sandbox
