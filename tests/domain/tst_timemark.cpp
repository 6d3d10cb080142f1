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

    /// What was kept in UTC is a moment again, on the day that lies nearest.
    void keptTimesAreMomentsAgain() {
        const auto again = [](const std::string& sentence, pg::Timestamp kept) {
            return domain::withTimes(domain::marksOfUtcTimes(sentence, kept), [kept](pg::Timestamp at) {
                return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(at - kept).count());
            });
        };
        const auto kept = std::chrono::floor<std::chrono::seconds>(moment);
        QCOMPARE(again("Due at 03:05:05 UTC, not 03:04:00 UTC.", kept), std::string("Due at 60, not -5."));
        QCOMPARE(again("23:04:05 UTC", kept), std::string("-14400"));
        QCOMPARE(again("01:04:05 UTC", kept + 20h), std::string("7200"));
        for (const char* text : {"", "At 03:04:05.", "24:00:00 UTC", "103:04:05 UTC", "03:04:05 UTCX", "3:04:05 UTC"})
            QCOMPARE(domain::marksOfUtcTimes(text, kept), std::string(text));
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
