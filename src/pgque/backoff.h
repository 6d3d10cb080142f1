// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace pgque {

/// Growing pauses after failures: doubled each time up to a limit, and shortened by chance by up to a half, so that
/// many workers do not come back at one moment. One thread at a time.
class BackOff {
public:
    struct Options {
        std::chrono::milliseconds first{100};
        std::chrono::milliseconds longest{30'000};
    };

    explicit BackOff(Options options)
        : m_options(options)
        , m_next(options.first) {}

    /// The pause to make now.
    std::chrono::milliseconds next() {
        const auto whole = std::min(m_next, m_options.longest);
        m_next = std::min(m_next * 2, m_options.longest);
        std::uniform_int_distribution<std::chrono::milliseconds::rep> part(whole.count() / 2, whole.count());
        return std::chrono::milliseconds(part(m_random));
    }

    /// After something worked.
    void reset() { m_next = m_options.first; }

private:
    Options m_options;
    std::chrono::milliseconds m_next;
    std::minstd_rand m_random{std::random_device{}()};
};

} // namespace pgque
