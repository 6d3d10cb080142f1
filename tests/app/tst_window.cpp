// SPDX-License-Identifier: GPL-3.0-or-later
// The program in a real window with a window manager, by keyboard alone: see the stuck batch, act on it, find it gone.
#include "support/testserver.h"

#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

using namespace Qt::StringLiterals;

class TestWindow : public QObject {
    Q_OBJECT

    QTemporaryDir m_home;
    QProcess m_server;
    QProcess m_manager;
    QProcess m_program;
    QString m_display;

    QProcessEnvironment environment() const {
        QProcessEnvironment variables = QProcessEnvironment::systemEnvironment();
        variables.insert(u"DISPLAY"_s, m_display);
        variables.insert(u"QT_QPA_PLATFORM"_s, u"xcb"_s);
        variables.insert(u"HOME"_s, m_home.path());
        variables.insert(u"XDG_CONFIG_HOME"_s, m_home.filePath(u"config"_s));
        return variables;
    }

    QByteArray xdotool(const QStringList& arguments) const {
        QProcess process;
        process.setProcessEnvironment(environment());
        process.start(u"xdotool"_s, arguments);
        if (!process.waitForFinished(20'000))
            process.kill();
        return process.readAllStandardOutput();
    }

    /// The window with the keyboard, by its title; waits for it.
    bool hasFocus(const QString& title) const {
        return QTest::qWaitFor(
            [&] {
                return QString::fromUtf8(xdotool({u"getactivewindow"_s, u"getwindowname"_s})).contains(title);
            },
            30'000);
    }

    void press(const QStringList& keys) const { xdotool(QStringList{u"key"_s, u"--delay"_s, u"40"_s} + keys); }

    void type(const QString& text) const { xdotool({u"type"_s, u"--delay"_s, u"15"_s, text}); }

    static void stop(QProcess& process) {
        process.terminate();
        if (!process.waitForFinished(10'000))
            process.kill();
        process.waitForFinished(5'000);
    }

private Q_SLOTS:

    void initTestCase() {
        // The server chooses a free display and writes its number where we read.
        m_server.start(u"sh"_s, {u"-c"_s, u"exec Xvfb -displayfd 1 -screen 0 1400x900x24 -nolisten tcp 2>/dev/null"_s});
        QVERIFY2(m_server.waitForReadyRead(30'000), "Xvfb did not start");
        m_display = u':' + QString::fromLatin1(m_server.readLine().trimmed());
        m_manager.setProcessEnvironment(environment());
        m_manager.start(u"openbox"_s, {});
        QVERIFY2(m_manager.waitForStarted(), "openbox did not start");
    }

    void cleanupTestCase() {
        stop(m_program);
        stop(m_manager);
        stop(m_server);
    }

    void aStuckBatchIsSeenAndGivenBack() {
        const support::TestDatabase database(support::Schema::Pgque);
        pg::Connection admin = database.connect();
        admin.executeScript("select pgque.create_queue('orders');"
                            "select pgque.subscribe_subconsumer('orders', 'billing', 'w1')",
                            pg::after(std::chrono::seconds(20)));
        admin.executeScript("select pgque.send('orders', 'one'::text); select pgque.send('orders', 'two'::text)",
                            pg::after(std::chrono::seconds(20)));
        admin.executeScript("select pgque.force_next_tick('orders'); select pgque.ticker('orders')",
                            pg::after(std::chrono::seconds(20)));
        admin.executeScript("select * from pgque.receive_coop('orders', 'billing', 'w1')",
                            pg::after(std::chrono::seconds(20)));
        QCOMPARE(support::number(admin, "select count(*) from pgque.subscription where sub_batch is not null"), 1);

        m_program.setProcessEnvironment(environment());
        m_program.start(QStringLiteral(PROGRAM),
                        {QString::fromStdString(database.info().toStringWithoutSecrets()), u"--operate"_s});
        QVERIFY(m_program.waitForStarted());
        QVERIFY(hasFocus(u"Batchscope"_s));
        press({u"ctrl+6"_s}); // In flight, where the only batch is chosen

        // The first sample may still be on its way: the palette is asked until it knows the action.
        bool asked = false;
        for (int attempt = 0; attempt < 10 && !asked; ++attempt) {
            press({u"ctrl+k"_s});
            QVERIFY(hasFocus(u"Command palette"_s));
            type(u"force-unreg"_s);
            press({u"Return"_s});
            asked = QTest::qWaitFor(
                [&] {
                    return QString::fromUtf8(xdotool({u"getactivewindow"_s, u"getwindowname"_s}))
                        .contains(u"Force-unregister"_s);
                },
                3'000);
            if (!asked)
                press({u"Escape"_s});
        }
        QVERIFY(asked);
        QVERIFY(hasFocus(u"Force-unregister"_s));

        // Return is Cancel here: nothing may have happened.
        press({u"Return"_s});
        QVERIFY(hasFocus(u"Batchscope"_s));
        QCOMPARE(support::number(admin, "select count(*) from pgque.subscription where sub_batch is not null"), 1);

        press({u"ctrl+k"_s});
        QVERIFY(hasFocus(u"Command palette"_s));
        type(u"force-unreg"_s);
        press({u"Return"_s});
        QVERIFY(hasFocus(u"Force-unregister"_s));
        // A server without a label asks for the member's name, as production does.
        press({u"alt+r"_s, u"Tab"_s});
        type(u"billing.w1"_s);
        press({u"Tab"_s, u"Tab"_s, u"space"_s});
        QTRY_COMPARE_WITH_TIMEOUT(
            support::number(admin, "select count(*) from pgque.subscription where sub_batch is not null"), 0, 20'000);
        QCOMPARE(support::number(admin, "select count(*) from pgque.retry_queue"), 2);
        press({u"Escape"_s});
        QVERIFY(hasFocus(u"Batchscope"_s));

        press({u"ctrl+w"_s});
        QVERIFY(m_program.waitForFinished(20'000));
        QCOMPARE(m_program.exitCode(), 0);
    }

    void withoutAServerTheDialogAsks() {
        m_program.setProcessEnvironment(environment());
        m_program.start(QStringLiteral(PROGRAM), {});
        QVERIFY(m_program.waitForStarted());
        QVERIFY(hasFocus(u"Connect to a server"_s));
        press({u"Escape"_s});
        // The manager may take the focus away again while it still places the first window: then it is given back.
        while (!m_program.waitForFinished(3'000)) {
            xdotool({u"search"_s, u"--name"_s, u"Connect to a server"_s, u"windowactivate"_s, u"--sync"_s});
            QVERIFY(hasFocus(u"Connect to a server"_s));
            press({u"Escape"_s});
        }
        QCOMPARE(m_program.exitCode(), 0);
    }
};

QTEST_GUILESS_MAIN(TestWindow)
#include "tst_window.moc"
