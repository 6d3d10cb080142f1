// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/column.h"
#include "models/jsontreemodel.h"

#include <QAbstractItemModelTester>
#include <QJsonDocument>
#include <QtTest>

#include <random>

using namespace models;
using namespace Qt::StringLiterals;

namespace {

QStringList unfold(JsonTreeModel& model, const QModelIndex& parent = {}, int depth = 0) {
    while (model.canFetchMore(parent))
        model.fetchMore(parent);
    QStringList lines;
    for (int row = 0; row < model.rowCount(parent); ++row) {
        const QModelIndex key = model.index(row, JsonTreeModel::Key, parent);
        lines += QString(qsizetype(depth) * 2, u' ') + key.data().toString() + u": "_s +
                 key.siblingAtColumn(JsonTreeModel::Value).data().toString();
        lines += unfold(model, key, depth + 1);
    }
    return lines;
}

} // namespace

class JsonTest : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void readsAsATree() {
        JsonTreeModel model;
        QVERIFY(!model.setText(R"( {"id": 9007199254740993, "t":102.950, "c":{"a":[1,[],{}],"b":"x\"y\u00e9\n"},
            "id": -0.1E+400, "":null, "yes":true} )"));
        // Attached after the reset: the tester unfolds the model from within the reset's own signal.
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QCOMPARE(unfold(model), (QStringList{
                                    u"{}: 6 key(s)"_s,
                                    u"  id: 9007199254740993"_s,
                                    u"  t: 102.950"_s,
                                    u"  c: {} 2 key(s)"_s,
                                    u"    a: [] 3 item(s)"_s,
                                    u"      [0]: 1"_s,
                                    u"      [1]: [] 0 item(s)"_s,
                                    u"      [2]: {} 0 key(s)"_s,
                                    u"    b: \"x\"yé⟨U+000A⟩\""_s,
                                    u"  id: -0.1E+400"_s,
                                    u"  : null"_s,
                                    u"  yes: true"_s,
                                }));
    }

    void scalarsAreTreesToo() {
        JsonTreeModel model;
        QVERIFY(!model.setText("\"only\""));
        QCOMPARE(model.rowCount(), 1);
        QVERIFY(!model.hasChildren(model.index(0, 0)));
    }

    void saysWhereItBreaks_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<int>("line");
        QTest::addColumn<int>("column");
        QTest::addColumn<QString>("what");
        QTest::newRow("empty") << QByteArray("") << 1 << 1 << u"the text ends too early"_s;
        QTest::newRow("colon") << QByteArray("{\"a\" 1}") << 1 << 6 << u"a colon is missing after the key"_s;
        QTest::newRow("comma") << QByteArray("[1\n 2]") << 2 << 2 << u"a comma or ] is missing"_s;
        QTest::newRow("trailing comma") << QByteArray("{\"a\":1,}") << 1 << 8
                                        << u"a key in quotation marks is missing"_s;
        QTest::newRow("no key") << QByteArray("{1:2}") << 1 << 2 << u"a key in quotation marks is missing"_s;
        QTest::newRow("cut") << QByteArray("{\"é\":\"ab") << 1 << 9 << u"the text ends too early"_s;
        QTest::newRow("behind") << QByteArray("1 2") << 1 << 3 << u"there is something behind the value"_s;
        QTest::newRow("zero") << QByteArray("012") << 1 << 2 << u"a number starts with a superfluous zero"_s;
        QTest::newRow("escape") << QByteArray("\"\\x\"") << 1 << 3 << u"no such escape"_s;
        QTest::newRow("unicode escape") << QByteArray("\"\\u12g4\"") << 1 << 6
                                        << u"\\u needs four hexadecimal digits"_s;
        QTest::newRow("control") << QByteArray("\"a\nb\"") << 1 << 3 << u"a control character stands in a string"_s;
        QTest::newRow("word") << QByteArray("nul") << 1 << 1 << u"a value is missing"_s;
        QTest::newRow("text") << QByteArray("hello") << 1 << 1 << u"a value is missing"_s;
        QTest::newRow("wrong bracket") << QByteArray("[1}") << 1 << 3 << u"a comma or ] is missing"_s;
    }

    void saysWhereItBreaks() {
        QFETCH(QByteArray, text);
        JsonTreeModel model;
        const auto error = model.setText(text);
        QVERIFY(error);
        QTEST(error->what, "what");
        QTEST(error->line, "line");
        QTEST(error->column, "column");
        QCOMPARE(model.rowCount(), 0);
    }

    void agreesWithQtOnBrokenTexts() {
        std::mt19937 generator(7);
        const QByteArray good = R"({"a":[1,2.5e3,{"b":"c\\d"},null,true],"x":{"y":[[],{}]}})";
        for (int round = 0; round < 5000; ++round) {
            QByteArray text = good;
            for (unsigned change = generator() % 3; change < 3; ++change) {
                const qsizetype at = qsizetype(generator() % unsigned(text.size()));
                switch (generator() % 3) {
                case 0:
                    text.remove(at, 1);
                    break;
                case 1:
                    text.insert(at, "{}[]\",:1e-\\ "[generator() % 12]);
                    break;
                default:
                    text[at] = "{}[]\",:1e-\\ "[generator() % 12];
                }
            }
            QJsonParseError theirs{};
            QJsonDocument::fromJson(text, &theirs);
            const auto ours = JsonText(text).check();
            // Qt is laxer with numbers (1e, 01), and reads only objects and arrays.
            if (theirs.error != QJsonParseError::NoError)
                QVERIFY2(ours || !text.trimmed().startsWith('{'), text.constData());
            if (ours)
                continue;
            JsonTreeModel model;
            QVERIFY(!model.setText(text));
            unfold(model);
        }
    }

    void longListsComeInPieces() {
        QByteArray text = "[";
        for (int item = 0; item < 100'000; ++item)
            text += QByteArray::number(item) + ',';
        text.back() = ']';
        JsonTreeModel model;
        QVERIFY(!model.setText(text));
        const QModelIndex list = model.index(0, 0);
        QCOMPARE(model.rowCount(list), 0);
        model.fetchMore(list);
        QCOMPARE(model.rowCount(list), JsonTreeModel::fetchSize);
        QVERIFY(model.canFetchMore(list));
        QCOMPARE(list.siblingAtColumn(1).data().toString(), u"100000 item(s)"_s);
    }

    void depthCostsNoStack() {
        const QByteArray text = QByteArray(2'000'000, '[') + QByteArray(2'000'000, ']');
        JsonTreeModel model;
        QVERIFY(!model.setText(text));
        QVERIFY(JsonText(QByteArray(2'000'000, '[')).check());
    }
};

QTEST_GUILESS_MAIN(JsonTest)
#include "tst_json.moc"
