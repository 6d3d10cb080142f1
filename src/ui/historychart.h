// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/series.h"

#include <QTimeZone>
#include <QWidget>

#include <optional>

class QAbstractSeries;
class QCategoryAxis;
class QChart;
class QChartView;
class QLabel;
class QPointF;

namespace ui {

/// One quantity over time: the mean as a line, least and most as a band, gaps as gaps, what was rebuilt paler. Shows
/// the value under a cursor that several charts share, and two marks.
class HistoryChart : public QWidget {
    Q_OBJECT

public:
    explicit HistoryChart(domain::Quantity quantity, QWidget* parent = nullptr);
    ~HistoryChart() override;

    domain::Quantity quantity() const { return m_quantity; }

    void show(const domain::Series& series, pg::Timestamp from, pg::Timestamp to);
    void setZone(const QTimeZone& zone);
    /// Greyed: nothing is added at the moment.
    void setStale(bool stale);
    /// The instant under the cursor; empty: the newest value is told.
    void setCursor(std::optional<pg::Timestamp> at);
    void setMarks(std::optional<pg::Timestamp> first, std::optional<pg::Timestamp> second,
                  std::optional<pg::Timestamp> shown);

    /// In words: what the chart shows.
    QString summary() const;

Q_SIGNALS:
    void cursorMoved(std::optional<pg::Timestamp> at);
    void marked(pg::Timestamp at, bool second);

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;

private:
    class View;

    void colour();
    void draw();
    void drawRun(std::size_t first, std::size_t end);
    void labelTimes();
    void tell();
    double place(pg::Timestamp at) const;
    pg::Timestamp moment(double place) const;
    const domain::SeriesPoint* pointAt(pg::Timestamp at) const;

    domain::Quantity m_quantity;
    domain::Series m_series;
    pg::Timestamp m_from;
    pg::Timestamp m_to;
    QTimeZone m_zone = QTimeZone::systemTimeZone();
    bool m_stale = false;
    std::optional<pg::Timestamp> m_cursor;
    std::optional<pg::Timestamp> m_first;
    std::optional<pg::Timestamp> m_second;
    std::optional<pg::Timestamp> m_shown;
    QLabel* m_title;
    QLabel* m_value;
    QChart* m_chart;
    View* m_view;
    QCategoryAxis* m_times;
    QCategoryAxis* m_values;
};

} // namespace ui
