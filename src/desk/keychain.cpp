// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/keychain.h"

#include <QPromise>
#include <qt6keychain/keychain.h>

#include <memory>

namespace desk::keychain {

namespace {

const QString service = QStringLiteral("batchscope");

/// Starts a job, which deletes itself when it is done, and turns its end into the future's value.
QFuture<KeychainReply> run(QKeychain::Job* job, const QString& profile) {
    job->setKey(profile);
    auto promise = std::make_shared<QPromise<KeychainReply>>();
    promise->start();
    QObject::connect(job, &QKeychain::Job::finished, job, [promise](QKeychain::Job* done) {
        KeychainReply reply;
        reply.found = done->error() == QKeychain::NoError;
        if (const auto* reading = qobject_cast<QKeychain::ReadPasswordJob*>(done); reading && reply.found)
            reply.password = reading->textData();
        if (!reply.found && done->error() != QKeychain::EntryNotFound)
            reply.problem = done->errorString();
        promise->addResult(std::move(reply));
        promise->finish();
    });
    job->start();
    return promise->future();
}

} // namespace

QFuture<KeychainReply> read(const QString& profile) {
    return run(new QKeychain::ReadPasswordJob(service), profile);
}

QFuture<KeychainReply> write(const QString& profile, const QString& password) {
    auto* job = new QKeychain::WritePasswordJob(service);
    job->setTextData(password);
    return run(job, profile);
}

QFuture<KeychainReply> remove(const QString& profile) {
    return run(new QKeychain::DeletePasswordJob(service), profile);
}

} // namespace desk::keychain
