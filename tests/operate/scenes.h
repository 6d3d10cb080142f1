// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "operate/operatedatabase.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>

#include <optional>
#include <string>
#include <vector>

/// For every action on the event queue and, where it is there, the work queue a state of affairs in which it works, so
/// that what all of them must keep can be asked of all of them.
class Scenes {
public:
    explicit Scenes(OperateDatabase& db)
        : m_db(db)
        , m_hasWork(db.execute("select to_regnamespace('workqueue') is not null") == "t") {}

    static bool ofTheQueue(const operate::Action& action) { return !action.id.starts_with("work_"); }

    /// Signals go to another session and leave no rows; scheduling needs an extension that may be missing.
    static bool leavesRows(const operate::Action& action) {
        return action.subject != operate::SubjectKind::Backend && action.id != "start_scheduling" &&
               action.id != "stop_scheduling";
    }

    /// Makes what the action needs, under names of its own, and gives the request that would do it.
    domain::ActionRequest make(const operate::Action& action) {
        ++m_number;
        m_queue = "q" + std::to_string(m_number);
        domain::ActionRequest made = request(action.id, m_queue, "c");
        if (action.id == "create_queue")
            return made;
        if (!ofTheQueue(action)) {
            makeWork(action, made);
            return made;
        }
        m_db.client().createQueue(m_queue);
        made.arguments = {{"type", "t"},
                          {"payload", "one\ntwo"},
                          {"delay", "1 h"},
                          {"taker", "w2"},
                          {"parameter", "ticker_max_count"},
                          {"value", "77"},
                          {"tick", "1"},
                          {"older_than", "0 s"},
                          {"patience", "1 s"},
                          {"dead_interval", "1 ms"}};
        makeSubscriptions(action, made);
        makeLeftovers(action, made);
        return made;
    }

    /// Everything that the queue's actions can change.
    std::string state() {
        return m_db.execute(
            "select md5(string_agg(t, ';' order by t)) from ("
            "select s::text as t from pgque.subscription s union all select q::text from pgque.queue q"
            " union all select c::text from pgque.consumer c union all select k::text from pgque.tick k"
            " union all select r::text from pgque.retry_queue r union all select d::text from pgque.dead_letter d"
            " union all select e.tableoid::text || e::text from pgque.event_template e"
            " union all select f::text from pgque.config f" +
            std::string(m_hasWork ? " union all select m::text from workqueue.pg_queue_message m"
                                    " union all select l::text from workqueue.dead_letter l"
                                    " union all select b::text from workqueue.pg_barrier_state b"
                                    " union all select p::text from workqueue.pg_batch_dedup p"
                                    " union all select g::text from workqueue.queue_setting g"
                                    " union all select a::text from workqueue.audit a"
                                    " union all select w::text from workqueue.sweep_state w"
                                  : "") +
            ") t");
    }

    operate::RunOptions options() {
        operate::RunOptions options = OperateDatabase::armed();
        options.keepCopy = [this](const std::vector<std::string>& rows) {
            const QString path = m_folder.filePath(QStringLiteral("copy%1.jsonl").arg(m_number));
            QFile file(path);
            if (!file.open(QIODevice::WriteOnly | QIODevice::Append))
                return operate::KeptCopy{{}, "can't be opened"};
            for (const std::string& row : rows)
                file.write(QByteArray::fromStdString(row) + '\n');
            return operate::KeptCopy{path.toStdString(), {}};
        };
        return options;
    }

    std::string file(const QString& name, const QByteArray& content) {
        const QString path = m_folder.filePath(name);
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly))
            qFatal("%s can't be written", qPrintable(path));
        file.write(content);
        return path.toStdString();
    }

    const std::string& queue() const { return m_queue; }

private:
    void makeSubscriptions(const operate::Action& action, domain::ActionRequest& made) {
        using operate::SubjectKind;
        const std::string& id = action.id;
        if (action.subject == SubjectKind::Member || id == "register_subconsumer" || id == "receive_coop" ||
            id == "take_over") {
            made.consumer = "g" + std::to_string(m_number);
            made.subconsumer = "w1";
            for (const char* member : {"w1", "w2"})
                m_db.client().subscribeSubconsumer(m_queue, made.consumer, member);
            if (id == "register_subconsumer")
                made.subconsumer = "w3";
            if (id == "receive_coop" || id == "unregister_subconsumer" || id == "touch") {
                made.subconsumer = "w2";
                m_db.window(m_queue, 1, 3);
                return;
            }
            if (id == "force_unregister" || id == "take_over") {
                made.batch = m_db.openBatch(m_queue, made.consumer, "w1", 3);
                m_db.execute("update pgque.subscription set sub_active = now() - interval '1 hour'"
                             " where sub_batch is not null");
            }
            return;
        }
        if (id == "subscribe" || id == "drop_queue" || id == "force_tick")
            return;
        m_db.client().subscribe(m_queue, "c");
        m_db.window(m_queue, 1, 3);
        if (action.subject == SubjectKind::Batch) {
            const auto batch = m_db.client().receive(m_queue, "c");
            made.batch = batch.id.value();
            made.arguments["message"] = std::to_string(batch.messages[0].id);
            made.arguments["messages"] =
                std::to_string(batch.messages[0].id) + ", " + std::to_string(batch.messages[1].id);
        }
        if (id == "reposition")
            m_db.client().ack(m_db.client().receive(m_queue, "c").id.value());
    }

    /// One message, held by a lease that has lapsed where the action wants it so.
    void makeWork(const operate::Action& action, domain::ActionRequest& made) {
        using operate::SubjectKind;
        const std::string& id = action.id;
        const std::string named = "'" + m_queue + "'";
        made.arguments = {{"payload", "{}"},     {"priority", "7"}, {"delay", "1 h"}, {"why", "proof"},
                          {"to", m_queue + "b"}, {"max", "10"},     {"token", "1"}};
        if (id == "work_send" || id == "work_purge")
            made.arguments["priority"] = "5";
        const std::string message = m_db.execute("select workqueue.send(" + named + ", '{}')");
        made.arguments["message_id"] = message;
        if (id == "work_rearm" || id == "work_bury" || id == "work_maint") {
            m_db.execute("select msg_id from workqueue.claim(" + named + ", 60)");
            m_db.execute("update workqueue.pg_queue_message set vt = now() - interval '1 s' where msg_id = " + message);
        }
        if (id == "work_resume")
            m_db.execute("select workqueue.pause(" + named + ")");
        if (action.subject == SubjectKind::WorkDead) {
            m_db.execute("select workqueue.bury(" + message + ", 'broken')");
            made.arguments["dead_id"] =
                m_db.execute("select dead_id from workqueue.dead_letter where msg_id = " + message);
        }
        if (action.subject == SubjectKind::Barrier) {
            made.arguments["execution"] = m_queue;
            made.arguments["epoch"] = m_db.execute("select workqueue.arm(" + named + ", 'o', 2)");
        }
    }

    void makeLeftovers(const operate::Action& action, domain::ActionRequest& made) {
        using operate::SubjectKind;
        const std::string& id = action.id;
        const std::string mine = " from pgque.queue where queue_name = '" + m_queue + "'";
        if (action.subject == SubjectKind::Retry || id == "move_due_retries") {
            const auto batch = m_db.client().receive(m_queue, "c");
            m_db.client().nack(batch.messages[0], std::chrono::seconds(id == "move_due_retries" ? 0 : 600));
            made.arguments["event"] = std::to_string(batch.messages[0].id);
            made.arguments["owner"] =
                m_db.execute("select ev_owner from pgque.retry_queue where ev_queue = (select queue_id" + mine + ")");
            made.arguments["due"] = m_db.execute("select (extract(epoch from ev_retry_after) * 1000000)::bigint"
                                                 " from pgque.retry_queue where ev_queue = (select queue_id" +
                                                 mine + ")");
        }
        if (id == "resume_ticker")
            m_db.client().setQueueConfig(m_queue, "ticker_paused", "true");
        if (id == "finish_rotation")
            m_db.execute("update pgque.queue set queue_switch_step2 = null where queue_name = '" + m_queue + "'");
        if (id == "send_file")
            made.arguments["file"] = file(QStringLiteral("lines%1.txt").arg(m_number), "a\nb\nc\n");
        if (id.find("dead_letter") != std::string::npos || id == "canary_replay" || id == "bring_back") {
            m_db.client().setQueueConfig(m_queue, "max_retries", "0");
            const auto batch = m_db.client().receive(m_queue, "c");
            for (const auto& message : batch.messages)
                m_db.client().nack(message, std::chrono::seconds(0), "broken");
            m_db.client().ack(batch.id.value());
            const std::string dead = " from pgque.dead_letter where dl_queue_id = (select queue_id" + mine + ")";
            made.arguments["dead_letter"] = m_db.execute("select min(dl_id)" + dead);
            made.arguments["dead_letters"] = m_db.execute("select string_agg(dl_id::text, ', ' order by dl_id)" + dead);
            made.arguments["type"] = "number";
            if (id == "bring_back") {
                const std::string rows = m_db.execute(
                    "select string_agg(to_jsonb(d.*)::text, E'\\n') from pgque.dead_letter d where dl_queue_id ="
                    " (select queue_id" +
                    mine + ")");
                made.arguments["copy"] =
                    file(QStringLiteral("back%1.jsonl").arg(m_number), QByteArray::fromStdString(rows + "\n"));
                m_db.execute("delete" + dead);
            }
        }
    }

    OperateDatabase& m_db;
    bool m_hasWork;
    QTemporaryDir m_folder;
    std::string m_queue;
    int m_number = 0;
};
