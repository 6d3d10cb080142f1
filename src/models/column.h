// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/format.h"

#include <QList>
#include <QString>
#include <QVariant>

#include <functional>
#include <vector>

namespace models {

/// Roles every table of the console answers, beside the standard ones.
enum Role : int {
    SortRole = Qt::UserRole + 1, ///< orderable raw value; invalid where unknown (sorts last either way)
    ValueRole,                   ///< for copying and export: number, text, ISO time; invalid where unknown
    DetailRole,                  ///< QString, dim, behind the text
    ToneRole,                    ///< Tone, as int
    StrongRole,                  ///< bool: set in the heavier weight
    SeriesRole,                  ///< QList<double> for a sparkline, NaN where nothing was observed; for a bar one value
    KeyRole,                     ///< QString, the same for the same thing in every sample
    // of horizontal headers
    ColumnIdRole,       ///< QString, stable: settings and exports name columns by it
    KindRole,           ///< CellKind, as int
    WidthSampleRole,    ///< QString, the widest text to expect
    DefaultVisibleRole, ///< bool
    IdentityRole,       ///< bool: what stands there says which thing a row is about
};

/// What a value means for the reader; the theme gives it a colour and the chip a sign.
enum class Tone { None, Dim, Good, Information, Warning, Critical };

enum class CellKind {
    Text,
    Number,
    Chip,
    Sparkline,
    Code,
    Bar, ///< a number behind a bar that is filled to the first value of the series, 0 to 1
};

/// How a column's cells change: with the thing itself, with its state, or also because time passes.
enum class Pace { Identity, Slow, Ageing };

/// A cell as it is shown.
struct Cell {
    QString text{};
    QString detail{};
    QString tooltip{};
    Tone tone = Tone::None;
    bool strong = false;
    QString accessible{}; ///< in words, where the text alone does not say it
};

/// What a cell's text depends on beside its row.
struct CellContext {
    pg::Timestamp now; ///< server clock of the sample
    QTimeZone zone = QTimeZone::systemTimeZone();
    pg::Interval deadInterval = std::chrono::minutes(5);
};

/// The part of a column that does not depend on the row.
struct ColumnInfo {
    QString id{};
    QString title{};
    QString meaning{}; ///< the header's tooltip: what the number says and how it was made
    CellKind kind = CellKind::Text;
    Pace pace = Pace::Slow;
    QString widthSample{};
    bool visibleByDefault = true;

    bool rightAligned() const { return kind == CellKind::Number || kind == CellKind::Bar; }
};

/// A column of a table as data.
template <class Row>
struct Column {
    ColumnInfo info{};
    std::function<Cell(const Row&, const CellContext&)> cell{};
    std::function<QVariant(const Row&)> sortKey{};
    std::function<QVariant(const Row&, const CellContext&)> value{}; ///< for export; the sort key when empty
    std::function<QList<double>(const Row&, const CellContext&)> series{};
    /// What the cell shows beside the sort key. A cell changed when either differs.
    std::function<QVariant(const Row&)> alsoShows{};
};

QVariant headerValue(const ColumnInfo& info, int role);

/// Roles answered from a cell's own values.
QVariant cellValue(const ColumnInfo& info, const Cell& cell, int role);

bool isCellRole(int role);

/// NULL, the empty text and a text that others wrote, each to be told from the others.
Cell optionalTextCell(const std::optional<std::string>& text);

/// Events behind a position where the event sequence could not be read: those up to the newest tick, and maybe more.
Cell untickedUnknownCell(std::int64_t ticked);
/// The same for a payload: without its secrets.
Cell payloadCell(const std::optional<std::string>& text, bool cut);

/// All roles of one cell but KeyRole.
template <class Row>
QVariant columnValue(const Column<Row>& column, const Row& row, const CellContext& context, int role) {
    switch (role) {
    case SortRole:
        return column.sortKey(row);
    case ValueRole:
        return column.value ? column.value(row, context) : column.sortKey(row);
    case SeriesRole:
        return column.series ? QVariant::fromValue(column.series(row, context)) : QVariant();
    default:
        return isCellRole(role) ? cellValue(column.info, column.cell(row, context), role) : QVariant();
    }
}

/// Raw values of optional numbers and times.
template <class T>
QVariant rawValue(const std::optional<T>& value) {
    return value ? QVariant::fromValue(static_cast<qint64>(*value)) : QVariant();
}

/// Sorts ages: the longer ago, the larger.
inline QVariant rawAge(const std::optional<pg::Timestamp>& moment) {
    return moment ? QVariant::fromValue(static_cast<qint64>(-moment->time_since_epoch().count())) : QVariant();
}

/// An age as seconds for export.
inline QVariant ageSeconds(const std::optional<pg::Timestamp>& moment, const CellContext& context) {
    return moment ? QVariant(std::chrono::duration<double>(context.now - *moment).count()) : QVariant();
}

} // namespace models
