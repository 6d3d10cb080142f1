// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jsondelegate.h"

#include "ui/theme.h"

namespace ui {

QSize JsonDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
    QSize size = QStyledItemDelegate::sizeHint(option, index);
    size.setHeight(QFontMetrics(option.font).height() + 4);
    return size;
}

void JsonDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const {
    QStyledItemDelegate::initStyleOption(option, index);
    if (index.data(models::StrongRole).toBool())
        option->font.setBold(true);
    if (models::Tone(index.data(models::ToneRole).toInt()) == models::Tone::Dim)
        option->palette.setColor(QPalette::Text, colors().dim);
}

} // namespace ui
