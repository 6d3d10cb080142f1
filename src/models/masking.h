// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QRegularExpression>
#include <QString>
#include <QStringList>

#include <optional>
#include <string>
#include <vector>

namespace models {

/// Hides secrets in payloads wherever they are shown, copied or exported. Values of JSON keys that match a name become
/// dots, in whole texts and in cut ones, also inside JSON that stands in a string of JSON; what matches an expression
/// becomes dots anywhere. A masked JSON text is JSON still.
class Masking {
public:
    struct Patterns {
        bool on = true;
        QStringList keys;        ///< names; * stands for anything; case, _ and - are ignored
        QStringList expressions; ///< regular ones; of one with a group only the group is hidden

        static Patterns usual();

        bool operator==(const Patterns&) const = default;
    };

    Masking() = default; ///< hides nothing
    explicit Masking(const Patterns& patterns);

    /// Why an expression can't be read; empty when it can.
    static QString problem(const QString& expression);

    /// The text without its secrets. Where an expression gives up on it (PCRE's limits), a remark instead of the text.
    QString apply(const QString& text) const;

    bool hidesKey(const QString& key) const;

    /// What stands for a secret.
    static QString dots();

    /// What the whole program hides. For the window's thread.
    static const Masking& current();
    static void setCurrent(Masking masking);

private:
    QString withoutKeys(const QString& text) const;

    bool m_hasKeys = false;
    QRegularExpression m_keys;
    std::vector<QRegularExpression> m_expressions;
};

/// A text from the server as it may be shown.
QString masked(const std::string& utf8);

} // namespace models
