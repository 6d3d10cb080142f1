// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/keydiff.h"
#include "models/tablemodel.h"

#include <algorithm>
#include <unordered_map>

namespace models {

template <class Row>
std::vector<ColumnInfo> columnInfos(const std::vector<Column<Row>>& columns) {
    std::vector<ColumnInfo> infos;
    infos.reserve(columns.size());
    for (const Column<Row>& column : columns)
        infos.push_back(column.info);
    return infos;
}

/// Whether any column of the group shows the two rows differently.
template <class Row>
bool groupDiffers(const std::vector<Column<Row>>& columns, const ColumnGroup& group, const Row& before,
                  const Row& after) {
    for (int column = group.first; column <= group.last; ++column) {
        const Column<Row>& shown = columns[std::size_t(column)];
        if (shown.sortKey(before) != shown.sortKey(after))
            return true;
        if (shown.alsoShows && shown.alsoShows(before) != shown.alsoShows(after))
            return true;
    }
    return false;
}

/// A table over plain rows. Each new set of rows becomes the fewest signals that keep selection, scroll position and
/// current cell where they are: removed, moved and inserted rows by key, then changes per group of columns.
/// Row: equality-comparable, std::string key() const.
template <class Row>
class KeyedTableModel : public TableModel {
public:
    explicit KeyedTableModel(std::vector<Column<Row>> columns, QObject* parent = nullptr)
        : TableModel(columnInfos(columns), parent)
        , m_descriptors(std::move(columns)) {}

    int rowCount(const QModelIndex& parent = {}) const override { return parent.isValid() ? 0 : int(m_rows.size()); }

    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override {
        if (!index.isValid())
            return {};
        const Row& row = m_rows[std::size_t(index.row())];
        if (role == KeyRole)
            return QString::fromStdString(row.key());
        return columnValue(m_descriptors[std::size_t(index.column())], row, m_context, role);
    }

    const Row& row(int index) const { return m_rows[std::size_t(index)]; }

    const std::vector<Row>& rows() const { return m_rows; }

    const CellContext& context() const { return m_context; }

    /// The row with this key, -1 when there is none.
    int rowOf(const std::string& key) const {
        const auto found = std::find(m_keys.begin(), m_keys.end(), key);
        return found == m_keys.end() ? -1 : int(found - m_keys.begin());
    }

protected:
    void apply(std::vector<Row> rows, const CellContext& context) {
        std::vector<std::string> keys = keysOf(rows);
        const KeyDiff diff = diffKeys(m_keys, keys);
        remove(diff.removed);
        if (diff.reordered)
            reorder(keys);
        insert(diff.inserted, rows, keys);
        update(std::move(rows), context);
    }

    /// For a change that is no refresh: another page, another subject.
    void replaceAll(std::vector<Row> rows, const CellContext& context) {
        beginResetModel();
        m_keys = keysOf(rows);
        m_rows = std::move(rows);
        m_context = context;
        endResetModel();
    }

    /// Shows every cell anew, because what they are shown by changed (time zone, dead interval).
    void setContext(const CellContext& context) {
        m_context = context;
        if (!m_rows.empty())
            Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
    }

private:
    static std::vector<std::string> keysOf(const std::vector<Row>& rows) {
        std::vector<std::string> keys;
        keys.reserve(rows.size());
        for (const Row& row : rows)
            keys.push_back(row.key());
        return keys;
    }

    void remove(const std::vector<RowRange>& ranges) {
        for (const RowRange& range : ranges) {
            beginRemoveRows({}, range.first, range.last);
            m_rows.erase(m_rows.begin() + range.first, m_rows.begin() + range.last + 1);
            m_keys.erase(m_keys.begin() + range.first, m_keys.begin() + range.last + 1);
            endRemoveRows();
        }
    }

    void reorder(const std::vector<std::string>& wanted) {
        std::unordered_map<std::string, int> oldRow;
        for (std::size_t row = 0; row < m_keys.size(); ++row)
            oldRow.emplace(m_keys[row], int(row));
        Q_EMIT layoutAboutToBeChanged({}, QAbstractItemModel::VerticalSortHint);
        std::vector<Row> rows;
        std::vector<std::string> keys;
        std::vector<int> newRow(m_rows.size());
        for (const std::string& key : wanted) {
            const auto found = oldRow.find(key);
            if (found == oldRow.end())
                continue;
            newRow[std::size_t(found->second)] = int(rows.size());
            rows.push_back(std::move(m_rows[std::size_t(found->second)]));
            keys.push_back(key);
        }
        m_rows = std::move(rows);
        m_keys = std::move(keys);
        const QModelIndexList before = persistentIndexList();
        QModelIndexList after;
        after.reserve(before.size());
        for (const QModelIndex& old : before)
            after.append(index(newRow[std::size_t(old.row())], old.column()));
        changePersistentIndexList(before, after);
        Q_EMIT layoutChanged({}, QAbstractItemModel::VerticalSortHint);
    }

    void insert(const std::vector<RowRange>& ranges, const std::vector<Row>& rows,
                const std::vector<std::string>& keys) {
        for (const RowRange& range : ranges) {
            beginInsertRows({}, range.first, range.last);
            m_rows.insert(m_rows.begin() + range.first, rows.begin() + range.first, rows.begin() + range.last + 1);
            m_keys.insert(m_keys.begin() + range.first, keys.begin() + range.first, keys.begin() + range.last + 1);
            endInsertRows();
        }
    }

    void update(std::vector<Row> rows, const CellContext& context) {
        const bool later = context.now != m_context.now;
        m_context = context;
        std::vector<std::vector<int>> changed(columnGroups().size());
        for (std::size_t row = 0; row < rows.size(); ++row) {
            if (rows[row] == m_rows[row])
                continue;
            for (std::size_t group = 0; group < columnGroups().size(); ++group) {
                if (groupDiffers(m_descriptors, columnGroups()[group], m_rows[row], rows[row]))
                    changed[group].push_back(int(row));
            }
        }
        m_rows = std::move(rows);
        for (std::size_t group = 0; group < columnGroups().size(); ++group) {
            const ColumnGroup& columns = columnGroups()[group];
            for (const RowRange& range : spans(changed[group], rowCount()))
                Q_EMIT dataChanged(index(range.first, columns.first), index(range.last, columns.last));
        }
        if (later)
            Q_EMIT aged();
    }

    std::vector<Column<Row>> m_descriptors;
    std::vector<Row> m_rows;
    std::vector<std::string> m_keys;
    CellContext m_context;
};

} // namespace models
