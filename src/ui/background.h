// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "link/whendone.h"

#include <QPromise>
#include <QThreadPool>

#include <memory>
#include <type_traits>
#include <utility>

namespace ui {

/// Runs work() on a thread of the pool, then done(its result) in the context's thread; not at all when the context has
/// gone by then. What work() touches must be its own.
template <class Work, class Done>
void inBackground(QObject* context, Work work, Done done) {
    using Result = std::invoke_result_t<Work>;
    auto promise = std::make_shared<QPromise<Result>>();
    promise->start();
    links::whenDone(promise->future(), context, std::move(done));
    QThreadPool::globalInstance()->start([promise, work = std::move(work)]() mutable {
        promise->addResult(work());
        promise->finish();
    });
}

} // namespace ui
