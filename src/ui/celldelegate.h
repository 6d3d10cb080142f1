// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyledItemDelegate>

namespace ui {

/// Paints every cell of the console's tables from the roles of models/column.h: text with a dim detail, tones, chips,
/// sparklines, code. One line a row; what does not fit ends in "…" and is whole in the tooltip.
class CellDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    explicit CellDelegate(QObject* parent = nullptr);

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    bool helpEvent(QHelpEvent* event, QAbstractItemView* view, const QStyleOptionViewItem& option,
                   const QModelIndex& index) override;

    /// Greyed as a whole: the data are old.
    void setStale(bool stale) { m_stale = stale; }
    bool isStale() const { return m_stale; }

    static constexpr int margin = 10;
    static constexpr int barWidth = 70; ///< beside a bar's number, at the least

private:
    void paintText(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index,
                   const QRect& rect) const;

    bool m_stale = false;
};

} // namespace ui
