// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/connection.h"

#include <map>
#include <memory>
#include <string>

namespace support {

/// A throw-away PostgreSQL cluster. The shared one belongs to the whole test run: never stop it.
class TestServer {
public:
    /// The cluster that ctest started, named by BATCHSCOPE_TEST_SERVER. Throws when there is none: a test that
    /// cannot reach its server has failed.
    static const TestServer& shared();

    /// A cluster of one's own, for tests that kill, stop or pause it; removed with the object.
    /// More lines for postgresql.conf may be given.
    static std::unique_ptr<TestServer> startPrivate(const std::string& configuration = {});

    ~TestServer();
    TestServer(const TestServer&) = delete;
    TestServer& operator=(const TestServer&) = delete;

    /// By unix socket as the superuser, database postgres.
    pg::ConnectionInfo info() const;

    /// By 127.0.0.1, TLS not wanted unless the caller sets sslmode.
    pg::ConnectionInfo tcpInfo() const;

    std::string port() const { return value("PGPORT"); }

    std::string certificate() const { return value("SERVER_CERT"); } ///< file; names localhost and 127.0.0.1

    /// Only for a private server.
    void kill() const;
    void start() const;
    void pause() const;
    void resume() const;

private:
    explicit TestServer(const std::string& environmentFile);

    const std::string& value(const std::string& key) const;
    void control(const std::string& verb) const;

    std::map<std::string, std::string> m_values;
    std::string m_folder; ///< of a private server
};

enum class Schema { None, Pgque, Workqueue, Both };

/// A database of its own, dropped with the object.
class TestDatabase {
public:
    explicit TestDatabase(Schema schema = Schema::None)
        : TestDatabase(TestServer::shared(), schema) {}

    explicit TestDatabase(const TestServer& server, Schema schema = Schema::None);
    ~TestDatabase();
    TestDatabase(const TestDatabase&) = delete;
    TestDatabase& operator=(const TestDatabase&) = delete;

    const std::string& name() const { return m_name; }

    pg::ConnectionInfo info() const;
    pg::ConnectionInfo tcpInfo() const;
    pg::Connection connect(pg::Connection::Options options = {}) const;

private:
    const TestServer& m_server;
    std::string m_name;
};

/// The first value of what a statement returns.
std::int64_t number(pg::Connection& connection, const std::string& sql);

} // namespace support
