// SPDX-License-Identifier: GPL-3.0-or-later
// Every question is counted once, for its purpose, in all and in the last minute.
#include "domain/account.h"
#include "models/spendingmodel.h"

#include <QTest>

using domain::Account;
using domain::Purpose;
using namespace std::chrono_literals;

namespace {

pg::Traffic traffic(std::int64_t roundTrips, std::chrono::microseconds longest, bool measured = true) {
    pg::Traffic made;
    made.roundTrips = roundTrips;
    made.statements = 10 * roundTrips;
    made.bytes = 100 * roundTrips;
    made.waited = roundTrips * longest;
    made.longest = longest;
    if (measured) {
        made.measuredRoundTrips = roundTrips;
        made.measured = made.waited / 2;
    }
    return made;
}

} // namespace

class TestAccount : public QObject {
    Q_OBJECT

    const pg::Clock::time_point m_start = pg::Clock::now();

private Q_SLOTS:

    void sumsAndTheLastMinute() {
        Account account(m_start);
        account.add(Purpose::Sample, traffic(1, 4ms), m_start + 1s);
        account.add(Purpose::Sample, traffic(1, 10ms), m_start + 70s);
        account.add(Purpose::Pages, traffic(2, 6ms), m_start + 70s);
        account.add(Purpose::Act, traffic(1, 900ms, false), m_start + 71s);
        auto spending = account.spending(m_start + 72s);
        QCOMPARE(spending[Purpose::Sample].total.roundTrips, 2);
        QCOMPARE(spending[Purpose::Sample].lastMinute.roundTrips, 1);
        QCOMPARE(spending[Purpose::Sample].total.longest.count(), 10'000);
        QCOMPARE(spending[Purpose::Pages].lastMinute.statements, 20);
        QCOMPARE(spending.all().total.roundTrips, 5);
        QCOMPARE(spending.all().total.measuredRoundTrips, 4);
        QCOMPARE(spending.all().total.bytes, 500);
        // What is done may take its time in several round trips; looking is bounded by its longest one.
        QCOMPARE(spending.longestLook().count(), 10'000);
        spending = account.spending(m_start + 200s);
        QCOMPARE(spending.all().lastMinute, pg::Traffic());
        QCOMPARE(spending.all().total.roundTrips, 5);
    }

    void shownByPurposeWithItsSum() {
        Account account(m_start);
        account.add(Purpose::Sample, traffic(60, 5ms), m_start + 10s);
        account.add(Purpose::WorkQueues, traffic(6, 5ms), m_start + 10s);
        account.add(Purpose::Act, traffic(3, 20ms, false), m_start + 10s);
        const auto spending = account.spending(m_start + 33s);
        const auto lines = models::spendingLines(spending);
        QCOMPARE(lines.size(), std::size_t(4));
        QVERIFY(!lines.back().purpose);
        QCOMPARE(lines.back().spent.total.roundTrips, 69);
        models::AnswerModel<models::SpendingLine> model(models::spendingColumns());
        model.show(lines, {});
        const auto text = [&model](int row, const char* column) {
            return model.index(row, model.columnOf(QString::fromLatin1(column))).data().toString();
        };
        QCOMPARE(text(0, "purpose"), QStringLiteral("Sample"));
        QCOMPARE(text(0, "round_trips"), QStringLiteral("60"));
        QCOMPARE(text(0, "server_time"), models::format::milliseconds(150));
        // What nobody measured is not nothing, and a sum with it is a lower bound.
        QCOMPARE(text(2, "server_time"), models::format::none());
        QCOMPARE(text(3, "server_time"), models::format::atLeast(models::format::milliseconds(165)));
        // 165 of 33,000 ms.
        QCOMPARE(models::serverShare(spending),
                 QStringLiteral("0.50 % in %1; 3 round trip(s) not measured").arg(models::format::age(33s)));
        // Half a minute is no rate by the minute.
        const auto detail = [&model] {
            const QModelIndex index = model.index(0, model.columnOf(QStringLiteral("round_trips")));
            return index.data(models::DetailRole).toString();
        };
        QCOMPARE(detail(), QString());
        const auto later = account.spending(m_start + 66s);
        model.show(models::spendingLines(later), {});
        QCOMPARE(detail(), QStringLiteral("· last min 60"));
        QVERIFY(models::serverShare(later).contains(u"in the last minute"));
    }
};

QTEST_GUILESS_MAIN(TestAccount)
#include "tst_account.moc"
