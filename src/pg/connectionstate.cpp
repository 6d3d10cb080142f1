// SPDX-License-Identifier: Apache-2.0
#include "pg/connectionstate.h"

#include <utility>

namespace pg {

Connection::State::State(Options given)
    : options(std::move(given)) {}

Connection::State::~State() {
    finish();
}

int Connection::State::consume() {
    // The return value is left aside: it is also 0 when only writing failed, and then the reason may still be read.
    PQconsumeInput(conn);
    return tell();
}

int Connection::State::tell() {
    // PQisBusy parses what was consumed; without it the reason of a killed idle session stays unread in the buffer.
    PQisBusy(conn);
    int count = 0;
    while (PGnotify* raw = PQnotifies(conn)) {
        const std::unique_ptr<PGnotify, decltype(&PQfreemem)> owner(raw, &PQfreemem);
        ++count;
        if (options.onNotification) {
            try {
                options.onNotification(Notification{raw->relname, raw->extra, raw->be_pid});
            } catch (...) { // NOLINT(bugprone-empty-catch): nobody here could handle it
            }
        }
    }
    for (const Notice& notice : std::exchange(notices, {})) {
        if (options.onNotice) {
            try {
                options.onNotice(notice);
            } catch (...) { // NOLINT(bugprone-empty-catch): as above
            }
        }
    }
    return count;
}

void Connection::State::finish() noexcept {
    if (cancel) {
        cancel->closed = true;
    }
    PQfinish(std::exchange(conn, nullptr));
}

TransactionStatus Connection::State::transactionStatus() const {
    switch (PQtransactionStatus(conn)) {
    case PQTRANS_IDLE:
        return TransactionStatus::Idle;
    case PQTRANS_ACTIVE:
        return TransactionStatus::Active;
    case PQTRANS_INTRANS:
        return TransactionStatus::InTransaction;
    case PQTRANS_INERROR:
        return TransactionStatus::InFailedTransaction;
    case PQTRANS_UNKNOWN:
        break;
    }
    return TransactionStatus::Unknown;
}

Diagnostics Connection::State::lossReason() const {
    if (lastFatal) {
        return *lastFatal;
    }
    Diagnostics reason;
    reason.message = trimmed(PQerrorMessage(conn));
    if (reason.message.empty()) {
        reason.message = "the connection to the server was lost";
    }
    return reason;
}

Diagnostics diagnosticsOf(const PGresult* result) {
    const auto field = [result](int code) {
        const char* text = PQresultErrorField(result, code);
        return text != nullptr ? std::string(text) : std::string();
    };
    Diagnostics diagnostics;
    diagnostics.severity = field(PG_DIAG_SEVERITY_NONLOCALIZED);
    if (diagnostics.severity.empty()) {
        diagnostics.severity = field(PG_DIAG_SEVERITY);
    }
    diagnostics.sqlState = field(PG_DIAG_SQLSTATE);
    diagnostics.message = field(PG_DIAG_MESSAGE_PRIMARY);
    if (diagnostics.message.empty()) {
        diagnostics.message = trimmed(PQresultErrorMessage(result));
    }
    diagnostics.detail = field(PG_DIAG_MESSAGE_DETAIL);
    diagnostics.hint = field(PG_DIAG_MESSAGE_HINT);
    diagnostics.context = field(PG_DIAG_CONTEXT);
    diagnostics.schema = field(PG_DIAG_SCHEMA_NAME);
    diagnostics.table = field(PG_DIAG_TABLE_NAME);
    diagnostics.column = field(PG_DIAG_COLUMN_NAME);
    diagnostics.constraint = field(PG_DIAG_CONSTRAINT_NAME);
    return diagnostics;
}

std::string trimmed(const char* message) {
    std::string text = message != nullptr ? message : "";
    text.erase(text.find_last_not_of("\r\n ") + 1);
    return text;
}

bool isFatal(const Diagnostics& diagnostics) {
    return diagnostics.severity == "FATAL" || diagnostics.severity == "PANIC";
}

} // namespace pg
