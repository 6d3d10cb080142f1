// SPDX-License-Identifier: GPL-3.0-or-later
// The window on a busy server, all its pages turned, searched, paged and counted, while somebody watches it from
// outside: no transaction of its own idles or stays open, no lock of its on an event table outlives a page of results.
// The same, shorter, for who may only read, behind a pooler that gives each transaction another server session.
#include "desk/desk.h"
#include "support/foreign.h"
#include "support/pooler.h"
#include "ui/mainwindow.h"
#include "ui/notice.h"
#include "ui/page.h"

#include <QAbstractButton>
#include <QElapsedTimer>
#include <QLineEdit>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using support::run;
using support::soon;

namespace {

/// Two minutes, or BATCHSCOPE_OBSERVED_SECONDS.
std::chrono::seconds observedFor() {
    bool given = false;
    const int seconds = qEnvironmentVariableIntValue("BATCHSCOPE_OBSERVED_SECONDS", &given);
    return std::chrono::seconds(given ? seconds : 120);
}

/// Looks at a console's sessions from a session of its own, twenty times a second.
class Observer {
public:
    explicit Observer(const support::TestDatabase& database)
        : m_connection(database.connect())
        , m_thread([this] {
            while (!m_stop) {
                look();
                std::this_thread::sleep_for(50ms);
            }
        }) {}

    ~Observer() { stop(); }

    void stop() {
        m_stop = true;
        if (m_thread.joinable())
            m_thread.join();
    }

    int looks() const { return m_looks; }

    QStringList found() {
        const std::lock_guard lock(m_mutex);
        return m_found;
    }

private:
    void look() {
        // Nothing the console asks may run longer than a page of results may: five seconds of one statement. Between
        // two statements it waits for nothing; a second is what a busy machine may make of that.
        // An idle session has no transaction: for the moment in which it takes notifications, it bears the time of its
        // last statement.
        const auto rows = m_connection.execute(
            {"select a.application_name, a.state, clock_timestamp() - a.xact_start > interval '6 s',"
             " a.state like 'idle in transaction%' and clock_timestamp() - a.state_change > interval '1 s',"
             " (select string_agg(distinct l.relation::regclass::text, ',') from pg_locks l join pg_class c"
             " on c.oid = l.relation where l.pid = a.pid and c.relname ~ '^event_[0-9]'), left(a.query, 200)"
             " from pg_stat_activity a where a.datname = current_database() and a.application_name like 'batchscope/%'"
             " and a.xact_start is not null and a.state is distinct from 'idle'",
             {}},
            soon());
        for (int row = 0; row < rows.rowCount(); ++row) {
            const auto text = [&](int column) { return std::string(rows.text(row, column)); };
            const std::string what = text(0) + ' ' + text(1) + ", holds " + text(4) + ": " + text(5);
            if (text(2) == "t")
                tell("open for long: " + what);
            if (text(3) == "t")
                tell("idle in a transaction: " + what);
        }
        ++m_looks;
    }

    void tell(const std::string& what) {
        const std::lock_guard lock(m_mutex);
        if (m_found.size() < 20)
            m_found += QString::fromStdString(what);
    }

    pg::Connection m_connection;
    std::mutex m_mutex;
    QStringList m_found;
    std::atomic<int> m_looks = 0;
    std::atomic<bool> m_stop = false;
    std::thread m_thread;
};

/// Events are sent, ticked, received and given back all the time.
class Traffic {
public:
    explicit Traffic(const support::TestDatabase& database)
        : m_connection(database.connect())
        , m_thread([this] {
            for (int round = 0; !m_stop; ++round) {
                run(m_connection, "select pgque.send('orders', 'order', '{\"id\": ' || g || '}')"
                                  " from generate_series(1, 50) g");
                run(m_connection, "select pgque.ticker()");
                if (round % 3 == 0)
                    run(m_connection, "select pgque.receive('orders', 'mail', 10)");
                if (round % 20 == 0)
                    run(m_connection, "select pgque.maint()");
                std::this_thread::sleep_for(100ms);
            }
        }) {}

    ~Traffic() {
        m_stop = true;
        m_thread.join();
    }

private:
    pg::Connection m_connection;
    std::atomic<bool> m_stop = false;
    std::thread m_thread;
};

} // namespace

class TestObserved : public QObject {
    Q_OBJECT

    support::TestDatabase m_database{support::Schema::Pgque};

    /// What a person would press on the page, where it is to be pressed.
    static int press(ui::MainWindow& window, const QString& name) {
        int pressed = 0;
        for (QAbstractButton* button : window.findChildren<QAbstractButton*>(name)) {
            if (button->isVisible() && button->isEnabled()) {
                button->click();
                ++pressed;
            }
        }
        return pressed;
    }

private Q_SLOTS:

    void initTestCase() {
        pg::Connection admin = m_database.connect();
        run(admin, "select pgque.create_queue('orders')");
        run(admin, "select pgque.subscribe('orders', 'mail')");
        run(admin, "select pgque.subscribe_subconsumer('orders', 'billing', 'w1')");
        run(admin, "select pgque.send_batch('orders', 'order.placed', array(select '{\"order\": {\"id\": ' || g ||"
                   " '}}' from generate_series(1, 100000) g))");
        run(admin, "select pgque.force_next_tick('orders')");
        run(admin, "select pgque.ticker('orders')");
        run(admin, "select count(*) from pgque.receive_coop('orders', 'billing', 'w1', 10)");
    }

    /// What it is there for.
    void theObserverSees() {
        Observer observer(m_database);
        pg::ConnectionInfo info = m_database.info();
        info.set("application_name", "batchscope/forgetful");
        pg::Connection forgetful = pg::Connection::open(info);
        run(forgetful, "begin; select count(*) from pgque.event_1_0");
        QTRY_VERIFY(!observer.found().isEmpty());
        QVERIFY2(observer.found().constFirst().contains(u"event_1_0"_s), qPrintable(observer.found().constFirst()));
    }

    void nothingStays() {
        const Traffic traffic(m_database);
        const QTemporaryDir folder;
        desk::Profile profile;
        profile.connection = m_database.info();
        desk::Desk desk(profile);
        ui::MainWindow window(&desk, {folder.path(), {}, {}});
        window.resize(1280, 800);
        window.show();
        desk.open();
        QTRY_VERIFY(desk.snapshot() != nullptr);
        Observer observer(m_database);
        QElapsedTimer clock;
        clock.start();
        std::map<QString, int> pressed;
        int turned = 0;
        const QStringList pages = ui::MainWindow::pageNames();
        const QStringList texts = {u""_s, u"4711"_s, u"nowhere at all"_s};
        while (std::chrono::milliseconds(clock.elapsed()) < observedFor()) {
            const QString& page = pages[turned % pages.size()];
            QVERIFY(window.showPage(page));
            QTest::qWait(300);
            for (QLineEdit* filter : window.findChildren<QLineEdit*>(u"filter"_s)) {
                if (filter->isVisible())
                    filter->setText(texts[turned / pages.size() % texts.size()]);
            }
            for (const QString& name : {u"search"_s, u"nextPage"_s, u"countExactly"_s, u"orderById"_s, u"search"_s}) {
                pressed[name] += press(window, name);
                QTest::qWait(250);
            }
            ++turned;
        }
        observer.stop();
        qInfo("%d looks from outside, %d pages turned", observer.looks(), turned);
        for (const auto& [name, times] : pressed)
            QVERIFY2(times > 0, qPrintable(name));
        QVERIFY(turned >= pages.size());
        QVERIFY(observer.looks() > 100);
        QVERIFY2(observer.found().isEmpty(), qPrintable(observer.found().join(u'\n')));
        window.close();
        desk.close();
    }

    void aReaderThroughAPooler() {
        const Traffic traffic(m_database);
        support::RoleConnection reader(m_database, "pgque_reader");
        desk::Profile profile;
        profile.connection = m_database.info();
        profile.connection.set("user", reader.name());
        {
            support::Pooler pooler(profile.connection);
            QVERIFY2(pooler.isUp(), pooler.output().constData());
            profile.connection = pooler.info(profile.connection);
            const QTemporaryDir folder;
            desk::Desk desk(profile);
            desk.setJournal(std::make_shared<store::Journal>(
                store::Journal::Options{.path = folder.filePath(u"journal.sqlite"_s)}));
            ui::MainWindow window(&desk, {});
            window.resize(1280, 800);
            window.show();
            desk.open();
            QTRY_VERIFY_WITH_TIMEOUT(desk.snapshot() != nullptr, 20'000);
            QVERIFY(desk.snapshot()->capabilities.throughPooler && !desk.snapshot()->capabilities.superuser);
            Observer observer(m_database);
            for (const QString& name : ui::MainWindow::pageNames()) {
                QVERIFY(window.showPage(name));
                const auto pages = window.findChildren<ui::Page*>();
                const auto shown =
                    std::find_if(pages.begin(), pages.end(), [](ui::Page* one) { return one->isVisible(); });
                QVERIFY2(shown != pages.end(), qPrintable(name));
                QTRY_VERIFY2_WITH_TIMEOUT((*shown)->isComplete(), qPrintable(name), 20'000);
                for (const ui::Notice* notice : (*shown)->findChildren<ui::Notice*>())
                    QVERIFY2(!notice->isVisible() || !notice->title().contains(u"could not"_s),
                             qPrintable(name + u": "_s + notice->title()));
                QVERIFY2(desk.snapshot()->errors.empty() && !desk.isStale(), qPrintable(name));
            }
            observer.stop();
            QVERIFY(observer.looks() > 10);
            QVERIFY2(observer.found().isEmpty(), qPrintable(observer.found().join(u'\n')));
            window.close();
            desk.close();
        }
    }
};

QTEST_MAIN(TestObserved)
#include "tst_observed.moc"
