// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/celldelegate.h"

#include "ui/paint.h"
#include "ui/theme.h"

#include <QAbstractItemView>
#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

namespace ui {

using models::CellKind;
using models::Tone;

namespace {

CellKind kindOf(const QModelIndex& index) {
    return CellKind(index.model()->headerData(index.column(), Qt::Horizontal, models::KindRole).toInt());
}

Tone toneOf(const QModelIndex& index) {
    return Tone(index.data(models::ToneRole).toInt());
}

QFont fontOf(const QStyleOptionViewItem& option, const QModelIndex& index, CellKind kind) {
    if (kind == CellKind::Code) {
        QFont code = codeFont();
        code.setItalic(option.font.italic());
        return code;
    }
    if (kind == CellKind::Number || kind == CellKind::Bar)
        return tabular(option.font);
    return index.data(models::StrongRole).toBool() ? strongFont(option.font) : option.font;
}

constexpr int leastBar = 24;
constexpr int leastName = 8; ///< characters of a name that stay beside its detail

/// Room for a bar's number; all rows of the column give it the same, so that the bars end together.
int numberWidth(const QStyleOptionViewItem& option, const QModelIndex& index) {
    const QString widest =
        index.model()->headerData(index.column(), Qt::Horizontal, models::WidthSampleRole).toString();
    const QFont font = tabular(option.font);
    return std::max(textWidth(font, widest), textWidth(font, index.data().toString()));
}

} // namespace

CellDelegate::CellDelegate(QObject* parent)
    : QStyledItemDelegate(parent) {}

void CellDelegate::paint(QPainter* painter, const QStyleOptionViewItem& given, const QModelIndex& index) const {
    const StaleInk ink(m_stale);
    const Colors& c = colors();
    QStyleOptionViewItem option = given;
    // Where there is but one ink, what is old leans.
    option.font.setItalic(m_stale && !c.hasGrounds());
    const bool selected = option.state.testFlag(QStyle::State_Selected);
    if (selected)
        painter->fillRect(option.rect, c.selection);
    painter->setPen(c.grid);
    painter->drawLine(option.rect.bottomLeft(), option.rect.bottomRight());
    painter->save();
    const QRect content = option.rect.adjusted(margin, 0, -margin, -1);
    switch (kindOf(index)) {
    case CellKind::Chip: {
        const QString word = index.data().toString();
        if (toneOf(index) == models::Tone::None) {
            // A word that neither is good nor should be heeded: it has no sign, and so is no chip.
            paintText(painter, option, index, content);
        } else if (!word.isEmpty()) {
            QRect chip(QPoint(content.left() - 2, 0), chipSize(word, option.font));
            chip.setWidth(std::min(chip.width(), content.width() + margin));
            chip.moveTop(content.center().y() - chip.height() / 2 + 1);
            drawChip(painter, chip, word, toneOf(index), option.font);
        }
        break;
    }
    case CellKind::Sparkline:
        drawSparkline(painter, QRectF(content).adjusted(0, 5, 0, -4),
                      index.data(models::SeriesRole).value<QList<double>>());
        break;
    case CellKind::Bar: {
        const auto share = index.data(models::SeriesRole).value<QList<double>>();
        const QRectF bar = QRectF(content).adjusted(0, 0, -(numberWidth(option, index) + margin), 0);
        if (!share.isEmpty() && bar.width() >= leastBar)
            drawShare(painter, bar, share.first(), toneOf(index));
        paintText(painter, option, index, content);
        break;
    }
    case CellKind::Text:
    case CellKind::Number:
    case CellKind::Code:
        paintText(painter, option, index, content);
        break;
    }
    painter->restore();
    // Rows are what is chosen, so the focus is shown once at the row's beginning.
    if (option.state.testFlag(QStyle::State_HasFocus))
        painter->fillRect(QRect(option.rect.left(), option.rect.top(), 3, option.rect.height() - 1), c.accent);
}

void CellDelegate::paintText(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index,
                             const QRect& rect) const {
    const Colors& c = colors();
    const CellKind kind = kindOf(index);
    const QFont font = fontOf(option, index, kind);
    const QFontMetrics metrics(font);
    const QString detail = index.data(models::DetailRole).toString();
    const QFontMetrics detailMetrics(option.font);
    const int gap = detail.isEmpty() ? 0 : detailMetrics.horizontalAdvance(QLatin1Char(' '));
    int detailWidth = detail.isEmpty() ? 0 : textWidth(option.font, detail);
    QString text = index.data().toString();
    const int wanted = textWidth(font, text);
    const bool name = index.model()->headerData(index.column(), Qt::Horizontal, models::IdentityRole).toBool();
    if (!name) {
        // The detail gives way before the text does.
        detailWidth = std::min(detailWidth, std::max(0, rect.width() - wanted - gap));
    } else if (rect.width() - gap - detailWidth < std::min(wanted, leastName * metrics.averageCharWidth())) {
        // A cut name can still be told, a cut count can't: it is there whole, or not at all.
        detailWidth = 0;
    }
    const int shown = detailWidth > 0 ? std::min(wanted, rect.width() - gap - detailWidth) : rect.width();
    // Names that begin alike are told apart by their ends.
    text = metrics.elidedText(text, name ? Qt::ElideMiddle : Qt::ElideRight, shown);

    painter->setFont(font);
    painter->setPen(c.of(toneOf(index)));
    if (kind == CellKind::Number || kind == CellKind::Bar) {
        const QRect left = rect.adjusted(0, 0, detailWidth > 0 ? -(detailWidth + gap) : 0, 0);
        painter->drawText(left, int(Qt::AlignRight | Qt::AlignVCenter), text);
    } else {
        painter->drawText(rect, int(Qt::AlignLeft | Qt::AlignVCenter), text);
    }
    if (detailWidth <= 0)
        return;
    painter->setFont(option.font);
    painter->setPen(c.dim);
    const QString dim = detailMetrics.elidedText(detail, Qt::ElideRight, detailWidth);
    QRect place = rect;
    place.setLeft(kind == CellKind::Number || kind == CellKind::Bar
                      ? rect.right() - detailWidth + 1
                      : rect.left() + metrics.horizontalAdvance(text) + gap);
    painter->drawText(place, int(Qt::AlignLeft | Qt::AlignVCenter), dim);
}

QSize CellDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
    const CellKind kind = kindOf(index);
    int width = 0;
    if (kind == CellKind::Chip) {
        width = chipSize(index.data().toString(), option.font).width();
    } else if (kind == CellKind::Sparkline) {
        width = 110;
    } else if (kind == CellKind::Bar) {
        width = barWidth + numberWidth(option, index);
    } else {
        width = textWidth(fontOf(option, index, kind), index.data().toString());
        const QString detail = index.data(models::DetailRole).toString();
        if (!detail.isEmpty())
            width += textWidth(option.font, detail + QLatin1Char(' '));
    }
    return {width + 2 * margin, rowHeight(option.font)};
}

bool CellDelegate::helpEvent(QHelpEvent* event, QAbstractItemView* view, const QStyleOptionViewItem& option,
                             const QModelIndex& index) {
    if (event->type() == QEvent::ToolTip && index.isValid() && !index.data(Qt::ToolTipRole).isValid() &&
        sizeHint(option, index).width() > option.rect.width()) {
        QToolTip::showText(event->globalPos(), models::format::tooltip(index.data().toString()), view);
        return true;
    }
    return QStyledItemDelegate::helpEvent(event, view, option, index);
}

} // namespace ui
