// SPDX-License-Identifier: Apache-2.0
#include "pg/connect.h"

#include "pg/connectionstate.h"
#include "pg/textvalue.h"
#include "pg/wait.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace pg {

namespace {

using namespace std::chrono_literals;

// As in a running exchange: decrypted bytes may wait inside libpq while the socket is silent.
constexpr auto tlsWatchdog = 50ms;

// How long a peer may be silent before the system probes it, and what unanswered probes and data are put up with.
// These are client-side socket settings: nothing of them reaches the server or a pooler.
constexpr std::pair<const char*, const char*> socketDefaults[] = {
    {"keepalives_idle", "15"},
    {"keepalives_interval", "5"},
    {"keepalives_count", "3"},
    {"tcp_user_timeout", "30000"},
};

std::map<std::string, std::string, std::less<>> parametersOf(const ConnectionInfo& info) {
    auto parameters = info.values();
    parameters["client_encoding"] = "UTF8";
    // A service file may hold any keyword, and what is given here would overrule it.
    if (!info.get("service") && std::getenv("PGSERVICE") == nullptr) {
        for (const auto& [key, value] : socketDefaults) {
            parameters.try_emplace(key, value);
        }
        // Asking for Kerberos tickets reads files and may ask the network, beyond any deadline: only when wanted.
        if (std::getenv("PGGSSENCMODE") == nullptr) {
            parameters.try_emplace("gssencmode", "disable");
        }
    }
    return parameters;
}

// libpq leaves connect_timeout to the program that polls.
std::chrono::milliseconds patienceOf(const ConnectionInfo& info, const Connection::Options& options) {
    const auto wanted = textvalue::parseInteger(info.get("connect_timeout").value_or(""));
    constexpr std::int64_t most = 86'400;
    return wanted && *wanted > 0 ? std::chrono::seconds(std::min(*wanted, most)) : options.connectTimeout;
}

void receiveNotice(void* state, const PGresult* result) {
    auto& self = *static_cast<Connection::State*>(state);
    try {
        Diagnostics said = diagnosticsOf(result);
        if (isFatal(said)) {
            self.lastFatal = said;
        }
        self.notices.push_back(std::move(said));
    } catch (...) { // NOLINT(bugprone-empty-catch): libpq is C and cannot be unwound
    }
}

constexpr std::size_t codeLength = 5;

// Where "28P01: " stands in "... failed: FATAL:  28P01: password authentication failed"; npos where nothing does.
std::size_t codePosition(std::string_view line) {
    for (std::size_t at = line.find(':'); at != std::string_view::npos; at = line.find(':', at + 1)) {
        const std::size_t begin = line.find_first_not_of(' ', at + 1);
        const std::string_view code = begin == std::string_view::npos ? "" : line.substr(begin, codeLength);
        // The severity has the same length and no digit.
        if (begin > at + 1 && code.size() == codeLength && line.substr(begin + codeLength, 2) == ": " &&
            code.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos &&
            code.find_first_of("0123456789") != std::string_view::npos) {
            return begin;
        }
    }
    return std::string_view::npos;
}

// "LOCATION:  auth_failed, auth.c:338", whatever the first word is in the user's language.
bool isSourceLocation(std::string_view line) {
    const std::size_t colon = line.rfind(':');
    const std::size_t dot = line.rfind('.', colon);
    return colon != std::string_view::npos && dot != std::string_view::npos && colon == dot + 2 &&
           colon + 1 < line.size() && line.find_first_not_of("0123456789", colon + 1) == std::string_view::npos &&
           line.find(", ") != std::string_view::npos;
}

[[noreturn]] void refuse(const Connection::State& state) {
    Failure failure;
    failure.kind = ErrorKind::Connect;
    failure.diagnostics = parseConnectMessage(trimmed(PQerrorMessage(state.conn)));
    if (failure.diagnostics.message.empty()) {
        failure.diagnostics.message = "no connection could be made";
    }
    if (failure.diagnostics.sqlState.starts_with("28") || PQconnectionNeedsPassword(state.conn) != 0) {
        failure.kind = ErrorKind::Authentication;
    }
    throw Error(std::move(failure));
}

} // namespace

Diagnostics parseConnectMessage(std::string_view verbose) {
    Diagnostics diagnostics;
    while (!verbose.empty()) {
        const std::string_view line = verbose.substr(0, verbose.find('\n'));
        verbose.remove_prefix(std::min(line.size() + 1, verbose.size()));
        if (isSourceLocation(line)) {
            continue;
        }
        std::string text(line);
        // With several hosts each has its line; the last code is of what ended the attempt.
        if (const auto at = codePosition(line); at != std::string_view::npos) {
            diagnostics.sqlState = line.substr(at, codeLength);
            diagnostics.severity = "FATAL";
            text.erase(at, codeLength + 2);
        }
        diagnostics.message += diagnostics.message.empty() ? "" : "\n";
        diagnostics.message += text;
    }
    return diagnostics;
}

void connect(Connection::State& state, const ConnectionInfo& info) {
    const auto patience = patienceOf(info, state.options);
    const Deadline deadline = after(patience);
    const auto parameters = parametersOf(info);
    std::vector<const char*> keys;
    std::vector<const char*> values;
    for (const auto& [key, value] : parameters) {
        keys.push_back(key.c_str());
        values.push_back(value.c_str());
    }
    keys.push_back(nullptr);
    values.push_back(nullptr);

    Interrupt::State* interrupt = state.interrupt();
    if (interrupt != nullptr && interrupt->raised) {
        throw Error::of(ErrorKind::Cancelled, "interrupted while connecting");
    }
    state.conn = PQconnectStartParams(keys.data(), values.data(), 0);
    if (state.conn == nullptr) {
        throw Error::of(ErrorKind::Connect, "out of memory");
    }
    PQsetNoticeReceiver(state.conn, receiveNotice, &state);
    // The only way to learn the SQLSTATE of a refusal: libpq keeps no result of it.
    PQsetErrorVerbosity(state.conn, PQERRORS_VERBOSE);

    auto status = state.isBad() ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (status != PGRES_POLLING_OK && status != PGRES_POLLING_FAILED) {
        const bool tls = PQsslInUse(state.conn) != 0;
        const Deadline until = tls ? std::min(deadline, Clock::now() + tlsWatchdog) : deadline;
        // The socket is asked for anew each time: libpq replaces it while it goes through hosts and addresses.
        const Waited waited = wait(PQsocket(state.conn),
                                   status == PGRES_POLLING_READING ? WaitFor::Read : WaitFor::Write, interrupt, until);
        if (waited.interrupted) {
            throw Error::of(ErrorKind::Cancelled, "interrupted while connecting");
        }
        if (waited.ready || tls) {
            status = PQconnectPoll(state.conn);
        }
        if (status != PGRES_POLLING_OK && status != PGRES_POLLING_FAILED && Clock::now() >= deadline) {
            throw Error::of(ErrorKind::Timeout, "no connection within " + std::to_string(patience.count()) + " ms");
        }
    }
    if (status == PGRES_POLLING_FAILED) {
        refuse(state);
    }
    PQsetErrorVerbosity(state.conn, PQERRORS_DEFAULT);
    if (PQsetnonblocking(state.conn, 1) != 0) {
        refuse(state);
    }
    state.lastFatal.reset(); // of a host that was passed over
    state.cancel = std::make_shared<Canceller::State>(state.conn);
    const auto text = [](const char* value) { return value != nullptr ? std::string(value) : std::string(); };
    state.facts.backendPid = PQbackendPID(state.conn);
    state.facts.serverVersion = PQserverVersion(state.conn);
    state.facts.tls = PQsslInUse(state.conn) != 0;
    state.facts.usedPassword = PQconnectionUsedPassword(state.conn) != 0;
    state.facts.host = text(PQhost(state.conn));
    state.facts.port = text(PQport(state.conn));
    state.facts.database = text(PQdb(state.conn));
    state.facts.user = text(PQuser(state.conn));
}

} // namespace pg
