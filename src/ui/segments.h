// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractButton>
#include <QList>

namespace ui {

/// Two or three choices side by side in one frame, one of them on: Live | Pause, Observe | Operate.
class Segments : public QWidget {
    Q_OBJECT

public:
    explicit Segments(QWidget* parent = nullptr);

    /// A choice; the name becomes the button's object name.
    QAbstractButton* add(const QString& text, const QString& objectName);
    void setCurrent(int index);

    int current() const { return m_current; }

Q_SIGNALS:
    /// Somebody chose; what is shown as on follows only by setCurrent.
    void chosen(int index);

private:
    class Button;

    QList<Button*> m_buttons;
    int m_current = -1;
};

} // namespace ui
