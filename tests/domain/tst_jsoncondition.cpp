// SPDX-License-Identifier: GPL-3.0-or-later
// Places inside JSON texts, as they are typed into a search.
#include "domain/jsoncondition.h"

#include <QTest>

using domain::JsonCondition;
using namespace Qt::StringLiterals;

namespace {

bool holds(const char* condition, const char* json) {
    const auto parsed = JsonCondition::parse(condition);
    if (!std::holds_alternative<JsonCondition>(parsed))
        qFatal("%s: %s", condition, std::get<std::string>(parsed).c_str());
    return std::get<JsonCondition>(parsed).matches(json);
}

} // namespace

class TestJsonCondition : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void matches_data() {
        QTest::addColumn<QByteArray>("condition");
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<bool>("expected");
        const QByteArray order =
            "{\"a\":\"x,\\\"id\\\":1\",\"order\":{\"id\":9007199254740993,\"ok\":true,\"none\":null,"
            "\"lines\":[{\"sku\":\"a-1\"},{\"sku\":\"b 7\"}],\"a.b\":{\"\":5}}} trailing";
        const auto row = [&order](const char* condition, bool expected) {
            QTest::newRow(condition) << QByteArray(condition) << order << expected;
        };
        row("order.id", true);
        row("$.order.id = 9007199254740993", true);
        row("order.id=9007199254740992", false);
        row("order.id == \"9007199254740993\"", true);
        row("id = 1", false); // only inside a string
        row("order.missing", false);
        row("order.none", true);
        row("order.none = null", true);
        row("order.ok = true", true);
        row("order.lines[1].sku = b 7", true);
        row("order.lines[*].sku = b 7", true);
        row("order.lines[2].sku", false);
        row("order.lines[*].sku = c", false);
        row("order[\"a.b\"]", true);
        row("order.lines", true);
        row("order.lines = []", false);
        row("[0]", false);
        const auto other = [](const char* name, const char* condition, const char* json, bool expected) {
            QTest::newRow(name) << QByteArray(condition) << QByteArray(json) << expected;
        };
        other("escaped key", "naïve.k = 😀", "{\"na\\u00efve\":{\"k\":\"\\ud83d\\ude00\"}}", true);
        other("top array", "[1]", "[1, 2]", true);
        other("empty array", "[*]", "[]", false);
        other("second of equal keys", "a = 2", "{\"a\":1,\"a\":2}", true);
        other("no JSON", "a", "plain a", false);
        other("empty", "a", "", false);
        other("cut before it", "b", "{\"a\":{\"b\":1},\"c\":\"…", false);
        other("cut behind it", "a", "{\"a\":1,\"c\":\"…", true);
        other("unfinished escape", "a = x", "{\"a\":\"x\\", false);
        other("mismatched", "a.b", "{\"a\":]}", false);
    }

    void matches() {
        QFETCH(QByteArray, condition);
        QFETCH(QByteArray, json);
        QFETCH(bool, expected);
        QCOMPARE(holds(condition.constData(), json.constData()), expected);
    }

    void deepTextsNeedNoStack() {
        const std::string deep(1'000'000, '[');
        QVERIFY(!holds("a", ("{\"b\":" + deep).c_str()));
        QVERIFY(holds("a", ("{\"b\":" + deep + std::string(1'000'000, ']') + ",\"a\":1}").c_str()));
    }

    void problems_data() {
        QTest::addColumn<QByteArray>("condition");
        for (const char* condition : {"", "  ", "$", "= 5", "a..b", "a[", "a[x]", "a[-1]", "a b", "a[0]b", "a[\"\"]"})
            QTest::newRow(condition) << QByteArray(condition);
    }

    void problems() {
        QFETCH(QByteArray, condition);
        QVERIFY(std::holds_alternative<std::string>(JsonCondition::parse(condition.constData())));
    }
};

QTEST_GUILESS_MAIN(TestJsonCondition)
#include "tst_jsoncondition.moc"
