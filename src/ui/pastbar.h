// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "desk/desk.h"

#include <QFrame>
#include <QTimer>
#include <QTimeZone>

class QAbstractButton;
class QLabel;
class QSlider;

namespace ui {

/// The way through what was recorded: a slider over its span, one instant back or forward, and back to the present.
/// While an instant of the past is shown it says so, in words and colour.
class PastBar : public QFrame {
    Q_OBJECT

public:
    explicit PastBar(desk::Desk* desk, QWidget* parent = nullptr);

    void setZone(const QTimeZone& zone);
    /// Opens it and shows the newest recorded instant; closes it, and shows the present again.
    void open();
    void leave();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void askSpan();
    void go(pg::Timestamp at, store::Which which);
    void step(store::Which which);
    void slide(int place);
    void refresh();
    void tell();
    void fail(const QString& problem);

    desk::Desk* m_desk;
    QAbstractButton* m_back;
    QAbstractButton* m_forward;
    QSlider* m_slider;
    QLabel* m_title;
    QLabel* m_text;
    QAbstractButton* m_live;
    QTimeZone m_zone = QTimeZone::systemTimeZone();
    std::optional<pg::Timestamp> m_first;
    std::optional<pg::Timestamp> m_last;
    bool m_going = false;
    std::optional<std::pair<pg::Timestamp, store::Which>> m_next; ///< wanted while another was under way
    QTimer m_timer;
};

} // namespace ui
