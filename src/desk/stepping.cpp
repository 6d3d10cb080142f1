// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/stepping.h"

#include "stepper/play.h"
#include "stepper/scratch.h"

#include <QPointer>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace desk {

namespace {

using namespace std::chrono_literals;

constexpr auto lookEvery = 250ms;
constexpr auto patienceAtEnd = 1s;
/// So many interleavings between two reports.
constexpr std::size_t exploredAtOnce = 20;

pg::Failure lostTheWay(const std::string& what) {
    pg::Failure failure;
    failure.diagnostics.message = what;
    return failure;
}

} // namespace

/// The engine and its jobs. Shared by the thread and the owner, so that either may go first.
class Stepping::Thread : public std::enable_shared_from_this<Thread> {
public:
    explicit Thread(Stepping* owner)
        : m_owner(owner) {}

    void start() {
        std::thread([self = shared_from_this()] { self->run(); }).detach();
    }

    void post(std::function<void(Thread&)> job) {
        const std::lock_guard lock(m_mutex);
        m_jobs.push_back(std::move(job));
        m_changed.notify_all();
    }

    /// Nothing more comes to the owner; the engine cleans up after itself.
    void end(std::chrono::milliseconds patience = 0ms) {
        std::unique_lock lock(m_mutex);
        m_owner = nullptr;
        m_end = true;
        stop = true;
        m_jobs.clear();
        m_changed.notify_all();
        m_changed.wait_for(lock, patience, [this] { return m_gone; });
    }

    /// Runs in the owner's thread, if it is still there.
    void tell(std::function<void(Stepping&)> what) {
        const std::lock_guard lock(m_mutex);
        if (m_owner)
            QMetaObject::invokeMethod(
                m_owner,
                [owner = QPointer<Stepping>(m_owner), what = std::move(what)] {
                    if (owner)
                        what(*owner);
                },
                Qt::QueuedConnection);
    }

    /// What every job ends with.
    void show(std::optional<stepper::Report> report, bool ended = true) {
        tell([board = engine->board(), report = std::move(report), ended](Stepping& owner) mutable {
            owner.showBoard(std::move(board), std::move(report), ended);
        });
    }

    void addLanes(const std::vector<std::string>& lanes) {
        for (const std::string& lane : lanes)
            engine->addLane(lane);
    }

    void beginAnew(int retries, const std::vector<std::string>& lanes) {
        engine->restart(retries);
        addLanes(lanes);
        showLook();
    }

    void showLook() {
        engine->look();
        show({});
    }

    std::unique_ptr<stepper::Engine> engine;
    pg::ConnectionInfo connection;
    std::atomic<bool> stop = false;

private:
    void run() {
        for (;;) {
            std::unique_lock lock(m_mutex);
            m_changed.wait(lock, [this] { return m_end || !m_jobs.empty(); });
            if (m_jobs.empty())
                break;
            const auto job = std::move(m_jobs.front());
            m_jobs.pop_front();
            lock.unlock();
            try {
                job(*this);
            } catch (const pg::Error& error) {
                engine.reset();
                tell([failure = error.failure()](Stepping& owner) { owner.fail(failure); });
            } catch (const std::exception& error) {
                engine.reset();
                tell([failure = lostTheWay(error.what())](Stepping& owner) { owner.fail(failure); });
            }
        }
        engine.reset();
        const std::lock_guard lock(m_mutex);
        m_gone = true;
        m_changed.notify_all();
    }

    std::mutex m_mutex; // guards what follows
    std::condition_variable m_changed;
    std::deque<std::function<void(Thread&)>> m_jobs;
    Stepping* m_owner;
    bool m_end = false;
    bool m_gone = false;
};

Stepping::Stepping(QObject* parent)
    : QObject(parent) {
    m_look.setInterval(lookEvery);
    connect(&m_look, &QTimer::timeout, this, &Stepping::look);
}

Stepping::~Stepping() {
    if (m_thread)
        m_thread->end(patienceAtEnd);
}

void Stepping::enter(State state) {
    m_state = state;
    Q_EMIT changed();
}

void Stepping::begin(stepper::Engine::Options options, std::vector<std::string> lanes) {
    if (m_thread)
        m_thread->end();
    m_thread = std::make_shared<Thread>(this);
    m_thread->start();
    m_board = m_before = {};
    m_report.reset();
    m_leftOvers.clear();
    enter(State::Opening);
    m_thread->post([options = std::move(options), lanes = std::move(lanes)](Thread& on) {
        on.connection = options.connection;
        {
            pg::Connection looker = pg::Connection::open(options.connection);
            on.tell([left = stepper::leftOverQueues(looker)](Stepping& owner) { owner.m_leftOvers = left; });
        }
        on.engine = std::make_unique<stepper::Engine>(options);
        on.addLanes(lanes);
        on.showLook();
    });
}

void Stepping::perform(const stepper::Step& step) {
    if (m_state != State::Ready)
        return;
    m_before = m_board;
    enter(State::Busy);
    m_thread->post([step](Thread& on) { on.show(on.engine->perform(step)); });
}

void Stepping::restart(int retries) {
    if (m_state != State::Ready)
        return;
    m_report.reset();
    enter(State::Busy);
    std::vector<std::string> lanes;
    for (const stepper::LaneView& lane : m_board.lanes)
        lanes.push_back(lane.name);
    m_thread->post([retries, lanes = std::move(lanes)](Thread& on) { on.beginAnew(retries, lanes); });
}

void Stepping::play(const stepper::Script& script, std::size_t upTo) {
    if (m_state != State::Ready)
        return;
    enter(State::Busy);
    m_thread->stop = false;
    m_thread->post([script, upTo](Thread& on) {
        on.engine->restart(script.retries);
        on.addLanes(script.lanes());
        stepper::Script part = script;
        part.lines.resize(std::min(upTo, part.lines.size()));
        const auto problems =
            stepper::play(*on.engine, part, [&on](const stepper::ScriptLine&, const stepper::Report& report) {
                on.show(report, false);
                return !on.stop;
            });
        on.showLook();
        for (const stepper::PlayProblem& problem : problems)
            on.tell(
                [problem](Stepping& owner) { Q_EMIT owner.unmet(problem.line, QString::fromStdString(problem.text)); });
    });
}

void Stepping::foresee(const stepper::Step& step) {
    if (m_state != State::Ready)
        return;
    m_thread->post([step, number = ++m_question](Thread& on) {
        if (!on.engine)
            return;
        on.tell([foresight = on.engine->foresee(step), text = QString::fromStdString(step.text()),
                 number](Stepping& owner) {
            if (number == owner.m_question)
                Q_EMIT owner.foreseen(text, foresight);
        });
    });
}

void Stepping::explore(const stepper::Script& script, std::size_t from) {
    if (m_state != State::Ready)
        return;
    enter(State::Busy);
    m_thread->stop = false;
    m_thread->post([what = stepper::explorationOf(script, from), lanes = script.lanes()](Thread& on) {
        std::size_t told = 0;
        const stepper::Explored result = stepper::explore(*on.engine, what, [&](const stepper::Explored& so) {
            if (so.interleavings >= told + exploredAtOnce) {
                told = so.interleavings;
                on.tell([so](Stepping& owner) { Q_EMIT owner.explored(so, false); });
            }
            return !on.stop;
        });
        on.beginAnew(what.retries, lanes);
        on.tell([result](Stepping& owner) { Q_EMIT owner.explored(result, true); });
    });
}

void Stepping::stopExploring() {
    if (m_thread)
        m_thread->stop = true;
}

void Stepping::removeLeftOvers() {
    if (m_state != State::Ready || m_leftOvers.empty())
        return;
    enter(State::Busy);
    m_thread->post([queues = m_leftOvers](Thread& on) {
        pg::Connection remover = pg::Connection::open(on.connection);
        stepper::removeLeftOvers(remover, queues);
        on.tell([left = stepper::leftOverQueues(remover)](Stepping& owner) { owner.m_leftOvers = left; });
        on.show({});
    });
}

void Stepping::finish() {
    if (m_thread)
        m_thread->end();
    m_thread.reset();
    m_look.stop();
    m_board = m_before = {};
    m_report.reset();
    if (m_state != State::Closed)
        enter(State::Closed);
}

void Stepping::look() {
    if (m_state != State::Ready)
        return;
    // No Busy: whoever waits can be helped meanwhile.
    m_look.stop();
    m_thread->post([](Thread& on) {
        if (on.engine)
            on.show(on.engine->look());
    });
}

void Stepping::showBoard(stepper::Board board, std::optional<stepper::Report> report, bool ended) {
    if (m_state == State::Closed || m_state == State::Failed)
        return;
    m_board = std::move(board);
    const bool tells = report && (report->taken || !report->outcome.said.empty() || !report->released.empty());
    if (tells)
        m_report = std::move(report);
    const auto isWaiting = [](const stepper::LaneView& lane) { return lane.state == stepper::LaneState::Waiting; };
    const bool waits = isWaiting(m_board.driver) || std::any_of(m_board.lanes.begin(), m_board.lanes.end(), isWaiting);
    if (waits)
        m_look.start();
    else
        m_look.stop();
    if (ended)
        m_state = State::Ready;
    Q_EMIT changed();
}

void Stepping::fail(pg::Failure failure) {
    m_look.stop();
    m_failure = std::move(failure);
    enter(State::Failed);
}

} // namespace desk

// Here, so that whoever uses this class alone links nothing of the desk.
#include "moc_stepping.cpp"
