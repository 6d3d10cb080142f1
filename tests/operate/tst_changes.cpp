// SPDX-License-Identifier: GPL-3.0-or-later
// The world moves between the look and the act: another session acknowledges, takes over, unregisters, or holds the
// lock. Nothing is done to what was not shown.

#include "operate/operatedatabase.h"

#include <QTest>

#include <future>

using namespace std::chrono_literals;

class TestChanges : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void init() {
        m_seen.reset();
        m_db = std::make_unique<OperateDatabase>();
        m_db->client().createQueue("q");
        for (const char* member : {"w1", "w2", "w3"})
            m_db->client().subscribeSubconsumer("q", "billing", member);
        m_batch = m_db->openBatch("q", "billing", "w1", 3);
    }

    void cleanup() { m_db.reset(); }

    void changedBeforeTheLook_data() {
        QTest::addColumn<QString>("change");
        QTest::addColumn<QString>("now");
        QTest::newRow("acknowledged") << QStringLiteral("select pgque.ack(%1)") << QStringLiteral("holds no batch");
        QTest::newRow("taken over") << QStringLiteral(
                                           "select count(*) from pgque.receive_coop('q', 'billing', 'w2', 100, "
                                           "interval '1 microsecond') where %1 > 0")
                                    << QStringLiteral("holds no batch");
        QTest::newRow("next batch") << QStringLiteral("select pgque.ack(%1); select pgque.send('q', 'x'::text); "
                                                      "select pgque.force_next_tick('q'); select pgque.ticker('q'); "
                                                      "select count(*) from pgque.receive_coop('q', 'billing', 'w1')")
                                    << QStringLiteral("q / billing.w1 holds batch");
        QTest::newRow("unregistered") << QStringLiteral("select pgque.ack(%1); "
                                                        "select pgque.unregister_subconsumer('q', 'billing', 'w1')")
                                      << QString();
    }

    void changedBeforeTheLook() {
        QFETCH(QString, change);
        QFETCH(QString, now);
        for (const char* action : {"force_unregister", "ack", "nack_batch", "give_back", "touch"}) {
            const auto made = shown(action);
            if (action == std::string("force_unregister")) {
                for (const auto& statement : change.arg(m_batch).split(QLatin1Char(';')))
                    m_db->execute(statement.toStdString());
            }
            const std::string before = state();
            const auto outcome = m_db->perform(made);
            COMPARE_KIND(outcome, ChangedUnderneath);
            QVERIFY2(QString::fromStdString(outcome.now).contains(now), outcome.now.c_str());
            QVERIFY(outcome.sql.ends_with("rollback;\n"));
            QVERIFY(outcome.sql.find("pgque.ack(") == std::string::npos); // the call was not even sent
            QCOMPARE(state(), before);
        }
    }

    /// Exactly between the comparison and the call: the other's change is under way, we wait for its lock.
    void changedBetweenLookAndCall_data() {
        QTest::addColumn<QString>("action");
        QTest::addColumn<QString>("change");
        QTest::addColumn<bool>("commits");
        for (const char* action : {"ack", "force_unregister", "nack_batch"}) {
            for (const bool commits : {true, false}) {
                const char* end = commits ? "commits" : "rolls back";
                const QString name = QString::fromLatin1(action);
                QTest::addRow("%s, ack %s", action, end) << name << QStringLiteral("select pgque.ack(%1)") << commits;
                QTest::addRow("%s, takeover %s", action, end)
                    << name
                    << QStringLiteral("select count(*) from pgque.receive_coop('q', 'billing', 'w2', 100, "
                                      "interval '1 microsecond') where %1 > 0")
                    << commits;
                QTest::addRow("%s, force-unregister %s", action, end)
                    << name
                    << QStringLiteral("select pgque.unregister_subconsumer('q', 'billing', 'w1', 1) where %1 > 0")
                    << commits;
            }
        }
    }

    void changedBetweenLookAndCall() {
        QFETCH(QString, action);
        QFETCH(QString, change);
        QFETCH(bool, commits);
        const std::string before = state();
        pg::Connection other = pg::Connection::open(m_db->info());
        other.execute({"begin", {}});
        other.execute({change.arg(m_batch).toStdString(), {}});

        auto acting = start(shown(action.toStdString()), patient());
        QVERIFY(eventually([&] { return waitsFor(other.backendPid()); }));
        other.execute({commits ? "commit" : "rollback", {}});
        const std::string others = state(); // the other's alone where it committed: ours then changes nothing
        const auto outcome = acting.get();
        if (commits) {
            COMPARE_KIND(outcome, ChangedUnderneath);
            QCOMPARE(state(), others);
            QVERIFY(others != before);
        } else {
            COMPARE_KIND(outcome, Done);
            QVERIFY(state() != before);
        }
    }

    /// A heartbeat changes the row, not what was seen: the server undoes our call, and it is made again.
    void heartbeatIsNoChange() {
        pg::Connection other = pg::Connection::open(m_db->info());
        other.execute({"begin", {}});
        other.execute({"select pgque.touch_subconsumer('q', 'billing', 'w1')", {}});
        auto acting = start(shown("ack"), patient());
        QVERIFY(eventually([&] { return waitsFor(other.backendPid()); }));
        other.execute({"commit", {}});
        const auto outcome = acting.get();
        COMPARE_KIND(outcome, Done);
        QCOMPARE(m_db->execute("select count(*) from pgque.subscription where sub_batch is not null"),
                 std::string("0"));
    }

    void changesAgainAndAgain() {
        m_db->execute("create function public.no() returns trigger language plpgsql as $$ begin"
                      " perform nextval('public.tries'); raise exception 'moved' using errcode = '40001'; end $$");
        m_db->execute("create sequence public.tries");
        m_db->execute("create trigger t before update on pgque.subscription for each row execute function public.no()");
        const auto outcome = m_db->perform(shown("ack"));
        COMPARE_KIND(outcome, ChangedUnderneath);
        QVERIFY(outcome.summary.find("again and again") != std::string::npos);
        QCOMPARE(m_db->execute("select last_value from public.tries"), std::string("5"));
        QCOMPARE(m_db->operating().transactionStatus(), pg::TransactionStatus::Idle);
    }

    void lockHeldByAnother_data() {
        QTest::addColumn<QString>("action");
        for (const char* action : {"ack", "force_unregister", "nack_batch", "touch", "take_over"})
            QTest::newRow(action) << QString::fromLatin1(action);
    }

    void lockHeldByAnother() {
        QFETCH(QString, action);
        pg::Connection other = pg::Connection::open(m_db->info());
        other.execute({"begin", {}});
        other.execute({"select * from pgque.subscription for update", {}});
        const std::string before = state();
        auto options = m_db->armed();
        options.lockTimeout = 300ms;
        const auto began = pg::Clock::now();
        const auto outcome = m_db->perform(shown(action.toStdString()), options);
        const auto took = pg::Clock::now() - began;
        COMPARE_KIND(outcome, Failed);
        QCOMPARE(outcome.failure->diagnostics.sqlState, std::string("55P03"));
        QVERIFY2(outcome.summary.find("did not let go within 300 ms") != std::string::npos, outcome.summary.c_str());
        QVERIFY(took >= 300ms && took < 2s);
        QCOMPARE(state(), before);
        other.execute({"rollback", {}});
        COMPARE_KIND(m_db->perform(shown("touch")), Done);
    }

    /// The look itself waits for nobody, and a prediction neither.
    void lookingWaitsForNobody() {
        pg::Connection other = pg::Connection::open(m_db->info());
        other.execute({"begin", {}});
        other.execute({"select pgque.ack(" + std::to_string(m_batch) + ")", {}});
        const auto prediction = m_db->predict(shown("force_unregister"));
        QCOMPARE(prediction.counts.at("retry"), 3);
        other.execute({"rollback", {}});
    }

    void slowCallIsStopped() {
        m_db->execute("create function public.slow() returns trigger language plpgsql as $$ begin"
                      " perform pg_sleep(30); return new; end $$");
        m_db->execute(
            "create trigger t before update on pgque.subscription for each row execute function public.slow()");
        auto options = m_db->armed();
        options.statementTimeout = 300ms;
        const auto began = pg::Clock::now();
        const auto outcome = m_db->perform(shown("ack"), options);
        COMPARE_KIND(outcome, Failed);
        QVERIFY2(outcome.summary.find("took longer than 300 ms") != std::string::npos, outcome.summary.c_str());
        QVERIFY(pg::Clock::now() - began < 5s);
    }

    void doesOnlyWhatWasShown() {
        auto force = shown("force_unregister");
        force.shown = m_db->predict(force).counts;
        QCOMPARE(force.shown.at("retry"), 3);
        // One message is given back meanwhile: the token stands, the numbers do not.
        m_db->execute("select pgque.event_retry(" + std::to_string(m_batch) + ", min(ev_id), 60) from pgque.event_1");
        const std::string before = state();
        const auto outcome = m_db->perform(force);
        COMPARE_KIND(outcome, ChangedUnderneath);
        QVERIFY2(outcome.summary.find("retry: 2 instead of 3") != std::string::npos, outcome.summary.c_str());
        QCOMPARE(state(), before);
    }

    void takesOverWhatWasMeant() {
        const auto second = m_db->openBatch("q", "billing", "w2", 2);
        m_db->execute("update pgque.subscription set sub_active = now() - interval '1 hour' where sub_batch = " +
                      std::to_string(second));
        m_db->execute("update pgque.subscription set sub_active = now() - interval '1 minute' where sub_batch = " +
                      std::to_string(m_batch));
        const std::string before = state();

        // The server would take the oldest, which is not the one meant.
        auto takeOver = shown("take_over");
        takeOver.arguments["dead_interval"] = "30 s";
        auto outcome = m_db->perform(takeOver);
        COMPARE_KIND(outcome, ChangedUnderneath);
        QCOMPARE(state(), before);

        // Not stale enough: the server would give the taker the next window, or nothing.
        takeOver.arguments["dead_interval"] = "2 h";
        COMPARE_KIND(m_db->perform(takeOver), ChangedUnderneath);
        m_db->window("q", 1, 1);
        COMPARE_KIND(m_db->perform(takeOver), ChangedUnderneath);
        QCOMPARE(state(), before);

        // The oldest itself.
        takeOver.batch = second;
        takeOver.subconsumer = "w2";
        takeOver.seen = m_db->seen("q", "billing.w2");
        takeOver.arguments["dead_interval"] = "30 s";
        QCOMPARE(m_db->predict(takeOver).counts.at("events"), 2);
        outcome = m_db->perform(takeOver);
        COMPARE_KIND(outcome, Done);
        QCOMPARE(outcome.results.at("returned"), std::string("2"));
        QVERIFY(outcome.results.at("batch") != std::to_string(second));

        // The taker has a batch of its own now.
        takeOver = shown("take_over");
        outcome = m_db->perform(takeOver);
        COMPARE_KIND(outcome, Refused);
        QVERIFY2(outcome.summary.find("choose an idle taker") != std::string::npos, outcome.summary.c_str());
    }

    void takesOverAnEmptyWindow() {
        m_db->tick("q");
        m_db->execute("select pgque.next_batch('q', 'billing', 'w2')");
        m_db->execute("update pgque.subscription set sub_active = now() - interval '1 hour' where sub_role = "
                      "'coop_member' and sub_batch <> " +
                      std::to_string(m_batch));
        domain::ActionRequest takeOver = request("take_over", "q", "billing", "w2");
        takeOver.seen = m_db->seen("q", "billing.w2");
        takeOver.batch = takeOver.seen->batch;
        takeOver.arguments = {{"taker", "w3"}, {"dead_interval", "1 min"}};
        const auto outcome = m_db->perform(takeOver);
        COMPARE_KIND(outcome, Done);
        QVERIFY2(outcome.summary.find("empty and is finished") != std::string::npos, outcome.summary.c_str());
    }

private:
    /// As an operator would ask after a look at the first member.
    domain::ActionRequest shown(const std::string& action) {
        domain::ActionRequest made = request(action, "q", "billing", "w1");
        if (m_db->registry().find(action)->subject == operate::SubjectKind::Batch)
            made.batch = m_batch;
        if (!m_seen)
            m_seen = m_db->seen("q", "billing.w1");
        made.seen = m_seen;
        made.arguments = {{"taker", "w3"}, {"dead_interval", "1 ms"}};
        return made;
    }

    static operate::RunOptions patient() {
        auto options = OperateDatabase::armed();
        options.lockTimeout = 20s;
        return options;
    }

    std::future<domain::ActionOutcome> start(domain::ActionRequest made, operate::RunOptions options) {
        m_db->capabilities();
        return std::async(std::launch::async, [this, made = std::move(made), options = std::move(options)] {
            return m_db->perform(made, options);
        });
    }

    bool waitsFor(int pid) {
        return m_db->execute("select " + std::to_string(pid) + " = any (pg_blocking_pids(" +
                             std::to_string(m_db->operating().backendPid()) + "))") == "t";
    }

    std::string state() {
        return m_db->execute("select string_agg(t, ';' order by t) from (select s::text as t from pgque.subscription s"
                             " union all select r::text from pgque.retry_queue r"
                             " union all select d::text from pgque.dead_letter d) t");
    }

    std::unique_ptr<OperateDatabase> m_db;
    std::int64_t m_batch = 0;
    std::optional<domain::SeenSubscription> m_seen;
};

QTEST_GUILESS_MAIN(TestChanges)
#include "tst_changes.moc"
