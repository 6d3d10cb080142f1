// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/steppermodels.h"

#include <QCoreApplication>

#include <algorithm>
#include <tuple>

using namespace Qt::StringLiterals;

namespace models {

namespace {

using stepper::TokenRecord;

struct Stepper {
    Q_DECLARE_TR_FUNCTIONS(Stepper)
};

Tone toneOf(TokenRecord::State state) {
    switch (state) {
    case TokenRecord::State::Uncommitted:
        return Tone::Information;
    case TokenRecord::State::Valid:
        return Tone::Warning;
    case TokenRecord::State::Acked:
        return Tone::Good;
    case TokenRecord::State::TakenOver:
    case TokenRecord::State::GivenBack:
        return Tone::Critical;
    case TokenRecord::State::Void:
        break;
    }
    return Tone::Dim;
}

auto tied(const queries::GivenBackEvent& event) {
    return std::tie(event.consumer, event.id, event.retry, event.due, event.reason);
}

} // namespace

bool GivenBackLine::operator==(const GivenBackLine& other) const {
    return tied(event) == tied(other.event) && changed == other.changed;
}

std::vector<Column<TokenLine>> tokenColumns() {
    using Line = TokenLine;
    return {
        {{u"token"_s, Stepper::tr("Token"), Stepper::tr("The batch id it was given"), CellKind::Number, Pace::Identity,
          u"1 234"_s},
         [](const Line& line, const CellContext&) {
             return Cell{QString::number(line.token.token), {}, {}, Tone::None, line.changed};
         },
         [](const Line& line) { return QVariant(qint64(line.token.token)); },
         {},
         {},
         [](const Line& line) { return QVariant(line.changed); }},
        textColumn<Line>({u"worker"_s, Stepper::tr("Worker"), Stepper::tr("Who got it"), CellKind::Text, Pace::Identity,
                          u"worker"_s},
                         [](const Line& line) { return format::text(line.token.lane); }),
        textColumn<Line>({u"window"_s, Stepper::tr("Window"), Stepper::tr("After one tick, up to another"),
                          CellKind::Code, Pace::Identity, u"101 → 102"_s},
                         [](const Line& line) {
                             return u"%1 → %2"_s.arg(QString::number(line.token.window.last),
                                                     QString::number(line.token.window.next));
                         }),
        {{u"state"_s, Stepper::tr("State"), Stepper::tr("What the token is worth"), CellKind::Chip, Pace::Slow,
          u"▲ void: taken over by b as 13"_s},
         [](const Line& line, const CellContext&) {
             return Cell{format::text(line.token.state), {}, format::text(line.token.state), toneOf(line.token.kind)};
         },
         [](const Line& line) { return QVariant(format::text(line.token.state)); },
         {},
         {},
         [](const Line& line) { return QVariant(int(line.token.kind)); }},
    };
}

std::vector<TokenLine> tokenLines(const stepper::Board& board, const stepper::Board& before) {
    std::vector<TokenLine> lines;
    for (const stepper::TokenView& token : board.tokens) {
        const bool same = std::find(before.tokens.begin(), before.tokens.end(), token) != before.tokens.end();
        lines.push_back({token, !same});
    }
    return lines;
}

std::vector<Column<GivenBackLine>> givenBackColumns() {
    using Line = GivenBackLine;
    return {
        {{u"event"_s, Stepper::tr("Event"), Stepper::tr("ev_id"), CellKind::Number, Pace::Identity, u"1 234"_s},
         [](const Line& line, const CellContext&) {
             return Cell{QString::number(line.event.id), {}, {}, Tone::None, line.changed};
         },
         [](const Line& line) { return QVariant(qint64(line.event.id)); },
         {},
         {},
         [](const Line& line) { return QVariant(line.changed); }},
        {{u"what"_s, Stepper::tr("What"), Stepper::tr("Waits to come again, or died"), CellKind::Chip, Pace::Slow,
          u"▲ dead letter"_s},
         [](const Line& line, const CellContext&) {
             return line.event.due
                        ? Cell{Stepper::tr("retry"), {}, {}, Tone::Information}
                        : Cell{Stepper::tr("dead letter"), {}, format::text(line.event.reason), Tone::Critical};
         },
         [](const Line& line) { return QVariant(line.event.due.has_value()); }},
        numberColumn<Line>({u"tries"_s, Stepper::tr("Failed"), Stepper::tr("ev_retry: how often"), CellKind::Number,
                            Pace::Slow, u"12"_s},
                           [](const Line& line) { return std::optional<std::int64_t>(line.event.retry); }),
        momentColumn<Line>({u"due"_s, Stepper::tr("Due"), Stepper::tr("ev_retry_after"), CellKind::Text, Pace::Slow,
                            u"2026-11-20 13:53:41.123 UTC+1"_s},
                           [](const Line& line) { return line.event.due; }),
    };
}

std::vector<GivenBackLine> givenBackLines(const stepper::Board& board, const stepper::Board& before) {
    std::vector<GivenBackLine> lines;
    for (const queries::GivenBackEvent& event : board.givenBack) {
        const bool same = std::any_of(before.givenBack.begin(), before.givenBack.end(),
                                      [&event](const auto& other) { return tied(other) == tied(event); });
        lines.push_back({event, !same});
    }
    return lines;
}

Mark markOf(const stepper::LaneView& lane) {
    const QString holder = format::foreign(format::text(lane.waitsFor));
    const QString row = format::foreign(format::text(lane.waitsOn));
    switch (lane.state) {
    case stepper::LaneState::Idle:
        return {Tone::Good, Stepper::tr("idle"), Stepper::tr("No transaction is open.")};
    case stepper::LaneState::Holding:
        return {Tone::Warning, Stepper::tr("holds"), Stepper::tr("Its transaction is open.")};
    case stepper::LaneState::Failed:
        return {Tone::Critical, Stepper::tr("failed"),
                Stepper::tr("Its transaction was refused something: only rolling back is left.")};
    case stepper::LaneState::Waiting:
        return {Tone::Critical, Stepper::tr("waits for %1").arg(holder), Stepper::tr("It waits for %1.").arg(row)};
    case stepper::LaneState::Dead:
        break;
    }
    return {Tone::Dim, Stepper::tr("dead"), Stepper::tr("Its backend is gone; what it holds stays its own.")};
}

std::set<std::string> changedLanes(const stepper::Board& board, const stepper::Board& before) {
    std::set<std::string> changed;
    for (const stepper::LaneView& lane : board.lanes) {
        const auto old = std::find_if(before.lanes.begin(), before.lanes.end(),
                                      [&lane](const auto& other) { return other.name == lane.name; });
        // A heartbeat grows older by itself.
        const auto shown = [](const stepper::LaneView& one) {
            return std::tie(one.pid, one.state, one.locks, one.waitsFor, one.waitsOn, one.log, one.token,
                            one.nextStatement);
        };
        if (old != before.lanes.end() && shown(*old) != shown(lane))
            changed.insert(lane.name);
    }
    return changed;
}

std::set<std::int64_t> changedWindows(const stepper::Board& board, const stepper::Board& before) {
    std::set<std::int64_t> changed;
    for (const stepper::WindowView& window : board.windows) {
        if (!before.queue.empty() &&
            std::find(before.windows.begin(), before.windows.end(), window) == before.windows.end())
            changed.insert(window.window.last);
    }
    return changed;
}

QString inWords(const stepper::Foresight& foresight) {
    QStringList parts = {format::text(foresight.outcome.words())};
    if (!foresight.outcome.said.empty())
        parts += format::visible(format::text(foresight.outcome.said));
    if (!foresight.why.empty())
        parts += format::text(foresight.why);
    for (const std::string& then : foresight.then)
        parts += u"• "_s + format::text(then);
    return parts.join(u'\n');
}

} // namespace models
