// SPDX-License-Identifier: GPL-3.0-or-later
// An allocation walked statement by statement does what the function does: on random states both are tried, each rolled
// back, and what they answered and left in the tables is compared.

#include "pgque/calls.h"
#include "stepper/engine.h"
#include "stepper/finewalk.h"
#include "stepper/randomsteps.h"
#include "support/testserver.h"

#include <QTest>

using namespace stepper;

namespace {

/// All that an allocation leaves behind, with what differs from run to run (tokens, times) as what it is.
std::string subscriptionsIn(pg::Connection& connection, std::int64_t knownTokens) {
    const pg::Result rows = connection.execute(
        {"select string_agg(concat_ws('|', s.sub_consumer, s.sub_role, s.sub_last_tick, s.sub_next_tick, "
         "case when s.sub_batch > $1::int8 then 'new' else s.sub_batch::text end, "
         "case when s.sub_active = now() then 'now' else s.sub_active::text end, "
         "case when s.sub_batch_since = now() then 'now' else s.sub_batch_since::text end, s.sub_takeovers), "
         "E'\\n' order by s.sub_consumer) from pgque.subscription s",
         pg::Params::of(knownTokens)});
    return rows.row(0).get<std::optional<std::string>>(0).value_or(std::string());
}

struct Result {
    bool refused = false;
    bool hasToken = false;
    std::vector<Model::Event> events;
    std::string left;

    bool operator==(const Result&) const = default;
};

template <class Try>
Result rolledBack(pg::Connection& connection, std::int64_t knownTokens, Try attempt) {
    connection.execute({"begin", {}});
    Result result;
    try {
        attempt(result);
        result.left = subscriptionsIn(connection, knownTokens);
    } catch (const pg::Error&) {
        result.refused = true;
    }
    connection.rollback(pg::after(std::chrono::seconds(5)));
    return result;
}

} // namespace

class TestFineWalk : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void doesWhatTheFunctionDoes() {
        using namespace std::chrono_literals;
        support::TestDatabase database(support::Schema::Pgque);
        Engine engine({.connection = database.info(), .retries = 2});
        pg::Connection connection = database.connect();
        RandomSteps random(5);
        std::map<Outcome::Kind, int> kinds;
        std::map<Break, int> breaks;
        for (int state = 0; state < 300; ++state) {
            for (int i = 0; i < 3; ++i) {
                Step step = random.next();
                step.hold = false;
                if (step.verb != Verb::Begin && step.verb != Verb::Walk && step.verb != Verb::Die)
                    engine.perform(step);
            }
            const auto& groups = engine.world().committed().groups();
            const auto group = groups.find(engine.consumer());
            if (group == groups.end())
                continue;
            const std::int64_t known = support::number(
                connection, "select case when is_called then last_value else 0 end from pgque.batch_id_seq");
            for (const auto& [name, member] : group->second.members) {
                Model::Ask ask;
                if (random.below(2))
                    ask.deadInterval = 30min;
                if (random.below(4) == 0)
                    ask.minCount = 1 + random.below(6);
                if (random.below(6) == 0)
                    ask.minLag = random.below(2) ? Model::Time(0) : Model::Time(1h);
                if (random.below(8) == 0)
                    ask.minInterval = random.below(2) ? Model::Time(1ms) : Model::Time(1h);
                const bool conditions = ask.minCount || ask.minLag || ask.minInterval;

                const Result function = rolledBack(connection, known, [&](Result& result) {
                    if (!conditions) {
                        for (const pgque::Message& message : connection.run(pgque::receiveCoop(
                                 engine.queue(), engine.consumer(), name, std::nullopt, ask.deadInterval))) {
                            result.hasToken = true;
                            result.events.push_back({message.id, message.retryCount, {}});
                        }
                        return;
                    }
                    const auto window = connection.run(
                        pgque::nextBatchCustomCoop(engine.queue(), engine.consumer(), name,
                                                   {ask.minLag, ask.minCount, ask.minInterval}, ask.deadInterval));
                    if (!window)
                        return;
                    result.hasToken = true;
                    for (const pgque::Event& event : connection.run(pgque::getBatchEvents(window->batchId)))
                        result.events.push_back({event.id, event.retryCount, {}});
                });
                Outcome::Kind kind{};
                const Result walked = rolledBack(connection, known, [&](Result& result) {
                    FineWalk walk(engine.queue(), engine.consumer(), name, ask);
                    while (!walk.atEnd()) {
                        QVERIFY(!walk.explanation().empty());
                        walk.answered(connection.execute(walk.next()));
                        ++breaks[walk.reached()];
                    }
                    kind = walk.outcome().kind;
                    result.hasToken = walk.outcome().token && kind != Outcome::Kind::Empty;
                    result.events = walk.outcome().events;
                });
                ++kinds[kind];
                QCOMPARE(walked.refused, function.refused);
                QCOMPARE(QString::fromStdString(walked.left), QString::fromStdString(function.left));
                QCOMPARE(walked.hasToken, function.hasToken);
                QVERIFY(walked.events == function.events);
            }
        }
        for (const auto kind : {Outcome::Kind::Same, Outcome::Kind::Takes, Outcome::Kind::Gets, Outcome::Kind::Empty,
                                Outcome::Kind::Nothing})
            QVERIFY2(kinds[kind] > 0, qPrintable(QString::number(static_cast<int>(kind))));
        for (const auto reached : {Break::TookOver, Break::EmptyWindow, Break::Nothing})
            QVERIFY(breaks[reached] > 0);
    }

    /// Two walks at once: the second is parked on the main row, finds the cursor elsewhere, and knows it.
    void parksBehindTheLock() {
        support::TestDatabase database(support::Schema::Pgque);
        Engine engine({.connection = database.info()});
        const auto take = [&engine](const char* text) { return engine.perform(parseStep(text).step).outcome.words(); };
        for (const char* text : {"a register", "b register", "send 2", "tick", "send 1", "tick"})
            QCOMPARE(take(text), std::string("done"));
        QCOMPARE(take("a walk"), std::string("at lock_main"));
        QCOMPARE(take("a next"), std::string("at lock_member"));
        QCOMPARE(take("b walk"), std::string("at lock_main"));
        QVERIFY(engine.foresee(parseStep("b next").step).outcome.words() == "waits a");
        QCOMPARE(take("b run until lost-race"), std::string("waits a"));
        QVERIFY(engine.board().lanes[1].nextStatement.find("for update") != std::string::npos);
        QCOMPARE(take("a run"), std::string("2 events"));
        const Report committed = engine.perform(parseStep("a commit").step);
        QCOMPARE(committed.released.size(), 1U);
        QCOMPARE(committed.released[0].second.words(), std::string("at lock_member"));
        QCOMPARE(take("b run"), std::string("1 event"));
        QCOMPARE(take("b rollback"), std::string("done"));
        QCOMPARE(take("b walk"), std::string("at lock_main"));
        QCOMPARE(take("b receive"), std::string("refused"));
        QCOMPARE(take("b run"), std::string("1 event"));
        QCOMPARE(take("b commit"), std::string("done"));
        QCOMPARE(take("b ack"), std::string("done"));
        QVERIFY(engine.board().differences.empty());
    }

    void isOfferedOnOurSchemaOnly() {
        support::TestDatabase database(support::Schema::Pgque);
        Engine engine({.connection = database.info(), .fineWalks = false});
        engine.perform(parseStep("a register").step);
        const Report report = engine.perform(parseStep("a walk").step);
        QVERIFY(!report.taken);
        QVERIFY(!report.outcome.said.empty());
    }
};

QTEST_GUILESS_MAIN(TestFineWalk)
#include "tst_finewalk.moc"
