// SPDX-License-Identifier: GPL-3.0-or-later
// An action on a work queue while somebody else acts on the same thing: it is seen to wait for the other, and what the
// other did decides.
#include "operate/runner.h"
#include "queries/probe.h"
#include "support/foreign.h"

#include <QTest>

#include <future>

using namespace support;
using domain::OutcomeKind;

class TestWorkRaces : public QObject {
    Q_OBJECT

    operate::Registry m_registry;
    operate::Runner m_runner{m_registry};
    std::unique_ptr<TestDatabase> m_database;
    std::optional<pg::Connection> m_admin;
    std::optional<pg::Connection> m_other;
    std::optional<pg::Connection> m_operating;
    domain::Capabilities m_capabilities;

    domain::ActionOutcome perform(const domain::ActionRequest& request) {
        operate::RunOptions options;
        options.mode = domain::AccessMode::Operate;
        options.lockTimeout = std::chrono::seconds(20);
        options.statementTimeout = std::chrono::seconds(20);
        return m_runner.perform(request, m_capabilities, *m_operating, options);
    }

    static domain::ActionRequest about(const QByteArray& action, const QByteArray& arguments) {
        domain::ActionRequest request;
        request.action = action.toStdString();
        request.queue = "q";
        for (const QByteArray& one : arguments.split(' ')) {
            const auto at = one.indexOf('=');
            if (at > 0)
                request.arguments[one.left(at).toStdString()] = one.mid(at + 1).toStdString();
        }
        return request;
    }

    std::string state() {
        return value(*m_admin,
                     "select coalesce(string_agg(t, ';' order by t), 'nothing') from ("
                     "select format('%s %s %s %s %s', msg_id, queue_name, state, priority, read_ct) as t"
                     "  from workqueue.pg_queue_message union all"
                     " select format('dead %s', reason) from workqueue.dead_letter union all"
                     " select format('run %s %s', execution_id, remaining) from workqueue.pg_barrier_state union all"
                     " select format('marker %s', batch_index) from workqueue.pg_batch_dedup union all"
                     " select format('paused %s %s', queue_name, paused) from workqueue.queue_setting union all"
                     " select format('audit %s', action) from workqueue.audit) x");
    }

private Q_SLOTS:

    void init() {
        m_database = std::make_unique<TestDatabase>(Schema::Workqueue);
        m_admin.emplace(m_database->connect());
        m_other.emplace(m_database->connect());
        m_operating.emplace(m_database->connect());
        m_capabilities = queries::probe(*m_operating, soon());
        run(*m_admin, "select workqueue.send('q', '{}')");
    }

    void cleanup() {
        m_operating.reset();
        m_other.reset();
        m_admin.reset();
        m_database.reset();
    }

    void theOtherWins_data() {
        QTest::addColumn<QByteArray>("action");
        QTest::addColumn<QByteArray>("arguments");
        QTest::addColumn<QByteArray>("before");
        QTest::addColumn<QByteArray>("meanwhile");
        const QByteArray lapsed = "select workqueue.claim('q', 60);"
                                  " update workqueue.pg_queue_message set vt = now() - interval '1 s'";
        const QByteArray claim = "select workqueue.claim('q', 60)";
        const auto add = [](const char* name, const char* action, const char* arguments, const QByteArray& before,
                            const QByteArray& meanwhile) {
            QTest::newRow(name) << QByteArray(action) << QByteArray(arguments) << before << meanwhile;
        };
        add("re-arm, its holder acknowledges", "work_rearm", "message_id=1 token=1", lapsed,
            "select workqueue.ack(1, 1)");
        add("re-arm, its holder renews", "work_rearm", "message_id=1 token=1", lapsed,
            "select workqueue.extend(1, 1, 60)");
        add("re-arm, the reaper was quicker", "work_rearm", "message_id=1 token=1", lapsed,
            "select workqueue.rearm_lapsed()");
        add("priority, claimed", "work_set_priority", "message_id=1 priority=9", "select 1", claim);
        add("priority, put off", "work_set_priority", "message_id=1 priority=9", "select 1",
            "select workqueue.postpone(1, 60)");
        add("postpone, claimed", "work_postpone", "message_id=1 delay=5min", "select 1", claim);
        add("move, claimed", "work_move", "message_id=1 to=r", "select 1", claim);
        add("bury what waits, claimed", "work_bury", "message_id=1 why=x", "select 1", claim);
        add("bury what is held, acknowledged", "work_bury", "message_id=1 token=1 why=x", claim,
            "select workqueue.ack(1, 1)");
        add("bury what is held, given back", "work_bury", "message_id=1 token=1 why=x", claim,
            "select workqueue.nack(1, 1)");
        add("put back, put back by another", "work_requeue", "dead_id=1", "select workqueue.bury(1, 'broken')",
            "select workqueue.requeue(1)");
        add("put back, purged", "work_requeue", "dead_id=1", "select workqueue.bury(1, 'broken')",
            "select workqueue.purge_dead('q', '0 s')");
        add("resume, resumed", "work_resume", "", "select workqueue.pause('q')", "select workqueue.resume('q')");
        add("abort, armed anew", "work_abort", "execution=e epoch=1", "select workqueue.arm('e', 'o', 2)",
            "select workqueue.arm('e', 'o', 3)");
        add("abort, counted to its end", "work_abort", "execution=e epoch=1",
            "select workqueue.arm('e', 'o', 1, 60, '{\"queue\": \"done\", \"task_name\": \"t\"}');"
            " select workqueue.claim_batch('e', 1, 0)",
            "select workqueue.finish_batch('e', 1, 0, '1')");
        add("abort, aborted", "work_abort", "execution=e epoch=1", "select workqueue.arm('e', 'o', 2)",
            "select workqueue.abort('e')");
    }

    void theOtherWins() {
        QFETCH(QByteArray, action);
        QFETCH(QByteArray, arguments);
        QFETCH(QByteArray, before);
        QFETCH(QByteArray, meanwhile);
        const auto request = about(action, arguments);
        run(*m_admin, before.toStdString());
        // Alone it would have been done: it is predicted without a refusal.
        const auto prediction = m_runner.predict(request, m_capabilities, *m_operating);
        QVERIFY2(!prediction.refusal, prediction.refusal.value_or("").c_str());
        run(*m_other, "begin");
        run(*m_other, meanwhile.toStdString());
        auto outcome = std::async(std::launch::async, [&] { return perform(request); });
        const std::string waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and pid = " +
                                  std::to_string(m_operating->backendPid());
        QTRY_COMPARE(number(*m_admin, waits), 1);
        run(*m_other, "commit");
        const std::string theirs = state();
        const domain::ActionOutcome ended = outcome.get();
        QVERIFY2(ended.kind == OutcomeKind::ChangedUnderneath, ended.summary.c_str());
        QVERIFY2(ended.summary.find("Nothing was changed.") != std::string::npos, ended.summary.c_str());
        QCOMPARE(state(), theirs);
    }

    /// Had the other changed its mind, the action would have been done.
    void theOtherRollsBack() {
        run(*m_other, "begin; select workqueue.claim('q', 60)");
        const auto request = about("work_set_priority", "message_id=1 priority=9");
        auto outcome = std::async(std::launch::async, [&] { return perform(request); });
        QTRY_COMPARE(
            number(*m_admin, "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and pid = " +
                                 std::to_string(m_operating->backendPid())),
            1);
        run(*m_other, "rollback");
        QCOMPARE(outcome.get().kind, OutcomeKind::Done);
        QCOMPARE(state(), std::string("1 q ready 9 0;audit set_priority"));
    }

    /// What takes many at a time waits for nobody and leaves what another holds.
    void manyPassBy() {
        run(*m_admin, "select workqueue.send('q', '{}')");
        run(*m_other, "begin; select workqueue.claim('q', 60)");
        const auto outcome = perform(about("work_purge", "max=10"));
        QCOMPARE(outcome.kind, OutcomeKind::Done);
        QCOMPARE(outcome.results.at("purged"), std::string("1"));
        run(*m_other, "commit");
        QCOMPARE(state(), std::string("1 q claimed 5 1;audit purge;dead purged"));
        run(*m_admin, "update workqueue.pg_queue_message set vt = now() - interval '1 s'");
        run(*m_other, "begin; select workqueue.extend(1, 1, 60)");
        QCOMPARE(perform(about("work_maint", "")).results.at("rearmed"), std::string("0"));
        run(*m_other, "commit");
        QCOMPARE(state(), std::string("1 q claimed 5 1;audit purge;dead purged"));
    }
};

QTEST_GUILESS_MAIN(TestWorkRaces)
#include "tst_workraces.moc"
