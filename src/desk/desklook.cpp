// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/deskprivate.h"
#include "queries/backlog.h"
#include "queries/lockwaits.h"
#include "queries/queuedetail.h"
#include "queries/workqueues.h"

#include <utility>

// What pages ask beside the sample, each on the session for it, or of the recorded instant that is shown.
namespace desk {

namespace {

constexpr std::chrono::milliseconds lookDeadline = std::chrono::seconds(15);
/// A search reads up to its bound; a slow disk may take that long.
constexpr std::chrono::milliseconds searchDeadline = std::chrono::seconds(60);

} // namespace

QFuture<links::Reply<domain::RetryPage>> Desk::retryPage(std::int32_t queueId,
                                                         std::optional<domain::RetryPosition> after, int limit) {
    return d->look(
        [=, capabilities = d->capabilities()](pg::Connection& connection, pg::Deadline deadline) {
            return queries::retryPage(connection, capabilities, queueId, after, limit, deadline);
        },
        lookDeadline);
}

QFuture<links::Reply<domain::Message>> Desk::retryMessage(std::int32_t owner, std::int64_t eventId,
                                                          std::int64_t maxBytes) {
    return d->look(
        [=](pg::Connection& connection, pg::Deadline deadline) {
            return queries::retryMessage(connection, owner, eventId, maxBytes, deadline);
        },
        lookDeadline);
}

QFuture<links::Reply<domain::DeadPage>> Desk::deadPage(std::int32_t queueId, std::optional<domain::DeadCause> cause,
                                                       std::optional<domain::DeadPosition> after, int limit) {
    return d->look(
        [queueId, cause = std::move(cause), after, limit](pg::Connection& connection, pg::Deadline deadline) {
            return queries::deadPage(connection, queueId, cause, after, limit, deadline);
        },
        lookDeadline);
}

QFuture<links::Reply<domain::DeadGroups>> Desk::deadGroups(std::int32_t queueId) {
    return d->look([=](pg::Connection& connection,
                       pg::Deadline deadline) { return queries::deadGroups(connection, queueId, deadline); },
                   lookDeadline);
}

QFuture<links::Reply<domain::Message>> Desk::deadMessage(std::int64_t id, std::int64_t maxBytes) {
    return d->look([=](pg::Connection& connection,
                       pg::Deadline deadline) { return queries::deadMessage(connection, id, maxBytes, deadline); },
                   lookDeadline);
}

QFuture<links::Reply<domain::QueueDetail>> Desk::queueDetail(std::int32_t queueId,
                                                             std::optional<std::int64_t> ticksFrom) {
    return d->look(
        [=](pg::Connection& connection, pg::Deadline deadline) {
            return queries::queueDetail(connection, queueId, ticksFrom, deadline);
        },
        lookDeadline);
}

QFuture<links::Reply<domain::QueueUpkeep>> Desk::queueUpkeep(std::int32_t queueId) {
    return d->look([=](pg::Connection& connection,
                       pg::Deadline deadline) { return queries::queueUpkeep(connection, queueId, deadline); },
                   lookDeadline);
}

QFuture<links::Reply<domain::EventPage>> Desk::searchEvents(std::int32_t queueId, domain::EventSearch search,
                                                            std::optional<domain::EventPosition> from) {
    return d->look(
        [queueId, search = std::move(search), from = std::move(from)](pg::Connection& connection,
                                                                      pg::Deadline deadline) {
            return queries::searchEvents(connection, queueId, search, from, {}, deadline);
        },
        searchDeadline);
}

QFuture<links::Reply<domain::EventPage>> Desk::searchById(std::int32_t queueId, domain::EventSearch search) {
    return d->look(
        [queueId, search = std::move(search)](pg::Connection& connection, pg::Deadline deadline) {
            return queries::searchById(connection, queueId, search, queries::idSearchLimits, deadline);
        },
        searchDeadline);
}

QFuture<links::Reply<std::vector<std::string>>> Desk::eventTypes(std::int32_t queueId) {
    return d->look([=](pg::Connection& connection,
                       pg::Deadline deadline) { return queries::eventTypes(connection, queueId, deadline); },
                   lookDeadline);
}

QFuture<links::Reply<domain::EventStory>> Desk::eventStory(std::int32_t queueId, const domain::EventRow& event) {
    return d->look(
        [queueId, event](pg::Connection& connection, pg::Deadline deadline) {
            return queries::eventStory(connection, queueId, event, deadline);
        },
        lookDeadline);
}

QFuture<links::Reply<domain::LockWaits>> Desk::lockWaits() {
    if (d->past)
        return answered(recordedLockWaits(*d->past));
    return d->look(
        [](pg::Connection& connection, pg::Deadline deadline) { return queries::lockWaits(connection, deadline); },
        lookDeadline);
}

domain::Spending Desk::spending() const {
    return d->account->spending();
}

QFuture<links::Reply<domain::Footprint>> Desk::footprint() {
    // A profile may name its sessions as it likes. Behind a pooler a pid told at connect is nobody's.
    std::vector<std::int64_t> pids;
    for (const auto* session : {&d->monitor, &d->looking, &d->listener, &d->operating}) {
        if (*session && !d->capabilities().throughPooler && (*session)->facts().backendPid != 0)
            pids.push_back((*session)->facts().backendPid);
    }
    return d->look([pids](pg::Connection& connection,
                          pg::Deadline deadline) { return queries::footprint(connection, pids, deadline); },
                   lookDeadline);
}

QFuture<links::Reply<std::vector<domain::WorkInstall>>> Desk::workInstalls() {
    if (d->past)
        return answered(recordedInstalls(*d->past));
    return d->look(
        [](pg::Connection& connection, pg::Deadline deadline) { return queries::workInstalls(connection, deadline); },
        lookDeadline);
}

QFuture<links::Reply<domain::WorkSample>> Desk::workSample(const domain::WorkInstall& install) {
    if (d->past)
        return answered(recordedWork(*d->past, install));
    return d->look([install](pg::Connection& connection,
                             pg::Deadline deadline) { return queries::workSample(connection, install, deadline); },
                   lookDeadline);
}

QFuture<links::Reply<domain::WorkPage>> Desk::workPage(const domain::WorkInstall& install, const std::string& queue,
                                                       domain::WorkPart part, std::optional<domain::WorkPosition> after,
                                                       int limit) {
    return d->look(
        [=](pg::Connection& connection, pg::Deadline deadline) {
            return queries::workPage(connection, install, queue, part, after, limit, deadline);
        },
        lookDeadline);
}

QFuture<links::Reply<std::vector<domain::WorkDelayed>>> Desk::workDelayed(const domain::WorkInstall& install,
                                                                          const std::string& queue) {
    return d->look([=](pg::Connection& connection,
                       pg::Deadline deadline) { return queries::workDelayed(connection, install, queue, deadline); },
                   lookDeadline);
}

QFuture<links::Reply<std::optional<std::string>>> Desk::workPayload(const domain::WorkInstall& install,
                                                                    const std::string& queue, domain::WorkPart part,
                                                                    std::int64_t id, std::int64_t maxBytes) {
    return d->look(
        [=](pg::Connection& connection, pg::Deadline deadline) {
            return queries::workPayload(connection, install, queue, part, id, maxBytes, deadline);
        },
        lookDeadline);
}

QFuture<links::Reply<domain::Barriers>> Desk::barriers(const domain::WorkInstall& install) {
    if (d->past)
        return answered(recordedBarriers(*d->past, install));
    return d->look([install](pg::Connection& connection,
                             pg::Deadline deadline) { return queries::barriers(connection, install, deadline); },
                   lookDeadline);
}

QFuture<links::Reply<domain::BarrierDetail>> Desk::barrierDetail(const domain::WorkInstall& install,
                                                                 const std::string& execution) {
    return d->look(
        [=](pg::Connection& connection, pg::Deadline deadline) {
            return queries::barrierDetail(connection, install, execution, deadline);
        },
        lookDeadline);
}

} // namespace desk
