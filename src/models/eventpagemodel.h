// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/eventpage.h"
#include "models/keyedtablemodel.h"

#include <deque>

namespace models {

/// An event of the page shown, with its place in the window counted from the window's start in storage order.
struct EventLine {
    domain::EventRow event;
    qint64 ordinal = 0; ///< from 1

    std::string key() const;

    bool operator==(const EventLine&) const = default;
};

/// The events of one tick window, a page at a time, in storage order. Pages are asked for as they are turned to; only
/// the last few are kept, and of the earlier ones the place where each starts, so that one can turn back. Where a page
/// turned to can't be had, the one before stays, and it can be tried again.
class EventPageModel : public KeyedTableModel<EventLine> {
    Q_OBJECT

public:
    enum class State { Nothing, Loading, Shown, Failed };
    Q_ENUM(State)

    static constexpr int pageSize = 200;
    static constexpr std::size_t keptPages = 4;

    /// Of a window, whose events were all sent; or of a queue, where some wait for a tick.
    enum class Of { Window, Queue };

    explicit EventPageModel(Of of, QObject* parent = nullptr);

    /// Forgets all and asks for the first page of another window.
    void open();
    /// Forgets all; nothing is shown.
    void close();
    void reload(); ///< asks for the page shown once more

    void turnForward();
    void turnBack();
    void turnToStart();

    bool canTurnForward() const;

    bool canTurnBack() const { return m_page > 0; }

    State state() const { return m_state; }

    /// Why the page asked for last can't be had, in Failed, and in Shown where the one before stayed; else empty.
    const QString& failure() const { return m_failure; }

    int page() const { return m_page; } ///< from 0

    /// How the page shown was come by, without its rows.
    const domain::EventPage& shownPage() const { return m_shown; }

    qint64 firstOrdinal() const; ///< of the page shown; 0 when it is empty
    qint64 lastOrdinal() const;
    bool isComplete() const; ///< the page shown ends the window

    /// How many pages are in memory, for tests.
    std::size_t pagesKept() const { return m_kept.size(); }

    /// Whether the answer to this pageWanted is still waited for.
    bool awaits(quint64 request) const { return request == m_request && m_state == State::Loading; }

    /// The answer to pageWanted; answers to earlier requests are dropped.
    void deliver(quint64 request, const domain::EventPage& page);
    void fail(quint64 request, const QString& why);

    void setZone(const QTimeZone& zone);

Q_SIGNALS:
    void pageWanted(quint64 request, const std::optional<domain::EventPosition>& from, int limit);
    /// State, page or its contents changed.
    void shownChanged();

private:
    /// Where a page begins.
    struct Start {
        std::optional<domain::EventPosition> position;
        qint64 ordinal = 1;
    };

    struct Kept {
        int page = 0;
        domain::EventPage content;
    };

    void turnTo(int page);
    void ask();
    void showPage(const domain::EventPage& content);
    void become(State state);
    const domain::EventPage* kept(int page) const;

    std::vector<Start> m_starts;
    std::deque<Kept> m_kept;
    domain::EventPage m_shown;
    std::optional<int> m_onScreen; ///< the page whose rows these are
    int m_page = 0;
    quint64 m_request = 0;
    State m_state = State::Nothing;
    QString m_failure;
};

} // namespace models
