// SPDX-License-Identifier: GPL-3.0-or-later
// All interleavings of a few steps: none breaks our schema; an allocation without its row lock is found out, with the
// shortest script that shows it.

#include "stepper/explore.h"
#include "stepper/play.h"
#include "support/testserver.h"

#include <QTest>

using namespace stepper;

namespace {

Script parsed(const std::string& text) {
    return std::get<Script>(parseScript(text));
}

/// Two members ask for a window in transactions of their own.
const std::string allocation = "a register\nb register\nsend 2\ntick\nsend 1\ntick\n"
                               "a receive hold\na commit\na ack\nb receive hold\nb commit\nb ack\n";
constexpr std::size_t allocationFrom = 6;

} // namespace

class TestExplore : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void splitsAScriptByWhoDoesWhat() {
        const Exploration what = explorationOf(parsed(allocation), allocationFrom);
        QCOMPARE(what.before.size(), 6U);
        QCOMPARE(what.sequences.size(), 2U);
        QCOMPARE(what.sequences[1][0].text(), std::string("b receive hold"));
    }

    void everyOrderHolds() {
        support::TestDatabase database(support::Schema::Pgque);
        Engine engine({.connection = database.info()});
        const Explored allocated = explore(engine, explorationOf(parsed(allocation), allocationFrom));
        QVERIFY2(!allocated.foundFault(), (allocated.broken + "\n" + allocated.shortest.text()).c_str());
        QVERIFY(allocated.complete);
        QVERIFY(allocated.interleavings > 5);

        // A slow owner and a takeover, with maintenance and a tick in between.
        const Script race =
            parsed("a register\nb register\nsend 2\ntick\na receive\nage a 10m\n"
                   "b receive dead 5m hold\nb commit\nb ack\na touch\na nack 1\na ack\nmaintain\ntick\n");
        const Explored taken = explore(engine, explorationOf(race, 6));
        QVERIFY2(!taken.foundFault(), (taken.broken + "\n" + taken.shortest.text()).c_str());
        QVERIFY(taken.complete);
        QVERIFY(taken.interleavings > 50);
        QVERIFY2(taken.known > 0, "courses that come to the same are followed once");
    }

    void findsAnAllocationWithoutItsLock() {
        support::TestDatabase database(support::Schema::Pgque);
        pg::Connection connection = database.connect();
        pg::Result source =
            connection.execute({"select pg_get_functiondef('pgque._lock_group(text, text, text)'::regprocedure)", {}});
        QString text = QString::fromStdString(source.row(0).get<std::string>(0));
        const QString locked = QStringLiteral("s.sub_role = 'coop_main'\n       for update");
        QCOMPARE(text.count(locked), 1);
        text.replace(locked, QStringLiteral("s.sub_role = 'coop_main'"));
        connection.execute({text.toStdString(), {}});

        Engine engine({.connection = database.info()});
        const Explored found = explore(engine, explorationOf(parsed(allocation), allocationFrom));
        QVERIFY(found.foundFault());
        QVERIFY(found.complete);
        // a asks, b asks, a commits: from then on two members hold one window.
        QCOMPARE(found.shortest.lines.size(), allocationFrom + 3);
        engine.restart(5);
        QVERIFY2(!play(engine, found.shortest).empty(), "the script shows the fault again");
        engine.perform(parseStep("b commit").step);
        QVERIFY2(engine.brokenInvariant().find("overlapping windows") != std::string::npos,
                 engine.brokenInvariant().c_str());
    }

    void canBeStopped() {
        support::TestDatabase database(support::Schema::Pgque);
        Engine engine({.connection = database.info()});
        const Explored stopped = explore(engine, explorationOf(parsed(allocation), allocationFrom),
                                         [](const Explored& soFar) { return soFar.interleavings < 3; });
        QVERIFY(!stopped.complete);
        QCOMPARE(stopped.interleavings, 3U);
    }
};

QTEST_GUILESS_MAIN(TestExplore)
#include "tst_explore.moc"
