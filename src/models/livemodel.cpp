// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/livemodel.h"

#include <algorithm>

namespace models {

std::vector<ColumnGroup> groupColumns(const std::vector<ColumnInfo>& columns) {
    std::vector<ColumnGroup> groups;
    for (std::size_t column = 0; column < columns.size(); ++column) {
        if (!groups.empty() && groups.back().pace == columns[column].pace)
            groups.back().last = int(column);
        else
            groups.push_back({int(column), int(column), columns[column].pace});
    }
    return groups;
}

LiveModel::LiveModel(std::vector<ColumnInfo> columns, QObject* parent)
    : QAbstractItemModel(parent)
    , m_columns(std::move(columns))
    , m_groups(groupColumns(m_columns)) {}

int LiveModel::columnCount(const QModelIndex&) const {
    return int(m_columns.size());
}

QVariant LiveModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0 || section >= int(m_columns.size()))
        return {};
    return headerValue(m_columns[std::size_t(section)], role);
}

int LiveModel::columnOf(const QString& id) const {
    const auto found =
        std::find_if(m_columns.begin(), m_columns.end(), [&id](const ColumnInfo& c) { return c.id == id; });
    return found == m_columns.end() ? -1 : int(found - m_columns.begin());
}

} // namespace models
