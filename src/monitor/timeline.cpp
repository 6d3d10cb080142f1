// SPDX-License-Identifier: GPL-3.0-or-later
#include "monitor/timeline.h"

#include <algorithm>
#include <tuple>

namespace monitor {

namespace {

constexpr std::size_t mostSteps = 5'000; ///< of a track: cursor steps, waits, stretches without a bar
constexpr std::size_t mostHeartbeats = 2'000;
constexpr std::size_t mostTicks = 2'000;
constexpr std::size_t mostGaps = 1'000;
constexpr std::size_t mostOwn = 1'000;
constexpr std::size_t leastBars = 20;
/// So many batches at most a member can have had while another held one window.
constexpr std::size_t mostBetween = 200;
constexpr auto keptAfterwards = std::chrono::hours(24); ///< a track of which nothing is registered any more

/// Forgets some of the oldest at a time: each time what follows moves up. Most consumers have little to forget, and a
/// deque takes half a kilobyte while it is empty.
template <class T>
void bound(std::vector<T>& all, std::size_t most) {
    if (all.size() > most)
        all.erase(all.begin(), all.begin() + std::ptrdiff_t(all.size() - most + most / 8));
}

bool isMember(const domain::Subscription& row) {
    return row.role == domain::Role::CoopMember;
}

bool sameWindow(const Bar& bar, const domain::Subscription& row) {
    return row.lastTick == bar.lastTick && row.nextTick == bar.nextTick;
}

/// The row of a lane, or null.
const domain::Subscription* rowOf(const std::vector<const domain::Subscription*>& rows, std::int32_t consumerId) {
    const auto found = std::find_if(rows.begin(), rows.end(), [consumerId](const domain::Subscription* row) {
        return row->consumerId == consumerId;
    });
    return found == rows.end() ? nullptr : *found;
}

/// The group's own lane first, then by name.
bool before(const Lane& a, const Lane& b) {
    const bool aMember = a.role == domain::Role::CoopMember;
    const bool bMember = b.role == domain::Role::CoopMember;
    return std::tie(aMember, a.name, a.consumerId) < std::tie(bMember, b.name, b.consumerId);
}

Lane& laneOf(Track& track, const domain::Subscription& row) {
    auto found = std::find_if(track.lanes.begin(), track.lanes.end(),
                              [&row](const Lane& lane) { return lane.consumerId == row.consumerId; });
    if (found == track.lanes.end()) {
        // Registered anew under the same name: the same person to whoever looks.
        found = std::find_if(track.lanes.begin(), track.lanes.end(),
                             [&row](const Lane& lane) { return lane.goneSince && lane.name == row.consumerName; });
    }
    if (found == track.lanes.end()) {
        Lane lane;
        lane.consumerId = row.consumerId;
        lane.name = row.consumerName;
        lane.role = row.role;
        found = track.lanes.insert(std::upper_bound(track.lanes.begin(), track.lanes.end(), lane, before), lane);
    }
    found->consumerId = row.consumerId;
    found->role = row.role;
    return *found;
}

/// When a look began, by the server's clock: what it found was so then or later.
domain::Timestamp beginOf(const domain::Snapshot& look) {
    return look.takenAt -
           std::chrono::ceil<pg::Interval>(std::chrono::duration<double, std::milli>(look.cost.serverMs));
}

Bar openBar(const Track& track, const domain::Subscription& row, domain::Timestamp began, domain::Timestamp now,
            bool observedBefore) {
    Bar bar;
    bar.token = *row.batch;
    bar.lastTick = row.lastTick.value_or(0);
    bar.nextTick = row.nextTick.value_or(0);
    bar.events = row.windowEstimate();
    bar.takeovers = row.takeovers;
    bar.lastSeen = std::max(began, row.batchSince.value_or(began));
    if (row.batchSince)
        bar.began = {row.batchSince, *row.batchSince};
    else
        // It can't have been handed out before its last tick was made.
        bar.began = {observedBefore ? std::optional(track.lastLookBegan) : row.nextTickTime, now};
    return bar;
}

} // namespace

const Bar* Lane::open() const {
    return !bars.empty() && bars.back().end == BarEnd::Open ? &bars.back() : nullptr;
}

std::optional<Track::Place> Track::find(std::int64_t token) const {
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
        const auto& all = lanes[lane].bars;
        const auto found =
            lanes[lane].ascending
                ? std::lower_bound(all.begin(), all.end(), token,
                                   [](const Bar& bar, std::int64_t wanted) { return bar.token < wanted; })
                : std::find_if(all.begin(), all.end(), [token](const Bar& bar) { return bar.token == token; });
        if (found != all.end() && found->token == token)
            return Place{lane, std::size_t(found - all.begin())};
    }
    return std::nullopt;
}

std::vector<Track::Place> Track::lineage(std::int64_t token) const {
    std::vector<Place> places;
    const auto own = find(token);
    if (!own)
        return places;
    const Bar& wanted = lanes[own->lane].bars[own->bar];
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
        for (std::size_t bar = 0; bar < lanes[lane].bars.size(); ++bar) {
            const Bar& other = lanes[lane].bars[bar];
            if (other.lastTick == wanted.lastTick && other.nextTick == wanted.nextTick)
                places.push_back({lane, bar});
        }
    }
    std::sort(places.begin(), places.end(), [this](const Place& a, const Place& b) {
        return lanes[a.lane].bars[a.bar].token < lanes[b.lane].bars[b.bar].token;
    });
    return places;
}

Timeline::Key Timeline::key(std::int32_t queueId, std::int32_t subId) {
    return (static_cast<Key>(static_cast<std::uint32_t>(queueId)) << 32) | static_cast<std::uint32_t>(subId);
}

/// False: this look is older than one that is known already.
bool Timeline::begin(const domain::Snapshot& snapshot, pg::Interval gap) {
    constexpr auto clockWentBack = std::chrono::seconds(10);
    const domain::Timestamp now = snapshot.takenAt;
    if (std::string install = snapshot.capabilities.identity(); install != m_install) {
        clear();
        m_install = std::move(install);
    }
    if (m_lastLook && now <= *m_lastLook) {
        if (*m_lastLook - now < clockWentBack)
            return false;
        clear();
    }
    if (m_lastLook && (now - *m_lastLook > gap || m_interrupted == m_lastLook)) {
        m_gaps.push_back({*m_lastLook, now});
        bound(m_gaps, mostGaps);
        m_interrupted = m_lastLook;
    }
    m_lastLook = now;
    return true;
}

void Timeline::add(const domain::Snapshot& snapshot, pg::Interval gap) {
    const domain::Timestamp now = snapshot.takenAt;
    if (!begin(snapshot, gap))
        return;
    for (const domain::Queue& queue : snapshot.queues)
        rememberTicks(queue);
    std::vector<std::pair<Key, const domain::Subscription*>> all;
    all.reserve(snapshot.subscriptions.size());
    for (const domain::Subscription& row : snapshot.subscriptions)
        all.emplace_back(key(row.queueId, row.subId), &row);
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    Rows rows;
    for (auto from = all.begin(); from != all.end();) {
        rows.clear();
        const Key track = from->first;
        for (; from != all.end() && from->first == track; ++from)
            rows.push_back(from->second);
        lookAt(snapshot, m_tracks[track], rows, gap, {});
    }
    for (auto at = m_tracks.begin(); at != m_tracks.end();) {
        lose(at->second, now, gap);
        const Track& track = at->second;
        const bool over = track.lastLook != now && (track.bars == 0 || now - track.lastLook > keptAfterwards);
        at = over ? m_tracks.erase(at) : std::next(at);
    }
    followWaits(snapshot);
}

void Timeline::addTrack(const domain::Snapshot& snapshot, std::int32_t queueId, std::int32_t subId, pg::Interval gap,
                        Drawn drawn) {
    if (!begin(snapshot, gap))
        return;
    for (const domain::Queue& queue : snapshot.queues)
        rememberTicks(queue);
    Rows rows;
    for (const domain::Subscription& row : snapshot.subscriptions)
        rows.push_back(&row);
    // Of two looks, what was read before the first and after the second: nothing drawn between them is missed.
    const auto count = drawn.after && m_tokenBefore ? std::optional(*drawn.after - *m_tokenBefore) : std::nullopt;
    Track& track = m_tracks[key(queueId, subId)];
    if (rows.empty())
        lose(track, snapshot.takenAt, gap);
    else
        lookAt(snapshot, track, rows, gap, count);
    m_tokenBefore = drawn.before;
}

void Timeline::lookAt(const domain::Snapshot& snapshot, Track& track, const Rows& rows, pg::Interval gap,
                      std::optional<std::int64_t> drawn) {
    Look look;
    look.now = snapshot.takenAt;
    look.began = beginOf(snapshot);
    look.first = track.lanes.empty();
    look.drawn = drawn;
    look.afterGap =
        !look.first && (look.now - track.lastLook > gap || (m_interrupted && track.lastLook <= *m_interrupted));
    if (look.first) {
        track.queueId = rows.front()->queueId;
        track.subId = rows.front()->subId;
        track.firstLook = look.now;
    }
    if (track.queue.empty()) {
        if (const domain::Queue* queue = snapshot.queue(track.queueId))
            track.queue = queue->name;
    }
    for (const Lane& lane : track.lanes)
        look.memberGone |= !lane.goneSince && !rowOf(rows, lane.consumerId);
    endBars(track, rows, look);
    followCursor(track, rows, look);
    continueBars(track, rows, look);
    track.lastLook = look.now;
    track.lastLookBegan = look.began;
    const auto main = std::find_if(track.lanes.begin(), track.lanes.end(),
                                   [](const Lane& lane) { return lane.role != domain::Role::CoopMember; });
    track.name =
        main != track.lanes.end() ? main->name : track.lanes.front().name.substr(0, track.lanes.front().name.find('.'));
    forgetOldest(track);
}

/// Nothing of it is registered any more, unless it was looked at just now.
void Timeline::lose(Track& track, domain::Timestamp now, pg::Interval gap) {
    if (track.lastLook == now || std::all_of(track.lanes.begin(), track.lanes.end(),
                                             [](const Lane& lane) { return lane.goneSince.has_value(); }))
        return;
    Look look;
    look.now = now;
    look.memberGone = true;
    look.afterGap = now - track.lastLook > gap || (m_interrupted && track.lastLook <= *m_interrupted);
    endBars(track, {}, look);
}

void Timeline::endBars(Track& track, const Rows& rows, const Look& look) {
    for (Lane& lane : track.lanes) {
        const domain::Subscription* row = rowOf(rows, lane.consumerId);
        if (lane.open() && (!row || row->batch != lane.open()->token))
            endBar(lane, row, rows, look);
        if (!row && !lane.goneSince)
            lane.goneSince = look.now;
    }
}

void Timeline::endBar(Lane& lane, const domain::Subscription* row, const Rows& rows, const Look& look) {
    Bar& bar = lane.bars.back();
    bar.ended = {bar.lastSeen, look.now};
    bar.end = BarEnd::NotSeen;
    const auto taker = std::find_if(rows.begin(), rows.end(), [&bar](const domain::Subscription* other) {
        return other->batch && *other->batch != bar.token && sameWindow(bar, *other);
    });
    if (const auto own = m_did.find(bar.token); own != m_did.end()) {
        bar.end = own->second;
        bar.ours = true;
        m_did.erase(own);
    } else if (taker != rows.end()) {
        bar.end = BarEnd::TakenOver;
    } else if (!look.afterGap && row && isMember(*row)) {
        // A member that took it over may be gone with it.
        bar.end = look.memberGone ? BarEnd::NotSeen : BarEnd::Finished;
    } else if (!look.afterGap && row && row->lastTick && *row->lastTick >= bar.nextTick && lane.role == row->role) {
        bar.end = BarEnd::Finished;
    }
    if (taker == rows.end())
        return;
    const domain::Subscription& next = **taker;
    bar.successor = *next.batch;
    const bool atOnce = bar.takeovers && next.takeovers == *bar.takeovers + 1;
    if (atOnce && next.batchSince && *next.batchSince >= bar.lastSeen)
        bar.ended = {next.batchSince, *next.batchSince};
}

void Timeline::continueBars(Track& track, const Rows& rows, const Look& look) {
    for (const domain::Subscription* row : rows) {
        const bool known = std::any_of(track.lanes.begin(), track.lanes.end(), [row](const Lane& lane) {
            return lane.consumerId == row->consumerId && !lane.goneSince;
        });
        Lane& lane = laneOf(track, *row);
        lane.goneSince.reset();
        if (row->batch && lane.open()) { // endBars() left only the one that is still the same
            Bar& bar = lane.bars.back();
            bar.lastSeen = std::max(bar.lastSeen, look.began);
            if (row->active > lane.active) {
                ++bar.heartbeats;
                lane.heartbeats.push_back(row->active);
                bound(lane.heartbeats, mostHeartbeats);
            }
        } else if (row->batch) {
            Bar bar = openBar(track, *row, look.began, look.now, known && !look.first && !look.afterGap);
            int before = 0;
            for (const Lane& other : track.lanes) {
                std::size_t looked = 0;
                for (auto seen = other.bars.rbegin(); seen != other.bars.rend() && looked < mostBetween;
                     ++seen, ++looked) {
                    if (seen->lastTick != bar.lastTick || seen->nextTick != bar.nextTick)
                        continue;
                    ++before;
                    bar.predecessor = std::max(bar.predecessor, seen->token);
                }
            }
            bar.unseenBefore = std::max(0, bar.takeovers.value_or(0) - before);
            lane.ascending = lane.ascending && (lane.bars.empty() || lane.bars.back().token < bar.token);
            lane.bars.push_back(bar);
            ++track.bars;
        }
        lane.active = row->active;
    }
}

/// Before the new bars are there: which of them the cursor's way is made of is read from the rows.
void Timeline::followCursor(Track& track, const Rows& rows, const Look& look) {
    const auto main = std::find_if(rows.begin(), rows.end(),
                                   [](const domain::Subscription* row) { return !isMember(*row) && row->lastTick; });
    if (main == rows.end())
        return;
    const std::int64_t to = *(*main)->lastTick;
    const std::int64_t from = track.cursor.empty() ? to : track.cursor.back().tick;
    if (track.cursor.empty() || from != to) {
        track.cursor.push_back({look.now, to});
        bound(track.cursor, mostSteps);
    }
    if (to <= from || look.first)
        return;
    std::int64_t covered = 0;
    const auto cover = [&](std::int64_t last, std::int64_t next) {
        if (last >= from && next <= to)
            covered += next - last;
    };
    for (const domain::Subscription* row : rows) {
        // A group's cursor moves when a window is handed out.
        if (isMember(*row) && row->batch && row->lastTick && row->nextTick)
            cover(*row->lastTick, *row->nextTick);
    }
    if ((*main)->role == domain::Role::Normal) {
        // A normal consumer's when it is finished.
        for (const Lane& lane : track.lanes) {
            if (!lane.bars.empty() && lane.bars.back().end != BarEnd::Open && lane.bars.back().ended.latest == look.now)
                cover(lane.bars.back().lastTick, lane.bars.back().nextTick);
        }
    }
    std::int64_t rest = to - from - covered;
    if (look.drawn)
        rest = std::min(rest, std::max<std::int64_t>(0, *look.drawn));
    if (rest > 0) {
        track.unseen.push_back({track.lastLook, look.now, from, to, rest});
        bound(track.unseen, mostSteps);
    }
}

void Timeline::followWaits(const domain::Snapshot& snapshot) {
    if (!snapshot.activity || snapshot.activity->takenAt == m_activityAt)
        return;
    const domain::Timestamp before = std::exchange(m_activityAt, snapshot.activity->takenAt);
    for (const domain::RowLock& lock : snapshot.activity->rowLocks) {
        const domain::Subscription* row = snapshot.subscription(lock.queueId, lock.consumerId);
        if (lock.waiting.empty() || !row || isMember(*row))
            continue;
        const auto found = m_tracks.find(key(row->queueId, row->subId));
        if (found == m_tracks.end())
            continue;
        std::vector<RowWait>& waits = found->second.waits;
        if (!waits.empty() && waits.back().pid == lock.pid && waits.back().to == before) {
            waits.back().to = m_activityAt;
            waits.back().waiting = std::max(waits.back().waiting, lock.waiting.size());
        } else {
            waits.push_back({m_activityAt, m_activityAt, lock.pid, lock.waiting.size()});
            bound(waits, mostSteps);
        }
    }
}

void Timeline::rememberTicks(const domain::Queue& queue) {
    if (!queue.lastTick)
        return;
    std::vector<TickMark>& ticks = m_ticks[queue.id];
    if (!ticks.empty() && ticks.back().id >= queue.lastTick->id)
        return;
    ticks.push_back({queue.lastTick->id, queue.lastTick->time});
    bound(ticks, queue.id == static_cast<std::int32_t>(m_focus >> 32) ? 10 * mostTicks : mostTicks / 4);
}

std::size_t Timeline::limitOf(const Track& track) const {
    if (key(track.queueId, track.subId) == m_focus)
        return m_limits.focused;
    return std::min(m_limits.barsOfTrack,
                    std::max(leastBars, m_limits.bars / std::max<std::size_t>(1, m_tracks.size())));
}

void Timeline::forgetOldest(Track& track) {
    const std::size_t limit = limitOf(track);
    if (track.bars <= limit)
        return;
    const std::size_t left = limit - limit / 16;
    std::vector<std::size_t> gone(track.lanes.size());
    const auto front = [&](std::size_t lane) -> const Bar* {
        const auto& bars = track.lanes[lane].bars;
        return gone[lane] < bars.size() && bars[gone[lane]].end != BarEnd::Open ? &bars[gone[lane]] : nullptr;
    };
    for (; track.bars > left; --track.bars, ++track.dropped) {
        std::optional<std::size_t> oldest;
        for (std::size_t lane = 0; lane < track.lanes.size(); ++lane) {
            if (front(lane) && (!oldest || front(lane)->ended.latest < front(*oldest)->ended.latest))
                oldest = lane;
        }
        if (!oldest)
            break;
        ++gone[*oldest];
    }
    for (std::size_t lane = 0; lane < track.lanes.size(); ++lane) {
        auto& bars = track.lanes[lane].bars;
        bars.erase(bars.begin(), bars.begin() + std::ptrdiff_t(gone[lane]));
    }
}

void Timeline::did(std::int64_t token, BarEnd end) {
    // The look that shows it may have come before the answer.
    for (auto& [at, track] : m_tracks) {
        const auto place = track.find(token);
        if (!place)
            continue;
        Bar& bar = track.lanes[place->lane].bars[place->bar];
        if (bar.end != BarEnd::Open) {
            bar.end = end;
            bar.ours = true;
            return;
        }
    }
    m_did[token] = end;
    if (m_did.size() > mostOwn)
        m_did.erase(m_did.begin());
}

void Timeline::interrupt() {
    m_interrupted = m_lastLook;
}

void Timeline::focus(std::int32_t queueId, std::int32_t subId) {
    m_focus = key(queueId, subId);
}

void Timeline::clear() {
    m_tracks.clear();
    m_ticks.clear();
    m_did.clear();
    m_gaps.clear();
    m_lastLook.reset();
    m_interrupted.reset();
    m_tokenBefore.reset();
    m_activityAt = {};
}

const Track* Timeline::track(std::int32_t queueId, std::int32_t subId) const {
    const auto found = m_tracks.find(key(queueId, subId));
    return found == m_tracks.end() || found->second.lanes.empty() ? nullptr : &found->second;
}

std::vector<const Track*> Timeline::tracks() const {
    std::vector<const Track*> all;
    for (const auto& [at, track] : m_tracks) {
        if (!track.lanes.empty())
            all.push_back(&track);
    }
    std::sort(all.begin(), all.end(),
              [](const Track* a, const Track* b) { return std::tie(a->queue, a->name) < std::tie(b->queue, b->name); });
    return all;
}

const std::vector<TickMark>& Timeline::ticks(std::int32_t queueId) const {
    static const std::vector<TickMark> none;
    const auto found = m_ticks.find(queueId);
    return found == m_ticks.end() ? none : found->second;
}

Timeline timelineOf(const std::vector<domain::SnapshotPtr>& looks, const std::map<std::int64_t, BarEnd>& ends) {
    constexpr std::size_t around = 10;
    Timeline timeline;
    for (const auto& [token, end] : ends)
        timeline.did(token, end);
    std::vector<pg::Interval> steps;
    for (std::size_t i = 1; i < looks.size(); ++i)
        steps.push_back(looks[i]->takenAt - looks[i - 1]->takenAt);
    for (std::size_t i = 0; i < looks.size(); ++i) {
        // The step that is usual here: recordings get coarser as they age.
        std::vector<pg::Interval> near(steps.begin() + std::ptrdiff_t(i > around ? i - around : 0),
                                       steps.begin() + std::ptrdiff_t(std::min(steps.size(), i + around)));
        pg::Interval usual{};
        if (!near.empty()) {
            const auto middle = near.begin() + std::ptrdiff_t(near.size() / 2);
            std::nth_element(near.begin(), middle, near.end());
            usual = *middle;
        }
        if (i == 0)
            timeline.focus(looks[i]->queues.empty() ? 0 : looks[i]->queues.front().id,
                           looks[i]->subscriptions.empty() ? 0 : looks[i]->subscriptions.front().subId);
        timeline.add(*looks[i], gapAfter(usual));
    }
    return timeline;
}

pg::Interval gapAfter(pg::Interval period) {
    return period * 5 / 2 + std::chrono::seconds(1);
}

} // namespace monitor
