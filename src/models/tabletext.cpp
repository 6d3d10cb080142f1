// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/tabletext.h"

#include "models/column.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QStringList>
#include <QtNumeric>

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

QString identifier(QString name) {
    return u'"' + name.replace(u'"', u"\"\""_s) + u'"';
}

QString literal(const QVariant& value) {
    if (!value.isValid())
        return u"null"_s;
    switch (value.typeId()) {
    case QMetaType::Bool:
    case QMetaType::Int:
    case QMetaType::LongLong:
    case QMetaType::ULongLong:
        return value.toString();
    case QMetaType::Double:
        return qIsFinite(value.toDouble()) ? value.toString() : u"null"_s;
    default:
        break;
    }
    QString text = value.toString();
    // A server's text has none; with standard strings backslashes are plain characters.
    text.remove(QChar(0));
    const bool escapes = text.contains(u'\\');
    text.replace(u'\'', u"''"_s);
    if (escapes)
        text.replace(u'\\', u"\\\\"_s);
    return (escapes ? u"E'"_s : u"'"_s) + text + u'\'';
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
            cells += form == TextForm::Csv ? csvCell(cell.data(ValueRole)) : plain(cell);
        }
        text += cells.join(separator) + u'\n';
    }
    return text;
}

} // namespace

QString csvCell(const QVariant& value) {
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

QJsonValue jsonValue(const QVariant& value) {
    if (!value.isValid())
        return QJsonValue::Null;
    // 64-bit numbers as text, because readers of JSON turn numbers into doubles.
    if (value.typeId() == QMetaType::LongLong)
        return QString::number(value.toLongLong());
    return QJsonValue::fromVariant(value);
}

QString sqlBegin(const QString& name, const QStringList& columns) {
    QStringList names;
    for (const QString& column : columns)
        names += identifier(column);
    return u"with "_s + identifier(name) + u" ("_s + names.join(u", "_s) + u") as (values\n"_s;
}

QString sqlRow(const QVariantList& values, bool first) {
    QStringList literals;
    for (const QVariant& value : values)
        literals += literal(value);
    return (first ? u"    ("_s : u",\n    ("_s) + literals.join(u", "_s) + u')';
}

QString sqlEnd(const QString& name) {
    return u"\n)\ntable "_s + identifier(name) + u";\n"_s;
}

QString tableText(const QAbstractItemModel& model, const QModelIndexList& rows, const QList<int>& columns,
                  TextForm form, const QString& name) {
    if (form == TextForm::Sql) {
        QStringList ids;
        for (const int column : columns)
            ids += columnId(model, column);
        QString text = sqlBegin(name, ids);
        for (const QModelIndex& row : rows) {
            QVariantList values;
            for (const int column : columns)
                values += row.siblingAtColumn(column).data(ValueRole);
            text += sqlRow(values, row == rows.front());
        }
        return rows.isEmpty() ? QString() : QString(text + sqlEnd(name));
    }
    if (form != TextForm::Json)
        return lines(model, rows, columns, form);
    QJsonArray array;
    for (const QModelIndex& row : rows) {
        QJsonObject object;
        for (const int column : columns)
            object[columnId(model, column)] = jsonValue(row.siblingAtColumn(column).data(ValueRole));
        array.append(object);
    }
    return QString::fromUtf8(QJsonDocument(array).toJson(QJsonDocument::Indented));
}

} // namespace models
