// SPDX-License-Identifier: GPL-3.0-or-later
#include "sandbox/planted.h"

#include "queries/sandboxing.h"
#include "sandbox/script.h"

#include <QCoreApplication>

#include <algorithm>

namespace sandbox {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

using Consumers = std::vector<pgque::ConsumerInfo>;

const pgque::ConsumerInfo* find(const Consumers& consumers, std::string_view queue, std::string_view consumer) {
    const auto found = std::find_if(consumers.begin(), consumers.end(), [&](const pgque::ConsumerInfo& info) {
        return info.queue == queue && info.consumer == consumer;
    });
    return found == consumers.end() ? nullptr : &*found;
}

const pgque::QueueInfo* find(const std::vector<pgque::QueueInfo>& queues, std::string_view name) {
    const auto found =
        std::find_if(queues.begin(), queues.end(), [&](const pgque::QueueInfo& info) { return info.name == name; });
    return found == queues.end() ? nullptr : &*found;
}

auto members(const Consumers& consumers, std::string_view queue, const std::string& group) {
    return std::count_if(consumers.begin(), consumers.end(), [&](const pgque::ConsumerInfo& info) {
        return info.queue == queue && info.consumer.starts_with(group + '.');
    });
}

auto upToDate(const Consumers& consumers, std::string_view queue) {
    return std::count_if(consumers.begin(), consumers.end(), [&](const pgque::ConsumerInfo& info) {
        return info.queue == queue && info.consumer.find('.') == std::string::npos && info.lag && *info.lag < 30s;
    });
}

bool pinsRotation(const pgque::QueueInfo* queue, const pgque::ConsumerInfo* consumer) {
    if (!queue || !consumer || !consumer->lag)
        return false;
    const auto now = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    // Half a period late is what counts as overdue.
    return now - queue->switchTime > queue->rotationPeriod * 3 / 2 && *consumer->lag > queue->rotationPeriod;
}

/// In a sandbox six minutes make a dead letter old news; those of an earlier run don't count.
bool dyingNow(const std::vector<pgque::DeadLetter>& newestFirst) {
    return !newestFirst.empty() && std::chrono::system_clock::now() - newestFirst.front().time < 5min;
}

QString tr(const char* text) {
    return QCoreApplication::translate("sandbox", text);
}

} // namespace

std::vector<PlantedState> PlantedLook::look(pgque::Client& client) {
    const Consumers consumers = client.consumerInfo();
    const auto queues = client.queueInfo();
    const auto* dead = find(consumers, script::orders, script::deadMember);
    const auto* busy = find(consumers, script::payments, script::busyMember);
    const auto* archiver = find(consumers, script::audit, script::archiver);
    const auto* search = find(consumers, script::catalog, script::searchIndex);
    const auto* invoices = find(queues, script::invoices);
    const auto* legacy = find(queues, script::legacySync);

    const bool deadHolds = dead && dead->currentBatch && dead->lastSeen && *dead->lastSeen > deadHeartbeat;
    return {
        {u"fan_out"_s, tr("Several consumers read the same queue, each at its own position."),
         upToDate(consumers, script::orders) >= 3},
        {u"cooperative_group"_s, tr("Four workers share one consumer."),
         members(consumers, script::orders, script::billing) == 4},
        {u"dead_member"_s, tr("A worker died holding a batch."), deadHolds},
        {u"odd_payloads"_s, tr("The dead worker's batch holds payloads that are no well-formed JSON."),
         deadHolds && holdsOddPayload(client, *dead->currentBatch)},
        {u"busy_member"_s, tr("A worker sends heartbeats, but its batch never ends."),
         busy && busy->currentBatch && busy->lag && *busy->lag > 5s && busy->lastSeen && *busy->lastSeen < 30s},
        {u"retries"_s, tr("Messages that failed wait for their retry."),
         client.run(queries::waitingRetries(script::emails)) > 0},
        {u"dead_letters"_s, tr("Messages that failed too often are dead letters."),
         dyingNow(client.deadLetters(script::emails, 1))},
        {u"pinned_rotation"_s, tr("A consumer stopped, and its queue's tables can't be rotated."),
         pinsRotation(find(queues, script::audit), archiver)},
        {u"backlog"_s, tr("A slow consumer has a backlog."),
         search && search->pendingEvents.value_or(0) >= script::backlogFloor},
        {u"idle_queue"_s, tr("A queue has consumers, but nothing is sent."),
         invoices && invoices->newEvents.value_or(1) == 0 && find(consumers, script::invoices, script::pdfMaker)},
        {u"work_queue"_s, tr("Tasks of several priorities, some in flight or delayed, and a barrier that waits."),
         client.run(queries::workIsUnderWay())},
        {u"paused_ticker"_s, tr("A queue's ticker is paused while events wait."),
         legacy && legacy->tickerPaused && legacy->newEvents.value_or(0) > 0},
    };
}

bool PlantedLook::holdsOddPayload(pgque::Client& client, std::int64_t batch) {
    const auto known = m_odd.find(batch);
    if (known != m_odd.end())
        return known->second;
    const auto events = client.run(pgque::getBatchEvents(batch));
    const bool odd = std::any_of(events.begin(), events.end(), [](const pgque::Event& event) {
        return !event.payload || !event.payload->starts_with('{') || !event.payload->ends_with('}');
    });
    m_odd = {{batch, odd}};
    return odd;
}

bool allPresent(const std::vector<PlantedState>& states) {
    return !states.empty() &&
           std::all_of(states.begin(), states.end(), [](const PlantedState& state) { return state.present; });
}

} // namespace sandbox
