// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QMenu>
#include <QPointer>
#include <QSettings>
#include <QVariantMap>

#include <functional>

class QLineEdit;

namespace ui {

/// Filters kept under names: a menu to choose one, to keep the one that is set, and to forget one.
class SavedFilters : public QObject {
    Q_OBJECT

public:
    /// group: where they are kept; what is there now and how to use one, as names and texts. Settings may be null:
    /// nothing is kept.
    SavedFilters(QSettings* settings, const QString& group, std::function<QVariantMap()> now,
                 std::function<void(const QVariantMap&)> use, QWidget* parent);

    QStringList names() const;
    /// Keeps what is set under a name, in the place of an earlier one of that name. Secrets are refused.
    void keep(const QString& name);
    void choose(const QString& name);
    void forget(const QString& name);

    QMenu* makeMenu(QWidget* parent);

private:
    QVariantMap all() const;
    void write(const QVariantMap& filters);
    void askAndKeep();
    /// Says why when what is set holds a secret.
    bool refuses() const;

    QPointer<QSettings> m_settings;
    QString m_key;
    std::function<QVariantMap()> m_now;
    std::function<void(const QVariantMap&)> m_use;
    QWidget* m_parent;
};

/// Puts the menu into a filter field: behind an arrow, and on Alt+Down.
void addSavedFilters(QLineEdit& filter, QSettings* settings, const QString& group);

} // namespace ui
