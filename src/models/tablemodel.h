// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/livemodel.h"

namespace models {

/// A live model without branches.
class TableModel : public LiveModel {
    Q_OBJECT

public:
    using LiveModel::LiveModel;

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& child) const override;
    QModelIndex sibling(int row, int column, const QModelIndex& index) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    bool hasChildren(const QModelIndex& parent = {}) const override;

    using QObject::parent;
};

} // namespace models
