// SPDX-License-Identifier: GPL-3.0-or-later
// Findings in the window: silenced for a while with a reason, announced when they are new.
#include "domain/timemark.h"
#include "models/madesnapshots.h"
#include "ui/alerts.h"
#include "ui/fakedesk.h"
#include "ui/findingplace.h"
#include "ui/findingrow.h"
#include "ui/mainwindow.h"
#include "ui/page.h"
#include "ui/silences.h"
#include "ui/theme.h"

#include <QAbstractButton>
#include <QClipboard>
#include <QComboBox>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QSettings>
#include <QTemporaryDir>
#include <QTreeView>
#include <QtTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using domain::Severity;

namespace {

domain::Finding finding(const std::string& queue, Severity severity) {
    domain::Finding made;
    made.rule = "ticker_stopped";
    made.subject.queue = queue;
    made.severity = severity;
    made.title = "Queue " + queue + " has had no tick for 9 min 00 s.";
    made.cause = "It is so.";
    made.consequence = "Nothing is delivered.";
    return made;
}

domain::Diagnosis diagnosisOf(std::vector<domain::Finding> findings) {
    domain::Diagnosis diagnosis;
    diagnosis.findings = std::move(findings);
    diagnosis.rulesEvaluated = 30;
    return diagnosis;
}

} // namespace

class FindingsTest : public QObject {
    Q_OBJECT

    std::vector<ui::FindingRow*> rows(const ui::MainWindow& window) {
        std::vector<ui::FindingRow*> visible;
        for (ui::FindingRow* row : window.findChildren<ui::FindingRow*>()) {
            if (row->isVisible())
                visible.push_back(row);
        }
        return visible;
    }

private Q_SLOTS:

    void silencedForAWhile() {
        const QTemporaryDir folder;
        const auto desk = shopDesk();
        desk::DeskPrivate::of(*desk).diagnosis =
            diagnosisOf({finding("orders", Severity::Critical), finding("mail", Severity::Warning)});
        ui::WindowOptions options;
        options.settingsFolder = folder.path();
        options.page = u"overview"_s;
        auto window = std::make_unique<ui::MainWindow>(desk.get(), options);
        window->show();
        QCOMPARE(rows(*window).size(), std::size_t(2));
        auto* more = window->findChild<QAbstractButton*>(u"showSilenced"_s);
        QVERIFY(!more->isVisible());

        rows(*window).front()->findChild<QAbstractButton*>(u"explain"_s)->click();
        rows(*window).front()->findChild<QAbstractButton*>(u"silenceFinding"_s)->click();
        auto* dialog = window->findChild<QDialog*>(u"silenceDialog"_s);
        QVERIFY(dialog && dialog->isVisible());
        auto* silence = dialog->findChild<QAbstractButton*>(u"silence"_s);
        QVERIFY(!silence->isEnabled()); // not without a reason
        dialog->findChild<QLineEdit*>(u"reason"_s)->setText(u"   "_s);
        QVERIFY(!silence->isEnabled());
        dialog->findChild<QLineEdit*>(u"reason"_s)->setText(u"ticker is being moved"_s);
        silence->click();
        QTRY_COMPARE(rows(*window).size(), std::size_t(1));
        QVERIFY(more->isVisible() && more->text().startsWith(u'1'));

        // Kept for the next run, and shown when asked for.
        window = std::make_unique<ui::MainWindow>(desk.get(), options);
        window->show();
        QCOMPARE(rows(*window).size(), std::size_t(1));
        window->findChild<QAbstractButton*>(u"showSilenced"_s)->click();
        QTRY_COMPARE(rows(*window).size(), std::size_t(2));
        ui::FindingRow* silenced = nullptr;
        for (ui::FindingRow* row : rows(*window)) {
            if (row->findChild<QAbstractButton*>(u"endSilence"_s)->isVisible())
                silenced = row;
        }
        QVERIFY(silenced);
        bool told = false;
        for (const QLabel* label : silenced->findChildren<QLabel*>())
            told = told || label->text().contains(u"ticker is being moved"_s);
        QVERIFY(told);
        silenced->findChild<QAbstractButton*>(u"endSilence"_s)->click();
        QTRY_VERIFY(!window->findChild<QAbstractButton*>(u"showSilenced"_s)->isVisible());
    }

    void manyFindingsDoNotHideWhatIsSilenced() {
        const QTemporaryDir folder;
        const auto desk = shopDesk();
        std::vector<domain::Finding> findings;
        for (int at = 0; at < 40; ++at)
            findings.push_back(finding("queue" + std::to_string(at), Severity::Warning));
        desk::DeskPrivate::of(*desk).diagnosis = diagnosisOf(findings);
        ui::WindowOptions options;
        options.settingsFolder = folder.path();
        options.page = u"overview"_s;
        const auto window = std::make_unique<ui::MainWindow>(desk.get(), options);
        window->show();
        window->findChild<QAbstractButton*>(u"unfoldFindings"_s)->click();
        QTRY_COMPARE(rows(*window).size(), std::size_t(25));
        window->findChild<ui::Silences*>()->silence(findings.front(), 1h, u"known"_s);
        QTRY_VERIFY(window->findChild<QAbstractButton*>(u"showSilenced"_s)->isVisible());
        QTRY_COMPARE(rows(*window).size(), std::size_t(25));
        window->findChild<QAbstractButton*>(u"showSilenced"_s)->click();
        QTRY_COMPARE(rows(*window).size(), std::size_t(26));
        const auto shown = rows(*window);
        QVERIFY(std::any_of(shown.begin(), shown.end(), [](ui::FindingRow* row) {
            return row->findChild<QAbstractButton*>(u"endSilence"_s)->isVisible();
        }));
    }

    /// Forty of one rule are one line with the worst of them, how many they are and about what; the others are listed
    /// when they are asked for, by mouse or keys, and nothing else goes from the list.
    void findingsOfOneRuleAreOne() {
        const auto desk = shopDesk();
        std::vector<domain::Finding> findings;
        for (int at = 0; at < 40; ++at) {
            findings.push_back(finding("work", at < 2 ? Severity::Critical : Severity::Warning));
            findings.back().rule = "work_barrier_stuck";
            findings.back().subject.consumer = "run-" + std::to_string(at);
        }
        for (const char* queue : {"audit", "mail", "orders"})
            findings.push_back(finding(queue, Severity::Warning));
        desk::DeskPrivate::of(*desk).diagnosis = diagnosisOf(findings);
        ui::WindowOptions options;
        options.page = u"overview"_s;
        ui::MainWindow window(desk.get(), options);
        window.show();
        // Few of a rule stand each for itself.
        const auto shown = [&] {
            QStringList subjects;
            for (const ui::FindingRow* row : rows(window))
                subjects += row->accessibleName().section(u' ', 1, 3);
            return subjects;
        };
        QCOMPARE(rows(window).size(), std::size_t(4));
        QCOMPARE(shown().filter(u"Queue work has"_s).size(), 1);
        auto* label = window.findChild<QLabel*>(u"alikeFindings"_s);
        auto* unfold = window.findChild<QAbstractButton*>(u"unfoldFindings"_s);
        QVERIFY(label && unfold && unfold->isVisible());
        QCOMPARE(window.findChildren<QAbstractButton*>(u"unfoldFindings"_s).size(), 1);
        QVERIFY2(label->accessibleName().startsWith(u"and 39 more like it, 1 of them critical: run-1, run-2, "_s),
                 qPrintable(label->accessibleName()));
        QVERIFY(label->text().endsWith(u"…"_s) && label->text().size() <= label->accessibleName().size());
        QCOMPARE(unfold->text(), u"Show 39 more"_s);
        QCOMPARE(unfold->accessibleDescription(), label->accessibleName());

        unfold->setFocus();
        QTest::keyClick(unfold, Qt::Key_Space);
        QTRY_COMPARE(rows(window).size(), std::size_t(28));
        QVERIFY2(label->text().contains(u"the 24 worst of them below"_s), qPrintable(label->text()));
        QVERIFY(unfold->hasFocus());
        // The next stop of the tab key is in the first of them.
        QTest::keyClick(unfold, Qt::Key_Tab);
        const auto* stop = QApplication::focusWidget();
        while (stop && !qobject_cast<const ui::FindingRow*>(stop))
            stop = stop->parentWidget();
        QVERIFY(stop);
        QCOMPARE(stop->y(), unfold->parentWidget()->geometry().bottom() + 1);
        // It stays so with the next sample, and folds again.
        feed(*desk, desk::DeskPrivate::of(*desk).snapshot);
        QCOMPARE(rows(window).size(), std::size_t(28));
        unfold->click();
        QTRY_COMPARE(rows(window).size(), std::size_t(4));
        // Where only a few are left each stands for itself again.
        findings.erase(findings.begin() + 3, findings.begin() + 40);
        desk::DeskPrivate::of(*desk).diagnosis = diagnosisOf(findings);
        feed(*desk, desk::DeskPrivate::of(*desk).snapshot);
        QTRY_COMPARE(rows(window).size(), std::size_t(6));
        QTRY_COMPARE(window.findChild<QAbstractButton*>(u"unfoldFindings"_s), nullptr);
    }

    /// Two sessions that hold up one consumer: each is told, and each time anew.
    void severalAboutTheSame() {
        const auto desk = shopDesk();
        ui::MainWindow window(desk.get(), {{}, u"overview"_s, {}});
        window.show();
        for (int round = 0; round < 6; ++round) {
            std::vector<domain::Finding> findings;
            for (int at = 0; at < 1 + round % 3; ++at) {
                findings.push_back(finding("orders", Severity::Warning));
                findings.back().title = "held by " + std::to_string(at);
            }
            findings.push_back(finding("audit", Severity::Warning));
            findings.back().rule = "rotation_pinned";
            desk::DeskPrivate::of(*desk).diagnosis = diagnosisOf(findings);
            feed(*desk, desk::DeskPrivate::of(*desk).snapshot);
            QTRY_COMPARE(rows(window).size(), findings.size());
            QStringList told;
            for (const ui::FindingRow* row : rows(window))
                told += row->accessibleName();
            QCOMPARE(told.filter(u"held by"_s).size(), 1 + round % 3);
            QCOMPARE(QSet<QString>(told.begin(), told.end()).size(), told.size());
        }
    }

    void statementsAreWrittenAsCode() {
        domain::Finding made = finding("orders", Severity::Critical);
        made.evidence.push_back({"It has no tick.", "select *\n  from pgque.tick;"});
        ui::FindingRow row(nullptr, nullptr);
        row.showFinding(domain::Snapshot(), made);
        QStringList code;
        for (const QLabel* label : row.findChildren<QLabel*>()) {
            if (label->font().family() == ui::codeFont().family())
                code += label->text();
        }
        QCOMPARE(code, QStringList({u"select *"_s, u"  from pgque.tick;"_s}));
        row.findChild<QAbstractButton*>(u"copyFinding"_s)->click();
        QVERIFY(QApplication::clipboard()->text().contains(u"    select *\n      from pgque.tick;"_s));
    }

    void timesAreToldInTheWindowsZone() {
        const pg::Timestamp moment{pg::Interval(1'767'323'045'000'007)}; // 03:04:05 UTC
        domain::Finding made = finding("orders", Severity::Critical);
        made.cause = "So since " + domain::timeMark(moment) + '.';
        made.evidence.push_back({"Last seen at " + domain::timeMark(moment) + '.', {}});
        ui::FindingRow row(nullptr, nullptr);
        const auto told = [&row](const QTimeZone& zone, const domain::Finding& of) {
            row.setZone(zone);
            row.showFinding(domain::Snapshot(), of);
            row.findChild<QAbstractButton*>(u"copyFinding"_s)->click();
            return QApplication::clipboard()->text();
        };
        const QString there = told(QTimeZone(19'800), made);
        QVERIFY2(there.contains(u"So since 08:34:05."_s), qPrintable(there));
        QVERIFY2(there.contains(u"Last seen at 08:34:05."_s), qPrintable(there));
        const QString utc = told(QTimeZone::utc(), made);
        QVERIFY2(utc.contains(u"So since 03:04:05."_s), qPrintable(utc));
    }

    void speaksAgain() {
        ui::Silences silences(nullptr, u"shop"_s);
        const auto warning = finding("orders", Severity::Warning);
        const auto critical = finding("orders", Severity::Critical);
        silences.silence(warning, 1h, u"known"_s);
        QVERIFY(silences.covers(warning));
        QVERIFY(!silences.covers(critical)); // it got worse
        QVERIFY(!silences.covers(finding("mail", Severity::Warning)));
        silences.silence(warning, 0s, u"over"_s);
        QVERIFY(!silences.covers(warning));
        silences.silence(critical, 1h, u"known"_s);
        QVERIFY(silences.covers(warning)); // it got better
    }

    void perServer() {
        const QTemporaryDir folder;
        QSettings settings(folder.filePath(u"window.ini"_s), QSettings::IniFormat);
        const auto known = finding("orders", Severity::Warning);
        ui::Silences(&settings, u"shop / eu"_s).silence(known, 1h, u"known"_s);
        QVERIFY(ui::Silences(&settings, u"shop / eu"_s).covers(known));
        QVERIFY(!ui::Silences(&settings, u"shop / us"_s).covers(known));
    }

    void hostileSettings() {
        const QTemporaryDir folder;
        QSettings settings(folder.filePath(u"window.ini"_s), QSettings::IniFormat);
        const QString group = u"silences/"_s + QString::fromLatin1(QByteArray("shop").toHex());
        settings.setValue(group + u"/size"_s, 3);
        settings.setValue(group + u"/1/until"_s, u"never"_s);
        settings.setValue(group + u"/2/until"_s, QDateTime::currentDateTimeUtc().addDays(1));
        settings.setValue(group + u"/2/severity"_s, 99);
        const ui::Silences silences(&settings, u"shop"_s);
        QVERIFY(!silences.covers(finding("orders", Severity::Warning)));
    }

    void everyFindingHasItsPlace_data() {
        QTest::addColumn<std::string>("rule");
        QTest::addColumn<domain::Subject>("about");
        QTest::addColumn<QString>("place");
        const auto row = [](const char* rule, const domain::Subject& about, const QString& place) {
            QTest::newRow((rule + std::string(about.batch ? ", batch" : "")).c_str())
                << std::string(rule) << about << place;
        };
        row("stale_heartbeat", {"orders", "billing", "worker-3", 8123}, u"inflight:8123"_s);
        row("hasty_takeover", {"orders", "billing", "worker-3", {}}, u"consumers:orders/billing.worker-3"_s);
        row("position_lost", {"audit", "archiver", {}, {}}, u"consumers:audit/archiver"_s);
        row("rotation_pinned", {"orders", "billing", "worker-3", 8123}, u"queue:orders"_s);
        row("large_window", {"orders", {}, {}, {}}, u"queue:orders"_s);
        row("retry_overdue", {"mail", {}, {}, {}}, u"retry:mail"_s);
        row("dead_letters", {"mail", {}, {}, {}}, u"dead:mail"_s);
        row("lock_wait", {"orders", "billing", {}, {}}, u"locks:4711"_s);
        row("work_poison", {"workqueue.mail", {}, {}, {}}, u"workqueue:mail"_s);
        row("work_barrier_stuck", {"workqueue", "run-7", {}, {}}, u"barriers:run-7"_s);
        row("ticker_stopped", {}, u"schema:"_s);
        row("horizon_held", {}, u":"_s);
    }

    void everyFindingHasItsPlace() {
        QFETCH(std::string, rule);
        QFETCH(domain::Subject, about);
        QFETCH(QString, place);
        domain::Finding made;
        made.rule = rule;
        made.subject = about;
        made.culprit = domain::Culprit{4711, {}, {}};
        const ui::Place found = ui::placeOf(made);
        QCOMPARE(found.page + u':' + found.subject, place);
    }

    void leadsToWhatItIsAbout() {
        const auto desk = shopDesk();
        domain::Finding of = finding("orders", Severity::Critical);
        of.rule = "hasty_takeover";
        of.subject.consumer = "billing";
        of.subject.member = "worker-3";
        desk::DeskPrivate::of(*desk).diagnosis = diagnosisOf({of});
        ui::MainWindow window(desk.get(), {{}, u"overview"_s, {}});
        window.show();
        QCOMPARE(window.findChildren<ui::Page*>().size(), 2); // the rest is made when it is turned to
        rows(window).front()->findChild<QAbstractButton*>(u"showFinding"_s)->click();
        QCOMPARE(window.currentPage(), u"consumers"_s);
        auto* tree = window.findChild<QTreeView*>(u"subscriptions"_s);
        QCOMPARE(tree->currentIndex().siblingAtColumn(0).data().toString(), u"worker-3"_s);
    }

    void announcedOnceWhenNew() {
        ui::Silences silences(nullptr, u"shop"_s);
        ui::Alerts alerts(&silences, u"shop"_s);
        QSignalSpy announced(&alerts, &ui::Alerts::announced);
        const auto old = finding("orders", Severity::Critical);
        alerts.look(domain::Diagnosis()); // nothing could be judged yet
        alerts.look(diagnosisOf({old}));
        QCOMPARE(announced.size(), 0); // it stood there when the server was opened
        const auto fresh = finding("mail", Severity::Critical);
        const auto warning = finding("audit", Severity::Warning);
        alerts.look(diagnosisOf({old, fresh, warning}));
        alerts.look(diagnosisOf({old, fresh, warning}));
        QCOMPARE(announced.size(), 1);
        QVERIFY(announced[0][0].toString().contains(u"shop"_s));
        QVERIFY(announced[0][1].toString().contains(u"mail"_s));
        alerts.look(domain::Diagnosis()); // the connection was lost: nothing has gone
        alerts.look(diagnosisOf({old, fresh}));
        QCOMPARE(announced.size(), 1);
        alerts.look(diagnosisOf({}));
        alerts.look(diagnosisOf({old, fresh})); // came back
        QCOMPARE(announced.size(), 2);
        QVERIFY(announced[1][1].toString().contains(u"1 more"_s));
        silences.silence(fresh, 1h, u"known"_s);
        alerts.look(diagnosisOf({}));
        alerts.look(diagnosisOf({fresh}));
        QCOMPARE(announced.size(), 2);
        alerts.setEnabled(false);
        alerts.look(diagnosisOf({old}));
        QCOMPARE(announced.size(), 2);
    }
};

QTEST_MAIN(FindingsTest)
#include "tst_findings.moc"
