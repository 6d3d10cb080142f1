// SPDX-License-Identifier: GPL-3.0-or-later
// Events from near: the batch's page, filters and their names, two events compared, payloads of any size.
#include "models/madesnapshots.h"
#include "models/masking.h"
#include "support/gaps.h"
#include "ui/ask.h"
#include "ui/fakedesk.h"
#include "ui/mainwindow.h"
#include "ui/notice.h"
#include "ui/payloadview.h"

#include <QAbstractButton>
#include <QCheckBox>
#include <QComboBox>
#include <QCompleter>
#include <QDialog>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPlainTextEdit>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeView>

using namespace Qt::StringLiterals;

class TestEventPages : public QObject {
    Q_OBJECT

    std::unique_ptr<desk::Desk> m_desk;
    std::unique_ptr<ui::MainWindow> m_window;
    QTemporaryDir m_folder;

    desk::DeskPrivate& inside() { return desk::DeskPrivate::of(*m_desk); }

    QWidget* open(const QString& page, const QString& subject = {}) {
        m_window = std::make_unique<ui::MainWindow>(m_desk.get(), ui::WindowOptions{m_folder.path(), page, subject});
        m_window->show();
        [&] { QTRY_VERIFY(m_window->isReadyForPicture()); }();
        return m_window->findChild<QWidget*>(page);
    }

    template <class T>
    static T* in(QWidget* parent, const QString& name) {
        T* found = parent->findChild<T*>(name);
        if (!found)
            qFatal("no %s", qPrintable(name));
        return found;
    }

    void type(QWidget* page, const QString& field, const QString& text) {
        auto* edit = in<QLineEdit>(page, field);
        edit->setText(text);
        QTest::keyClick(edit, Qt::Key_Return);
    }

private Q_SLOTS:

    void init() {
        m_desk = shopDesk();
    }

    void cleanup() {
        m_window.reset();
        m_desk.reset();
        ui::ask::setAnswers({}, {});
        models::Masking::setCurrent(models::Masking(models::Masking::Patterns::usual()));
    }

    void aBatch() {
        std::int64_t token = 0;
        for (const domain::Subscription& row : inside().snapshot->subscriptions)
            token = row.batch.value_or(token);
        QWidget* page = open(u"batch"_s, QString::number(token));
        QCOMPARE(in<QComboBox>(page, u"batchChooser"_s)->currentData().toString(), QString::number(token));
        auto* view = in<QTableView>(page, u"events"_s);
        QTRY_COMPARE(view->model()->rowCount(), 200);

        type(page, u"searchType"_s, u"order.created"_s);
        QTRY_COMPARE(inside().filtered.back().type, std::string("order.created"));
        type(page, u"searchJson"_s, u"customer.id = 9007199254740993"_s);
        QTRY_VERIFY(inside().filtered.back().json.has_value());
        QCOMPARE(inside().filtered.back().json->value.value(), std::string("9007199254740993"));

        const auto searches = inside().filtered.size();
        auto* problem = in<QLabel>(page, u"searchProblem"_s);
        QVERIFY(!problem->isVisible());
        type(page, u"searchJson"_s, u"a..b"_s);
        QVERIFY(problem->isVisible() && problem->text().contains(u"a key is missing"_s));
        QCOMPARE(inside().filtered.size(), searches);

        inside().pages = [](const std::optional<domain::EventPosition>&, int) {
            domain::EventPage stopped;
            stopped.boundReached = true;
            stopped.bytesRead = 128'000'000;
            stopped.next = domain::EventPosition{1, "(9,1)"};
            return links::Reply<domain::EventPage>(stopped);
        };
        type(page, u"searchJson"_s, u"nowhere"_s);
        // It goes on by itself, up to a larger bound.
        const auto before = inside().filtered.size();
        QTRY_VERIFY(in<QLabel>(page, u"searchRemark"_s)->text().contains(u"stopped at the bound"_s));
        QVERIFY2(in<QLabel>(page, u"searchRemark"_s)->text().contains(models::format::bytes(9 * 128'000'000)),
                 qPrintable(in<QLabel>(page, u"searchRemark"_s)->text()));
        QVERIFY(inside().filtered.size() <= before + 9);
        QVERIFY(in<QAbstractButton>(page, u"nextPage"_s)->isEnabled());
        // Or for a time: little may take long.
        int asked = 0;
        inside().pages = [&asked](const std::optional<domain::EventPosition>&, int) {
            domain::EventPage stopped;
            ++asked;
            stopped.boundReached = true;
            stopped.bytesRead = 5'000'000;
            stopped.serverMs = 10'000;
            stopped.next = domain::EventPosition{1, "(9,1)"};
            return links::Reply<domain::EventPage>(stopped);
        };
        type(page, u"filter"_s, u"far away"_s);
        QTRY_VERIFY(in<QLabel>(page, u"searchRemark"_s)->text().contains(models::format::bytes(15'000'000)));
        QCOMPARE(asked, 3);
        type(page, u"filter"_s, {});
        // Or until something is found.
        asked = 0;
        inside().pages = [&asked](const std::optional<domain::EventPosition>&, int) {
            domain::EventPage part;
            part.bytesRead = 128'000'000;
            part.boundReached = ++asked < 3;
            if (asked < 3)
                part.next = domain::EventPosition{1, "(9,1)"};
            else
                part.rows.resize(1);
            return links::Reply<domain::EventPage>(part);
        };
        type(page, u"searchJson"_s, u"somewhere"_s);
        QTRY_COMPARE(view->model()->rowCount(), 1);
        QCOMPARE(asked, 3);
        QVERIFY(in<QLabel>(page, u"searchRemark"_s)->text().contains(models::format::bytes(3 * 128'000'000)));
        // Types seen are offered.
        inside().pages = eventsOf(10);
        type(page, u"searchJson"_s, {});
        QTRY_COMPARE(view->model()->rowCount(), 10);
        const QAbstractItemModel* types = in<QLineEdit>(page, u"searchType"_s)->completer()->model();
        QTRY_COMPARE(types->rowCount(), 2);
        QCOMPARE(types->index(0, 0).data().toString(), u"order.cancelled"_s);
    }

    /// On demand how many there are exactly, and of them retries; and whose batch it is.
    void countsExactly() {
        inside().count = domain::WindowCount{500, 12, 4};
        QWidget* page = open(u"inflight"_s);
        QTRY_COMPARE(in<QTableView>(page, u"events"_s)->model()->rowCount(), 200);
        QVERIFY(in<QWidget>(page, u"owner"_s)->isVisible());
        auto* count = in<QAbstractButton>(page, u"countExactly"_s);
        QVERIFY(count->isEnabled());
        const auto said = [page] {
            QStringList texts;
            for (const QLabel* label : page->findChildren<QLabel*>())
                texts += label->text();
            for (const QWidget* note : page->findChildren<QWidget*>())
                texts += note->toolTip();
            return texts.join(u'\n');
        };
        QVERIFY(!said().contains(u"among them"_s));
        count->click();
        QTRY_VERIFY2(said().contains(u"12 retries among them, put back up to 4 times"_s), qPrintable(said()));
        QVERIFY(said().contains(u"500 events"_s) && !count->isEnabled());
        page = open(u"batch"_s);
        inside().count = domain::WindowCount{500, 0, 0};
        QTRY_COMPARE(in<QTableView>(page, u"events"_s)->model()->rowCount(), 200);
        QVERIFY(in<QWidget>(page, u"owner"_s)->isVisible());
        in<QAbstractButton>(page, u"countExactly"_s)->click();
        QTRY_VERIFY(in<QLabel>(page, u"searchRemark"_s)->text().contains(u"no retries among them"_s));
        // By id, all of them or a part that is called one.
        in<QAbstractButton>(page, u"orderById"_s)->click();
        QTRY_VERIFY2(in<QLabel>(page, u"searchRemark"_s)->text().contains(u"ordered by id, all of them"_s),
                     qPrintable(in<QLabel>(page, u"searchRemark"_s)->text()));
        QCOMPARE(inside().sortedById, 1);
        QCOMPARE(in<QTableView>(page, u"events"_s)->model()->rowCount(), 500);
        QVERIFY(!in<QAbstractButton>(page, u"nextPage"_s)->isEnabled());
    }

    void aBatchThatEnds() {
        std::int64_t token = 0;
        for (const domain::Subscription& row : inside().snapshot->subscriptions)
            token = row.batch.value_or(token);
        QWidget* page = open(u"batch"_s, QString::number(token));
        auto* view = in<QTableView>(page, u"events"_s);
        QTRY_COMPARE(view->model()->rowCount(), 200);
        auto ended = std::make_shared<domain::Snapshot>(*inside().snapshot);
        for (domain::Subscription& row : ended->subscriptions) {
            if (row.batch == token)
                row.batch.reset();
        }
        feed(*m_desk, ended);
        // What was looked at stays, and is said to be over.
        QCOMPARE(view->model()->rowCount(), 200);
        QVERIFY(in<QComboBox>(page, u"batchChooser"_s)->currentText().contains(u"not open"_s));

        page = open(u"batch"_s, u"4711"_s);
        auto* notice = in<QTableView>(page, u"events"_s)->viewport()->findChild<ui::Notice*>();
        QVERIFY2(notice->title().contains(u"4711 is not open"_s), qPrintable(notice->title()));
    }

    /// What takes long can be ended: by the button, by Esc, by leaving the page, by closing the window. The server is told.
    void whatTakesLongCanBeEnded() {
        QWidget* page = open(u"messages"_s);
        inside().silent = true;
        type(page, u"searchType"_s, u"rare"_s);
        auto* cancel = in<QAbstractButton>(page, u"cancelLook"_s);
        QVERIFY(!cancel->isVisible()); // what is answered in a moment needs none
        QTRY_VERIFY(cancel->isVisible());
        QVERIFY(!inside().held.back().isCanceled());
        QTest::mouseClick(cancel, Qt::LeftButton);
        QVERIFY(inside().held.back().isCanceled());
        QVERIFY(!cancel->isVisible());
        auto* notice = in<QTableView>(page, u"storedEvents"_s)->viewport()->findChild<ui::Notice*>();
        QCOMPARE(notice->title(), u"Cancelled"_s);
        // Another search ends the one before.
        type(page, u"searchType"_s, u"first"_s);
        const QFuture<void> first = inside().held.back();
        type(page, u"searchType"_s, u"second"_s);
        QVERIFY(first.isCanceled());
        QVERIFY(!inside().held.back().isCanceled());
        // The page is left: it is ended, and read anew when the page is turned to.
        const auto searches = inside().searched.size();
        const QFuture<void> second = inside().held.back();
        m_window->showPage(u"overview"_s);
        QVERIFY(second.isCanceled());
        inside().silent = false;
        m_window->showPage(u"messages"_s);
        QTRY_VERIFY(m_window->isReadyForPicture());
        QCOMPARE(inside().searched.size(), searches + 1);
        QVERIFY(notice->title() != u"Cancelled"_s);
    }

    void countsAndExplanationsToo() {
        QWidget* page = open(u"batch"_s);
        auto* view = in<QTableView>(page, u"events"_s);
        QTRY_COMPARE(view->model()->rowCount(), 200);
        inside().silent = true;
        in<QAbstractButton>(page, u"countExactly"_s)->click();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
        view->setFocus();
        QTest::keyClick(view, Qt::Key_Escape);
        QVERIFY(inside().held.back().isCanceled());
        QVERIFY(in<QLabel>(page, u"searchRemark"_s)->text().contains(u"not counted: cancelled"_s));
        QCOMPARE(view->model()->rowCount(), 200); // what was there stays
        QVERIFY(in<QAbstractButton>(page, u"countExactly"_s)->isEnabled());

        type(page, u"whyEvent"_s, u"77"_s);
        const auto reads = inside().searched.size();
        const QFuture<void> reading = inside().held.back();
        m_window->showPage(u"overview"_s);
        QVERIFY(reading.isCanceled());
        QTest::qWait(50);
        QCOMPARE(inside().searched.size(), reads); // it reads no further

        m_window->showPage(u"batch"_s);
        in<QAbstractButton>(page, u"countExactly"_s)->click();
        QVERIFY(!inside().held.back().isCanceled());
        m_window.reset();
        QVERIFY(inside().held.back().isCanceled());
    }

    void anExportToo() {
        QWidget* page = open(u"batch"_s);
        QTRY_COMPARE(in<QTableView>(page, u"events"_s)->model()->rowCount(), 200);
        inside().silent = true;
        const QString file = m_folder.filePath(u"held.csv"_s);
        ui::ask::setAnswers({}, {}, [file](const ui::ask::Question&) { return std::optional(file); });
        in<QAbstractButton>(page, u"exportEvents"_s)->click();
        auto* dialog = m_window->findChild<QDialog*>(u"eventExport"_s);
        QVERIFY(dialog);
        QTRY_VERIFY(!inside().held.empty()); // once the file is open
        QVERIFY(!inside().held.back().isCanceled());
        in<QAbstractButton>(dialog, u"endExport"_s)->click();
        QVERIFY(inside().held.back().isCanceled());
        QVERIFY(!QFile::exists(file));
    }

    /// The same ids of a schema that was made again are other events: they are asked for.
    void schemaMadeAgain() {
        const auto feedWith = [&](const std::string& install) {
            auto next = std::make_shared<domain::Snapshot>(*inside().snapshot);
            next->capabilities.install = install;
            feed(*m_desk, next);
        };
        QWidget* page = open(u"batch"_s);
        QTRY_COMPARE(in<QTableView>(page, u"events"_s)->model()->rowCount(), 200);
        feedWith("5.1.2");
        QTRY_COMPARE(in<QTableView>(page, u"events"_s)->model()->rowCount(), 200);
        auto asked = inside().filtered.size();
        feedWith("5.1.2");
        QCOMPARE(inside().filtered.size(), asked);
        feedWith("5.3.4");
        QTRY_COMPARE(inside().filtered.size(), asked + 1);

        page = open(u"messages"_s);
        QTRY_VERIFY(!inside().searched.empty());
        asked = inside().searched.size();
        feedWith("5.3.4");
        QCOMPARE(inside().searched.size(), asked);
        feedWith("5.5.6");
        QTRY_COMPARE(inside().searched.size(), asked + 1);
    }

    void whyNotHere() {
        QWidget* page = open(u"batch"_s);
        auto* answer = in<QLabel>(page, u"whyAnswer"_s);
        type(page, u"whyEvent"_s, u"77"_s);
        QTRY_VERIFY2(answer->text().contains(u"No event 77 is stored"_s), qPrintable(answer->text()));
        QCOMPARE(inside().searched.back().id.value(), 77);

        domain::EventPage found;
        domain::EventRow event;
        event.id = 77;
        event.txid = 5'000;
        found.rows.push_back(event);
        inside().found = found;
        domain::EventStory story;
        story.after = domain::Tick{999'999, made::now, 0, 0, 0};
        story.before = domain::Tick{999'998, made::now, 0, 0, 0};
        story.passedOver = {{999'997, made::now, 0, 0, 0}, *story.before};
        story.seenBy = {*story.after};
        inside().story = story;
        type(page, u"whyEvent"_s, u"77"_s);
        QTRY_VERIFY2(answer->text().contains(u"could not see its transaction yet"_s), qPrintable(answer->text()));
        QVERIFY(answer->text().contains(u"could not see it: 999997 ("_s) && answer->text().contains(u"999998 ("_s));
        story.after->id = story.before->id = 0;
        inside().story = story;
        type(page, u"whyEvent"_s, u"77"_s);
        QTRY_VERIFY2(answer->text().contains(u"earlier batch"_s), qPrintable(answer->text()));
        story.after.reset();
        inside().story = story;
        type(page, u"whyEvent"_s, u"77"_s);
        QTRY_VERIFY2(answer->text().contains(u"no tick has seen it yet"_s), qPrintable(answer->text()));
        // What became of it is told, if it is the batch's own consumer that gave it up.
        std::int32_t consumer = 0;
        for (const domain::Subscription& row : inside().snapshot->subscriptions) {
            if (QString::number(row.batch.value_or(0)) != in<QComboBox>(page, u"batchChooser"_s)->currentData())
                continue;
            const domain::Subscription* main = inside().snapshot->mainOf(row);
            consumer = main ? main->consumerId : row.consumerId;
        }
        story.deaths = {{consumer, made::now, "gateway said 502"}};
        inside().story = story;
        type(page, u"whyEvent"_s, u"77"_s);
        QTRY_VERIFY2(answer->text().contains(u"It was given up"_s), qPrintable(answer->text()));
        QVERIFY(answer->text().contains(u"gateway said 502"_s));
        story.deaths->front().consumerId += 1'000;
        inside().story = story;
        type(page, u"whyEvent"_s, u"77"_s);
        QTRY_VERIFY2(!answer->text().contains(u"given up"_s), qPrintable(answer->text()));
        type(page, u"whyEvent"_s, u"9999999999999999999"_s);
        QVERIFY(answer->text().contains(u"larger than any"_s));
        type(page, u"whyEvent"_s, u"9223372036854775807"_s);
        QTRY_COMPARE(inside().searched.back().id.value(), std::numeric_limits<std::int64_t>::max());
    }

    /// Of several copies the one counts that the batch's owner gets, wherever it stands.
    void whyNotHereAmongCopies() {
        domain::Subscription held;
        for (const domain::Subscription& row : inside().snapshot->subscriptions)
            held = row.batch ? row : held;
        QWidget* page = open(u"batch"_s, QString::number(held.batch.value_or(0)));
        auto* answer = in<QLabel>(page, u"whyAnswer"_s);
        const auto tick = [](std::int64_t id) { return domain::Tick{id, made::now, 0, 0, 0}; };
        const auto copy = [](std::int64_t txid, std::optional<std::int32_t> owner) {
            domain::EventRow event;
            event.id = 77;
            event.txid = txid;
            event.owner = owner;
            if (owner)
                event.retry = 1;
            return event;
        };
        const std::int32_t other = held.subId + 1'000;
        // By the transaction of the copy: sent long ago, ours in the batch, the other's last of all.
        inside().storyOf = [&](const domain::EventRow& event) {
            domain::EventStory story;
            const std::int64_t sees = event.txid == 2 ? *held.nextTick : event.txid == 1 ? 1 : *held.nextTick + 5;
            story.before = tick(sees - 1);
            story.after = tick(sees);
            return story;
        };
        domain::EventPage found;
        found.rows = {copy(1, {}), copy(2, held.subId), copy(3, other)};
        inside().found = found;
        type(page, u"whyEvent"_s, u"77"_s);
        QTRY_VERIFY2(answer->text().contains(u"It is here"_s), qPrintable(answer->text()));
        QVERIFY(answer->text().contains(u"A retry"_s));
        // Ours comes later: both copies are told, the other's is not.
        found.rows = {copy(1, {}), copy(4, held.subId), copy(3, other)};
        inside().found = found;
        type(page, u"whyEvent"_s, u"77"_s);
        QTRY_VERIFY2(answer->text().contains(u"As it was sent. Not here"_s), qPrintable(answer->text()));
        QVERIFY(answer->text().contains(u"As retry 1. Not here"_s) && !answer->text().contains(u"transaction 3"_s));
        found.rows = {copy(3, other)};
        inside().found = found;
        type(page, u"whyEvent"_s, u"77"_s);
        QTRY_VERIFY2(answer->text().contains(u"only as a retry"_s), qPrintable(answer->text()));
    }

    /// What is said of a page is of the page shown, also after turning back.
    void notesOfThePageShown() {
        inside().pages = [pages = eventsOf(450)](const std::optional<domain::EventPosition>& from, int limit) {
            auto reply = pages(from, limit);
            std::get<domain::EventPage>(reply).serverMs = from ? 777 : 5;
            std::get<domain::EventPage>(reply).boundReached = from.has_value();
            return reply;
        };
        QWidget* page = open(u"batch"_s);
        auto* remark = in<QLabel>(page, u"searchRemark"_s);
        QTRY_VERIFY2(remark->text().contains(u"1–200"_s), qPrintable(remark->text()));
        const QString first = remark->text();
        in<QAbstractButton>(page, u"nextPage"_s)->click();
        QTRY_VERIFY2(remark->text().contains(u"777"_s), qPrintable(remark->text()));
        in<QAbstractButton>(page, u"previousPage"_s)->click();
        QTRY_COMPARE(remark->text(), first);
    }

    /// A page that can't be turned to leaves the one before, says why, and can be asked for again.
    void aPageThatCannotBeTurnedTo() {
        bool refuse = true;
        inside().pages = [&refuse, pages = eventsOf(450)](const std::optional<domain::EventPosition>& from, int limit) {
            pg::Failure failure;
            failure.diagnostics.message = "permission denied";
            return from && refuse ? links::Reply<domain::EventPage>(failure) : pages(from, limit);
        };
        QWidget* page = open(u"batch"_s);
        auto* remark = in<QLabel>(page, u"searchRemark"_s);
        auto* forward = in<QAbstractButton>(page, u"nextPage"_s);
        QTRY_VERIFY2(remark->text().contains(u"1–200"_s), qPrintable(remark->text()));
        forward->click();
        QTRY_VERIFY2(remark->text().contains(u"permission denied"_s), qPrintable(remark->text()));
        QVERIFY(remark->text().contains(u"1–200"_s) && forward->isEnabled());
        QVERIFY(!in<QAbstractButton>(page, u"previousPage"_s)->isEnabled());
        refuse = false;
        forward->click();
        QTRY_VERIFY2(remark->text().contains(u"201–400"_s), qPrintable(remark->text()));
        QVERIFY(!remark->text().contains(u"permission denied"_s));

        page = open(u"messages"_s);
        remark = in<QLabel>(page, u"searchRemark"_s);
        domain::EventPage stopped;
        stopped.boundReached = true;
        stopped.bytesRead = std::int64_t(1) << 30;
        stopped.next = domain::EventPosition{1, "(9,1)"};
        inside().found = stopped;
        type(page, u"searchType"_s, u"rare"_s);
        auto* notice = in<QTableView>(page, u"storedEvents"_s)->viewport()->findChild<ui::Notice*>();
        QTRY_COMPARE(notice->title(), u"Nothing found so far"_s);
        inside().silent = true;
        in<QAbstractButton>(page, u"nextPage"_s)->click();
        QTest::keyClick(in<QTableView>(page, u"storedEvents"_s), Qt::Key_Escape);
        QTRY_COMPARE(notice->title(), u"Cancelled"_s);
        QVERIFY(in<QAbstractButton>(page, u"nextPage"_s)->isEnabled());
        inside().silent = false;
    }

    /// What is sorted by id can't be gone on with: the way on is told as it is.
    void aBoundedSearchById() {
        QWidget* page = open(u"messages"_s);
        domain::EventPage stopped;
        stopped.serverMs = 3;
        stopped.bytesRead = 128'000'000;
        stopped.next = domain::EventPosition{1, "(9,1)"};
        inside().found = stopped;
        in<QAbstractButton>(page, u"orderById"_s)->click();
        type(page, u"searchType"_s, u"rare"_s);
        auto* notice = in<QTableView>(page, u"storedEvents"_s)->viewport()->findChild<ui::Notice*>();
        QTRY_COMPARE(notice->title(), u"Nothing found so far"_s);
        const auto words = notice->findChildren<QLabel*>();
        QVERIFY(std::any_of(words.begin(), words.end(),
                            [](const QLabel* label) { return label->text().contains(u"Turn off Order by id"_s); }));
        const QString remark = in<QLabel>(page, u"searchRemark"_s)->text();
        QVERIFY2(remark.contains(u"turn off Order by id"_s) && remark.contains(models::format::bytes(128'000'000)),
                 qPrintable(remark));
        QVERIFY(!in<QAbstractButton>(page, u"nextPage"_s)->isEnabled());
    }

    /// When it was read, and what a lower bound could not be held against, is said; time goes on with the samples.
    void whenItWasRead() {
        QWidget* page = open(u"messages"_s);
        domain::EventPage found;
        found.rows.resize(1);
        found.takenAt = made::now;
        found.ticksGoneBefore = 40;
        inside().found = found;
        type(page, u"searchTicks"_s, u"30–"_s);
        auto* remark = in<QLabel>(page, u"searchRemark"_s);
        QTRY_VERIFY2(remark->text().contains(u"ticks before 40 are gone"_s), qPrintable(remark->text()));
        const auto after = [&](std::chrono::seconds passed) {
            auto next = std::make_shared<domain::Snapshot>(*inside().snapshot);
            next->takenAt = made::now + passed;
            feed(*m_desk, next);
        };
        after(std::chrono::seconds(90));
        QVERIFY2(saysAgo(remark->text(), u"read"_s, std::chrono::seconds(90)), qPrintable(remark->text()));
        inside().pages = [](const std::optional<domain::EventPosition>&, int) {
            domain::EventPage events;
            events.rows.resize(1);
            events.takenAt = made::now;
            return links::Reply<domain::EventPage>(events);
        };
        page = open(u"batch"_s);
        after(std::chrono::seconds(300));
        remark = in<QLabel>(page, u"searchRemark"_s);
        QVERIFY2(saysAgo(remark->text(), u"read"_s, std::chrono::seconds(300)), qPrintable(remark->text()));
    }

    /// The newest events come first until somebody wants it otherwise, which is remembered.
    void newestFirst() {
        QWidget* page = open(u"messages"_s);
        QTRY_VERIFY(!inside().searched.empty());
        QVERIFY(inside().searched.back().newestFirst);
        type(page, u"searchType"_s, u"rare"_s);
        QVERIFY(inside().searched.back().newestFirst);
        auto* newest = in<QCheckBox>(page, u"newestFirst"_s);
        QVERIFY(newest->isChecked());
        newest->click();
        QVERIFY(!inside().searched.back().newestFirst);
        QCOMPARE(inside().searched.back().type, std::string("rare")); // the same search otherwise
        page = open(u"messages"_s);
        QTRY_VERIFY(m_window->isReadyForPicture());
        QVERIFY(!in<QCheckBox>(page, u"newestFirst"_s)->isChecked());
        QVERIFY(!inside().searched.back().newestFirst);
        in<QCheckBox>(page, u"newestFirst"_s)->click();
        QVERIFY(inside().searched.back().newestFirst);
    }

    /// The queue's types are asked for when one is about to be chosen, and again for another queue.
    void typesOfTheQueue() {
        inside().types = std::vector<std::string>{"order.created", "order.paid"};
        for (const auto& name : {u"messages"_s, u"batch"_s}) {
            QWidget* page = open(name);
            inside().typesAsked = 0;
            auto* edit = in<QLineEdit>(page, u"searchType"_s);
            const QAbstractItemModel* types = edit->completer()->model();
            QVERIFY(m_window->isReadyForPicture());
            QCOMPARE(inside().typesAsked, 0);
            edit->setFocus();
            QTest::keyClick(edit, Qt::Key_Down);
            QCOMPARE(inside().typesAsked, 1);
            QTRY_VERIFY(types->match(types->index(0, 0), Qt::DisplayRole, u"order.paid"_s).size() == 1);
            QTest::keyClicks(edit, u"ord"_s);
            QCOMPARE(inside().typesAsked, 1);
        }
        QWidget* page = open(u"messages"_s);
        auto* edit = in<QLineEdit>(page, u"searchType"_s);
        QTest::keyClicks(edit, u"o"_s);
        QCOMPARE(inside().typesAsked, 2);
        auto* queues = in<QComboBox>(page, u"queueChooser"_s);
        queues->setCurrentIndex(queues->currentIndex() == 0 ? 1 : 0);
        Q_EMIT queues->activated(queues->currentIndex());
        QTest::keyClicks(edit, u"r"_s);
        QCOMPARE(inside().typesAsked, 3);
    }

    void twoEventsCompared() {
        QWidget* page = open(u"batch"_s);
        auto* view = in<QTableView>(page, u"events"_s);
        auto* compare = in<QAbstractButton>(page, u"compareEvents"_s);
        QTRY_COMPARE(view->model()->rowCount(), 200);
        QVERIFY(!compare->isEnabled());
        view->setFocus();
        QTest::keyClick(view, Qt::Key_Home, Qt::ControlModifier);
        QTest::keyClick(view, Qt::Key_Down, Qt::ShiftModifier);
        QVERIFY(compare->isEnabled());
        compare->click();
        auto* dialog = m_window->findChild<QDialog*>(u"compareDialog"_s);
        QVERIFY(dialog);
        const QAbstractItemModel* model = in<QTableView>(dialog, u"comparison"_s)->model();
        QTRY_VERIFY(model->rowCount() > 10);
        const int all = model->rowCount();
        in<QCheckBox>(dialog, u"onlyDifferences"_s)->setChecked(true);
        QVERIFY(model->rowCount() < all);
        QStringList places;
        for (int row = 0; row < model->rowCount(); ++row)
            places += model->index(row, 1).data().toString();
        QVERIFY(places.contains(u"order_id"_s) && !places.contains(u"total"_s));
        dialog->reject();
    }

    void filtersWithNames() {
        QWidget* page = open(u"messages"_s);
        ui::ask::setAnswers({}, {}, [](const ui::ask::Question&) { return std::optional(u"gold & more"_s); });
        const auto menu = [&](const QString& entry) {
            in<QAbstractButton>(page, u"filters"_s)->click();
            auto* shown = m_window->findChild<QMenu*>(u"savedFilters"_s);
            if (!shown)
                return false;
            for (QAction* action : shown->actions()) {
                if (action->text() == entry && action->isEnabled()) {
                    action->trigger();
                    shown->close();
                    QCoreApplication::sendPostedEvents(shown, QEvent::DeferredDelete);
                    return true;
                }
            }
            shown->close();
            QCoreApplication::sendPostedEvents(shown, QEvent::DeferredDelete);
            return false;
        };
        QVERIFY(!menu(u"Save this filter…"_s)); // nothing to save
        type(page, u"searchJson"_s, u"customer.tier = gold"_s);
        type(page, u"searchTicks"_s, u"5–9"_s);
        QVERIFY(menu(u"Save this filter…"_s));
        // Another window, another day, and the other page that filters events.
        page = open(u"messages"_s);
        QVERIFY(menu(u"gold && more"_s));
        QTRY_COMPARE(inside().searched.back().toTick.value_or(0), 9);
        QCOMPARE(inside().searched.back().fromTick.value_or(0), 5);
        QCOMPARE(inside().searched.back().json->value.value_or(""), std::string("gold"));
        type(page, u"searchTicks"_s, u"x"_s);
        QVERIFY(in<QLabel>(page, u"searchProblem"_s)->isVisible());
        page = open(u"batch"_s);
        QVERIFY(menu(u"gold && more"_s));
        QTRY_VERIFY(inside().filtered.back().json.has_value());
    }

    void tableFiltersWithNames() {
        QWidget* page = open(u"consumers"_s);
        ui::ask::setAnswers({}, {}, [](const ui::ask::Question&) { return std::optional(u"mine"_s); });
        auto* filter = in<QLineEdit>(page, u"filter"_s);
        filter->setText(u"billing"_s);
        const auto open_ = [&] {
            QTest::keyClick(filter, Qt::Key_Down, Qt::AltModifier);
            return m_window->findChild<QMenu*>(u"savedFilters"_s);
        };
        m_window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
        filter->setFocus();
        QMenu* menu = open_();
        QVERIFY(menu);
        menu->findChild<QAction*>(u"saveFilter"_s)->trigger();
        menu->close();
        QCoreApplication::sendPostedEvents(menu, QEvent::DeferredDelete);
        filter->clear();
        menu = open_();
        QVERIFY(menu);
        QCOMPARE(menu->actions().front()->text(), u"mine"_s);
        menu->actions().front()->trigger();
        menu->close();
        QCOMPARE(filter->text(), u"billing"_s);
    }

    /// What is sent again is the whole message as it is stored then, not what the table shows of it.
    void resends() {
        domain::EventPage found;
        domain::EventRow event;
        event.id = 77;
        event.position = {0, "(0,1)"};
        event.type = "preview";
        event.data = "x";
        event.dataBytes = 900;
        found.rows.push_back(event);
        inside().found = found;
        domain::Message whole;
        whole.data = "first\r\nsecond\u00a0line";
        whole.dataBytes = std::int64_t(whole.data->size());
        whole.extras[0] = "";
        whole.extras[2] = std::string(50'000, 'x') + "end";
        inside().message = [&whole](std::int64_t) { return links::Reply<domain::Message>(whole); };
        QWidget* page = open(u"messages"_s);
        QTRY_COMPARE(in<QTableView>(page, u"storedEvents"_s)->model()->rowCount(), 1);
        const auto sent = [&] { return inside().predicted.back().arguments; };
        const std::map<std::string, std::string> same = {
            {"payload", *whole.data}, {"extra1", ""}, {"extra3", *whole.extras[2]}};
        const auto start = [&] {
            inside().predicted.clear();
            in<QAbstractButton>(page, u"resend"_s)->click();
            [&] { QTRY_VERIFY(!inside().predicted.empty()); }();
            return m_window->findChild<QDialog*>();
        };
        QDialog* dialog = start();
        QVERIFY(dialog);
        QCOMPARE(sent(), same);
        QVERIFY(in<QCheckBox>(dialog, u"null.type"_s)->isChecked());
        QVERIFY(!in<QCheckBox>(dialog, u"null.extra1"_s)->isChecked());
        // Where a value is written it is no longer NULL; what is not touched stays as it was.
        in<QLineEdit>(dialog, u"parameter.type"_s)->setText(u"new"_s);
        QVERIFY(!in<QCheckBox>(dialog, u"null.type"_s)->isChecked());
        in<QCheckBox>(dialog, u"null.extra1"_s)->setChecked(true);
        auto* payload = in<QPlainTextEdit>(dialog, u"parameter.payload"_s);
        payload->moveCursor(QTextCursor::End);
        payload->insertPlainText(u"!"_s);
        auto expected = same;
        expected["type"] = "new";
        expected.erase("extra1");
        expected["payload"] += "!";
        QTRY_COMPARE(sent(), expected);
        dialog->reject();
        QCoreApplication::sendPostedEvents(dialog, QEvent::DeferredDelete);
        // Too large for a field: it says so instead of sending a part.
        QString told;
        ui::ask::setAnswers([&](const ui::ask::Question& question) { return told = question.title, true; }, {});
        whole.extraBytes[2] = 90'000'000;
        in<QAbstractButton>(page, u"resend"_s)->click();
        QTRY_COMPARE(told, u"The message is too large to edit"_s);
        inside().message = [](std::int64_t) {
            pg::Failure failure;
            failure.diagnostics.message = "the event no longer stands there";
            return links::Reply<domain::Message>(failure);
        };
        in<QAbstractButton>(page, u"resend"_s)->click();
        QTRY_COMPARE(told, u"The message could not be read"_s);
        // A dead letter likewise, of which the table knows no extra field at all.
        inside().message = [&whole](std::int64_t) { return links::Reply<domain::Message>(whole); };
        whole.extraBytes = {};
        domain::DeadPage letters;
        letters.rows.resize(1);
        letters.rows[0].id = 5;
        letters.rows[0].queue = "orders";
        inside().letters = letters;
        page = open(u"dead"_s);
        QTRY_COMPARE(in<QTableView>(page, u"deadLetters"_s)->model()->rowCount(), 1);
        dialog = start();
        QVERIFY(dialog);
        QCOMPARE(sent(), same);
        dialog->reject();
        ui::ask::setAnswers({}, {});
    }

    /// Above the payload stands what else was sent, whole.
    void fieldsOfAMessage() {
        inside().pages = [pages = eventsOf(3)](const std::optional<domain::EventPosition>& from, int limit) {
            auto reply = pages(from, limit);
            auto& page = std::get<domain::EventPage>(reply);
            page.rows[0].extras[1] = std::string(400, 'x');
            page.rows[0].extraBytes[1] = 403;
            page.rows[0].extras[2] = "token=hunter2";
            return reply;
        };
        inside().message = [](std::int64_t) {
            domain::Message message = desk::messageOf("{}");
            message.txid = 991;
            message.extras[1] = std::string(400, 'x') + "end";
            message.extras[2] = "token=hunter2";
            return links::Reply<domain::Message>(message);
        };
        QWidget* page = open(u"batch"_s);
        auto* fields = in<QPlainTextEdit>(page, u"messageFields"_s);
        QTRY_VERIFY2(fields->toPlainText().contains(u"xxxend"_s), qPrintable(fields->toPlainText()));
        QVERIFY(fields->isVisible() && fields->toPlainText().contains(u"991"_s));
        QVERIFY(!fields->toPlainText().contains(u"hunter2"_s));
        QVERIFY(!fields->toPlainText().contains(u"extra1"_s)); // NULL
    }

    /// All pages with whole payloads, in every form; nothing is left of one that failed or was cancelled.
    void exports() {
        inside().message = [](std::int64_t) {
            domain::Message message = desk::messageOf("{\"password\":\"hunter2\",\"n\":1}");
            message.extras[2] = std::string(900, 'x') + "end\r\nof it";
            message.extras[3] = "cut";
            message.extraBytes[3] = 1'000'000;
            return links::Reply<domain::Message>(message);
        };
        auto pages = eventsOf(450);
        inside().pages = [pages](const std::optional<domain::EventPosition>& from, int limit) {
            auto reply = pages(from, limit);
            auto& page = std::get<domain::EventPage>(reply);
            if (!from) {
                page.rows[3].extras[2] = std::string(400, 'x');
                page.rows[3].extraBytes[2] = 911;
            }
            return reply;
        };
        QWidget* page = open(u"batch"_s);
        const auto exported = [&](const QString& name) {
            ui::ask::setAnswers({}, {},
                                [&](const ui::ask::Question&) { return std::optional(m_folder.filePath(name)); });
            in<QAbstractButton>(page, u"exportEvents"_s)->click();
            auto* dialog = m_window->findChild<QDialog*>(u"eventExport"_s);
            auto* state = in<QLabel>(dialog, u"exportState"_s);
            [&] { QTRY_VERIFY(!state->text().endsWith(QChar(0x2026))); }();
            const QString said = state->text();
            dialog->close();
            QCoreApplication::sendPostedEvents(dialog, QEvent::DeferredDelete);
            QFile file(m_folder.filePath(name));
            return std::pair(said, file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString());
        };
        for (const QString& name : {u"e.csv"_s, u"e.txt"_s, u"e.sql"_s, u"e.json"_s}) {
            const auto [said, text] = exported(name);
            QVERIFY2(said.startsWith(u"450 events"_s), qPrintable(said));
            QVERIFY2(said.contains(u"1 event with a text longer"_s), qPrintable(said));
            QVERIFY(text.contains(u"xxxend"_s));
            QVERIFY(!text.contains(u"hunter2"_s) && text.contains(models::Masking::dots()));
            QVERIFY(text.contains(u"9007199254740993"_s));
            if (name == "e.json"_L1)
                QCOMPARE(QJsonDocument::fromJson(text.toUtf8()).array().size(), 450);
            else
                QVERIFY(text.count(u'\n') >= 451);
            if (name == "e.txt"_L1)
                QVERIFY(text.contains(u"xxxend of it"_s) && !text.contains(u'\r'));
        }
        inside().pages = [pages](const std::optional<domain::EventPosition>& from, int limit) {
            pg::Failure failure;
            failure.diagnostics.message = "permission denied";
            return from ? links::Reply<domain::EventPage>(failure) : pages(from, limit);
        };
        const auto [said, text] = exported(u"broken.csv"_s);
        QVERIFY2(said.contains(u"permission denied"_s), qPrintable(said));
        QVERIFY(!QFile::exists(m_folder.filePath(u"broken.csv"_s)));
        const auto [refused, nothing] = exported(u"no/such/folder.csv"_s);
        QVERIFY2(refused.startsWith(u"Nothing was written"_s), qPrintable(refused));
    }

    /// The kind chosen gives a name its end; the name suggested says whose events they are.
    void namesOfFiles() {
        QCOMPARE(ui::ask::withSuffix(u"/tmp/e"_s, u"JSON (*.json)"_s), u"/tmp/e.json"_s);
        QCOMPARE(ui::ask::withSuffix(u"/tmp.d/e"_s, u"SQL (*.sql)"_s), u"/tmp.d/e.sql"_s);
        QCOMPARE(ui::ask::withSuffix(u"/tmp/e.csv"_s, u"JSON (*.json)"_s), u"/tmp/e.csv"_s);
        QCOMPARE(ui::ask::withSuffix({}, u"JSON (*.json)"_s), QString());
        QCOMPARE(ui::ask::fileName({u"a/b ü"_s, u"events"_s}, u".csv"_s), u"a_b_ü-events.csv"_s);
        QString suggested;
        ui::ask::setAnswers({}, {}, [&suggested](const ui::ask::Question& question) {
            suggested = question.text;
            return std::optional<QString>();
        });
        QWidget* page = open(u"messages"_s);
        in<QAbstractButton>(page, u"exportEvents"_s)->click();
        QVERIFY2(suggested.endsWith(u"-events.csv"_s) && suggested.size() > 11, qPrintable(suggested));
        page = open(u"batch"_s);
        QTRY_COMPARE(in<QTableView>(page, u"events"_s)->model()->rowCount(), 200);
        in<QAbstractButton>(page, u"exportEvents"_s)->click();
        const QString token = in<QComboBox>(page, u"batchChooser"_s)->currentData().toString();
        QVERIFY2(suggested.endsWith(u"-batch-%1.csv"_s.arg(token)), qPrintable(suggested));
    }

    void savesTables() {
        QWidget* page = open(u"consumers"_s);
        ui::ask::setAnswers({}, {},
                            [&](const ui::ask::Question&) { return std::optional(m_folder.filePath(u"c.sql"_s)); });
        in<QAbstractButton>(page, u"copy"_s)->click();
        auto* save = m_window->findChild<QAction*>(u"saveTable"_s);
        QVERIFY(save);
        save->trigger();
        QFile file(m_folder.filePath(u"c.sql"_s));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY(file.readAll().startsWith("with \""));
    }

    /// Ten million bytes come onto the screen without a window that stands still.
    void hugePayloads_data() {
        QTest::addColumn<QByteArray>("payload");
        QTest::addColumn<bool>("tree");
        QTest::newRow("JSON") << QByteArray("{\"password\":\"hunter2\",\"long\":\"" + QByteArray(10'000'000, 'x') +
                                            "\"}")
                              << true;
        QTest::newRow("one line") << QByteArray("token=hunter2 ").append(QByteArray(10'000'000, 'y')) << false;
        QByteArray binary;
        for (int i = 0; i < 2'000'000; ++i)
            binary += char(1 + i % 31);
        QTest::newRow("control characters") << QByteArray("secret=hunter2 ").append(binary) << false;
        QTest::newRow("right to left") << QByteArray("password=hunter2 ").append(QByteArray("שלום ").repeated(500'000))
                                       << false;
        QByteArray keys("{\"password\":\"hunter2\"");
        QByteArray nested("{\"body\":\"{\\\"token\\\":\\\"hunter2\\\"");
        for (int key = 0; key < 500'000; ++key) {
            keys += ",\"key" + QByteArray::number(key) + "\":1";
            if (key < 200'000)
                nested += ",\\\"key" + QByteArray::number(key) + "\\\":\\\"v\\\"";
        }
        QTest::newRow("half a million keys") << QByteArray(keys + "}") << true;
        QTest::newRow("JSON in JSON") << QByteArray(nested + "}\"}") << true;
        QTest::newRow("a million lines") << QByteArray("token=hunter2\n").append(QByteArray("ab\n").repeated(1'000'000))
                                         << false;
    }

    void hugePayloads() {
        constexpr double allowed = 100; // ms of processor time between two turns of the loop
        QFETCH(QByteArray, payload);
        QFETCH(bool, tree);
        ui::PayloadView view;
        view.resize(600, 400);
        view.show();
        const std::string text = payload.toStdString();
        // The best of some tries: others use this machine as well.
        double worked = std::numeric_limits<double>::max();
        for (int round = 0; round < 3 && worked > allowed; ++round) {
            const support::Gaps gaps;
            QElapsedTimer timer;
            timer.start();
            view.showPayload(text, qint64(text.size()));
            const auto asked = timer.elapsed();
            QVERIFY(!view.isReady()); // the window goes on meanwhile
            QTRY_VERIFY_WITH_TIMEOUT(view.isReady(), 20'000);
            const auto ready = timer.elapsed();
            view.grab();
            QTest::qWait(20);
            qInfo("%s: asked %lld ms, ready %lld ms, painted %lld ms, worked at once %.0f ms",
                  QTest::currentDataTag(), asked, ready, timer.elapsed(), gaps.busiest());
            worked = std::min(worked, gaps.busiest());
        }
        QVERIFY2(worked <= allowed, qPrintable(QString::number(worked)));
        QCOMPARE(in<QTreeView>(&view, u"jsonTree"_s)->isVisible(), tree);
        const QString shown = in<QPlainTextEdit>(&view, u"payloadPlain"_s)->toPlainText();
        QVERIFY(shown.size() > 500'000);
        QVERIFY(!shown.contains(u"hunter2"_s));
        QVERIFY(in<QLabel>(&view, u"payloadRemark"_s)->text().contains(u"Secrets are hidden"_s));
        models::Masking::setCurrent({});
        view.showAgain();
        QTRY_VERIFY_WITH_TIMEOUT(view.isReady(), 20'000);
        QVERIFY(in<QPlainTextEdit>(&view, u"payloadPlain"_s)->toPlainText().contains(u"hunter2"_s));
    }
};

QTEST_MAIN(TestEventPages)
#include "tst_eventpages.moc"
