// SPDX-License-Identifier: GPL-3.0-or-later
// What is set takes effect at once in every window, is kept, and a file edited by hand can't break it.
#include "models/format.h"
#include "models/masking.h"
#include "ui/durationbox.h"
#include "ui/fakedesk.h"
#include "ui/mainwindow.h"
#include "ui/preferences.h"

#include <QAbstractButton>
#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class TestSettings : public QObject {
    Q_OBJECT

    struct Opened {
        std::unique_ptr<desk::Desk> desk = shopDesk();
        std::unique_ptr<ui::MainWindow> window;

        desk::DeskPrivate& inside() { return desk::DeskPrivate::of(*desk); }

        template <class T>
        T* find(const QString& name) {
            T* found = window->findChild<T*>(name);
            if (!found)
                qFatal("no %s", qPrintable(name));
            return found;
        }
    };

    std::unique_ptr<QTemporaryDir> m_folder;

    std::unique_ptr<Opened> open(const QString& page = u"settings"_s) {
        auto opened = std::make_unique<Opened>();
        opened->window =
            std::make_unique<ui::MainWindow>(opened->desk.get(), ui::WindowOptions{m_folder->path(), page, {}});
        opened->window->show();
        return opened;
    }

    static void choose(QComboBox* box, int index) {
        box->setCurrentIndex(index);
        Q_EMIT box->activated(index);
    }

private Q_SLOTS:

    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void cleanup() {
        ui::Theme::instance().choose(ui::ThemeChoice::System);
        models::Masking::setCurrent(models::Masking(models::Masking::Patterns::usual()));
    }

    void takesEffectAtOnceEverywhere() {
        const auto here = open();
        const auto there = open(u"inflight"_s);
        choose(here->find<QComboBox>(u"settingPeriod"_s), 3);
        QCOMPARE(here->inside().period, 5'000ms);
        QCOMPARE(there->inside().period, 5'000ms);

        choose(here->find<QComboBox>(u"settingTheme"_s), int(ui::ThemeChoice::Dark));
        QVERIFY(ui::colors().dark);
        choose(here->find<QComboBox>(u"settingZone"_s), 1);
        QCOMPARE(there->find<QLabel>(u"statusZone"_s)->text(), u"UTC"_s);

        auto* heartbeat = here->find<ui::DurationBox>(u"threshold.heartbeat_warning"_s);
        QCOMPARE(heartbeat->value(), pg::Interval(5min));
        heartbeat->findChild<QLineEdit*>()->setText(u"90 s"_s);
        QTest::keyClick(heartbeat, Qt::Key_Return);
        QCOMPARE(there->inside().thresholds.heartbeatWarning, pg::Interval(90s));
        here->find<QSpinBox>(u"threshold.tick_late"_s)->setValue(7);
        QCOMPARE(here->inside().thresholds.tickLate, 7);

        // Another run.
        here->window.reset();
        there->window.reset();
        const auto later = open();
        QCOMPARE(later->inside().period, 5'000ms);
        QCOMPARE(later->inside().thresholds.heartbeatWarning, pg::Interval(90s));
        QCOMPARE(later->find<QComboBox>(u"settingZone"_s)->currentIndex(), 1);
        QVERIFY(ui::colors().dark);
        later->find<QAbstractButton>(u"usualThresholds"_s)->click();
        QCOMPARE(later->inside().thresholds, monitor::Thresholds());
        QCOMPARE(later->find<ui::DurationBox>(u"threshold.heartbeat_warning"_s)->value(), pg::Interval(5min));
    }

    /// A value reads like the usual one beside it, and is typed as it comes.
    void numbersAreWrittenAlike() {
        const auto opened = open();
        auto* factor = opened->find<QDoubleSpinBox>(u"threshold.rotation_warning"_s);
        factor->setValue(0.5);
        QCOMPARE(factor->text(), u"× %1"_s.arg(QLocale().toString(0.5, 'g', 6)));
        auto* large = opened->find<QSpinBox>(u"threshold.large_window"_s);
        large->setValue(50'000);
        QCOMPARE(large->text(), models::format::number(50'000));
        large->findChild<QLineEdit*>()->setText(u"60000"_s);
        large->interpretText();
        QCOMPARE(large->value(), 60'000);
        large->findChild<QLineEdit*>()->setText(u"70 000"_s);
        large->interpretText();
        QCOMPARE(large->value(), 70'000);
    }

    void everyThresholdCanBeSet() {
        const auto opened = open();
        const auto preferences = ui::Preferences::of(m_folder->path());
        monitor::Thresholds expected;
        for (const ui::ThresholdField& field : ui::thresholdFields()) {
            const QString name = u"threshold."_s + field.key;
            std::visit(
                [&](auto of) {
                    auto& value = expected.*of;
                    value += value;
                    auto* box = opened->find<QAbstractSpinBox>(name);
                    if constexpr (std::is_same_v<std::remove_reference_t<decltype(value)>, pg::Interval>)
                        box->findChild<QLineEdit*>()->setText(ui::DurationBox::text(value));
                    else
                        box->findChild<QLineEdit*>()->setText(QString::number(value));
                    QTest::keyClick(box, Qt::Key_Return);
                },
                field.member);
            QVERIFY2(preferences->thresholds() == expected, qPrintable(name));
        }
        // All of them: a threshold that is added must be one that can be set.
        const monitor::Thresholds one;
        QVERIFY(expected.heartbeatWarning == 2 * one.heartbeatWarning && expected.largeWindow == 2 * one.largeWindow);
    }

    void masking() {
        const auto opened = open();
        auto* result = opened->find<QLabel>(u"maskingResult"_s);
        QVERIFY(result->text().contains(models::Masking::dots()));
        auto* keys = opened->find<QPlainTextEdit>(u"maskedKeys"_s);
        keys->setPlainText(u"user\n\n"_s);
        QVERIFY(result->text().contains(u"k-12345"_s) && !result->text().contains(u"ann\","_s));
        QCOMPARE(models::Masking::current().apply(u"{\"user\":\"bob\"}"_s).count(u"bob"_s), 0);

        auto* texts = opened->find<QPlainTextEdit>(u"maskedTexts"_s);
        auto* problem = opened->find<QLabel>(u"maskingProblem"_s);
        texts->setPlainText(u"k-\\d+\n(unclosed"_s);
        QVERIFY(problem->isVisible() && problem->text().contains(u"(unclosed"_s));
        // What was readable stays in force.
        QVERIFY(!models::Masking::current().apply(u"https://ann:pw@example.org"_s).contains(u"pw@"_s));
        texts->setPlainText(u"k-\\d+"_s);
        QVERIFY(!problem->isVisible());
        QVERIFY(!result->text().contains(u"k-12345"_s));

        opened->find<QCheckBox>(u"mask"_s)->click();
        QVERIFY(result->text().contains(u"k-12345"_s) && result->text().contains(u"ann"_s));
        opened->find<QAbstractButton>(u"usualMasking"_s)->click();
        QVERIFY(opened->find<QCheckBox>(u"mask"_s)->isChecked());
        QCOMPARE(ui::Preferences::of(m_folder->path())->masking(), models::Masking::Patterns::usual());
    }

    void brokenFiles() {
        {
            QSettings file(m_folder->filePath(u"window.ini"_s), QSettings::IniFormat);
            file.setValue(u"preferences/theme"_s, u"pink"_s);
            file.setValue(u"preferences/period_ms"_s, u"-5"_s);
            file.setValue(u"preferences/thresholds/heartbeat_warning"_s, u"soon"_s);
            file.setValue(u"preferences/thresholds/tick_late"_s, -3);
            file.setValue(u"preferences/thresholds/large_window"_s, 1e11);
        }
        const auto preferences = ui::Preferences::of(m_folder->path());
        QCOMPARE(preferences->theme(), ui::ThemeChoice::System);
        QCOMPARE(preferences->period(), 200ms);
        QCOMPARE(preferences->thresholds().heartbeatWarning, monitor::Thresholds().heartbeatWarning);
        QCOMPARE(preferences->thresholds().tickLate, 3);
        QCOMPARE(preferences->thresholds().largeWindow, 100'000'000'000);
    }

    void durations_data() {
        QTest::addColumn<QString>("typed");
        QTest::addColumn<qint64>("micros");
        QTest::newRow("seconds") << u"90"_s << qint64(90'000'000);
        QTest::newRow("minutes") << u" 5 min "_s << qint64(300'000'000);
        QTest::newRow("m") << u"5m"_s << qint64(300'000'000);
        QTest::newRow("hours") << u"1.5 h"_s << qint64(5'400'000'000);
        QTest::newRow("days") << u"2d"_s << qint64(172'800'000'000);
        QTest::newRow("ms") << u"250 ms"_s << qint64(250'000);
        QTest::newRow("unit only") << u"min"_s << qint64(-1);
        QTest::newRow("negative") << u"-5 s"_s << qint64(-1);
        QTest::newRow("endless") << u"400 d"_s << qint64(-1);
        QTest::newRow("empty") << QString() << qint64(-1);
    }

    void durations() {
        QFETCH(QString, typed);
        QFETCH(qint64, micros);
        const auto read = ui::DurationBox::read(typed);
        QCOMPARE(read ? qint64(read->count()) : -1, micros);
        if (read)
            QCOMPARE(ui::DurationBox::read(ui::DurationBox::text(*read)).value(), *read);
    }

    void durationBoxByKeyboard() {
        ui::DurationBox box;
        box.setValue(5min);
        QSignalSpy spy(&box, &ui::DurationBox::valueChanged);
        QTest::keyClick(&box, Qt::Key_Up);
        QCOMPARE(box.value(), pg::Interval(6min));
        QTest::keyClick(&box, Qt::Key_Down);
        QTest::keyClick(&box, Qt::Key_Down);
        QCOMPARE(box.value(), pg::Interval(4min));
        QCOMPARE(spy.count(), 3);
        box.findChild<QLineEdit*>()->setText(u"nonsense"_s);
        QTest::keyClick(&box, Qt::Key_Return);
        QCOMPARE(box.value(), pg::Interval(4min));
        QCOMPARE(box.findChild<QLineEdit*>()->text(), u"4 min"_s);
    }
};

QTEST_MAIN(TestSettings)
#include "tst_settings.moc"
