// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/script.h"

#include <QFile>
#include <QTest>

class TestScript : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void embedsTheJoinedFile() {
        QFile file(QStringLiteral(PGQUE_SQL));
        QVERIFY2(file.open(QIODevice::ReadOnly), qPrintable(file.errorString()));
        const auto embedded = schema::pgqueSql();
        QVERIFY(QByteArray(embedded.data(), qsizetype(embedded.size())) == file.readAll());
    }

    void isFoundByName() {
        QVERIFY(schema::script("pgque") == schema::pgqueSql());
        QVERIFY(!schema::script("pg_catalog"));
    }
};

QTEST_GUILESS_MAIN(TestScript)
#include "tst_script.moc"
