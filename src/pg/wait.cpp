// SPDX-License-Identifier: Apache-2.0
#include "pg/wait.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#endif

namespace pg {

namespace {

using namespace std::chrono_literals;

constexpr auto withoutWakeUp = 50ms; // how often the flag is looked at when nothing can wake the wait
constexpr auto longestSlice = std::chrono::milliseconds(1h);

#ifdef _WIN32
using Socket = SOCKET;
using PollEntry = WSAPOLLFD;

int pollAll(PollEntry* entries, std::size_t count, int milliseconds) {
    if (count == 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
        return 0;
    }
    return WSAPoll(entries, static_cast<ULONG>(count), milliseconds);
}

void closeEnd(std::intptr_t end) {
    closesocket(static_cast<Socket>(end));
}

// A pair of UDP sockets that only hear each other.
bool openEnds(std::intptr_t& readEnd, std::intptr_t& writeEnd) {
    WSADATA data;
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0) {
        return false;
    }
    const Socket reader = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    const Socket writer = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    const auto bound = [](Socket end, sockaddr_in& address) {
        int length = sizeof address;
        address = {};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        return bind(end, generic, length) == 0 && getsockname(end, generic, &length) == 0;
    };
    sockaddr_in readerAddress;
    sockaddr_in writerAddress;
    u_long nonBlocking = 1;
    const bool good = reader != INVALID_SOCKET && writer != INVALID_SOCKET && bound(reader, readerAddress) &&
                      bound(writer, writerAddress) &&
                      connect(writer, reinterpret_cast<sockaddr*>(&readerAddress), sizeof readerAddress) == 0 &&
                      connect(reader, reinterpret_cast<sockaddr*>(&writerAddress), sizeof writerAddress) == 0 &&
                      ioctlsocket(reader, FIONBIO, &nonBlocking) == 0;
    if (!good) {
        for (const Socket end : {reader, writer}) {
            if (end != INVALID_SOCKET) {
                closesocket(end);
            }
        }
        WSACleanup();
        return false;
    }
    readEnd = static_cast<std::intptr_t>(reader);
    writeEnd = static_cast<std::intptr_t>(writer);
    return true;
}

void closeEnds(std::intptr_t readEnd, std::intptr_t writeEnd) {
    closeEnd(readEnd);
    closeEnd(writeEnd);
    WSACleanup();
}

void sendByte(std::intptr_t end) {
    send(static_cast<Socket>(end), "!", 1, 0);
}

void drain(std::intptr_t end) {
    std::array<char, 16> buffer{};
    while (recv(static_cast<Socket>(end), buffer.data(), static_cast<int>(buffer.size()), 0) > 0) {
    }
}
#else
using Socket = int;
using PollEntry = pollfd;

int pollAll(PollEntry* entries, std::size_t count, int milliseconds) {
    return poll(entries, static_cast<nfds_t>(count), milliseconds);
}

bool openEnds(std::intptr_t& readEnd, std::intptr_t& writeEnd) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) {
        return false;
    }
    for (const int end : ends) {
        fcntl(end, F_SETFD, FD_CLOEXEC);
        fcntl(end, F_SETFL, O_NONBLOCK);
    }
    readEnd = ends[0];
    writeEnd = ends[1];
    return true;
}

void closeEnds(std::intptr_t readEnd, std::intptr_t writeEnd) {
    close(static_cast<int>(readEnd));
    close(static_cast<int>(writeEnd));
}

void sendByte(std::intptr_t end) {
    // A full pipe wakes as well as one more byte would.
    [[maybe_unused]] const auto written = write(static_cast<int>(end), "!", 1);
}

void drain(std::intptr_t end) {
    std::array<char, 16> buffer{};
    while (read(static_cast<int>(end), buffer.data(), buffer.size()) > 0) {
    }
}
#endif

// Rounded up, so that a wait never ends just before its deadline and spins.
int millisecondsUntil(Deadline deadline, std::chrono::milliseconds most) {
    const auto now = Clock::now();
    if (deadline <= now) {
        return 0;
    }
    return static_cast<int>(std::min(std::chrono::ceil<std::chrono::milliseconds>(deadline - now), most).count());
}

} // namespace

Interrupt::State::State() noexcept {
    if (!openEnds(readEnd, writeEnd)) {
        readEnd = writeEnd = -1;
    }
}

Interrupt::State::~State() {
    if (readEnd != -1) {
        closeEnds(readEnd, writeEnd);
    }
}

void Interrupt::State::raise() noexcept {
    const std::lock_guard lock(mutex);
    if (!raised.exchange(true) && writeEnd != -1) {
        sendByte(writeEnd);
    }
}

void Interrupt::State::abort() noexcept {
    aborted = true;
    raise();
}

void Interrupt::State::reset() noexcept {
    const std::lock_guard lock(mutex);
    aborted = false;
    if (raised.exchange(false) && readEnd != -1) {
        drain(readEnd);
    }
}

Waited wait(int socket, WaitFor what, Interrupt::State* interrupt, Deadline deadline) noexcept {
    Waited waited;
    if (interrupt != nullptr && interrupt->raised) {
        waited.interrupted = true;
        deadline = Clock::now();
    }
    std::array<PollEntry, 2> entries{};
    std::size_t count = 0;
    short events = 0;
    if (what != WaitFor::Write) {
        events = static_cast<short>(events | POLLIN);
    }
    if (what != WaitFor::Read) {
        events = static_cast<short>(events | POLLOUT);
    }
    entries[count].fd = static_cast<Socket>(socket);
    entries[count++].events = events;
    auto slice = longestSlice;
    if (interrupt != nullptr && !waited.interrupted) {
        if (interrupt->readEnd != -1) {
            entries[count].fd = static_cast<Socket>(interrupt->readEnd);
            entries[count++].events = POLLIN;
        } else {
            slice = withoutWakeUp;
        }
    }
    if (pollAll(entries.data(), count, millisecondsUntil(deadline, slice)) > 0) {
        waited.ready = entries[0].revents != 0;
    }
    waited.interrupted = interrupt != nullptr && interrupt->raised;
    return waited;
}

Interrupt::Interrupt()
    : m_state(std::make_unique<State>()) {}

Interrupt::~Interrupt() = default;

void Interrupt::raise() noexcept {
    m_state->raise();
}

void Interrupt::abort() noexcept {
    m_state->abort();
}

void Interrupt::reset() noexcept {
    m_state->reset();
}

bool Interrupt::raised() const noexcept {
    return m_state->raised;
}

} // namespace pg
