// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/madesnapshots.h"
#include "ui/actiondialog.h"
#include "ui/fakedesk.h"
#include "ui/mainwindow.h"
#include "ui/theme.h"

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
            ui::ActionDialog dialog(desk.get(), *inside.registry.find(id), asked, &window);
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
