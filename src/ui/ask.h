// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "desk/desk.h"

#include <QString>

#include <functional>
#include <optional>

class QWidget;

namespace ui::ask {

/// The only way to interrupt with a question; tests answer it without a window.
/// Button names say what happens; Cancel is always there and the default.
struct Question {
    QString title;
    QString text;
    QString yes;
    bool dangerous = false;
};

/// True when the button with the verb was pressed.
bool confirm(QWidget* parent, const Question& question);

/// Something that stands before there is anything to choose; one button.
void tell(QWidget* parent, const QString& title, const QString& text);

/// A line of text; field is what it is called. Empty when it was cancelled.
std::optional<QString> text(QWidget* parent, const Question& question, const QString& field);

/// A file to write to: CSV, JSON, SQL or text by how its name ends; the kind chosen gives a name without an end its
/// own. Empty when it was cancelled.
QString fileToWrite(QWidget* parent, const QString& title, const QString& suggestion);

/// The name with the end of the kind of file chosen, "JSON (*.json)", where it has none.
QString withSuffix(const QString& name, const QString& kind);

/// A name for a file, of words that may hold anything.
QString fileName(const QStringList& words, const QString& suffix);

/// A password, and whether to keep it in the keychain.
struct Password {
    QString text;
    bool keep = false;
};

std::optional<Password> password(QWidget* parent, const QString& place, const QString& why, bool canKeep);

/// For how long and for what to arm a server where care is due; nothing: not at all.
std::optional<desk::Arming> arming(QWidget* parent, const desk::Profile& profile, const desk::Arming& standard);
/// For tests: answers instead of a person. An empty function asks the person again.
void setArming(std::function<std::optional<desk::Arming>(const desk::Arming& standard)> answer);

/// For tests: answers instead of a person. Empty functions ask the person again.
void setAnswers(std::function<bool(const Question&)> confirms, std::function<std::optional<Password>()> passwords,
                std::function<std::optional<QString>(const Question&)> texts = {});

} // namespace ui::ask
