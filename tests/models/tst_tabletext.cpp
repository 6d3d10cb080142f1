// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/column.h"
#include "models/madesnapshots.h"
#include "models/queuesmodel.h"
#include "models/tabletext.h"

#include <QtTest>

using namespace models;
using namespace Qt::StringLiterals;

class TableTextTest : public QObject {
    Q_OBJECT

    QueuesModel m_model;
    QModelIndexList m_rows;
    QList<int> m_columns;

private Q_SLOTS:

    void initTestCase() {
        QLocale::setDefault(QLocale::c());
        auto snapshot = made::many(2, 1);
        snapshot->queues[0].name = "=cmd, \"x\"";
        snapshot->queues[1].dead.reset();
        snapshot->queues[1].lastTick->eventSeq = 9'007'199'254'740'993;
        m_model.setSample(*snapshot, {}, {});
        m_rows = {m_model.index(0, 0), m_model.index(1, 0)};
        for (const QString& id : {u"queue"_s, u"backlog"_s, u"dead"_s, u"last_tick"_s})
            m_columns += m_model.columnOf(id);
    }

    void plainIsAsShown() {
        QCOMPARE(
            tableText(m_model, m_rows, m_columns, TextForm::Plain, u"queues"_s),
            u"Queue\tBacklog ≈\tDead\tLast tick\n=cmd, \"x\"\t96\t0\t0.1 s\nqueue_00002\t9 007 199 254 594 193\t–\t0.1 s\n"_s);
    }

    void csvHasValuesAndNoFormulas() {
        QCOMPARE(tableText(m_model, m_rows, m_columns, TextForm::Csv, u"queues"_s),
                 u"queue,backlog,dead,last_tick\n\"'=cmd, \"\"x\"\"\",96,0,0.1\nqueue_00002,9007199254594193,,0.1\n"_s);
    }

    void sqlIsAQuery() {
        QCOMPARE(tableText(m_model, m_rows, m_columns, TextForm::Sql, u"queues"_s),
                 u"with \"queues\" (\"queue\", \"backlog\", \"dead\", \"last_tick\") as (values\n"
                 "    ('=cmd, \"x\"', 96, 0, 0.1),\n    ('queue_00002', 9007199254594193, null, 0.1)\n)\ntable "
                 "\"queues\";\n"_s);
        QCOMPARE(sqlRow({u"it's a \\ b"_s, QVariant(), true}, true), u"    (E'it''s a \\\\ b', null, true)"_s);
        QVERIFY(tableText(m_model, {}, m_columns, TextForm::Sql, u"queues"_s).isEmpty());
    }

    void jsonKeepsLargeNumbersAndNulls() {
        const QString text = tableText(m_model, m_rows, m_columns, TextForm::Json, u"queues"_s);
        QVERIFY(text.contains(u"\"backlog\": \"9007199254594193\""_s));
        QVERIFY(text.contains(u"\"dead\": null"_s));
        QVERIFY(text.contains(u"\"last_tick\": 0.1"_s));
    }
};

QTEST_GUILESS_MAIN(TableTextTest)
#include "tst_tabletext.moc"
