// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/column.h"

#include <QAbstractTableModel>

namespace models {

/// Columns of one pace that stand side by side; changes are signalled for such a group at once.
struct ColumnGroup {
    int first = 0;
    int last = 0;
    Pace pace = Pace::Slow;
};

std::vector<ColumnGroup> groupColumns(const std::vector<ColumnInfo>& columns);

/// The part of every keyed table that does not depend on its rows.
class TableModel : public QAbstractTableModel {
    Q_OBJECT

public:
    explicit TableModel(std::vector<ColumnInfo> columns, QObject* parent);

    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    const std::vector<ColumnInfo>& columns() const { return m_columns; }

    /// The column with this identifier, -1 when there is none.
    int columnOf(const QString& id) const;

protected:
    const std::vector<ColumnGroup>& columnGroups() const { return m_groups; }

private:
    std::vector<ColumnInfo> m_columns;
    std::vector<ColumnGroup> m_groups;
};

} // namespace models
