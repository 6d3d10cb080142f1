// SPDX-License-Identifier: GPL-3.0-or-later
// When the next sample is due.
#include "desk/beat.h"

#include <QTest>

using namespace std::chrono_literals;
using desk::Beat;

class TestBeat : public QObject {
    Q_OBJECT

    const Beat::Clock::time_point m_start{1000s};

private Q_SLOTS:

    void firstAtOnceThenByPeriod() {
        Beat beat;
        QVERIFY(beat.due(m_start) == 0ms);
        beat.started(m_start);
        QVERIFY(!beat.due(m_start + 10s)); // one in flight at most
        beat.finished(m_start + 20ms, 20ms);
        QVERIFY(beat.due(m_start + 20ms) == 980ms); // counted from start to start
        QVERIFY(beat.due(m_start + 3s) == 0ms);
        beat.setPeriod(250ms);
        QVERIFY(beat.due(m_start + 20ms) == 230ms);
    }

    void backsOffOnASlowServer() {
        Beat beat;
        beat.started(m_start);
        beat.finished(m_start + 700ms, 700ms);
        QVERIFY(beat.slowed());
        QVERIFY(beat.period() == 2800ms);
        QVERIFY(beat.due(m_start + 700ms) == 2100ms);
        beat.started(m_start + 3s);
        beat.finished(m_start + 3010ms, 10ms);
        QVERIFY(!beat.slowed());
        QVERIFY(beat.period() == 1s);
        // A failure took its time too, but does not put the next attempt off for ever.
        beat.started(m_start + 4s);
        beat.finished(m_start + 64s, 60s);
        QVERIFY(beat.period() == 60s);
    }

    void hiddenAndPaused() {
        Beat beat;
        beat.started(m_start);
        beat.finished(m_start, 1ms);
        beat.setHidden(true);
        QVERIFY(beat.due(m_start) == 5s);
        QVERIFY(!beat.slowed());
        beat.setHidden(false);
        beat.setPaused(true);
        QVERIFY(!beat.due(m_start + 1min));
        beat.askOnce(); // by hand all the same
        QVERIFY(beat.due(m_start) == 0ms);
        beat.started(m_start);
        beat.finished(m_start, 1ms);
        QVERIFY(!beat.due(m_start + 1min));
    }

    void newsBringTheNextSampleForward() {
        Beat beat;
        beat.started(m_start);
        beat.bringForward(); // during a sample: the next one, not this
        beat.finished(m_start + 20ms, 20ms);
        QVERIFY(beat.due(m_start + 20ms) == 250ms);
        beat.started(m_start + 300ms);
        beat.finished(m_start + 310ms, 10ms);
        QVERIFY(beat.due(m_start + 310ms) == 990ms); // spent
        beat.bringForward();
        beat.setPaused(true);
        QVERIFY(!beat.due(m_start + 310ms));
    }

    /// Whoever chose a longer period is brought one early sample a period, however many news there are.
    void aChosenPeriodIsKept() {
        Beat beat;
        beat.setPeriod(15s);
        int samples = 0;
        for (auto now = m_start; now < m_start + 150s; now += 100ms) {
            if (beat.due(now) == 0ms) {
                ++samples;
                beat.started(now);
                beat.finished(now + 10ms, 10ms);
            }
            beat.bringForward();
        }
        QVERIFY2(samples > 11 && samples <= 21, qPrintable(QString::number(samples)));
        QVERIFY(beat.period() == 15s);
        QVERIFY(beat.achieved() < 10s); // and that is what is shown
        // By hand, or to catch up, it comes at once all the same.
        beat.started(m_start + 200s);
        beat.finished(m_start + 200s, 10ms);
        beat.bringForward();
        beat.catchUp();
        QVERIFY(beat.due(m_start + 200s) == 250ms);
        beat.askOnce();
        QVERIFY(beat.due(m_start + 200s) == 0ms);
    }

    void hiddenNewsDoNotCount() {
        Beat beat;
        beat.setHidden(true);
        beat.started(m_start);
        beat.finished(m_start, 1ms);
        beat.bringForward();
        beat.catchUp();
        QVERIFY(beat.due(m_start) == 5s);
        beat.setHidden(false);
        QVERIFY(beat.due(m_start) == 250ms);
    }

    void whatIsAchieved() {
        Beat beat;
        QVERIFY(beat.achieved() == 1s);
        for (auto now = m_start; now < m_start + 10s; now += 1'004ms) {
            beat.started(now);
            beat.finished(now + 5ms, 5ms);
        }
        QVERIFY(beat.achieved() == 1s);
        for (auto now = m_start + 11s; now < m_start + 14s; now += 300ms) {
            beat.started(now);
            beat.finished(now + 5ms, 5ms);
        }
        QVERIFY(beat.achieved() == 300ms);
        beat.setPeriod(5s);
        QVERIFY(beat.achieved() == 5s);
    }
};

QTEST_GUILESS_MAIN(TestBeat)
#include "tst_beat.moc"
