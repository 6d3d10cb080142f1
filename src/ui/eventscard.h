// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "desk/desk.h"
#include "models/eventpagemodel.h"
#include "ui/card.h"
#include "ui/searchon.h"
#include "ui/window.h"

class QSettings;
class QTableView;

namespace ui {

class EventFilter;
class TableController;
class UnderWay;

/// The events of an open batch, a page at a time, whatever its size: filtered where that is offered, two of them
/// compared.
class EventsCard : public Card {
    Q_OBJECT

public:
    enum class Filter { Offered, NotOffered };

    EventsCard(desk::Desk* desk, QSettings* settings, Filter filter, QWidget* parent = nullptr);

    void open(const Window& window);
    void close(const QString& why);

    void setZone(const QTimeZone& zone) { m_model.setZone(zone); }

    /// Fills the context menu of chosen events.
    void setRowMenu(std::function<void(QMenu&, const std::vector<std::int64_t>& events)> fill);
    void setStale(bool stale);
    /// What was read, how and when.
    void remark();

    bool isOpen() const { return m_window.has_value(); }

    /// The page wanted is on screen, or it can't be had.
    bool isSettled() const;

    QTableView* view() const { return m_view; }

Q_SIGNALS:
    void eventChosen(const domain::EventRow& event);
    void nothingChosen();
    void settled();

private:
    void fetch(quint64 request, const std::optional<domain::EventPosition>& from, int limit);
    QStringList countNote() const;
    void count();
    void compare();
    void exportAll();
    void update();
    void explain();
    void sayReading();

    desk::Desk* m_desk;
    UnderWay* m_underWay;
    quint64 m_fetching = 0; ///< of what is under way
    models::EventPageModel m_model{models::EventPageModel::Of::Window};
    QTableView* m_view;
    TableController* m_table;
    EventFilter* m_filter = nullptr;
    QAbstractButton* m_compare;
    QAbstractButton* m_count;
    std::optional<Window> m_window;
    pg::Failure m_failure; ///< of the newest question, where the model says that it failed
    bool m_past = false;   ///< it was opened, or could not be, while a recorded instant was shown
    std::optional<domain::WindowCount> m_exact;
    QAbstractButton* m_byId;
    SearchOn m_searchOn;
    double m_countMs = 0;
    bool m_counting = false;
    QString m_countFailure;
};

/// A button that is pressed or not: whether events stand in the order of their ids, which is bounded.
QAbstractButton* makeByIdButton(QWidget* parent);

/// What is said of a page of events whose reading is bounded: where it stopped, what could not be told, when it was
/// read, and why the page turned to could not be.
QStringList boundNote(const models::EventPageModel& model, bool filtered, const desk::Desk& desk);

/// What is to be done when a search stopped at its bound without finding anything.
QString searchOnHint(const domain::EventPage& page);

} // namespace ui
