// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/sortproxy.h"

#include "models/livemodel.h"

#include <algorithm>
#include <utility>

namespace models {

namespace {

/// Fewer rows than these come and go one by one; for more of them everything is laid out anew at once. What a view
/// does for a row that goes grows with all that is unfolded in it.
constexpr int manyFlips = 32;

/// Below zero, zero, above zero; unknown values compare as the larger ones, whatever the order.
int compare(const QVariant& left, const QVariant& right, Qt::SortOrder order) {
    if (!left.isValid() || !right.isValid()) {
        const int unknownLast = int(!left.isValid()) - int(!right.isValid());
        return order == Qt::AscendingOrder ? unknownLast : -unknownLast;
    }
    if (left.typeId() == QMetaType::QString && right.typeId() == QMetaType::QString)
        return QString::localeAwareCompare(left.toString(), right.toString());
    const QPartialOrdering ordering = QVariant::compare(left, right);
    return ordering == QPartialOrdering::Less ? -1 : ordering == QPartialOrdering::Greater ? 1 : 0;
}

} // namespace

SortProxy::SortProxy(QObject* parent)
    : QSortFilterProxyModel(parent) {
    setDynamicSortFilter(false);
    setSortRole(SortRole);
    m_timer.setSingleShot(true);
    m_hold.setSingleShot(true);
    m_hold.setInterval(briefHold);
    connect(&m_timer, &QTimer::timeout, this, &SortProxy::catchUp);
    m_reading.setSingleShot(true);
    connect(&m_hold, &QTimer::timeout, this, &SortProxy::catchUp);
    connect(&m_reading, &QTimer::timeout, this, &SortProxy::readOn);
}

void SortProxy::setSourceModel(QAbstractItemModel* source) {
    std::vector<int> read;
    bool wordsAge = false;
    const auto* live = qobject_cast<const LiveModel*>(source);
    for (int column = 0; column < source->columnCount(); ++column) {
        const ColumnInfo info = live ? live->columns()[std::size_t(column)] : ColumnInfo();
        const bool ages = info.pace == Pace::Ageing;
        const bool words = info.kind == CellKind::Chip || info.kind == CellKind::Text;
        if (!ages || words)
            read.push_back(column);
        // A word that time alone can change: seen at the next look, like any other.
        wordsAge = wordsAge || (ages && words);
    }
    if (wordsAge)
        connect(live, &LiveModel::aged, this, [this] {
            if (filterText().isEmpty())
                return;
            m_filter.forgetTexts();
            m_filterPending = true;
            catchUpSoon();
        });
    m_filter.setSource(source, std::move(read));
    // Before the base class, which asks what is shown of rows that came.
    for (const auto signal : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved})
        connect(source, signal, this, &SortProxy::onRowsAltered);
    connect(source, &QAbstractItemModel::rowsMoved, this, &SortProxy::onRowsAltered);
    connect(source, &QAbstractItemModel::layoutChanged, this, &SortProxy::onRowsAltered);
    connect(source, &QAbstractItemModel::modelReset, this, &SortProxy::onRowsAltered);
    QSortFilterProxyModel::setSourceModel(source);
    connect(source, &QAbstractItemModel::dataChanged, this, &SortProxy::onSourceChanged);
    connect(source, &QAbstractItemModel::rowsInserted, this, &SortProxy::onRowsInserted);
    connect(source, &QAbstractItemModel::layoutChanged, this, &SortProxy::sortSoon);
    connect(source, &QAbstractItemModel::modelReset, this, &SortProxy::sortSoon);
}

void SortProxy::sort(int column, Qt::SortOrder order) {
    if (column != sortColumn()) {
        m_previousColumn = sortColumn();
        m_previousOrder = sortOrder();
    }
    m_sortPending = false;
    m_sinceChange.start();
    QSortFilterProxyModel::sort(column, order);
}

void SortProxy::setHeld(bool held) {
    m_held = held;
    if (!held)
        catchUp();
}

void SortProxy::holdBriefly() {
    m_hold.start();
}

void SortProxy::setFilterText(const QString& text) {
    if (text.trimmed() == m_filter.text())
        return;
    m_filter.setText(text.trimmed());
    m_filterAsked = true;
    readOn();
}

void SortProxy::readOn() {
    if (!m_filterAsked) {
        catchUp();
        return;
    }
    if (!m_filter.read(rowsAtOnce)) {
        m_reading.start();
        return;
    }
    m_filterAsked = false;
    m_filterPending = false;
    m_filter.takeFlips();
    Q_EMIT filterAboutToChange();
    invalidate();
    Q_EMIT filterChanged();
    catchUp();
}

bool SortProxy::lessThan(const QModelIndex& left, const QModelIndex& right) const {
    int result = compare(left.data(SortRole), right.data(SortRole), sortOrder());
    if (result == 0 && m_previousColumn >= 0 && m_previousColumn != sortColumn()) {
        const auto valueOf = [this](const QModelIndex& index) {
            return index.siblingAtColumn(m_previousColumn).data(SortRole);
        };
        result = compare(valueOf(left), valueOf(right), m_previousOrder);
        // The tie is broken in the earlier column's own direction, whichever way this one runs.
        if (sortOrder() != m_previousOrder)
            result = -result;
    }
    if (result == 0) {
        result = QString::compare(left.data(KeyRole).toString(), right.data(KeyRole).toString());
        if (sortOrder() == Qt::DescendingOrder)
            result = -result;
    }
    return result < 0;
}

bool SortProxy::filterAcceptsRow(int sourceRow, const QModelIndex& sourceParent) const {
    return m_filter.shows(sourceRow, sourceParent);
}

void SortProxy::onSourceChanged(const QModelIndex& topLeft, const QModelIndex& bottomRight) {
    const auto touches = [&](int column) { return column >= topLeft.column() && column <= bottomRight.column(); };
    if (m_filter.looksAt(topLeft.column(), bottomRight.column())) {
        m_filter.forget(topLeft.parent(), topLeft.row(), bottomRight.row());
        m_filterPending = true;
        catchUpSoon();
    }
    if (touches(sortColumn()) || touches(m_previousColumn))
        sortSoon();
}

void SortProxy::onRowsAltered() {
    if (filterText().isEmpty())
        return;
    m_filter.forgetAll();
    m_filterPending = true;
    catchUpSoon();
}

void SortProxy::onRowsInserted(const QModelIndex& sourceParent, int first, int last) {
    // Nobody has read anything yet in a table that was empty.
    const bool wasEmpty = !sourceParent.isValid() && rowCount() <= last - first + 1;
    if (wasEmpty && sortColumn() >= 0)
        sort(sortColumn(), sortOrder());
    else
        sortSoon();
}

void SortProxy::sortSoon() {
    if (sortColumn() < 0)
        return;
    m_sortPending = true;
    catchUpSoon();
}

void SortProxy::catchUpSoon() {
    if (m_timer.isActive())
        return;
    const qint64 waited = m_sinceChange.isValid() ? m_sinceChange.elapsed() : sortInterval;
    m_timer.start(int(std::clamp<qint64>(sortInterval - waited, 0, sortInterval)));
}

void SortProxy::catchUp() {
    if ((!m_sortPending && !m_filterPending) || m_filterAsked || m_held || m_hold.isActive() || m_timer.isActive())
        return;
    if (m_filterPending && !m_filter.read(rowsAtOnce)) {
        m_reading.start();
        return;
    }
    m_sinceChange.start();
    if (std::exchange(m_filterPending, false))
        followRows();
    // Sorting announces a new layout even when nothing moves; a view would redraw and drop its open editors for it.
    if (std::exchange(m_sortPending, false) && !isInOrder({}))
        QSortFilterProxyModel::sort(sortColumn(), sortOrder());
}

void SortProxy::followRows() {
    const int flips = m_filter.takeFlips();
    if (flips == 0)
        return;
    if (flips > manyFlips) {
        invalidate();
        return;
    }
    invalidateFilter();
    m_sortPending = m_sortPending || sortColumn() >= 0; // what came in stands where it may
}

bool SortProxy::isInOrder(const QModelIndex& parent) const {
    const int rows = rowCount(parent);
    for (int row = 0; row < rows; ++row) {
        const QModelIndex here = index(row, sortColumn(), parent);
        if (row > 0) {
            const QModelIndex above = mapToSource(index(row - 1, sortColumn(), parent));
            const QModelIndex below = mapToSource(here);
            const bool ascending = sortOrder() == Qt::AscendingOrder;
            if (ascending ? lessThan(below, above) : lessThan(above, below))
                return false;
        }
        if (!isInOrder(index(row, 0, parent)))
            return false;
    }
    return true;
}

} // namespace models
