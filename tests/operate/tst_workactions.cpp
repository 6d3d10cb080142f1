// SPDX-License-Identifier: GPL-3.0-or-later
// What can be done to a work queue: each action's deed, and its refusal when the world has moved.
#include "operate/runner.h"
#include "queries/probe.h"
#include "support/foreign.h"

#include <QTest>

using namespace support;
using domain::OutcomeKind;

class TestWorkActions : public QObject {
    Q_OBJECT

    operate::Registry m_registry;
    operate::Runner m_runner{m_registry};
    std::unique_ptr<TestDatabase> m_database;
    std::optional<pg::Connection> m_admin;
    std::optional<pg::Connection> m_operating;
    domain::Capabilities m_capabilities;

    domain::ActionOutcome perform(const domain::ActionRequest& request) {
        operate::RunOptions options;
        options.mode = domain::AccessMode::Operate;
        return m_runner.perform(request, m_capabilities, *m_operating, options);
    }

    domain::Prediction predict(const domain::ActionRequest& request) {
        return m_runner.predict(request, m_capabilities, *m_operating);
    }

    static domain::ActionRequest about(const std::string& action, const std::map<std::string, std::string>& arguments,
                                       const std::string& queue = "q") {
        domain::ActionRequest request;
        request.action = action;
        request.queue = queue;
        request.arguments = arguments;
        return request;
    }

    std::string state(const std::string& what) {
        return value(*m_admin, "select coalesce((select " + what +
                                   "::text from workqueue.pg_queue_message"
                                   " where msg_id = 1), 'gone')");
    }

private Q_SLOTS:

    void init() {
        m_database = std::make_unique<TestDatabase>(Schema::Workqueue);
        m_admin.emplace(m_database->connect());
        m_operating.emplace(m_database->connect());
        m_capabilities = queries::probe(*m_operating, soon());
        run(*m_admin, "select workqueue.send('q', '{\"task_name\": \"t\"}', 5)");
    }

    void cleanup() {
        m_operating.reset();
        m_admin.reset();
        m_database.reset();
    }

    /// They stand for themselves: no pgque is needed in the database.
    void available() {
        int found = 0;
        for (const operate::Action& action : m_registry.actions()) {
            if (action.functions.empty() || !action.functions.front().starts_with("workqueue."))
                continue;
            ++found;
            const auto availability = action.availability(about(action.id, {}), m_capabilities, nullptr);
            QVERIFY2(availability.available, (action.id + ": " + availability.why).c_str());
        }
        QVERIFY(found >= 9);
        RoleConnection producer(*m_database, "workqueue_producer");
        const domain::Capabilities theirs = queries::probe(*producer, soon());
        QVERIFY(m_registry.find("work_send")->availability(about("work_send", {}), theirs, nullptr).available);
        const auto refused = m_registry.find("work_rearm")->availability(about("work_rearm", {}), theirs, nullptr);
        QVERIFY(!refused.available);
        QVERIFY(refused.grant.starts_with("grant workqueue_admin to "));
    }

    void sends() {
        const auto outcome =
            perform(about("work_send", {{"payload", "{\"task_name\": \"x\"}"}, {"priority", "9"}, {"delay", "1 min"}}));
        QCOMPARE(outcome.kind, OutcomeKind::Done);
        QCOMPARE(value(*m_admin, "select priority || state from workqueue.pg_queue_message where msg_id = " +
                                     outcome.results.at("message_id")),
                 std::string("9scheduled"));
        QVERIFY(perform(about("work_send", {{"payload", "no json"}})).kind != OutcomeKind::Done);
    }

    void rearmsOnlyTheLeaseThatWasSeen() {
        run(*m_admin, "select workqueue.claim('q', 60)");
        auto request = about("work_rearm", {{"message_id", "1"}, {"token", "1"}});
        QVERIFY(predict(request).refusal.has_value()); // its lease is live
        QCOMPARE(perform(request).kind, OutcomeKind::ChangedUnderneath);
        QCOMPARE(state("state"), std::string("claimed"));
        run(*m_admin, "update workqueue.pg_queue_message set vt = now() - interval '1 second'");
        QVERIFY(!predict(request).refusal);
        // Meanwhile it was made ready and claimed by another.
        run(*m_admin, "select workqueue.rearm_lapsed()");
        run(*m_admin, "select workqueue.claim('q', 60)");
        run(*m_admin, "update workqueue.pg_queue_message set vt = now() - interval '1 second'");
        const auto prediction = predict(request);
        QVERIFY(prediction.refusal && prediction.refusal->find("claimed again") != std::string::npos);
        QCOMPARE(perform(request).kind, OutcomeKind::ChangedUnderneath);
        QCOMPARE(state("state"), std::string("claimed"));
        request.arguments["token"] = "2";
        QCOMPARE(perform(request).kind, OutcomeKind::Done);
        QCOMPARE(state("state"), std::string("ready"));
    }

    void changesWhatWaits() {
        QCOMPARE(perform(about("work_set_priority", {{"message_id", "1"}, {"priority", "10"}})).kind,
                 OutcomeKind::Done);
        QCOMPARE(state("priority"), std::string("10"));
        QVERIFY(perform(about("work_set_priority", {{"message_id", "1"}, {"priority", "11"}})).kind !=
                OutcomeKind::Done);
        QCOMPARE(perform(about("work_postpone", {{"message_id", "1"}, {"delay", "5 min"}})).kind, OutcomeKind::Done);
        QCOMPARE(state("state"), std::string("scheduled"));
        run(*m_admin, "update workqueue.pg_queue_message set state = 'ready'");
        run(*m_admin, "select workqueue.claim('q', 60)");
        const auto late = about("work_set_priority", {{"message_id", "1"}, {"priority", "3"}});
        QVERIFY(predict(late).refusal.has_value());
        QCOMPARE(perform(late).kind, OutcomeKind::ChangedUnderneath);
        QCOMPARE(state("priority"), std::string("10"));
    }

    void buriesAndBringsBack() {
        run(*m_admin, "select workqueue.claim('q', 60)");
        const auto another = about("work_bury", {{"message_id", "1"}, {"token", "9"}, {"why", "x"}});
        QVERIFY(predict(another).refusal.value_or("").find("token is 1 now") != std::string::npos);
        QCOMPARE(perform(another).kind, OutcomeKind::ChangedUnderneath);
        // Without a token a live lease protects it.
        const auto blind = about("work_bury", {{"message_id", "1"}, {"why", "x"}});
        QVERIFY(predict(blind).refusal.value_or("").find("live lease") != std::string::npos);
        QCOMPARE(perform(blind).kind, OutcomeKind::ChangedUnderneath);
        QVERIFY(!predict(about("work_bury", {{"message_id", "1"}, {"token", "1"}, {"why", "x"}})).refusal);
        QCOMPARE(perform(about("work_bury", {{"message_id", "1"}, {"token", "1"}, {"why", "poison"}})).kind,
                 OutcomeKind::Done);
        QCOMPARE(state("state"), std::string("gone"));
        const std::string dead = value(*m_admin, "select dead_id from workqueue.dead_letter");
        QCOMPARE(perform(about("work_requeue", {{"dead_id", dead}})).kind, OutcomeKind::Done);
        QCOMPARE(number(*m_admin, "select count(*) from workqueue.pg_queue_message where state = 'ready'"), 1);
        QCOMPARE(perform(about("work_requeue", {{"dead_id", dead}})).kind, OutcomeKind::ChangedUnderneath);
        QVERIFY(predict(about("work_bury", {{"message_id", "1"}, {"why", "x"}})).refusal.has_value());
    }

    void pausesAndResumes() {
        QCOMPARE(perform(about("work_pause", {{"why", "deploy"}})).kind, OutcomeKind::Done);
        QCOMPARE(number(*m_admin, "select count(*) from workqueue.claim('q', 60)"), 0);
        QCOMPARE(perform(about("work_resume", {})).kind, OutcomeKind::Done);
        QCOMPARE(perform(about("work_resume", {})).kind, OutcomeKind::ChangedUnderneath);
        QCOMPARE(number(*m_admin, "select count(*) from workqueue.claim('q', 60)"), 1);
        // For a time: it goes on by itself.
        const auto outcome = perform(about("work_pause", {{"why", "deploy"}, {"for", "5 min"}}));
        QVERIFY2(outcome.summary.find("5 min") != std::string::npos, outcome.summary.c_str());
        QCOMPARE(value(*m_admin, "select paused_until - now() between '4 min' and '5 min 1 s' and paused_reason ="
                                 " 'deploy' from workqueue.queue_setting"),
                 std::string("t"));
        QVERIFY(perform(about("work_pause", {{"for", "0 s"}})).kind != OutcomeKind::Done);
    }

    /// Whatever is done to a work queue says before what it would do.
    void allArePredicted() {
        for (const operate::Action& action : m_registry.actions())
            QVERIFY2(!action.id.starts_with("work_") || action.predicts(), action.id.c_str());
        QCOMPARE(predict(about("work_send", {{"payload", "{}"}})).numbers.at(1).value, std::string("1"));
        QVERIFY(predict(about("work_resume", {})).refusal.has_value());
        QVERIFY(!predict(about("work_pause", {})).refusal);
        QVERIFY(predict(about("work_requeue", {{"dead_id", "1"}})).refusal.has_value());
        run(*m_admin, "select workqueue.bury(1, 'broken')");
        const auto letter = predict(about("work_requeue", {{"dead_id", "1"}}));
        QVERIFY(!letter.refusal);
        QVERIFY(letter.numbers.front().note.find("broken") != std::string::npos);
    }

    void maintains() {
        run(*m_admin, "select workqueue.claim('q', 60);"
                      " update workqueue.pg_queue_message set vt = now() - interval '1 s';"
                      " select workqueue.send('q', '{}', 5, '', 60);"
                      " update workqueue.pg_queue_message set available_at = now() where state = 'scheduled'");
        const auto request = about("work_maint", {}, {});
        const auto prediction = predict(request);
        QCOMPARE(prediction.numbers.at(0).value, std::string("1"));
        QCOMPARE(prediction.numbers.at(1).value, std::string("1"));
        const auto outcome = perform(request);
        QCOMPARE(outcome.kind, OutcomeKind::Done);
        QCOMPARE(outcome.results.at("rearmed"), std::string("1"));
        QCOMPARE(outcome.results.at("promoted"), std::string("1"));
        QCOMPARE(state("state"), std::string("ready"));
    }

    void movesToAnotherQueue() {
        const auto request = about("work_move", {{"message_id", "1"}, {"to", "other"}});
        QVERIFY(!predict(request).refusal);
        QCOMPARE(perform(request).kind, OutcomeKind::Done);
        QCOMPARE(state("queue_name"), std::string("other"));
        run(*m_admin, "select workqueue.claim('other', 60)");
        QVERIFY(predict(request).refusal.has_value());
        QCOMPARE(perform(request).kind, OutcomeKind::ChangedUnderneath);
    }

    void purges() {
        run(*m_admin,
            "select workqueue.send('q', '{}', 9) from generate_series(1, 5); select workqueue.claim('q', 60)");
        auto request = about("work_purge", {{"priority", "9"}, {"max", "3"}});
        QCOMPARE(predict(request).numbers.front().value, std::string("3"));
        auto outcome = perform(request);
        QCOMPARE(outcome.kind, OutcomeKind::Done);
        QCOMPARE(outcome.results.at("purged"), std::string("3"));
        QCOMPARE(number(*m_admin, "select count(*) from workqueue.dead_letter"), 3);
        // What is held stays, whatever is asked for.
        request = about("work_purge", {{"max", "100"}, {"keep", "false"}});
        outcome = perform(request);
        QCOMPARE(outcome.results.at("purged"), std::string("2"));
        QCOMPARE(value(*m_admin, "select string_agg(state, ',') from workqueue.pg_queue_message"),
                 std::string("claimed"));
        QCOMPARE(number(*m_admin, "select count(*) from workqueue.dead_letter"), 3);
        QVERIFY(perform(about("work_purge", {{"max", "0"}})).kind != OutcomeKind::Done);
    }

    void abortsARun() {
        run(*m_admin, "select workqueue.fan_out('e1', 'o', array['r','r'], array['{}','{}']::jsonb[], array[5,5],"
                      " array['o','o'])");
        const std::string seen = value(*m_admin, "select epoch::text from workqueue.pg_barrier_state");
        run(*m_admin, "select workqueue.arm('e1', 'o', 2)");
        // What was seen was armed anew since: another run.
        const auto old = about("work_abort", {{"execution", "e1"}, {"epoch", seen}}, {});
        QVERIFY(predict(old).refusal.has_value());
        QCOMPARE(perform(old).kind, OutcomeKind::ChangedUnderneath);
        QCOMPARE(number(*m_admin, "select count(*) from workqueue.pg_barrier_state"), 1);
        const auto request = about("work_abort", {{"execution", "e1"}}, {});
        const auto prediction = predict(request);
        QVERIFY(!prediction.refusal);
        QCOMPARE(prediction.numbers.front().value, std::string("2"));
        QCOMPARE(perform(request).kind, OutcomeKind::Done);
        QVERIFY(predict(request).refusal.has_value());
        QCOMPARE(perform(request).kind, OutcomeKind::ChangedUnderneath);
    }
};

QTEST_GUILESS_MAIN(TestWorkActions)
#include "tst_workactions.moc"
