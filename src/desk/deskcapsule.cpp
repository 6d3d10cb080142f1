// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/deskprivate.h"
#include "link/whendone.h"

#include <QCoreApplication>
#include <QCryptographicHash>

// A part of a server's past that goes to another machine, and a desk that has nothing but such a part.
namespace desk {

namespace {

using namespace Qt::StringLiterals;

constexpr int mostJournal = 10'000;

std::string schemaOrigin(domain::SchemaOrigin origin) {
    switch (origin) {
    case domain::SchemaOrigin::Ours:
        return "as shipped";
    case domain::SchemaOrigin::OursDrifted:
        return "shipped, with functions that differ";
    case domain::SchemaOrigin::Foreign:
        return "compatible, installed by somebody else";
    case domain::SchemaOrigin::None:
        return "none";
    case domain::SchemaOrigin::Unknown:
        break;
    }
    return "unknown";
}

/// Two schemas with the same functions and columns have the same one.
std::string fingerprint(const domain::Capabilities& at) {
    QCryptographicHash hash(QCryptographicHash::Sha256);
    for (const auto* names : {&at.existingFunctions, &at.columns}) {
        for (const std::string& name : *names)
            hash.addData(QByteArray::fromStdString(name + '\n'));
    }
    return hash.result().toHex().toStdString();
}

std::map<std::string, std::string> factsOf(const domain::Capabilities& at) {
    return {{"server", (at.host.empty() ? "this machine" : at.host) + (at.port.empty() ? "" : ':' + at.port)},
            {"server version", at.serverVersionText},
            {"database", at.database},
            {"role", at.user},
            {"schema version", at.schemaVersion},
            {"schema", schemaOrigin(at.origin)},
            {"schema fingerprint", fingerprint(at)},
            {"standby", at.inRecovery ? "yes" : "no"},
            {"program version", QCoreApplication::applicationVersion().toStdString()},
            {"exported at", QDateTime::currentDateTimeUtc().toString(Qt::ISODate).toStdString()}};
}

/// What was done here in that time; without the SQL, which can carry what was sent.
QList<store::JournalRecord> partOf(const QList<store::JournalRecord>& records, const QString& where,
                                   const CapsuleOptions& options) {
    const auto moment = [](pg::Timestamp at) {
        return QDateTime::fromMSecsSinceEpoch(at.time_since_epoch().count() / 1'000, Qt::UTC);
    };
    QList<store::JournalRecord> part;
    for (store::JournalRecord record : records) {
        if (record.where != where || record.at < moment(options.from) || record.at > moment(options.to))
            continue;
        record.sql = u"left out"_s;
        record.undo = u""_s; // a null text would be stored as NULL
        part += record;
    }
    return part;
}

} // namespace

QFuture<store::Answer<std::int64_t>> Desk::exportCapsule(const CapsuleOptions& options) {
    auto promise = std::make_shared<QPromise<store::Answer<std::int64_t>>>();
    promise->start();
    const auto end = [promise](store::Answer<std::int64_t> answer) {
        promise->addResult(std::move(answer));
        promise->finish();
    };
    const auto recording = d->recorder.recording();
    const domain::SnapshotPtr shown = snapshot();
    if (!recording || !shown) {
        end(store::Failure{store::Failure::Kind::Other, u"Nothing is recorded of this server."_s});
        return promise->future();
    }
    store::Cut cut{options.path, options.from, options.to, factsOf(shown->capabilities), {}};
    for (const auto& [name, value] : options.settings)
        cut.facts.emplace("setting: " + name, value);
    const auto write = [this, recording, end](const store::Cut& part) {
        links::whenDone(recording->cutOut(part), this, end);
    };
    if (!options.withJournal || !d->journal) {
        write(cut);
        return promise->future();
    }
    store::JournalQuery all;
    all.limit = mostJournal;
    links::whenDone(d->journal->page(all), this, [this, cut, options, write](const store::JournalPage& page) mutable {
        cut.journal = partOf(page.records, d->recordOf({}).where, options);
        write(cut);
    });
    return promise->future();
}

void Desk::openCapsule(const QString& path) {
    d->close();
    d->capsule = true;
    d->refusal.reset();
    d->recorder.readFrom(path);
    const auto refuse = [this](const QString& why) {
        d->refusal = pg::Failure();
        d->refusal->kind = pg::ErrorKind::Decode;
        d->refusal->diagnostics.message = why.toStdString();
        Q_EMIT linkStatusChanged();
    };
    links::whenDone(d->recorder.recording()->contents(), this,
                    [this, path, refuse](const store::Answer<store::CutContents>& answer) {
                        if (const auto* failure = std::get_if<store::Failure>(&answer)) {
                            refuse(failure->text);
                            return;
                        }
                        d->capsuleFacts = std::get<store::CutContents>(answer).facts;
                        store::Journal::Options journal{path};
                        journal.readOnly = true;
                        d->journal = std::make_shared<store::Journal>(journal);
                        links::whenDone(showInstant(pg::Timestamp::max()), this,
                                        [path, refuse](const store::Answer<bool>& shown) {
                                            if (const auto* failure = std::get_if<store::Failure>(&shown))
                                                refuse(failure->text);
                                            else if (!std::get<bool>(shown))
                                                refuse(u"%1 has no recorded instant in it."_s.arg(path));
                                        });
                    });
    Q_EMIT linkStatusChanged();
}

bool Desk::isCapsule() const {
    return d->capsule;
}

std::map<std::string, std::string> Desk::capsuleFacts() const {
    return d->capsuleFacts;
}

} // namespace desk
