// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/series.h"

#include <QByteArray>

#include <array>
#include <optional>
#include <vector>

namespace store {

/// How finely a stretch of a recording is kept. It gets coarser as it ages.
struct Tier {
    pg::Interval step;  ///< what one bucket stands for; 0: one sample
    pg::Interval block; ///< what one row of the file holds
};

inline constexpr std::array<Tier, 4> tiers{{{pg::Interval(0), std::chrono::minutes(1)},
                                            {std::chrono::seconds(10), std::chrono::minutes(10)},
                                            {std::chrono::minutes(1), std::chrono::hours(1)},
                                            {std::chrono::minutes(10), std::chrono::hours(12)}}};

/// What one queue's quantities were in one step. Not for use outside this room.
struct Bucket {
    struct Value {
        std::int64_t least = 0;
        std::int64_t mean = 0;
        std::int64_t most = 0;

        bool operator==(const Value&) const = default;
    };

    std::int64_t at = 0; ///< microseconds after the block's beginning
    bool afterGap = false;
    bool rebuilt = false;
    std::array<std::optional<Value>, domain::quantities> values;

    bool operator==(const Bucket&) const = default;
};

using Block = std::vector<Bucket>; ///< oldest first

Bucket bucketOf(const domain::Figures& figures, std::int64_t at, bool afterGap);

QByteArray pack(const Block& block);
/// Empty for bytes that pack() did not write.
std::optional<Block> unpack(const QByteArray& bytes);

/// The same with one bucket a step, all of them within one block of that tier; `shift` is added to every bucket's
/// place first. What was observed stands before what was rebuilt.
Block coarser(const Block& block, pg::Interval step, std::int64_t shift);

/// Both in one, the observed before the rebuilt where they have the same place, the second before the first.
Block merged(const Block& one, const Block& other);

} // namespace store
