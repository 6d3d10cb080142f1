// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QComboBox>

namespace ui {

class DeadInterval;

/// The window's dead interval: the usual ones to choose from, and any other typed with its unit ("90 s", "2 min",
/// "1 h 30 m").
class DeadIntervalBox : public QComboBox {
    Q_OBJECT

public:
    explicit DeadIntervalBox(DeadInterval* interval, QWidget* parent = nullptr);

private:
    void takeTyped();
    void showInterval();

    DeadInterval* m_interval;
};

} // namespace ui
