// SPDX-License-Identifier: GPL-3.0-or-later
// The scenarios that ship, each on a real database: every line as it says, every wait seen in pg_locks.

#include "queries/stepping.h"
#include "stepper/library.h"
#include "stepper/play.h"
#include "stepper/scratch.h"
#include "support/testserver.h"

#include <QTest>

#include <algorithm>

using namespace stepper;

namespace {

Script parsed(const std::string& text) {
    const auto result = parseScript(text);
    if (const auto* problems = std::get_if<std::vector<ScriptProblem>>(&result))
        throw std::runtime_error("line " + std::to_string(problems->front().line) + ": " + problems->front().text);
    return std::get<Script>(result);
}

std::string firstOf(const std::vector<PlayProblem>& problems) {
    return problems.empty() ? std::string()
                            : "line " + std::to_string(problems.front().line) + ": " + problems.front().text;
}

} // namespace

class TestScenarios : public QObject {
    Q_OBJECT

private:
    std::unique_ptr<support::TestDatabase> m_database;

    std::int64_t ask(const std::string& sql) {
        pg::Connection connection = m_database->connect();
        return support::number(connection, sql);
    }

private Q_SLOTS:

    void initTestCase() { m_database = std::make_unique<support::TestDatabase>(support::Schema::Pgque); }

    void cleanupTestCase() { m_database.reset(); }

    void ships_data() {
        QTest::addColumn<QString>("text");
        for (const Scenario& scenario : scenarioTexts())
            QTest::newRow(scenario.name.c_str()) << QString::fromStdString(scenario.text);
        QCOMPARE(scenarioTexts().size(), 11U);
    }

    void ships() {
        QFETCH(QString, text);
        const Script script = parsed(text.toStdString());
        QVERIFY(!script.title.empty() && !script.about.empty());
        Engine engine({.connection = m_database->info(), .retries = script.retries});
        int waits = 0;
        const auto problems = play(engine, script, [&](const ScriptLine& line, const Report& report) {
            if (report.outcome.kind == Outcome::Kind::Waits) {
                ++waits;
                // Not only the board says so: the server does.
                const auto lane = std::find_if(engine.board().lanes.begin(), engine.board().lanes.end(),
                                               [&](const LaneView& one) { return one.name == line.step.lane; });
                const auto holder = std::find_if(engine.board().lanes.begin(), engine.board().lanes.end(),
                                                 [&](const LaneView& one) { return one.name == lane->waitsFor; });
                if (ask("select (" + std::to_string(holder->pid) + " = any (pg_blocking_pids(" +
                        std::to_string(lane->pid) + ")))::int") != 1)
                    return false;
                if (lane->state != LaneState::Waiting || !lane->waitsSince || lane->waitsOn.empty())
                    return false;
            }
            return true;
        });
        QCOMPARE(firstOf(problems), std::string());
        QVERIFY(engine.board().differences.empty());
        QVERIFY2(waits > 0, "a scenario without a wait teaches little");
        QVERIFY(!engine.anybodyWaits());
        QCOMPARE(engine.board().script.lines.size(), script.lines.size());

        // What was recorded is a script that meets itself, on the same board begun anew.
        Script recorded = parsed(engine.board().script.text());
        engine.restart(script.retries);
        QVERIFY(engine.board().tokens.empty());
        QCOMPARE(firstOf(play(engine, recorded)), std::string());

        const std::string queue = engine.queue();
        engine.finish();
        QCOMPARE(ask("select count(*) from pgque.queue where queue_name = '" + queue + "'"), 0);
        QCOMPARE(ask("select count(*) from pg_stat_activity where application_name like 'batchscope/step%' and "
                     "datname = current_database()"),
                 0);
        QCOMPARE(ask("select count(*) from pgque.consumer"), 0);
    }
};

QTEST_GUILESS_MAIN(TestScenarios)
#include "tst_scenarios.moc"
