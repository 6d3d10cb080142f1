// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/historymodels.h"
#include "ui/page.h"

#include <array>
#include <chrono>

class QAbstractButton;
class QLabel;
class QStackedWidget;
class QTableView;

namespace ui {

class Card;
class HistoryChart;
class Notice;
class QueueChooser;
class Segments;
class TableController;

/// What was recorded of a queue or the server: charts, the same as a table, and two instants compared.
class HistoryPage : public Page {
    Q_OBJECT

public:
    explicit HistoryPage(const PageTools& tools, QWidget* parent = nullptr);

    void showSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) override;
    void setStale(bool stale) override;
    void setZone(const QTimeZone& zone) override;
    void openSubject(const QString& queue) override;

    Subject subject() const override;

    QWidget* mainView() const override;
    bool isComplete() const override;

Q_SIGNALS:
    /// A part of it is to go into a file.
    void capsuleWanted();

private:
    /// Answers under way to one question, and what came so far.
    struct Asking {
        store::Recorded recorded;
        std::array<domain::Series, domain::quantities> series;
        pg::Timestamp from;
        pg::Timestamp to;
        int left = 0;
    };

    void makeHeading();
    QWidget* makeCharts();
    QTableView* makeTable(models::TableModel* model, TableController** controller, const QString& name,
                          const QString& title);
    void ask();
    void askSeries(const store::Recorded& recorded);
    void take(const Asking& asking);
    void fail(const store::Failure& failure);
    void tellEmpty();
    void setCursor(std::optional<pg::Timestamp> at);
    void mark(pg::Timestamp at, bool second);
    void showMarks();
    void compare();
    void compareWith(const std::optional<domain::Moment>& first);
    void turnTo(int view);

    QueueChooser* m_queue;
    Segments* m_span;
    Segments* m_kind;
    Card* m_card;
    QLabel* m_marks = nullptr;
    QLabel* m_size = nullptr; ///< of the recording
    QAbstractButton* m_showThen = nullptr;
    QStackedWidget* m_stack;
    Notice* m_notice;
    std::vector<HistoryChart*> m_charts;
    models::AnswerModel<models::HistoryLine> m_lines;
    QTableView* m_table;
    TableController* m_tableController = nullptr;
    models::AnswerModel<models::MomentDifference> m_differences;
    QTableView* m_compared;
    TableController* m_comparedController = nullptr;
    QTimeZone m_zone = QTimeZone::systemTimeZone();
    pg::Timestamp m_now;
    std::optional<pg::Timestamp> m_first;
    std::optional<pg::Timestamp> m_second;
    quint64 m_number = 0;
    bool m_waiting = false;
    bool m_settled = false;
    std::chrono::steady_clock::time_point m_due;
};

} // namespace ui
