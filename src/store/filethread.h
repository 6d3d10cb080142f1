// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFuture>
#include <QObject>
#include <QPromise>
#include <QThread>

#include <functional>
#include <memory>

namespace store {

/// A thread with a file's connection on it, which may not leave the thread that made it. On destruction it does what
/// was asked, for a second at most: a disk that hangs is left behind. Not for use outside this room.
template <class File>
class FileThread {
public:
    template <class Options>
    FileThread(const QString& name, Options options)
        : m_worker(new QObject)
        , m_file(std::make_shared<std::unique_ptr<File>>()) {
        m_thread = new QThread;
        m_thread->setObjectName(name);
        m_worker->moveToThread(m_thread);
        QObject::connect(m_thread, &QThread::finished, m_worker, &QObject::deleteLater);
        m_thread->start();
        QMetaObject::invokeMethod(m_worker, [file = m_file, options = std::move(options)]() mutable {
            *file = std::make_unique<File>(std::move(options));
        });
    }

    ~FileThread() {
        QMetaObject::invokeMethod(m_worker, [file = m_file, thread = m_thread] {
            file->reset();
            thread->quit();
        });
        if (m_thread->wait(quitTimeMs))
            delete m_thread;
    }

    FileThread(const FileThread&) = delete;
    FileThread& operator=(const FileThread&) = delete;

    template <class Answer>
    QFuture<Answer> ask(std::function<Answer(File&)> question) {
        auto promise = std::make_shared<QPromise<Answer>>();
        QFuture<Answer> future = promise->future();
        promise->start();
        QMetaObject::invokeMethod(m_worker, [promise, file = m_file, question = std::move(question)] {
            promise->addResult(question(**file));
            promise->finish();
        });
        return future;
    }

private:
    static constexpr unsigned long quitTimeMs = 1'000;

    QThread* m_thread = nullptr; // left behind when it does not end in time
    QObject* m_worker;
    std::shared_ptr<std::unique_ptr<File>> m_file;
};

} // namespace store
