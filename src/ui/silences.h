// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/finding.h"

#include <QDateTime>
#include <QObject>
#include <QString>

#include <map>
#include <optional>

class QSettings;

namespace ui {

/// A finding that somebody knows about and does not want to hear of for a while.
struct Silence {
    QDateTime until; ///< by this machine's clock
    QString reason;
    domain::Severity severity = domain::Severity::Warning; ///< a finding that gets worse speaks again

    pg::Timestamp untilMoment() const { return pg::Timestamp(std::chrono::milliseconds(until.toMSecsSinceEpoch())); }
};

/// What is silenced on one server, kept from run to run. It changes what is shown and announced here, not what is
/// found: `--check` and other people's consoles speak as ever.
class Silences : public QObject {
    Q_OBJECT

public:
    /// Settings may be null: then nothing outlives the window.
    Silences(QSettings* settings, const QString& server, QObject* parent = nullptr);

    void silence(const domain::Finding& finding, std::chrono::seconds length, const QString& reason);
    void end(const domain::Finding& finding);

    /// The silence in force over a finding.
    std::optional<Silence> over(const domain::Finding& finding) const;

    bool covers(const domain::Finding& finding) const { return over(finding).has_value(); }

Q_SIGNALS:
    void changed();

private:
    void load();
    void save();

    QSettings* m_settings;
    QString m_group;
    std::map<std::string, Silence> m_silences;
};

} // namespace ui
