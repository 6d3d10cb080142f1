// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/noqueue.h"

#include "ui/words.h"

#include <QCoreApplication>

namespace ui {

namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(NoQueue)
};

} // namespace

NoQueue whyNoQueue(const domain::Snapshot& snapshot, const QString& hint) {
    for (const domain::PartError& error : snapshot.errors) {
        if (error.failure.diagnostics.sqlState == "42501")
            return {Words::tr("This role may not see the queues"), words::failure(error.failure), models::Tone::Warning};
    }
    return {Words::tr("There is no queue yet"), hint};
}

} // namespace ui
