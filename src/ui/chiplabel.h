// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/column.h"

#include <QWidget>

namespace ui {

/// A state chip outside a table: sign and word on a ground.
class ChipLabel : public QWidget {
    Q_OBJECT

public:
    explicit ChipLabel(QWidget* parent = nullptr);

    void say(const QString& word, models::Tone tone);

    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QString m_word;
    models::Tone m_tone = models::Tone::None;
};

/// What kind of place this is, always on screen: the word in capitals on the environment's colour.
class EnvironmentBadge : public QWidget {
    Q_OBJECT

public:
    explicit EnvironmentBadge(QWidget* parent = nullptr);

    void say(const QString& word, models::Tone tone);

    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QString m_word;
    models::Tone m_tone = models::Tone::None;
};

} // namespace ui
