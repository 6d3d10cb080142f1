// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/masking.h"

#include <QTest>

// Texts with secrets, for every test of what must not show one. In a file of its own because moc stumbles over raw
// literals.

/// Of a literal that keeps its backslashes.
inline QString plain(const char* text) {
    return QString::fromUtf8(text);
}

/// text: with the secret hunter2; shown: what may be seen of it.
inline void secretRows() {
    using namespace Qt::StringLiterals;
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("shown");
    // The secret is hunter2; * stands for the dots in what is shown.
    const auto row = [](const char* name, const QString& text, QString shown) {
        QTest::newRow(name) << text << shown.replace(u'*', models::Masking::dots());
    };
    const auto same = [](const char* name, const QString& text) { QTest::newRow(name) << text << text; };
    row("string", plain(R"({"password":"hunter2","a":1})"), plain(R"({"password":"*","a":1})"));
    row("key with signs", plain(R"({"API-Key" : "hunter2"})"), plain(R"({"API-Key" : "*"})"));
    row("number", plain(R"({"cvv":123, "b":2})"), plain(R"({"cvv":"*", "b":2})"));
    same("null stays", plain(R"({"token":null})"));
    row("object", plain(R"({"credentials":{"u":"}hunter2","p":[1]},"b":2})"), plain(R"({"credentials":"*","b":2})"));
    row("escaped quote inside", plain(R"({"secret":"a\"hunter2","c":1})"), plain(R"({"secret":"*","c":1})"));
    row("backslash at the end", plain(R"({"secret":"hunter2\\","c":1})"), plain(R"({"secret":"*","c":1})"));
    row("cut", plain(R"({"secret":"hunter2)"), plain(R"({"secret":"*)"));
    row("key with an escaped slash", plain(R"({"auth\/token":"hunter2"})"), plain(R"({"auth\/token":"*"})"));
    row("key with a letter as a number", plain(R"({"pass\u0077ord":"hunter2"})"), plain(R"({"pass\u0077ord":"*"})"));
    row("key with a backslash", plain(R"({"a\\token":"hunter2"})"), plain(R"({"a\\token":"*"})"));
    row("key with a mark", plain(R"({"a\"token":"hunter2"})"), plain(R"({"a\"token":"*"})"));
    const QString longKey(5'000, u'k');
    row("long key", plain(R"({"%1_token":"hunter2"})").arg(longKey), plain(R"({"%1_token":"*"})").arg(longKey));
    row("JSON in a string", plain(R"({"body":"{\"password\":\"hunter2\",\"n\":1}"})"),
        plain(R"({"body":"{\"password\":\"*\",\"n\":1}"})"));
    row("object in JSON in a string", plain(R"({"body":"{\"credentials\":{\"a\":\"}hunter2\"},\"n\":1}"})"),
        plain(R"({"body":"{\"credentials\":\"*\",\"n\":1}"})"));
    row("JSON with lines in a string", plain(R"({"body":"{\n \"password\" :\n \"hunter2\"\n}"})"),
        plain(R"({"body":"{\n \"password\" :\n \"*\"\n}"})"));
    row("mark inside of it", plain(R"({"body":"{\"password\":\"a\\\"hunter2\"}"})"),
        plain(R"({"body":"{\"password\":\"*\"}"})"));
    row("two levels down", plain(R"({"b":"{\"c\":\"{\\\"token\\\":\\\"hunter2\\\"}\"}"})"),
        plain(R"({"b":"{\"c\":\"{\\\"token\\\":\\\"*\\\"}\"}"})"));
    row("marks as numbers", plain(R"({"body":"{\u0022password\u0022:\u0022hunter2\u0022,\u0022n\u0022:1}"})"),
        plain(R"({"body":"{\u0022password\u0022:\u0022*\u0022,\u0022n\u0022:1}"})"));
    row("in SQL", plain(R"(select pgque.send('q', 't', '{"token":"hunter2"}'))"),
        plain(R"(select pgque.send('q', 't', '{"token":"*"}'))"));
    row("in SQL, doubled", plain(R"(send(E'{"b":"{\\"token\\":\\"a\\\\\\"hunter2\\",\\"n\\":1}"}'))"),
        plain(R"(send(E'{"b":"{\\"token\\":\\"*\\",\\"n\\":1}"}'))"));
    row("in an array in SQL", plain(R"(send_batch('q', E'{"{\\"token\\":\\"hunter2\\"}"}'))"),
        plain(R"(send_batch('q', E'{"{\\"token\\":\\"*\\"}"}'))"));
    row("bearer", u"Authorization: Bearer hunter2.1"_s, u"Authorization: Bearer *"_s);
    row("basic", u"authorization: Basic aHVudGVyMg== 200"_s, u"authorization: Basic * 200"_s);
    row("form", u"user=a&password=hunter2&c=d"_s, u"user=a&password=*&c=d"_s);
    for (const char* name : {"access_token", "refresh_token", "client_secret", "db_password", "api_key", "sslpassword",
                             "PGPASSWORD", "x-api-key"})
        row(name, QString::fromLatin1(name) + u"=hunter2 b"_s, QString::fromLatin1(name) + u"=* b"_s);
    row("in JSON's text", plain(R"({"dsn":"host=db password=hunter2","n":1})"),
        plain(R"({"dsn":"host=db password=*","n":1})"));
    row("in JSON's text in JSON", plain(R"({"b":"{\"dsn\":\"password=hunter2\"}"})"),
        plain(R"({"b":"{\"dsn\":\"password=*\"}"})"));
    same("nothing behind it", plain(R"({"b":"password=","n":"x"})"));
    row("quoted", plain(R"(password = 'a b\'hunter2' user=x)"), u"password = '*' user=x"_s);
    row("quoted twice", plain(R"(password="a hunter2" user=x)"), plain(R"(password="*" user=x)"));
    row("YAML", u"password: hunter2\nuser: x"_s, u"password: *\nuser: x"_s);
    row("another", u"X-Auth-Token: hunter2\n"_s, u"X-Auth-Token: *\n"_s);
    row("long token", u"token: hunter2hunter2hunter2"_s, u"token: *"_s);
    row("Python", u"{'password': 'hunter2', 'a': 1}"_s, u"{'password': '*', 'a': 1}"_s);
    row("PHP", u"'password' => 'hunter2'"_s, u"'password' => '*'"_s);
    row("role", u"alter role r password 'hunter2''y';"_s, u"alter role r password '*';"_s);
    row("XML", u"<db:password>hunter2</db:password>"_s, u"<db:password>*</db:password>"_s);
    row("URI", u"postgresql://bob:hunter2@host/db"_s, u"postgresql://bob:*@host/db"_s);
    row("URI in PHP's JSON", plain(R"("redis:\/\/:hunter2@host")"), plain(R"("redis:\/\/:*@host")"));
    row("URI cut", u"postgresql://bob:hunter2"_s, u"postgresql://bob:*"_s);
    row("key file", u"-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----"_s,
        u"-----BEGIN PRIVATE KEY-----*-----END PRIVATE KEY-----"_s);
    same("URI with a port", u"postgres://ada@db:5432/shop http://localhost:8080"_s);
    same("prose", u"the password is wrong; unexpected token: x; 12 tokens: a"_s);
    same("SQL's own", u"select workqueue.rearm(i_token => 4)"_s);
    same("harmless", plain(R"({"shipping":"fast","passport":"a","tokens":5})"));
    same("empty", {});
}

/// piece: a long text of it should take no longer than any other.
inline void pieceRows() {
    using namespace Qt::StringLiterals;
    QTest::addColumn<QString>("piece");
    QTest::newRow("keys") << u"\"order_id\":1,"_s;
    QTest::newRow("secrets") << u"\"token\":\"x\","_s;
    QTest::newRow("JSON in a string") << plain(R"(\"a\":1,)");
    QTest::newRow("marks") << u"\""_s;
    QTest::newRow("backslashes") << u"\\"_s;
    QTest::newRow("marks of many levels") << plain(R"("\"\\\"\\\\\\\"\u0022)");
    QTest::newRow("open objects") << u"\"credential\":{"_s;
    QTest::newRow("short lines") << u"ab\n"_s;
    QTest::newRow("schemes") << u"a-b."_s;
    QTest::newRow("URIs") << u"a://b:"_s;
    QTest::newRow("passwords") << u"password='"_s;
    QTest::newRow("passwords of backslashes") << plain(R"(password=\\\\\\\\\\\\)");
    QTest::newRow("spaces") << u"password     "_s;
    QTest::newRow("colons") << u"\"a\" : : "_s;
    QTest::newRow("key files") << u"-----BEGIN PRIVATE KEY-----"_s;
}
