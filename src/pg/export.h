// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Marks what the client library offers; everything else stays inside it (built with hidden visibility).
/// On Windows the linker exports by itself, so nothing is marked.
#if defined(__GNUC__) && !defined(_WIN32)
#define PGQUE_EXPORT __attribute__((visibility("default")))
#define PGQUE_LOCAL __attribute__((visibility("hidden"))) ///< for the inner parts of what is offered
#else
#define PGQUE_EXPORT
#define PGQUE_LOCAL
#endif
