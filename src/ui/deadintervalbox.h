// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/time.h"

#include <QComboBox>

namespace ui {

/// From which heartbeat age on another member may take a batch over: the usual ones to choose from, five minutes first,
/// and any other typed with its unit ("90 s", "2 min", "1 h 30 m").
class DeadIntervalBox : public QComboBox {
    Q_OBJECT

public:
    explicit DeadIntervalBox(QWidget* parent = nullptr);

    pg::Interval interval() const { return m_interval; }

Q_SIGNALS:
    void intervalChanged();

private:
    void take(pg::Interval interval);
    void takeTyped();

    pg::Interval m_interval = std::chrono::minutes(5);
};

} // namespace ui
