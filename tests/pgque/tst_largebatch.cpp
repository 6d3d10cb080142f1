// SPDX-License-Identifier: GPL-3.0-or-later
// A hundred thousand events between two ticks are one batch, and are held in memory once or not at all.
#include <fstream>

#include "queuedatabase.h"

namespace {

constexpr std::int64_t events = 100'000;
constexpr std::size_t payloadSize = 1'000;

/// The most memory this process has had, in bytes; Linux only.
std::size_t peakMemory() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:"))
            return std::stoul(line.substr(6)) * 1024;
    }
    return 0;
}

std::size_t heldBy(const pgque::Batch& batch) {
    std::size_t bytes = batch.messages.capacity() * sizeof(pgque::Message);
    for (const pgque::Message& message : batch)
        bytes += message.payload->capacity();
    return bytes;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool memoryCounts = false; // sanitizers keep freed memory
#else
constexpr bool memoryCounts = true;
#endif

} // namespace

class TestLargeBatch : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void isHeldOnceAtMost() {
        QueueDatabase db;
        db.client().createQueue("large");
        db.client().subscribe("large", "reader");
        db.execute("select count(pgque.send_batch('large', 'x', array_fill(repeat('p', " + std::to_string(payloadSize) +
                   "), array[1000]))) from generate_series(1, " + std::to_string(events / 1000) + ")");
        db.tick("large");

        // Order matters: the peak only grows.
        std::size_t before = peakMemory();
        std::int64_t last = 0;
        bool ordered = true;
        const auto received = db.client().receiveEach("large", "reader", [&](pgque::Message&& message) {
            ordered = ordered && message.id > last;
            last = message.id;
        });
        QCOMPARE(received.count, events);
        QVERIFY(ordered);
        const std::size_t streamed = peakMemory() - before;

        before = peakMemory();
        const pgque::Batch batch = db.client().receive("large", "reader");
        QCOMPARE(batch.size(), static_cast<std::size_t>(events));
        QCOMPARE(batch.id, received.id);
        const std::size_t grown = peakMemory() - before;
        const std::size_t held = heldBy(batch);
        qInfo("streamed: %.1f MB, received: %.1f MB for %.1f MB of messages", static_cast<double>(streamed) / 1e6,
              static_cast<double>(grown) / 1e6, static_cast<double>(held) / 1e6);
        if (memoryCounts && before > 0) {
            QVERIFY(streamed < 10'000'000);
            QVERIFY(grown < held + held / 2);
        }
        QVERIFY(db.client().ack(batch));
    }
};

QTEST_GUILESS_MAIN(TestLargeBatch)
#include "tst_largebatch.moc"
