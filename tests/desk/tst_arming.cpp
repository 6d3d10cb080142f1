// SPDX-License-Identifier: GPL-3.0-or-later
// Operate for a limited time and a class of action, reasons that are asked for, and series on a session of their own.

#include "desk/desk.h"
#include "operate/progress.h"
#include "support/testserver.h"

#include <QDir>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>

using namespace std::chrono_literals;
using desk::AccessMode;
using desk::Desk;
using domain::OutcomeKind;

namespace {

template <class T>
T wait(QFuture<T> future) {
    if (!QTest::qWaitFor([&future] { return future.isFinished(); }, 60'000) || future.resultCount() == 0)
        qFatal("no answer");
    return future.result();
}

std::string value(pg::Connection& connection, const std::string& sql) {
    return std::string(connection.execute({sql, {}}).text(0, 0));
}

} // namespace

class TestArming : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void init() {
        m_database = std::make_unique<support::TestDatabase>(support::Schema::Pgque);
        m_admin.emplace(m_database->connect());
        m_admin->execute({"select pgque.create_queue('q')", {}});
        m_folder = std::make_unique<QTemporaryDir>();
    }

    void cleanup() {
        m_desk.reset();
        m_admin.reset();
        m_database.reset();
    }

    void fallsBackByItself() {
        open(desk::Environment::Production);
        QSignalSpy modes(m_desk.get(), &Desk::accessModeChanged);
        QCOMPARE(m_desk->arm({true, 2s}), QString());
        QVERIFY(m_desk->armedUntil());
        QCOMPARE(wait(m_desk->perform(request("force_tick"))).kind, OutcomeKind::Done);
        QTRY_COMPARE_WITH_TIMEOUT(m_desk->accessMode(), AccessMode::Observe, 5'000);
        QCOMPARE(modes.size(), 2);
        QVERIFY(!m_desk->armedUntil());
        QCOMPARE(wait(m_desk->perform(request("force_tick"))).kind, OutcomeKind::Refused);
        QTRY_COMPARE(sessionsThatCouldWrite(), std::string("0"));
    }

    /// Whatever kept the event loop, or the machine asleep, meanwhile: what comes after the time is refused.
    void overIsOver() {
        open(desk::Environment::Production);
        m_desk->arm({true, 1s});
        QThread::sleep(2); // no timer can fire
        const auto late = m_desk->perform(request("force_tick"));
        QVERIFY(late.isFinished());
        QCOMPARE(late.result().kind, OutcomeKind::Refused);
        QCOMPARE(m_desk->accessMode(), AccessMode::Observe);
    }

    void armedAnewItLastsLonger() {
        open(desk::Environment::Production);
        m_desk->arm({false, 1s});
        m_desk->arm({false, 60s});
        QTest::qWait(1'500);
        QCOMPARE(m_desk->accessMode(), AccessMode::Operate);
    }

    void neverWithoutEndWhereCareIsDue() {
        for (const auto environment : {desk::Environment::Production, desk::Environment::Unlabelled}) {
            open(environment);
            m_desk->setAccessMode(AccessMode::Operate);
            QVERIFY(m_desk->armedUntil());
            m_desk->arm({true, 0s});
            QVERIFY(m_desk->armedUntil());
        }
        open(desk::Environment::Local);
        m_desk->setAccessMode(AccessMode::Operate);
        QVERIFY(!m_desk->armedUntil());
    }

    void armedForAClassOnly() {
        open(desk::Environment::Production);
        m_desk->arm({false, 60s});
        const auto availability = m_desk->availability(request("drop_queue"));
        QVERIFY(!availability.available);
        QVERIFY(availability.arming);
        QCOMPARE(wait(m_desk->perform(request("drop_queue"))).kind, OutcomeKind::Refused);
        QCOMPARE(wait(m_desk->rehearse(request("unsubscribe"))).outcome.kind, OutcomeKind::Refused);
        QCOMPARE(wait(m_desk->perform(request("force_tick"))).kind, OutcomeKind::Done);
        m_desk->arm({true, 60s});
        QVERIFY(m_desk->availability(request("drop_queue")).available);
        QCOMPARE(wait(m_desk->perform(request("drop_queue"))).kind, OutcomeKind::Done);
    }

    void asksForAReason() {
        open(desk::Environment::Local, true);
        m_desk->setAccessMode(AccessMode::Operate);
        auto tick = request("force_tick");
        tick.reason = "  ";
        QCOMPARE(wait(m_desk->perform(tick)).kind, OutcomeKind::Refused);
        tick.reason = "nothing came";
        QCOMPARE(wait(m_desk->perform(tick)).kind, OutcomeKind::Done);
        const auto page = wait(m_desk->journalPage({}));
        QVERIFY(!page.records.isEmpty());
        QCOMPARE(page.records.first().reason, QStringLiteral("nothing came"));
    }

    /// A long series runs beside: other actions need not wait, and it ends between two transactions on disarming.
    void seriesRunBeside() {
        open(desk::Environment::Local);
        m_desk->setAccessMode(AccessMode::Operate);
        QFile file(m_folder->filePath(QStringLiteral("lines")));
        QVERIFY(file.open(QIODevice::WriteOnly));
        for (int line = 1; line <= 400'000; ++line)
            file.write("line " + QByteArray::number(line) + '\n');
        file.close();
        auto send = request("send_file");
        send.arguments["file"] = file.fileName().toStdString();
        auto progress = std::make_shared<operate::Progress>();
        const auto sending = m_desk->perform(send, progress);
        QTRY_VERIFY_WITH_TIMEOUT(progress->state().amount.done > 0, 20'000);
        QCOMPARE(wait(m_desk->perform(request("pause_ticker"))).kind, OutcomeKind::Done);
        QVERIFY(!sending.isFinished());
        m_desk->setAccessMode(AccessMode::Observe);
        const auto outcome = wait(sending);
        QVERIFY2(outcome.kind == OutcomeKind::Partly, outcome.summary.c_str());
        QCOMPARE(value(*m_admin, "select count(*) from pgque.event_template"), outcome.results.at("sent"));
        QTRY_COMPARE(sessionsThatCouldWrite(), std::string("0"));
        // The journal tells the same.
        const auto page = wait(m_desk->journalPage({}));
        bool told = false;
        for (const auto& record : page.records)
            told |= record.outcome == QLatin1String("partly") &&
                    record.summary.contains(QString::fromStdString(outcome.results.at("sent")));
        QVERIFY(told);
    }

    void copiesAreKept() {
        m_admin->execute({"select pgque.subscribe('q', 'c')", {}});
        m_admin->execute({"select pgque.set_queue_config('q', 'max_retries', '0')", {}});
        m_admin->execute({"select pgque.send('q', 'secret'::text)", {}});
        m_admin->execute({"select pgque.force_next_tick('q')", {}});
        m_admin->execute({"select pgque.ticker('q')", {}});
        m_admin->execute({"select pgque.nack_batch(b.batch_id, interval '0', 'x') from (select distinct batch_id"
                          " from pgque.receive('q', 'c')) b",
                          {}});
        open(desk::Environment::Local);
        m_desk->setAccessMode(AccessMode::Operate);
        auto purge = request("purge_dead_letters");
        purge.arguments["older_than"] = "0 s";
        const auto outcome = wait(m_desk->perform(purge));
        QVERIFY2(outcome.kind == OutcomeKind::Done, outcome.summary.c_str());
        QFile copy(QString::fromStdString(outcome.results.at("copy")));
        QVERIFY(copy.open(QIODevice::ReadOnly));
        QVERIFY(copy.readAll().contains("\"ev_data\": \"secret\""));
        QCOMPARE(copy.permissions() & (QFileDevice::ReadGroup | QFileDevice::ReadOther), QFileDevice::Permissions());
        QVERIFY(m_desk->performed().back().outcome.undo);
        QCOMPARE(wait(m_desk->perform(*m_desk->performed().back().outcome.undo)).kind, OutcomeKind::Done);
        QCOMPARE(value(*m_admin, "select count(*) from pgque.dead_letter"), std::string("1"));
    }

private:
    void open(desk::Environment environment, bool requiresReason = false) {
        desk::Profile profile;
        profile.connection = m_database->info();
        profile.environment = environment;
        profile.requiresReason = requiresReason;
        m_desk = std::make_unique<Desk>(profile);
        m_desk->setCopyFolder(m_folder->filePath(QStringLiteral("copies")));
        m_desk->setJournal(std::make_shared<store::Journal>(
            store::Journal::Options{.path = m_folder->filePath(QStringLiteral("journal.sqlite"))}));
        m_desk->setPeriod(200ms);
        m_desk->open();
        QTRY_VERIFY_WITH_TIMEOUT(m_desk->snapshot() != nullptr, 20'000);
    }

    static domain::ActionRequest request(const std::string& action) {
        domain::ActionRequest made;
        made.action = action;
        made.queue = "q";
        return made;
    }

    std::string sessionsThatCouldWrite() {
        return value(*m_admin, "select count(*) from pg_stat_activity where datname = current_database()"
                               " and application_name in ('batchscope/operate', 'batchscope/series')");
    }

    std::unique_ptr<support::TestDatabase> m_database;
    std::optional<pg::Connection> m_admin;
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Desk> m_desk;
};

QTEST_GUILESS_MAIN(TestArming)
#include "tst_arming.moc"
