// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/journal.h"

#include "store/database.h"

#include <QPromise>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QThread>

namespace store {

namespace {

using namespace Qt::StringLiterals;

constexpr unsigned long quitTimeMs = 1'000;

} // namespace

/// A thread with the file's connection on it, which may not leave the thread that made it.
class Journal::Thread {
public:
    explicit Thread(Journal::Options options)
        : m_worker(new QObject)
        , m_database(std::make_shared<std::unique_ptr<Database>>()) {
        m_thread = new QThread;
        m_thread->setObjectName(u"journal"_s);
        m_worker->moveToThread(m_thread);
        QObject::connect(m_thread, &QThread::finished, m_worker, &QObject::deleteLater);
        m_thread->start();
        QMetaObject::invokeMethod(m_worker, [database = m_database, options = std::move(options)]() mutable {
            *database = std::make_unique<Database>(std::move(options));
        });
    }

    ~Thread() {
        QMetaObject::invokeMethod(m_worker, [database = m_database, thread = m_thread] {
            database->reset();
            thread->quit();
        });
        if (m_thread->wait(quitTimeMs))
            delete m_thread;
    }

    Thread(const Thread&) = delete;
    Thread& operator=(const Thread&) = delete;

    template <class Answer>
    QFuture<Answer> ask(std::function<Answer(Database&)> question) {
        auto promise = std::make_shared<QPromise<Answer>>();
        QFuture<Answer> future = promise->future();
        promise->start();
        QMetaObject::invokeMethod(m_worker, [promise, database = m_database, question = std::move(question)] {
            promise->addResult(question(**database));
            promise->finish();
        });
        return future;
    }

private:
    QThread* m_thread = nullptr; // left behind when it does not end in time
    QObject* m_worker;
    std::shared_ptr<std::unique_ptr<Database>> m_database;
};

QString Journal::defaultPath() {
    return QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation) + "/journal.sqlite"_L1;
}

Journal::Journal(Options options)
    : m_thread(std::make_unique<Thread>(std::move(options))) {}

Journal::~Journal() = default;

QFuture<std::optional<Failure>> Journal::append(JournalRecord record) {
    return m_thread->ask<std::optional<Failure>>(
        [record = std::move(record)](Database& database) { return database.append(record); });
}

QFuture<JournalPage> Journal::page(JournalQuery query) {
    return m_thread->ask<JournalPage>([query = std::move(query)](Database& database) { return database.page(query); });
}

QFuture<JournalPage> Journal::unsettled() {
    return m_thread->ask<JournalPage>([](Database& database) { return database.unsettled(); });
}

QFuture<Verification> Journal::verify() {
    return m_thread->ask<Verification>([](Database& database) { return database.verify(); });
}

QString maskSecrets(const QString& text) {
    static const QRegularExpression uri(u"(\\w+://[^\\s:/@]*):[^\\s/]*@"_s);
    // password=x, sslpassword = 'x y', "password": "x", alter role r password 'x', pgpassword=x
    static const QRegularExpression word(
        u"(\\b\\w*(?:password|passwd|passphrase|secret)\\b[\"']?\\s*[=:]?\\s*)('(?:[^'\\\\]|\\\\.|'')*'|\"(?:[^\"\\\\]|\\\\.)*\"|(?<=[=:]|[=:]\\s)[^\\s'\",;&]+)"_s,
        QRegularExpression::CaseInsensitiveOption);
    QString masked = text;
    masked.replace(uri, u"\\1:***@"_s);
    masked.replace(word, u"\\1***"_s);
    return masked;
}

} // namespace store
