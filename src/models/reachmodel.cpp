// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/reachmodel.h"

#include "models/mark.h"

#include <QCoreApplication>

using namespace Qt::StringLiterals;

namespace models {

namespace {

struct Reach {
    Q_DECLARE_TR_FUNCTIONS(Reach)
};

Mark markOf(const domain::EventReach& reach) {
    switch (reach.state) {
    case domain::EventReach::State::Past:
        return {Tone::Good, Reach::tr("past it"),
                Reach::tr("Its position is behind the event: it had it, or subscribed later.")};
    case domain::EventReach::State::InFlight:
        return {Tone::Information, Reach::tr("in flight"),
                Reach::tr("In its open batch %1.").arg(reach.batch.value_or(0))};
    case domain::EventReach::State::Waiting:
        return {Tone::Warning, Reach::tr("waiting"), Reach::tr("It has not come to it yet.")};
    case domain::EventReach::State::NotForIt:
        return {Tone::None, Reach::tr("not for it"), Reach::tr("A retry of another consumer's.")};
    }
    return {};
}

} // namespace

std::vector<Column<ReachLine>> reachColumns() {
    using Line = ReachLine;
    return {
        textColumn<Line>(
            {u"consumer"_s, Reach::tr("Consumer"),
             Reach::tr("Consumers and groups of the queue; of a group also the member that holds the event"),
             CellKind::Text, Pace::Identity, u"billing.worker-12"_s},
            [](const Line& line) { return format::text(line.reach.consumer); }),
        {{u"state"_s, Reach::tr("Has it?"), Reach::tr("By its position, against the tick that shows the event"),
          CellKind::Chip, Pace::Slow, u"● in flight"_s},
         [](const Line& line, const CellContext&) { return markOf(line.reach).cell(); },
         [](const Line& line) { return QVariant(int(line.reach.state)); },
         [](const Line& line, const CellContext&) { return QVariant(markOf(line.reach).word); }},
        idColumn<Line>({u"batch"_s, Reach::tr("Batch"), Reach::tr("The open batch it is in"), CellKind::Number,
                        Pace::Slow, u"123 456"_s},
                       [](const Line& line) { return line.reach.batch; }),
    };
}

QString storyText(const domain::EventStory& story, const domain::EventRow& event, const QTimeZone& zone) {
    const auto tick = [&zone](const domain::Tick& one) {
        return Reach::tr("tick %1 (%2)").arg(format::number(one.id), format::clock(one.time, zone));
    };
    QStringList sentences = {
        Reach::tr("Inserted %1 by transaction %2.").arg(format::clock(event.time, zone), QString::number(event.txid))};
    if (story.passedOver > 0)
        sentences += Reach::tr("%n tick(s) since then could not see it: the transaction had not committed.", nullptr,
                               int(story.passedOver));
    if (!story.after)
        sentences += Reach::tr("No tick sees it yet: it is in no batch until the next one.");
    else if (story.isOlderThanTicks())
        sentences += Reach::tr("Every tick there is sees it, the oldest being %1: which one was the first is not known "
                               "any more.")
                         .arg(tick(*story.after));
    else
        sentences += Reach::tr("First seen by %1; %2 could not see it. So it is in the window %3 → %4.")
                         .arg(tick(*story.after), tick(*story.before), QString::number(story.before->id),
                              QString::number(story.after->id));
    if (event.owner)
        sentences += Reach::tr("It is a retry: only the group that gave it back gets it.");
    return sentences.join(u' ');
}

QString whyNotText(const domain::EventStory& story, const domain::EventRow& event, std::int64_t lastTick,
                   std::int64_t nextTick, std::int32_t subId, const QTimeZone& zone) {
    const QString window = Reach::tr("tick %1 → %2").arg(QString::number(lastTick), QString::number(nextTick));
    QString verdict;
    if (event.owner && *event.owner != subId)
        verdict = Reach::tr("Not here: it is a retry, and only the consumer that gave it back gets it.");
    else if (!story.after)
        verdict = Reach::tr("Not here: no tick has seen it yet, and a batch ends with a tick.");
    else if (story.after->id > nextTick)
        verdict = Reach::tr("Not here: tick %1, which ends this batch, could not see its transaction yet. It comes "
                            "with a later batch.")
                      .arg(nextTick);
    else if (story.after->id > lastTick)
        verdict = Reach::tr("It is here, in %1.").arg(window);
    else
        verdict =
            Reach::tr("Not here: tick %1, where this batch begins, saw it already. It came with an earlier batch.")
                .arg(lastTick);
    return verdict + u"\n\n"_s + storyText(story, event, zone);
}

} // namespace models
