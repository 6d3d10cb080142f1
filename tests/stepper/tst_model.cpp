// SPDX-License-Identifier: GPL-3.0-or-later
// The reference model by itself: the rules one by one, and its invariants under random steps.

#include "stepper/model.h"

#include <QTest>

#include <random>

using stepper::Model;
using namespace std::chrono_literals;

class TestModel : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void windowsGoToWhoAsks() {
        Model model(1, 5);
        model.addMember("g", "a");
        model.addMember("g", "b");
        model.commitEvent(10);
        model.tick(2);
        model.commitEvent(11);
        model.tick(3);

        const auto first = model.decideReceive("g", "a", {});
        QCOMPARE(first.kind, Model::Kind::NextWindow);
        QCOMPARE(first.window, (Model::Window{1, 2}));
        model.receive("g", "a", first, 100);
        const auto second = model.decideReceive("g", "b", {});
        QCOMPARE(second.window, (Model::Window{2, 3}));
        QCOMPARE(second.events, (std::vector<Model::Event>{{11, 0, {}}}));
        model.receive("g", "b", second, 101);
        QCOMPARE(model.decideReceive("g", "a", {}).kind, Model::Kind::KeepsBatch);
        QVERIFY(model.ack(100));
        QVERIFY(!model.ack(100));
        QCOMPARE(model.decideReceive("g", "a", {}).kind, Model::Kind::Nothing);
    }

    void emptyWindowsAreFinishedAtOnce() {
        Model model(1, 5);
        model.addMember("g", "a");
        model.tick(2);
        const auto decision = model.decideReceive("g", "a", {});
        QCOMPARE(decision.kind, Model::Kind::EmptyWindow);
        model.receive("g", "a", decision, 0);
        QCOMPARE(model.groups().at("g").cursor, 2);
        QVERIFY(!model.groups().at("g").members.at("a").token);
    }

    void takeoverRevokesTheOldToken() {
        Model model(1, 5);
        model.addMember("g", "a");
        model.addMember("g", "b");
        model.commitEvent(10);
        model.tick(2);
        model.receive("g", "a", model.decideReceive("g", "a", {}), 100);
        QCOMPARE(model.decideReceive("g", "b", {.deadInterval = 1min}).kind, Model::Kind::Nothing);
        model.makeOlder("g", "a", 2min);
        const auto takeover = model.decideReceive("g", "b", {.deadInterval = 1min});
        QCOMPARE(takeover.kind, Model::Kind::TakesOver);
        QCOMPARE(takeover.from, std::string("a"));
        model.receive("g", "b", takeover, 101);
        QVERIFY(!model.ack(100));
        QVERIFY(!model.decideNack(100, 10));
        QVERIFY(model.ack(101));
    }

    void retriesComeBackToTheGroupAloneAndDieAtTheLimit() {
        Model model(1, 1);
        model.addMember("g", "a");
        model.addNormal("n");
        model.commitEvent(10);
        model.tick(2);
        model.receive("g", "a", model.decideReceive("g", "a", {}), 100);
        QCOMPARE(model.decideNack(100, 10), Model::Fate::Retry);
        model.nack(100, 10);
        QCOMPARE(model.decideNack(100, 10), Model::Fate::AlreadyWaiting);
        QVERIFY(model.ack(100));
        QCOMPARE(model.returnRetries(), 1);
        model.tick(3);
        QVERIFY(model.eventsOf("n", {2, 3}).empty());
        const auto again = model.decideReceive("g", "a", {});
        QCOMPARE(again.events, (std::vector<Model::Event>{{10, 1, "g"}}));
        model.receive("g", "a", again, 101);
        QCOMPARE(model.decideNack(101, 10), Model::Fate::Dead);
        model.nack(101, 10);
        QCOMPARE(model.decideNack(101, 10), Model::Fate::AlreadyDead);
    }

    void lastMemberLeavesANormalConsumer() {
        Model model(1, 5);
        model.addMember("g", "a");
        QVERIFY(model.removeMember("g", "a", false));
        QCOMPARE(model.decideReceive("g", "a", {}).kind, Model::Kind::Refused);
        QVERIFY(!model.groups().at("g").cooperative);
    }

    void invariantsHoldUnderRandomSteps() {
        const int steps = qEnvironmentVariableIntValue("BATCHSCOPE_MODEL_STEPS") > 0
                              ? qEnvironmentVariableIntValue("BATCHSCOPE_MODEL_STEPS")
                              : 20'000;
        std::mt19937 random(20);
        const auto below = [&random](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
        int done = 0;
        while (done < steps) {
            // A fresh world now and then keeps the event list short, so that many steps stay cheap.
            Model model(1, below(3));
            model.addNormal("n");
            std::int64_t nextId = 1;
            std::int64_t nextTick = 2;
            std::int64_t nextToken = 1;
            for (int i = 0; i < 200; ++i, ++done) {
                const std::string member = "w" + std::to_string(below(4));
                const auto token = std::int64_t{below(static_cast<int>(nextToken))} + 1;
                switch (below(9)) {
                case 0:
                    model.commitEvent(nextId++);
                    break;
                case 1:
                    model.tick(nextTick++);
                    break;
                case 2:
                case 3: {
                    Model::Ask ask;
                    if (below(2))
                        ask.deadInterval = 1min;
                    const auto decision = model.decideReceive("g", member, ask);
                    if (decision.kind == Model::Kind::Refused)
                        model.addMember("g", member);
                    else
                        model.receive("g", member, decision, nextToken++);
                    break;
                }
                case 4:
                    model.receive("n", "", model.decideReceive("n", "", {}), nextToken++);
                    break;
                case 5:
                    model.ack(token);
                    break;
                case 6:
                    model.nack(token, below(static_cast<int>(nextId)) + 1);
                    break;
                case 7:
                    model.removeMember("g", member, below(2) == 1);
                    break;
                case 8:
                    if (model.touch("g", member) && below(2))
                        model.makeOlder("g", member, 2min);
                    model.returnRetries();
                    break;
                }
                const std::string broken = model.brokenInvariant();
                QVERIFY2(broken.empty(), broken.c_str());
            }
        }
    }
};

QTEST_GUILESS_MAIN(TestModel)
#include "tst_model.moc"
