// SPDX-License-Identifier: GPL-3.0-or-later
// History as charts, as a table and compared; every page shown as it was, unmistakably, with actions off.
#include "models/historymodels.h"
#include "models/madesnapshots.h"
#include "ui/fakedesk.h"
#include "ui/historychart.h"
#include "ui/mainwindow.h"
#include "ui/notice.h"
#include "ui/pastbar.h"

#include <QAbstractButton>
#include <QAbstractItemModelTester>
#include <QCheckBox>
#include <QLabel>
#include <QSlider>
#include <QScrollBar>
#include <QTableView>
#include <QTest>

#include <random>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using domain::Quantity;

namespace {

/// A point every ten seconds, with a gap in the middle, the first third rebuilt.
domain::Series wavy(pg::Timestamp from, pg::Timestamp to) {
    domain::Series series;
    int number = 0;
    for (pg::Timestamp at = from; at < to; at += 10s, ++number) {
        const double share = double((at - from).count()) / double((to - from).count());
        if (share > 0.5 && share < 0.6)
            continue;
        domain::SeriesPoint point;
        point.from = at;
        point.length = 10s;
        point.mean = 100 + 40 * std::sin(number / 9.0);
        point.least = point.mean - 15;
        point.most = point.mean + 25;
        point.afterGap = series.points.empty() || series.points.back().from < at - 10s;
        point.rebuilt = share < 0.3;
        series.points.push_back(point);
    }
    return series;
}

domain::Moment shopAt(int seconds, bool withFindings = true) {
    auto snapshot = made::shop();
    snapshot->takenAt += std::chrono::seconds(seconds);
    for (domain::Queue& queue : snapshot->queues)
        queue.dead = domain::Count{seconds + 500, false, snapshot->takenAt};
    snapshot->buildIndex();
    auto diagnosis = std::make_shared<domain::Diagnosis>();
    if (withFindings)
        *diagnosis = made::shopFindings();
    return {snapshot, diagnosis};
}

} // namespace

class TestHistoryPage : public QObject {
    Q_OBJECT

    std::unique_ptr<desk::Desk> m_desk;
    std::unique_ptr<ui::MainWindow> m_window;

    desk::DeskPrivate& inside() { return desk::DeskPrivate::of(*m_desk); }

    template <class T>
    T* find(const QString& name) {
        T* found = m_window->findChild<T*>(name);
        if (!found)
            qFatal("no %s", qPrintable(name));
        return found;
    }

    void open(const QString& page = u"history"_s) {
        m_window = std::make_unique<ui::MainWindow>(m_desk.get(), ui::WindowOptions{{}, page, {}});
        m_window->resize(1280, 800);
        m_window->show();
        QTRY_VERIFY(m_window->isReadyForPicture());
    }

    QList<ui::HistoryChart*> charts() { return m_window->findChildren<ui::HistoryChart*>(); }

    bool says(const QString& title) {
        const auto notices = m_window->findChildren<ui::Notice*>();
        return std::any_of(notices.begin(), notices.end(),
                           [&](const ui::Notice* notice) { return notice->isVisible() && notice->title() == title; });
    }

private Q_SLOTS:

    void init() {
        m_desk = shopDesk();
        inside().series = [](std::int32_t, Quantity, pg::Timestamp from, pg::Timestamp to) {
            return store::Answer<domain::Series>(wavy(from, to));
        };
        auto& recorded = std::get<store::Recorded>(inside().recorded);
        recorded.first = shopAt(-3'600).snapshot->takenAt;
        recorded.last = shopAt(0).snapshot->takenAt;
        recorded.seriesFrom = shopAt(-7'200).snapshot->takenAt;
        for (const int seconds : {-3'600, -1'800, -60, 0})
            inside().moments.emplace(shopAt(seconds).snapshot->takenAt, shopAt(seconds, seconds != -1'800));
    }

    void cleanup() {
        m_window.reset();
        m_desk.reset();
    }

    void everyQuantityIsDrawnAndSaysSo() {
        open();
        QCOMPARE(charts().size(), domain::quantities);
        for (ui::HistoryChart* chart : charts()) {
            QVERIFY(chart->accessibleDescription().contains(u"least"_s));
            QVERIFY(!chart->accessibleName().isEmpty());
            QVERIFY(chart->height() > 60 && chart->width() > 200);
        }
    }

    /// Whose size it is and how instants are marked stands there, at any width whole.
    void theSizeAndTheMarksAreExplained() {
        std::get<store::Recorded>(inside().recorded).bytes = 4'100;
        open();
        for (const int width : {900, 1280}) {
            m_window->resize(width, 800);
            QCoreApplication::processEvents();
            auto* size = find<QLabel>(u"recordingSize"_s);
            QTRY_VERIFY(size->text().endsWith(u"recorded: "_s + models::format::bytes(4'100)));
            QVERIFY(size->toolTip().contains(u"on disk"_s));
            QVERIFY(size->width() >= size->sizeHint().width());
            auto* how = find<QLabel>(u"howToMark"_s);
            QVERIFY(how->isVisible() && how->text().contains(u"click"_s) && how->text().contains(u"Return"_s));
            QVERIFY(how->height() >= how->heightForWidth(how->width()));
        }
        // Once marked the heading says when.
        auto* marks = find<QLabel>(u"historyMarks"_s);
        QVERIFY(marks->text().isEmpty());
        ui::HistoryChart* chart = charts().front();
        chart->setFocus(Qt::TabFocusReason);
        QTest::keyClick(chart, Qt::Key_Left);
        QTest::keyClick(chart, Qt::Key_Return);
        QVERIFY(marks->text().startsWith(u"A "_s));
        QTest::keyClick(chart, Qt::Key_Return, Qt::ShiftModifier);
        QVERIFY(marks->text().contains(u" · B "_s));
    }

    void theCursorIsSharedAndTellsGaps() {
        open();
        ui::HistoryChart* first = charts().front();
        first->setFocus();
        QTest::keyClick(first, Qt::Key_Home);
        const auto all = charts();
        QVERIFY(std::all_of(all.begin(), all.end(), [](ui::HistoryChart* chart) {
            const auto labels = chart->findChildren<QLabel*>();
            return std::any_of(labels.begin(), labels.end(),
                               [](QLabel* label) { return label->text().contains(u"rebuilt"_s); });
        }));
        // Into the gap: half of the way and a little more.
        for (int i = 0; i < 11; ++i)
            QTest::keyClick(first, Qt::Key_Right, Qt::ControlModifier);
        for (ui::HistoryChart* chart : charts()) {
            const auto labels = chart->findChildren<QLabel*>();
            QVERIFY(std::any_of(labels.begin(), labels.end(),
                                [](QLabel* label) { return label->text() == u"nothing observed there"_s; }));
        }
    }

    void theTableHasTheSame() {
        open();
        QTest::mouseClick(find<QAbstractButton>(u"historyAsTable"_s), Qt::LeftButton);
        auto* table = find<QTableView>(u"historyTable"_s);
        QVERIFY(table->isVisible());
        const QAbstractItemModel* model = table->model();
        QVERIFY(model->rowCount() > 70);
        QCOMPARE(model->index(0, 1).data().toString().isEmpty(), false);
        m_window->resize(1280, 800);
        QTRY_COMPARE(table->horizontalScrollBar()->maximum(), 0);
    }

    void twoInstantsAreCompared() {
        open();
        Q_EMIT charts().front()->marked(shopAt(-1'800).snapshot->takenAt, false);
        Q_EMIT charts().front()->marked(shopAt(-60).snapshot->takenAt, true);
        QTest::mouseClick(find<QAbstractButton>(u"historyCompare"_s), Qt::LeftButton);
        auto* table = find<QTableView>(u"historyCompared"_s);
        QTRY_VERIFY(table->model()->rowCount() > 5);
        QStringList texts;
        for (int row = 0; row < table->model()->rowCount(); ++row)
            for (int column = 0; column < table->model()->columnCount(); ++column)
                texts += table->model()->index(row, column).data().toString();
        QVERIFY(texts.contains(u"finding"_s));
        QVERIFY(texts.contains(u"Dead letters"_s));
    }

    void nothingRecordedIsSaid() {
        inside().series = {};
        open();
        QVERIFY(says(u"Nothing is recorded of this span yet"_s));
    }

    void aFailureIsTold() {
        inside().recorded = store::Failure{store::Failure::Kind::Newer, u"written by a newer version"_s};
        open();
        QVERIFY(says(u"The recording can't be read"_s));
    }

    void everyPageIsShownAsItWas_data() {
        QTest::addColumn<QString>("page");
        for (const QString& page : ui::MainWindow::pageNames())
            QTest::newRow(qPrintable(page)) << page;
    }

    void everyPageIsShownAsItWas() {
        QFETCH(QString, page);
        open(page);
        auto* bar = find<ui::PastBar>(u"pastBar"_s);
        QVERIFY(!bar->isVisible());
        QTest::mouseClick(find<QAbstractButton>(u"past"_s), Qt::LeftButton);
        QTRY_VERIFY(m_desk->shownInstant());
        QVERIFY(bar->isVisible());
        QCOMPARE(find<QLabel>(u"pastTitle"_s)->text(), u"The past"_s);
        QVERIFY(find<QLabel>(u"pastText"_s)->text().contains(u"actions are off"_s));
        // Each goes there before the next is pressed.
        const auto isShown = [this](int seconds) {
            return QTest::qWaitFor([&] { return m_desk->shownInstant() == shopAt(seconds).snapshot->takenAt; });
        };
        QTRY_VERIFY(find<QAbstractButton>(u"pastBack"_s)->isEnabled());
        QTest::mouseClick(find<QAbstractButton>(u"pastBack"_s), Qt::LeftButton);
        QVERIFY(isShown(-60));
        QTest::mouseClick(find<QAbstractButton>(u"pastForward"_s), Qt::LeftButton);
        QVERIFY(isShown(0));
        QTRY_VERIFY(find<QSlider>(u"pastSlider"_s)->value() == 2'000);
        find<QSlider>(u"pastSlider"_s)->setValue(1'100);
        QVERIFY(isShown(-1'800));
        QTest::mouseClick(find<QAbstractButton>(u"pastLive"_s), Qt::LeftButton);
        QVERIFY(!m_desk->shownInstant());
        QVERIFY(!bar->isVisible());
    }

    void aCapsuleIsWrittenWithWhatWasSaid() {
        open();
        inside().exported = std::int64_t(120);
        QTest::mouseClick(find<QAbstractButton>(u"exportCapsule"_s), Qt::LeftButton);
        QTRY_VERIFY(find<QAbstractButton>(u"writeCapsule"_s)->isEnabled());
        QVERIFY(find<QLabel>(u"capsuleContents"_s)->text().contains(u"Not in it: payloads"_s));
        find<QCheckBox>(u"capsuleJournal"_s)->setChecked(false);
        QVERIFY(!find<QLabel>(u"capsuleContents"_s)->text().contains(u"journal"_s));
        QTest::mouseClick(find<QAbstractButton>(u"writeCapsule"_s), Qt::LeftButton);
        QTRY_VERIFY(find<QLabel>(u"capsuleResult"_s)->text().contains(u"120 instants"_s));
        QCOMPARE(inside().exports.size(), std::size_t(1));
        const desk::CapsuleOptions& options = inside().exports.front();
        QVERIFY(!options.withJournal);
        QVERIFY(options.to - options.from == 1h);
        QVERIFY(options.settings.size() > 10);
        inside().exported = store::Failure{store::Failure::Kind::Full, u"no room"_s};
        QTest::mouseClick(find<QAbstractButton>(u"writeCapsule"_s), Qt::LeftButton);
        QTRY_VERIFY(find<QLabel>(u"capsuleResult"_s)->text().contains(u"no room"_s));
    }

    /// Batch ids name things: one is not larger than another by so much.
    void anotherBatchIsNoDistance() {
        const domain::Moment one = shopAt(0);
        domain::Moment other = shopAt(0);
        auto changed = std::make_shared<domain::Snapshot>(*other.snapshot);
        const auto holds = std::find_if(changed->subscriptions.begin(), changed->subscriptions.end(),
                                        [](const auto& row) { return row.batch.has_value(); });
        QVERIFY(holds != changed->subscriptions.end());
        *holds->batch += 1;
        changed->buildIndex();
        other.snapshot = changed;
        const auto lines = models::differences(one, other, QTimeZone::utc());
        QCOMPARE(lines.size(), std::size_t(1));
        QCOMPARE(lines.front().what, std::string("batch"));
        QVERIFY(!lines.front().change);
    }

    /// Of a day the time is enough; the whole timestamps stand behind it.
    void heartbeatsAreToldByTheClock() {
        const domain::Moment one = shopAt(0);
        domain::Moment other = shopAt(0);
        auto changed = std::make_shared<domain::Snapshot>(*other.snapshot);
        const auto holds = std::find_if(changed->subscriptions.begin(), changed->subscriptions.end(),
                                        [](const auto& row) { return row.batch.has_value(); });
        const pg::Timestamp noon{std::chrono::sys_days{std::chrono::year(2026) / 11 / 20} + 12h};
        auto earlier = std::make_shared<domain::Snapshot>(*one.snapshot);
        earlier->subscriptions[std::size_t(holds - changed->subscriptions.begin())].active = noon;
        const auto told = [&](pg::Timestamp heartbeat) {
            holds->active = heartbeat;
            const auto lines = models::differences({earlier, one.diagnosis}, {changed, other.diagnosis},
                                                   QTimeZone::utc());
            return lines.size() == 1 ? lines.front() : models::MomentDifference();
        };
        QCOMPARE(told(noon + 7s).before, u"12:00:00"_s);
        QCOMPARE(told(noon + 7s).after, u"12:00:07"_s);
        QCOMPARE(told(noon + 7s).wholeAfter, u"2026-11-20 12:00:07.000 UTC"_s);
        QCOMPARE(told(noon + 24h).after, u"2026-11-21 12:00:00"_s);
        QCOMPARE(told(noon + 5ms).after, u"2026-11-20 12:00:00.005 UTC"_s);
    }

    void differencesAreFewAndTrue() {
        const domain::Moment one = shopAt(0);
        QVERIFY(models::differences(one, one, QTimeZone::utc()).empty());
        domain::Moment other = shopAt(0);
        auto changed = std::make_shared<domain::Snapshot>(*other.snapshot);
        const std::string gone = changed->queues.back().name;
        changed->queues.pop_back();
        changed->queues.front().lastTick->id += 7;
        changed->buildIndex();
        other.snapshot = changed;
        const auto lines = models::differences(one, other, QTimeZone::utc());
        QCOMPARE(lines.size(), std::size_t(3)); // the events per tick follow from the tick
        QCOMPARE(lines[1].what, std::string("last_tick"));
        QCOMPARE(*lines[1].change, 7.0);
        QCOMPARE(lines[2].name, gone);
        QVERIFY(lines[2].after.isEmpty());

        models::AnswerModel<models::MomentDifference> model(models::differenceColumns());
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
        model.show(lines, made::now);
        std::mt19937 generator(7);
        for (int i = 0; i < 30; ++i) {
            const domain::Moment a{made::random(generator), std::make_shared<domain::Diagnosis>()};
            const domain::Moment b{made::random(generator), std::make_shared<domain::Diagnosis>(made::shopFindings())};
            model.show(models::differences(a, b, QTimeZone::utc()), made::now);
        }
        models::AnswerModel<models::HistoryLine> history(models::historyColumns());
        QAbstractItemModelTester second(&history, QAbstractItemModelTester::FailureReportingMode::Fatal);
        std::array<domain::Series, domain::quantities> series;
        for (int i = 0; i < 20; ++i) {
            for (auto& one_ : series)
                one_ = wavy(made::ago(600 - i * 10), made::ago(-i * 10));
            history.show(models::historyLines(series), made::now);
        }
        QVERIFY(history.rowCount() > 40);
    }
};

QTEST_MAIN(TestHistoryPage)
#include "tst_historypage.moc"
