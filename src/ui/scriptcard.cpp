// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/scriptcard.h"

#include "models/format.h"
#include "stepper/library.h"
#include "stepper/play.h"
#include "stepper/sqlexport.h"
#include "ui/theme.h"

#include <QAbstractButton>
#include <QDir>
#include <QFile>
#include <QFileDialog>
#include <QLineEdit>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSaveFile>
#include <QTextBlock>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

using models::format::text;

namespace {

constexpr qint64 longestFile = 1'000'000;

} // namespace

ScriptCard::ScriptCard(desk::Stepping* stepping, QWidget* parent)
    : Card(tr("Script"), parent)
    , m_stepping(stepping)
    , m_text(new QPlainTextEdit)
    , m_command(new QLineEdit) {
    m_text->setObjectName(u"script"_s);
    m_text->setAccessibleName(tr("The run as a script"));
    m_text->setReadOnly(true);
    m_text->setTabChangesFocus(true);
    m_text->setFont(codeFont());
    m_text->setFrameShape(QFrame::NoFrame);
    m_text->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_command->setObjectName(u"command"_s);
    m_command->setPlaceholderText(tr("Any step: b receive dead 5m hold"));
    m_command->setAccessibleName(tr("A step, typed"));
    connect(m_command, &QLineEdit::returnPressed, this, [this] {
        Q_EMIT stepWanted(m_command->text());
        m_command->selectAll();
    });
    auto* content = new QWidget;
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(space::small);
    layout->addWidget(m_text, 1);
    connect(&Theme::instance(), &Theme::changed, this, &ScriptCard::markNext);
    auto* below = new QHBoxLayout;
    below->setContentsMargins(space::medium, 0, space::medium, space::medium);
    below->addWidget(m_command);
    layout->addLayout(below);
    setContent(content);
    makeTools();
    connect(stepping, &desk::Stepping::explored, this, &ScriptCard::showExplored);
    connect(stepping, &desk::Stepping::unmet, this, [this](int line, const QString& why) {
        Q_EMIT told(tr("Line %1: %2").arg(QString::number(line), why), models::Tone::Critical);
    });
}

void ScriptCard::makeTools() {
    const auto add = [this](const QString& title, const QString& name, const QString& meaning, auto slot) {
        QAbstractButton* button = makeButton(title, name, this);
        button->setToolTip(meaning);
        connect(button, &QAbstractButton::clicked, this, slot);
        addToHeading(button);
        return button;
    };
    const auto below = [](QAbstractButton* button, QMenu* menu) {
        menu->setToolTipsVisible(true);
        popUpBelow(menu, button);
    };
    m_next = add(tr("Next line"), u"scriptNext"_s, tr("Takes the scenario's next step"), [this] { next(); });
    m_stop =
        add(tr("Stop"), u"scriptStop"_s, tr("Stops exploring or playing"), [this] { m_stepping->stopExploring(); });
    auto* file = add(tr("Script"), u"scriptFile"_s, tr("Scenarios, opening, saving, replaying, SQL"), [] {});
    connect(file, &QAbstractButton::clicked, this, [this, file, below] {
        auto* menu = new QMenu(file);
        fillScenarios(*menu->addMenu(tr("Scenarios")));
        menu->addAction(tr("Open…"), this, &ScriptCard::openFile);
        menu->addAction(tr("Save the run…"), this, [this] {
            save(tr("Save the run"), tr("Scripts (*.steps)"), u"run.steps"_s, m_stepping->board().script.text());
        });
        menu->addSeparator();
        menu->addAction(tr("Play all of it at once"), this, &ScriptCard::playAll);
        menu->addAction(tr("Explore the interleavings from the cursor on"), this, &ScriptCard::explore);
        menu->addSeparator();
        menu->addAction(tr("As one SQL text…"), this, [this] {
            save(tr("Save as SQL"), tr("SQL (*.sql)"), u"run.sql"_s, stepper::sqlText(shownScript()));
        });
        menu->addAction(tr("As a file for each psql session…"), this, &ScriptCard::saveSessions);
        below(file, menu);
    });
}

void ScriptCard::fillScenarios(QMenu& menu) {
    for (const stepper::Scenario& scenario : stepper::scenarioTexts()) {
        const auto parsed = stepper::parseScript(scenario.text);
        const auto* script = std::get_if<stepper::Script>(&parsed);
        QAction* action = menu.addAction(script ? text(script->title) : text(scenario.name), this,
                                         [this, scenario] { load(text(scenario.text), false); });
        if (script)
            action->setToolTip(text(script->about));
    }
    menu.setToolTipsVisible(true);
}

bool ScriptCard::openScenario(const QString& name, bool playAll) {
    for (const stepper::Scenario& scenario : stepper::scenarioTexts()) {
        if (text(scenario.name) != name)
            continue;
        load(text(scenario.text), playAll);
        return true;
    }
    return false;
}

void ScriptCard::load(const QString& source, bool all) {
    const auto parsed = stepper::parseScript(source.toStdString());
    if (const auto* problems = std::get_if<std::vector<stepper::ScriptProblem>>(&parsed)) {
        QStringList lines;
        for (const stepper::ScriptProblem& problem : *problems)
            lines += tr("Line %1: %2").arg(QString::number(problem.line), text(problem.text));
        Q_EMIT told(lines.join(u'\n'), models::Tone::Critical);
        return;
    }
    m_loaded = std::get<stepper::Script>(parsed);
    m_position = 0;
    m_followed = false;
    if (all)
        playAll();
    else
        m_stepping->play(*m_loaded, 0);
    refresh();
}

void ScriptCard::openFile() {
    const QString name = QFileDialog::getOpenFileName(this, tr("Open a script"), {}, tr("Scripts (*.steps);;All (*)"));
    if (name.isEmpty())
        return;
    QFile file(name);
    if (!file.open(QIODevice::ReadOnly) || file.size() > longestFile) {
        Q_EMIT told(tr("%1 could not be read: %2")
                        .arg(name, file.size() > longestFile ? tr("it is too large") : file.errorString()),
                    models::Tone::Critical);
        return;
    }
    load(QString::fromUtf8(file.readAll()), false);
}

void ScriptCard::save(const QString& title, const QString& filter, const QString& name, const std::string& what) {
    const QString chosen = QFileDialog::getSaveFileName(this, title, name, filter);
    if (chosen.isEmpty())
        return;
    QSaveFile file(chosen);
    const bool saved =
        file.open(QIODevice::WriteOnly) && file.write(QByteArray::fromStdString(what)) >= 0 && file.commit();
    Q_EMIT told(saved ? tr("Saved: %1").arg(chosen) : tr("%1 could not be written: %2").arg(chosen, file.errorString()),
                saved ? models::Tone::Good : models::Tone::Critical);
}

void ScriptCard::saveSessions() {
    const QString folder = QFileDialog::getExistingDirectory(this, tr("A folder for the sessions' files"));
    if (folder.isEmpty())
        return;
    QStringList names;
    for (const stepper::SqlFile& one : stepper::sqlFiles(shownScript())) {
        QSaveFile file(QDir(folder).filePath(text(one.name)));
        if (!file.open(QIODevice::WriteOnly) || file.write(QByteArray::fromStdString(one.text)) < 0 || !file.commit()) {
            Q_EMIT told(tr("%1 could not be written: %2").arg(file.fileName(), file.errorString()),
                        models::Tone::Critical);
            return;
        }
        names += text(one.name);
    }
    Q_EMIT told(tr("Saved in %1: %2").arg(folder, names.join(u", "_s)), models::Tone::Good);
}

stepper::Script ScriptCard::shownScript() const {
    return m_loaded ? *m_loaded : m_stepping->board().script;
}

void ScriptCard::next() {
    if (!m_loaded || m_position >= m_loaded->lines.size() || m_stepping->state() != desk::Stepping::State::Ready)
        return;
    m_followed = true;
    m_stepping->perform(m_loaded->lines[m_position++].step);
}

void ScriptCard::playAll() {
    const stepper::Script script = shownScript();
    if (m_loaded)
        m_position = m_loaded->lines.size();
    m_stepping->play(script, script.lines.size());
}

void ScriptCard::explore() {
    const stepper::Script script = shownScript();
    const int line = m_text->textCursor().blockNumber() + 1;
    // The text of what is shown numbers its lines.
    const auto parsed = stepper::parseScript(script.text());
    std::size_t from = 0;
    if (const auto* numbered = std::get_if<stepper::Script>(&parsed)) {
        while (from < numbered->lines.size() && numbered->lines[from].number < line)
            ++from;
    }
    m_exploring = true;
    m_loaded.reset();
    Q_EMIT told(tr("Exploring what follows line %1…").arg(line), models::Tone::Information);
    m_stepping->explore(script, from);
}

void ScriptCard::showExplored(const stepper::Explored& so, bool ended) {
    m_exploring = !ended;
    const QString count = tr("%1 interleavings, %2 of them known before; %3 steps")
                              .arg(models::format::number(qint64(so.interleavings)),
                                   models::format::number(qint64(so.known)), models::format::number(qint64(so.steps)));
    if (!ended) {
        Q_EMIT told(tr("Exploring: %1").arg(count), models::Tone::Information);
        return;
    }
    if (so.foundFault()) {
        m_loaded = so.shortest;
        m_position = 0;
        Q_EMIT told(
            tr("Found: %1\nThe shortest script that shows it stands at the right. %2").arg(text(so.broken), count),
            models::Tone::Critical);
    } else {
        Q_EMIT told(so.complete ? tr("Nothing breaks. %1").arg(count)
                                : tr("Ended before all were tried. %1").arg(count),
                    so.complete ? models::Tone::Good : models::Tone::Warning);
    }
    refresh();
}

void ScriptCard::refresh() {
    const bool ready = m_stepping->state() == desk::Stepping::State::Ready;
    if (m_followed && ready && m_loaded && m_position > 0 && m_stepping->report()) {
        m_followed = false;
        const auto problems = stepper::unmet(m_loaded->lines[m_position - 1], *m_stepping->report());
        for (const std::string& problem : problems)
            Q_EMIT told(text(problem), models::Tone::Critical);
    }
    const QString shown = text(shownScript().text());
    if (m_text->toPlainText() != shown) {
        m_text->setPlainText(shown);
        if (!m_loaded)
            m_text->moveCursor(QTextCursor::End);
    }
    setTitle(m_loaded && !m_loaded->title.empty() ? tr("Script: %1").arg(text(m_loaded->title)) : tr("Script"));
    markNext();
    m_next->setVisible(m_loaded.has_value());
    m_next->setEnabled(ready && m_loaded && m_position < m_loaded->lines.size());
    m_stop->setVisible(m_exploring);
}

void ScriptCard::markNext() {
    QList<QTextEdit::ExtraSelection> marks;
    if (m_loaded && m_position < m_loaded->lines.size()) {
        const auto parsed = stepper::parseScript(m_loaded->text());
        const auto* numbered = std::get_if<stepper::Script>(&parsed);
        if (numbered && m_position < numbered->lines.size()) {
            QTextEdit::ExtraSelection mark;
            mark.cursor = QTextCursor(m_text->document()->findBlockByNumber(numbered->lines[m_position].number - 1));
            mark.format.setBackground(colors().selection);
            mark.format.setProperty(QTextFormat::FullWidthSelection, true);
            marks += mark;
            m_text->setTextCursor(mark.cursor);
        }
    }
    m_text->setExtraSelections(marks);
}

} // namespace ui
