// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/shortcutsdialog.h"

#include "ui/card.h"
#include "ui/theme.h"

#include <QAbstractButton>
#include <QFormLayout>
#include <QLabel>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

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
    auto* list = new QFormLayout;
    list->setHorizontalSpacing(28);
    const std::pair<QString, QString> shortcuts[] = {
        {tr("Ctrl+K"), tr("Search pages, actions and queues")},
        {tr("Ctrl+1 … Ctrl+9"), tr("Go to one of the first nine pages")},
        {tr("Ctrl+F"), tr("Filter the table")},
        {tr("Alt+Down"), tr("In a filter: the saved ones")},
        {tr("F5"), tr("Sample now")},
        {tr("Ctrl+Space"), tr("Pause, or live again")},
        {tr("Return"), tr("Open what is selected")},
        {tr("Menu, Shift+F10"), tr("Actions on what is selected")},
        {tr("Ctrl+C"), tr("Copy the selected rows as text")},
        {tr("Ctrl+PgDown, Ctrl+PgUp"), tr("Turn the page of events")},
        {tr("Ctrl+N"), tr("Open another server")},
        {tr("Ctrl+W"), tr("Close the window")},
        {tr("F1"), tr("This list")},
    };
    for (const auto& [keys, meaning] : shortcuts) {
        auto* label = new QLabel(keys);
        label->setFont(strongFont(font()));
        list->addRow(label, new QLabel(meaning));
    }
    layout->addLayout(list);
    QAbstractButton* close = makeButton(tr("Close"), u"close"_s, this, u"primary"_s);
    connect(close, &QAbstractButton::clicked, this, &QDialog::accept);
    layout->addWidget(close, 0, Qt::AlignRight);
}

} // namespace ui
