// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/translation.h"

#include <QCoreApplication>
#include <QLocale>
#include <QTranslator>

using namespace Qt::StringLiterals;

namespace ui {

void loadTranslation() {
    static const bool loaded = [] {
        auto* translator = new QTranslator(QCoreApplication::instance());
        const bool found = translator->load(QLocale(), u"batchscope"_s, u"_"_s, u":/i18n"_s) ||
                           translator->load(u":/i18n/batchscope_en.qm"_s);
        return found && QCoreApplication::installTranslator(translator);
    }();
    Q_UNUSED(loaded);
}

} // namespace ui
