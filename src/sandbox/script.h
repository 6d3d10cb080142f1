// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

/// The cast of the demonstration: a shop, some of whose workers are in trouble.
namespace sandbox::script {

constexpr const char* orders = "orders";
constexpr const char* catalog = "catalog";
constexpr const char* emails = "emails";
constexpr const char* invoices = "invoices";
constexpr const char* payments = "payments";
constexpr const char* webhooks = "webhooks";
constexpr const char* audit = "audit";
constexpr const char* legacySync = "legacy_sync";

constexpr const char* billing = "billing"; ///< the group on orders
constexpr const char* deadWorker = "worker-3";
constexpr const char* deadMember = "billing.worker-3";

constexpr const char* settlement = "settlement"; ///< the group on payments
constexpr const char* busyWorker = "worker-2";
constexpr const char* busyMember = "settlement.worker-2";

constexpr const char* archiver = "archiver";        ///< stopped; pins rotation of audit
constexpr const char* searchIndex = "search-index"; ///< slow; keeps a backlog on catalog

constexpr const char* pdfMaker = "pdf-maker"; ///< waits on invoices, where nothing is sent

/// The slow consumer keeps between these many events behind.
constexpr std::int64_t backlogFloor = 1000;
constexpr std::int64_t backlogCeiling = 2500;

/// How often what is stuck is let go and planted anew, so that tables can rotate and nothing grows without bound.
constexpr std::chrono::minutes renewal{10};

/// Dead letters are purged at this age.
constexpr std::chrono::minutes deadLetterAge{10};

} // namespace sandbox::script
