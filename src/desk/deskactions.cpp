// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/copies.h"
#include "desk/deskprivate.h"
#include "link/whendone.h"
#include "queries/look.h"
#include "queries/scheduling.h"
#include "schema/inspection.h"
#include "schema/plan.h"
#include "schema/script.h"

// What a Desk does beside looking: availability, predictions, actions, installing.
namespace desk {

namespace {

using namespace Qt::StringLiterals;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds actionDeadline = seconds(60);
constexpr milliseconds rehearsalDeadline = seconds(30);
constexpr milliseconds seriesDeadline = std::chrono::hours(24);
constexpr seconds carefulArming = std::chrono::minutes(30);
constexpr milliseconds predictionDeadline = seconds(20);
constexpr milliseconds installDeadline = seconds(120);
constexpr milliseconds settleDeadline = seconds(30);

QString text(const std::string& value) {
    return QString::fromStdString(value);
}

domain::ActionOutcome refused(std::string why) {
    domain::ActionOutcome outcome;
    outcome.kind = domain::OutcomeKind::Refused;
    outcome.summary = std::move(why);
    return outcome;
}

/// A session that answers for an action instead of the action itself: it never ran, or got lost on the way.
domain::ActionOutcome fromFailure(const pg::Failure& failure) {
    domain::ActionOutcome outcome;
    const bool unknown = failure.effect == pg::Effect::Unknown;
    outcome.kind = unknown ? domain::OutcomeKind::Unknown : domain::OutcomeKind::Failed;
    outcome.summary = unknown ? "The connection was lost; whether it happened is not known yet."
                              : "It was not done: " + failure.text();
    outcome.failure = failure;
    return outcome;
}

const char* journalName(schema::Deed deed) {
    switch (deed) {
    case schema::Deed::Install:
        return "install_schema";
    case schema::Deed::Upgrade:
        return "upgrade_schema";
    case schema::Deed::Convert:
        return "convert_schema";
    case schema::Deed::Uninstall:
        break;
    }
    return "uninstall_schema";
}

constexpr auto observing = "The console only observes this server: switch to Operate to act.";
constexpr auto inThePast = "You are looking at the past: go back to Live to act.";
constexpr auto lesserClass = "Armed only for what takes nothing away: arm for more to do this.";
constexpr auto noReason = "This profile asks for a reason, which is kept in the journal.";

} // namespace

void DeskPrivate::openOperateSession() {
    operating = makeSession("operate", domain::Purpose::Act);
    QObject::connect(operating.get(), &links::Session::connected, q, [this] {
        settleWhatIsOpen();
        settleEarlierRuns();
    });
    QObject::connect(operating.get(), &links::Session::noticed, q, &Desk::noticed);
    operating->open();
}

void DeskPrivate::closeOperateSession() {
    underWay = 0;
    retire(operating);
}

void DeskPrivate::closeWhenIdle() {
    if (mode == AccessMode::Observe && underWay == 0)
        closeOperateSession();
}

QFuture<domain::ActionOutcome> DeskPrivate::performed(const domain::ActionRequest& request,
                                                      const QFuture<links::Reply<domain::ActionOutcome>>& running,
                                                      const std::shared_ptr<CommitNote>& commit,
                                                      store::JournalRecord record) {
    const std::size_t place = done.size();
    done.push_back({QDateTime::currentDateTimeUtc(), record.operation, request, {}});
    done.back().outcome.kind = domain::OutcomeKind::Unknown;
    done.back().outcome.summary = "under way";
    Q_EMIT q->performedChanged();
    // A session that is closed answers what is under way, so only the desk's own end leaves this without a result.
    auto promise = std::make_shared<QPromise<domain::ActionOutcome>>();
    promise->start();
    links::whenDone(
        running, q,
        [this, place, commit, promise, record = std::move(record)](const links::Reply<domain::ActionOutcome>& reply) {
            const auto* outcome = std::get_if<domain::ActionOutcome>(&reply);
            const domain::ActionOutcome answer = outcome ? *outcome : fromFailure(std::get<pg::Failure>(reply));
            done[place].outcome = answer;
            const operate::AboutToCommit about = commit->read();
            writeOutcome(record, store::Stage::Ended, answer);
            noteInTimeline(done[place].request, answer);
            if (answer.kind == domain::OutcomeKind::Unknown && !about.xid.empty())
                unsettled.push_back({place, record, about});
            Q_EMIT q->performedChanged();
            q->sampleNow();
            if (operating && operating->state() == links::SessionState::Idle)
                settleWhatIsOpen();
            promise->addResult(answer);
            promise->finish();
        });
    return promise->future();
}

void DeskPrivate::settleWhatIsOpen() {
    for (const Unsettled& open : std::exchange(unsettled, {}))
        settleOne(open);
}

void DeskPrivate::settleOne(const Unsettled& open) {
    const auto answer = operating->work(
        [commit = open.commit](pg::Connection& on, pg::Deadline deadline) {
            return operate::Runner::settle(commit.xid, commit.cluster, on, deadline);
        },
        settleDeadline);
    links::whenDone(answer, q, [this, open](const links::Reply<operate::Settlement>& reply) {
        const auto* settlement = std::get_if<operate::Settlement>(&reply);
        if (!settlement || *settlement == operate::Settlement::InProgress) {
            unsettled.push_back(open); // asked again after the next connect or action
            return;
        }
        Performed& entry = done[open.place];
        entry.outcome = operate::Runner::settled(entry.outcome, *settlement);
        writeOutcome(open.record, store::Stage::Settled, entry.outcome);
        Q_EMIT q->performedChanged();
        Q_EMIT q->settled(entry.request, entry.outcome);
        q->sampleNow();
    });
}

/// Looks again every so often: a timer does not count what the machine sleeps.
void DeskPrivate::fallBackInTime() {
    if (!armedUntil)
        return;
    const auto left = std::chrono::ceil<milliseconds>(*armedUntil - pg::Clock::now());
    if (left > milliseconds(0))
        fallBack.start(std::min<milliseconds>(left, seconds(1)));
    else
        q->setAccessMode(AccessMode::Observe);
}

AccessMode Desk::accessMode() const {
    return d->mode;
}

Arming Desk::standardArming() const {
    return {true, d->profile.isCareful() ? carefulArming : seconds(0)};
}

QString Desk::setAccessMode(AccessMode mode) {
    if (mode == d->mode)
        return {};
    if (mode == AccessMode::Operate)
        return arm(standardArming());
    d->mode = mode;
    d->fallBack.stop();
    d->armedUntil.reset();
    for (const auto& progress : d->series)
        progress->stop();
    d->stepping.finish();
    d->closeWhenIdle();
    Q_EMIT accessModeChanged();
    return {};
}

QString Desk::arm(const Arming& arming) {
    if (d->capsule)
        return u"A capsule is open: there is no server to change anything on."_s;
    if (d->snapshot && d->snapshot->capabilities.inRecovery)
        return u"This server is a standby: nothing can be changed on it."_s;
    d->armed = arming;
    if (d->profile.isCareful() && arming.length <= seconds(0))
        d->armed.length = carefulArming;
    d->armedUntil.reset();
    d->fallBack.stop();
    if (d->armed.length > seconds(0)) {
        d->armedUntil = pg::Clock::now() + d->armed.length;
        d->fallBackInTime();
    }
    const bool changes = d->mode == AccessMode::Observe;
    if (changes) {
        if (!d->operating)
            d->openOperateSession();
        d->mode = AccessMode::Operate;
        Q_EMIT accessModeChanged();
    }
    Q_EMIT armingChanged();
    return {};
}

Arming Desk::arming() const {
    return d->armed;
}

std::optional<pg::Clock::time_point> Desk::armedUntil() const {
    return d->armedUntil;
}

const operate::Registry& Desk::actions() const {
    return d->registry;
}

const std::vector<Performed>& Desk::performed() const {
    return d->done;
}

Availability Desk::availability(const domain::ActionRequest& request) const {
    const operate::Action* action = d->registry.find(request.action);
    if (!action)
        return {false, u"There is no such action."_s, {}};
    if (d->past)
        return {false, QString::fromLatin1(inThePast), {}};
    if (!d->snapshot)
        return {false, u"Nothing is known of this server yet."_s, {}};
    const operate::Availability found = action->availability(request, d->snapshot->capabilities, d->snapshot.get());
    if (!found.available)
        return {false, text(found.why), text(found.grant)};
    if (d->mode == AccessMode::Observe && !action->readOnly)
        return {false, QString::fromLatin1(observing), {}, true};
    if (d->lacksClass(*action))
        return {false, QString::fromLatin1(lesserClass), {}, true};
    return {true, {}, {}};
}

QString Desk::preview(const domain::ActionRequest& request) const {
    operate::RunOptions options;
    options.mode = AccessMode::Operate;
    return text(operate::Runner(d->registry).preview(request, options));
}

QFuture<links::Reply<domain::Prediction>> Desk::predict(const domain::ActionRequest& request) {
    return d->look(
        [request, capabilities = d->snapshot ? d->snapshot->capabilities
                                             : domain::Capabilities()](pg::Connection& connection, pg::Deadline) {
            const operate::Registry registry;
            return operate::Runner(registry).predict(request, capabilities, connection);
        },
        predictionDeadline);
}

operate::RunOptions DeskPrivate::runOptions(const std::shared_ptr<CommitNote>& commit,
                                            const store::JournalRecord& record) const {
    operate::RunOptions options;
    options.mode = mode;
    options.beforeCommit = [commit, record, journal = journal](const operate::AboutToCommit& about) {
        commit->write(about);
        return writeCommitting(journal, record, about);
    };
    options.keepCopy = Copies(copyFolder, record.action, record.operation);
    return options;
}

bool DeskPrivate::lacksClass(const operate::Action& action) const {
    return mode == AccessMode::Operate && !armed.destructive && action.danger == operate::Danger::Destructive;
}

/// On a session of its own: a series may take long, and what else is to be done must not wait for it.
QFuture<links::Reply<domain::ActionOutcome>> DeskPrivate::runSeries(const domain::ActionRequest& request,
                                                                    const operate::RunOptions& options) {
    auto session = std::make_shared<std::unique_ptr<links::Session>>(makeSession("series", domain::Purpose::Act));
    QObject::connect(session->get(), &links::Session::noticed, q, &Desk::noticed);
    (*session)->open();
    series.push_back(options.progress);
    auto running = (*session)->work(
        [request, options, capabilities = snapshot->capabilities](pg::Connection& on, pg::Deadline) {
            const operate::Registry all;
            return operate::Runner(all).perform(request, capabilities, on, options);
        },
        seriesDeadline);
    links::whenDone(running, q, [this, session, progress = options.progress](const auto&) {
        std::erase(series, progress);
        retire(*session);
    });
    return running;
}

QFuture<domain::ActionOutcome> Desk::perform(const domain::ActionRequest& request,
                                             std::shared_ptr<operate::Progress> progress) {
    const operate::Action* action = d->registry.find(request.action);
    if (!action)
        return answered(refused("There is no action " + request.action + "."));
    d->fallBackInTime();
    if (d->past)
        return answered(refused(inThePast));
    if (d->mode == AccessMode::Observe && !action->readOnly)
        return answered(refused(observing));
    if (d->lacksClass(*action))
        return answered(refused(lesserClass));
    if (d->profile.requiresReason && !action->readOnly && text(request.reason).trimmed().isEmpty())
        return answered(refused(noReason));
    links::Session* session = d->mode == AccessMode::Operate ? d->operating.get() : d->lookingSession();
    if (!session || !d->snapshot)
        return answered(refused("There is no connection to this server."));
    auto commit = std::make_shared<CommitNote>();
    const store::JournalRecord record = d->begin(request);
    operate::RunOptions options = d->runOptions(commit, record);
    if (action->isSeries()) {
        options.progress = progress ? std::move(progress) : std::make_shared<operate::Progress>();
        return d->performed(request, d->runSeries(request, options), commit, record);
    }
    const auto running = session->work(
        [request, options, capabilities = d->snapshot->capabilities](pg::Connection& connection, pg::Deadline) {
            const operate::Registry registry;
            return operate::Runner(registry).perform(request, capabilities, connection, options);
        },
        actionDeadline);
    d->countUnderWay(running);
    return d->performed(request, running, commit, record);
}

QFuture<domain::Rehearsal> Desk::rehearse(const domain::ActionRequest& request) {
    domain::Rehearsal none;
    none.outcome = refused(observing);
    const operate::Action* action = d->registry.find(request.action);
    d->fallBackInTime();
    if (d->past)
        none.outcome = refused(inThePast);
    else if (action && d->lacksClass(*action))
        none.outcome = refused(lesserClass);
    else if (action && d->mode == AccessMode::Operate && d->operating && d->snapshot) {
        const auto running = d->operating->work(
            [request, capabilities = d->snapshot->capabilities](pg::Connection& connection, pg::Deadline) {
                const operate::Registry registry;
                operate::RunOptions options;
                options.mode = AccessMode::Operate;
                return operate::Runner(registry).rehearse(request, capabilities, connection, options);
            },
            rehearsalDeadline);
        d->countUnderWay(running);
        auto promise = std::make_shared<QPromise<domain::Rehearsal>>();
        promise->start();
        links::whenDone(running, this, [promise](const links::Reply<domain::Rehearsal>& reply) {
            const auto* rehearsal = std::get_if<domain::Rehearsal>(&reply);
            promise->addResult(rehearsal ? *rehearsal
                                         : domain::Rehearsal{fromFailure(std::get<pg::Failure>(reply)), {}});
            promise->finish();
        });
        return promise->future();
    }
    return answered(none);
}

QString Desk::installSql() const {
    const std::string_view sql = schema::pgqueSql();
    return QString::fromUtf8(sql.data(), static_cast<qsizetype>(sql.size()));
}

QFuture<links::Reply<SchemaReport>> Desk::inspectSchema() {
    return d->look(
        [](pg::Connection& connection, pg::Deadline deadline) {
            SchemaReport report;
            report.inspection = schema::inspect(connection, deadline);
            if (report.inspection.catalog.present) {
                try {
                    report.status = queries::look(connection, pgque::status(), {}, deadline);
                } catch (const pg::Error& error) {
                    report.statusError = error.failure();
                }
                report.scheduling = queries::scheduling(connection, deadline);
            }
            return report;
        },
        predictionDeadline);
}

QFuture<links::Reply<schema::Plan>> Desk::planSchema(schema::Deed deed) {
    return d->look(
        [deed](pg::Connection& connection, pg::Deadline deadline) {
            const schema::Inspection seen = schema::inspect(connection, deadline);
            switch (deed) {
            case schema::Deed::Install:
                return schema::planInstall(seen);
            case schema::Deed::Upgrade:
                return schema::planUpgrade(seen, queries::look(connection, schema::readSources(), {}, deadline));
            case schema::Deed::Convert:
                return schema::planConvert(seen, queries::look(connection, schema::readSources(), {}, deadline));
            case schema::Deed::Uninstall:
                break;
            }
            const bool ours =
                seen.origin == domain::SchemaOrigin::Ours || seen.origin == domain::SchemaOrigin::OursDrifted;
            const bool counts = ours && seen.catalog.ownsSchema;
            return schema::planUninstall(
                seen, counts ? queries::look(connection, schema::countLosses(),
                                             {std::chrono::seconds(15), std::chrono::milliseconds(200)}, deadline)
                             : schema::Losses());
        },
        predictionDeadline);
}

QFuture<domain::ActionOutcome> Desk::carryOutSchema(const schema::Plan& plan, const QString& reason) {
    d->fallBackInTime();
    if (d->past)
        return answered(refused(inThePast));
    if (d->mode == AccessMode::Observe)
        return answered(refused(observing));
    const bool takesAway = plan.deed == schema::Deed::Uninstall || plan.deed == schema::Deed::Convert;
    if (takesAway && !d->armed.destructive)
        return answered(refused(lesserClass));
    if (d->profile.requiresReason && reason.trimmed().isEmpty())
        return answered(refused(noReason));
    const auto running = d->operating->work(
        [plan](pg::Connection& connection, pg::Deadline deadline) {
            if (plan.refusal)
                return refused(*plan.refusal);
            return schema::carryOut(connection, plan, deadline);
        },
        installDeadline);
    d->countUnderWay(running);
    domain::ActionRequest request;
    request.action = journalName(plan.deed);
    request.reason = reason.toStdString();
    return d->performed(request, running, std::make_shared<CommitNote>(), d->begin(request));
}

QFuture<domain::ActionOutcome> Desk::installSchema(const QString& reason) {
    d->fallBackInTime();
    if (d->past)
        return answered(refused(inThePast));
    if (d->mode == AccessMode::Observe)
        return answered(refused(observing));
    if (d->profile.requiresReason && reason.trimmed().isEmpty())
        return answered(refused(noReason));
    const auto running = d->operating->work(
        [](pg::Connection& connection, pg::Deadline deadline) {
            const schema::Plan plan = schema::planInstall(schema::inspect(connection, deadline));
            if (plan.refusal)
                return refused(*plan.refusal);
            return schema::carryOut(connection, plan, deadline);
        },
        installDeadline);
    d->countUnderWay(running);
    domain::ActionRequest request;
    request.action = journalName(schema::Deed::Install);
    request.reason = reason.toStdString();
    return d->performed(request, running, std::make_shared<CommitNote>(), d->begin(request));
}

} // namespace desk
