// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/madesnapshots.h"

#include <algorithm>
#include <set>

namespace made {

using namespace std::chrono_literals;
using domain::Role;

domain::Queue queue(std::int32_t id, const std::string& name) {
    domain::Queue queue;
    queue.id = id;
    queue.name = name;
    queue.rotationPeriod = 2h;
    queue.switchTime = ago(3600);
    queue.switchStep2 = 900;
    queue.tickerMaxLag = 3s;
    queue.tickerIdlePeriod = 60s;
    queue.dataPrefix = "pgque.event_" + std::to_string(id);
    queue.lastTick = domain::Tick{41'900 + id, ago(0.1), 146'800, 1'000, 1'001};
    queue.earlierTick = domain::Tick{41'880 + id, ago(20.1), 143'300, 990, 991};
    queue.eventSeqNow = 146'896;
    queue.retry = domain::Count{0, false, ago(4)};
    queue.retryDue = queue.retry;
    queue.dead = queue.retry;
    queue.lowestTick = queue.lastTick;
    return queue;
}

domain::Subscription subscription(const domain::Queue& queue, std::int32_t consumerId, const std::string& name,
                                  Role role, std::int32_t subId) {
    domain::Subscription row;
    row.queueId = queue.id;
    row.consumerId = consumerId;
    row.consumerName = name;
    row.subId = subId;
    row.role = role;
    row.active = ago(0.7);
    if (role != Role::CoopMember) {
        row.lastTick = queue.lastTick->id;
        row.lastTickTime = queue.lastTick->time;
        row.lastTickSeq = queue.lastTick->eventSeq;
        row.lastTickXmin = queue.lastTick->xmin;
    }
    return row;
}

void openBatch(domain::Subscription& subscription, const domain::Queue& queue, std::int64_t batch, double heartbeatAge,
               std::int64_t events) {
    subscription.batch = batch;
    subscription.active = ago(heartbeatAge);
    subscription.nextTick = queue.lastTick->id - 2;
    subscription.lastTick = queue.lastTick->id - 3;
    subscription.nextTickSeq = queue.lastTick->eventSeq - 100;
    subscription.lastTickSeq = *subscription.nextTickSeq - events;
    subscription.nextTickTime = ago(heartbeatAge + 0.4);
    subscription.lastTickTime = ago(heartbeatAge + 3.4);
    subscription.lastTickXmin = 980;
}

namespace {

std::shared_ptr<domain::Snapshot> empty() {
    auto snapshot = std::make_shared<domain::Snapshot>();
    snapshot->number = 1;
    snapshot->takenAt = now;
    snapshot->receivedAt = pg::Clock::now();
    snapshot->cost = {10.6, 11.4, 18'432, 3};
    domain::Capabilities& can = snapshot->capabilities;
    can.serverVersion = 150020;
    can.serverVersionText = "15.20";
    can.host = "db1";
    can.port = "5432";
    can.database = "orders";
    can.user = "app_ops";
    can.origin = domain::SchemaOrigin::Ours;
    can.schemaVersion = "0.2.0";
    can.schemaUsable = true;
    return snapshot;
}

void setRate(domain::Queue& queue, double perSecond) {
    queue.earlierTick->eventSeq = queue.lastTick->eventSeq - static_cast<std::int64_t>(perSecond * 20);
}

void addGroup(domain::Snapshot& snapshot, const domain::Queue& queue, std::int32_t firstId, const std::string& group,
              int members) {
    snapshot.subscriptions.push_back(subscription(queue, firstId, group, Role::CoopMain, firstId));
    for (int member = 1; member <= members; ++member)
        snapshot.subscriptions.push_back(subscription(
            queue, firstId + member, group + ".worker-" + std::to_string(member), Role::CoopMember, firstId));
}

} // namespace

std::shared_ptr<domain::Snapshot> shop() {
    auto snapshot = empty();
    const char* names[] = {"audit", "catalog", "emails", "invoices", "legacy_sync", "orders", "payments", "webhooks"};
    const double rates[] = {12.1, 210, 3.2, 0, 0, 1180, 640, 88};
    for (int at = 0; at < 8; ++at) {
        snapshot->queues.push_back(queue(at + 1, names[at]));
        setRate(snapshot->queues.back(), rates[at]);
    }
    auto& queues = snapshot->queues;
    queues[0].switchTime = ago(8 * 3600);
    queues[0].lowestTick = domain::Tick{55'201, ago(71'000), 12'000, 500, 501};
    queues[2].retry = domain::Count{3, false, ago(4)};
    queues[3].dead = domain::Count{12, false, ago(4)};
    queues[3].lastTick->time = ago(31);
    queues[4].tickerPaused = true;
    queues[5].retry = domain::Count{412, false, ago(4)};
    queues[5].dead = domain::Count{1000, true, ago(4)};

    auto archiver = subscription(queues[0], 10, "audit-archiver", Role::Normal, 10);
    archiver.lastTick = 55'201;
    archiver.lastTickTime = ago(71'000);
    archiver.lastTickSeq = queues[0].lastTick->eventSeq - 1'204'330;
    archiver.active = ago(71'000);
    snapshot->subscriptions.push_back(archiver);
    snapshot->subscriptions.push_back(subscription(queues[0], 11, "search", Role::Normal, 11));
    auto indexer = subscription(queues[1], 12, "indexer", Role::Normal, 12);
    openBatch(indexer, queues[1], 8120, 0.4, 96);
    snapshot->subscriptions.push_back(indexer);
    snapshot->subscriptions.push_back(subscription(queues[2], 13, "smtp", Role::Normal, 13));
    addGroup(*snapshot, queues[5], 20, "billing", 4);
    auto& rows = snapshot->subscriptions;
    openBatch(rows[rows.size() - 2], queues[5], 8123, 830);
    openBatch(rows[rows.size() - 4], queues[5], 8131, 1.2);
    openBatch(rows[rows.size() - 3], queues[5], 8132, 0.8, 498);
    openBatch(rows[rows.size() - 1], queues[5], 8133, 4);
    rows[rows.size() - 1].batchFirstSeen = ago(151);
    addGroup(*snapshot, queues[6], 30, "ledger", 2);
    openBatch(rows[rows.size() - 2], queues[6], 8119, 0.3, 120);
    snapshot->subscriptions.push_back(subscription(queues[7], 40, "notifier", Role::Normal, 40));
    snapshot->buildIndex();
    return snapshot;
}

domain::Diagnosis shopFindings() {
    domain::Diagnosis diagnosis;
    domain::Finding stuck;
    stuck.rule = "stale_heartbeat";
    stuck.severity = domain::Severity::Critical;
    stuck.subject = {"orders", "billing", "worker-3", 8123};
    stuck.since = ago(830);
    stuck.title = "billing.worker-3 has held batch 8123 for at least 13 min 50 s";
    stuck.cause = "No heartbeat since, and its session is unknown.";
    stuck.consequence = "500 events wait; the group goes on with 3 of 4 workers. Rotation of orders is pinned.";
    domain::ActionRequest force;
    force.action = "force_unregister";
    force.queue = "orders";
    force.consumer = "billing";
    force.subconsumer = "worker-3";
    force.batch = 8123;
    stuck.remedies.push_back(force);
    domain::Finding behind;
    behind.rule = "rotation_pinned";
    behind.severity = domain::Severity::Warning;
    behind.subject = {"audit", "audit-archiver", {}, std::nullopt};
    behind.since = ago(71'000);
    behind.title = "audit-archiver reads nothing since yesterday 18:20; it pins tick 55 201 of queue audit";
    behind.consequence = "Table event_1_1 can't be truncated; the next rotation is 6 h overdue.";
    domain::ActionRequest unsubscribe;
    unsubscribe.action = "unsubscribe";
    unsubscribe.queue = "audit";
    unsubscribe.consumer = "audit-archiver";
    behind.remedies.push_back(unsubscribe);
    diagnosis.findings = {stuck, behind};
    diagnosis.rulesEvaluated = 31;
    diagnosis.notEvaluated = {{"growing_dead", "needs a minute of history"}};
    return diagnosis;
}

std::shared_ptr<domain::Snapshot> many(int queues, int consumersEach) {
    auto snapshot = empty();
    for (int id = 1; id <= queues; ++id) {
        std::string name = std::to_string(id);
        name.insert(0, 5 - std::min<std::size_t>(5, name.size()), '0');
        snapshot->queues.push_back(queue(id, "queue_" + name));
        for (int consumer = 1; consumer <= consumersEach; ++consumer) {
            const std::int32_t consumerId = id * 100 + consumer;
            snapshot->subscriptions.push_back(subscription(
                snapshot->queues.back(), consumerId, "consumer_" + std::to_string(consumer), Role::Normal, consumerId));
        }
    }
    snapshot->buildIndex();
    return snapshot;
}

std::shared_ptr<domain::Snapshot> changed(const domain::Snapshot& before, std::mt19937& generator, bool moments) {
    const auto number = [&generator](int below) {
        return static_cast<std::int32_t>(generator() % static_cast<unsigned>(below));
    };
    const auto sometimes = [&number](auto& value, auto make) {
        if (number(6) == 0)
            value = make();
    };
    const auto moment = [&] { return before.takenAt - std::chrono::milliseconds(number(400'000) - 5'000); };
    const auto tick = [&] {
        return domain::Tick{41'900 + number(100), moment(), 146'000 + number(2'000), 900 + number(100), 1'100};
    };
    const auto maybe = [&number](auto value) {
        return number(4) == 0 ? std::optional<decltype(value)>() : std::optional(value);
    };
    const auto count = [&] { return maybe(domain::Count{number(3) * 700, number(2) == 0, moment()}); };
    auto snapshot = std::make_shared<domain::Snapshot>(before);
    snapshot->takenAt += 1s;
    for (domain::Queue& queue : snapshot->queues) {
        sometimes(queue.lastTick, [&] { return maybe(tick()); });
        sometimes(queue.earlierTick, [&] { return maybe(tick()); });
        sometimes(queue.lowestTick, [&] { return maybe(tick()); });
        sometimes(queue.eventSeqNow, [&] { return maybe(std::int64_t(146'000 + number(3'000))); });
        sometimes(queue.retry, count);
        sometimes(queue.retryDue, count);
        sometimes(queue.retryAhead, count);
        sometimes(queue.retryLastTry, count);
        sometimes(queue.dead, count);
        sometimes(queue.oldestRetryDue, [&] { return maybe(moment()); });
        sometimes(queue.newestDead, [&] { return maybe(moment()); });
        sometimes(queue.switchTime, moment);
        sometimes(queue.switchStep2, [&] { return maybe(std::int64_t(number(1'000))); });
        sometimes(queue.rotationPeriod, [&] { return std::chrono::seconds(number(9'000)); });
        sometimes(queue.tickerPaused, [&] { return number(2) == 0; });
        sometimes(queue.externalTicker, [&] { return number(2) == 0; });
        sometimes(queue.insertDisabled, [&] { return number(2) == 0; });
        sometimes(queue.lowestTickMissing, [&] { return number(2) == 0; });
        sometimes(queue.tickerMaxCount, [&] { return 100 * number(9); });
        sometimes(queue.maxRetries, [&] { return maybe(number(9)); });
        sometimes(queue.currentTable, [&] { return number(3); });
    }
    for (domain::Subscription& row : snapshot->subscriptions) {
        sometimes(row.lastTick, [&] { return maybe(std::int64_t(41'900 + number(50))); });
        sometimes(row.nextTick, [&] { return maybe(std::int64_t(41'950 + number(50))); });
        sometimes(row.lastTickTime, [&] { return maybe(moment()); });
        sometimes(row.nextTickTime, [&] { return maybe(moment()); });
        sometimes(row.lastTickSeq, [&] { return maybe(std::int64_t(146'000 + number(500))); });
        sometimes(row.nextTickSeq, [&] { return maybe(std::int64_t(146'600 + number(500))); });
        sometimes(row.lastTickXmin, [&] { return maybe(std::int64_t(900 + number(90))); });
        sometimes(row.takeovers, [&] { return maybe(number(4)); });
        if (!moments)
            continue;
        sometimes(row.active, moment);
        sometimes(row.batchSince, [&] { return maybe(moment()); });
        sometimes(row.batchFirstSeen, [&] { return maybe(moment()); });
    }
    snapshot->buildIndex();
    return snapshot;
}

std::shared_ptr<domain::Snapshot> random(std::mt19937& generator) {
    const auto number = [&generator](int below) {
        return static_cast<std::int32_t>(generator() % static_cast<unsigned>(below));
    };
    auto snapshot = empty();
    snapshot->takenAt = now + std::chrono::milliseconds(number(1'000'000));
    for (std::int32_t id = 1; id <= 12; ++id) {
        if (number(3) == 0)
            continue;
        // Names move between ids, so that rows change their order.
        domain::Queue made = queue(id, std::string(1, static_cast<char>('a' + number(26))) + std::to_string(id));
        made.lastTick->eventSeq += number(3);
        snapshot->queues.push_back(made);
    }
    std::sort(snapshot->queues.begin(), snapshot->queues.end(),
              [](const auto& left, const auto& right) { return left.name < right.name; });
    for (const domain::Queue& queue : snapshot->queues) {
        for (std::int32_t consumer = 1; consumer <= 4; ++consumer) {
            if (number(3) == 0)
                continue;
            const std::int32_t id = consumer * 10;
            const std::string name = "consumer" + std::to_string(consumer);
            if (consumer % 2 == 0) {
                snapshot->subscriptions.push_back(subscription(queue, id, name, Role::Normal, id));
                if (number(2) == 0)
                    openBatch(snapshot->subscriptions.back(), queue, 100 + number(5), number(100));
                continue;
            }
            // Now and then a group without its main row: a broken invariant must not be lost from sight.
            const bool withMain = number(8) != 0;
            if (withMain)
                snapshot->subscriptions.push_back(subscription(queue, id, name, Role::CoopMain, id));
            for (std::int32_t member = 1; member <= 3; ++member) {
                if (number(3) == 0)
                    continue;
                snapshot->subscriptions.push_back(
                    subscription(queue, id + member, name + ".m" + std::to_string(member), Role::CoopMember, id));
                if (number(2) == 0)
                    openBatch(snapshot->subscriptions.back(), queue, 200 + number(9), number(100));
            }
        }
    }
    std::shuffle(snapshot->subscriptions.begin(), snapshot->subscriptions.end(), generator);
    snapshot->buildIndex();
    return snapshot;
}

std::shared_ptr<domain::Snapshot> regrouped(const domain::Snapshot& before, std::mt19937& generator) {
    const auto number = [&generator](int below) { return int(generator() % unsigned(below)); };
    auto snapshot = std::make_shared<domain::Snapshot>(before);
    snapshot->takenAt += 1s;
    std::erase_if(snapshot->subscriptions, [&](const domain::Subscription&) { return number(12) == 0; });
    for (domain::Subscription& row : snapshot->subscriptions) {
        if (number(12) == 0)
            row.subId = 10 * (1 + number(4));
        if (number(12) == 0)
            row.role = Role(number(4));
        if (number(12) == 0)
            row.consumerName += 'x';
    }
    for (const domain::Queue& queue : snapshot->queues) {
        if (number(4) == 0)
            snapshot->subscriptions.push_back(subscription(queue, 50, "consumer5", Role::Normal, 50));
    }
    // One that is there twice has another number, as everywhere.
    std::set<std::pair<std::int32_t, std::int32_t>> seen;
    std::erase_if(snapshot->subscriptions, [&seen](const auto& row) {
        return !seen.insert({row.queueId, row.consumerId}).second;
    });
    if (number(3) == 0)
        std::shuffle(snapshot->subscriptions.begin(), snapshot->subscriptions.end(), generator);
    snapshot->buildIndex();
    return snapshot;
}

domain::Diagnosis findings(const domain::Snapshot& snapshot, std::mt19937& generator) {
    const auto number = [&generator](int below) { return int(generator() % unsigned(below)); };
    domain::Diagnosis diagnosis;
    const auto find = [&](domain::Subject subject) {
        if (number(6) != 0)
            return;
        domain::Finding finding;
        finding.rule = number(2) == 0 ? "stale_heartbeat" : "lock_wait";
        finding.severity = domain::Severity(number(3));
        finding.subject = std::move(subject);
        finding.title = "title " + std::to_string(number(2));
        diagnosis.findings.push_back(finding);
    };
    for (const domain::Subscription& row : snapshot.subscriptions) {
        const auto queue = std::find_if(snapshot.queues.begin(), snapshot.queues.end(),
                                        [&row](const domain::Queue& one) { return one.id == row.queueId; });
        domain::Subject subject;
        subject.queue = queue->name;
        subject.consumer = domain::groupName(snapshot, row);
        subject.member = domain::subconsumerName(snapshot, row);
        find(subject);
    }
    for (const domain::Queue& queue : snapshot.queues) {
        domain::Subject subject;
        subject.queue = queue.name;
        find(subject);
    }
    return diagnosis;
}

} // namespace made
