// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/copies.h"

#include "store/journal.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>

#ifdef Q_OS_WIN
#include <io.h>
#else
#include <unistd.h>
#endif

namespace desk {

using namespace Qt::StringLiterals;

namespace {

bool toDisk(QFile& file) {
    if (!file.flush())
        return false;
#ifdef Q_OS_WIN
    return _commit(file.handle()) == 0;
#else
    return ::fsync(file.handle()) == 0;
#endif
}

} // namespace

Copies::Copies(const QString& folder, const QString& action, const QString& operation) {
    const QString place = folder.isEmpty() ? QFileInfo(store::Journal::defaultPath()).path() + u"/copies"_s : folder;
    m_file = QDir(place).filePath(QDateTime::currentDateTimeUtc().toString(u"yyyyMMdd-HHmmss"_s) + u'-' + action +
                                  u'-' + operation.left(8) + u".jsonl"_s);
}

operate::KeptCopy Copies::operator()(const std::vector<std::string>& rows) const {
    operate::KeptCopy kept{.place = m_file.toStdString(), .problem = {}};
    const auto fail = [&](const QString& why) {
        kept.problem = u"%1: %2"_s.arg(m_file, why).toStdString();
        return kept;
    };
    if (!QDir().mkpath(QFileInfo(m_file).path()))
        return fail(u"the folder can't be made"_s);
    QFile file(m_file);
    if (!file.open(QIODevice::WriteOnly | QIODevice::Append))
        return fail(file.errorString());
    file.setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner);
    for (const std::string& row : rows) {
        if (file.write(row.data(), static_cast<qint64>(row.size())) < 0 || file.write("\n", 1) < 0)
            return fail(file.errorString());
    }
    if (!toDisk(file))
        return fail(file.errorString());
    return kept;
}

} // namespace desk
