// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/error.h"

#include <QString>

#include <utility>

namespace support {

/// The failure a piece of code throws; kind Usage with the message "nothing was thrown" when it throws none.
template <class F>
pg::Failure failureOf(F&& code) {
    try {
        std::forward<F>(code)();
    } catch (const pg::Error& error) {
        return error.failure();
    }
    return pg::Error::of(pg::ErrorKind::Usage, "nothing was thrown").failure();
}

inline QString qt(const std::string& text) {
    return QString::fromStdString(text);
}

} // namespace support
