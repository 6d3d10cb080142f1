// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/tablecard.h"

#include "ui/savedfilters.h"

#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QTimer>

using namespace Qt::StringLiterals;

namespace ui {

QLineEdit* addTableTools(Card& card, TableController& table, const QString& filterName) {
    auto* filter = new QLineEdit;
    filter->setObjectName(u"filter"_s);
    filter->setPlaceholderText(filterName);
    filter->setAccessibleName(filterName);
    filter->setClearButtonEnabled(true);
    filter->setMinimumWidth(90); // gives way where a heading has much to hold
    filter->setMaximumWidth(170);
    addSavedFilters(*filter, table.settings(), table.name());
    // Clearing shows everything at once; typing waits for the word to be finished.
    auto* timer = new QTimer(filter);
    timer->setSingleShot(true);
    QObject::connect(timer, &QTimer::timeout, &table,
                     [filter, &table] { table.proxy()->setFilterText(filter->text()); });
    QObject::connect(filter, &QLineEdit::textChanged, timer,
                     [timer](const QString& text) { timer->start(text.isEmpty() ? 0 : 200); });
    card.addToHeading(filter);

    const auto addMenuButton = [&card](const QString& text, const QString& name, auto makeMenu) {
        auto* button = qobject_cast<QPushButton*>(makeButton(text, name, &card));
        QObject::connect(button, &QPushButton::clicked, button, [button, makeMenu] {
            QMenu* menu = makeMenu(button);
            popUpBelow(menu, button);
        });
        card.addToHeading(button);
    };
    addMenuButton(Card::tr("Columns"), u"columns"_s, [&table](QWidget* parent) { return table.columnMenu(parent); });
    addMenuButton(Card::tr("Copy"), u"copy"_s, [&table](QWidget* parent) { return table.exportMenu(parent); });
    return filter;
}

} // namespace ui
