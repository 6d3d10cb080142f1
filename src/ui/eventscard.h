// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "desk/desk.h"
#include "models/eventpagemodel.h"
#include "ui/card.h"

class QSettings;
class QTableView;

namespace ui {

class TableController;

/// Which tick window's events are shown.
struct Window {
    std::int32_t queueId = 0;
    std::int64_t lastTick = 0;
    std::int64_t nextTick = 0;
    std::int32_t subId = 0;
    std::optional<std::int64_t> batch;
    std::optional<std::int64_t> estimate;

    /// The same events, whatever the estimate says meanwhile.
    bool isSameAs(const Window& other) const;
};

/// The events of an open batch, a page at a time, whatever its size.
class EventsCard : public Card {
    Q_OBJECT

public:
    EventsCard(desk::Desk* desk, QSettings* settings, QWidget* parent = nullptr);

    void open(const Window& window);
    void close(const QString& why);

    void setZone(const QTimeZone& zone) { m_model.setZone(zone); }

    /// Fills the context menu of chosen events.
    void setRowMenu(std::function<void(QMenu&, const std::vector<std::int64_t>& events)> fill);
    void setStale(bool stale);

    bool isOpen() const { return m_window.has_value(); }

    /// The page wanted is on screen, or it can't be had.
    bool isSettled() const;

Q_SIGNALS:
    void eventChosen(const domain::EventRow& event);
    void nothingChosen();
    void settled();

private:
    void fetch(quint64 request, const std::optional<domain::EventPosition>& from, int limit);
    void count();
    void update();
    void explain();

    desk::Desk* m_desk;
    models::EventPageModel m_model;
    QTableView* m_view;
    TableController* m_table;
    QAbstractButton* m_first;
    QAbstractButton* m_back;
    QAbstractButton* m_forward;
    QAbstractButton* m_count;
    std::optional<Window> m_window;
    std::optional<std::int64_t> m_exact;
    double m_pageMs = 0;
    double m_countMs = 0;
    bool m_counting = false;
    QString m_countFailure;
};

} // namespace ui
