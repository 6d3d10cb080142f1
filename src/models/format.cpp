// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/format.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>
#include <QRegularExpression>

#include <array>
#include <cmath>

using namespace Qt::StringLiterals;

namespace models::format {

namespace {

constexpr QChar narrowSpace(0x202f);
constexpr QChar noBreakSpace(0x00a0);
constexpr qint64 secondsADay = 86'400;

struct Format {
    Q_DECLARE_TR_FUNCTIONS(Format)
};

QString withUnit(const QString& value, const QString& unit) {
    return value + noBreakSpace + unit;
}

QString decimals(double value, int places) {
    QLocale locale;
    locale.setNumberOptions(QLocale::OmitGroupSeparator);
    return locale.toString(value, 'f', places);
}

QString twoUnits(qint64 large, const QString& largeUnit, qint64 small, const QString& smallUnit) {
    return withUnit(number(large), largeUnit) + noBreakSpace +
           withUnit(QString::number(small).rightJustified(2, u'0'), smallUnit);
}

QDateTime dateTime(pg::Timestamp moment, const QTimeZone& zone) {
    const auto ms = std::chrono::floor<std::chrono::milliseconds>(moment).time_since_epoch().count();
    return QDateTime::fromMSecsSinceEpoch(ms, zone);
}

bool isDirectionMark(QChar c) {
    const char16_t code = c.unicode();
    return (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code == 0x200e ||
           code == 0x200f || code == 0x061c;
}

/// A visible sign for what has none of its own; empty for everything else.
QString signOf(QChar c, bool keepLines) {
    const char16_t code = c.unicode();
    if (keepLines && (code == u'\n' || code == u'\t'))
        return {};
    // Not the pictures of U+2400 on: many fonts have none of them.
    if (code < 0x20 || (code >= 0x7f && code < 0xa0) || isDirectionMark(c) || code == 0xfeff || code == 0x2028 ||
        code == 0x2029)
        return u"⟨U+%1⟩"_s.arg(code, 4, 16, QLatin1Char('0')).toUpper();
    return {};
}

QString withSigns(QStringView text, bool keepLines) {
    QString shown;
    shown.reserve(text.size());
    for (const QChar c : text) {
        const QString sign = signOf(c, keepLines);
        if (sign.isEmpty())
            shown += c;
        else
            shown += sign;
    }
    return shown;
}

} // namespace

QString none() {
    return u"–"_s;
}

QString number(qint64 value) {
    QString digits = QString::number(value);
    const qsizetype first = value < 0 ? 1 : 0;
    for (qsizetype position = digits.size() - 3; position > first; position -= 3)
        digits.insert(position, narrowSpace);
    return digits;
}

QString approximately(const QString& text) {
    return u"≈"_s + noBreakSpace + text;
}

QString atLeast(const QString& text) {
    return u"≥"_s + noBreakSpace + text;
}

QString count(const domain::Count& count) {
    return count.capped ? QString(number(count.value) + u'+') : number(count.value);
}

QString rate(double perSecond) {
    if (!std::isfinite(perSecond))
        return none();
    return perSecond < 99.95 ? decimals(perSecond, 1) : number(std::llround(perSecond));
}

QString age(pg::Interval length) {
    using namespace std::chrono;
    const double seconds = std::max(0.0, duration<double>(length).count());
    if (seconds < 9.95)
        return withUnit(decimals(seconds, 1), Format::tr("s"));
    const qint64 whole = std::llround(seconds);
    if (whole < 60)
        return withUnit(QString::number(whole), Format::tr("s"));
    if (whole < 3600)
        return twoUnits(whole / 60, Format::tr("m"), whole % 60, Format::tr("s"));
    if (whole < secondsADay)
        return twoUnits(whole / 3600, Format::tr("h"), whole % 3600 / 60, Format::tr("m"));
    return twoUnits(whole / secondsADay, Format::tr("d"), whole % secondsADay / 3600, Format::tr("h"));
}

std::optional<pg::Interval> length(const QString& text) {
    static const QRegularExpression all(
        u"^\\s*(?:[0-9]{1,9}(?:[.][0-9]{1,3})?\\s*[a-z]+\\s*)*(?:[0-9]{1,9}(?:[.][0-9]{1,3})?\\s*)?$"_s);
    static const QRegularExpression part(u"([0-9]{1,9}(?:[.][0-9]{1,3})?)\\s*([a-z]*)"_s);
    const QString plain = text.toLower();
    if (!all.match(plain).hasMatch())
        return std::nullopt;
    double seconds = 0;
    for (auto parts = part.globalMatch(plain); parts.hasNext();) {
        const QRegularExpressionMatch one = parts.next();
        const QString unit = one.captured(2);
        const double each = unit.isEmpty() || unit == u"s" || unit == u"sec"  ? 1
                            : unit == u"m" || unit == u"min"                  ? 60
                            : unit == u"h"                                    ? 3'600
                            : unit == u"d"                                    ? 86'400
                                                                              : 0;
        if (each == 0)
            return std::nullopt;
        seconds += each * one.captured(1).toDouble();
    }
    // A year is longer than anybody waits for a heartbeat.
    if (seconds <= 0 || seconds > 365 * 86'400.0)
        return std::nullopt;
    return std::chrono::duration_cast<pg::Interval>(std::chrono::duration<double>(seconds));
}

QString due(pg::Interval untilThen) {
    if (untilThen.count() >= 0)
        //: A length of time from now, for example "in 22 m 10 s".
        return Format::tr("in %1").arg(age(untilThen));
    //: A length of time past the moment something was due, for example "6 h 12 m late".
    return Format::tr("%1 late").arg(age(-untilThen));
}

QString milliseconds(double ms) {
    if (!std::isfinite(ms))
        return none();
    if (ms < 9.95)
        return withUnit(decimals(ms, 1), Format::tr("ms"));
    if (ms < 999.5)
        return withUnit(QString::number(std::lround(ms)), Format::tr("ms"));
    return age(pg::Interval(std::llround(ms * 1000)));
}

QString bytes(qint64 size) {
    static constexpr std::array<const char*, 5> units = {"B", "kB", "MB", "GB", "TB"};
    double value = double(size);
    std::size_t unit = 0;
    while (value >= 999.5 && unit + 1 < units.size()) {
        value /= 1000;
        ++unit;
    }
    const int places = unit > 0 && value < 9.95 ? 1 : 0;
    return withUnit(decimals(value, places), QLatin1String(units[unit]));
}

QString clock(pg::Timestamp moment, const QTimeZone& zone) {
    return dateTime(moment, zone).time().toString(u"HH:mm:ss"_s);
}

QString timestamp(pg::Timestamp moment, const QTimeZone& zone) {
    return dateTime(moment, zone).toString(u"yyyy-MM-dd HH:mm:ss.zzz "_s) + zoneName(zone, moment);
}

QString zoneName(const QTimeZone& zone, pg::Timestamp moment) {
    const int minutes = zone.offsetFromUtc(dateTime(moment, zone)) / 60;
    if (minutes == 0)
        return u"UTC"_s;
    QString name = u"UTC"_s + QLatin1Char(minutes < 0 ? '-' : '+') + QString::number(std::abs(minutes) / 60);
    if (minutes % 60 != 0)
        name += u':' + QString::number(std::abs(minutes) % 60).rightJustified(2, u'0');
    return name;
}

QString isoUtc(pg::Timestamp moment) {
    const auto micros = (moment - std::chrono::floor<std::chrono::seconds>(moment)).count();
    return dateTime(moment, QTimeZone::utc()).toString(u"yyyy-MM-ddTHH:mm:ss"_s) + u'.' +
           QString::number(micros).rightJustified(6, u'0') + u'Z';
}

QString serverVersion(int number) {
    return QString::number(number / 10000) + u'.' + QString::number(number % 10000);
}

QString text(const std::string& utf8) {
    return QString::fromStdString(utf8);
}

QString text(const std::optional<std::string>& utf8) {
    return utf8 ? text(*utf8) : none();
}

QString foreign(QStringView text, qsizetype limit) {
    const bool cut = text.size() > limit;
    QString shown = withSigns(text.first(cut ? limit : text.size()), false);
    if (cut)
        shown += u'…';
    const bool needsIsolation = std::any_of(shown.cbegin(), shown.cend(), [](QChar c) {
        return c.direction() == QChar::DirR || c.direction() == QChar::DirAL || c.isHighSurrogate();
    });
    // First strong isolate … pop directional isolate.
    return needsIsolation ? QString(QChar(0x2068) + shown + QChar(0x2069)) : shown;
}

QString visible(QStringView text) {
    return withSigns(text, true);
}

qsizetype visibleLength(QChar c) {
    return std::max(qsizetype(1), signOf(c, true).size());
}

QString tooltip(const QString& text) {
    if (!text.contains(u'<'))
        return text;
    return u"<p style=\"white-space:pre-wrap\">"_s + text.toHtmlEscaped() + u"</p>"_s;
}

} // namespace models::format
