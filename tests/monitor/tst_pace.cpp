// SPDX-License-Identifier: GPL-3.0-or-later
// What is dear, or fails, is asked less and less often; what is cheap again comes back to its beat.
#include "monitor/pace.h"

#include <QTest>

using monitor::Pace;
using namespace std::chrono_literals;

class TestPace : public QObject {
    Q_OBJECT

    const Pace::Moment start{1'000'000s};

private Q_SLOTS:

    void cheapKeepsItsBeat() {
        Pace pace(10s, 10min);
        QVERIFY(pace.isDue(start));
        pace.answered(start, 50);
        QVERIFY(!pace.isDue(start + 9s));
        QVERIFY(pace.isDue(start + 10s));
        pace.askNext();
        QVERIFY(pace.isDue(start));
    }

    void dearDoublesAndComesBack() {
        Pace pace(10s, 10min);
        for (const auto expected : {20s, 40s, 80s, 160s, 320s, 600s, 600s}) {
            pace.answered(start, 51);
            QCOMPARE(pace.pause(), expected);
            QVERIFY(!pace.isDue(start + expected - 1s));
            QVERIFY(pace.isDue(start + expected));
        }
        pace.answered(start, 1);
        QCOMPARE(pace.pause(), 10s);
    }

    /// A failure is no cheap answer: it goes on from where the pause is.
    void failingDoublesToo() {
        Pace pace(10s, 10min);
        pace.answered(start, 500);
        pace.answered(start, 500);
        for (const auto expected : {80s, 160s, 320s, 600s, 600s}) {
            pace.failed(start);
            QCOMPARE(pace.pause(), expected);
            QVERIFY(!pace.isDue(start + 10s));
        }
        pace.answered(start, 1);
        QCOMPARE(pace.pause(), 10s);
    }

    void askedNextGoesOnSlowly() {
        Pace pace(2s, 1min);
        pace.failed(start);
        pace.failed(start);
        pace.askNext();
        QVERIFY(pace.isDue(start));
        pace.failed(start);
        QCOMPARE(pace.pause(), 16s);
    }

    void withoutAPause() {
        Pace pace(0s, 10min);
        pace.failed(start);
        QVERIFY(pace.isDue(start));
    }
};

QTEST_APPLESS_MAIN(TestPace)
#include "tst_pace.moc"
