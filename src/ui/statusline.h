// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "desk/desk.h"

#include <QTimeZone>
#include <QWidget>

class QLabel;

namespace ui {

/// How old the sample is and what it cost, how often we look; schema, version, time zone.
class StatusLine : public QWidget {
    Q_OBJECT

public:
    explicit StatusLine(desk::Desk* desk, QWidget* parent = nullptr);

    void refresh();
    void setZone(const QTimeZone& zone);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    QLabel* add(const QString& name);
    QString pace() const;
    void fit();

    desk::Desk* m_desk;
    QTimeZone m_zone = QTimeZone::systemTimeZone();
    QLabel* m_sample;
    QLabel* m_cost;
    QLabel* m_period;
    QLabel* m_longest;
    QLabel* m_errors;
    QLabel* m_schema;
    QLabel* m_serverVersion;
    QLabel* m_zoneName;
};

} // namespace ui
