// SPDX-License-Identifier: GPL-3.0-or-later
// The timeline in a real window: what is drawn also stands in words, and everything goes by keys.
#include "models/madesnapshots.h"
#include "models/timelinemodels.h"
#include "ui/fakedesk.h"
#include "ui/mainwindow.h"
#include "ui/theme.h"
#include "ui/timelineview.h"
#include "ui/translation.h"

#include <QAbstractItemModelTester>
#include <QLabel>
#include <QScrollBar>
#include <QSignalSpy>
#include <QStackedWidget>
#include <QTableView>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class TestTimelinePage : public QObject {
    Q_OBJECT

    std::unique_ptr<desk::Desk> m_desk;
    std::unique_ptr<ui::MainWindow> m_window;
    std::int32_t m_queueId = 0;
    std::int32_t m_subId = 0;

    desk::DeskPrivate& inside() { return desk::DeskPrivate::of(*m_desk); }

    void open(const QString& subject = {}) {
        m_window = std::make_unique<ui::MainWindow>(m_desk.get(), ui::WindowOptions{{}, u"timeline"_s, subject});
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    }

    ui::TimelineView* view() { return m_window->findChild<ui::TimelineView*>(); }

    /// A group of two, so many looks a fifth of a second apart: each takes windows in turn; one is taken over.
    void fill(int looks) {
        domain::Snapshot snapshot = *inside().snapshot;
        const auto main =
            std::find_if(snapshot.subscriptions.begin(), snapshot.subscriptions.end(),
                         [](const domain::Subscription& row) { return row.role == domain::Role::CoopMain; });
        QVERIFY(main != snapshot.subscriptions.end());
        m_queueId = main->queueId;
        m_subId = main->subId;
        const domain::Subscription group = *main;
        const pg::Timestamp begin = snapshot.takenAt - looks * 200ms;
        inside().timeline.focus(m_queueId, m_subId);
        for (int i = 0; i <= looks; ++i) {
            domain::Snapshot look;
            look.takenAt = begin + i * 200ms;
            look.queues = snapshot.queues;
            domain::Subscription own = group;
            own.lastTick = 1'000 + i;
            look.subscriptions.push_back(own);
            for (int who = 0; who < 2; ++who) {
                domain::Subscription row = group;
                row.role = domain::Role::CoopMember;
                row.consumerId = 900 + who;
                row.consumerName = group.consumerName + ".w" + std::to_string(who);
                row.active = look.takenAt;
                row.batch.reset();
                row.lastTick.reset();
                row.nextTick.reset();
                const int window = i - i % 2 + (i % 10 == 9 ? 0 : who);
                if (i % 10 != 9 || who == 1) {
                    row.batch = 10'000 + 4 * i - 4 * (i % 2) + who + (i % 10 == 9 ? 2 : 0);
                    row.lastTick = 1'000 + window;
                    row.nextTick = 1'001 + window;
                }
                look.subscriptions.push_back(row);
            }
            look.buildIndex();
            inside().timeline.add(look, 3s);
        }
    }

private Q_SLOTS:

    void init() { m_desk = shopDesk(); }

    void cleanup() {
        m_window.reset();
        m_desk.reset();
    }

    void emptyAndFollowed() {
        open();
        auto* bars = m_window->findChild<QTableView*>(u"bars"_s);
        QCOMPARE(bars->model()->rowCount(), 0);
        QVERIFY(inside().follows.first != 0); // somebody is chosen, and followed while the page is seen
        m_window->showPage(u"overview"_s);
        QCOMPARE(inside().follows.first, 0);
    }

    void sameInWordsAsDrawn() {
        fill(200);
        const monitor::Track* track = inside().timeline.track(m_queueId, m_subId);
        open(QString::fromStdString(track->queue + '/' + track->name));
        QTRY_VERIFY(m_window->isReadyForPicture());
        view()->fit();
        auto* bars = m_window->findChild<QTableView*>(u"bars"_s);
        QCOMPARE(bars->model()->rowCount(), int(track->bars));
        QVERIFY2(view()->accessibleDescription().contains(u"taken over"_s),
                 qPrintable(view()->accessibleDescription()));
        QVERIFY(view()->accessibleDescription().contains(u"w1: "_s));
        // Something is drawn in the lanes: more than the ground and the grid.
        const QImage picture = view()->grab().toImage();
        QSet<QRgb> colours;
        for (int x = 160; x < picture.width(); ++x) {
            for (int y = 40; y < picture.height(); y += 3)
                colours.insert(picture.pixel(x, y));
        }
        QVERIFY(colours.size() > 6);
    }

    /// What the pointer is told of gaps, waits, unseen batches and heartbeats, the words tell as well.
    void wordsOfWhatIsNoBar() {
        ui::loadTranslation();
        const pg::Timestamp begin = made::now;
        monitor::Track track;
        track.firstLook = begin;
        monitor::Lane lane;
        lane.name = "billing.w1";
        lane.role = domain::Role::CoopMember;
        lane.heartbeats = {begin - 5s, begin + 1s, begin + 2s, begin + 70s};
        track.lanes.push_back(lane);
        track.waits = {
            {begin + 3s, begin + 4s, 77, 2}, {begin + 5s, begin + 6s, 77, 3}, {begin + 90s, begin + 91s, 7, 9}};
        track.unseen = {{begin + 1s, begin + 2s, 10, 12, 2}, {begin + 7s, begin + 8s, 13, 16, 3}};
        const std::vector<monitor::Gap> gaps = {{begin + 20s, begin + 30s}, {begin + 80s, begin + 85s}};
        const QString words = models::timelineInWords(track, gaps, begin, begin + 60s, QTimeZone::utc());
        for (const QString& part :
             {u"w1: no batch, 2 heartbeats"_s, u"2 waits for the row, at most 3 sessions at once"_s,
              u"at most 5 batches went unseen"_s, u"not looked at from 14:07:51 to 14:08:01"_s})
            QVERIFY2(words.contains(part), qPrintable(words));
        QVERIFY2(!words.contains(u"14:08:51"_s), qPrintable(words));
        const QString earlier = models::timelineInWords(track, {}, begin - 10s, begin, QTimeZone::utc());
        QVERIFY2(earlier.contains(u"not looked at before 14:07:31"_s), qPrintable(earlier));
    }

    void whatIsOldIsGrey() {
        fill(200);
        const monitor::Track* track = inside().timeline.track(m_queueId, m_subId);
        open(QString::fromStdString(track->queue + '/' + track->name));
        QTRY_VERIFY(m_window->isReadyForPicture());
        view()->fit();
        const auto coloured = [this] {
            const QImage picture = view()->viewport()->grab().toImage();
            for (int x = 160; x < picture.width(); ++x) {
                for (int y = 0; y < picture.height(); ++y) {
                    const QColor pixel = picture.pixelColor(x, y);
                    if (pixel == ui::colors().bar || pixel == ui::colors().warning || pixel == ui::colors().accent)
                        return true;
                }
            }
            return false;
        };
        QVERIFY(coloured());
        inside().status.state = desk::LinkState::Lost;
        Q_EMIT m_desk->linkStatusChanged();
        m_window->setFocus();
        QVERIFY(!coloured());
        inside().status.state = desk::LinkState::Live;
        Q_EMIT m_desk->linkStatusChanged();
        QVERIFY(coloured());
    }

    void byKeysAlone() {
        fill(200);
        const monitor::Track* track = inside().timeline.track(m_queueId, m_subId);
        open(QString::fromStdString(track->queue + '/' + track->name));
        QTRY_COMPARE(m_window->focusWidget(), view());
        QTest::keyClick(view(), Qt::Key_Down);
        const std::int64_t first = view()->current();
        QVERIFY(first != 0);
        QTest::keyClick(view(), Qt::Key_Left);
        QVERIFY(view()->current() < first);
        const auto place = track->find(view()->current());
        QTest::keyClick(view(), Qt::Key_Down);
        QVERIFY(track->find(view()->current())->lane != place->lane);
        // What is chosen is told, with the tokens of its window to jump to.
        auto* lineage = m_window->findChild<QLabel*>(u"lineage"_s);
        QVERIFY(lineage->isVisible());
        QVERIFY(lineage->text().contains(QString::number(view()->current())));
        const pg::Interval before = view()->span();
        QTest::keyClick(view(), Qt::Key_Plus);
        QVERIFY(view()->span() < before);
        QVERIFY(view()->isFollowing());
        QTest::keyClick(view(), Qt::Key_PageUp);
        QVERIFY(!view()->isFollowing());
        QTest::keyClick(view(), Qt::Key_F);
        QVERIFY(view()->isFollowing());
        QTest::keyClick(view(), Qt::Key_0);
        QVERIFY(view()->from() <= track->firstLook);
        QSignalSpy wanted(view(), &ui::TimelineView::activated);
        QTest::keyClick(view(), Qt::Key_Return);
        QCOMPARE(wanted.size(), 1);
        QCOMPARE(m_window->currentPage(), u"batch"_s);
    }

    void byMouse() {
        fill(50);
        const monitor::Track* track = inside().timeline.track(m_queueId, m_subId);
        open(QString::fromStdString(track->queue + '/' + track->name));
        QTRY_VERIFY(m_window->isReadyForPicture());
        view()->fit();
        // Somewhere in the lane of a member there is a bar.
        const int y = view()->viewport()->height();
        for (int x = 170; x < view()->viewport()->width() - 20 && view()->current() == 0; x += 3)
            QTest::mouseClick(view()->viewport(), Qt::LeftButton, {}, QPoint(x, std::min(y - 50, 28 + 44 + 36 + 18)));
        QVERIFY(view()->current() != 0);
        const pg::Timestamp from = view()->from();
        QTest::mousePress(view()->viewport(), Qt::LeftButton, {}, QPoint(400, 100));
        QTest::mouseMove(view()->viewport(), QPoint(420, 100));
        QTest::mouseMove(view()->viewport(), QPoint(500, 100));
        QTest::mouseRelease(view()->viewport(), Qt::LeftButton, {}, QPoint(500, 100));
        QVERIFY(view()->from() < from);
    }

    void theModelKeepsItsRules() {
        models::AnswerModel<models::BarLine> model(models::barColumns());
        const QAbstractItemModelTester tester(&model);
        fill(120);
        const monitor::Track* track = inside().timeline.track(m_queueId, m_subId);
        for (int i = 0; i < 60; ++i)
            model.show(models::barsBetween(*track, track->firstLook + i * 300ms, track->firstLook + i * 300ms + 5s, 20),
                       track->lastLook);
        QCOMPARE(model.rowCount(), 20);
    }
};

QTEST_MAIN(TestTimelinePage)
#include "tst_timelinepage.moc"
