// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/testserver.h"

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace support {

namespace {

using namespace std::chrono_literals;

void run(const std::string& command) {
    if (std::system(command.c_str()) != 0) {
        throw std::runtime_error("failed: " + command);
    }
}

std::string quoted(const std::string& text) {
    std::string result = "'";
    for (const char c : text) {
        result += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return result + '\'';
}

std::string script() {
    return quoted(BATCHSCOPE_TEST_SUPPORT "/server");
}

// Unique among the tests that run at the same time.
std::string uniqueName(const std::string& prefix) {
    static std::atomic<int> counter = 0;
    static const unsigned seed = std::random_device{}();
    return prefix + std::to_string(seed) + '_' + std::to_string(++counter);
}

} // namespace

TestServer::TestServer(const std::string& environmentFile) {
    std::ifstream file(environmentFile);
    if (!file) {
        throw std::runtime_error("no test server described in '" + environmentFile + "'");
    }
    for (std::string line; std::getline(file, line);) {
        if (const auto equals = line.find('='); equals != std::string::npos) {
            m_values[line.substr(0, equals)] = line.substr(equals + 1);
        }
    }
}

const TestServer& TestServer::shared() {
    static const char* const named = std::getenv("BATCHSCOPE_TEST_SERVER");
    static const TestServer server(named != nullptr ? named : "");
    return server;
}

std::unique_ptr<TestServer> TestServer::startPrivate(const std::string& configuration) {
    const std::string folder = (std::filesystem::current_path() / uniqueName("private_server_")).string();
    run("SERVER_OPTIONS=" + quoted(configuration) + ' ' + script() + " start " + quoted(folder) + " > /dev/null");
    std::unique_ptr<TestServer> server(new TestServer(folder + "/env"));
    server->m_folder = folder;
    return server;
}

TestServer::~TestServer() {
    if (m_folder.empty()) {
        return;
    }
    try {
        resume();
    } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): it may be dead already
    }
    try {
        control("stop");
        std::filesystem::remove_all(m_folder);
    } catch (const std::exception& error) {
        std::cerr << "private server: " << error.what() << '\n';
    }
}

const std::string& TestServer::value(const std::string& key) const {
    return m_values.at(key);
}

pg::ConnectionInfo TestServer::info() const {
    pg::ConnectionInfo info;
    info.set("host", value("PGHOST"));
    info.set("port", value("PGPORT"));
    info.set("user", value("PGUSER"));
    info.set("dbname", value("PGDATABASE"));
    return info;
}

pg::ConnectionInfo TestServer::tcpInfo() const {
    pg::ConnectionInfo information = info();
    information.set("host", "127.0.0.1");
    information.set("sslmode", "disable");
    return information;
}

void TestServer::control(const std::string& verb) const {
    if (m_folder.empty()) {
        throw std::logic_error("the shared server is not to be touched");
    }
    run(script() + ' ' + verb + ' ' + quoted(m_folder) + " > /dev/null 2>&1");
}

void TestServer::kill() const {
    control("kill");
}

void TestServer::start() const {
    control("up");
}

void TestServer::pause() const {
    control("pause");
}

void TestServer::resume() const {
    control("resume");
}

TestDatabase::TestDatabase(const TestServer& server, Schema schema)
    : m_server(server)
    , m_name(uniqueName("t_")) {
    auto administrator = pg::Connection::open(m_server.info());
    administrator.execute({"create database " + m_name + " template template0", {}}, pg::after(60s));
    std::vector<std::string> scripts;
    if (schema == Schema::Pgque || schema == Schema::Both)
        scripts.emplace_back(BATCHSCOPE_PGQUE_SQL);
    if (schema == Schema::Workqueue || schema == Schema::Both)
        scripts.emplace_back(BATCHSCOPE_WORKQUEUE_SQL);
    for (const std::string& name : scripts) {
        std::ifstream file(name);
        std::stringstream text;
        text << file.rdbuf();
        if (!file || text.str().empty()) {
            throw std::runtime_error("no schema in " + name);
        }
        connect().executeScript("begin;\n" + text.str() + "\ncommit;", pg::after(60s));
    }
}

TestDatabase::~TestDatabase() {
    try {
        pg::Connection::open(m_server.info())
            .execute({"drop database if exists " + m_name + " with (force)", {}}, pg::after(60s));
    } catch (const std::exception& error) {
        std::cerr << "test database: " << error.what() << '\n';
    }
}

pg::ConnectionInfo TestDatabase::info() const {
    auto info = m_server.info();
    info.set("dbname", m_name);
    return info;
}

pg::ConnectionInfo TestDatabase::tcpInfo() const {
    auto info = m_server.tcpInfo();
    info.set("dbname", m_name);
    return info;
}

pg::Connection TestDatabase::connect(pg::Connection::Options options) const {
    return pg::Connection::open(info(), std::move(options));
}

std::int64_t number(pg::Connection& connection, const std::string& sql) {
    return connection.execute({sql, {}}, pg::after(20s)).row(0).get<std::int64_t>(0);
}

} // namespace support
