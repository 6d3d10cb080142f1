// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/alerts.h"

#include "models/format.h"

#include <QApplication>
#include <QSystemTrayIcon>

namespace ui {

Alerts::Alerts(const Silences* silences, const QString& server, QObject* parent)
    : QObject(parent)
    , m_silences(silences)
    , m_server(server) {}

void Alerts::look(const domain::Diagnosis& diagnosis) {
    // Where nothing could be judged, nothing has gone either.
    if (diagnosis.rulesEvaluated == 0)
        return;
    std::set<std::string> critical;
    const domain::Finding* first = nullptr;
    int fresh = 0;
    for (const domain::Finding& finding : diagnosis.findings) {
        if (finding.severity != domain::Severity::Critical || m_silences->covers(finding))
            continue;
        const auto key = critical.insert(finding.key()).first;
        if (m_known.contains(*key))
            continue;
        first = first ? first : &finding;
        ++fresh;
    }
    m_known = std::move(critical);
    if (m_looked && m_enabled && first)
        announce(*first, fresh - 1);
    m_looked = true;
}

void Alerts::announce(const domain::Finding& first, int more) {
    const QString title = m_server.isEmpty() ? tr("Critical finding") : tr("Critical on %1").arg(m_server);
    QString text = models::format::text(first.title);
    if (more > 0)
        text += u'\n' + tr("and %n more", nullptr, more);
    if (!m_tray && QSystemTrayIcon::isSystemTrayAvailable() && QSystemTrayIcon::supportsMessages()) {
        m_tray = new QSystemTrayIcon(QApplication::windowIcon(), this);
        m_tray->setToolTip(QApplication::applicationDisplayName());
        connect(m_tray, &QSystemTrayIcon::messageClicked, this, &Alerts::followed);
        connect(m_tray, &QSystemTrayIcon::activated, this, &Alerts::followed);
        m_tray->show();
    }
    if (m_tray)
        m_tray->showMessage(title, text, QSystemTrayIcon::Critical);
    Q_EMIT announced(title, text);
}

} // namespace ui
