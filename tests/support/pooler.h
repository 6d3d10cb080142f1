// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/connectioninfo.h"

#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QThread>

#include <pwd.h>
#include <unistd.h>

namespace support {

/// PgBouncer on a unix socket, in front of one database.
class Pooler {
public:
    explicit Pooler(const pg::ConnectionInfo& server) {
        const auto value = [&](const char* key) { return QString::fromStdString(server.get(key).value_or("")); };
        QFile configuration(m_folder.filePath(QStringLiteral("pgbouncer.ini")));
        if (!configuration.open(QIODevice::WriteOnly))
            qFatal("no configuration for the pooler");
        configuration.write(
            QStringLiteral("[databases]\n* = host=%1 port=%2 user=%3\n[pgbouncer]\nlisten_addr =\nlisten_port = 6432\n"
                           "unix_socket_dir = %4\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 1\n")
                .arg(value("host"), value("port"), value("user"), m_folder.path())
                .toUtf8());
        QStringList arguments{QStringLiteral("-q")};
        if (geteuid() == 0) {
            // It refuses to run as root.
            const passwd* owner = getpwnam("postgres");
            if (!owner || chown(QFile::encodeName(m_folder.path()).constData(), owner->pw_uid, owner->pw_gid) != 0)
                qFatal("no user for the pooler");
            configuration.setPermissions(configuration.permissions() | QFile::ReadOther);
            arguments << QStringLiteral("-u") << QStringLiteral("postgres");
        }
        configuration.close();
        m_process.setProcessChannelMode(QProcess::MergedChannels);
        m_process.start(QStringLiteral("/usr/sbin/pgbouncer"), arguments << configuration.fileName());
    }

    ~Pooler() {
        m_process.terminate();
        if (!m_process.waitForFinished(5'000))
            m_process.kill();
        m_process.waitForFinished(5'000);
    }

    Pooler(const Pooler&) = delete;
    Pooler& operator=(const Pooler&) = delete;

    bool isUp() {
        const QString socket = m_folder.filePath(QStringLiteral(".s.PGSQL.6432"));
        for (int tries = 0; tries < 500 && !QFile::exists(socket); ++tries)
            QThread::msleep(20);
        return QFile::exists(socket);
    }

    QByteArray output() { return m_process.readAll(); }

    pg::ConnectionInfo info(const pg::ConnectionInfo& server) const {
        pg::ConnectionInfo through = server;
        through.set("host", m_folder.path().toStdString());
        through.set("port", "6432");
        return through;
    }

private:
    QTemporaryDir m_folder{QStringLiteral("/tmp/pool.XXXXXX")};
    QProcess m_process;
};

} // namespace support
