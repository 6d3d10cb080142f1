// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

#include <memory>

namespace store {

/// Hides secrets wherever texts of others are shown, copied, exported or written down: the one place that knows what a
/// secret looks like. Values of JSON keys that match a name become dots, in whole texts and in cut ones, also inside
/// JSON that stands in a string of JSON; what matches an expression becomes dots anywhere. A masked JSON text is JSON
/// still. Passwords in JSON, in connection strings, in URIs and in SQL are hidden beside what the patterns say.
/// It takes time in proportion to the text. A value: it may be taken to another thread.
class Masking {
public:
    struct Patterns {
        bool on = true;          ///< on screen, in copies and exports; what is written down is masked always
        QStringList keys;        ///< names; * stands for anything; case, _ and - are ignored
        QStringList expressions; ///< regular ones; of one with a group only the group is hidden

        static Patterns usual();

        bool operator==(const Patterns&) const = default;
    };

    /// Whether line breaks inside of what is hidden stay, so that lines keep their numbers.
    enum class Breaks { Hidden, Kept };

    Masking(); ///< hides nothing
    explicit Masking(const Patterns& patterns);

    /// Why an expression can't be read; empty when it can.
    static QString problem(const QString& expression);

    /// The text without its secrets. Where an expression gives up on it (PCRE's limits), a remark instead of the text.
    QString apply(const QString& text, Breaks breaks = Breaks::Hidden) const;

    /// The key as it stands in the text, escapes and all.
    bool hidesKey(QStringView key) const;

    /// What masks a text that is written down: switched on, whatever the screen shows.
    Masking forKeeping() const;

    /// What stands for a secret.
    static QString dots();

    /// What the whole program hides. Both from any thread.
    static Masking current();
    static void setCurrent(const Masking& masking);

    /// Made of the same patterns, and both on or both off.
    bool isSameAs(const Masking& other) const { return m_rules == other.m_rules && m_on == other.m_on; }

private:
    struct Rules;

    QString withoutKeys(const QString& text, Breaks breaks) const;

    std::shared_ptr<const Rules> m_rules;
    bool m_on = false;
};

} // namespace store
