// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "desk/profile.h"

#include <QSize>
#include <QString>
#include <QStringList>

#include <chrono>
#include <optional>
#include <variant>

namespace app {

/// What the program is asked to do. Everything but Window is one-shot: it needs no display and ends by itself.
enum class Mode { Window, Screenshot, Snapshot, Check, PrintSchema, SelfTest, Version, Help };

enum class Format { Text, Json };

/// Exit codes; --check has 0 to 2 for what it found.
enum ExitCode { Success = 0, FoundWarning = 1, FoundCritical = 2, CouldNotLook = 3, BadArguments = 64 };

/// The command line as a value.
struct CommandLine {
    Mode mode = Mode::Window;
    QString target; ///< connection string, URI or profile name; empty: none given
    bool sandbox = false;
    bool demo = false;
    std::optional<desk::AccessMode> access;
    QString page;    ///< empty: the first
    QString subject; ///< "queue:orders", "batch:8123"; empty: the most severe
    QString action;  ///< "force_unregister": its dialog is in the screenshot; empty: none
    QString theme;   ///< "light", "dark" or empty: as the system says
    QString file;    ///< of the screenshot
    QSize size{1280, 800};
    std::optional<std::chrono::milliseconds> after; ///< empty: the first complete sample
    Format format = Format::Text;
    std::chrono::milliseconds watch{0}; ///< --check: how long to look before judging
    QString schema;
    QString profileDirectory;
};

/// What is wrong with the arguments, one line.
struct UsageError {
    QString text;
};

/// The arguments without the program's own name; pages are the names that --page accepts.
std::variant<CommandLine, UsageError> parseCommandLine(const QStringList& arguments, const QStringList& pages);

QString helpText(const QStringList& pages);

} // namespace app
