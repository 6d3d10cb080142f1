// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace domain {

/// What was sent, as it is stored: each text whole or only its beginning, with the whole's size beside it. NULL and the
/// empty text are told apart.
struct Message {
    std::optional<std::int64_t> txid; ///< of the transaction that inserted it; empty: not stored
    std::optional<std::string> type;
    std::optional<std::string> data;
    std::int64_t dataBytes = 0; ///< of the whole payload
    std::array<std::optional<std::string>, 4> extras;
    std::array<std::int64_t, 4> extraBytes{};

    bool dataIsCut() const { return isBeginning(data, dataBytes); }

    bool extraIsCut(std::size_t at) const { return isBeginning(extras.at(at), extraBytes.at(at)); }

    /// Something of it is not here.
    bool isCut() const { return dataIsCut() || extraIsCut(0) || extraIsCut(1) || extraIsCut(2) || extraIsCut(3); }

    /// Of its largest text.
    std::int64_t mostBytes() const { return std::max(dataBytes, *std::max_element(extraBytes.begin(), extraBytes.end())); }

    bool operator==(const Message&) const = default;

private:
    static bool isBeginning(const std::optional<std::string>& text, std::int64_t bytes) {
        return text && static_cast<std::int64_t>(text->size()) < bytes;
    }
};

} // namespace domain
