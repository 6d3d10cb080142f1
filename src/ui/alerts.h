// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/finding.h"
#include "ui/silences.h"

#include <QObject>
#include <QPointer>

#include <set>

class QSystemTrayIcon;

namespace ui {

/// Announces critical findings on the desktop when they are new: not those that stand there when a server is opened,
/// not those that are silenced, each once until it is gone.
class Alerts : public QObject {
    Q_OBJECT

public:
    Alerts(const Silences* silences, const QString& server, QObject* parent = nullptr);

    void look(const domain::Diagnosis& diagnosis);

    void setEnabled(bool enabled) { m_enabled = enabled; }

    bool isEnabled() const { return m_enabled; }

Q_SIGNALS:
    void announced(const QString& title, const QString& text);
    /// The person followed an announcement.
    void followed();

private:
    void announce(const domain::Finding& first, int more);

    const Silences* m_silences;
    QString m_server;
    QPointer<QSystemTrayIcon> m_tray;
    std::set<std::string> m_known;
    bool m_looked = false;
    bool m_enabled = true;
};

} // namespace ui
