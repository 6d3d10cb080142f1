// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/tablecontroller.h"

#include "ui/ask.h"
#include "ui/celldelegate.h"
#include "ui/keys.h"
#include "ui/notice.h"
#include "ui/theme.h"

#include <QActionGroup>
#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QFileInfo>
#include <QHeaderView>
#include <QMenu>
#include <QMouseEvent>
#include <QSaveFile>
#include <QScrollBar>
#include <QSettings>
#include <QTableView>
#include <QTextDocument>
#include <QToolTip>
#include <QTreeView>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

/// Changes when columns are added, so that an old layout is not forced on new ones.
constexpr int layoutVersion = 2;
constexpr int widthStep = 16;
constexpr int explainedFor = 60'000; ///< ms, or until the row is left

} // namespace

TableController::TableController(QTableView* view, QAbstractItemModel* model, const QString& name, QSettings* settings)
    : QObject(view)
    , m_name(name)
    , m_settings(settings) {
    view->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    view->verticalHeader()->setMinimumSectionSize(1);
    view->verticalHeader()->setDefaultSectionSize(rowHeight(view->font()));
    view->verticalHeader()->hide();
    view->setShowGrid(false);
    view->setWordWrap(false);
    view->setCornerButtonEnabled(false);
    view->horizontalHeader()->setHighlightSections(false);
    view->setTabKeyNavigation(false);
    begin(view, view->horizontalHeader(), model);
    view->setSortingEnabled(true);
}

TableController::TableController(QTreeView* view, QAbstractItemModel* model, const QString& name, QSettings* settings)
    : QObject(view)
    , m_name(name)
    , m_settings(settings) {
    view->setUniformRowHeights(true);
    view->setAllColumnsShowFocus(true);
    view->header()->setStretchLastSection(false);
    view->setIndentation(18);
    begin(view, view->header(), model);
    view->setSortingEnabled(true);
    connect(m_proxy, &models::SortProxy::filterAboutToChange, this, [this, view] { rememberFolds(view); });
    connect(m_proxy, &models::SortProxy::filterChanged, this, [this, view] { unfoldFound(view); });
}

TableController::~TableController() = default;

namespace {

/// Lines below which there are others.
template <class Visit>
void eachBranch(const QAbstractItemModel& model, const QModelIndex& parent, const Visit& visit) {
    for (int row = 0; row < model.rowCount(parent); ++row) {
        const QModelIndex index = model.index(row, 0, parent);
        if (!model.hasChildren(index))
            continue;
        visit(index);
        eachBranch(model, index, visit);
    }
}

} // namespace

void TableController::rememberFolds(QTreeView* tree) {
    if (m_unfolded)
        return;
    m_unfolded.emplace();
    eachBranch(*m_proxy, {}, [&](const QModelIndex& index) {
        if (tree->isExpanded(index))
            m_unfolded->insert(index.data(models::KeyRole).toString());
    });
}

/// What was looked for is to be seen, wherever it stands; without a filter all is folded as it was before.
void TableController::unfoldFound(QTreeView* tree) {
    if (!m_proxy->filterText().isEmpty()) {
        tree->expandAll();
        return;
    }
    eachBranch(*m_proxy, {}, [&](const QModelIndex& index) {
        tree->setExpanded(index, m_unfolded->contains(index.data(models::KeyRole).toString()));
    });
    m_unfolded.reset();
}

void TableController::rememberNow() {
    if (!m_rememberTimer.isActive())
        return;
    m_rememberTimer.stop();
    remember();
}

void TableController::begin(QAbstractItemView* view, QHeaderView* header, QAbstractItemModel* model) {
    m_view = view;
    m_header = header;
    m_proxy = new models::SortProxy(this);
    // Before the selection hears of it: it would make a neighbour current.
    connect(model, &QAbstractItemModel::rowsAboutToBeRemoved, this,
            [this](const QModelIndex& parent, int first, int last) {
                dropRemoved(m_proxy->mapToSource(m_view->currentIndex()), parent, first, last, Gone::Left);
            });
    connect(m_proxy, &QAbstractItemModel::rowsAboutToBeRemoved, this,
            [this](const QModelIndex& parent, int first, int last) {
                dropRemoved(m_view->currentIndex(), parent, first, last, Gone::Hidden);
            });
    m_proxy->setSourceModel(model);
    view->setModel(m_proxy);
    if (const auto* live = qobject_cast<const models::LiveModel*>(model))
        connect(live, &models::LiveModel::aged, view->viewport(), qOverload<>(&QWidget::update));
    m_delegate = new CellDelegate(this);
    view->setItemDelegate(m_delegate);
    view->setFrameShape(QFrame::NoFrame);
    view->setSelectionBehavior(QAbstractItemView::SelectRows);
    view->setSelectionMode(QAbstractItemView::ExtendedSelection);
    view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    view->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    view->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    view->setContextMenuPolicy(Qt::CustomContextMenu);
    header->setSectionsMovable(true);
    header->setSectionsClickable(true);
    header->setMinimumSectionSize(28);
    header->setFixedHeight(rowHeight(view->font()) + 2);
    header->setContextMenuPolicy(Qt::CustomContextMenu);
    layOutColumns();

    m_notice = new Notice(view->viewport());
    m_rememberTimer.setSingleShot(true);
    m_rememberTimer.setInterval(500);
    connect(&m_rememberTimer, &QTimer::timeout, this, &TableController::remember);
    connect(header, &QHeaderView::sectionMoved, this, &TableController::rememberSoon);
    connect(header, &QHeaderView::sectionResized, this, [this](int column, int, int width) {
        if (m_fitting || width == 0)
            return;
        m_base[std::size_t(column)] = width;
        m_chosen[std::size_t(column)] = true;
        rememberSoon();
    });
    connect(header, &QHeaderView::sortIndicatorChanged, this, &TableController::rememberSoon);
    connect(header, &QHeaderView::customContextMenuRequested, this, [this](const QPoint& position) {
        QMenu* menu = columnMenu(m_header);
        menu->setAttribute(Qt::WA_DeleteOnClose);
        menu->popup(m_header->mapToGlobal(position));
    });
    connect(view, &QWidget::customContextMenuRequested, this, &TableController::openRowMenu);
    connect(view, &QAbstractItemView::activated, this,
            [this](const QModelIndex& index) { Q_EMIT activated(m_proxy->mapToSource(index)); });
    m_unselected.setSingleShot(true);
    m_unselected.setInterval(0);
    connect(&m_unselected, &QTimer::timeout, this, [this] { tell(currentSource()); });
    connect(view->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this] {
        m_proxy->holdBriefly();
        QToolTip::hideText();
        follow();
    });
    connect(view->selectionModel(), &QItemSelectionModel::selectionChanged, this, [this] {
        follow();
        Q_EMIT selectionChanged();
    });
    connect(m_proxy, &QAbstractItemModel::modelReset, this, &TableController::startAnew);
    connect(m_proxy, &QAbstractItemModel::layoutChanged, this, [this] {
        if (!m_told.isValid() || m_view->currentIndex().isValid())
            return;
        m_gone = Gone::Hidden; // another filter laid the table out without the row, and without a word
        tell({});
    });
    for (const auto signal : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved})
        connect(m_proxy, signal, this, &TableController::updateNotice);
    connect(m_proxy, &QAbstractItemModel::modelReset, this, &TableController::updateNotice);
    connect(m_proxy, &QAbstractItemModel::layoutChanged, this, &TableController::updateNotice);
    view->installEventFilter(this);
    view->viewport()->installEventFilter(this);
    keys::bind(keys::Deed::CopyRows, view, [this](int) { copySelection(models::TextForm::Plain); });
    keys::bind(keys::Deed::Explain, view, [this](int) { explain(); });
    updateNotice();
}

void TableController::layOutColumns() {
    m_fitting = true;
    m_base.clear();
    m_chosen.assign(std::size_t(m_proxy->columnCount()), false);
    for (int column = 0; column < m_proxy->columnCount(); ++column) {
        m_base.push_back(sampleWidth(column));
        m_header->setSectionHidden(column,
                                   !m_proxy->headerData(column, Qt::Horizontal, models::DefaultVisibleRole).toBool());
        m_header->moveSection(m_header->visualIndex(column), column);
    }
    m_fitting = false;
    m_restored = restore();
    fitColumns();
}

int TableController::sampleWidth(int column) const {
    const auto text = [this, column](int role) { return m_proxy->headerData(column, Qt::Horizontal, role).toString(); };
    const auto kind = models::CellKind(m_proxy->headerData(column, Qt::Horizontal, models::KindRole).toInt());
    const bool code = kind == models::CellKind::Code;
    const int bar = kind == models::CellKind::Bar ? CellDelegate::barWidth : 0;
    return std::max(textWidth(code ? codeFont() : m_view->font(), text(models::WidthSampleRole)) + bar,
                    textWidth(strongFont(m_view->font()), text(Qt::DisplayRole))) +
           2 * CellDelegate::margin;
}

void TableController::sortFirstBy(const QString& columnId, Qt::SortOrder order) {
    m_firstSort.emplace(columnId, order);
    if (!m_restored)
        m_header->setSortIndicator(columnOf(columnId), order);
}

void TableController::stretch(const QString& columnId) {
    m_stretched = columnOf(columnId);
    fitColumns();
}

/// Shares out what is left over among the columns nobody has set.
void TableController::fitColumns() {
    if (m_fitting)
        return;
    std::vector<int> free;
    int all = 0;
    int shared = 0;
    for (int column = 0; column < m_header->count(); ++column) {
        const int base = m_base[std::size_t(column)];
        if (m_header->isSectionHidden(column))
            continue;
        all += base;
        if (m_chosen[std::size_t(column)])
            continue;
        shared += base;
        free.push_back(column);
    }
    const int surplus = m_view->viewport()->width() - all;
    m_fitting = true;
    for (int column = 0; column < m_header->count(); ++column) {
        if (m_chosen[std::size_t(column)] && !m_header->isSectionHidden(column))
            m_header->resizeSection(column, m_base[std::size_t(column)]);
    }
    for (const int column : free) {
        const int base = m_base[std::size_t(column)];
        int width = base;
        if (surplus >= 0)
            width += surplus * base / std::max(1, shared);
        else if (column == m_stretched)
            width = std::max(base + surplus, base * 2 / 3); // gives way before a scroll bar comes
        m_header->resizeSection(column, width);
    }
    m_fitting = false;
}

void TableController::setRowMenu(std::function<void(QMenu&, const QModelIndex&)> fill) {
    m_rowMenu = std::move(fill);
}

void TableController::setStale(bool stale) {
    m_delegate->setStale(stale);
    m_view->viewport()->update();
}

bool TableController::isStale() const {
    return m_delegate->isStale();
}

QModelIndex TableController::currentSource() const {
    const QModelIndex current = m_view->currentIndex();
    return m_view->selectionModel()->isSelected(current) ? m_proxy->mapToSource(current) : QModelIndex();
}

void TableController::dropRemoved(const QModelIndex& current, const QModelIndex& parent, int first, int last,
                                  Gone gone) {
    QModelIndex at = current;
    while (at.isValid() && at.parent() != parent)
        at = at.parent();
    if (!at.isValid() || at.row() < first || at.row() > last)
        return;
    m_gone = gone;
    m_view->selectionModel()->clearCurrentIndex();
}

/// A click makes a row current before it is selected, a key selects it before: both are waited for.
void TableController::follow() {
    const QModelIndex chosen = currentSource();
    if (!chosen.isValid() && m_view->currentIndex().isValid())
        m_unselected.start();
    else
        tell(chosen);
}

void TableController::tell(const QModelIndex& source) {
    m_unselected.stop();
    const QModelIndex row = source.siblingAtColumn(0);
    if (row == m_told)
        return;
    m_told = row;
    if (row.isValid())
        m_gone = Gone::No;
    Q_EMIT currentChanged(source);
}

/// The selection goes with a reset without a word.
void TableController::startAnew() {
    m_unselected.stop();
    m_told = QPersistentModelIndex();
    m_gone = Gone::No;
    Q_EMIT currentChanged({});
    Q_EMIT selectionChanged();
}

void TableController::chooseFirst() {
    if (m_gone == Gone::No && !m_view->currentIndex().isValid())
        selectSource(m_proxy->mapToSource(m_proxy->index(0, 0)));
}

void TableController::letGo() {
    m_gone = Gone::No;
    m_view->selectionModel()->clear();
}

void TableController::selectSource(const QModelIndex& source) {
    const QModelIndex index = m_proxy->mapFromSource(source);
    if (!index.isValid())
        return;
    m_view->selectionModel()->setCurrentIndex(index, QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
    m_view->scrollTo(index);
}

QMenu* TableController::columnMenu(QWidget* parent) {
    auto* menu = new QMenu(tr("Columns"), parent);
    menu->setObjectName(m_name + u".columns"_s);
    menu->setToolTipsVisible(true);
    addColumns(*menu);
    menu->addSeparator();
    addSorting(*menu);
    addArranging(*menu);
    menu->addSeparator();
    connect(menu->addAction(tr("Default columns")), &QAction::triggered, this, &TableController::useDefaultColumns);
    return menu;
}

QString TableController::title(int column) const {
    return m_proxy->headerData(column, Qt::Horizontal).toString();
}

void TableController::addColumns(QMenu& menu) {
    for (int visual = 0; visual < m_header->count(); ++visual) {
        const int column = m_header->logicalIndex(visual);
        QAction* action = menu.addAction(title(column));
        action->setToolTip(m_proxy->headerData(column, Qt::Horizontal, Qt::ToolTipRole).toString());
        action->setCheckable(true);
        action->setChecked(!m_header->isSectionHidden(column));
        // The first column says what a row is.
        action->setEnabled(column != 0);
        connect(action, &QAction::toggled, this, [this, column](bool shown) { showColumn(column, shown); });
    }
}

void TableController::addSorting(QMenu& menu) {
    QMenu* sorting = menu.addMenu(tr("Sort by"));
    sorting->setObjectName(m_name + u".sort"_s);
    auto* columns = new QActionGroup(sorting);
    for (const int column : visibleColumns()) {
        QAction* action = columns->addAction(sorting->addAction(title(column)));
        action->setCheckable(true);
        action->setChecked(column == m_proxy->sortColumn());
        connect(action, &QAction::triggered, this,
                [this, column] { m_header->setSortIndicator(column, m_proxy->sortOrder()); });
    }
    sorting->addSeparator();
    auto* orders = new QActionGroup(sorting);
    for (const auto& [order, text] :
         {std::pair(Qt::AscendingOrder, tr("Ascending")), std::pair(Qt::DescendingOrder, tr("Descending"))}) {
        QAction* action = orders->addAction(sorting->addAction(text));
        action->setCheckable(true);
        action->setChecked(order == m_proxy->sortOrder());
        action->setEnabled(m_proxy->sortColumn() >= 0);
        connect(action, &QAction::triggered, this,
                [this, chosen = order] { m_header->setSortIndicator(m_proxy->sortColumn(), chosen); });
    }
}

void TableController::addArranging(QMenu& menu) {
    QMenu* arranging = menu.addMenu(tr("Arrange"));
    arranging->setObjectName(m_name + u".arrange"_s);
    const QList<int> visible = visibleColumns();
    for (const int column : visible) {
        QMenu* one = arranging->addMenu(title(column));
        QAction* left = one->addAction(tr("Move left"), this, [this, column] { moveColumn(column, -1); });
        left->setEnabled(column != visible.first());
        QAction* right = one->addAction(tr("Move right"), this, [this, column] { moveColumn(column, 1); });
        right->setEnabled(column != visible.last());
        one->addAction(tr("Wider"), this, [this, column] { widen(column, widthStep); });
        one->addAction(tr("Narrower"), this, [this, column] { widen(column, -widthStep); });
    }
}

void TableController::showColumn(int column, bool shown) {
    m_fitting = true; // neither hiding nor showing says how wide it should be
    m_header->setSectionHidden(column, !shown);
    m_fitting = false;
    fitColumns();
    rememberSoon();
}

/// Past the next column that is shown.
void TableController::moveColumn(int column, int by) {
    const QList<int> visible = visibleColumns();
    const qsizetype to = visible.indexOf(column) + by;
    if (to >= 0 && to < visible.size())
        m_header->moveSection(m_header->visualIndex(column), m_header->visualIndex(visible[to]));
}

void TableController::widen(int column, int by) {
    m_header->resizeSection(column, std::max(m_header->minimumSectionSize(), m_header->sectionSize(column) + by));
    fitColumns();
}

void TableController::useDefaultColumns() {
    m_rememberTimer.stop();
    if (m_settings)
        m_settings->remove(u"tables/"_s + m_name);
    layOutColumns();
    if (m_firstSort)
        sortFirstBy(m_firstSort->first, m_firstSort->second);
    m_rememberTimer.stop();
}

void TableController::explain() {
    if (QToolTip::isVisible()) {
        QToolTip::hideText();
        return;
    }
    const QModelIndex current = m_view->currentIndex();
    if (!current.isValid())
        return;
    // A tree's keys go from row to row only: there the whole row is told.
    const bool wholeRow = qobject_cast<QTreeView*>(m_view) != nullptr;
    QStringList lines;
    for (const int column : wholeRow ? visibleColumns() : QList<int>{current.column()}) {
        const QModelIndex cell = current.siblingAtColumn(column);
        const QString tip = cell.data(Qt::AccessibleDescriptionRole).toString();
        const QString text = cell.data(Qt::AccessibleTextRole).toString();
        if (wholeRow && tip.isEmpty())
            continue;
        lines += title(column) + u": "_s + (tip.contains(text) ? tip : text + (tip.isEmpty() ? tip : u"\n"_s + tip));
        if (const QString meaning = m_proxy->headerData(column, Qt::Horizontal, Qt::ToolTipRole).toString();
            !wholeRow && !meaning.isEmpty())
            lines += meaning;
    }
    const QRect cell = m_view->visualRect(current);
    QToolTip::showText(m_view->viewport()->mapToGlobal(cell.bottomLeft()),
                       Qt::convertFromPlainText(lines.join(u'\n'), Qt::WhiteSpaceNormal), m_view->viewport(), {},
                       explainedFor);
}

QList<int> TableController::visibleColumns() const {
    QList<int> columns;
    for (int visual = 0; visual < m_header->count(); ++visual) {
        const int column = m_header->logicalIndex(visual);
        if (!m_header->isSectionHidden(column))
            columns.append(column);
    }
    return columns;
}

QModelIndexList TableController::selectedRows() const {
    QModelIndexList rows = m_view->selectionModel()->selectedRows();
    std::sort(rows.begin(), rows.end(), [this](const QModelIndex& left, const QModelIndex& right) {
        return m_view->visualRect(left).top() < m_view->visualRect(right).top();
    });
    return rows;
}

QModelIndexList TableController::selectedSources() const {
    QModelIndexList rows = selectedRows();
    for (QModelIndex& row : rows)
        row = m_proxy->mapToSource(row);
    return rows;
}

void TableController::collectRows(const QModelIndex& parent, QModelIndexList& rows) const {
    for (int row = 0; row < m_proxy->rowCount(parent); ++row) {
        rows.append(m_proxy->index(row, 0, parent));
        collectRows(rows.last(), rows);
    }
}

void TableController::copySelection(models::TextForm form) const {
    QApplication::clipboard()->setText(models::tableText(*m_proxy, selectedRows(), visibleColumns(), form, m_name));
}

QString TableController::allText(models::TextForm form) const {
    QModelIndexList rows;
    collectRows({}, rows);
    return models::tableText(*m_proxy, rows, visibleColumns(), form, m_name);
}

void TableController::copyAll(models::TextForm form) const {
    QApplication::clipboard()->setText(allText(form));
}

void TableController::saveAll() const {
    const QString name = ask::fileToWrite(m_view->window(), tr("Save the table"), m_name + u".csv"_s);
    if (name.isEmpty())
        return;
    QSaveFile file(name);
    if (!file.open(QIODevice::WriteOnly) || file.write(allText(formOf(name)).toUtf8()) < 0 || !file.commit())
        ask::tell(m_view->window(), tr("The table was not saved"), tr("%1: %2").arg(name, file.errorString()));
}

models::TextForm TableController::formOf(const QString& fileName) {
    const QString suffix = QFileInfo(fileName).suffix().toLower();
    return suffix == "csv"_L1    ? models::TextForm::Csv
           : suffix == "json"_L1 ? models::TextForm::Json
           : suffix == "sql"_L1  ? models::TextForm::Sql
                                 : models::TextForm::Plain;
}

QMenu* TableController::exportMenu(QWidget* parent) const {
    auto* menu = new QMenu(tr("Copy table"), parent);
    const auto add = [this, menu](const QString& text, models::TextForm form) {
        connect(menu->addAction(text), &QAction::triggered, this, [this, form] { copyAll(form); });
    };
    add(tr("Copy all rows as text"), models::TextForm::Plain);
    add(tr("Copy all rows as CSV"), models::TextForm::Csv);
    add(tr("Copy all rows as JSON"), models::TextForm::Json);
    add(tr("Copy all rows as SQL"), models::TextForm::Sql);
    menu->addSeparator();
    QAction* save = menu->addAction(tr("Save all rows to a file…"));
    save->setObjectName(u"saveTable"_s);
    connect(save, &QAction::triggered, this, &TableController::saveAll);
    return menu;
}

void TableController::openRowMenu(const QPoint& asked) {
    // By key the view names its middle, whatever row is there: what is meant is the chosen one.
    const bool byKey = std::exchange(m_menuByKey, false);
    const QModelIndex index = byKey ? m_view->currentIndex() : m_view->indexAt(asked);
    const QPoint position = byKey && index.isValid() ? m_view->visualRect(index).bottomLeft() : asked;
    QMenu menu(m_view);
    menu.setObjectName(m_name + u".menu"_s);
    menu.setToolTipsVisible(true);
    if (m_rowMenu) {
        m_rowMenu(menu, m_proxy->mapToSource(index));
        menu.addSeparator();
    }
    const auto add = [this, &menu](const QString& text, models::TextForm form) {
        QAction* action = menu.addAction(text);
        action->setEnabled(m_view->selectionModel()->hasSelection());
        connect(action, &QAction::triggered, this, [this, form] { copySelection(form); });
        return action;
    };
    add(tr("Copy as text"), models::TextForm::Plain);
    add(tr("Copy as CSV"), models::TextForm::Csv);
    add(tr("Copy as JSON"), models::TextForm::Json);
    add(tr("Copy as SQL"), models::TextForm::Sql);
    menu.addSeparator();
    menu.addMenu(columnMenu(&menu));
    menu.addMenu(exportMenu(&menu));
    m_proxy->setHeld(true);
    menu.exec(m_view->viewport()->mapToGlobal(position));
    m_proxy->setHeld(false);
}

bool TableController::eventFilter(QObject* watched, QEvent* event) {
    switch (event->type()) {
    case QEvent::KeyPress:
        m_proxy->holdBriefly();
        break;
    case QEvent::ContextMenu:
        m_menuByKey = static_cast<QContextMenuEvent*>(event)->reason() == QContextMenuEvent::Keyboard;
        break;
    case QEvent::MouseButtonPress:
        m_proxy->setHeld(true);
        break;
    case QEvent::MouseButtonRelease:
        m_proxy->setHeld(false);
        m_proxy->holdBriefly();
        break;
    case QEvent::Resize:
        if (watched == m_view->viewport())
            fitColumns();
        break;
    default:
        break;
    }
    return QObject::eventFilter(watched, event);
}

void TableController::updateNotice() {
    m_notice->setVisible(m_proxy->rowCount() == 0);
}

int TableController::columnOf(const QString& id) const {
    for (int column = 0; column < m_proxy->columnCount(); ++column) {
        if (m_proxy->headerData(column, Qt::Horizontal, models::ColumnIdRole).toString() == id)
            return column;
    }
    return -1;
}

bool TableController::restore() {
    if (!m_settings)
        return false;
    const QString key = u"tables/"_s + m_name + u'/';
    if (m_settings->value(key + u"version"_s).toInt() != layoutVersion)
        return false;
    // Columns are remembered by name, so that a newer program may have more of them.
    const QStringList order = m_settings->value(key + u"columns"_s).toStringList();
    const QVariantMap widths = m_settings->value(key + u"widths"_s).toMap();
    const QStringList shown = m_settings->value(key + u"shown"_s).toStringList();
    m_fitting = true;
    int place = 0;
    for (const QString& id : order) {
        const int column = columnOf(id);
        if (column < 0)
            continue;
        m_header->moveSection(m_header->visualIndex(column), place++);
        m_header->setSectionHidden(column, !shown.contains(id));
        if (const int width = widths.value(id).toInt(); width > 0) {
            m_base[std::size_t(column)] = width;
            m_chosen[std::size_t(column)] = true;
        }
    }
    m_fitting = false;
    const int sorted = columnOf(m_settings->value(key + u"sorted"_s).toString());
    if (sorted >= 0)
        m_header->setSortIndicator(sorted, Qt::SortOrder(m_settings->value(key + u"order"_s).toInt()));
    return sorted >= 0;
}

void TableController::rememberSoon() {
    if (m_settings && !m_fitting)
        m_rememberTimer.start();
}

void TableController::remember() const {
    if (!m_settings)
        return;
    QStringList order;
    QStringList shown;
    QVariantMap widths;
    for (int visual = 0; visual < m_header->count(); ++visual) {
        const int column = m_header->logicalIndex(visual);
        const QString id = m_proxy->headerData(column, Qt::Horizontal, models::ColumnIdRole).toString();
        order += id;
        if (m_chosen[std::size_t(column)])
            widths[id] = m_base[std::size_t(column)];
        if (!m_header->isSectionHidden(column))
            shown += id;
    }
    const QString key = u"tables/"_s + m_name + u'/';
    m_settings->setValue(key + u"version"_s, layoutVersion);
    m_settings->setValue(key + u"columns"_s, order);
    m_settings->setValue(key + u"shown"_s, shown);
    m_settings->setValue(key + u"widths"_s, widths);
    m_settings->setValue(key + u"sorted"_s,
                         m_proxy->headerData(m_proxy->sortColumn(), Qt::Horizontal, models::ColumnIdRole));
    m_settings->setValue(key + u"order"_s, int(m_proxy->sortOrder()));
}

} // namespace ui
