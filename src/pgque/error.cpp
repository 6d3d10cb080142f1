// SPDX-License-Identifier: Apache-2.0
#include "pgque/error.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace pgque {

namespace {

struct Wording {
    std::string_view text;
    Problem problem;
};

// PgQue contract, what clients match on: substrings, whatever the case. The earliest in the message counts, because
// the names of queues and consumers, which may contain anything, mostly follow.
constexpr std::array wordings{
    Wording{"queue not found", Problem::QueueNotFound},
    Wording{"no such queue", Problem::QueueNotFound},
    Wording{"no such event queue", Problem::QueueNotFound},
    Wording{"event queue not created", Problem::QueueNotFound},
    Wording{"consumer not registered", Problem::ConsumerNotRegistered},
    Wording{"consumer not found", Problem::ConsumerNotRegistered},
    Wording{"not subscriber to queue", Problem::ConsumerNotRegistered},
    Wording{"batch not found", Problem::BatchNotFound},
    Wording{"cannot find data for batch", Problem::BatchNotFound},
    Wording{"batch_retry: batch", Problem::BatchNotFound},
    Wording{"nack_batch: batch", Problem::BatchNotFound},
    Wording{"event not found", Problem::EventNotFound},
    Wording{"dead letter entry not found", Problem::EventNotFound},
    Wording{"msg_id ", Problem::EventNotFound},
    Wording{"invalid null value", Problem::InvalidArgument},
    Wording{"queue name too long", Problem::InvalidArgument},
    Wording{"must not be ", Problem::InvalidArgument},
    Wording{"must not contain", Problem::InvalidArgument},
    Wording{"must be ", Problem::InvalidArgument},
    Wording{"cannot change parameter", Problem::InvalidArgument},
    Wording{"cannot reposition, tick not found", Problem::InvalidArgument},
    Wording{"unsupported batch_handling", Problem::InvalidArgument},
    Wording{"explicit conversion is required", Problem::Conflict},
    Wording{"cannot convert active", Problem::Conflict},
    Wording{"cannot unregister", Problem::Conflict},
    Wording{"cannot finish cooperative", Problem::Conflict},
    Wording{"a cooperative main consumer", Problem::Conflict},
    Wording{"cooperative subconsumer;", Problem::Conflict},
    Wording{"registered incompatibly", Problem::Conflict},
    Wording{"consumers still attached", Problem::Conflict},
    Wording{"insert into queue disallowed", Problem::Conflict},
    Wording{"writing to queue disabled", Problem::Conflict},
    Wording{"has been paused", Problem::Conflict},
    Wording{"is paused", Problem::Conflict},
    Wording{"external tick", Problem::Conflict},
    Wording{"no ticks for this queue", Problem::Conflict},
};

Problem byWording(std::string_view message) {
    std::string lower(message);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    Problem found = Problem::Other;
    std::size_t earliest = std::string::npos;
    for (const Wording& wording : wordings) {
        const std::size_t at = lower.find(wording.text);
        if (at < earliest) {
            earliest = at;
            found = wording.problem;
        }
    }
    return found;
}

Problem byServer(const pg::Diagnostics& diagnostics) {
    const std::string_view state = diagnostics.sqlState;
    if (state == "42501" || state == "25006")
        return Problem::PermissionDenied;
    if (state == "3F000" || state == "42883" || state == "42P01" || state == "42703" || state == "42704")
        return Problem::NotInstalled;
    if (state.starts_with("40") || state.starts_with("53") || state == "55P03" || state == "57P03")
        return Problem::TryAgain;
    const Problem said = byWording(diagnostics.message);
    if (said == Problem::Other && (state.starts_with("22") || state.starts_with("23")))
        return Problem::InvalidArgument;
    return said;
}

pg::Failure usage(std::string what) {
    pg::Failure failure;
    failure.kind = pg::ErrorKind::Usage;
    failure.diagnostics.message = std::move(what);
    return failure;
}

} // namespace

Problem classify(const pg::Failure& failure) {
    switch (failure.kind) {
    case pg::ErrorKind::Connect:
        return Problem::ConnectFailed;
    case pg::ErrorKind::Authentication:
        return Problem::PermissionDenied;
    case pg::ErrorKind::ConnectionLost:
        return Problem::ConnectionLost;
    case pg::ErrorKind::Timeout:
        return Problem::Timeout;
    case pg::ErrorKind::Cancelled:
        return Problem::Cancelled;
    case pg::ErrorKind::Server:
        return byServer(failure.diagnostics);
    case pg::ErrorKind::Usage:
        return Problem::InvalidArgument;
    case pg::ErrorKind::Decode:
        break;
    }
    return Problem::Other;
}

InvalidArgument::InvalidArgument(std::string what)
    : Error(Problem::InvalidArgument, usage(std::move(what))) {}

PartialBatch::PartialBatch(std::int64_t batchId)
    : Error(Problem::PartialBatch,
            usage("batch " + std::to_string(batchId) + " was received in part: acknowledging it would drop the rest")) {
}

void raise(const pg::Failure& failure) {
    const Problem problem = classify(failure);
    switch (problem) {
    case Problem::QueueNotFound:
        throw QueueNotFound(problem, failure);
    case Problem::ConsumerNotRegistered:
        throw ConsumerNotRegistered(problem, failure);
    case Problem::BatchNotFound:
        throw BatchNotFound(problem, failure);
    case Problem::EventNotFound:
        throw EventNotFound(problem, failure);
    case Problem::InvalidArgument:
        throw InvalidArgument(problem, failure);
    case Problem::Conflict:
        throw Conflict(problem, failure);
    case Problem::PermissionDenied:
        throw PermissionDenied(problem, failure);
    case Problem::NotInstalled:
        throw NotInstalled(problem, failure);
    case Problem::ConnectionLost:
        throw ConnectionLost(problem, failure);
    default:
        throw Error(problem, failure);
    }
}

} // namespace pgque
