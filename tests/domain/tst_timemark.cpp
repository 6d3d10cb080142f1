// SPDX-License-Identifier: GPL-3.0-or-later
// Moments in sentences: marks that whoever shows the sentence fills in.
#include "domain/timemark.h"

#include <QTest>

#include <vector>

using namespace std::chrono_literals;

namespace {

const pg::Timestamp moment{pg::Interval(1'767'323'045'000'007)}; // 2026-01-02 03:04:05.000007 UTC

} // namespace

class TimeMarkTest : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void everyMomentIsWritten() {
        std::vector<pg::Timestamp> written;
        const auto text =
            domain::withTimes("From " + domain::timeMark(moment) + " to " + domain::timeMark(moment + 1s) + ".",
                              [&written](pg::Timestamp at) {
                                  written.push_back(at);
                                  return std::string("there");
                              });
        QCOMPARE(text, std::string("From there to there."));
        QCOMPARE(written, (std::vector{moment, moment + 1s}));
        QCOMPARE(domain::withUtcTimes(domain::timeMark(moment) + ", " + domain::timeMark(pg::Timestamp(-1us))),
                 std::string("03:04:05 UTC, 23:59:59 UTC"));
    }

    void whatIsNoMarkStays() {
        for (const char* text : {"", "Nothing.", "{time:", "{time:}", "{time:5", "{time:5 }", "{time:x}", "{time:1.5}",
                                 "{time:99999999999999999999}", "{time:{time:"})
            QCOMPARE(domain::withUtcTimes(text), std::string(text));
        QCOMPARE(domain::withUtcTimes("{time:" + domain::timeMark(moment)), std::string("{time:03:04:05 UTC"));
    }
};

QTEST_GUILESS_MAIN(TimeMarkTest)
#include "tst_timemark.moc"
