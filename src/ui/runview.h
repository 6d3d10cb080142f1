// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "operate/progress.h"

#include <QTimer>
#include <QWidget>

#include <memory>

class QAbstractButton;
class QLabel;
class QProgressBar;

namespace ui {

/// How far a series of transactions has come, and the button that ends it before the next one.
class RunView : public QWidget {
    Q_OBJECT

public:
    explicit RunView(std::shared_ptr<operate::Progress> progress, QWidget* parent = nullptr);

private:
    void update();

    std::shared_ptr<operate::Progress> m_progress;
    QProgressBar* m_bar;
    QLabel* m_note;
    QAbstractButton* m_stop;
    QTimer m_timer;
};

} // namespace ui
