// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/recordedlook.h"

namespace desk {

namespace {

pg::Failure usage(const char* why) {
    pg::Failure failure;
    failure.kind = pg::ErrorKind::Usage;
    failure.diagnostics.message = why;
    return failure;
}

/// The install as it was seen then, or why it was not.
std::variant<const domain::WorkLook*, pg::Failure> lookAt(const domain::Moment& moment, const std::string& schema) {
    if (!moment.work)
        return notRecorded();
    if (const domain::WorkLook* look = moment.work->look(schema))
        return look;
    if (const pg::Failure* failure = moment.work->failure(schema))
        return *failure;
    return usage("not recorded: this work queue was not seen then");
}

} // namespace

pg::Failure notRecorded() {
    return usage("not recorded: only the server itself could tell, and what is shown is the past");
}

links::Reply<domain::LockWaits> recordedLockWaits(const domain::Moment& moment) {
    if (auto waits = moment.snapshot ? domain::lockWaitsOf(*moment.snapshot) : std::nullopt)
        return std::move(*waits);
    return notRecorded();
}

links::Reply<std::vector<domain::WorkInstall>> recordedInstalls(const domain::Moment& moment) {
    if (!moment.work)
        return notRecorded();
    std::vector<domain::WorkInstall> installs;
    for (const domain::WorkLook& look : moment.work->installs)
        installs.push_back(look.sample.install);
    if (installs.empty() && !moment.work->errors.empty())
        return moment.work->errors.front().failure;
    return installs;
}

links::Reply<domain::WorkSample> recordedWork(const domain::Moment& moment, const domain::WorkInstall& install) {
    const auto found = lookAt(moment, install.schema);
    if (const auto* failure = std::get_if<pg::Failure>(&found))
        return *failure;
    return std::get<0>(found)->sample;
}

links::Reply<domain::Barriers> recordedBarriers(const domain::Moment& moment, const domain::WorkInstall& install) {
    const auto found = lookAt(moment, install.schema);
    if (const auto* failure = std::get_if<pg::Failure>(&found))
        return *failure;
    return std::get<0>(found)->barriers;
}

} // namespace desk
