// SPDX-License-Identifier: GPL-3.0-or-later
// What is chosen: stays what it is, never becomes a neighbour by itself, and is found when it is asked for by name.
#include "models/madesnapshots.h"
#include "ui/fakedesk.h"
#include "ui/mainwindow.h"
#include "ui/notice.h"
#include "ui/page.h"
#include "ui/queuechooser.h"

#include <QAbstractButton>
#include <QComboBox>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QTableView>
#include <QTest>
#include <QTimer>
#include <QTreeView>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class TestChoosing : public QObject {
    Q_OBJECT

    std::unique_ptr<desk::Desk> m_desk;
    std::unique_ptr<ui::MainWindow> m_window;

    desk::DeskPrivate& inside() { return desk::DeskPrivate::of(*m_desk); }

    void open(const QString& page, const QString& subject = {}) {
        ui::WindowOptions options;
        options.page = page;
        options.subject = subject;
        m_window = std::make_unique<ui::MainWindow>(m_desk.get(), options);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        QTRY_VERIFY(m_window->isReadyForPicture());
    }

    ui::Page* page(const QString& name) { return m_window->findChild<ui::Page*>(name); }

    template <class T>
    T* on(const QString& page, const QString& name) {
        T* found = this->page(page)->findChild<T*>(name);
        if (!found)
            qFatal("no %s", qPrintable(name));
        return found;
    }

    static QString notice(const QAbstractItemView* view) {
        const auto* found = view->viewport()->findChild<ui::Notice*>();
        return found && found->isVisible() ? found->title() : QString();
    }

    static int rowOf(const QAbstractItemView* view, const QString& text) {
        for (int row = 0; row < view->model()->rowCount(); ++row) {
            if (view->model()->index(row, 0).data().toString() == text)
                return row;
        }
        return -1;
    }

    /// The shop with the batch acknowledged.
    std::shared_ptr<domain::Snapshot> without(std::int64_t batch) {
        auto later = std::make_shared<domain::Snapshot>(*inside().snapshot);
        later->takenAt += 1s;
        for (domain::Subscription& subscription : later->subscriptions) {
            if (subscription.batch == batch)
                subscription.batch.reset();
        }
        return later;
    }

    std::shared_ptr<domain::Snapshot> aSecondLater() {
        auto later = std::make_shared<domain::Snapshot>(*inside().snapshot);
        later->takenAt += 1s;
        return later;
    }

private Q_SLOTS:

    void init() { m_desk = shopDesk(); }

    void cleanup() {
        m_window.reset();
        m_desk.reset();
    }

    void noNeighbourTakesThePlaceOfARowThatGoes() {
        open(u"overview"_s);
        auto* queues = on<QTableView>(u"overview"_s, u"queues"_s);
        queues->selectRow(rowOf(queues, u"orders"_s));
        QCOMPARE(page(u"overview"_s)->subject().request.queue, std::string("orders"));
        auto later = aSecondLater();
        std::erase_if(later->queues, [](const domain::Queue& queue) { return queue.name == "orders"; });
        later->buildIndex();
        feed(*m_desk, later);
        QVERIFY(!queues->currentIndex().isValid());
        QVERIFY(!queues->selectionModel()->hasSelection());
        QCOMPARE(int(page(u"overview"_s)->subject().kind), int(operate::SubjectKind::None));
        // Another choice is the subject again.
        queues->selectRow(0);
        QVERIFY(!page(u"overview"_s)->subject().request.queue.empty());
    }

    void whatIsFilteredAwayIsNoSubject() {
        open(u"overview"_s);
        auto* queues = on<QTableView>(u"overview"_s, u"queues"_s);
        queues->selectRow(rowOf(queues, u"orders"_s));
        on<QLineEdit>(u"overview"_s, u"filter"_s)->setText(u"audit"_s);
        QTRY_COMPARE(queues->model()->rowCount(), 1);
        QVERIFY(!queues->currentIndex().isValid());
        QVERIFY(page(u"overview"_s)->subject().request.queue.empty());
    }

    void onlyASelectedRowIsTheSubject() {
        open(u"overview"_s);
        auto* queues = on<QTableView>(u"overview"_s, u"queues"_s);
        const QModelIndex cell = queues->model()->index(2, 0);
        QTest::mouseClick(queues->viewport(), Qt::LeftButton, {}, queues->visualRect(cell).center());
        QCOMPARE(page(u"overview"_s)->subject().request.queue, cell.data().toString().toStdString());
        QTest::mouseClick(queues->viewport(), Qt::LeftButton, Qt::ControlModifier, queues->visualRect(cell).center());
        QVERIFY(!queues->selectionModel()->hasSelection());
        QVERIFY(page(u"overview"_s)->subject().request.queue.empty());
    }

    void aBatchThatEndedIsNotReplaced() {
        open(u"inflight"_s, u"8123"_s);
        auto* batches = on<QTableView>(u"inflight"_s, u"batches"_s);
        auto* events = on<QTableView>(u"inflight"_s, u"events"_s);
        QCOMPARE(page(u"inflight"_s)->subject().request.batch, std::optional<std::int64_t>(8123));
        QTRY_VERIFY(events->model()->rowCount() > 0);
        feed(*m_desk, without(8123));
        QVERIFY(batches->model()->rowCount() > 0);
        QVERIFY(!batches->selectionModel()->hasSelection());
        QCOMPARE(int(page(u"inflight"_s)->subject().kind), int(operate::SubjectKind::None));
        QCOMPARE(events->model()->rowCount(), 0);
        QVERIFY2(notice(events).startsWith(u"Batch 8123 ended"_s), qPrintable(notice(events)));
        feed(*m_desk, aSecondLater());
        QVERIFY(!batches->selectionModel()->hasSelection());
        QVERIFY2(notice(events).startsWith(u"Batch 8123 ended"_s), qPrintable(notice(events)));
        batches->selectRow(0);
        QVERIFY(page(u"inflight"_s)->subject().request.batch.has_value());
        QTRY_VERIFY(events->model()->rowCount() > 0);
    }

    void aBatchThatIsNotOpenIsSaidToBe() {
        open(u"inflight"_s);
        auto* batches = on<QTableView>(u"inflight"_s, u"batches"_s);
        auto* events = on<QTableView>(u"inflight"_s, u"events"_s);
        QVERIFY(batches->selectionModel()->hasSelection());
        m_window->showPage(u"inflight"_s, u"999"_s);
        for (int round = 0; round < 2; ++round) {
            QVERIFY(!batches->selectionModel()->hasSelection());
            QCOMPARE(notice(events), u"Batch 999 is not open."_s);
            feed(*m_desk, aSecondLater());
        }
        m_window->showPage(u"inflight"_s, u"8123"_s);
        QCOMPARE(page(u"inflight"_s)->subject().request.batch, std::optional<std::int64_t>(8123));
    }

    void aLockFindingIsFoundAtTheFirstVisit() {
        domain::LockWaits waits;
        waits.takenAt = made::now;
        waits.sessions.resize(2);
        waits.sessions[0].pid = 5;
        waits.sessions[1].pid = 6;
        waits.sessions[1].blockers = {5};
        waits.sessions[1].waitsFor = "row of billing on orders";
        inside().waits = waits;
        open(u"locks"_s, u"6"_s);
        QTRY_COMPARE(page(u"locks"_s)->subject().request.arguments["pid"], std::string("6"));
    }

    void anOpenListOfBatchesIsLeftAlone() {
        open(u"batch"_s);
        auto* chooser = on<QComboBox>(u"batch"_s, u"batchChooser"_s);
        QVERIFY(chooser->count() > 2);
        chooser->showPopup();
        QAbstractItemView* list = chooser->view();
        QTRY_VERIFY(list->isVisible());
        list->setCurrentIndex(list->model()->index(1, 0));
        const QString token = chooser->itemData(1).toString();
        const std::int64_t gone = chooser->itemData(2).toLongLong();
        feed(*m_desk, without(gone));
        QVERIFY(list->isVisible());
        QCOMPARE(list->currentIndex().row(), 1);
        QTest::keyClick(list, Qt::Key_Return);
        QCOMPARE(chooser->currentData().toString(), token);
        QCOMPARE(page(u"batch"_s)->subject().request.batch, std::optional<std::int64_t>(token.toLongLong()));
        feed(*m_desk, aSecondLater());
        QVERIFY(chooser->findData(QString::number(gone)) < 0);
    }

    void anotherQueueBeginsEmpty() {
        domain::RetryPage retries;
        retries.takenAt = made::now;
        retries.outlook = domain::RetryOutlook{1, 1, 0, 0, 0, 1, false};
        retries.rows.resize(1);
        retries.rows[0].eventId = 10;
        retries.rows[0].queue = "orders";
        inside().retries = retries;
        domain::DeadPage letters;
        letters.takenAt = made::now;
        letters.rows.resize(1);
        letters.rows[0].id = 7;
        letters.rows[0].queue = "orders";
        inside().letters = letters;
        domain::DeadGroups groups;
        groups.groups.push_back({1, "orders", "order.paid", "boom", 12, made::now, made::now});
        groups.lookedAt = 12;
        inside().groups = groups;
        for (const auto& [name, tables] : {std::pair(u"retry"_s, QStringList({u"retries"_s})),
                                           std::pair(u"dead"_s, QStringList({u"deadGroups"_s, u"deadLetters"_s}))}) {
            inside().silent = false;
            open(name);
            inside().silent = true;
            for (const QString& table : tables)
                QTRY_COMPARE(on<QTableView>(name, table)->model()->rowCount(), 1);
            on<ui::QueueChooser>(name, u"queueChooser"_s)->choose(u"audit"_s);
            for (const QString& table : tables) {
                const auto* view = on<QTableView>(name, table);
                QCOMPARE(view->model()->rowCount(), 0);
                QCOMPARE(notice(view), u"Asking…"_s);
            }
        }
        // The actions on a queue are about the one that stands above.
        inside().predicted.clear();
        on<QAbstractButton>(u"dead"_s, u"action.purge_dead_letters"_s)->click();
        QTRY_VERIFY(!inside().predicted.empty());
        QCOMPARE(inside().predicted.back().queue, std::string("audit"));
    }

    void aCauseWithoutATypeIsNotEveryType() {
        domain::DeadGroups groups;
        groups.groups.push_back({1, "orders", std::nullopt, "boom", 12, made::now, made::now});
        groups.groups.push_back({1, "orders", "order.paid", "boom", 3, made::now, made::now});
        groups.lookedAt = 15;
        inside().groups = groups;
        open(u"dead"_s);
        auto* causes = on<QTableView>(u"dead"_s, u"deadGroups"_s);
        auto* purge = on<QAbstractButton>(u"dead"_s, u"action.purge_dead_letters"_s);
        causes->selectRow(0);
        QTRY_VERIFY(purge->property("unavailable").toBool());
        QVERIFY2(purge->accessibleDescription().contains(u"no type"_s), qPrintable(purge->accessibleDescription()));
        purge->click();
        QVERIFY(m_window->findChild<QDialog*>());
        QVERIFY(inside().predicted.empty());
        m_window->findChild<QDialog*>()->reject();
        causes->selectRow(1);
        QTRY_VERIFY(!purge->property("unavailable").toBool());
    }

    void whatNobodyWaitsForIsNotAsked() {
        inside().pages = [](const std::optional<domain::EventPosition>& from, int limit) {
            auto reply = eventsOf(20)(from, limit);
            for (domain::EventRow& row : std::get<domain::EventPage>(reply).rows)
                row.dataBytes += 100'000;
            return reply;
        };
        inside().found = inside().pages({}, 20);
        for (const QString& name : {u"messages"_s, u"inflight"_s}) {
            inside().silent = false;
            open(name);
            auto* events = on<QTableView>(name, name == "messages"_L1 ? u"storedEvents"_s : u"events"_s);
            QTRY_VERIFY(events->model()->rowCount() > 5);
            inside().silent = true;
            inside().held.clear();
            events->selectRow(2);
            const std::size_t each = inside().held.size();
            QVERIFY(each > 0);
            events->selectRow(3);
            events->selectRow(4);
            QCOMPARE(inside().held.size(), 3 * each);
            for (std::size_t at = 0; at < inside().held.size(); ++at)
                QCOMPARE(inside().held[at].isCanceled(), at < 2 * each);
            events->clearSelection();
            events->setCurrentIndex({});
            for (const QFuture<void>& question : inside().held)
                QVERIFY(question.isCanceled());
        }
    }

    void anotherSearchShowsNoOldEvent() {
        inside().found = eventsOf(20)({}, 20);
        open(u"messages"_s);
        auto* remark = on<QLabel>(u"messages"_s, u"payloadRemark"_s);
        auto* messages = on<QTableView>(u"messages"_s, u"storedEvents"_s);
        QTRY_VERIFY(messages->model()->rowCount() > 0);
        QVERIFY(!remark->isVisible());
        inside().found = domain::EventPage{};
        auto* queue = on<ui::QueueChooser>(u"messages"_s, u"queueChooser"_s);
        queue->choose(queue->queue() == "audit"_L1 ? u"orders"_s : u"audit"_s);
        feed(*m_desk, aSecondLater());
        QTRY_COMPARE(notice(messages), u"No event is stored"_s);
        QVERIFY(remark->text().startsWith(u"Choose an event"_s));
        QCOMPARE(on<QTableView>(u"messages"_s, u"reach"_s)->model()->rowCount(), 0);
    }

    void aPageBeginsWithTheMostSevere() {
        auto worst = made::shopFindings();
        std::swap(worst.findings[0], worst.findings[1]);
        inside().diagnosis = worst;
        open(u"queue"_s);
        auto* chooser = on<ui::QueueChooser>(u"queue"_s, u"queueChooser"_s);
        QCOMPARE(chooser->queue(), u"audit"_s);
        inside().diagnosis = made::shopFindings();
        open(u"queue"_s);
        chooser = on<ui::QueueChooser>(u"queue"_s, u"queueChooser"_s);
        QCOMPARE(chooser->queue(), u"orders"_s);
        // What somebody chose stays when she comes back.
        chooser->choose(u"emails"_s);
        QCOMPARE(chooser->queue(), u"emails"_s);
        m_window->showPage(u"batch"_s);
        QCOMPARE(page(u"batch"_s)->subject().request.batch, std::optional<std::int64_t>(8123));
        m_window->showPage(u"queue"_s);
        QCOMPARE(chooser->queue(), u"emails"_s);
        // And what was asked for is not put aside.
        open(u"queue"_s, u"emails"_s);
        QCOMPARE(on<ui::QueueChooser>(u"queue"_s, u"queueChooser"_s)->queue(), u"emails"_s);
    }

    void aRowsMenuLeadsToColumnsAndToTheWholeTable() {
        open(u"inflight"_s);
        auto* events = on<QTableView>(u"inflight"_s, u"events"_s);
        QTRY_VERIFY(events->model()->rowCount() > 0);
        QStringList menus;
        QTimer::singleShot(0, this, [&menus] {
            auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
            if (!menu)
                return;
            for (const QAction* action : menu->actions()) {
                if (action->menu())
                    menus += action->text();
            }
            menu->close();
        });
        Q_EMIT events->customContextMenuRequested(QPoint(20, 20));
        QCOMPARE(menus, QStringList({u"Columns"_s, u"Copy table"_s}));
    }
};

QTEST_MAIN(TestChoosing)
#include "tst_choosing.moc"
