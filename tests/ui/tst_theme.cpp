// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme.h"

#include <QtTest>

#include <cmath>

using namespace Qt::StringLiterals;

namespace {

double luminance(const QColor& color) {
    const auto linear = [](double part) {
        return part <= 0.03928 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
}

double contrast(const QColor& one, const QColor& other) {
    const double a = luminance(one);
    const double b = luminance(other);
    return (std::max(a, b) + 0.05) / (std::min(a, b) + 0.05);
}

} // namespace

class ThemeTest : public QObject {
    Q_OBJECT

private Q_SLOTS:

    void textCanBeRead_data() {
        QTest::addColumn<QColor>("ink");
        QTest::addColumn<QColor>("ground");
        QTest::addColumn<double>("least");
        QPalette system;
        system.setColor(QPalette::Window, Qt::black);
        system.setColor(QPalette::Base, Qt::black);
        system.setColor(QPalette::WindowText, Qt::white);
        system.setColor(QPalette::Highlight, Qt::yellow);
        const std::pair<const char*, ui::Colors> themes[] = {{"light", ui::Colors::light()},
                                                             {"dark", ui::Colors::darkness()},
                                                             {"contrast", ui::Colors::highContrast(system)}};
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
                if (const QColor ground = c.groundOf(models::Tone(tone)); ground.isValid())
                    pair(qPrintable(u"tone %1 on its ground"_s.arg(tone)), ink, ground, 4.5);
                // The badge of the environment is the panel's colour on the tone.
                pair(qPrintable(u"badge %1"_s.arg(tone)), c.panel, ink, 4.5);
            }
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

    void rowsFollowTheFont() {
        QFont font = QApplication::font();
        const int small = ui::rowHeight(font);
        font.setPointSizeF(font.pointSizeF() * 2);
        QVERIFY(ui::rowHeight(font) > small * 1.7);
    }
};

QTEST_MAIN(ThemeTest)
#include "tst_theme.moc"
