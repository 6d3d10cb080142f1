// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/fakedesk.h"

#include "desk/recordedlook.h"
#include "models/format.h"
#include "models/madesnapshots.h"

#include <QRegularExpression>

#include <cmath>

namespace desk {

namespace {

template <class T>
QFuture<T> answered(T value) {
    QPromise<T> promise;
    promise.start();
    promise.addResult(std::move(value));
    promise.finish();
    return promise.future();
}

/// What a page asked of the server, on a desk whose server answers, refuses or keeps silent.
template <class T>
QFuture<links::Reply<T>> told(DeskPrivate& desk, links::Reply<T> value) {
    if (desk.silent) {
        static std::vector<QPromise<links::Reply<T>>> unanswered; // one that goes would end its future
        unanswered.emplace_back().start();
        desk.held.emplace_back(unanswered.back().future());
        return unanswered.back().future();
    }
    return answered(desk.refusal ? links::Reply<T>(*desk.refusal) : std::move(value));
}

/// As the real one: what is not recorded is not asked for in the past.
template <class T>
QFuture<links::Reply<T>> unlessPast(DeskPrivate& desk, links::Reply<T> value) {
    return told(desk, desk.past ? links::Reply<T>(notRecorded()) : std::move(value));
}

/// As the real one: the rows sorted, and nothing behind them.
links::Reply<domain::EventPage> sortedById(links::Reply<domain::EventPage> reply) {
    if (auto* page = std::get_if<domain::EventPage>(&reply)) {
        std::sort(page->rows.begin(), page->rows.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
        page->byId = true;
        page->boundReached = page->next.has_value();
        page->next.reset();
    }
    return reply;
}

} // namespace

Desk::Desk(Profile profile, QObject* parent)
    : QObject(parent)
    , d(std::make_unique<DeskPrivate>()) {
    d->profile = std::move(profile);
    d->status.state = LinkState::Live;
    std::get<store::Recorded>(d->recorded).moments = 10;
}

Desk::~Desk() = default;

const Profile& Desk::profile() const {
    return d->profile;
}

void Desk::usePassword(const QString& password) {
    d->passwords += password;
}

void Desk::reconnectNow() {
    ++d->reconnects;
}

LinkStatus Desk::linkStatus() const {
    return d->status;
}

bool Desk::isStale() const {
    return d->status.state == LinkState::Live && !d->status.failure.diagnostics.message.empty();
}

domain::SnapshotPtr Desk::snapshot() const {
    return d->past ? d->past->snapshot : d->snapshot;
}

const domain::Diagnosis& Desk::diagnosis() const {
    return d->past ? *d->past->diagnosis : d->diagnosis;
}

domain::SnapshotPtr Desk::liveSnapshot() const {
    return d->snapshot;
}

QFuture<store::Answer<std::int64_t>> Desk::exportCapsule(const CapsuleOptions& options) {
    d->exports.push_back(options);
    return answered(d->exported);
}

bool Desk::isCapsule() const {
    return d->capsule;
}

std::map<std::string, std::string> Desk::capsuleFacts() const {
    return {{"database", "shop"}, {"server", "db1:5432"}, {"exported at", "2026-11-20T15:00:00Z"}};
}

void Desk::setRecording(const RecordingOptions& options) {
    d->recordingOptions = options;
}

RecordingState Desk::recordingState() const {
    return d->recording;
}

QFuture<store::Answer<domain::Series>> Desk::series(std::int32_t queueId, domain::Quantity quantity, pg::Timestamp from,
                                                    pg::Timestamp to, int) {
    return answered(d->series ? d->series(queueId, quantity, from, to) : domain::Series{});
}

QFuture<store::Answer<store::Recorded>> Desk::recorded() {
    return answered(d->recorded);
}

QFuture<store::Answer<std::optional<domain::Moment>>> Desk::momentAt(pg::Timestamp at, store::Which which) {
    std::optional<domain::Moment> found;
    for (const auto& [moment, one] : d->moments) {
        if (which == store::Which::After    ? moment > at && !found
            : which == store::Which::Before ? moment < at
                                            : moment <= at)
            found = one;
    }
    return answered(store::Answer<std::optional<domain::Moment>>(found));
}

QFuture<store::Answer<std::vector<store::FindingSpan>>> Desk::findingsBetween(pg::Timestamp, pg::Timestamp) {
    return answered(store::Answer<std::vector<store::FindingSpan>>());
}

QFuture<store::Answer<bool>> Desk::showInstant(pg::Timestamp at, store::Which which) {
    const auto found = std::get<0>(momentAt(at, which).result());
    if (found)
        showMoment(*found);
    return answered(store::Answer<bool>(found.has_value()));
}

void Desk::showMoment(const domain::Moment& moment) {
    d->past = moment;
    Q_EMIT instantChanged();
    Q_EMIT snapshotReady(snapshot());
}

void Desk::showLive() {
    d->past.reset();
    Q_EMIT instantChanged();
    Q_EMIT snapshotReady(snapshot());
}

std::optional<pg::Timestamp> Desk::shownInstant() const {
    return d->past ? std::optional(d->past->snapshot->takenAt) : std::nullopt;
}

std::optional<monitor::RetryTrend> Desk::retryTrend(std::int32_t) const {
    return d->retryTrend;
}

std::vector<double> Desk::rateHistory(std::int32_t queueId) const {
    if (!d->past)
        return d->rates;
    const auto rate = d->past->inflow.rate(queueId);
    return rate ? std::vector<double>{*rate} : std::vector<double>();
}

Stepping* Desk::stepping() const {
    return &d->stepping;
}

QString Desk::whyNoStepping(bool) const {
    return d->whyNoStepping;
}

void Desk::beginStepping(bool, const QStringList&) {}

const monitor::Timeline& Desk::timeline() const {
    return d->timeline;
}

void Desk::follow(std::int32_t queueId, std::int32_t subId) {
    d->follows = {queueId, subId};
}

void Desk::setPaused(bool paused) {
    d->paused = paused;
    Q_EMIT pausedChanged();
}

bool Desk::isPaused() const {
    return d->paused;
}

void Desk::setPeriod(std::chrono::milliseconds period) {
    d->period = period;
}

std::chrono::milliseconds Desk::period() const {
    return d->period;
}

void Desk::setThresholds(const monitor::Thresholds& thresholds) {
    d->thresholds = thresholds;
}

std::chrono::milliseconds Desk::calmPeriod() const {
    return d->calmPeriod.value_or(d->period);
}

bool Desk::isSlowed() const {
    return d->slowed;
}

void Desk::setHidden(bool hidden) {
    d->hidden = hidden;
}

void Desk::sampleNow() {
    ++d->sampled;
}

AccessMode Desk::accessMode() const {
    return d->mode;
}

QString Desk::setAccessMode(AccessMode mode) {
    d->mode = mode;
    Q_EMIT accessModeChanged();
    return {};
}

QString Desk::arm(const Arming& arming) {
    d->armed = arming;
    if (arming.length.count() > 0)
        d->armedUntil = pg::Clock::now() + arming.length;
    d->mode = AccessMode::Operate;
    Q_EMIT accessModeChanged();
    Q_EMIT armingChanged();
    return {};
}

Arming Desk::arming() const {
    return d->armed;
}

Arming Desk::standardArming() const {
    return {true, std::chrono::minutes(30)};
}

std::optional<pg::Clock::time_point> Desk::armedUntil() const {
    return d->armedUntil;
}

QFuture<links::Reply<domain::EventPage>> Desk::eventPage(std::int32_t, std::int64_t, std::int64_t, std::int32_t,
                                                         domain::EventSearch search,
                                                         std::optional<domain::EventPosition> from, int limit) {
    d->filtered.push_back(std::move(search));
    return unlessPast(*d, d->pages ? d->pages(std::move(from), limit) : links::Reply<domain::EventPage>());
}

QFuture<links::Reply<domain::EventPage>> Desk::eventsById(std::int32_t, std::int64_t, std::int64_t, std::int32_t,
                                                          domain::EventSearch search) {
    ++d->sortedById;
    d->filtered.push_back(std::move(search));
    return unlessPast(*d, sortedById(d->pages({}, 10'000)));
}

QFuture<links::Reply<domain::EventPage>> Desk::searchById(std::int32_t, domain::EventSearch search) {
    ++d->sortedById;
    d->searched.push_back(std::move(search));
    return unlessPast(*d, sortedById(d->found));
}

QFuture<links::Reply<domain::WindowCount>> Desk::countWindow(std::int32_t, std::int64_t, std::int64_t, std::int32_t) {
    return told(*d, d->count);
}

QFuture<links::Reply<domain::Message>> Desk::message(std::int32_t, const domain::EventPosition&, std::int64_t,
                                                     std::int64_t maxBytes) {
    return unlessPast(*d, d->message(maxBytes));
}

QFuture<links::Reply<domain::RetryPage>> Desk::retryPage(std::int32_t, std::optional<domain::RetryPosition>, int) {
    return unlessPast(*d, d->retries);
}

QFuture<links::Reply<domain::Message>> Desk::retryMessage(std::int32_t, std::int64_t, std::int64_t maxBytes) {
    return unlessPast(*d, d->message(maxBytes));
}

QFuture<links::Reply<domain::DeadPage>> Desk::deadPage(std::int32_t, std::optional<domain::DeadCause> cause,
                                                       std::optional<domain::DeadPosition>, int) {
    d->cause = std::move(cause);
    return unlessPast(*d, d->letters);
}

QFuture<links::Reply<domain::DeadGroups>> Desk::deadGroups(std::int32_t) {
    return unlessPast(*d, d->groups);
}

QFuture<links::Reply<domain::Message>> Desk::deadMessage(std::int64_t, std::int64_t maxBytes) {
    return unlessPast(*d, d->message(maxBytes));
}

QFuture<links::Reply<domain::QueueDetail>> Desk::queueDetail(std::int32_t, std::optional<std::int64_t> ticksFrom) {
    d->ticksAsked.push_back(ticksFrom);
    return unlessPast(*d, d->detail);
}

QFuture<links::Reply<domain::QueueUpkeep>> Desk::queueUpkeep(std::int32_t) {
    ++d->upkeepAsked;
    return unlessPast(*d, d->upkeep);
}

QFuture<links::Reply<domain::EventPage>> Desk::searchEvents(std::int32_t, domain::EventSearch search,
                                                            std::optional<domain::EventPosition>) {
    d->searched.push_back(std::move(search));
    return unlessPast(*d, d->found);
}

QFuture<links::Reply<std::vector<std::string>>> Desk::eventTypes(std::int32_t) {
    ++d->typesAsked;
    return unlessPast(*d, d->types);
}

QFuture<links::Reply<domain::EventStory>> Desk::eventStory(std::int32_t, const domain::EventRow& event) {
    ++d->stories;
    return unlessPast(*d, d->storyOf ? links::Reply<domain::EventStory>(d->storyOf(event)) : d->story);
}

QFuture<links::Reply<domain::LockWaits>> Desk::lockWaits() {
    ++d->lockQuestions;
    return told(*d, d->past ? recordedLockWaits(*d->past) : d->waits);
}

domain::Spending Desk::spending() const {
    return d->spending;
}

QFuture<links::Reply<domain::Footprint>> Desk::footprint() {
    return unlessPast(*d, d->footprint);
}

QFuture<links::Reply<SchemaReport>> Desk::inspectSchema() {
    return unlessPast(*d, d->report);
}

QFuture<links::Reply<schema::Plan>> Desk::planSchema(schema::Deed) {
    return answered(d->plan);
}

QFuture<domain::ActionOutcome> Desk::carryOutSchema(const schema::Plan& plan, const QString&) {
    d->carriedOut.push_back(plan);
    return answered(d->outcome);
}

QFuture<store::JournalPage> Desk::journalPage(const store::JournalQuery& query) {
    d->journalQueries.push_back(query);
    return answered(d->records);
}

std::optional<domain::ActionRequest> Desk::undoOf(const store::JournalRecord&) const {
    return d->undo;
}

QFuture<store::Verification> Desk::verifyJournal() {
    return answered(d->verification);
}

QFuture<links::Reply<std::vector<domain::WorkInstall>>> Desk::workInstalls() {
    return told(*d, d->past ? recordedInstalls(*d->past) : d->workInstalls);
}

QFuture<links::Reply<domain::WorkSample>> Desk::workSample(const domain::WorkInstall& install) {
    return told(*d, d->past ? recordedWork(*d->past, install) : d->work);
}

QFuture<links::Reply<domain::WorkPage>> Desk::workPage(const domain::WorkInstall&, const std::string&, domain::WorkPart,
                                                       std::optional<domain::WorkPosition>, int) {
    return unlessPast(*d, d->workMessages);
}

QFuture<links::Reply<std::vector<domain::WorkDelayed>>> Desk::workDelayed(const domain::WorkInstall&,
                                                                          const std::string&) {
    return unlessPast(*d, d->workDelayed);
}

std::shared_ptr<const domain::WorkLooks> Desk::workLooks() const {
    return d->past ? d->past->work : d->workLooks;
}

QFuture<links::Reply<std::optional<std::string>>> Desk::workPayload(const domain::WorkInstall&, const std::string&,
                                                                    domain::WorkPart, std::int64_t,
                                                                    std::int64_t maxBytes) {
    return unlessPast(*d, d->payload(maxBytes));
}

QFuture<links::Reply<domain::Barriers>> Desk::barriers(const domain::WorkInstall& install) {
    return told(*d, d->past ? recordedBarriers(*d->past, install) : d->barriers);
}

QFuture<links::Reply<domain::BarrierDetail>> Desk::barrierDetail(const domain::WorkInstall&, const std::string&) {
    return unlessPast(*d, d->barrierDetail);
}

const operate::Registry& Desk::actions() const {
    return d->registry;
}

Availability Desk::availability(const domain::ActionRequest&) const {
    return d->availability;
}

QFuture<links::Reply<domain::Prediction>> Desk::predict(const domain::ActionRequest& request) {
    d->predicted.push_back(request);
    return answered(d->prediction);
}

QFuture<domain::Rehearsal> Desk::rehearse(const domain::ActionRequest&) {
    return answered(d->rehearsal);
}

QFuture<domain::ActionOutcome> Desk::perform(const domain::ActionRequest& request,
                                             std::shared_ptr<operate::Progress> progress) {
    d->performed.push_back(request);
    d->progress = std::move(progress);
    if (d->hold) {
        QPromise<domain::ActionOutcome> never;
        never.start();
        return never.future();
    }
    return answered(d->outcome);
}

QString Desk::preview(const domain::ActionRequest&) const {
    return QStringLiteral("-- preview");
}

const std::vector<Performed>& Desk::performed() const {
    return d->journal;
}

QString Desk::installSql() const {
    return QStringLiteral("-- the whole schema");
}

QFuture<domain::ActionOutcome> Desk::installSchema(const QString&) {
    ++d->installs;
    return answered(d->outcome);
}

} // namespace desk

std::unique_ptr<desk::Desk> shopDesk() {
    desk::Profile profile;
    profile.environment = desk::Environment::Production;
    auto made = std::make_unique<desk::Desk>(profile);
    desk::DeskPrivate& inside = desk::DeskPrivate::of(*made);
    inside.snapshot = made::shop();
    inside.diagnosis = made::shopFindings();
    for (int at = 0; at < 300; ++at)
        inside.rates.push_back(at > 120 && at < 140 ? std::nan("") : 100 + 30 * std::sin(at / 20.0) + at % 7);
    inside.pages = eventsOf(500);
    return made;
}

void feed(desk::Desk& desk, domain::SnapshotPtr snapshot) {
    if (snapshot) {
        auto come = std::make_shared<domain::Snapshot>(*snapshot);
        come->receivedAt = pg::Clock::now();
        snapshot = come;
    }
    desk::DeskPrivate::of(desk).snapshot = snapshot;
    Q_EMIT desk.snapshotReady(snapshot);
}

void letPass(desk::Desk& desk, std::chrono::seconds length) {
    auto older = std::make_shared<domain::Snapshot>(*desk::DeskPrivate::of(desk).snapshot);
    older->receivedAt -= length;
    desk::DeskPrivate::of(desk).snapshot = older;
}

bool saysAgo(const QString& words, const QString& deed, std::chrono::seconds length) {
    static const QString ago = QStringLiteral("\\b%1 ([^\n]+?) ago\\b");
    auto told = QRegularExpression(ago.arg(deed)).globalMatch(words);
    while (told.hasNext()) {
        const auto old = models::format::length(told.next().captured(1).simplified());
        if (old && *old >= length && *old < length + std::chrono::seconds(20))
            return true;
    }
    return false;
}

std::function<links::Reply<domain::EventPage>(std::optional<domain::EventPosition>, int)> eventsOf(int count) {
    return [count](const std::optional<domain::EventPosition>& from, int limit) {
        domain::EventPage page;
        page.serverMs = 0.7;
        const int first = from ? std::stoi(from->ctid) : 0;
        for (int at = first; at < std::min(count, first + limit); ++at) {
            domain::EventRow row;
            row.position = {1, std::to_string(at)};
            row.id = 146'271 + at;
            row.time = made::ago(900);
            row.txid = 991;
            row.type = at % 3 ? "order.created" : "order.cancelled";
            if (at % 5 == 0)
                row.retry = 2;
            row.data = R"({"order_id":)" + std::to_string(90'211 + at) +
                       R"(,"total":102.95,"customer":{"id":9007199254740993,"email":"ann@example.org","tier":"gold"},)"
                       R"("lines":[{"sku":"a-1","n":2},{"sku":"b-7","n":1}],"created_at":"2026-11-20T13:52:58Z"})";
            row.dataBytes = std::int64_t(row.data->size());
            page.rows.push_back(row);
        }
        if (first + limit < count)
            page.next = domain::EventPosition{1, std::to_string(first + limit)};
        return links::Reply<domain::EventPage>(page);
    };
}
