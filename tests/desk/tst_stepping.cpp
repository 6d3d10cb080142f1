// SPDX-License-Identifier: GPL-3.0-or-later
// The cooperative debugger behind the desk: where it is let, what comes back, and what is left when something dies.
#include "desk/desk.h"
#include "desk/stepping.h"
#include "stepper/library.h"
#include "stepper/scratch.h"
#include "support/foreign.h"

#include <QSignalSpy>
#include <QTest>

using namespace Qt::StringLiterals;
using desk::AccessMode;
using desk::Desk;
using desk::Stepping;

Q_DECLARE_METATYPE(stepper::Foresight)
Q_DECLARE_METATYPE(stepper::Explored)

class TestStepping : public QObject {
    Q_OBJECT

    std::unique_ptr<support::TestServer> m_server;
    std::unique_ptr<support::TestDatabase> m_database;
    std::unique_ptr<Desk> m_desk;

    void open(desk::Environment environment) {
        desk::Profile profile;
        profile.connection = m_database->info();
        profile.environment = environment;
        m_desk = std::make_unique<Desk>(profile);
        m_desk->open();
        QVERIFY(QTest::qWaitFor([this] { return m_desk->snapshot() != nullptr; }, 20'000));
    }

    Stepping& stepping() { return *m_desk->stepping(); }

    bool settled() {
        return QTest::qWaitFor(
            [this] {
                return stepping().state() == Stepping::State::Ready || stepping().state() == Stepping::State::Failed;
            },
            30'000);
    }

    bool take(const char* line) {
        stepping().perform(stepper::parseStep(line).step);
        return settled() && stepping().state() == Stepping::State::Ready;
    }

    std::string words() { return stepping().report() ? stepping().report()->outcome.words() : std::string(); }

    std::int64_t scratchQueues() {
        pg::Connection admin = m_database->connect();
        return std::stoll(
            support::value(admin, "select count(*) from pgque.queue where queue_name like 'batchscope\\_step\\_%'"));
    }

private Q_SLOTS:

    void initTestCase() { m_server = support::TestServer::startPrivate(); }

    void init() { m_database = std::make_unique<support::TestDatabase>(*m_server, support::Schema::Pgque); }

    void cleanup() {
        m_desk.reset();
        m_database.reset();
    }

    void cleanupTestCase() { m_server.reset(); }

    void whereItIsLet() {
        open(desk::Environment::Sandbox);
        QVERIFY(m_desk->whyNoStepping(false).contains(u"Operate"_s));
        m_desk->setAccessMode(AccessMode::Operate);
        QCOMPARE(m_desk->whyNoStepping(false), QString());
        open(desk::Environment::Local);
        m_desk->setAccessMode(AccessMode::Operate);
        QVERIFY(!m_desk->whyNoStepping(false).isEmpty());
        QCOMPARE(m_desk->whyNoStepping(true), QString());
        for (const auto environment : {desk::Environment::Production, desk::Environment::Unlabelled}) {
            open(environment);
            m_desk->setAccessMode(AccessMode::Operate);
            QVERIFY(!m_desk->whyNoStepping(true).isEmpty());
            m_desk->beginStepping(true, {u"a"_s});
            QCOMPARE(stepping().state(), Stepping::State::Closed);
        }
        QCOMPARE(scratchQueues(), 0);
    }

    /// A wait is told as one, and goes on by itself when the other lets go.
    void aWaitIsSeenAndReleased() {
        open(desk::Environment::Sandbox);
        m_desk->setAccessMode(AccessMode::Operate);
        m_desk->beginStepping(false, {u"a"_s, u"b"_s});
        QCOMPARE(stepping().state(), Stepping::State::Opening);
        QVERIFY(settled());
        QCOMPARE(scratchQueues(), 1);
        for (const char* line : {"a register", "b register", "send 3", "tick", "send 2", "tick"})
            QVERIFY2(take(line), line);
        QVERIFY(take("a receive hold"));
        QCOMPARE(words(), std::string("3 events"));
        QSignalSpy foreseen(&stepping(), &Stepping::foreseen);
        stepping().foresee(stepper::parseStep("b receive").step);
        QTRY_COMPARE(foreseen.size(), 1);
        QCOMPARE(foreseen[0][1].value<stepper::Foresight>().outcome.words(), std::string("waits a"));
        QVERIFY(take("b receive"));
        QCOMPARE(words(), std::string("waits a"));
        QCOMPARE(stepping().board().lanes[1].state, stepper::LaneState::Waiting);
        QCOMPARE(stepping().board().lanes[1].waitsFor, std::string("a"));
        QVERIFY(take("a commit"));
        QTRY_COMPARE_WITH_TIMEOUT(stepping().board().lanes[1].state, stepper::LaneState::Idle, 10'000);
        QVERIFY(stepping().board().differences.empty());
        // Falling back to Observe ends it, and nothing is left.
        m_desk->setAccessMode(AccessMode::Observe);
        QCOMPARE(stepping().state(), Stepping::State::Closed);
        QTRY_COMPARE_WITH_TIMEOUT(scratchQueues(), 0, 10'000);
    }

    void scenariosArePlayed() {
        open(desk::Environment::Sandbox);
        m_desk->setAccessMode(AccessMode::Operate);
        m_desk->beginStepping(false, {u"a"_s});
        QVERIFY(settled());
        QSignalSpy unmet(&stepping(), &Stepping::unmet);
        const auto script = std::get<stepper::Script>(stepper::parseScript(stepper::scenarioTexts().at(1).text));
        stepping().play(script, script.lines.size());
        QCOMPARE(stepping().state(), Stepping::State::Busy);
        QVERIFY(settled());
        QCOMPARE(stepping().board().script.lines.size(), script.lines.size());
        QVERIFY(unmet.isEmpty());
        QVERIFY(stepping().board().differences.empty());
    }

    /// The server dies under a held transaction: it is told, and what is left is found and removed the next time.
    void theServerDies() {
        open(desk::Environment::Sandbox);
        m_desk->setAccessMode(AccessMode::Operate);
        m_desk->beginStepping(false, {u"a"_s});
        QVERIFY(settled());
        for (const char* line : {"a register", "send 3", "tick", "a receive hold"})
            QVERIFY2(take(line), line);
        // The throw-away server may lose what was committed in the last moment.
        pg::Connection admin = m_database->connect();
        support::run(admin, "checkpoint");
        admin.close();
        m_server->kill();
        m_server->start();
        stepping().perform(stepper::parseStep("send 1").step);
        QVERIFY(settled());
        QCOMPARE(stepping().state(), Stepping::State::Failed);
        QVERIFY(!stepping().failure().text().empty());
        m_desk.reset();
        QCOMPARE(scratchQueues(), 1);

        open(desk::Environment::Sandbox);
        m_desk->setAccessMode(AccessMode::Operate);
        m_desk->beginStepping(false, {u"a"_s});
        QVERIFY(settled());
        QCOMPARE(stepping().leftOvers().size(), std::size_t(1));
        stepping().removeLeftOvers();
        QVERIFY(settled());
        QVERIFY(stepping().leftOvers().empty());
        QCOMPARE(scratchQueues(), 1); // its own
        m_desk.reset();
        QTRY_COMPARE_WITH_TIMEOUT(scratchQueues(), 0, 10'000);
    }

    void exploringTellsAndStops() {
        open(desk::Environment::Sandbox);
        m_desk->setAccessMode(AccessMode::Operate);
        m_desk->beginStepping(false, {u"a"_s});
        QVERIFY(settled());
        const auto script = std::get<stepper::Script>(
            stepper::parseScript("a register\nb register\nsend 1\ntick\na receive\na ack\nb receive\nb ack\n"));
        QSignalSpy explored(&stepping(), &Stepping::explored);
        stepping().explore(script, 4);
        QTRY_VERIFY_WITH_TIMEOUT(!explored.isEmpty() && explored.back()[1].toBool(), 60'000);
        const auto result = explored.back()[0].value<stepper::Explored>();
        QVERIFY(result.complete && !result.foundFault());
        QVERIFY(result.interleavings > 1);
        QVERIFY(settled());
    }
};

QTEST_GUILESS_MAIN(TestStepping)
#include "tst_stepping.moc"
