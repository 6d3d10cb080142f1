// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractItemModel>
#include <QList>
#include <QString>

namespace models {

enum class TextForm { Plain, Csv, Json };

/// Rows of a table as text to take elsewhere. Plain and CSV have a header line; Plain is tab-separated as it is shown,
/// CSV and JSON carry the values for machines (numbers, seconds, ISO times; unknown is empty or null), named by column
/// id.
QString tableText(const QAbstractItemModel& model, const QModelIndexList& rows, const QList<int>& columns,
                  TextForm form);

} // namespace models
