// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/systemlook.h"

#include "ui/contrast.h"

#include <QApplication>
#include <QScopedValueRollback>

#ifdef BATCHSCOPE_PORTAL
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#endif

using namespace Qt::StringLiterals;

namespace ui {

namespace {

/// Black on white has 21; the default palettes of desktops stay below 19.
constexpr double strongest = 20;

#ifdef BATCHSCOPE_PORTAL
const auto portalService = u"org.freedesktop.portal.Desktop"_s;
const auto portalPath = u"/org/freedesktop/portal/desktop"_s;
const auto portalInterface = u"org.freedesktop.portal.Settings"_s;
const auto appearance = u"org.freedesktop.appearance"_s;
const auto darkKey = u"color-scheme"_s;
const auto contrastKey = u"contrast"_s;
#endif

/// The platform's own palette is seen only while none is set.
QPalette systemPalette() {
    const QPalette ours = QApplication::palette();
    QApplication::setPalette(QPalette());
    const QPalette system = QApplication::palette();
    QApplication::setPalette(ours);
    return system;
}

} // namespace

#ifdef BATCHSCOPE_PORTAL
SystemLook::SystemLook(const QDBusConnection& bus)
    : m_bus(bus)
    , m_palette(systemPalette()) {
    qApp->installEventFilter(this);
    ask();
}
#else
SystemLook::SystemLook()
    : m_palette(systemPalette()) {
    qApp->installEventFilter(this);
}
#endif

SystemLook::~SystemLook() = default;

Look SystemLook::lookOf(const QPalette& palette) {
    const QColor paper = palette.color(QPalette::Window);
    const bool strong = contrast(palette.color(QPalette::WindowText), paper) >= strongest &&
                        contrast(palette.color(QPalette::Text), palette.color(QPalette::Base)) >= strongest;
    return {palette, paper.lightness() < 128, strong};
}

Look SystemLook::look() const {
    Look look = lookOf(m_palette);
    look.dark = m_dark.value_or(look.dark);
    look.contrast = m_contrast.value_or(look.contrast);
    return look;
}

bool SystemLook::eventFilter(QObject* watched, QEvent* event) {
    // A change of the platform's theme is told to every window; what this program sets itself is none.
    if (event->type() == QEvent::ThemeChange && !m_reading)
        readPalette();
    return LookSource::eventFilter(watched, event);
}

void SystemLook::readPalette() {
    const QScopedValueRollback reading(m_reading, true);
    const QPalette system = systemPalette();
    if (system == m_palette)
        return;
    m_palette = system;
    Q_EMIT changed();
}

#ifdef BATCHSCOPE_PORTAL
void SystemLook::ask() {
    if (!m_bus.isConnected())
        return;
    // By the path alone: a portal that starts later, or again, is heard as well.
    // The whole message: Qt 6.4 connects no slot that takes a QDBusVariant.
    m_bus.connect(QString(), portalPath, portalInterface, u"SettingChanged"_s, this, SLOT(onSignal(QDBusMessage)));
    // Asked without waiting: a desktop without the portal must not delay the first frame.
    for (const QString& key : {darkKey, contrastKey}) {
        QDBusMessage message = QDBusMessage::createMethodCall(portalService, portalPath, portalInterface, u"Read"_s);
        message << appearance << key;
        auto* watcher = new QDBusPendingCallWatcher(m_bus.asyncCall(message, 1000), this);
        connect(watcher, &QDBusPendingCallWatcher::finished, this, [this, watcher, key] {
            watcher->deleteLater();
            const QDBusPendingReply<QDBusVariant> reply = *watcher;
            if (!reply.isError())
                onSetting(appearance, key, reply.value());
        });
    }
}

void SystemLook::onSignal(const QDBusMessage& message) {
    const QVariantList told = message.arguments();
    if (told.size() == 3)
        onSetting(told[0].toString(), told[1].toString(), told[2].value<QDBusVariant>());
}

void SystemLook::onSetting(const QString& group, const QString& key, const QDBusVariant& value) {
    if (group != appearance)
        return;
    // Read answers with a variant inside a variant, the signal does not.
    const QVariant inner = value.variant();
    use(key, (inner.canConvert<QDBusVariant>() ? inner.value<QDBusVariant>().variant() : inner).toUInt());
}

void SystemLook::use(const QString& key, unsigned value) {
    const Look before = look();
    // 0 means that the desktop has no opinion on light and dark.
    if (key == darkKey)
        m_dark = value == 0 ? std::nullopt : std::optional(value == 1);
    else if (key == contrastKey)
        m_contrast = value == 1 ? std::optional(true) : std::nullopt;
    if (!(look() == before))
        Q_EMIT changed();
}
#endif

} // namespace ui
