// SPDX-License-Identifier: GPL-3.0-or-later
// The registry without a server: what every action says of itself, and what it refuses before anything is sent.

#include "operate/gentler.h"
#include "operate/runner.h"

#include <QFile>
#include <QRegularExpression>
#include <QTest>

#include <regex>
#include <set>

using operate::Action;
using operate::ParameterKind;
using operate::SubjectKind;

namespace {

/// Values that are right for every parameter of every action.
domain::ActionRequest complete(const Action& action) {
    domain::ActionRequest request;
    request.action = action.id;
    request.queue = "orders";
    if (action.subject == SubjectKind::Consumer || action.subject == SubjectKind::Member)
        request.consumer = "billing";
    if (action.subject == SubjectKind::Member)
        request.subconsumer = "worker-1";
    if (action.subject == SubjectKind::Batch)
        request.batch = 7;
    if (action.subject == SubjectKind::Backend)
        request.arguments["started"] = "1760000000000000";
    for (const auto& parameter : action.parameters) {
        if (!operate::valueOf(request, parameter).empty())
            continue;
        switch (parameter.kind) {
        case ParameterKind::Text:
            operate::setValue(request, parameter, parameter.check && !parameter.check("name").empty() ? "12" : "name");
            break;
        case ParameterKind::Payload:
        case ParameterKind::File:
            operate::setValue(request, parameter, "name");
            break;
        case ParameterKind::Number:
            operate::setValue(request, parameter, "12");
            break;
        case ParameterKind::Duration:
            operate::setValue(request, parameter, "5 min");
            break;
        case ParameterKind::Choice:
            operate::setValue(request, parameter, parameter.choices.front().value);
            break;
        case ParameterKind::Bool:
            operate::setValue(request, parameter, "true");
            break;
        }
    }
    return request;
}

domain::Capabilities able(const Action& action) {
    domain::Capabilities capabilities;
    capabilities.origin = domain::SchemaOrigin::Ours;
    capabilities.schemaUsable = true;
    capabilities.user = "Ann \"x\"";
    for (const auto& function : action.functions) {
        capabilities.existingFunctions.insert(function);
        capabilities.executableFunctions.insert(function);
    }
    return capabilities;
}

domain::Subscription subscription(std::int32_t consumer, std::string name, domain::Role role,
                                  std::optional<std::int64_t> batch = {}) {
    domain::Subscription made;
    made.queueId = 1;
    made.consumerId = consumer;
    made.consumerName = std::move(name);
    made.subId = role == domain::Role::Normal ? consumer : 100;
    made.role = role;
    made.batch = batch;
    return made;
}

domain::Snapshot snapshot() {
    domain::Snapshot made;
    domain::Queue orders;
    orders.id = 1;
    orders.name = "orders";
    domain::Queue quiet = orders;
    quiet.id = 2;
    quiet.name = "quiet";
    quiet.tickerPaused = true;
    quiet.insertDisabled = true;
    made.queues = {orders, quiet};
    made.subscriptions = {subscription(1, "audit", domain::Role::Normal),
                          subscription(2, "busy", domain::Role::Normal, 5),
                          subscription(3, "billing", domain::Role::CoopMain),
                          subscription(4, "billing.worker-1", domain::Role::CoopMember, 7),
                          subscription(5, "billing.worker-2", domain::Role::CoopMember)};
    made.buildIndex();
    return made;
}

} // namespace

class TestRegistry : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void everyActionIsWhole() {
        std::set<std::string> ids;
        for (const Action& action : m_registry.actions()) {
            const char* id = action.id.c_str();
            QVERIFY2(ids.insert(action.id).second, id);
            QVERIFY2(std::regex_match(action.id, std::regex("[a-z_]+")), id);
            QVERIFY2(!action.title.empty() && !action.help.empty() && action.help.back() == '.', id);
            QVERIFY2(
                std::regex_match(
                    action.role,
                    std::regex("pgque_(reader|writer|admin)|workqueue_(producer|consumer|admin)|pg_signal_backend")),
                id);
            QVERIFY2(action.plan, id);
            QVERIFY2(!action.functions.empty() || !action.tables.empty() || action.subject == SubjectKind::Backend, id);
            QVERIFY2(action.danger != operate::Danger::Destructive || action.predicts(), id);
            std::set<std::string> names;
            for (const auto& parameter : action.parameters) {
                QVERIFY2(!parameter.label.empty() && names.insert(parameter.name).second, id);
                QVERIFY2((parameter.kind == ParameterKind::Choice) == !parameter.choices.empty(), id);
                if (!parameter.defaultValue.empty())
                    QCOMPARE(operate::problemWith(parameter, parameter.defaultValue), std::string());
            }
            QCOMPARE(m_registry.find(action.id), &action);
        }
        QVERIFY(!m_registry.find("no_such_action"));
    }

    void theListIsThere_data() {
        QTest::addColumn<QString>("id");
        for (const char* id : {"create_queue",
                               "drop_queue",
                               "send",
                               "force_tick",
                               "receive",
                               "receive_coop",
                               "ack",
                               "nack",
                               "nack_batch",
                               "touch",
                               "subscribe",
                               "unsubscribe",
                               "register_subconsumer",
                               "unregister_subconsumer",
                               "force_unregister",
                               "take_over",
                               "set_queue_config",
                               "pause_ticker",
                               "resume_ticker",
                               "run_maintenance",
                               "give_back",
                               "move_due_retries"})
            QTest::newRow(id) << QString::fromLatin1(id);
    }

    void theListIsThere() {
        QFETCH(QString, id);
        const Action* action = m_registry.find(id.toStdString());
        QVERIFY(action);
        const auto fitting = m_registry.forSubject(action->subject);
        QVERIFY(std::find(fitting.begin(), fitting.end(), action) != fitting.end());
    }

    /// What is done to a server is told in the docs, all of it and nothing else.
    /// What is named as gentler exists, is no more dangerous, and ends the search.
    void gentlerWays() {
        int ways = 0;
        for (const Action& action : m_registry.actions()) {
            domain::ActionRequest request;
            request.action = action.id;
            request.batch = 1;
            const auto way = operate::gentlerWay(request);
            if (!way)
                continue;
            ++ways;
            const Action* gentler = m_registry.find(way->request.action);
            QVERIFY2(gentler, action.id.c_str());
            QVERIFY(gentler->danger <= action.danger);
            QVERIFY(!way->keeps.empty());
            QVERIFY(!operate::gentlerWay(way->request));
        }
        QCOMPARE(ways, 5);
        domain::ActionRequest without;
        without.action = "force_unregister";
        QVERIFY(!operate::gentlerWay(without)); // there is no batch to take over
    }

    void documented() {
        QFile file(QStringLiteral(ACTIONS_DOC));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QString text = QString::fromUtf8(file.readAll());
        const QString list = text.mid(text.indexOf(QLatin1String("## The list")));
        for (const Action& action : m_registry.actions())
            QVERIFY2(list.contains(QLatin1Char('`') + QString::fromStdString(action.id) + QLatin1Char('`')),
                     action.id.c_str());
        // Each row of the table says whether it takes something away, and whether it is a series.
        for (const QString& row : list.split(QLatin1Char('\n'))) {
            if (!row.startsWith(QLatin1String("| `")))
                continue;
            const QStringList cells = row.split(QLatin1Char('|'));
            for (auto ids = QRegularExpression(QStringLiteral("`([a-z_]+)`")).globalMatch(cells[1]); ids.hasNext();) {
                const QString id = ids.next().captured(1);
                const Action* action = m_registry.find(id.toStdString());
                QVERIFY2(action, qPrintable(id));
                QCOMPARE(action->isSeries(), cells[1].contains(QLatin1String("(series)")));
                if (id != QLatin1String("start_scheduling") && id != QLatin1String("stop_scheduling"))
                    QVERIFY2((action->danger == operate::Danger::Destructive) ==
                                 cells[4].contains(QLatin1String("yes")),
                             qPrintable(id));
            }
        }
    }

    void previewsWhatRuns() {
        for (const Action& action : m_registry.actions()) {
            const domain::ActionRequest request = complete(action);
            QCOMPARE(action.problems(request), std::vector<std::string>());
            const std::string sql = m_runner.preview(request, {});
            QVERIFY2(sql.starts_with("begin isolation level "), sql.c_str());
            QVERIFY2(sql.ends_with("commit;\n"), sql.c_str());
            for (const char* part : {"set local lock_timeout = '2000ms'", "set local statement_timeout = '30000ms'",
                                     "pg_current_xact_id_if_assigned()"})
                QVERIFY2(sql.find(part) != std::string::npos, sql.c_str());
            for (const std::string& function : action.functions) {
                const std::string name = function.substr(0, function.find('('));
                const std::string call = name.starts_with("workqueue.") ? name : "pgque." + name;
                QVERIFY2(sql.find(call) != std::string::npos || action.id.starts_with("send"), sql.c_str());
            }
            QVERIFY2(sql.find('$') == std::string::npos, sql.c_str());
        }
        domain::ActionRequest unknown;
        unknown.action = "no_such_action";
        QCOMPARE(m_runner.preview(unknown, {}), std::string());
    }

    void whatInsertsReadsCommitted() {
        // A tick with an older snapshot than another session's would deliver a window twice; an event must go to the
        // table that is current.
        for (const char* id : {"send", "create_queue", "force_tick", "move_due_retries", "run_maintenance"}) {
            const Action* action = m_registry.find(id);
            QVERIFY2(action->plan(complete(*action)).isolation == operate::Isolation::ReadCommitted, id);
        }
        for (const char* id : {"ack", "force_unregister", "nack", "take_over", "receive"}) {
            const Action* action = m_registry.find(id);
            QVERIFY2(action->plan(complete(*action)).isolation == operate::Isolation::RepeatableRead, id);
        }
    }

    void availability() {
        const Action& ack = *m_registry.find("ack");
        const domain::ActionRequest request = complete(ack);
        domain::Capabilities capabilities = able(ack);
        QVERIFY(ack.availability(request, capabilities, nullptr).available);

        domain::Capabilities none = capabilities;
        none.origin = domain::SchemaOrigin::None;
        QVERIFY(!ack.availability(request, none, nullptr).available);

        domain::Capabilities standby = capabilities;
        standby.inRecovery = true;
        QVERIFY(ack.availability(request, standby, nullptr).why.find("standby") != std::string::npos);

        domain::Capabilities old = capabilities;
        old.existingFunctions.clear();
        const auto missing = ack.availability(request, old, nullptr);
        QCOMPARE(missing.why, std::string("The schema installed here has no function ack."));
        QVERIFY(missing.grant.empty());

        domain::Capabilities weak = capabilities;
        weak.executableFunctions.clear();
        const auto denied = ack.availability(request, weak, nullptr);
        QVERIFY(!denied.available);
        QCOMPARE(denied.grant, std::string("grant pgque_reader to \"Ann \"\"x\"\"\";"));
        QVERIFY(!denied.whoMay.empty());
    }

    void whyNotNow_data() {
        QTest::addColumn<QString>("action");
        QTest::addColumn<QString>("subject"); // queue/consumer/subconsumer/batch
        QTest::addColumn<QString>("why");
        const auto row = [](const char* action, const char* subject, const char* why) {
            QTest::addRow("%s %s", action, subject)
                << QString::fromLatin1(action) << QString::fromLatin1(subject) << QString::fromLatin1(why);
        };
        row("create_queue", "orders///", "exists already");
        row("create_queue", "new///", "");
        row("drop_queue", "orders///", "5 consumers still registered");
        row("drop_queue", "quiet///", "");
        row("drop_queue", "gone///", "no queue named gone");
        row("send", "quiet///", "disabled");
        row("send", "orders///", "");
        row("force_tick", "quiet///", "paused");
        row("force_tick", "orders///", "");
        row("pause_ticker", "quiet///", "paused already");
        row("resume_ticker", "orders///", "not paused");
        row("unsubscribe", "orders/billing//", "2 members still in the group");
        row("unsubscribe", "orders/audit//", "");
        row("receive", "orders/billing//", "cooperative");
        row("receive", "orders/audit//", "");
        row("receive_coop", "orders/audit//", "normal consumer");
        row("receive_coop", "orders/billing//", "");
        row("register_subconsumer", "orders/audit/w/", "must be converted");
        row("register_subconsumer", "orders/busy/w/", "open batch");
        row("register_subconsumer", "orders/billing/w/", "");
        row("unregister_subconsumer", "orders/billing/worker-1/", "holds a batch");
        row("unregister_subconsumer", "orders/billing/worker-2/", "");
        row("force_unregister", "orders/billing/worker-9/", "not registered");
        row("force_unregister", "orders/billing/worker-1/", "");
        row("touch", "orders/billing/worker-9/", "not registered");
        row("ack", "orders/billing/worker-1/7", "");
        row("ack", "orders/billing/worker-1/8", "not open any more");
        row("take_over", "orders/busy//5", "Only the batch of a group's member");
        row("take_over", "orders/billing//7", "");
    }

    void whyNotNow() {
        QFETCH(QString, action);
        QFETCH(QString, subject);
        QFETCH(QString, why);
        const QStringList parts = subject.split(QLatin1Char('/'));
        domain::ActionRequest request;
        request.action = action.toStdString();
        request.queue = parts[0].toStdString();
        request.consumer = parts[1].toStdString();
        request.subconsumer = parts[2].toStdString();
        if (!parts[3].isEmpty())
            request.batch = parts[3].toLongLong();
        const Action* found = m_registry.find(request.action);
        const domain::Snapshot seen = snapshot();
        const auto answer = found->availability(request, able(*found), &seen);
        QCOMPARE(answer.available, why.isEmpty());
        QVERIFY2(QString::fromStdString(answer.why).contains(why), answer.why.c_str());
    }

    void problems_data() {
        QTest::addColumn<QString>("action");
        QTest::addColumn<QString>("parameter");
        QTest::addColumn<QString>("value");
        QTest::addColumn<QString>("problem");
        const auto row = [](const char* action, const char* parameter, const QString& value, const char* problem) {
            QTest::addRow("%s %s %s", action, parameter, qPrintable(value.left(20)))
                << QString::fromLatin1(action) << QString::fromLatin1(parameter) << value << QString::fromUtf8(problem);
        };
        row("create_queue", "queue", QString(), "Queue name is missing.");
        row("create_queue", "queue", QString(57, QLatin1Char('q')), "");
        row("create_queue", "queue", QString(58, QLatin1Char('q')), "58 bytes");
        row("create_queue", "queue", QString(29, QChar(0xfc)), "58 bytes");
        row("create_queue", "queue", QStringLiteral("o'r\"d ers %"), "");
        row("receive", "max", QStringLiteral("0"), "at least 1");
        row("receive", "max", QStringLiteral(" 5 "), "");
        row("receive", "max", QStringLiteral("5x"), "whole number");
        row("receive", "max", QStringLiteral("99999999999"), "at most 2147483647");
        row("receive", "max", QStringLiteral("99999999999999999999"), "too large");
        row("receive", "max", QString(), "");
        row("nack", "message", QString(), "Message id is missing.");
        row("nack", "delay", QStringLiteral("soon"), "length of time");
        row("nack", "delay", QStringLiteral("-1 s"), "at least 0");
        row("nack", "delay", QStringLiteral("2 h"), "");
        row("nack", "delay", QStringLiteral("400 days"), "at most");
        row("take_over", "taker", QStringLiteral("a.b"), "must not contain a dot");
        row("take_over", "dead_interval", QStringLiteral("0"), "at least 1 ms");
        row("register_subconsumer", "convert", QStringLiteral("yes"), "true or false");
        row("set_queue_config", "parameter", QStringLiteral("queue_name"), "must be one of");
        row("send", "format", QStringLiteral("xml"), "must be one of text, json");
        row("send", "payload", QString(QChar(0)), "NUL");
    }

    void problems() {
        QFETCH(QString, action);
        QFETCH(QString, parameter);
        QFETCH(QString, value);
        QFETCH(QString, problem);
        const Action* found = m_registry.find(action.toStdString());
        domain::ActionRequest request = complete(*found);
        operate::setValue(request, *found->parameter(parameter.toStdString()), value.toStdString());
        const auto problems = found->problems(request);
        QCOMPARE(problems.empty(), problem.isEmpty());
        if (!problem.isEmpty())
            QVERIFY2(QString::fromStdString(problems.front()).contains(problem), problems.front().c_str());
    }

    void missingSubjects() {
        for (const Action& action : m_registry.actions()) {
            domain::ActionRequest empty;
            empty.action = action.id;
            QCOMPARE(action.problems(empty).empty(), action.subject == SubjectKind::None && action.parameters.empty());
        }
    }

    void durations_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<qint64>("microseconds"); // -1: none
        QTest::newRow("bare") << QStringLiteral("60") << qint64(60'000'000);
        QTest::newRow("s") << QStringLiteral("60 s") << qint64(60'000'000);
        QTest::newRow("tight") << QStringLiteral("5min") << qint64(300'000'000);
        QTest::newRow("fraction") << QStringLiteral("1.5 h") << qint64(5'400'000'000);
        QTest::newRow("ms") << QStringLiteral(" 250 ms ") << qint64(250'000);
        QTest::newRow("day") << QStringLiteral("1 day") << qint64(86'400'000'000);
        QTest::newRow("zero") << QStringLiteral("0") << qint64(0);
        QTest::newRow("empty") << QString() << qint64(-1);
        QTest::newRow("word") << QStringLiteral("soon") << qint64(-1);
        QTest::newRow("unit") << QStringLiteral("5 parsec") << qint64(-1);
        QTest::newRow("huge") << QStringLiteral("1e300 s") << qint64(-1);
        QTest::newRow("nan") << QStringLiteral("nan") << qint64(-1);
    }

    void durations() {
        QFETCH(QString, text);
        QFETCH(qint64, microseconds);
        const auto parsed = operate::parseDuration(text.toStdString());
        QCOMPARE(parsed.has_value(), microseconds >= 0);
        if (parsed)
            QCOMPARE(parsed->count(), microseconds);
    }

private:
    operate::Registry m_registry;
    operate::Runner m_runner{m_registry};
};

QTEST_GUILESS_MAIN(TestRegistry)
#include "tst_registry.moc"
