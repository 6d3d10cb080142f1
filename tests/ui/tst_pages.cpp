// SPDX-License-Identifier: GPL-3.0-or-later
// The pages that ask for themselves: filled, empty, refused, and what can be done from them.
#include "models/barriermodels.h"
#include "models/madesnapshots.h"
#include "models/masking.h"
#include "models/tabletext.h"
#include "models/workmodels.h"
#include "ui/ask.h"
#include "ui/batchmatrix.h"
#include "ui/deadinterval.h"
#include "ui/deadintervalbox.h"
#include "ui/factslist.h"
#include "ui/fakedesk.h"
#include "ui/mainwindow.h"
#include "ui/notice.h"
#include "ui/page.h"
#include "ui/words.h"

#include <QAbstractButton>
#include <QCheckBox>
#include <QComboBox>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QSettings>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

pg::Failure refusal() {
    pg::Failure failure;
    failure.kind = pg::ErrorKind::Server;
    failure.diagnostics.sqlState = "42501";
    failure.diagnostics.message = "permission denied for table retry_queue";
    return failure;
}

} // namespace

class TestPages : public QObject {
    Q_OBJECT

    std::unique_ptr<desk::Desk> m_desk;
    std::unique_ptr<ui::MainWindow> m_window;

    desk::DeskPrivate& inside() { return desk::DeskPrivate::of(*m_desk); }

    void open(const QString& page) {
        m_window = std::make_unique<ui::MainWindow>(m_desk.get(), ui::WindowOptions{{}, page, {}});
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        QTRY_VERIFY(m_window->isReadyForPicture());
    }

    template <class T>
    T* find(const QString& name) {
        T* found = m_window->findChild<T*>(name);
        if (!found)
            qFatal("no %s", qPrintable(name));
        return found;
    }

    /// What stands over a table without rows.
    QString notice(const QString& view) {
        const auto* found = find<QTableView>(view)->viewport()->findChild<ui::Notice*>();
        return found && found->isVisible() ? found->title() : QString();
    }

    QStringList column(const QString& view, int column) {
        const QAbstractItemModel* model = find<QTableView>(view)->model();
        QStringList texts;
        for (int row = 0; row < model->rowCount(); ++row)
            texts += model->index(row, column).data().toString();
        return texts;
    }

    /// What stands on a page beside its tables: labels, and the notes of its cards.
    QString wordsOn(const QString& page) {
        QStringList words;
        for (const auto* widget : find<QWidget>(page)->findChildren<QWidget*>()) {
            if (const auto* label = qobject_cast<const QLabel*>(widget))
                words += label->text();
            words += widget->accessibleName();
        }
        return words.join(u'\n');
    }

private Q_SLOTS:

    void init() {
        m_desk = shopDesk();
    }

    void cleanup() {
        m_window.reset();
        m_desk.reset();
    }

    void retries() {
        open(u"retry"_s);
        QCOMPARE(notice(u"retries"_s), u"Nothing waits to come again"_s);
        domain::RetryPage page;
        page.takenAt = made::now;
        page.outlook = domain::RetryOutlook{1, 1, 0, 0, 0, 1, false};
        for (int i = 0; i < 2; ++i) {
            domain::Retry retry;
            retry.eventId = 10 + i;
            retry.queue = "orders";
            retry.consumer = "billing";
            retry.dueAt = made::now + i * 30s - 5s;
            retry.attempts = 5;
            page.rows.push_back(retry);
        }
        inside().retries = page;
        open(u"retry"_s);
        QTRY_COMPARE(column(u"retries"_s, 0), QStringList({u"10"_s, u"11"_s}));
        QVERIFY(!find<QAbstractButton>(u"nextPage"_s)->isEnabled());
        // What is due stands against what is moved back.
        const auto* drain = find<QLabel>(u"drain"_s);
        QVERIFY(!drain->isVisible());
        auto busy = std::make_shared<domain::Snapshot>(*inside().snapshot);
        busy->queues[0].retryDue = domain::Count{120, false, made::now};
        busy->queues[0].oldestRetryDue = made::now - 60s;
        inside().retryTrend = monitor::RetryTrend{true, -1};
        feed(*m_desk, busy);
        QVERIFY(drain->isVisible());
        QVERIFY2(drain->text().contains(u"≈ 4.0 a second"_s), qPrintable(drain->text()));
        // Cancelling is about the row that was seen, due when it was seen to be.
        find<QWidget>(u"retry"_s)->findChild<QAbstractButton*>(u"action.cancel_retry"_s)->click();
        QTRY_VERIFY(!inside().predicted.empty());
        QCOMPARE(inside().predicted.back().arguments.at("event"), std::string("10"));
        QCOMPARE(
            inside().predicted.back().arguments.at("due"),
            std::to_string(
                std::chrono::duration_cast<std::chrono::microseconds>(page.rows[0].dueAt.time_since_epoch()).count()));
        // Nobody takes it for the button that cancels.
        const QString title = m_window->findChild<QDialog*>()->findChild<QLabel*>(u"actionTitle"_s)->text();
        QVERIFY2(title.startsWith(u"Delete the retry · "_s), qPrintable(title));
        m_window->findChild<QDialog*>()->reject();
        inside().retries = refusal();
        open(u"retry"_s);
        QTRY_COMPARE(notice(u"retries"_s), u"The retries could not be read"_s);
    }

    void deadLetters() {
        domain::DeadPage page;
        page.takenAt = made::now;
        domain::DeadLetter letter;
        letter.id = 7;
        letter.eventId = 70;
        letter.queue = "orders";
        letter.reason = "boom";
        page.rows.push_back(letter);
        page.next = domain::DeadPosition{made::now, 7};
        inside().letters = page;
        domain::DeadGroups groups;
        groups.groups.push_back({1, "orders", "order.paid", "boom", 12, made::now, made::now});
        groups.lookedAt = 12;
        inside().groups = groups;
        open(u"dead"_s);
        QTRY_COMPARE(column(u"deadGroups"_s, 1), QStringList({u"12"_s}));
        QVERIFY(find<QWidget>(u"dead"_s)->findChild<QAbstractButton*>(u"nextPage"_s)->isEnabled());
        // What is chosen is what the action is about.
        find<QWidget>(u"dead"_s)->findChild<QAbstractButton*>(u"action.replay_selected_dead_letters"_s)->click();
        auto* dialog = m_window->findChild<QDialog*>();
        QVERIFY(dialog != nullptr);
        QTRY_VERIFY(!inside().predicted.empty());
        QCOMPARE(inside().predicted.back().arguments.at("dead_letters"), std::string("7"));
        QCOMPARE(inside().predicted.back().queue, std::string("orders"));
        dialog->reject();
        inside().letters = refusal();
        inside().groups = refusal();
        open(u"dead"_s);
        QTRY_COMPARE(notice(u"deadLetters"_s), u"The dead letters could not be read"_s);
        QCOMPARE(notice(u"deadGroups"_s), u"The dead letters could not be read"_s);
    }

    void aQueueIsOpenedFromTheOverview() {
        open(u"overview"_s);
        auto* view = find<QTableView>(u"queues"_s);
        view->setCurrentIndex(view->model()->index(2, 0));
        const QString name = view->currentIndex().data(models::SortRole).toString();
        QTest::keyClick(view, Qt::Key_Return);
        QTRY_COMPARE(m_window->currentPage(), u"queue"_s);
        QCOMPARE(find<QWidget>(u"queue"_s)->findChild<QComboBox*>(u"queueChooser"_s)->currentText(),
                 models::format::foreign(name, 60));
    }

    /// One for all pages.
    void aDeadIntervalIsTyped() {
        open(u"consumers"_s);
        auto* box = find<QWidget>(u"consumers"_s)->findChild<ui::DeadIntervalBox*>();
        QCOMPARE(box->currentText(), u"Dead interval 5 min"_s);
        const auto type = [box](const QString& text) {
            box->lineEdit()->selectAll();
            QTest::keyClicks(box->lineEdit(), text);
            QTest::keyClick(box->lineEdit(), Qt::Key_Return);
        };
        type(u"1 m 30 s"_s);
        QVERIFY(box->currentText().contains(models::format::age(90s)));
        type(u"soon"_s);
        QVERIFY(box->currentText().contains(models::format::age(90s))); // what can't be read gives way to what holds
        type(u"60"_s);
        QCOMPARE(box->currentText(), u"Dead interval 1 min"_s);
        QVERIFY(m_window->showPage(u"inflight"_s));
        const auto* another = find<QWidget>(u"inflight"_s)->findChild<ui::DeadIntervalBox*>();
        QVERIFY(another != box);
        QCOMPARE(another->currentText(), box->currentText());
        QVERIFY(m_window->showPage(u"batch"_s));
        QString all;
        for (const QLabel* label : find<QWidget>(u"batch"_s)->findChildren<QLabel*>())
            all += label->text() + u'\n';
        QVERIFY2(all.contains(u"dead interval of "_s + models::format::age(60s)), qPrintable(all));
        const QTemporaryDir folder;
        QSettings settings(folder.filePath(u"window.ini"_s), QSettings::IniFormat);
        ui::DeadInterval(&settings).set(90s);
        QVERIFY(ui::DeadInterval(&settings).value() == 90s);
    }

    /// Kept in UTC, told in the window's zone, as everything else; a copy of the table says UTC.
    void theJournalTellsTimesInTheZone() {
        store::JournalRecord record;
        record.number = 1;
        record.at = QDateTime::fromString(u"2026-11-20T13:53:41Z"_s, Qt::ISODate);
        record.action = u"retry_now"_s;
        record.summary = u"It is due at 13:54:00 UTC now."_s;
        inside().records.records = {record};
        open(u"journal"_s);
        auto* view = find<QTableView>(u"journalRecords"_s);
        const auto summary = [view](int role) {
            for (int column = 0; column < view->model()->columnCount(); ++column) {
                if (view->model()->headerData(column, Qt::Horizontal, models::ColumnIdRole) == u"summary"_s)
                    return view->model()->index(0, column).data(role).toString();
            }
            return QString();
        };
        QTRY_COMPARE(view->model()->rowCount(), 1);
        find<ui::Page>(u"journal"_s)->setZone(QTimeZone(5 * 3'600 + 1'800));
        QCOMPARE(summary(Qt::DisplayRole), u"It is due at 19:24:00 now."_s);
        QVERIFY2(wordsOn(u"journal"_s).contains(u"It is due at 19:24:00 now."_s), qPrintable(wordsOn(u"journal"_s)));
        QCOMPARE(summary(models::ValueRole), record.summary);
        find<ui::Page>(u"journal"_s)->setZone(QTimeZone::utc());
        QCOMPARE(summary(Qt::DisplayRole), u"It is due at 13:54:00 now."_s);
    }

    void anOwnersSession() {
        auto seen = std::make_shared<domain::Snapshot>(*inside().snapshot);
        auto activity = std::make_shared<domain::Activity>();
        activity->takenAt = seen->takenAt;
        const auto stuck = std::find_if(seen->subscriptions.begin(), seen->subscriptions.end(),
                                        [](const domain::Subscription& row) { return row.batch == 8123; });
        QVERIFY(stuck != seen->subscriptions.end());
        seen->activity = activity;
        const auto session = [&](std::vector<domain::OwnerSession> owners) {
            activity->owners = std::move(owners);
            feed(*m_desk, seen);
            QString all;
            for (const QLabel* label : find<QWidget>(u"owner"_s)->findChildren<QLabel*>())
                all += label->text() + u'\n';
            return all;
        };
        open(u"inflight"_s);
        m_window->showPage(u"inflight"_s, u"8123"_s);
        QVERIFY(session({}).contains(u"owner's session unknown"_s));
        domain::OwnerSession owner{stuck->queueId, stuck->consumerId, "billing.worker-3", {4711}, "idle",
                                   {},             made::now,         false};
        QVERIFY(session({owner}).contains(u"pid 4711"_s));
        owner.gone = true;
        QVERIFY(session({owner}).contains(u"gone: pid 4711"_s));
    }

    /// How old an answer is goes on while no sample comes, whatever the reason; at a recorded instant it stands still.
    void agesGoOn() {
        const auto answered = [](auto answer) {
            answer.takenAt = made::now;
            return answer;
        };
        inside().detail = answered(domain::QueueDetail());
        inside().waits = answered(domain::LockWaits());
        inside().footprint = answered(domain::Footprint());
        desk::SchemaReport report;
        report.inspection.takenAt = made::now;
        inside().report = report;
        domain::DeadPage letters = answered(domain::DeadPage());
        letters.rows.resize(1);
        inside().letters = letters;
        domain::EventPage events = answered(domain::EventPage());
        events.rows.resize(1);
        inside().found = events;
        inside().pages = [events](const auto&, int) { return links::Reply<domain::EventPage>(events); };
        for (const auto& [page, deed] : {std::pair(u"queue"_s, u"asked"_s), std::pair(u"locks"_s, u"asked"_s),
                                         std::pair(u"footprint"_s, u"asked"_s), std::pair(u"dead"_s, u"asked"_s),
                                         std::pair(u"schema"_s, u"inspected"_s), std::pair(u"messages"_s, u"read"_s),
                                         std::pair(u"batch"_s, u"read"_s), std::pair(u"inflight"_s, u"read"_s)}) {
            open(page);
            feed(*m_desk, inside().snapshot);
            QTRY_VERIFY2(saysAgo(wordsOn(page), deed, 0s), qPrintable(wordsOn(page)));
            letPass(*m_desk, 125s);
            QTRY_VERIFY2(saysAgo(wordsOn(page), deed, 125s), qPrintable(wordsOn(page)));
        }
        domain::Moment moment;
        moment.snapshot = inside().snapshot;
        moment.diagnosis = std::make_shared<domain::Diagnosis>();
        inside().past = moment;
        QCOMPARE(ui::words::agoIn(*m_desk, moment.snapshot->takenAt - 125s), models::format::age(125s));
    }

    /// A cause leads to its letters, whichever page they are on.
    void lettersOfACause() {
        domain::DeadPage page;
        page.takenAt = made::now;
        page.rows.resize(1);
        page.rows[0].id = 7;
        page.rows[0].queue = "orders";
        page.lookedAt = 4'711;
        inside().letters = page;
        domain::DeadGroups groups;
        groups.groups.push_back({1, "orders", "order.paid", "gateway said 502 for order #", 12, made::now, made::now});
        inside().groups = groups;
        open(u"dead"_s);
        QTRY_COMPARE(column(u"deadGroups"_s, 1), QStringList({u"12"_s}));
        auto* all = find<QAbstractButton>(u"allCauses"_s);
        QVERIFY(!all->isVisible() && !inside().cause);
        auto* view = find<QTableView>(u"deadGroups"_s);
        view->setFocus();
        QTest::keyClick(view, Qt::Key_Return);
        const domain::DeadCause cause{"order.paid", "gateway said 502 for order #"};
        QTRY_COMPARE(inside().cause, std::optional(cause));
        QVERIFY(all->isVisible());
        all->click();
        QTRY_VERIFY(!inside().cause);
        QVERIFY(!all->isVisible());
    }

    /// From the line of a consumer to the page of what keeps the event there.
    void whereConsumersHaveIt() {
        domain::EventPage found;
        found.rows.resize(1);
        found.rows[0].id = 123;
        found.rows[0].position = {0, "(0,1)"};
        inside().found = found;
        open(u"messages"_s);
        const std::int32_t queue =
            find<QWidget>(u"messages"_s)->findChild<QComboBox*>(u"queueChooser"_s)->currentData().toInt();
        domain::EventStory story;
        story.retries.emplace();
        story.deaths.emplace();
        for (const domain::Subscription& row : inside().snapshot->subscriptions)
            if (row.queueId == queue && row.role != domain::Role::CoopMember)
                story.retries->push_back({row.subId, made::now + 30s, 1});
        inside().story = story;
        find<QWidget>(u"messages"_s)->findChild<QAbstractButton*>(u"search"_s)->click();
        QTRY_VERIFY(!column(u"reach"_s, 1).isEmpty() && column(u"reach"_s, 1).front() == u"in retry"_s);
        QVERIFY2(column(u"reach"_s, 2).front().startsWith(u"due "_s), qPrintable(column(u"reach"_s, 2).front()));
        auto* view = find<QTableView>(u"reach"_s);
        view->setFocus();
        view->setCurrentIndex(view->model()->index(0, 0));
        QTest::keyClick(view, Qt::Key_Return);
        QTRY_VERIFY(find<QWidget>(u"retry"_s)->isVisible());
    }

    void aQueueFromNear() {
        domain::QueueDetail detail;
        detail.takenAt = made::now;
        detail.ticks = {{9, made::now - 1s, 40, 5, 6}, {8, made::now - 2s, 30, 4, 5}};
        detail.tables = {{0, "pgque.event_1_0", std::vector<std::int32_t>()},
                         {1, "pgque.event_1_1", std::vector<std::int32_t>{123}}};
        detail.tickBefore = domain::Tick{7, made::now - 3s, 20, 3, 4};
        inside().detail = detail;
        domain::QueueUpkeep upkeep;
        upkeep.bytes = {8'192, std::nullopt};
        upkeep.takenAt = made::now - 12s;
        inside().upkeep = upkeep;
        open(u"queue"_s);
        QTRY_COMPARE(column(u"ticks"_s, 0), QStringList({u"9"_s, u"8"_s}));
        QCOMPARE(column(u"eventTables"_s, 0).size(), 2);
        QVERIFY(column(u"gates"_s, 1).size() >= 4);
        // The drawn ring says in words what it shows.
        QVERIFY(find<QWidget>(u"ring"_s)->accessibleDescription().contains(u"table 0, current"));
        // Sizes have a beat of their own; another page of ticks is another question about ticks alone.
        const int sizesAsked = inside().upkeepAsked;
        find<QWidget>(u"queue"_s)->findChild<QAbstractButton*>(u"nextPage"_s)->click();
        QTRY_COMPARE(inside().ticksAsked.back(), std::optional<std::int64_t>(7));
        find<QWidget>(u"queue"_s)->findChild<QAbstractButton*>(u"previousPage"_s)->click();
        QTRY_COMPARE(inside().ticksAsked.back(), std::optional<std::int64_t>());
        QCOMPARE(inside().upkeepAsked, sizesAsked);
        const auto* chooser = find<QWidget>(u"queue"_s)->findChild<QComboBox*>(u"queueChooser"_s);
        QCOMPARE(chooser->count(), int(inside().snapshot->queues.size()));
        m_window->showPage(u"queue"_s, QString::fromStdString(inside().snapshot->queues.back().name));
        QCOMPARE(chooser->currentIndex(), chooser->count() - 1);
        QTRY_COMPARE(column(u"ticks"_s, 0).size(), 2);
        // How old what was asked beside the sample is.
        auto later = std::make_shared<domain::Snapshot>(*inside().snapshot);
        later->takenAt = made::now + 7s;
        feed(*m_desk, later);
        QVERIFY2(saysAgo(wordsOn(u"queue"_s), u"asked"_s, 7s), qPrintable(wordsOn(u"queue"_s)));
        // Of the queue before nothing stands under the name of the next.
        inside().silent = true;
        m_window->showPage(u"queue"_s, QString::fromStdString(inside().snapshot->queues.front().name));
        QCOMPARE(notice(u"ticks"_s), u"Asking…"_s);
        QVERIFY(column(u"ticks"_s, 0).isEmpty() && column(u"eventTables"_s, 0).isEmpty());
        QVERIFY(!find<QWidget>(u"ring"_s)->accessibleDescription().contains(u"table 0"));
        QVERIFY(!wordsOn(u"queue"_s).contains(u"the newest 2"_s));
        inside().silent = false;
        inside().detail = refusal();
        open(u"queue"_s);
        QTRY_COMPARE(notice(u"ticks"_s), u"It could not be read"_s);
        auto empty = std::make_shared<domain::Snapshot>(*inside().snapshot);
        empty->queues.clear();
        empty->subscriptions.clear();
        empty->buildIndex();
        feed(*m_desk, empty);
        QCOMPARE(notice(u"ticks"_s), u"There is no queue yet"_s);
    }

    /// A fact that wraps has room for all its lines, whatever other widths were asked about before.
    void factsAreNotCut() {
        ui::FactsList facts;
        facts.set(u"Who ticks"_s,
                  u"no job is set up: somebody calls pgque.ticker(); the last two ticks lie 1.0 s apart; "
                  u"last maintenance 1.2 s ago"_s);
        facts.set(u"Switches"_s, u"none set"_s);
        facts.set(u"Stored as"_s, u"pgque.event_3_0 … 2, events numbered by pgque.event_3_id_seq"_s);
        const auto cut = [&facts] {
            QStringList found;
            for (const QLabel* label : facts.findChildren<QLabel*>())
                if (label->height() < label->heightForWidth(label->width()))
                    found += label->text();
            return found;
        };
        facts.show();
        for (const int width : {700, facts.sizeHint().width(), 330, facts.sizeHint().width(), 200}) {
            const int height = facts.heightForWidth(width);
            facts.heightForWidth(2 * width);
            facts.resize(width, height);
            QCoreApplication::sendPostedEvents();
            QCOMPARE(facts.size(), QSize(width, height));
            QCOMPARE(cut(), QStringList());
        }
        facts.set(u"Switches"_s, u"ticker paused, external ticker, inserting disabled and a few more besides"_s);
        facts.resize(330, facts.heightForWidth(330));
        QCoreApplication::sendPostedEvents();
        QCOMPARE(cut(), QStringList());
    }

    void messagesAreSearched() {
        open(u"messages"_s);
        QTRY_COMPARE(notice(u"storedEvents"_s), u"No event is stored"_s);
        QVERIFY(inside().searched.back().isEmpty());
        auto* page = find<QWidget>(u"messages"_s);
        page->findChild<QLineEdit*>(u"filter"_s)->setText(u"order 90214"_s);
        page->findChild<QLineEdit*>(u"searchType"_s)->setText(u"order.paid"_s);
        auto* id = page->findChild<QLineEdit*>(u"searchId"_s);
        QTest::keyClicks(id, u"12x3"_s); // digits only
        QTest::keyClick(id, Qt::Key_Return);
        QTRY_COMPARE(inside().searched.back().text, std::string("order 90214"));
        QCOMPARE(inside().searched.back().type, std::string("order.paid"));
        QCOMPARE(inside().searched.back().id.value(), 123);
        QTRY_COMPARE(notice(u"storedEvents"_s), u"Nothing found"_s);

        domain::EventPage found;
        domain::EventRow event;
        event.id = 123;
        event.position = {0, "(0,1)"};
        event.time = made::now;
        event.data = "x";
        event.dataBytes = 1;
        found.rows.push_back(event);
        inside().found = found;
        page->findChild<QAbstractButton*>(u"search"_s)->click();
        QTRY_COMPARE(column(u"storedEvents"_s, 1), QStringList({u"123"_s}));
        // No tick sees it: everybody waits.
        QTRY_VERIFY(!column(u"reach"_s, 0).isEmpty());
        for (const QString& state : column(u"reach"_s, 1))
            QCOMPARE(state, u"before it"_s);
        // Its way is not asked for with every sample: one at a time, with a pause between.
        const int asked = inside().stories;
        for (int i = 0; i < 5; ++i)
            feed(*m_desk, inside().snapshot);
        QCoreApplication::processEvents();
        QCOMPARE(inside().stories, asked);
        // Whether a tick has seen it stands beside it, and can be asked for.
        event.sent = false;
        found.rows = {event};
        inside().found = found;
        page->findChild<QCheckBox*>(u"waitingOnly"_s)->setChecked(true);
        page->findChild<QAbstractButton*>(u"search"_s)->click();
        QTRY_VERIFY(inside().searched.back().waitingOnly);
        QTRY_COMPARE(column(u"storedEvents"_s, 2), QStringList({u"waiting"_s}));
        // By id, and what that is bounded by is said.
        domain::EventPage many = found;
        many.rows.push_back(event);
        many.rows[0].id = 124;
        many.rows[0].position = {0, "(0,2)"};
        many.next = domain::EventPosition{0, "(9,9)"};
        inside().found = many;
        page->findChild<QAbstractButton*>(u"orderById"_s)->click();
        QTRY_COMPARE(column(u"storedEvents"_s, 1), QStringList({u"123"_s, u"124"_s}));
        QCOMPARE(inside().sortedById, 1);
        auto* remark = page->findChild<QLabel*>(u"searchRemark"_s);
        QVERIFY2(remark->text().contains(u"ordered by id: only of what was read"_s), qPrintable(remark->text()));
        page->findChild<QAbstractButton*>(u"orderById"_s)->click();
        QTRY_VERIFY(!remark->text().contains(u"ordered by id"_s));
        inside().found = refusal();
        page->findChild<QAbstractButton*>(u"search"_s)->click();
        QTRY_COMPARE(notice(u"storedEvents"_s), u"The events could not be read"_s);
    }

    void locksAndFootprint() {
        open(u"locks"_s);
        QTRY_COMPARE(notice(u"lockWaits"_s), u"Nobody waits for a lock"_s);
        domain::LockWaits waits;
        waits.takenAt = made::now;
        waits.sessions.resize(2);
        waits.sessions[0].pid = 5;
        waits.sessions[0].user = "app_worker";
        waits.sessions[0].started = made::now - 60s;
        waits.sessions[1].pid = 6;
        waits.sessions[1].blockers = {5};
        waits.sessions[1].waitingSince = made::now - 3s;
        waits.sessions[1].waitsFor = "row of billing on orders";
        waits.more = true;
        inside().waits = waits;
        open(u"locks"_s);
        QTRY_COMPARE(column(u"lockWaits"_s, 0).size(), 2);
        QVERIFY2(wordsOn(u"locks"_s).contains(u"only the first 2 sessions are shown"), qPrintable(wordsOn(u"locks"_s)));
        // Nobody knows whether they still wait: it is told how old the answer is, and it does not grow.
        const auto allCells = [this] {
            QStringList cells;
            const QAbstractItemModel* model = find<QTableView>(u"lockWaits"_s)->model();
            for (int i = 0; i < model->columnCount(); ++i)
                cells += column(u"lockWaits"_s, i);
            return cells;
        };
        const QStringList asAnswered = allCells();
        QVERIFY(asAnswered.contains(models::format::age(3s)));
        auto later = std::make_shared<domain::Snapshot>(*inside().snapshot);
        later->takenAt = made::now + 8s;
        feed(*m_desk, later);
        QCOMPARE(allCells(), asAnswered);
        QVERIFY2(saysAgo(wordsOn(u"locks"_s), u"asked"_s, 8s), qPrintable(wordsOn(u"locks"_s)));
        find<QTableView>(u"lockWaits"_s)->selectRow(0);
        inside().predicted.clear();
        find<QWidget>(u"locks"_s)->findChild<QAbstractButton*>(u"action.terminate_backend"_s)->click();
        QTRY_VERIFY(!inside().predicted.empty());
        QCOMPARE(inside().predicted.back().arguments.at("pid"), std::string("5"));
        QCOMPARE(inside().predicted.back().arguments.at("user"), std::string("app_worker"));
        QVERIFY(!inside().predicted.back().arguments.at("started").empty());
        m_window->findChild<QDialog*>()->reject();
        inside().waits = refusal();
        open(u"locks"_s);
        QTRY_COMPARE(notice(u"lockWaits"_s), u"The locks could not be read"_s);
        domain::Footprint footprint;
        footprint.sessions.resize(1);
        footprint.sessions[0].application = "batchscope/monitor";
        inside().footprint = footprint;
        open(u"footprint"_s);
        QTRY_COMPARE(column(u"ownSessions"_s, 0), QStringList({u"batchscope/monitor"_s}));
        // Behind a pooler others do not go by this console's name: that is not none.
        QVERIFY(wordsOn(u"footprint"_s).contains(u"others: no transaction, 0 locks"));
        auto pooled = std::make_shared<domain::Snapshot>(*inside().snapshot);
        pooled->capabilities.throughPooler = true;
        feed(*m_desk, pooled);
        QVERIFY(wordsOn(u"footprint"_s).contains(u"others: not known behind a pooler"));
    }

    /// What is shown of looking is what was counted, and of the session that asks it is said that it does.
    void whatLookingCosts() {
        pg::Traffic traffic;
        traffic.roundTrips = traffic.measuredRoundTrips = 600;
        traffic.statements = 9'000;
        traffic.waited = 6s;
        traffic.measured = 3s;
        traffic.longest = 34ms;
        auto& sample = inside().spending.of[std::size_t(domain::Purpose::Sample)];
        sample.total = sample.lastMinute = traffic;
        traffic.roundTrips = traffic.measuredRoundTrips = 1;
        traffic.longest = 200ms;
        inside().spending.of[std::size_t(domain::Purpose::Act)].total = traffic;
        inside().spending.since = 600s;
        domain::Footprint footprint;
        footprint.takenAt = made::now;
        footprint.sessions.resize(2);
        footprint.sessions[0] = {7, "batchscope/monitor", "active", true, made::now - 2ms, 11, "select"};
        footprint.sessions[1] = {8, "batchscope/operate", "idle", false, {}, 0, "commit"};
        inside().footprint = footprint;
        open(u"footprint"_s);
        QTRY_COMPARE(column(u"ownSessions"_s, 0).size(), 2);
        QCOMPARE(column(u"spending"_s, 0), QStringList({u"Sample"_s, u"Actions"_s, u"All"_s}));
        const QString all = wordsOn(u"footprint"_s);
        using models::format::milliseconds;
        QVERIFY2(all.contains(u"5.00 % in the last minute, 1.00 % in 10"), qPrintable(all));
        // An action is no look.
        QVERIFY2(all.contains(milliseconds(34) + u", as seen from here"_s), qPrintable(all));
        QVERIFY2(all.contains(u"pid 7 asks: 11 locks for "_s + milliseconds(2)), qPrintable(all));
        QVERIFY2(all.contains(u"others: no transaction, 0 locks"), qPrintable(all));
    }

    void theSchema() {
        desk::SchemaReport report;
        report.inspection.origin = domain::SchemaOrigin::OursDrifted;
        report.inspection.drift.push_back({schema::DriftKind::Body, "ack(bigint)", {}});
        report.inspection.grants.push_back({"nack(bigint)", "public", true, "revoke execute on function pgque.nack"});
        report.status.push_back({"ticker", "running", std::nullopt});
        inside().report = report;
        open(u"schema"_s);
        QTRY_COMPARE(column(u"drift"_s, 1).size(), 2);
        QVERIFY(column(u"schedulerStatus"_s, 0).contains(u"ticker"_s));
        QCOMPARE(column(u"schedulerStatus"_s, 0).front(), u"ticks"_s);
        schema::Plan plan;
        plan.deed = schema::Deed::Uninstall;
        plan.title = "Uninstall";
        plan.changes = {"loses 3 queues"};
        plan.sql = "select pgque.uninstall();";
        inside().plan = plan;
        find<QAbstractButton>(u"uninstallSchema"_s)->click();
        QTRY_VERIFY(m_window->findChild<QDialog*>(u"schemaDialog"_s) != nullptr);
        auto* dialog = m_window->findChild<QDialog*>(u"schemaDialog"_s);
        auto* act = dialog->findChild<QAbstractButton*>(u"act"_s);
        QVERIFY(!act->isEnabled());
        dialog->findChild<QLineEdit*>(u"typedName"_s)
            ->setText(QString::fromStdString(inside().snapshot->capabilities.database));
        QVERIFY(act->isEnabled());
        act->click();
        QTRY_COMPARE(inside().carriedOut.size(), std::size_t(1));
        QTRY_VERIFY(!act->isVisible());
        dialog->reject();
    }

    /// Looking at what would be done needs no arming; doing it does.
    void aPlanIsLookedAtInObserve() {
        desk::SchemaReport report;
        report.inspection.origin = domain::SchemaOrigin::Ours;
        inside().report = report;
        inside().plan.emplace<schema::Plan>().changes = {"replaces ack(bigint)"};
        inside().profile.environment = desk::Environment::Sandbox; // arming asks nothing there
        m_desk->setAccessMode(desk::AccessMode::Observe);
        open(u"schema"_s);
        find<QAbstractButton>(u"upgradeSchema"_s)->click();
        QTRY_VERIFY(m_window->findChild<QDialog*>(u"schemaDialog"_s) != nullptr);
        QCOMPARE(m_desk->accessMode(), desk::AccessMode::Observe);
        auto* dialog = m_window->findChild<QDialog*>(u"schemaDialog"_s);
        auto* act = dialog->findChild<QAbstractButton*>(u"act"_s);
        auto* observing = dialog->findChild<QWidget*>(u"observing"_s);
        QVERIFY(act->isVisible() && !act->isEnabled() && observing->isVisible());
        dialog->findChild<QAbstractButton*>(u"arm"_s)->click();
        QCOMPARE(m_desk->accessMode(), desk::AccessMode::Operate);
        QVERIFY(act->isEnabled() && !observing->isVisible());
        dialog->reject();
    }

    /// Where nothing is installed that is what is offered, through the same plan as all others.
    void installingIsPlannedOnTheSchemaPage() {
        open(u"schema"_s);
        QVERIFY(find<QAbstractButton>(u"planInstall"_s)->isVisible());
        QVERIFY(!find<QAbstractButton>(u"upgradeSchema"_s)->isVisible());
        QCOMPARE(notice(u"drift"_s), u"Nothing to compare"_s);
        schema::Plan plan;
        plan.deed = schema::Deed::Install;
        plan.refusal = "app may not create a schema in this database.";
        plan.remedy = "grant create on database orders to app;";
        inside().plan = plan;
        find<QAbstractButton>(u"planInstall"_s)->click();
        QTRY_VERIFY(m_window->findChild<QDialog*>(u"schemaDialog"_s) != nullptr);
        auto* dialog = m_window->findChild<QDialog*>(u"schemaDialog"_s);
        QVERIFY(!dialog->findChild<QAbstractButton*>(u"act"_s)->isVisible());
        QStringList words;
        for (const QLabel* label : dialog->findChildren<QLabel*>())
            words += label->text();
        QVERIFY(words.contains(u"grant create on database orders to app;"_s));
        dialog->reject();
    }

    /// What was inspected before is not what stands there now.
    void factsOfTheSchemaGoWithTheirInspection() {
        desk::SchemaReport report;
        report.inspection.origin = domain::SchemaOrigin::Ours;
        report.inspection.version = "0.2.0";
        report.inspection.catalog.present = true;
        inside().report = report;
        open(u"schema"_s);
        const auto facts = [this] { return find<QWidget>(u"schema"_s)->findChild<ui::FactsList*>()->text(); };
        QTRY_VERIFY(facts().contains(u"version 0.2.0"));
        // What is installed comes first, whatever was known first.
        QVERIFY(facts().startsWith(u"Installed: "_s));
        QVERIFY(facts().section(u'\n', -1).startsWith(u"Groups: "_s));
        inside().report = refusal();
        open(u"schema"_s);
        QTRY_COMPARE(notice(u"drift"_s), u"The schema could not be inspected"_s);
        QVERIFY2(facts().contains(u"Says of itself: not known"_s), qPrintable(facts()));
        QVERIFY(facts().contains(u"Groups: none is known"_s));
    }

    /// Somebody else's schema is converted, never upgraded or uninstalled from here.
    void aForeignSchemaIsConverted() {
        desk::SchemaReport report;
        report.inspection.origin = domain::SchemaOrigin::Foreign;
        report.inspection.takenAt = made::now - 125s;
        inside().report = report;
        inside().profile.requiresReason = true;
        open(u"schema"_s);
        QTRY_VERIFY(find<QAbstractButton>(u"convertSchema"_s)->isVisible());
        QVERIFY(!find<QAbstractButton>(u"upgradeSchema"_s)->isVisible());
        QVERIFY(!find<QAbstractButton>(u"uninstallSchema"_s)->isVisible());
        // How old what stands there is.
        feed(*m_desk, inside().snapshot);
        QVERIFY2(saysAgo(wordsOn(u"schema"_s), u"inspected"_s, 125s), qPrintable(wordsOn(u"schema"_s)));
        schema::Plan plan;
        plan.deed = schema::Deed::Convert;
        plan.changes = {"replaces ack(bigint), whose source differs"};
        plan.caution = "Whether they are those of PgQue 0.2.0 can't be told.";
        plan.differences = {{"ack(bigint)", "@@ line 1 @@\n-theirs\n+ours\n"}, {"send(text, text)", "-old\n+new\n"}};
        inside().plan = plan;
        find<QAbstractButton>(u"convertSchema"_s)->click();
        QTRY_VERIFY(m_window->findChild<QDialog*>(u"schemaDialog"_s) != nullptr);
        auto* dialog = m_window->findChild<QDialog*>(u"schemaDialog"_s);
        auto* act = dialog->findChild<QAbstractButton*>(u"act"_s);
        dialog->findChild<QLineEdit*>(u"typedName"_s)
            ->setText(QString::fromStdString(inside().snapshot->capabilities.database));
        QVERIFY(!act->isEnabled());
        dialog->findChild<QLineEdit*>(u"reason"_s)->setText(u"the team takes it over"_s);
        // What would be overwritten must have been looked at.
        QVERIFY(!act->isEnabled());
        auto* difference = dialog->findChild<QPlainTextEdit*>(u"sourceDifference"_s);
        QVERIFY(!difference->isVisible());
        dialog->findChild<QAbstractButton*>(u"showDifferences"_s)->click();
        QVERIFY(difference->isVisible() && difference->toPlainText().contains(u"-theirs\n+ours"));
        dialog->findChild<QComboBox*>(u"differingFunction"_s)->setCurrentIndex(1);
        QVERIFY(difference->toPlainText().startsWith(u"-old"));
        QVERIFY(act->isEnabled());
        act->click();
        QTRY_COMPARE(inside().carriedOut.size(), std::size_t(1));
        dialog->reject();
    }

    void refusedPlansCannotBeCarriedOut() {
        schema::Plan plan;
        plan.refusal = "It is somebody else's.";
        inside().plan = plan;
        open(u"schema"_s);
        find<QAbstractButton>(u"upgradeSchema"_s)->click();
        QTRY_VERIFY(m_window->findChild<QDialog*>(u"schemaDialog"_s) != nullptr);
        QVERIFY(!m_window->findChild<QDialog*>(u"schemaDialog"_s)->findChild<QAbstractButton*>(u"act"_s)->isVisible());
        m_window->findChild<QDialog*>(u"schemaDialog"_s)->reject();
    }

    void theJournal() {
        open(u"journal"_s);
        QTRY_COMPARE(notice(u"journalRecords"_s), u"Nothing was done yet"_s);
        store::JournalRecord record;
        record.number = 3;
        record.action = u"force_unregister"_s;
        record.stage = store::Stage::Ended;
        record.outcome = u"done"_s;
        record.sql = u"select 1"_s;
        inside().records.records = {record};
        auto* search = find<QWidget>(u"journal"_s)->findChild<QLineEdit*>(u"search"_s);
        search->setText(u"worker"_s);
        QTest::keyClick(search, Qt::Key_Return);
        QTRY_COMPARE(column(u"journalRecords"_s, 1), QStringList({u"force_unregister"_s}));
        QCOMPARE(inside().journalQueries.back().contains, u"worker"_s);
        QCOMPARE(find<QPlainTextEdit>(u"journalSql"_s)->toPlainText(), u"select 1"_s);
        inside().records.records.clear();
        inside().records.failure = store::Failure{store::Failure::Kind::Damaged, u"it is no journal"_s};
        QTest::keyClick(search, Qt::Key_Return);
        QTRY_COMPARE(notice(u"journalRecords"_s), u"The journal could not be read"_s);
    }

    void workQueues() {
        open(u"workqueue"_s);
        QTRY_COMPARE(notice(u"workQueues"_s), u"There is no work queue in this database"_s);
        domain::WorkInstall install;
        install.schema = "workqueue";
        install.generation = domain::WorkGeneration::Scheduled;
        install.ours = install.hasBarriers = true;
        inside().workInstalls = std::vector{install};
        domain::WorkSample sample;
        sample.takenAt = made::now;
        domain::WorkQueue queue;
        queue.name = "thumbnails";
        for (const auto& [priority, ready, capped, age] :
             {std::tuple(9, 3, false, 5s), std::tuple(5, 1'000, true, 90s)}) {
            domain::WorkBand band;
            band.priority = priority;
            band.ready = {ready, capped, made::now};
            band.oldest = made::now - age;
            queue.bands.push_back(band);
        }
        queue.claimed = 1;
        sample.queues.push_back(queue);
        inside().work = sample;
        domain::WorkPage page;
        page.takenAt = made::now;
        domain::WorkMessage message;
        message.id = 42;
        message.priority = 9;
        message.bytes = 2;
        page.rows.push_back(message);
        inside().workMessages = page;
        open(u"workqueue"_s);
        QTRY_COMPARE(column(u"workQueues"_s, 0), QStringList({u"thumbnails"_s}));
        QTRY_COMPARE(column(u"workMessages"_s, 0), QStringList({u"42"_s}));
        // Masked until it is asked for.
        auto* text = find<QWidget>(u"workqueue"_s)->findChild<QPlainTextEdit*>(u"payloadPlain"_s);
        QVERIFY(text->toPlainText().isEmpty());
        inside().payload = [](std::int64_t) { return links::Reply<std::optional<std::string>>(std::string("secret")); };
        find<QAbstractButton>(u"showPayload"_s)->click();
        QTRY_VERIFY(text->toPlainText().contains(u"secret"_s));
        // One queue by priority, by lease, by read count.
        const auto choose = [this](const QString& what) {
            const auto choosers = find<QWidget>(u"workqueue"_s)->findChildren<QComboBox*>(u"workPart"_s);
            QComboBox* shown =
                *std::find_if(choosers.begin(), choosers.end(), [](auto* box) { return box->isVisible(); });
            shown->setCurrentText(what);
            Q_EMIT shown->activated(shown->currentIndex());
        };
        inside().workDelayed = std::vector{domain::WorkDelayed{7, {12, false, made::now}, 1}};
        choose(u"All priorities"_s);
        QTRY_COMPARE(column(u"workBands"_s, 0), QStringList({u"9"_s, u"7"_s, u"5"_s}));
        QCOMPARE(column(u"workBands"_s, 6), QStringList({u"0"_s, u"12"_s, u"0"_s}));
        QVERIFY(!find<QAbstractButton>(u"showPayload"_s)->isVisible());
        queue.reads = {{2, 40}, {6, 3}};
        sample.queues = {queue};
        inside().work = sample;
        choose(u"Read counts"_s);
        QTRY_COMPARE(notice(u"workReads"_s), u"Nothing was claimed twice"_s);
        open(u"workqueue"_s);
        choose(u"Read counts"_s);
        QTRY_COMPARE(column(u"workReads"_s, 1), QStringList({u"tried again"_s, u"poison"_s}));
        const auto lease = [](std::int64_t id, pg::Interval claimed, pg::Interval ends) {
            domain::WorkMessage held;
            held.id = id;
            held.state = "claimed";
            held.claimedAt = made::now - claimed;
            held.leaseEnds = made::now + ends;
            return held;
        };
        page.rows = {lease(1, 70s, -10s), lease(2, 50s, 10s), lease(3, 20s, 40s)};
        inside().workMessages = page;
        choose(u"In flight"_s);
        QTRY_COMPARE(column(u"workLeases"_s, 3), QStringList({u"again"_s, u"again, soon"_s, u"held"_s}));
        QVERIFY(find<QAbstractButton>(u"showPayload"_s)->isVisible());
        page.rows = {message};
        inside().workMessages = page;
        choose(u"Poison candidates"_s);
        QTRY_COMPARE(column(u"workMessages"_s, 0), QStringList({u"42"_s}));

        // Tables of others are looked at only, and chosen where there are several.
        domain::WorkInstall theirs = install;
        theirs.schema = "app";
        theirs.ours = false;
        inside().workInstalls = std::vector{theirs, install};
        sample.install = theirs;
        inside().work = sample;
        open(u"workqueue"_s);
        QTRY_COMPARE(column(u"workQueues"_s, 0), QStringList({u"thumbnails"_s}));
        auto* page1 = find<ui::Page>(u"workqueue"_s);
        QCOMPARE(page1->subject().kind, operate::SubjectKind::None);
        auto* chooser = page1->findChild<QComboBox*>(u"workInstall"_s);
        QVERIFY(chooser && chooser->isVisible());
        auto* banner = page1->findChild<ui::Banner*>();
        QVERIFY(banner && banner->isVisible());
        QCOMPARE(banner->title(), u"Made by others: looked at, never changed"_s);
        QVERIFY(banner->explanation().contains(u"reaper"_s));
        chooser->setCurrentIndex(1);
        Q_EMIT chooser->activated(1);
        QTRY_COMPARE(page1->subject().kind, operate::SubjectKind::WorkMessage);
        QVERIFY(!banner->isVisible());
        inside().work = refusal();
        open(u"workqueue"_s);
        QTRY_COMPARE(notice(u"workQueues"_s), u"The work queues could not be read"_s);

        QCOMPARE(models::markOf(queue, made::now).word, u"flowing"_s);
        queue.claimed = 0;
        QCOMPARE(models::markOf(queue, made::now).word, u"no worker"_s);
        queue.lapsed = 1;
        queue.worstLapse = 40s;
        QCOMPARE(models::markOf(queue, made::now).word, u"lapsed"_s);
    }

    /// In the list, in its copies of every form, and in the payload once it is asked for.
    void workSecretsStayHidden() {
        models::Masking::setCurrent(models::Masking(models::Masking::Patterns::usual()));
        domain::WorkInstall install;
        install.schema = "workqueue";
        install.ours = true;
        inside().workInstalls = std::vector{install};
        domain::WorkSample sample;
        sample.takenAt = made::now;
        sample.queues.resize(1);
        sample.queues[0].name = "q";
        inside().work = sample;
        domain::WorkPage page;
        page.takenAt = made::now;
        page.rows.resize(1);
        page.rows[0].id = 7;
        page.rows[0].bytes = 60;
        page.rows[0].task = R"({"token": "hunter2"})";
        page.rows[0].error = R"(sent {"authorization": "Bearer hunter2"}, refused)";
        inside().workMessages = page;
        inside().payload = [](std::int64_t) {
            return links::Reply<std::optional<std::string>>(std::string(R"({"api_key": "hunter2", "n": 1})"));
        };
        open(u"workqueue"_s);
        QTRY_COMPARE(column(u"workMessages"_s, 0), QStringList({u"7"_s}));
        const QAbstractItemModel& model = *find<QTableView>(u"workMessages"_s)->model();
        QList<int> columns;
        for (int at = 0; at < model.columnCount(); ++at) {
            columns += at;
            for (const int role : {int(Qt::DisplayRole), int(Qt::ToolTipRole)})
                QVERIFY(!model.index(0, at).data(role).toString().contains(u"hunter2"_s));
        }
        for (const auto form :
             {models::TextForm::Plain, models::TextForm::Csv, models::TextForm::Json, models::TextForm::Sql}) {
            const QString text = models::tableText(model, {model.index(0, 0)}, columns, form, u"messages"_s);
            QVERIFY2(text.contains(u"refused"_s) && !text.contains(u"hunter2"_s), qPrintable(text));
        }
        auto* text = find<QWidget>(u"workqueue"_s)->findChild<QPlainTextEdit*>(u"payloadPlain"_s);
        find<QAbstractButton>(u"showPayload"_s)->click();
        QTRY_VERIFY(text->toPlainText().contains(u"api_key"_s));
        QVERIFY(!text->toPlainText().contains(u"hunter2"_s) && text->toPlainText().contains(models::Masking::dots()));
        models::Masking::setCurrent({});
    }

    void barriers() {
        domain::WorkInstall install;
        install.hasBarriers = true;
        inside().workInstalls = std::vector{install};
        open(u"barriers"_s);
        QTRY_COMPARE(notice(u"barrierTable"_s), u"No fan-out is under way"_s);
        domain::Barriers all;
        all.takenAt = made::now;
        domain::Barrier barrier;
        barrier.execution = "e1";
        barrier.remaining = 1;
        barrier.total = 2;
        barrier.progressAt = made::now - 5s;
        barrier.expiresAt = made::now + 100s;
        all.rows.push_back(barrier);
        inside().barriers = all;
        domain::BarrierDetail detail;
        detail.takenAt = made::now;
        detail.batches = {{0, domain::BarrierBatch::State::Finished, made::now, made::now, {}, {}},
                          {1, domain::BarrierBatch::State::Lost, made::now, {}, {}, {}}};
        inside().barrierDetail = detail;
        open(u"barriers"_s);
        QTRY_COMPARE(column(u"barrierTable"_s, 0), QStringList({u"e1"_s}));
        QTRY_COMPARE(column(u"barrierBatches"_s, 1), QStringList({u"done"_s, u"lost"_s}));
        // What can't finish is not well, whatever its clocks say.
        QCOMPARE(column(u"barrierTable"_s, 1), QStringList({u"1 batch lost"_s}));
        // The field of squares and the table choose the same batch.
        auto* matrix = find<ui::BatchMatrix>(u"batchMatrix"_s);
        QVERIFY(matrix->isVisible() && matrix->height() > 0);
        QTest::mouseClick(matrix, Qt::LeftButton, {}, QPoint(12 + 22 + 4, 12 + 4));
        QCOMPARE(find<QTableView>(u"barrierBatches"_s)->currentIndex().row(), 1);
        QTest::keyClick(matrix, Qt::Key_Left);
        QCOMPARE(find<QTableView>(u"barrierBatches"_s)->currentIndex().row(), 0);
        // What says so: the marker and the message.
        const auto evidence = [](const domain::BarrierBatch& batch) { return models::evidenceOf(batch, made::now); };
        using Batch = domain::BarrierBatch::State;
        QCOMPARE(column(u"barrierBatches"_s, 5),
                 QStringList({u"marker, finished; no message"_s, u"marker, not finished; no message"_s}));
        QCOMPARE(evidence({2, Batch::Running, made::now, {}, 7, made::now + 30s}),
                 u"marker, not finished; message 7 held, lease ends in 30\u00a0s"_s);
        QCOMPARE(evidence({3, Batch::Lost, made::now, {}, 8, made::now - 30s}),
                 u"marker, not finished; message 8, its lease has ended"_s);
        QCOMPARE(evidence({4, Batch::NotStarted, {}, {}, 9, {}}), u"no marker; message 9 waits"_s);
        QCOMPARE(evidence({5, Batch::Missing, {}, {}, {}, {}}), u"no marker; no message"_s);
        QVERIFY(evidence({6, Batch::NotStarted, {}, {}, {}, {}}).contains(u"not searched for"_s));
        // Where markers don't say what was finished: more begun than counted.
        detail.finished = 1;
        detail.batches = {{0, Batch::Unknown, made::now, {}, {}, {}}, {1, Batch::Unknown, made::now, {}, {}, {}}};
        QVERIFY(models::verdictOf(detail).contains(u"only 1 of those begun are counted"_s));
        QCOMPARE(models::lostOf(detail), 1);
        detail.finished = 2;
        QCOMPARE(models::lostOf(detail), 0);
        QVERIFY(models::verdictOf(detail).contains(u"running, or lost"_s));

        using State = domain::Barrier::State;
        QCOMPARE(int(barrier.state(made::now, 10s)), int(State::Running));
        QCOMPARE(int(barrier.state(made::now + 20s, 10s)), int(State::Stuck));
        QCOMPARE(int(barrier.state(made::now + 200s, 10s)), int(State::Expired));
        barrier.remaining = 0;
        QCOMPARE(int(barrier.state(made::now, 10s)), int(State::Unfinalised));
        barrier.remaining = -1;
        QCOMPARE(int(barrier.state(made::now, 10s)), int(State::OverDecremented));
    }
};

QTEST_MAIN(TestPages)
#include "tst_pages.moc"
