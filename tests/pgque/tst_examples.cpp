// SPDX-License-Identifier: GPL-3.0-or-later
// The examples do what they say.
#include <QProcess>
#include <QRegularExpression>

#include "queuedatabase.h"

class TestExamples : public QObject {
    Q_OBJECT

    static QString run(const QueueDatabase& db, const QString& example, const QStringList& arguments = {}) {
        QProcess process;
        process.start(QStringLiteral(EXAMPLES_DIR "/example_") + example,
                      arguments + QStringList{QString::fromStdString(db.info().toStringWithoutSecrets())});
        if (!process.waitForFinished(60'000) || process.exitStatus() != QProcess::NormalExit || process.exitCode() != 0)
            return QStringLiteral("failed: ") + QString::fromUtf8(process.readAllStandardError());
        return QString::fromUtf8(process.readAllStandardOutput());
    }

private Q_SLOTS:

    void hello() {
        const QueueDatabase db;
        QCOMPARE(run(db, QStringLiteral("hello")), QStringLiteral("greeting: Hello, queue!\n"));
    }

    void outbox() {
        const QueueDatabase db;
        QCOMPARE(run(db, QStringLiteral("outbox")), QStringLiteral("orders 8, events booked 8, bookings 8\n"));
    }

    void worker() {
        const QueueDatabase db;
        const QString said = run(db, QStringLiteral("worker"), {QStringLiteral("--until-done")});
        QVERIFY2(said.contains(QStringLiteral("sent to ada@example.org\n")), qPrintable(said));
        QVERIFY2(said.contains(QStringLiteral("dead letter: nowhere (no such address, after 2 retries)\n")),
                 qPrintable(said));
        QVERIFY2(said.contains(
                     QStringLiteral("dead letter: 030 1234 (no handler for events of type fax, after 2 retries)\n")),
                 qPrintable(said));
    }

    void cooperative() {
        const QueueDatabase db;
        const QString said = run(db, QStringLiteral("cooperative"));
        QVERIFY2(said.endsWith(QStringLiteral("sum 40, overlap 0, both non-empty yes\n")), qPrintable(said));
        static const QRegularExpression lines(
            QStringLiteral("^worker-1 saw [1-9]\\d*:( \\d+)+\nworker-2 saw [1-9]\\d*:( \\d+)+\n"));
        QVERIFY2(lines.match(said).hasMatch(), qPrintable(said));
    }
};

QTEST_GUILESS_MAIN(TestExamples)
#include "tst_examples.moc"
