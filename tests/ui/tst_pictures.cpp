// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/madesnapshots.h"
#include "ui/actiondialog.h"
#include "ui/actions.h"
#include "ui/armdialog.h"
#include "ui/fakedesk.h"
#include "ui/mainwindow.h"
#include "ui/theme.h"
#include "ui/whynotdialog.h"

#include <QAbstractButton>
#include <QDir>
#include <QLineEdit>
#include <QScrollBar>
#include <QTableView>
#include <QtTest>

using namespace Qt::StringLiterals;

/// Draws every state of the window and leaves the pictures in the build folder, to be looked at; checks what a program
/// can check of them: nothing warns, nothing scrolls sideways at 1280 pixels.
class PicturesTest : public QObject {
    Q_OBJECT

    QDir m_folder{QStringLiteral(TEST_PICTURES)};

    void keep(const QImage& image, const QString& name) {
        QVERIFY(!image.isNull());
        QVERIFY(image.save(m_folder.filePath(name + u".png"_s)));
    }

    QImage draw(desk::Desk& desk, const QString& page, const QSize& size, const QString& subject = {}) {
        ui::MainWindow window(&desk, {{}, page, subject});
        window.show();
        window.resize(size);
        feed(desk, desk.snapshot());
        for (int round = 0; round < 4; ++round)
            QCoreApplication::processEvents();
        if (size.width() == 1280) {
            for (const QTableView* view : window.findChildren<QTableView*>()) {
                if (view->isVisible() && view->objectName() != u"events"_s &&
                    view->horizontalScrollBar()->maximum() > 0)
                    qWarning("%s scrolls sideways by %d", qPrintable(view->objectName()),
                             view->horizontalScrollBar()->maximum());
            }
        }
        return window.picture(size);
    }

private Q_SLOTS:

    void initTestCase() {
        QVERIFY(m_folder.mkpath(u"."_s));
        m_folder.setPath(m_folder.absolutePath());
    }

    // Expectations on warnings last for one test function.
    void init() { QTest::failOnWarning(QRegularExpression(u"^(?!This plugin does not support propagateSizeHints)"_s)); }

    void pages_data() {
        QTest::addColumn<QString>("page");
        QTest::addColumn<QString>("theme");
        QTest::addColumn<QSize>("size");
        for (const char* page : {"overview", "consumers", "inflight"}) {
            for (const char* theme : {"light", "dark"}) {
                for (const QSize& size : {QSize(1280, 800), QSize(1600, 1000)})
                    QTest::addRow("%s-%s-%d", page, theme, size.width())
                        << QString::fromLatin1(page) << QString::fromLatin1(theme) << size;
            }
        }
        QTest::addRow("overview-light-2560") << u"overview"_s << u"light"_s << QSize(2560, 1440);
        QTest::addRow("overview-contrast-1280") << u"overview"_s << u"contrast"_s << QSize(1280, 800);
    }

    void pages() {
        QFETCH(QString, page);
        QFETCH(QString, theme);
        QFETCH(QSize, size);
        ui::Theme::instance().choose(theme == u"dark"_s       ? ui::ThemeChoice::Dark
                                     : theme == u"contrast"_s ? ui::ThemeChoice::HighContrast
                                                              : ui::ThemeChoice::Light);
        auto desk = shopDesk();
        keep(draw(*desk, page, size), QString::fromLatin1(QTest::currentDataTag()));
    }

    void amounts_data() {
        QTest::addColumn<int>("queues");
        for (const int queues : {0, 1, 1000})
            QTest::addRow("%d", queues) << queues;
    }

    void amounts() {
        QFETCH(int, queues);
        ui::Theme::instance().choose(ui::ThemeChoice::Light);
        auto desk = shopDesk();
        auto snapshot = made::many(queues, 2);
        if (queues == 1)
            snapshot->queues[0].name = "a_very_long_queue_name_that_is_as_long_as_names_may_be_xy";
        desk::DeskPrivate::of(*desk).diagnosis = {};
        desk::DeskPrivate::of(*desk).snapshot = snapshot;
        for (const QString& page : ui::MainWindow::pageNames())
            keep(draw(*desk, page, QSize(1280, 800)), u"amount-%1-%2"_s.arg(queues).arg(page));
    }

    void troubles() {
        ui::Theme::instance().choose(ui::ThemeChoice::Light);
        auto desk = shopDesk();
        desk::DeskPrivate& inside = desk::DeskPrivate::of(*desk);
        inside.status.state = desk::LinkState::Lost;
        inside.status.failure.kind = pg::ErrorKind::ConnectionLost;
        inside.status.failure.diagnostics = {
            "FATAL", "57P01", "terminating connection due to administrator command", {}, {}, {}, {}, {}, {}, {}};
        inside.status.nextTry = pg::Clock::now() + std::chrono::seconds(4);
        keep(draw(*desk, u"overview"_s, QSize(1280, 800)), u"lost"_s);
        inside.snapshot.reset();
        inside.status.state = desk::LinkState::Failed;
        keep(draw(*desk, u"overview"_s, QSize(1280, 800)), u"failed"_s);
        inside.status = {};
        inside.status.state = desk::LinkState::Connecting;
        keep(draw(*desk, u"inflight"_s, QSize(1280, 800)), u"connecting"_s);

        inside.status.state = desk::LinkState::Live;
        auto none = made::many(0, 0);
        none->capabilities.origin = domain::SchemaOrigin::None;
        inside.snapshot = none;
        inside.diagnosis = {};
        keep(draw(*desk, u"overview"_s, QSize(1280, 800)), u"noschema"_s);

        auto forbidden = made::many(0, 0);
        forbidden->capabilities.schemaUsable = false;
        forbidden->errors.push_back({"queues", {}});
        forbidden->errors.back().failure.diagnostics.sqlState = "42501";
        forbidden->errors.back().failure.diagnostics.message = "permission denied for schema pgque";
        inside.snapshot = forbidden;
        keep(draw(*desk, u"overview"_s, QSize(1280, 800)), u"noright"_s);
    }

    void everyDialog_data() { dialogs_data(); }

    /// Each action's dialog, as it opens from a page.
    void everyDialog() {
        QFETCH(bool, dark);
        ui::Theme::instance().choose(dark ? ui::ThemeChoice::Dark : ui::ThemeChoice::Light);
        auto desk = shopDesk();
        desk::DeskPrivate& inside = desk::DeskPrivate::of(*desk);
        const QString theme = QString::fromLatin1(QTest::currentDataTag());
        ui::MainWindow window(desk.get(), {{}, u"overview"_s, {}});
        window.resize(1280, 800);
        window.show();
        const ui::Actions actions(desk.get(), &window);
        for (const operate::Action& action : inside.registry.actions()) {
            domain::ActionRequest request;
            request.queue = "orders";
            request.consumer = "billing";
            request.subconsumer = "worker-3";
            request.batch = 8123;
            using operate::SubjectKind;
            const bool alone = action.subject == SubjectKind::Backend || action.subject == SubjectKind::Retry ||
                               action.subject == SubjectKind::DeadLetter ||
                               action.subject == SubjectKind::DeadLetters || action.subject == SubjectKind::Message;
            if (alone) {
                request.consumer.clear();
                request.subconsumer.clear();
                request.batch.reset();
            }
            if (action.subject == SubjectKind::Backend) {
                request.queue.clear();
                request.arguments = {{"pid", "4711"}, {"started", "1760000000000000"}, {"user", "app_worker"}};
            } else if (action.subject == SubjectKind::Retry) {
                request.arguments = {{"owner", "3"}, {"event", "146271"}};
            } else if (action.subject == SubjectKind::DeadLetter) {
                request.arguments = {{"dead_letter", "17"}};
            } else if (action.subject == SubjectKind::DeadLetters) {
                request.arguments = {{"dead_letters", "17, 18, 21"}};
            } else {
                request.arguments = {{"type", "order.created"},
                                     {"payload", "{\"order_id\": 90211}"},
                                     {"messages", "146271, 146280"},
                                     {"message", "146271"}};
            }
            request = actions.requestFor(action, {action.subject, request});
            domain::Prediction prediction;
            prediction.counts["events"] = 500;
            prediction.numbers = {{"change", "500", "what the server was asked", false}};
            prediction.undo = "Said here.";
            prediction.sql = "begin isolation level repeatable read;\ncommit;";
            inside.prediction = prediction;
            ui::ActionDialog dialog(desk.get(), action, request, QTimeZone::utc(), &window);
            dialog.show();
            QCoreApplication::processEvents();
            QCoreApplication::processEvents();
            keep(dialog.grab().toImage(), u"every-%1-%2"_s.arg(QString::fromStdString(action.id), theme));
        }
    }

    void otherDialogs_data() { dialogs_data(); }

    void otherDialogs() {
        QFETCH(bool, dark);
        ui::Theme::instance().choose(dark ? ui::ThemeChoice::Dark : ui::ThemeChoice::Light);
        auto desk = shopDesk();
        desk::DeskPrivate& inside = desk::DeskPrivate::of(*desk);
        inside.profile.requiresReason = true;
        const QString theme = QString::fromLatin1(QTest::currentDataTag());
        ui::MainWindow window(desk.get(), {{}, u"overview"_s, {}});
        window.resize(1280, 800);
        window.show();
        ui::ArmDialog arm(inside.profile, {false, std::chrono::minutes(30)}, &window);
        arm.show();
        QCoreApplication::processEvents();
        keep(arm.grab().toImage(), u"arm-"_s + theme);
        ui::WhyNotDialog why(u"Delete the retry"_s,
                             {false, u"app_ops may not change the table pgque.retry_queue."_s,
                              u"grant select, insert, update, delete on pgque.retry_queue to app_ops;"_s},
                             &window);
        why.show();
        QCoreApplication::processEvents();
        keep(why.grab().toImage(), u"whynot-"_s + theme);
        ui::WhyNotDialog more(u"Purge"_s, {false, u"Armed only for what takes nothing away."_s, {}, true}, &window);
        more.show();
        QCoreApplication::processEvents();
        keep(more.grab().toImage(), u"whynot-arming-"_s + theme);

        domain::Prediction prediction;
        prediction.numbers = {{"letters deleted", "12,040", "with their payloads; copied to this machine first", true},
                              {"transactions", "25", "about 500 letters each; it can be stopped between two", false}};
        prediction.undo = "Yes: a copy of every row is kept on this machine before it is deleted.";
        prediction.counts["events"] = 12'040;
        inside.prediction = prediction;
        inside.hold = true;
        domain::ActionRequest purge;
        purge.action = "purge_dead_letters";
        purge.queue = "orders";
        ui::ActionDialog run(desk.get(), *inside.registry.find("purge_dead_letters"), purge, QTimeZone::utc(), &window);
        run.show();
        QCoreApplication::processEvents();
        keep(run.grab().toImage(), u"series-question-"_s + theme);
        run.findChild<QLineEdit*>(u"typedName"_s)->setText(u"orders"_s);
        run.findChild<QLineEdit*>(u"reason"_s)->setText(u"INC-2210, agreed with Ann"_s);
        run.findChild<QAbstractButton*>(u"act"_s)->click();
        QVERIFY(inside.progress);
        inside.progress->set({4'000, 12'040}, "4,000 of 12,040 dead letters were copied to this machine and deleted.");
        QTest::qWait(250);
        keep(run.grab().toImage(), u"series-running-"_s + theme);

        inside.hold = false;
        inside.outcome.kind = domain::OutcomeKind::Partly;
        inside.outcome.summary = "4,000 of 12,040 dead letters were copied to this machine and deleted. It was stopped "
                                 "then.";
        inside.outcome.results = {{"deleted", "4000"},
                                  {"copy", "/home/ann/.local/share/batchscope/copies/20261120-135341-purge.jsonl"}};
        inside.outcome.undo = domain::ActionRequest{};
        inside.outcome.undo->action = "bring_back";
        ui::ActionDialog ended(desk.get(), *inside.registry.find("purge_dead_letters"), purge,
                               QTimeZone::utc(), &window);
        ended.show();
        QCoreApplication::processEvents();
        ended.findChild<QLineEdit*>(u"typedName"_s)->setText(u"orders"_s);
        ended.findChild<QLineEdit*>(u"reason"_s)->setText(u"INC-2210"_s);
        ended.findChild<QAbstractButton*>(u"act"_s)->click();
        QTRY_VERIFY(ended.findChild<QWidget*>(u"outcome"_s));
        QCoreApplication::processEvents();
        keep(ended.grab().toImage(), u"series-ended-"_s + theme);

        inside.rehearsal.outcome.kind = domain::OutcomeKind::Done;
        inside.rehearsal.outcome.summary = "Batch 8123: 463 messages due again in 60 s, 37 new dead letters.";
        inside.rehearsal.outcome.tookMs = 18;
        inside.rehearsal.remains = {"A transaction number and dead versions of the rows it touched, until vacuum takes "
                                    "them.",
                                    "The time for which others had to wait for those rows."};
        domain::ActionRequest give = inside.diagnosis.findings[0].remedies[0];
        give.action = "give_back";
        ui::ActionDialog rehearsed(desk.get(), *inside.registry.find("give_back"), give, QTimeZone::utc(), &window);
        rehearsed.show();
        QCoreApplication::processEvents();
        QTRY_VERIFY(rehearsed.findChild<QAbstractButton*>(u"rehearse"_s)->isEnabled());
        rehearsed.findChild<QAbstractButton*>(u"rehearse"_s)->click();
        QCoreApplication::processEvents();
        QCoreApplication::processEvents();
        keep(rehearsed.grab().toImage(), u"rehearsed-"_s + theme);
    }

    void dialogs_data() {
        QTest::addColumn<bool>("dark");
        QTest::newRow("light") << false;
        QTest::newRow("dark") << true;
    }

    void dialogs() {
        QFETCH(bool, dark);
        ui::Theme::instance().choose(dark ? ui::ThemeChoice::Dark : ui::ThemeChoice::Light);
        auto desk = shopDesk();
        desk::DeskPrivate& inside = desk::DeskPrivate::of(*desk);
        domain::Prediction prediction;
        prediction.numbers = {{"go to retry", "463", "due 14:08:33 (in 60 s), to any member", false},
                              {"go to dead letters", "37", "already tried 5 of 5 times", true},
                              {"group row locked for", "≈ 20 ms", "worker-1, -2, -4 wait that long", false}};
        prediction.alsoChanges = {
            "worker-3's row is removed; the group goes on with 3 members; token 8123 is refused from then on."};
        prediction.undo = "The registration yes; retries can be cancelled until 14:08:33; dead letters replayed. The "
                          "batch itself is not given back.";
        prediction.counts["events"] = 500;
        prediction.sql =
            "begin isolation level repeatable read;\nset local lock_timeout = '2s';\n-- the row must still "
            "be 8123, 41877, 41878\ncall of the function;\ncommit;";
        inside.prediction = prediction;
        inside.outcome.kind = domain::OutcomeKind::Done;
        inside.outcome.summary = "billing.worker-3 is removed: 463 events go to retry, 37 are dead letters.";
        inside.outcome.now = "billing has 3 members; no batch is stale.";
        inside.outcome.results = {{"retried", "463"}, {"dead", "37"}};
        inside.outcome.sql = prediction.sql;
        inside.outcome.xid = "734";
        inside.outcome.tookMs = 18.4;
        ui::MainWindow window(desk.get(), {{}, u"inflight"_s, {}});
        window.resize(1280, 800);
        window.show();
        const domain::ActionRequest request = [&] {
            domain::ActionRequest made = inside.diagnosis.findings[0].remedies[0];
            made.seen = domain::SeenSubscription{8123, 41'903, 41'904, inside.snapshot->takenAt};
            return made;
        }();
        const QString theme = QString::fromLatin1(QTest::currentDataTag());
        for (const char* id : {"force_unregister", "send", "create_queue", "set_queue_config"}) {
            domain::ActionRequest asked = request;
            asked.action = id;
            ui::ActionDialog dialog(desk.get(), *inside.registry.find(id), asked, QTimeZone::utc(), &window);
            if (QByteArray(id) != "force_unregister")
                inside.prediction = domain::Prediction{};
            dialog.show();
            QCoreApplication::processEvents();
            QCoreApplication::processEvents();
            keep(dialog.grab().toImage(), u"dialog-%1-%2"_s.arg(QString::fromLatin1(id), theme));
            if (QByteArray(id) != "force_unregister")
                continue;
            dialog.findChild<QWidget*>(u"typedName"_s)->setFocus();
            dialog.findChild<QLineEdit*>(u"typedName"_s)->setText(u"billing.worker-3"_s);
            dialog.findChild<QAbstractButton*>(u"act"_s)->click();
            QTRY_VERIFY(dialog.findChild<QWidget*>(u"outcome"_s));
            QCoreApplication::processEvents();
            keep(dialog.grab().toImage(), u"outcome-"_s + theme);
        }
    }
};

QTEST_MAIN(PicturesTest)
#include "tst_pictures.moc"
