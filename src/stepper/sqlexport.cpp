// SPDX-License-Identifier: GPL-3.0-or-later
#include "stepper/sqlexport.h"

#include "pgque/calls.h"
#include "queries/guard.h"
#include "queries/stepexport.h"
#include "queries/stepping.h"
#include "stepper/scratch.h"

#include <algorithm>
#include <set>
#include <sstream>

namespace stepper {

namespace {

/// Numbers that no queue reaches stand for what only the session knows.
constexpr std::int64_t tokenMark = 7'700'000'000'000'000'001;
constexpr std::int64_t messageMark = 7'700'000'000'000'000'002;

std::string replaced(std::string text, const std::string& mark, const std::string& by) {
    for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + by.size()))
        text.replace(at, mark.size(), by);
    return text;
}

std::string line(const pg::Statement& statement) {
    return statement.display() + ";\n";
}

class Writer {
public:
    Writer(std::string queue, std::string consumer)
        : m_queue(std::move(queue))
        , m_consumer(std::move(consumer)) {}

    std::string make(const Script& script) const {
        std::string sql = line(pgque::createQueue(m_queue).statement);
        for (const auto& [parameter, value] : scratchSettings(script.retries))
            sql += line(pgque::setQueueConfig(m_queue, parameter, value).statement);
        return sql;
    }

    std::string remove() const { return line(pgque::dropQueue(m_queue, true).statement); }

    std::string of(const Step& step) {
        switch (step.verb) {
        case Verb::Receive:
            return held(step, receive(step));
        case Verb::Walk:
            m_open.insert(step.lane);
            return "-- on the board this allocation is walked statement by statement; here it is one call\n" +
                   line(queries::beginReadCommitted()) + receive(step);
        case Verb::Next:
        case Verb::Run:
            return "-- done already: see walk\n";
        case Verb::Begin:
            m_open.insert(step.lane);
            return line(queries::beginReadCommitted());
        case Verb::Commit:
        case Verb::Rollback:
            m_open.erase(step.lane);
            return line(step.verb == Verb::Commit ? queries::commit() : queries::rollback());
        case Verb::Cancel:
            return "-- press Ctrl-C in the session that waits\n";
        case Verb::Die:
            m_open.erase(step.lane);
            return "-- the connection is given up and made anew: its transaction is rolled back\n\\c\n" +
                   queries::emptyVariables(step.lane);
        case Verb::Return:
            return "-- it is back already: see die\n";
        default:
            return held(step, calls(step));
        }
    }

private:
    std::string held(const Step& step, std::string sql) {
        if (step.hold && m_open.insert(step.lane).second)
            sql = line(queries::beginReadCommitted()) + sql;
        return sql;
    }

    std::string receive(const Step& step) const {
        if (step.asksForConditions()) {
            const pgque::BatchCondition condition{step.ask.minLag, step.ask.minCount, step.ask.minInterval};
            const pg::Statement call = step.normal ? pgque::nextBatchCustom(m_queue, m_consumer, condition).statement
                                                   : pgque::nextBatchCustomCoop(m_queue, m_consumer, step.lane,
                                                                                condition, step.ask.deadInterval)
                                                         .statement;
            return queries::batchIntoVariables(call.display(), step.lane);
        }
        const pg::Statement call =
            step.normal
                ? pgque::receive(m_queue, m_consumer, step.limit).statement
                : pgque::receiveCoop(m_queue, m_consumer, step.lane, step.limit, step.ask.deadInterval).statement;
        return queries::messagesIntoVariables(call.display(), step.lane);
    }

    std::string withToken(const Step& step, const std::string& sql) const {
        const std::string age = step.token == 0 ? "" : std::to_string(step.token);
        return replaced(sql, std::to_string(tokenMark), ":" + step.lane + "_token" + age);
    }

    std::string nack(const Step& step) const {
        if (step.message == 0)
            return withToken(step, line(pgque::nackBatch(tokenMark, step.span).statement));
        return withToken(step, replaced(line(pgque::nack(tokenMark, messageMark, step.span).statement),
                                        std::to_string(messageMark),
                                        queries::idFromVariables(step.lane, step.token, step.message)));
    }

    std::string tick(bool force) const {
        return line(queries::beginReadCommitted()) +
               line(pgque::setQueueConfig(m_queue, "ticker_paused", "false").statement) +
               (force ? line(pgque::forceNextTick(m_queue).statement) : std::string()) +
               line(pgque::ticker(m_queue).statement) +
               line(pgque::setQueueConfig(m_queue, "ticker_paused", "true").statement) + line(queries::commit());
    }

    std::string calls(const Step& step) const {
        const std::string& other = step.member.empty() ? step.lane : step.member;
        switch (step.verb) {
        case Verb::Register:
            return line(pgque::subscribeSubconsumer(m_queue, m_consumer, step.lane, step.convert).statement);
        case Verb::Unregister:
            return line(pgque::unsubscribeSubconsumer(m_queue, m_consumer, other,
                                                      step.force ? pgque::BatchHandling::RouteToRetry
                                                                 : pgque::BatchHandling::Refuse)
                            .statement);
        case Verb::Subscribe:
            return line(pgque::subscribe(m_queue, m_consumer).statement);
        case Verb::Unsubscribe:
            return line(pgque::unsubscribe(m_queue, m_consumer).statement);
        case Verb::Touch:
            return line(pgque::touchSubconsumer(m_queue, m_consumer, step.lane).statement);
        case Verb::Ack:
            return withToken(step, line(pgque::ack(tokenMark).statement));
        case Verb::Nack:
            return nack(step);
        case Verb::Send:
            return line(
                pgque::sendBatch(m_queue, "step", std::vector<std::string>(static_cast<std::size_t>(step.count), "{}"))
                    .statement);
        case Verb::Tick:
        case Verb::ForceTick:
            return tick(step.verb == Verb::ForceTick);
        case Verb::Maintain:
            return line(pgque::maintRetryEvents().statement);
        case Verb::Due:
            return line(queries::makeRetriesDue(m_queue).statement);
        case Verb::Rotate:
            return line(queries::makeRotationDue(m_queue).statement) +
                   line(pgque::maintRotateTablesStep1(m_queue).statement) +
                   line(pgque::maintRotateTablesStep2().statement);
        case Verb::Age:
            return line(queries::makeHeartbeatOlder(m_queue, m_consumer + '.' + step.member, step.span).statement);
        default:
            return {};
        }
    }

    std::string m_queue;
    std::string m_consumer;
    std::set<std::string> m_open;
};

std::string sessionName(const std::string& lane) {
    return lane.empty() ? "queue" : lane;
}

std::string commented(const std::string& text) {
    std::string all;
    std::istringstream rows(text);
    for (std::string row; std::getline(rows, row);)
        all += "-- " + row + '\n';
    return all;
}

std::string heading(const Script& script) {
    return commented(script.title) + commented(script.about);
}

std::string blockText(const SqlBlock& block) {
    std::string text = block.line.empty() ? std::string() : "-- step " + std::to_string(block.step) + ": " + block.line;
    if (!block.seen.empty())
        text += "  => " + block.seen;
    return text + (text.empty() ? "" : "\n") + block.sql;
}

} // namespace

std::vector<SqlBlock> sqlBlocks(const Script& script, const std::string& queue, const std::string& consumer) {
    Writer writer(queue, consumer);
    std::vector<SqlBlock> blocks{{0, {}, {}, {}, writer.make(script)}};
    std::set<std::string> begun;
    int number = 0;
    for (const ScriptLine& scriptLine : script.lines) {
        SqlBlock block{++number, scriptLine.step.lane, scriptLine.step.text(), {}, {}};
        for (const Expectation& one : scriptLine.expected)
            block.seen += (block.seen.empty() ? "" : "; ") + (one.lane.empty() ? "" : one.lane + ": ") + one.words;
        block.sql = commented(scriptLine.remark);
        if (!block.lane.empty() && begun.insert(block.lane).second)
            block.sql += queries::emptyVariables(block.lane);
        block.sql += writer.of(scriptLine.step);
        blocks.push_back(std::move(block));
    }
    blocks.push_back({number + 1, {}, {}, {}, writer.remove()});
    return blocks;
}

std::vector<SqlFile> sqlFiles(const Script& script, const std::string& queue, const std::string& consumer) {
    std::vector<SqlFile> files;
    const SqlBlock* before = nullptr;
    const std::vector<SqlBlock> blocks = sqlBlocks(script, queue, consumer);
    for (const SqlBlock& block : blocks) {
        const std::string name = sessionName(block.lane) + ".sql";
        auto file = std::find_if(files.begin(), files.end(), [&name](const SqlFile& one) { return one.name == name; });
        if (file == files.end()) {
            files.push_back({name, heading(script) + "-- Run each file in a session of its own: psql -f " + name +
                                       ". Press Return when the step named has been done.\n"});
            file = std::prev(files.end());
        }
        if (before && sessionName(before->lane) != sessionName(block.lane))
            file->text += "\\prompt 'after step " + std::to_string(before->step) + " in session " +
                          sessionName(before->lane) + ": ' pause\n";
        file->text += blockText(block);
        before = &block;
    }
    return files;
}

std::string sqlText(const Script& script, const std::string& queue, const std::string& consumer) {
    std::string text = heading(script) +
                       "-- Each part belongs to the psql session named above it; a part that waits gives no prompt "
                       "until another one lets it go.\n";
    for (const SqlBlock& block : sqlBlocks(script, queue, consumer))
        text += "\n-- session " + sessionName(block.lane) + '\n' + blockText(block);
    return text;
}

} // namespace stepper
