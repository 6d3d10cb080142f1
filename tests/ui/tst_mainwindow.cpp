// SPDX-License-Identifier: GPL-3.0-or-later
#include "domain/timemark.h"
#include "models/madesnapshots.h"
#include "ui/actiondialog.h"
#include "ui/ask.h"
#include "ui/fakedesk.h"
#include "ui/findingrow.h"
#include "ui/keys.h"
#include "ui/mainwindow.h"
#include "ui/notice.h"

#include <QAbstractButton>
#include <QAccessible>
#include <QClipboard>
#include <QDialog>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QScrollArea>
#include <QScrollBar>
#include <QSettings>
#include <QTableView>
#include <QTemporaryDir>
#include <QTreeView>
#include <QtTest>

using namespace Qt::StringLiterals;

class MainWindowTest : public QObject {
    Q_OBJECT

    std::unique_ptr<desk::Desk> m_desk;
    std::unique_ptr<ui::MainWindow> m_window;
    int m_questions = 0;
    bool m_agree = true;

    desk::DeskPrivate& inside() { return desk::DeskPrivate::of(*m_desk); }

    void open(const QString& page, const ui::WindowOptions& options = {}) {
        ui::WindowOptions used = options;
        used.page = page;
        m_window = std::make_unique<ui::MainWindow>(m_desk.get(), used);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
    }

    template <class T>
    T* find(const QString& name) {
        T* found = nullptr;
        for (T* each : m_window->findChildren<T*>(name)) {
            if (each->isVisible())
                found = each;
        }
        if (!found)
            qWarning("nothing visible is called %s", qPrintable(name));
        return found;
    }

    QDialog* dialog(const QString& name) {
        for (QWidget* widget : QApplication::topLevelWidgets()) {
            if (widget->objectName() == name && widget->isVisible())
                return qobject_cast<QDialog*>(widget);
        }
        return nullptr;
    }

    QString banner() {
        return m_window->findChild<ui::Banner*>(u"banner"_s)->isVisible()
                   ? m_window->findChild<ui::Banner*>(u"banner"_s)->title()
                   : QString();
    }

    /// By its key; null when it does not come.
    QDialog* openPalette() {
        QTest::keyClick(m_window.get(), Qt::Key_K, Qt::ControlModifier);
        return QTest::qWaitFor([this] { return dialog(u"commandPalette"_s) != nullptr; })
                   ? dialog(u"commandPalette"_s)
                   : nullptr;
    }

private Q_SLOTS:

    void init() {
        QTest::failOnWarning(QRegularExpression(u"^(?!This plugin does not support propagateSizeHints)"_s));
        m_desk = shopDesk();
        m_questions = 0;
        m_agree = true;
        ui::ask::setAnswers(
            [this](const ui::ask::Question&) {
                ++m_questions;
                return m_agree;
            },
            [this]() -> std::optional<ui::ask::Password> {
                ++m_questions;
                return ui::ask::Password{u"secret"_s, false};
            });
    }

    void cleanup() {
        ui::ask::setArming({});
        m_window.reset();
        m_desk.reset();
    }

    void pagesByKeyboard() {
        open(u"overview"_s);
        QTest::keyClick(m_window.get(), Qt::Key_6, Qt::ControlModifier);
        QCOMPARE(m_window->currentPage(), u"inflight"_s);
        QTest::keyClick(m_window.get(), Qt::Key_5, Qt::ControlModifier);
        QCOMPARE(m_window->currentPage(), u"consumers"_s);
        QVERIFY(!m_window->showPage(u"nowhere"_s));
        QTest::keyClick(m_window.get(), Qt::Key_F5);
        QCOMPARE(inside().sampled, 1);
        QTest::keyClick(m_window.get(), Qt::Key_Space, Qt::ControlModifier);
        QVERIFY(inside().paused);
    }

    void aRefreshKeepsSelectionAndScroll() {
        inside().snapshot = made::many(400, 1);
        inside().diagnosis = {};
        open(u"overview"_s);
        auto* view = find<QTableView>(u"queues"_s);
        view->selectRow(200);
        view->scrollTo(view->model()->index(200, 0), QAbstractItemView::PositionAtTop);
        const QString name = view->currentIndex().siblingAtColumn(0).data().toString();
        const int scrolled = view->verticalScrollBar()->value();
        QVERIFY(scrolled > 0);
        auto next = made::many(400, 1);
        next->takenAt += std::chrono::seconds(1);
        next->queues.erase(next->queues.begin() + 300);
        next->buildIndex();
        feed(*m_desk, next);
        QCOMPARE(view->model()->rowCount(), 399);
        QCOMPARE(view->currentIndex().siblingAtColumn(0).data().toString(), name);
        QCOMPARE(view->verticalScrollBar()->value(), scrolled);
        QCOMPARE(view->selectionModel()->selectedRows().size(), 1);
    }

    void aRefreshKeepsWhatIsFolded() {
        open(u"consumers"_s);
        auto* view = find<QTreeView>(u"subscriptions"_s);
        const QModelIndex orders = view->model()->index(5, 0);
        QCOMPARE(orders.data().toString(), u"orders"_s);
        QVERIFY(view->isExpanded(orders));
        QVERIFY(view->isExpanded(view->model()->index(0, 0, orders)));
        view->collapse(orders);
        auto next = std::make_shared<domain::Snapshot>(*inside().snapshot);
        next->takenAt += std::chrono::seconds(1);
        feed(*m_desk, next);
        QVERIFY(!view->isExpanded(orders));
        QVERIFY(view->isExpanded(view->model()->index(0, 0)));
    }

    void thePaletteRunsWhatItFinds() {
        open(u"overview"_s);
        QDialog* palette = openPalette();
        QVERIFY(palette);
        auto* field = palette->findChild<QLineEdit*>(u"paletteField"_s);
        QTest::keyClicks(field, u"flight"_s);
        QVERIFY(palette->findChild<QListView*>(u"paletteList"_s)->model()->rowCount() >= 1);
        QTest::keyClick(field, Qt::Key_Return);
        QCOMPARE(m_window->currentPage(), u"inflight"_s);
    }

    void thePaletteLeadsToTheQueue() {
        open(u"overview"_s);
        QDialog* palette = openPalette();
        QVERIFY(palette);
        auto* field = palette->findChild<QLineEdit*>(u"paletteField"_s);
        QTest::keyClicks(field, u"Queue orders how it stands"_s);
        QTest::keyClick(field, Qt::Key_Return);
        QCOMPARE(m_window->currentPage(), u"queue"_s);
    }

    void everyPageHasAKey() {
        open(u"overview"_s);
        const QStringList pages = ui::MainWindow::pageNames();
        QCOMPARE(ui::keys::of(ui::keys::Deed::GoToPage).keys.size(), pages.size());
        for (qsizetype at = 0; at < pages.size(); ++at) {
            QTest::keySequence(m_window.get(), ui::keys::of(ui::keys::Deed::GoToPage).keys[at]);
            QCOMPARE(m_window->currentPage(), pages[at]);
        }
    }

    /// Numbers of the sample beside the pages they are about; a capped one says so.
    void pagesHaveCounts() {
        open(u"overview"_s);
        const auto count = [this](const char* page) {
            return m_window->findChild<QAbstractButton*>(u"page."_s + QLatin1String(page))->accessibleDescription();
        };
        const auto sample = std::make_shared<domain::Snapshot>(*inside().snapshot);
        for (domain::Queue& queue : sample->queues)
            queue.retry = queue.dead = std::nullopt;
        sample->queues[0].retry = domain::Count{400, false, sample->takenAt};
        sample->queues[1].retry = domain::Count{12, false, sample->takenAt};
        sample->queues[1].dead = domain::Count{1'000, true, sample->takenAt};
        domain::WorkLook look;
        look.barriers.rows.resize(2);
        auto looks = std::make_shared<domain::WorkLooks>();
        looks->installs = {look};
        inside().workLooks = looks;
        feed(*m_desk, sample);
        QCOMPARE(count("retry"), u"Events that wait to come again: 412"_s);
        QCOMPARE(count("dead"), u"Dead letters: 1\u202f000+"_s);
        QCOMPARE(count("barriers"), u"Barriers: 2"_s);
        const auto none = std::make_shared<domain::Snapshot>(*sample);
        none->queues[0].retry = none->queues[1].retry = std::nullopt;
        feed(*m_desk, none);
        QCOMPARE(count("retry"), QString());
    }

    /// At its smallest, the window cuts nothing: pages scroll, and the buttons of a finding take several lines.
    void theSmallestWindowCutsNothing() {
        open(u"overview"_s);
        m_window->resize(m_window->minimumSize());
        auto* navigation = m_window->findChild<QScrollArea*>(u"navigation"_s);
        QTRY_VERIFY(navigation->verticalScrollBar()->maximum() > 0);
        for (const QLabel* heading : navigation->findChildren<QLabel*>())
            QVERIFY2(heading->height() >= heading->sizeHint().height(), qPrintable(heading->text()));
        const auto entries = navigation->findChildren<QAbstractButton*>();
        m_window->showPage(ui::MainWindow::pageNames().last());
        QTRY_VERIFY(!entries.last()->visibleRegion().isEmpty());
        m_window->showPage(u"overview"_s);
        for (const auto* row : m_window->findChildren<ui::FindingRow*>()) {
            for (const auto* button : row->findChildren<QAbstractButton*>()) {
                if (button->isVisible())
                    QVERIFY2(row->rect().contains(QRect(button->mapTo(row, QPoint()), button->size())),
                             qPrintable(button->text()));
            }
            QVERIFY(row->width() <= row->parentWidget()->width());
            QVERIFY(row->parentWidget()->width() <= row->parentWidget()->parentWidget()->width());
        }
    }

    void thePaletteSaysWhatIsChosen() {
        open(u"overview"_s);
        QDialog* palette = openPalette();
        QVERIFY(palette);
        auto* field = palette->findChild<QLineEdit*>(u"paletteField"_s);
        const auto* list = palette->findChild<QListView*>(u"paletteList"_s);
        for (int step = 0; step < 3; ++step) {
            QTest::keyClick(field, Qt::Key_Down);
            const QString chosen = list->currentIndex().data(Qt::AccessibleTextRole).toString();
            QCOMPARE(field->accessibleDescription(), chosen);
        }
        palette->reject();
    }

    void thePaletteOffersActionsOnTheSelection() {
        open(u"inflight"_s);
        QDialog* palette = openPalette();
        QVERIFY(palette);
        auto* field = palette->findChild<QLineEdit*>(u"paletteField"_s);
        QTest::keyClicks(field, u"force-unreg worker-3"_s);
        QTest::keyClick(field, Qt::Key_Return);
        QDialog* action = nullptr;
        QTRY_VERIFY(action = dialog(u"actionDialog"_s));
        QCOMPARE(action->findChild<QLabel*>(u"actionTitle"_s)->text(),
                 u"Force-unregister · billing.worker-3 on orders"_s);
        action->reject();
    }

    void destroyingNeedsTheNameInProduction() {
        domain::Prediction prediction;
        prediction.counts = {{"events", 500}, {"retry", 463}};
        prediction.sql = "-- the call";
        inside().prediction = prediction;
        inside().outcome.kind = domain::OutcomeKind::ChangedUnderneath;
        inside().outcome.summary = "Somebody acknowledged it meanwhile.";
        open(u"inflight"_s);
        QTest::mouseClick(find<QAbstractButton>(u"action.force_unregister"_s), Qt::LeftButton);
        QDialog* action = nullptr;
        QTRY_VERIFY(action = dialog(u"actionDialog"_s));
        auto* act = action->findChild<QAbstractButton*>(u"act"_s);
        auto* name = action->findChild<QLineEdit*>(u"typedName"_s);
        QVERIFY(name);
        QTRY_VERIFY(act->text().contains(u"500"_s));
        QVERIFY(!act->isEnabled());
        // Return answers with the default, which is Cancel, never with the deed.
        QTest::keyClicks(name, u"billing.worker-"_s);
        QVERIFY(!act->isEnabled());
        QTest::keyClicks(name, u"3"_s);
        QVERIFY(act->isEnabled());
        QCOMPARE(action->findChild<QPlainTextEdit*>(u"sqlPreview"_s)->toPlainText(), u"-- the call"_s);
        action->findChild<QLineEdit*>(u"reason"_s)->setText(u"host lost"_s);
        QTest::mouseClick(act, Qt::LeftButton);
        QTRY_VERIFY(action->findChild<QLabel*>(u"outcomeSummary"_s));
        QCOMPARE(inside().performed.size(), std::size_t(1));
        const domain::ActionRequest& did = inside().performed.front();
        QCOMPARE(did.subconsumer, std::string("worker-3"));
        QCOMPARE(did.reason, std::string("host lost"));
        QCOMPARE(did.shown.at("retry"), 463);
        QVERIFY(did.seen && did.seen->batch == 8123);
        QVERIFY(inside().sampled > 0);
        action->reject();
    }

    void anActionTellsTimesInTheWindowsZone() {
        const pg::Timestamp moment{pg::Interval(1'767'323'045'000'007)};
        const std::string mark = domain::timeMark(moment);
        const QString clock = models::format::clock(moment, QTimeZone::systemTimeZone());
        domain::Prediction prediction;
        prediction.numbers = {{"will be due", mark, "was due " + mark, false}};
        prediction.counts = {{"events", 1}};
        inside().prediction = prediction;
        inside().outcome.kind = domain::OutcomeKind::Done;
        inside().outcome.summary = "It is due " + mark + " now.";
        open(u"inflight"_s);
        QTest::mouseClick(find<QAbstractButton>(u"action.touch"_s), Qt::LeftButton);
        QDialog* action = nullptr;
        QTRY_VERIFY(action = dialog(u"actionDialog"_s));
        const auto says = [&action](const QString& text) {
            const auto labels = action->findChildren<QLabel*>();
            return std::any_of(labels.begin(), labels.end(),
                               [&text](const QLabel* label) { return label->text() == text; });
        };
        QTRY_VERIFY(says(clock) && says(u"was due "_s + clock));
        action->findChild<QLineEdit*>(u"reason"_s)->setText(u"host lost"_s);
        QTest::mouseClick(action->findChild<QAbstractButton*>(u"act"_s), Qt::LeftButton);
        QTRY_VERIFY(says(u"It is due %1 now."_s.arg(clock)));
        action->reject();
    }

    void whatDestroysNamesAGentlerWay() {
        inside().prediction = domain::Prediction{};
        open(u"inflight"_s);
        QTest::mouseClick(find<QAbstractButton>(u"action.force_unregister"_s), Qt::LeftButton);
        QPointer<QDialog> first;
        QTRY_VERIFY(first = dialog(u"actionDialog"_s));
        auto* gentler = first->findChild<QAbstractButton*>(u"gentlerWay"_s);
        QVERIFY(gentler && gentler->isVisible());
        QVERIFY(!gentler->accessibleDescription().isEmpty());
        QTest::mouseClick(gentler, Qt::LeftButton);
        const auto title = [this] {
            const QDialog* shown = dialog(u"actionDialog"_s);
            return shown ? shown->findChild<QLabel*>(u"actionTitle"_s)->text() : QString();
        };
        QTRY_VERIFY(title().startsWith(u"Take over"_s));
        QVERIFY(title().contains(u"8123"_s));
        QVERIFY(inside().performed.empty());
        QVERIFY(!dialog(u"actionDialog"_s)->findChild<QAbstractButton*>(u"gentlerWay"_s)); // it is one itself
        dialog(u"actionDialog"_s)->reject();
    }

    void nothingIsTypedInTheSandbox() {
        desk::Profile profile;
        profile.environment = desk::Environment::Sandbox;
        inside().profile = profile;
        inside().prediction = domain::Prediction{};
        open(u"inflight"_s);
        QTest::mouseClick(find<QAbstractButton>(u"action.force_unregister"_s), Qt::LeftButton);
        QDialog* action = nullptr;
        QTRY_VERIFY(action = dialog(u"actionDialog"_s));
        QVERIFY(!action->findChild<QLineEdit*>(u"typedName"_s));
        QTRY_VERIFY(action->findChild<QAbstractButton*>(u"act"_s)->isEnabled());
        action->reject();
    }

    void returnInADialogCancels() {
        inside().prediction = domain::Prediction{};
        open(u"inflight"_s);
        QTest::mouseClick(find<QAbstractButton>(u"action.touch"_s), Qt::LeftButton);
        QDialog* action = nullptr;
        QTRY_VERIFY(action = dialog(u"actionDialog"_s));
        QTest::keyClick(action, Qt::Key_Return);
        QTRY_VERIFY(!dialog(u"actionDialog"_s));
        QVERIFY(inside().performed.empty());
    }

    void whatIsNotAllowedOffersTheGrant() {
        inside().availability = {false, u"The role app_ops may not execute it."_s, u"grant pgque_admin to app_ops;"_s};
        open(u"overview"_s);
        QTest::mouseClick(find<QAbstractButton>(u"action.create_queue"_s), Qt::LeftButton);
        QDialog* why = nullptr;
        QTRY_VERIFY(why = dialog(u"whyNotDialog"_s));
        QCOMPARE(why->findChild<QLabel*>(u"why"_s)->text(), u"The role app_ops may not execute it."_s);
        QTest::mouseClick(why->findChild<QAbstractButton*>(u"copyGrant"_s), Qt::LeftButton);
        QCOMPARE(QApplication::clipboard()->text(), u"grant pgque_admin to app_ops;"_s);
        why->reject();
        QVERIFY(inside().performed.empty());
    }

    void armingOnProductionAsks() {
        inside().mode = desk::AccessMode::Observe;
        open(u"overview"_s);
        ui::ask::setArming([this](const desk::Arming& standard) {
            ++m_questions;
            return m_agree ? std::optional(desk::Arming{standard.destructive, std::chrono::minutes(15)}) : std::nullopt;
        });
        m_agree = false;
        QTest::mouseClick(find<QAbstractButton>(u"operate"_s), Qt::LeftButton);
        QCOMPARE(m_questions, 1);
        QCOMPARE(inside().mode, desk::AccessMode::Observe);
        m_agree = true;
        QTest::mouseClick(find<QAbstractButton>(u"operate"_s), Qt::LeftButton);
        QCOMPARE(inside().mode, desk::AccessMode::Operate);
        // Seen all the time, and counted down: for less first, for everything when asked again.
        const auto* operate = find<QAbstractButton>(u"operate"_s);
        QVERIFY2(operate->text().startsWith(u"Operate 15:00"_s) || operate->text().startsWith(u"Operate 14:"_s),
                 qPrintable(operate->text()));
        QVERIFY(!inside().armed.destructive);
        const QString first = operate->text();
        QTRY_VERIFY_WITH_TIMEOUT(operate->text() != first, 3'000);
        QTest::mouseClick(find<QAbstractButton>(u"operate"_s), Qt::LeftButton);
        QCOMPARE(m_questions, 3);
        QVERIFY(inside().armed.destructive);
        QTest::mouseClick(find<QAbstractButton>(u"observe"_s), Qt::LeftButton);
        QCOMPARE(m_questions, 3);
        QCOMPARE(operate->text(), u"Operate…"_s);
        QCOMPARE(inside().mode, desk::AccessMode::Observe);
    }

    /// A series says how far it is, can be stopped, and what takes it back is offered afterwards.
    void aSeriesShowsProgress() {
        open(u"dead"_s);
        inside().prediction = domain::Prediction{};
        inside().hold = true;
        domain::ActionRequest purge;
        purge.action = "purge_dead_letters";
        purge.queue = "orders";
        ui::ActionDialog dialog(m_desk.get(), *inside().registry.find("purge_dead_letters"), purge,
                                QTimeZone::utc(), m_window.get());
        dialog.show();
        auto* act = dialog.findChild<QAbstractButton*>(u"act"_s);
        dialog.findChild<QLineEdit*>(u"typedName"_s)->setText(u"orders"_s);
        QTRY_VERIFY(act->isEnabled());
        act->click();
        QVERIFY(inside().progress);
        inside().progress->set({30, 120}, "30 of 120 letters were deleted.");
        auto* note = dialog.findChild<QLabel*>(u"runNote"_s);
        QTRY_COMPARE(note->text(), u"30 of 120 letters were deleted."_s);
        QCOMPARE(dialog.findChild<QProgressBar*>(u"runProgress"_s)->value(), 250);
        auto* stop = dialog.findChild<QAbstractButton*>(u"stopRun"_s);
        stop->click();
        QVERIFY(inside().progress->isStopping());
        QVERIFY(!stop->isEnabled());
    }

    void undoIsOffered() {
        open(u"overview"_s);
        inside().prediction = domain::Prediction{};
        inside().outcome.kind = domain::OutcomeKind::Done;
        inside().outcome.undo = domain::ActionRequest{};
        inside().outcome.undo->action = "resume_ticker";
        inside().outcome.undo->queue = "orders";
        domain::ActionRequest pause;
        pause.action = "pause_ticker";
        pause.queue = "orders";
        ui::ActionDialog dialog(m_desk.get(), *inside().registry.find("pause_ticker"), pause,
                                QTimeZone::utc(), m_window.get());
        QSignalSpy wanted(&dialog, &ui::ActionDialog::nextWanted);
        dialog.show();
        auto* undo = dialog.findChild<QAbstractButton*>(u"undo"_s);
        QVERIFY(!undo->isVisible());
        QTRY_VERIFY(dialog.findChild<QAbstractButton*>(u"act"_s)->isEnabled());
        dialog.findChild<QAbstractButton*>(u"act"_s)->click();
        QTRY_VERIFY(undo->isVisible());
        QCOMPARE(undo->text(), u"Undo: Resume ticker…"_s);
        undo->click();
        QCOMPARE(wanted.size(), 1);
    }

    void aReasonCanBeRequired() {
        inside().profile.requiresReason = true;
        open(u"overview"_s);
        inside().prediction = domain::Prediction{};
        domain::ActionRequest tick;
        tick.action = "force_tick";
        tick.queue = "orders";
        ui::ActionDialog dialog(m_desk.get(), *inside().registry.find("force_tick"), tick,
                                QTimeZone::utc(), m_window.get());
        dialog.show();
        auto* act = dialog.findChild<QAbstractButton*>(u"act"_s);
        QTest::qWait(50);
        QVERIFY(!act->isEnabled());
        dialog.findChild<QLineEdit*>(u"reason"_s)->setText(u"stuck since noon"_s);
        QTRY_VERIFY(act->isEnabled());
    }

    void rehearsalsSayWhatRemains() {
        open(u"inflight"_s);
        inside().prediction = domain::Prediction{};
        inside().rehearsal.outcome.kind = domain::OutcomeKind::Done;
        inside().rehearsal.outcome.summary = "Batch 8123 was acknowledged.";
        inside().rehearsal.remains = {"Sequences stay where they are."};
        domain::ActionRequest ack = inside().diagnosis.findings[0].remedies[0];
        ack.action = "ack";
        ui::ActionDialog dialog(m_desk.get(), *inside().registry.find("ack"), ack, QTimeZone::utc(), m_window.get());
        dialog.show();
        auto* rehearse = dialog.findChild<QAbstractButton*>(u"rehearse"_s);
        QTRY_VERIFY(rehearse->isEnabled());
        rehearse->click();
        const auto* state = dialog.findChild<QLabel*>(u"predictionState"_s);
        QTRY_VERIFY2(state->text().contains(u"Sequences stay"_s), qPrintable(state->text()));
        QVERIFY(inside().performed.empty());
    }

    void aLostConnectionIsSaid() {
        open(u"overview"_s);
        QCOMPARE(banner(), QString());
        inside().status.state = desk::LinkState::Lost;
        inside().status.failure.diagnostics.message = "terminating connection due to administrator command";
        inside().status.failure.diagnostics.sqlState = "57P01";
        inside().status.nextTry = pg::Clock::now() + std::chrono::seconds(9);
        Q_EMIT m_desk->linkStatusChanged();
        QVERIFY(banner().startsWith(u"Connection lost"_s));
        const QString words = m_window->findChild<ui::Banner*>(u"banner"_s)->explanation();
        QVERIFY2(words.contains(u"57P01"_s) && words.contains(u"Next try in"_s), qPrintable(words));
        QTest::mouseClick(find<QAbstractButton>(u"retryNow"_s), Qt::LeftButton);
        QCOMPARE(inside().reconnects, 1);
        inside().status = {};
        inside().status.state = desk::LinkState::Live;
        Q_EMIT m_desk->linkStatusChanged();
        QCOMPARE(banner(), QString());
    }

    /// As long as nobody can see the window its pages ask nothing, and samples are seldom.
    void hiddenItAsksNothing() {
        for (const bool minimised : {false, true}) {
            open(u"overview"_s);
            QVERIFY(!inside().hidden);
            minimised ? m_window->showMinimized() : m_window->hide();
            QTRY_VERIFY(inside().hidden);
            inside().lockQuestions = 0;
            m_window->showPage(u"locks"_s);
            auto next = std::make_shared<domain::Snapshot>(*inside().snapshot);
            next->takenAt += std::chrono::seconds(1);
            feed(*m_desk, next);
            QCOMPARE(inside().lockQuestions, 0);
            m_window->showNormal();
            QTRY_COMPARE(inside().lockQuestions, 1);
            QVERIFY(!inside().hidden);
        }
    }

    /// The connection stands and the newest sample failed: what is shown is old, is grey, and says how old and why.
    void aFailingSampleGreys() {
        open(u"overview"_s);
        auto* view = find<QTableView>(u"queues"_s);
        const auto picture = [&] { return view->viewport()->grab(QRect(0, 0, 400, 80)).toImage(); };
        const QImage fresh = picture();
        inside().status.failure.diagnostics.message = "canceling statement due to statement timeout";
        inside().status.failure.diagnostics.sqlState = "57014";
        Q_EMIT m_desk->linkStatusChanged();
        QVERIFY(picture() != fresh);
        QCOMPARE(banner(), u"The newest sample could not be had"_s);
        const QString words = m_window->findChild<ui::Banner*>(u"banner"_s)->explanation();
        QVERIFY2(words.contains(u"57014"_s) && words.contains(u"old."_s), qPrintable(words));
        inside().status.failure = {};
        Q_EMIT m_desk->linkStatusChanged();
        QTRY_VERIFY(picture() == fresh);
        QCOMPARE(banner(), QString());
    }

    /// The last to go where room is short is how often it looks and why so seldom, and in which zone times are told.
    void theStatusLineSaysWhyItIsSlow() {
        open(u"overview"_s);
        inside().period = std::chrono::milliseconds(4'000);
        inside().slowed = true;
        feed(*m_desk, std::make_shared<domain::Snapshot>(*inside().snapshot));
        auto* pace = find<QLabel>(u"statusPeriod"_s);
        QCOMPARE(pace->text(), u"every 4\u00a0s, the server is slow"_s);
        m_window->resize(m_window->minimumSize());
        QTRY_VERIFY(!m_window->findChild<QLabel*>(u"statusCost"_s)->isVisible());
        QVERIFY(pace->isVisible());
        QVERIFY(m_window->findChild<QLabel*>(u"statusZone"_s)->isVisible());
        inside().slowed = false;
        inside().period = std::chrono::milliseconds(250);
        feed(*m_desk, std::make_shared<domain::Snapshot>(*inside().snapshot));
        QCOMPARE(pace->text(), u"every 250\u00a0ms"_s);
        // What is set stands there; how often news bring samples forward is behind it.
        inside().period = std::chrono::milliseconds(507);
        inside().calmPeriod = std::chrono::seconds(1);
        feed(*m_desk, std::make_shared<domain::Snapshot>(*inside().snapshot));
        QCOMPARE(pace->text(), u"every 1\u00a0s, sooner when notified"_s);
        QVERIFY(pace->toolTip().contains(u"every 507\u00a0ms"_s));
        // Nothing is said that was not measured.
        for (const QLabel* label : m_window->findChild<QWidget*>(u"statusLine"_s)->findChildren<QLabel*>())
            QVERIFY2(!label->text().contains(u"locks"_s) && !label->text().contains(u"round trip"_s),
                     qPrintable(label->text()));
    }

    void aPasswordIsAskedFor() {
        inside().snapshot.reset();
        open(u"overview"_s);
        inside().status.state = desk::LinkState::NeedsPassword;
        Q_EMIT m_desk->linkStatusChanged();
        QTRY_COMPARE(inside().passwords, QStringList{u"secret"_s});
    }

    void withoutSchemaInstallingIsOffered() {
        auto none = made::many(0, 0);
        none->capabilities.origin = domain::SchemaOrigin::None;
        inside().snapshot = none;
        inside().diagnosis = {};
        inside().outcome.kind = domain::OutcomeKind::Done;
        inside().outcome.summary = "Installed.";
        open(u"overview"_s);
        QCOMPARE(find<QPlainTextEdit>(u"installSql"_s)->toPlainText(), u"-- the whole schema"_s);
        QTest::mouseClick(find<QAbstractButton>(u"installSchema"_s), Qt::LeftButton);
        QCOMPARE(inside().installs, 1);
        QTRY_VERIFY(m_window->findChild<QLabel*>(u"outcomeSummary"_s));
        // What needs no queue is there all the same.
        for (const char* page : {"workqueue", "barriers", "locks", "step", "schema", "journal", "footprint", "settings"}) {
            m_window->showPage(QString::fromLatin1(page));
            QVERIFY2(find<QWidget>(QString::fromLatin1(page)), page);
        }
        m_window->showPage(u"overview"_s);
        QVERIFY(find<QPlainTextEdit>(u"installSql"_s));
        feed(*m_desk, made::shop());
        QVERIFY(find<QTableView>(u"queues"_s));
    }

    /// Functions that are not known say nothing about tables that can be read.
    void anUnknownSchemaIsShownWhereItCanBeRead() {
        auto unknown = std::make_shared<domain::Snapshot>(*inside().snapshot);
        unknown->capabilities.origin = domain::SchemaOrigin::Unknown;
        unknown->capabilities.schemaUsable = true;
        unknown->capabilities.columns.clear();
        inside().snapshot = unknown;
        open(u"overview"_s);
        QVERIFY(find<QWidget>(u"installPage"_s));
        auto readable = std::make_shared<domain::Snapshot>(*unknown);
        readable->capabilities.readableTables = {"queue", "tick", "subscription", "consumer"};
        readable->capabilities.columns = {
            "queue.queue_id",         "queue.queue_name",     "tick.tick_queue",           "tick.tick_id",
            "tick.tick_time",         "tick.tick_snapshot",   "tick.tick_event_seq",       "subscription.sub_queue",
            "subscription.sub_id",    "subscription.sub_batch", "subscription.sub_consumer", "consumer.co_id",
            "consumer.co_name",       "subscription.sub_last_tick"};
        feed(*m_desk, readable);
        QVERIFY(find<QTableView>(u"queues"_s));
    }

    void eventsArePagedWhateverTheSize() {
        inside().pages = eventsOf(1'000'000);
        open(u"inflight"_s);
        auto* events = find<QTableView>(u"events"_s);
        QTRY_COMPARE(events->model()->rowCount(), 200);
        auto* next = find<QAbstractButton>(u"nextPage"_s);
        QVERIFY(next->isEnabled());
        QTest::mouseClick(next, Qt::LeftButton);
        QTRY_COMPARE(events->model()->index(0, 1).data().toString(), u"146471"_s);
        QVERIFY(m_window->isReadyForPicture());
        // A sample meanwhile does not turn the page back.
        auto again = std::make_shared<domain::Snapshot>(*inside().snapshot);
        again->takenAt += std::chrono::seconds(1);
        feed(*m_desk, again);
        QCOMPARE(events->model()->index(0, 1).data().toString(), u"146471"_s);
    }

    void payloadsOfAllKinds_data() {
        QTest::addColumn<std::optional<std::string>>("data");
        QTest::addColumn<qint64>("bytes");
        QTest::addColumn<QString>("remark");
        QTest::addColumn<bool>("tree");
        using Data = std::optional<std::string>;
        QTest::newRow("null") << Data() << qint64(0) << u"NULL"_s << false;
        QTest::newRow("empty") << Data("") << qint64(0) << u"empty text"_s << false;
        QTest::newRow("json") << Data(R"({"id":9007199254740993})") << qint64(23) << QString() << true;
        QTest::newRow("broken") << Data(R"({"id":1,})") << qint64(9) << u"line 1, character 9"_s << false;
        QTest::newRow("text") << Data("hello") << qint64(5) << u"no JSON"_s << false;
        QTest::newRow("control") << Data("a\x01\x1b[31mb") << qint64(8) << u"no JSON"_s << false;
        QTest::newRow("right to left") << Data("שלום \u202e") << qint64(12) << u"no JSON"_s << false;
        QTest::newRow("long") << Data(std::string(2000, 'x')) << qint64(10'000'000)
                              << u"The first 262\u00a0kB of 10\u00a0MB"_s << false;
    }

    void payloadsOfAllKinds() {
        QFETCH(std::optional<std::string>, data);
        QFETCH(qint64, bytes);
        QFETCH(QString, remark);
        QFETCH(bool, tree);
        inside().pages = [&](const std::optional<domain::EventPosition>&, int) {
            domain::EventPage page;
            domain::EventRow row;
            row.position = {1, "(0,1)"};
            row.id = 1;
            row.data = data;
            row.dataBytes = bytes;
            page.rows.push_back(row);
            return links::Reply<domain::EventPage>(page);
        };
        inside().message = [bytes](std::int64_t most) {
            domain::Message message = desk::messageOf(std::string(std::size_t(most), 'y'));
            message.dataBytes = bytes;
            return links::Reply<domain::Message>(message);
        };
        open(u"inflight"_s);
        QTRY_VERIFY(m_window->isReadyForPicture());
        auto* said = find<QWidget>(u"inflight"_s)->findChild<QLabel*>(u"payloadRemark"_s);
        QTRY_VERIFY2(said->text().contains(remark), qPrintable(said->text()));
        QCOMPARE(find<QWidget>(u"inflight"_s)->findChild<QTreeView*>(u"jsonTree"_s)->isVisible(), tree);
        const QString text = find<QWidget>(u"inflight"_s)->findChild<QPlainTextEdit*>(u"payloadPlain"_s)->toPlainText();
        for (const QChar c : text)
            QVERIFY2((c == u'\n' || c >= u' ') && (c < QChar(0x202a) || c > QChar(0x202e)), qPrintable(text.left(40)));
    }

    void eventsThatCantBeReadSayWhy() {
        inside().pages = [](const std::optional<domain::EventPosition>&, int) {
            pg::Failure failure;
            failure.diagnostics.message = "permission denied for table event_6";
            failure.diagnostics.sqlState = "42501";
            return links::Reply<domain::EventPage>(failure);
        };
        open(u"inflight"_s);
        auto* notice = find<QTableView>(u"events"_s)->viewport()->findChild<ui::Notice*>();
        QTRY_COMPARE(notice->title(), u"The events can't be read"_s);
        QVERIFY(notice->accessibleDescription().contains(u"42501"_s));
        QVERIFY(m_window->isReadyForPicture());
        // And it is copied without a mouse: what the server said is a stop of the tab key.
        QLabel* said = nullptr;
        for (QLabel* label : notice->findChildren<QLabel*>()) {
            if (label->focusPolicy() & Qt::TabFocus)
                said = label;
        }
        QVERIFY(said && said->isVisible());
        said->setFocus(Qt::TabFocusReason);
        QTest::keySequence(said, QKeySequence::SelectAll);
        QTest::keySequence(said, QKeySequence::Copy);
        QVERIFY2(QApplication::clipboard()->text().contains(u"42501"_s), qPrintable(QApplication::clipboard()->text()));
    }

    void columnsAreRemembered() {
        QTemporaryDir folder;
        ui::WindowOptions options;
        options.settingsFolder = folder.path();
        open(u"overview"_s, options);
        auto* view = find<QTableView>(u"queues"_s);
        QVERIFY(view->horizontalHeader()->count() > 12);
        view->horizontalHeader()->moveSection(1, 3);
        view->sortByColumn(9, Qt::DescendingOrder);
        m_window->close();
        m_window.reset();
        open(u"overview"_s, options);
        view = find<QTableView>(u"queues"_s);
        QCOMPARE(view->horizontalHeader()->visualIndex(1), 3);
        QCOMPARE(view->horizontalHeader()->sortIndicatorSection(), 9);
    }

    void rowsCanBeCopied() {
        open(u"overview"_s);
        auto* view = find<QTableView>(u"queues"_s);
        view->setFocus();
        view->selectRow(5);
        QTest::keySequence(view, QKeySequence::Copy);
        QVERIFY(QApplication::clipboard()->text().contains(u"\norders\tstuck\t"_s));
    }

    void emptyTablesSayWhy() {
        inside().snapshot = made::many(0, 0);
        inside().diagnosis = {};
        for (const QString& page : ui::MainWindow::pageNames()) {
            if (page == "settings"_L1 || page == "step"_L1)
                continue; // has no table, or none before something is begun
            open(page);
            bool said = false;
            for (const ui::Notice* notice : m_window->findChildren<ui::Notice*>())
                said = said || (notice->isVisible() && !notice->title().isEmpty());
            QVERIFY2(said, qPrintable(page));
        }
    }

    void everythingHasAName() {
        for (const QString& page : ui::MainWindow::pageNames()) {
            open(page);
            for (QWidget* widget : m_window->findChildren<QWidget*>()) {
                if (!widget->isVisible() || widget->focusPolicy() == Qt::NoFocus || qobject_cast<QScrollBar*>(widget) ||
                    qobject_cast<QHeaderView*>(widget) || widget->objectName().startsWith(u"qt_"_s) ||
                    widget->inherits("QScrollArea"))
                    continue;
                QAccessibleInterface* accessible = QAccessible::queryAccessibleInterface(widget);
                QVERIFY(accessible);
                QVERIFY2(
                    !accessible->text(QAccessible::Name).isEmpty(),
                    qPrintable(page + u' ' + QString::fromLatin1(widget->metaObject()->className()) + u' ' +
                               widget->objectName() + u" in "_s + widget->parentWidget()->objectName()));
            }
        }
    }

    void chartsHaveATextTwin() {
        open(u"overview"_s);
        auto* view = find<QTableView>(u"queues"_s);
        const QModelIndex chart = view->model()->index(0, 2);
        QVERIFY(chart.data(Qt::AccessibleTextRole).toString().contains(u"events a second"_s));
        QVERIFY(chart.data().toString().isEmpty());
    }
};

QTEST_MAIN(MainWindowTest)
#include "tst_mainwindow.moc"
