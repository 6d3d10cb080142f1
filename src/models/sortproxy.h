// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/rowfilter.h"

#include <QElapsedTimer>
#include <QSortFilterProxyModel>
#include <QTimer>

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

    /// Shows only rows with the text in any column but ages and other numbers that change because time passes; a row
    /// above stays for their sake, and those below stay with them. Of many rows the texts are read piece by piece
    /// first, and what is shown changes when all are read.
    void setFilterText(const QString& text);

    /// That asked for last.
    const QString& filterText() const { return m_filter.text(); }

    static constexpr int sortInterval = 1000; ///< ms
    static constexpr int briefHold = 2000;    ///< ms
    static constexpr int rowsAtOnce = 1000;   ///< read between two turns of the event loop

Q_SIGNALS:
    /// Around what is shown changing because another text was asked for.
    void filterAboutToChange();
    void filterChanged();

protected:
    bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;
    bool filterAcceptsRow(int sourceRow, const QModelIndex& sourceParent) const override;

private:
    void onSourceChanged(const QModelIndex& topLeft, const QModelIndex& bottomRight);
    void onRowsInserted(const QModelIndex& sourceParent, int first, int last);
    void sortSoon();
    void catchUpSoon();
    void catchUp();
    void onRowsAltered();
    void readOn();
    void followRows();
    bool isInOrder(const QModelIndex& parent) const;

    QTimer m_timer;
    QTimer m_hold;
    QElapsedTimer m_sinceChange;
    QTimer m_reading; ///< the next piece is read at the event loop's next turn
    RowFilter m_filter;
    int m_previousColumn = -1;
    Qt::SortOrder m_previousOrder = Qt::AscendingOrder;
    bool m_held = false;
    bool m_sortPending = false;
    bool m_filterPending = false; ///< what the shown text finds may differ
    bool m_filterAsked = false;   ///< another text is asked for and not shown yet
};

} // namespace models
