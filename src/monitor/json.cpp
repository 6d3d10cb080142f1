// SPDX-License-Identifier: GPL-3.0-or-later
#include "monitor/json.h"

#include "domain/timemark.h"
#include "monitor/diagnosis.h"
#include "monitor/words.h"

#include <QDateTime>
#include <QJsonArray>
#include <QTimeZone>

namespace monitor {

namespace {

using namespace Qt::StringLiterals;

QString text(const std::string& value) {
    return QString::fromStdString(value);
}

/// A sentence of a finding.
QString spoken(const std::string& sentence) {
    return text(domain::withUtcTimes(sentence));
}

QJsonValue textOrNull(const std::string& value) {
    return value.empty() ? QJsonValue() : QJsonValue(text(value));
}

QString time(pg::Timestamp moment) {
    const qint64 micros = moment.time_since_epoch().count();
    const qint64 fraction = ((micros % 1'000'000) + 1'000'000) % 1'000'000;
    const QDateTime second = QDateTime::fromSecsSinceEpoch((micros - fraction) / 1'000'000, QTimeZone::utc());
    return second.toString(u"yyyy-MM-dd'T'HH:mm:ss"_s) + u'.' + QString::number(fraction).rightJustified(6, u'0') +
           u'Z';
}

double seconds(pg::Interval length) {
    return std::chrono::duration<double>(length).count();
}

/// 64-bit ids as text: a double of JavaScript would round them.
QString id(std::int64_t value) {
    return QString::number(value);
}

template <class T, class F>
QJsonValue orNull(const std::optional<T>& value, F write) {
    return value ? QJsonValue(write(*value)) : QJsonValue();
}

QJsonValue idOrNull(const std::optional<std::int64_t>& value) {
    return orNull(value, id);
}

QJsonValue timeOrNull(const std::optional<pg::Timestamp>& value) {
    return orNull(value, time);
}

QJsonArray texts(const std::set<std::string>& values) {
    QJsonArray array;
    for (const std::string& value : values)
        array.append(text(value));
    return array;
}

QJsonObject tick(const domain::Tick& tick) {
    return {{u"id"_s, id(tick.id)},
            {u"time"_s, time(tick.time)},
            {u"event_seq"_s, id(tick.eventSeq)},
            {u"xmin"_s, id(tick.xmin)}};
}

QJsonObject count(const domain::Count& count) {
    return {{u"value"_s, static_cast<qint64>(count.value)},
            {u"capped"_s, count.capped},
            {u"taken_at"_s, time(count.takenAt)}};
}

QString origin(domain::SchemaOrigin origin) {
    switch (origin) {
    case domain::SchemaOrigin::None:
        return u"none"_s;
    case domain::SchemaOrigin::Ours:
        return u"ours"_s;
    case domain::SchemaOrigin::OursDrifted:
        return u"ours_drifted"_s;
    case domain::SchemaOrigin::Foreign:
        return u"foreign"_s;
    case domain::SchemaOrigin::Unknown:
        break;
    }
    return u"unknown"_s;
}

QJsonObject failure(const pg::Failure& failure) {
    return {{u"message"_s, text(failure.diagnostics.message)},
            {u"sqlstate"_s, textOrNull(failure.diagnostics.sqlState)},
            {u"detail"_s, textOrNull(failure.diagnostics.detail)},
            {u"hint"_s, textOrNull(failure.diagnostics.hint)}};
}

QJsonObject serverJson(const domain::Capabilities& from) {
    return {{u"host"_s, text(from.host)},
            {u"port"_s, text(from.port)},
            {u"database"_s, text(from.database)},
            {u"user"_s, text(from.user)},
            {u"version"_s, from.serverVersion},
            {u"version_text"_s, text(from.serverVersionText)},
            {u"tls"_s, from.tls},
            {u"in_recovery"_s, from.inRecovery},
            {u"through_pooler"_s, from.throughPooler}};
}

QJsonObject capabilitiesJson(const domain::Capabilities& from) {
    return {{u"schema_origin"_s, origin(from.origin)},
            {u"schema_version"_s, textOrNull(from.schemaVersion)},
            {u"schema_usable"_s, from.schemaUsable},
            {u"superuser"_s, from.superuser},
            {u"reads_all_stats"_s, from.readsAllStats},
            {u"member_of"_s, texts(from.memberOf)},
            {u"readable_tables"_s, texts(from.readableTables)},
            {u"executable_functions"_s, texts(from.executableFunctions)}};
}

QJsonObject queueJson(const domain::Queue& queue) {
    return {{u"id"_s, queue.id},
            {u"name"_s, text(queue.name)},
            {u"table_count"_s, queue.tableCount},
            {u"current_table"_s, queue.currentTable},
            {u"rotation_period"_s, seconds(queue.rotationPeriod)},
            {u"switch_time"_s, time(queue.switchTime)},
            {u"switch_step1"_s, id(queue.switchStep1)},
            {u"switch_step2"_s, idOrNull(queue.switchStep2)},
            {u"external_ticker"_s, queue.externalTicker},
            {u"insert_disabled"_s, queue.insertDisabled},
            {u"ticker_paused"_s, queue.tickerPaused},
            {u"ticker_max_count"_s, queue.tickerMaxCount},
            {u"ticker_max_lag"_s, seconds(queue.tickerMaxLag)},
            {u"ticker_idle_period"_s, seconds(queue.tickerIdlePeriod)},
            {u"max_retries"_s, queue.effectiveMaxRetries()},
            {u"last_tick"_s, orNull(queue.lastTick, tick)},
            {u"lowest_tick"_s, orNull(queue.lowestTick, tick)},
            {u"lowest_tick_missing"_s, queue.lowestTickMissing},
            {u"event_seq"_s, idOrNull(queue.eventSeqNow)},
            {u"events_waiting"_s, idOrNull(eventsWaiting(queue))},
            {u"retry"_s, orNull(queue.retry, count)},
            {u"retry_due"_s, orNull(queue.retryDue, count)},
            {u"oldest_retry_due"_s, timeOrNull(queue.oldestRetryDue)},
            {u"dead"_s, orNull(queue.dead, count)},
            {u"newest_dead"_s, timeOrNull(queue.newestDead)}};
}

QJsonObject subscriptionJson(const domain::Snapshot& snapshot, const domain::Subscription& row) {
    const domain::Queue* queue = snapshot.queue(row.queueId);
    const std::string member = domain::subconsumerName(snapshot, row);
    return {{u"queue"_s, queue ? QJsonValue(text(queue->name)) : QJsonValue()},
            {u"consumer"_s, text(domain::groupName(snapshot, row))},
            {u"member"_s, textOrNull(member)},
            {u"sub_id"_s, row.subId},
            {u"role"_s, text(row.roleText)},
            {u"last_tick"_s, idOrNull(row.lastTick)},
            {u"last_tick_time"_s, timeOrNull(row.lastTickTime)},
            {u"next_tick"_s, idOrNull(row.nextTick)},
            {u"batch"_s, idOrNull(row.batch)},
            {u"active"_s, time(row.active)},
            {u"takeovers"_s, row.takeovers ? QJsonValue(*row.takeovers) : QJsonValue()}};
}

QJsonObject batchJson(const domain::Snapshot& snapshot, const domain::Subscription& row) {
    QJsonObject object = subscriptionJson(snapshot, row);
    for (const auto& key : {u"sub_id"_s, u"last_tick_time"_s, u"active"_s})
        object.remove(key);
    const auto atLeast =
        row.batchSince ? *row.batchSince : std::min(row.active, row.batchFirstSeen.value_or(row.active));
    object[u"heartbeat_age"_s] = seconds(snapshot.takenAt - row.active);
    object[u"age_at_least"_s] = seconds(snapshot.takenAt - atLeast);
    object[u"age_at_most"_s] =
        orNull(row.nextTickTime, [&](pg::Timestamp end) { return seconds(snapshot.takenAt - end); });
    object[u"events_estimate"_s] = idOrNull(row.windowEstimate());
    return object;
}

QString severityText(domain::Severity severity) {
    switch (severity) {
    case domain::Severity::Information:
        return u"information"_s;
    case domain::Severity::Warning:
        return u"warning"_s;
    case domain::Severity::Critical:
        break;
    }
    return u"critical"_s;
}

QJsonObject findingJson(const domain::Finding& finding) {
    QJsonArray evidence;
    for (const domain::Evidence& one : finding.evidence)
        evidence.append(QJsonObject{{u"fact"_s, spoken(one.fact)}, {u"query"_s, textOrNull(one.query)}});
    QJsonArray remedies;
    for (const domain::ActionRequest& one : finding.remedies) {
        QJsonObject arguments;
        for (const auto& [name, value] : one.arguments)
            arguments[text(name)] = text(value);
        remedies.append(QJsonObject{{u"action"_s, text(one.action)},
                                    {u"queue"_s, textOrNull(one.queue)},
                                    {u"consumer"_s, textOrNull(one.consumer)},
                                    {u"member"_s, textOrNull(one.subconsumer)},
                                    {u"batch"_s, idOrNull(one.batch)},
                                    {u"arguments"_s, arguments}});
    }
    const QJsonObject subject{{u"queue"_s, textOrNull(finding.subject.queue)},
                              {u"consumer"_s, textOrNull(finding.subject.consumer)},
                              {u"member"_s, textOrNull(finding.subject.member)},
                              {u"batch"_s, idOrNull(finding.subject.batch)}};
    const auto culprit = [](const domain::Culprit& who) {
        return QJsonObject{{u"pid"_s, who.pid ? QJsonValue(*who.pid) : QJsonValue()},
                           {u"application"_s, textOrNull(who.application)},
                           {u"gid"_s, textOrNull(who.gid)}};
    };
    return {{u"rule"_s, text(finding.rule)},
            {u"severity"_s, severityText(finding.severity)},
            {u"subject"_s, subject},
            {u"since"_s, timeOrNull(finding.since)},
            {u"title"_s, text(finding.title)},
            {u"cause"_s, spoken(finding.cause)},
            {u"consequence"_s, spoken(finding.consequence)},
            {u"culprit"_s, orNull(finding.culprit, culprit)},
            {u"evidence"_s, evidence},
            {u"remedies"_s, remedies}};
}

} // namespace

QJsonObject snapshotJson(const domain::Snapshot& snapshot) {
    QJsonArray queues;
    for (const domain::Queue& queue : snapshot.queues)
        queues.append(queueJson(queue));
    QJsonArray subscriptions;
    QJsonArray batches;
    for (const domain::Subscription& row : snapshot.subscriptions) {
        subscriptions.append(subscriptionJson(snapshot, row));
        if (row.batch)
            batches.append(batchJson(snapshot, row));
    }
    QJsonArray errors;
    for (const domain::PartError& one : snapshot.errors) {
        QJsonObject error = failure(one.failure);
        error[u"part"_s] = text(one.part);
        errors.append(error);
    }
    return {{u"format"_s, u"batchscope.snapshot/1"_s},
            {u"taken_at"_s, time(snapshot.takenAt)},
            {u"server"_s, serverJson(snapshot.capabilities)},
            {u"cost"_s, QJsonObject{{u"server_ms"_s, snapshot.cost.serverMs},
                                    {u"bytes"_s, static_cast<qint64>(snapshot.cost.bytes)}}},
            {u"capabilities"_s, capabilitiesJson(snapshot.capabilities)},
            {u"queues"_s, queues},
            {u"subscriptions"_s, subscriptions},
            {u"batches"_s, batches},
            {u"errors"_s, errors}};
}

QString statusText(const domain::Diagnosis& diagnosis) {
    const auto severity = worst(diagnosis);
    if (!severity || *severity == domain::Severity::Information)
        return u"ok"_s;
    return severityText(*severity);
}

QJsonObject checkJson(const domain::Diagnosis& diagnosis) {
    QJsonArray findings;
    for (const domain::Finding& finding : diagnosis.findings)
        findings.append(findingJson(finding));
    QJsonArray notEvaluated;
    for (const domain::NotEvaluated& one : diagnosis.notEvaluated)
        notEvaluated.append(QJsonObject{{u"rule"_s, text(one.rule)}, {u"why"_s, text(one.why)}});
    return {{u"format"_s, u"batchscope.check/1"_s},
            {u"status"_s, statusText(diagnosis)},
            {u"findings"_s, findings},
            {u"not_evaluated"_s, notEvaluated}};
}

QJsonObject checkJson(const pg::Failure& couldNotLook) {
    const QJsonObject all{{u"rule"_s, u"*"_s}, {u"why"_s, text(couldNotLook.text())}};
    return {{u"format"_s, u"batchscope.check/1"_s},
            {u"status"_s, u"unknown"_s},
            {u"findings"_s, QJsonArray()},
            {u"not_evaluated"_s, QJsonArray{all}}};
}

QString checkText(const domain::Diagnosis& diagnosis, const domain::Snapshot& snapshot) {
    QString all;
    for (const domain::Finding& finding : diagnosis.findings) {
        all += severityText(finding.severity).toUpper() + u"  "_s + text(finding.title) + u"  ["_s +
               text(finding.rule) + u"]\n    "_s + spoken(finding.cause) + u"\n    "_s + spoken(finding.consequence) +
               u'\n';
    }
    if (diagnosis.findings.empty())
        all += u"Nothing is stuck: "_s;
    all += QString::number(snapshot.queues.size()) + u" queues, "_s + QString::number(snapshot.subscriptions.size()) +
           u" subscriptions, "_s + QString::number(diagnosis.rulesEvaluated) + u" rules evaluated.\n"_s;
    for (const domain::NotEvaluated& one : diagnosis.notEvaluated)
        all += u"Not evaluated: "_s + text(one.rule) + u" ("_s + text(one.why) + u").\n"_s;
    return all;
}

} // namespace monitor
