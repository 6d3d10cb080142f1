// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/profiles.h"

#include "pg/error.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>
#include <QStandardPaths>

#include <algorithm>
#include <array>

namespace desk {

namespace {

using namespace Qt::StringLiterals;

const QString format = u"batchscope.profiles/1"_s;

constexpr std::array<std::pair<Environment, const char*>, 5> words = {{{Environment::Unlabelled, "unlabelled"},
                                                                       {Environment::Production, "production"},
                                                                       {Environment::Staging, "staging"},
                                                                       {Environment::Local, "local"},
                                                                       {Environment::Sandbox, "sandbox"}}};

QJsonObject toJson(const Profile& profile) {
    QJsonObject connection;
    // Only what may be shown may be kept: the redacted text, parsed again, has no secrets left.
    const pg::ConnectionInfo shown = pg::ConnectionInfo::parse(profile.connection.redacted());
    for (const auto& [key, value] : shown.values())
        connection[QString::fromStdString(key)] = QString::fromStdString(value);
    return {{u"name"_s, profile.name},
            {u"environment"_s, environmentWord(profile.environment)},
            {u"connection"_s, connection},
            {u"application_name_rule"_s, profile.applicationNameRule},
            {u"saves_password"_s, profile.savesPassword},
            {u"requires_reason"_s, profile.requiresReason}};
}

Profile fromJson(const QJsonObject& json) {
    Profile profile;
    profile.name = json[u"name"_s].toString();
    // A word of a later version is handled with the greatest care.
    profile.environment = environmentFromWord(json[u"environment"_s].toString()).value_or(Environment::Production);
    const QJsonObject connection = json[u"connection"_s].toObject();
    for (auto it = connection.begin(); it != connection.end(); ++it)
        profile.connection.set(it.key().toStdString(), it.value().toString().toStdString());
    profile.applicationNameRule = json[u"application_name_rule"_s].toString();
    profile.savesPassword = json[u"saves_password"_s].toBool();
    profile.requiresReason = json[u"requires_reason"_s].toBool();
    return profile;
}

} // namespace

Profile sandboxProfile() {
    Profile profile;
    profile.name = u"sandbox"_s;
    profile.environment = Environment::Sandbox;
    profile.applicationNameRule = u"demo/{group}.{member}"_s;
    return profile;
}

QString environmentWord(Environment environment) {
    const auto found =
        std::find_if(words.begin(), words.end(), [environment](const auto& one) { return one.first == environment; });
    return QString::fromLatin1(found->second);
}

std::optional<Environment> environmentFromWord(const QString& word) {
    const auto found = std::find_if(words.begin(), words.end(),
                                    [&word](const auto& one) { return word == QLatin1String(one.second); });
    return found == words.end() ? std::nullopt : std::optional(found->first);
}

ConnectionText readConnection(const QString& text) {
    try {
        return {pg::ConnectionInfo::parse(text.toStdString()), {}};
    } catch (const pg::Error& error) {
        if (text.contains(u"://"_s))
            return {{}, u"this is no valid connection URI"_s};
        return {{},
                u"this is no valid connection string: %1"_s.arg(
                    QString::fromStdString(error.failure().diagnostics.message))};
    }
}

Profiles::Profiles(const QString& folder)
    : m_fileName((folder.isEmpty() ? QStandardPaths::writableLocation(QStandardPaths::AppConfigLocation) : folder) +
                 u"/profiles.json"_s) {}

QString Profiles::load() {
    m_profiles.clear();
    m_lastUsed.clear();
    m_broken = false;
    QFile file(m_fileName);
    if (!file.exists())
        return {};
    m_broken = true;
    if (!file.open(QIODevice::ReadOnly))
        return u"The profiles in %1 can't be read: %2."_s.arg(m_fileName, file.errorString());
    QJsonParseError problem;
    const QJsonObject json = QJsonDocument::fromJson(file.readAll(), &problem).object();
    if (problem.error != QJsonParseError::NoError)
        return u"The profiles in %1 can't be read: %2."_s.arg(m_fileName, problem.errorString());
    if (json[u"format"_s].toString() != format)
        return u"The profiles in %1 were written by another version of this program."_s.arg(m_fileName);
    m_broken = false;
    const QJsonArray list = json[u"profiles"_s].toArray();
    for (const auto& one : list) {
        Profile profile = fromJson(one.toObject());
        if (!profile.name.isEmpty())
            put(std::move(profile));
    }
    m_lastUsed = json[u"last_used"_s].toString();
    return {};
}

QString Profiles::save() {
    if (m_broken)
        return u"%1 can't be read and is left as it is."_s.arg(m_fileName);
    QJsonArray all;
    for (const Profile& profile : m_profiles)
        all.append(toJson(profile));
    const QJsonObject json{{u"format"_s, format}, {u"profiles"_s, all}, {u"last_used"_s, m_lastUsed}};
    if (!QDir().mkpath(QFileInfo(m_fileName).path()))
        return u"The folder of %1 can't be made."_s.arg(m_fileName);
    QSaveFile file(m_fileName);
    if (!file.open(QIODevice::WriteOnly) || file.write(QJsonDocument(json).toJson()) < 0)
        return u"%1 can't be written: %2."_s.arg(m_fileName, file.errorString());
    // Host names and users are nobody else's business either.
    file.setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner);
    if (!file.commit())
        return u"%1 can't be written: %2."_s.arg(m_fileName, file.errorString());
    return {};
}

const Profile* Profiles::find(const QString& name) const {
    const auto found =
        std::find_if(m_profiles.begin(), m_profiles.end(), [&name](const Profile& one) { return one.name == name; });
    return found == m_profiles.end() ? nullptr : &*found;
}

void Profiles::put(Profile profile) {
    const auto found = std::find_if(m_profiles.begin(), m_profiles.end(),
                                    [&profile](const Profile& one) { return one.name == profile.name; });
    if (found == m_profiles.end())
        m_profiles.push_back(std::move(profile));
    else
        *found = std::move(profile);
}

void Profiles::remove(const QString& name) {
    std::erase_if(m_profiles, [&name](const Profile& one) { return one.name == name; });
    if (m_lastUsed == name)
        m_lastUsed.clear();
}

} // namespace desk
