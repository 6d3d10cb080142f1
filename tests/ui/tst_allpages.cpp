// SPDX-License-Identifier: GPL-3.0-or-later
// What holds for every page there is: everything that can be used or is drawn says in words what it is, every page is
// found by keyboard, and no number depends on this machine's clock.
#include "models/column.h"
#include "models/madesnapshots.h"
#include "ui/commandpalette.h"
#include "ui/fakedesk.h"
#include "ui/mainwindow.h"
#include "ui/notice.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractScrollArea>
#include <QAccessible>
#include <QApplication>
#include <QDialog>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QScrollBar>
#include <QSplitterHandle>
#include <QTableView>
#include <QTest>
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
           widget->objectName().startsWith("qt_"_L1);
}

/// Cells on screen that show something and say nothing.
QStringList silentCells(QAbstractItemView* view) {
    QStringList silent;
    const QAbstractItemModel* model = view->model();
    for (int row = 0; row < std::min(model->rowCount(), 20); ++row) {
        for (int column = 0; column < model->columnCount(); ++column) {
            const QModelIndex cell = model->index(row, column);
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
        QStringList silent;
        for (QWidget* widget : m_window->findChildren<QWidget*>()) {
            if (!widget->isVisible() || isPart(widget))
                continue;
            if (widget->focusPolicy() != Qt::NoFocus && !qobject_cast<QScrollBar*>(widget) &&
                widget->metaObject()->className() != QByteArray("QScrollArea") && nameOf(widget).isEmpty())
                silent += u"no name: "_s + whereIs(widget);
            // Drawn by hand, and nothing inside that could speak for it.
            const bool own = QByteArray(widget->metaObject()->className()).startsWith("ui::");
            if (own && widget->findChildren<QWidget*>().isEmpty() && widget->layout() == nullptr &&
                nameOf(widget).isEmpty() && !qobject_cast<QLabel*>(widget))
                silent += u"drawn, no words: "_s + whereIs(widget);
            if (auto* view = qobject_cast<QAbstractItemView*>(widget); view && view->model())
                silent += silentCells(view);
        }
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
