// SPDX-License-Identifier: GPL-3.0-or-later
// What every table can do, by mouse and by keys, and that it is there again in the next window; the list of keys.
#include "models/column.h"
#include "models/madesnapshots.h"
#include "ui/celldelegate.h"
#include "ui/contrast.h"
#include "ui/factslist.h"
#include "ui/fakedesk.h"
#include "ui/keys.h"
#include "ui/mainwindow.h"
#include "ui/tablecontroller.h"
#include "ui/theme.h"

#include <QAbstractButton>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QDialog>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPainter>
#include <QShortcut>
#include <QStandardItemModel>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <QToolTip>
#include <QTreeView>

#include <set>

using namespace Qt::StringLiterals;
using ui::keys::Deed;

class TestTables : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<desk::Desk> m_desk;
    std::unique_ptr<ui::MainWindow> m_window;

    void open(const QString& page = u"overview"_s) {
        m_window = std::make_unique<ui::MainWindow>(m_desk.get(), ui::WindowOptions{m_folder->path(), page, {}});
        m_window->show();
        m_window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_window.get()));
    }

    void openAnew(const QString& page = u"overview"_s) {
        m_window->close();
        m_window.reset();
        open(page);
    }

    QTableView* queues() { return m_window->findChild<QTableView*>(u"queues"_s); }

    QHeaderView* header() { return queues()->horizontalHeader(); }

    ui::TableController* controller(const QAbstractItemView* view) {
        return view->findChild<ui::TableController*>(QString(), Qt::FindDirectChildrenOnly);
    }

    int column(const QString& id) {
        for (int at = 0; at < header()->count(); ++at) {
            if (queues()->model()->headerData(at, Qt::Horizontal, models::ColumnIdRole).toString() == id)
                return at;
        }
        return -1;
    }

    /// The entry of a menu, or of one below it: "Sort by/Queue".
    static QAction* entry(QMenu* menu, const QString& path) {
        const QString first = path.section(u'/', 0, 0);
        for (QAction* action : menu->actions()) {
            if (action->text() != first)
                continue;
            return path.contains(u'/') ? entry(action->menu(), path.section(u'/', 1)) : action;
        }
        return nullptr;
    }

    void choose(const QString& path) {
        const std::unique_ptr<QMenu> menu(controller(queues())->columnMenu(queues()));
        QAction* action = entry(menu.get(), path);
        QVERIFY2(action, qPrintable(path));
        QVERIFY2(action->isEnabled(), qPrintable(path));
        action->trigger();
    }

    QString title(const QString& id) { return queues()->model()->headerData(column(id), Qt::Horizontal).toString(); }

private Q_SLOTS:

    void init() {
        m_folder = std::make_unique<QTemporaryDir>();
        m_desk = shopDesk();
    }

    void cleanup() {
        m_window.reset();
        m_desk.reset();
    }

    void aDraggedColumnStaysAsWide() {
        open();
        const int backlog = column(u"backlog"_s);
        const int width = header()->sectionSize(backlog) + 37;
        header()->resizeSection(backlog, width);
        // The window grows and shrinks: the others share what is left, this one does not.
        const int other = header()->sectionSize(column(u"queue"_s));
        m_window->resize(1700, 900);
        QTRY_VERIFY(header()->sectionSize(column(u"queue"_s)) > other);
        QCOMPARE(header()->sectionSize(backlog), width);
        const int wide = header()->sectionSize(column(u"queue"_s));
        m_window->resize(1280, 800);
        QTRY_VERIFY(header()->sectionSize(column(u"queue"_s)) < wide);
        QCOMPARE(header()->sectionSize(backlog), width);
        openAnew();
        QCOMPARE(header()->sectionSize(backlog), width);
        m_window->resize(1700, 900);
        QTRY_COMPARE(header()->sectionSize(column(u"queue"_s)), wide);
        QCOMPARE(header()->sectionSize(backlog), width);
    }

    void whatIsHiddenKeepsItsWidth() {
        open();
        const int backlog = column(u"backlog"_s);
        header()->resizeSection(backlog, 143);
        choose(title(u"backlog"_s));
        QVERIFY(header()->isSectionHidden(backlog));
        openAnew();
        QVERIFY(header()->isSectionHidden(backlog));
        choose(title(u"backlog"_s));
        QCOMPARE(header()->sectionSize(backlog), 143);
        openAnew();
        QVERIFY(!header()->isSectionHidden(backlog));
        QCOMPARE(header()->sectionSize(backlog), 143);
    }

    void defaultColumnsAreBack() {
        open();
        QList<int> widths;
        for (int at = 0; at < header()->count(); ++at)
            widths += header()->sectionSize(at);
        const int sorted = header()->sortIndicatorSection();
        header()->resizeSection(column(u"dead"_s), 211);
        header()->moveSection(1, 4);
        header()->hideSection(column(u"retry"_s));
        queues()->sortByColumn(column(u"dead"_s), Qt::DescendingOrder);
        choose(u"Default columns"_s);
        for (int round = 0; round < 2; ++round) {
            for (int at = 0; at < header()->count(); ++at) {
                QCOMPARE(header()->visualIndex(at), at);
                QCOMPARE(header()->sectionSize(at), widths[at]);
            }
            QCOMPARE(header()->sortIndicatorSection(), sorted);
            openAnew();
        }
    }

    void sortedByKeys() {
        open();
        choose(u"Sort by/"_s + title(u"dead"_s));
        choose(u"Sort by/Descending"_s);
        QCOMPARE(header()->sortIndicatorSection(), column(u"dead"_s));
        QCOMPARE(header()->sortIndicatorOrder(), Qt::DescendingOrder);
        QCOMPARE(queues()->model()->index(0, 0).data().toString(), u"orders"_s);
        openAnew();
        QCOMPARE(header()->sortIndicatorSection(), column(u"dead"_s));
        QCOMPARE(header()->sortIndicatorOrder(), Qt::DescendingOrder);
        choose(u"Sort by/Ascending"_s);
        QCOMPARE(header()->sortIndicatorOrder(), Qt::AscendingOrder);
    }

    void arrangedByKeys() {
        open();
        const QList<int> before = controller(queues())->visibleColumns();
        const int moved = before[2];
        const QString name = queues()->model()->headerData(moved, Qt::Horizontal).toString();
        choose(u"Arrange/%1/Move right"_s.arg(name));
        QCOMPARE(controller(queues())->visibleColumns().indexOf(moved), 3);
        choose(u"Arrange/%1/Move left"_s.arg(name));
        QCOMPARE(controller(queues())->visibleColumns(), before);
        choose(u"Arrange/%1/Move left"_s.arg(name));
        QCOMPARE(controller(queues())->visibleColumns().indexOf(moved), 1);
        const int width = header()->sectionSize(moved);
        choose(u"Arrange/%1/Wider"_s.arg(name));
        const int wider = header()->sectionSize(moved);
        QVERIFY(wider > width);
        openAnew();
        QCOMPARE(controller(queues())->visibleColumns().indexOf(moved), 1);
        QCOMPARE(header()->sectionSize(moved), wider);
        choose(u"Arrange/%1/Narrower"_s.arg(name));
        QCOMPARE(header()->sectionSize(moved), width);
    }

    void theMenuKeyIsAboutTheChosenRow() {
        open();
        queues()->setFocus();
        queues()->selectRow(5);
        const QString name = queues()->currentIndex().siblingAtColumn(0).data().toString();
        QPoint shownAt;
        bool shown = false;
        QTimer::singleShot(0, this, [&] {
            auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
            shown = menu && menu->objectName() == "queues.menu"_L1;
            if (menu) {
                shownAt = menu->pos();
                menu->close();
            }
        });
        QContextMenuEvent event(QContextMenuEvent::Keyboard, queues()->rect().center(),
                                queues()->mapToGlobal(queues()->rect().center()));
        QApplication::sendEvent(queues(), &event);
        QVERIFY(shown);
        QVERIFY(!name.isEmpty());
        const QRect row = queues()->visualRect(queues()->currentIndex());
        QCOMPARE(shownAt.x(), queues()->viewport()->mapToGlobal(row.bottomLeft()).x());
    }

    void whatATooltipSaysIsThereForKeys() {
        open();
        queues()->setFocus();
        const QModelIndex cell = queues()->model()->index(0, column(u"oldest"_s));
        const QString tip = cell.data(Qt::ToolTipRole).toString();
        QVERIFY(!tip.isEmpty());
        QCOMPARE(cell.data(Qt::AccessibleDescriptionRole).toString(), tip);
        const QString meaning =
            queues()->model()->headerData(cell.column(), Qt::Horizontal, Qt::ToolTipRole).toString();
        QVERIFY(!meaning.isEmpty());
        QCOMPARE(queues()->model()->headerData(cell.column(), Qt::Horizontal, Qt::AccessibleDescriptionRole).toString(),
                 meaning);
        queues()->setCurrentIndex(cell);
        QTest::keySequence(queues(), ui::keys::of(Deed::Explain).keys.first());
        QVERIFY(QToolTip::isVisible());
        QVERIFY2(QToolTip::text().contains(tip.toHtmlEscaped()), qPrintable(QToolTip::text()));
        QTest::keySequence(queues(), ui::keys::of(Deed::Explain).keys.first());
        QTRY_VERIFY(!QToolTip::isVisible());
        // In a tree the keys choose rows: the whole row is told.
        m_window->showPage(u"consumers"_s);
        auto* tree = m_window->findChild<QTreeView*>(u"subscriptions"_s);
        tree->setFocus();
        tree->setCurrentIndex(tree->model()->index(0, 0, tree->model()->index(0, 0)));
        QTest::keySequence(tree, ui::keys::of(Deed::Explain).keys.first());
        QVERIFY(QToolTip::isVisible());
        QVERIFY2(QToolTip::text().contains(u"UTC"_s), qPrintable(QToolTip::text()));
        QToolTip::hideText();
    }

    /// What was looked for is seen even where it was folded away; without the filter all is folded as it was.
    void aFilterUnfoldsWhatItFinds() {
        open(u"consumers"_s);
        auto* tree = m_window->findChild<QTreeView*>(u"subscriptions"_s);
        QTRY_VERIFY(tree->model()->rowCount() > 3);
        const auto folded = [tree] {
            QStringList names;
            for (int row = 0; row < tree->model()->rowCount(); ++row) {
                const QModelIndex index = tree->model()->index(row, 0);
                if (tree->model()->hasChildren(index) && !tree->isExpanded(index))
                    names += index.data(models::KeyRole).toString();
            }
            return names;
        };
        QModelIndex queue = tree->model()->index(0, 0);
        while (!tree->model()->hasChildren(queue))
            queue = queue.siblingAtRow(queue.row() + 1);
        const QString consumer = tree->model()->index(0, 0, queue).data().toString();
        tree->collapse(queue);
        const QStringList before = folded();
        QCOMPARE(before.size(), 1);
        auto* filter = m_window->findChild<QWidget*>(u"consumers"_s)->findChild<QLineEdit*>(u"filter"_s);
        filter->setText(consumer);
        const auto foundIsSeen = [&] {
            const QModelIndex first = tree->model()->index(0, 0);
            return tree->isExpanded(first) && tree->model()->index(0, 0, first).data().toString() == consumer;
        };
        QTRY_VERIFY(foundIsSeen());
        QCOMPARE(folded(), QStringList());
        filter->clear();
        QTRY_COMPARE(folded(), before);
    }

    void theFilterHasAKey_data() {
        QTest::addColumn<QString>("page");
        for (const QString& page : ui::MainWindow::pageNames())
            QTest::newRow(qPrintable(page)) << page;
    }

    void theFilterHasAKey() {
        QFETCH(QString, page);
        open(page);
        QTest::keySequence(m_window.get(), ui::keys::of(Deed::FilterTable).keys.first());
        bool filters = false;
        for (const auto* filter : m_window->findChildren<QLineEdit*>(u"filter"_s))
            filters = filters || filter->isVisible();
        if (filters)
            QCOMPARE(m_window->focusWidget()->objectName(), u"filter"_s);
    }

    void everyKeyIsListed() {
        open();
        QTest::keySequence(m_window.get(), ui::keys::of(Deed::ShowKeys).keys.first());
        auto* dialog = m_window->findChild<QDialog*>(u"shortcutsDialog"_s);
        QVERIFY(dialog);
        QStringList listed;
        for (const auto* label : dialog->findChildren<QLabel*>())
            listed += label->text();
        QStringList known;
        for (const ui::keys::Key& key : ui::keys::all()) {
            QVERIFY(!key.keys.isEmpty());
            QVERIFY2(listed.contains(key.meaning), qPrintable(key.meaning));
            for (const QKeySequence& one : key.keys)
                known += one.toString();
            QVERIFY2(listed.filter(key.keys.first().toString(QKeySequence::NativeText)).size() > 0,
                     qPrintable(key.keys.first().toString()));
        }
        QVERIFY(listed.filter(u"F16"_s).isEmpty());
        QVERIFY(known.contains(u"Ctrl+Shift+9"_s));
        // All meanings of a side begin at one place.
        std::set<int> begins;
        for (const auto* meaning : dialog->findChildren<QLabel*>(u"meaning"_s))
            begins.insert(meaning->x());
        QCOMPARE(begins.size(), std::size_t(2));
        // Nothing is bound that the table does not know.
        for (const auto* shortcut : m_window->findChildren<QShortcut*>())
            QVERIFY2(known.contains(shortcut->key().toString()), qPrintable(shortcut->key().toString()));
        dialog->reject();
    }

    void factsAreCopiedByKeys() {
        open(u"inflight"_s);
        auto* facts = m_window->findChild<QWidget*>(u"owner"_s)->findChild<ui::FactsList*>();
        QVERIFY(facts->text().contains(u"Owner: worker-3"_s) || facts->text().contains(u"worker-3"_s));
        QCOMPARE(facts->accessibleName(), facts->text());
        facts->setFocus();
        QTest::keySequence(facts, QKeySequence::Copy);
        QCOMPARE(QApplication::clipboard()->text(), facts->text());
    }

    /// A long name gives way to the count behind it, which is there whole or not at all.
    void aNameGivesWayToItsCount() {
        open();
        QStandardItemModel model(1, 1);
        model.setHeaderData(0, Qt::Horizontal, int(models::CellKind::Text), models::KindRole);
        model.setHeaderData(0, Qt::Horizontal, true, models::IdentityRole);
        const QModelIndex cell = model.index(0, 0);
        ui::CellDelegate delegate;
        // What is written, without the empty rest of the line.
        const auto drawn = [&](const QString& name, const QString& count, int width) {
            model.setData(cell, name);
            model.setData(cell, count, models::DetailRole);
            QImage image(width, 28, QImage::Format_RGB32);
            image.fill(ui::colors().panel);
            QStyleOptionViewItem option;
            option.initFrom(queues());
            option.rect = image.rect();
            QPainter painter(&image);
            delegate.paint(&painter, option, cell);
            painter.end();
            int right = width - 1;
            const auto isEmpty = [&image](int x) {
                for (int y = 0; y < 26; ++y) {
                    if (image.pixel(x, y) != ui::colors().panel.rgb())
                        return false;
                }
                return true;
            };
            while (right > 0 && isEmpty(right))
                --right;
            return image.copy(0, 0, right + 1, 27);
        };
        const QString name = u"eu-central-1.billing.invoices-and-credit-notes.archive.v2"_s;
        const QString count = u"· 12 consumers"_s;
        const int length = queues()->fontMetrics().horizontalAdvance(count) - 4;
        const auto end = [length](const QImage& image) {
            return image.copy(image.width() - length, 0, length, image.height());
        };
        const QImage whole = end(drawn(u"q"_s, count, 600));
        QVERIFY(end(drawn(name, count, 600)) == whole);
        QVERIFY(end(drawn(name, count, 240)) == whole);
        QVERIFY(drawn(name, count, 130) == drawn(name, {}, 130));
    }

    /// Old rows are grey, and each of their words can still be read.
    void staleRowsCanBeRead() {
        for (const auto choice : {ui::ThemeChoice::Light, ui::ThemeChoice::Dark}) {
            ui::Theme::instance().choose(choice);
            open();
            controller(queues())->setStale(true);
            const QImage image = queues()->viewport()->grab().toImage();
            const QColor ground = ui::colors().panel;
            double strongest = 0;
            QSet<QRgb> coloured;
            for (int y = 0; y < image.height(); ++y) {
                for (int x = 0; x < image.width(); ++x) {
                    const QColor pixel = image.pixelColor(x, y);
                    strongest = std::max(strongest, ui::contrast(pixel, ground));
                    if (pixel.rgb() == ui::colors().critical.rgb() || pixel.rgb() == ui::colors().warning.rgb())
                        coloured.insert(pixel.rgb());
                }
            }
            QVERIFY2(strongest >= ui::leastForText, qPrintable(QString::number(strongest)));
            QVERIFY(strongest < ui::contrast(ui::colors().text, ground) - 1);
            QVERIFY(coloured.isEmpty());
            m_window.reset();
        }
        ui::Theme::instance().choose(ui::ThemeChoice::System);
    }
};

QTEST_MAIN(TestTables)
#include "tst_tables.moc"
