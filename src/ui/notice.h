// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/column.h"

#include <QFrame>

class QHBoxLayout;
class QLabel;

namespace ui {

/// What stands where a table has nothing to show: a sentence, what it means or what to do, perhaps buttons.
/// Lies over the widget it is given and follows its size.
class Notice : public QWidget {
    Q_OBJECT

public:
    explicit Notice(QWidget* over);

    void say(const QString& title, const QString& explanation, models::Tone tone = models::Tone::Dim);
    /// Replaces the buttons.
    void setButtons(const QList<QWidget*>& buttons);

    QString title() const;

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QLabel* m_title;
    QLabel* m_explanation;
    QHBoxLayout* m_buttons;
};

/// A strip above a page for trouble that concerns all of it: coloured ground, sign, words, buttons.
class Banner : public QFrame {
    Q_OBJECT

public:
    explicit Banner(QWidget* parent = nullptr);

    void say(models::Tone tone, const QString& title, const QString& explanation);
    void addButton(QWidget* button);

    QString title() const;
    QString explanation() const;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    models::Tone m_tone = models::Tone::Warning;
    QLabel* m_title;
    QLabel* m_explanation;
    QHBoxLayout* m_layout;
};

} // namespace ui
