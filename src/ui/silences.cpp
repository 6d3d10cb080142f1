// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/silences.h"

#include <QSettings>

using namespace Qt::StringLiterals;

namespace ui {

Silences::Silences(QSettings* settings, const QString& server, QObject* parent)
    : QObject(parent)
    , m_settings(settings)
    , m_group(u"silences/"_s + QString::fromLatin1(server.toUtf8().toHex())) {
    load();
}

void Silences::silence(const domain::Finding& finding, std::chrono::seconds length, const QString& reason) {
    m_silences[finding.key()] = {QDateTime::currentDateTimeUtc().addSecs(length.count()), reason, finding.severity};
    save();
    Q_EMIT changed();
}

void Silences::end(const domain::Finding& finding) {
    if (m_silences.erase(finding.key()) == 0)
        return;
    save();
    Q_EMIT changed();
}

std::optional<Silence> Silences::over(const domain::Finding& finding) const {
    const auto found = m_silences.find(finding.key());
    if (found == m_silences.end() || found->second.until <= QDateTime::currentDateTimeUtc() ||
        finding.severity > found->second.severity)
        return std::nullopt;
    return found->second;
}

void Silences::load() {
    if (!m_settings)
        return;
    const int count = m_settings->beginReadArray(m_group);
    for (int at = 0; at < count; ++at) {
        m_settings->setArrayIndex(at);
        const QDateTime until = m_settings->value(u"until"_s).toDateTime();
        const int severity = m_settings->value(u"severity"_s).toInt();
        if (until > QDateTime::currentDateTimeUtc() && severity >= 0 && severity <= int(domain::Severity::Critical))
            m_silences[m_settings->value(u"finding"_s).toString().toStdString()] = {
                until, m_settings->value(u"reason"_s).toString(), static_cast<domain::Severity>(severity)};
    }
    m_settings->endArray();
}

void Silences::save() {
    if (!m_settings)
        return;
    std::erase_if(m_silences, [](const auto& one) { return one.second.until <= QDateTime::currentDateTimeUtc(); });
    m_settings->remove(m_group);
    m_settings->beginWriteArray(m_group, int(m_silences.size()));
    int at = 0;
    for (const auto& [key, silence] : m_silences) {
        m_settings->setArrayIndex(at++);
        m_settings->setValue(u"finding"_s, QString::fromStdString(key));
        m_settings->setValue(u"until"_s, silence.until);
        m_settings->setValue(u"reason"_s, silence.reason);
        m_settings->setValue(u"severity"_s, int(silence.severity));
    }
    m_settings->endArray();
}

} // namespace ui
