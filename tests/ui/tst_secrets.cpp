// SPDX-License-Identifier: GPL-3.0-or-later
// Nothing of a secret shows where texts of others are shown, and what looks like HTML stays a text.
#include "models/backlogmodels.h"
#include "models/column.h"
#include "models/madesnapshots.h"
#include "models/masking.h"
#include "support/gaps.h"
#include "ui/actiondialog.h"
#include "ui/actions.h"
#include "ui/ask.h"
#include "ui/card.h"
#include "ui/celldelegate.h"
#include "ui/comparedialog.h"
#include "ui/fakedesk.h"
#include "ui/outcomeview.h"
#include "ui/payloadview.h"
#include "ui/predictionview.h"
#include "ui/resend.h"
#include "ui/savedfilters.h"
#include "ui/sqlview.h"
#include "ui/theme.h"
#include "ui/words.h"

#include <QAbstractButton>
#include <QApplication>
#include <QClipboard>
#include <QHelpEvent>
#include <QLabel>
#include <QPlainTextEdit>
#include <QStandardItemModel>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolTip>
#include <QTreeView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace {

const std::string secret = "{\"token\":\"hunter2\",\"n\":1}";

/// All that is written in a window.
QString wordsOf(const QWidget& window) {
    QStringList all;
    for (const QLabel* label : window.findChildren<QLabel*>())
        all += {label->text(), label->toolTip(), label->accessibleName()};
    for (const QPlainTextEdit* edit : window.findChildren<QPlainTextEdit*>())
        all += edit->toPlainText();
    for (const QWidget* widget : window.findChildren<QWidget*>())
        all += {widget->accessibleName(), widget->accessibleDescription()};
    return all.join(u'\n');
}

QString clipboard() {
    return QApplication::clipboard()->text();
}

/// Whether the window's thread works less than its limit between two turns of its loop.
template <class Work>
bool goesOnMeanwhile(Work work) {
    return support::inSomeTry([&] {
        const support::Gaps gaps;
        work();
        return gaps.busiest() < 150; // ms of processor time
    });
}

} // namespace

class TestSecrets : public QObject {
    Q_OBJECT

    std::unique_ptr<desk::Desk> m_desk;
    QTemporaryDir m_folder;

    desk::DeskPrivate& inside() { return desk::DeskPrivate::of(*m_desk); }

    template <class T>
    static T* in(QWidget* parent, const QString& name) {
        T* found = parent->findChild<T*>(name);
        if (!found)
            qFatal("no %s", qPrintable(name));
        return found;
    }

private Q_SLOTS:

    void initTestCase() { ui::Theme::instance().choose(ui::ThemeChoice::Light); }

    void init() {
        m_desk = shopDesk();
        models::Masking::setCurrent(models::Masking(models::Masking::Patterns::usual()));
        QApplication::clipboard()->clear();
    }

    void cleanup() {
        ui::ask::setAnswers({}, {});
        m_desk.reset();
    }

    void outcome() {
        domain::ActionOutcome outcome;
        outcome.kind = domain::OutcomeKind::Failed;
        outcome.summary = "Message 3 of them is no JSON: " + secret;
        outcome.now = secret;
        outcome.results["first"] = secret;
        outcome.rows = {"1  order  " + secret, "2  order  \x1b[0m"};
        outcome.sql = "select pgque.send('q', '" + secret + "')";
        pg::Failure failure;
        failure.diagnostics.message = "password=hunter2 \xe2\x80\xae is wrong";
        failure.diagnostics.detail = "Failing row contains " + secret;
        failure.diagnostics.hint = "Bearer hunter2hunter2 \x07";
        outcome.failure = failure;
        ui::OutcomeView view(outcome);
        view.show();
        QString shown = wordsOf(view);
        QVERIFY2(!shown.contains(u"hunter2"_s), qPrintable(shown));
        QVERIFY(shown.contains(models::Masking::dots()) && shown.contains(u"is no JSON"_s));
        QVERIFY(!shown.contains(QChar(0x202e)) && !shown.contains(QChar(7)) && !shown.contains(QChar(0x1b)));

        auto* copy = in<QAbstractButton>(&view, u"outcomeSqlCopy"_s);
        copy->click();
        QVERIFY(clipboard().startsWith(u"select pgque.send"_s) && !clipboard().contains(u"hunter2"_s));
        auto* withSecrets = in<QAbstractButton>(&view, u"outcomeSqlCopySecrets"_s);
        QVERIFY(withSecrets->isVisible());
        withSecrets->click();
        QVERIFY(clipboard().contains(u"hunter2"_s));
        // Switched on while it is open.
        models::Masking::setCurrent({});
        auto* sql = in<ui::SqlView>(&view, u"outcomeSql"_s);
        sql->showAgain();
        QVERIFY(sql->toPlainText().contains(u"hunter2"_s) && !withSecrets->isVisible());
        models::Masking::setCurrent(models::Masking(models::Masking::Patterns::usual()));
        sql->showAgain();
        QVERIFY(!sql->toPlainText().contains(u"hunter2"_s));
    }

    void question() {
        domain::Prediction prediction;
        prediction.numbers = {{.label = "messages", .value = "1", .note = "of " + secret}};
        prediction.details = {"Line 1: " + secret};
        prediction.refusal = "No JSON: " + secret;
        prediction.sql = "select pgque.send_batch('q', 'default', '" + secret + "')";
        inside().prediction = prediction;
        domain::ActionRequest request;
        request.action = "resend";
        request.queue = "orders";
        ui::ActionDialog dialog(m_desk.get(), *m_desk->actions().find("resend"), request, QTimeZone::utc(), nullptr);
        dialog.show();
        auto* sql = in<QPlainTextEdit>(&dialog, u"sqlPreview"_s);
        QTRY_VERIFY(sql->toPlainText().contains(u"send_batch"_s));
        const QString shown = wordsOf(dialog);
        QVERIFY2(!shown.contains(u"hunter2"_s), qPrintable(shown));
        QVERIFY(shown.contains(u"Line 1"_s) && shown.contains(u"No JSON"_s));
        in<QAbstractButton>(&dialog, u"sqlPreviewCopy"_s)->click();
        QVERIFY(!clipboard().contains(u"hunter2"_s));
        in<QAbstractButton>(&dialog, u"sqlPreviewCopySecrets"_s)->click();
        QVERIFY(clipboard().contains(u"hunter2"_s));
    }

    void errors() {
        pg::Failure failure;
        failure.diagnostics.message = "no";
        failure.diagnostics.detail = "Key (a)=(b) " + secret + "\xe2\x80\xae";
        failure.diagnostics.hint = "postgres://ann:hunter2@db \x01";
        const QString said = ui::words::failure(failure);
        QVERIFY2(!said.contains(u"hunter2"_s), qPrintable(said));
        QVERIFY(said.contains(u"Key (a)=(b)"_s) && said.contains(u"202E"_s) && said.contains(u"⟨U+0001⟩"_s));
    }

    void groups() {
        models::DeadGroupLine line;
        line.group.reason = "refused: password=hunter2";
        for (const auto& column : models::deadGroupColumns()) {
            for (const int role : {int(Qt::DisplayRole), int(Qt::ToolTipRole), int(models::ValueRole)})
                QVERIFY(!models::columnValue(column, line, {}, role).toString().contains(u"hunter2"_s));
        }
    }

    /// A tooltip takes what looks like HTML for HTML; so does a label that guesses.
    void htmlStaysText() {
        const std::string html = "<img src=file:/etc/passwd> {\"token\":\"hunter2\"}";
        const models::Cell cell = models::payloadCell(html, false);
        const QString tip = models::cellValue({}, cell, Qt::ToolTipRole).toString();
        QVERIFY(!tip.contains(u"<img"_s) && tip.contains(u"&lt;img"_s) && !tip.contains(u"hunter2"_s));

        QStandardItemModel model(1, 1);
        model.setItem(0, 0, new QStandardItem(u"<b>a long text that has no room here</b>"_s));
        QTableView view;
        view.setModel(&model);
        view.setColumnWidth(0, 20);
        view.show();
        ui::CellDelegate delegate(&view);
        QStyleOptionViewItem option;
        option.initFrom(&view);
        option.rect = QRect(0, 0, 20, 20);
        QHelpEvent event(QEvent::ToolTip, {5, 5}, view.mapToGlobal(QPoint(5, 5)));
        QVERIFY(delegate.helpEvent(&event, &view, option, model.index(0, 0)));
        QVERIFY2(QToolTip::text().contains(u"&lt;b&gt;"_s), qPrintable(QToolTip::text()));
        QToolTip::hideText();

        const std::unique_ptr<QLabel> dim(ui::dimLabel(u"<b>x</b>"_s));
        QCOMPARE(dim->textFormat(), Qt::PlainText);
        QLabel label(u"<b>x</b>"_s);
        label.ensurePolished();
        QCOMPARE(label.textFormat(), Qt::PlainText);
        QLabel meant(u"<b>x</b>"_s);
        meant.setTextFormat(Qt::RichText);
        meant.ensurePolished();
        QCOMPARE(meant.textFormat(), Qt::RichText);
    }

    /// Copies are exact but for what is hidden: no breaks, no signs, nothing cut.
    void payloadCopies() {
        const QString longText = u"x"_s.repeated(10'000);
        const QString text = u"a\u00a0\u202eb\x01\t%1\ncd\r\ne token=hunter2 f"_s.arg(longText);
        const QString exact = u"a\u00a0\u202eb\x01\t%1\ncd\r\ne token=%2 f"_s.arg(longText, models::Masking::dots());
        ui::PayloadView view;
        view.resize(600, 400);
        view.show();
        const std::string bytes = text.toStdString();
        view.showPayload(bytes, qint64(bytes.size()));
        auto* plain = in<QPlainTextEdit>(&view, u"payloadPlain"_s);
        QVERIFY(plain->toPlainText().count(u'\n') > 3);
        in<QAbstractButton>(&view, u"copyPayload"_s)->click();
        QCOMPARE(clipboard(), exact);
        plain->selectAll();
        plain->copy();
        QCOMPARE(clipboard(), exact);
        // From the b to behind the first d.
        QTextCursor cursor = plain->document()->find(u"b"_s);
        cursor.setPosition(cursor.selectionStart());
        cursor.setPosition(plain->document()->find(u"cd"_s).selectionEnd(), QTextCursor::KeepAnchor);
        plain->setTextCursor(cursor);
        plain->copy();
        QCOMPARE(clipboard(), u"b\x01\t%1\ncd"_s.arg(longText));
        models::Masking::setCurrent({});
        view.showAgain();
        in<QAbstractButton>(&view, u"copyPayload"_s)->click();
        QCOMPARE(clipboard(), text);
        view.showPayload(bytes, qint64(bytes.size()) + 5);
        QCOMPARE(in<QAbstractButton>(&view, u"copyPayload"_s)->text(), u"Copy the beginning"_s);
    }

    void treeCopies() {
        const QString longText = u"y"_s.repeated(5'000);
        const std::string json =
            u"{\"order\":{\"lines\":[{\"sku\":\"a\\n%1\"},{ \"a b\" : [1, 2.50] }]},\"token\":\"hunter2\"}"_s
                .arg(longText)
                .toStdString();
        ui::PayloadView view;
        view.resize(600, 400);
        view.show();
        view.showPayload(json, qint64(json.size()));
        auto* tree = in<QTreeView>(&view, u"jsonTree"_s);
        tree->expandAll();
        const auto copied = [&](const QString& action, const QString& key) {
            QModelIndex index = tree->model()->index(0, 0);
            while (index.isValid() && index.data().toString() != key)
                index = tree->indexBelow(index);
            tree->setCurrentIndex(index);
            in<QAction>(&view, action)->trigger();
            return clipboard();
        };
        QCOMPARE(copied(u"copyValue"_s, u"sku"_s), QString(u"a\n"_s + longText));
        QCOMPARE(copied(u"copyPath"_s, u"sku"_s), u"order.lines[0].sku"_s);
        QCOMPARE(copied(u"copyValue"_s, u"a b"_s), u"[1, 2.50]"_s);
        QCOMPARE(copied(u"copyPath"_s, u"a b"_s), u"order.lines[1][\"a b\"]"_s);
        QCOMPARE(copied(u"copyValue"_s, u"token"_s), models::Masking::dots());
        QCOMPARE(copied(u"copyPath"_s, u"{}"_s), u"$"_s);
        tree->setFocus();
        copied(u"copyPath"_s, u"token"_s);
        QTest::keyClick(tree, Qt::Key_C, Qt::ControlModifier);
        QVERIFY(!clipboard().contains(u"hunter2"_s));
    }

    void resendAsks() {
        QWidget window;
        ui::Actions actions(m_desk.get(), &window);
        std::string payload = secret;
        QAbstractButton* button = ui::makeResendButton(
            &actions,
            [&payload] {
                return std::optional(ui::Resendable{"orders", [payload](qint64) {
                                                        domain::Message message;
                                                        message.data = payload;
                                                        message.dataBytes = std::int64_t(payload.size());
                                                        QPromise<links::Reply<domain::Message>> promise;
                                                        promise.start();
                                                        promise.addResult(links::Reply<domain::Message>(message));
                                                        promise.finish();
                                                        return promise.future();
                                                    }});
            },
            &window);
        window.show();
        int asked = 0;
        bool yes = false;
        ui::ask::setAnswers(
            [&](const ui::ask::Question& question) {
                ++asked;
                return yes && question.title.contains(u"hidden values"_s);
            },
            {});
        const auto dialog = [&window] { return window.findChild<QDialog*>(u"actionDialog"_s); };
        button->click();
        QTRY_COMPARE(asked, 1);
        QVERIFY(!dialog());
        yes = true;
        button->click();
        QTRY_VERIFY(dialog());
        QCOMPARE(asked, 2);
        QCOMPARE(in<QPlainTextEdit>(dialog(), u"parameter.payload"_s)->toPlainText().toStdString(), secret);
        delete dialog();
        payload = "{\"n\":1}";
        button->click();
        QTRY_VERIFY(dialog());
        QCOMPARE(asked, 2);
        delete dialog();
        // One too long for a field is sent as it is, blanks and all.
        payload = std::string(3'000'000, 'z') + "\xc2\xa0\r\n";
        QVERIFY(goesOnMeanwhile([&] {
            button->click();
            [&] { QTRY_VERIFY(dialog()); }();
            QTest::qWait(400); // the prediction
            inside().performed.clear();
            in<QAbstractButton>(dialog(), u"act"_s)->click();
            [&] { QTRY_COMPARE(inside().performed.size(), std::size_t(1)); }();
            delete dialog();
        }));
        QVERIFY(inside().performed.front().arguments.at("payload") == payload);
    }

    void longSql() {
        const std::string sql = "select '" + std::string(4'000'000, 'q') + " token=hunter2'";
        auto* view = new ui::SqlView(u"sql"_s);
        QWidget window;
        auto* layout = new QVBoxLayout(&window);
        layout->addLayout(view->makeHeading(u"SQL"_s));
        layout->addWidget(view);
        window.show();
        const QString text = QString::fromStdString(sql);
        QVERIFY(goesOnMeanwhile([&] {
            view->say(text, 9);
            [&] { QTRY_VERIFY(view->isReady()); }();
            window.grab();
        }));
        QVERIFY(view->toPlainText().size() < 40'000);
        in<QAbstractButton>(&window, u"sqlCopy"_s)->click();
        QVERIFY(clipboard().size() > 4'000'000 && !clipboard().contains(u"hunter2"_s));
    }

    void savedFiltersRefuse() {
        QSettings settings(m_folder.filePath(u"window.ini"_s), QSettings::IniFormat);
        QString text;
        QWidget window;
        ui::SavedFilters filters(
            &settings, u"events"_s,
            [&text] {
                return QVariantMap{{u"text"_s, text}};
            },
            [](const QVariantMap&) {}, &window);
        QString told;
        ui::ask::setAnswers(
            [&](const ui::ask::Question& question) {
                told = question.title;
                return true;
            },
            {});
        for (const QString& one : {u"password=hunter2"_s, u"customer.api_key = hunter2"_s, u"a[\"token\"] = hunter2"_s,
                                   u"postgres://a:hunter2@db"_s}) {
            text = one;
            told.clear();
            filters.keep(u"mine"_s);
            QVERIFY2(told.contains(u"can't be saved"_s), qPrintable(one));
            QVERIFY(filters.names().isEmpty());
        }
        told.clear();
        text = u"customer.tier = gold"_s;
        filters.keep(u"mine"_s);
        QCOMPARE(filters.names(), QStringList{u"mine"_s});
        QVERIFY(told.isEmpty());
    }

    /// Two large payloads compared: not on the window's thread, and anew when what is hidden changes.
    void comparison() {
        const auto made = [](const char* last) {
            std::string text;
            for (int line = 0; line < 1'990; ++line)
                text += std::to_string(line) + std::string(400, 'x') + "\n";
            return text + "token=hunter2" + last;
        };
        domain::EventRow left;
        left.id = 1;
        left.position = {1, "(0,1)"};
        left.data = made("a");
        left.dataBytes = std::int64_t(left.data->size());
        domain::EventRow right = left;
        right.data = made("b");
        QStringList shown;
        const auto lines = [&](ui::CompareDialog& dialog) {
            const QAbstractItemModel* model = in<QTableView>(&dialog, u"comparison"_s)->model();
            [&] { QTRY_VERIFY(model->rowCount() > 1'990); }();
            shown.clear();
            for (int row = 0; row < model->rowCount(); ++row)
                shown += {model->index(row, 2).data().toString(), model->index(row, 3).data().toString()};
            return shown.join(u'\n');
        };
        QVERIFY(goesOnMeanwhile([&] {
            ui::CompareDialog dialog(m_desk.get(), 1, left, right, nullptr, nullptr);
            dialog.show();
            QVERIFY(!lines(dialog).contains(u"hunter2"_s));
        }));
        models::Masking::setCurrent({});
        ui::CompareDialog dialog(m_desk.get(), 1, left, right, nullptr, nullptr);
        dialog.show();
        QVERIFY(lines(dialog).contains(u"hunter2"_s));
        models::Masking::setCurrent(models::Masking(models::Masking::Patterns::usual()));
        dialog.compare();
        QTRY_VERIFY(!lines(dialog).contains(u"hunter2"_s));
    }
};

QTEST_MAIN(TestSecrets)
#include "tst_secrets.moc"
