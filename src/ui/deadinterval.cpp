// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/deadinterval.h"

#include <QSettings>

namespace ui {

namespace {

constexpr auto key = "deadIntervalUs";

} // namespace

DeadInterval::DeadInterval(QSettings* settings, QObject* parent)
    : QObject(parent)
    , m_settings(settings) {
    const pg::Interval kept(m_settings ? m_settings->value(key).toLongLong() : 0);
    if (kept.count() > 0)
        m_value = kept;
}

void DeadInterval::set(pg::Interval value) {
    if (value == m_value)
        return;
    m_value = value;
    if (m_settings)
        m_settings->setValue(key, qint64(value.count()));
    Q_EMIT changed();
}

} // namespace ui
