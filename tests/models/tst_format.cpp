// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/format.h"

#include <QtTest>

using namespace models;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

/// Expected texts are written with ordinary spaces.
QString spaced(QString text) {
    return text.replace(QChar(0x00a0), u' ').replace(QChar(0x202f), u' ');
}

} // namespace

class FormatTest : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void lengthsAreRead() {
        QVERIFY(format::length(QStringLiteral("90")) == pg::Interval(90s));
        QVERIFY(format::length(QStringLiteral(" 90 s ")) == pg::Interval(90s));
        QVERIFY(format::length(QStringLiteral("2 min")) == pg::Interval(2min));
        QVERIFY(format::length(QStringLiteral("1h30m")) == pg::Interval(90min));
        QVERIFY(format::length(QStringLiteral("1 H 30")) == pg::Interval(1h + 30s));
        QVERIFY(format::length(QStringLiteral("0.5 s")) == pg::Interval(500ms));
        for (const char* none : {"", "0", "soon", "5 apples", "-3 s", "400 d", "1:30", "111111111111111111111111111!"})
            QVERIFY2(!format::length(QString::fromUtf8(none)), none);
    }

    void init() { QLocale::setDefault(QLocale::c()); }

    void numbers() {
        QCOMPARE(format::number(0), u"0"_s);
        QCOMPARE(format::number(999), u"999"_s);
        QCOMPARE(format::number(1204330), u"1\u202f204\u202f330"_s);
        QCOMPARE(format::number(-1000), u"-1\u202f000"_s);
        QCOMPARE(spaced(format::number(std::numeric_limits<qint64>::min())), u"-9 223 372 036 854 775 808"_s);
        QCOMPARE(format::count({1000, true, {}}), u"1\u202f000+"_s);
        QCOMPARE(format::approximately(format::number(5)), u"≈\u00a05"_s);
    }

    void ages_data() {
        QTest::addColumn<qint64>("microseconds");
        QTest::addColumn<QString>("text");
        const auto row = [](const char* name, std::chrono::microseconds length, const QString& text) {
            QTest::newRow(name) << qint64(length.count()) << text;
        };
        row("negative", -3s, u"0.0 s"_s);
        row("zero", 0s, u"0.0 s"_s);
        row("tenths", 449ms, u"0.4 s"_s);
        row("below ten", 9940ms, u"9.9 s"_s);
        row("from ten on whole", 9960ms, u"10 s"_s);
        row("minute rounded", 59'600ms, u"1 m 00 s"_s);
        row("minutes", 842s, u"14 m 02 s"_s);
        row("hours", 71'220s, u"19 h 47 m"_s);
        row("days", 273'600s, u"3 d 04 h"_s);
        row("years", 24h * 4000, u"4 000 d 00 h"_s);
    }

    void ages() {
        QFETCH(qint64, microseconds);
        QTEST(spaced(format::age(pg::Interval(microseconds))), "text");
    }

    void duesReadBothWays() {
        QCOMPARE(spaced(format::due(1330s)), u"in 22 m 10 s"_s);
        QCOMPARE(spaced(format::due(-22'320s)), u"6 h 12 m late"_s);
    }

    void ratesAndSizes() {
        QCOMPARE(format::rate(3.24), u"3.2"_s);
        QCOMPARE(format::rate(99.94), u"99.9"_s);
        QCOMPARE(format::rate(99.96), u"100"_s);
        QCOMPARE(spaced(format::rate(1180.4)), u"1 180"_s);
        QCOMPARE(format::rate(std::nan("")), format::none());
        QCOMPARE(spaced(format::bytes(840)), u"840 B"_s);
        QCOMPARE(spaced(format::bytes(18'432)), u"18 kB"_s);
        QCOMPARE(spaced(format::bytes(999'600)), u"1.0 MB"_s);
        QCOMPARE(spaced(format::bytes(1'234'567'890)), u"1.2 GB"_s);
        QCOMPARE(spaced(format::milliseconds(0.71)), u"0.7 ms"_s);
        QCOMPARE(spaced(format::milliseconds(11.4)), u"11 ms"_s);
        QCOMPARE(spaced(format::milliseconds(1300)), u"1.3 s"_s);
    }

    void decimalSignFollowsTheLocale() {
        QLocale::setDefault(QLocale(QLocale::German));
        QCOMPARE(format::rate(12.1), u"12,1"_s);
        QCOMPARE(spaced(format::age(400ms)), u"0,4 s"_s);
        // Digits stay grouped by a thin space, and a whole number has no separator of the locale in it.
        QCOMPARE(format::number(1000), u"1\u202f000"_s);
    }

    void moments() {
        const pg::Timestamp moment{std::chrono::microseconds(1'795'183'651'123'456)};
        QCOMPARE(format::timestamp(moment, QTimeZone(3600)), u"2026-11-20 15:07:31.123 UTC+1"_s);
        QCOMPARE(format::clock(moment, QTimeZone::utc()), u"14:07:31"_s);
        QCOMPARE(format::zoneName(QTimeZone(-(3 * 3600 + 1800)), moment), u"UTC-3:30"_s);
        QCOMPARE(format::isoUtc(moment), u"2026-11-20T14:07:31.123456Z"_s);
        QCOMPARE(format::isoUtc(pg::Timestamp(-1us)), u"1969-12-31T23:59:59.999999Z"_s);
        QCOMPARE(format::serverVersion(150020), u"15.20"_s);
    }

    void foreignTextCannotPretend() {
        QCOMPARE(format::foreign(u"plain"), u"plain"_s);
        QCOMPARE(format::foreign(u"a\nb\tc"), u"a⟨U+000A⟩b⟨U+0009⟩c"_s);
        QCOMPARE(format::foreign(QString(u"a"_s + QChar(0) + QChar(0x7f))), u"a⟨U+0000⟩⟨U+007F⟩"_s);
        QCOMPARE(format::foreign(u"a\u202eb"), u"a⟨U+202E⟩b"_s);
        QCOMPARE(format::foreign(u"שלום"), u"\u2068שלום\u2069"_s);
        QCOMPARE(format::foreign(u"0123456789", 4), u"0123…"_s);
        QCOMPARE(format::visible(u"a\nb\u0001"), u"a\nb⟨U+0001⟩"_s);
    }

    void nullIsNotEmpty() {
        QCOMPARE(format::text(std::optional<std::string>()), format::none());
        QCOMPARE(format::text(std::optional<std::string>("")), QString());
    }
};

QTEST_GUILESS_MAIN(FormatTest)
#include "tst_format.moc"
