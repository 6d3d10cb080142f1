// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "operate/runner.h"
#include "pgque/queuedatabase.h"
#include "queries/probe.h"

/// A database with the schema, a superuser's client beside, and a runner to act with.
class OperateDatabase : public QueueDatabase {
public:
    const operate::Runner& runner() const { return m_runner; }

    const operate::Registry& registry() const { return m_registry; }

    /// As desk does it: what the server says, and our own schema judged to be ours.
    static domain::Capabilities capabilitiesOf(pg::Connection& connection) {
        domain::Capabilities capabilities = queries::probe(connection, pg::after(std::chrono::seconds(10)));
        capabilities.origin = domain::SchemaOrigin::Ours;
        return capabilities;
    }

    const domain::Capabilities& capabilities() {
        if (!m_capabilities)
            m_capabilities = capabilitiesOf(operating());
        return *m_capabilities;
    }

    /// The connection that acts.
    pg::Connection& operating() {
        if (!m_operating)
            m_operating.emplace(pg::Connection::open(info()));
        return *m_operating;
    }

    /// A connection by way of a proxy on this port, in plain text so that its bytes can be counted.
    pg::Connection through(const std::string& port) const {
        auto info = tcpInfo();
        info.set("port", port);
        info.set("sslmode", "disable");
        info.set("gssencmode", "disable");
        return pg::Connection::open(info);
    }

    static operate::RunOptions armed() {
        operate::RunOptions options;
        options.mode = domain::AccessMode::Operate;
        return options;
    }

    domain::ActionOutcome perform(const domain::ActionRequest& request, const operate::RunOptions& options = armed()) {
        return m_runner.perform(request, capabilities(), operating(), options);
    }

    domain::Prediction predict(const domain::ActionRequest& request) {
        return m_runner.predict(request, capabilities(), operating());
    }

    /// A group with an open batch: returns the batch id that the member holds.
    std::int64_t openBatch(const std::string& queue, const std::string& group, const std::string& member, int events) {
        window(queue, 1, events);
        return std::stoll(execute("select distinct batch_id from pgque.receive_coop('" + queue + "', '" + group +
                                  "', '" + member + "')"));
    }

    /// What an operator would have seen of a subscription just now.
    domain::SeenSubscription seen(const std::string& queue, const std::string& consumer) {
        const auto states = client().connection().run(
            queries::subscriptionStates({.queue = queue, .consumers = {consumer}, .batch = {}}));
        if (states.size() != 1)
            throw std::runtime_error("no subscription " + consumer);
        return {states[0].batch, states[0].lastTick, states[0].nextTick, {}};
    }

    /// A login that is a member of one role, and its connection.
    pg::Connection loginWith(const std::string& role) {
        const std::string name = "op_" + execute("select md5(random()::text)").substr(0, 12);
        execute("create role " + name + " login");
        if (!role.empty())
            execute("grant " + role + " to " + name);
        m_roles.push_back(name);
        auto as = info();
        as.set("user", name);
        return pg::Connection::open(as);
    }

    ~OperateDatabase() {
        m_operating.reset();
        for (const auto& role : m_roles) {
            execute("drop owned by " + role);
            execute("drop role " + role);
        }
    }

    explicit OperateDatabase(support::Schema schema = support::Schema::Pgque)
        : QueueDatabase(schema) {}

    OperateDatabase(const OperateDatabase&) = delete;
    OperateDatabase& operator=(const OperateDatabase&) = delete;

private:
    operate::Registry m_registry;
    operate::Runner m_runner{m_registry};
    std::optional<domain::Capabilities> m_capabilities;
    std::optional<pg::Connection> m_operating;
    std::vector<std::string> m_roles;
};

inline domain::ActionRequest request(std::string action, std::string queue = {}, std::string consumer = {},
                                     std::string subconsumer = {}) {
    domain::ActionRequest made;
    made.action = std::move(action);
    made.queue = std::move(queue);
    made.consumer = std::move(consumer);
    made.subconsumer = std::move(subconsumer);
    return made;
}

inline domain::ActionRequest onBatch(std::string action, std::int64_t batch) {
    domain::ActionRequest made = request(std::move(action));
    made.batch = batch;
    return made;
}

/// Compares the kind and tells the sentence when it is another.
#define COMPARE_KIND(outcome, expected)                                                                                \
    do {                                                                                                               \
        const domain::ActionOutcome& compared = (outcome);                                                             \
        QVERIFY2(compared.kind == domain::OutcomeKind::expected,                                                       \
                 ("kind " + std::to_string(static_cast<int>(compared.kind)) + ": " + compared.summary).c_str());       \
    } while (false)
