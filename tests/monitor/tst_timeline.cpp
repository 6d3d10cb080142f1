// SPDX-License-Identifier: GPL-3.0-or-later
// What a timeline claims is what happened: on made histories of which the truth is known, and case by case.
#include "monitor/madecases.h"
#include "monitor/timeline.h"

#include <random>

using namespace std::chrono_literals;
using monitor::Bar;
using monitor::BarEnd;
using monitor::Lane;
using monitor::Timeline;
using monitor::Track;
using pg::Timestamp;

namespace {

constexpr auto gap = 3s;

domain::Snapshot look(Timestamp at, std::vector<domain::Subscription> rows) {
    domain::Queue queue = cases::healthyQueue();
    queue.lastTick = domain::Tick{90, at - 1s, 5000, 0, 0};
    domain::Snapshot snapshot = cases::snapshotOf({queue}, std::move(rows));
    snapshot.takenAt = at;
    snapshot.activity.reset();
    return snapshot;
}

domain::Subscription main(std::int64_t cursor) {
    domain::Subscription row = cases::subscription("billing", domain::Role::CoopMain, 1);
    row.lastTick = cursor;
    return row;
}

domain::Subscription member(int id, std::optional<std::int64_t> token = {}, std::int64_t lastTick = 0) {
    domain::Subscription row = cases::subscription("billing.w" + std::to_string(id), domain::Role::CoopMember, id + 10);
    row.active = cases::now;
    if (token) {
        row.batch = token;
        row.lastTick = lastTick;
        row.nextTick = lastTick + 1;
    }
    return row;
}

const Bar& only(const Timeline& timeline, std::size_t lane) {
    static const Bar none;
    const Track* track = timeline.track(1, 7);
    return track && track->lanes.size() > lane && track->lanes[lane].bars.size() == 1 ? track->lanes[lane].bars[0]
                                                                                      : none;
}

/// A group's real course, and what a look at a moment finds. Everything at a moment of its own.
struct Truth {
    struct Batch {
        int owner = 0;
        std::int64_t lastTick = 0;
        Timestamp began;
        std::optional<Timestamp> ended;
        BarEnd end = BarEnd::Open;
        std::int64_t next = 0; ///< the token right after it on the window
    };

    std::map<std::int64_t, Batch> batches;
    std::vector<std::optional<std::int64_t>> held; ///< by member
    std::vector<bool> registered;
    std::vector<int> generation; ///< registered anew, a member is another consumer to the database
    std::vector<Timestamp> active;
    std::int64_t cursor = 1;
    std::int64_t token = 100;

    void begin(int owner, std::int64_t lastTick, Timestamp at) {
        held[std::size_t(owner)] = ++token;
        active[std::size_t(owner)] = at;
        batches[token] = {owner, lastTick, at, {}, BarEnd::Open, 0};
    }

    void finish(int owner, Timestamp at, BarEnd how) {
        Batch& batch = batches[*held[std::size_t(owner)]];
        batch.ended = at;
        batch.end = how;
        held[std::size_t(owner)].reset();
        active[std::size_t(owner)] = at;
    }

    void step(std::mt19937& random, Timestamp at) {
        const int who = int(random() % held.size());
        const auto me = std::size_t(who);
        const int dice = int(random() % 100);
        if (!registered[me]) {
            registered[me] = dice < 50;
            ++generation[me];
        } else if (!held[me] && dice < 60) {
            begin(who, cursor++, at);
        } else if (!held[me] && dice < 75) {
            const auto other = std::size_t(random() % held.size());
            if (other == me || !held[other])
                return;
            const std::int64_t old = *held[other];
            const std::int64_t window = batches[old].lastTick;
            finish(int(other), at, BarEnd::TakenOver);
            begin(who, window, at);
            batches[old].next = token;
        } else if (held[me] && dice < 60) {
            finish(who, at, BarEnd::Finished);
        } else if (held[me] && dice < 80) {
            active[me] = at;
        } else if (held[me] && dice < 84) {
            finish(who, at, BarEnd::ForcedOut);
            registered[me] = false;
        }
    }

    domain::Snapshot seen(Timestamp at, bool since) const {
        std::vector<domain::Subscription> rows = {main(cursor)};
        for (std::size_t i = 0; i < held.size(); ++i) {
            if (!registered[i])
                continue;
            rows.push_back(held[i] ? member(int(i), *held[i], batches.at(*held[i]).lastTick) : member(int(i)));
            rows.back().consumerId += 100 * generation[i];
            rows.back().active = active[i];
            if (held[i] && since)
                rows.back().batchSince = batches.at(*held[i]).began;
        }
        return look(at, std::move(rows));
    }
};

} // namespace

class TestTimeline : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void aBatchFromBeginToEnd() {
        Timeline timeline;
        timeline.add(look(cases::now, {main(10), member(1)}), gap);
        timeline.add(look(cases::now + 1s, {main(11), member(1, 70, 10)}), gap);
        timeline.add(look(cases::now + 2s, {main(11), member(1, 70, 10)}), gap);
        QCOMPARE(only(timeline, 1).end, BarEnd::Open);
        timeline.add(look(cases::now + 3s, {main(11), member(1)}), gap);
        const Bar& bar = only(timeline, 1);
        QCOMPARE(bar.token, 70);
        QCOMPARE(bar.end, BarEnd::Finished);
        QVERIFY(bar.began.after == cases::now && bar.began.latest == cases::now + 1s);
        QVERIFY(bar.ended.after == cases::now + 2s && bar.ended.latest == cases::now + 3s);
        const Track* track = timeline.track(1, 7);
        QVERIFY(track->unseen.empty());
        QCOMPARE(track->cursor.size(), std::size_t(2));
        QCOMPARE(track->name, std::string("billing"));
    }

    void whatTheSchemaRecordsIsExact() {
        Timeline timeline;
        timeline.add(look(cases::now, {main(10), member(1)}), gap);
        domain::Subscription row = member(1, 70, 10);
        row.batchSince = cases::now + 400ms;
        timeline.add(look(cases::now + 1s, {main(11), row}), gap);
        QVERIFY(only(timeline, 1).began.isExact());
        QVERIFY(only(timeline, 1).began.latest == cases::now + 400ms);
    }

    void aLookTakesTime() {
        const auto slow = [](Timestamp at, std::vector<domain::Subscription> rows) {
            domain::Snapshot snapshot = look(at, std::move(rows));
            snapshot.cost.serverMs = 200;
            return snapshot;
        };
        Timeline timeline;
        timeline.add(slow(cases::now, {main(10), member(1)}), gap);
        timeline.add(slow(cases::now + 1s, {main(11), member(1, 70, 10)}), gap);
        timeline.add(slow(cases::now + 2s, {main(11), member(1)}), gap);
        const Bar& bar = only(timeline, 1);
        QVERIFY(bar.began.after == cases::now - 200ms && bar.began.latest == cases::now + 1s);
        QVERIFY(bar.ended.after == cases::now + 800ms && bar.ended.latest == cases::now + 2s);
    }

    void takeoverPointsToTheNewToken() {
        Timeline timeline;
        timeline.add(look(cases::now, {main(11), member(1, 70, 10), member(2)}), gap);
        timeline.add(look(cases::now + 1s, {main(11), member(1), member(2, 71, 10)}), gap);
        timeline.add(look(cases::now + 2s, {main(11), member(1, 73, 10), member(2)}), gap);
        const Track* track = timeline.track(1, 7);
        const Bar& first = track->lanes[1].bars[0];
        const Bar& second = track->lanes[2].bars[0];
        const Bar& third = track->lanes[1].bars[1];
        QCOMPARE(first.end, BarEnd::TakenOver);
        QCOMPARE(first.successor, 71);
        QCOMPARE(second.predecessor, 70);
        QCOMPARE(second.successor, 73);
        QCOMPARE(third.predecessor, 71);
        const auto lineage = track->lineage(71);
        QCOMPARE(lineage.size(), std::size_t(3));
        QCOMPARE(track->lanes[lineage[2].lane].bars[lineage[2].bar].token, 73);
    }

    void tokensNobodySaw() {
        Timeline timeline;
        timeline.add(look(cases::now, {main(11), member(1)}), gap);
        domain::Subscription row = member(1, 75, 10);
        row.takeovers = 3;
        timeline.add(look(cases::now + 1s, {main(11), row}), gap);
        QCOMPARE(only(timeline, 1).unseenBefore, 3);
    }

    void nothingIsClaimedAboutAGap() {
        Timeline timeline;
        timeline.add(look(cases::now, {main(11), member(1, 70, 10), member(2, 71, 11)}), gap);
        timeline.add(look(cases::now + 10s, {main(12), member(1), member(2, 71, 11)}), gap);
        QCOMPARE(timeline.gaps().size(), std::size_t(1));
        QCOMPARE(only(timeline, 1).end, BarEnd::NotSeen);
        QCOMPARE(only(timeline, 2).end, BarEnd::Open); // the token is the same: it was open all the time
        // Interrupted on purpose is a gap, however short.
        timeline.interrupt();
        timeline.add(look(cases::now + 11s, {main(12), member(1), member(2)}), gap);
        QCOMPARE(timeline.gaps().size(), std::size_t(2));
        QCOMPARE(only(timeline, 2).end, BarEnd::NotSeen);
    }

    void aMemberThatIsGoneTakesTheTruthWithIt() {
        Timeline timeline;
        timeline.add(look(cases::now, {main(11), member(1, 70, 10), member(2)}), gap);
        timeline.add(look(cases::now + 1s, {main(11), member(2)}), gap);
        QCOMPARE(only(timeline, 1).end, BarEnd::NotSeen);
        QVERIFY(timeline.track(1, 7)->lanes[1].goneSince);
        // The other could have handed it on to one that is gone now.
        timeline.add(look(cases::now + 2s, {main(12), member(2, 71, 11), member(3)}), gap);
        timeline.add(look(cases::now + 3s, {main(12), member(2)}), gap);
        QCOMPARE(timeline.track(1, 7)->lanes[2].bars[0].end, BarEnd::NotSeen);
    }

    void whatWasDoneFromHereIsKnown() {
        Timeline timeline;
        timeline.add(look(cases::now, {main(11), member(1, 70, 10), member(2, 71, 11)}), gap);
        timeline.did(70, BarEnd::ForcedOut);
        timeline.add(look(cases::now + 1s, {main(12), member(2)}), gap);
        QCOMPARE(only(timeline, 1).end, BarEnd::ForcedOut);
        QVERIFY(only(timeline, 1).ours);
        // Also when the look came before the answer.
        timeline.did(71, BarEnd::Finished);
        QVERIFY(only(timeline, 2).ours);
        QCOMPARE(only(timeline, 2).end, BarEnd::Finished);
    }

    void normalConsumerPassesItsWindow() {
        const auto row = [](std::int64_t at, std::optional<std::int64_t> token = {}) {
            domain::Subscription one = cases::subscription("audit");
            one.lastTick = at;
            if (token) {
                one.batch = token;
                one.nextTick = at + 2;
            }
            return one;
        };
        Timeline timeline;
        timeline.add(look(cases::now, {row(10, 70)}), gap);
        timeline.add(look(cases::now + 1s, {row(12)}), gap);
        QCOMPARE(only(timeline, 0).end, BarEnd::Finished);
        QVERIFY(timeline.track(1, 7)->unseen.empty());
        timeline.add(look(cases::now + 2s, {row(15)}), gap);
        QCOMPARE(timeline.track(1, 7)->unseen.back().atMost, 3);
        // Set back with a batch open: nothing shows that it was finished.
        timeline.add(look(cases::now + 3s, {row(15, 80)}), gap);
        timeline.add(look(cases::now + 4s, {row(11)}), gap);
        QCOMPARE(timeline.track(1, 7)->lanes[0].bars.back().end, BarEnd::NotSeen);
    }

    void drawnTokensBoundWhatWentUnseen() {
        Timeline timeline;
        const auto group = [&](Timestamp at, std::int64_t cursor, std::int64_t drawn) {
            timeline.addTrack(look(at, {main(cursor), member(1)}), 1, 7, gap, {drawn, drawn + 1});
        };
        group(cases::now, 10, 500);
        group(cases::now + 200ms, 18, 502);
        // Eight ticks, but only two batches were drawn, and perhaps one right before a look or right after it.
        QCOMPARE(timeline.track(1, 7)->unseen.back().atMost, 3);
        QVERIFY(!timeline.track(1, 8));
    }

    void waitsAndHeartbeats() {
        Timeline timeline;
        const auto waiting = [&](Timestamp at, std::vector<std::int32_t> pids, Timestamp active) {
            domain::Subscription row = member(1, 70, 10);
            row.active = active;
            domain::Snapshot snapshot = look(at, {main(11), row});
            auto activity = std::make_shared<domain::Activity>();
            activity->takenAt = at;
            activity->rowLocks.push_back({1, 1, 4242, "worker", "idle in transaction", at - 1s, std::move(pids)});
            snapshot.activity = activity;
            timeline.add(snapshot, gap);
        };
        waiting(cases::now, {}, cases::now - 1s);
        waiting(cases::now + 1s, {1, 2}, cases::now + 500ms);
        waiting(cases::now + 2s, {1, 2, 3}, cases::now + 1500ms);
        waiting(cases::now + 3s, {}, cases::now + 1500ms);
        const Track* track = timeline.track(1, 7);
        QCOMPARE(track->waits.size(), std::size_t(1));
        QVERIFY(track->waits[0].from == cases::now + 1s && track->waits[0].to == cases::now + 2s);
        QCOMPARE(track->waits[0].waiting, std::size_t(3));
        QCOMPARE(track->waits[0].pid, 4242);
        QCOMPARE(only(timeline, 1).heartbeats, 2);
    }

    void fromRecordedLooks() {
        // Two seconds apart, then a long time left out, then ten seconds apart: one gap.
        std::vector<domain::SnapshotPtr> looks;
        const auto add = [&looks](pg::Interval at, std::optional<std::int64_t> token) {
            looks.push_back(std::make_shared<domain::Snapshot>(
                look(cases::now + at, {main(41), member(1, token, token.value_or(0))})));
        };
        for (int i = 0; i < 20; ++i)
            add(i * 2s, i < 15 ? 700 : 701);
        for (int i = 0; i < 20; ++i)
            add(120s + i * 10s, i < 10 ? 702 : 703);
        const Timeline timeline = monitor::timelineOf(looks, {{702, BarEnd::ForcedOut}});
        QCOMPARE(timeline.gaps().size(), std::size_t(1));
        QVERIFY(timeline.gaps().front().from == cases::now + 38s);
        QVERIFY(timeline.gaps().front().to == cases::now + 120s);
        const auto& bars = timeline.track(1, 7)->lanes.at(1).bars;
        QCOMPARE(bars.size(), std::size_t(4));
        QVERIFY(bars[0].end == BarEnd::Finished);
        QVERIFY(bars[1].end == BarEnd::NotSeen);
        QVERIFY(bars[2].end == BarEnd::ForcedOut && bars[2].ours);
        QVERIFY(bars[3].end == BarEnd::Open);
        QVERIFY(monitor::timelineOf({}).tracks().empty());
    }

    /// Tokens drawn anew after the schema was made anew are found as well.
    void tokensThatBeganAgain() {
        Timeline timeline;
        for (int i = 0; i < 30; ++i)
            timeline.add(look(cases::now + i * 1s, {main(41 + i), member(1, i < 20 ? 500 + i : i, 40 + i)}), gap);
        const Track* track = timeline.track(1, 7);
        for (int i = 0; i < 30; ++i) {
            const auto place = track->find(i < 20 ? 500 + i : i);
            QVERIFY(place && place->lane == 1 && place->bar == std::size_t(i));
        }
        QVERIFY(!track->find(499));
        QVERIFY(!track->find(30));
    }

    void memoryIsBounded() {
        Timeline timeline(Timeline::Limits{1'000, 100, 300});
        timeline.focus(1, 7);
        Timestamp at = cases::now;
        for (std::int64_t token = 1; token <= 2'000; ++token) {
            at += 200ms;
            timeline.add(look(at, {main(10 + token), member(1, token, 9 + token)}), gap);
        }
        const Track* track = timeline.track(1, 7);
        QVERIFY(track->bars <= 300 && track->bars >= 280);
        QCOMPARE(track->lanes[1].bars.size(), track->bars);
        QCOMPARE(track->dropped, 2'000 - std::int64_t(track->bars));
        QCOMPARE(track->lanes[1].bars.back().token, 2'000);
        // A clock that went back far begins anew.
        timeline.add(look(cases::now - 1h, {main(1)}), gap);
        QCOMPARE(timeline.track(1, 7)->bars, std::size_t(0));
    }

    void claimsAreTrue_data() {
        QTest::addColumn<bool>("since");
        QTest::newRow("the schema records when") << true;
        QTest::newRow("it does not") << false;
    }

    /// Random courses of a group, looked at now and then: everything a bar says holds of what really happened.
    void claimsAreTrue() {
        QFETCH(bool, since);
        std::mt19937 random(20261121);
        int finished = 0;
        int taken = 0;
        for (int round = 0; round < 60; ++round) {
            Truth truth;
            const std::size_t members = 2 + random() % 4;
            truth.held.resize(members);
            truth.registered.assign(members, true);
            truth.generation.assign(members, 0);
            truth.active.assign(members, cases::now - 1h);
            Timeline timeline;
            Timestamp at = cases::now;
            for (int i = 0; i < 400; ++i) {
                at += std::chrono::milliseconds(1 + random() % 400);
                truth.step(random, at);
                if (random() % 3 == 0) {
                    at += 1ms;
                    timeline.add(truth.seen(at, since), gap);
                }
                if (random() % 100 == 0)
                    at += 10s;
                if (random() % 150 == 0)
                    timeline.interrupt();
            }
            const Track* track = timeline.track(1, 7);
            QVERIFY(track);
            for (const Lane& lane : track->lanes) {
                Timestamp before = Timestamp::min();
                for (const Bar& bar : lane.bars) {
                    const std::string about = "round " + std::to_string(round) + ", batch " + std::to_string(bar.token);
                    const auto found = truth.batches.find(bar.token);
                    QVERIFY2(found != truth.batches.end(), about.c_str());
                    const Truth::Batch& real = found->second;
                    QVERIFY2(lane.name == "billing.w" + std::to_string(real.owner), about.c_str());
                    QVERIFY2(bar.lastTick == real.lastTick, about.c_str());
                    QVERIFY2(!bar.began.after || *bar.began.after <= real.began, about.c_str());
                    QVERIFY2(real.began <= bar.began.latest, about.c_str());
                    QVERIFY2(!since || bar.began.isExact(), about.c_str());
                    QVERIFY2(bar.began.latest >= before, about.c_str()); // lanes are in order
                    before = bar.began.latest;
                    if (bar.end == BarEnd::Open) {
                        QVERIFY2(!real.ended || *real.ended > bar.lastSeen, about.c_str());
                        continue;
                    }
                    QVERIFY2(real.ended && *bar.ended.after <= *real.ended && *real.ended <= bar.ended.latest,
                             about.c_str());
                    if (bar.end == BarEnd::TakenOver) {
                        ++taken;
                        QVERIFY2(real.end == BarEnd::TakenOver, about.c_str());
                        // The successor is the same window's, later.
                        QVERIFY2(truth.batches.at(bar.successor).lastTick == real.lastTick &&
                                     bar.successor >= real.next,
                                 about.c_str());
                    } else if (bar.end == BarEnd::Finished) {
                        ++finished;
                        // Its window was finished, by it or by whoever had taken it over meanwhile.
                        std::int64_t last = bar.token;
                        while (truth.batches.at(last).end == BarEnd::TakenOver)
                            last = truth.batches.at(last).next;
                        QVERIFY2(truth.batches.at(last).end == BarEnd::Finished, about.c_str());
                    }
                }
            }
        }
        QVERIFY(finished > 500 && taken > 100); // it does not get away with saying nothing
    }
};

QTEST_APPLESS_MAIN(TestTimeline)
#include "tst_timeline.moc"
