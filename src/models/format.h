// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/snapshot.h"

#include <QString>
#include <QTimeZone>

/// How values are written for a person, in one place. Numbers follow the default QLocale; digits are grouped by a
/// narrow no-break space from 1 000 on; a number and its unit never part at a line's end.
namespace models::format {

/// A value that is not there.
QString none();

QString number(qint64 value);
QString approximately(const QString& text); ///< "≈ 1 204"
QString atLeast(const QString& text);       ///< "≥ 14 m 02 s"

/// A count with its cap: "412", "1 000+".
QString count(const domain::Count& count);

/// Events per second: one decimal below a hundred.
QString rate(double perSecond);

/// A length of time in two units at most: "0.4 s", "31 s", "14 m 02 s", "19 h 47 m", "3 d 04 h". A negative one (clocks
/// apart by a little) reads "0.0 s".
QString age(pg::Interval length);

/// A length of time as a person types it: "90 s", "2 min", "1 h 30 m"; without a unit seconds. Empty: it is none.
std::optional<pg::Interval> length(const QString& text);

/// A moment seen from now: "in 22 m 10 s", "6 h 12 m late".
QString due(pg::Interval untilThen);

QString milliseconds(double ms); ///< "0.7 ms", "11 ms", "1.3 s"
QString bytes(qint64 size);      ///< decimal units: "840 B", "18 kB", "1.2 GB"

QString clock(pg::Timestamp moment, const QTimeZone& zone);     ///< "13:53:41"
QString timestamp(pg::Timestamp moment, const QTimeZone& zone); ///< "2026-11-20 13:53:41.123 UTC+1"
QString zoneName(const QTimeZone& zone, pg::Timestamp moment);  ///< "UTC+1", "UTC+5:30", "UTC"
QString isoUtc(pg::Timestamp moment);                           ///< for machines: 2026-11-20T13:53:41.123456Z

/// "15.20" of 150020.
QString serverVersion(int number);

/// Text from the server.
QString text(const std::string& utf8);
QString text(const std::optional<std::string>& utf8); ///< none() for NULL

/// Text that others wrote, safe to stand in a line of ours: control characters and direction marks as visible signs,
/// the whole isolated so that right-to-left text does not reorder what stands around it. Cut to limit characters with
/// "…".
QString foreign(QStringView text, qsizetype limit = 200);

/// The same for text of several lines: line breaks and tabs stay, nothing is isolated or cut.
QString visible(QStringView text);
/// How many signs visible() makes of one.
qsizetype visibleLength(QChar c);

/// A text for a tooltip, which takes what looks like HTML for HTML: as it stands, whatever is in it.
QString tooltip(const QString& text);

} // namespace models::format
