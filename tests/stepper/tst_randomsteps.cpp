// SPDX-License-Identifier: GPL-3.0-or-later
// The whole board under random steps: several workers with open transactions that wait for each other, and never a
// difference between what the rules say and what the database does. BATCHSCOPE_STEPS and BATCHSCOPE_SEED repeat or
// lengthen a run.

#include "stepper/engine.h"
#include "stepper/randomsteps.h"
#include "support/testserver.h"

#include <QTest>

using namespace stepper;

namespace {

constexpr int stepsOfABoard = 150;

int setting(const char* name, int otherwise) {
    const int value = qEnvironmentVariableIntValue(name);
    return value > 0 ? value : otherwise;
}

} // namespace

class TestRandomSteps : public QObject {
    Q_OBJECT

private:
    int m_waits = 0;
    int m_released = 0;
    int m_takeovers = 0;
    int m_walked = 0;
    int m_stopped = 0;

    void count(const Report& report) {
        m_waits += report.outcome.kind == Outcome::Kind::Waits;
        m_takeovers += report.outcome.kind == Outcome::Kind::Takes;
        m_walked += report.outcome.kind == Outcome::Kind::Walking;
        m_released += static_cast<int>(report.released.size());
        for (const auto& [lane, outcome] : report.released)
            m_stopped += outcome.said.find("40P01") != std::string::npos;
    }

private Q_SLOTS:

    void noDifference_data() {
        QTest::addColumn<int>("seed");
        if (qEnvironmentVariableIsSet("BATCHSCOPE_SEED"))
            QTest::newRow("given") << setting("BATCHSCOPE_SEED", 1);
        else
            for (const int seed : {1, 2, 3})
                QTest::addRow("seed %d", seed) << seed;
    }

    void noDifference() {
        QFETCH(int, seed);
        support::TestDatabase database(support::Schema::Pgque);
        RandomSteps steps(static_cast<unsigned>(seed));
        Engine engine({.connection = database.info(), .retries = 1});
        const int wanted = setting("BATCHSCOPE_STEPS", 450);
        int taken = 0;
        for (int tried = 0; taken < wanted; ++tried) {
            const Step step = steps.next();
            const Report report = engine.perform(step);
            taken += report.taken;
            count(report);
            if (!report.differences.empty() || !engine.brokenInvariant().empty())
                qInfo("%s", engine.board().script.text().c_str());
            QVERIFY2(report.differences.empty(),
                     report.differences.empty() ? "" : (step.text() + ": " + report.differences.front()).c_str());
            QVERIFY2(engine.brokenInvariant().empty(), engine.brokenInvariant().c_str());
            // Main before member is the order everywhere; a transaction of several steps can still go against it.
            m_stopped += report.outcome.said.find("40P01") != std::string::npos;
            QVERIFY2(report.outcome.kind != Outcome::Kind::Stopped ||
                         report.outcome.said.find("40P01") != std::string::npos,
                     report.outcome.said.c_str());
            if (report.taken && taken % stepsOfABoard == 0)
                engine.restart(steps.below(3));
        }
    }

    /// A run in which nobody ever waited or took over would prove less than it says.
    void cleanupTestCase() {
        qInfo("%d waits, %d released, %d takeovers, %d statements walked, %d deadlocks", m_waits, m_released,
              m_takeovers, m_walked, m_stopped);
        QVERIFY(m_waits > 0);
        QVERIFY(m_released > 0);
        QVERIFY(m_takeovers > 0);
        QVERIFY(m_walked > 0);
    }
};

QTEST_GUILESS_MAIN(TestRandomSteps)
#include "tst_randomsteps.moc"
