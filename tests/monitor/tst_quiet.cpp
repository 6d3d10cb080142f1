// SPDX-License-Identifier: GPL-3.0-or-later
// A healthy, busy server: whoever watches it for as long as wanted (BATCHSCOPE_QUIET_SECONDS), nothing fires.
#include "monitor/diagnosis.h"
#include "monitor/sampler.h"
#include "queries/probe.h"
#include "support/foreign.h"

#include <QTest>

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

using namespace support;
using namespace std::chrono_literals;

namespace {

/// People at work on connections of their own until the object goes.
class AtWork {
public:
    explicit AtWork(const TestDatabase& database)
        : m_database(database) {}

    ~AtWork() {
        m_stop = true;
        for (std::thread& one : m_threads)
            one.join();
    }

    AtWork(const AtWork&) = delete;
    AtWork& operator=(const AtWork&) = delete;

    /// Runs these statements, each in a transaction of its own, again and again.
    void add(std::vector<std::string> statements, std::chrono::milliseconds pause) {
        m_threads.emplace_back([this, statements = std::move(statements), pause] {
            pg::Connection session = m_database.connect();
            while (!m_stop) {
                for (const std::string& sql : statements)
                    session.execute({sql, {}}, soon());
                std::this_thread::sleep_for(pause);
            }
        });
    }

private:
    const TestDatabase& m_database;
    std::atomic_bool m_stop = false;
    std::vector<std::thread> m_threads;
};

std::string receiveAndAck(const std::string& receive) {
    return "select pgque.ack(batch_id) from (select distinct batch_id from pgque." + receive + ") b";
}

} // namespace

class TestQuiet : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void nothingFires() {
        bool isNumber = false;
        int seconds = qEnvironmentVariableIntValue("BATCHSCOPE_QUIET_SECONDS", &isNumber);
        if (!isNumber)
            seconds = 15;
        const std::unique_ptr<TestServer> server = TestServer::startPrivate();
        const TestDatabase database(*server, Schema::Pgque);
        pg::Connection admin = database.connect();
        for (const std::string queue : {"orders", "mail", "idle"}) {
            run(admin, "select pgque.create_queue('" + queue +
                           "');"
                           "select pgque.set_queue_config('" +
                           queue +
                           "', 'ticker_max_lag', '1 s');"
                           "select pgque.set_queue_config('" +
                           queue +
                           "', 'rotation_period', '20 s');"
                           "select pgque.subscribe('" +
                           queue +
                           "', 'audit');"
                           "select pgque.register_subconsumer('" +
                           queue +
                           "', 'workers', 'a');"
                           "select pgque.register_subconsumer('" +
                           queue + "', 'workers', 'b')");
        }
        AtWork people(database);
        people.add({"select pgque.ticker()"}, 100ms);
        people.add(
            {"select pgque.maint()", "select pgque.maint_rotate_tables_step2()", "select pgque.maint_retry_events()"},
            500ms);
        people.add({"select pgque.send('orders', 'order', '{}') from generate_series(1, 20)",
                    "select pgque.send('mail', 'mail', '{}')"},
                   100ms);
        for (const std::string queue : {"orders", "mail", "idle"}) {
            people.add({receiveAndAck("receive('" + queue + "', 'audit', 10000)")}, 300ms);
            for (const std::string member : {"a", "b"})
                people.add({receiveAndAck("receive_coop('" + queue + "', 'workers', '" + member +
                                          "', 10000, interval '1 min')")},
                           200ms);
        }
        // Some fail once and succeed when they come again.
        people.add(
            {"select pgque.nack(m.batch_id, m, interval '1 s', 'later') from pgque.receive('mail', 'audit', 10000) m"
             " where m.retry_count is null"},
            700ms);

        pg::Connection watcher = database.connect();
        const domain::Capabilities capabilities = queries::probe(watcher, soon());
        monitor::Sampler sampler;
        monitor::Memory memory;
        // Ten times as strict as on any server; but how long a commit takes, and others wait for it, rotation
        // too, is the machine's doing.
        monitor::Thresholds strict = monitor::Thresholds::sandbox();
        strict.lockWaitWarning = monitor::Thresholds().lockWaitWarning;
        strict.lockWaitCritical = monitor::Thresholds().lockWaitCritical;
        strict.rotationWarning = monitor::Thresholds().rotationWarning;
        strict.rotationCritical = monitor::Thresholds().rotationCritical;
        int looks = 0;
        const auto until = pg::Clock::now() + std::chrono::seconds(seconds);
        while (pg::Clock::now() < until) {
            const domain::SnapshotPtr seen = sampler.sample(watcher, capabilities, soon());
            QVERIFY(seen->errors.empty());
            memory.add(*seen);
            ++looks;
            for (const auto& thresholds : {monitor::Thresholds(), strict}) {
                const auto diagnosis = monitor::diagnose(*seen, &memory, thresholds);
                QVERIFY2(diagnosis.findings.empty(),
                         (diagnosis.findings.empty() ? "" : diagnosis.findings.front().title.c_str()));
            }
            std::this_thread::sleep_for(500ms);
        }
        QVERIFY2(seconds < 60 || number(admin, "select count(*) from pgque.queue where queue_name = 'orders'"
                                               " and queue_switch_time > now() - interval '30 s'") == 1,
                 "the tables do not rotate");
        qInfo("quiet: %d looks in %d s, nothing fired", looks, seconds);
    }
};

QTEST_GUILESS_MAIN(TestQuiet)
#include "tst_quiet.moc"
