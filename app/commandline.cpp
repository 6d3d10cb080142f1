// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/commandline.h"

#include "pg/error.h"

#include <QCommandLineParser>
#include <QRegularExpression>

namespace app {

namespace {

using namespace Qt::StringLiterals;

void addOptions(QCommandLineParser& parser) {
    parser.setSingleDashWordOptionMode(QCommandLineParser::ParseAsLongOptions);
    parser.addOptions({
        {u"sandbox"_s, u"Use this user's private sandbox server; start it if it does not run."_s},
        {u"demo"_s, u"With --sandbox: run the demonstration workload."_s},
        {u"observe"_s, u"Open in Observe: only look. The default, but for the sandbox, which opens in Operate."_s},
        {u"operate"_s, u"Open in Operate; refused for production."_s},
        {u"page"_s, u"The page to show, with a subject where it has one."_s, u"NAME[:SUBJECT]"_s},
        {u"action"_s, u"With --screenshot: ask for an action on what the page has chosen, and show its dialog."_s,
         u"ID"_s},
        {u"theme"_s, u"light, dark or high-contrast, whatever the system says."_s, u"THEME"_s},
        {u"screenshot"_s, u"Render the page from live data to a PNG file, without a display."_s, u"FILE"_s},
        {u"size"_s, u"Size of the screenshot, 1280x800 by default."_s, u"WxH"_s},
        {u"after"_s, u"Take the screenshot after so many seconds instead of with the first sample."_s, u"SECONDS"_s},
        {u"snapshot"_s, u"Print one sample as JSON."_s},
        {u"check"_s, u"Print what is stuck. Exit code 0 nothing, 1 warning, 2 critical, 3 could not look."_s},
        {u"format"_s, u"With --check: text or json."_s, u"FORMAT"_s},
        {u"for"_s, u"With --check: watch so many seconds, so that rules with a history are judged too."_s,
         u"SECONDS"_s},
        {u"print-schema"_s, u"Print the SQL that installs a schema: pgque or workqueue."_s, u"SCHEMA"_s},
        {u"profile-dir"_s, u"Where profiles are kept."_s, u"DIR"_s},
        {u"self-test"_s, u"Check that everything the program brings along is in place."_s},
        {{u"v"_s, u"version"_s}, u"Print the version."_s},
        {{u"h"_s, u"help"_s}, u"Print this."_s},
    });
    parser.addPositionalArgument(u"SERVER"_s, u"Connection string, URI, profile name, or FILE.capsule."_s,
                                 u"[SERVER]"_s);
}

struct ModeOption {
    QString option;
    Mode mode;
};

const QList<ModeOption>& modeOptions() {
    static const QList<ModeOption> options = {
        {u"screenshot"_s, Mode::Screenshot},    {u"snapshot"_s, Mode::Snapshot},  {u"check"_s, Mode::Check},
        {u"print-schema"_s, Mode::PrintSchema}, {u"self-test"_s, Mode::SelfTest},
    };
    return options;
}

/// Seconds as typed; empty when it is no length of time between 0 and a day.
std::optional<std::chrono::milliseconds> seconds(const QString& text) {
    bool ok = false;
    const double value = text.toDouble(&ok);
    if (!ok || !(value >= 0) || value > 86'400)
        return std::nullopt;
    return std::chrono::milliseconds(qRound64(value * 1000));
}

/// What was given as a server, without a password that may be in it.
QString shown(const QString& target) {
    if (!target.contains(u'=') && !target.contains("://"_L1))
        return target;
    try {
        return QString::fromStdString(pg::ConnectionInfo::parse(target.toStdString()).redacted());
    } catch (const pg::Error&) {
        return u"a connection string"_s;
    }
}

std::optional<QSize> size(const QString& text) {
    static const QRegularExpression form(u"^(\\d{1,5})[xX](\\d{1,5})$"_s);
    const auto match = form.match(text);
    const QSize size(match.captured(1).toInt(), match.captured(2).toInt());
    if (!match.hasMatch() || size.width() < 200 || size.height() < 150 || size.width() > 16'384 ||
        size.height() > 16'384)
        return std::nullopt;
    return size;
}

} // namespace

std::variant<CommandLine, UsageError> parseCommandLine(const QStringList& arguments, const QStringList& pages) {
    QCommandLineParser parser;
    addOptions(parser);
    if (!parser.parse(QStringList(u"batchscope"_s) + arguments)) {
        QString text = parser.errorText();
        while (text.endsWith(u'.'))
            text.chop(1);
        return UsageError{text};
    }

    CommandLine line;
    if (parser.isSet(u"help"_s)) {
        line.mode = Mode::Help;
        return line;
    }
    if (parser.isSet(u"version"_s)) {
        line.mode = Mode::Version;
        return line;
    }

    QString modeName;
    for (const ModeOption& candidate : modeOptions()) {
        if (!parser.isSet(candidate.option))
            continue;
        if (!modeName.isEmpty())
            return UsageError{u"--%1 and --%2 exclude each other"_s.arg(modeName, candidate.option)};
        modeName = candidate.option;
        line.mode = candidate.mode;
    }

    const QStringList targets = parser.positionalArguments();
    if (targets.size() > 1)
        return UsageError{
            u"one server at a time: %1 and %2 were given"_s.arg(shown(targets.at(0)), shown(targets.at(1)))};
    line.target = targets.value(0);

    line.sandbox = parser.isSet(u"sandbox"_s);
    line.demo = parser.isSet(u"demo"_s);
    if (line.sandbox && !line.target.isEmpty())
        return UsageError{u"--sandbox is a server of its own: %1 can't be given with it"_s.arg(shown(line.target))};
    if (line.demo && !line.sandbox)
        return UsageError{u"--demo needs --sandbox: it never runs on another server"_s};

    if (parser.isSet(u"observe"_s) && parser.isSet(u"operate"_s))
        return UsageError{u"--observe and --operate exclude each other"_s};
    if (parser.isSet(u"operate"_s) && line.mode != Mode::Window && line.mode != Mode::Screenshot)
        return UsageError{u"--operate needs a window: --%1 only looks"_s.arg(modeName)};
    if (parser.isSet(u"observe"_s))
        line.access = desk::AccessMode::Observe;
    if (parser.isSet(u"operate"_s))
        line.access = desk::AccessMode::Operate;

    struct Needs {
        QString option;
        QList<Mode> modes;
        QString with;
    };

    const QList<Needs> needs = {
        {u"size"_s, {Mode::Screenshot}, u"--screenshot"_s},
        {u"after"_s, {Mode::Screenshot}, u"--screenshot"_s},
        {u"format"_s, {Mode::Check}, u"--check"_s},
        {u"for"_s, {Mode::Check}, u"--check"_s},
        {u"page"_s, {Mode::Window, Mode::Screenshot}, u"a window or --screenshot"_s},
        {u"action"_s, {Mode::Screenshot}, u"--screenshot"_s},
        {u"theme"_s, {Mode::Window, Mode::Screenshot}, u"a window or --screenshot"_s},
    };
    for (const Needs& need : needs)
        if (parser.isSet(need.option) && !need.modes.contains(line.mode))
            return UsageError{u"--%1 goes with %2"_s.arg(need.option, need.with)};

    if (parser.isSet(u"page"_s)) {
        const QString page = parser.value(u"page"_s);
        line.page = page.section(u':', 0, 0);
        line.subject = page.section(u':', 1);
        // "queue:orders" and "batch:8123" say what kind of thing they name; the page knows it already.
        if (line.subject.startsWith("queue:"_L1) || line.subject.startsWith("batch:"_L1))
            line.subject.remove(0, qsizetype(6));
        if (!pages.contains(line.page))
            return UsageError{u"no page %1; there are %2"_s.arg(line.page, pages.join(", "_L1))};
    }
    line.action = parser.value(u"action"_s);
    line.theme = parser.value(u"theme"_s);
    if (parser.isSet(u"theme"_s) && line.theme != "light"_L1 && line.theme != "dark"_L1 &&
        line.theme != "high-contrast"_L1)
        return UsageError{u"--theme is light, dark or high-contrast, not %1"_s.arg(line.theme)};

    line.file = parser.value(u"screenshot"_s);
    if (line.mode == Mode::Screenshot && line.file.isEmpty())
        return UsageError{u"--screenshot needs a file name"_s};
    if (parser.isSet(u"size"_s)) {
        const auto given = size(parser.value(u"size"_s));
        if (!given)
            return UsageError{
                u"--size is width x height in pixels, like 1600x1000, not %1"_s.arg(parser.value(u"size"_s))};
        line.size = *given;
    }
    for (const QString& option : {u"after"_s, u"for"_s}) {
        if (!parser.isSet(option))
            continue;
        const auto given = seconds(parser.value(option));
        if (!given)
            return UsageError{u"--%1 takes seconds, not %2"_s.arg(option, parser.value(option))};
        if (option == "after"_L1)
            line.after = *given;
        else
            line.watch = *given;
    }
    if (parser.isSet(u"format"_s)) {
        const QString format = parser.value(u"format"_s);
        if (format != "text"_L1 && format != "json"_L1)
            return UsageError{u"--format is text or json, not %1"_s.arg(format)};
        line.format = format == "json"_L1 ? Format::Json : Format::Text;
    }
    line.schema = parser.value(u"print-schema"_s);
    if (line.mode == Mode::PrintSchema && line.schema != "pgque"_L1 && line.schema != "workqueue"_L1)
        return UsageError{u"no schema %1; there are pgque and workqueue"_s.arg(line.schema)};
    line.profileDirectory = parser.value(u"profile-dir"_s);
    return line;
}

QString helpText(const QStringList& pages) {
    QCommandLineParser parser;
    addOptions(parser);
    parser.setApplicationDescription(u"Console for queues that live inside PostgreSQL.\n\n"
                                     "SERVER is a libpq connection string (\"host=db1 dbname=app\", "
                                     "\"service=orders\"), a postgresql:// URI or the name of a "
                                     "profile. Without it the program opens the profile used last, or the connection "
                                     "dialog; one-shot options use libpq's "
                                     "environment.\n\nPages: "_s +
                                     pages.join(", "_L1));
    // Qt asks the application for the program's name, and there is none yet.
    return parser.helpText().replace("<executable_name>"_L1, "batchscope"_L1);
}

} // namespace app
