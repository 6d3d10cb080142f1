// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "stepper/board.h"

#include <QWidget>

#include <set>

namespace ui {

/// The windows between ticks in their order: free, held by whom, not committed, done; and the group's cursor.
class WindowStrip : public QWidget {
    Q_OBJECT

public:
    explicit WindowStrip(QWidget* parent = nullptr);

    void setBoard(const stepper::Board& board, const std::set<std::int64_t>& changed);

    void setStale(bool stale);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    stepper::Board m_board;
    std::set<std::int64_t> m_changed;
    bool m_stale = false;
};

} // namespace ui
