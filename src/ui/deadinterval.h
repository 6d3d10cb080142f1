// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/time.h"

#include <QObject>

class QSettings;

namespace ui {

/// From which heartbeat age on another member may take a batch over, as this window assumes it: workers pass their own
/// with each call. One for all pages, kept from run to run; five minutes until another one is chosen.
class DeadInterval : public QObject {
    Q_OBJECT

public:
    /// Settings may be null: then nothing outlives the window.
    explicit DeadInterval(QSettings* settings, QObject* parent = nullptr);

    pg::Interval value() const { return m_value; }

    void set(pg::Interval value);

Q_SIGNALS:
    void changed();

private:
    QSettings* m_settings;
    pg::Interval m_value = std::chrono::minutes(5);
};

} // namespace ui
