// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/bytes.h"

#include <QByteArray>
#include <QStringList>

namespace store {

/// How the file is laid out; counts up with what an older version could not read.
inline constexpr int recordingFormat = 1;

inline constexpr std::int64_t domainFarthest = domain::bytes::farthest;

QStringList recordingSchema();

/// A moment out of a file, whatever stands there.
pg::Timestamp fromMicros(std::int64_t value);

/// Whether what these packed bytes say they become is of a size that can be.
bool mayUnpack(const QByteArray& bytes);

} // namespace store
