// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/journal.h"

#include "store/database.h"
#include "store/filethread.h"

#include <QStandardPaths>

namespace store {

using namespace Qt::StringLiterals;

QString Journal::defaultPath() {
    return QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation) + "/journal.sqlite"_L1;
}

Journal::Journal(Options options)
    : m_thread(std::make_unique<FileThread<Database>>(u"journal"_s, std::move(options))) {}

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

} // namespace store
