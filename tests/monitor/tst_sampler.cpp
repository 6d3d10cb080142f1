// SPDX-License-Identifier: GPL-3.0-or-later
// Snapshots from a real server: always the whole truth, though only changes are asked for; blocked by nobody.
#include "monitor/diagnosis.h"
#include "monitor/sampler.h"
#include "queries/probe.h"
#include "support/foreign.h"
#include "support/pooler.h"

#include <QTest>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

using namespace support;
using monitor::Sampler;

namespace {

domain::SnapshotPtr sample(Sampler& sampler, pg::Connection& connection) {
    return sampler.sample(connection, queries::probe(connection, soon()), soon());
}

void fill(pg::Connection& admin, int queues, int consumers) {
    run(admin, "select pgque.make_queue('q' || lpad(g::text, 4, '0')) from generate_series(1, " +
                   std::to_string(queues) + ") g");
    run(admin, "insert into pgque.consumer (co_name) select 'c' || g from generate_series(1, " +
                   std::to_string(consumers) + ") g");
    run(admin, "insert into pgque.subscription (sub_queue, sub_consumer, sub_last_tick)"
               " select queue_id, co_id, 1 from pgque.queue, pgque.consumer");
}

bool isNotEvaluated(const domain::Diagnosis& diagnosis, const std::string& rule) {
    return std::any_of(diagnosis.notEvaluated.begin(), diagnosis.notEvaluated.end(),
                       [&](const domain::NotEvaluated& one) { return one.rule == rule; });
}

} // namespace

class TestSampler : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void snapshot() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        fill(admin, 3, 2);
        run(admin, "update pgque.subscription set sub_id = 77, sub_role = case when sub_consumer = 2 then 'coop_main'"
                   " else 'coop_member' end where sub_queue = 2;"
                   " update pgque.consumer set co_name = 'c2.m' where co_name = 'c1';"
                   " select pgque.make_events('q0002', 5, 'x')");
        RoleConnection reader(database, "pgque_reader");
        Sampler sampler;
        const auto seen = sample(sampler, *reader);
        QCOMPARE(seen->number, 1u);
        QVERIFY(seen->errors.empty());
        QCOMPARE(seen->queues.size(), std::size_t(3));
        QCOMPARE(seen->queues[1].name, std::string("q0002"));
        QVERIFY(seen->queues[1].eventSeqNow == 5);
        QVERIFY(seen->queues[0].eventSeqNow == 0);
        QVERIFY(seen->queues[0].retry && seen->queues[0].retry->value == 0);
        QVERIFY(seen->queues[0].dead.has_value());
        QVERIFY(seen->queues[0].lowestTick && seen->queues[0].lowestTick->id == 1);
        QVERIFY(seen->queues[0].lowestTick->xmin > 0);
        QVERIFY(seen->activity != nullptr);
        QCOMPARE(seen->subscriptions.size(), std::size_t(6));
        QCOMPARE(seen->subscriptions[2].role, domain::Role::CoopMain); // a group's main row comes first
        QVERIFY(seen->mainOf(seen->subscriptions[3]) == &seen->subscriptions[2]);
        QCOMPARE(domain::subconsumerName(*seen, seen->subscriptions[3]), std::string("m"));
        QVERIFY(seen->cost.serverMs > 0 && seen->cost.wholeMs >= seen->cost.serverMs &&
                seen->cost.roundTripMs >= seen->cost.wholeMs && seen->cost.bytes > 100);
    }

    void batchFirstSeen() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        fill(admin, 1, 1);
        Sampler sampler;
        QVERIFY(!sample(sampler, admin)->subscriptions[0].batchFirstSeen);
        run(admin, "update pgque.subscription set sub_batch = 5");
        const auto first = sample(sampler, admin);
        QVERIFY(first->subscriptions[0].batchFirstSeen == first->takenAt);
        run(admin, "update pgque.subscription set sub_active = now()"); // a touch
        const auto second = sample(sampler, admin);
        QVERIFY(second->subscriptions[0].batchFirstSeen == first->takenAt);
        sampler.reset(); // reconnected: it is still the same batch
        QVERIFY(sample(sampler, admin)->subscriptions[0].batchFirstSeen == first->takenAt);
        run(admin, "update pgque.subscription set sub_batch = 6");
        const auto third = sample(sampler, admin);
        QVERIFY(third->subscriptions[0].batchFirstSeen == third->takenAt);
        run(admin, "update pgque.subscription set sub_batch = null");
        QVERIFY(!sample(sampler, admin)->subscriptions[0].batchFirstSeen);
    }

    /// Random work beside the sampler: what it puts together from changes equals what a fresh one reads.
    void changesAddUp() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        pg::Connection other = database.connect();
        fill(admin, 5, 4);
        std::mt19937 random(7);
        const auto pick = [&random](int low, int high) {
            return std::to_string(std::uniform_int_distribution<int>(low, high)(random));
        };
        Sampler running;
        int batch = 1;
        bool open = false;
        for (int round = 0; round < 120; ++round) {
            const std::string queue =
                "(select queue_id from pgque.queue order by queue_id offset " + pick(0, 4) + " limit 1)";
            std::string sql;
            switch (std::stoi(pick(0, 7))) {
            case 0:
                sql = "select pgque.make_tick(queue_name) from pgque.queue where queue_id = " + queue;
                break;
            case 1:
                sql = "select pgque.make_events(queue_name, " + pick(1, 9) +
                      ", 'x') from pgque.queue where queue_id = " + queue;
                break;
            case 2:
                sql = "update pgque.subscription set sub_batch = " + std::to_string(++batch) +
                      " where sub_queue = " + queue + " and sub_consumer = " + pick(1, 4);
                break;
            case 3:
                sql = "delete from pgque.subscription where sub_queue = " + queue + " and sub_consumer = " + pick(1, 4);
                break;
            case 4:
                sql = "insert into pgque.subscription (sub_queue, sub_consumer) select " + queue + ", " + pick(1, 4) +
                      " on conflict do nothing";
                break;
            case 5:
                sql = "update pgque.queue set queue_cur_table = " + pick(0, 2) + " where queue_id = " + queue;
                break;
            case 6:
                sql = "update pgque.subscription set sub_last_tick = (select max(tick_id) from pgque.tick where"
                      " tick_queue = sub_queue) where sub_consumer = " +
                      pick(1, 4);
                break;
            case 7:
                // Two transactions overlap: one that began earlier commits later.
                run(other, open ? "commit" : "begin; select pg_current_xact_id()");
                open = !open;
                break;
            }
            if (!sql.empty()) {
                try {
                    run(admin, "set lock_timeout = '20ms'");
                    run(open && round % 3 == 0 ? other : admin, sql);
                } catch (const pg::Error&) {
                    if (open && other.transactionStatus() != pg::TransactionStatus::InTransaction) {
                        run(other, "rollback");
                        open = false;
                    }
                }
            }
            const auto seen = sample(running, admin);
            Sampler fresh;
            const auto expected = sample(fresh, admin);
            QCOMPARE(seen->queues.size(), expected->queues.size());
            for (std::size_t i = 0; i < seen->queues.size(); ++i) {
                domain::Queue a = seen->queues[i];
                domain::Queue b = expected->queues[i];
                for (domain::Queue* one : {&a, &b})
                    one->retry = one->retryDue = one->retryAhead = one->retryLastTry =
                        one->dead = {}; // have a beat of their own
                QVERIFY2(a == b, qPrintable(QString::number(round)));
            }
            QCOMPARE(seen->subscriptions.size(), expected->subscriptions.size());
            for (std::size_t i = 0; i < seen->subscriptions.size(); ++i) {
                domain::Subscription a = seen->subscriptions[i];
                domain::Subscription b = expected->subscriptions[i];
                a.batchFirstSeen = b.batchFirstSeen = {};
                QVERIFY2(a == b, qPrintable(QString::number(round)));
            }
        }
    }

    void uncommittedDropGreysOnlySequences() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        pg::Connection other = database.connect();
        fill(admin, 3, 1);
        Sampler sampler;
        sample(sampler, admin);
        run(other, "begin; drop sequence pgque.event_2_id_seq cascade; delete from pgque.queue where false");
        const auto seen = sample(sampler, admin);
        QCOMPARE(seen->queues.size(), std::size_t(3));
        QCOMPARE(seen->errors.size(), std::size_t(1));
        QCOMPARE(seen->errors[0].part, std::string("sequences"));
        QVERIFY(!seen->queues[0].eventSeqNow); // the slice it shares
        const auto next = sample(sampler, admin);
        QVERIFY(next->errors.empty());
        QVERIFY(next->queues[0].eventSeqNow && next->queues[2].eventSeqNow);
        QVERIFY(!next->queues[1].eventSeqNow); // only the one that is being dropped
        run(other, "rollback");
    }

    void withoutRightToDeadLetters() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        fill(admin, 1, 1);
        RoleConnection nobody(database, "");
        Sampler sampler;
        for (int i = 0; i < 2; ++i) { // also between the beats of counting
            const auto seen = sample(sampler, *nobody);
            QCOMPARE(seen->errors.size(), std::size_t(1));
            QCOMPARE(seen->errors[0].part, std::string("dead letters"));
            QCOMPARE(seen->errors[0].failure.diagnostics.sqlState, std::string("42501"));
            QVERIFY(!seen->queues[0].dead && seen->queues[0].retry);
        }
    }

    /// Dropped and made again, all ids come again: nothing of the first is carried on.
    /// A role that may not see when others' transactions began counts from when it first saw what they hold; a new
    /// transaction of the same session is another.
    void sinceWhenIsCountedFromTheFirstLook() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        fill(admin, 1, 1);
        pg::Connection worker = database.connect();
        const auto begin = [&] {
            run(worker, "begin; update pgque.subscription set sub_active = now();"
                        " insert into pgque.event_1_0 (ev_id, ev_time, ev_data) values (1, now(), 'x')");
        };
        begin();
        RoleConnection reader(database, "pgque_reader");
        Sampler::Options options;
        options.activityEvery = std::chrono::seconds(0);
        Sampler sampler(options);
        const auto first = sample(sampler, *reader);
        const auto later = sample(sampler, *reader);
        QVERIFY(later->activity != first->activity);
        for (const auto& seen : {first, later}) {
            QCOMPARE(seen->activity->rowLocks.size(), std::size_t(1));
            const domain::RowLock& row = seen->activity->rowLocks.front();
            QVERIFY(row.sinceIsLeast && row.since == first->activity->takenAt && row.pid == worker.backendPid());
            const auto& tables = seen->activity->eventLocks;
            QVERIFY(!tables.empty());
            for (const domain::EventTableLock& lock : tables)
                QVERIFY(lock.sinceIsLeast && lock.since == first->activity->takenAt);
        }
        // What took long enough is found, and said to be no more than what was seen.
        auto old = std::make_shared<domain::Snapshot>(*later);
        old->takenAt += std::chrono::minutes(2);
        const auto findings = monitor::diagnose(*old, nullptr, {}).findings;
        const auto found = std::find_if(findings.begin(), findings.end(),
                                        [](const auto& one) { return one.rule == "late_committer"; });
        QVERIFY(found != findings.end());
        QVERIFY2(found->title.find("at least ") != std::string::npos, found->title.c_str());

        run(worker, "commit");
        begin();
        const auto again = sample(sampler, *reader);
        QCOMPARE(again->activity->rowLocks.size(), std::size_t(1));
        QVERIFY(again->activity->rowLocks.front().since == again->activity->takenAt);
        run(worker, "rollback");
        // Who may see it is told the truth.
        run(admin, "begin; update pgque.subscription set sub_active = now()");
        pg::Connection super = database.connect();
        Sampler another;
        QVERIFY(!sample(another, super)->activity->rowLocks.front().sinceIsLeast);
        run(admin, "rollback");
    }

    /// What a serializable reader leaves behind blocks nobody and holds no rotation.
    void predicateLocksAreNoLocks() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        fill(admin, 1, 1);
        pg::Connection reader = database.connect();
        pg::Connection other = database.connect();
        run(other, "begin isolation level serializable; select count(*) from pgque.queue");
        run(reader, "begin isolation level serializable; select count(*) from pgque.event_1_1; commit");
        QVERIFY(number(admin, "select count(*) from pg_locks where mode = 'SIReadLock'"
                              " and relation = 'pgque.event_1_1'::regclass") > 0);
        Sampler sampler;
        const auto seen = sample(sampler, admin);
        for (const domain::EventTableLock& lock : seen->activity->eventLocks)
            QVERIFY(lock.pid != reader.backendPid());
        run(other, "commit");
    }

    void schemaMadeAgain() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        fill(admin, 2, 1);
        run(admin, "update pgque.subscription set sub_batch = 4 + sub_queue, sub_role = 'coop_main';"
                   " insert into pgque.dead_letter (dl_queue_id, dl_consumer_id, ev_id, ev_time)"
                   " values (1, 1, 1, now())");
        Sampler sampler;
        monitor::Memory memory;
        const auto before = queries::probe(admin, soon());
        QVERIFY(!before.cluster.empty() && !before.install.empty());
        for (int i = 0; i < 2; ++i)
            memory.add(*sampler.sample(admin, before, soon()));
        run(admin, "drop schema pgque cascade");
        database.install(admin);
        fill(admin, 2, 1);
        run(admin, "update pgque.subscription set sub_batch = 4 + sub_queue;"
                   " alter table pgque.dead_letter rename to dead_letters");
        // Not even once are the new rows taken for the old ones.
        try {
            sampler.sample(admin, before, soon());
            QFAIL("sampled another install than was probed");
        } catch (const pg::Error& error) {
            QCOMPARE(error.sqlState(), std::string("3F000"));
        }
        const auto after = queries::probe(admin, soon());
        QVERIFY(after.identity() != before.identity());
        const auto seen = sampler.sample(admin, after, soon());
        QVERIFY(seen->number > 2);
        QVERIFY(seen->subscriptions[0].batch == 5 && seen->subscriptions[0].batchFirstSeen == seen->takenAt);
        QVERIFY(!seen->queues[0].dead); // what can't be counted now was not counted before
        memory.add(*seen);
        QVERIFY(!memory.knows());
        QVERIFY(!memory.wasGroupUntil(seen->subscriptions[0]));
    }

    /// What a standby can't know is unknown there, and nobody is blamed for its replay.
    void standby() {
        const auto server = TestServer::startPrivate("fsync = on\nsynchronous_commit = on");
        const TestDatabase database(*server, Schema::Pgque);
        {
            pg::Connection admin = database.connect();
            run(admin, "select pgque.create_queue('a'); select pgque.subscribe('a', 'c')");
            run(admin, "checkpoint");
            run(admin, "do $$ begin execute format('copy (select 1) to %L', current_setting('data_directory') ||"
                       " '/standby.signal'); end $$");
            run(admin, "select pgque.send('a', 'x'::text) from generate_series(1, 10);"
                       " update pgque.queue set queue_ticker_max_lag = '0'");
            run(admin, "select pgque.ticker('a')");
        }
        server->kill();
        server->start();
        std::optional<pg::Connection> reader(database.connect());
        QTRY_VERIFY(number(*reader, "select count(*) from pgque.tick") == 2); // it has come to the end of what there is
        // The number that a sequence has written ahead, not the last one it gave out.
        QVERIFY(number(*reader, "select last_value from pgque.event_1_id_seq") > 10);
        Sampler sampler;
        monitor::Memory memory;
        domain::SnapshotPtr seen;
        for (int i = 0; i < 2; ++i) {
            seen = sample(sampler, *reader);
            memory.add(*seen);
        }
        QVERIFY(seen->errors.empty());
        QVERIFY(seen->capabilities.inRecovery && seen->replayedAt && *seen->replayedAt < seen->takenAt);
        QVERIFY(seen->queues[0].lastTick && seen->queues[0].lastTick->eventSeq == 10);
        QVERIFY(!seen->queues[0].eventSeqNow);
        // As if an hour had passed without replay.
        domain::Snapshot old = *seen;
        old.takenAt += std::chrono::hours(1);
        const domain::Diagnosis diagnosis = monitor::diagnose(old, &memory, {});
        QCOMPARE(diagnosis.findings.size(), std::size_t(1));
        QCOMPARE(diagnosis.findings[0].rule, std::string("replay_delay"));
        QCOMPARE(diagnosis.findings[0].severity, domain::Severity::Information);
        for (const char* rule : {"ticker_stopped", "lock_wait", "late_committer", "taken_not_committed"})
            QVERIFY2(isNotEvaluated(diagnosis, rule), rule);
        // Promoted, the next sample but one knows again.
        run(*reader, "select pg_promote()");
        sample(sampler, *reader);
        seen = sample(sampler, *reader);
        QVERIFY(!seen->capabilities.inRecovery && seen->queues[0].eventSeqNow.has_value());
    }

    /// A queue behind another one's ten thousand overdue retries is counted all the same.
    void retriesBehindAnotherQueues() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        fill(admin, 4, 1);
        const auto retries = [&](int queue, int count, const char* due) {
            run(admin, "insert into pgque.retry_queue (ev_retry_after, ev_queue, ev_id, ev_time, ev_owner, ev_retry)"
                       " select " +
                           std::string(due) +
                           ", sub_queue, g, now(), sub_id, 1 from pgque.subscription,"
                           " generate_series(1, " +
                           std::to_string(count) + ") g where sub_queue = " + std::to_string(queue));
        };
        retries(1, 10'001, "now() - interval '1 hour'");
        retries(2, 3, "now() - interval '20 minutes'");
        retries(3, 2'000, "now() - interval '30 minutes'");
        Sampler sampler;
        const auto seen = sample(sampler, admin);
        QVERIFY(seen->errors.empty());
        const auto due = [&](std::size_t queue) { return *seen->queues[queue].retryDue; };
        QVERIFY(due(0).value == queries::countCap && due(0).capped);
        QVERIFY(due(1).value == 3 && !due(1).capped);
        QVERIFY(due(2).value == queries::countCap && due(2).capped);
        QVERIFY(due(3).value == 0 && !due(3).capped);
        QVERIFY(seen->takenAt - *seen->queues[1].oldestRetryDue >= std::chrono::minutes(20));
        const domain::Diagnosis diagnosis = monitor::diagnose(*seen, nullptr, {});
        QCOMPARE(std::count_if(diagnosis.findings.begin(), diagnosis.findings.end(),
                               [](const domain::Finding& one) { return one.rule == "retry_overdue"; }),
                 3);
    }

    void readerThroughAPooler() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        fill(admin, 3, 2);
        run(admin, "select pgque.make_events('q0002', 7, 'x')");
        RoleConnection reader(database, "pgque_reader");
        pg::ConnectionInfo info = database.info();
        info.set("user", reader.name());
        Pooler pooler(info);
        QVERIFY2(pooler.isUp(), pooler.output().constData());
        auto first = pg::Connection::open(pooler.info(info));
        auto second = pg::Connection::open(pooler.info(info));
        Sampler sampler;
        for (int i = 0; i < 4; ++i) {
            run(admin, "select pgque.make_tick('q0001')");
            const auto seen = sample(sampler, i % 2 == 0 ? first : second);
            QVERIFY(seen->capabilities.throughPooler && !seen->capabilities.superuser);
            QVERIFY2(seen->errors.empty(), seen->errors.empty() ? "" : seen->errors[0].failure.text().c_str());
            QVERIFY(seen->queues[1].eventSeqNow == 7);
            QCOMPARE(seen->queues[0].lastTick->id, std::int64_t(2 + i));
            QVERIFY(seen->queues[0].dead && seen->activity && seen->upkeep);
        }
        QCOMPARE(value(second, "show default_transaction_read_only"), std::string("off"));
        QCOMPARE(value(second, "show statement_timeout"), std::string("0"));
    }

    /// What the install lacks is an error of its own; the rest stands.
    void withoutOptionalParts() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        fill(admin, 2, 1);
        run(admin, "drop table pgque.dead_letter; revoke all on pgque.retry_queue from public, pgque_reader");
        RoleConnection reader(database, "pgque_reader");
        Sampler sampler;
        for (int i = 0; i < 2; ++i) {
            const auto seen = sample(sampler, *reader);
            QCOMPARE(seen->errors.size(), std::size_t(2));
            QCOMPARE(seen->errors[0].part, std::string("retries"));
            QCOMPARE(seen->errors[1].part, std::string("dead letters"));
            // What would help is a right here, and nothing there.
            const auto said = [&seen](std::size_t at) { return seen->errors[at].failure.diagnostics; };
            QCOMPARE(said(0).sqlState, std::string("42501"));
            QCOMPARE(said(0).message, std::string("permission denied for table retry_queue"));
            QCOMPARE(said(1).sqlState, std::string("42P01"));
            QCOMPARE(said(1).message, std::string("this install has no table pgque.dead_letter"));
            QVERIFY(!seen->queues[0].retry && !seen->queues[0].retryDue && !seen->queues[0].dead);
            QVERIFY(seen->queues[0].eventSeqNow && seen->activity && seen->upkeep);
        }
    }

    /// A part that fails is not asked with every sample, and its failure stands until it is asked again.
    void failingPartsAreAskedSeldom() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        pg::Connection other = database.connect();
        fill(admin, 1, 1);
        Sampler::Options options;
        options.countsEvery = std::chrono::seconds(3'600);
        Sampler sampler(options);
        const auto capabilities = queries::probe(admin, soon());
        run(other, "begin; lock table pgque.dead_letter in access exclusive mode");
        const auto locked = sampler.sample(admin, capabilities, soon());
        QCOMPARE(locked->errors.size(), std::size_t(2)); // the upkeep looks at that table too
        QCOMPARE(locked->errors[0].part, std::string("dead letters"));
        QVERIFY(locked->queues[0].retry && !locked->queues[0].dead);
        run(other, "rollback");
        const auto next = sampler.sample(admin, capabilities, soon());
        QCOMPARE(next->errors.size(), std::size_t(2));
        QVERIFY(next->cost.statements < locked->cost.statements);
        sampler.reset();
        const auto again = sampler.sample(admin, capabilities, soon());
        QVERIFY(again->errors.empty() && again->queues[0].dead);
    }

    /// Beside writers: always complete and in order, at a bounded cost.
    void underLoad() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        fill(admin, 20, 3);
        std::atomic<bool> stop = false;
        std::vector<std::thread> writers;
        for (int writer = 0; writer < 3; ++writer) {
            writers.emplace_back([&database, &stop, writer] {
                pg::Connection own = database.connect();
                for (int round = 0; !stop; ++round) {
                    const std::string queue =
                        "q00" + std::string(round % 20 < 9 ? "0" : "") + std::to_string(round % 20 + 1);
                    run(own, "select pgque.make_events('" + queue +
                                 "', 50, 'x'); update pgque.subscription set"
                                 " sub_active = now() where sub_consumer = " +
                                 std::to_string(writer + 1) + " and sub_queue = " + std::to_string(round % 20 + 1));
                    if (writer == 0)
                        run(own, "select pgque.make_tick('" + queue + "')");
                }
            });
        }
        RoleConnection reader(database, "pgque_reader");
        const auto capabilities = queries::probe(*reader, soon());
        Sampler sampler;
        domain::SnapshotPtr last;
        QString wrong;
        for (int i = 0; i < 100 && wrong.isEmpty(); ++i) {
            const auto seen = sampler.sample(*reader, capabilities, soon());
            if (!seen->errors.empty())
                wrong = QString::fromStdString(seen->errors[0].failure.text());
            else if (seen->queues.size() != 20 || seen->subscriptions.size() != 60)
                wrong = QStringLiteral("rows are missing");
            for (std::size_t queue = 0; last && wrong.isEmpty() && queue < 20; ++queue) {
                if (seen->queues[queue].lastTick->id < last->queues[queue].lastTick->id ||
                    *seen->queues[queue].eventSeqNow < *last->queues[queue].eventSeqNow)
                    wrong = QStringLiteral("it went back");
            }
            last = seen;
        }
        stop = true;
        for (std::thread& writer : writers)
            writer.join();
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
        QVERIFY2(last->cost.serverMs < 2'000, qPrintable(QString::number(last->cost.serverMs)));
        Sampler fresh;
        const auto end = sampler.sample(*reader, capabilities, soon());
        const auto expected = fresh.sample(*reader, capabilities, soon());
        for (std::size_t i = 0; i < 20; ++i) {
            QVERIFY(end->queues[i].lastTick == expected->queues[i].lastTick);
            QVERIFY(end->queues[i].eventSeqNow == expected->queues[i].eventSeqNow);
        }
    }

    void exclusiveLockIsNotWaitedFor() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        pg::Connection other = database.connect();
        fill(admin, 1, 1);
        Sampler sampler;
        const auto capabilities = queries::probe(admin, soon());
        const auto before = sampler.sample(admin, capabilities, soon());
        run(other, "begin; lock table pgque.subscription in access exclusive mode");
        const auto started = pg::Clock::now();
        try {
            sampler.sample(admin, capabilities, soon());
            QFAIL("sampled a locked table");
        } catch (const pg::Error& error) {
            QCOMPARE(error.sqlState(), std::string("55P03"));
        }
        QVERIFY(pg::Clock::now() - started < std::chrono::seconds(1));
        run(other, "rollback");
        QCOMPARE(sampler.sample(admin, capabilities, soon())->number, before->number + 1);
    }

    void aThousandQueues() {
        const ForeignDatabase database;
        pg::Connection admin = database.connect();
        fill(admin, 1'000, 11);
        run(admin, "insert into pgque.tick (tick_queue, tick_id, tick_event_seq) select q, t, t"
                   " from generate_series(1, 1000) q, generate_series(2, 60) t; analyze");
        // While a transaction of another test is older than what was just written, all of it counts as changed.
        const auto written = number(admin, "select pg_current_xact_id()::text::bigint");
        QTRY_VERIFY_WITH_TIMEOUT(
            number(admin, "select pg_snapshot_xmin(pg_current_snapshot())::text::bigint") >= written, 120'000);
        RoleConnection reader(database, "pgque_reader");
        const auto capabilities = queries::probe(*reader, soon());
        Sampler sampler;
        const auto first = sampler.sample(*reader, capabilities, soon());
        QCOMPARE(first->queues.size(), std::size_t(1'000));
        QCOMPARE(first->subscriptions.size(), std::size_t(11'000));
        QVERIFY(first->queues.back().eventSeqNow.has_value());
        QVERIFY(first->errors.empty());

        double best = 1e9;
        // The least of several: the update of a round counts again while another test's transaction is open.
        std::int64_t bytes = first->cost.bytes;
        for (int i = 0; i < 5; ++i) {
            // A tenth of everything changes.
            run(admin, "insert into pgque.tick (tick_queue, tick_id, tick_event_seq) select q * 10, " +
                           std::to_string(100 + i) +
                           ", 100 from generate_series(1, 100) q;"
                           " update pgque.subscription set sub_active = now() where sub_queue % 10 = 0");
            const auto next = sampler.sample(*reader, capabilities, soon());
            QCOMPARE(next->subscriptions.size(), std::size_t(11'000));
            best = std::min(best, next->cost.serverMs);
            bytes = std::min(bytes, next->cost.bytes);
        }
        qInfo("complete: %.1f ms on the server, %lld bytes; a tenth changed: %.1f ms, %lld bytes", first->cost.serverMs,
              static_cast<long long>(first->cost.bytes), best, static_cast<long long>(bytes));
        QVERIFY2(bytes < 200'000, qPrintable(QString::number(bytes)));

        // The pieces in which sequences are asked stand apart.
        pg::Connection other = database.connect();
        run(other, "begin; drop sequence pgque.event_950_id_seq cascade");
        const auto seen = sampler.sample(*reader, capabilities, soon());
        QCOMPARE(seen->errors.size(), std::size_t(1));
        QCOMPARE(seen->errors[0].part, std::string("sequences"));
        for (std::size_t i = 0; i < seen->queues.size(); ++i)
            QVERIFY2(seen->queues[i].eventSeqNow.has_value() == (i < 500), qPrintable(QString::number(i)));
        run(other, "rollback");
    }
};

QTEST_GUILESS_MAIN(TestSampler)
#include "tst_sampler.moc"
