// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Marks what the client library offers; everything else stays inside it (built with hidden visibility).
/// On Windows the linker exports by itself, so nothing is marked.
#if defined(__GNUC__) && !defined(_WIN32)
#define PGQUE_EXPORT __attribute__((visibility("default")))
#else
#define PGQUE_EXPORT
#endif
