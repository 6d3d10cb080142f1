// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/connection.h"
#include "support/testserver.h"

#include <fstream>
#include <sstream>

namespace support {

inline pg::Deadline soon() {
    return pg::after(std::chrono::seconds(20));
}

inline void run(pg::Connection& connection, const std::string& sql) {
    connection.executeScript(sql, pg::after(std::chrono::seconds(60)));
}

inline std::string value(pg::Connection& connection, const std::string& sql) {
    return std::string(connection.execute({sql, {}}, soon()).text(0, 0));
}

/// A database with the tables of somebody else's PgQue 0.2 in it.
class ForeignDatabase : public TestDatabase {
public:
    ForeignDatabase() {
        pg::Connection connection = connect();
        install(connection);
    }

    static void install(pg::Connection& connection) {
        std::ifstream file(FOREIGN_SQL);
        std::stringstream sql;
        sql << file.rdbuf();
        run(connection, sql.str());
    }
};

/// A connection as a role of its own that may log in, member of the given role (or of none), dropped with the object.
class RoleConnection {
public:
    RoleConnection(const TestDatabase& database, const std::string& memberOf)
        : m_admin(database.connect())
        , m_name("role_" + database.name())
        , m_connection(make(database, memberOf)) {}

    ~RoleConnection() {
        m_connection.close();
        try {
            run(m_admin, "drop role " + m_name);
        } catch (const pg::Error&) {
            // The test has said what it had to say.
        }
    }

    pg::Connection& operator*() { return m_connection; }

    pg::Connection* operator->() { return &m_connection; }

    const std::string& name() const { return m_name; }

private:
    pg::Connection make(const TestDatabase& database, const std::string& memberOf) {
        run(m_admin, "create role " + m_name + " login" + (memberOf.empty() ? "" : " in role " + memberOf));
        pg::ConnectionInfo info = database.info();
        info.set("user", m_name);
        return pg::Connection::open(info);
    }

    pg::Connection m_admin;
    std::string m_name;
    pg::Connection m_connection;
};

} // namespace support
