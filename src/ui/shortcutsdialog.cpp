// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shortcutsdialog.h"

#include "ui/card.h"
#include "ui/keys.h"
#include "ui/theme.h"

#include <QAbstractButton>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

#include <array>
#include <optional>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

/// "Ctrl+1 … Ctrl+9", "F, End".
QString written(const keys::Key& key) {
    QStringList texts;
    for (const QKeySequence& one : key.keys) {
        // The platform names keys that keyboards of our day do not have.
        if (one[0].key() <= Qt::Key_F12 || one[0].key() > Qt::Key_F35)
            texts += one.toString(QKeySequence::NativeText);
    }
    texts.removeDuplicates();
    return texts.size() > 4 ? texts.first() + u" … "_s + texts.last() : texts.join(u", "_s);
}

} // namespace

ShortcutsDialog::ShortcutsDialog(QWidget* parent)
    : QDialog(parent) {
    setObjectName(u"shortcutsDialog"_s);
    setWindowTitle(tr("Keyboard shortcuts"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 18, 20, 14);
    layout->setSpacing(space::large);
    auto* title = new QLabel(windowTitle());
    title->setFont(titleFont());
    layout->addWidget(title);
    auto* columns = new QHBoxLayout;
    columns->setSpacing(36);
    // What works everywhere and what tables know stand left, the drawn views right. Each side is one grid, so that all
    // meanings begin at the same place.
    std::array<QGridLayout*, 2> sides{new QGridLayout, new QGridLayout};
    std::optional<keys::Place> shown;
    for (const keys::Key& key : keys::all()) {
        QGridLayout* side = sides[key.place < keys::Place::Timeline ? 0 : 1];
        int row = side->count() == 0 ? 0 : side->rowCount();
        if (shown != key.place) {
            auto* heading = dimLabel(keys::title(key.place));
            heading->setContentsMargins(0, row == 0 ? 0 : space::large, 0, 0);
            side->addWidget(heading, row, 0, 1, 2);
            ++row;
        }
        shown = key.place;
        auto* label = new QLabel(written(key));
        label->setFont(strongFont(font()));
        auto* meaning = new QLabel(key.meaning);
        meaning->setObjectName(u"meaning"_s);
        meaning->setAccessibleName(written(key) + u": "_s + key.meaning);
        side->addWidget(label, row, 0);
        side->addWidget(meaning, row, 1);
    }
    for (QGridLayout* side : sides) {
        side->setHorizontalSpacing(28);
        side->setVerticalSpacing(space::small);
        side->setColumnStretch(1, 1);
        side->setRowStretch(side->rowCount(), 1);
        columns->addLayout(side);
    }
    layout->addLayout(columns);
    QAbstractButton* close = makeButton(tr("Close"), u"close"_s, this, u"primary"_s);
    connect(close, &QAbstractButton::clicked, this, &QDialog::accept);
    layout->addWidget(close, 0, Qt::AlignRight);
}

} // namespace ui
