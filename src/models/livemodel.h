// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/column.h"

#include <QAbstractItemModel>

namespace models {

/// Columns of one pace that stand side by side; changes are signalled for such a group at once.
struct ColumnGroup {
    int first = 0;
    int last = 0;
    Pace pace = Pace::Slow;
};

std::vector<ColumnGroup> groupColumns(const std::vector<ColumnInfo>& columns);

/// The part of every live table or tree that does not depend on its rows.
///
/// Two kinds of news: cells that show another value are announced by dataChanged, as everywhere. That time has passed,
/// so that every cell of an ageing column reads differently although its value is the same, is announced once for the
/// whole model by aged(): whoever shows it draws what is on screen anew. A signal a branch would cost a view a search
/// for each of them, and no order depends on it.
class LiveModel : public QAbstractItemModel {
    Q_OBJECT

public:
    LiveModel(std::vector<ColumnInfo> columns, QObject* parent);

    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    const std::vector<ColumnInfo>& columns() const { return m_columns; }

    /// The column with this identifier, -1 when there is none.
    int columnOf(const QString& id) const;

Q_SIGNALS:
    void aged();

protected:
    const std::vector<ColumnGroup>& columnGroups() const { return m_groups; }

private:
    std::vector<ColumnInfo> m_columns;
    std::vector<ColumnGroup> m_groups;
};

} // namespace models
