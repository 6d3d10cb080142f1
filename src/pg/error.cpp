// SPDX-License-Identifier: Apache-2.0
#include "pg/error.h"

namespace pg {

std::string Failure::text() const {
    std::string line = diagnostics.message.empty() ? std::string("no reason given") : diagnostics.message;
    for (char& c : line) {
        if (c == '\n' || c == '\r') {
            c = ' ';
        }
    }
    if (!diagnostics.sqlState.empty()) {
        line += " (SQLSTATE " + diagnostics.sqlState + ')';
    }
    return line;
}

Error::Error(Failure failure)
    : std::runtime_error(failure.text())
    , m_failure(std::move(failure)) {}

Error Error::of(ErrorKind kind, std::string message, std::string statement) {
    Failure failure;
    failure.kind = kind;
    failure.diagnostics.message = std::move(message);
    failure.statement = std::move(statement);
    return Error(std::move(failure));
}

} // namespace pg
