// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "desk/profile.h"

#include <QString>

#include <optional>
#include <vector>

namespace desk {

/// "production", "staging", "local", "sandbox", "unlabelled": the word in files and on screen badges.
QString environmentWord(Environment environment);
std::optional<Environment> environmentFromWord(const QString& word);

/// This user's sandbox, whose workers name their sessions.
Profile sandboxProfile();

/// A connection string or URI as a person typed it; without one, why it is none. What is wrong may hold a password, and
/// libpq repeats it: of a URI it is then not said where.
struct ConnectionText {
    std::optional<pg::ConnectionInfo> connection;
    QString problem;
};

ConnectionText readConnection(const QString& text);

/// The named connections of this user: one JSON file, written whole or not at all, never with a secret in it.
class Profiles {
public:
    /// folder: where the file is; empty means this user's own configuration folder.
    explicit Profiles(const QString& folder = {});

    /// Reads the file. A missing one is an empty list. Returns what is wrong with a broken one; it is then left alone
    /// and save() refuses to overwrite it.
    QString load();

    /// Returns what went wrong, or "".
    QString save();

    const std::vector<Profile>& all() const { return m_profiles; }

    const Profile* find(const QString& name) const;

    /// Adds it, or replaces the one of that name.
    void put(Profile profile);
    void remove(const QString& name);

    /// The name of the profile that was opened last; empty when there is none.
    QString lastUsed() const { return m_lastUsed; }

    void setLastUsed(const QString& name) { m_lastUsed = name; }

    QString fileName() const { return m_fileName; }

private:
    QString m_fileName;
    std::vector<Profile> m_profiles;
    QString m_lastUsed;
    bool m_broken = false;
};

} // namespace desk
