// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/deskprivate.h"
#include "stepper/scratch.h"

// Where a Desk lets the cooperative debugger work.
namespace desk {

Stepping* Desk::stepping() const {
    return &d->stepping;
}

QString Desk::whyNoStepping(bool agreed) const {
    if (!d->snapshot)
        return tr("There is no connection to this server.");
    const domain::Capabilities& can = d->snapshot->capabilities;
    stepper::Surroundings where;
    where.sandbox = d->profile.environment == Environment::Sandbox;
    where.productionLike =
        d->profile.environment == Environment::Production || d->profile.environment == Environment::Unlabelled;
    where.throughPooler = can.throughPooler;
    where.inRecovery = can.inRecovery;
    where.schemaInstalled = can.origin != domain::SchemaOrigin::None && can.origin != domain::SchemaOrigin::Unknown;
    where.mayMakeQueues = can.mayExecute("create_queue(text)") && can.mayExecute("drop_queue(text, boolean)");
    where.maySetHeartbeats = can.superuser || can.writableTables.contains("subscription");
    where.agreed = agreed;
    if (const std::string why = stepper::refusalFor(where); !why.empty())
        return QString::fromStdString(why);
    return d->mode == AccessMode::Observe ? tr("The console only observes: switch to Operate to step.") : QString();
}

void Desk::beginStepping(bool agreed, const QStringList& workers) {
    if (!whyNoStepping(agreed).isEmpty())
        return;
    stepper::Engine::Options options;
    options.connection = d->connection;
    options.fineWalks = d->snapshot->capabilities.origin == domain::SchemaOrigin::Ours;
    std::vector<std::string> lanes;
    for (const QString& worker : workers)
        lanes.push_back(worker.toStdString());
    d->stepping.begin(std::move(options), std::move(lanes));
}

} // namespace desk
