// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/commandline.h"

#include <QTest>

using app::CommandLine;
using app::Mode;
using app::UsageError;
using namespace Qt::StringLiterals;

namespace {

const QStringList pages = {u"overview"_s, u"consumers"_s, u"inflight"_s};

std::variant<CommandLine, UsageError> parse(const QString& words) {
    return app::parseCommandLine(words.isEmpty() ? QStringList() : words.split(u' '), pages);
}

} // namespace

class TestCommandLine : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void wrongArguments_data() {
        QTest::addColumn<QString>("words");
        QTest::addColumn<QString>("said");
        const auto row = [](const char* words, const char* said) {
            QTest::newRow(words) << QString::fromLatin1(words) << QString::fromLatin1(said);
        };
        row("--nonsense", "nonsense");
        row("a b", "one server");
        row("--demo", "--sandbox");
        row("--sandbox host=x", "host=x");
        row("--observe --operate", "exclude");
        row("--check --operate", "only looks");
        row("--check --snapshot", "exclude");
        row("--page nowhere", "no page nowhere");
        row("--theme blue", "light, dark or high-contrast");
        row("--screenshot", "screenshot");
        row("--size 10x10", "goes with --screenshot");
        row("--screenshot x.png --size big", "1600x1000");
        row("--screenshot x.png --size 10x10", "1600x1000");
        row("--screenshot x.png --after soon", "seconds");
        row("--screenshot x.png --after -1", "seconds");
        row("--after 3", "goes with");
        row("--format json", "goes with --check");
        row("--check --format xml", "text or json");
        row("--check --for nan", "seconds");
        row("--print-schema other", "no schema other");
    }

    void wrongArguments() {
        QFETCH(QString, words);
        QFETCH(QString, said);
        const auto result = parse(words);
        const auto* error = std::get_if<UsageError>(&result);
        QVERIFY(error);
        QVERIFY2(error->text.contains(said), qPrintable(error->text));
        QVERIFY(!error->text.contains(u'\n'));
    }

    void subjectsWithColons() {
        const auto subjectOf = [](const QString& page) {
            return std::get<CommandLine>(parse(u"--page "_s + page)).subject;
        };
        QCOMPARE(subjectOf(u"inflight:8123"_s), u"8123"_s);
        QCOMPARE(subjectOf(u"inflight:queue:orders"_s), u"orders"_s);
        // What is no kind of thing is part of the name.
        QCOMPARE(subjectOf(u"inflight:a:b"_s), u"a:b"_s);
        QCOMPARE(subjectOf(u"inflight:queue:a:b"_s), u"a:b"_s);
        QCOMPARE(subjectOf(u"inflight"_s), QString());
    }

    void everythingAtOnce() {
        const auto result =
            parse(u"--sandbox --demo --operate --page inflight:batch:8123 --theme dark --screenshot x.png "
                  "--size 1600x1000 --after 2.5 --profile-dir /p"_s);
        const auto& line = std::get<CommandLine>(result);
        QCOMPARE(line.mode, Mode::Screenshot);
        QVERIFY(line.sandbox && line.demo);
        QCOMPARE(line.access, desk::AccessMode::Operate);
        QCOMPARE(line.page, u"inflight"_s);
        QCOMPARE(line.subject, u"8123"_s);
        QCOMPARE(line.theme, u"dark"_s);
        QCOMPARE(line.file, u"x.png"_s);
        QCOMPARE(line.size, QSize(1600, 1000));
        QCOMPARE(line.after, std::chrono::milliseconds(2500));
        QCOMPARE(line.profileDirectory, u"/p"_s);
    }

    void nothing() {
        const auto result = parse({});
        const auto& line = std::get<CommandLine>(result);
        QCOMPARE(line.mode, Mode::Window);
        QVERIFY(line.target.isEmpty());
        QVERIFY(!line.access);
        QCOMPARE(line.size, QSize(1280, 800));
    }

    void check() {
        const auto result = parse(u"--check --format json --for 60 service=orders"_s);
        const auto& line = std::get<CommandLine>(result);
        QCOMPARE(line.mode, Mode::Check);
        QCOMPARE(line.format, app::Format::Json);
        QCOMPARE(line.watch, std::chrono::seconds(60));
        QCOMPARE(line.target, u"service=orders"_s);
    }

    void helpNamesEveryOption() {
        const QString help = app::helpText(pages);
        for (const char* option : {"--sandbox", "--demo", "--observe", "--operate", "--page", "--theme", "--screenshot",
                                   "--size", "--after", "--snapshot", "--check", "--format", "--for", "--print-schema",
                                   "--profile-dir", "--self-test", "--version", "--help"})
            QVERIFY2(help.contains(QLatin1String(option)), option);
        QVERIFY(help.contains("inflight"_L1));
    }
};

QTEST_GUILESS_MAIN(TestCommandLine)
#include "tst_commandline.moc"
