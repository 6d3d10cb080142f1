// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/script.h"

#include <QFile>
#include <QTest>

class TestScript : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void embedsTheJoinedFile_data() {
        QTest::addColumn<QString>("name");
        QTest::newRow("pgque") << QStringLiteral(PGQUE_SQL);
        QTest::newRow("workqueue") << QStringLiteral(WORKQUEUE_SQL);
    }

    void embedsTheJoinedFile() {
        QFETCH(QString, name);
        QFile file(name);
        QVERIFY2(file.open(QIODevice::ReadOnly), qPrintable(file.errorString()));
        const auto embedded = schema::script(QTest::currentDataTag()).value();
        QVERIFY(QByteArray(embedded.data(), qsizetype(embedded.size())) == file.readAll());
    }

    void isFoundByName() {
        QVERIFY(schema::script("pgque") == schema::pgqueSql());
        QVERIFY(schema::script("workqueue") == schema::workqueueSql());
        QVERIFY(!schema::script("pg_catalog"));
    }
};

QTEST_GUILESS_MAIN(TestScript)
#include "tst_script.moc"
