// SPDX-License-Identifier: GPL-3.0-or-later
// Every list of columns over the keyed table, with random rows: it is a model while rows come, go and change, shows
// what a fresh one would show, and announces each cell that reads differently.
#include "models/backlogmodels.h"
#include "models/barriermodels.h"
#include "models/historymodels.h"
#include "models/journalmodel.h"
#include "models/jsontreemodel.h"
#include "models/listener.h"
#include "models/lockmodel.h"
#include "models/queuemodels.h"
#include "models/randomrow.h"
#include "models/reachmodel.h"
#include "models/schemamodels.h"
#include "models/steppermodels.h"
#include "models/timelinemodels.h"
#include "models/workmodels.h"

#include <QAbstractItemModelTester>
#include <QTest>

using namespace models;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

namespace {

enum class Changes { Announced, NeverHappen };

template <class Row>
std::vector<Row> someRows(made::Dice& dice) {
    std::vector<Row> rows;
    std::set<std::string> keys;
    for (int left = dice.number(9); left > 0; --left) {
        Row row;
        dice.roll(row);
        if (keys.insert(row.key()).second)
            rows.push_back(std::move(row));
    }
    return rows;
}

/// The same rows, by key, with other values here and there.
template <class Row>
std::vector<Row> otherValues(std::vector<Row> rows, made::Dice& dice) {
    for (Row& row : rows) {
        Row other = row;
        dice.roll(other);
        if (other.key() == row.key())
            row = std::move(other);
    }
    return rows;
}

template <class Row>
void holds(std::vector<Column<Row>> columns, Changes changes = Changes::Announced) {
    std::mt19937 generator(20261127);
    made::Dice all(generator);
    made::Dice few(generator, 0.12);
    AnswerModel<Row> model(columns);
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    made::Listener listener(model);
    std::vector<Row> rows;
    int valuesOnly = 0;
    for (int round = 0; round < 400; ++round) {
        const bool comeAndGo = round % 4 == 0 || changes == Changes::NeverHappen;
        rows = comeAndGo ? someRows<Row>(all) : otherValues(rows, few);
        const pg::Timestamp now = made::now + round * 1s;
        model.show(rows, now);
        QCOMPARE(model.rowCount(), int(rows.size()));
        AnswerModel<Row> fresh(columns);
        fresh.show(rows, now);
        for (int row = 0; row < model.rowCount(); ++row) {
            for (int column = 0; column < model.columnCount(); ++column) {
                if (changes == Changes::Announced)
                    QCOMPARE(model.index(row, column).data().toString(), fresh.index(row, column).data().toString());
            }
        }
        valuesOnly += !listener.structure;
        const QStringList missed = listener.missed();
        if (changes == Changes::Announced)
            QVERIFY2(missed.isEmpty(), qPrintable(missed.join(u'\n')));
    }
    QVERIFY(valuesOnly > 50 || changes == Changes::NeverHappen);
    model.setNow(made::now + 1h);
    model.setZone(QTimeZone::utc());
}

} // namespace

class TestColumnLists : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void retries() { holds(retryColumns()); }

    void deadLetters() { holds(deadColumns()); }

    void groupsOfDeadLetters() { holds(deadGroupColumns()); }

    void ticks() { holds(tickColumns()); }

    void tables() { holds(tableColumns()); }

    void gates() { holds(gateColumns()); }

    void locks() { holds(lockColumns()); }

    void ownSessions() { holds(ownColumns()); }

    void reach() { holds(reachColumns()); }

    void journal() { holds(journalColumns(), Changes::NeverHappen); }

    void drift() { holds(driftColumns()); }

    void status() { holds(statusColumns()); }

    void barriers() { holds(barrierColumns()); }

    void barrierBatches() { holds(batchColumns()); }

    void workQueues() { holds(workQueueColumns()); }

    void workMessages() { holds(workMessageColumns()); }

    void workLeases() { holds(workLeaseColumns()); }

    void workBands() { holds(workBandColumns()); }

    void workReads() { holds(workReadsColumns()); }

    void differences() { holds(differenceColumns()); }

    void bars() { holds(barColumns()); }

    void tokens() { holds(tokenColumns()); }

    void givenBack() { holds(givenBackColumns()); }

    void aJsonTreeIsOneFromTheBeginning() {
        JsonTreeModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        tester.setUseFetchMore(false); // it would fetch from within a reset
        std::mt19937 generator(7);
        made::Dice dice(generator);
        for (int round = 0; round < 60; ++round) {
            QVERIFY(!model.setText(text(dice, 4).toUtf8()));
            fetchAll(model, {});
        }
    }

private:
    static void fetchAll(QAbstractItemModel& model, const QModelIndex& parent) {
        while (model.canFetchMore(parent))
            model.fetchMore(parent);
        for (int row = 0; row < model.rowCount(parent); ++row)
            fetchAll(model, model.index(row, 0, parent));
    }

    static QString text(made::Dice& dice, int depth) {
        const int kind = dice.number(depth > 0 ? 5 : 3);
        QStringList parts;
        for (int at = dice.number(4); kind > 2 && at > 0; --at)
            parts += (kind == 3 ? u"\"k%1\":"_s.arg(at) : QString()) + text(dice, depth - 1);
        return kind == 0   ? QString::number(dice.number(1'000))
               : kind == 1 ? u"\"x\""_s
               : kind == 2 ? u"null"_s
               : kind == 3 ? u'{' + parts.join(u',') + u'}'
                           : u'[' + parts.join(u',') + u']';
    }
};

QTEST_GUILESS_MAIN(TestColumnLists)
#include "tst_columnlists.moc"
