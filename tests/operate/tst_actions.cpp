// SPDX-License-Identifier: GPL-3.0-or-later
// Every action against a real server: it does what its sentence says, it is refused in the server's or the action's own
// words, and who may not is told so.

#include "operate/operatedatabase.h"

#include <QTest>

namespace {

/// The work queue's have a test of their own.
bool ofTheQueue(const operate::Action& action) {
    return action.functions.empty() || !action.functions.front().starts_with("workqueue.");
}

} // namespace

class TestActions : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void init() { m_db = std::make_unique<OperateDatabase>(); }

    void cleanup() { m_db.reset(); }

    void functionsExist() {
        for (const auto& action : m_db->registry().actions())
            for (const auto& function : ofTheQueue(action) ? action.functions : std::vector<std::string>())
                QVERIFY2(m_db->capabilities().existingFunctions.contains(function),
                         (action.id + ": " + function).c_str());
    }

    void createsAndDropsQueues() {
        auto create = request("create_queue", "o'r\"d ers ü");
        auto outcome = m_db->perform(create);
        COMPARE_KIND(outcome, Done);
        QCOMPARE(outcome.summary, std::string("Queue o'r\"d ers ü was created."));
        QVERIFY(outcome.xid);
        QVERIFY(!outcome.cluster.empty());
        QVERIFY(outcome.sql.find("pgque.create_queue('o''r\"d ers ü'::text)") != std::string::npos);
        QVERIFY(outcome.sql.ends_with("commit;\n"));
        COMPARE_KIND(m_db->perform(create), Refused);

        m_db->client().subscribe(create.queue, "audit");
        auto drop = request("drop_queue", create.queue);
        const auto prediction = m_db->predict(drop);
        QVERIFY(prediction.refusal && prediction.refusal->find("audit") != std::string::npos);
        outcome = m_db->perform(drop);
        COMPARE_KIND(outcome, Refused);
        QCOMPARE(outcome.failure->diagnostics.message, std::string("cannot drop queue, consumers still attached"));
        QVERIFY(outcome.sql.ends_with("rollback;\n"));

        m_db->client().unsubscribe(create.queue, "audit");
        QVERIFY(!m_db->predict(drop).refusal);
        COMPARE_KIND(m_db->perform(drop), Done);
        COMPARE_KIND(m_db->perform(drop), Refused);
    }

    /// What is sent again is what was there: NULL stays NULL, an empty text empty, and a long one whole.
    void resends() {
        m_db->client().createQueue("q");
        m_db->client().subscribe("q", "c");
        auto again = request("resend", "q");
        again.arguments = {{"payload", ""}, {"extra1", ""}, {"extra3", std::string(5'000, 'x') + "\r\n\u00a0end"}};
        COMPARE_KIND(m_db->perform(again), Done);
        again.arguments = {{"type", ""}};
        COMPARE_KIND(m_db->perform(again), Done);
        const auto stored = [this](const std::string& what, int id) {
            return m_db->execute("select " + what + " from pgque.event_1 where ev_id = " + std::to_string(id));
        };
        QCOMPARE(stored("ev_type is null and ev_data = '' and ev_extra1 = '' and ev_extra2 is null"
                        " and ev_extra4 is null",
                        1),
                 std::string("t"));
        QCOMPARE(stored("ev_extra3 = repeat('x', 5000) || E'\\r\\n\\u00a0end'", 1), std::string("t"));
        QCOMPARE(stored("ev_type = '' and ev_data is null and ev_extra1 is null", 2), std::string("t"));
    }

    void sends() {
        m_db->client().createQueue("q");
        m_db->client().subscribe("q", "c");
        auto text = request("send", "q");
        text.arguments = {{"type", "t'1"}, {"payload", "line\n'quoted' \\ \u202ertl"}};
        const auto outcome = m_db->perform(text);
        COMPARE_KIND(outcome, Done);
        QCOMPARE(outcome.results.at("event_id"), std::string("1"));
        auto json = request("send", "q");
        json.arguments = {{"format", "json"}, {"payload", "{\"b\":1,  \"a\":2}"}};
        COMPARE_KIND(m_db->perform(json), Done);
        json.arguments["payload"] = "{";
        const auto bad = m_db->perform(json);
        COMPARE_KIND(bad, Refused);
        QCOMPARE(bad.failure->diagnostics.sqlState, std::string("22P02"));
        COMPARE_KIND(m_db->perform(request("send", "nowhere")), Refused);
        json.arguments["format"] = "xml";
        COMPARE_KIND(m_db->perform(json), Refused);

        m_db->tick("q");
        const auto batch = m_db->client().receive("q", "c");
        QCOMPARE(batch.size(), std::size_t(2));
        QCOMPARE(*batch.messages[0].payload, text.arguments["payload"]);
        QCOMPARE(*batch.messages[0].type, std::string("t'1"));
        QCOMPARE(*batch.messages[1].type, std::string("default"));
        QCOMPARE(*batch.messages[1].payload, std::string("{\"a\": 2, \"b\": 1}"));
    }

    void ticksAndConfigures() {
        m_db->client().createQueue("q");
        const auto before = m_db->execute("select max(tick_id) from pgque.tick");
        const auto outcome = m_db->perform(request("force_tick", "q"));
        COMPARE_KIND(outcome, Done);
        QVERIFY(outcome.results.at("tick") != before);
        QCOMPARE(m_db->execute("select max(tick_id) from pgque.tick"), outcome.results.at("tick"));

        COMPARE_KIND(m_db->perform(request("pause_ticker", "q")), Done);
        QCOMPARE(m_db->execute("select queue_ticker_paused from pgque.queue"), std::string("t"));
        COMPARE_KIND(m_db->perform(request("force_tick", "q")), Refused);
        COMPARE_KIND(m_db->perform(request("resume_ticker", "q")), Done);
        QCOMPARE(m_db->execute("select queue_ticker_paused from pgque.queue"), std::string("f"));

        auto configure = request("set_queue_config", "q");
        configure.arguments = {{"parameter", "max_retries"}, {"value", "2"}};
        COMPARE_KIND(m_db->perform(configure), Done);
        QCOMPARE(m_db->execute("select queue_max_retries from pgque.queue"), std::string("2"));
        configure.arguments["value"] = "-1";
        COMPARE_KIND(m_db->perform(configure), Refused);
        configure.arguments["value"] = "";
        COMPARE_KIND(m_db->perform(configure), Done);
        QCOMPARE(m_db->execute("select queue_max_retries is null from pgque.queue"), std::string("t"));
        configure.arguments["value"] = "several";
        COMPARE_KIND(m_db->perform(configure), Refused);
    }

    void maintains() {
        m_db->client().createQueue("q");
        m_db->client().subscribe("q", "c");
        COMPARE_KIND(m_db->perform(request("run_maintenance")), Done);
        m_db->execute("update pgque.queue set queue_switch_step2 = null");
        COMPARE_KIND(m_db->perform(request("finish_rotation")), Done);
        QCOMPARE(m_db->execute("select queue_switch_step2 is not null from pgque.queue"), std::string("t"));
        QCOMPARE(m_db->perform(request("move_due_retries")).results.at("moved"), std::string("0"));
        m_db->window("q", 1, 3);
        const auto batch = m_db->client().receive("q", "c");
        m_db->client().nackBatch(batch.id.value(), std::chrono::seconds(0));
        const auto moved = m_db->perform(request("move_due_retries"));
        COMPARE_KIND(moved, Done);
        QCOMPARE(moved.results.at("moved"), std::string("3"));
    }

    void normalConsumer() {
        m_db->client().createQueue("q");
        auto subscribe = request("subscribe", "q", "audit");
        COMPARE_KIND(m_db->perform(subscribe), Done);
        COMPARE_KIND(m_db->perform(subscribe), Refused);
        COMPARE_KIND(m_db->perform(request("subscribe", "nowhere", "audit")), Refused);

        auto receive = request("receive", "q", "audit");
        receive.seen = m_db->seen("q", "audit");
        auto outcome = m_db->perform(receive);
        COMPARE_KIND(outcome, Done);
        QCOMPARE(outcome.results.at("returned"), std::string("0"));
        QVERIFY(outcome.summary.find("no tick since") != std::string::npos);

        m_db->tick("q");
        outcome = m_db->perform(receive);
        COMPARE_KIND(outcome, Done);
        QVERIFY2(outcome.summary.find("empty window was passed") != std::string::npos, outcome.summary.c_str());

        m_db->window("q", 1, 3);
        receive.seen.reset();
        receive.arguments["max"] = "2";
        outcome = m_db->perform(receive);
        COMPARE_KIND(outcome, Done);
        QCOMPARE(outcome.results.at("returned"), std::string("2"));
        QCOMPARE(outcome.rows.size(), std::size_t(2));
        QVERIFY(outcome.rows[0].find("number") != std::string::npos);
        const std::int64_t batch = std::stoll(outcome.results.at("batch"));
        outcome = m_db->perform(receive);
        QVERIFY2(outcome.summary.find("open already") != std::string::npos, outcome.summary.c_str());

        auto nack = onBatch("nack", batch);
        nack.arguments = {{"message", outcome.rows[0].substr(0, outcome.rows[0].find(' '))}, {"delay", "90 s"}};
        auto prediction = m_db->predict(nack);
        QCOMPARE(prediction.counts.at("retry"), 1);
        nack.shown = prediction.counts;
        outcome = m_db->perform(nack);
        COMPARE_KIND(outcome, Done);
        QCOMPARE(outcome.results.at("retried"), std::string("1"));
        QCOMPARE(m_db->execute("select round(extract(epoch from ev_retry_after - now())) between 60 and 90"
                               " from pgque.retry_queue"),
                 std::string("t"));
        nack.shown.clear();
        outcome = m_db->perform(nack);
        QVERIFY2(outcome.summary.find("given back before") != std::string::npos, outcome.summary.c_str());
        nack.arguments["message"] = "999999";
        QVERIFY(m_db->predict(nack).refusal);
        COMPARE_KIND(m_db->perform(nack), Refused);

        auto ack = onBatch("ack", batch);
        prediction = m_db->predict(ack);
        QCOMPARE(prediction.counts.at("events"), 3);
        QCOMPARE(prediction.counts.at("done"), 2);
        QVERIFY(!prediction.sql.empty());
        ack.queue = "q";
        ack.consumer = "audit";
        ack.seen = m_db->seen("q", "audit");
        outcome = m_db->perform(ack);
        COMPARE_KIND(outcome, Done);
        QCOMPARE(outcome.summary, "Batch " + std::to_string(batch) + " of q / audit was acknowledged.");
        COMPARE_KIND(m_db->perform(ack), ChangedUnderneath);

        auto unsubscribe = request("unsubscribe", "q", "audit");
        prediction = m_db->predict(unsubscribe);
        QCOMPARE(prediction.counts.at("retries"), 1);
        COMPARE_KIND(m_db->perform(unsubscribe), Done);
        QCOMPARE(m_db->execute("select count(*) from pgque.subscription"), std::string("0"));
        QVERIFY(m_db->predict(unsubscribe).refusal);
        COMPARE_KIND(m_db->perform(unsubscribe), ChangedUnderneath);
    }

    void nackToDeadLetter() {
        m_db->client().createQueue("q");
        m_db->client().subscribe("q", "c");
        m_db->client().setQueueConfig("q", "max_retries", "0");
        m_db->window("q", 1, 1);
        const auto batch = m_db->client().receive("q", "c");
        auto nack = onBatch("nack", batch.id.value());
        nack.arguments = {{"message", std::to_string(batch.messages[0].id)}, {"reason", "poison"}};
        QCOMPARE(m_db->predict(nack).counts.at("dead"), 1);
        const auto outcome = m_db->perform(nack);
        COMPARE_KIND(outcome, Done);
        QCOMPARE(outcome.results.at("dead"), std::string("1"));
        QCOMPARE(m_db->execute("select dl_reason from pgque.dead_letter"), std::string("poison"));
        COMPARE_KIND(m_db->perform(onBatch("ack", batch.id.value())), Done);
        QCOMPARE(m_db->predict(request("unsubscribe", "q", "c")).counts.at("dead_letters"), 1);
    }

    void wholeBatches() {
        m_db->client().createQueue("q");
        m_db->client().subscribe("q", "c");
        m_db->window("q", 1, 5);
        auto batch = m_db->client().receive("q", "c");
        auto nack = onBatch("nack_batch", batch.id.value());
        nack.shown = m_db->predict(nack).counts;
        auto outcome = m_db->perform(nack);
        COMPARE_KIND(outcome, Done);
        QCOMPARE(outcome.results.at("retried"), std::string("5"));
        QCOMPARE(m_db->execute("select sub_batch from pgque.subscription"), std::to_string(batch.id.value()));
        m_db->client().ack(batch.id.value());

        m_db->window("q", 6, 4);
        batch = m_db->client().receive("q", "c");
        auto back = onBatch("give_back", batch.id.value());
        back.arguments["delay"] = "5 min";
        QCOMPARE(m_db->predict(back).counts.at("retry"), 4);
        outcome = m_db->perform(back);
        COMPARE_KIND(outcome, Done);
        QCOMPARE(outcome.summary, "Batch " + std::to_string(batch.id.value()) +
                                      ": 4 messages due again in 5 min, 0 new dead letters. The batch is closed.");
        QCOMPARE(m_db->execute("select sub_batch is null from pgque.subscription"), std::string("t"));
        COMPARE_KIND(m_db->perform(back), ChangedUnderneath);
    }

    void group() {
        m_db->client().createQueue("q");
        auto join = request("register_subconsumer", "q", "billing", "w1");
        COMPARE_KIND(m_db->perform(join), Done);
        COMPARE_KIND(m_db->perform(join), Refused);
        COMPARE_KIND(m_db->perform(request("register_subconsumer", "q", "billing", "w2")), Done);
        COMPARE_KIND(m_db->perform(request("touch", "q", "billing", "w2")), Done);
        COMPARE_KIND(m_db->perform(request("touch", "q", "billing", "w9")), ChangedUnderneath);

        auto receive = request("receive_coop", "q", "billing", "w1");
        QVERIFY(m_db->perform(receive).summary.find("no tick since") != std::string::npos);
        m_db->window("q", 1, 3);
        auto outcome = m_db->perform(receive);
        COMPARE_KIND(outcome, Done);
        QCOMPARE(outcome.results.at("returned"), std::string("3"));
        QVERIFY(outcome.summary.find("new batch") != std::string::npos);

        auto leave = request("unregister_subconsumer", "q", "billing", "w1");
        QVERIFY(m_db->predict(leave).refusal);
        COMPARE_KIND(m_db->perform(leave), Refused);
        COMPARE_KIND(m_db->perform(request("unregister_subconsumer", "q", "billing", "w2")), Done);

        auto force = request("force_unregister", "q", "billing", "w1");
        force.seen = m_db->seen("q", "billing.w1");
        const auto prediction = m_db->predict(force);
        QVERIFY(!prediction.refusal);
        QCOMPARE(prediction.counts.at("retry"), 3);
        QVERIFY(std::any_of(prediction.alsoChanges.begin(), prediction.alsoChanges.end(), [](const auto& text) {
            return text.find("becomes a normal consumer") != std::string::npos;
        }));
        force.shown = prediction.counts;
        outcome = m_db->perform(force);
        COMPARE_KIND(outcome, Done);
        QCOMPARE(outcome.results.at("retried"), std::string("3"));
        QVERIFY(outcome.summary.find("billing is a normal consumer now") != std::string::npos);
        QCOMPARE(m_db->execute("select string_agg(sub_role, ',') from pgque.subscription"), std::string("normal"));
        COMPARE_KIND(m_db->perform(force), ChangedUnderneath);

        // With no member left, coming back needs a conversion.
        COMPARE_KIND(m_db->perform(join), Refused);
        join.arguments["convert"] = "true";
        outcome = m_db->perform(join);
        COMPARE_KIND(outcome, Done);
        QVERIFY(outcome.summary.find("is a cooperative group now") != std::string::npos);
    }

    void cooperativeReceiveTakesOver() {
        m_db->client().createQueue("q");
        m_db->client().subscribeSubconsumer("q", "billing", "w1");
        m_db->client().subscribeSubconsumer("q", "billing", "w2");
        m_db->openBatch("q", "billing", "w1", 2);
        m_db->execute(
            "update pgque.subscription set sub_active = now() - interval '1 hour' where sub_batch is not null");
        auto receive = request("receive_coop", "q", "billing", "w2");
        receive.arguments["dead_interval"] = "5 min";
        const auto outcome = m_db->perform(receive);
        COMPARE_KIND(outcome, Done);
        QVERIFY2(outcome.summary.find("taken over") != std::string::npos, outcome.summary.c_str());
    }

    void whoMayNot_data() {
        QTest::addColumn<QString>("role");
        QTest::addColumn<QString>("action");
        QTest::addColumn<bool>("may");
        for (const char* action : {"send", "ack", "create_queue"})
            for (const char* role : {"", "pgque_reader", "pgque_writer", "pgque_admin"}) {
                const QString a = QString::fromLatin1(action);
                const QString r = QString::fromLatin1(role);
                const bool may = r == QLatin1String("pgque_admin") ||
                                 (a == QLatin1String("send") && r == QLatin1String("pgque_writer")) ||
                                 (a == QLatin1String("ack") && r == QLatin1String("pgque_reader"));
                QTest::addRow("%s as %s", action, role) << r << a << may;
            }
    }

    void whoMayNot() {
        QFETCH(QString, role);
        QFETCH(QString, action);
        QFETCH(bool, may);
        m_db->client().createQueue("q");
        m_db->client().subscribe("q", "c");
        m_db->window("q", 1, 1);
        auto login = m_db->loginWith(role.toStdString());
        auto made = request(action.toStdString(), action == QLatin1String("create_queue") ? "new" : "q");
        made.batch = m_db->client().receive("q", "c").id.value();
        const auto capabilities = m_db->capabilitiesOf(login);
        const auto outcome = m_db->runner().perform(made, capabilities, login, m_db->armed());
        if (may) {
            COMPARE_KIND(outcome, Done);
            return;
        }
        COMPARE_KIND(outcome, Refused);
        QVERIFY(outcome.sql.empty()); // known beforehand
        const auto availability = m_db->registry().find(made.action)->availability(made, capabilities, nullptr);
        QVERIFY(availability.grant.starts_with("grant pgque_"));
        // The server says the same when the privilege went after the probe.
        const auto late = m_db->runner().perform(made, m_db->capabilities(), login, m_db->armed());
        COMPARE_KIND(late, Refused);
        QCOMPARE(late.failure->diagnostics.sqlState, std::string("42501"));
        // What is offered helps.
        m_db->execute(availability.grant);
        COMPARE_KIND(m_db->runner().perform(made, m_db->capabilitiesOf(login), login, m_db->armed()), Done);
    }

    /// No privilege on the tables beyond a reader's: every consuming action works.
    void readerActs() {
        m_db->client().createQueue("q");
        m_db->client().subscribeSubconsumer("q", "billing", "w1");
        auto login = m_db->loginWith("pgque_reader");
        const auto capabilities = m_db->capabilitiesOf(login);
        const auto act = [&](domain::ActionRequest made) {
            const auto prediction = m_db->runner().predict(made, capabilities, login);
            made.shown = prediction.counts;
            return m_db->runner().perform(made, capabilities, login, m_db->armed());
        };
        const auto batch = m_db->openBatch("q", "billing", "w1", 3);
        auto nack = onBatch("nack", batch);
        nack.arguments["message"] = m_db->execute("select min(ev_id) from pgque.event_1");
        COMPARE_KIND(act(nack), Done);
        COMPARE_KIND(act(onBatch("nack_batch", batch)), Done);
        auto force = request("force_unregister", "q", "billing", "w1");
        force.seen = m_db->seen("q", "billing.w1");
        COMPARE_KIND(act(force), Done);
    }

    void badRequests() {
        COMPARE_KIND(m_db->perform(request("no_such_action")), Refused);
        COMPARE_KIND(m_db->perform(request("ack")), Refused);
        COMPARE_KIND(m_db->perform(request("touch", "q")), Refused);
        const auto none = m_db->perform(onBatch("ack", 987654));
        COMPARE_KIND(none, ChangedUnderneath);
        QCOMPARE(none.summary, std::string("Batch 987654 is not open any more. Nothing was changed."));
    }

    void leavesNothingBehind() {
        m_db->client().createQueue("q");
        COMPARE_KIND(m_db->perform(request("send", "q")), Done);
        COMPARE_KIND(m_db->perform(request("send", "nowhere")), Refused);
        COMPARE_KIND(m_db->perform(onBatch("ack", 1)), ChangedUnderneath);
        QCOMPARE(m_db->operating().transactionStatus(), pg::TransactionStatus::Idle);
        for (const char* setting : {"lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"}) {
            const auto shown = m_db->operating().execute({std::string("show ") + setting, {}});
            QCOMPARE(std::string(shown.text(0, 0)), std::string("0"));
        }
    }

private:
    std::unique_ptr<OperateDatabase> m_db;

    void replaysAndPurgesDeadLetters() {
        m_db->client().createQueue("q");
        m_db->client().subscribe("q", "c");
        const auto bury = [&](int first, int last) {
            m_db->execute(
                "insert into pgque.dead_letter (dl_queue_id, dl_consumer_id, dl_reason, ev_id, ev_time, ev_txid,"
                " ev_retry, ev_type, ev_data) select sub_queue, sub_consumer, 'broken', g, now(),"
                " pg_current_xact_id(), 5, 't', 'p' || g from pgque.subscription, generate_series(" +
                std::to_string(first) + ", " + std::to_string(last) + ") g");
        };
        bury(1, 5);
        auto replay = request("replay_dead_letter", "q");
        replay.arguments["dead_letter"] = m_db->execute("select min(dl_id) from pgque.dead_letter");
        QVERIFY(!m_db->predict(replay).refusal);
        auto outcome = m_db->perform(replay);
        COMPARE_KIND(outcome, Done);
        QVERIFY(!outcome.results.at("event_id").empty());
        QCOMPARE(m_db->execute("select count(*) from pgque.dead_letter"), std::string("4"));
        // It is gone: nothing happens twice.
        QVERIFY(m_db->predict(replay).refusal.has_value());
        outcome = m_db->perform(replay);
        QVERIFY(outcome.kind != domain::OutcomeKind::Done);
        QVERIFY(outcome.summary.find("dead letter entry not found") != std::string::npos ||
                outcome.failure->diagnostics.message.find("dead letter entry not found") != std::string::npos);

        const auto everything = request("replay_all_dead_letters", "q");
        QCOMPARE(m_db->predict(everything).numbers.front().value, std::string("4"));
        outcome = m_db->perform(everything);
        COMPARE_KIND(outcome, Done);
        QCOMPARE(outcome.results.at("replayed"), std::string("4"));
        QVERIFY(m_db->predict(everything).refusal.has_value());

        bury(11, 13);
        auto purge = request("purge_dead_letters", "q");
        QCOMPARE(m_db->predict(purge).numbers.front().value, std::string("0")); // none is 30 days old
        purge.arguments["older_than"] = "0 s";
        QCOMPARE(m_db->predict(purge).numbers.front().value, std::string("3"));
        outcome = m_db->perform(purge);
        COMPARE_KIND(outcome, Done);
        QCOMPARE(outcome.results.at("deleted"), std::string("3"));
        QCOMPARE(m_db->execute("select count(*) from pgque.dead_letter"), std::string("0"));

        pg::Connection reader = m_db->loginWith("pgque_reader");
        const auto availability = m_db->registry()
                                      .find("purge_dead_letters")
                                      ->availability(purge, OperateDatabase::capabilitiesOf(reader), nullptr);
        QVERIFY(!availability.available);
        QVERIFY(availability.grant.starts_with("grant pgque_admin to "));
    }
};

QTEST_GUILESS_MAIN(TestActions)
#include "tst_actions.moc"
