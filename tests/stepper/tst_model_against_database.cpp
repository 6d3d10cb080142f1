// SPDX-License-Identifier: GPL-3.0-or-later
// Random operations on a real queue beside the reference model: both must agree after every step, and what must always
// hold is asked of the tables themselves. BATCHSCOPE_STEPS and BATCHSCOPE_SEED repeat or lengthen a run.

#include "pg/connection.h"
#include "stepper/model.h"
#include "support/testserver.h"

#include <QTest>

#include <algorithm>
#include <memory>
#include <random>

using stepper::Model;

namespace {

const std::string queueName = "q";
const std::string groupName = "workers";
const std::string normalName = "audit";
constexpr int maxRetries = 2;

struct Delivered {
    std::int64_t token = 0;
    std::vector<std::pair<std::int64_t, int>> events; ///< id and retry count, in the order they came
};

/// A producer whose transaction stays open over several steps.
struct Producer {
    std::unique_ptr<pg::Connection> connection;
    std::vector<std::int64_t> sent;
};

class Run {
public:
    Run(support::TestDatabase& database, unsigned seed)
        : m_database(database)
        , m_random(seed)
        , m_main(database.connect())
        , m_model(setUp(), maxRetries) {
        m_model.addNormal(normalName);
        exec("select pgque.subscribe('q', 'audit')");
    }

    /// One random step; empty, or how database and model came apart.
    std::string step() {
        switch (below(24)) {
        case 0:
        case 1:
        case 2:
            return produce();
        case 3:
            return batchProduce();
        case 4:
            return openProducer();
        case 5:
            return continueProducer();
        case 6:
        case 7:
            return tick();
        case 8:
        case 9:
        case 10:
            return receiveCooperatively(m_main);
        case 11:
            return receiveNormally();
        case 12:
        case 13:
            return ack();
        case 14:
            return nack();
        case 15:
            return makeOlderOrTouch();
        case 16:
            return unregister();
        case 17:
            return rolledBack();
        case 18:
            return returnRetries();
        case 19:
            return rotate();
        }
        return {};
    }

    /// Lets every consumer come to the end of the queue, then asks whether every committed event reached it.
    std::string finish() {
        while (!m_producers.empty())
            if (std::string difference = continueProducer(); !difference.empty())
                return difference;
        for (int round = 0; round < 500; ++round) {
            for (const auto& [token, nacked] : liveTokens()) {
                if (std::string difference = acknowledge(token); !difference.empty())
                    return difference;
            }
            if (std::string difference = returnRetries() + tick(); !difference.empty())
                return difference;
            bool moved = false;
            for (int i = 0; i < 4; ++i) {
                const auto before = m_model.groups().at(normalName).cursor + cursorOf(groupName);
                if (std::string difference = receiveCooperatively(m_main) + receiveNormally(); !difference.empty())
                    return difference;
                moved = moved || before != m_model.groups().at(normalName).cursor + cursorOf(groupName);
            }
            const bool idle = liveTokens().empty() && cursorOf(groupName) == m_model.lastTick() &&
                              m_model.groups().at(normalName).cursor == m_model.lastTick();
            if (idle && !moved)
                break;
        }
        for (const std::int64_t id : m_committed)
            if (!m_seen[normalName].contains(id))
                return "event " + std::to_string(id) + " never reached the normal consumer";
        for (const std::int64_t id : m_committedForGroup)
            if (!m_seen[groupName].contains(id))
                return "event " + std::to_string(id) + " never reached the group";
        return {};
    }

    std::string compare() {
        if (const std::string broken = m_model.brokenInvariant(); !broken.empty())
            return "model: " + broken;
        if (const std::string broken = brokenInDatabase(); !broken.empty())
            return "database: " + broken;
        const pg::Result rows = m_main.execute(
            {"select c.co_name, s.sub_role, s.sub_last_tick, s.sub_batch, s.sub_next_tick from pgque.subscription s "
             "join pgque.consumer c on c.co_id = s.sub_consumer order by 1",
             {}});
        std::size_t expected = 0;
        for (const auto& [name, group] : m_model.groups())
            expected += 1 + group.members.size();
        if (static_cast<std::size_t>(rows.rowCount()) != expected)
            return "database has " + std::to_string(rows.rowCount()) + " subscriptions, model " +
                   std::to_string(expected);
        for (const pg::Row row : rows) {
            const auto name = row.get<std::string>(0);
            const auto token = row.get<std::optional<std::int64_t>>(3);
            if (const auto dot = name.find('.'); dot != std::string::npos) {
                const Model::Member& member = m_model.groups().at(name.substr(0, dot)).members.at(name.substr(dot + 1));
                if (member.token != token)
                    return name + ": tokens differ";
                if (token &&
                    (row.get<std::int64_t>(2) != member.window.last || row.get<std::int64_t>(4) != member.window.next))
                    return name + ": windows differ";
                continue;
            }
            const Model::Group& group = m_model.groups().at(name);
            if (row.get<std::int64_t>(2) != group.cursor || token != group.token)
                return name + ": cursor or token differs";
            if (row.get<std::string>(1) != (group.cooperative ? "coop_main" : "normal"))
                return name + ": role differs";
        }
        return {};
    }

    int rotations() const { return m_rotations; }

    int refusedProducers() const { return m_refusedProducers; }

    int takeovers() const { return m_takeovers; }

private:
    std::int64_t setUp() {
        exec("select pgque.create_queue('q')");
        exec("select pgque.set_queue_config('q', 'max_retries', '2')");
        return exec("select max(tick_id) from pgque.tick").row(0).get<std::int64_t>(0);
    }

    int below(int n) { return static_cast<int>(m_random() % static_cast<unsigned>(n)); }

    pg::Result exec(const std::string& sql) { return m_main.execute({sql, {}}); }

    std::int64_t number(const std::string& sql) { return exec(sql).row(0).get<std::int64_t>(0); }

    std::int64_t cursorOf(const std::string& group) const {
        const auto found = m_model.groups().find(group);
        return found == m_model.groups().end() ? m_model.lastTick() : found->second.cursor;
    }

    std::string randomMember() { return "w" + std::to_string(below(4)); }

    /// Live tokens, and whether events nacked under them have already come back: nacking such a window again makes
    /// further copies, which is right but ambiguous to compare by event id.
    std::vector<std::pair<std::int64_t, bool>> liveTokens() const {
        std::vector<std::pair<std::int64_t, bool>> tokens;
        for (const auto& [name, group] : m_model.groups()) {
            if (group.token)
                tokens.emplace_back(*group.token, m_returnedUnder.contains(*group.token));
            for (const auto& [memberName, member] : group.members)
                if (member.token)
                    tokens.emplace_back(*member.token, m_returnedUnder.contains(*member.token));
        }
        return tokens;
    }

    void committed(std::int64_t id) {
        m_model.commitEvent(id);
        m_committed.insert(id);
        if (m_model.groups().contains(groupName))
            m_committedForGroup.insert(id);
    }

    std::string produce() {
        committed(number("select pgque.send('q', 'kind', '{\"n\": 1}'::text)"));
        return {};
    }

    std::string batchProduce() {
        const pg::Result ids = exec("select unnest(pgque.send_batch('q', 'kind', array['a', 'b', null, 'd']))");
        for (const pg::Row row : ids)
            committed(row.get<std::int64_t>(0));
        return {};
    }

    std::string openProducer() {
        if (m_producers.size() >= 2)
            return continueProducer();
        Producer producer{std::make_unique<pg::Connection>(m_database.connect()), {}};
        const bool repeatable = below(2) == 1;
        producer.connection->execute({repeatable ? "begin isolation level repeatable read" : "begin", {}});
        producer.connection->execute({"set local lock_timeout = '2s'", {}});
        // Takes the snapshot, so that a rotation may come between it and the send.
        producer.connection->execute({"select count(*) from pgque.queue", {}});
        m_producers.push_back(std::move(producer));
        return {};
    }

    std::string continueProducer() {
        if (m_producers.empty())
            return {};
        const auto at = m_producers.begin() + below(static_cast<int>(m_producers.size()));
        pg::Connection& connection = *at->connection;
        try {
            if (below(3) > 0) {
                at->sent.push_back(
                    connection.execute({"select pgque.send('q', 'late', 'x'::text)", {}}).row(0).get<std::int64_t>(0));
                if (below(2))
                    return {};
            }
            if (below(4) == 0) {
                connection.execute({"rollback", {}});
            } else {
                connection.execute({"commit", {}});
                for (const std::int64_t id : at->sent)
                    committed(id);
            }
        } catch (const pg::Error& error) {
            // A snapshot from before a rotation: refused, not lost.
            if (error.sqlState() != "40001")
                return std::string("producer: ") + error.what();
            ++m_refusedProducers;
            connection.execute({"rollback", {}});
        }
        m_producers.erase(at);
        return {};
    }

    std::string tick() {
        exec("select pgque.force_next_tick('q')");
        const std::int64_t id = number("select pgque.ticker('q')");
        m_model.tick(id);
        return {};
    }

    Delivered decode(const pg::Result& rows) {
        Delivered delivered;
        for (const pg::Row row : rows) {
            delivered.token = row.get<std::int64_t>("batch_id");
            delivered.events.emplace_back(row.get<std::int64_t>("msg_id"), row.get<int>("retries"));
        }
        return delivered;
    }

    std::string check(const std::string& consumer, const std::string& member, const Model::Decision& decision,
                      const Delivered& delivered, std::size_t limit, bool apply) {
        const std::string who = consumer + "." + member + ": ";
        std::size_t expected = std::min(limit, decision.events.size());
        if (decision.kind == Model::Kind::Nothing || decision.kind == Model::Kind::EmptyWindow)
            expected = 0;
        if (delivered.events.size() != expected)
            return who + "got " + std::to_string(delivered.events.size()) + " events, expected " +
                   std::to_string(expected) + " (" + decision.why + ")";
        for (std::size_t i = 0; i < expected; ++i)
            if (delivered.events[i] != std::pair(decision.events[i].id, decision.events[i].retry))
                return who + "event " + std::to_string(i) + " differs (" + decision.why + ")";
        if (decision.kind == Model::Kind::KeepsBatch && !m_model.holderOf(delivered.token))
            return who + "a batch it already had came back under another token";
        const bool fresh = decision.kind == Model::Kind::TakesOver || decision.kind == Model::Kind::NextWindow;
        if (fresh && delivered.token <= m_newestToken)
            return who + "token " + std::to_string(delivered.token) + " is not fresh";
        if (!apply)
            return {};
        if (decision.kind == Model::Kind::TakesOver) {
            ++m_takeovers;
            const std::int64_t old = *m_model.groups().at(consumer).members.at(decision.from).token;
            if (m_returnedUnder.contains(old))
                m_returnedUnder.insert(delivered.token);
            if (m_nackedUnder.contains(old))
                m_nackedUnder.insert(delivered.token);
            m_spent.push_back(old);
        }
        if (fresh)
            m_newestToken = delivered.token;
        m_model.receive(consumer, member, decision, delivered.token);
        if (limit >= decision.events.size())
            for (const auto& [id, retry] : delivered.events)
                m_seen[consumer].insert(id);
        else
            for (const Model::Event& event : decision.events)
                m_seen[consumer].insert(event.id);
        return {};
    }

    std::string receiveCooperatively(pg::Connection& connection, bool apply = true) {
        const std::string member = randomMember();
        const int limit = below(3) == 0 ? 1 + below(3) : 10'000;
        const bool takeOver = below(2) == 1;
        Model::Ask ask;
        if (takeOver)
            ask.deadInterval = std::chrono::minutes(30);
        const auto decision = m_model.decideReceive(groupName, member, ask);
        const bool isNew = !m_model.groups().contains(groupName);
        try {
            const pg::Result rows = connection.execute(
                {"select msg_id, batch_id, coalesce(retry_count, 0) as retries "
                 "from pgque.receive_coop('q', 'workers', $1::text, $2::int, $3::interval)",
                 pg::Params::of(member, limit, takeOver ? std::optional<std::string>("30 minutes") : std::nullopt)});
            if (decision.kind == Model::Kind::Refused)
                return "receive_coop was not refused: " + decision.why;
            if (isNew && rows.rowCount() > 0)
                return "a new group got events";
            return check(groupName, member, decision, decode(rows), static_cast<std::size_t>(limit), apply);
        } catch (const pg::Error& error) {
            if (decision.kind != Model::Kind::Refused)
                return "receive_coop: " + std::string(error.what());
            if (!apply)
                return {};
            // Only the conversion is refused here: the last member had left.
            if (std::string(error.what()).find("explicit conversion is required") == std::string::npos)
                return "receive_coop was refused otherwise: " + std::string(error.what());
            if (number("select pgque.subscribe_subconsumer('q', 'workers', '" + member + "', true)") != 1)
                return "conversion did not register " + member;
            m_model.addMember(groupName, member);
            return {};
        }
    }

    std::string receiveNormally() {
        const auto decision = m_model.decideReceive(normalName, "", {});
        const pg::Result rows = exec("select msg_id, batch_id, coalesce(retry_count, 0) as retries "
                                     "from pgque.receive('q', 'audit', 10000)");
        return check(normalName, "", decision, decode(rows), 10'000, true);
    }

    std::string acknowledge(std::int64_t token) {
        const bool expected = m_model.ack(token);
        const std::int64_t answered =
            m_main.execute({"select pgque.ack($1::bigint)", pg::Params::of(token)}).row(0).get<int>(0);
        m_spent.push_back(token);
        return (answered == 1) == expected ? std::string()
                                           : "ack of " + std::to_string(token) + " answered differently";
    }

    std::string ack() {
        const auto live = liveTokens();
        if (!m_spent.empty() && (live.empty() || below(4) == 0))
            return acknowledge(m_spent[static_cast<std::size_t>(below(static_cast<int>(m_spent.size())))]);
        if (live.empty())
            return {};
        return acknowledge(live[static_cast<std::size_t>(below(static_cast<int>(live.size())))].first);
    }

    std::string nack() {
        const auto live = liveTokens();
        if (live.empty())
            return {};
        const auto& [token, returned] = live[static_cast<std::size_t>(below(static_cast<int>(live.size())))];
        if (returned)
            return {};
        const auto holder = m_model.holderOf(token);
        const Model::Group& group = m_model.groups().at(holder->consumer);
        const auto window = holder->member.empty() ? group.window : group.members.at(holder->member).window;
        const auto events = m_model.eventsOf(holder->consumer, window);
        const std::int64_t id = events[static_cast<std::size_t>(below(static_cast<int>(events.size())))].id;
        const auto fate = m_model.decideNack(token, id);
        m_main.execute(
            {"select pgque.nack($1::bigint, row($2::bigint, null, null, null, null, null, null, null, null, null)"
             "::pgque.message, interval '0 seconds', 'random')",
             pg::Params::of(token, id)});
        m_model.nack(token, id);
        m_nackedUnder.insert(token);
        const auto consumer = m_main.execute(
            {"select (select count(*) from pgque.dead_letter d join pgque.consumer c on c.co_id = d.dl_consumer_id "
             "where c.co_name = $1 and d.ev_id = $2::bigint), "
             "(select count(*) from pgque.retry_queue r where r.ev_id = $2::bigint and r.ev_owner = "
             "(select sub_id from pgque.subscription s join pgque.consumer c on c.co_id = s.sub_consumer where "
             "c.co_name = $1))",
             pg::Params::of(holder->consumer, id)});
        const bool dead = consumer.row(0).get<std::int64_t>(0) == 1;
        const bool waiting = consumer.row(0).get<std::int64_t>(1) == 1;
        const bool shouldBeDead = fate == Model::Fate::Dead || fate == Model::Fate::AlreadyDead;
        if (shouldBeDead ? !dead : !waiting)
            return "nack of event " + std::to_string(id) + " went elsewhere";
        return {};
    }

    std::string makeOlderOrTouch() {
        std::string member = randomMember();
        // Mostly one that holds a batch: only such a member can be taken over.
        for (const auto& [token, returned] : liveTokens())
            if (const auto holder = m_model.holderOf(token); !holder->member.empty() && below(2))
                member = holder->member;
        const bool known = m_model.touch(groupName, member);
        const auto answered =
            m_main.execute({"select pgque.touch_subconsumer('q', 'workers', $1)", pg::Params::of(member)});
        if ((answered.row(0).get<int>(0) == 1) != known)
            return "touch of " + member + " answered differently";
        if (known && below(2)) {
            // Each time further back, so that no two heartbeats are equally old.
            ++m_age;
            m_main.execute({"update pgque.subscription set sub_active = now() - make_interval(hours => $1::int) "
                            "where sub_consumer = (select co_id from pgque.consumer where co_name = 'workers.' || $2)",
                            pg::Params::of(m_age, member)});
            m_model.makeOlder(groupName, member, std::chrono::hours(m_age));
        }
        return {};
    }

    std::string unregister() {
        const std::string member = randomMember();
        const auto group = m_model.groups().find(groupName);
        const bool known = group != m_model.groups().end() && group->second.members.contains(member);
        const std::int64_t token = known ? group->second.members.at(member).token.value_or(0) : 0;
        if (m_returnedUnder.contains(token))
            return {};
        const bool force = below(2) == 1;
        const bool removed = m_model.removeMember(groupName, member, force);
        if (removed && token != 0)
            m_spent.push_back(token);
        try {
            const auto answered = m_main.execute({"select pgque.unregister_subconsumer('q', 'workers', $1, $2::int)",
                                                  pg::Params::of(member, force ? 1 : 0)});
            if ((answered.row(0).get<int>(0) == 1) != removed)
                return "unregister of " + member + " answered differently";
        } catch (const pg::Error& error) {
            if (removed || token == 0 || force)
                return "unregister of " + member + ": " + error.what();
        }
        if (force && removed) {
            // Heartbeats and the clock aside, a forced unregister leaves retries due in a minute: make them due now.
            exec("update pgque.retry_queue set ev_retry_after = now() - interval '1 second'");
        }
        return {};
    }

    /// A worker that loses its transaction: nothing of it may remain.
    std::string rolledBack() {
        pg::Connection connection = m_database.connect();
        connection.execute({"begin", {}});
        std::string difference;
        if (below(2)) {
            difference = receiveCooperatively(connection, false);
        } else if (const auto live = liveTokens(); !live.empty()) {
            connection.execute({"select pgque.ack($1::bigint)", pg::Params::of(live.front().first)});
        }
        connection.execute({"rollback", {}});
        return difference;
    }

    std::string returnRetries() {
        exec("update pgque.retry_queue set ev_retry_after = now() - interval '1 second'");
        std::int64_t moved = 0;
        while (const std::int64_t some = number("select pgque.maint_retry_events()"))
            moved += some;
        const int expected = m_model.returnRetries();
        for (const auto& [token, returned] : liveTokens())
            if (m_nackedUnder.contains(token))
                m_returnedUnder.insert(token);
        return moved == expected
                   ? std::string()
                   : "retry maintenance moved " + std::to_string(moved) + ", expected " + std::to_string(expected);
    }

    std::string rotate() {
        const std::int64_t before = number("select queue_cur_table from pgque.queue");
        exec("set lock_timeout = '20ms'");
        std::string difference;
        try {
            exec("update pgque.queue set queue_switch_time = now() - interval '1 day'");
            exec("select pgque.maint()");
            if (below(2))
                exec("select pgque.maint_rotate_tables_step2()");
        } catch (const pg::Error& error) {
            // A producer above read committed holds the queue's row until it ends: the next pass will do it.
            if (error.sqlState() != "55P03")
                difference = error.failure().text();
        }
        exec("reset lock_timeout");
        m_rotations += before != number("select queue_cur_table from pgque.queue");
        return difference;
    }

    std::string brokenInDatabase() {
        static const char* const question = R"(
            with sub as (select s.*, c.co_name from pgque.subscription s join pgque.consumer c on c.co_id = s.sub_consumer)
            select 'main without a cursor or with a batch: ' || co_name from sub
             where sub_role = 'coop_main' and (sub_last_tick is null or sub_batch is not null or sub_next_tick is not null)
            union all
            select 'idle member with a window: ' || co_name from sub
             where sub_role = 'coop_member' and sub_batch is null and (sub_last_tick is not null or sub_next_tick is not null)
            union all
            select 'active member without a window: ' || co_name from sub
             where sub_role = 'coop_member' and sub_batch is not null
               and (sub_last_tick is null or sub_next_tick is null or sub_last_tick >= sub_next_tick)
            union all
            select 'member ahead of its group: ' || m.co_name from sub m join sub g
                on g.sub_queue = m.sub_queue and g.sub_id = m.sub_id and g.sub_role = 'coop_main'
             where m.sub_role = 'coop_member' and m.sub_next_tick > g.sub_last_tick
            union all
            select 'overlapping windows: ' || a.co_name || ', ' || b.co_name from sub a join sub b
                on a.sub_queue = b.sub_queue and a.sub_id = b.sub_id and a.sub_consumer < b.sub_consumer
             where a.sub_role = 'coop_member' and b.sub_role = 'coop_member'
               and a.sub_batch is not null and b.sub_batch is not null
               and int8range(a.sub_last_tick, a.sub_next_tick, '(]') && int8range(b.sub_last_tick, b.sub_next_tick, '(]')
            union all
            select 'group without members: ' || g.co_name from sub g where g.sub_role = 'coop_main'
               and not exists (select from sub m where m.sub_id = g.sub_id and m.sub_role = 'coop_member')
            union all
            select 'member without a group: ' || m.co_name from sub m where m.sub_role = 'coop_member'
               and not exists (select from sub g where g.sub_id = m.sub_id and g.sub_role = 'coop_main')
            union all
            select 'position without its tick: ' || co_name from sub
             where sub_last_tick is not null and not exists (
                   select from pgque.tick t where t.tick_queue = sub_queue and t.tick_id = sub_last_tick)
            limit 1)";
        const pg::Result rows = exec(question);
        return rows.rowCount() == 0 ? std::string() : rows.row(0).get<std::string>(0);
    }

    support::TestDatabase& m_database;
    std::mt19937 m_random;
    pg::Connection m_main;
    Model m_model;
    std::vector<Producer> m_producers;
    std::set<std::int64_t> m_committed;
    std::set<std::int64_t> m_committedForGroup;
    std::map<std::string, std::set<std::int64_t>> m_seen;
    std::set<std::int64_t> m_nackedUnder;
    std::set<std::int64_t> m_returnedUnder;
    std::vector<std::int64_t> m_spent;
    std::int64_t m_newestToken = 0;
    int m_age = 0;
    int m_rotations = 0;
    int m_refusedProducers = 0;
    int m_takeovers = 0;
};

int setting(const char* name, int otherwise) {
    const int value = qEnvironmentVariableIntValue(name);
    return value > 0 ? value : otherwise;
}

} // namespace

class TestModelAgainstDatabase : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void randomOperations_data() {
        QTest::addColumn<int>("seed");
        if (qEnvironmentVariableIsSet("BATCHSCOPE_SEED")) {
            QTest::newRow("given") << setting("BATCHSCOPE_SEED", 1);
            return;
        }
        for (const int seed : {1, 2, 3})
            QTest::addRow("seed %d", seed) << seed;
    }

    void randomOperations() {
        QFETCH(int, seed);
        support::TestDatabase database(support::Schema::Pgque);
        Run run(database, static_cast<unsigned>(seed));
        const int steps = setting("BATCHSCOPE_STEPS", 2'000);
        for (int i = 0; i < steps; ++i) {
            std::string difference;
            try {
                difference = run.step();
                if (difference.empty())
                    difference = run.compare();
            } catch (const pg::Error& error) {
                difference = error.failure().text() + " in " + error.failure().statement;
            }
            QVERIFY2(difference.empty(),
                     qPrintable(QStringLiteral("step %1: %2").arg(i).arg(QString::fromStdString(difference))));
        }
        const std::string difference = run.finish();
        QVERIFY2(difference.empty(), difference.c_str());
        qInfo("%d rotations, %d takeovers, %d producers refused for their old snapshot", run.rotations(),
              run.takeovers(), run.refusedProducers());
        m_takeovers += run.takeovers();
        m_rotations += run.rotations();
    }

    /// A run that never rotated or took over would prove less than it says.
    void cleanupTestCase() {
        QVERIFY(m_takeovers > 0);
        QVERIFY(m_rotations > 0);
    }

private:
    int m_takeovers = 0;
    int m_rotations = 0;
};

QTEST_GUILESS_MAIN(TestModelAgainstDatabase)
#include "tst_model_against_database.moc"
