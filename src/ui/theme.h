// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/column.h"

#include <QColor>
#include <QFont>
#include <QObject>
#include <QPalette>

namespace ui {

enum class ThemeChoice { System, Light, Dark, HighContrast };

/// All colours of the console, in one place. Grounds are invalid in high contrast: nothing is painted then.
struct Colors {
    QColor background, panel, header;
    QColor line, grid;
    QColor text, dim;
    QColor selection, accent, onAccent;
    QColor critical, criticalGround, onCritical;
    QColor warning, warningGround;
    QColor good, goodGround, onGood;
    QColor information, informationGround;
    QColor bar, secondBar, onBar;
    bool dark = false;

    static Colors light();
    static Colors darkness();
    /// From the system's palette alone.
    static Colors highContrast(const QPalette& system);

    QColor of(models::Tone tone) const;
    QColor groundOf(models::Tone tone) const; ///< invalid where there is none
    QPalette palette() const;
};

/// The look of the whole application: palette, style, and who is told when it changes.
class Theme : public QObject {
    Q_OBJECT

public:
    /// The application's theme; needs a QApplication.
    static Theme& instance();

    void choose(ThemeChoice choice);

    ThemeChoice choice() const { return m_choice; }

    const Colors& colors() const { return m_colors; }

Q_SIGNALS:
    void changed();

private:
    Theme();
    void askPortal();
    void apply();

    ThemeChoice m_choice = ThemeChoice::System;
    Colors m_colors;
    QPalette m_system;
    bool m_systemDark = false;
    bool m_systemContrast = false;
};

inline const Colors& colors() {
    return Theme::instance().colors();
}

/// The grid: distances between cards and inside them, and how round corners are.
namespace space {
constexpr int small = 4;
constexpr int medium = 8;
constexpr int large = 12;
constexpr int radius = 6;
constexpr int chipRadius = 4;
} // namespace space

/// Fonts, all derived from the platform's default one.
QFont strongFont(QFont base);
QFont titleFont();         ///< one step larger, semibold: titles of dialogs
QFont numberFont();        ///< two steps larger, semibold: the numbers of a prediction
QFont codeFont();          ///< payloads, SQL, tick windows
QFont tabular(QFont base); ///< digits of one width, where the font and Qt can

/// Width of a text, never a fraction too small for it.
int textWidth(const QFont& font, const QString& text);

/// 1.9 times the height of text, on the 2 px grid.
int rowHeight(const QFont& font);

} // namespace ui
