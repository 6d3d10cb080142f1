// SPDX-License-Identifier: GPL-3.0-or-later
// What holds for every page there is: everything that can be used or is drawn says in words what it is, every page is
// found by keyboard, and no number depends on this machine's clock.
#include "models/column.h"
#include "models/madesnapshots.h"
#include "ui/actiondialog.h"
#include "ui/armdialog.h"
#include "ui/ask.h"
#include "ui/capsuledialog.h"
#include "ui/commandpalette.h"
#include "ui/comparedialog.h"
#include "ui/fakedesk.h"
#include "ui/mainwindow.h"
#include "ui/notice.h"
#include "ui/outcomeview.h"
#include "ui/preferences.h"
#include "ui/schemadialog.h"
#include "ui/shortcutsdialog.h"
#include "ui/silencedialog.h"
#include "ui/whynotdialog.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractScrollArea>
#include <QAccessible>
#include <QApplication>
#include <QDialog>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QRegularExpression>
#include <QScrollBar>
#include <QSplitterHandle>
#include <QStackedWidget>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <QTreeView>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

QString nameOf(QWidget* widget) {
    const QAccessibleInterface* accessible = QAccessible::queryAccessibleInterface(widget);
    return accessible ? accessible->text(QAccessible::Name) : QString();
}

QString whereIs(const QWidget* widget) {
    QStringList path;
    for (const QWidget* at = widget; at; at = at->parentWidget())
        path.prepend(QString::fromLatin1(at->metaObject()->className()) + u'#' + at->objectName());
    return path.mid(std::max<qsizetype>(0, path.size() - 4)).join(u" / "_s);
}

/// Of Qt's own making: part of something else that has the name.
bool isPart(const QWidget* widget) {
    return qobject_cast<const QScrollBar*>(widget) || qobject_cast<const QSplitterHandle*>(widget) ||
           qobject_cast<const QHeaderView*>(widget) || qobject_cast<const QAbstractSpinBox*>(widget->parentWidget()) ||
           qobject_cast<const QAbstractScrollArea*>(widget->parentWidget()) ||
           widget->objectName().startsWith("qt_"_L1);
}

/// Cells that show something and say nothing; of a tree also below.
QStringList silentCells(QAbstractItemView* view, const QModelIndex& parent = {}) {
    QStringList silent;
    const QAbstractItemModel* model = view->model();
    for (int row = 0; row < std::min(model->rowCount(parent), 20); ++row) {
        silent += silentCells(view, model->index(row, 0, parent));
        for (int column = 0; column < model->columnCount(parent); ++column) {
            const QModelIndex cell = model->index(row, column, parent);
            const bool chip = models::CellKind(model->headerData(column, Qt::Horizontal, models::KindRole).toInt()) ==
                                  models::CellKind::Chip &&
                              !cell.data().toString().isEmpty();
            const bool drawn = chip || cell.data(models::SeriesRole).isValid();
            if (drawn && cell.data(Qt::AccessibleTextRole).toString().isEmpty())
                silent += view->objectName() + u": "_s + model->headerData(column, Qt::Horizontal).toString();
        }
    }
    return silent;
}

/// Whether something is drawn in it by hand: by a class of ours, or by one that only shows the class it is made of.
bool isDrawn(QWidget* widget) {
    const QByteArray name = widget->metaObject()->className();
    if (!name.startsWith("ui::") && name != "QWidget" && name != "QFrame" && name != "QAbstractButton")
        return false;
    const QImage image = widget->grab().toImage();
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x) {
            if (image.pixel(x, y) != image.pixel(0, 0))
                return true;
        }
    }
    return false;
}

/// What can be seen or used and has no words.
QStringList silentIn(const QWidget* root) {
    QStringList silent;
    for (QWidget* widget : root->findChildren<QWidget*>()) {
        if (!widget->isVisible() || isPart(widget))
            continue;
        if (widget->focusPolicy() != Qt::NoFocus && !qobject_cast<QScrollBar*>(widget) &&
            widget->metaObject()->className() != QByteArray("QScrollArea") && nameOf(widget).isEmpty())
            silent += u"no name: "_s + whereIs(widget);
        // Drawn by hand, and nothing inside that could speak for it.
        if (widget->findChildren<QWidget*>().isEmpty() && widget->layout() == nullptr && nameOf(widget).isEmpty() &&
            !qobject_cast<QLabel*>(widget) && isDrawn(widget))
            silent += u"drawn, no words: "_s + whereIs(widget);
        if (auto* view = qobject_cast<QAbstractItemView*>(widget); view && view->model())
            silent += silentCells(view);
    }
    return silent;
}

/// Everything that stands in the tables of a window.
QStringList cellTexts(QWidget* window) {
    QStringList texts;
    for (const auto* view : window->findChildren<QTableView*>()) {
        if (!view->isVisible() || !view->model())
            continue;
        for (int row = 0; row < view->model()->rowCount(); ++row) {
            for (int column = 0; column < view->model()->columnCount(); ++column) {
                const QModelIndex cell = view->model()->index(row, column);
                texts += view->objectName() + u' ' + view->model()->headerData(column, Qt::Horizontal).toString() +
                         u' ' + cell.data().toString() + cell.data(models::DetailRole).toString();
            }
        }
    }
    return texts;
}

/// Every moment that is told on the page that is looked at, in labels, cells and what explains them.
QStringList momentsToldOn(const ui::MainWindow& window) {
    static const QRegularExpression moment(u"(\\d{4}-\\d\\d-\\d\\d )?\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?( UTC\\S*)?"_s);
    QStringList texts;
    const QWidget* page = window.findChild<QStackedWidget*>()->currentWidget();
    for (const auto* label : window.findChildren<QLabel*>()) {
        if (label->isVisible() || page->isAncestorOf(label))
            texts << label->text() << label->toolTip();
    }
    for (auto* widget : window.findChildren<QWidget*>()) {
        if (widget->isVisible())
            texts << widget->accessibleName() << widget->accessibleDescription();
    }
    for (const auto* view : window.findChildren<QTableView*>()) {
        for (int row = 0; view->isVisible() && row < std::min(view->model()->rowCount(), 20); ++row) {
            for (int column = 0; column < view->model()->columnCount(); ++column) {
                for (const int role : {int(Qt::DisplayRole), int(Qt::ToolTipRole), int(Qt::AccessibleTextRole)})
                    texts << view->model()->index(row, column).data(role).toString();
            }
        }
    }
    QStringList told;
    for (const QString& text : texts) {
        for (auto match = moment.globalMatch(text); match.hasNext();)
            told << match.next().captured();
    }
    return told;
}

} // namespace

class TestAllPages : public QObject {
    Q_OBJECT

    std::unique_ptr<desk::Desk> m_desk;
    std::unique_ptr<ui::MainWindow> m_window;

    void open(const QString& page) {
        m_window = std::make_unique<ui::MainWindow>(m_desk.get(), ui::WindowOptions{{}, page, {}});
        m_window->show();
        QTRY_VERIFY(m_window->isReadyForPicture());
    }

    static void eachPage() {
        QTest::addColumn<QString>("page");
        for (const QString& page : ui::MainWindow::pageNames())
            QTest::newRow(qPrintable(page)) << page;
    }

private Q_SLOTS:

    void init() {
        m_desk = shopDesk();
    }

    void cleanup() {
        m_window.reset();
        m_desk.reset();
    }

    void saysInWordsWhatIsThere_data() { eachPage(); }

    void saysInWordsWhatIsThere() {
        QFETCH(QString, page);
        open(page);
        const QStringList silent = silentIn(m_window.get());
        QVERIFY2(silent.isEmpty(), qPrintable(silent.join(u'\n')));
    }

    void everyDialogSaysWhatIsThere() {
        open(u"overview"_s);
        QStringList silent;
        const auto look = [&silent](QWidget* dialog) {
            dialog->show();
            QCoreApplication::processEvents();
            const QStringList found = silentIn(dialog);
            for (const QString& one : found)
                silent += dialog->objectName() + u": "_s + one;
        };
        const auto check = [&look](std::unique_ptr<QDialog> dialog) { look(dialog.get()); };
        QWidget* window = m_window.get();
        const operate::Registry registry;
        for (const operate::Action& action : registry.actions()) {
            domain::ActionRequest request;
            request.action = action.id;
            request.queue = "orders";
            request.consumer = "billing";
            request.subconsumer = "worker-3";
            check(std::make_unique<ui::ActionDialog>(m_desk.get(), action, request, QTimeZone::utc(), window));
        }
        check(std::make_unique<ui::ArmDialog>(m_desk->profile(), desk::Arming{}, window));
        check(std::make_unique<ui::CapsuleDialog>(m_desk.get(), std::map<std::string, std::string>{}, window));
        check(std::make_unique<ui::CommandPalette>(std::vector<ui::Command>{{u"Page"_s, u"Queue"_s, {}, {}, [] {}}},
                                                   window));
        domain::EventRow event;
        event.data = "{\"a\":1}";
        check(std::make_unique<ui::CompareDialog>(m_desk.get(), 6, event, event, nullptr, window));
        domain::ActionOutcome outcome;
        outcome.kind = domain::OutcomeKind::Failed;
        outcome.failure = pg::Failure();
        outcome.summary = "Nothing was changed.";
        outcome.sql = "select 1";
        outcome.rows = {"1"};
        check(std::make_unique<ui::OutcomeDialog>(u"orders"_s, outcome, window));
        schema::Plan plan;
        plan.changes = {"function pgque.tick"};
        check(std::make_unique<ui::SchemaDialog>(m_desk.get(), plan, window));
        check(std::make_unique<ui::ShortcutsDialog>(window));
        check(std::make_unique<ui::SilenceDialog>(made::shopFindings().findings.front(), window));
        check(std::make_unique<ui::WhyNotDialog>(u"Pause"_s, desk::Availability{false, u"No."_s, u"grant x to y;"_s},
                                                 window));
        // Those that are asked and waited for.
        ui::ask::setAnswers({}, {});
        const auto asked = [&look](const std::function<void()>& ask) {
            bool seen = false;
            QTimer timer;
            QObject::connect(&timer, &QTimer::timeout, &timer, [&] {
                if (auto* dialog = qobject_cast<QDialog*>(QApplication::activeModalWidget())) {
                    look(dialog);
                    seen = true;
                    dialog->reject();
                }
            });
            timer.start(5);
            ask();
            QVERIFY(seen);
        };
        asked([&] { ui::ask::confirm(window, {u"Sure?"_s, u"Really."_s, u"Yes"_s, true}); });
        asked([&] { ui::ask::text(window, {u"Name"_s, u"Which?"_s, u"Save"_s}, u"Name"_s); });
        asked([&] { ui::ask::password(window, u"db1"_s, u"It is wrong."_s, true); });
        QVERIFY2(silent.isEmpty(), qPrintable(silent.join(u'\n')));
    }

    void isReachedByKeyboard_data() { eachPage(); }

    void isReachedByKeyboard() {
        QFETCH(QString, page);
        open(u"overview"_s);
        m_window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
        QTest::keyClick(m_window.get(), Qt::Key_K, Qt::ControlModifier);
        auto* palette = m_window->findChild<ui::CommandPalette*>();
        QVERIFY(palette);
        auto* search = palette->findChild<QLineEdit*>();
        QTest::keyClicks(search, page);
        QTest::keyClick(search, Qt::Key_Return);
        QTRY_COMPARE(m_window->currentPage(), page);
        // From there the keys lead somewhere: a place that has the focus and can be left again.
        QWidget* focus = m_window->focusWidget();
        QVERIFY(focus);
        QSet<QWidget*> seen;
        for (int steps = 0; steps < 60 && !seen.contains(focus); ++steps) {
            seen.insert(focus);
            QTest::keyClick(focus, Qt::Key_Tab);
            focus = m_window->focusWidget();
            QVERIFY(focus);
        }
        QVERIFY2(seen.size() > 5, qPrintable(QString::number(seen.size())));
    }

    void inUtcNoPageShowsALocalClock_data() { eachPage(); }

    void inUtcNoPageShowsALocalClock() {
        QFETCH(QString, page);
        const auto told = [this, &page](const QByteArray& zone, bool utc, bool switched) {
            qputenv("TZ", zone);
            const QTemporaryDir folder;
            const auto preferences = ui::Preferences::of(folder.path());
            preferences->setUtc(utc != switched);
            m_window = std::make_unique<ui::MainWindow>(m_desk.get(), ui::WindowOptions{folder.path(), page, {}});
            m_window->show();
            // Chosen while the page is looked at, and no sample comes after it.
            preferences->setUtc(utc);
            const QStringList moments = momentsToldOn(*m_window);
            m_window.reset();
            qunsetenv("TZ");
            return moments;
        };
        const QStringList expected = told("UTC", false, false);
        QCOMPARE(told("Asia/Kathmandu", true, false), expected);
        QCOMPARE(told("Asia/Kathmandu", true, true), expected);
        // Three quarters of an hour off, so that the test would see it.
        if (!expected.isEmpty())
            QVERIFY(told("Asia/Kathmandu", false, false) != expected);
    }

    void noNumberDependsOnThisClock_data() { eachPage(); }

    /// The server's clock is a day ahead, or a day behind: what is shown is the same, but for the moments themselves.
    void noNumberDependsOnThisClock() {
        QFETCH(QString, page);
        const auto original = std::make_shared<domain::Snapshot>(*desk::DeskPrivate::of(*m_desk).snapshot);
        QStringList expected;
        for (const auto skew : {0h, 24h, -24h}) {
            auto shifted = std::make_shared<domain::Snapshot>(*original);
            const auto move = [skew](auto& moment) { moment += skew; };
            const auto moveIf = [skew](auto& moment) {
                if (moment)
                    *moment += skew;
            };
            move(shifted->takenAt);
            for (domain::Queue& queue : shifted->queues) {
                move(queue.switchTime);
                moveIf(queue.oldestRetryDue);
                moveIf(queue.newestDead);
                for (auto* count : {&queue.retry, &queue.retryDue, &queue.retryAhead, &queue.retryLastTry, &queue.dead})
                    if (*count)
                        move((*count)->takenAt);
                if (queue.lastTick)
                    move(queue.lastTick->time);
                if (queue.earlierTick)
                    move(queue.earlierTick->time);
                if (queue.lowestTick)
                    move(queue.lowestTick->time);
            }
            for (domain::Subscription& row : shifted->subscriptions) {
                move(row.active);
                moveIf(row.lastTickTime);
                moveIf(row.nextTickTime);
                moveIf(row.batchSince);
                moveIf(row.batchFirstSeen);
            }
            desk::DeskPrivate::of(*m_desk).snapshot = shifted;
            open(page);
            const QStringList texts = cellTexts(m_window.get());
            if (skew == 0h)
                expected = texts;
            else if (page != "retry"_L1 && page != "journal"_L1)
                QCOMPARE(texts, expected);
        }
    }
};

QTEST_MAIN(TestAllPages)
#include "tst_allpages.moc"
