// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/livemodel.h"

#include <map>
#include <set>

namespace made {

/// What a view shows that only listens to the signals: all that is drawn of each cell or read out as its text, fetched
/// anew only where dataChanged, or in ageing columns aged(), says so. Tooltips are asked for when they are shown.
class Listener : public QObject {
public:
    explicit Listener(models::LiveModel& model)
        : m_model(model) {
        connect(&model, &models::LiveModel::aged, this, [this] { m_aged = true; });
        connect(&model, &QAbstractItemModel::rowsInserted, this, [this] { structure = true; });
        connect(&model, &QAbstractItemModel::rowsRemoved, this, [this] { structure = true; });
        connect(&model, &QAbstractItemModel::layoutChanged, this, [this] { structure = true; });
        connect(&model, &QAbstractItemModel::modelReset, this, [this] { structure = true; });
        connect(&model, &QAbstractItemModel::dataChanged, this, [this](const QModelIndex& from, const QModelIndex& to) {
            for (int row = from.row(); row <= to.row(); ++row) {
                for (int column = from.column(); column <= to.column(); ++column)
                    m_announced.insert({keyOf(m_model.index(row, 0, from.parent())), column});
            }
        });
        m_cells = look();
    }

    /// Cells that differ from the last look and were not announced. Where rows came, went or moved, everything is
    /// fetched anew.
    QStringList missed() {
        QStringList missed;
        const Cells cells = look();
        for (const auto& [cell, shown] : cells) {
            const auto before = m_cells.find(cell);
            const models::ColumnInfo& column = m_model.columns()[std::size_t(cell.second)];
            const bool told = m_announced.contains(cell) || (m_aged && column.pace == models::Pace::Ageing);
            if (!structure && before != m_cells.end() && before->second != shown && !told)
                missed += QStringLiteral("%1/%2: %3 -> %4")
                              .arg(cell.first, column.id, before->second.join(u'|'), shown.join(u'|'));
        }
        m_cells = cells;
        m_announced.clear();
        structure = false;
        m_aged = false;
        return missed;
    }

    bool structure = false; ///< since the last look rows came, went or moved

private:
    using Cells = std::map<std::pair<QString, int>, QStringList>;

    static QString keyOf(const QModelIndex& row) { return row.data(models::KeyRole).toString(); }

    static QStringList shown(const QModelIndex& cell) {
        QStringList all;
        for (const int role : {int(Qt::DisplayRole), int(Qt::AccessibleTextRole), int(models::DetailRole),
                               int(models::ToneRole), int(models::StrongRole)})
            all += cell.data(role).toString();
        for (const double value : cell.data(models::SeriesRole).value<QList<double>>())
            all += QString::number(value);
        return all;
    }

    Cells look(const QModelIndex& parent = {}) const {
        Cells cells;
        for (int row = 0; row < m_model.rowCount(parent); ++row) {
            const QModelIndex first = m_model.index(row, 0, parent);
            for (int column = 0; column < m_model.columnCount(parent); ++column)
                cells[{keyOf(first), column}] = shown(first.siblingAtColumn(column));
            cells.merge(look(first));
        }
        return cells;
    }

    models::LiveModel& m_model;
    Cells m_cells;
    std::set<std::pair<QString, int>> m_announced;
    bool m_aged = false;
};

} // namespace made
