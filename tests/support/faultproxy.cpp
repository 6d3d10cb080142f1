// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/faultproxy.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <deque>
#include <list>
#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace support {

namespace {

using Clock = std::chrono::steady_clock;

struct Chunk {
    Clock::time_point due;
    std::vector<char> bytes;
};

// One direction of one connection.
struct Stream {
    int from = -1;
    int to = -1;
    std::deque<Chunk> held;
    bool ended = false; // nothing more will be read
};

struct Pair {
    int client = -1;
    int server = -1;
    Stream up;
    Stream down;
    bool broken = false;
};

struct Limit {
    std::size_t left = 0;
    FaultProxy::AtLimit what = FaultProxy::AtLimit::Close;
};

void check(bool good, const char* what) {
    if (!good) {
        throw std::runtime_error(std::string("fault proxy: ") + what);
    }
}

} // namespace

class FaultProxy::Loop {
public:
    Loop(const std::string& host, const std::string& port) {
        m_target.sin_family = AF_INET;
        m_target.sin_port = htons(static_cast<std::uint16_t>(std::stoi(port)));
        check(inet_pton(AF_INET, host.c_str(), &m_target.sin_addr) == 1, "the target must be an IPv4 address");
        m_listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        check(bind(m_listener, generic, length) == 0 && listen(m_listener, 64) == 0 &&
                  getsockname(m_listener, generic, &length) == 0,
              "cannot listen");
        m_port = ntohs(address.sin_port);
        check(pipe(m_wake.data()) == 0, "no pipe");
        m_thread = std::thread([this] { run(); });
    }

    ~Loop() {
        m_stop = true;
        wake();
        m_thread.join();
        for (Pair& pair : m_pairs) {
            close(pair.client);
            close(pair.server);
        }
        close(m_listener);
        close(m_wake[0]);
        close(m_wake[1]);
    }

    template <class F>
    void change(F edit) {
        {
            const std::lock_guard lock(m_mutex);
            edit(*this);
        }
        wake();
    }

    void reset() {
        blackhole = oneByte = false;
        delay = {};
        upLimit.reset();
        downLimit.reset();
    }

    int port() const { return m_port; }

    bool blackhole = false;
    bool oneByte = false;
    bool cutAll = false;
    std::chrono::milliseconds delay{0};
    std::pair<std::string, std::string> rewrite;
    std::optional<Limit> upLimit;
    std::optional<Limit> downLimit;
    std::atomic<std::size_t> upBytes = 0;
    std::atomic<std::size_t> downBytes = 0;

private:
    void wake() const { [[maybe_unused]] const auto written = write(m_wake[1], "!", 1); }

    void run() {
        while (!m_stop) {
            std::vector<pollfd> entries;
            int timeout = -1;
            {
                const std::lock_guard lock(m_mutex);
                entries.push_back({m_wake[0], POLLIN, 0});
                entries.push_back({m_listener, POLLIN, 0});
                for (const Pair& pair : m_pairs) {
                    if (!blackhole) {
                        for (const Stream* stream : {&pair.up, &pair.down}) {
                            entries.push_back({stream->ended ? -1 : stream->from, POLLIN, 0});
                        }
                    }
                    for (const Stream* stream : {&pair.up, &pair.down}) {
                        if (!stream->held.empty() && !blackhole) {
                            const auto wait =
                                std::chrono::ceil<std::chrono::milliseconds>(stream->held.front().due - Clock::now());
                            const int needed = std::max(0, static_cast<int>(wait.count()));
                            timeout = timeout < 0 ? needed : std::min(timeout, needed);
                        }
                    }
                }
            }
            poll(entries.data(), entries.size(), timeout);
            std::array<char, 64> drained{};
            if ((entries[0].revents & POLLIN) != 0) {
                [[maybe_unused]] const auto count = read(m_wake[0], drained.data(), drained.size());
            }
            const std::lock_guard lock(m_mutex);
            if ((entries[1].revents & POLLIN) != 0) {
                accept();
            }
            for (Pair& pair : m_pairs) {
                if (!blackhole) {
                    take(pair.up);
                    take(pair.down);
                    deliver(pair, pair.up, upLimit, upBytes);
                    deliver(pair, pair.down, downLimit, downBytes);
                }
            }
            const bool all = std::exchange(cutAll, false);
            m_pairs.remove_if([all](const Pair& pair) {
                const bool done = all || pair.broken;
                if (done) {
                    close(pair.client);
                    close(pair.server);
                }
                return done;
            });
        }
    }

    void accept() {
        Pair pair;
        pair.client = ::accept(m_listener, nullptr, nullptr);
        pair.server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (pair.client < 0 || pair.server < 0 ||
            connect(pair.server, reinterpret_cast<const sockaddr*>(&m_target), sizeof m_target) != 0) {
            close(pair.client);
            close(pair.server);
            return;
        }
        for (const int end : {pair.client, pair.server}) {
            const int on = 1;
            setsockopt(end, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        }
        pair.up = {pair.client, pair.server, {}, false};
        pair.down = {pair.server, pair.client, {}, false};
        m_pairs.push_back(std::move(pair));
    }

    void take(Stream& stream) const {
        constexpr std::size_t mostHeld = 64;
        std::array<char, 65'536> buffer; // NOLINT(cppcoreguidelines-pro-type-member-init): filled by recv
        while (!stream.ended && stream.held.size() < mostHeld) {
            const auto count = recv(stream.from, buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
                return;
            }
            if (count <= 0) {
                stream.ended = true;
                return;
            }
            if (!rewrite.first.empty()) {
                const auto end = buffer.begin() + count;
                const auto at = std::search(buffer.begin(), end, rewrite.first.begin(), rewrite.first.end());
                if (at != end) {
                    std::copy(rewrite.second.begin(), rewrite.second.end(), at);
                }
            }
            stream.held.push_back({Clock::now() + delay, {buffer.begin(), buffer.begin() + count}});
        }
    }

    void deliver(Pair& pair, Stream& stream, std::optional<Limit>& limit, std::atomic<std::size_t>& count) {
        while (!stream.held.empty() && stream.held.front().due <= Clock::now()) {
            std::vector<char>& bytes = stream.held.front().bytes;
            std::size_t size = bytes.size();
            if (limit) {
                size = std::min(size, limit->left);
                limit->left -= size;
            }
            // Counted before it leaves, so that who has the answer also sees the count.
            count += size;
            if (!sendAll(stream.to, bytes.data(), size)) {
                pair.broken = true;
                return;
            }
            const bool reached = limit && size < bytes.size();
            bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
            if (reached) {
                (limit->what == AtLimit::Close ? cutAll : blackhole) = true;
                return;
            }
            stream.held.pop_front();
        }
        if (stream.ended && stream.held.empty()) {
            pair.broken = true;
        }
    }

    bool sendAll(int to, const char* bytes, std::size_t size) const {
        const std::size_t step = oneByte ? 1 : size;
        for (std::size_t at = 0; at < size;) {
            const auto sent = send(to, bytes + at, std::min(step, size - at), MSG_NOSIGNAL);
            if (sent <= 0) {
                return false;
            }
            at += static_cast<std::size_t>(sent);
        }
        return true;
    }

    std::mutex m_mutex;
    std::list<Pair> m_pairs;
    std::atomic<bool> m_stop = false;
    std::array<int, 2> m_wake{};
    int m_listener = -1;
    int m_port = 0;
    sockaddr_in m_target{};
    std::thread m_thread;
};

FaultProxy::FaultProxy(const std::string& host, const std::string& port)
    : m_loop(std::make_unique<Loop>(host, port)) {}

FaultProxy::~FaultProxy() = default;

std::string FaultProxy::port() const {
    return std::to_string(m_loop->port());
}

void FaultProxy::pass() {
    m_loop->change([](Loop& loop) { loop.reset(); });
}

void FaultProxy::blackhole() {
    m_loop->change([](Loop& loop) { loop.blackhole = true; });
}

void FaultProxy::oneByteAtATime() {
    m_loop->change([](Loop& loop) { loop.oneByte = true; });
}

void FaultProxy::delay(std::chrono::milliseconds time) {
    m_loop->change([time](Loop& loop) { loop.delay = time; });
}

void FaultProxy::limitToServer(std::size_t bytes, AtLimit what) {
    m_loop->change([=](Loop& loop) { loop.upLimit = Limit{bytes, what}; });
}

void FaultProxy::limitToClient(std::size_t bytes, AtLimit what) {
    m_loop->change([=](Loop& loop) { loop.downLimit = Limit{bytes, what}; });
}

void FaultProxy::rewriteToClient(std::string from, std::string to) {
    m_loop->change([&](Loop& loop) { loop.rewrite = {std::move(from), std::move(to)}; });
}

void FaultProxy::closeAll() {
    m_loop->change([](Loop& loop) { loop.cutAll = true; });
}

std::size_t FaultProxy::bytesToServer() const {
    return m_loop->upBytes;
}

std::size_t FaultProxy::bytesToClient() const {
    return m_loop->downBytes;
}

} // namespace support
