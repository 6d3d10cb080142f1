// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace sandbox {

/// Makes payloads that look like a shop's. One thread at a time; the same seed gives the same sequence.
class Payloads {
public:
    explicit Payloads(std::uint64_t seed);

    std::string order();
    std::string product();
    std::string payment();
    std::string webhook();
    std::string auditEntry();
    std::string legacyRecord();

    /// Most can be delivered; see Address for those that can't.
    std::string email();

    enum class Address {
        Fine,
        Greylisted, ///< refused at first, accepted later
        Bouncing,   ///< never accepted
    };
    std::string email(Address address);

    /// What real queues hold beside well-formed JSON: nothing, NULL, broken text, right-to-left text, control
    /// characters, deep nesting, a long one. A different one each time; all of them in oddKinds calls.
    std::optional<std::string> odd();

    static constexpr int oddKinds = 8;

private:
    int below(int limit);
    std::string customer();

    template <std::size_t size>
    const char* oneOf(const char* const (&choices)[size]) {
        return choices[below(int(size))];
    }

    std::mt19937_64 m_random;
    std::int64_t m_orderId;
    int m_nextOdd = 0;
};

/// Whether a mail server would refuse this e-mail, and for good or for now.
Payloads::Address addressOf(const std::string& email);

} // namespace sandbox
