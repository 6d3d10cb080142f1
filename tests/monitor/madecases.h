// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "monitor/diagnosis.h"

#include <QTest>

#include <algorithm>
#include <string>
#include <vector>

// Made-up snapshots for tests of rules: healthy until the case changes something.
namespace cases {

using namespace std::chrono_literals;

inline const pg::Timestamp now{pg::Interval(1'767'000'000'000'000)};

/// A healthy queue: ticked a second ago, nothing waits, rotated lately.
inline domain::Queue healthyQueue(int id = 1, const std::string& name = "orders") {
    domain::Queue queue;
    queue.id = id;
    queue.name = name;
    queue.rotationPeriod = 2h;
    queue.switchTime = now - 1h;
    queue.switchStep1 = 900;
    queue.switchStep2 = 901;
    queue.tickerMaxLag = 3s;
    queue.tickerIdlePeriod = 1min;
    queue.lastTick = domain::Tick{50, now - 1s, 1000, 2000, 2000};
    queue.lowestTick = domain::Tick{49, now - 4s, 990, 1990, 0};
    queue.eventSeqNow = 1000;
    queue.retry = queue.retryDue = queue.dead = domain::Count{0, false, now};
    return queue;
}

inline domain::Subscription subscription(const std::string& name, domain::Role role = domain::Role::Normal,
                                         int id = 1) {
    domain::Subscription row;
    row.queueId = 1;
    row.consumerId = id;
    row.consumerName = name;
    row.subId = 7;
    row.role = role;
    row.lastTick = 49;
    row.lastTickTime = now - 4s;
    row.active = now - 2s;
    if (role == domain::Role::CoopMember)
        row.lastTick.reset();
    return row;
}

inline void openBatch(domain::Subscription& row, pg::Interval age) {
    row.lastTick = 49;
    row.nextTick = 50;
    row.batch = 8123;
    row.lastTickSeq = 500;
    row.nextTickSeq = 963;
    row.active = now - age;
}

/// Reads at the newest tick.
inline domain::Subscription reader(int queueId) {
    domain::Subscription row = subscription("reader", domain::Role::Normal, 900 + queueId);
    row.queueId = queueId;
    row.subId = 900 + queueId;
    return row;
}

inline domain::Snapshot snapshotOf(std::vector<domain::Queue> queues, std::vector<domain::Subscription> rows = {}) {
    // Somebody reads each queue, unless the case says who.
    if (rows.empty()) {
        for (const domain::Queue& queue : queues)
            rows.push_back(reader(queue.id));
    }
    domain::Snapshot snapshot;
    snapshot.takenAt = now;
    snapshot.queues = std::move(queues);
    snapshot.subscriptions = std::move(rows);
    snapshot.activity = std::make_shared<const domain::Activity>(domain::Activity{now, {}, {}, {}, {}});
    snapshot.buildIndex();
    return snapshot;
}

inline const domain::Finding* find(const domain::Diagnosis& diagnosis, const std::string& rule) {
    const auto found = std::find_if(diagnosis.findings.begin(), diagnosis.findings.end(),
                                    [&](const domain::Finding& one) { return one.rule == rule; });
    return found == diagnosis.findings.end() ? nullptr : &*found;
}

inline domain::Diagnosis judge(const domain::Snapshot& snapshot, const monitor::Thresholds& thresholds = {}) {
    return monitor::diagnose(snapshot, nullptr, thresholds);
}

inline bool notEvaluated(const domain::Diagnosis& diagnosis, const std::string& rule) {
    return std::any_of(diagnosis.notEvaluated.begin(), diagnosis.notEvaluated.end(),
                       [&](const domain::NotEvaluated& one) { return one.rule == rule; });
}

/// What a finding owes its reader.
inline void checkTexts(const domain::Finding& finding) {
    for (const std::string* text : {&finding.title, &finding.cause, &finding.consequence}) {
        QVERIFY2(!text->empty(), finding.rule.c_str());
        QVERIFY2(text->back() == '.', text->c_str());
        QVERIFY2(text->find("  ") == std::string::npos, text->c_str());
    }
    QVERIFY(!finding.evidence.empty());
    for (const domain::Evidence& one : finding.evidence) {
        QVERIFY(!one.fact.empty());
        QVERIFY2(one.query.find('$') == std::string::npos, one.query.c_str());
    }
}

} // namespace cases
