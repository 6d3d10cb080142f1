// SPDX-License-Identifier: GPL-3.0-or-later
// The board in a real window, on a real server: by clicks, by typing, and as models.
#include "desk/stepping.h"
#include "models/steppermodels.h"
#include "support/testserver.h"
#include "ui/fakedesk.h"
#include "ui/lanecard.h"
#include "ui/mainwindow.h"
#include "ui/windowstrip.h"

#include <QAbstractButton>
#include <QAbstractItemModelTester>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QTableView>
#include <QTest>

using namespace Qt::StringLiterals;
using desk::Stepping;

class TestStep : public QObject {
    Q_OBJECT

    std::unique_ptr<support::TestDatabase> m_database;
    std::unique_ptr<desk::Desk> m_desk;
    std::unique_ptr<ui::MainWindow> m_window;

    Stepping& stepping() { return *m_desk->stepping(); }

    bool ready() {
        return QTest::qWaitFor([this] { return stepping().state() == Stepping::State::Ready; }, 20'000);
    }

    void begin() {
        stepper::Engine::Options options;
        options.connection = m_database->info();
        stepping().begin(options, {"a", "b"});
        QVERIFY(ready());
        m_window = std::make_unique<ui::MainWindow>(m_desk.get(), ui::WindowOptions{{}, u"step"_s, {}});
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    }

    QAbstractButton* button(const QString& step) {
        for (auto* one : m_window->findChildren<QAbstractButton*>(step)) {
            if (one->isVisible())
                return one;
        }
        return nullptr;
    }

    /// Clicks what stands for the step, and waits until it was taken.
    bool click(const QString& step) {
        QAbstractButton* one = button(step);
        if (!one)
            return false;
        QTest::mouseClick(one, Qt::LeftButton);
        return ready() && stepping().report() && QString::fromStdString(stepping().report()->step.text()) == step;
    }

    bool type(const QString& step) {
        auto* line = m_window->findChild<QLineEdit*>(u"command"_s);
        line->setFocus();
        line->selectAll();
        QTest::keyClicks(line, step);
        QTest::keyClick(line, Qt::Key_Return);
        return ready();
    }

    QString happened() { return m_window->findChild<QLabel*>(u"happened"_s)->text(); }

private Q_SLOTS:

    void init() {
        m_database = std::make_unique<support::TestDatabase>(support::Schema::Pgque);
        m_desk = shopDesk();
    }

    void cleanup() {
        m_window.reset();
        m_desk.reset();
        m_database.reset();
    }

    void refusedWhereItMayNot() {
        desk::DeskPrivate::of(*m_desk).whyNoStepping = u"This server is a standby."_s;
        desk::DeskPrivate::of(*m_desk).mode = desk::AccessMode::Operate;
        m_window = std::make_unique<ui::MainWindow>(m_desk.get(), ui::WindowOptions{{}, u"step"_s, {}});
        m_window->show();
        QTRY_VERIFY(m_window->isReadyForPicture());
        QCOMPARE(m_window->findChild<QLabel*>(u"stepProblem"_s)->text(), u"This server is a standby."_s);
        QVERIFY(!m_window->findChild<QAbstractButton*>(u"beginStepping"_s)->isEnabled());
    }

    void splitWorkByClicks() {
        begin();
        QVERIFY(type(u"a register"_s));
        QVERIFY(type(u"b register"_s));
        QVERIFY(click(u"send 4"_s));
        QVERIFY(click(u"tick"_s));
        QVERIFY(click(u"send 4"_s));
        QVERIFY(click(u"tick"_s));
        QVERIFY(click(u"a receive hold"_s));
        QVERIFY2(happened().contains(u"4 events"_s), qPrintable(happened()));
        // What would happen is told before it is done.
        QAbstractButton* receive = button(u"b receive"_s);
        QVERIFY(receive);
        receive->setFocus(Qt::TabFocusReason);
        QTRY_VERIFY(m_window->findChild<QLabel*>(u"foresight"_s)->text().contains(u"waits a"_s));
        QVERIFY(click(u"b receive"_s));
        QVERIFY2(happened().contains(u"waits a"_s), qPrintable(happened()));
        QTRY_VERIFY(!button(u"b receive"_s)); // it waits: what it can do now is something else
        QTRY_VERIFY(button(u"b cancel"_s));
        auto* strip = m_window->findChild<ui::WindowStrip*>();
        QVERIFY2(strip->accessibleDescription().contains(u"not committed"_s),
                 qPrintable(strip->accessibleDescription()));
        QVERIFY(click(u"a commit"_s));
        QTRY_VERIFY(button(u"b ack"_s));
        QTRY_VERIFY2(strip->accessibleDescription().contains(u"held by b"_s),
                     qPrintable(strip->accessibleDescription()));
        QVERIFY(click(u"b ack"_s));
        const QAbstractItemModel* tokens = m_window->findChild<QTableView*>(u"stepTokens"_s)->model();
        QTRY_COMPARE(tokens->rowCount(), 2);
        const QString script = m_window->findChild<QPlainTextEdit*>(u"script"_s)->toPlainText();
        QVERIFY2(script.contains(u"a receive hold"_s) && script.contains(u"b ack"_s), qPrintable(script));
        QVERIFY(stepping().board().differences.empty());
    }

    void nonsenseIsToldAndLosesNothing() {
        begin();
        QVERIFY(type(u"a recieve"_s));
        QVERIFY2(happened().contains(u"is no step"_s), qPrintable(happened()));
        QCOMPARE(m_window->findChild<QLineEdit*>(u"command"_s)->text(), u"a recieve"_s);
        QVERIFY(type(u"b ack"_s)); // it never got a token
        QVERIFY2(happened().contains(u"not taken"_s), qPrintable(happened()));
    }

    void theEndLeavesNothing() {
        begin();
        pg::Connection admin = m_database->connect();
        QCOMPARE(support::number(admin, "select count(*) from pgque.queue"), 1);
        button(u"endStepping"_s)->click();
        QCOMPARE(stepping().state(), Stepping::State::Closed);
        QTRY_COMPARE_WITH_TIMEOUT(support::number(admin, "select count(*) from pgque.queue"), 0, 10'000);
    }

    void modelsKeepTheirRules() {
        begin();
        models::AnswerModel<models::TokenLine> tokens(models::tokenColumns());
        models::AnswerModel<models::GivenBackLine> givenBack(models::givenBackColumns());
        const QAbstractItemModelTester one(&tokens);
        const QAbstractItemModelTester other(&givenBack);
        for (const char* line : {"a register", "send 3", "tick", "a receive", "a nack 1", "a nack 2", "a ack", "due",
                                 "maintain", "tick", "a receive", "a ack"}) {
            QVERIFY2(type(QString::fromLatin1(line)), line);
            tokens.show(models::tokenLines(stepping().board(), stepping().boardBefore()), stepping().board().now);
            givenBack.show(models::givenBackLines(stepping().board(), stepping().boardBefore()),
                           stepping().board().now);
        }
        QCOMPARE(tokens.rowCount(), 2);
        QVERIFY(stepping().board().differences.empty());
    }
};

QTEST_MAIN(TestStep)
#include "tst_step.moc"
