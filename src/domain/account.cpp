// SPDX-License-Identifier: GPL-3.0-or-later
#include "domain/account.h"

#include <algorithm>

namespace domain {

namespace {

constexpr std::chrono::seconds recent{60};

} // namespace

Spent Spending::all() const {
    Spent sum;
    for (const Spent& one : of) {
        sum.total += one.total;
        sum.lastMinute += one.lastMinute;
    }
    return sum;
}

std::chrono::microseconds Spending::longestLook() const {
    std::chrono::microseconds longest{0};
    for (std::size_t at = 0; at < of.size(); ++at) {
        if (Purpose(at) != Purpose::Act && Purpose(at) != Purpose::Listen)
            longest = std::max(longest, of[at].total.longest);
    }
    return longest;
}

std::chrono::microseconds Spending::minute() const {
    return std::min<std::chrono::microseconds>(since, recent);
}

void Account::add(Purpose purpose, const pg::Traffic& traffic, pg::Clock::time_point now) {
    if (traffic == pg::Traffic())
        return;
    const std::lock_guard lock(m_mutex);
    m_total[std::size_t(purpose)] += traffic;
    const auto second = std::chrono::floor<std::chrono::seconds>(now - m_since);
    // The threads of two sessions may come a moment out of order.
    if (m_recent.empty() || m_recent.back().at < second)
        m_recent.push_back({second, {}});
    m_recent.back().of[std::size_t(purpose)] += traffic;
    while (m_recent.front().at <= second - recent)
        m_recent.pop_front();
}

Spending Account::spending(pg::Clock::time_point now) const {
    const std::lock_guard lock(m_mutex);
    Spending spending;
    spending.since = std::chrono::duration_cast<std::chrono::microseconds>(now - m_since);
    for (std::size_t at = 0; at < purposes; ++at)
        spending.of[at].total = m_total[at];
    const auto second = std::chrono::floor<std::chrono::seconds>(now - m_since);
    for (const Second& one : m_recent) {
        if (one.at <= second - recent)
            continue;
        for (std::size_t at = 0; at < purposes; ++at)
            spending.of[at].lastMinute += one.of[at];
    }
    return spending;
}

} // namespace domain
