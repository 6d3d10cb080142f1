// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "desk/stepping.h"
#include "models/column.h"
#include "ui/card.h"

class QLineEdit;
class QMenu;
class QPlainTextEdit;

namespace ui {

/// The run as a text: what was done so far, or a scenario that is followed line by line; loaded, saved, replayed,
/// explored, written as SQL. Any step can be typed.
class ScriptCard : public Card {
    Q_OBJECT

public:
    explicit ScriptCard(desk::Stepping* stepping, QWidget* parent = nullptr);

    void refresh();
    /// Begins a scenario of the library, by its name; false when there is none. All of it at once, or from its start.
    bool openScenario(const QString& name, bool playAll);

    QLineEdit* commandLine() const { return m_command; }

Q_SIGNALS:
    void stepWanted(const QString& step);
    /// Something to be told about the run: what a line expected and what came.
    void told(const QString& text, models::Tone tone);

private:
    void makeTools();
    void fillScenarios(QMenu& menu);
    void load(const QString& text, bool playAll);
    void openFile();
    void save(const QString& title, const QString& filter, const QString& name, const std::string& text);
    void saveSessions();
    void next();
    void playAll();
    void markNext();
    void explore();
    void showExplored(const stepper::Explored& so, bool ended);
    stepper::Script shownScript() const;

    desk::Stepping* m_stepping;
    QPlainTextEdit* m_text;
    QLineEdit* m_command;
    QAbstractButton* m_next = nullptr;
    QAbstractButton* m_stop = nullptr;
    std::optional<stepper::Script> m_loaded;
    std::size_t m_position = 0; ///< in the loaded script: the next line
    bool m_followed = false;    ///< the newest step was the loaded script's
    bool m_exploring = false;
};

} // namespace ui
