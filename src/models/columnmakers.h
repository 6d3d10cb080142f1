// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/keyedtablemodel.h"
#include "models/masking.h"

// The usual kinds of columns, for tables of plain values.
namespace models {

/// A name or text that others wrote.
template <class Row>
Column<Row> textColumn(ColumnInfo info, std::function<QString(const Row&)> text) {
    return {std::move(info),
            [text](const Row& row, const CellContext&) {
                const QString shown = format::foreign(text(row), 240);
                return Cell{shown, {}, shown};
            },
            [text](const Row& row) { return QVariant(text(row)); }};
}

/// A text that may be missing: NULL and the empty text are told apart.
template <class Row>
Column<Row> optionalTextColumn(ColumnInfo info, std::function<const std::optional<std::string>&(const Row&)> text) {
    return {std::move(info), [text](const Row& row, const CellContext&) { return optionalTextCell(text(row)); },
            [text](const Row& row) { return text(row) ? QVariant(format::text(*text(row))) : QVariant(); }};
}

/// A payload or the beginning of one, of which bytes are the whole's size (0: it is whole); without its secrets.
template <class Row>
Column<Row> payloadColumn(ColumnInfo info, std::function<const std::optional<std::string>&(const Row&)> text,
                          std::function<std::int64_t(const Row&)> bytes) {
    const auto cut = [text, bytes](const Row& row) {
        return bytes && text(row) && std::int64_t(text(row)->size()) < bytes(row);
    };
    return {std::move(info),
            [text, cut](const Row& row, const CellContext&) { return payloadCell(text(row), cut(row)); },
            [text](const Row& row) { return text(row) ? QVariant(format::text(*text(row))) : QVariant(); },
            [text, cut](const Row& row, const CellContext&) {
                if (!text(row))
                    return QVariant();
                return QVariant(cut(row) ? QString(masked(*text(row)) + QChar(0x2026)) : masked(*text(row)));
            },
            {},
            [cut](const Row& row) { return QVariant(cut(row)); }};
}

template <class Row>
Column<Row> numberColumn(ColumnInfo info, std::function<std::optional<std::int64_t>(const Row&)> number) {
    info.kind = CellKind::Number;
    return {std::move(info),
            [number](const Row& row, const CellContext&) {
                const auto value = number(row);
                return value ? Cell{format::number(*value)} : Cell{format::none(), {}, {}, Tone::Dim};
            },
            [number](const Row& row) { return rawValue(number(row)); }};
}

/// A number that is a name: an id, a pid, a transaction. Written without grouping, so that it can be looked for.
template <class Row>
Column<Row> idColumn(ColumnInfo info, std::function<std::optional<std::int64_t>(const Row&)> number) {
    info.kind = CellKind::Number;
    return {std::move(info),
            [number](const Row& row, const CellContext&) {
                const auto value = number(row);
                return value ? Cell{QString::number(*value)} : Cell{format::none(), {}, {}, Tone::Dim};
            },
            [number](const Row& row) { return rawValue(number(row)); }};
}

template <class Row>
Column<Row> bytesColumn(ColumnInfo info, std::function<std::optional<std::int64_t>(const Row&)> bytes) {
    info.kind = CellKind::Number;
    return {std::move(info),
            [bytes](const Row& row, const CellContext&) {
                const auto value = bytes(row);
                return value ? Cell{format::bytes(*value)} : Cell{format::none(), {}, {}, Tone::Dim};
            },
            [bytes](const Row& row) { return rawValue(bytes(row)); }};
}

/// How long ago, with the moment in the tooltip.
template <class Row>
Column<Row> ageColumn(ColumnInfo info, std::function<std::optional<pg::Timestamp>(const Row&)> moment) {
    info.kind = CellKind::Number;
    info.pace = Pace::Ageing;
    return {std::move(info),
            [moment](const Row& row, const CellContext& context) {
                const auto when = moment(row);
                if (!when)
                    return Cell{format::none(), {}, {}, Tone::Dim};
                return Cell{format::age(context.now - *when), {}, format::timestamp(*when, context.zone)};
            },
            [moment](const Row& row) { return rawAge(moment(row)); },
            [moment](const Row& row, const CellContext& context) { return ageSeconds(moment(row), context); }};
}

/// A moment in full.
template <class Row>
Column<Row> momentColumn(ColumnInfo info, std::function<std::optional<pg::Timestamp>(const Row&)> moment) {
    return {std::move(info),
            [moment](const Row& row, const CellContext& context) {
                const auto when = moment(row);
                return when ? Cell{format::timestamp(*when, context.zone)} : Cell{format::none(), {}, {}, Tone::Dim};
            },
            [moment](const Row& row) {
                const auto when = moment(row);
                return when ? QVariant(qint64(when->time_since_epoch().count())) : QVariant();
            },
            [moment](const Row& row, const CellContext&) {
                const auto when = moment(row);
                return when ? QVariant(format::isoUtc(*when)) : QVariant();
            }};
}

/// A table of what a question brought. Row: equality-comparable, std::string key() const.
template <class Row>
class AnswerModel : public KeyedTableModel<Row> {
public:
    using KeyedTableModel<Row>::KeyedTableModel;

    /// The answer to the same question, asked again: selection and place are kept.
    void show(std::vector<Row> rows, pg::Timestamp now) {
        CellContext context = this->context();
        context.now = now;
        this->apply(std::move(rows), context);
    }

    /// The clock has gone on; the rows are the same.
    void setNow(pg::Timestamp now) { show(this->rows(), now); }

    void setZone(const QTimeZone& zone) {
        CellContext context = this->context();
        context.zone = zone;
        this->setContext(context);
    }
};

} // namespace models
