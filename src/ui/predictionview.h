// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/action.h"

#include <QWidget>

class QLabel;

namespace ui {

/// What an action would do: its numbers large, what else changes, whether it can be undone.
class PredictionView : public QWidget {
    Q_OBJECT

public:
    explicit PredictionView(QWidget* parent = nullptr);

    void say(const domain::Prediction& prediction);

private:
    QWidget* m_tiles;
    QWidget* m_facts;
};

/// A label that breaks lines and can be selected; never rich text.
QLabel* wrappedLabel(const QString& text);

} // namespace ui
