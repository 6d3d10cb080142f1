// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace support {

/// A bad network: a TCP proxy on a loopback port, with a thread of its own. Faults hold for the connections there are
/// and for those to come, until pass().
class FaultProxy {
public:
    enum class AtLimit { Close, Blackhole };

    FaultProxy(const std::string& host, const std::string& port);
    ~FaultProxy();
    FaultProxy(const FaultProxy&) = delete;
    FaultProxy& operator=(const FaultProxy&) = delete;

    std::string port() const;

    void pass();           ///< forward everything, what was held back included
    void blackhole();      ///< take and forward nothing; connections stay up
    void oneByteAtATime(); ///< every byte in a segment of its own
    void delay(std::chrono::milliseconds time);

    /// From now on let so many bytes through in this direction, over all connections, then act on all connections.
    void limitToServer(std::size_t bytes, AtLimit what);
    void limitToClient(std::size_t bytes, AtLimit what);

    /// Pretends: replaces these bytes in what the server says with as many others, where they come in one piece.
    void rewriteToClient(std::string from, std::string to);

    void closeAll(); ///< cut all connections, both ends

    /// Forwarded so far.
    std::size_t bytesToServer() const;
    std::size_t bytesToClient() const;

private:
    class Loop;
    std::unique_ptr<Loop> m_loop;
};

} // namespace support
