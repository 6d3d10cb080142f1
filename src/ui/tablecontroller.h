// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/livemodel.h"
#include "models/sortproxy.h"
#include "models/tabletext.h"

#include <QObject>
#include <QPersistentModelIndex>
#include <QPointer>
#include <QSet>
#include <QSettings>
#include <QTimer>

#include <functional>

class QAbstractItemView;
class QHeaderView;
class QMenu;
class QTableView;
class QTreeView;

namespace ui {

class CellDelegate;
class Notice;

/// What every table of the console can do: sort without moving rows under the reader, choose and remember columns, copy
/// as text, CSV, JSON or SQL, save, say why it is empty. One per view; the view owns it.
class TableController : public QObject {
    Q_OBJECT

public:
    /// Name is the key under which widths, order, visibility and sorting are remembered. Settings may be null.
    TableController(QTableView* view, QAbstractItemModel* model, const QString& name, QSettings* settings);
    TableController(QTreeView* view, QAbstractItemModel* model, const QString& name, QSettings* settings);
    ~TableController() override;

    models::SortProxy* proxy() const { return m_proxy; }

    /// Under which everything about the table is remembered.
    const QString& name() const { return m_name; }

    QSettings* settings() const { return m_settings; } ///< null: nothing is remembered

    /// Which column is sorted by where nothing is remembered.
    void sortFirstBy(const QString& columnId, Qt::SortOrder order);
    /// The column that gives way first where there is too little room.
    void stretch(const QString& columnId);

    /// Shown over the view while it has no rows.
    Notice* notice() const { return m_notice; }

    /// Fills a row's context menu above the copy entries.
    void setRowMenu(std::function<void(QMenu&, const QModelIndex& source)> fill);

    void setStale(bool stale);
    bool isStale() const;

    /// The chosen row in the source model: current, and shown as selected. Invalid when none is.
    QModelIndex currentSource() const;
    /// All chosen rows in the source model, as they stand on screen.
    QModelIndexList selectedSources() const;
    void selectSource(const QModelIndex& source);
    /// Chooses the first row on screen where none is chosen. Not in place of one that has gone: what is chosen for a
    /// deed never becomes another by itself.
    void chooseFirst();
    /// Nothing is chosen any more: what comes is about something else.
    void letGo();

    /// The chosen row is no longer in the model, and no other was chosen since.
    bool hasLeft() const { return m_gone == Gone::Left; }

    /// Which columns there are, where and how wide, what is sorted by, and back to the default.
    QMenu* columnMenu(QWidget* parent);
    /// What the current cell's tooltip says, in place: for who has no pointer. Asked again, it goes.
    void explain();
    void copySelection(models::TextForm form) const;
    void copyAll(models::TextForm form) const;
    /// Asks for a file and writes all rows to it, in the form its name ends with.
    void saveAll() const;
    QMenu* exportMenu(QWidget* parent) const;

    /// .csv, .json and .sql; anything else is plain text.
    static models::TextForm formOf(const QString& fileName);

    /// Writes down what changed and waits to be written; to be called before the window goes.
    void rememberNow();

    QList<int> visibleColumns() const; ///< as they stand on screen

Q_SIGNALS:
    /// Another row is chosen; invalid: none is, or the model's rows are others.
    void currentChanged(const QModelIndex& source);
    void selectionChanged();
    /// Double click or Return.
    void activated(const QModelIndex& source);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    /// What became of the row chosen last.
    enum class Gone { No, Hidden, Left };

    void begin(QAbstractItemView* view, QHeaderView* header, QAbstractItemModel* model);
    void dropRemoved(const QModelIndex& current, const QModelIndex& parent, int first, int last, Gone gone);
    void follow();
    void tell(const QModelIndex& source);
    void startAnew();
    void layOutColumns();
    void rememberFolds(QTreeView* tree);
    void unfoldFound(QTreeView* tree);
    int sampleWidth(int column) const;
    void fitColumns();
    bool restore();
    void remember() const;
    void rememberSoon();
    void updateNotice();
    QString allText(models::TextForm form) const;
    void openRowMenu(const QPoint& position);
    void addSorting(QMenu& menu);
    void addArranging(QMenu& menu);
    void addColumns(QMenu& menu);
    void showColumn(int column, bool shown);
    void moveColumn(int column, int by);
    void widen(int column, int by);
    void useDefaultColumns();
    QString title(int column) const;
    QModelIndexList selectedRows() const;
    void collectRows(const QModelIndex& parent, QModelIndexList& rows) const;
    int columnOf(const QString& id) const;

    QAbstractItemView* m_view = nullptr;
    QHeaderView* m_header = nullptr;
    models::SortProxy* m_proxy = nullptr;
    CellDelegate* m_delegate = nullptr;
    Notice* m_notice = nullptr;
    QString m_name;
    QPointer<QSettings> m_settings;
    QTimer m_rememberTimer;
    QTimer m_unselected;          ///< the current row is not selected: it may be in a moment
    QPersistentModelIndex m_told; ///< the row said to be chosen
    Gone m_gone = Gone::No;
    std::vector<int> m_base;    ///< widths before what is left over is shared out
    std::vector<bool> m_chosen; ///< set by a person: neither more nor less than that
    int m_stretched = -1;
    std::optional<std::pair<QString, Qt::SortOrder>> m_firstSort;
    bool m_fitting = false;
    bool m_restored = false;
    bool m_menuByKey = false;
    std::optional<QSet<QString>> m_unfolded; ///< keys of the lines that were, before a filter was set
    std::function<void(QMenu&, const QModelIndex&)> m_rowMenu;
};

} // namespace ui
