// SPDX-License-Identifier: GPL-3.0-or-later
// The demonstration's workers write down what they do while they are looked at as the console does. Afterwards every
// claim of the timeline must hold of what they wrote down.
#include "monitor/recordedtruth.h"
#include "monitor/sampler.h"
#include "monitor/timeline.h"
#include "queries/probe.h"
#include "queries/sample.h"
#include "sandbox/demo.h"
#include "sandbox/driver.h"
#include "support/foreign.h"

#include <QTemporaryDir>
#include <QTest>

#include <set>

using namespace support;
using namespace std::chrono_literals;
using monitor::Bar;
using monitor::BarEnd;
using monitor::Lane;
using monitor::Timeline;
using monitor::Track;
using monitor::When;
using Real = std::map<std::int64_t, RealBatch>;
using Steady = std::chrono::steady_clock;

namespace {

constexpr auto betweenSamples = 1s;
constexpr auto betweenCloserLooks = 200ms;
constexpr auto gap = 3500ms;

pg::Timestamp now() {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

/// Members that take over what others are slow with; the demonstration has none.
class Takers {
public:
    Takers(const pg::ConnectionInfo& database, RecordedTruth& truth) {
        hire(database, truth, "quick", 600ms, 40ms);
        hire(database, truth, "sleepy", 1200ms, 500ms);
    }

private:
    void hire(const pg::ConnectionInfo& database, RecordedTruth& truth, const std::string& name,
              pg::Interval deadInterval, std::chrono::milliseconds perMessage) {
        pgque::ConsumerOptions options;
        options.queue = "orders";
        options.consumer = "billing";
        options.subconsumer = name;
        options.deadInterval = deadInterval;
        options.pollInterval = 300ms;
        options.onBatch = [&truth, name](const pgque::BatchStep& step) {
            truth.add({"orders", "billing." + name, step});
        };
        pgque::Handlers handlers;
        handlers.onOther([perMessage](const pgque::Message&, pgque::Delivery& delivery) {
            sandbox::pauseFor(perMessage, delivery.stop());
        });
        m_threads.emplace_back([database, options, handlers](const std::stop_token& stop) {
            pgque::Consumer(database, options, handlers).run(stop);
        });
    }

    std::vector<std::jthread> m_threads;
};

/// The same look where the schema does not record since when batches are held.
domain::Snapshot without(domain::Snapshot look) {
    for (domain::Subscription& row : look.subscriptions) {
        row.batchSince.reset();
        row.takeovers.reset();
    }
    look.buildIndex();
    return look;
}

/// Looks as the console does, at everything and more often at one group.
class Looker {
public:
    explicit Looker(const TestDatabase& database)
        : m_connection(database.connect())
        , m_capabilities(queries::probe(m_connection, soon())) {}

    pg::Connection& connection() { return m_connection; }

    void look() {
        if (Steady::now() >= m_nextSample) {
            m_nextSample = Steady::now() + betweenSamples;
            const domain::SnapshotPtr seen = m_sampler.sample(m_connection, m_capabilities, soon());
            recorded.add(*seen, gap);
            plain.add(without(*seen), gap);
        }
        if (!m_follows) {
            for (const Track* track : recorded.tracks()) {
                if (track->name == "billing")
                    m_follows = std::pair(track->queueId, track->subId);
            }
        } else {
            const auto seen =
                queries::trackSample(m_connection, m_capabilities, m_follows->first, m_follows->second, soon());
            domain::Snapshot closer;
            closer.capabilities = m_capabilities;
            closer.takenAt = seen.takenAt;
            closer.cost.serverMs = seen.serverMs;
            closer.queues = seen.queues;
            closer.subscriptions = seen.subscriptions;
            closer.buildIndex();
            const Timeline::Drawn drawn{seen.tokenBefore, seen.tokenAfter};
            recorded.addTrack(closer, m_follows->first, m_follows->second, gap, drawn);
            plain.addTrack(without(closer), m_follows->first, m_follows->second, gap, drawn);
        }
    }

    std::ptrdiff_t takeovers() const {
        std::ptrdiff_t sum = 0;
        for (const Track* track : plain.tracks()) {
            for (const Lane& lane : track->lanes)
                sum += std::count_if(lane.bars.begin(), lane.bars.end(),
                                     [](const Bar& bar) { return bar.end == BarEnd::TakenOver; });
        }
        return sum;
    }

    Timeline recorded; ///< as our own schema tells it
    Timeline plain;    ///< as any install tells it

private:
    pg::Connection m_connection;
    domain::Capabilities m_capabilities;
    monitor::Sampler m_sampler;
    Steady::time_point m_nextSample;
    std::optional<std::pair<std::int32_t, std::int32_t>> m_follows;
};

/// Unregisters a member by force while it holds a batch; empty when it held none.
std::optional<std::int64_t> forceOut(pg::Connection& connection, RecordedTruth& truth, const std::string& queue,
                                     const std::string& consumer, const std::string& member) {
    const auto began = now();
    run(connection, "begin");
    const auto row = [&](const std::string& name) {
        return connection.execute({"select s.sub_batch from pgque.subscription s join pgque.consumer c"
                                   " on c.co_id = s.sub_consumer where c.co_name = $1 for update of s",
                                   pg::Params::of(name)},
                                  soon());
    };
    row(consumer); // the group's row first, as everybody does
    const auto held = row(consumer + '.' + member);
    const auto token = held.rowCount() == 1 ? held.row(0).get<std::optional<std::int64_t>>(0) : std::nullopt;
    if (token)
        connection.run(pgque::unsubscribeSubconsumer(queue, consumer, member, pgque::BatchHandling::RouteToRetry));
    run(connection, "commit");
    if (token)
        truth.forcedOut(*token, {began, now()});
    return token;
}

bool holds(const When& claim, const Span& real) {
    return (!claim.after || *claim.after <= real.to) && real.from <= claim.latest;
}

/// Goes through everything a timeline says.
class Judge {
public:
    Judge(const Timeline& timeline, const Real& real, bool schemaRecords, std::string name)
        : m_timeline(timeline)
        , m_real(real)
        , m_schemaRecords(schemaRecords)
        , m_name(std::move(name)) {
        for (const Track* track : timeline.tracks()) {
            for (const Lane& lane : track->lanes) {
                for (const Bar& bar : lane.bars)
                    m_drawn.insert(bar.token);
            }
        }
        for (const Track* track : timeline.tracks())
            judge(*track);
    }

    std::vector<std::string> wrong;
    std::map<BarEnd, int> ends;
    int bars = 0;
    int exact = 0;
    int unseen = 0;
    int heartbeats = 0;

private:
    void check(bool right, const std::string& about, const char* claim) {
        if (!right)
            wrong.push_back(m_name + ": " + about + ": " + claim);
    }

    void judge(const Track& track) {
        for (const Lane& lane : track.lanes) {
            for (std::size_t i = 0; i < lane.bars.size(); ++i) {
                const std::string about = lane.name + ", batch " + std::to_string(lane.bars[i].token);
                const auto found = m_real.find(lane.bars[i].token);
                check(found != m_real.end(), about, "there was none");
                if (found == m_real.end())
                    continue;
                const RealBatch& real = found->second;
                check(real.queueId == track.queueId && real.subId == track.subId && real.owner == lane.name, about,
                      "was another's");
                check(lane.bars[i].end != BarEnd::Open || i + 1 == lane.bars.size(), about,
                      "open, and another after it");
                judge(lane.bars[i], real, about);
            }
        }
        judgeUnseen(track);
    }

    void judge(const Bar& bar, const RealBatch& real, const std::string& about) {
        ++bars;
        ++ends[bar.end];
        exact += bar.began.isExact();
        heartbeats += bar.heartbeats;
        check(bar.lastTick == real.lastTick && bar.nextTick == real.nextTick, about, "another window");
        check(holds(bar.began, real.began), about, "began at another time");
        check(bar.began.isExact() || !m_schemaRecords, about, "the schema says exactly when");
        check(bar.lastSeen >= real.began.from, about, "was not there yet");
        judgeWindow(bar, real, about);
        if (bar.end == BarEnd::Open) {
            check(real.end == RealBatch::End::Open || bar.lastSeen <= real.ended.to, about, "was over");
            return;
        }
        check(real.end != RealBatch::End::Open, about, "is open");
        if (real.end == RealBatch::End::Open || real.end == RealBatch::End::Unexplained)
            return;
        check(bar.lastSeen <= real.ended.to, about, "was over when it was said to be seen");
        check(holds(bar.ended, real.ended), about, "ended at another time");
        switch (bar.end) {
        case BarEnd::Finished:
            check(lastOf(bar.token).end == RealBatch::End::Acknowledged, about, "was not finished");
            break;
        case BarEnd::TakenOver: {
            check(real.end == RealBatch::End::TakenOver, about, "was not taken over");
            const auto successor = m_real.find(bar.successor);
            check(successor != m_real.end() && sameWindow(successor->second, real) && bar.successor >= real.next, about,
                  "another took it over");
            break;
        }
        case BarEnd::ForcedOut:
            check(real.end == RealBatch::End::ForcedOut && bar.ours, about, "nobody forced it out from here");
            break;
        case BarEnd::NotSeen:
        case BarEnd::Open:
            break;
        }
        for (const monitor::Gap& hole : m_timeline.gaps()) {
            const bool across = bar.ended.after && *bar.ended.after <= hole.from && bar.ended.latest >= hole.to;
            check(!across || bar.end != BarEnd::Finished, about, "nobody looked when it ended");
        }
    }

    /// Who had the window before.
    void judgeWindow(const Bar& bar, const RealBatch& real, const std::string& about) {
        int before = 0;
        int seen = 0;
        std::int64_t newest = 0;
        for (const auto& [token, other] : m_real) {
            if (token >= bar.token || !sameWindow(other, real))
                continue;
            ++before;
            if (m_drawn.contains(token)) {
                ++seen;
                newest = token;
            }
        }
        check(bar.predecessor == newest, about, "another had the window before");
        check(before == real.takeovers && (!bar.takeovers || *bar.takeovers == before), about, "taken over so often?");
        check(bar.unseenBefore == (m_schemaRecords ? before - seen : 0), about, "so many had it unseen?");
    }

    /// What has no bar is told of, and not less of it than there was.
    void judgeUnseen(const Track& track) {
        std::map<std::int64_t, int> missed; // by the window's first tick
        for (const auto& [token, real] : m_real) {
            if (real.queueId == track.queueId && real.subId == track.subId && real.takeovers == 0)
                missed[real.lastTick] += !windowDrawn(real);
        }
        for (const monitor::Unseen& stretch : track.unseen) {
            int among = 0;
            for (auto at = missed.lower_bound(stretch.lastTick); at != missed.end() && at->first < stretch.nextTick;
                 ++at)
                among += std::exchange(at->second, 0);
            check(among <= stretch.atMost, track.name + " from tick " + std::to_string(stretch.lastTick),
                  "more went unseen");
            unseen += among;
        }
        if (track.cursor.empty())
            return;
        for (const auto& [tick, count] : missed) {
            check(count == 0 || tick < track.cursor.front().tick || tick >= track.cursor.back().tick,
                  track.name + " from tick " + std::to_string(tick), "a batch went unseen, and that is not said");
        }
    }

    bool windowDrawn(const RealBatch& real) const {
        return std::any_of(m_drawn.begin(), m_drawn.end(), [&](std::int64_t token) {
            const auto found = m_real.find(token);
            return found != m_real.end() && sameWindow(found->second, real);
        });
    }

    const RealBatch& lastOf(std::int64_t token) const {
        const RealBatch* batch = &m_real.at(token);
        while (batch->next != 0)
            batch = &m_real.at(batch->next);
        return *batch;
    }

    static bool sameWindow(const RealBatch& a, const RealBatch& b) {
        return a.queueId == b.queueId && a.subId == b.subId && a.lastTick == b.lastTick && a.nextTick == b.nextTick;
    }

    const Timeline& m_timeline;
    const Real& m_real;
    bool m_schemaRecords;
    std::string m_name;
    std::set<std::int64_t> m_drawn;
};

std::string joined(const std::vector<std::string>& lines) {
    std::string text = std::to_string(lines.size()) + " wrong";
    for (std::size_t i = 0; i < lines.size() && i < 20; ++i)
        text += "\n  " + lines[i];
    return text;
}

} // namespace

class TestTimelineTruth : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void everyClaimHolds() {
        const QTemporaryDir folder;
        const TestDatabase database(Schema::Both);
        pg::Connection operatorSession = database.connect();
        RecordedTruth truth(operatorSession);
        Looker looker(database);
        std::optional<std::int64_t> forcedBusy;
        std::optional<std::int64_t> forcedOther;
        {
            const sandbox::Driver driver(database.info());
            const sandbox::Demo demo(
                database.info(), folder.filePath(QStringLiteral("demo.lock")), [](const auto&) {},
                [&](const sandbox::Deed& deed) { truth.add(deed); });
            std::optional<Takers> takers;
            std::optional<Steady::time_point> allAtWork;
            bool interrupted = false;
            const auto giveUp = Steady::now() + 90s;
            for (bool enough = false; !enough && Steady::now() < giveUp;) {
                const auto next = Steady::now() + betweenCloserLooks;
                looker.look();
                if (!allAtWork && truth.received("billing.worker-1") > 0 && truth.received("settlement.worker-2") > 0) {
                    allAtWork = Steady::now();
                    takers.emplace(database.info(), truth);
                }
                const auto working = allAtWork ? Steady::now() - *allAtWork : 0s;
                // A worker of the demonstration, as somebody else would do it: the console is not told.
                if (working > 2s && !forcedOther)
                    forcedOther = forceOut(operatorSession, truth, "orders", "billing", "worker-4");
                // The one that holds a window all the time, by the console itself.
                if (working > 4s && !forcedBusy) {
                    forcedBusy = forceOut(operatorSession, truth, "payments", "settlement", "worker-2");
                    if (forcedBusy) {
                        looker.recorded.did(*forcedBusy, BarEnd::ForcedOut);
                        looker.plain.did(*forcedBusy, BarEnd::ForcedOut);
                    }
                }
                if (working > 6s && !interrupted) {
                    interrupted = true;
                    looker.recorded.interrupt();
                    looker.plain.interrupt();
                    std::this_thread::sleep_for(2500ms); // nobody looks
                }
                enough = working > 14s && forcedOther && forcedBusy && looker.takeovers() >= 3;
                std::this_thread::sleep_until(next);
            }
            looker.look();
            QVERIFY2(forcedOther && forcedBusy, "nobody was unregistered by force");
        }

        std::vector<std::string> contradictions;
        const pg::Timestamp lastLook = looker.recorded.tracks().front()->lastLook;
        const Real real = truth.batches(looker.connection(), lastLook, contradictions);
        QVERIFY2(contradictions.empty(), joined(contradictions).c_str());
        QVERIFY(real.at(*forcedBusy).end == RealBatch::End::ForcedOut);

        for (const bool schemaRecords : {true, false}) {
            const Judge judge(schemaRecords ? looker.recorded : looker.plain, real, schemaRecords,
                              schemaRecords ? "our schema" : "any schema");
            QVERIFY2(judge.wrong.empty(), joined(judge.wrong).c_str());
            const auto count = [&](BarEnd end) { return judge.ends.contains(end) ? judge.ends.at(end) : 0; };
            qInfo("%zu batches, %d bars: %d finished, %d taken over, %d forced out, %d open, %d ended unseen how;"
                  " %d batches unseen, %d heartbeats",
                  real.size(), judge.bars, count(BarEnd::Finished), count(BarEnd::TakenOver), count(BarEnd::ForcedOut),
                  count(BarEnd::Open), count(BarEnd::NotSeen), judge.unseen, judge.heartbeats);
            // It does not get away with saying nothing.
            QVERIFY(count(BarEnd::Finished) >= 5 && count(BarEnd::TakenOver) >= 3);
            QCOMPARE(count(BarEnd::ForcedOut), 1);
            QVERIFY(count(BarEnd::NotSeen) >= 1);
            QCOMPARE(judge.exact > 0, schemaRecords);
        }
    }
};

QTEST_GUILESS_MAIN(TestTimelineTruth)
#include "tst_timelinetruth.moc"
