// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFuture>
#include <QFutureWatcher>
#include <QObject>

#include <utility>

namespace links {

/// Calls f(result) in the context's thread once the future has its result; not at all when the context has gone by
/// then or the future was cancelled. To be used instead of QFuture::then(context, f), which up to Qt 6.5 looks at the
/// context from the thread that brings the result, and asserts that it is still there.
/// Call it in the context's thread.
template <class T, class F>
void whenDone(const QFuture<T>& future, QObject* context, F f) {
    auto* watcher = new QFutureWatcher<T>(context);
    QObject::connect(watcher, &QFutureWatcherBase::finished, context, [watcher, f = std::move(f)]() mutable {
        const QFuture<T> done = watcher->future();
        watcher->deleteLater();
        if (done.resultCount() > 0) {
            f(done.result());
        }
    });
    watcher->setFuture(future);
}

} // namespace links
