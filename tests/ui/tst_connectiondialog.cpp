// SPDX-License-Identifier: GPL-3.0-or-later
// The connection dialog: what is typed becomes a connection, what can't be one is said, and no password is written.
#include "ui/connectiondialog.h"

#include <QAbstractButton>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QtTest>

using namespace Qt::StringLiterals;

class ConnectionDialogTest : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<desk::Profiles> m_profiles;
    std::unique_ptr<ui::ConnectionDialog> m_dialog;

    void open() {
        m_dialog = std::make_unique<ui::ConnectionDialog>(*m_profiles);
        m_dialog->show();
    }

    void type(const char* name, const QString& text) const {
        auto* field = m_dialog->findChild<QLineEdit*>(QString::fromLatin1(name));
        QVERIFY2(field, name);
        field->setText(text);
    }

    std::string value(const char* key) const { return m_dialog->profile().value().connection.get(key).value_or(""); }

    QString problem() const {
        auto* label = m_dialog->findChild<QLabel*>(u"connectionProblem"_s);
        return label->isVisible() ? label->text() : QString();
    }

private Q_SLOTS:

    void init() {
        m_folder = std::make_unique<QTemporaryDir>();
        m_profiles = std::make_unique<desk::Profiles>(m_folder->path());
        QCOMPARE(m_profiles->load(), QString());
    }

    void cleanup() { m_dialog.reset(); }

    void fields() {
        open();
        type("connection.host", u" db1 "_s);
        type("connection.port", u"5433"_s);
        type("connection.dbname", u"app"_s);
        type("connection.user", u"o'ps"_s);
        QCOMPARE(value("host"), std::string("db1"));
        QCOMPARE(value("port"), std::string("5433"));
        QCOMPARE(value("dbname"), std::string("app"));
        QCOMPARE(value("user"), std::string("o'ps"));
        QVERIFY(m_dialog->profile()->environment == desk::Environment::Unlabelled);
        for (const auto& wrong : {u"0"_s, u"65536"_s, u"five"_s, u"-1"_s}) {
            type("connection.port", wrong);
            QVERIFY(!m_dialog->profile());
            QVERIFY(problem().contains(u"65535"_s));
        }
    }

    void uriAndText() {
        open();
        m_dialog->findChild<QTabWidget*>()->setCurrentIndex(1);
        QVERIFY(!m_dialog->profile());
        QVERIFY(!problem().isEmpty());
        type("connectionText", u"postgresql://ops@db2:5434/app?sslmode=require"_s);
        QCOMPARE(value("host"), std::string("db2"));
        QCOMPARE(value("sslmode"), std::string("require"));
        type("connectionText", u"host=db3 dbname='my app'"_s);
        QCOMPARE(value("dbname"), std::string("my app"));
        type("connectionText", u"postgresql://ops:s3cret@[::1/db"_s);
        QVERIFY(!m_dialog->profile());
        QVERIFY(!problem().isEmpty() && !problem().contains(u"s3cret"_s));
    }

    void service() {
        open();
        m_dialog->findChild<QTabWidget*>()->setCurrentIndex(2);
        type("connectionService", u"orders"_s);
        QCOMPARE(value("service"), std::string("orders"));
    }

    /// A name saves it; the password, whatever way it came, stays out of the file.
    void savedWithoutThePassword() {
        open();
        m_dialog->findChild<QTabWidget*>()->setCurrentIndex(1);
        type("connectionText", u"postgresql://ops:s3cret@db1/app"_s);
        type("connectionPassword", u"als0secret"_s);
        type("connectionName", u"night shift"_s);
        m_dialog->findChild<QComboBox*>(u"connectionEnvironment"_s)->setCurrentIndex(1);
        m_dialog->findChild<QAbstractButton*>(u"connect"_s)->click();
        QCOMPARE(m_dialog->result(), int(QDialog::Accepted));
        QFile file(m_profiles->fileName());
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray written = file.readAll();
        QVERIFY(written.contains("night shift") && written.contains("production"));
        QVERIFY(!written.contains("s3cret") && !written.contains("als0secret"));
        QVERIFY(!(file.permissions() & (QFile::ReadGroup | QFile::ReadOther)));

        open();
        auto* saved = m_dialog->findChild<QListWidget*>(u"savedConnections"_s);
        QCOMPARE(saved->count(), 2);
        saved->setCurrentRow(1);
        QCOMPARE(value("host"), std::string("db1"));
        QVERIFY(m_dialog->profile()->environment == desk::Environment::Production);
        saved->setCurrentRow(0);
        QCOMPARE(value("host"), std::string());
    }

    /// A list that can't be read is left as it is, and what was typed stays.
    void brokenProfilesAreNotOverwritten() {
        QFile file(m_profiles->fileName());
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("{ not json");
        file.close();
        QVERIFY(!m_profiles->load().isEmpty());
        open();
        type("connection.host", u"db1"_s);
        type("connectionName", u"one"_s);
        m_dialog->findChild<QAbstractButton*>(u"connect"_s)->click();
        QVERIFY(m_dialog->isVisible());
        QVERIFY(!problem().isEmpty());
        QCOMPARE(value("host"), std::string("db1"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), QByteArray("{ not json"));
    }

    void everyFieldHasAName() {
        open();
        for (const QLineEdit* field : m_dialog->findChildren<QLineEdit*>()) {
            if (field->objectName() != u"qt_spinbox_lineedit"_s)
                QVERIFY2(!field->accessibleName().isEmpty(), qPrintable(field->objectName()));
        }
    }
};

QTEST_MAIN(ConnectionDialogTest)
#include "tst_connectiondialog.moc"
