// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/connectiondialog.h"

#include "desk/keychain.h"
#include "ui/card.h"
#include "ui/theme.h"
#include "ui/words.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QTabWidget>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

enum Way { Fields, Text, Service };

constexpr desk::Environment environments[] = {desk::Environment::Unlabelled, desk::Environment::Production,
                                              desk::Environment::Staging, desk::Environment::Local};

} // namespace

ConnectionDialog::ConnectionDialog(desk::Profiles& profiles, QWidget* parent)
    : QDialog(parent)
    , m_profiles(profiles)
    , m_saved(new QListWidget)
    , m_ways(new QTabWidget)
    , m_problem(new QLabel) {
    setObjectName(u"connectionDialog"_s);
    setWindowTitle(tr("Connect to a server"));
    m_saved->setObjectName(u"savedConnections"_s);
    m_saved->setAccessibleName(tr("Saved connections"));
    m_saved->setFixedWidth(190);
    m_saved->addItem(tr("New connection"));
    for (const desk::Profile& profile : profiles.all()) {
        auto* item = new QListWidgetItem(profile.name + u"\n"_s + words::environment(profile.environment));
        item->setData(Qt::UserRole, profile.name);
        m_saved->addItem(item);
    }
    m_ways->addTab(makeFields(), tr("Fields"));
    m_ways->addTab(makeText(), tr("URI or text"));
    m_ways->addTab(makeService(), tr("Service"));
    m_problem->setObjectName(u"connectionProblem"_s);
    m_problem->setWordWrap(true);
    m_problem->setTextFormat(Qt::PlainText);
    setInk(m_problem, models::Tone::Critical);
    m_problem->hide();
    auto* right = new QVBoxLayout;
    right->setSpacing(space::large);
    auto* title = new QLabel(windowTitle());
    title->setFont(titleFont());
    right->addWidget(title);
    right->addWidget(m_ways);
    right->addWidget(makeLabel());
    right->addWidget(m_problem);
    right->addStretch();
    auto* buttons = new QHBoxLayout;
    buttons->addStretch();
    QAbstractButton* cancel = makeButton(tr("Cancel"), u"cancel"_s, this);
    auto* connectButton = qobject_cast<QPushButton*>(makeButton(tr("Connect"), u"connect"_s, this, u"primary"_s));
    connectButton->setDefault(true);
    buttons->addWidget(cancel);
    buttons->addWidget(connectButton);
    right->addLayout(buttons);
    auto* left = new QVBoxLayout;
    left->setSpacing(space::large);
    left->addWidget(m_saved, 1);
    QAbstractButton* sandbox = makeButton(tr("Open the sandbox"), u"openSandbox"_s, this);
    sandbox->setToolTip(tr("A private server on this machine with a demonstration that is in trouble on purpose"));
    left->addWidget(sandbox);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(16, 16, 16, 14);
    layout->setSpacing(16);
    layout->addLayout(left);
    layout->addLayout(right, 1);
    connect(cancel, &QAbstractButton::clicked, this, &QDialog::reject);
    connect(sandbox, &QAbstractButton::clicked, this, [this] {
        m_sandbox = true;
        accept();
    });
    connect(connectButton, &QAbstractButton::clicked, this, &ConnectionDialog::tryConnect);
    connect(m_saved, &QListWidget::currentRowChanged, this, [this] {
        const QListWidgetItem* item = m_saved->currentItem();
        const desk::Profile* saved = item ? m_profiles.find(item->data(Qt::UserRole).toString()) : nullptr;
        load(saved ? *saved : desk::Profile());
    });
    const desk::Profile* last = profiles.find(profiles.lastUsed());
    int row = 0;
    for (int at = 1; last && at < m_saved->count(); ++at)
        row = m_saved->item(at)->data(Qt::UserRole).toString() == last->name ? at : row;
    m_saved->setCurrentRow(row);
    resize(720, 520);
    m_fields[u"host"_s]->setFocus();
}

QLineEdit* ConnectionDialog::addField(QFormLayout* form, const QString& name, const QString& key, const QString& hint) {
    auto* field = new QLineEdit;
    field->setObjectName(u"connection."_s + key);
    field->setAccessibleName(name);
    field->setPlaceholderText(hint);
    form->addRow(name, field);
    m_fields[key] = field;
    return field;
}

QWidget* ConnectionDialog::makeFields() {
    auto* page = new QWidget;
    auto* form = new QFormLayout(page);
    form->setHorizontalSpacing(space::large);
    form->setLabelAlignment(Qt::AlignLeft);
    addField(form, tr("Host"), u"host"_s, tr("this machine, or PGHOST"));
    addField(form, tr("Port"), u"port"_s, u"5432"_s);
    addField(form, tr("Database"), u"dbname"_s, tr("as the user, or PGDATABASE"));
    addField(form, tr("User"), u"user"_s, tr("this system's user, or PGUSER"));
    m_sslMode = new QComboBox;
    m_sslMode->setObjectName(u"connection.sslmode"_s);
    m_sslMode->setAccessibleName(tr("TLS"));
    m_sslMode->addItem(tr("as libpq decides (prefer)"), QString());
    for (const auto& [mode, text] : {std::pair(u"disable"_s, tr("off")), std::pair(u"require"_s, tr("required")),
                                     std::pair(u"verify-ca"_s, tr("required, authority checked")),
                                     std::pair(u"verify-full"_s, tr("required, authority and host name checked"))})
        m_sslMode->addItem(mode + u" – "_s + text, mode);
    form->addRow(tr("TLS"), m_sslMode);
    addField(form, tr("Authority file"), u"sslrootcert"_s, tr("for verify-ca and verify-full"));
    return page;
}

QWidget* ConnectionDialog::makeText() {
    auto* page = new QWidget;
    auto* form = new QFormLayout(page);
    form->setHorizontalSpacing(space::large);
    m_text = new QLineEdit;
    m_text->setObjectName(u"connectionText"_s);
    m_text->setAccessibleName(tr("URI or connection string"));
    m_text->setPlaceholderText(u"postgresql://app_ops@db1:5432/orders"_s);
    form->addRow(tr("URI or text"), m_text);
    QLabel* help =
        dimLabel(tr("postgresql://… or key=value …, as for psql. A password in it is used once and not saved."));
    help->setWordWrap(true);
    form->addRow(QString(), help);
    return page;
}

QWidget* ConnectionDialog::makeService() {
    auto* page = new QWidget;
    auto* form = new QFormLayout(page);
    form->setHorizontalSpacing(space::large);
    m_service = new QLineEdit;
    m_service->setObjectName(u"connectionService"_s);
    m_service->setAccessibleName(tr("Service"));
    form->addRow(tr("Service"), m_service);
    QLabel* help = dimLabel(tr("A section of pg_service.conf; everything else comes from there."));
    help->setWordWrap(true);
    form->addRow(QString(), help);
    return page;
}

QWidget* ConnectionDialog::makeLabel() {
    auto* part = new QWidget;
    auto* form = new QFormLayout(part);
    form->setContentsMargins(space::medium, 0, space::medium, 0);
    form->setHorizontalSpacing(space::large);
    form->setLabelAlignment(Qt::AlignLeft);
    m_password = new QLineEdit;
    m_password->setObjectName(u"connectionPassword"_s);
    m_password->setAccessibleName(tr("Password"));
    m_password->setEchoMode(QLineEdit::Password);
    m_password->setPlaceholderText(tr("from .pgpass or the keychain, or asked for"));
    form->addRow(tr("Password"), m_password);
    m_keep = new QCheckBox(tr("Keep it in this system's keychain (needs a name)"));
    m_keep->setObjectName(u"connectionKeep"_s);
    form->addRow(QString(), m_keep);
    m_environment = new QComboBox;
    m_environment->setObjectName(u"connectionEnvironment"_s);
    m_environment->setAccessibleName(tr("Environment"));
    m_environment->setToolTip(
        tr("Production and unlabelled servers open in Observe and ask for the name of what is destroyed"));
    for (const desk::Environment environment : environments)
        m_environment->addItem(words::environment(environment), int(environment));
    form->addRow(tr("Environment"), m_environment);
    m_reason = new QCheckBox(tr("Ask for a reason with every action"));
    m_reason->setObjectName(u"connectionReason"_s);
    m_reason->setToolTip(tr("Nothing is done without one; the journal keeps it"));
    form->addRow(QString(), m_reason);
    m_name = new QLineEdit;
    m_name->setObjectName(u"connectionName"_s);
    m_name->setAccessibleName(tr("Name"));
    m_name->setPlaceholderText(tr("without a name the connection is not saved"));
    form->addRow(tr("Name"), m_name);
    m_rule = new QLineEdit;
    m_rule->setObjectName(u"connectionRule"_s);
    m_rule->setAccessibleName(tr("Workers' application name"));
    m_rule->setPlaceholderText(tr("how workers name their sessions, e.g. {group}.{member}"));
    m_rule->setToolTip(tr("{queue}, {group} and {member} stand for the names; for a normal consumer {group} is its name. "
                          "A session with that application_name counts as the owner's."));
    form->addRow(tr("Workers"), m_rule);
    return part;
}

void ConnectionDialog::load(const desk::Profile& profile) {
    m_problem->hide();
    m_rest = profile.connection;
    for (const auto& [key, field] : m_fields) {
        field->setText(QString::fromStdString(m_rest.get(key.toStdString()).value_or("")));
        m_rest.unset(key.toStdString());
    }
    m_sslMode->setCurrentIndex(
        std::max(0, m_sslMode->findData(QString::fromStdString(m_rest.get("sslmode").value_or("")))));
    m_rest.unset("sslmode");
    m_service->setText(QString::fromStdString(m_rest.get("service").value_or("")));
    m_rest.unset("service");
    m_text->clear();
    m_name->setText(profile.name);
    m_environment->setCurrentIndex(std::max(0, m_environment->findData(int(profile.environment))));
    m_rule->setText(profile.applicationNameRule);
    m_password->clear();
    m_keep->setChecked(profile.savesPassword);
    m_reason->setChecked(profile.requiresReason);
    m_ways->setCurrentIndex(m_service->text().isEmpty() ? Fields : Service);
}

pg::ConnectionInfo ConnectionDialog::connection() const {
    pg::ConnectionInfo info = m_rest;
    if (m_ways->currentIndex() == Service) {
        if (!m_service->text().trimmed().isEmpty())
            info.set("service", m_service->text().trimmed().toStdString());
        return info;
    }
    for (const auto& [key, field] : m_fields) {
        if (!field->text().trimmed().isEmpty())
            info.set(key.toStdString(), field->text().trimmed().toStdString());
    }
    if (const QString mode = m_sslMode->currentData().toString(); !mode.isEmpty())
        info.set("sslmode", mode.toStdString());
    return info;
}

std::optional<desk::Profile> ConnectionDialog::profile() {
    desk::Profile profile;
    profile.name = m_name->text().trimmed();
    profile.environment = desk::Environment(m_environment->currentData().toInt());
    profile.applicationNameRule = m_rule->text().trimmed();
    profile.requiresReason = m_reason->isChecked();
    profile.savesPassword = m_keep->isChecked() && !profile.name.isEmpty();
    const QString port = m_fields[u"port"_s]->text().trimmed();
    bool isNumber = true;
    const int number = port.isEmpty() ? 5432 : port.toInt(&isNumber);
    if (m_ways->currentIndex() == Fields && (!isNumber || number < 1 || number > 65535)) {
        complain(tr("A port is a number from 1 to 65535."));
        return std::nullopt;
    }
    if (m_ways->currentIndex() == Text && m_text->text().trimmed().isEmpty()) {
        complain(tr("Paste a URI or a connection string."));
        return std::nullopt;
    }
    if (m_ways->currentIndex() == Text) {
        const desk::ConnectionText read = desk::readConnection(m_text->text().trimmed());
        if (!read.connection) {
            complain(read.problem);
            return std::nullopt;
        }
        profile.connection = *read.connection;
    } else {
        profile.connection = connection();
    }
    return profile;
}

QString ConnectionDialog::password() const {
    return m_password->text();
}

void ConnectionDialog::complain(const QString& problem) {
    m_problem->setText(problem);
    m_problem->show();
}

void ConnectionDialog::tryConnect() {
    const std::optional<desk::Profile> wanted = profile();
    if (!wanted)
        return;
    if (!wanted->name.isEmpty()) {
        desk::Profile saved = *wanted;
        saved.connection.unset("password");
        m_profiles.put(saved);
        if (const QString problem = m_profiles.save(); !problem.isEmpty()) {
            complain(problem);
            return;
        }
    }
    accept();
}

std::optional<ConnectionDialog::Choice> ConnectionDialog::ask(desk::Profiles& profiles, QWidget* parent) {
    ConnectionDialog dialog(profiles, parent);
    if (dialog.exec() != QDialog::Accepted)
        return std::nullopt;
    if (dialog.m_sandbox) {
        Choice sandbox;
        sandbox.profile = desk::sandboxProfile();
        sandbox.sandbox = true;
        return sandbox;
    }
    Choice choice{dialog.profile().value(), dialog.password()};
    if (choice.profile.savesPassword && !choice.password.isEmpty())
        desk::keychain::write(choice.profile.name, choice.password);
    return choice;
}

} // namespace ui
