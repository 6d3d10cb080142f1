// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "desk/desk.h"

#include <QTimer>
#include <QWidget>

#include <chrono>
#include <optional>

class QAbstractButton;
class QLabel;

namespace ui {

class EnvironmentBadge;
class Segments;

/// Where we are, the command palette, Live or Pause, Observe or Operate.
class TopBar : public QWidget {
    Q_OBJECT

public:
    explicit TopBar(QWidget* parent = nullptr);

    void showPlace(const desk::Profile& profile, const domain::Snapshot* snapshot);
    void setPaused(bool paused);
    /// A recorded instant is shown.
    void setPast(bool past);
    /// until: when it falls back to Observe by itself; counted down.
    void setAccessMode(desk::AccessMode mode, std::optional<pg::Clock::time_point> until = {},
                       bool destructive = true);

Q_SIGNALS:
    void paletteWanted();
    void pauseWanted(bool paused);
    void pastWanted(bool past);
    void accessModeWanted(desk::AccessMode mode);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void countDown();

    EnvironmentBadge* m_badge;
    QLabel* m_name;
    QLabel* m_server;
    QAbstractButton* m_search;
    Segments* m_live;
    Segments* m_mode;
    QAbstractButton* m_operate;
    std::optional<pg::Clock::time_point> m_until;
    bool m_destructive = true;
    bool m_paused = false;
    bool m_past = false;
    QTimer m_countdown;
};

} // namespace ui
