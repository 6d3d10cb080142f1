// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/requestjson.h"

#include <QJsonDocument>
#include <QJsonObject>

namespace desk {

using namespace Qt::StringLiterals;

QByteArray requestToJson(const domain::ActionRequest& request) {
    QJsonObject object{{u"action"_s, QString::fromStdString(request.action)}};
    const auto add = [&object](const QString& name, const std::string& value) {
        if (!value.empty())
            object.insert(name, QString::fromStdString(value));
    };
    add(u"queue"_s, request.queue);
    add(u"consumer"_s, request.consumer);
    add(u"subconsumer"_s, request.subconsumer);
    // A number of JSON does not hold every 64-bit id.
    if (request.batch)
        object.insert(u"batch"_s, QString::number(*request.batch));
    QJsonObject arguments;
    for (const auto& [name, value] : request.arguments)
        arguments.insert(QString::fromStdString(name), QString::fromStdString(value));
    if (!arguments.isEmpty())
        object.insert(u"arguments"_s, arguments);
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

std::optional<domain::ActionRequest> requestFromJson(const QByteArray& json) {
    const QJsonObject object = QJsonDocument::fromJson(json).object();
    domain::ActionRequest request;
    request.action = object.value(u"action"_s).toString().toStdString();
    if (request.action.empty())
        return {};
    request.queue = object.value(u"queue"_s).toString().toStdString();
    request.consumer = object.value(u"consumer"_s).toString().toStdString();
    request.subconsumer = object.value(u"subconsumer"_s).toString().toStdString();
    if (object.contains(u"batch"_s)) {
        bool isNumber = false;
        request.batch = object.value(u"batch"_s).toString().toLongLong(&isNumber);
        if (!isNumber)
            return {};
    }
    const QJsonObject arguments = object.value(u"arguments"_s).toObject();
    for (auto at = arguments.begin(); at != arguments.end(); ++at)
        request.arguments[at.key().toStdString()] = at.value().toString().toStdString();
    return request;
}

} // namespace desk
