// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/timelinemodels.h"

#include <QCoreApplication>

#include <map>

using namespace Qt::StringLiterals;

namespace models {

namespace {

using monitor::Bar;
using monitor::BarEnd;
using monitor::Lane;
using monitor::Track;

struct Timelines {
    Q_DECLARE_TR_FUNCTIONS(Timelines)
};

QString window(const Bar& bar) {
    return u"%1 → %2"_s.arg(format::number(bar.lastTick), format::number(bar.nextTick));
}

QString lineage(const Bar& bar) {
    QStringList parts;
    if (bar.unseenBefore > 0)
        parts += Timelines::tr("%n unseen token(s) before", nullptr, bar.unseenBefore);
    if (bar.predecessor)
        parts += Timelines::tr("from %1").arg(bar.predecessor);
    if (bar.successor)
        parts += Timelines::tr("to %1").arg(bar.successor);
    return parts.join(u", "_s);
}

template <class Span>
bool touches(const Span& span, pg::Timestamp from, pg::Timestamp to) {
    return span.to >= from && span.from <= to;
}

QStringList waitsInWords(const Track& track, pg::Timestamp from, pg::Timestamp to) {
    int count = 0;
    std::size_t most = 0;
    for (const monitor::RowWait& wait : track.waits) {
        if (!touches(wait, from, to))
            continue;
        ++count;
        most = std::max(most, wait.waiting);
    }
    if (count == 0)
        return {};
    return {Timelines::tr("%n wait(s) for the row", nullptr, count) + u", "_s +
            Timelines::tr("at most %n session(s) at once", nullptr, int(most))};
}

QStringList unseenInWords(const Track& track, pg::Timestamp from, pg::Timestamp to) {
    std::int64_t most = 0;
    for (const monitor::Unseen& unseen : track.unseen) {
        if (touches(unseen, from, to))
            most += unseen.atMost;
    }
    if (most == 0)
        return {};
    return {Timelines::tr("at most %1 batches went unseen between two looks").arg(format::number(most))};
}

QStringList gapsInWords(const Track& track, const std::vector<monitor::Gap>& gaps, pg::Timestamp from, pg::Timestamp to,
                        const QTimeZone& zone) {
    QStringList said;
    if (track.firstLook > from)
        said += Timelines::tr("not looked at before %1").arg(format::clock(track.firstLook, zone));
    for (const monitor::Gap& gap : gaps) {
        if (touches(gap, from, to) && gap.to > track.firstLook)
            said += Timelines::tr("not looked at from %1 to %2")
                        .arg(format::clock(gap.from, zone), format::clock(gap.to, zone));
    }
    return said;
}

} // namespace

bool BarLine::operator==(const BarLine& other) const {
    const auto shown = [](const BarLine& line) {
        const Bar& b = line.bar;
        return std::tie(line.lane, b.token, b.lastTick, b.nextTick, b.end, b.ended.after, b.ended.latest, b.successor,
                        b.predecessor, b.unseenBefore, b.heartbeats, b.ours, b.began.after, b.began.latest, b.events);
    };
    return shown(*this) == shown(other);
}

Tone toneOf(const Bar& bar, bool stale) {
    switch (bar.end) {
    case BarEnd::Open:
        return stale ? Tone::Critical : Tone::Information;
    case BarEnd::Finished:
        return Tone::Good;
    case BarEnd::TakenOver:
        return Tone::Warning;
    case BarEnd::ForcedOut:
        return Tone::Critical;
    case BarEnd::NotSeen:
        break;
    }
    return Tone::Dim;
}

Mark markOf(const Bar& bar, bool stale) {
    const Tone tone = toneOf(bar, stale);
    switch (bar.end) {
    case BarEnd::Open:
        if (stale)
            return {tone, Timelines::tr("open, silent"),
                    Timelines::tr("Still open, and its owner's heartbeat is old.")};
        return {tone, Timelines::tr("open"), Timelines::tr("Still open.")};
    case BarEnd::Finished:
        return {tone, bar.ours ? Timelines::tr("ended here") : Timelines::tr("finished"),
                bar.ours ? Timelines::tr("Ended by this console.")
                         : Timelines::tr("Nobody holds the window any more: acknowledged by its owner, or by somebody "
                                         "who had taken it over since the look before.")};
    case BarEnd::TakenOver:
        return {tone, Timelines::tr("taken over"),
                Timelines::tr("Its window went on under another token: this one is void.")};
    case BarEnd::ForcedOut:
        return {tone, Timelines::tr("forced out"),
                Timelines::tr("This console unregistered its member by force; the messages were given back.")};
    case BarEnd::NotSeen:
        break;
    }
    return {tone, Timelines::tr("not seen how"),
            Timelines::tr("It ended between two looks, and nothing that was seen tells how.")};
}

QString momentOf(const monitor::When& when, const QTimeZone& zone) {
    QString latest = format::clock(when.latest, zone);
    if (when.isExact())
        return latest;
    if (!when.after)
        return Timelines::tr("before %1").arg(latest);
    const QString after = format::clock(*when.after, zone);
    return after == latest ? latest : Timelines::tr("%1 – %2", "between two moments").arg(after, latest);
}

QString laneName(const Lane& lane) {
    const std::size_t dot = lane.name.find('.');
    const bool member = lane.role == domain::Role::CoopMember && dot != std::string::npos;
    return format::text(member ? lane.name.substr(dot + 1) : lane.name);
}

std::vector<Column<BarLine>> barColumns() {
    using Line = BarLine;
    return {
        {{u"began"_s, Timelines::tr("Began"), Timelines::tr("When it was handed out, as closely as it is known"),
          CellKind::Text, Pace::Identity, u"13:57:02 – 13:57:03"_s},
         [](const Line& line, const CellContext& context) {
             return Cell{
                 momentOf(line.bar.began, context.zone), {}, format::timestamp(line.bar.began.latest, context.zone)};
         },
         [](const Line& line) { return QVariant(qint64(line.bar.began.latest.time_since_epoch().count())); },
         [](const Line& line, const CellContext&) { return QVariant(format::isoUtc(line.bar.began.latest)); },
         {},
         [](const Line& line) { return rawAge(line.bar.began.after); }},
        textColumn<Line>({u"who"_s, Timelines::tr("Who"), Timelines::tr("Consumer or member"), CellKind::Text,
                          Pace::Identity, u"worker-12"_s},
                         [](const Line& line) { return format::text(line.lane); }),
        idColumn<Line>({u"batch"_s, Timelines::tr("Batch"), Timelines::tr("The token: sub_batch"), CellKind::Number,
                        Pace::Identity, u"8123456"_s},
                       [](const Line& line) { return std::optional(line.bar.token); }),
        {{u"end"_s, Timelines::tr("Ended"), Timelines::tr("How it ended, as far as looking tells"), CellKind::Chip,
          Pace::Slow, u"▲ not seen how"_s},
         [](const Line& line, const CellContext&) { return markOf(line.bar).cell(); },
         [](const Line& line) { return QVariant(int(line.bar.end)); },
         [](const Line& line, const CellContext&) { return QVariant(markOf(line.bar).word); },
         {},
         [](const Line& line) { return QVariant(line.bar.ours); }},
        {{u"ended"_s, Timelines::tr("When"),
          Timelines::tr("Between the last look that found it open and the first that did not"), CellKind::Text,
          Pace::Slow, u"13:57:02 – 13:57:03"_s},
         [](const Line& line, const CellContext& context) {
             if (line.bar.end == BarEnd::Open)
                 return Cell{format::none(), {}, {}, Tone::Dim};
             return Cell{
                 momentOf(line.bar.ended, context.zone), {}, format::timestamp(line.bar.ended.latest, context.zone)};
         },
         [](const Line& line) {
             return line.bar.end == BarEnd::Open ? QVariant()
                                                 : QVariant(qint64(line.bar.ended.latest.time_since_epoch().count()));
         },
         [](const Line& line, const CellContext&) {
             return line.bar.end == BarEnd::Open ? QVariant() : QVariant(format::isoUtc(line.bar.ended.latest));
         },
         {},
         [](const Line& line) { return rawAge(line.bar.ended.after); }},
        textColumn<Line>({u"window"_s, Timelines::tr("Ticks"),
                          Timelines::tr("The window: after one tick, up to another"), CellKind::Code, Pace::Identity,
                          u"41 877 → 41 878"_s, false},
                         [](const Line& line) { return window(line.bar); }),
        numberColumn<Line>({u"events"_s, Timelines::tr("Events"), Timelines::tr("By sequence distance: an estimate"),
                            CellKind::Number, Pace::Identity, u"≈ 10 000"_s, false},
                           [](const Line& line) { return line.bar.events; }),
        numberColumn<Line>({u"heartbeats"_s, Timelines::tr("Heartbeats"),
                            Timelines::tr("How often sub_active moved while it was open, as far as seen"),
                            CellKind::Number, Pace::Slow, u"1 204"_s, false},
                           [](const Line& line) { return std::optional<std::int64_t>(line.bar.heartbeats); }),
        textColumn<Line>({u"tokens"_s, Timelines::tr("Other tokens"), Timelines::tr("Of the same window"),
                          CellKind::Text, Pace::Slow, u"from 8140, to 8151"_s},
                         [](const Line& line) { return lineage(line.bar); }),
    };
}

std::vector<BarLine> barsBetween(const Track& track, pg::Timestamp from, pg::Timestamp to, std::size_t most) {
    std::vector<BarLine> lines;
    for (const Lane& lane : track.lanes) {
        const std::string name = laneName(lane).toStdString();
        std::size_t taken = 0;
        for (auto bar = lane.bars.rbegin(); bar != lane.bars.rend() && taken < most; ++bar) {
            if (bar->endedBefore(from))
                break;
            if (bar->earliest() > to)
                continue;
            lines.push_back({name, *bar});
            ++taken;
        }
    }
    std::sort(lines.begin(), lines.end(), [](const BarLine& a, const BarLine& b) {
        return std::tuple(a.bar.began.latest, a.bar.token) > std::tuple(b.bar.began.latest, b.bar.token);
    });
    if (lines.size() > most)
        lines.resize(most);
    return lines;
}

QString timelineInWords(const Track& track, const std::vector<monitor::Gap>& gaps, pg::Timestamp from, pg::Timestamp to,
                        const QTimeZone& zone) {
    QStringList said;
    for (const Lane& lane : track.lanes) {
        // One of each kind, and how many there are: the words come after the counting.
        std::map<std::pair<BarEnd, bool>, std::pair<const Bar*, int>> kinds;
        const auto first = std::partition_point(lane.bars.begin(), lane.bars.end(),
                                                [from](const Bar& bar) { return bar.endedBefore(from); });
        for (auto bar = first; bar != lane.bars.end() && bar->earliest() <= to; ++bar) {
            auto& kind = kinds[{bar->end, bar->ours}];
            kind.first = &*bar;
            ++kind.second;
        }
        std::map<QString, int> counts;
        for (const auto& [_, kind] : kinds)
            counts[markOf(*kind.first).word] += kind.second;
        QStringList words;
        for (const auto& [word, count] : counts)
            words += u"%1 %2"_s.arg(QString::number(count), word);
        if (words.isEmpty())
            words += Timelines::tr("no batch");
        const auto firstBeat = std::lower_bound(lane.heartbeats.begin(), lane.heartbeats.end(), from);
        const auto beats = std::upper_bound(firstBeat, lane.heartbeats.end(), to) - firstBeat;
        if (beats > 0)
            words += Timelines::tr("%n heartbeat(s)", nullptr, int(beats));
        said += laneName(lane) + u": "_s + words.join(u", "_s);
    }
    said += waitsInWords(track, from, to);
    said += unseenInWords(track, from, to);
    said += gapsInWords(track, gaps, from, to, zone);
    return said.join(u"; "_s);
}

} // namespace models
