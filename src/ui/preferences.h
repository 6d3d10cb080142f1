// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/masking.h"
#include "monitor/thresholds.h"
#include "ui/theme.h"

#include <QObject>
#include <QSettings>

#include <memory>
#include <variant>
#include <vector>

namespace ui {

/// A threshold as it can be set.
struct ThresholdField {
    using Member = std::variant<pg::Interval monitor::Thresholds::*, int monitor::Thresholds::*,
                                double monitor::Thresholds::*, std::int64_t monitor::Thresholds::*>;
    QString key; ///< under which it is kept
    QString title;
    QString meaning;
    Member member;
};

/// Every threshold there is, in the order to show them.
std::vector<ThresholdField> thresholdFields();
/// One of them, as a person reads it.
QString thresholdText(const monitor::Thresholds& thresholds, const ThresholdField::Member& member);

/// What a person has set for all windows of the program. What was never set has the usual value. Changes take effect
/// at once in every window, and are kept.
class Preferences : public QObject {
    Q_OBJECT

public:
    /// The one kept in this folder; windows share it. Empty: nothing is kept.
    static std::shared_ptr<Preferences> of(const QString& folder);

    ThemeChoice theme() const;
    void setTheme(ThemeChoice choice);

    bool utc() const; ///< times in UTC rather than in the system's zone
    void setUtc(bool utc);

    bool recording() const; ///< what is seen is recorded
    void setRecording(bool on);
    std::int64_t recordingBudget() const; ///< bytes on disk, for each server
    void setRecordingBudget(std::int64_t budget);
    std::chrono::milliseconds period() const; ///< between two samples
    void setPeriod(std::chrono::milliseconds period);

    const monitor::Thresholds& thresholds() const { return m_thresholds; }

    void setThresholds(const monitor::Thresholds& thresholds);

    const models::Masking::Patterns& masking() const { return m_masking; }

    void setMasking(const models::Masking::Patterns& patterns);

Q_SIGNALS:
    void changed();

private:
    explicit Preferences(const QString& folder);
    void read();
    void write(const QString& key, const QVariant& value);

    std::unique_ptr<QSettings> m_settings;
    QVariantMap m_unkept; ///< where nothing is kept
    monitor::Thresholds m_thresholds;
    models::Masking::Patterns m_masking = models::Masking::Patterns::usual();

    QVariant value(const QString& key, const QVariant& otherwise) const;
};

} // namespace ui
