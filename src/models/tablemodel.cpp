// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/tablemodel.h"

namespace models {

QModelIndex TableModel::index(int row, int column, const QModelIndex& parent) const {
    return hasIndex(row, column, parent) ? createIndex(row, column) : QModelIndex();
}

QModelIndex TableModel::parent(const QModelIndex&) const {
    return {};
}

QModelIndex TableModel::sibling(int row, int column, const QModelIndex&) const {
    return index(row, column);
}

Qt::ItemFlags TableModel::flags(const QModelIndex& index) const {
    const Qt::ItemFlags flags = LiveModel::flags(index);
    return index.isValid() ? flags | Qt::ItemNeverHasChildren : flags;
}

int TableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : LiveModel::columnCount();
}

bool TableModel::hasChildren(const QModelIndex& parent) const {
    return !parent.isValid() && rowCount() > 0 && columnCount() > 0;
}

} // namespace models
