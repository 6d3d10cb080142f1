// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shortcutsdialog.h"

#include "ui/card.h"
#include "ui/keys.h"
#include "ui/theme.h"

#include <QAbstractButton>
#include <QFormLayout>
#include <QGridLayout>
#include <QLabel>
#include <QVBoxLayout>

#include <array>
#include <map>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

/// "Ctrl+1 … Ctrl+9", "F, End".
QString written(const keys::Key& key) {
    QStringList texts;
    for (const QKeySequence& one : key.keys)
        texts += one.toString(QKeySequence::NativeText);
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
    auto* columns = new QGridLayout;
    columns->setHorizontalSpacing(36);
    columns->setVerticalSpacing(space::large);
    // What works everywhere and what tables know stand left, the drawn views right.
    std::array<QVBoxLayout*, 2> sides{new QVBoxLayout, new QVBoxLayout};
    std::map<keys::Place, QFormLayout*> lists;
    for (const keys::Key& key : keys::all()) {
        QFormLayout*& list = lists[key.place];
        QVBoxLayout* side = sides[key.place < keys::Place::Timeline ? 0 : 1];
        if (!list) {
            auto* heading = dimLabel(keys::title(key.place));
            side->addWidget(heading);
            list = new QFormLayout;
            list->setHorizontalSpacing(28);
            side->addLayout(list);
        }
        auto* label = new QLabel(written(key));
        label->setFont(strongFont(font()));
        auto* meaning = new QLabel(key.meaning);
        meaning->setAccessibleName(written(key) + u": "_s + key.meaning);
        list->addRow(label, meaning);
    }
    for (int at = 0; at < int(sides.size()); ++at) {
        sides[std::size_t(at)]->addStretch();
        columns->addLayout(sides[std::size_t(at)], 0, at);
    }
    layout->addLayout(columns);
    QAbstractButton* close = makeButton(tr("Close"), u"close"_s, this, u"primary"_s);
    connect(close, &QAbstractButton::clicked, this, &QDialog::accept);
    layout->addWidget(close, 0, Qt::AlignRight);
}

} // namespace ui
