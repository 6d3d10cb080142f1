// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/column.h"

#include "models/masking.h"

#include <QCoreApplication>

using namespace Qt::StringLiterals;

namespace models {

namespace {

struct Columns {
    Q_DECLARE_TR_FUNCTIONS(Columns)
};

QVariant orNothing(const QString& text) {
    return text.isEmpty() ? QVariant() : QVariant(text);
}

} // namespace

Cell untickedUnknownCell(std::int64_t ticked) {
    return {format::atLeast(format::number(ticked)),
            {},
            Columns::tr("The event sequence could not be read: so many up to the newest tick; how many were sent since "
                        "is not known."),
            Tone::Dim};
}

Cell optionalTextCell(const std::optional<std::string>& text) {
    if (!text)
        return {u"NULL"_s, {}, {}, Tone::Dim};
    if (text->empty())
        return {Columns::tr("(empty)"), {}, {}, Tone::Dim};
    const QString shown = format::foreign(format::text(*text), 240);
    return {shown, {}, shown};
}

Cell payloadCell(const std::optional<std::string>& text, bool cut) {
    if (!text || text->empty())
        return optionalTextCell(text);
    QString shown = format::foreign(masked(*text), 240);
    if (cut && !shown.endsWith(QChar(0x2026)))
        shown += QChar(0x2026);
    return {shown, {}, shown};
}

QVariant headerValue(const ColumnInfo& info, int role) {
    switch (role) {
    case Qt::DisplayRole:
        return info.title;
    case Qt::ToolTipRole:
    case Qt::AccessibleDescriptionRole:
        return orNothing(info.meaning);
    case Qt::TextAlignmentRole:
        return QVariant::fromValue(Qt::Alignment(info.rightAligned() ? Qt::AlignRight : Qt::AlignLeft) |
                                   Qt::AlignVCenter);
    case ColumnIdRole:
        return info.id;
    case KindRole:
        return int(info.kind);
    case WidthSampleRole:
        return info.widthSample;
    case IdentityRole:
        return info.pace == Pace::Identity && info.kind != CellKind::Code; // a payload is read from its beginning
    case DefaultVisibleRole:
        return info.visibleByDefault;
    default:
        return {};
    }
}

bool isCellRole(int role) {
    switch (role) {
    case Qt::DisplayRole:
    case Qt::ToolTipRole:
    case Qt::TextAlignmentRole:
    case Qt::AccessibleTextRole:
    case Qt::AccessibleDescriptionRole:
    case DetailRole:
    case ToneRole:
    case StrongRole:
        return true;
    default:
        return false;
    }
}

QVariant cellValue(const ColumnInfo& info, const Cell& cell, int role) {
    switch (role) {
    case Qt::DisplayRole:
        return cell.text;
    case Qt::ToolTipRole:
        return orNothing(format::tooltip(cell.tooltip));
    case Qt::AccessibleDescriptionRole:
        return orNothing(cell.tooltip);
    case Qt::TextAlignmentRole:
        return headerValue(info, role);
    case Qt::AccessibleTextRole:
        if (!cell.accessible.isEmpty())
            return cell.accessible;
        return cell.detail.isEmpty() ? cell.text : QString(cell.text + u' ' + cell.detail);
    case DetailRole:
        return orNothing(cell.detail);
    case ToneRole:
        return int(cell.tone);
    case StrongRole:
        return cell.strong;
    default:
        return {};
    }
}

} // namespace models
