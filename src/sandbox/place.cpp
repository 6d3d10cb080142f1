// SPDX-License-Identifier: GPL-3.0-or-later
#include "sandbox/place.h"

#include "sandbox/trouble.h"

#include <QCoreApplication>
#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>
#include <QStandardPaths>
#include <QTemporaryDir>

namespace sandbox {

using namespace Qt::StringLiterals;

namespace {

constexpr auto privateFolder = QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner;
const QLatin1String socketPrefix("batchscope-");

/// sun_path has 108 bytes on Linux, 104 on the BSDs and macOS, with the terminating zero; the server adds its own name.
constexpr qsizetype longestSocketFolder = 103 - qsizetype(sizeof "/.s.PGSQL.65535.lock");

QString tr(const char* text) {
    return QCoreApplication::translate("sandbox", text);
}

Trouble cannotMake(const QString& folder) {
    return {tr("The folder %1 can't be made.").arg(QDir::toNativeSeparators(folder)),
            tr("Check its permissions and the free space, or set BATCHSCOPE_DATA_DIR to another folder.")};
}

void makeFolder(const QString& folder) {
    if (!QDir().mkpath(folder))
        throw cannotMake(folder);
}

QString userFolder(const std::optional<Account>& account) {
    if (QString chosen = qEnvironmentVariable("BATCHSCOPE_DATA_DIR"); !chosen.isEmpty())
        return chosen;
    // root's home can't be entered by the server's account.
    if (account)
        return u"/var/lib/batchscope"_s;
    return QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation) + "/batchscope"_L1;
}

} // namespace

Place choosePlace(const QString& wanted) {
    Place place;
    place.account = serverAccount();
    place.base = QDir(wanted.isEmpty() ? userFolder(place.account) : wanted).absolutePath() + "/sandbox"_L1;
    makeFolder(place.base);
    // Only the console's user may meddle with lock and state; the server's account must be able to pass through.
    QFile::setPermissions(place.base,
                          place.account ? privateFolder | QFile::ExeGroup | QFile::ExeOther : privateFolder);
    return place;
}

QString clusterFolder(const Place& place, int majorVersion) {
    const QString name = "cluster-"_L1 + QString::number(majorVersion);
    if (!place.account)
        return place.base + u'/' + name;
    const QString parent = place.base + "/server"_L1;
    makeFolder(parent);
    give(parent, place.account);
    QFile::setPermissions(parent, privateFolder);
    if (canWrite(parent, place.account))
        return parent + u'/' + name;
    QDir().rmdir(parent);
    const QByteArray which = QCryptographicHash::hash(place.base.toUtf8(), QCryptographicHash::Sha256).toHex().left(12);
    const QString own = place.account->home + "/batchscope-"_L1 + QLatin1String(which);
    if (!QFile::exists(own)) {
        makeFolder(own);
        give(own, place.account);
        QFile::setPermissions(own, privateFolder);
    }
    return own + u'/' + name;
}

QString makeSocketFolder(const Place& place) {
    QStringList parents;
    if (!place.account)
        parents << QStandardPaths::writableLocation(QStandardPaths::RuntimeLocation);
    parents << QDir::tempPath();
#ifdef Q_OS_UNIX
    parents << u"/tmp"_s;
#endif
    for (const QString& parent : parents) {
        const QString pattern = parent + u'/' + socketPrefix + "XXXXXX"_L1;
        if (parent.isEmpty() || QFile::encodeName(pattern).size() > longestSocketFolder)
            continue;
        QTemporaryDir folder(pattern); // 0700, and nobody can have made it before us
        folder.setAutoRemove(false);
        if (!folder.isValid())
            continue;
        give(folder.path(), place.account);
        return folder.path();
    }
    throw cannotMake(parents.value(0) + u'/' + socketPrefix + u'*');
}

void removeSocketFolder(const QString& folder) {
    if (QFileInfo(folder).fileName().startsWith(socketPrefix) && !QFileInfo(folder).isSymLink())
        QDir(folder).removeRecursively();
}

std::optional<State> readState(const Place& place) {
    QFile file(place.stateFile());
    if (!file.open(QIODevice::ReadOnly))
        return std::nullopt;
    const QJsonObject object = QJsonDocument::fromJson(file.readAll()).object();
    State state{object["cluster"_L1].toString(), object["socket_folder"_L1].toString(), object["port"_L1].toInt(5432),
                object["ready"_L1].toBool()};
    if (state.cluster.isEmpty() || state.socketFolder.isEmpty())
        return std::nullopt;
    return state;
}

void writeState(const Place& place, const State& state) {
    QSaveFile file(place.stateFile());
    const QJsonObject object{{u"cluster"_s, state.cluster},
                             {u"socket_folder"_s, state.socketFolder},
                             {u"port"_s, state.port},
                             {u"ready"_s, state.ready}};
    if (!file.open(QIODevice::WriteOnly) || file.write(QJsonDocument(object).toJson()) < 0 || !file.commit())
        throw Trouble(tr("The file %1 can't be written: %2").arg(place.stateFile(), file.errorString()),
                      tr("Check the free space and the permissions of its folder."));
}

void removeState(const Place& place) {
    QFile::remove(place.stateFile());
}

} // namespace sandbox
