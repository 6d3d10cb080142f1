// SPDX-License-Identifier: GPL-3.0-or-later
// Several servers at once: each window has its own server, sessions and place; one that goes leaves the others alone.
#include "app/windows.h"
#include "support/testserver.h"
#include "ui/theme.h"

#include <QAbstractItemView>
#include <QApplication>
#include <QDialog>
#include <QLabel>
#include <QPointer>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class TestWindows : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::unique_ptr<support::TestDatabase> m_first;
    std::unique_ptr<support::TestDatabase> m_second;
    std::unique_ptr<desk::Profiles> m_profiles;
    std::unique_ptr<app::Windows> m_windows;

    static std::unique_ptr<support::TestDatabase> shop(const char* queue) {
        auto database = std::make_unique<support::TestDatabase>(support::Schema::Pgque);
        pg::Connection admin = database->connect();
        admin.executeScript("select pgque.create_queue('" + std::string(queue) + "')", pg::after(20s));
        return database;
    }

    static QList<ui::MainWindow*> shown() {
        QList<ui::MainWindow*> windows;
        for (QWidget* widget : QApplication::topLevelWidgets()) {
            if (auto* window = qobject_cast<ui::MainWindow*>(widget); window && window->isVisible())
                windows += window;
        }
        return windows;
    }

    /// Opens a window on a database, and waits until it shows the queue that is there.
    ui::MainWindow* open(const QString& name, const support::TestDatabase& database, const QString& queue) {
        const QList<ui::MainWindow*> before = shown();
        app::Target target;
        target.profile.name = name;
        target.profile.connection = database.info();
        ui::WindowOptions options;
        options.page = u"overview"_s;
        m_windows->open(target, options);
        for (ui::MainWindow* window : shown()) {
            if (before.contains(window))
                continue;
            const bool shows = QTest::qWaitFor([&] { return queuesOf(window) == QStringList{queue}; }, 30'000);
            return shows ? window : nullptr;
        }
        return nullptr;
    }

    static QStringList queuesOf(const ui::MainWindow* window) {
        QStringList names;
        const auto* view = window->findChild<QAbstractItemView*>(u"queues"_s);
        for (int row = 0; row < view->model()->rowCount(); ++row)
            names += view->model()->index(row, 0).data().toString();
        return names;
    }

    /// The console's sessions on a database.
    std::int64_t sessions(const support::TestDatabase& database) const {
        pg::Connection admin = database.connect();
        return support::number(admin, "select count(*) from pg_stat_activity where datname = '" + database.name() +
                                          "' and application_name ilike 'batchscope%'");
    }

private Q_SLOTS:

    void initTestCase() {
        QStandardPaths::setTestModeEnabled(true);
        qputenv("XDG_DATA_HOME", m_folder.filePath(u"data"_s).toLocal8Bit());
        m_first = shop("orders");
        m_second = shop("mails");
    }

    void init() {
        m_profiles = std::make_unique<desk::Profiles>(m_folder.path());
        m_windows = std::make_unique<app::Windows>(*m_profiles);
    }

    void cleanup() {
        m_windows.reset();
        QVERIFY(shown().isEmpty());
    }

    void eachHasItsOwnServer() {
        const ui::MainWindow* first = open(u"shop"_s, *m_first, u"orders"_s);
        QVERIFY(first);
        const ui::MainWindow* second = open(u"post"_s, *m_second, u"mails"_s);
        QVERIFY(second);
        QVERIFY(first->windowTitle().contains(u"shop"_s));
        QVERIFY(second->windowTitle().contains(u"post"_s));
        QCOMPARE(queuesOf(first), QStringList{u"orders"_s});
        QVERIFY(sessions(*m_first) > 0 && sessions(*m_second) > 0);
        QVERIFY(!m_windows->nothingWasSeen());
    }

    void closingOneLeavesTheOther() {
        QPointer<ui::MainWindow> first = open(u"shop"_s, *m_first, u"orders"_s);
        ui::MainWindow* second = open(u"post"_s, *m_second, u"mails"_s);
        QVERIFY(first && second);
        second->activateWindow();
        first->close();
        QTRY_VERIFY(!first);
        QTRY_COMPARE_WITH_TIMEOUT(sessions(*m_first), 0, 20'000);
        QCOMPARE(shown(), QList{second});
        // The other goes on sampling.
        pg::Connection admin = m_second->connect();
        admin.executeScript("select pgque.create_queue('letters')", pg::after(20s));
        QTRY_COMPARE_WITH_TIMEOUT(queuesOf(second), (QStringList{u"letters"_s, u"mails"_s}), 20'000);
        admin.executeScript("select pgque.drop_queue('letters')", pg::after(20s));
    }

    void ctrlNAsksForAnother() {
        ui::MainWindow* first = open(u"shop"_s, *m_first, u"orders"_s);
        QVERIFY(first);
        first->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(first));
        bool asked = false;
        QTimer poll;
        connect(&poll, &QTimer::timeout, this, [&] {
            auto* dialog = qobject_cast<QDialog*>(QApplication::activeModalWidget());
            if (!dialog)
                return;
            asked = dialog->objectName() == "connectionDialog"_L1;
            dialog->reject();
        });
        poll.start(20);
        QTest::keyClick(first, Qt::Key_N, Qt::ControlModifier);
        QTRY_VERIFY_WITH_TIMEOUT(asked, 10'000);
        QCOMPARE(shown(), QList{first});
    }

    void aThemeHoldsForAll() {
        ui::MainWindow* first = open(u"shop"_s, *m_first, u"orders"_s);
        ui::MainWindow* second = open(u"post"_s, *m_second, u"mails"_s);
        QVERIFY(first && second);
        ui::Theme::instance().choose(ui::ThemeChoice::Dark);
        for (const ui::MainWindow* window : {first, second})
            QTRY_COMPARE(window->palette().color(QPalette::Window), ui::Colors::darkness().background);
        ui::Theme::instance().choose(ui::ThemeChoice::System);
    }
};

QTEST_MAIN(TestWindows)
#include "tst_windows.moc"
