// SPDX-License-Identifier: GPL-3.0-or-later
#include "monitor/recordedtruth.h"

#include <algorithm>
#include <chrono>
#include <tuple>

using namespace std::chrono_literals;
using Kind = pgque::BatchStep::Kind;
using std::chrono::microseconds;

namespace {

// At the end of a transaction, so that windows which receive() itself finishes because they are empty don't count:
// nobody ever held those.
constexpr auto handouts = R"(
create table public.handout (token bigint primary key, queue_id int, sub_id int, owner text, last_tick bigint,
                             next_tick bigint, at timestamptz);
create function public.note_handout() returns trigger language plpgsql as $$
begin
    insert into public.handout
    select s.sub_batch, s.sub_queue, s.sub_id, c.co_name, s.sub_last_tick, s.sub_next_tick, clock_timestamp()
      from pgque.subscription s join pgque.consumer c on c.co_id = s.sub_consumer
     where s.sub_queue = new.sub_queue and s.sub_consumer = new.sub_consumer and s.sub_batch = new.sub_batch
        on conflict do nothing;
    return null;
end $$;
create constraint trigger note_handout after update of sub_batch on pgque.subscription
    deferrable initially deferred for each row when (new.sub_batch is not null)
    execute function public.note_handout();
)";

} // namespace

RecordedTruth::RecordedTruth(pg::Connection& owner) {
    owner.executeScript(handouts, pg::after(20s));
}

void RecordedTruth::add(const sandbox::Deed& deed) {
    const std::lock_guard lock(m_mutex);
    m_deeds.push_back(deed);
}

void RecordedTruth::forcedOut(std::int64_t token, Span when) {
    const std::lock_guard lock(m_mutex);
    m_forcedOut[token] = when;
}

int RecordedTruth::received(const std::string& consumer) const {
    const std::lock_guard lock(m_mutex);
    return int(std::count_if(m_deeds.begin(), m_deeds.end(), [&](const sandbox::Deed& deed) {
        return deed.consumer == consumer && deed.step.kind == Kind::Received;
    }));
}

Span RecordedTruth::spanOf(const pgque::BatchStep& step) {
    return {std::chrono::floor<microseconds>(step.asked), std::chrono::ceil<microseconds>(step.answered)};
}

std::map<std::int64_t, RealBatch> RecordedTruth::batches(pg::Connection& connection, pg::Timestamp until,
                                                         std::vector<std::string>& wrong) const {
    std::map<std::int64_t, RealBatch> all;
    std::map<std::int64_t, pg::Timestamp> committed;
    const auto rows = connection.execute({"select token, queue_id, sub_id, owner, last_tick, next_tick,"
                                          " (extract(epoch from at) * 1000000)::bigint from public.handout",
                                          {}},
                                         pg::after(20s));
    for (const pg::Row row : rows) {
        RealBatch& batch = all[row.get<std::int64_t>(0)];
        batch.queueId = row.get<std::int32_t>(1);
        batch.subId = row.get<std::int32_t>(2);
        batch.owner = row.get<std::string>(3);
        batch.lastTick = row.get<std::int64_t>(4);
        batch.nextTick = row.get<std::int64_t>(5);
        committed[row.get<std::int64_t>(0)] = pg::Timestamp(microseconds(row.get<std::int64_t>(6)));
    }

    const std::lock_guard lock(m_mutex);
    std::map<std::int64_t, bool> told;
    std::map<std::int64_t, Span> lost;
    for (const sandbox::Deed& deed : m_deeds) {
        const std::int64_t token = deed.step.batchId;
        const auto found = all.find(token);
        const std::string about = deed.consumer + ", batch " + std::to_string(token);
        if (found == all.end()) {
            wrong.push_back(about + ": the database knows nothing of it");
            continue;
        }
        RealBatch& batch = found->second;
        if (batch.owner != deed.consumer)
            wrong.push_back(about + ": the database says " + batch.owner);
        const Span span = spanOf(deed.step);
        if (deed.step.kind == Kind::Received && !std::exchange(told[token], true)) {
            batch.began = span;
            if (committed[token] < span.from || committed[token] > span.to)
                wrong.push_back(about + ": handed out before it was asked for, or after it was there");
        } else if (deed.step.kind == Kind::Acknowledged) {
            batch.end = RealBatch::End::Acknowledged;
            batch.ended = span;
        } else if (deed.step.kind == Kind::Lost) {
            lost[token] = span;
        }
    }
    for (auto at = all.begin(); at != all.end();) {
        const bool known = told.contains(at->first);
        if (!known && committed[at->first] < until)
            wrong.push_back("batch " + std::to_string(at->first) + ": nobody tells of having got it");
        at = known ? std::next(at) : all.erase(at);
    }

    std::map<std::tuple<int, int, std::int64_t>, std::int64_t> newest; // by window
    for (auto& [token, batch] : all) {
        const auto [window, first] = newest.try_emplace({batch.queueId, batch.subId, batch.lastTick}, token);
        if (first)
            continue;
        RealBatch& before = all.at(std::exchange(window->second, token));
        if (before.end != RealBatch::End::Open || before.nextTick != batch.nextTick)
            wrong.push_back("batch " + std::to_string(token) + ": its window was finished, or another one");
        before.end = RealBatch::End::TakenOver;
        before.ended = batch.began;
        before.next = token;
        batch.takeovers = before.takeovers + 1;
    }
    for (const auto& [token, when] : m_forcedOut) {
        RealBatch& batch = all.at(token);
        if (batch.end != RealBatch::End::Open)
            wrong.push_back("batch " + std::to_string(token) + ": ended before it was taken away by force");
        batch.end = RealBatch::End::ForcedOut;
        batch.ended = when;
    }
    // An acknowledgement whose answer did not come in time: repeated, it finds the token void.
    for (const auto& [token, when] : lost) {
        if (RealBatch& batch = all.at(token); batch.end == RealBatch::End::Open) {
            batch.end = RealBatch::End::Unexplained;
            batch.ended = {batch.began.from, when.to};
        }
    }
    return all;
}
