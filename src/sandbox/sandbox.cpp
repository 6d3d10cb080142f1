// SPDX-License-Identifier: GPL-3.0-or-later
#include "sandbox/sandbox.h"

#include "sandbox/demo.h"
#include "sandbox/driver.h"
#include "sandbox/server.h"
#include "sandbox/trouble.h"

#include <QCoreApplication>
#include <QPromise>
#include <QThread>

#include <atomic>

namespace sandbox {

using namespace Qt::StringLiterals;

/// m_thread runs everything that blocks; what is marked so belongs to it. The rest belongs to the facade's thread.
class Sandbox::Private {
public:
    Private(Sandbox* facade, QString dataDir)
        : q(facade)
        , m_dataDir(std::move(dataDir)) {
        m_worker.moveToThread(&m_thread);
        m_thread.setObjectName("sandbox"_L1);
        m_thread.start();
    }

    ~Private() {
        m_thread.quit();
        m_thread.wait();
    }

    void start();
    void startDemo();
    void stopDemo();
    QFuture<void> stop();

    State state = State::Stopped;
    bool owner = false;
    std::optional<pg::ConnectionInfo> connection;
    std::vector<PlantedState> planted;
    bool demoWanted = false;
    bool demoWasReady = false;

private:
    /// Runs something on the worker thread, or on the facade's.
    template <class Work>
    void onWorker(Work work) {
        QMetaObject::invokeMethod(&m_worker, std::move(work), Qt::QueuedConnection);
    }

    template <class Work>
    void onFacade(Work work) {
        QMetaObject::invokeMethod(q, std::move(work), Qt::QueuedConnection);
    }

    void launch();            // worker's thread
    void serverUnreachable(); // the driver's thread
    void fail(const QString& problem, const QString& advice);
    void looked(const std::vector<PlantedState>& states);

    void tell(const QString& step) {
        onFacade([this, step] { Q_EMIT q->progress(step); });
    }

    Sandbox* q;
    QString m_dataDir;
    QThread m_thread;
    QObject m_worker;
    std::atomic_bool m_giveUp = false;
    std::atomic_bool m_reviving = false;

    // Worker's thread only:
    std::unique_ptr<Server> m_server;
    std::unique_ptr<Driver> m_driver;
    std::unique_ptr<Demo> m_demo;
};

void Sandbox::Private::start() {
    if (state == State::Starting || state == State::Running)
        return;
    state = State::Starting;
    m_giveUp = false;
    onWorker([this] { launch(); });
}

void Sandbox::Private::launch() {
    try {
        m_server = std::make_unique<Server>(choosePlace(m_dataDir));
        m_server->start([this](const QString& step) { tell(step); }, m_giveUp);
        // Whoever owns the server ticks it; two drivers would do no harm, only double the work.
        if (m_server->owns())
            m_driver = std::make_unique<Driver>(m_server->connection(), [this] { serverUnreachable(); });
        onFacade([this, owns = m_server->owns(), info = m_server->connection()] {
            if (state != State::Starting)
                return; // stopped meanwhile
            state = State::Running;
            owner = owns;
            connection = info;
            Q_EMIT q->ready(info);
            if (demoWanted)
                startDemo();
        });
    } catch (const Trouble& trouble) {
        fail(trouble.problem, trouble.advice);
    } catch (const std::exception& error) {
        fail(QCoreApplication::translate("sandbox", "The sandbox could not be started: %1")
                 .arg(QString::fromLocal8Bit(error.what())),
             {});
    }
}

void Sandbox::Private::fail(const QString& problem, const QString& advice) {
    onFacade([this, problem, advice] {
        if (state == State::Stopping || state == State::Stopped)
            return;
        state = State::Failed;
        Q_EMIT q->failed(problem, advice);
    });
}

/// The driver can't connect: the server died under us. Starting it again takes its turn on the worker's thread.
void Sandbox::Private::serverUnreachable() {
    if (m_reviving.exchange(true))
        return;
    onWorker([this] {
        try {
            if (m_server && m_driver && m_server->revive())
                tell(QCoreApplication::translate("sandbox", "The server had ended; it was started again"));
        } catch (const Trouble& trouble) {
            tell(trouble.problem);
        }
        m_reviving = false;
    });
}

void Sandbox::Private::startDemo() {
    demoWanted = true;
    if (state != State::Running)
        return;
    demoWasReady = false;
    onWorker([this] {
        if (!m_demo && m_server)
            m_demo = std::make_unique<Demo>(
                m_server->connection(), m_server->place().demoLockFile(),
                [this](const std::vector<PlantedState>& states) { onFacade([this, states] { looked(states); }); });
    });
}

void Sandbox::Private::looked(const std::vector<PlantedState>& states) {
    if (!demoWanted)
        return;
    if (planted != states) {
        planted = states;
        Q_EMIT q->plantedChanged();
    }
    if (!demoWasReady && allPresent(states)) {
        demoWasReady = true;
        Q_EMIT q->demoReady();
    }
}

void Sandbox::Private::stopDemo() {
    demoWanted = false;
    planted.clear();
    onWorker([this] { m_demo.reset(); });
}

QFuture<void> Sandbox::Private::stop() {
    auto promise = std::make_shared<QPromise<void>>();
    promise->start();
    demoWanted = false;
    planted.clear();
    connection.reset();
    state = State::Stopping;
    m_giveUp = true;
    onWorker([this, promise] {
        m_demo.reset();
        m_driver.reset();
        if (m_server)
            m_server->stop();
        m_server.reset();
        promise->finish();
        onFacade([this] {
            if (state != State::Stopping)
                return; // started again meanwhile
            state = State::Stopped;
            owner = false;
            Q_EMIT q->stopped();
        });
    });
    return promise->future();
}

Sandbox::Sandbox(const QString& dataDir, QObject* parent)
    : QObject(parent)
    , d(std::make_unique<Private>(this, dataDir)) {}

Sandbox::~Sandbox() {
    d->stop().waitForFinished();
}

void Sandbox::start() {
    d->start();
}

void Sandbox::startDemo() {
    d->startDemo();
}

void Sandbox::stopDemo() {
    d->stopDemo();
}

QFuture<void> Sandbox::stop() {
    return d->stop();
}

Sandbox::State Sandbox::state() const {
    return d->state;
}

bool Sandbox::isOwner() const {
    return d->owner;
}

std::optional<pg::ConnectionInfo> Sandbox::connection() const {
    return d->connection;
}

std::vector<PlantedState> Sandbox::planted() const {
    return d->planted;
}

} // namespace sandbox
