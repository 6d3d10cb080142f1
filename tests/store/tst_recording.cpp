// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/seriesblock.h"
#include "store/shoprecording.h"

#include <QDir>
#include <QFileInfo>
#include <QSqlDatabase>
#include <QSqlError>
#include <QSqlQuery>
#include <QTemporaryDir>
#include <QTest>

#include <random>

using namespace Qt::StringLiterals;
using domain::Moment;
using domain::Quantity;
using store::Answer;
using store::Block;
using store::Bucket;
using store::Failure;
using store::Recording;
using store::Which;

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int orders = 1;

QString runSql(const QString& path, const QStringList& statements) {
    QString error;
    {
        QSqlDatabase database = QSqlDatabase::addDatabase(u"QSQLITE"_s, u"beside"_s);
        database.setDatabaseName(path);
        if (!database.open())
            return database.lastError().text();
        for (const QString& statement : statements) {
            QSqlQuery query(database);
            if (!query.exec(statement))
                error = query.lastError().text();
        }
    }
    QSqlDatabase::removeDatabase(u"beside"_s);
    return error;
}

Block randomBlock(std::mt19937& generator) {
    const auto draw = [&](int below) { return std::uniform_int_distribution<int>(0, below - 1)(generator); };
    Block block;
    std::int64_t at = 0;
    for (int i = draw(90); i > 0; --i) {
        Bucket bucket;
        bucket.at = at += 1 + draw(3'000'000);
        bucket.afterGap = draw(9) == 0;
        bucket.rebuilt = draw(9) == 0;
        for (auto& value : bucket.values) {
            if (draw(4) == 0)
                continue;
            const std::int64_t mean = draw(2) ? draw(5) : std::int64_t(draw(1'000'000)) * draw(1'000'000);
            value = Bucket::Value{mean - draw(9), mean, mean + draw(9)};
        }
        block.push_back(bucket);
    }
    return block;
}

} // namespace

class TestRecording : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_path;

    Recording::Options options() const {
        Recording::Options options;
        options.path = m_path;
        return options;
    }

    qint64 bytes() const { return QFileInfo(m_path).size(); }

private Q_SLOTS:

    void init() {
        m_folder = std::make_unique<QTemporaryDir>();
        m_path = m_folder->filePath(u"recordings/shop.sqlite"_s);
    }

    void blocksComeBack() {
        std::mt19937 generator(1);
        for (int i = 0; i < 300; ++i) {
            const Block block = randomBlock(generator);
            const QByteArray bytes = store::pack(block);
            const auto back = store::unpack(bytes);
            QVERIFY(back);
            QVERIFY(*back == block);
            QByteArray turned = bytes;
            turned[int(generator() % unsigned(turned.size()))] = char(generator());
            (void)store::unpack(turned);
            (void)store::unpack(bytes.left(int(generator() % unsigned(bytes.size()))));
        }
        QVERIFY(!store::unpack({}));
        QVERIFY(!store::unpack(QByteArray::fromHex("7fffffff789c")));
    }

    void coarserKeepsLeastAndMost() {
        std::mt19937 generator(2);
        for (int i = 0; i < 100; ++i) {
            Block block = randomBlock(generator);
            for (Bucket& bucket : block)
                bucket.rebuilt = false;
            const Block coarse = store::coarser(block, minutes(1), 0);
            for (std::size_t quantity = 0; quantity < std::size_t(domain::quantities); ++quantity) {
                const auto bounds = [&](const Block& of) {
                    std::pair<std::int64_t, std::int64_t> found{std::numeric_limits<std::int64_t>::max(),
                                                                std::numeric_limits<std::int64_t>::min()};
                    for (const Bucket& bucket : of) {
                        if (const auto& value = bucket.values[quantity])
                            found = {std::min(found.first, value->least), std::max(found.second, value->most)};
                    }
                    return found;
                };
                QCOMPARE(bounds(coarse), bounds(block));
            }
            for (std::size_t at = 1; at < coarse.size(); ++at)
                QVERIFY(coarse[at].at > coarse[at - 1].at);
        }
    }

    void momentsAndSeriesComeBack() {
        Recording recording(options());
        for (int second = 0; second < 150; ++second)
            QVERIFY(get(recording.add(shopAt(second), second > 0)));
        const auto recorded = get(recording.recorded());
        QVERIFY(recorded.first == shopAt(0).snapshot->takenAt);
        QVERIFY(recorded.last == shopAt(149).snapshot->takenAt);
        QCOMPARE(recorded.moments, 150);

        for (const int second : {0, 1, 60, 121, 149}) {
            const Moment wanted = shopAt(second);
            const auto found = get(recording.momentAt(wanted.snapshot->takenAt, Which::AtOrBefore));
            QVERIFY(found);
            QCOMPARE(domain::encode(*found), domain::encode(wanted));
        }
        const auto at = [](int second) { return shopAt(second).snapshot->takenAt; };
        QVERIFY(get(recording.momentAt(at(70) + pg::Interval(300'000), Which::AtOrBefore))->snapshot->takenAt ==
                at(70));
        QVERIFY(get(recording.momentAt(at(70), Which::Before))->snapshot->takenAt == at(69));
        QVERIFY(get(recording.momentAt(at(70), Which::After))->snapshot->takenAt == at(71));
        QVERIFY(!get(recording.momentAt(at(0), Which::Before)));
        QVERIFY(!get(recording.momentAt(at(149), Which::After)));

        const auto series = get(recording.series(orders, Quantity::Dead, at(0), at(200), 1'000));
        QCOMPARE(series.points.size(), std::size_t(150));
        QVERIFY(series.points.front().afterGap);
        QVERIFY(!series.points[1].afterGap);
        QCOMPARE(series.points[75].mean, 15.0);
        const auto rate = get(recording.series(orders, Quantity::Rate, at(0), at(200), 1'000));
        QCOMPARE(rate.points.size(), std::size_t(149)); // the first sample has none before it
        QCOMPARE(rate.points[20].mean, 100.0);
        const auto thin = get(recording.series(orders, Quantity::Dead, at(0), at(150), 10));
        QVERIFY(thin.points.size() <= 11);
        QCOMPARE(thin.points.front().least, 0.0);
        QVERIFY(thin.points.front().most >= 14 && thin.points.front().most <= 15);

        const auto findings = get(recording.findings(at(0), at(150)));
        QCOMPARE(findings.size(), made::shopFindings().findings.size());
        QVERIFY(!findings.front().to);
    }

    void looksAtOneGroup() {
        Recording recording(options());
        for (int second = 0; second < 300; ++second)
            QVERIFY(get(recording.add(shopAt(second), second > 0)));
        const auto at = [](int second) { return shopAt(second).snapshot->takenAt; };
        const domain::Snapshot shop = *shopAt(0).snapshot;
        const domain::Subscription& main =
            *std::find_if(shop.subscriptions.begin(), shop.subscriptions.end(),
                          [](const domain::Subscription& row) { return row.role == domain::Role::CoopMain; });
        store::TrackQuery query{main.queueId, main.subId, at(100), at(259)};
        const auto looks = get(recording.looks(query, {}));
        QCOMPARE(looks.size(), std::size_t(160));
        for (int i = 0; i < 160; ++i) {
            const domain::Snapshot& look = *looks[std::size_t(i)];
            QVERIFY(look.takenAt == at(100 + i));
            QCOMPARE(look.queues.size(), std::size_t(1));
            std::vector<domain::Subscription> group;
            const domain::SnapshotPtr whole = shopAt(100 + i).snapshot;
            std::copy_if(whole->subscriptions.begin(), whole->subscriptions.end(), std::back_inserter(group),
                         [&main](const domain::Subscription& row) {
                             return row.queueId == main.queueId && row.subId == main.subId;
                         });
            QVERIFY(look.subscriptions == group);
            QVERIFY(*look.queue(main.queueId) == *whole->queue(main.queueId));
        }
        // The newest when there are too many; none of what nobody has; nothing more once it is not wanted.
        query.atMost = 10;
        const auto few = get(recording.looks(query, {}));
        QCOMPARE(few.size(), std::size_t(10));
        QVERIFY(few.front()->takenAt == at(250));
        QVERIFY(get(recording.looks({main.queueId, main.subId, at(400), at(500)}, {})).empty());
        QVERIFY(get(recording.looks({99, 99, at(0), at(5)}, {})).front()->subscriptions.empty());
        std::stop_source unwanted;
        unwanted.request_stop();
        QVERIFY(get(recording.looks(query, unwanted.get_token())).empty());
    }

    void whatIsReadAfterwards() {
        {
            Recording recording(options());
            for (int second = 0; second < 30; ++second)
                get(recording.add(shopAt(second), second > 0));
        }
        Recording recording(options());
        // It stood when it was last seen; nothing is said of the time after.
        get(recording.add(shopAt(600), false));
        const auto findings = get(recording.findings(shopAt(0).snapshot->takenAt, shopAt(700).snapshot->takenAt));
        QCOMPARE(findings.size(), 2 * made::shopFindings().findings.size());
        QVERIFY(findings.front().to && *findings.front().to <= shopAt(29).snapshot->takenAt);
        const auto series = get(recording.series(orders, Quantity::Dead, shopAt(0).snapshot->takenAt,
                                                 shopAt(700).snapshot->takenAt, 1'000));
        QCOMPARE(series.points.size(), std::size_t(31));
        QVERIFY(series.points.back().afterGap);
    }

    void getsCoarserWithAge() {
        Recording::Options young = options();
        young.everySampleFor = minutes(10);
        young.tenSecondsFor = hours(2);
        young.minutesFor = hours(12);
        Recording recording(young);
        // A day, a sample every ten seconds: what was least and most stays told.
        const int day = 24 * 3'600;
        for (int second = 0; second < day; second += 10)
            recording.add(shopAt(second), second > 0);
        const auto from = shopAt(0).snapshot->takenAt;
        const auto series = get(recording.series(orders, Quantity::Dead, from, from + seconds(day), 100'000));
        QVERIFY2(series.points.size() < 3'000, qPrintable(QString::number(series.points.size())));
        QVERIFY(series.points.front().length >= minutes(10));
        QCOMPARE(series.points.front().most, 50.0);
        QVERIFY(series.points.back().length == pg::Interval(0));
        for (std::size_t i = 1; i < series.points.size(); ++i) {
            QVERIFY(series.points[i].from > series.points[i - 1].from);
            QVERIFY2(!series.points[i].afterGap, qPrintable(QString::number(i)));
        }
        // Old moments are rarer, and each can still be shown.
        const auto recorded = get(recording.recorded());
        QVERIFY(recorded.moments < 2'500);
        const auto old = get(recording.momentAt(from + hours(1), Which::AtOrBefore));
        QVERIFY(old && from + hours(1) - old->snapshot->takenAt <= hours(1));
        QVERIFY(get(recording.momentAt(from + seconds(day - 300), Which::AtOrBefore)));
    }

    void staysWithinItsBudget() {
        Recording::Options small = options();
        small.budget = 1 << 20;
        Recording recording(small);
        const int day = 24 * 3'600;
        std::mt19937 generator(4);
        for (int second = 0; second < day; second += 20) {
            Moment moment = shopAt(second);
            auto changed = std::make_shared<domain::Snapshot>(*moment.snapshot);
            for (domain::Subscription& row : changed->subscriptions)
                row.active = made::ago(double(generator() % 100'000));
            moment.snapshot = changed;
            recording.add(moment, second > 0);
        }
        const auto recorded = get(recording.recorded());
        QVERIFY2(bytes() <= (1 << 20) + (100 << 10), qPrintable(QString::number(bytes())));
        QVERIFY(recorded.last == shopAt(day - 20).snapshot->takenAt);
        QVERIFY(*recorded.last - *recorded.first > hours(1));
        QVERIFY(get(recording.momentAt(*recorded.first, Which::AtOrBefore)));
        QVERIFY(*recorded.last - *recorded.seriesFrom > hours(6));
    }

    void aDamagedFileIsMovedAside() {
        QDir().mkpath(QFileInfo(m_path).path());
        QFile file(m_path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray(20'000, 'x'));
        file.close();
        Recording recording(options());
        QVERIFY(get(recording.add(shopAt(0), false)));
        const auto recorded = get(recording.recorded());
        QCOMPARE(recorded.moments, 1);
        QVERIFY(std::any_of(recorded.notes.begin(), recorded.notes.end(), [](const store::RecordingNote& note) {
            return note.kind == store::RecordingNote::Kind::Damaged && QFile::exists(note.text);
        }));
    }

    void aNewerOrAForeignFileIsRefused() {
        { get(Recording(options()).add(shopAt(0), false)); }
        QCOMPARE(runSql(m_path, {u"pragma user_version = 99"_s}), QString());
        {
            Recording recording(options());
            QVERIFY(failureKind(recording.add(shopAt(1), false)) == Failure::Kind::Newer);
            QVERIFY(failureKind(recording.recorded()) == Failure::Kind::Newer);
        }
        QCOMPARE(runSql(m_path, {u"pragma user_version = 1"_s, u"create view v as select 1"_s}), QString());
        Recording::Options reading = options();
        reading.readOnly = true;
        Recording recording(reading);
        QVERIFY(failureKind(recording.recorded()) == Failure::Kind::Damaged);
    }

    void oneWritesAndOthersRead() {
        Recording first(options());
        QVERIFY(get(first.add(shopAt(0), false)));
        Recording second(options());
        QVERIFY(!get(second.add(shopAt(1), false)));
        QVERIFY(get(second.momentAt(shopAt(1).snapshot->takenAt, Which::AtOrBefore)));
    }

    void whatWasRebuiltNeverHidesWhatWasSeen() {
        Recording recording(options());
        const auto at = [](int second) { return shopAt(second).snapshot->takenAt; };
        for (int second = 0; second < 30; ++second)
            get(recording.add(shopAt(second), second > 0));
        std::vector<domain::FiguresAt> rebuilt;
        for (int second = -3'600; second < -10; second += 10) {
            domain::FiguresAt one{at(second), {}, false};
            one.figures.queueId = orders;
            one.figures[Quantity::Rate] = 7'000;
            rebuilt.push_back(one);
        }
        QVERIFY(get(recording.addRebuilt(rebuilt, at(0))));
        const auto series = get(recording.series(orders, Quantity::Rate, at(-4'000), at(100), 10'000));
        QCOMPARE(series.points.front().mean, 7.0);
        QVERIFY(series.points.front().rebuilt);
        QVERIFY(!series.points.back().rebuilt);
        QVERIFY(series.points.size() > 300);
    }
};

QTEST_GUILESS_MAIN(TestRecording)
#include "tst_recording.moc"
