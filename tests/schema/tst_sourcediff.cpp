// SPDX-License-Identifier: GPL-3.0-or-later
// What an upgrade or a conversion would change in a function, line by line.
#include "schema/sourcediff.h"

#include <QTest>

using schema::sourceDifference;

class TestSourceDiff : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void equalSourcesHaveNone() {
        QCOMPARE(sourceDifference("", ""), std::string());
        QCOMPARE(sourceDifference("a\nb\n", "a\nb\n"), std::string());
        QCOMPARE(sourceDifference("a \r\nb\t", "a\nb"), std::string());
    }

    void changesStandAmongTheirNeighbours() {
        QCOMPARE(sourceDifference("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"),
                 std::string("@@ line 2 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"));
    }

    void farChangesAreApart() {
        std::string here;
        std::string shipped;
        for (int line = 1; line <= 30; ++line) {
            here += std::to_string(line) + "\n";
            shipped += (line == 2 ? "two" : line == 29 ? "twenty-nine" : std::to_string(line)) + "\n";
        }
        const std::string text = sourceDifference(here, shipped);
        QVERIFY(text.starts_with("@@ line 1 @@\n 1\n-2\n+two\n"));
        QVERIFY(text.find("@@ line 26 @@\n") != std::string::npos);
        QVERIFY(text.find("\n 15\n") == std::string::npos);
    }

    void additionsAndRemovals() {
        QCOMPARE(sourceDifference("a\nb\n", "b\nc\n"), std::string("@@ line 1 @@\n-a\n b\n+c\n"));
        QCOMPARE(sourceDifference("", "a"), std::string("@@ line 1 @@\n+a\n"));
    }

    void veryLongSourcesAreReplacedWhole() {
        std::string here;
        std::string shipped;
        for (int line = 0; line < 3'000; ++line) {
            here += "a" + std::to_string(line) + "\n";
            shipped += "b" + std::to_string(line) + "\n";
        }
        const std::string text = sourceDifference(here, shipped);
        QVERIFY(text.find("-a2999\n+b0\n") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestSourceDiff)
#include "tst_sourcediff.moc"
