// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/deskprivate.h"
#include "desk/keychain.h"
#include "link/whendone.h"
#include "queries/events.h"
#include "queries/probe.h"

namespace desk {

namespace {

using namespace Qt::StringLiterals;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// A sample that takes longer is given up. More than all its parts need to run into their own time-outs: a slow server
/// is asked less, and the connection to it is kept.
constexpr milliseconds sampleDeadline = seconds(20);
/// After so long what is shown is said to be old, whatever may still come.
constexpr milliseconds sampleOverdue = seconds(8);
/// The session for what pages ask is closed when nothing was asked for so long.
constexpr milliseconds lookingIdleFor = seconds(60);
constexpr Beat::Duration leastLookingPause = seconds(2);
constexpr Beat::Duration longestLookingPause = seconds(30);
constexpr milliseconds readOnlyDeadline = seconds(15);
constexpr milliseconds pageDeadline = seconds(15);
constexpr milliseconds countDeadline = seconds(60);

/// More channels than that tell nothing that the next sample would not.
constexpr int channelsAtMost = 200;

/// What the schema and our questions need, as libpq numbers versions.
constexpr int oldestServer = 140'000;

} // namespace

DeskPrivate::DeskPrivate(Desk* desk, Profile of)
    : q(desk)
    , profile(std::move(of))
    , connection(profile.connection) {
    timer.setSingleShot(true);
    timer.setTimerType(Qt::PreciseTimer);
    QObject::connect(&timer, &QTimer::timeout, q, [this] { sample(); });
    QObject::connect(&followTimer, &QTimer::timeout, q, [this] { followOnce(); });
    overdue.setSingleShot(true);
    overdue.setInterval(sampleOverdue);
    QObject::connect(&overdue, &QTimer::timeout, q, [this] { sampleIsOverdue(); });
    lookingIdle.setParent(q);
    lookingIdle.setObjectName(u"lookingIdle"_s);
    lookingIdle.setSingleShot(true);
    lookingIdle.setInterval(lookingIdleFor);
    QObject::connect(&lookingIdle, &QTimer::timeout, q, [this] { closeLookingWhenIdle(); });
    fallBack.setSingleShot(true);
    QObject::connect(&fallBack, &QTimer::timeout, q, [this] { fallBackInTime(); });
}

monitor::Thresholds DeskPrivate::thresholdsInForce() const {
    return profile.environment == Environment::Sandbox ? thresholds.tenth() : thresholds;
}

std::unique_ptr<links::Session> DeskPrivate::makeSession(const char* role, domain::Purpose purpose,
                                                         bool reconnect) const {
    links::Session::Options options;
    options.reconnect = reconnect;
    options.role = u"batchscope/"_s + QString::fromLatin1(role);
    options.onTraffic = [account = account, purpose](const pg::Traffic& traffic) { account->add(purpose, traffic); };
    return std::make_unique<links::Session>(connection, options);
}

void DeskPrivate::retire(std::unique_ptr<links::Session>& session) const {
    if (!session)
        return;
    session->disconnect();
    session->close();
    session->setParent(q);
    session.release()->deleteLater();
}

void DeskPrivate::open() {
    close();
    refusal.reset();
    watch = std::make_shared<Watch>(account, profile.applicationNameRule.toStdString(), firstSampleWhole);
    monitor = makeSession("monitor", domain::Purpose::Sample);
    QObject::connect(monitor.get(), &links::Session::stateChanged, q, [this] {
        askKeychain();
        Q_EMIT q->linkStatusChanged();
    });
    QObject::connect(monitor.get(), &links::Session::connected, q, [this] { connected(); });
    QObject::connect(monitor.get(), &links::Session::failed, q, [this](const pg::Failure& failure) { lost(failure); });
    QObject::connect(monitor.get(), &links::Session::noticed, q, &Desk::noticed);
    monitor->open();
}

void DeskPrivate::close() {
    timer.stop();
    overdue.stop();
    if (mode == AccessMode::Operate)
        q->setAccessMode(AccessMode::Observe);
    closeOperateSession();
    lookingIdle.stop();
    retire(looking);
    retire(listener);
    retire(monitor);
    watch.reset();
    channels.clear();
    if (beat.inFlight())
        beat.finished(Beat::Clock::now(), Beat::Duration(0));
    interrupted();
    recorder.leave();
}

/// A saved password is tried once; a person is asked when there is none, or when it is not accepted.
void DeskPrivate::askKeychain() {
    if (keychainStage != KeychainStage::NotAsked || !profile.savesPassword ||
        status().state != LinkState::NeedsPassword)
        return;
    keychainStage = KeychainStage::Asked;
    links::whenDone(keychain::read(profile.name), q, [this](const KeychainReply& reply) {
        keychainStage = KeychainStage::Answered;
        if (reply.found)
            usePassword(reply.password);
        else
            Q_EMIT q->linkStatusChanged();
    });
}

void DeskPrivate::usePassword(const QString& password) {
    connection.set("password", password.toStdString());
    if (monitor)
        monitor->open(connection);
    else
        open();
}

LinkStatus DeskPrivate::status() const {
    if (refusal)
        return {LinkState::Failed, *refusal, {}};
    if (!monitor)
        return {};
    switch (monitor->state()) {
    case links::SessionState::Connecting:
        return {LinkState::Connecting, {}, {}};
    case links::SessionState::Idle:
    case links::SessionState::Busy:
        return {LinkState::Live, sampleFailure, {}};
    case links::SessionState::Waiting:
        return {LinkState::Lost, monitor->lastFailure(), monitor->nextTry()};
    case links::SessionState::Closed:
        break;
    }
    const pg::Failure& failure = monitor->lastFailure();
    const bool password = failure.kind == pg::ErrorKind::Authentication;
    if (password && keychainStage == KeychainStage::Asked)
        return {LinkState::Connecting, failure, {}};
    return {password ? LinkState::NeedsPassword : LinkState::Failed, failure, {}};
}

void DeskPrivate::connected() {
    if (const int version = monitor->facts().serverVersion; version < oldestServer) {
        refusal = pg::Failure();
        refusal->diagnostics.message = "this server is PostgreSQL " + std::to_string(version / 10'000) + '.' +
                                       std::to_string(version % 10'000) +
                                       "; Batchscope works with PostgreSQL 14 and later. Nothing was looked at";
        // Not from inside the session's own signal.
        QTimer::singleShot(0, q, [this] {
            if (refusal)
                close();
            Q_EMIT q->linkStatusChanged();
        });
        return;
    }
    ++connectionNumber;
    beat.askOnce();
    schedule();
}

links::Session* DeskPrivate::lookingSession() {
    using links::SessionState;
    if (!monitor || monitor->state() == SessionState::Waiting || monitor->state() == SessionState::Closed)
        return nullptr;
    if (!looking) {
        looking = makeSession("look", domain::Purpose::Pages, false);
        QObject::connect(looking.get(), &links::Session::noticed, q, &Desk::noticed);
        QObject::connect(looking.get(), &links::Session::connected, q, [this] { lookingPause = {}; });
        // The server has no room for it: it is asked again, but not with each question of a page that is looked at.
        QObject::connect(looking.get(), &links::Session::failed, q, [this](const pg::Failure& failure) {
            if (failure.kind != pg::ErrorKind::Connect && failure.kind != pg::ErrorKind::Authentication)
                return;
            lookingPause = std::clamp(lookingPause * 2, leastLookingPause, longestLookingPause);
            lookingRefusedUntil = Beat::Clock::now() + lookingPause;
            lookingFailure = failure;
        });
    }
    // One that broke, or could not be had, is tried anew with each question.
    if (looking->state() == SessionState::Closed) {
        if (Beat::Clock::now() < lookingRefusedUntil)
            return nullptr;
        looking->open();
        lookingIsReadOnly = false;
    }
    if (!lookingIsReadOnly && snapshot && !snapshot->capabilities.throughPooler) {
        lookingIsReadOnly = true;
        looking->work(
            [](pg::Connection& on, pg::Deadline deadline) { on.run(queries::readOnlyFromNowOn(), deadline); },
            readOnlyDeadline);
    }
    lookingIdle.start();
    return looking.get();
}

void DeskPrivate::closeLookingWhenIdle() {
    const bool busy = looking && (looking->state() == links::SessionState::Busy ||
                                  looking->state() == links::SessionState::Connecting);
    if (busy)
        lookingIdle.start();
    else
        retire(looking);
}

pg::Failure DeskPrivate::whyNoLook() const {
    if (looking && Beat::Clock::now() < lookingRefusedUntil)
        return lookingFailure;
    if (monitor && !monitor->lastFailure().diagnostics.message.empty())
        return monitor->lastFailure();
    pg::Failure failure;
    failure.kind = pg::ErrorKind::ConnectionLost;
    failure.diagnostics.message = "there is no connection";
    return failure;
}

void DeskPrivate::lost(const pg::Failure&) {
    timer.stop();
    overdue.stop();
    interrupted();
}

void DeskPrivate::schedule() {
    if (!monitor)
        return;
    const bool live = monitor->state() == links::SessionState::Idle || monitor->state() == links::SessionState::Busy;
    const auto due = live ? beat.due(Beat::Clock::now()) : std::nullopt;
    if (due)
        timer.start(*due);
    else
        timer.stop();
}

void DeskPrivate::sample() {
    if (!monitor || beat.inFlight())
        return;
    beat.started(Beat::Clock::now());
    overdue.start();
    auto cost = std::make_shared<std::atomic<Beat::Duration>>();
    const auto reply = monitor->work(
        [watch = watch, number = connectionNumber, limits = thresholdsInForce(), cost](pg::Connection& on,
                                                                                      pg::Deadline deadline) {
            const Measured measured(*cost);
            return watch->look(on, number, limits, deadline);
        },
        sampleDeadline, links::Time::FromStart);
    auto* watcher = new QFutureWatcher<links::Reply<Seen>>(monitor.get());
    QObject::connect(watcher, &QFutureWatcherBase::finished, q, [this, watcher, cost, asked = watch] {
        watcher->deleteLater();
        if (asked != watch)
            return; // an answer from before the last open()
        if (watcher->isCanceled() || watcher->future().resultCount() == 0)
            beat.finished(Beat::Clock::now(), cost->load());
        else
            takeSample(watcher->result(), cost->load());
    });
    watcher->setFuture(reply);
}

void DeskPrivate::sampleIsOverdue() {
    stale = true;
    sampleFailure = {};
    sampleFailure.kind = pg::ErrorKind::Timeout;
    sampleFailure.diagnostics.message = "the server has not answered for " +
                                        std::to_string(sampleOverdue / seconds(1)) + " s; it is still waited for";
    Q_EMIT q->linkStatusChanged();
}

void DeskPrivate::takeSample(const links::Reply<Seen>& reply, Beat::Duration cost) {
    overdue.stop();
    const auto* seen = std::get_if<Seen>(&reply);
    beat.finished(Beat::Clock::now(), seen ? cost - seen->besides : cost);
    if (seen && seen->moreAtOnce)
        beat.askOnce();
    if (!seen) {
        sampleFailure = std::get<pg::Failure>(reply);
        stale = true;
        interrupted();
        schedule();
        Q_EMIT q->linkStatusChanged();
        return;
    }
    const bool wasStale = std::exchange(stale, false);
    sampleFailure = {};
    snapshot = seen->snapshot;
    history.add(*snapshot, beat.period());
    retries.add(*snapshot);
    addToTimeline();
    diagnosis = seen->diagnosis;
    work = seen->work;
    recorder.take(*seen);
    // After what is waited for: the sample on screen.
    QTimer::singleShot(0, q, [this, asked = watch] {
        if (asked && asked == watch)
            listenWhereItHelps();
    });
    schedule();
    if (wasStale)
        Q_EMIT q->linkStatusChanged();
    if (past)
        return;
    Q_EMIT q->snapshotReady(snapshot);
}

void DeskPrivate::listenWhereItHelps() {
    // Behind a pooler a LISTEN would stay with a connection that is soon somebody else's; a standby notifies nobody.
    if (snapshot->capabilities.throughPooler || snapshot->capabilities.inRecovery) {
        retire(listener);
        channels.clear();
        return;
    }
    QStringList wanted;
    for (const domain::Queue& queue : snapshot->queues) {
        if (wanted.size() == channelsAtMost)
            break;
        wanted << u"pgque_"_s + QString::fromStdString(queue.name);
    }
    if (wanted == channels)
        return;
    channels = wanted;
    if (!listener) {
        listener = makeSession("listener", domain::Purpose::Listen);
        QObject::connect(listener.get(), &links::Session::notified, q, [this] {
            beat.bringForward();
            schedule();
        });
        // What happened between the last sample and the LISTEN was told to nobody.
        QObject::connect(listener.get(), &links::Session::listening, q, [this] {
            beat.catchUp();
            schedule();
        });
        // A console that is stopped does not take what it is told: its session must not keep the server's queue of
        // notifications from being emptied.
        QObject::connect(listener.get(), &links::Session::connected, q, [this] {
            listener->work(
                [](pg::Connection& on, pg::Deadline deadline) { on.run(queries::givenUpWhenUnread(), deadline); },
                readOnlyDeadline);
        });
        listener->listen(channels);
        listener->open();
        return;
    }
    listener->listen(channels);
}

Desk::Desk(Profile profile, QObject* parent)
    : QObject(parent)
    , d(std::make_unique<DeskPrivate>(this, std::move(profile))) {}

Desk::~Desk() {
    // Nobody is told any more.
    blockSignals(true);
    d->close();
}

const Profile& Desk::profile() const {
    return d->profile;
}

void Desk::setFirstSampleWhole(bool whole) {
    d->firstSampleWhole = whole;
}

void Desk::open() {
    if (!d->profile.capsule.isEmpty()) {
        openCapsule(d->profile.capsule);
        return;
    }
    d->open();
    Q_EMIT linkStatusChanged();
}

void Desk::open(const pg::ConnectionInfo& connection) {
    d->profile.connection = connection;
    d->connection = connection;
    open();
}

void Desk::close() {
    d->close();
    Q_EMIT linkStatusChanged();
}

void Desk::usePassword(const QString& password) {
    d->usePassword(password);
}

void Desk::reconnectNow() {
    if (d->monitor)
        d->monitor->open();
    else
        open();
}

LinkStatus Desk::linkStatus() const {
    return d->status();
}

bool Desk::isStale() const {
    return d->stale;
}

domain::SnapshotPtr Desk::snapshot() const {
    return d->past ? d->past->snapshot : d->snapshot;
}

const domain::Diagnosis& Desk::diagnosis() const {
    return d->past ? *d->past->diagnosis : d->diagnosis;
}

std::shared_ptr<const domain::WorkLooks> Desk::workLooks() const {
    if (!d->past)
        return d->work;
    const auto& recorded = d->past->work;
    return recorded && (!recorded->installs.empty() || !recorded->errors.empty()) ? recorded : nullptr;
}

std::vector<double> Desk::rateHistory(std::int32_t queueId) const {
    if (!d->past)
        return d->history.rates(queueId);
    const auto rate = d->past->inflow.rate(queueId);
    return rate ? std::vector<double>{*rate} : std::vector<double>();
}

std::optional<monitor::RetryTrend> Desk::retryTrend(std::int32_t queueId) const {
    const domain::Queue* queue = d->snapshot && !d->past ? d->snapshot->queue(queueId) : nullptr;
    return queue ? d->retries.of(*queue) : std::nullopt;
}

void Desk::setPaused(bool paused) {
    if (paused == d->beat.isPaused())
        return;
    d->beat.setPaused(paused);
    if (paused)
        d->interrupted();
    d->schedule();
    Q_EMIT pausedChanged();
}

bool Desk::isPaused() const {
    return d->beat.isPaused();
}

void Desk::setPeriod(milliseconds period) {
    d->beat.setPeriod(period);
    d->schedule();
}

milliseconds Desk::period() const {
    return d->beat.achieved();
}

void Desk::setThresholds(const monitor::Thresholds& thresholds) {
    if (thresholds == d->thresholds)
        return;
    d->thresholds = thresholds;
    if (d->snapshot)
        sampleNow();
}

milliseconds Desk::calmPeriod() const {
    return d->beat.period();
}

bool Desk::isSlowed() const {
    return d->beat.slowed();
}

void Desk::setHidden(bool hidden) {
    d->beat.setHidden(hidden);
    d->hidden = hidden;
    d->schedule();
}

void Desk::sampleNow() {
    d->beat.askOnce();
    d->schedule();
}

QFuture<links::Reply<domain::EventPage>> Desk::eventPage(std::int32_t queueId, std::int64_t lastTick,
                                                         std::int64_t nextTick, std::int32_t subId,
                                                         domain::EventSearch search,
                                                         std::optional<domain::EventPosition> from, int limit) {
    return d->look(
        [window = queries::Window{queueId, lastTick, nextTick, subId}, search = std::move(search),
         from = std::move(from), limit](pg::Connection& connection, pg::Deadline deadline) {
            queries::PageLimits limits;
            limits.rows = limit;
            return queries::eventPage(connection, window, search, from, limits, deadline);
        },
        pageDeadline);
}

QFuture<links::Reply<domain::EventPage>> Desk::eventsById(std::int32_t queueId, std::int64_t lastTick,
                                                          std::int64_t nextTick, std::int32_t subId,
                                                          domain::EventSearch search) {
    return d->look(
        [window = queries::Window{queueId, lastTick, nextTick, subId},
         search = std::move(search)](pg::Connection& connection, pg::Deadline deadline) {
            return queries::eventsById(connection, window, search, queries::idLimits, deadline);
        },
        pageDeadline);
}

QFuture<links::Reply<domain::WindowCount>> Desk::countWindow(std::int32_t queueId, std::int64_t lastTick,
                                                             std::int64_t nextTick, std::int32_t subId) {
    return d->look([window = queries::Window{queueId, lastTick, nextTick, subId}](
                            pg::Connection& connection,
                            pg::Deadline deadline) { return queries::countWindow(connection, window, deadline); },
                        countDeadline);
}

QFuture<links::Reply<domain::Message>> Desk::message(std::int32_t queueId, const domain::EventPosition& position,
                                                     std::int64_t eventId, std::int64_t maxBytes) {
    return d->look(
        [=](pg::Connection& connection, pg::Deadline deadline) {
            return queries::message(connection, queueId, position, eventId, maxBytes, deadline);
        },
        pageDeadline);
}

} // namespace desk
