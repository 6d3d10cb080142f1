// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "desk/desk.h"
#include "models/column.h"
#include "operate/action.h"

#include <QString>
#include <QTimeZone>

namespace ui {
class Notice;
}

namespace ui::words {

/// "Production", "Staging", "Local", "Sandbox", "Unlabelled".
QString environment(desk::Environment environment);
models::Tone environmentTone(desk::Environment environment);

/// "orders", "billing on orders", "billing.worker-3 on orders", "batch 8123 of billing.worker-3 on orders".
QString subject(const domain::ActionRequest& request);
/// The name that must be typed before something is destroyed: the most specific one.
QString nameToType(const domain::ActionRequest& request);

/// "app_ops@db1:5432".
QString server(const domain::Capabilities& capabilities);

/// "pgque 0.2.0 (Batchscope schema)".
QString schema(const domain::Capabilities& capabilities);

QString roleOfServer(const domain::Capabilities& capabilities); ///< "primary", "standby", "through a pooler"

/// "every 1 s", "every 250 ms".
QString everySoOften(std::chrono::milliseconds period);

/// The server's time, by its newest sample and what has passed here since that came: it goes on when no sample comes.
pg::Timestamp timeNow(const domain::Snapshot& newest);

/// "4 s": for how long it has been so, now or at the recorded instant that is shown.
QString agoIn(const desk::Desk& desk, pg::Timestamp moment);
/// "asked 4 s ago": how old an answer is.
QString askedAgo(const desk::Desk& desk, pg::Timestamp asked);

/// A sentence with what others wrote in it: without its secrets, and with visible signs for what has none.
QString harmless(const std::string& text);

/// A sentence with its moments (domain::timeMark) as the clock shows them in this zone.
std::string timed(const std::string& sentence, const QTimeZone& zone);
domain::Prediction timed(domain::Prediction prediction, const QTimeZone& zone);
domain::ActionOutcome timed(domain::ActionOutcome outcome, const QTimeZone& zone);

/// A failure in the server's own words with its SQLSTATE, detail and hint, each on a line. Such words quote values.
QString failure(const pg::Failure& failure);

/// Whether nothing failed: the past is shown, and that was not recorded.
bool isNotRecorded(const pg::Failure& failure);

/// Says what could not be had, and why; of what was not recorded, that.
void sayFailure(Notice& notice, const QString& title, const pg::Failure& failure);

/// The same in a line: message and SQLSTATE.
QString failureLine(const pg::Failure& failure);

/// Text of the registry, translated where a translation exists.
QString ofRegistry(const std::string& text);

} // namespace ui::words
