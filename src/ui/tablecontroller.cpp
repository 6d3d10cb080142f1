// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/tablecontroller.h"

#include "ui/ask.h"
#include "ui/celldelegate.h"
#include "ui/notice.h"
#include "ui/theme.h"

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
#include <QShortcut>
#include <QTableView>
#include <QTreeView>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

/// Changes when columns are added, so that an old layout is not forced on new ones.
constexpr int layoutVersion = 1;

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
}

TableController::~TableController() = default;

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
    connect(header, &QHeaderView::sectionResized, this, [this](int column) {
        if (m_fitting)
            return;
        m_base[std::size_t(column)] = m_header->sectionSize(column);
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
    connect(view->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& current) {
        m_proxy->holdBriefly();
        Q_EMIT currentChanged(m_proxy->mapToSource(current));
    });
    connect(view->selectionModel(), &QItemSelectionModel::selectionChanged, this, &TableController::selectionChanged);
    for (const auto signal : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved})
        connect(m_proxy, signal, this, &TableController::updateNotice);
    connect(m_proxy, &QAbstractItemModel::modelReset, this, &TableController::updateNotice);
    connect(m_proxy, &QAbstractItemModel::layoutChanged, this, &TableController::updateNotice);
    view->installEventFilter(this);
    view->viewport()->installEventFilter(this);
    auto* copy = new QShortcut(QKeySequence::Copy, view);
    copy->setContext(Qt::WidgetShortcut);
    connect(copy, &QShortcut::activated, this, [this] { copySelection(models::TextForm::Plain); });
    updateNotice();
}

void TableController::layOutColumns() {
    m_fitting = true;
    m_base.clear();
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
    if (!m_restored)
        m_header->setSortIndicator(columnOf(columnId), order);
}

void TableController::stretch(const QString& columnId) {
    m_stretched = columnOf(columnId);
    fitColumns();
}

void TableController::fitColumns() {
    if (m_fitting)
        return;
    std::vector<int> shown;
    int sum = 0;
    for (int column = 0; column < m_header->count(); ++column) {
        if (m_header->isSectionHidden(column))
            continue;
        shown.push_back(column);
        sum += m_base[std::size_t(column)];
    }
    const int surplus = m_view->viewport()->width() - sum;
    m_fitting = true;
    for (const int column : shown) {
        const int base = m_base[std::size_t(column)];
        int width = base;
        if (surplus >= 0)
            width += surplus * base / std::max(1, sum);
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
    return m_proxy->mapToSource(m_view->currentIndex());
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
    for (int visual = 0; visual < m_header->count(); ++visual) {
        const int column = m_header->logicalIndex(visual);
        QAction* action = menu->addAction(m_proxy->headerData(column, Qt::Horizontal).toString());
        action->setToolTip(m_proxy->headerData(column, Qt::Horizontal, Qt::ToolTipRole).toString());
        action->setCheckable(true);
        action->setChecked(!m_header->isSectionHidden(column));
        // The first column says what a row is.
        action->setEnabled(column != 0);
        connect(action, &QAction::toggled, this, [this, column](bool shown) {
            m_header->setSectionHidden(column, !shown);
            fitColumns();
            rememberSoon();
        });
    }
    menu->addSeparator();
    connect(menu->addAction(tr("Default columns")), &QAction::triggered, this, [this] {
        if (m_settings)
            m_settings->remove(u"tables/"_s + m_name);
        layOutColumns();
    });
    return menu;
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

void TableController::openRowMenu(const QPoint& position) {
    const QModelIndex index = m_view->indexAt(position);
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
    m_proxy->setHeld(true);
    menu.exec(m_view->viewport()->mapToGlobal(position));
    m_proxy->setHeld(false);
}

bool TableController::eventFilter(QObject* watched, QEvent* event) {
    switch (event->type()) {
    case QEvent::KeyPress:
        m_proxy->holdBriefly();
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
        if (const int width = widths.value(id).toInt(); width > 0)
            m_base[std::size_t(column)] = width;
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
        if (m_header->isSectionHidden(column))
            continue;
        shown += id;
        if (m_base[std::size_t(column)] != sampleWidth(column))
            widths[id] = m_base[std::size_t(column)];
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
