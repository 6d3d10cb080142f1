// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "desk/profiles.h"

#include <QDialog>

#include <map>
#include <optional>

class QAbstractButton;
class QCheckBox;
class QComboBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QListWidget;
class QTabWidget;

namespace ui {

/// Which server to open: a saved connection, fields, a URI or a service's name; how careful to be there; and the
/// password, which goes to the keychain or is forgotten, never to a file.
class ConnectionDialog : public QDialog {
    Q_OBJECT

public:
    /// Lists what is saved; what is connected to under a name is saved there.
    explicit ConnectionDialog(desk::Profiles& profiles, QWidget* parent = nullptr);

    /// The profile as the fields stand; empty where they make no connection, the reason is then on screen.
    std::optional<desk::Profile> profile();
    QString password() const;

    struct Choice {
        desk::Profile profile;
        QString password;
        bool sandbox = false; ///< the private server with its demonstration
    };

    /// Asks. Empty when it was cancelled. The password, where one was given and is to be kept, is in the keychain then.
    static std::optional<Choice> ask(desk::Profiles& profiles, QWidget* parent = nullptr);

private:
    QWidget* makeFields();
    QWidget* makeText();
    QWidget* makeService();
    QWidget* makeLabel();
    QLineEdit* addField(QFormLayout* form, const QString& name, const QString& key, const QString& hint);
    void load(const desk::Profile& profile);
    pg::ConnectionInfo connection() const;
    void tryConnect();
    void complain(const QString& problem);

    desk::Profiles& m_profiles;
    bool m_sandbox = false;
    QListWidget* m_saved;
    QTabWidget* m_ways;
    std::map<QString, QLineEdit*> m_fields;
    QComboBox* m_sslMode = nullptr;
    QLineEdit* m_text = nullptr;
    QLineEdit* m_service = nullptr;
    QLineEdit* m_name = nullptr;
    QComboBox* m_environment = nullptr;
    QLineEdit* m_rule = nullptr;
    QLineEdit* m_password = nullptr;
    QCheckBox* m_reason = nullptr;
    QCheckBox* m_keep = nullptr;
    QLabel* m_problem;
    pg::ConnectionInfo m_rest; ///< of a saved profile: what no field shows
};

} // namespace ui
