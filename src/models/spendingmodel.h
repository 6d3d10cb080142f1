// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/account.h"
#include "models/columnmakers.h"

namespace models {

/// What was asked for one purpose, or, last, for all.
struct SpendingLine {
    std::optional<domain::Purpose> purpose;
    domain::Spent spent;
    bool minutePassed = true; ///< before that, what the last minute had is no rate

    std::string key() const { return purpose ? std::to_string(int(*purpose)) : std::string("all"); }

    bool operator==(const SpendingLine&) const = default;
};

/// Purposes for which something was asked, then their sum.
std::vector<SpendingLine> spendingLines(const domain::Spending& spending);

std::vector<Column<SpendingLine>> spendingColumns();

/// "0.43 % in the last minute, 0.50 % in 14 m 02 s", with what was not measured.
QString serverShare(const domain::Spending& spending);

} // namespace models
