// SPDX-License-Identifier: GPL-3.0-or-later
// The scenarios written as plain SQL, run by psql sessions side by side: they see what the scripts say.

#include "stepper/library.h"
#include "stepper/sqlexport.h"
#include "support/testserver.h"

#include <QProcess>
#include <QRegularExpression>
#include <QTest>

#include <map>
#include <memory>

using namespace stepper;
using namespace Qt::StringLiterals;

namespace {

class Psql {
public:
    explicit Psql(const QString& connection) {
        m_process.setProcessChannelMode(QProcess::MergedChannels);
        m_process.start(u"psql"_s, {u"-XAtqd"_s, connection});
    }

    ~Psql() {
        m_process.kill();
        m_process.waitForFinished();
    }

    void run(const SqlBlock& block) {
        m_awaited = u"@@"_s + QString::number(block.step);
        m_output.clear();
        m_process.write((QString::fromStdString(block.sql) + u"\\echo "_s + m_awaited + u'\n').toUtf8());
    }

    /// What the last block printed, once it is done; empty optional: it is not.
    std::optional<QString> done(int milliseconds) {
        QElapsedTimer timer;
        timer.start();
        while (true) {
            m_output += QString::fromUtf8(m_process.readAll());
            if (m_output.contains(m_awaited + u'\n'))
                return m_output;
            if (timer.elapsed() > milliseconds)
                return std::nullopt;
            m_process.waitForReadyRead(20);
        }
    }

private:
    QProcess m_process;
    QString m_awaited;
    QString m_output;
};

/// What psql shows where the script says so.
QString shown(const QString& words) {
    static const QRegularExpression events(u"(\\d+) events?$"_s);
    if (const auto match = events.match(words); match.hasMatch())
        return match.captured(1) + u" events, batch "_s;
    if (words == "nothing"_L1 || words == "empty"_L1)
        return u"0 events, batch none"_s;
    if (words == "refused"_L1 || words == "stopped"_L1)
        return u"ERROR"_s;
    return {};
}

} // namespace

class TestSqlExport : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void psqlSeesWhatTheScriptSays_data() {
        QTest::addColumn<QString>("text");
        for (const Scenario& scenario : scenarioTexts())
            QTest::newRow(scenario.name.c_str()) << QString::fromStdString(scenario.text);
    }

    void psqlSeesWhatTheScriptSays() {
        QFETCH(QString, text);
        const Script script = std::get<Script>(parseScript(text.toStdString()));
        support::TestDatabase database(support::Schema::Pgque);
        const QString connection = QString::fromStdString(database.info().toStringWithoutSecrets());
        std::map<std::string, std::unique_ptr<Psql>> sessions;
        for (const SqlBlock& block : sqlBlocks(script, "q", "workers")) {
            auto& session = sessions[block.lane];
            if (!session)
                session = std::make_unique<Psql>(connection);
            const QString seen = QString::fromStdString(block.seen);
            const QString what = QString::fromStdString(block.line) + u" => "_s + seen;
            const QStringList parts = seen.split(u"; "_s, Qt::SkipEmptyParts);
            if (block.line.find("cancel") != std::string::npos) {
                // As Ctrl-C does in a session at a terminal; one that reads a pipe would end with it.
                pg::Connection look = database.connect();
                look.execute({"select pg_cancel_backend(l.pid) from pg_locks l join pg_stat_activity a"
                              " on a.pid = l.pid where not l.granted and a.datname = current_database()", {}});
            } else {
                session->run(block);
                if (parts.value(0).startsWith("waits"_L1)) {
                    pg::Connection look = database.connect();
                    QTRY_COMPARE(support::number(look, "select count(distinct pid) from pg_locks where not granted and "
                                                       "pid in (select pid from pg_stat_activity where datname = "
                                                       "current_database())"),
                                 1);
                    QVERIFY2(!session->done(0), qPrintable(what));
                    continue;
                }
                const auto output = session->done(10'000);
                QVERIFY2(output, qPrintable(what));
                QVERIFY2(output->contains(shown(parts.value(0))), qPrintable(what + u": "_s + *output));
                if (parts.value(0) == "stale"_L1)
                    QVERIFY2(output->contains("0\n@@"_L1), qPrintable(what + u": "_s + *output));
                if (shown(parts.value(0)) != "ERROR"_L1)
                    QVERIFY2(!output->contains("ERROR"_L1), qPrintable(what + u": "_s + *output));
            }
            for (const QString& part : parts.mid(1)) {
                const QString lane = part.section(u": "_s, 0, 0);
                const QString words = part.section(u": "_s, 1);
                const auto output = sessions.at(lane.toStdString())->done(10'000);
                QVERIFY2(output, qPrintable(what));
                QVERIFY2(output->contains(shown(words)), qPrintable(what + u": "_s + *output));
            }
        }
        pg::Connection look = database.connect();
        QCOMPARE(support::number(look, "select count(*) from pgque.queue"), 0);
    }

    void filesNameWhatComesFirst() {
        const Script script = std::get<Script>(parseScript(scenarioTexts().front().text));
        const auto files = sqlFiles(script);
        std::vector<std::string> names;
        for (const SqlFile& file : files)
            names.push_back(file.name);
        QCOMPARE(names, (std::vector<std::string>{"queue.sql", "a.sql", "b.sql"}));
        QVERIFY(files[2].text.find("\\prompt 'after step 7 in session a: ' pause\n") != std::string::npos);
        QVERIFY(files[1].text.find("receive_coop") != std::string::npos);
        QVERIFY(sqlText(script).find("-- session b\n") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestSqlExport)
#include "tst_sqlexport.moc"
