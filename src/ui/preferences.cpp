// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/preferences.h"

#include "models/format.h"
#include "ui/durationbox.h"

#include <QDir>
#include <QHash>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

const QString themeKey = u"preferences/theme"_s;
const QString utcKey = u"preferences/utc"_s;
const QString periodKey = u"preferences/period_ms"_s;
const QString recordingKey = u"preferences/recording"_s;
const QString recordingBudgetKey = u"preferences/recording_mb"_s;
const QString maskKey = u"preferences/mask"_s;
const QString maskedKeysKey = u"preferences/masked_keys"_s;
const QString maskedTextsKey = u"preferences/masked_texts"_s;
const QString thresholdsKey = u"preferences/thresholds/"_s;

constexpr int usualBudget = 200; // MiB
constexpr int leastBudget = 10;
constexpr int mostBudget = 100'000;
constexpr std::chrono::milliseconds usualPeriod{1'000};
constexpr std::chrono::milliseconds leastPeriod{200};
constexpr std::chrono::milliseconds mostPeriod{600'000};

const QStringList themeNames = {u"system"_s, u"light"_s, u"dark"_s, u"high-contrast"_s};

/// Kept in seconds, and plain numbers as they are.
QVariant keptAs(const ThresholdField::Member& member, const monitor::Thresholds& thresholds) {
    return std::visit(
        [&thresholds](auto of) -> QVariant {
            const auto value = thresholds.*of;
            if constexpr (std::is_same_v<std::remove_cv_t<decltype(value)>, pg::Interval>)
                return std::chrono::duration<double>(value).count();
            else if constexpr (std::is_same_v<std::remove_cv_t<decltype(value)>, std::int64_t>)
                return qint64(value);
            else
                return value;
        },
        member);
}

void read(const ThresholdField::Member& member, const QVariant& kept, monitor::Thresholds* thresholds) {
    bool ok = false;
    const double number = kept.toDouble(&ok);
    // Thresholds below zero would make everything a finding; a file edited by hand is not to be trusted.
    if (!ok || !(number >= 0) || number > 1e12)
        return;
    std::visit(
        [&](auto of) {
            auto& value = thresholds->*of;
            using Value = std::remove_reference_t<decltype(value)>;
            if constexpr (std::is_same_v<Value, pg::Interval>)
                value = pg::Interval(qRound64(number * 1e6));
            else if constexpr (std::is_same_v<Value, double>)
                value = number;
            else
                value = Value(std::min<double>(number, double(std::numeric_limits<Value>::max())));
        },
        member);
}

} // namespace

std::vector<ThresholdField> thresholdFields() {
    using T = monitor::Thresholds;
    const auto tr = [](const char* text) { return Preferences::tr(text); };
    return {
        {u"heartbeat_warning"_s, tr("Open batch, heartbeat: warning"), tr("Age of sub_active"), &T::heartbeatWarning},
        {u"heartbeat_critical"_s, tr("Open batch, heartbeat: critical"), tr("Age of sub_active"),
         &T::heartbeatCritical},
        {u"tick_late"_s, tr("No tick while events wait: warning"), tr("Times the queue's longest lag"), &T::tickLate},
        {u"least_lag"_s, tr("… counted from at least"), tr("Where the queue's longest lag is shorter"), &T::leastLag},
        {u"tick_critical"_s, tr("No tick while events wait: critical"), {}, &T::tickCritical},
        {u"idle_late"_s, tr("Idle queue without tick"), tr("Times the queue's idle period"), &T::idleLate},
        {u"lock_warning"_s, tr("Lock wait on a queue's row: warning"), {}, &T::lockWaitWarning},
        {u"lock_critical"_s, tr("Lock wait on a queue's row: critical"), {}, &T::lockWaitCritical},
        {u"retry_overdue"_s, tr("Retry overdue"), {}, &T::retryOverdue},
        {u"dead_younger"_s, tr("Dead letters younger than"), {}, &T::deadYounger},
        {u"rotation_warning"_s, tr("Rotation overdue: warning"), tr("Times the rotation period"), &T::rotationWarning},
        {u"rotation_critical"_s, tr("Rotation overdue: critical"), tr("Times the rotation period"),
         &T::rotationCritical},
        {u"step_two_missing"_s, tr("Rotation step two missing"), {}, &T::stepTwoMissing},
        {u"large_window"_s, tr("Next window, events"), {}, &T::largeWindow},
        {u"progress"_s, tr("One batch open for"), tr("Whether its heartbeat is fresh or not"), &T::progress},
        {u"handovers"_s, tr("One window handed over, times"), {}, &T::handovers},
        {u"hasty_takeover"_s, tr("Taken over within"), tr("After the heartbeat of a member that lived"),
         &T::hastyTakeover},
        {u"held_inside"_s, tr("Subscription's row held by a transaction"), {}, &T::heldInside},
        {u"behind_warning"_s, tr("Consumer behind: warning"), {}, &T::behindWarning},
        {u"behind_critical"_s, tr("Consumer behind: critical"), {}, &T::behindCritical},
        {u"writer_warning"_s, tr("Open transaction that has sent: warning"), {}, &T::writerWarning},
        {u"writer_critical"_s, tr("Open transaction that has sent: critical"), {}, &T::writerCritical},
        {u"work_tick"_s, tr("Work queue: maintenance runs every"), tr("How often it is meant to run"), &T::workTick},
        {u"work_ticks_late"_s, tr("Work queue: maintenance late, warning"), tr("Times that period"), &T::workTicksLate},
        {u"work_late_critical"_s, tr("Work queue: maintenance late, critical"), {}, &T::workLateCritical},
        {u"leader_window"_s, tr("Work queue: leader silent"), {}, &T::leaderWindow},
        {u"barrier_stuck"_s, tr("Barrier without progress"), {}, &T::barrierStuck},
        {u"head_warning"_s, tr("Head of a band waits: warning"), {}, &T::headWarning},
        {u"head_critical"_s, tr("Head of a band waits: critical"), {}, &T::headCritical},
        {u"work_quiet"_s, tr("Work queue: nothing claimed for"), {}, &T::workQuiet},
        {u"dead_rows"_s, tr("Work queue: dead rows"), tr("Rows that vacuum has not removed"), &T::deadRows},
        {u"horizon_held"_s, tr("Horizon held back for"), {}, &T::horizonHeld},
        {u"horizon_transactions"_s, tr("Horizon held back, transactions"), tr("Where nothing says since when"),
         &T::horizonTransactions},
    };
}

QString thresholdText(const monitor::Thresholds& thresholds, const ThresholdField::Member& member) {
    return std::visit(
        [&thresholds](auto of) -> QString {
            const auto value = thresholds.*of;
            if constexpr (std::is_same_v<std::remove_cv_t<decltype(value)>, pg::Interval>)
                return DurationBox::text(value);
            else if constexpr (std::is_same_v<std::remove_cv_t<decltype(value)>, double>)
                return u"× "_s + QLocale().toString(value, 'g', 6);
            else if constexpr (std::is_same_v<std::remove_cv_t<decltype(value)>, int>)
                return u"× "_s + QString::number(value);
            else
                return models::format::number(value);
        },
        member);
}

std::shared_ptr<Preferences> Preferences::of(const QString& folder) {
    static QHash<QString, std::weak_ptr<Preferences>> known;
    if (folder.isEmpty())
        return std::shared_ptr<Preferences>(new Preferences({}));
    std::weak_ptr<Preferences>& place = known[QDir(folder).absolutePath()];
    std::shared_ptr<Preferences> one = place.lock();
    if (!one) {
        one.reset(new Preferences(folder));
        place = one;
    }
    return one;
}

Preferences::Preferences(const QString& folder) {
    if (!folder.isEmpty())
        m_settings = std::make_unique<QSettings>(QDir(folder).filePath(u"window.ini"_s), QSettings::IniFormat);
    read();
}

QVariant Preferences::value(const QString& key, const QVariant& otherwise) const {
    return m_settings ? m_settings->value(key, otherwise) : m_unkept.value(key, otherwise);
}

void Preferences::write(const QString& key, const QVariant& value) {
    if (m_settings)
        m_settings->setValue(key, value);
    else
        m_unkept[key] = value;
}

void Preferences::read() {
    for (const ThresholdField& field : thresholdFields())
        ui::read(field.member, value(thresholdsKey + field.key, {}), &m_thresholds);
    m_masking.on = value(maskKey, m_masking.on).toBool();
    m_masking.keys = value(maskedKeysKey, m_masking.keys).toStringList();
    m_masking.expressions = value(maskedTextsKey, m_masking.expressions).toStringList();
}

ThemeChoice Preferences::theme() const {
    return ThemeChoice(std::max<qsizetype>(0, themeNames.indexOf(value(themeKey, {}).toString())));
}

void Preferences::setTheme(ThemeChoice choice) {
    if (choice == theme())
        return;
    write(themeKey, themeNames[int(choice)]);
    Q_EMIT changed();
}

bool Preferences::utc() const {
    return value(utcKey, false).toBool();
}

void Preferences::setUtc(bool on) {
    if (on == utc())
        return;
    write(utcKey, on);
    Q_EMIT changed();
}

bool Preferences::recording() const {
    return value(recordingKey, true).toBool();
}

void Preferences::setRecording(bool on) {
    if (on == recording())
        return;
    write(recordingKey, on);
    Q_EMIT changed();
}

std::int64_t Preferences::recordingBudget() const {
    const int kept = value(recordingBudgetKey, usualBudget).toInt();
    return std::int64_t(std::clamp(kept, leastBudget, mostBudget)) << 20;
}

void Preferences::setRecordingBudget(std::int64_t budget) {
    if (budget == recordingBudget())
        return;
    write(recordingBudgetKey, int(budget >> 20));
    Q_EMIT changed();
}

std::chrono::milliseconds Preferences::period() const {
    const std::chrono::milliseconds kept(value(periodKey, qlonglong(usualPeriod.count())).toLongLong());
    return std::clamp(kept, leastPeriod, mostPeriod);
}

void Preferences::setPeriod(std::chrono::milliseconds period_) {
    if (period_ == period())
        return;
    write(periodKey, qlonglong(period_.count()));
    Q_EMIT changed();
}

void Preferences::setThresholds(const monitor::Thresholds& thresholds) {
    if (thresholds == m_thresholds)
        return;
    m_thresholds = thresholds;
    // Only what differs from the usual is kept, so that better defaults reach those who never changed them.
    for (const ThresholdField& field : thresholdFields()) {
        const QVariant kept = keptAs(field.member, thresholds);
        if (kept != keptAs(field.member, monitor::Thresholds()))
            write(thresholdsKey + field.key, kept);
        else if (m_settings)
            m_settings->remove(thresholdsKey + field.key);
        else
            m_unkept.remove(thresholdsKey + field.key);
    }
    Q_EMIT changed();
}

void Preferences::setMasking(const models::Masking::Patterns& patterns) {
    if (patterns == m_masking)
        return;
    m_masking = patterns;
    write(maskKey, patterns.on);
    write(maskedKeysKey, patterns.keys);
    write(maskedTextsKey, patterns.expressions);
    Q_EMIT changed();
}

} // namespace ui
