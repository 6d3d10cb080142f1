// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/reachmodel.h"

#include "models/mark.h"
#include "models/subscriptioncolumns.h"

#include <QCoreApplication>

using namespace Qt::StringLiterals;

namespace models {

namespace {

struct Reach {
    Q_DECLARE_TR_FUNCTIONS(Reach)
};

using State = domain::EventReach::State;

Mark markOf(const domain::EventReach& reach) {
    switch (reach.state) {
    case State::Past:
        if (!reach.isSure)
            return {Tone::None, Reach::tr("past it"),
                    Reach::tr("Its position is behind the event. Whether it gave it back or gave it up could not be "
                              "looked at.")};
        return {Tone::Good, Reach::tr("past it"),
                Reach::tr("Its position is behind the event, which waits neither in retry nor among the dead letters: "
                          "it finished it, or subscribed later. A retry that was put back is an event of its own.")};
    case State::InFlight:
        return {Tone::Information, Reach::tr("in a batch"), Reach::tr("In an open batch.")};
    case State::InRetry:
        return {Tone::Warning, Reach::tr("in retry"), Reach::tr("It gave it back, and gets it again when it is due.")};
    case State::Dead:
        return {Tone::Critical, Reach::tr("dead"), Reach::tr("It gave it up: it is among the dead letters.")};
    case State::Waiting:
        return {Tone::Warning, Reach::tr("before it"), Reach::tr("It has not come to it yet.")};
    case State::NotForIt:
        return {Tone::None, Reach::tr("not for it"), Reach::tr("A retry of another consumer's.")};
    }
    return {};
}

/// "batch 812 of billing.w1, open for 14 m"; of what was given back in it only which one it is.
QString batchWords(const domain::EventReach& reach, const CellContext& context) {
    if (!reach.holder)
        return {};
    const QString batch =
        reach.holder->role == domain::Role::CoopMember
            ? Reach::tr("batch %1 of %2")
                  .arg(QString::number(reach.holder->batch.value_or(0)),
                       format::foreign(format::text(reach.holder->consumerName), 60))
            : Reach::tr("batch %1").arg(reach.holder->batch.value_or(0));
    if (reach.state != State::InFlight)
        return Reach::tr("in %1").arg(batch);
    return Reach::tr("%1, open for %2").arg(batch, openForCell(*reach.holder, context).text);
}

QString whereWords(const domain::EventReach& reach, const CellContext& context) {
    QStringList words;
    if (reach.state == State::InRetry)
        words += Reach::tr("due %1").arg(format::due(*reach.at - context.now));
    if (reach.state == State::Dead)
        words += reach.reason.empty() ? Reach::tr("no reason given") : format::foreign(masked(reach.reason), 200);
    words += batchWords(reach, context);
    words.removeAll(QString());
    return words.join(u" · "_s);
}

QString tickWords(const domain::Tick& one, const QTimeZone& zone) {
    return Reach::tr("%1 (%2)").arg(QString::number(one.id), format::clock(one.time, zone));
}

/// So many of them are told one by one.
constexpr std::size_t ticksListed = 6;

QString listOf(const std::vector<domain::Tick>& ticks, std::size_t from, const QTimeZone& zone) {
    QStringList words;
    for (std::size_t at = from; at < std::min(ticks.size(), from + ticksListed); ++at)
        words += tickWords(ticks[at], zone);
    return words.join(u", "_s);
}

QString insertedWords(const domain::EventRow& event, const QTimeZone& zone) {
    if (!event.owner)
        return Reach::tr("Inserted %1 by transaction %2.")
            .arg(format::clock(event.time, zone), QString::number(event.txid));
    return Reach::tr("A retry, sent first %1, put back by transaction %2: only the group that gave it back gets it.")
        .arg(format::clock(event.time, zone), QString::number(event.txid));
}

/// What stands against this copy being in the window.
QString verdictOn(const domain::EventCopy& copy, const AskedWindow& window) {
    if (!copy.story.after)
        return Reach::tr("Not here: no tick has seen it yet, and a batch ends with a tick.");
    if (copy.story.after->id > window.nextTick)
        return Reach::tr("Not here: tick %1, which ends this batch, could not see its transaction yet. It comes "
                         "with a later batch.")
            .arg(window.nextTick);
    if (window.holds(copy))
        return Reach::tr("It is here, in tick %1 → %2.")
            .arg(QString::number(window.lastTick), QString::number(window.nextTick));
    return Reach::tr("Not here: tick %1, where this batch begins, saw it already. It came with an earlier batch.")
        .arg(window.lastTick);
}

} // namespace

std::vector<Column<ReachLine>> reachColumns() {
    using Line = ReachLine;
    return {
        textColumn<Line>({u"consumer"_s, Reach::tr("Consumer"), Reach::tr("Consumers and groups of the queue"),
                          CellKind::Text, Pace::Identity, u"notifications-eu"_s},
                         [](const Line& line) { return format::text(line.reach.consumer); }),
        {{u"state"_s, Reach::tr("Has it?"),
          Reach::tr("By dead letters, retries and open batches, and else by its position"), CellKind::Chip, Pace::Slow,
          u"▲ not for it now"_s},
         [](const Line& line, const CellContext&) { return markOf(line.reach).cell(); },
         [](const Line& line) { return QVariant(int(line.reach.state)); },
         [](const Line& line, const CellContext&) { return QVariant(markOf(line.reach).word); },
         {},
         [](const Line& line) {
             const Mark mark = markOf(line.reach);
             return QVariant(mark.word + QString::number(int(mark.tone)));
         }},
        {{u"where"_s, Reach::tr("Where"),
          Reach::tr("The batch and who holds it, when a retry is due, what it died of. Double click opens the page."),
          CellKind::Text, Pace::Ageing, u"batch 123 456"_s},
         [](const Line& line, const CellContext& context) {
             const QString words = whereWords(line.reach, context);
             return Cell{words, {}, words};
         },
         [](const Line& line) {
             return line.reach.holder ? QVariant(qint64(line.reach.holder->batch.value_or(0))) : QVariant();
         },
         [](const Line& line, const CellContext& context) { return QVariant(whereWords(line.reach, context)); }},
    };
}

QString storyText(const domain::EventStory& story, const domain::EventRow& event, const QTimeZone& zone) {
    QStringList sentences = {insertedWords(event, zone)};
    const std::vector<domain::Tick>& missed = story.passedOver;
    if (!missed.empty()) {
        const std::size_t from = missed.size() > ticksListed ? missed.size() - ticksListed : 0;
        const QString count = QString::number(missed.size());
        sentences += Reach::tr("Ticks that came while its transaction was open and could not see it: %1%2.")
                         .arg(story.morePassedOver ? Reach::tr("≥ %1, the last: ").arg(count)
                              : from > 0           ? Reach::tr("%1, the last: ").arg(count)
                                                   : QString(),
                              listOf(missed, from, zone));
    }
    if (!story.after) {
        sentences += Reach::tr("No tick sees it yet: it is in no batch until the next one.");
    } else if (story.isOlderThanTicks()) {
        sentences += Reach::tr("Every tick there is sees it, the oldest being %1: which one was the first is not known "
                               "any more.")
                         .arg(tickWords(*story.after, zone));
    } else {
        sentences += Reach::tr("First seen by tick %1; tick %2 could not see it. So it is in the window %3 → %4.")
                         .arg(tickWords(*story.after, zone), tickWords(*story.before, zone),
                              QString::number(story.before->id), QString::number(story.after->id));
        if (story.seenBy.size() > 1)
            sentences += Reach::tr("Ticks that see it: %1%2")
                             .arg(listOf(story.seenBy, 0, zone), story.seenBy.size() > ticksListed ? u", …"_s : u"."_s);
    }
    return sentences.join(u' ');
}

bool AskedWindow::holds(const domain::EventCopy& copy) const {
    return copy.story.after && lastTick < copy.story.after->id && copy.story.after->id <= nextTick &&
           (!copy.event.owner || *copy.event.owner == subId);
}

QString whyNotText(const std::vector<domain::EventCopy>& copies, bool others, const AskedWindow& window,
                   const QTimeZone& zone) {
    const auto told = [&](const domain::EventCopy& copy) -> QString {
        return verdictOn(copy, window) + u"\n\n"_s + storyText(copy.story, copy.event, zone);
    };
    const auto here =
        std::find_if(copies.begin(), copies.end(), [&](const domain::EventCopy& copy) { return window.holds(copy); });
    if (here != copies.end())
        return told(*here);
    QStringList paragraphs;
    for (const domain::EventCopy& copy : copies)
        paragraphs += copies.size() == 1 ? told(copy)
                      : copy.event.owner ? Reach::tr("As retry %1. %2").arg(copy.event.retry.value_or(0)).arg(told(copy))
                                         : Reach::tr("As it was sent. %1").arg(told(copy));
    if (copies.empty() && others)
        paragraphs += Reach::tr("Not here: it is stored only as a retry, and only the consumer that gave it back gets "
                                "that one.");
    for (const domain::EventStory::Retry& retry :
         copies.empty() ? std::vector<domain::EventStory::Retry>()
                        : copies.back().story.retries.value_or(std::vector<domain::EventStory::Retry>())) {
        if (retry.owner == window.subId)
            paragraphs += Reach::tr("It waits in retry, due %1.").arg(format::timestamp(retry.dueAt, zone));
    }
    const bool deathsKnown = !copies.empty() && copies.back().story.deaths;
    for (std::size_t at = 0; deathsKnown && at < copies.back().story.deaths->size(); ++at) {
        const domain::EventStory::Death& death = (*copies.back().story.deaths)[at];
        if (death.consumerId == window.consumerId)
            paragraphs += Reach::tr("It was given up %1: %2.")
                              .arg(format::timestamp(death.time, zone),
                                   death.reason.empty() ? Reach::tr("no reason given")
                                                        : format::foreign(masked(death.reason), 200));
    }
    return paragraphs.join(u"\n\n"_s);
}

} // namespace models
