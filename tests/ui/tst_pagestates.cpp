// SPDX-License-Identifier: GPL-3.0-or-later
// Every page in every state that a person may meet it in: nothing there yet, nothing there at all, a question without an
// answer, an error, no right, an old sample, a thousand rows. Leaves a picture of each in the build folder.
#include "models/column.h"
#include "models/madesnapshots.h"
#include "models/madework.h"
#include "ui/fakedesk.h"
#include "ui/mainwindow.h"
#include "ui/notice.h"
#include "ui/page.h"
#include "ui/tablecontroller.h"

#include <QAbstractItemView>
#include <QDir>
#include <QLabel>
#include <QPlainTextEdit>
#include <QScrollBar>
#include <QTableView>
#include <QTest>
#include <QTreeView>

using namespace Qt::StringLiterals;

namespace {

/// Pages that show nothing but the sample, or what this machine has.
bool asksNothing(const QString& page) {
    return page == "overview"_L1 || page == "consumers"_L1 || page == "history"_L1 || page == "timeline"_L1 ||
           page == "step"_L1 || page == "journal"_L1 || page == "settings"_L1;
}

QString pageText(QWidget* page) {
    QStringList texts;
    for (const QWidget* widget : page->findChildren<QWidget*>()) {
        if (!widget->isVisible())
            continue;
        if (const auto* label = qobject_cast<const QLabel*>(widget))
            texts += label->text() + u' ' + label->toolTip();
        if (const auto* edit = qobject_cast<const QPlainTextEdit*>(widget))
            texts += edit->toPlainText();
        if (const auto* view = qobject_cast<const QAbstractItemView*>(widget); view && view->model()) {
            for (int row = 0; row < view->model()->rowCount(); ++row)
                texts += view->model()->index(row, 0).data().toString();
        }
    }
    return texts.join(u'\n');
}

/// Tables on screen without a row and without a word why.
QStringList silentTables(QWidget* page) {
    QStringList silent;
    for (const auto* view : page->findChildren<QAbstractItemView*>()) {
        if (!view->isVisible() || !view->model() || view->model()->rowCount() > 0 || view->inherits("QHeaderView"))
            continue;
        const auto notices = view->findChildren<ui::Notice*>();
        if (std::none_of(notices.begin(), notices.end(),
                         [](const ui::Notice* notice) { return notice->isVisible() && !notice->title().isEmpty(); }))
            silent += view->objectName();
    }
    return silent;
}

pg::Failure failure(const char* state, const char* message) {
    pg::Failure failure;
    failure.kind = pg::ErrorKind::Server;
    failure.diagnostics.sqlState = state;
    failure.diagnostics.message = message;
    return failure;
}

std::shared_ptr<domain::Snapshot> thousand() {
    auto snapshot = made::many(1000, 11);
    std::size_t at = 0;
    for (domain::Subscription& row : snapshot->subscriptions) {
        if (at++ % 11 == 0)
            made::openBatch(row, *snapshot->queue(row.queueId), std::int64_t(at), double(at % 700));
    }
    return snapshot;
}

/// As many rows as a page of each takes.
void fill(desk::DeskPrivate& inside) {
    constexpr int rows = 1000;
    domain::RetryPage retries;
    domain::DeadPage letters;
    domain::DeadGroups groups;
    domain::QueueDetail detail;
    domain::EventPage found;
    domain::LockWaits waits;
    domain::Footprint footprint;
    domain::WorkPage messages;
    domain::Barriers barriers;
    detail.queueId = 1;
    for (int at = 1; at <= rows; ++at) {
        const std::string number = std::to_string(at);
        domain::Retry retry;
        retry.queue = "queue_00001";
        retry.owner = at % 7;
        retry.eventId = at;
        retry.dueAt = retry.time = made::ago(at);
        retry.data = "{}";
        retries.rows.push_back(retry);
        domain::DeadLetter letter;
        letter.id = letter.eventId = at;
        letter.queue = "queue_00001";
        letter.consumer = "consumer_1";
        letter.time = letter.eventTime = made::ago(at);
        letter.reason = "gateway answered " + number;
        letter.data = "{}";
        letters.rows.push_back(letter);
        domain::DeadGroup group;
        group.queue = "queue_00001";
        group.reason = "cause " + number;
        group.count = at;
        group.first = group.last = made::ago(at);
        groups.groups.push_back(group);
        domain::Tick tick;
        tick.id = rows - at;
        tick.time = made::ago(at);
        detail.ticks.push_back(tick);
        domain::EventRow event;
        event.position = {1, number};
        event.id = at;
        event.time = made::ago(at);
        event.data = "{}";
        found.rows.push_back(event);
        domain::LockSession session;
        session.pid = at;
        session.application = "worker";
        if (at > 1) {
            session.waitingSince = made::ago(at);
            for (int other = std::max(1, at - 3); other < at; ++other)
                session.blockers.push_back(other);
        }
        waits.sessions.push_back(session);
        domain::OwnSession own;
        own.pid = at;
        own.application = "batchscope/monitor";
        footprint.sessions.push_back(own);
        domain::WorkMessage message;
        message.id = at;
        message.queue = "thumbnails";
        message.state = "ready";
        message.enqueuedAt = made::ago(at);
        messages.rows.push_back(message);
        domain::Barrier barrier;
        barrier.execution = "run-" + number;
        barrier.progressAt = barrier.createdAt = barrier.expiresAt = made::ago(at);
        barriers.rows.push_back(barrier);
        store::JournalRecord record;
        record.number = at;
        record.action = u"send"_s;
        inside.records.records.push_back(record);
    }
    groups.lookedAt = rows;
    inside.retries = retries;
    inside.letters = letters;
    inside.groups = groups;
    inside.detail = detail;
    inside.found = found;
    inside.waits = waits;
    inside.footprint = footprint;
    inside.workMessages = messages;
    inside.barriers = barriers;
    inside.pages = eventsOf(rows);
}

} // namespace

class PageStatesTest : public QObject {
    Q_OBJECT

    QDir m_folder{QStringLiteral(TEST_PICTURES)};
    std::unique_ptr<desk::Desk> m_desk;
    std::unique_ptr<ui::MainWindow> m_window;

    desk::DeskPrivate& inside() { return desk::DeskPrivate::of(*m_desk); }

    QWidget* page() const {
        for (ui::Page* page : m_window->findChildren<ui::Page*>()) {
            if (page->objectName() == m_window->currentPage())
                return page;
        }
        return nullptr;
    }

    /// Each picture is taken as its own name says, at the narrowest size that has to do.
    void open(const QString& name) {
        m_window = std::make_unique<ui::MainWindow>(m_desk.get(), ui::WindowOptions{{}, name, {}});
        m_window->resize(1280, 800);
        m_window->show();
        for (int round = 0; round < 4; ++round) {
            if (m_desk->snapshot())
                feed(*m_desk, m_desk->snapshot());
            QCoreApplication::processEvents();
        }
        QVERIFY2(page() && page()->isVisible(), "the page does not stand in the window");
        QVERIFY(m_window->picture(m_window->size()).save(
            m_folder.filePath(QString::fromLatin1(QTest::currentTestFunction()) + u'-' + name + u".png"_s)));
    }

    static void eachPage() {
        QTest::addColumn<QString>("name");
        for (const QString& name : ui::MainWindow::pageNames())
            QTest::newRow(qPrintable(name)) << name;
    }

private Q_SLOTS:

    void initTestCase() {
        QVERIFY(m_folder.mkpath(u"."_s));
        m_folder.setPath(m_folder.absolutePath());
    }

    void init() {
        QTest::failOnWarning(QRegularExpression(u"^(?!This plugin does not support propagateSizeHints)"_s));
        m_desk = shopDesk();
        inside().payload = [](std::int64_t) {
            return links::Reply<std::optional<std::string>>(std::string("{}"));
        };
        const auto work = made::shopWork();
        inside().workInstalls = std::vector<domain::WorkInstall>{work->installs.front().sample.install};
        inside().work = work->installs.front().sample;
        inside().barriers = work->installs.front().barriers;
    }

    void cleanup() {
        m_window.reset();
        m_desk.reset();
    }

    void empty_data() { eachPage(); }

    void empty() {
        QFETCH(QString, name);
        inside().snapshot = made::many(0, 0);
        inside().diagnosis = {};
        inside().workInstalls = std::vector<domain::WorkInstall>();
        inside().pages = eventsOf(0);
        open(name);
        QCOMPARE(silentTables(page()), QStringList());
        QVERIFY(m_window->isReadyForPicture());
    }

    void beforeTheFirstSample_data() { eachPage(); }

    void beforeTheFirstSample() {
        QFETCH(QString, name);
        inside().snapshot.reset();
        inside().diagnosis = {};
        inside().status.state = desk::LinkState::Connecting;
        inside().silent = true;
        open(name);
        QCOMPARE(silentTables(page()), QStringList());
        QVERIFY(!m_window->isReadyForPicture());
    }

    void unanswered_data() { eachPage(); }

    void unanswered() {
        QFETCH(QString, name);
        inside().silent = true;
        open(name);
        QCOMPARE(silentTables(page()), QStringList());
        QCOMPARE(m_window->isReadyForPicture(), asksNothing(name));
    }

    void failing_data() { eachPage(); }

    /// What a page asks ends in a time-out: the page says so, with the state that tells one from another.
    void failing() {
        QFETCH(QString, name);
        inside().refusal = failure("57014", "canceling statement due to statement timeout");
        open(name);
        QCOMPARE(silentTables(page()), QStringList());
        QVERIFY(m_window->isReadyForPicture());
        if (asksNothing(name))
            return;
        const QString text = pageText(page());
        QVERIFY2(text.contains(u"statement timeout"_s) && text.contains(u"57014"_s), qPrintable(text));
    }

    void withoutRight_data() { eachPage(); }

    void withoutRight() {
        QFETCH(QString, name);
        inside().refusal = failure("42501", "permission denied for table event_1");
        open(name);
        QCOMPARE(silentTables(page()), QStringList());
        if (asksNothing(name))
            return;
        const QString text = pageText(page());
        QVERIFY2(text.contains(u"permission denied"_s) && text.contains(u"42501"_s), qPrintable(text));
    }

    void withoutRightToAnything_data() { eachPage(); }

    /// A role that may not even look at the queues.
    void withoutRightToAnything() {
        QFETCH(QString, name);
        auto forbidden = made::many(0, 0);
        forbidden->capabilities.schemaUsable = false;
        forbidden->errors.push_back({"queues", failure("42501", "permission denied for schema pgque")});
        inside().snapshot = forbidden;
        inside().diagnosis = {};
        inside().refusal = failure("42501", "permission denied for schema pgque");
        open(name);
        QCOMPARE(silentTables(page()), QStringList());
        if (name == "overview"_L1 || name == "consumers"_L1 || name == "inflight"_L1 || name == "queue"_L1) {
            const QString text = pageText(page());
            QVERIFY2(text.contains(u"may not"_s) || text.contains(u"permission denied"_s), qPrintable(text));
        }
    }

    void lost_data() { eachPage(); }

    void lost() {
        QFETCH(QString, name);
        inside().status.state = desk::LinkState::Lost;
        inside().status.failure = failure("57P01", "terminating connection due to administrator command");
        inside().status.failure.kind = pg::ErrorKind::ConnectionLost;
        open(name);
        QVERIFY(m_window->findChild<ui::Banner*>()->isVisible());
        QVERIFY(m_window->findChild<ui::Banner*>()->explanation().contains(u"administrator command"_s));
        if (name == "journal"_L1 || name == "settings"_L1)
            return; // a file of this machine is as new as ever
        for (const ui::TableController* table : page()->findChildren<ui::TableController*>())
            QVERIFY2(table->isStale(), qPrintable(table->name()));
    }

    void aThousandRows_data() { eachPage(); }

    void aThousandRows() {
        QFETCH(QString, name);
        inside().snapshot = thousand();
        inside().diagnosis = {};
        fill(inside());
        open(name);
        QCOMPARE(silentTables(page()), QStringList());
        QVERIFY(m_window->isReadyForPicture());
        int most = 0;
        for (const auto* view : page()->findChildren<QAbstractItemView*>()) {
            if (view->isVisible() && view->model())
                most = std::max(most, view->model()->rowCount());
            if (const auto* table = qobject_cast<const QTableView*>(view); table && table->isVisible())
                QVERIFY2(table->horizontalScrollBar()->maximum() == 0, qPrintable(table->objectName()));
        }
        const bool lists = name != "settings"_L1 && name != "step"_L1 && name != "schema"_L1 &&
                           name != "history"_L1 && name != "timeline"_L1;
        QVERIFY2(!lists || most >= 200, qPrintable(u"%1 rows at most"_s.arg(most)));
        // The next sample leaves the reader where she is.
        QAbstractItemView* view = nullptr;
        for (auto* one : page()->findChildren<QAbstractItemView*>()) {
            if (one->isVisible() && one->model() && one->model()->rowCount() == most)
                view = one;
        }
        if (!lists || !view)
            return;
        view->setCurrentIndex(view->model()->index(most / 2, 0));
        const QString chosen = view->currentIndex().data(models::KeyRole).toString();
        auto next = std::make_shared<domain::Snapshot>(*inside().snapshot);
        next->takenAt += std::chrono::seconds(1);
        feed(*m_desk, next);
        QCOMPARE(view->currentIndex().data(models::KeyRole).toString(), chosen);
    }
};

QTEST_MAIN(PageStatesTest)
#include "tst_pagestates.moc"
