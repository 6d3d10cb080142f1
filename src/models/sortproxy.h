// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QElapsedTimer>
#include <QSortFilterProxyModel>
#include <QTimer>

#include <vector>

namespace models {

/// Sorts a live table without moving rows under the reader's hand: rows keep their places while they change, are sorted
/// again at most once a second, and not at all while held; so is what the filter lets through. Ties are broken by the
/// column sorted by before, then by key. Unknown values come last in either direction.
class SortProxy : public QSortFilterProxyModel {
    Q_OBJECT

public:
    explicit SortProxy(QObject* parent = nullptr);

    void setSourceModel(QAbstractItemModel* source) override;

    /// Sorts at once: the reader asked for it.
    void sort(int column, Qt::SortOrder order = Qt::AscendingOrder) override;

    /// Held as long as any reason is set: pointer pressed, menu open.
    void setHeld(bool held);
    /// Held for two seconds from now: a key was pressed or the selection moved.
    void holdBriefly();

    /// Shows only rows with the text in any column but ages and other numbers that change because time passes; a parent
    /// stays for the sake of its children.
    void setFilterText(const QString& text);

    static constexpr int sortInterval = 1000; ///< ms
    static constexpr int briefHold = 2000;    ///< ms

protected:
    bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;
    bool filterAcceptsRow(int sourceRow, const QModelIndex& sourceParent) const override;

private:
    void onSourceChanged(const QModelIndex& topLeft, const QModelIndex& bottomRight);
    void onRowsInserted(const QModelIndex& sourceParent, int first, int last);
    void sortSoon();
    void catchUpSoon();
    void catchUp();
    bool isInOrder(const QModelIndex& parent) const;

    QTimer m_timer;
    QTimer m_hold;
    QElapsedTimer m_sinceChange;
    QString m_filter;
    int m_previousColumn = -1;
    Qt::SortOrder m_previousOrder = Qt::AscendingOrder;
    std::vector<int> m_filtered; ///< the columns looked at
    bool m_held = false;
    bool m_sortPending = false;
    bool m_filterPending = false;
};

} // namespace models
