// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/masking.h"

#include <QCache>

namespace models {

namespace {

/// Cells ask for the same beginnings of payloads with every repaint.
constexpr qsizetype remembered = 2'048;
constexpr qsizetype shortText = 1'000;

struct Known {
    Masking masking = Masking::current();
    QCache<QString, QString> texts{remembered};
};

} // namespace

QString masked(const std::string& utf8) {
    static Known known;
    const QString text = QString::fromStdString(utf8);
    const Masking masking = Masking::current();
    if (text.size() > shortText)
        return masking.apply(text);
    if (!known.masking.isSameAs(masking)) {
        known.masking = masking;
        known.texts.clear();
    }
    if (const QString* found = known.texts.object(text))
        return *found;
    QString shown = masking.apply(text);
    known.texts.insert(text, new QString(shown));
    return shown;
}

} // namespace models
