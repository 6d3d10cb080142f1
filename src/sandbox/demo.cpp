// SPDX-License-Identifier: GPL-3.0-or-later
#include "sandbox/demo.h"

#include "queries/sandboxing.h"
#include "sandbox/producers.h"
#include "sandbox/script.h"
#include "sandbox/workshop.h"

namespace sandbox {

using namespace std::chrono_literals;

namespace {

struct QueueSetting {
    const char* queue;
    const char* parameter;
    const char* value;
};

// Ticks often, so that there is something to see; rotates often, so that little is kept.
constexpr QueueSetting settings[] = {
    {script::orders, "ticker_max_lag", "1 second"},
    {script::orders, "rotation_period", "2 minutes"},
    {script::catalog, "ticker_max_lag", "1 second"},
    {script::catalog, "ticker_max_count", "150"}, // a backlog of many windows, not of one large one
    {script::catalog, "rotation_period", "5 minutes"},
    {script::emails, "ticker_max_lag", "1 second"},
    {script::emails, "rotation_period", "5 minutes"},
    {script::emails, "max_retries", "2"},
    {script::payments, "ticker_max_lag", "1 second"},
    {script::payments, "rotation_period", "5 minutes"},
    {script::webhooks, "ticker_max_lag", "2 seconds"},
    {script::webhooks, "rotation_period", "5 minutes"},
    {script::audit, "ticker_max_lag", "1 second"},
    {script::audit, "rotation_period", "4 seconds"}, // being overdue must show within half a minute
    {script::legacySync, "rotation_period", "5 minutes"},
    {script::legacySync, "ticker_paused", "true"},
};

/// Well beyond the threshold, so that the finding does not flicker.
constexpr auto agedHeartbeat = deadHeartbeat + 35s;

} // namespace

Demo::Demo(pg::ConnectionInfo database, const QString& lockFile, OnLook onLook, OnDeed onDeed)
    : m_database(std::move(database))
    , m_lock(lockFile)
    , m_onLook(std::move(onLook))
    , m_onDeed(std::move(onDeed)) {
    m_lock.setStaleLockTime(0);
    m_housekeeper = std::make_unique<Loop>(named(m_database, "demo/housekeeper"),
                                           [this](pgque::Client& client) { return step(client); });
}

Demo::~Demo() {
    m_housekeeper.reset(); // first: it starts and ends the others
    m_loops.clear();
    m_staff.reset();
}

std::optional<std::chrono::milliseconds> Demo::step(pgque::Client& client) {
    if (m_lock.isLocked() || m_lock.tryLock(0)) {
        if (!m_isSetUp)
            setUp(client);
        tend(client);
    }
    const std::vector<PlantedState> states = m_look.look(client);
    m_onLook(states);
    return allPresent(states) ? 3s : 1s;
}

void Demo::setUp(pgque::Client& client) {
    for (const char* queue : {script::orders, script::catalog, script::emails, script::invoices, script::payments,
                              script::webhooks, script::audit, script::legacySync})
        client.createQueue(queue);
    for (const QueueSetting& setting : settings)
        client.setQueueConfig(setting.queue, setting.parameter, setting.value);

    for (const char* worker : {"worker-1", "worker-2", script::deadWorker, "worker-4"})
        client.subscribeSubconsumer(script::orders, script::billing, worker);
    client.subscribe(script::emails, "mailer");
    client.subscribe(script::legacySync, "bridge");
    client.subscribe(script::catalog, script::searchIndex);
    const bool archiverIsNew = client.subscribe(script::audit, script::archiver);

    producers::openingBurst(client);
    const auto dead = client.consumerInfo(script::orders, script::deadMember);
    if (dead.empty() || !dead.front().currentBatch)
        m_dying = std::make_unique<Loop>(named(m_database, std::string("demo/") + script::deadMember),
                                         troubled::dying(false, m_onDeed));
    if (archiverIsNew)
        m_stopping = std::make_unique<Loop>(named(m_database, std::string("demo/") + script::archiver),
                                            troubled::stopping(false, m_onDeed));

    m_loops.push_back(std::make_unique<Loop>(named(m_database, "demo/shop"), producers::shop()));
    m_loops.push_back(std::make_unique<Loop>(named(m_database, "demo/partners"), producers::partners()));
    m_loops.push_back(std::make_unique<Loop>(named(m_database, std::string("demo/") + script::searchIndex),
                                             troubled::slow(m_onDeed)));
    m_loops.push_back(std::make_unique<Loop>(named(m_database, std::string("demo/") + script::busyMember),
                                             troubled::busy(m_busy, m_onDeed)));

    m_staff = std::make_unique<Staff>(m_database, m_onDeed);
    m_staff->hire(script::orders, "fulfilment", {}, 15ms);
    m_staff->hire(script::orders, "analytics", {}, 2ms);
    m_staff->hire(script::catalog, "cache-warmer", {}, 4ms);
    m_staff->hire(script::emails, "mailer", {}, 60ms);
    m_staff->hire(script::invoices, script::pdfMaker, {}, 50ms);
    m_staff->hire(script::payments, "ledger", {}, 10ms);
    m_staff->hire(script::webhooks, "dispatcher", {}, 40ms);
    m_staff->hire(script::audit, "siem", {}, 5ms);
    m_staff->hire(script::legacySync, "bridge", {}, 20ms);

    for (auto& loop : workshop::open(m_database))
        m_loops.push_back(std::move(loop));

    m_startedAt = Clock::now();
    m_nextRenewal = m_startedAt + script::renewal;
    m_nextPurge = m_startedAt;
    m_isSetUp = true;
}

/// The colleagues of those in trouble start once these have their windows: the one with the odd payloads is for the
/// worker that dies of it.
void Demo::startOthers() {
    m_staff->hire(script::payments, script::settlement, "worker-1", 80ms);
    m_staff->hire(script::payments, script::settlement, "worker-3", 110ms);
    m_staff->hire(script::orders, script::billing, "worker-1", 60ms);
    m_staff->hire(script::orders, script::billing, "worker-2", 75ms);
    m_staff->hire(script::orders, script::billing, "worker-4", 90ms);
    m_othersWork = true;
}

void Demo::tend(pgque::Client& client) {
    const auto now = Clock::now();
    const bool hasDied = !m_dying || m_dying->isDone();
    if (!m_othersWork && ((hasDied && m_busy->holds) || now - m_startedAt > 10s))
        startOthers();
    if (hasDied)
        client.run(queries::ageHeartbeat(script::orders, script::deadMember, agedHeartbeat));
    else
        producers::brokenOrder(client); // whichever window it gets, it is to die of it

    const auto search = client.consumerInfo(script::catalog, script::searchIndex);
    if (!search.empty() && search.front().pendingEvents.value_or(0) < script::backlogFloor * 3 / 2)
        producers::productDelivery(client);

    if (now >= m_nextPurge) {
        m_nextPurge = now + 1min;
        for (const char* queue : {script::emails, script::webhooks, script::orders})
            client.purgeDeadLetters(queue, script::deadLetterAge);
    }
    if (now >= m_nextRenewal) {
        m_nextRenewal = now + script::renewal;
        renew(client);
    }
    if (m_pauseLegacyAt && now >= *m_pauseLegacyAt) {
        client.setQueueConfig(script::legacySync, "ticker_paused", "true");
        producers::legacyRecord(client);
        m_pauseLegacyAt.reset();
    }
}

/// What is stuck keeps tables from rotating. In a real system that goes on until the disk is full; here each is let go
/// for a moment and planted anew.
void Demo::renew(pgque::Client& client) {
    m_dying = std::make_unique<Loop>(named(m_database, std::string("demo/") + script::deadMember),
                                     troubled::dying(true, m_onDeed));
    m_stopping = std::make_unique<Loop>(named(m_database, std::string("demo/") + script::archiver),
                                        troubled::stopping(true, m_onDeed));
    m_busy->letGo = true;
    client.setQueueConfig(script::legacySync, "ticker_paused", "false");
    m_pauseLegacyAt = Clock::now() + 5s;
}

} // namespace sandbox
