// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/column.h"
#include "ui/systemlook.h"

#include <QColor>
#include <QFont>

#include <functional>
#include <memory>

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
    /// Where the system's palette is of the other kind: black and white.
    static Colors highContrast(bool dark);

    /// The same for what is old: one ink for all, and no ground that says anything.
    Colors stale() const;

    /// Not in high contrast: what a ground says is said by the kind of line there.
    bool hasGrounds() const { return criticalGround.isValid(); }

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
    /// Takes the desktop's wishes from there: the system's, until something else is named.
    void follow(std::unique_ptr<LookSource> source);

    ThemeChoice choice() const { return m_choice; }

    /// What is to be painted with: greyed within the life of a StaleInk.
    const Colors& colors() const { return m_greyed > 0 ? m_stale : m_colors; }

Q_SIGNALS:
    void changed();

private:
    friend class StaleInk;

    Theme();
    void apply();

    ThemeChoice m_choice = ThemeChoice::System;
    Colors m_colors;
    Colors m_stale;
    int m_greyed = 0;
    std::unique_ptr<LookSource> m_source;
};

/// What is painted while it lives is painted as old, if it is.
class StaleInk {
public:
    explicit StaleInk(bool stale)
        : m_stale(stale) {
        Theme::instance().m_greyed += m_stale;
    }

    ~StaleInk() { Theme::instance().m_greyed -= m_stale; }

    StaleInk(const StaleInk&) = delete;
    StaleInk& operator=(const StaleInk&) = delete;

private:
    bool m_stale;
};

/// Colours something now and after every change of the theme, as long as its owner lives.
void colored(QObject* owner, const std::function<void()>& color);

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
