// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/tabletext.h"

#include "models/column.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QStringList>

using namespace Qt::StringLiterals;

namespace models {

namespace {

QString columnId(const QAbstractItemModel& model, int column) {
    return model.headerData(column, Qt::Horizontal, ColumnIdRole).toString();
}

/// Shown text on one line of its own: no tab, no line break, none of the marks we added for display.
QString plain(const QModelIndex& cell) {
    QString text = cell.data(Qt::DisplayRole).toString();
    if (text.isEmpty())
        text = cell.data(Qt::AccessibleTextRole).toString();
    text.remove(QChar(0x2068)).remove(QChar(0x2069));
    text.replace(QChar(0x202f), u' ').replace(QChar(0x00a0), u' ');
    return text;
}

QString csv(const QVariant& value) {
    QString text = value.toString();
    // A spreadsheet must not run what somebody put into a payload.
    const bool formula =
        value.typeId() == QMetaType::QString && !text.isEmpty() && u"=+-@\t\r"_s.contains(text.front());
    if (formula)
        text.prepend(u'\'');
    if (formula || text.contains(u',') || text.contains(u'"') || text.contains(u'\n') || text.contains(u'\r'))
        text = u'"' + text.replace(u'"', u"\"\""_s) + u'"';
    return text;
}

QJsonValue json(const QVariant& value) {
    if (!value.isValid())
        return QJsonValue::Null;
    // 64-bit numbers as text, because readers of JSON turn numbers into doubles.
    if (value.typeId() == QMetaType::LongLong)
        return QString::number(value.toLongLong());
    return QJsonValue::fromVariant(value);
}

QString lines(const QAbstractItemModel& model, const QModelIndexList& rows, const QList<int>& columns, TextForm form) {
    QString text;
    const QString separator = form == TextForm::Csv ? u","_s : u"\t"_s;
    QStringList cells;
    for (const int column : columns)
        cells += form == TextForm::Csv ? columnId(model, column) : model.headerData(column, Qt::Horizontal).toString();
    text += cells.join(separator) + u'\n';
    for (const QModelIndex& row : rows) {
        cells.clear();
        for (const int column : columns) {
            const QModelIndex cell = row.siblingAtColumn(column);
            cells += form == TextForm::Csv ? csv(cell.data(ValueRole)) : plain(cell);
        }
        text += cells.join(separator) + u'\n';
    }
    return text;
}

} // namespace

QString tableText(const QAbstractItemModel& model, const QModelIndexList& rows, const QList<int>& columns,
                  TextForm form) {
    if (form != TextForm::Json)
        return lines(model, rows, columns, form);
    QJsonArray array;
    for (const QModelIndex& row : rows) {
        QJsonObject object;
        for (const int column : columns)
            object[columnId(model, column)] = json(row.siblingAtColumn(column).data(ValueRole));
        array.append(object);
    }
    return QString::fromUtf8(QJsonDocument(array).toJson(QJsonDocument::Indented));
}

} // namespace models
