// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/workqueues.h"
#include "models/madesnapshots.h"

#include <algorithm>

/// Looks at work queues made by hand.
namespace made {

/// Two installs with queues, messages in flight, poison, barriers in several states, and one that could not be read.
inline std::shared_ptr<domain::WorkLooks> shopWork(pg::Timestamp at = now) {
    using std::chrono::seconds;
    const auto before = [at](int count) { return at - seconds(count); };
    auto looks = std::make_shared<domain::WorkLooks>();
    looks->takenAt = at;
    domain::WorkLook ours;
    ours.sample.takenAt = before(1);
    ours.sample.serverMs = 2.5;
    ours.sample.install = {"workqueue", domain::WorkGeneration::Scheduled, true, true, true, true, true, true, true,
                           true};
    ours.sample.leader = domain::WorkLeader{"reaper-1", before(9'000), before(12), before(70)};
    ours.sample.counters = domain::WorkCounters{10'000, 25'000, 20'000, 9'000, 1'000, 77, before(600)};
    domain::WorkQueue thumbnails;
    thumbnails.name = "thumbnails";
    thumbnails.bands = {{9, {3, false, before(1)}, before(40), 812, 1, 2, 1},
                        {5, {1'000, true, before(1)}, before(900), 7, 0, 0, 0}};
    thumbnails.claimed = 2;
    thumbnails.lapsed = 1;
    thumbnails.worstLapse = seconds(95);
    thumbnails.nextLapse = before(-20);
    thumbnails.scheduled = 12;
    thumbnails.overdue = 1;
    thumbnails.nextDue = before(3);
    thumbnails.poison = 2;
    thumbnails.highestReads = 9;
    thumbnails.reads = {{2, 14}, {6, 1}, {9, 1}};
    thumbnails.dead = 4;
    thumbnails.leaseSeconds = 30;
    domain::WorkQueue mails;
    mails.name = "mails";
    mails.paused = true;
    ours.sample.queues = {mails, thumbnails};
    ours.barriers.takenAt = before(1);
    ours.barriers.rows = {{"run-7", "acme", 2, 10, 9, 1, before(40'000), before(20'000), before(-4'000)},
                          {"run-8", "", -1, {}, 3, 2, before(400), before(20), before(-4'000)}};
    ours.horizon = domain::HorizonHolder{
        domain::HorizonHolder::Kind::Session, 4'711, "report", 12'000, before(7'000), "idle in transaction"};
    domain::WorkMessage poison;
    poison.id = 812;
    poison.queue = "thumbnails";
    poison.state = "claimed";
    poison.enqueuedAt = before(9'000);
    poison.leaseEnds = before(-4);
    poison.reads = 9;
    poison.holder = "worker-2";
    poison.bytes = 120;
    ours.poison = {poison};
    domain::WorkLook theirs;
    theirs.sample.takenAt = at;
    theirs.sample.install.schema = "jobs";
    theirs.sample.install.generation = domain::WorkGeneration::LeaseOnly;
    theirs.sample.queues = {domain::WorkQueue()};
    theirs.sample.queues[0].name = "imports";
    looks->installs = {ours, theirs};
    pg::Failure denied;
    denied.kind = pg::ErrorKind::Server;
    denied.diagnostics.sqlState = "42501";
    denied.diagnostics.message = "permission denied for schema secret";
    looks->errors.push_back({"secret", denied});
    return looks;
}

/// Random looks with much in common; now and then two rows of the same key.
inline std::shared_ptr<domain::WorkLooks> randomWork(std::mt19937& generator) {
    const auto draw = [&](int below) { return std::uniform_int_distribution<int>(0, below - 1)(generator); };
    auto looks = shopWork(ago(draw(1'000)));
    if (draw(4) == 0)
        looks->errors.clear();
    for (domain::WorkLook& look : looks->installs) {
        domain::WorkSample& sample = look.sample;
        if (draw(3) == 0)
            sample.counters.reset();
        if (draw(3) == 0)
            sample.leader.reset();
        for (int i = draw(6); i > 0; --i) {
            domain::WorkQueue queue;
            queue.name = "q" + std::to_string(draw(5));
            queue.claimed = draw(9);
            queue.paused = draw(2) == 1;
            for (int band = draw(4); band > 0; --band)
                queue.bands.push_back({draw(10),
                                       {draw(1'000), draw(2) == 1, ago(draw(5))},
                                       ago(draw(99)),
                                       draw(999),
                                       draw(3),
                                       draw(3),
                                       0});
            for (int reads = draw(4); reads > 0; --reads)
                queue.reads.push_back({reads + 1, draw(50)});
            sample.queues.push_back(queue);
        }
        std::shuffle(sample.queues.begin(), sample.queues.end(), generator);
        for (domain::Barrier& barrier : look.barriers.rows)
            barrier.remaining = draw(5);
        if (draw(2) == 0)
            look.horizon.reset();
        if (draw(3) == 0)
            look.poison.clear();
    }
    if (draw(3) == 0)
        std::swap(looks->installs[0], looks->installs[1]);
    if (draw(4) == 0)
        looks->installs.pop_back();
    return looks;
}

} // namespace made
