// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/recorder.h"

#include "desk/deskprivate.h"
#include "link/whendone.h"
#include "queries/look.h"

#include <QDir>
#include <QFileInfo>

namespace desk {

namespace {

using namespace Qt::StringLiterals;
using std::chrono::seconds;

constexpr std::chrono::milliseconds questionDeadline = seconds(10);
/// A disk that was full, or a file that could not be written, is tried again this much later.
constexpr auto againAfter = seconds(30);

constexpr int ticksAtOnce = 5'000;
constexpr std::size_t ticksAtMost = 400'000;
constexpr std::size_t figuresAtOnce = 10'000;
constexpr int pendingAtMost = 30;
constexpr queries::Limits tickLimits{std::chrono::milliseconds(2'000), std::chrono::milliseconds(50)};
/// A slice may take twice as long as the one before it, and the sample behind it still comes in time.
constexpr int sliceToRoom = 2;
/// Less than this was missed: nothing is rebuilt for it.
constexpr auto worthRebuilding = std::chrono::minutes(1);

QString placeOf(const domain::Capabilities& at) {
    const std::string host = at.host.empty() ? "local" : at.host;
    return QString::fromStdString(host + (at.port.empty() ? std::string() : '_' + at.port) + '_' + at.database);
}

} // namespace

void Recorder::setState(RecordingState state) {
    if (state == m_state)
        return;
    m_state = std::move(state);
    Q_EMIT m_desk.q->recordingChanged();
}

void Recorder::use(const RecordingOptions& options) {
    if (options == m_options)
        return;
    const bool another = options.on != m_options.on || options.folder != m_options.folder;
    m_options = options;
    if (another)
        leave();
    else if (m_recording)
        m_recording->setBudget(options.budget);
}

void Recorder::leave() {
    ++m_opening;
    m_asked = false;
    m_joined = false;
    m_pending = 0;
    m_againAt.reset();
    m_rebuilding.reset();
    m_recording.reset();
    setState({m_options.on ? RecordingState::Kind::Waiting : RecordingState::Kind::Off, {}, {}});
}

void Recorder::readFrom(const QString& path) {
    leave();
    store::Recording::Options options;
    options.path = path;
    options.readOnly = true;
    m_recording = std::make_shared<store::Recording>(options);
    setState({RecordingState::Kind::Reading, {}, path});
}

void Recorder::take(const Seen& seen) {
    if (!m_options.on || !seen.snapshot)
        return;
    if (!m_recording) {
        open(*seen.snapshot);
        return;
    }
    if (!m_againAt || Clock::now() >= *m_againAt)
        record(seen);
    if (m_rebuilding && std::exchange(m_rebuilding->waits, false))
        readTicks();
}

/// Asks the server for its number first: the same server behind another name has the same past.
void Recorder::open(const domain::Snapshot& snapshot) {
    if (m_asked || !m_desk.monitor)
        return;
    m_asked = true;
    const auto asked =
        m_desk.monitor->work(booked(m_desk.account, domain::Purpose::Rebuild,
                                    [](pg::Connection& connection, pg::Deadline deadline) {
                                        return queries::look(connection, queries::serverNumber(), tickLimits, deadline);
                                    }),
                             questionDeadline);
    links::whenDone(asked, m_desk.q,
                    [this, opening = m_opening, snapshot = m_desk.snapshot](const links::Reply<std::string>& reply) {
                        if (opening != m_opening || !snapshot)
                            return;
                        const domain::Capabilities& at = snapshot->capabilities;
                        const auto* number = std::get_if<std::string>(&reply);
                        // A role that may not ask for it: then the address stands for the server.
                        openAt(number ? QString::fromStdString(*number + '/' + at.database) : placeOf(at), *snapshot);
                    });
    (void)snapshot;
}

void Recorder::openAt(const QString& identity, const domain::Snapshot& snapshot) {
    store::Recording::Options options;
    options.path = store::Recording::defaultPath(identity, QString::fromStdString(snapshot.capabilities.database));
    if (!m_options.folder.isEmpty())
        options.path = QDir(m_options.folder).filePath(QFileInfo(options.path).fileName());
    options.budget = m_options.budget;
    m_recording = std::make_shared<store::Recording>(options);
    setState({RecordingState::Kind::Waiting, {}, options.path});
    // What the recording has of the time before, asked before anything new is in it.
    links::whenDone(
        m_recording->recorded(), m_desk.q,
        [this, opening = m_opening, until = snapshot.takenAt](const store::Answer<store::Recorded>& answer) {
            if (opening != m_opening)
                return;
            std::optional<pg::Timestamp> last;
            if (const auto* recorded = std::get_if<store::Recorded>(&answer))
                last = recorded->last;
            if (!last || until - *last > worthRebuilding)
                rebuildFrom(last, until);
        });
}

void Recorder::record(const Seen& seen) {
    if (m_pending >= pendingAtMost) { // a disk that hangs: memory is not what it is to fill
        m_joined = false;
        return;
    }
    ++m_pending;
    static const auto noWorkQueues = std::make_shared<const domain::WorkLooks>();
    domain::Moment moment{seen.snapshot, std::make_shared<domain::Diagnosis>(seen.diagnosis), seen.work,
                          m_desk.history.inflow()};
    if (!moment.work && seen.workIsKnown)
        moment.work = noWorkQueues;
    const bool joined = std::exchange(m_joined, true);
    links::whenDone(m_recording->add(std::move(moment), joined), m_desk.q,
                    [this, opening = m_opening](const store::Answer<bool>& answer) {
                        if (opening != m_opening)
                            return;
                        --m_pending;
                        RecordingState state = m_state;
                        if (const auto* failure = std::get_if<store::Failure>(&answer)) {
                            state.kind = RecordingState::Kind::Stopped;
                            state.problem = failure->text;
                            m_againAt = Clock::now() + againAfter;
                            m_joined = false;
                        } else {
                            state.kind = std::get<bool>(answer) ? RecordingState::Kind::Recording
                                                                : RecordingState::Kind::Elsewhere;
                            state.problem.clear();
                            m_againAt.reset();
                        }
                        setState(std::move(state));
                    });
}

void Recorder::rebuildFrom(std::optional<pg::Timestamp> since, pg::Timestamp until) {
    if (!m_desk.snapshot || m_desk.snapshot->queues.empty())
        return;
    m_rebuilding = std::make_shared<Rebuilding>();
    m_rebuilding->queues = m_desk.snapshot->queues;
    m_rebuilding->since = since;
    m_rebuilding->until = until;
    for (const domain::Queue& queue : m_rebuilding->queues)
        m_rebuilding->open.push_back({queue.id, std::nullopt});
    if (!m_desk.monitor)
        return;
    const auto asked = m_desk.monitor->work(booked(m_desk.account, domain::Purpose::Rebuild,
                                                   [](pg::Connection& connection, pg::Deadline deadline) {
                                                       return queries::look(connection, queries::serverStarted(),
                                                                            tickLimits, deadline);
                                                   }),
                                            questionDeadline);
    links::whenDone(asked, m_desk.q, [this, opening = m_opening](const links::Reply<pg::Timestamp>& reply) {
        if (opening != m_opening || !m_rebuilding)
            return;
        if (const auto* started = std::get_if<pg::Timestamp>(&reply))
            m_rebuilding->serverStarted = *started;
        readTicksInTime();
    });
}

/// Between samples: the first slice right behind one, others while there is time enough before the next.
void Recorder::readTicksInTime() {
    const auto room = m_desk.beat.due(Clock::now());
    if (room && *room >= sliceToRoom * m_rebuilding->sliceTook)
        readTicks();
    else
        m_rebuilding->waits = true;
}

/// A slice of the ticks; of each queue the newest first, so that none goes short.
void Recorder::readTicks() {
    Rebuilding& work = *m_rebuilding;
    if (work.open.empty() || work.read >= ticksAtMost || !m_desk.monitor) {
        putIn();
        return;
    }
    const int ofEach = std::max(100, ticksAtOnce / static_cast<int>(std::min<std::size_t>(work.open.size(), 50)));
    std::vector<queries::TickCursor> now;
    while (!work.open.empty() && std::ssize(now) * ofEach < ticksAtOnce) {
        now.push_back(work.open.back());
        work.open.pop_back();
    }
    auto cost = std::make_shared<std::atomic<Beat::Duration>>();
    const auto asked = m_desk.monitor->work(
        booked(m_desk.account, domain::Purpose::Rebuild,
               [now, since = work.since, ofEach, cost](pg::Connection& connection, pg::Deadline deadline) {
                   const Measured measured(*cost);
                   return queries::look(connection, queries::ticksBefore(now, since, ofEach), tickLimits, deadline);
               }),
        questionDeadline);
    links::whenDone(asked, m_desk.q,
                    [this, opening = m_opening, ofEach,
                     cost](const links::Reply<std::vector<queries::QueueTick>>& reply) {
                        if (opening != m_opening || !m_rebuilding)
                            return;
                        m_rebuilding->sliceTook = cost->load();
                        const auto* ticks = std::get_if<std::vector<queries::QueueTick>>(&reply);
                        if (!ticks) {
                            putIn(); // what was read so far stands
                            return;
                        }
                        std::map<std::int32_t, int> counts;
                        for (const queries::QueueTick& one : *ticks) {
                            m_rebuilding->ticks[one.queueId].push_back(one.tick);
                            ++counts[one.queueId];
                        }
                        m_rebuilding->read += ticks->size();
                        // Those that have more go to the end of the line.
                        for (const auto& [queue, count] : counts) {
                            if (count >= ofEach)
                                m_rebuilding->open.insert(m_rebuilding->open.begin(),
                                                          {queue, m_rebuilding->ticks[queue].back().id});
                        }
                        readTicksInTime();
                    });
}

/// Some queues at a time: what is rebuilt of all of them would be many times what it is read from.
void Recorder::putIn() {
    Rebuilding& work = *m_rebuilding;
    std::vector<domain::FiguresAt> some;
    for (; work.next < work.queues.size() && some.size() < figuresAtOnce; ++work.next) {
        const domain::Queue& queue = work.queues[work.next];
        const auto found = work.ticks.extract(queue.id);
        if (found.empty())
            continue;
        std::vector<domain::Tick>& ticks = found.mapped();
        std::erase_if(ticks, [&](const domain::Tick& tick) { return tick.time >= work.until; });
        std::reverse(ticks.begin(), ticks.end());
        const monitor::Rebuilt rebuilt = monitor::rebuild(queue, ticks, work.serverStarted);
        work.server.add(rebuilt.figures);
        some.insert(some.end(), rebuilt.figures.begin(), rebuilt.figures.end());
        if (!rebuilt.jumps.empty())
            work.jumps << QString::fromStdString(queue.name);
    }
    const bool last = work.next == work.queues.size();
    if (last) {
        const std::vector<domain::FiguresAt> server = work.server.line();
        some.insert(some.end(), server.begin(), server.end());
        if (server.empty()) {
            m_rebuilding.reset();
            return;
        }
    }
    links::whenDone(m_recording->addRebuilt(std::move(some), work.until), m_desk.q,
                    [this, opening = m_opening, last](const store::Answer<bool>& answer) {
                        if (opening != m_opening || !m_rebuilding)
                            return;
                        const bool* put = std::get_if<bool>(&answer);
                        if (put && *put && !last) {
                            putIn();
                            return;
                        }
                        const auto ended = std::exchange(m_rebuilding, nullptr);
                        if (put && *put)
                            m_recording->note({store::RecordingNote::Kind::Rebuilt, ended->until,
                                               ended->jumps.mid(0, 20).join(u", "_s)});
                    });
}

} // namespace desk
