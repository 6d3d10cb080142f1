// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "store/recording.h"

#include <optional>

/// Of the store's own thread; what needs the caller's event loop can't be waited for like this.
template <class T>
T result(QFuture<T> future) {
    future.waitForFinished();
    return future.result();
}

/// The answer itself; a failure ends the program.
template <class T>
T get(QFuture<store::Answer<T>> future) {
    const auto answer = result(std::move(future));
    if (const auto* failure = std::get_if<store::Failure>(&answer))
        qFatal("%s", qPrintable(failure->text));
    return std::get<T>(answer);
}
