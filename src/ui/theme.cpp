// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme.h"

#include "ui/contrast.h"
#include "ui/style.h"

#include <QApplication>
#include <QFontDatabase>
#include <QFontMetrics>
#include <QStyleFactory>
#include <QtMath>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

/// The ground, nearer to the paper until the ink can be read on it.
QColor readable(const QColor& ground, const QColor& ink, const QColor& paper) {
    constexpr int steps = 20;
    for (int step = 0; step < steps; ++step) {
        const auto mix = [step](float from, float to) { return from + (to - from) * float(step) / float(steps); };
        const QColor mixed = QColor::fromRgbF(mix(ground.redF(), paper.redF()), mix(ground.greenF(), paper.greenF()),
                                              mix(ground.blueF(), paper.blueF()));
        if (contrast(ink, mixed) >= leastForText)
            return mixed;
    }
    return paper;
}

QColor rgb(unsigned value) {
    return QColor::fromRgb(QRgb(0xff000000u | value));
}

} // namespace

Colors Colors::light() {
    Colors c;
    c.background = rgb(0xf6f7f9);
    c.panel = rgb(0xffffff);
    c.header = rgb(0xeef0f3);
    c.line = rgb(0xd9dde3);
    c.grid = rgb(0xe6e9ee);
    c.text = rgb(0x1d232b);
    c.dim = rgb(0x5c6773);
    c.selection = rgb(0xdce9fb);
    c.accent = rgb(0x1f5fbf);
    c.onAccent = rgb(0xffffff);
    c.critical = rgb(0xb3261e);
    c.criticalGround = rgb(0xfbe9e7);
    c.onCritical = rgb(0xffffff);
    c.warning = rgb(0x8a5a00);
    c.warningGround = rgb(0xfdf1d8);
    c.good = rgb(0x1a7341);
    c.goodGround = rgb(0xe3f4e9);
    c.onGood = rgb(0xffffff);
    c.information = rgb(0x1f5fbf);
    c.informationGround = rgb(0xe5eefb);
    c.bar = rgb(0x2f6fc9);
    c.secondBar = rgb(0x5f93d6);
    c.onBar = rgb(0xffffff);
    return c;
}

Colors Colors::darkness() {
    Colors c;
    c.background = rgb(0x15181d);
    c.panel = rgb(0x1d2127);
    c.header = rgb(0x232830);
    c.line = rgb(0x343a43);
    c.grid = rgb(0x2a3038);
    c.text = rgb(0xe6e9ee);
    c.dim = rgb(0x9aa5b1);
    c.selection = rgb(0x23395b);
    c.accent = rgb(0x79aef5);
    c.onAccent = rgb(0x15181d);
    c.critical = rgb(0xff8a80);
    c.criticalGround = rgb(0x3d1f1d);
    c.onCritical = rgb(0x15181d);
    c.warning = rgb(0xf0b64a);
    c.warningGround = rgb(0x3a2d12);
    c.good = rgb(0x6fd39a);
    c.goodGround = rgb(0x16301f);
    c.onGood = rgb(0x15181d);
    c.information = rgb(0x79aef5);
    c.informationGround = rgb(0x1a2b45);
    c.bar = rgb(0x5f9df0);
    c.secondBar = rgb(0x4876b8);
    c.onBar = rgb(0x15181d);
    c.dark = true;
    return c;
}

Colors Colors::highContrast(const QPalette& system) {
    Colors c;
    const QColor ink = system.color(QPalette::WindowText);
    const QColor paper = system.color(QPalette::Window);
    c.background = c.header = paper;
    c.panel = system.color(QPalette::Base);
    c.line = c.grid = c.text = c.dim = ink;
    c.selection = readable(system.color(QPalette::Highlight), ink, paper);
    c.accent = c.bar = c.secondBar = ink;
    c.critical = c.warning = c.good = c.information = ink;
    c.onAccent = c.onCritical = c.onGood = c.onBar = paper;
    c.dark = paper.lightness() < 128;
    return c;
}

Colors Colors::highContrast(bool dark) {
    QPalette system(dark ? Qt::white : Qt::black, dark ? Qt::black : Qt::white, Qt::white, Qt::black, Qt::gray,
                    dark ? Qt::white : Qt::black, dark ? Qt::white : Qt::black, dark ? Qt::black : Qt::white,
                    dark ? Qt::black : Qt::white);
    system.setColor(QPalette::Highlight, dark ? Qt::white : Qt::black);
    return highContrast(system);
}

Colors Colors::stale() const {
    Colors c = *this;
    c.text = c.accent = c.critical = c.warning = c.good = c.information = c.bar = c.secondBar = c.dim;
    c.onAccent = c.onCritical = c.onGood = c.onBar = c.panel;
    if (hasGrounds())
        c.criticalGround = c.warningGround = c.goodGround = c.informationGround = c.header;
    return c;
}

QColor Colors::of(models::Tone tone) const {
    switch (tone) {
    case models::Tone::None:
        return text;
    case models::Tone::Dim:
        return dim;
    case models::Tone::Good:
        return good;
    case models::Tone::Information:
        return information;
    case models::Tone::Warning:
        return warning;
    case models::Tone::Critical:
        return critical;
    }
    return text;
}

QColor Colors::groundOf(models::Tone tone) const {
    switch (tone) {
    case models::Tone::None:
        return {};
    case models::Tone::Dim:
        return hasGrounds() ? header : QColor();
    case models::Tone::Good:
        return goodGround;
    case models::Tone::Information:
        return informationGround;
    case models::Tone::Warning:
        return warningGround;
    case models::Tone::Critical:
        return criticalGround;
    }
    return {};
}

QPalette Colors::palette() const {
    QPalette palette;
    const auto set = [&palette](QPalette::ColorRole role, const QColor& color) {
        palette.setColor(QPalette::All, role, color);
    };
    set(QPalette::Window, background);
    set(QPalette::WindowText, text);
    set(QPalette::Base, panel);
    set(QPalette::AlternateBase, header);
    set(QPalette::Text, text);
    set(QPalette::PlaceholderText, dim);
    set(QPalette::Button, header);
    set(QPalette::ButtonText, text);
    set(QPalette::BrightText, critical);
    set(QPalette::Highlight, selection);
    set(QPalette::HighlightedText, text);
    set(QPalette::ToolTipBase, panel);
    set(QPalette::ToolTipText, text);
    set(QPalette::Link, accent);
    set(QPalette::LinkVisited, accent);
    set(QPalette::Light, panel);
    set(QPalette::Midlight, grid);
    set(QPalette::Mid, line);
    set(QPalette::Dark, line);
    set(QPalette::Shadow, dim);
    for (const QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, dim);
    return palette;
}

Theme& Theme::instance() {
    static Theme theme;
    return theme;
}

Theme::Theme()
    : m_colors(Colors::light()) {
    follow(std::make_unique<SystemLook>());
}

void Theme::choose(ThemeChoice choice) {
    m_choice = choice;
    apply();
}

void Theme::follow(std::unique_ptr<LookSource> source) {
    m_source = std::move(source);
    connect(m_source.get(), &LookSource::changed, this, &Theme::apply);
    apply();
}

void Theme::apply() {
    const Look system = m_source->look();
    ThemeChoice shown = m_choice;
    if (shown == ThemeChoice::System)
        shown = system.contrast ? ThemeChoice::HighContrast : system.dark ? ThemeChoice::Dark : ThemeChoice::Light;
    const bool darkPalette = SystemLook::lookOf(system.palette).dark;
    m_colors = shown == ThemeChoice::Dark    ? Colors::darkness()
               : shown == ThemeChoice::Light ? Colors::light()
               : darkPalette == system.dark  ? Colors::highContrast(system.palette)
                                             : Colors::highContrast(system.dark);
    m_stale = m_colors.stale();
    // Where the platform has a style of its own, it stays; elsewhere Fusion, calmed.
    const QString name = QApplication::style()->name();
    if (name == u"fusion"_s || name == u"windows"_s)
        QApplication::setStyle(new Style);
    QApplication::setPalette(m_colors.palette());
    Q_EMIT changed();
}

void colored(QObject* owner, const std::function<void()>& color) {
    color();
    QObject::connect(&Theme::instance(), &Theme::changed, owner, color);
}

QFont strongFont(QFont base) {
    base.setWeight(QFont::DemiBold);
    return base;
}

QFont titleFont() {
    QFont font = strongFont(QApplication::font());
    font.setPointSizeF(font.pointSizeF() * 1.25);
    return font;
}

QFont numberFont() {
    QFont font = strongFont(QApplication::font());
    font.setPointSizeF(font.pointSizeF() * 1.6);
    return font;
}

QFont codeFont() {
    QFont font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    font.setPointSizeF(QApplication::font().pointSizeF());
    return font;
}

QFont tabular(QFont base) {
#if QT_VERSION >= QT_VERSION_CHECK(6, 7, 0)
    base.setFeature("tnum", 1);
#endif
    return base;
}

int textWidth(const QFont& font, const QString& text) {
    return qCeil(QFontMetricsF(font).horizontalAdvance(text)) + 1;
}

int rowHeight(const QFont& font) {
    return (qRound(QFontMetrics(font).height() * 1.9) + 1) / 2 * 2;
}

} // namespace ui
