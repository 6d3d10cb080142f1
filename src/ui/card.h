// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/column.h"

#include <QWidget>

class QAbstractButton;
class QHBoxLayout;
class QLabel;
class QMenu;
class QVBoxLayout;

namespace ui {

/// A framed surface with a heading line: title, a dim note, buttons at the right.
class Card : public QWidget {
    Q_OBJECT

public:
    explicit Card(const QString& title, QWidget* parent = nullptr);

    void setTitle(const QString& title);
    void setNote(const QString& note, const QString& tooltip = {});
    /// Right of what is there, in the heading.
    void addToHeading(QWidget* widget);
    /// Right behind the title.
    void addBesideTitle(QWidget* widget);
    /// Fills the card below the heading.
    void setContent(QWidget* content);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    class ElidedLabel;

    QLabel* m_title;
    ElidedLabel* m_note;
    QHBoxLayout* m_heading;
    QHBoxLayout* m_beside;
    QVBoxLayout* m_layout;
    QWidget* m_headingArea;
};

/// Colours a label, whatever ground it stands on and whatever theme comes.
void setInk(QWidget* widget, models::Tone tone);

/// Its text can be selected and copied. One that says why something failed is a stop of the tab key as well.
void makeSelectable(QLabel* label, bool tabStop = false);

/// A label in the dim colour that follows the theme.
QLabel* dimLabel(const QString& text, QWidget* parent = nullptr);

/// A button with the look of Style's role: "", "primary", "danger", "quiet".
QAbstractButton* makeButton(const QString& text, const QString& objectName, QWidget* parent,
                            const QString& role = QString());

/// A menu below what asked for it; it goes when it is closed.
void popUpBelow(QMenu* menu, const QWidget* asked);

} // namespace ui
