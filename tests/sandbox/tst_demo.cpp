// SPDX-License-Identifier: GPL-3.0-or-later
// The demonstration: everything it plants is there within half a minute, again after a restart, and it stays light.
#include "sandbox/payloads.h"

#include <QElapsedTimer>
#include <QTest>

#include "sandboxtest.h"

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr int readyWithinS = 30;

std::int64_t number(pg::Connection& connection, const std::string& sql) {
    return connection.execute({sql, {}}).row(0).get<std::int64_t>(0);
}

} // namespace

class TestDemo : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void everyStateWithinHalfAMinute() {
        SandboxFolder folder;
        std::int64_t deadBatch = 0;
        {
            Console console(folder, {u"--demo"_s});
            QElapsedTimer clock;
            clock.start();
            QVERIFY2(console.waitFor("demo\n", readyWithinS), console.output());
            qInfo("ready after %.1f s", double(clock.elapsed()) / 1000);

            // What its own look says, seen from outside.
            auto connection = console.connect();
            deadBatch = number(connection,
                               "select sub_batch from pgque.subscription join pgque.consumer on co_id = sub_consumer"
                               " where co_name = 'billing.worker-3' and now() - sub_active > interval '60 s'");
            QCOMPARE(number(connection, "select count(*) from pgque.queue"), 8);
            QCOMPARE(number(connection, "select count(*) from pgque.subscription where sub_role = 'coop_main'"), 2);
            QCOMPARE(number(connection, "select count(*) from pgque.subscription where sub_role = 'coop_member'"), 7);
            QVERIFY(number(connection, "select count(*) from pgque.retry_queue") > 0);
            QVERIFY(number(connection, "select count(*) from pgque.dead_letter") > 0);
            QCOMPARE(number(connection,
                            "select count(*) from pg_stat_activity where application_name = 'demo/billing.worker-3'"),
                     0);
            QCOMPARE(number(connection,
                            "select count(*) from pg_stat_activity where application_name = 'demo/billing.worker-1'"),
                     1);
            QCOMPARE(number(connection, "select count(*) from pg_stat_activity where application_name like 'demo/%'"
                                        " and state like 'idle in transaction%'"),
                     0);
            const auto events = connection.run(pgque::getBatchEvents(deadBatch));
            QVERIFY(std::any_of(events.begin(), events.end(), [](const auto& event) { return !event.payload; }));
            QVERIFY(std::any_of(events.begin(), events.end(), [](const auto& event) { return event.payload == ""; }));
            qInfo("the dead worker's batch holds %zu events", events.size());
            QVERIFY2(console.stop(), console.output());
        }
        // A later run carries on: the same dead batch, nothing twice.
        Console again(folder, {u"--demo"_s});
        QVERIFY2(again.waitFor("demo\n", readyWithinS), again.output());
        auto connection = again.connect();
        QCOMPARE(number(connection, "select count(*) from pgque.queue"), 8);
        QCOMPARE(number(connection,
                        "select sub_batch from pgque.subscription join pgque.consumer on co_id = sub_consumer"
                        " where co_name = 'billing.worker-3'"),
                 deadBatch);

        // A guest that asks for the demonstration watches the one that runs.
        Console guest(folder, {u"--demo"_s});
        QVERIFY2(guest.waitFor("demo\n", readyWithinS), guest.output());
        QCOMPARE(number(connection, "select count(*) from pg_stat_activity where application_name = 'demo/shop'"), 1);
        QVERIFY2(guest.stop(), guest.output());
        QVERIFY2(again.stop(), again.output());
        QVERIFY2(folder.left().isEmpty(), qPrintable(folder.left().join(u' ')));
    }

    void staysLight() {
        SandboxFolder folder;
        Console console(folder, {u"--demo"_s});
        QVERIFY2(console.waitFor("demo\n", readyWithinS), console.output());
        const double before = folder.cpuSeconds(console.pid());
        QElapsedTimer clock;
        clock.start();
        QTest::qWait(10'000); // the measured stretch of time itself
        const double share = (folder.cpuSeconds(console.pid()) - before) * 1000 / double(clock.elapsed());
        qInfo("%.1f %% of one core", share * 100);
        QVERIFY2(share < 0.25, "far above what a demonstration may take, also on a busy machine");
        QVERIFY2(console.stop(), console.output());
    }

    void payloadsAreWhatTheyClaim() {
        sandbox::Payloads payloads(1);
        QSet<QString> odd;
        int nulls = 0;
        for (int i = 0; i < sandbox::Payloads::oddKinds; ++i) {
            const auto payload = payloads.odd();
            nulls += !payload;
            if (payload)
                odd.insert(QString::fromStdString(*payload));
        }
        QCOMPARE(nulls, 1);
        QCOMPARE(odd.size(), sandbox::Payloads::oddKinds - 1);
        for (int i = 0; i < 200; ++i)
            for (const std::string& text : {payloads.order(), payloads.product(), payloads.payment(),
                                            payloads.webhook(), payloads.auditEntry(), payloads.email()}) {
                QJsonParseError error;
                QJsonDocument::fromJson(QByteArray::fromStdString(text), &error);
                QVERIFY2(error.error == QJsonParseError::NoError, text.c_str());
            }
        QCOMPARE(sandbox::addressOf(payloads.email(sandbox::Payloads::Address::Bouncing)),
                 sandbox::Payloads::Address::Bouncing);
        QCOMPARE(sandbox::addressOf(payloads.email(sandbox::Payloads::Address::Greylisted)),
                 sandbox::Payloads::Address::Greylisted);
        QCOMPARE(sandbox::addressOf(payloads.email(sandbox::Payloads::Address::Fine)),
                 sandbox::Payloads::Address::Fine);
    }
};

QTEST_GUILESS_MAIN(TestDemo)
#include "tst_demo.moc"
