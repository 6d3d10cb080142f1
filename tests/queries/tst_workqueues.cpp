// SPDX-License-Identifier: GPL-3.0-or-later
// Work queues of every make: found wherever they are, counted by priority, paged by band, barriers batch by batch.
#include "queries/workevidence.h"
#include "queries/workqueues.h"
#include "support/expect.h"
#include "support/foreign.h"

#include <QTest>

#include <set>

using namespace support;
using domain::WorkGeneration;
using domain::WorkPart;

namespace {

const domain::WorkQueue* queueOf(const domain::WorkSample& sample, const std::string& name) {
    for (const domain::WorkQueue& queue : sample.queues) {
        if (queue.name == name)
            return &queue;
    }
    return nullptr;
}

} // namespace

class TestWorkQueues : public QObject {
    Q_OBJECT

private Q_SLOTS:

    /// What was seen of the letters is the least there are, of every queue, when not all were looked at.
    void manyDeadLetters() {
        const TestDatabase database(Schema::Workqueue);
        pg::Connection admin = database.connect();
        run(admin, "select workqueue.send('a', '{}'), workqueue.send('b', '{}');"
                   " insert into workqueue.dead_letter (queue_name, msg_id, message, priority, enqueued_at,"
                   " read_ct, reason) select 'a', g, '{}', 5, now(), 1, 'x' from generate_series(1, 10000) g");
        const auto installs = queries::workInstalls(admin, soon());
        const auto whole = queries::workSample(admin, installs[0], soon());
        QVERIFY(whole.queues[0].dead == 10'000 && !whole.queues[0].deadIsLeast);
        run(admin, "insert into workqueue.dead_letter (queue_name, msg_id, message, priority, enqueued_at,"
                   " read_ct, reason) select 'b', g, '{}', 5, now(), 1, 'x' from generate_series(1, 5) g");
        const auto cut = queries::workSample(admin, installs[0], soon());
        QCOMPARE(cut.queues.size(), std::size_t(2));
        for (const domain::WorkQueue& queue : cut.queues)
            QVERIFY(queue.deadIsLeast);
    }

    void nothingThere() {
        const TestDatabase database;
        pg::Connection admin = database.connect();
        QVERIFY(queries::workInstalls(admin, soon()).empty());
    }

    void ours() {
        const TestDatabase database(Schema::Workqueue);
        pg::Connection admin = database.connect();
        const auto installs = queries::workInstalls(admin, soon());
        QCOMPARE(installs.size(), std::size_t(1));
        QCOMPARE(installs[0].schema, std::string("workqueue"));
        QCOMPARE(installs[0].generation, WorkGeneration::Scheduled);
        QVERIFY(installs[0].ours && installs[0].hasBarriers && installs[0].hasDeadLetters && installs[0].hasLeader);

        run(admin, "select workqueue.send('a', '{\"task_name\": \"t\"}', 9) from generate_series(1, 3);"
                   "select workqueue.send('a', '{\"task_name\": \"t\"}', 5) from generate_series(1, 1200);"
                   "select workqueue.send('b', '{}'::jsonb, 5, '', 3600)");
        run(admin, "select workqueue.claim('a', 60, 2)");
        run(admin, "update workqueue.pg_queue_message set vt = now() - interval '5 minutes' where msg_id = 1");
        run(admin, "update workqueue.pg_queue_message set read_ct = 7 where msg_id = 10");
        run(admin, "select workqueue.bury(11, 'broken')");
        const domain::WorkSample sample = queries::workSample(admin, installs[0], soon());
        const domain::WorkQueue* a = queueOf(sample, "a");
        QVERIFY(a != nullptr);
        QCOMPARE(a->bands.size(), std::size_t(2));
        QCOMPARE(a->bands[0].priority, 9);
        QCOMPARE(a->bands[0].ready.value, 1);
        QCOMPARE(a->bands[1].ready.value, queries::bandCap);
        QVERIFY(a->bands[1].ready.capped);
        QVERIFY(a->ready().capped);
        QCOMPARE(a->claimed, 2);
        QCOMPARE(a->lapsed, 1);
        QVERIFY(a->worstLapse && *a->worstLapse >= std::chrono::minutes(5));
        QCOMPARE(a->poison, 1);
        QCOMPARE(a->highestReads, 7);
        QCOMPARE(a->dead, 1);
        QCOMPARE(a->reads, (std::vector<domain::WorkReads>{{7, 1}}));
        QCOMPARE(a->redeliveries(), 6);
        QCOMPARE(a->bands[0].claimed, 2);
        QCOMPARE(a->bands[0].lapsed, 1);
        QCOMPARE(a->bands[0].headId, std::optional<std::int64_t>(3));
        QCOMPARE(a->bands[1].headId, std::optional<std::int64_t>(4));
        QVERIFY(!sample.readsSampled && sample.counters && sample.leader);
        const domain::WorkQueue* b = queueOf(sample, "b");
        QVERIFY(b != nullptr);
        QCOMPARE(b->scheduled, 1);
        QCOMPARE(b->overdue, 0);
        QVERIFY(b->nextDue.has_value());

        // Every ready message once, through all bands, in the order of delivery.
        std::vector<std::pair<int, std::int64_t>> seen;
        std::optional<domain::WorkPosition> after;
        int pages = 0;
        do {
            const domain::WorkPage page =
                queries::workPage(admin, installs[0], "a", WorkPart::Ready, after, 100, soon());
            for (const domain::WorkMessage& message : page.rows)
                seen.emplace_back(-message.priority, message.id);
            after = page.next;
            QVERIFY(++pages < 30);
        } while (after);
        QCOMPARE(seen.size(), std::size_t(1 + 1'199));
        QVERIFY(std::is_sorted(seen.begin(), seen.end()));
        QCOMPARE(std::set(seen.begin(), seen.end()).size(), seen.size());

        const auto held = queries::workPage(admin, installs[0], "a", WorkPart::InFlight, {}, 100, soon());
        QCOMPARE(held.rows.size(), std::size_t(2));
        QCOMPARE(held.rows[0].id, 1); // the lapsed one first
        const auto often = queries::workPage(admin, installs[0], "a", WorkPart::OftenRead, {}, 100, soon());
        QCOMPARE(often.rows.size(), std::size_t(1));
        const auto poison = queries::workPage(admin, installs[0], "a", WorkPart::Poison, {}, 100, soon());
        QCOMPARE(poison.rows.size(), std::size_t(1));
        QCOMPARE(poison.rows[0].id, 10);
        // What is set for the queue decides what is poison.
        run(admin, "insert into workqueue.queue_setting (queue_name, max_attempts, lease_seconds) values ('a', 7, 30)");
        QVERIFY(queries::workPage(admin, installs[0], "a", WorkPart::Poison, {}, 100, soon()).rows.empty());
        const auto after7 = queries::workSample(admin, installs[0], soon());
        QCOMPARE(queueOf(after7, "a")->poison, 0);
        QCOMPARE(queueOf(after7, "a")->leaseSeconds, std::optional(30));
        QVERIFY(held.rows[1].claimedAt && *held.rows[1].claimedAt < *held.rows[1].leaseEnds);
        const auto later = queries::workDelayed(admin, installs[0], "b", soon());
        QCOMPARE(later.size(), std::size_t(1));
        QCOMPARE(later[0].priority, 5);
        QCOMPARE(later[0].scheduled.value, 1);
        const auto dead = queries::workPage(admin, installs[0], "a", WorkPart::Dead, {}, 100, soon());
        QCOMPARE(dead.rows.size(), std::size_t(1));
        QCOMPARE(dead.rows[0].error, std::string("broken"));
        QCOMPARE(queries::workPage(admin, installs[0], "b", WorkPart::Delayed, {}, 100, soon()).rows.size(),
                 std::size_t(1));

        QCOMPARE(queries::workPayload(admin, installs[0], "a", WorkPart::Ready, 10, 1'000, soon()).value(),
                 std::string("{\"task_name\": \"t\"}"));
        QCOMPARE(
            failureOf([&] { queries::workPayload(admin, installs[0], "a", WorkPart::Ready, 11, 1'000, soon()); }).kind,
            pg::ErrorKind::Decode);
    }

    /// Pages go on after an id inside a band, so equal times lose nothing and claims shift nothing.
    void pagesWhileOthersClaim() {
        const TestDatabase database(Schema::Workqueue);
        pg::Connection admin = database.connect();
        pg::Connection worker = database.connect();
        const auto install = queries::workInstalls(admin, soon()).front();
        run(admin,
            "select workqueue.send_many('q', array_fill('{}'::jsonb, array[60]), p) from (values (9), (5)) v(p)");
        QCOMPARE(value(admin, "select count(distinct enqueued_at)::text from workqueue.pg_queue_message"),
                 std::string("2"));
        std::vector<std::int64_t> seen;
        std::optional<domain::WorkPosition> after;
        do {
            const domain::WorkPage page = queries::workPage(admin, install, "q", WorkPart::Ready, after, 25, soon());
            for (const domain::WorkMessage& message : page.rows)
                seen.push_back(message.id);
            after = page.next;
            // The next to come are taken away, and new ones come to the end of their band.
            run(worker, "select workqueue.claim('q', 60, 7); select workqueue.send('q', '{}', 5)");
        } while (after && seen.size() < 500);
        std::set<std::int64_t> once(seen.begin(), seen.end());
        QCOMPARE(once.size(), seen.size());
        // What was ready all the time has been shown.
        for (std::int64_t id = 1; id <= 120; ++id) {
            const bool ready = value(admin, "select state from workqueue.pg_queue_message where msg_id = " +
                                                std::to_string(id)) == "ready";
            QVERIFY2(!ready || once.contains(id), std::to_string(id).c_str());
        }
    }

    void barriersBatchByBatch() {
        const TestDatabase database(Schema::Workqueue);
        pg::Connection admin = database.connect();
        const auto install = queries::workInstalls(admin, soon()).front();
        run(admin, "select workqueue.fan_out('e1', 'org', array['q','q','q','q'], array['{}','{}','{}','{}']::jsonb[],"
                   " array[5,5,5,5], array['o','o','o','o'])");
        const std::string epoch = value(admin, "select epoch::text from workqueue.pg_barrier_state");
        // One is done, one runs, one began and its lease has lapsed, one has not begun.
        run(admin, "select workqueue.claim('q', 60, 3)");
        for (const char* index : {"0", "1", "2"})
            run(admin, "select workqueue.claim_batch('e1', " + epoch + ", " + index + ")");
        run(admin, "select * from workqueue.finish_batch('e1', " + epoch + ", 0, '{}')");
        run(admin, "update workqueue.pg_queue_message set vt = now() - interval '1 minute' where msg_id = 3");
        const domain::Barriers all = queries::barriers(admin, install, soon());
        QCOMPARE(all.rows.size(), std::size_t(1));
        QCOMPARE(all.rows[0].remaining, 3);
        QCOMPARE(all.rows[0].total.value(), 4);
        QCOMPARE(all.rows[0].started, 3);
        QCOMPARE(int(all.rows[0].state(all.takenAt, std::chrono::hours(1))), int(domain::Barrier::State::Running));
        QCOMPARE(all.orphanMarkers, 0);
        using State = domain::BarrierBatch::State;
        const auto detail = queries::barrierDetail(admin, install, "e1", soon());
        QCOMPARE(detail.batches.size(), std::size_t(4));
        QCOMPARE(int(detail.batches[0].state), int(State::Finished));
        QCOMPARE(int(detail.batches[1].state), int(State::Running));
        QCOMPARE(detail.batches[1].message.value(), 2);
        QCOMPARE(int(detail.batches[2].state), int(State::Lost));
        QCOMPARE(int(detail.batches[3].state), int(State::NotStarted));
        QCOMPARE(detail.batches[3].message.value(), 4);
        // Its message went without having been run: it was never sent, or somebody took it away.
        run(admin, "delete from workqueue.pg_queue_message where msg_id = 4");
        QCOMPARE(int(queries::barrierDetail(admin, install, "e1", soon()).batches[3].state), int(State::Missing));
        run(admin, "delete from workqueue.pg_barrier_state");
        QCOMPARE(queries::barriers(admin, install, soon()).orphanMarkers, 1);
    }

    /// Where markers do not say what was finished, the number of results does.
    void barriersOfOthers() {
        const TestDatabase database;
        pg::Connection admin = database.connect();
        run(admin,
            "create schema g2; create table g2.pg_queue_message (msg_id bigint generated by default as identity primary"
            " key, queue_name text not null, message jsonb not null, org_id text not null, enqueued_at timestamptz not"
            " null, vt timestamptz not null, read_ct int not null, priority smallint not null, state text not null"
            " default 'ready');"
            " create table g2.pg_barrier_state (execution_id text primary key, organization_id text not null, remaining"
            " int not null, results jsonb not null, created_at timestamptz not null, expires_at timestamptz not null,"
            " last_progress_at timestamptz not null);"
            " create table g2.pg_batch_dedup (id bigint generated by default as identity primary key, execution_id text"
            " not null, batch_index int not null, created_at timestamptz not null, unique (execution_id, batch_index));"
            // Six armed: two counted, one held, two that nobody holds.
            " insert into g2.pg_barrier_state values ('e', 'o', 4, '[1, 2]', now(), now() + interval '1 h', now());"
            " insert into g2.pg_batch_dedup (execution_id, batch_index, created_at)"
            "  select 'e', g, now() from generate_series(0, 4) g;"
            " insert into g2.pg_queue_message (queue_name, message, org_id, enqueued_at, vt, read_ct, priority, state)"
            "  select 'q', jsonb_build_object('kwargs', jsonb_build_object('_barrier_context', jsonb_build_object("
            "  'execution_id', 'e', 'batch_index', g))), 'o', now(), now() + interval '1 min', 1, 5, s"
            "  from (values (2, 'claimed'), (5, 'ready')) v(g, s)");
        const auto install = queries::workInstalls(admin, soon()).front();
        QVERIFY(!install.ours && install.hasBarriers);
        using State = domain::BarrierBatch::State;
        const auto states = [&] {
            std::vector<State> found;
            for (const auto& batch : queries::barrierDetail(admin, install, "e", soon()).batches)
                found.push_back(batch.state);
            return found;
        };
        const auto detail = queries::barrierDetail(admin, install, "e", soon());
        QCOMPARE(detail.finished, std::optional<std::int64_t>(2));
        // Of four that nobody holds two are counted: which, nothing says.
        QVERIFY(states() == (std::vector{State::Unknown, State::Unknown, State::Running, State::Unknown, State::Unknown,
                                         State::NotStarted}));
        QVERIFY(detail.batches[2].leaseEnds > detail.takenAt && detail.batches[5].message == 2);
        run(admin, "update g2.pg_barrier_state set remaining = 2, results = '[1, 2, 3, 4]'");
        QVERIFY(states() == (std::vector{State::Finished, State::Finished, State::Running, State::Finished,
                                         State::Finished, State::NotStarted}));
        run(admin, "update g2.pg_barrier_state set remaining = 6, results = '[]'");
        QVERIFY(states() ==
                (std::vector{State::Lost, State::Lost, State::Running, State::Lost, State::Lost, State::NotStarted}));
        run(admin, "delete from g2.pg_barrier_state");
        QVERIFY(!queries::barrierDetail(admin, install, "e", soon()).finished);
    }

    /// Tables that others made in schemas of their own, of earlier generations.
    void others() {
        const TestDatabase database;
        pg::Connection admin = database.connect();
        run(admin, "create schema g1; create table g1.pg_queue_message (msg_id bigserial primary key, queue_name text,"
                   " message jsonb, org_id text, enqueued_at timestamptz default now(), vt timestamptz default now(),"
                   " read_ct int default 0, priority smallint default 5);"
                   " insert into g1.pg_queue_message (queue_name, message) select 'x', '{}' from generate_series(1, 5);"
                   " update g1.pg_queue_message set vt = now() + interval '1 minute', read_ct = 1 where msg_id <= 2");
        run(admin, "create schema \"G 2\"; create table \"G 2\".pg_queue_message (like g1.pg_queue_message,"
                   " state text default 'ready');"
                   " insert into \"G 2\".pg_queue_message (msg_id, queue_name, message, vt, enqueued_at, read_ct,"
                   " priority, state) values (1, 'y', '{}', now(), now(), 0, 7, 'ready'),"
                   " (2, 'y', '{}', now() - interval '1 minute', now(), 2, 7, 'claimed')");
        // Of the first generation: no priorities, and held rows at the end of the index.
        run(admin, "create schema g0; create table g0.pg_queue_message (msg_id bigserial primary key, queue_name text,"
                   " message jsonb, org_id text, enqueued_at timestamptz default now(), vt timestamptz default now(),"
                   " read_ct int default 0);"
                   " create index on g0.pg_queue_message (queue_name, vt, msg_id);"
                   " insert into g0.pg_queue_message (queue_name, message) select 'w', '{}' from generate_series(1, 4);"
                   " update g0.pg_queue_message set vt = now() + interval '1 minute', read_ct = 3 where msg_id = 1;"
                   " update g0.pg_queue_message set read_ct = 6 where msg_id = 2");
        run(admin, "create schema pgmq; create table pgmq.meta (queue_name text);"
                   " insert into pgmq.meta values ('jobs'); create table pgmq.q_jobs (msg_id bigserial, read_ct int"
                   " default 0, enqueued_at timestamptz default now(), vt timestamptz default now(), message jsonb);"
                   " insert into pgmq.q_jobs (message) values ('{}'), ('{}')");
        const auto installs = queries::workInstalls(admin, soon());
        QCOMPARE(installs.size(), std::size_t(4));
        for (const domain::WorkInstall& install : installs) {
            QVERIFY(!install.ours);
            const domain::WorkSample sample = queries::workSample(admin, install, soon());
            QCOMPARE(sample.queues.size(), std::size_t(1));
            const domain::WorkQueue& queue = sample.queues[0];
            const auto page = queries::workPage(admin, install, queue.name, WorkPart::Ready, {}, 10, soon());
            QCOMPARE(std::int64_t(page.rows.size()), queue.ready().value);
            QVERIFY(sample.readsSampled); // nobody made the index that would tell
            for (const std::string& statement :
                 {queries::evidence::workHead(install, queue.name, queue.bands.front().priority),
                  queries::evidence::workInFlight(install, queue.name),
                  queries::evidence::workOftenRead(install, queue.name, 5), queries::evidence::workCounters(install)})
                run(admin, statement);
            switch (install.generation) {
            case WorkGeneration::Plain: {
                QCOMPARE(install.schema, std::string("g0"));
                QCOMPARE(queue.ready().value, 3);
                QCOMPARE(queue.claimed, 1);
                QCOMPARE(queue.bands.front().priority, 0);
                QCOMPARE(queue.bands.front().headId, std::optional<std::int64_t>(2));
                QCOMPARE(queue.highestReads, 6);
                QCOMPARE(queue.poison, 1);
                QVERIFY(queue.nextLapse.has_value());
                const auto first = queries::workPage(admin, install, "w", WorkPart::Ready, {}, 2, soon());
                QVERIFY(first.next.has_value());
                const auto rest = queries::workPage(admin, install, "w", WorkPart::Ready, first.next, 2, soon());
                QCOMPARE(rest.rows.size(), std::size_t(1));
                QCOMPARE(rest.rows[0].id, 4);
                break;
            }
            case WorkGeneration::LeaseOnly:
                QCOMPARE(install.schema, std::string("g1"));
                QCOMPARE(queue.ready().value, 3);
                QCOMPARE(queue.claimed, 2);
                break;
            case WorkGeneration::States:
                QCOMPARE(install.schema, std::string("G 2"));
                QCOMPARE(queue.bands[0].priority, 7);
                QCOMPARE(queue.lapsed, 1);
                break;
            case WorkGeneration::Pgmq:
                QCOMPARE(queue.name, std::string("jobs"));
                QCOMPARE(queue.ready().value, 2);
                break;
            default:
                QFAIL("another generation");
            }
        }
    }

    /// What the slow beat asks, and that its evidence is what the server understands.
    void looks() {
        const TestDatabase database(Schema::Workqueue);
        pg::Connection admin = database.connect();
        run(admin, "create schema theirs; create table theirs.pg_queue_message (like workqueue.pg_queue_message);"
                   " alter table theirs.pg_queue_message drop column priority");
        run(admin, "select workqueue.send('q', '{\"task_name\": \"t\"}', 9) from generate_series(1, 9);"
                   " update workqueue.pg_queue_message set read_ct = 6 + msg_id;"
                   " select workqueue.arm('e1', 'org', 2)");
        pg::Connection old = database.connect();
        run(old, "begin isolation level repeatable read; select pg_current_xact_id()");
        const auto installs = queries::workInstalls(admin, soon());
        QCOMPARE(installs.size(), std::size_t(2));
        domain::WorkLooks looks = queries::workLooks(admin, installs, soon(), queries::workLimits);
        QCOMPARE(looks.installs.size(), std::size_t(2));
        QVERIFY(looks.errors.empty());
        const domain::WorkLook& ours = looks.installs[0];
        QCOMPARE(ours.barriers.rows.size(), std::size_t(1));
        QCOMPARE(ours.poison.size(), std::size_t(5));
        QCOMPARE(ours.poison[0].queue, std::string("q"));
        QCOMPARE(ours.poison[0].reads, 15);
        QVERIFY(ours.horizon.has_value());
        for (const std::string& statement :
             {queries::evidence::workLeader(installs[0]), queries::evidence::workLapsed(installs[0], "q"),
              queries::evidence::workOverdue(installs[0], "q"), queries::evidence::workBarrier(installs[0], "e1"),
              queries::evidence::oldestSnapshot()})
            run(admin, statement);
        // One that can't be looked at hides no other.
        RoleConnection consumer(database, "workqueue_consumer");
        looks = queries::workLooks(*consumer, installs, soon(), queries::workLimits);
        QCOMPARE(looks.installs.size(), std::size_t(1));
        QCOMPARE(looks.errors.size(), std::size_t(1));
        QCOMPARE(looks.errors[0].part, std::string("theirs"));
        QCOMPARE(looks.errors[0].failure.diagnostics.sqlState, std::string("42501"));
    }

    void withoutTheRight() {
        const TestDatabase database(Schema::Workqueue);
        RoleConnection nobody(database, "");
        const auto installs = queries::workInstalls(*nobody, soon());
        QCOMPARE(installs.size(), std::size_t(1));
        QCOMPARE(failureOf([&] { queries::workSample(*nobody, installs[0], soon()); }).diagnostics.sqlState,
                 std::string("42501"));
    }
};

QTEST_GUILESS_MAIN(TestWorkQueues)
#include "tst_workqueues.moc"
