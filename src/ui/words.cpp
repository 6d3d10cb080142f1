// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/words.h"

#include "domain/timemark.h"
#include "models/format.h"
#include "models/masking.h"
#include "ui/notice.h"

#include <QCoreApplication>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace ui::words {

using models::format::foreign;
using models::format::text;

namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(Words)
};

} // namespace

QString environment(desk::Environment environment) {
    switch (environment) {
    case desk::Environment::Unlabelled:
        return Words::tr("Unlabelled");
    case desk::Environment::Production:
        return Words::tr("Production");
    case desk::Environment::Staging:
        return Words::tr("Staging");
    case desk::Environment::Local:
        return Words::tr("Local");
    case desk::Environment::Sandbox:
        return Words::tr("Sandbox");
    }
    return {};
}

models::Tone environmentTone(desk::Environment environment) {
    switch (environment) {
    case desk::Environment::Production:
        return models::Tone::Critical;
    case desk::Environment::Staging:
        return models::Tone::Warning;
    case desk::Environment::Local:
        return models::Tone::Information;
    case desk::Environment::Sandbox:
        return models::Tone::Good;
    case desk::Environment::Unlabelled:
        break;
    }
    return models::Tone::None;
}

namespace {

QString fullName(const domain::ActionRequest& request) {
    const QString group = foreign(text(request.consumer));
    return request.subconsumer.empty() ? group : QString(group + u'.' + foreign(text(request.subconsumer)));
}

} // namespace

QString subject(const domain::ActionRequest& request) {
    const QString queue = foreign(text(request.queue));
    QString name = queue;
    if (!request.consumer.empty())
        //: A consumer or member, and the queue it reads.
        name = Words::tr("%1 on %2").arg(fullName(request), queue);
    const auto argument = [&request](const char* key) {
        const auto found = request.arguments.find(key);
        return found == request.arguments.end() ? QString() : foreign(text(found->second));
    };
    if (const QString execution = argument("execution"); !execution.isEmpty())
        return Words::tr("run %1").arg(execution);
    if (const QString message = argument("message_id"); !message.isEmpty())
        return Words::tr("message %1 of %2").arg(message, queue);
    if (const QString letter = argument("dead_id"); !letter.isEmpty())
        return Words::tr("dead letter %1 of %2").arg(letter, queue);
    if (const auto letter = request.arguments.find("dead_letter"); letter != request.arguments.end())
        return Words::tr("dead letter %1 of %2").arg(text(letter->second), queue);
    if (const QString letters = argument("dead_letters"); !letters.isEmpty())
        return Words::tr("%n selected dead letter(s) of %1", nullptr, int(letters.count(u',')) + 1).arg(queue);
    if (const QString event = argument("event"); !event.isEmpty())
        return Words::tr("event %1 of %2").arg(event, queue);
    if (const QString pid = argument("pid"); !pid.isEmpty())
        return argument("user").isEmpty() ? Words::tr("session %1").arg(pid)
                                          : Words::tr("session %1 of %2").arg(pid, argument("user"));
    if (request.batch)
        name = name.isEmpty() ? Words::tr("batch %1").arg(*request.batch)
                              : Words::tr("batch %1 of %2").arg(*request.batch).arg(name);
    return name;
}

QString nameToType(const domain::ActionRequest& request) {
    if (!request.consumer.empty())
        return request.subconsumer.empty() ? text(request.consumer)
                                           : QString(text(request.consumer) + u'.' + text(request.subconsumer));
    if (const auto run = request.arguments.find("execution"); run != request.arguments.end())
        return text(run->second);
    if (const auto message = request.arguments.find("message_id"); message != request.arguments.end())
        return text(message->second);
    if (const auto event = request.arguments.find("event"); event != request.arguments.end())
        return text(event->second);
    if (const auto pid = request.arguments.find("pid"); pid != request.arguments.end())
        return text(pid->second);
    return text(request.queue);
}

QString server(const domain::Capabilities& capabilities) {
    QString place = text(capabilities.host);
    // A folder means a socket on this machine; its path says nothing to a reader.
    if (place.isEmpty() || place.startsWith(u'/'))
        place = Words::tr("this machine");
    else if (!capabilities.port.empty())
        place += u':' + text(capabilities.port);
    return foreign(text(capabilities.user)) + u'@' + place;
}

QString schema(const domain::Capabilities& capabilities) {
    const QString name = u"pgque "_s + text(capabilities.schemaVersion);
    switch (capabilities.origin) {
    case domain::SchemaOrigin::None:
        return Words::tr("no pgque schema");
    case domain::SchemaOrigin::Ours:
        return Words::tr("%1 (Batchscope schema)").arg(name.trimmed());
    case domain::SchemaOrigin::OursDrifted:
        return Words::tr("%1 (Batchscope schema, changed)").arg(name.trimmed());
    case domain::SchemaOrigin::Foreign:
        return Words::tr("%1 (installed by others)").arg(name.trimmed());
    case domain::SchemaOrigin::Unknown:
        return Words::tr("an unknown pgque schema");
    }
    return {};
}

QString roleOfServer(const domain::Capabilities& capabilities) {
    const QString role = capabilities.inRecovery ? Words::tr("standby") : Words::tr("primary");
    return capabilities.throughPooler ? Words::tr("%1, through a pooler").arg(role) : role;
}

QString everySoOften(std::chrono::milliseconds period) {
    return Words::tr("every %1").arg(models::format::milliseconds(double(period.count())).replace(u".0"_s, QString()));
}

pg::Timestamp timeNow(const domain::Snapshot& newest) {
    return newest.takenAt + std::chrono::duration_cast<pg::Interval>(pg::Clock::now() - newest.receivedAt);
}

QString agoIn(const desk::Desk& desk, pg::Timestamp moment) {
    const domain::SnapshotPtr shown = desk.snapshot();
    const pg::Timestamp now = !shown ? moment : desk.shownInstant() ? shown->takenAt : timeNow(*shown);
    return models::format::age(now - moment);
}

QString askedAgo(const desk::Desk& desk, pg::Timestamp asked) {
    return Words::tr("asked %1 ago").arg(agoIn(desk, asked));
}

QString harmless(const std::string& text) {
    return models::format::visible(models::masked(text));
}

std::string timed(const std::string& sentence, const QTimeZone& zone) {
    return domain::withTimes(
        sentence, [&zone](pg::Timestamp moment) { return models::format::clock(moment, zone).toStdString(); });
}

domain::Prediction timed(domain::Prediction prediction, const QTimeZone& zone) {
    for (domain::PredictedNumber& number : prediction.numbers) {
        number.value = timed(number.value, zone);
        number.note = timed(number.note, zone);
    }
    for (std::vector<std::string>* sentences : {&prediction.alsoChanges, &prediction.details}) {
        for (std::string& sentence : *sentences)
            sentence = timed(sentence, zone);
    }
    prediction.undo = timed(prediction.undo, zone);
    if (prediction.refusal)
        prediction.refusal = timed(*prediction.refusal, zone);
    return prediction;
}

domain::ActionOutcome timed(domain::ActionOutcome outcome, const QTimeZone& zone) {
    outcome.summary = timed(outcome.summary, zone);
    outcome.now = timed(outcome.now, zone);
    return outcome;
}

QString failureLine(const pg::Failure& failure) {
    return harmless(failure.text());
}

QString failure(const pg::Failure& failure) {
    QStringList lines = {failureLine(failure)};
    if (!failure.diagnostics.detail.empty())
        lines += Words::tr("Detail: %1").arg(harmless(failure.diagnostics.detail));
    if (!failure.diagnostics.hint.empty())
        lines += Words::tr("Hint: %1").arg(harmless(failure.diagnostics.hint));
    return lines.join(u'\n');
}

bool isNotRecorded(const pg::Failure& failure) {
    return failure.kind == pg::ErrorKind::Usage && failure.diagnostics.message.starts_with("not recorded");
}

void sayFailure(Notice& notice, const QString& title, const pg::Failure& failure) {
    if (failure.kind == pg::ErrorKind::Cancelled) {
        notice.say(Words::tr("Cancelled"), words::failure(failure));
        return;
    }
    if (!isNotRecorded(failure)) {
        notice.say(title, words::failure(failure), models::Tone::Warning);
        return;
    }
    QString why = text(failure.diagnostics.message).section(u": "_s, 1);
    notice.say(Words::tr("Not recorded"), why.isEmpty() ? why : why.left(1).toUpper() + why.mid(1) + u'.');
}

QString ofRegistry(const std::string& text) {
    return text.empty() ? QString() : QCoreApplication::translate("Registry", text.c_str());
}

} // namespace ui::words
