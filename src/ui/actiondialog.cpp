// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/actiondialog.h"

#include "link/whendone.h"
#include "operate/gentler.h"
#include "operate/registry.h"
#include "ui/card.h"
#include "ui/outcomeview.h"
#include "ui/parameterform.h"
#include "ui/predictionview.h"
#include "ui/runview.h"
#include "ui/sqlview.h"
#include "ui/theme.h"
#include "ui/words.h"

#include <QAbstractButton>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

using models::format::foreign;
using models::format::number;

namespace {

constexpr int dialogWidth = 860;
constexpr int predictDelay = 300; ///< ms after the last key

} // namespace

ActionDialog::ActionDialog(desk::Desk* desk, const operate::Action& action, domain::ActionRequest request,
                           const QTimeZone& zone, QWidget* parent)
    : QDialog(parent)
    , m_desk(desk)
    , m_action(action)
    , m_request(std::move(request))
    , m_zone(zone)
    , m_pages(new QStackedWidget) {
    setObjectName(u"actionDialog"_s);
    setWindowTitle(words::ofRegistry(action.title));
    setAccessibleDescription(words::ofRegistry(action.help));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_pages->addWidget(makeQuestion());
    m_pages->addWidget(makeAnswer());
    layout->addWidget(m_pages, 1);
    layout->addLayout(makeFooter());
    m_predictTimer.setSingleShot(true);
    m_predictTimer.setInterval(predictDelay);
    connect(&m_predictTimer, &QTimer::timeout, this, &ActionDialog::predict);
    resize(dialogWidth, 400);
    predict();
    updateButton();
    fit();
}

QWidget* ActionDialog::makeQuestion() {
    auto* content = new QWidget;
    content->setBackgroundRole(QPalette::Base);
    content->setAutoFillBackground(true);
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(20, 18, 20, 14);
    layout->setSpacing(space::large);
    addSubjectLines(layout);
    m_form = new ParameterForm(m_action, m_request);
    m_form->setVisible(!m_form->isEmpty());
    layout->addWidget(m_form);
    connect(m_form, &ParameterForm::edited, this, &ActionDialog::predictSoon);
    m_predicted = new PredictionView;
    layout->addWidget(m_predicted);
    m_state = wrappedLabel({});
    makeSelectable(m_state, true);
    m_state->setObjectName(u"predictionState"_s);
    layout->addWidget(m_state);
    addGentlerWay(layout);
    m_sql = makeSqlView(u"sqlPreview"_s);
    auto* sqlPart = new QVBoxLayout;
    sqlPart->setSpacing(space::small);
    sqlPart->addLayout(m_sql->makeHeading(m_action.isSeries()
                                              ? tr("SQL of the first transaction; the others are like it")
                                              : tr("SQL that will run, once, in one transaction")));
    sqlPart->addWidget(m_sql);
    layout->addLayout(sqlPart);
    addConfirmation(layout);
    layout->addStretch();
    m_question = content;
    auto* scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setWidget(content);
    return scroll;
}

void ActionDialog::addSubjectLines(QVBoxLayout* layout) {
    domain::ActionRequest about = m_request;
    if (m_action.subject != operate::SubjectKind::Batch)
        about.batch.reset();
    const QString subject = words::subject(about);
    QString title = words::ofRegistry(m_action.title);
    if (!subject.isEmpty())
        title += u" · "_s + subject;
    QLabel* heading = wrappedLabel(title);
    heading->setObjectName(u"actionTitle"_s);
    heading->setFont(titleFont());
    auto* top = new QVBoxLayout;
    top->setSpacing(3);
    top->addWidget(heading);
    QStringList place = {words::environment(m_desk->profile().environment)};
    if (const domain::SnapshotPtr snapshot = m_desk->snapshot()) {
        place += foreign(models::format::text(snapshot->capabilities.database));
        place += words::server(snapshot->capabilities);
        if (m_request.seen) {
            const auto& seen = *m_request.seen;
            const auto age = std::chrono::duration_cast<pg::Interval>(pg::Clock::now() - snapshot->receivedAt) +
                             (snapshot->takenAt - seen.seenAt);
            QString asSeen = tr("seen %1 ago").arg(models::format::age(age));
            if (seen.batch && seen.lastTick && seen.nextTick)
                asSeen += tr(": token %1, window %2 → %3")
                              .arg(QString::number(*seen.batch), number(*seen.lastTick), number(*seen.nextTick));
            place += asSeen;
        }
    }
    QLabel* where = dimLabel(place.join(u" · "_s));
    where->setObjectName(u"actionPlace"_s);
    where->setWordWrap(true);
    top->addWidget(where);
    layout->addLayout(top);
    QLabel* help = wrappedLabel(words::ofRegistry(m_action.help));
    layout->addWidget(help);
}

void ActionDialog::addGentlerWay(QVBoxLayout* layout) {
    const auto way = operate::gentlerWay(m_request);
    const operate::Action* action = way ? m_desk->actions().find(way->request.action) : nullptr;
    if (!action || !m_desk->availability(way->request).available)
        return;
    auto* row = new QHBoxLayout;
    row->setSpacing(space::large);
    row->addWidget(dimLabel(tr("A gentler way")));
    QAbstractButton* button = makeButton(words::ofRegistry(action->title) + u'…', u"gentlerWay"_s, this);
    const QString keeps = words::ofRegistry(way->keeps);
    button->setAccessibleDescription(keeps);
    connect(button, &QAbstractButton::clicked, this, [this, next = way->request] {
        Q_EMIT nextWanted(next);
        reject();
    });
    row->addWidget(button);
    row->addWidget(wrappedLabel(keeps), 1);
    layout->addLayout(row);
}

void ActionDialog::addConfirmation(QVBoxLayout* layout) {
    if (m_action.readOnly)
        return;
    auto* row = new QHBoxLayout;
    row->setSpacing(space::medium);
    const bool required = m_desk->profile().requiresReason;
    auto* reasonLabel = dimLabel(tr("&Reason"));
    m_reason = new QLineEdit;
    m_reason->setObjectName(u"reason"_s);
    m_reason->setAccessibleName(tr("Reason, kept in the journal"));
    m_reason->setPlaceholderText(required ? tr("required here; kept in the journal") : tr("kept in the journal"));
    m_reason->setText(QString::fromStdString(m_request.reason));
    reasonLabel->setBuddy(m_reason);
    connect(m_reason, &QLineEdit::textChanged, this, &ActionDialog::updateButton);
    row->addWidget(reasonLabel);
    row->addWidget(m_reason, 3);
    if (needsTypedName()) {
        const QString name = nameToType();
        auto* label = new QLabel(tr("Type %1").arg(u"<b>"_s + foreign(name).toHtmlEscaped() + u"</b>"_s));
        label->setTextFormat(Qt::RichText);
        m_typedName = new QLineEdit;
        m_typedName->setObjectName(u"typedName"_s);
        m_typedName->setAccessibleName(tr("Type %1 to confirm").arg(name));
        label->setBuddy(m_typedName);
        row->addSpacing(space::small);
        row->addWidget(label);
        row->addWidget(m_typedName, 2);
        connect(m_typedName, &QLineEdit::textChanged, this, &ActionDialog::updateButton);
    }
    layout->addLayout(row);
}

QWidget* ActionDialog::makeAnswer() {
    auto* content = new QWidget;
    content->setBackgroundRole(QPalette::Base);
    content->setAutoFillBackground(true);
    m_answer = new QVBoxLayout(content);
    m_answer->setContentsMargins(20, 18, 20, 14);
    m_answer->setSpacing(space::large);
    return content;
}

QLayout* ActionDialog::makeFooter() {
    auto* footer = new QHBoxLayout;
    footer->setContentsMargins(20, 10, 20, 10);
    footer->setSpacing(space::medium);
    footer->addStretch();
    m_undo = makeButton({}, u"undo"_s, this);
    m_undo->hide();
    footer->addWidget(m_undo);
    m_cancel = makeButton(tr("Cancel"), u"cancel"_s, this,
                          m_action.danger == operate::Danger::Destructive ? u"primary"_s : QString());
    connect(m_cancel, &QAbstractButton::clicked, this, &QDialog::reject);
    m_act = makeButton(actText(), u"act"_s, this,
                       m_action.danger == operate::Danger::Destructive ? u"danger"_s : u"primary"_s);
    connect(m_act, &QAbstractButton::clicked, this, &ActionDialog::perform);
    if (auto* button = qobject_cast<QPushButton*>(m_cancel))
        button->setDefault(true);
    footer->addWidget(m_cancel);
    footer->addWidget(m_act);
    // Made last: the way by keys from the confirmation to the button stays short.
    if (!m_action.rehearsalLeaves.empty() && !m_action.isSeries()) {
        m_rehearse = makeButton(tr("Rehearse"), u"rehearse"_s, this, u"quiet"_s);
        m_rehearse->setToolTip(tr("Carries it out and rolls it back, within limits; others may have to wait for it"));
        connect(m_rehearse, &QAbstractButton::clicked, this, &ActionDialog::rehearse);
        footer->insertWidget(0, m_rehearse);
    }
    return footer;
}

bool ActionDialog::needsTypedName() const {
    return m_action.danger == operate::Danger::Destructive && m_desk->profile().isCareful() && !nameToType().isEmpty();
}

QString ActionDialog::nameToType() const {
    const QString name = words::nameToType(m_request);
    const domain::SnapshotPtr snapshot = m_desk->snapshot();
    // What concerns the whole database is confirmed by the database's name.
    return name.isEmpty() && snapshot ? models::format::text(snapshot->capabilities.database) : name;
}

domain::ActionRequest ActionDialog::filledRequest() const {
    domain::ActionRequest request = m_request;
    m_form->fill(request);
    if (m_reason)
        request.reason = m_reason->text().toStdString();
    // What she reads is what she agrees to: a call that would do otherwise is rolled back.
    if (m_prediction)
        request.shown = m_prediction->counts;
    return request;
}

void ActionDialog::predictSoon() {
    m_prediction.reset();
    ++m_asked;
    m_predictTimer.start();
    updateButton();
}

void ActionDialog::predict() {
    const domain::ActionRequest request = filledRequest();
    if (!m_action.problems(request).empty()) {
        m_sql->say(u""_s, 2);
        m_sql->setPlaceholderText(tr("Fill in the fields above; the SQL is shown here before it runs."));
        m_predicted->hide();
        m_state->hide();
        fit();
        return;
    }
    const quint64 asked = ++m_asked;
    if (m_action.predicts()) {
        m_state->setText(tr("Asking what it would do…"));
        m_state->show();
    } else {
        m_state->hide();
    }
    links::whenDone(m_desk->predict(request), this, [this, asked](const links::Reply<domain::Prediction>& reply) {
        if (asked != m_asked || m_running)
            return;
        if (const auto* failure = std::get_if<pg::Failure>(&reply))
            showPredictionFailure(words::failure(*failure));
        else
            showPrediction(words::timed(std::get<domain::Prediction>(reply), m_zone));
    });
}

void ActionDialog::showPrediction(const domain::Prediction& prediction) {
    m_prediction = prediction;
    m_predicted->say(prediction);
    m_state->setVisible(prediction.refusal.has_value());
    if (prediction.refusal) {
        setInk(m_state, models::Tone::Critical);
        m_state->setText(tr("It would be refused: %1").arg(words::harmless(*prediction.refusal)));
    }
    m_sql->say(QString::fromStdString(prediction.sql), 9);
    updateButton();
    fit();
}

void ActionDialog::showPredictionFailure(const QString& why) {
    m_state->setText(tr("What it would do could not be found out: %1").arg(why));
    m_state->show();
    m_predicted->hide();
    updateButton();
}

QString ActionDialog::actText() const {
    QString text = words::ofRegistry(m_action.title);
    if (m_prediction) {
        const auto events = m_prediction->counts.find("events");
        if (events != m_prediction->counts.end())
            text += u" · "_s + tr("%n event(s)", nullptr, int(events->second));
    }
    return text;
}

void ActionDialog::fit() {
    QLayout* content = m_question->layout();
    content->activate();
    const int most = parentWidget() ? std::max(420, parentWidget()->height() - 40) : 900;
    const int wanted = content->hasHeightForWidth() ? content->heightForWidth(width()) : content->sizeHint().height();
    resize(width(), std::clamp(wanted + 50, 180, most));
}

void ActionDialog::updateButton() {
    m_act->setText(actText());
    m_act->setAccessibleName(actText());
    const bool named = !m_typedName || m_typedName->text() == nameToType();
    const bool explained = !m_reason || !m_desk->profile().requiresReason || !m_reason->text().trimmed().isEmpty();
    const bool known = m_prediction && !m_prediction->refusal;
    // What destroys something is only offered once it was said what.
    const bool predicted = known || (m_action.danger != operate::Danger::Destructive && !m_prediction);
    const bool ready = predicted && !m_running && !m_form->hasProblems();
    if (m_rehearse)
        m_rehearse->setEnabled(ready && m_prediction);
    m_act->setEnabled(named && explained && ready);
}

void ActionDialog::rehearse() {
    m_rehearse->setEnabled(false);
    m_rehearse->setText(tr("Rehearsing…"));
    links::whenDone(m_desk->rehearse(filledRequest()), this, [this](const domain::Rehearsal& rehearsal) {
        m_rehearse->setText(tr("Rehearse"));
        if (m_running)
            return;
        const bool done = rehearsal.outcome.kind == domain::OutcomeKind::Done;
        QStringList lines = {
            done ? tr("Rehearsed and rolled back in %1: %2")
                       .arg(models::format::milliseconds(rehearsal.outcome.tookMs),
                            words::harmless(words::timed(rehearsal.outcome.summary, m_zone)))
                 : tr("Not rehearsed: %1").arg(words::harmless(words::timed(rehearsal.outcome.summary, m_zone)))};
        if (!rehearsal.remains.empty())
            lines += tr("What the rollback does not undo:");
        for (const std::string& each : rehearsal.remains)
            lines += u"– "_s + words::ofRegistry(each);
        setInk(m_state, done ? models::Tone::None : models::Tone::Critical);
        m_state->setText(lines.join(u'\n'));
        m_state->show();
        updateButton();
        fit();
    });
}

void ActionDialog::perform() {
    m_form->showAllProblems();
    if (m_form->hasProblems() || m_running)
        return;
    m_running = true;
    updateButton();
    m_act->setText(tr("Running…"));
    m_cancel->setText(tr("Close"));
    m_pages->widget(0)->setEnabled(false);
    std::shared_ptr<operate::Progress> progress;
    if (m_action.isSeries()) {
        progress = std::make_shared<operate::Progress>();
        m_run = new RunView(progress);
        m_answer->addWidget(m_run);
        m_pages->setCurrentIndex(1);
        m_act->hide();
        if (m_rehearse)
            m_rehearse->hide();
    }
    links::whenDone(m_desk->perform(filledRequest(), progress), this, [this](const domain::ActionOutcome& outcome) {
        m_running = false;
        showOutcome(outcome);
        Q_EMIT performed(outcome);
    });
}

void ActionDialog::showOutcome(const domain::ActionOutcome& outcome) {
    delete m_run;
    auto* view = new OutcomeView(words::timed(outcome, m_zone));
    m_answer->addWidget(view);
    m_pages->setCurrentIndex(1);
    m_act->hide();
    if (m_rehearse)
        m_rehearse->hide();
    m_cancel->setText(tr("Close"));
    m_cancel->setProperty("role", QString());
    m_cancel->setFocus();
    offerUndo(outcome);
    view->announce();
}

void ActionDialog::offerUndo(const domain::ActionOutcome& outcome) {
    const operate::Action* action = outcome.undo ? m_desk->actions().find(outcome.undo->action) : nullptr;
    domain::ActionRequest next;
    if (action) {
        next = *outcome.undo;
        m_undo->setText(tr("Undo: %1…").arg(words::ofRegistry(action->title)));
    } else if (const auto line = outcome.results.find("next_line");
               line != outcome.results.end() && outcome.kind != domain::OutcomeKind::Done) {
        // A file that was sent in part: the rest from where it ended.
        next = filledRequest();
        next.shown.clear();
        next.arguments["from"] = line->second;
        m_undo->setText(tr("Send the rest…"));
    } else {
        return;
    }
    m_undo->show();
    connect(m_undo, &QAbstractButton::clicked, this, [this, next] {
        Q_EMIT nextWanted(next);
        accept();
    });
}

} // namespace ui
