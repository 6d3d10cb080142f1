// SPDX-License-Identifier: GPL-3.0-or-later
#include "sandbox/server.h"

#include "pg/connection.h"
#include "queries/sandboxing.h"
#include "queries/workqueues.h"
#include "sandbox/processes.h"
#include "sandbox/trouble.h"
#include "schema/plan.h"
#include "schema/script.h"

#include <QCoreApplication>
#include <QDeadlineTimer>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QThread>

namespace sandbox {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

const QString database = u"demo"_s;
constexpr int startTimeoutS = 60;
constexpr int stopTimeoutS = 5; // for a fast stop, and then for an immediate one

QString tr(const char* text) {
    return QCoreApplication::translate("sandbox", text);
}

/// For pg_ctl, which hands the server's options to a shell.
QString shellQuoted(const QString& text) {
#ifdef Q_OS_WIN
    return u'"' + text + u'"';
#else
    return u'\'' + QString(text).replace(u'\'', "'\\''"_L1) + u'\'';
#endif
}

/// A sandbox is small, private and worth no more than a demonstration: nothing over TCP, no waiting for the disk at
/// commit. What it holds still survives a crash of the server.
QString serverOptions(const State& state) {
    const QStringList settings{
        "unix_socket_directories="_L1 + state.socketFolder,
        "port="_L1 + QString::number(state.port),
        u"listen_addresses="_s,
        u"unix_socket_permissions=0700"_s,
        u"synchronous_commit=off"_s,
        u"max_connections=80"_s,
        u"max_prepared_transactions=10"_s,
        u"shared_buffers=32MB"_s,
        u"min_wal_size=32MB"_s,
        u"max_wal_size=128MB"_s,
        u"jit=off"_s,
        u"log_min_messages=error"_s,
        u"cluster_name=batchscope-sandbox"_s,
    };
    QString options;
    for (const QString& setting : settings)
        options += " -c "_L1 + shellQuoted(setting);
    return options;
}

Trouble fromServer(const QString& problem, const pg::Error& error) {
    return {problem + u' ' + QString::fromStdString(error.failure().text()),
            tr("Stop the sandbox and start it again.")};
}

} // namespace

Server::Server(Place place)
    : m_place(std::move(place))
    , m_lock(m_place.lockFile()) {
    // A lock is void when its process is gone, and only then: a console may run for weeks.
    m_lock.setStaleLockTime(0);
}

void Server::start(const Progress& progress, const std::atomic_bool& giveUp) {
    progress(tr("Finding the PostgreSQL server programs"));
    m_binaries = findBinaries();
    if (!m_lock.tryLock(0)) {
        progress(tr("Another console of yours runs the sandbox; joining it"));
        if (attach(giveUp))
            return;
    }
    try {
        if (!reuseOrClean(progress)) {
            makeCluster(progress, giveUp);
            progress(tr("Starting the server"));
            m_state.socketFolder = makeSocketFolder(m_place);
            writeState(m_place, m_state);
            launch();
        }
        prepareDatabase(progress);
        m_state.ready = true;
        writeState(m_place, m_state);
        if (giveUp)
            throw Trouble(tr("Starting the sandbox was cancelled."), {});
        progress(tr("Ready"));
    } catch (...) {
        stop();
        throw;
    }
}

/// False when this process became the owner meanwhile. Its starting may take the owner a while.
bool Server::attach(const std::atomic_bool& giveUp) {
    for (QDeadlineTimer deadline(90s); !deadline.hasExpired() && !giveUp; QThread::msleep(100)) {
        if (m_lock.tryLock(0))
            return false;
        if (const auto state = readState(m_place); state && state->ready) {
            m_state = *state;
            if (answers())
                return true;
        }
    }
    if (giveUp)
        throw Trouble(tr("Joining the sandbox was cancelled."), {});
    throw Trouble(tr("Another console of yours holds the sandbox, but its server does not answer."),
                  tr("Close that console, then try again."));
}

/// What a crashed owner left: true when its server can be used as it is.
bool Server::reuseOrClean(const Progress& progress) {
    const State left = readState(m_place).value_or(State{});
    m_state = left;
    m_state.cluster = clusterFolder(m_place, m_binaries.majorVersion);
    m_state.ready = false;
    if (left.cluster == m_state.cluster && isRunning(left.cluster) && answers()) {
        progress(tr("Found the server of a console that ended unexpectedly; using it"));
        return true;
    }
    // The other folder: another server version was installed since.
    for (const QString& cluster : {left.cluster, m_state.cluster}) {
        if (!isRunning(cluster))
            continue;
        progress(tr("Cleaning up after a console that ended unexpectedly"));
        shutDown(cluster);
    }
    removeSocketFolder(m_state.socketFolder);
    m_state.socketFolder.clear();
    return false;
}

void Server::makeCluster(const Progress& progress, const std::atomic_bool& giveUp) {
    if (QFile::exists(m_state.cluster + "/PG_VERSION"_L1))
        return;
    progress(tr("Creating the database cluster (once)"));
    // Made beside its place and moved there when complete, so that half a cluster is never taken for a whole one. The
    // name is this process's own: a crashed console's initdb may still be at work on another.
    const QFileInfo place(m_state.cluster);
    const QString unfinished = place.fileName() + ".new-"_L1;
    const QStringList left = place.dir().entryList({unfinished + u'*'}, QDir::Dirs);
    for (const QString& folder : left)
        QDir(place.path() + u'/' + folder).removeRecursively();
    const QString fresh = place.path() + u'/' + unfinished + QString::number(QCoreApplication::applicationPid());
    const Finished made =
        runProgram(m_binaries.program("initdb"_L1),
                   {u"-D"_s, fresh, u"-U"_s, u"postgres"_s, u"--auth-local=trust"_s, u"--auth-host=reject"_s,
                    u"--encoding=UTF8"_s, u"--no-locale"_s, u"--no-sync"_s, u"--no-instructions"_s},
                   m_place.account, 120'000);
    if (made.exitCode != 0)
        throw Trouble(tr("The database cluster could not be made: %1").arg(made.output.section(u'\n', -3)),
                      tr("Check the free space and the permissions of %1.").arg(place.path()));
    QDir(m_state.cluster).removeRecursively();
    if (!QDir().rename(fresh, m_state.cluster))
        throw Trouble(tr("The folder %1 can't be renamed.").arg(fresh),
                      tr("Check the permissions of its parent folder."));
    if (giveUp)
        throw Trouble(tr("Starting the sandbox was cancelled."), {});
}

void Server::launch() {
    const QString log = m_state.cluster + "/server.log"_L1;
    QFile::remove(log); // each start has its own
    const Finished started =
        control(m_state.cluster, {u"start"_s, u"-w"_s, u"-l"_s, log, u"-o"_s, serverOptions(m_state)}, startTimeoutS);
    if (started.exitCode != 0 && !answers())
        throw Trouble(tr("The server did not start: %1").arg(lastWords()),
                      tr("Its log is %1. Removing the folder %2 makes a new sandbox next time.")
                          .arg(log, QDir::toNativeSeparators(m_state.cluster)));
}

void Server::prepareDatabase(const Progress& progress) {
    try {
        pg::Connection maintenance = pg::Connection::open(connection(u"postgres"_s));
        if (!maintenance.run(queries::databaseExists(database.toStdString()))) {
            progress(tr("Creating the database \"%1\"").arg(database));
            maintenance.run(queries::createDatabase(database.toStdString()));
        }
        pg::Connection demo = pg::Connection::open(connection());
        const schema::Inspection seen = schema::inspect(demo, pg::after(30s));
        if (seen.origin != domain::SchemaOrigin::Ours) {
            const bool fresh = seen.origin == domain::SchemaOrigin::None;
            progress(fresh ? tr("Installing the schema") : tr("Upgrading the schema"));
            const domain::ActionOutcome outcome =
                schema::carryOut(demo, fresh ? schema::planInstall(seen) : schema::planUpgrade(seen), pg::after(60s));
            if (outcome.kind != domain::OutcomeKind::Done)
                throw Trouble(tr("The schema could not be installed: %1").arg(QString::fromStdString(outcome.summary)),
                              tr("Removing the folder %1 makes a new sandbox next time.").arg(m_state.cluster));
        }
        if (queries::workInstalls(demo, pg::after(30s)).empty()) {
            progress(tr("Installing the work queue"));
            demo.executeScript("begin;\n" + std::string(schema::workqueueSql()) + "commit;", pg::after(60s));
        }
    } catch (const pg::Error& error) {
        throw fromServer(tr("The sandbox's database could not be prepared."), error);
    }
}

pg::ConnectionInfo Server::connection(const QString& name) const {
    pg::ConnectionInfo info;
    info.set("host", m_state.socketFolder.toStdString());
    info.set("port", std::to_string(m_state.port));
    info.set("dbname", name.toStdString());
    info.set("user", "postgres");
    return info;
}

bool Server::answers() const {
    pg::Connection::Options options;
    options.connectTimeout = 3s;
    options.statementTimeout = 3s;
    try {
        pg::Connection::open(connection(u"postgres"_s), options);
        return true;
    } catch (const pg::Error&) {
        return false;
    }
}

bool Server::isRunning(const QString& cluster) const {
    if (!QFile::exists(cluster + "/postmaster.pid"_L1) || control(cluster, {u"status"_s}, 10).exitCode != 0)
        return false;
    if (!Postmaster::of(cluster).isForeign())
        return true;
    QFile::remove(cluster + "/postmaster.pid"_L1); // it would keep the server from starting
    return false;
}

bool Server::revive() {
    if (!owns() || isRunning(m_state.cluster))
        return false;
    // The backends of a killed postmaster take a moment to notice; until then its memory is in use.
    for (QDeadlineTimer deadline(20s);; QThread::msleep(250)) {
        try {
            launch();
            return true;
        } catch (const Trouble&) {
            if (deadline.hasExpired())
                throw;
        }
    }
}

void Server::stop() {
    if (!owns())
        return;
    shutDown(m_state.cluster);
    removeSocketFolder(m_state.socketFolder);
    removeState(m_place);
    m_state = {};
    m_lock.unlock();
}

void Server::shutDown(const QString& cluster) {
    if (!isRunning(cluster))
        return;
    const Postmaster postmaster = Postmaster::of(cluster);
    postmaster.resume(); // a stopped process hears nothing
    for (const QString& mode : {u"fast"_s, u"immediate"_s})
        if (control(cluster, {u"stop"_s, u"-m"_s, mode}, stopTimeoutS).exitCode == 0)
            return;
    if (isRunning(cluster))
        postmaster.kill();
}

Finished Server::control(const QString& cluster, const QStringList& arguments, int timeoutS) const {
    // A little longer than pg_ctl's own patience, so that it can say what went wrong.
    return runProgram(m_binaries.program("pg_ctl"_L1),
                      arguments + QStringList{u"-D"_s, cluster, u"-t"_s, QString::number(timeoutS)}, m_place.account,
                      (timeoutS + 5) * 1000);
}

QString Server::lastWords() const {
    QFile log(m_state.cluster + "/server.log"_L1);
    if (!log.open(QIODevice::ReadOnly))
        return {};
    log.seek(qMax<qint64>(0, log.size() - 1000));
    return QString::fromUtf8(log.readAll()).trimmed().section(u'\n', -3);
}

} // namespace sandbox
