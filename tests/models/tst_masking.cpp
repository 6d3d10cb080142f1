// SPDX-License-Identifier: GPL-3.0-or-later
// Secrets in payloads, and two payloads compared without showing them.
#include "models/comparison.h"
#include "models/eventpagemodel.h"
#include "models/jsontext.h"
#include "models/masking.h"
#include "models/secrets.h"
#include "models/tabletext.h"
#include "store/journal.h"
#include "support/gaps.h"

#include <QAbstractItemModelTester>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QTest>

using namespace models;
using namespace Qt::StringLiterals;

namespace {

domain::EventRow made(std::int64_t id, const std::string& payload) {
    domain::EventRow row;
    row.id = id;
    row.position = {1, "(0," + std::to_string(id) + ")"};
    row.type = "t";
    row.data = payload;
    row.dataBytes = std::int64_t(payload.size());
    return row;
}

ComparedEvent compared(std::int64_t id, const std::string& payload) {
    const domain::EventRow event = made(id, payload);
    return {event, event.message()};
}

QStringList places(const std::vector<ComparisonLine>& lines) {
    QStringList found;
    for (const ComparisonLine& line : lines) {
        if (line.differs)
            found += line.place;
    }
    return found;
}

} // namespace

class TestMasking : public QObject {
    Q_OBJECT

    const Masking m_masking{Masking::Patterns::usual()};

private Q_SLOTS:

    void cleanup() { Masking::setCurrent(Masking(Masking::Patterns::usual())); }

    void secrets_data() { secretRows(); }

    void secrets() {
        QFETCH(QString, text);
        QFETCH(QString, shown);
        QCOMPARE(m_masking.apply(text), shown);
        QCOMPARE(m_masking.apply(shown), shown);
    }

    /// The same is hidden in the journal's file, also while the screen shows it.
    void journalFile_data() { secretRows(); }

    void journalFile() {
        QFETCH(QString, text);
        Masking::setCurrent(Masking(Masking::Patterns{.on = false,
                                                      .keys = Masking::Patterns::usual().keys,
                                                      .expressions = Masking::Patterns::usual().expressions}));
        const QTemporaryDir folder;
        const QString path = folder.filePath(u"journal.sqlite"_s);
        store::Journal journal({.path = path});
        store::JournalRecord record;
        record.operation = u"one"_s;
        record.sql = record.reason = record.subject = record.prediction = record.summary = text;
        record.undo = QString::fromUtf8(QJsonDocument(QJsonObject{{u"password"_s, text}}).toJson());
        QVERIFY(!journal.append(record).result());
        const store::JournalRecord read = journal.page({}).result().records.value(0);
        QCOMPARE(read.operation, u"one"_s);
        // With dots in it, it would do something else.
        QVERIFY(read.undo.isEmpty());
        for (const QString& suffix : {u""_s, u"-wal"_s}) {
            QFile file(path + suffix);
            QVERIFY(file.open(QIODevice::ReadOnly));
            QVERIFY(!file.readAll().contains("hunter2"));
        }
    }

    /// Twice the text takes about twice the time, whatever it is made of.
    void takesTimeByLength_data() { pieceRows(); }

    void takesTimeByLength() {
        QFETCH(QString, piece);
        const auto took = [&](qsizetype size) {
            const QString text = u"{"_s + piece.repeated(size / piece.size());
            const double begun = support::processorMs();
            (void)m_masking.apply(text);
            return support::processorMs() - begun;
        };
        took(1'000);
        // 32 times the text: in proportion it is 32, by the square 1,024.
        QVERIFY(support::inSomeTry([&] { return took(3'200'000) < 300 * std::max(took(100'000), 0.2); }));
    }

    /// Half a million keys.
    void manyKeys() {
        QString text = u"{"_s;
        for (int key = 0; key < 500'000; ++key)
            text += u"\"key_%1\":%2,"_s.arg(key).arg(key % 7);
        text += u"\"password\":\"hunter2\"}"_s;
        const double begun = support::processorMs();
        const QString shown = m_masking.apply(text);
        qInfo("%.0f ms for %lld characters", support::processorMs() - begun, qint64(text.size()));
        QVERIFY(!shown.contains(u"hunter2"_s));
        QVERIFY(!JsonText(shown.toUtf8()).check());
    }

    /// Whatever stands around it, a secret never shows, and JSON stays JSON.
    void randomJson() {
        QRandomGenerator random(7);
        for (int round = 0; round < 500; ++round) {
            const QString secret = u"S3CR\\\"ET\\\\"_s;
            std::function<QString(int)> value = [&](int depth) -> QString {
                switch (random.bounded(depth > 3 ? 4 : 6)) {
                case 0:
                    return QString::number(random.bounded(1000));
                case 1:
                    return u"\"te\\\\xt \\\" {[,:\""_s;
                case 2:
                    return u"null"_s;
                case 3:
                    return u"{\"user_token\":\""_s + secret + u"\",\"n\":[]}"_s;
                case 4:
                    return u"["_s + value(depth + 1) + u", "_s + value(depth + 1) + u"]"_s;
                default:
                    return u"{\"k\" : "_s + value(depth + 1) + u",\"Secret\":"_s + u"[\""_s + secret + u"\"]"_s +
                           u"}"_s;
                }
            };
            const QString json = value(0);
            const QString shown = m_masking.apply(json);
            QVERIFY2(!shown.contains(u"S3CR"_s), qPrintable(json + u'\n' + shown));
            QVERIFY2(!JsonText(shown.toUtf8()).check(), qPrintable(json + u'\n' + shown));
            const qsizetype cut = random.bounded(int(json.size()) + 1);
            const QString beginning = m_masking.apply(json.first(cut));
            QVERIFY2(!beginning.contains(u"S3C"_s), qPrintable(json.first(cut) + u'\n' + beginning));
        }
    }

    void switchedOffAndBroken() {
        QCOMPARE(Masking(Masking::Patterns{false, {u"a"_s}, {}}).apply(u"{\"a\":1}"_s), u"{\"a\":1}"_s);
        QVERIFY(!Masking::problem(u"(unclosed"_s).isEmpty());
        QVERIFY(Masking::problem(u"a+"_s).isEmpty());
        // What the patterns leave out is hidden all the same, once something is to be hidden.
        QVERIFY(!Masking(Masking::Patterns{})
                     .apply(u"{\"password\":\"hunter2\"} password=hunter2"_s)
                     .contains(u"hunter2"_s));
        // One that gives up shows nothing rather than a secret.
        const Masking slow(Masking::Patterns{true, {}, {u"(x+x+)+[yz]"_s}});
        const QString text(60, u'x');
        QVERIFY(!slow.apply(text).contains(u"xxx"_s));
    }

    void tablesCopyNoSecrets() {
        EventPageModel model(EventPageModel::Of::Window);
        const QAbstractItemModelTester tester(&model);
        model.open();
        domain::EventPage page;
        page.rows = {made(1, "{\"password\":\"hunter2\"}"), made(2, "{\"a\":1,\"text\":\"long")};
        page.rows[0].extras[0] = "token=abc";
        page.rows[1].dataBytes = 5'000;
        quint64 request = 0;
        connect(&model, &EventPageModel::pageWanted, &model, [&](quint64 number) { request = number; });
        model.open();
        model.deliver(request, page);
        QModelIndexList rows = {model.index(0, 0), model.index(1, 0)};
        QList<int> columns;
        for (int column = 0; column < model.columnCount(); ++column)
            columns += column;
        for (const TextForm form : {TextForm::Plain, TextForm::Csv, TextForm::Json, TextForm::Sql}) {
            const QString text = tableText(model, rows, columns, form, u"events"_s);
            QVERIFY(text.contains(Masking::dots()));
            QVERIFY(!text.contains(u"hunter2"_s) && !text.contains(u"abc"_s));
        }
        QVERIFY(tableText(model, rows, columns, TextForm::Csv, u"events"_s).contains(u"long…"_s));
        Masking::setCurrent({});
        QVERIFY(tableText(model, rows, columns, TextForm::Csv, u"events"_s).contains(u"hunter2"_s));
    }

    void compares() {
        const auto left = compared(1, "{\"a\":1,\"b\":{\"c\":[1,2]},\"pass\":1,\"password\":\"x\",\"z\":{}}");
        const auto right = compared(2, "{\"a\":1.0,\"n\":3,\"b\":{\"c\":[1,2,3]},\"password\":\"y\",\"z\":{}}");
        const auto [lines, stopped] = compareEvents(left, right, m_masking);
        QVERIFY(!stopped);
        QCOMPARE(places(lines),
                 QStringList({u"ev_id"_s, u"bytes"_s, u"a"_s, u"n"_s, u"b.c[2]"_s, u"pass"_s, u"password"_s}));
        for (const ComparisonLine& line : lines) {
            if (line.place == "password"_L1) {
                QCOMPARE(line.left.value(), QString(u'"' + Masking::dots() + u'"'));
                QCOMPARE(line.right.value(), line.left.value());
            }
            if (line.place == "pass"_L1)
                QVERIFY(!line.right.has_value());
        }
        AnswerModel<ComparisonLine> model(comparisonColumns(u"one"_s, u"two"_s));
        const QAbstractItemModelTester tester(&model);
        model.show(lines, {});
        QCOMPARE(model.index(0, 0).data(Qt::AccessibleTextRole).toString(), u"differs"_s);
    }

    void comparesTexts() {
        ComparedEvent left = compared(1, "a\nb\nc\nd");
        ComparedEvent right = compared(1, "a\nc\nx\nd");
        QCOMPARE(places(compareEvents(left, right, m_masking).lines), QStringList({u"line 2"_s, u"line 3"_s}));
        // Extra fields are compared whole; of a beginning nobody says that it is all.
        left.message.extras[0] = std::string(400, 'x') + "a";
        right.message.extras[0] = std::string(400, 'x') + "b";
        const Comparison whole = compareEvents(left, right, m_masking);
        QVERIFY(places(whole.lines).contains(u"ev_extra1"_s) && !whole.stopped);
        right.message.extras[0]->pop_back();
        right.message.extraBytes[0] = 401;
        QVERIFY(compareEvents(left, right, m_masking).stopped);
        right = compared(1, "a\nb\nc\nd");
        right.message.dataBytes = 1'000;
        QVERIFY(compareEvents(left, right, m_masking).stopped);
        left = right = compared(1, "");
        left.message.data.reset();
        right.message.data.reset();
        QVERIFY(places(compareEvents(left, right, m_masking).lines).isEmpty());
        // A column that is NULL is there; a line that only the other text has is not.
        right.message.type = "t";
        right.message.data = "a\nb";
        const auto sides = [this](const ComparedEvent& one, const ComparedEvent& other) {
            AnswerModel<ComparisonLine> model(comparisonColumns(u"one"_s, u"two"_s));
            const QAbstractItemModelTester tester(&model);
            model.show(compareEvents(one, other, m_masking).lines, {});
            QMap<QString, QString> shown;
            for (int row = 0; row < model.rowCount(); ++row)
                shown[model.index(row, 1).data().toString()] = model.index(row, 2).data().toString();
            return shown;
        };
        left.message.type.reset();
        QCOMPARE(sides(left, right).value(u"ev_type"_s), u"NULL"_s);
        QCOMPARE(sides(left, right).value(u"ev_data"_s), u"NULL"_s);
        left.message.data = "a";
        QCOMPARE(sides(left, right).value(u"line 2"_s), u"(not there)"_s);
        right.message.type.reset();
        right.message.data = std::string(60'000, '\n');
        left.message.data = "[1]";
        const Comparison bounded = compareEvents(left, right, m_masking, 1'000);
        QVERIFY(bounded.stopped && bounded.lines.size() < 1'020);
    }

    /// What is a secret only as a whole shows in no line and no leaf; whether it differs is told.
    void comparesSecrets_data() {
        QTest::addColumn<QByteArray>("left");
        QTest::addColumn<QByteArray>("right");
        QTest::addColumn<int>("differences");
        const QByteArray key("-----BEGIN PRIVATE KEY-----\nab\nhunter2\ncd\n-----END PRIVATE KEY-----\nrest");
        QByteArray other = key;
        QTest::newRow("lines") << key << other.replace("hunter2", "hunter2a") << 1;
        QTest::newRow("cut JSON") << QByteArray("{\n\"credentials\":\n{\"u\":\n\"hunter2\"")
                                  << QByteArray("{\n\"credentials\":\n{\"u\":\n\"hunter22\"") << 1;
        QTest::newRow("below a key") << QByteArray("{\"credentials\":{\"u\":[\"hunter2\",1]},\"n\":1}")
                                     << QByteArray("{\"credentials\":{\"u\":[\"hunter2a\",1]},\"n\":1}") << 1;
        QTest::newRow("in a leaf") << QByteArray("[\"{\\\"token\\\":\\\"hunter2\\\"}\",\"password=hunter2\"]")
                                   << QByteArray("[\"{\\\"token\\\":\\\"hunter2a\\\"}\",\"password=hunter2\"]") << 1;
    }

    void comparesSecrets() {
        QFETCH(QByteArray, left);
        QFETCH(QByteArray, right);
        QFETCH(int, differences);
        const auto event = [](const QByteArray& payload) {
            // The sizes are equal: only what is in it differs.
            ComparedEvent one = compared(1, "same");
            one.message.data = payload.toStdString();
            return one;
        };
        const Comparison comparison = compareEvents(event(left), event(right), m_masking);
        QCOMPARE(places(comparison.lines).size(), differences);
        for (const ComparisonLine& line : comparison.lines) {
            QVERIFY2(!line.left.value_or(QString()).contains(u"hunter2"_s), qPrintable(line.place));
            QVERIFY2(!line.right.value_or(QString()).contains(u"hunter2"_s), qPrintable(line.place));
        }
    }
};

QTEST_GUILESS_MAIN(TestMasking)
#include "tst_masking.moc"
