// SPDX-License-Identifier: GPL-3.0-or-later
// What may befall a recording: killed in the middle of a write, a full disk, a clock that moves. Whatever is asked of
// it afterwards is answered.
#include "store/shoprecording.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <atomic>
#include <csignal>
#include <fcntl.h>
#include <random>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace Qt::StringLiterals;
using domain::Moment;
using domain::Quantity;
using store::Failure;
using store::Recording;
using store::Which;

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int orders = 1;

/// The disk below SQLite. Files may grow by so many bytes more; after so many writes the next is torn in the middle and
/// the program killed.
std::atomic<std::int64_t> room = std::numeric_limits<std::int64_t>::max();
std::atomic<std::int64_t> writesLeft = std::numeric_limits<std::int64_t>::max();

ssize_t reallyWrite(int file, const void* bytes, size_t size, off64_t at) {
    return ::syscall(SYS_pwrite64, file, bytes, size, at);
}

} // namespace

// In place of the C library's own, for SQLite as for everybody in this program.
extern "C" ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t at) {
    if (--writesLeft < 0) {
        reallyWrite(file, bytes, size / 2, at);
        ::raise(SIGKILL);
    }

    struct stat now {};

    ::fstat(file, &now);
    const std::int64_t growth = std::max<std::int64_t>(0, at + off64_t(size) - now.st_size);
    const std::int64_t missing = std::max<std::int64_t>(0, growth - room);
    if (missing >= std::int64_t(size) || (missing > 0 && room <= 0)) {
        errno = ENOSPC;
        return -1;
    }
    room -= growth - missing;
    return reallyWrite(file, bytes, size - size_t(missing), at);
}

namespace {

/// A recording that has to become coarser and to let go all the time.
Recording::Options tight(const QString& path) {
    Recording::Options options;
    options.path = path;
    options.budget = 400 << 10;
    options.everySampleFor = minutes(2);
    options.tenSecondsFor = minutes(10);
    options.minutesFor = minutes(40);
    return options;
}

constexpr int tightStep = 7;

Moment changingShopAt(int second, std::mt19937& generator) {
    Moment moment = shopAt(second);
    auto changed = std::make_shared<domain::Snapshot>(*moment.snapshot);
    for (domain::Subscription& row : changed->subscriptions)
        row.active = made::ago(double(generator() % 100'000));
    moment.snapshot = changed;
    return moment;
}

/// Asks for everything there is; the number of instants, of which each is shown, on the way back and forth.
int everythingIsAnswered(Recording& recording) {
    const auto recorded = get(recording.recorded());
    if (!recorded.first)
        return 0;
    int back = 0;
    auto moment = get(recording.momentAt(*recorded.last, Which::AtOrBefore));
    while (moment) {
        ++back;
        const auto at = moment->snapshot->takenAt;
        moment = get(recording.momentAt(at, Which::Before));
        if (moment && moment->snapshot->takenAt >= at)
            qFatal("the instant before is none");
    }
    int forth = 1;
    moment = get(recording.momentAt(*recorded.first, Which::AtOrBefore));
    while ((moment = get(recording.momentAt(moment->snapshot->takenAt, Which::After))))
        ++forth;
    if (back != forth)
        qFatal("%d instants back, %d forth", back, forth);
    const auto from = *recorded.first - hours(1);
    const auto to = *recorded.last + hours(1);
    for (int quantity = 0; quantity < domain::quantities; ++quantity)
        get(recording.series(orders, Quantity(quantity), from, to, 100));
    get(recording.findings(from, to));
    const QString part = recorded.path + u".part"_s;
    if (get(recording.cutOut({part, from, to, {}, {}})) < back)
        qFatal("not every instant is in the part that was cut out");
    QFile::remove(part);
    return back;
}

/// Writes until it is killed, and tells of each moment that is written. From the second on.
[[noreturn]] void write(const QString& path, bool isTight, int from) {
    Recording::Options options = tight(path);
    if (!isTight) {
        options = {};
        options.path = path;
    }
    std::mt19937 generator{unsigned(from)};
    Recording recording(options);
    for (int second = from;; second += isTight ? tightStep : 1) {
        get(recording.add(changingShopAt(second, generator), second > from));
        std::printf("%d\n", second);
        std::fflush(stdout);
    }
}

/// Runs a writer until it is dead; the last second that it told of, if any.
std::optional<int> writeUntilDead(const QString& path, bool isTight, int from, int writes) {
    QProcess writer;
    writer.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    writer.start(QCoreApplication::applicationFilePath(), {u"--write"_s, path, isTight ? u"tight"_s : u"wide"_s,
                                                           QString::number(from), QString::number(writes)});
    if (!writer.waitForFinished(60'000) || writer.exitStatus() != QProcess::CrashExit)
        qFatal("the writer was not killed");
    const QByteArrayList lines = writer.readAllStandardOutput().split('\n');
    return lines.size() > 1 ? std::optional(lines[lines.size() - 2].toInt()) : std::nullopt;
}

} // namespace

class TestRecordingHarm : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_path;

    Recording::Options options() const {
        Recording::Options options;
        options.path = m_path;
        return options;
    }

private Q_SLOTS:

    void init() {
        room = std::numeric_limits<std::int64_t>::max();
        m_folder = std::make_unique<QTemporaryDir>();
        m_path = m_folder->filePath(u"recordings/shop.sqlite"_s);
    }

    void aFullDiskStopsItAndNothingElse() {
        Recording::Options full = options();
        full.maximumPages = 40;
        Recording recording(full);
        std::optional<Failure::Kind> kind;
        int second = 0;
        for (; second < 5'000 && !kind; ++second)
            kind = failureKind(recording.add(shopAt(second), second > 0));
        QVERIFY(kind == Failure::Kind::Full);
        // What there is can be read, and later there may be room again.
        const auto recorded = get(recording.recorded());
        QVERIFY(recorded.moments > 0);
        QVERIFY(get(recording.momentAt(*recorded.last, Which::AtOrBefore)));
    }

    /// Not SQLite's own bound, but a disk on which nothing can grow any more, in the middle of some write.
    void aDiskWithoutRoom() {
        Recording recording(options());
        int second = 0;
        for (; second < 60; ++second)
            get(recording.add(shopAt(second), second > 0));
        room = 30'000;
        int failed = 0;
        for (; second < 2'000 && failed < 5; ++second) {
            const auto kind = failureKind(recording.add(shopAt(second), failed == 0));
            QVERIFY(!kind || kind == Failure::Kind::Full);
            failed += kind.has_value();
        }
        QCOMPARE(failed, 5);
        const int before = everythingReadable(recording);
        QVERIFY(before >= 60);
        // Another program looks on meanwhile.
        Recording::Options reading = options();
        reading.readOnly = true;
        {
            Recording other(reading);
            QCOMPARE(everythingReadable(other), before);
        }
        // There is room again: it goes on, and the time between is a gap.
        room = std::numeric_limits<std::int64_t>::max();
        const int again = second + 100;
        for (second = again; second < again + 30; ++second)
            QVERIFY(get(recording.add(shopAt(second), second > again)));
        QCOMPARE(everythingIsAnswered(recording), before + 30);
        const auto from = shopAt(again - 50).snapshot->takenAt;
        const auto series = get(recording.series(orders, Quantity::Dead, from, from + hours(1), 1'000));
        QCOMPARE(series.points.size(), std::size_t(30));
        QVERIFY(series.points.front().afterGap);
    }

    void aMovedClockIsTold() {
        Recording recording(options());
        for (int second = 0; second < 20; ++second)
            get(recording.add(shopAt(second), second > 0));
        // Ten real seconds later the server's clock says a minute earlier, then half an hour later.
        for (int second = 0; second < 10; ++second) {
            Moment moment = shopAt(second - 60);
            const_cast<domain::Snapshot&>(*moment.snapshot).receivedAt = pg::Clock::time_point(seconds(20 + second));
            get(recording.add(moment, true));
        }
        for (int second = 0; second < 10; ++second) {
            Moment moment = shopAt(1'800 + second);
            const_cast<domain::Snapshot&>(*moment.snapshot).receivedAt = pg::Clock::time_point(seconds(30 + second));
            get(recording.add(moment, true));
        }
        std::vector<store::RecordingNote::Kind> kinds;
        for (const store::RecordingNote& note : get(recording.recorded()).notes)
            kinds.push_back(note.kind);
        using Kind = store::RecordingNote::Kind;
        QVERIFY((kinds == std::vector<Kind>{Kind::ClockForward, Kind::ClockBack, Kind::Started}));
        const auto at = [](int second) { return shopAt(second).snapshot->takenAt; };
        QVERIFY(get(recording.momentAt(at(-55), Which::AtOrBefore))->snapshot->takenAt == at(-55));
        QVERIFY(get(recording.momentAt(at(1'805), Which::AtOrBefore))->snapshot->takenAt == at(1'805));
        QVERIFY(get(recording.momentAt(at(15), Which::AtOrBefore))->snapshot->takenAt == at(15));
        const auto series = get(recording.series(orders, Quantity::Dead, at(-100), at(4'000), 10'000));
        QCOMPARE(series.points.size(), std::size_t(40));
        QCOMPARE(everythingIsAnswered(recording), 40);
        // What comes twice: of two looks at the same instant the later one is shown, and stepping passes both.
        for (int second = 0; second < 10; ++second) {
            Moment again = shopAt(10 + second);
            const_cast<domain::Snapshot&>(*again.snapshot).receivedAt = pg::Clock::time_point(seconds(40 + second));
            again.diagnosis = std::make_shared<domain::Diagnosis>();
            get(recording.add(again, true));
        }
        QVERIFY(get(recording.momentAt(at(15), Which::AtOrBefore))->diagnosis->findings.empty());
        QVERIFY(get(recording.momentAt(at(15), Which::Before))->snapshot->takenAt == at(14));
        QVERIFY(get(recording.momentAt(at(15), Which::After))->snapshot->takenAt == at(16));
        QCOMPARE(everythingIsAnswered(recording), 40);
    }

    /// A clock that is a year ahead for a while must not make everything a year old.
    void aWrongClockCostsNothing() {
        Recording::Options young = options();
        young.everySampleFor = minutes(10);
        Recording recording(young);
        int second = 0;
        for (; second < 1'800; second += 2)
            recording.add(shopAt(second), second > 0);
        const auto before = get(recording.recorded());
        const auto real = [](Moment moment, int at) {
            const_cast<domain::Snapshot&>(*moment.snapshot).receivedAt = pg::Clock::time_point(seconds(at));
            return moment;
        };
        constexpr int year = 365 * 24 * 3'600;
        for (; second < 2'000; second += 2)
            get(recording.add(real(shopAt(year + second), second), true));
        for (; second < 2'400; second += 2)
            get(recording.add(real(shopAt(second), second), true));
        const auto after = get(recording.recorded());
        QVERIFY2(after.moments >= before.moments + 250,
                 qPrintable(u"%1, then %2"_s.arg(before.moments).arg(after.moments)));
        const auto from = shopAt(1'500).snapshot->takenAt;
        QCOMPARE(
            get(recording.series(orders, Quantity::Dead, from, shopAt(1'799).snapshot->takenAt, 1'000)).points.size(),
            std::size_t(150));
        everythingIsAnswered(recording);
    }

    void killedInTheMiddleOfAWrite_data() {
        QTest::addColumn<bool>("isTight");
        QTest::newRow("plenty of room") << false;
        QTest::newRow("coarser all the time") << true;
    }

    /// The n-th write to disk is torn in two, and the program dies with it: from the file's very first on.
    void killedInTheMiddleOfAWrite() {
        QFETCH(bool, isTight);
        std::mt19937 generator(isTight);
        int from = 0;
        std::optional<int> newest;
        for (int round = 0; round < 45; ++round) {
            const int writes = round < 15 ? round : int(generator() % (isTight ? 1'500 : 400));
            const auto told = writeUntilDead(m_path, isTight, from, writes);
            newest = told ? told : newest;
            Recording::Options as = isTight ? tight(m_path) : options();
            Recording recording(as);
            // What was told of is there: the instant, unless the room was too small for all, and charts but for what
            // waits for its turn.
            if (told && !isTight) {
                const auto last = get(recording.momentAt(shopAt(*told).snapshot->takenAt, Which::AtOrBefore));
                QVERIFY(last && last->snapshot->takenAt == shopAt(*told).snapshot->takenAt);
            }
            from = (newest ? *newest : 0) + 60;
            QVERIFY(get(recording.add(shopAt(from), false)));
            if (round % 5 == 4 || round < 15)
                QVERIFY(everythingIsAnswered(recording) >= 1);
            for (const store::RecordingNote& note : get(recording.recorded()).notes)
                QVERIFY2(note.kind != store::RecordingNote::Kind::Damaged, qPrintable(note.text));
            from += tightStep;
        }
        QVERIFY(QDir(QFileInfo(m_path).path()).entryList({u"*damaged*"_s}).isEmpty());
        QVERIFY(newest && *newest > 1'000);
    }

    /// Killed by somebody else at any moment, with another program reading all the while.
    void killedFromOutside() {
        int from = 0;
        for (int round = 0; round < 3; ++round) {
            QProcess writer;
            writer.start(QCoreApplication::applicationFilePath(),
                         {u"--write"_s, m_path, u"wide"_s, QString::number(from), u"1000000000"_s});
            QVERIFY(writer.waitForStarted());
            QVERIFY(writer.waitForReadyRead(20'000));
            Recording::Options reading = options();
            reading.readOnly = true;
            Recording reader(reading);
            QVERIFY(get(reader.recorded()).moments > 0);
            QTest::qWait(100 + 70 * round);
            ::kill(pid_t(writer.processId()), SIGKILL);
            QVERIFY(writer.waitForFinished());
            const QByteArrayList lines = writer.readAllStandardOutput().split('\n');
            QVERIFY(lines.size() > 1);
            const int told = lines[lines.size() - 2].toInt();
            const auto at = shopAt(told).snapshot->takenAt;
            QVERIFY(get(reader.momentAt(at, Which::AtOrBefore))->snapshot->takenAt == at);
            Recording recording(options());
            QVERIFY(get(recording.add(shopAt(told + 100), false)));
            QVERIFY(get(recording.momentAt(at, Which::AtOrBefore))->snapshot->takenAt == at);
            QVERIFY(get(reader.recorded()).last == shopAt(told + 100).snapshot->takenAt);
            from = told + 200;
        }
    }

private:
    /// As everythingIsAnswered(), where nothing can be written.
    static int everythingReadable(Recording& recording) {
        const auto recorded = get(recording.recorded());
        int back = 0;
        auto moment = get(recording.momentAt(*recorded.last, Which::AtOrBefore));
        for (; moment; moment = get(recording.momentAt(moment->snapshot->takenAt, Which::Before)))
            ++back;
        get(recording.series(orders, Quantity::Dead, *recorded.first, *recorded.last, 100));
        get(recording.findings(*recorded.first, *recorded.last));
        return back;
    }
};

int main(int argc, char** argv) {
    const QCoreApplication application(argc, argv);
    if (argc == 6 && qstrcmp(argv[1], "--write") == 0) {
        writesLeft = std::atoll(argv[5]);
        write(QString::fromLocal8Bit(argv[2]), qstrcmp(argv[3], "tight") == 0, std::atoi(argv[4]));
    }
    TestRecordingHarm test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_recordingharm.moc"
