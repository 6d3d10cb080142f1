// SPDX-License-Identifier: GPL-3.0-or-later
// Profiles survive, never hold a secret, and a file that can't be read is left alone.
#include "desk/profiles.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace Qt::StringLiterals;
using desk::Environment;
using desk::Profile;
using desk::Profiles;

class TestProfiles : public QObject {
    Q_OBJECT

    static QByteArray contents(const Profiles& profiles) {
        QFile file(profiles.fileName());
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

private Q_SLOTS:

    void roundTrip() {
        const QTemporaryDir folder;
        Profiles written(folder.path() + u"/deep/er"_s);
        QCOMPARE(written.load(), QString());
        Profile profile;
        profile.name = u"Bestellungen \u00e9"_s;
        profile.environment = Environment::Staging;
        profile.connection = pg::ConnectionInfo::parse("host=db1 dbname='my db' user=ann sslmode=verify-full");
        profile.applicationNameRule = u"{group}.{member}"_s;
        profile.savesPassword = true;
        written.put(profile);
        Profile other;
        other.name = u"b"_s;
        written.put(other);
        written.setLastUsed(u"b"_s);
        QCOMPARE(written.save(), QString());
        QCOMPARE(QFile::permissions(written.fileName()) & (QFile::ReadGroup | QFile::ReadOther), QFile::Permissions());

        Profiles read(folder.path() + u"/deep/er"_s);
        QCOMPARE(read.load(), QString());
        QCOMPARE(read.all().size(), std::size_t(2));
        QVERIFY(*read.find(profile.name) == profile);
        QCOMPARE(read.lastUsed(), u"b"_s);
        read.remove(u"b"_s);
        QVERIFY(read.lastUsed().isEmpty());
        QVERIFY(!read.find(u"b"_s));
    }

    void noSecrets() {
        const QTemporaryDir folder;
        Profiles profiles(folder.path());
        Profile profile;
        profile.name = u"p"_s;
        profile.connection = pg::ConnectionInfo::parse("postgresql://ann:s3cret@db1/app?sslpassword=k3y");
        profiles.put(profile);
        QCOMPARE(profiles.save(), QString());
        QVERIFY(!contents(profiles).contains("s3cret"));
        QVERIFY(!contents(profiles).contains("k3y"));
        Profiles read(folder.path());
        read.load();
        QCOMPARE(QString::fromStdString(read.find(u"p"_s)->connection.get("host").value()), u"db1"_s);
        QVERIFY(!read.find(u"p"_s)->connection.get("password"));
    }

    void brokenFileIsLeftAlone_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("cut off") << QByteArray("{\"format\": \"batchscope.pro");
        QTest::newRow("later version") << QByteArray("{\"format\": \"batchscope.profiles/9\"}");
        QTest::newRow("empty") << QByteArray();
    }

    void brokenFileIsLeftAlone() {
        QFETCH(QByteArray, text);
        const QTemporaryDir folder;
        Profiles profiles(folder.path());
        QFile file(profiles.fileName());
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(text);
        file.close();
        QVERIFY(!profiles.load().isEmpty());
        profiles.put(Profile{u"p"_s, {}, {}, {}, {}, false});
        QVERIFY(!profiles.save().isEmpty());
        QCOMPARE(contents(profiles), text);
    }

    void folderThatCannotBeWritten() {
        const QTemporaryDir folder;
        QFile file(folder.path() + u"/taken"_s);
        QVERIFY(file.open(QIODevice::WriteOnly));
        Profiles profiles(file.fileName());
        QVERIFY(!profiles.save().isEmpty());
    }

    void unknownEnvironmentIsHandledWithCare() {
        for (const auto environment : {Environment::Unlabelled, Environment::Production, Environment::Staging,
                                       Environment::Local, Environment::Sandbox})
            QVERIFY(desk::environmentFromWord(desk::environmentWord(environment)) == environment);
        const QTemporaryDir folder;
        Profiles profiles(folder.path());
        QFile file(profiles.fileName());
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(R"({"format": "batchscope.profiles/1", "profiles": [{"name": "p", "environment": "holy"}]})");
        file.close();
        QCOMPARE(profiles.load(), QString());
        QCOMPARE(profiles.find(u"p"_s)->environment, Environment::Production);
    }
};

QTEST_GUILESS_MAIN(TestProfiles)
#include "tst_profiles.moc"
