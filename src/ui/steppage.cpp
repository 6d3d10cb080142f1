// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/steppage.h"

#include "desk/stepping.h"
#include "ui/card.h"
#include "ui/lanecard.h"
#include "ui/notice.h"
#include "ui/scriptcard.h"
#include "ui/splitters.h"
#include "ui/tablecontroller.h"
#include "ui/theme.h"
#include "ui/windowstrip.h"
#include "ui/words.h"

#include <QAbstractButton>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

using desk::Stepping;
using models::format::text;

namespace {

const QStringList firstWorkers = {u"a"_s, u"b"_s, u"c"_s};

QLabel* paragraph(const QString& name) {
    auto* label = new QLabel;
    label->setObjectName(name);
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    makeSelectable(label);
    label->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    return label;
}

QScrollArea* scrolled(QWidget* content) {
    content->setBackgroundRole(QPalette::Base);
    content->setAutoFillBackground(true);
    auto* area = new QScrollArea;
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    area->setWidget(content);
    return area;
}

} // namespace

StepPage::StepPage(const PageTools& tools, QWidget* parent)
    : Page(tools, parent)
    , m_stepping(tools.desk->stepping())
    , m_tokens(models::tokenColumns())
    , m_givenBack(models::givenBackColumns())
    , m_stack(new QStackedWidget)
    , m_explanation(paragraph(u"stepExplanation"_s))
    , m_problem(paragraph(u"stepProblem"_s))
    , m_begin(makeButton({}, u"beginStepping"_s, this, u"primary"_s))
    , m_defects(new Banner)
    , m_windowCard(new Card(tr("Tick windows")))
    , m_nextCard(new Card(tr("Next")))
    , m_lanes(new QHBoxLayout)
    , m_windows(new WindowStrip)
    , m_next(paragraph(u"foresight"_s))
    , m_happened(paragraph(u"happened"_s))
    , m_tokenView(new QTableView)
    , m_givenBackView(new QTableView)
    , m_script(new ScriptCard(m_stepping)) {
    setObjectName(u"step"_s);
    m_stack->addWidget(makeStart());
    m_stack->addWidget(makeBoard());
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);
    connect(m_stepping, &Stepping::changed, this, &StepPage::refresh);
    connect(m_stepping, &Stepping::foreseen, this, [this](const QString& step, const stepper::Foresight& foresight) {
        m_nextCard->setTitle(tr("Next: %1").arg(step));
        m_next->setText(models::inWords(foresight));
    });
    connect(m_script, &ScriptCard::stepWanted, this, &StepPage::take);
    connect(m_script, &ScriptCard::told, this, &StepPage::tell);
    refresh();
}

QWidget* StepPage::makeStart() {
    auto* card = new Card(tr("Step"));
    auto* content = new QWidget;
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(20, 16, 20, 16);
    layout->setSpacing(space::large);
    auto* title = new QLabel(tr("Workers that share one consumer, one call at a time"));
    title->setFont(titleFont());
    layout->addWidget(title);
    layout->addWidget(m_explanation);
    layout->addWidget(m_problem);
    auto* row = new QHBoxLayout;
    row->addWidget(m_begin);
    row->addStretch();
    layout->addLayout(row);
    layout->addStretch();
    card->setContent(content);
    connect(m_begin, &QAbstractButton::clicked, this, &StepPage::begin);
    return card;
}

QWidget* StepPage::makeBoard() {
    auto* lanes = new QWidget;
    lanes->setLayout(m_lanes);
    m_lanes->setContentsMargins(0, 0, 0, 0);
    m_lanes->setSpacing(space::large);
    QScrollArea* laneArea = scrolled(lanes);
    laneArea->setVerticalScrollBarPolicy(Qt::ScrollBarAsNeeded);
    laneArea->setMinimumHeight(230);
    laneArea->viewport()->setAutoFillBackground(false);
    lanes->setAutoFillBackground(false);

    m_defects->setObjectName(u"defects"_s);
    m_defects->hide();
    QAbstractButton* clean = makeButton(tr("Remove them"), u"removeLeftOvers"_s, m_defects);
    m_defects->addButton(clean);
    connect(clean, &QAbstractButton::clicked, m_stepping, &Stepping::removeLeftOvers);

    QScrollArea* strip = scrolled(m_windows);
    strip->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    strip->setFixedHeight(m_windows->sizeHint().height() + 16);
    m_windowCard->setContent(strip);
    m_windowCard->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    addGroupTools();

    auto* words = new QWidget;
    auto* wordLayout = new QVBoxLayout(words);
    wordLayout->setContentsMargins(space::large, 10, space::large, 10);
    wordLayout->setSpacing(space::large);
    m_next->setAccessibleName(tr("What will happen, and why"));
    m_happened->setAccessibleName(tr("What happened"));
    wordLayout->addWidget(m_next);
    wordLayout->addWidget(m_happened);
    wordLayout->addStretch();
    m_nextCard->setContent(scrolled(words));
    m_nextCard->setNote(tr("reference model"), tr("A small model of the rules beside the database: where the two "
                                                  "disagree, one of them is wrong"));

    auto* right = makeSplitter(Qt::Horizontal, makeTables(), m_script, {380, 400}, {1, 1});
    auto* below = makeSplitter(Qt::Horizontal, m_nextCard, right, {300, 780}, {0, 1});
    auto* lower = new QWidget;
    auto* lowerLayout = new QVBoxLayout(lower);
    lowerLayout->setContentsMargins(0, 0, 0, 0);
    lowerLayout->setSpacing(space::large);
    lowerLayout->addWidget(m_windowCard);
    lowerLayout->addWidget(below, 1);
    auto* all = makeSplitter(Qt::Vertical, laneArea, lower, {240, 440}, {0, 1});
    auto* board = new QWidget;
    auto* layout = new QVBoxLayout(board);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(space::large);
    layout->addWidget(m_defects);
    layout->addWidget(all, 1);
    return board;
}

QWidget* StepPage::makeTables() {
    const auto make = [this](QTableView* view, QAbstractItemModel* model, const QString& name, const QString& title,
                             const QString& sorted, const QString& stretched, const QString& empty) {
        view->setObjectName(name);
        view->setAccessibleName(title);
        auto* table = new TableController(view, model, name, tools().settings);
        table->sortFirstBy(sorted, Qt::DescendingOrder);
        table->stretch(stretched);
        table->notice()->say(empty, {});
        auto* card = new Card(title);
        card->setContent(view);
        return std::pair(table, card);
    };
    const auto tokens = make(m_tokenView, &m_tokens, u"stepTokens"_s, tr("Tokens"), u"token"_s, u"state"_s,
                             tr("No token was given yet"));
    const auto givenBack = make(m_givenBackView, &m_givenBack, u"stepGivenBack"_s, tr("Retry and dead letters"),
                                u"event"_s, u"due"_s, tr("Nothing was given back"));
    m_tokenTable = tokens.first;
    m_givenBackTable = givenBack.first;
    return makeSplitter(Qt::Vertical, tokens.second, givenBack.second, {220, 160}, {2, 1});
}

void StepPage::addGroupTools() {
    const auto tool = [this](const QString& title, const QString& name, const QString& meaning, auto slot) {
        QAbstractButton* button = makeButton(title, name, this);
        button->setToolTip(meaning);
        connect(button, &QAbstractButton::clicked, this, slot);
        m_windowCard->addToHeading(button);
    };
    const auto add = [this, &tool](const QString& title, const QString& step) {
        tool(title, step, step, [this, step] { take(step); });
    };
    add(tr("Send 4"), u"send 4"_s);
    add(tr("Tick"), u"tick"_s);
    add(tr("Retry maintenance"), u"maintain"_s);
    auto* more = qobject_cast<QPushButton*>(makeButton(tr("More"), u"groupMore"_s, this));
    more->setAccessibleName(tr("More steps of the queue"));
    connect(more, &QPushButton::clicked, this, [this, more] {
        auto* menu = new QMenu(more);
        for (const auto& [title, step] :
             {std::pair(tr("Send 1"), u"send 1"_s), std::pair(tr("Send 100"), u"send 100"_s),
              std::pair(tr("Tick, as force_next_tick does"), u"force-tick"_s),
              std::pair(tr("Make what waits due"), u"due"_s), std::pair(tr("Rotate the tables"), u"rotate"_s)})
            menu->addAction(title + u'\t' + step, this, [this, line = step] { take(line); });
        popUpBelow(menu, more);
    });
    m_windowCard->addToHeading(more);
    tool(tr("Add worker"), u"addWorker"_s, tr("Another connection: it registers first"), [this] {
        for (char name = 'a'; name <= 'z'; ++name) {
            if (!m_laneCards.contains(std::string(1, name))) {
                take(QLatin1Char(name) + u" register"_s);
                return;
            }
        }
    });
    tool(tr("Empty"), u"restartStepping"_s, tr("Begins anew: transactions are rolled back, another group"),
         [this] { m_stepping->restart(); });
    tool(tr("End"), u"endStepping"_s, tr("Ends all backends and removes the queue"), [this] { m_stepping->finish(); });
}

void StepPage::begin() {
    if (tools().desk->accessMode() == desk::AccessMode::Observe)
        Q_EMIT armingWanted();
    tools().desk->beginStepping(true, firstWorkers);
    refresh();
}

void StepPage::take(const QString& line) {
    const stepper::Parsed parsed = stepper::parseStep(line.toStdString());
    if (!parsed.problem.empty()) {
        tell(tr("“%1” is no step: %2").arg(line, text(parsed.problem)), models::Tone::Warning);
        return;
    }
    m_stepping->perform(parsed.step);
}

void StepPage::consider(const QString& line) {
    const stepper::Parsed parsed = stepper::parseStep(line.toStdString());
    if (parsed.problem.empty())
        m_stepping->foresee(parsed.step);
}

void StepPage::showSample(const domain::Snapshot& snapshot, const domain::Diagnosis&) {
    m_givenBack.setNow(snapshot.takenAt);
    if (!m_wanted.isEmpty())
        openSubject(m_wanted);
    if (m_stack->currentIndex() == 0)
        refresh();
}

void StepPage::refresh() {
    const Stepping::State state = m_stepping->state();
    const bool open = state == Stepping::State::Ready || state == Stepping::State::Busy;
    m_stack->setCurrentIndex(open ? 1 : 0);
    if (!open) {
        const bool observing = tools().desk->accessMode() == desk::AccessMode::Observe;
        const QString why = tools().desk->whyNoStepping(true);
        const bool sandbox = tools().desk->profile().environment == desk::Environment::Sandbox;
        m_explanation->setText(
            tr("Each worker is a connection of its own to this server. It receives, holds its transaction open, "
               "commits, "
               "acknowledges, dies; the board shows who holds which window, which tokens are still valid, who waits "
               "for "
               "whose row, and what will happen next.") +
            u"\n\n"_s +
            (sandbox ? tr("It works on a queue made for it, which is removed at the end.")
                     : tr("Beginning makes a queue named batchscope_step_… on this server, and removes it at the end. "
                          "Nothing else is touched.")));
        m_problem->setText(state == Stepping::State::Failed
                               ? tr("It ended: %1\nWhat it had made is offered for removal "
                                    "when it begins again.")
                                     .arg(words::failure(m_stepping->failure()))
                           : observing ? QString()
                                       : why);
        setInk(m_problem, models::Tone::Critical);
        m_problem->setVisible(!m_problem->text().isEmpty());
        m_begin->setText(state == Stepping::State::Opening ? tr("Connecting…")
                         : observing                       ? tr("Switch to Operate and begin")
                                                           : tr("Begin"));
        m_begin->setEnabled(state != Stepping::State::Opening && (observing || why.isEmpty()));
        Q_EMIT completed();
        return;
    }
    const stepper::Board& board = m_stepping->board();
    const stepper::Board& before = m_stepping->boardBefore();
    showLanes();
    m_windowCard->setTitle(tr("Tick windows of %1").arg(text(board.consumer)));
    m_windowCard->setNote(board.registered ? (board.cooperative ? tr("group") : tr("normal consumer"))
                                           : tr("nobody is registered"));
    m_windows->setBoard(board, models::changedWindows(board, before));
    m_tokens.show(models::tokenLines(board, before), board.now);
    m_givenBack.show(models::givenBackLines(board, before), board.now);
    showReport();
    showDifferences();
    m_script->refresh();
    Q_EMIT completed();
}

void StepPage::showLanes() {
    const stepper::Board& board = m_stepping->board();
    const std::set<std::string> changed = models::changedLanes(board, m_stepping->boardBefore());
    std::set<std::string> there;
    for (const stepper::LaneView& lane : board.lanes) {
        there.insert(lane.name);
        LaneCard*& card = m_laneCards[lane.name];
        if (!card) {
            card = new LaneCard(text(lane.name));
            connect(card, &LaneCard::stepWanted, this, &StepPage::take);
            connect(card, &LaneCard::stepConsidered, this, &StepPage::consider);
            m_lanes->addWidget(card);
        }
        const auto own = std::count_if(board.tokens.begin(), board.tokens.end(),
                                       [&lane](const auto& token) { return token.lane == lane.name; });
        card->show(lane, board.now, own > 1, changed.contains(lane.name));
    }
    for (auto at = m_laneCards.begin(); at != m_laneCards.end();) {
        if (there.contains(at->first)) {
            ++at;
            continue;
        }
        at->second->deleteLater();
        at = m_laneCards.erase(at);
    }
}

void StepPage::showReport() {
    if (!m_stepping->report()) {
        m_happened->setText(tr("Nothing was done yet: send something, tick, and let a worker receive. A step that is "
                               "pointed at is explained here before it is taken."));
        setInk(m_happened, models::Tone::Dim);
        return;
    }
    const stepper::Report& report = *m_stepping->report();
    QStringList lines = {report.taken
                             ? tr("%1: %2").arg(text(report.step.text()), text(report.outcome.words()))
                             : tr("%1 was not taken: %2").arg(text(report.step.text()), text(report.outcome.said))};
    if (report.taken && !report.outcome.said.empty())
        lines += models::format::visible(text(report.outcome.said));
    if (!report.foreseen.why.empty())
        lines += text(report.foreseen.why);
    for (const auto& [lane, outcome] : report.released)
        lines += tr("%1 went on: %2").arg(text(lane), text(outcome.words()));
    tell(lines.join(u'\n'), models::Tone::None);
}

void StepPage::tell(const QString& said, models::Tone tone) {
    m_happened->setText(said);
    setInk(m_happened, tone);
}

void StepPage::showDifferences() {
    const stepper::Board& board = m_stepping->board();
    auto* clean = m_defects->findChild<QAbstractButton*>(u"removeLeftOvers"_s);
    if (!board.differences.empty()) {
        QStringList lines;
        for (const std::string& difference : board.differences)
            lines += text(difference);
        m_defects->say(models::Tone::Critical, tr("A defect: the rules and the database disagree"), lines.join(u'\n'));
        clean->hide();
        m_defects->show();
    } else if (!m_stepping->leftOvers().empty()) {
        QStringList names;
        for (const std::string& queue : m_stepping->leftOvers())
            names += text(queue);
        m_defects->say(models::Tone::Warning, tr("A console that is gone left queues behind"), names.join(u", "_s));
        clean->show();
        m_defects->show();
    } else {
        m_defects->hide();
    }
}

void StepPage::setStale(bool stale) {
    m_windows->setStale(stale);
    m_tokenTable->setStale(stale);
    m_givenBackTable->setStale(stale);
}

void StepPage::setZone(const QTimeZone& zone) {
    m_givenBack.setZone(zone);
}

void StepPage::openSubject(const QString& wanted) {
    const QString scenario = wanted; // it may be m_wanted itself
    m_wanted = scenario;
    if (!tools().desk->snapshot())
        return;
    if (m_stepping->state() == Stepping::State::Closed && tools().desk->whyNoStepping(true).isEmpty())
        tools().desk->beginStepping(true, firstWorkers);
    if (m_stepping->state() == Stepping::State::Ready) {
        m_wanted.clear();
        if (!m_script->openScenario(scenario, true))
            tell(tr("There is no scenario named %1.").arg(scenario), models::Tone::Warning);
    }
}

QWidget* StepPage::mainView() const {
    return m_stack->currentIndex() == 0 ? static_cast<QWidget*>(m_begin) : m_script->commandLine();
}

bool StepPage::isComplete() const {
    return m_wanted.isEmpty() && m_stepping->state() != Stepping::State::Opening &&
           m_stepping->state() != Stepping::State::Busy;
}

} // namespace ui
