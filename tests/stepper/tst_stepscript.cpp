// SPDX-License-Identifier: GPL-3.0-or-later
// Scripts as text: what is written is read again, what can't be read is said with its line; where the stepper works.

#include "stepper/library.h"
#include "stepper/randomsteps.h"
#include "stepper/scratch.h"
#include "stepper/script.h"

#include <QTest>

using namespace stepper;

class TestStepScript : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void everyStepIsReadAsItIsWritten() {
        RandomSteps steps(7);
        for (int i = 0; i < 5'000; ++i) {
            const std::string text = steps.next().text();
            const Parsed parsed = parseStep(text);
            QVERIFY2(parsed.problem.empty(), (text + ": " + parsed.problem).c_str());
            QCOMPARE(parsed.step.text(), text);
        }
    }

    void optionsMeanWhatTheySay() {
        using namespace std::chrono_literals;
        const Step receive = parseStep("b receive limit 2 dead 90s hold").step;
        QCOMPARE(receive.lane, std::string("b"));
        QVERIFY(receive.verb == Verb::Receive && receive.hold && receive.limit == 2);
        QVERIFY(receive.ask.deadInterval == Model::Time(90s));
        const Step nack = parseStep("a nack 3 old after 200ms").step;
        QVERIFY(nack.message == 3 && nack.token == 1 && nack.span == Model::Time(200ms));
        QVERIFY(parseStep("b unregister a force").step.member == "a");
        QVERIFY(parseStep("b unregister force").step.member.empty());
        QVERIFY(parseStep("a run until took-over").step.stopAt == Break::TookOver);
        QVERIFY(parseStep("send 4").step.lane.empty());
        QCOMPARE(parseStep("a send 4 hold").step.text(), std::string("a send 4 hold"));
    }

    void shippedScriptsAreReadAsTheyAreWritten() {
        for (const Scenario& scenario : scenarioTexts()) {
            const auto parsed = parseScript(scenario.text);
            QVERIFY(std::holds_alternative<Script>(parsed));
            const Script& script = std::get<Script>(parsed);
            const auto again = parseScript(script.text());
            QVERIFY(std::holds_alternative<Script>(again));
            QCOMPARE(std::get<Script>(again).text(), script.text());
            QCOMPARE(std::get<Script>(again).lines.size(), script.lines.size());
        }
    }

    void problemsNameTheirLines() {
        const auto parsed = parseScript("title T\n\nretries many\na receive\nreceive\nB receive\na dance\nsend 0\n"
                                        "a receive hurry\nage a\nage a long\na run until dinner\na ack =>\ntick a\n");
        QVERIFY(std::holds_alternative<std::vector<ScriptProblem>>(parsed));
        std::vector<int> lines;
        for (const ScriptProblem& problem : std::get<std::vector<ScriptProblem>>(parsed)) {
            QVERIFY(!problem.text.empty());
            lines.push_back(problem.line);
        }
        QCOMPARE(lines, (std::vector<int>{3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}));
    }

    void expectationsMayLeaveOutWhatFollows() {
        Outcome outcome;
        outcome.kind = Outcome::Kind::Takes;
        outcome.who = "a";
        outcome.events.resize(3);
        QVERIFY(meets(outcome, "takes a, 3 events"));
        QVERIFY(meets(outcome, "takes a"));
        QVERIFY(!meets(outcome, "takes b"));
        QVERIFY(!meets(outcome, "takes a, 2 events"));
        QVERIFY(!meets(outcome, "nothing"));
    }

    void refusals_data() {
        QTest::addColumn<bool>("sandbox");
        QTest::addColumn<bool>("production");
        QTest::addColumn<bool>("pooler");
        QTest::addColumn<bool>("standby");
        QTest::addColumn<bool>("agreed");
        QTest::addColumn<QString>("why");
        QTest::newRow("sandbox") << true << true << false << false << false << QString();
        QTest::newRow("staging, agreed") << false << false << false << false << true << QString();
        QTest::newRow("staging, not agreed")
            << false << false << false << false << false << QStringLiteral("made for it");
        QTest::newRow("production") << false << true << false << false << true << QStringLiteral("production");
        QTest::newRow("pooler") << false << false << true << false << true << QStringLiteral("pooler");
        QTest::newRow("standby") << false << false << false << true << true << QStringLiteral("standby");
        QTest::newRow("sandbox behind a pooler") << true << false << true << false << true << QStringLiteral("pooler");
    }

    void refusals() {
        QFETCH(bool, sandbox);
        QFETCH(bool, production);
        QFETCH(bool, pooler);
        QFETCH(bool, standby);
        QFETCH(bool, agreed);
        QFETCH(QString, why);
        Surroundings where;
        where.sandbox = sandbox;
        where.productionLike = production;
        where.throughPooler = pooler;
        where.inRecovery = standby;
        where.agreed = agreed;
        where.schemaInstalled = where.mayMakeQueues = where.maySetHeartbeats = true;
        const QString said = QString::fromStdString(refusalFor(where));
        QCOMPARE(said.isEmpty(), why.isEmpty());
        QVERIFY2(said.contains(why), qPrintable(said));
        where.schemaInstalled = false;
        QVERIFY(!refusalFor(where).empty());
        if (!sandbox) {
            where.schemaInstalled = true;
            where.mayMakeQueues = false;
            QVERIFY(!refusalFor(where).empty());
        }
    }
};

QTEST_APPLESS_MAIN(TestStepScript)
#include "tst_stepscript.moc"
