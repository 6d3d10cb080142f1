// SPDX-License-Identifier: GPL-3.0-or-later
// Every word of every page can be read: in each theme, after each change of it, and where a dark one is remembered.
#include "ui/contrast.h"
#include "ui/fakedesk.h"
#include "ui/mainwindow.h"
#include "ui/notice.h"
#include "ui/preferences.h"
#include "ui/theme.h"

#include <QLabel>
#include <QPlainTextEdit>
#include <QTemporaryDir>
#include <QTest>

using namespace Qt::StringLiterals;

namespace {

/// What can't be read in a window, with its ink and its ground.
QStringList unreadable(const QWidget* window) {
    const ui::Colors& c = ui::colors();
    QStringList faint;
    const auto check = [&faint](const QWidget* widget, const QString& text, const QColor& ink, const QColor& ground) {
        if (const double is = ui::contrast(ink, ground); is < ui::leastForText)
            faint += u"%1 \"%2\": %3 on %4 is %5"_s.arg(widget->objectName(), text.left(40), ink.name(), ground.name())
                         .arg(is);
    };
    for (const auto* label : window->findChildren<QLabel*>()) {
        if (!label->isVisible() || label->text().isEmpty())
            continue;
        // Cards, headings and pages stand on one of these; what the inks are on coloured grounds is tested of the
        // theme.
        for (const QColor& ground : {c.background, c.panel, c.header}) {
            check(label, label->text(), label->palette().color(label->foregroundRole()), ground);
            check(label, label->text(), label->palette().color(QPalette::Text), ground);
        }
    }
    for (const auto* edit : window->findChildren<QPlainTextEdit*>()) {
        if (edit->isVisible())
            check(edit, edit->toPlainText(), edit->palette().color(QPalette::Text),
                  edit->palette().color(QPalette::Base));
    }
    return faint;
}

} // namespace

class TestThemedPages : public QObject {
    Q_OBJECT

    std::unique_ptr<desk::Desk> m_desk;
    std::unique_ptr<ui::MainWindow> m_window;

    static void eachPage() {
        QTest::addColumn<QString>("page");
        for (const QString& page : ui::MainWindow::pageNames())
            QTest::newRow(qPrintable(page)) << page;
    }

    void open(const QString& page, const QString& folder = {}) {
        m_window = std::make_unique<ui::MainWindow>(m_desk.get(), ui::WindowOptions{folder, page, {}});
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    }

private Q_SLOTS:

    void init() {
        m_desk = shopDesk();
        ui::Theme::instance().choose(ui::ThemeChoice::System);
    }

    void cleanup() {
        m_window.reset();
        m_desk.reset();
    }

    void canBeReadAfterEachChange_data() { eachPage(); }

    void canBeReadAfterEachChange() {
        QFETCH(QString, page);
        ui::Theme::instance().choose(ui::ThemeChoice::Light);
        open(page);
        using ui::ThemeChoice;
        for (const ThemeChoice choice : {ThemeChoice::Light, ThemeChoice::Dark, ThemeChoice::HighContrast,
                                         ThemeChoice::Dark, ThemeChoice::Light}) {
            ui::Theme::instance().choose(choice);
            QCoreApplication::processEvents(); // the application's palette reaches its widgets
            const QStringList faint = unreadable(m_window.get());
            QVERIFY2(faint.isEmpty(), qPrintable(u"theme %1:\n%2"_s.arg(int(choice)).arg(faint.join(u'\n'))));
        }
    }

    void canBeReadInARememberedTheme_data() { eachPage(); }

    void canBeReadInARememberedTheme() {
        QFETCH(QString, page);
        const QTemporaryDir folder;
        ui::Preferences::of(folder.path())->setTheme(ui::ThemeChoice::Dark);
        open(page, folder.path());
        QVERIFY(ui::colors().dark);
        const QStringList faint = unreadable(m_window.get());
        QVERIFY2(faint.isEmpty(), qPrintable(faint.join(u'\n')));
    }

    void aNoticeKeepsItsTone() {
        ui::Theme::instance().choose(ui::ThemeChoice::Light);
        open(u"overview"_s);
        auto* banner = m_window->findChild<ui::Banner*>();
        banner->say(models::Tone::Critical, u"Lost"_s, u"The server went away."_s);
        ui::Theme::instance().choose(ui::ThemeChoice::Dark);
        const auto* title = banner->findChildren<QLabel*>().first();
        QCOMPARE(title->palette().color(QPalette::WindowText), ui::Colors::darkness().critical);
        banner->say(models::Tone::Warning, u"Lost"_s, u"The server went away."_s);
        QCOMPARE(title->palette().color(QPalette::WindowText), ui::Colors::darkness().warning);
    }
};

QTEST_MAIN(TestThemedPages)
#include "tst_themedpages.moc"
