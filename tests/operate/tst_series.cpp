// SPDX-License-Identifier: GPL-3.0-or-later
// What is done in many transactions: files, replays, purges. Stopped, refused or cut off in the middle, it says exactly
// what was done, and the rest can be done from there.

#include "operate/recordfile.h"
#include "operate/scenes.h"
#include "support/faultproxy.h"

#include <QTest>

#include <future>

using namespace std::chrono_literals;
using domain::OutcomeKind;
using operate::RecordFile;
using operate::Runner;
using operate::Settlement;

class TestSeries : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void init() {
        m_db = std::make_unique<OperateDatabase>();
        m_scenes = std::make_unique<Scenes>(*m_db);
        m_db->client().createQueue("q");
        m_db->client().subscribe("q", "c");
    }

    void cleanup() {
        m_scenes.reset();
        m_db.reset();
    }

    void readsRecords_data() {
        QTest::addColumn<int>("layout");
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QString>("records"); // type/payload@line
        QTest::addColumn<QString>("problem");
        const auto row = [](const char* name, RecordFile::Layout layout, const QByteArray& content, const char* records,
                            const char* problem = "") {
            QTest::newRow(name) << int(layout) << content << QString::fromUtf8(records) << QString::fromUtf8(problem);
        };
        using enum RecordFile::Layout;
        row("lines", Lines, "a\n\nb b\r\nc", "a@1 b b@3 c@4");
        row("empty", Lines, "", "");
        row("NUL", Lines, QByteArray("a\nb\0c\nd", 7), "a@1", "Line 2 contains the character NUL");
        row("csv", Csv, "type,payload\nt,\"x,\"\"y\"\"\nz\"\nu,v\n", "t/x,\"y\"\nz@2 u/v@4");
        row("csv, one column", Csv, "anything\n1\n2\n", "1@2 2@3");
        row("csv with a mark", Csv, "\xEF\xBB\xBFPayload,TYPE\r\np,t\r\n", "t/p@2");
        row("csv, ragged", Csv, "type,payload\na\n", "", "Line 2 has 1 fields, the header 2.");
        row("csv, open quotes", Csv, "payload\n\"a\nb\n", "", "opened in line 2 are not closed");
        row("csv, no payload", Csv, "a,b\n1,2\n", "", "names no column payload");
        row("csv, nothing", Csv, "", "", "The file is empty");
    }

    void readsRecords() {
        QFETCH(int, layout);
        QFETCH(QByteArray, content);
        QFETCH(QString, records);
        QFETCH(QString, problem);
        RecordFile file(m_scenes->file(QStringLiteral("records"), content), RecordFile::Layout(layout));
        QStringList found;
        while (const auto record = file.next())
            found += (record->type ? QString::fromStdString(*record->type) + QLatin1Char('/') : QString()) +
                     QString::fromStdString(record->payload) + QLatin1Char('@') + QString::number(record->line);
        QCOMPARE(found.join(QLatin1Char(' ')), records);
        QVERIFY2(problem.isEmpty() == file.problem().empty(), file.problem().c_str());
        QVERIFY(QString::fromStdString(file.problem()).contains(problem));
        RecordFile missing("/nowhere/at/all", RecordFile::Layout::Lines);
        QVERIFY(!missing.next());
        QVERIFY(missing.problem().find("is not there") != std::string::npos);
    }

    void sendsLines() {
        const auto made = sendFile(numbered(12'345));
        const auto prediction = m_db->predict(made);
        QCOMPARE(prediction.counts.at("events"), std::int64_t(12'345));
        const auto outcome = m_db->perform(made, m_scenes->options());
        COMPARE_KIND(outcome, Done);
        QCOMPARE(outcome.results.at("sent"), std::string("12345"));
        QCOMPARE(sent(), std::string("12345"));
        QCOMPARE(m_db->execute("select count(distinct ev_txid) from pgque.event_template"), std::string("3"));
    }

    void sendsTypedRecords() {
        auto made = sendFile("type,payload\na,1\na,2\nb,3\n");
        made.arguments["layout"] = "csv";
        COMPARE_KIND(m_db->perform(made, m_scenes->options()), Done);
        QCOMPARE(m_db->execute("select string_agg(ev_type || ev_data, ' ' order by ev_id) from pgque.event_template"),
                 std::string("a1 a2 b3"));
    }

    /// The server says which transaction is wrong, the console which line.
    void tellsWhichLineIsNoJson() {
        QByteArray content;
        for (int line = 1; line <= 7'000; ++line)
            content += line == 6'789 ? "{\"a\":\n" : "{\"a\": " + QByteArray::number(line) + "}\n";
        auto made = sendFile(content);
        made.arguments["layout"] = "jsonl";
        auto outcome = m_db->perform(made, m_scenes->options());
        COMPARE_KIND(outcome, Partly);
        QVERIFY2(outcome.summary.find("Message 1789 of them is no JSON: {\"a\":") != std::string::npos,
                 outcome.summary.c_str());
        QCOMPARE(sent(), std::string("5000"));
        QCOMPARE(outcome.results.at("next_line"), std::string("5001"));
        // Mended, the rest is sent from there.
        content.replace("{\"a\":\n", "{\"a\": 0}\n");
        made = sendFile(content);
        made.arguments["layout"] = "jsonl";
        made.arguments["from"] = outcome.results.at("next_line");
        outcome = m_db->perform(made, m_scenes->options());
        COMPARE_KIND(outcome, Done);
        QCOMPARE(m_db->execute("select count(distinct ev_data) from pgque.event_template"), std::string("7000"));
    }

    void stopsBetweenTransactions() {
        const auto made = sendFile(numbered(50'000));
        auto options = m_scenes->options();
        options.progress = std::make_shared<operate::Progress>();
        int commits = 0;
        options.beforeCommit = [&](const auto&) {
            if (++commits == 3)
                options.progress->stop();
            return std::string();
        };
        auto outcome = m_db->perform(made, options);
        COMPARE_KIND(outcome, Partly);
        QVERIFY2(outcome.summary.find("stopped") != std::string::npos, outcome.summary.c_str());
        QCOMPARE(outcome.results.at("sent"), std::string("15000"));
        QCOMPARE(sent(), std::string("15000"));
        auto rest = made;
        rest.arguments["from"] = outcome.results.at("next_line");
        outcome = m_db->perform(rest, m_scenes->options());
        COMPARE_KIND(outcome, Done);
        QCOMPARE(m_db->execute("select count(distinct ev_data) from pgque.event_template"), std::string("50000"));
        QCOMPARE(sent(), std::string("50000"));
    }

    /// The connection goes at the commit of the third transaction.
    void cutOff_data() {
        QTest::addColumn<bool>("arrives");
        QTest::newRow("commit arrives") << true;
        QTest::newRow("commit is lost") << false;
    }

    void cutOff() {
        QFETCH(bool, arrives);
        using support::FaultProxy;
        FaultProxy proxy(m_db->tcpInfo().get("host").value(), m_db->tcpInfo().get("port").value());
        auto connection = m_db->through(proxy.port());
        auto options = m_scenes->options();
        int commits = 0;
        options.beforeCommit = [&](const auto&) {
            if (++commits < 3)
                return std::string();
            if (arrives)
                proxy.limitToClient(0, FaultProxy::AtLimit::Close);
            else
                proxy.limitToServer(0, FaultProxy::AtLimit::Close);
            return std::string();
        };
        auto outcome = m_db->runner().perform(sendFile(numbered(20'000)), m_db->capabilities(), connection, options);
        COMPARE_KIND(outcome, Unknown);
        QVERIFY2(outcome.summary.find("Lines 10001 to 15000") != std::string::npos, outcome.summary.c_str());
        const auto settlement = Runner::settle(*outcome.xid, outcome.cluster, m_db->operating(), pg::after(20s));
        outcome = Runner::settled(outcome, settlement);
        COMPARE_KIND(outcome, Partly);
        const std::string lines = arrives ? "15000" : "10000";
        QVERIFY2(outcome.summary.find(lines + " messages were sent to q: everything up to line " + lines) !=
                     std::string::npos,
                 outcome.summary.c_str());
        QCOMPARE(sent(), lines);
    }

    void replaysWhatMatches() {
        die(450, "timeout");
        die(3, "No such Customer");
        auto made = request("replay_all_dead_letters", "q");
        made.arguments["reason"] = "no such";
        QCOMPARE(m_db->predict(made).counts.at("events"), std::int64_t(3));
        COMPARE_KIND(m_db->perform(made, m_scenes->options()), Done);
        QCOMPARE(dead(), std::string("450"));
        made.arguments.clear();
        auto options = m_scenes->options();
        int commits = 0;
        options.beforeCommit = [&](const auto&) {
            ++commits;
            return std::string();
        };
        const auto outcome = m_db->perform(made, options);
        COMPARE_KIND(outcome, Done);
        QCOMPARE(outcome.results.at("replayed"), std::string("450"));
        QCOMPARE(commits, 3);
        QCOMPARE(dead(), std::string("0"));
        made.arguments["letter_consumer"] = "nobody";
        QVERIFY(m_db->predict(made).refusal);
    }

    void replaysSelected() {
        die(5, "x");
        auto made = request("replay_selected_dead_letters", "q");
        made.arguments["dead_letters"] = "1, 3, 4711";
        const auto outcome = m_db->perform(made, m_scenes->options());
        COMPARE_KIND(outcome, Done);
        QCOMPARE(outcome.results.at("replayed"), std::string("2"));
        QCOMPARE(dead(), std::string("3"));
    }

    /// A consumer works beside it; what it does with the first one decides.
    void canary_data() {
        QTest::addColumn<bool>("good");
        QTest::newRow("all is well") << true;
        QTest::newRow("fails again") << false;
    }

    void canary() {
        QFETCH(bool, good);
        die(25, "x");
        auto made = request("canary_replay", "q");
        made.arguments["patience"] = "20 s";
        std::atomic<bool> ended = false;
        auto worker = std::async(std::launch::async, [&, other = m_db->another()]() mutable {
            while (!ended) {
                other.forceNextTick("q");
                other.ticker("q");
                const auto batch = other.receive("q", "c");
                if (batch.id) {
                    if (!good)
                        for (const auto& message : batch.messages)
                            other.nack(message, 600s, "x");
                    other.ack(*batch.id);
                }
                std::this_thread::sleep_for(20ms);
            }
        });
        const auto outcome = m_db->perform(made, m_scenes->options());
        ended = true;
        worker.get();
        if (good) {
            COMPARE_KIND(outcome, Done);
            QCOMPARE(outcome.results.at("replayed"), std::string("25"));
            QCOMPARE(dead(), std::string("0"));
        } else {
            COMPARE_KIND(outcome, Partly);
            QVERIFY2(outcome.summary.find("Nothing more was sent") != std::string::npos, outcome.summary.c_str());
            QCOMPARE(outcome.results.at("replayed"), std::string("1"));
            QVERIFY(std::stoi(dead()) >= 24);
        }
    }

    void canaryWithoutAConsumerAtWork() {
        die(3, "x");
        auto made = request("canary_replay", "q");
        made.arguments["patience"] = "1 s";
        auto options = m_scenes->options();
        const auto outcome = m_db->perform(made, options);
        COMPARE_KIND(outcome, Partly);
        QVERIFY2(outcome.summary.find("were not handled within 1 s") != std::string::npos, outcome.summary.c_str());
        QCOMPARE(dead(), std::string("2"));
    }

    void purgesAndBringsBack() {
        die(1'203, "x");
        m_db->execute("update pgque.dead_letter set dl_time = dl_time - dl_id * interval '1 s'");
        const std::string before = letters();
        auto made = request("purge_dead_letters", "q");
        made.arguments["older_than"] = "0 s";
        auto options = m_scenes->options();
        int commits = 0;
        options.beforeCommit = [&](const auto&) {
            ++commits;
            return std::string();
        };
        const auto outcome = m_db->perform(made, options);
        COMPARE_KIND(outcome, Done);
        QCOMPARE(outcome.results.at("deleted"), std::string("1203"));
        QVERIFY(commits > 1);
        QCOMPARE(dead(), std::string("0"));
        QVERIFY(outcome.undo);
        const auto prediction = m_db->predict(*outcome.undo);
        QCOMPARE(prediction.counts.at("rows"), std::int64_t(1203));
        COMPARE_KIND(m_db->perform(*outcome.undo, m_scenes->options()), Done);
        QCOMPARE(letters(), before);
    }

    void purgesOnlyWhatIsOld() {
        die(3, "x");
        m_db->execute("update pgque.dead_letter set dl_time = now() - interval '2 days' where dl_id = 1");
        auto made = request("purge_dead_letters", "q");
        made.arguments["older_than"] = "1 day";
        QCOMPARE(m_db->predict(made).counts.at("events"), std::int64_t(1));
        COMPARE_KIND(m_db->perform(made, m_scenes->options()), Done);
        QCOMPARE(m_db->execute("select string_agg(dl_id::text, ' ' order by dl_id) from pgque.dead_letter"),
                 std::string("2 3"));
    }

    void deletesSelected() {
        die(4, "x");
        auto made = request("purge_selected_dead_letters", "q");
        made.arguments["dead_letters"] = "2,3";
        const auto outcome = m_db->perform(made, m_scenes->options());
        COMPARE_KIND(outcome, Done);
        QCOMPARE(dead(), std::string("2"));
        COMPARE_KIND(m_db->perform(*outcome.undo, m_scenes->options()), Done);
        QCOMPARE(dead(), std::string("4"));
    }

    /// Another session replays a letter between the look and the delete: it must not be lost.
    void replayedMeanwhile() {
        die(5, "x");
        auto made = request("purge_dead_letters", "q");
        made.arguments["older_than"] = "0 s";
        auto options = m_scenes->options();
        const auto keep = options.keepCopy;
        bool first = true;
        options.keepCopy = [&](const std::vector<std::string>& rows) {
            if (std::exchange(first, false)) {
                // Rows are deleted but not committed: whoever replays waits, then finds nothing.
                pg::Connection other = pg::Connection::open(m_db->info());
                other.execute({"set lock_timeout = '100ms'", {}});
                try {
                    other.execute({"select pgque.dlq_replay(1)", {}});
                } catch (const pg::Error&) {
                }
            }
            return keep(rows);
        };
        COMPARE_KIND(m_db->perform(made, options), Done);
        QCOMPARE(dead(), std::string("0"));
        QCOMPARE(m_db->execute("select count(*) from pgque.event_template"), std::string("5")); // as sent at first
    }

private:
    domain::ActionRequest sendFile(const QByteArray& content) {
        auto made = request("send_file", "q");
        made.arguments["file"] = m_scenes->file(QStringLiteral("file"), content);
        return made;
    }

    static QByteArray numbered(int lines) {
        QByteArray content;
        for (int line = 1; line <= lines; ++line)
            content += "line " + QByteArray::number(line) + '\n';
        return content;
    }

    void die(int count, const std::string& reason) {
        m_db->client().setQueueConfig("q", "max_retries", "0");
        m_db->window("q", 1, count);
        const auto batch = m_db->client().receive("q", "c");
        m_db->execute("select * from pgque.nack_batch(" + std::to_string(batch.id.value()) + ", interval '0', '" +
                      reason + "')");
        m_db->client().ack(batch.id.value());
        m_db->client().setQueueConfig("q", "max_retries", "5");
    }

    std::string sent() { return m_db->execute("select count(*) from pgque.event_template"); }

    std::string dead() { return m_db->execute("select count(*) from pgque.dead_letter"); }

    std::string letters() {
        return m_db->execute("select md5(string_agg(d::text, ';' order by dl_id)) from pgque.dead_letter d");
    }

    std::unique_ptr<OperateDatabase> m_db;
    std::unique_ptr<Scenes> m_scenes;
};

QTEST_GUILESS_MAIN(TestSeries)
#include "tst_series.moc"
