// SPDX-License-Identifier: GPL-3.0-or-later
// What is judged without a server: reasons brought to their cause, and how far consumers are with an event.
#include "domain/backlog.h"
#include "domain/queuedetail.h"

#include <QTest>

using domain::EventReach;
using namespace std::chrono_literals;

class TestBacklogWords : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void reasons_data() {
        QTest::addColumn<QString>("reason");
        QTest::addColumn<QString>("normalised");
        const auto row = [](const char* reason, const char* normalised) {
            QTest::newRow(reason) << reason << normalised;
        };
        row("", "");
        row("max retries exceeded", "max retries exceeded");
        row("gateway answered 502 for order 90214", "gateway answered 502 for order #");
        row("550 5.1.1 mailbox unavailable", "550 5.1.1 mailbox unavailable");
        row("took 12.5 s", "took #.# s");
        row("from 203.0.113.36", "from #.#.#.#");
        row("no such user 'anna'", "no such user '...'");
        row("can't parse \"{}\" at 17", "can't parse \"...\" at #");
        row("unclosed 'text", "unclosed 'text");
        row("id 6f9619ff-8b86-d011-b42d-00c04fc964ff is gone", "id # is gone");
        row("commit deadbeef01 failed", "commit # failed");
        row("worker7 died", "worker# died");
        row("Zeitüberschreitung nach 1000 ms", "Zeitüberschreitung nach # ms");
    }

    void reasons() {
        QFETCH(QString, reason);
        QFETCH(QString, normalised);
        QCOMPARE(QString::fromStdString(domain::normalisedReason(reason.toStdString())), normalised);
    }

    /// Nothing makes it stumble, and what is normalised stays as it is.
    void anyReason() {
        std::uint32_t state = 7;
        const std::string letters = "'\"0159a.f-\xc3\xbc \n#g";
        for (int i = 0; i < 20'000; ++i) {
            std::string text;
            for (int length = i % 40; length > 0; --length) {
                state = state * 1'664'525 + 1'013'904'223;
                text.push_back(letters[(state >> 16) % letters.size()]);
            }
            const std::string once = domain::normalisedReason(text);
            QVERIFY(once.size() <= 5 * text.size() + 5);
        }
    }

    void reach() {
        domain::Snapshot snapshot;
        const auto add = [&](const char* name, domain::Role role, int subId, std::int64_t last,
                             std::optional<std::int64_t> next) {
            domain::Subscription row;
            row.queueId = 1;
            row.consumerId = int(snapshot.subscriptions.size()) + 1;
            row.consumerName = name;
            row.role = role;
            row.subId = subId;
            row.lastTick = last;
            if (next) {
                row.nextTick = next;
                row.batch = 900 + *next;
            }
            snapshot.subscriptions.push_back(row);
        };
        add("behind", domain::Role::Normal, 1, 3, {});
        add("working", domain::Role::Normal, 2, 4, 6);
        add("done", domain::Role::Normal, 3, 5, {});
        add("group", domain::Role::CoopMain, 4, 8, {});
        add("group.w1", domain::Role::CoopMember, 4, 4, 5);
        add("group.w2", domain::Role::CoopMember, 4, 5, 6);
        domain::EventStory story;
        story.before = domain::Tick{4, {}, 0, 0, 0};
        story.after = domain::Tick{5, {}, 0, 0, 0};
        const auto stateOf = [&](const std::vector<EventReach>& reach, const std::string& name) {
            for (const EventReach& one : reach) {
                if (one.consumer == name)
                    return int(one.state);
            }
            return -1;
        };
        auto reach = domain::reachOf(snapshot, 1, story, {});
        QVERIFY(!reach.front().isSure);
        story.retries.emplace();
        story.deaths.emplace();
        reach = domain::reachOf(snapshot, 1, story, {});
        QCOMPARE(reach.size(), std::size_t(4)); // members speak for their group
        QVERIFY(reach.front().isSure);
        QCOMPARE(stateOf(reach, "behind"), int(EventReach::State::Waiting));
        QCOMPARE(stateOf(reach, "working"), int(EventReach::State::InFlight));
        QCOMPARE(stateOf(reach, "done"), int(EventReach::State::Past));
        // The group's own position is past it, but a member still holds it.
        QCOMPARE(stateOf(reach, "group"), int(EventReach::State::InFlight));
        QCOMPARE(reach.back().holder.value().consumerName, std::string("group.w1"));
        QCOMPARE(reach.back().holder.value().batch.value(), 905);

        // Given back or given up is told before any position, inside the batch or after it.
        story.retries = {{2, pg::Timestamp(7s), 1}, {4, pg::Timestamp(9s), 3}};
        story.deaths = {{3, pg::Timestamp(5s), "gateway said 502"}, {4, pg::Timestamp(6s), "too often"}};
        reach = domain::reachOf(snapshot, 1, story, {});
        QCOMPARE(stateOf(reach, "behind"), int(EventReach::State::Waiting));
        QCOMPARE(stateOf(reach, "working"), int(EventReach::State::InRetry));
        QCOMPARE(reach[1].at.value(), pg::Timestamp(7s));
        QCOMPARE(reach[1].holder.value().batch.value(), 906);
        QCOMPARE(stateOf(reach, "done"), int(EventReach::State::Dead));
        QCOMPARE(reach[2].reason, std::string("gateway said 502"));
        QCOMPARE(stateOf(reach, "group"), int(EventReach::State::Dead));
        story.retries.emplace();
        story.deaths.emplace();
        // Somebody's retry is nobody else's.
        reach = domain::reachOf(snapshot, 1, story, 3);
        QCOMPARE(stateOf(reach, "behind"), int(EventReach::State::NotForIt));
        QCOMPARE(stateOf(reach, "done"), int(EventReach::State::Past));
        // No tick sees it yet: everybody waits.
        story.after.reset();
        for (const EventReach& one : domain::reachOf(snapshot, 1, story, {}))
            QCOMPARE(int(one.state), int(EventReach::State::Waiting));
        QVERIFY(domain::reachOf(snapshot, 2, story, {}).empty());
    }
};

QTEST_GUILESS_MAIN(TestBacklogWords)
#include "tst_backlogwords.moc"
