// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QStringList>

namespace support {

/// The part of JSON Schema that docs/*.schema.json use: type, const, enum, pattern, minimum, properties, required,
/// additionalProperties, items and $ref into $defs. An unknown keyword is an error, so that no rule is silently
/// skipped.
class JsonSchema {
public:
    explicit JsonSchema(const QString& fileName) {
        QFile file(fileName);
        if (file.open(QIODevice::ReadOnly))
            m_root = QJsonDocument::fromJson(file.readAll()).object();
        if (m_root.isEmpty())
            qFatal("no schema in %s", qPrintable(fileName));
    }

    /// What is wrong with a value, one line each; empty when nothing is.
    QStringList problems(const QJsonValue& value) const {
        QStringList found;
        check(value, m_root, QStringLiteral("$"), found);
        return found;
    }

private:
    static QString typeOf(const QJsonValue& value) {
        switch (value.type()) {
        case QJsonValue::Null:
            return QStringLiteral("null");
        case QJsonValue::Bool:
            return QStringLiteral("boolean");
        case QJsonValue::Double:
            return value.toDouble() == static_cast<double>(value.toInteger()) ? QStringLiteral("integer")
                                                                              : QStringLiteral("number");
        case QJsonValue::String:
            return QStringLiteral("string");
        case QJsonValue::Array:
            return QStringLiteral("array");
        case QJsonValue::Object:
            return QStringLiteral("object");
        default:
            return QStringLiteral("nothing");
        }
    }

    void check(const QJsonValue& value, const QJsonObject& schema, const QString& at, QStringList& found) const {
        for (auto rule = schema.begin(); rule != schema.end(); ++rule) {
            const QString key = rule.key();
            const QJsonValue& wanted = rule.value();
            if (key == QLatin1String("$ref")) {
                check(value,
                      m_root[QStringLiteral("$defs")][wanted.toString().section(QLatin1Char('/'), -1)].toObject(), at,
                      found);
            } else if (key == QLatin1String("type")) {
                const QJsonArray types = wanted.isArray() ? wanted.toArray() : QJsonArray{wanted};
                const QString type = typeOf(value);
                if (!types.contains(type) &&
                    !(type == QLatin1String("integer") && types.contains(QStringLiteral("number"))))
                    found << at + QStringLiteral(" is ") + type;
            } else if (key == QLatin1String("const")) {
                if (value != wanted)
                    found << at + QStringLiteral(" is not ") + wanted.toString();
            } else if (key == QLatin1String("enum")) {
                if (!wanted.toArray().contains(value))
                    found << at + QStringLiteral(" is none of its words");
            } else if (key == QLatin1String("pattern")) {
                if (value.isString() && !QRegularExpression(wanted.toString()).match(value.toString()).hasMatch())
                    found << at + QStringLiteral(" has another form: ") + value.toString();
            } else if (key == QLatin1String("minimum")) {
                if (value.isDouble() && value.toDouble() < wanted.toDouble())
                    found << at + QStringLiteral(" is too small");
            } else if (key == QLatin1String("required")) {
                const QJsonArray names = wanted.toArray();
                for (const QJsonValue& name : names) {
                    if (value.isObject() && !value.toObject().contains(name.toString()))
                        found << at + QLatin1Char('.') + name.toString() + QStringLiteral(" is missing");
                }
            } else if (key == QLatin1String("properties")) {
                const QJsonObject object = value.toObject();
                for (auto one = object.begin(); one != object.end(); ++one) {
                    if (wanted.toObject().contains(one.key()))
                        check(one.value(), wanted[one.key()].toObject(), at + QLatin1Char('.') + one.key(), found);
                    else if (schema.value(QStringLiteral("additionalProperties")) == QJsonValue(false))
                        found << at + QLatin1Char('.') + one.key() + QStringLiteral(" is unknown");
                }
            } else if (key == QLatin1String("items")) {
                int number = 0;
                const QJsonArray all = value.toArray();
                for (const QJsonValue& one : all)
                    check(one, wanted.toObject(), at + QLatin1Char('[') + QString::number(number++) + QLatin1Char(']'),
                          found);
            } else if (key == QLatin1String("additionalProperties") && wanted.isObject()) {
                const QJsonObject object = value.toObject();
                for (auto one = object.begin(); one != object.end(); ++one)
                    check(one.value(), wanted.toObject(), at + QLatin1Char('.') + one.key(), found);
            } else if (!known.contains(key)) {
                qFatal("schema keyword %s is not understood", qPrintable(key));
            }
        }
    }

    inline static const QStringList known = {QStringLiteral("$schema"),     QStringLiteral("$id"),
                                             QStringLiteral("$defs"),       QStringLiteral("title"),
                                             QStringLiteral("description"), QStringLiteral("additionalProperties")};
    QJsonObject m_root;
};

} // namespace support
