// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractItemModel>
#include <QJsonValue>
#include <QList>
#include <QString>
#include <QStringList>
#include <QVariant>

namespace models {

enum class TextForm { Plain, Csv, Json, Sql };

/// Rows of a table as text to take elsewhere. Plain and CSV have a header line; Plain is tab-separated as it is shown,
/// the others carry the values for machines (numbers, seconds, ISO times; unknown is empty or null), named by column
/// id. Sql is a query that gives these rows, as a table of this name.
QString tableText(const QAbstractItemModel& model, const QModelIndexList& rows, const QList<int>& columns,
                  TextForm form, const QString& name);

/// A value for a cell of CSV, and for JSON.
QString csvCell(const QVariant& value);
QJsonValue jsonValue(const QVariant& value);

/// Rows of plain values as that query, written piece by piece: begin, any number of rows, end.
QString sqlBegin(const QString& name, const QStringList& columns);
QString sqlRow(const QVariantList& values, bool first);
QString sqlEnd(const QString& name);

} // namespace models
