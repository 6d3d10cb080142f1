// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QPalette>

#include <optional>

#ifdef BATCHSCOPE_PORTAL
#include <QDBusConnection>
#include <QDBusVariant>
#endif

namespace ui {

/// How the desktop wants its programs to look.
struct Look {
    QPalette palette; ///< its own colours
    bool dark = false;
    bool contrast = false;

    bool operator==(const Look&) const = default;
};

/// Knows what the desktop wants, and says when it wants something else.
class LookSource : public QObject {
    Q_OBJECT

public:
    using QObject::QObject;

    virtual Look look() const = 0;

Q_SIGNALS:
    void changed();
};

/// The freedesktop portal where it answers; what it leaves open is told from the palette.
class SystemLook : public LookSource {
    Q_OBJECT

public:
#ifdef BATCHSCOPE_PORTAL
    explicit SystemLook(const QDBusConnection& bus = QDBusConnection::sessionBus());
#else
    SystemLook();
#endif
    ~SystemLook() override;

    Look look() const override;

    /// What a palette alone tells: light ink on dark paper, and the strongest contrast there is.
    static Look lookOf(const QPalette& palette);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

#ifdef BATCHSCOPE_PORTAL
private Q_SLOTS:
    void onSignal(const QDBusMessage& message);
#endif

private:
    void readPalette();
#ifdef BATCHSCOPE_PORTAL
    void ask();
    void onSetting(const QString& group, const QString& key, const QDBusVariant& value);
    void use(const QString& key, unsigned value);

    QDBusConnection m_bus;
#endif
    QPalette m_palette;
    std::optional<bool> m_dark;     ///< as the portal says
    std::optional<bool> m_contrast; ///< as the portal says
    bool m_reading = false;
};

} // namespace ui
