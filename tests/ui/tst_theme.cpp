// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/celldelegate.h"
#include "ui/contrast.h"
#include "ui/paint.h"
#include "ui/theme.h"

#include <QLineEdit>
#include <QPainter>
#include <QPushButton>
#include <QSignalSpy>
#include <QStandardItemModel>
#include <QStyleOption>
#include <QTableView>
#include <QtTest>

#ifdef BATCHSCOPE_PORTAL
#include <QDBusConnection>
#include <QDBusError>
#include <QDBusMessage>
#include <QDBusServer>
#include <QDBusVariant>
#endif

using namespace Qt::StringLiterals;

namespace {

using ui::contrast;

/// A desktop that wants what it is told to want.
class Desktop : public ui::LookSource {
public:
    explicit Desktop(ui::Look look)
        : m_look(std::move(look)) {}

    ui::Look look() const override { return m_look; }

    void want(const ui::Look& look) {
        m_look = look;
        Q_EMIT changed();
    }

private:
    ui::Look m_look;
};

QPalette paletteOf(const QColor& ink, const QColor& paper) {
    QPalette palette;
    for (const auto role : {QPalette::Window, QPalette::Base})
        palette.setColor(role, paper);
    for (const auto role : {QPalette::WindowText, QPalette::Text})
        palette.setColor(role, ink);
    palette.setColor(QPalette::Highlight, Qt::yellow);
    return palette;
}

#ifdef BATCHSCOPE_PORTAL

/// The desktop's portal, as far as colours are concerned.
class Portal : public QObject {
    Q_OBJECT
    Q_CLASSINFO("D-Bus Interface", "org.freedesktop.portal.Settings")

public:
    QMap<QString, uint> settings;

public Q_SLOTS:

    QDBusVariant Read(const QString&, const QString& key) {
        return QDBusVariant(QVariant::fromValue(QDBusVariant(settings[key])));
    }

Q_SIGNALS:
    void SettingChanged(const QString& group, const QString& key, const QDBusVariant& value);
};

#endif

} // namespace

class ThemeTest : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void textCanBeRead_data() {
        QTest::addColumn<QColor>("ink");
        QTest::addColumn<QColor>("ground");
        QTest::addColumn<double>("least");
        const std::pair<const char*, ui::Colors> themes[] = {
            {"light", ui::Colors::light()},
            {"dark", ui::Colors::darkness()},
            {"contrast", ui::Colors::highContrast(paletteOf(Qt::white, Qt::black))},
            {"light contrast", ui::Colors::highContrast(false)},
            {"dark contrast", ui::Colors::highContrast(true)},
            {"light, stale", ui::Colors::light().stale()},
            {"dark, stale", ui::Colors::darkness().stale()},
            {"contrast, stale", ui::Colors::highContrast(true).stale()}};
        for (const auto& [name, c] : themes) {
            const auto pair = [name = name](const char* what, const QColor& ink, const QColor& ground, double least) {
                QTest::addRow("%s %s", name, what) << ink << ground << least;
            };
            for (const auto& [where, ground] :
                 {std::pair("background", c.background), std::pair("panel", c.panel), std::pair("header", c.header)}) {
                pair(qPrintable(u"text on %1"_s.arg(QLatin1String(where))), c.text, ground, 4.5);
                pair(qPrintable(u"dim on %1"_s.arg(QLatin1String(where))), c.dim, ground, 4.5);
            }
            for (int tone = 0; tone <= int(models::Tone::Critical); ++tone) {
                const QColor ink = c.of(models::Tone(tone));
                pair(qPrintable(u"tone %1 on panel"_s.arg(tone)), ink, c.panel, 4.5);
                pair(qPrintable(u"tone %1 on selection"_s.arg(tone)), ink, c.selection, 4.5);
                if (const QColor ground = c.groundOf(models::Tone(tone)); ground.isValid())
                    pair(qPrintable(u"tone %1 on its ground"_s.arg(tone)), ink, ground, 4.5);
                // The badge of the environment is the panel's colour on the tone.
                pair(qPrintable(u"badge %1"_s.arg(tone)), c.panel, ink, 4.5);
            }
            pair("dim on selection", c.dim, c.selection, 4.5);
            pair("selected text", c.palette().color(QPalette::HighlightedText), c.selection, 4.5);
            pair("on accent", c.onAccent, c.accent, 4.5);
            pair("on critical", c.onCritical, c.critical, 4.5);
            pair("on bar", c.onBar, c.bar, 4.5);
            pair("bar", c.bar, c.panel, 3);
            pair("second bar", c.secondBar, c.panel, 3);
            pair("focus", c.accent, c.panel, 3);
        }
    }

    void textCanBeRead() {
        QFETCH(QColor, ink);
        QFETCH(QColor, ground);
        QFETCH(double, least);
        const double is = contrast(ink, ground);
        QVERIFY2(is >= least, qPrintable(u"%1 on %2: %3"_s.arg(ink.name(), ground.name()).arg(is)));
    }

    void highContrastHasNoGrounds() {
        const ui::Colors c = ui::Colors::highContrast(QPalette());
        for (int tone = 0; tone <= int(models::Tone::Critical); ++tone)
            QVERIFY(!c.groundOf(models::Tone(tone)).isValid());
    }

    /// What a colour tells elsewhere is told by lines and signs where there is but one ink.
    void highContrastTellsTonesByLines() {
        ui::Theme::instance().choose(ui::ThemeChoice::HighContrast);
        std::vector<QImage> seen;
        const auto add = [&seen](const std::function<void(QPainter&, const QRect&)>& draw) {
            QImage image(44, 20, QImage::Format_RGB32);
            image.fill(ui::colors().panel);
            QPainter painter(&image);
            draw(painter, image.rect());
            painter.end();
            for (const QImage& other : seen)
                QVERIFY(other != image);
            seen.push_back(image);
        };
        using models::Tone;
        for (const Tone tone : {Tone::Information, Tone::Critical, Tone::Warning, Tone::Dim})
            add([tone](QPainter& painter, const QRect& rect) { ui::drawTonedPanel(&painter, rect, tone, 3); });
        add([](QPainter& painter, const QRect& rect) {
            ui::drawPanel(&painter, rect, ui::colors().bar, ui::colors().bar, 3);
        });
        add([](QPainter& painter, const QRect& rect) { painter.fillRect(rect, ui::vagueBrush()); });
    }

    void buttonsDifferInHighContrast() {
        ui::Theme::instance().choose(ui::ThemeChoice::HighContrast);
        const auto picture = [](const char* role, bool unavailable) {
            QPushButton button(u"Go"_s);
            button.setProperty("role", QString::fromLatin1(role));
            button.setProperty("unavailable", unavailable);
            button.resize(120, 30);
            return button.grab().toImage();
        };
        QVERIFY(picture("danger", false) != picture("primary", false));
        QVERIFY(picture("", true) != picture("", false));
        QVERIFY(picture("danger", true) != picture("danger", false));
    }

    void aHintLeansInHighContrast() {
        ui::Theme::instance().choose(ui::ThemeChoice::HighContrast);
        QLineEdit field;
        field.setPlaceholderText(u"Filter"_s);
        field.ensurePolished();
        QCoreApplication::processEvents();
        QVERIFY(field.font().italic());
        field.setText(u"orders"_s);
        QVERIFY(!field.font().italic());
        field.clear();
        QVERIFY(field.font().italic());
        ui::Theme::instance().choose(ui::ThemeChoice::Light);
        QVERIFY(!field.font().italic());
    }

    void whatIsOldLeansInHighContrast() {
        QStandardItemModel model(1, 1);
        model.setItem(0, 0, new QStandardItem(u"orders 8 123"_s));
        const auto picture = [&model](ui::ThemeChoice theme, bool stale) {
            ui::Theme::instance().choose(theme);
            QTableView view;
            ui::CellDelegate delegate;
            delegate.setStale(stale);
            view.setItemDelegate(&delegate);
            view.setModel(&model);
            return view.grab().toImage();
        };
        for (const auto theme : {ui::ThemeChoice::Light, ui::ThemeChoice::Dark, ui::ThemeChoice::HighContrast})
            QVERIFY(picture(theme, true) != picture(theme, false));
    }

    /// Its frame stands out from the panel by what is asked of lines that mean something.
    void aCheckBoxIsSeen() {
        for (const auto theme : {ui::ThemeChoice::Light, ui::ThemeChoice::Dark, ui::ThemeChoice::HighContrast}) {
            ui::Theme::instance().choose(theme);
            for (const bool on : {false, true}) {
                QImage image(16, 16, QImage::Format_RGB32);
                image.fill(ui::colors().panel);
                QPainter painter(&image);
                QStyleOptionButton option;
                option.rect = image.rect();
                option.state = QStyle::State_Enabled | (on ? QStyle::State_On : QStyle::State_Off);
                QApplication::style()->drawPrimitive(QStyle::PE_IndicatorCheckBox, &option, &painter);
                painter.end();
                QVERIFY(contrast(image.pixelColor(8, 0), ui::colors().panel) >= 3);
            }
        }
    }

    void followsTheDesktop() {
        ui::Theme& theme = ui::Theme::instance();
        theme.choose(ui::ThemeChoice::System);
        auto owned = std::make_unique<Desktop>(ui::Look{paletteOf(Qt::black, QColor(0xf0, 0xf0, 0xf0)), false, false});
        Desktop& desktop = *owned;
        theme.follow(std::move(owned));
        QSignalSpy changed(&theme, &ui::Theme::changed);
        QCOMPARE(theme.colors().panel, ui::Colors::light().panel);
        desktop.want({paletteOf(Qt::black, QColor(0xf0, 0xf0, 0xf0)), true, false});
        QCOMPARE(theme.colors().panel, ui::Colors::darkness().panel);
        QCOMPARE(QApplication::palette().color(QPalette::Base), ui::Colors::darkness().panel);
        QCOMPARE(changed.count(), 1);
        // The desktop's palette may be of the other kind, or not there: what is wanted counts.
        desktop.want({paletteOf(Qt::black, QColor(0xf0, 0xf0, 0xf0)), true, true});
        QCOMPARE(theme.colors().panel, QColor(Qt::black));
        QCOMPARE(theme.colors().text, QColor(Qt::white));
        desktop.want({paletteOf(Qt::green, Qt::black), true, true});
        QCOMPARE(theme.colors().text, QColor(Qt::green));
        desktop.want({paletteOf(Qt::cyan, Qt::black), true, true});
        QCOMPARE(theme.colors().text, QColor(Qt::cyan));
        // Who chose for himself is left alone.
        theme.choose(ui::ThemeChoice::Light);
        desktop.want({paletteOf(Qt::white, Qt::black), true, true});
        QCOMPARE(theme.colors().panel, ui::Colors::light().panel);
        theme.choose(ui::ThemeChoice::System);
        QCOMPARE(theme.colors().panel, QColor(Qt::black));
        theme.follow(std::make_unique<ui::SystemLook>());
    }

    void aPaletteTellsDarkAndContrast() {
        const auto look = [](const QColor& ink, const QColor& paper) {
            return ui::SystemLook::lookOf(paletteOf(ink, paper));
        };
        QVERIFY(!look(Qt::black, QColor(0xf0, 0xf0, 0xf0)).dark);
        QVERIFY(!look(Qt::black, QColor(0xf0, 0xf0, 0xf0)).contrast);
        QVERIFY(look(QColor(0xee, 0xee, 0xee), QColor(0x20, 0x20, 0x20)).dark);
        QVERIFY(!look(QColor(0xee, 0xee, 0xee), QColor(0x20, 0x20, 0x20)).contrast);
        QVERIFY(look(Qt::white, Qt::black).dark && look(Qt::white, Qt::black).contrast);
        QVERIFY(!look(Qt::black, Qt::white).dark && look(Qt::black, Qt::white).contrast);
    }

    /// The platform tells its windows of a new theme; reading it leaves the colours as they are.
    void aNewPlatformThemeIsReadOnce() {
        ui::Theme& theme = ui::Theme::instance();
        theme.choose(ui::ThemeChoice::Dark);
        QWidget window;
        QEvent event(QEvent::ThemeChange);
        QApplication::sendEvent(&window, &event);
        QCOMPARE(QApplication::palette().color(QPalette::Base), ui::Colors::darkness().panel);
        QVERIFY(!ui::SystemLook::lookOf(ui::SystemLook().look().palette).dark);
    }

    void whatIsOldIsGreyed() {
        ui::Theme::instance().choose(ui::ThemeChoice::Dark);
        const QColor fresh = ui::colors().critical;
        {
            const ui::StaleInk ink(true);
            QCOMPARE(ui::colors().critical, ui::Colors::darkness().dim);
            const ui::StaleInk inner(false);
            QCOMPARE(ui::colors().critical, ui::Colors::darkness().dim);
        }
        QCOMPARE(ui::colors().critical, fresh);
    }

#ifdef BATCHSCOPE_PORTAL

    void followsThePortal() {
        // A bus of its own, between this process and itself.
        QDBusServer server(u"unix:tmpdir=/tmp"_s);
        QVERIFY2(server.isConnected(), qPrintable(server.lastError().message()));
        Portal portal;
        portal.settings = {{u"color-scheme"_s, 1}, {u"contrast"_s, 0}};
        std::optional<QDBusConnection> there;
        connect(&server, &QDBusServer::newConnection, &portal, [&](const QDBusConnection& connection) {
            there = connection;
            there->registerObject(u"/org/freedesktop/portal/desktop"_s, &portal,
                                  QDBusConnection::ExportAllSlots | QDBusConnection::ExportAllSignals);
        });
        QDBusConnection here = QDBusConnection::connectToPeer(server.address(), u"portal"_s);
        QTRY_VERIFY(there);
        const auto tell = [&there](const QString& group, const QString& key, unsigned value) {
            QDBusMessage message =
                QDBusMessage::createSignal(u"/org/freedesktop/portal/desktop"_s, u"org.freedesktop.portal.Settings"_s,
                                           u"SettingChanged"_s);
            message << group << key << QVariant::fromValue(QDBusVariant(value));
            QVERIFY(there->send(message));
        };
        {
            ui::SystemLook look(here);
            QTRY_VERIFY(look.look().dark);
            QVERIFY(!look.look().contrast);
            QSignalSpy changed(&look, &ui::LookSource::changed);
            tell(u"org.freedesktop.appearance"_s, u"contrast"_s, 1u);
            QTRY_VERIFY(look.look().contrast);
            QCOMPARE(changed.count(), 1);
            tell(u"org.gnome.desktop.interface"_s, u"color-scheme"_s, 2u);
            tell(u"org.freedesktop.appearance"_s, u"color-scheme"_s, 2u);
            QTRY_VERIFY(!look.look().dark);
            QCOMPARE(changed.count(), 2);
        }
        QDBusConnection::disconnectFromPeer(u"portal"_s);
    }

#endif

    void rowsFollowTheFont() {
        QFont font = QApplication::font();
        const int small = ui::rowHeight(font);
        font.setPointSizeF(font.pointSizeF() * 2);
        QVERIFY(ui::rowHeight(font) > small * 1.7);
    }

    void aLongHistoryIsAPointForEachPixel() {
        QList<double> history;
        for (int at = 0; at < 600; ++at)
            history.append(at % 2 ? 20 : 0);
        const QList<double> means = ui::meansOf(history, 60);
        QCOMPARE(means.size(), 60);
        for (const double mean : means)
            QCOMPARE(mean, 10.0);
        // A gap stays where it is.
        history[305] = std::nan("");
        for (int at = 0; at < 60; ++at)
            QCOMPARE(std::isnan(ui::meansOf(history, 60)[at]), at == 30);
        // Nothing is left out where there is room for all.
        QCOMPARE(ui::meansOf({1, 2, 3}, 3), QList<double>({1, 2, 3}));
        QCOMPARE(ui::meansOf({1, 2, 3}, 2), QList<double>({1, 2.5}));
        QVERIFY(ui::meansOf({}, 10).isEmpty());
    }
};

QTEST_MAIN(ThemeTest)
#include "tst_theme.moc"
