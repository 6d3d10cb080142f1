// SPDX-License-Identifier: GPL-3.0-or-later
#include "domain/lockwaits.h"
#include "domain/moment.h"
#include "domain/series.h"
#include "models/madework.h"

#include <QTest>

#include <random>

using domain::BadBytes;
using domain::Diagnosis;
using domain::encode;
using domain::Moment;
using domain::MomentReader;
using domain::Snapshot;

namespace {

std::shared_ptr<Snapshot> filled(std::mt19937& generator) {
    auto snapshot = made::random(generator);
    const auto draw = [&](int below) { return std::uniform_int_distribution<int>(0, below - 1)(generator); };
    snapshot->takenAt = made::ago(draw(10'000));
    snapshot->number = std::uint64_t(draw(1'000'000));
    snapshot->cost = {draw(100) / 7.0, draw(100) / 3.0, draw(1'000'000), draw(20)};
    snapshot->capabilities.serverVersion = 150'004;
    snapshot->capabilities.host = "db" + std::to_string(draw(2));
    snapshot->capabilities.cluster = std::to_string(draw(2));
    snapshot->capabilities.install = "16384." + std::to_string(draw(2));
    if (draw(2))
        snapshot->replayedAt = made::ago(draw(100));
    snapshot->capabilities.origin = domain::SchemaOrigin(draw(5));
    for (int i = draw(5); i > 0; --i)
        snapshot->capabilities.executableFunctions.insert("f" + std::to_string(draw(9)) + "(text)");
    if (draw(3) != 0) {
        auto activity = std::make_shared<domain::Activity>();
        activity->takenAt = snapshot->takenAt;
        for (int i = draw(4); i > 0; --i) {
            domain::Backend backend;
            backend.pid = i * 10 + draw(3);
            backend.application = "worker";
            backend.state = draw(2) ? "active" : "";
            if (draw(2))
                backend.transactionSince = made::ago(draw(100));
            activity->backends.push_back(backend);
            activity->rowLocks.push_back({i, draw(9), backend.pid, "a", "idle", made::ago(1), {draw(99), draw(99)},
                                           std::to_string(draw(9)), draw(2) == 1});
            activity->eventLocks.push_back({i, draw(3), backend.pid, "b", "", {}, draw(2) == 1,
                                             std::to_string(draw(9)), draw(2) == 1});
            activity->owners.push_back({i, draw(3), "b.one", {backend.pid}, "idle", {}, activity->takenAt, draw(2) == 1});
        }
        if (draw(2))
            activity->prepared.push_back({"gid", "owner", "db", made::ago(500), draw(1'000)});
        snapshot->activity = activity;
    }
    if (draw(2)) {
        auto upkeep = std::make_shared<domain::Upkeep>();
        upkeep->nextXid = draw(1'000'000);
        upkeep->replicationSlots.push_back({"slot", draw(2) == 1, draw(99)});
        upkeep->tables.push_back({"tick", draw(99), draw(99), made::ago(3)});
        snapshot->upkeep = upkeep;
    }
    if (draw(3) == 0) {
        pg::Failure failure;
        failure.kind = pg::ErrorKind::Server;
        failure.diagnostics.sqlState = "42501";
        failure.diagnostics.message = "no \"right\"\n";
        snapshot->errors.push_back({"counts", failure});
    }
    snapshot->buildIndex();
    return snapshot;
}

Moment moment(std::mt19937& generator) {
    const auto draw = [&](int below) { return std::uniform_int_distribution<int>(0, below - 1)(generator); };
    auto diagnosis = std::make_shared<Diagnosis>(made::shopFindings());
    while (!diagnosis->findings.empty() && draw(3) == 0)
        diagnosis->findings.erase(diagnosis->findings.begin() + draw(int(diagnosis->findings.size())));
    for (domain::Finding& finding : diagnosis->findings)
        finding.title += std::to_string(draw(3));
    diagnosis->notEvaluated.push_back({"rule" + std::to_string(draw(3)), "why"});
    diagnosis->rulesEvaluated = draw(60);
    std::shared_ptr<const domain::WorkLooks> work;
    if (const int kind = draw(5); kind == 0)
        work = std::make_shared<domain::WorkLooks>();
    else if (kind > 1)
        work = made::randomWork(generator);
    domain::Inflow inflow;
    inflow.elapsed = pg::Interval(draw(3) * 1'000'000 + draw(9));
    for (int i = draw(6); i > 0; --i)
        inflow.queues.push_back({draw(9), draw(1'000)});
    return {filled(generator), diagnosis, work, inflow};
}

std::string fromHex(const char* digits) {
    return QByteArray::fromHex(digits).toStdString();
}

void compareWork(const domain::WorkLooks& a, const domain::WorkLooks& b) {
    QVERIFY(a.takenAt == b.takenAt);
    QCOMPARE(a.errors.size(), b.errors.size());
    for (std::size_t i = 0; i < a.errors.size(); ++i) {
        QCOMPARE(a.errors[i].part, b.errors[i].part);
        QCOMPARE(a.errors[i].failure.text(), b.errors[i].failure.text());
    }
    QCOMPARE(a.installs.size(), b.installs.size());
    for (std::size_t i = 0; i < a.installs.size(); ++i) {
        const domain::WorkLook& one = a.installs[i];
        const domain::WorkLook& other = b.installs[i];
        QVERIFY(one.sample.install == other.sample.install);
        QVERIFY(one.sample.queues == other.sample.queues);
        QVERIFY(one.sample.leader == other.sample.leader);
        QVERIFY(one.sample.counters == other.sample.counters);
        QCOMPARE(one.sample.readsSampled, other.sample.readsSampled);
        QVERIFY(one.sample.takenAt == other.sample.takenAt);
        QCOMPARE(one.sample.serverMs, other.sample.serverMs);
        QVERIFY(one.barriers.rows == other.barriers.rows);
        QCOMPARE(one.barriers.orphanMarkers, other.barriers.orphanMarkers);
        QVERIFY(one.barriers.takenAt == other.barriers.takenAt);
        QVERIFY(one.horizon == other.horizon);
        QVERIFY(one.poison == other.poison);
    }
}

Moment read(const std::vector<std::string>& parts) {
    MomentReader reader;
    for (const std::string& part : parts)
        reader.read(part);
    return reader.take();
}

void compare(const Moment& one, const Moment& other) {
    const Snapshot& a = *one.snapshot;
    const Snapshot& b = *other.snapshot;
    QCOMPARE(a.number, b.number);
    QVERIFY(a.takenAt == b.takenAt);
    QVERIFY(a.cost == b.cost);
    QVERIFY(a.replayedAt == b.replayedAt);
    QVERIFY(a.capabilities == b.capabilities);
    QVERIFY(a.queues == b.queues);
    QVERIFY(a.subscriptions == b.subscriptions);
    QCOMPARE(bool(a.activity), bool(b.activity));
    if (a.activity) {
        QVERIFY(a.activity->takenAt == b.activity->takenAt);
        QVERIFY(a.activity->backends == b.activity->backends);
        QVERIFY(a.activity->rowLocks == b.activity->rowLocks);
        QVERIFY(a.activity->eventLocks == b.activity->eventLocks);
        QVERIFY(a.activity->owners == b.activity->owners);
        QVERIFY(a.activity->prepared == b.activity->prepared);
    }
    QCOMPARE(bool(a.upkeep), bool(b.upkeep));
    if (a.upkeep)
        QVERIFY(*a.upkeep == *b.upkeep);
    QCOMPARE(a.errors.size(), b.errors.size());
    for (std::size_t i = 0; i < a.errors.size(); ++i)
        QCOMPARE(a.errors[i].failure.text(), b.errors[i].failure.text());
    QCOMPARE(bool(one.work), bool(other.work));
    if (one.work)
        compareWork(*one.work, *other.work);
    QVERIFY(one.inflow == other.inflow);
    // What has no comparison of its own: as bytes.
    QCOMPARE(encode(one), encode(other));
    for (const domain::Subscription& row : a.subscriptions)
        QCOMPARE(domain::groupName(a, row), domain::groupName(b, row));
}

} // namespace

class TestMoment : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void wholeMomentsComeBack() {
        std::mt19937 generator(1);
        for (int i = 0; i < 200; ++i) {
            const Moment made = moment(generator);
            compare(made, read({encode(made)}));
        }
        compare({made::shop(), std::make_shared<Diagnosis>(made::shopFindings())},
                read({encode({made::shop(), std::make_shared<Diagnosis>(made::shopFindings())})}));
    }

    void changesComeBackInTheirOrder() {
        std::mt19937 generator(2);
        for (int round = 0; round < 40; ++round) {
            Moment last = moment(generator);
            std::vector<std::string> parts{encode(last)};
            for (int i = 0; i < 8; ++i) {
                const Moment next = moment(generator);
                parts.push_back(encode(next, &last));
                last = next;
                compare(last, read(parts));
            }
        }
    }

    void whatIsTheSameCostsNextToNothing() {
        const Moment whole{made::many(100, 10), std::make_shared<Diagnosis>()};
        auto later = std::make_shared<Snapshot>(*whole.snapshot);
        ++later->number;
        later->takenAt += std::chrono::seconds(1);
        QVERIFY(encode(whole).size() > 20'000);
        QVERIFY(encode({later, whole.diagnosis}, &whole).size() < 60);
    }

    void workQueuesCostWhatChangesInThem() {
        const Moment bare{made::shop(), std::make_shared<Diagnosis>()};
        const Moment with{bare.snapshot, bare.diagnosis, made::shopWork()};
        const std::size_t none = encode(bare, &bare).size();
        QVERIFY(encode(with).size() > encode(bare).size() + 400);
        QCOMPARE(encode(with, &with).size(), none);
        const Moment same{bare.snapshot, bare.diagnosis, std::make_shared<domain::WorkLooks>(*with.work)};
        QVERIFY(encode(same, &with).size() <= none + 1);
        auto looks = std::make_shared<domain::WorkLooks>(*with.work);
        looks->takenAt += std::chrono::seconds(10);
        looks->installs[0].sample.takenAt += std::chrono::seconds(10);
        looks->installs[0].sample.queues[1].claimed = 3;
        QVERIFY(encode({bare.snapshot, bare.diagnosis, looks}, &with).size() < none + 40);
    }

    /// Whatever a sender or a worker wrote into a message stays out of the recording.
    void messagesComeBackWithoutTheirText() {
        auto looks = made::shopWork();
        looks->installs[0].poison[0].task = "resize_secret";
        looks->installs[0].poison[0].error = "password=hunter2";
        const std::string bytes = encode({made::shop(), std::make_shared<Diagnosis>(), looks});
        QVERIFY(bytes.find("_secret") == std::string::npos && bytes.find("resize") == std::string::npos);
        QVERIFY(bytes.find("hunter2") == std::string::npos);
        const Moment back = read({bytes});
        QCOMPARE(back.work->installs[0].poison[0].id, std::int64_t(812));
        QVERIFY(back.work->installs[0].poison[0].task.empty());
        QVERIFY(back.work->installs[0].poison[0].error.empty());
    }

    /// As version 0.1 wrote it, before work queues were recorded: a whole moment and a change of it.
    void theFirstFormatIsStillRead() {
        const std::string whole = fromHex(
            "0100030e80bb98bdb8adb00601000083801002066f7264657273011f1880bb98bdb8adb006a006b401b60101000047020407"
            "62696c6c696e6701160280a9a4bbb8adb0060100005f0204d80c01770661637469766501de0c000100000100000100000100"
            "00110b62617463685f737475636b017400010003");
        const std::string change = fromHex("0101030280897a01010180801001010200010100010001010000010003");
        Moment first = read({whole});
        QCOMPARE(first.snapshot->number, std::uint64_t(7));
        QVERIFY(first.snapshot->takenAt == made::now);
        QCOMPARE(first.snapshot->queue("orders")->lastTick->id, std::int64_t(12));
        QCOMPARE(first.snapshot->activity->rowLocks.front().waiting, std::vector<std::int32_t>{815});
        QCOMPARE(first.diagnosis->findings.front().rule, std::string("batch_stuck"));
        QVERIFY(!first.work);
        const Moment second = read({whole, change});
        QCOMPARE(second.snapshot->number, std::uint64_t(8));
        QCOMPARE(second.snapshot->queue("orders")->lastTick->id, std::int64_t(13));
        QVERIFY(!second.work);
        // What is written now goes on from it.
        const Moment now{second.snapshot, second.diagnosis, made::shopWork()};
        compare(now, read({whole, change, encode(now, &second)}));
    }

    void aNewerFormatIsRefused() {
        std::string bytes = encode({made::shop(), std::make_shared<Diagnosis>(), made::shopWork()});
        ++bytes[0];
        try {
            read({bytes});
            QFAIL("it was read");
        } catch (const BadBytes& bad) {
            QVERIFY(QByteArray(bad.what()).contains("newer version"));
        }
    }

    /// A few bytes that tell of one great row again and again.
    void fewBytesDoNotBecomeManyRows() {
        auto looks = std::make_shared<domain::WorkLooks>();
        looks->installs.resize(1);
        domain::WorkQueue large;
        large.name = std::string(200'000, 'n');
        looks->installs[0].sample.queues = {large};
        const Moment moment{made::shop(), std::make_shared<Diagnosis>(), looks};
        const std::string whole = encode(moment);
        const std::string change = encode(moment, &moment);
        // It ends with: the same work queues, nothing else that went in.
        QCOMPARE(change.substr(change.size() - 2), std::string({1, 0}));
        std::string hostile = change.substr(0, change.size() - 2);
        hostile += {2, 1, 100, 0};
        for (int i = 0; i < 100; ++i)
            hostile += {char(i == 0 ? 1 : 2), 0}; // the first of before, nothing changed in it
        hostile += char(0);
        try {
            read({whole, hostile});
            QFAIL("it was read");
        } catch (const BadBytes& bad) {
            QCOMPARE(bad.what(), "a row is told of too often");
        }
    }

    void refusesWhatIsNoMoment() {
        QVERIFY_EXCEPTION_THROWN(read({""}), BadBytes);
        QVERIFY_EXCEPTION_THROWN(read({}), BadBytes);
        QVERIFY_EXCEPTION_THROWN(read({std::string("\x02")}), BadBytes);
        QVERIFY_EXCEPTION_THROWN(read({std::string(2, '\0')}), BadBytes);
        const Moment one{made::shop(), std::make_shared<Diagnosis>()};
        QVERIFY_EXCEPTION_THROWN(read({encode(one, &one)}), BadBytes);
        QVERIFY_EXCEPTION_THROWN(read({encode(one) + 'x'}), BadBytes);
        const Moment other{made::many(3, 2), std::make_shared<Diagnosis>()};
        auto changed = std::make_shared<Snapshot>(*one.snapshot);
        changed->queues.back().lastTick->id += 1;
        QVERIFY_EXCEPTION_THROWN(read({encode(other), encode({changed, one.diagnosis}, &one)}), BadBytes);
    }

    /// Cut off, or with bits turned: it is refused or read, and never more than that.
    void hostileBytes() {
        std::mt19937 generator(3);
        Moment first = moment(generator);
        first.work = made::shopWork();
        const std::string whole = encode(first);
        const Moment second{moment(generator).snapshot, first.diagnosis, made::randomWork(generator)};
        const std::string change = encode(second, &first);
        for (std::size_t size = 0; size < whole.size(); size += 7)
            QVERIFY_EXCEPTION_THROWN(read({whole.substr(0, size)}), BadBytes);
        int refused = 0;
        for (int i = 0; i < 4'000; ++i) {
            std::string turned = i % 2 ? whole : change;
            for (int flips = 0; flips <= i % 4; ++flips)
                turned[std::uniform_int_distribution<std::size_t>(0, turned.size() - 1)(generator)] ^=
                    char(1 << std::uniform_int_distribution<int>(0, 7)(generator));
            try {
                const Moment result = i % 2 ? read({turned}) : read({whole, turned});
                (void)domain::figures(*result.snapshot, nullptr);
                (void)domain::lockWaitsOf(*result.snapshot);
            } catch (const BadBytes&) {
                ++refused;
            }
        }
        QVERIFY(refused > 1'000);
        std::string random(4'000, ' ');
        for (int i = 0; i < 2'000; ++i) {
            for (char& c : random)
                c = char(std::uniform_int_distribution<int>(0, 255)(generator));
            random[0] = char(1 + i % 2);
            random[1] = 0;
            QVERIFY_EXCEPTION_THROWN(read({random}), BadBytes);
        }
    }

    void figuresFollowTheSnapshot() {
        const auto before = made::shop();
        auto now = std::make_shared<Snapshot>(*before);
        now->takenAt += std::chrono::seconds(2);
        domain::Queue& queue = now->queues.front();
        queue.eventSeqNow = queue.eventSeqNow.value_or(queue.lastTick->eventSeq);
        const auto earlier = std::make_shared<Snapshot>(*now);
        earlier->takenAt = before->takenAt;
        queue.eventSeqNow = *queue.eventSeqNow + 500;
        now->buildIndex();
        const auto figures = domain::figures(*now, earlier.get());
        QCOMPARE(figures.size(), now->queues.size() + 1);
        QCOMPARE(figures[1].queueId, queue.id);
        QCOMPARE(*figures[1][domain::Quantity::Rate], 250'000);
        QVERIFY(!domain::figures(*now, nullptr)[1][domain::Quantity::Rate]);
        std::int64_t dead = 0;
        for (const domain::Queue& one : now->queues)
            dead += one.dead ? one.dead->value : 0;
        QCOMPARE(figures[0][domain::Quantity::Dead].value_or(0), dead);
        QCOMPARE(figures[0].queueId, 0);
        std::int64_t open = 0;
        for (const domain::Subscription& row : now->subscriptions)
            open += row.batch.has_value();
        QCOMPARE(*figures[0][domain::Quantity::InFlight], open);
    }
};

QTEST_GUILESS_MAIN(TestMoment)
#include "tst_moment.moc"
