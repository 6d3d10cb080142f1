// SPDX-License-Identifier: GPL-3.0-or-later
// The program as it is started: exit codes, what it prints where, no display needed, no secret shown.
#include "support/jsonschema.h"
#include "support/testserver.h"

#include <QElapsedTimer>
#include <QFile>
#include <QImage>
#include <QJsonDocument>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace Qt::StringLiterals;

namespace {

struct Ended {
    int code = -1;
    QByteArray out;
    QByteArray err;
};

/// Without a display, and without anything of this user's own.
QProcessEnvironment bareEnvironment(const QString& home) {
    QProcessEnvironment variables = QProcessEnvironment::systemEnvironment();
    for (const auto& name : {u"DISPLAY"_s, u"WAYLAND_DISPLAY"_s, u"QT_QPA_PLATFORM"_s, u"PGHOST"_s, u"PGPORT"_s,
                             u"PGDATABASE"_s, u"PGUSER"_s})
        variables.remove(name);
    variables.insert(u"HOME"_s, home);
    variables.insert(u"XDG_CONFIG_HOME"_s, home + u"/config"_s);
    variables.insert(u"XDG_DATA_HOME"_s, home + u"/data"_s);
    return variables;
}

} // namespace

class TestProgram : public QObject {
    Q_OBJECT

    QTemporaryDir m_home;
    support::TestDatabase m_database{support::Schema::Pgque};

    Ended start(const QStringList& arguments, const QMap<QString, QString>& more = {}) const {
        QProcess process;
        QProcessEnvironment environment = bareEnvironment(m_home.path());
        for (auto it = more.begin(); it != more.end(); ++it)
            environment.insert(it.key(), it.value());
        process.setProcessEnvironment(environment);
        process.start(QStringLiteral(PROGRAM), arguments);
        if (!process.waitForFinished(60'000)) {
            process.kill();
            process.waitForFinished();
            return {-1, process.readAllStandardOutput(), process.readAllStandardError()};
        }
        return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -2, process.readAllStandardOutput(),
                process.readAllStandardError()};
    }

    QString server() const { return QString::fromStdString(m_database.info().toStringWithoutSecrets()); }

    pg::Connection admin() const { return m_database.connect(); }

    static void run(pg::Connection& connection, const std::string& sql) {
        connection.executeScript(sql, pg::after(std::chrono::seconds(30)));
    }

private Q_SLOTS:

    void initTestCase() {
        pg::Connection connection = admin();
        run(connection, "select pgque.create_queue('orders'); select pgque.subscribe('orders', 'billing')");
    }

    void badArguments_data() {
        QTest::addColumn<QStringList>("arguments");
        const auto row = [](const char* name, const QStringList& arguments) { QTest::newRow(name) << arguments; };
        row("unknown option", {u"--nonsense"_s});
        row("two servers", {u"host=a"_s, u"host=b"_s});
        row("demo without sandbox", {u"--demo"_s});
        row("unknown page", {u"--page"_s, u"nowhere"_s});
        row("unknown theme", {u"--theme"_s, u"blue"_s});
        row("size without a number", {u"--screenshot"_s, u"x.png"_s, u"--size"_s, u"large"_s});
        row("format", {u"--check"_s, u"--format"_s, u"yaml"_s});
        row("for", {u"--check"_s, u"--for"_s, u"ever"_s});
        row("schema", {u"--print-schema"_s, u"other"_s});
        row("no profile of that name", {u"--check"_s, u"nosuchprofile"_s});
        row("broken URI", {u"--check"_s, u"postgresql://user:s3cret@[::1/db"_s});
        row("broken connection string", {u"--check"_s, u"host=a nonsense"_s});
        row("unknown keyword", {u"--check"_s, u"hots=a"_s});
        row("two modes", {u"--check"_s, u"--snapshot"_s});
    }

    void badArguments() {
        QFETCH(QStringList, arguments);
        const Ended ended = start(arguments);
        QCOMPARE(ended.code, 64);
        QVERIFY(ended.out.isEmpty());
        QVERIFY2(ended.err.startsWith("batchscope: "), ended.err.constData());
        QCOMPARE(ended.err.count('\n'), 1);
        QVERIFY(!ended.err.contains("s3cret"));
    }

    void tellsAboutItself() {
        const Ended version = start({u"--version"_s});
        QCOMPARE(version.code, 0);
        QVERIFY(version.out.startsWith("batchscope " PROGRAM_VERSION));
        const Ended help = start({u"--help"_s});
        QCOMPARE(help.code, 0);
        QVERIFY(help.out.contains("--screenshot") && help.out.contains("overview"));
        const Ended schema = start({u"--print-schema"_s, u"pgque"_s});
        QCOMPARE(schema.code, 0);
        QVERIFY(schema.out.contains("pgque.ticker") && schema.out.size() > 10'000);
        QFile file(QStringLiteral(PGQUE_SQL));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(schema.out, file.readAll());
    }

    void windowWithoutADisplay() {
        const Ended ended = start({server()});
        QCOMPARE(ended.code, 3);
        QVERIFY(ended.err.contains("--screenshot"));
    }

    void check() {
        pg::Connection connection = admin();
        run(connection, "select pgque.force_next_tick('orders'); select pgque.ticker()");
        const Ended text = start({u"--check"_s, server()});
        QVERIFY2(text.code == 0, (text.out + text.err).constData());
        QVERIFY(text.out.contains("Nothing is stuck"));
        QVERIFY(text.out.contains("Not evaluated: lock_wait"));
        const Ended watched = start({u"--check"_s, u"--for"_s, u"2.5"_s, server()});
        QCOMPARE(watched.code, 0);
        QVERIFY(!watched.out.contains("Not evaluated"));
    }

    void checkFinds() {
        const support::JsonSchema schema(QStringLiteral(DOCS "/check.schema.json"));
        pg::Connection connection = admin();
        run(connection, "select pgque.send('orders', 't', 'x')");
        run(connection, "select pgque.force_next_tick('orders'); select pgque.ticker('orders')");
        // The first window may be an empty one, which is finished at once.
        for (int i = 0; i < 3; ++i)
            run(connection, "select count(*) from pgque.receive('orders', 'billing')");
        run(connection, "update pgque.subscription set sub_active = now() - interval '6 minutes'");
        Ended ended = start({u"--check"_s, u"--format"_s, u"json"_s, server()});
        QVERIFY2(ended.code == 1, (ended.out + ended.err).constData());
        QJsonObject json = QJsonDocument::fromJson(ended.out).object();
        QCOMPARE(schema.problems(json), QStringList());
        QCOMPARE(json[u"status"_s].toString(), u"warning"_s);
        QCOMPARE(json[u"findings"_s][0][u"rule"_s].toString(), u"stale_heartbeat"_s);
        QCOMPARE(json[u"findings"_s][0][u"subject"_s][u"consumer"_s].toString(), u"billing"_s);

        run(connection, "update pgque.subscription set sub_active = now() - interval '20 minutes'");
        ended = start({u"--check"_s, u"--format=json"_s, server()});
        QCOMPARE(ended.code, 2);
        QCOMPARE(QJsonDocument::fromJson(ended.out)[u"status"_s].toString(), u"critical"_s);
        run(connection, "select pgque.ack(sub_batch) from pgque.subscription where sub_batch is not null");
    }

    /// A work queue without an event queue beside it is looked at too.
    void checkFindsInAWorkQueue() {
        const support::JsonSchema schema(QStringLiteral(DOCS "/check.schema.json"));
        const support::TestDatabase database(support::Schema::Workqueue);
        const QString target = QString::fromStdString(database.info().toStringWithoutSecrets());
        Ended ended = start({u"--check"_s, u"--for"_s, u"3"_s, target});
        QVERIFY2(ended.code == 0, (ended.out + ended.err).constData());
        QVERIFY2(!ended.out.contains("work_"), ended.out.constData());
        pg::Connection connection = database.connect();
        run(connection, "select workqueue.send('mail', '{}'); select workqueue.claim('mail', 60);"
                        " update workqueue.pg_queue_message set read_ct = 9, vt = now() - interval '5 minutes'");
        ended = start({u"--check"_s, u"--format=json"_s, target});
        QCOMPARE(ended.code, 2);
        const QJsonObject json = QJsonDocument::fromJson(ended.out).object();
        QCOMPARE(schema.problems(json), QStringList());
        QCOMPARE(json[u"findings"_s][0][u"rule"_s].toString(), u"work_leases_lapsed"_s);
        QCOMPARE(json[u"findings"_s][0][u"subject"_s][u"queue"_s].toString(), u"workqueue.mail"_s);
        QCOMPARE(json[u"findings"_s][1][u"rule"_s].toString(), u"work_poison"_s);
        QCOMPARE(json[u"findings"_s][1][u"remedies"_s][0][u"action"_s].toString(), u"work_bury"_s);
    }

    void couldNotLook_data() {
        QTest::addColumn<QString>("target");
        QTest::addColumn<QString>("said");
        const QString socket = server();
        QTest::newRow("nobody listens") << u"host=127.0.0.1 port=1"_s << u"refused"_s;
        QTest::newRow("unresolvable name")
            << u"host=no.such.host.invalid connect_timeout=5"_s << u"no.such.host.invalid"_s;
        QTest::newRow("no such database") << socket + u" dbname=nosuchdatabase"_s << u"nosuchdatabase"_s;
        QTest::newRow("no schema") << socket + u" dbname=template1"_s << u"no schema pgque"_s;
        QTest::newRow("no such user") << socket + u" user=nosuchuser"_s << u"nosuchuser"_s;
    }

    void couldNotLook() {
        QFETCH(QString, target);
        QFETCH(QString, said);
        const Ended text = start({u"--check"_s, target});
        QCOMPARE(text.code, 3);
        QVERIFY2(text.err.contains(said.toUtf8()), text.err.constData());
        QVERIFY(text.out.isEmpty());
        const Ended json = start({u"--check"_s, u"--format=json"_s, target});
        QCOMPARE(json.code, 3);
        QCOMPARE(QJsonDocument::fromJson(json.out)[u"status"_s].toString(), u"unknown"_s);
        QCOMPARE(start({u"--snapshot"_s, target}).code, 3);
    }

    void snapshot() {
        const support::JsonSchema schema(QStringLiteral(DOCS "/snapshot.schema.json"));
        const Ended ended = start({u"--snapshot"_s, server()});
        QVERIFY2(ended.code == 0, ended.err.constData());
        const QJsonObject json = QJsonDocument::fromJson(ended.out).object();
        QCOMPARE(schema.problems(json), QStringList());
        QCOMPARE(json[u"queues"_s][0][u"name"_s].toString(), u"orders"_s);
        QCOMPARE(json[u"subscriptions"_s][0][u"consumer"_s].toString(), u"billing"_s);
        QCOMPARE(json[u"capabilities"_s][u"schema_origin"_s].toString(), u"ours"_s);
    }

    /// libpq's environment names the server where nothing else does.
    void environmentNamesTheServer() {
        const pg::ConnectionInfo info = m_database.info();
        const auto part = [&info](const char* key) { return QString::fromStdString(info.get(key).value_or("")); };
        const Ended ended = start({u"--snapshot"_s}, {{u"PGHOST"_s, part("host")},
                                                      {u"PGPORT"_s, part("port")},
                                                      {u"PGUSER"_s, part("user")},
                                                      {u"PGDATABASE"_s, QString::fromStdString(m_database.name())}});
        QVERIFY2(ended.code == 0, ended.err.constData());
    }

    void profiles() {
        const QTemporaryDir folder;
        QFile file(folder.path() + u"/profiles.json"_s);
        QVERIFY(file.open(QIODevice::WriteOnly));
        const pg::ConnectionInfo info = m_database.info();
        QJsonObject connection;
        for (const auto& [key, value] : info.values())
            connection[QString::fromStdString(key)] = QString::fromStdString(value);
        const QJsonObject profile{
            {u"name"_s, u"main"_s}, {u"environment"_s, u"production"_s}, {u"connection"_s, connection}};
        file.write(
            QJsonDocument(QJsonObject{{u"format"_s, u"batchscope.profiles/1"_s}, {u"profiles"_s, QJsonArray{profile}}})
                .toJson());
        file.close();
        const QStringList directory = {u"--profile-dir"_s, folder.path()};
        QCOMPARE(start(directory + QStringList{u"--snapshot"_s, u"main"_s}).code, 0);
        // What production is, no argument changes.
        const Ended refused = start(directory + QStringList{u"--operate"_s, u"--screenshot"_s, u"x.png"_s, u"main"_s});
        QCOMPARE(refused.code, 64);
        QVERIFY(refused.err.contains("production"));
    }

    void screenshot() {
        const QString name = m_home.path() + u"/picture.png"_s;
        const Ended ended = start({u"--screenshot"_s, name, u"--size"_s, u"1000x700"_s, u"--theme"_s, u"dark"_s,
                                   u"--page"_s, u"inflight"_s, server()});
        QVERIFY2(ended.code == 0, ended.err.constData());
        const QImage picture(name);
        QCOMPARE(picture.size(), QSize(1000, 700));
        QVERIFY(picture.pixelColor(5, 350).lightness() < 100);

        QFile::remove(name);
        QCOMPARE(start({u"--screenshot"_s, name, u"host=127.0.0.1 port=1"_s}).code, 3);
        QVERIFY(!QImage(name).isNull()); // a picture of the error
        QCOMPARE(start({u"--screenshot"_s, u"/nonexistent/x.png"_s, server()}).code, 3);
    }

    void selfTest() {
        const Ended ended = start({u"--self-test"_s});
        QVERIFY2(ended.code == 0, (ended.out + ended.err).constData());
        QVERIFY(!ended.out.contains("MISSING"));
    }

    void signalsEndIt() {
        QProcess process;
        process.setProcessEnvironment(bareEnvironment(m_home.path()));
        process.start(QStringLiteral(PROGRAM), {u"--check"_s, u"--for"_s, u"60"_s, server()});
        QVERIFY(process.waitForStarted());
        pg::Connection connection = admin();
        // It looks: now it may be told to stop.
        QTRY_VERIFY_WITH_TIMEOUT(connection
                                         .execute({"select 1 from pg_stat_activity where datname = current_database()"
                                                   " and application_name = 'batchscope/monitor'",
                                                   {}},
                                                  pg::after(std::chrono::seconds(5)))
                                         .rowCount() == 1,
                                 20'000);
        QElapsedTimer timer;
        timer.start();
        process.terminate();
        QVERIFY(process.waitForFinished(5'000));
        QCOMPARE(process.exitCode(), 128 + SIGTERM);
        QVERIFY2(timer.elapsed() < 1'000, qPrintable(QString::number(timer.elapsed())));
    }

    void passwordsAreNotShown() {
        const Ended ended = start({u"--check"_s, u"postgresql://nobody:s3cret@127.0.0.1:1/x"_s});
        QCOMPARE(ended.code, 3);
        QVERIFY(!ended.err.contains("s3cret") && !ended.out.contains("s3cret"));
        const Ended two = start({u"--check"_s, u"postgresql://nobody:s3cret@127.0.0.1:1/x"_s, u"host=y"_s});
        QCOMPARE(two.code, 64);
        QVERIFY2(!two.err.contains("s3cret"), two.err.constData());
    }
};

QTEST_GUILESS_MAIN(TestProgram)
#include "tst_program.moc"
