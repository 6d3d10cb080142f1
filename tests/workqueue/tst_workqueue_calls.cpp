// SPDX-License-Identifier: GPL-3.0-or-later
// The calls decode what the functions answer; many claimers at once account for every message exactly.
#include <atomic>
#include <map>
#include <mutex>
#include <set>

#include "workdatabase.h"

using namespace std::chrono_literals;

class TestWorkqueueCalls : public QObject {
    Q_OBJECT

    std::unique_ptr<WorkDatabase> m_db;

private Q_SLOTS:

    void init() { m_db = std::make_unique<WorkDatabase>(); }

    void cleanup() { m_db.reset(); }

    void roundTrip() {
        const auto id =
            m_db->run(workqueue::send("q", "{\"text\": \"Ünïcödé \\\" \\\\ \\u202e\", \"n\": 12345678901234567890}",
                                      {.priority = 9, .organization = "o'org", .delay = {}}));
        const auto claimed = m_db->run(workqueue::claim("q", 60s, 5, "me"));
        QCOMPARE(claimed.size(), std::size_t(1));
        const workqueue::Message& message = claimed.front();
        QCOMPARE(message.id, id);
        QCOMPARE(message.token, 1);
        QCOMPARE(message.priority, 9);
        QCOMPARE(message.organization, std::string("o'org"));
        QVERIFY(message.json.find("12345678901234567890") != std::string::npos);
        QVERIFY(message.leaseUntil - message.enqueuedAt > 50s);
        QVERIFY(!message.batch);
        QCOMPARE(m_db->value("select claimed_by from workqueue.pg_queue_message"), std::string("me"));
        QVERIFY(m_db->run(workqueue::extend(id, 1, 90s)));
        QVERIFY(!m_db->run(workqueue::extend(id, 2, 90s)));
        QVERIFY(m_db->run(workqueue::nack(id, 1, 30s, "not yet")));
        QVERIFY(!m_db->run(workqueue::ack(id, 1)));
        QVERIFY(m_db->run(workqueue::postpone(id, 0s)));
        QVERIFY(m_db->run(workqueue::setPriority(id, 2)));
        QVERIFY(m_db->run(workqueue::move(id, "r")));
        QVERIFY(m_db->run(workqueue::bury(id, "enough")));
        const auto again =
            m_db->run(workqueue::requeue(std::stoll(m_db->value("select dead_id from workqueue.dead_letter"))));
        QVERIFY(again && *again != id);
        QVERIFY(!m_db->run(workqueue::requeue(4711)));
        QCOMPARE(m_db->run(workqueue::purge("{\"queue\": \"r\"}")), 1);
        QCOMPARE(m_db->run(workqueue::purgeDead("r", 0s)), 1);
    }

    void administration() {
        QCOMPARE(m_db->run(workqueue::sendMany("q", std::vector<std::string>{"1", "\"two\"", "{\"a\": [3]}"})).size(),
                 std::size_t(3));
        m_db->run(workqueue::pause(
            "q", "deploy",
            std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now() + 1h)));
        QVERIFY(m_db->run(workqueue::claim("q", 60s)).empty());
        QVERIFY(m_db->run(workqueue::resume("q")));
        QCOMPARE(m_db->run(workqueue::claim("q", 60s, 2)).size(), std::size_t(2));
        m_db->lapse();
        QCOMPARE(m_db->run(workqueue::rearmLapsed(1)), 1);
        QCOMPARE(m_db->run(workqueue::maint()).rearmed, 1);
        QCOMPARE(m_db->run(workqueue::promoteDue()), 0);
        const auto held = m_db->run(workqueue::claim("q", 60s)).at(0);
        QVERIFY(!m_db->run(workqueue::rearm(held.id)));
        QVERIFY(m_db->run(workqueue::rearm(held.id, held.token, true)));
        QVERIFY(m_db->run(workqueue::leaseAcquire("a")));
        QVERIFY(!m_db->run(workqueue::leaseAcquire("b")));
        QVERIFY(m_db->run(workqueue::leaseRenew("a")));
        QVERIFY(m_db->run(workqueue::leaseRelease("a")));
    }

    void badInputIsTyped() {
        QVERIFY_THROWS_EXCEPTION(pgque::InvalidArgument, m_db->run(workqueue::send("q", "{}", {.priority = 11})));
        QVERIFY_THROWS_EXCEPTION(pgque::InvalidArgument, m_db->run(workqueue::send("q", "{not json")));
        QVERIFY_THROWS_EXCEPTION(pgque::InvalidArgument, m_db->run(workqueue::send("q", "\"\\u0000\"")));
        QVERIFY_THROWS_EXCEPTION(pgque::InvalidArgument, m_db->run(workqueue::claim("q", 0s)));
        QVERIFY_THROWS_EXCEPTION(pgque::InvalidArgument, m_db->run(workqueue::claim("q", 1s, 0)));
        QVERIFY_THROWS_EXCEPTION(pgque::InvalidArgument, m_db->run(workqueue::arm("", "o", 1)));
        QCOMPARE(m_db->value("select count(*) from workqueue.pg_queue_message"), std::string("0"));
    }

    /// Many claimers beside each other, with giving back, lapses and re-arming: every message is acknowledged once, by
    /// the holder of its newest token, and no claim is larger than asked for.
    void manyClaimersAccountForEverything() {
        constexpr int messages = 600;
        std::vector<std::string> payloads;
        payloads.reserve(messages);
        for (int number = 0; number < messages; ++number)
            payloads.push_back(std::to_string(number));
        m_db->run(workqueue::sendMany("q", payloads));
        std::mutex mutex;
        std::map<std::int64_t, int> acknowledged;
        std::atomic<int> open = messages;
        std::atomic<int> tooMany = 0;
        std::vector<std::thread> claimers;
        claimers.reserve(8);
        for (int worker = 0; worker < 8; ++worker) {
            claimers.emplace_back([&, worker] {
                pgque::Client client = m_db->another();
                unsigned dice = static_cast<unsigned>(worker) * 7919U + 1U;
                while (open > 0) {
                    const auto claimed = client.run(workqueue::claim("q", 60s, 3));
                    tooMany += claimed.size() > 3;
                    for (const workqueue::Message& message : claimed) {
                        dice = dice * 1664525U + 1013904223U;
                        if ((dice >> 16) % 10 == 0) {
                            client.run(workqueue::nack(message.id, message.token));
                        } else if ((dice >> 16) % 10 == 1) {
                            // Loses its lease, then tries to acknowledge all the same.
                            client.run(workqueue::rearm(message.id, message.token, true));
                            if (client.run(workqueue::ack(message.id, message.token)))
                                ++tooMany;
                        } else if (client.run(workqueue::ack(message.id, message.token))) {
                            const std::lock_guard lock(mutex);
                            ++acknowledged[message.id];
                            --open;
                        }
                    }
                }
            });
        }
        for (std::thread& claimer : claimers)
            claimer.join();
        QCOMPARE(tooMany.load(), 0);
        QCOMPARE(acknowledged.size(), std::size_t(messages));
        for (const auto& [id, times] : acknowledged)
            QCOMPARE(times, 1);
        QCOMPARE(m_db->value("select count(*) from workqueue.pg_queue_message"), std::string("0"));
    }

    void producersAndConsumersNeedNoMore() {
        for (const char* role : {"workqueue_producer", "workqueue_consumer"}) {
            pgque::Client client = m_db->another();
            client.connection().execute({std::string("set role ") + role, {}});
            QVERIFY(client.run(workqueue::send("q", "{}")) > 0);
            QCOMPARE(client.run(workqueue::sendMany("q", std::vector<std::string>{"1", "2"})).size(), std::size_t(2));
            if (role == std::string("workqueue_producer")) {
                QVERIFY_THROWS_EXCEPTION(pgque::PermissionDenied, client.run(workqueue::claim("q", 1s)));
                continue;
            }
            for (const auto& message : client.run(workqueue::claim("q", 60s, 10)))
                QVERIFY(client.run(workqueue::ack(message.id, message.token)));
            const auto epoch =
                client.run(workqueue::arm("e", "o", 1, 60s, "{\"queue\": \"done\", \"task_name\": \"t\"}"));
            QVERIFY(client.run(workqueue::claimBatch({"e", *epoch, 0})));
            QVERIFY(client.run(workqueue::finishBatch({"e", *epoch, 0}, "1")).fired);
            client.run(workqueue::maint());
            QVERIFY_THROWS_EXCEPTION(pgque::PermissionDenied, client.run(workqueue::purge("{\"queue\": \"q\"}")));
        }
    }
};

QTEST_GUILESS_MAIN(TestWorkqueueCalls)
#include "tst_workqueue_calls.moc"
