// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/actiondialog.h"

#include "link/whendone.h"
#include "ui/card.h"
#include "ui/outcomeview.h"
#include "ui/paint.h"
#include "ui/parameterform.h"
#include "ui/theme.h"
#include "ui/words.h"

#include <QAbstractButton>
#include <QApplication>
#include <QClipboard>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPainter>
#include <QPlainTextEdit>
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

/// One number of a prediction in a frame.
class Tile : public QWidget {
public:
    explicit Tile(const domain::PredictedNumber& content) {
        auto* layout = new QVBoxLayout(this);
        layout->setContentsMargins(space::large, 10, space::large, 10);
        layout->setSpacing(2);
        layout->addWidget(dimLabel(words::ofRegistry(content.label)));
        auto* value = new QLabel(QString::fromStdString(content.value));
        value->setFont(tabular(numberFont()));
        if (content.alarming) {
            setInk(value, colors().critical);
        }
        layout->addWidget(value);
        QLabel* note = dimLabel(QString::fromStdString(content.note));
        note->setWordWrap(true);
        layout->addWidget(note);
        layout->addStretch();
        setAccessibleName(QString::fromStdString(content.label + ": " + content.value + ". " + content.note));
    }

protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        drawPanel(&painter, rect(), colors().panel, colors().line, space::radius);
    }
};

QLabel* wrapped(const QString& text) {
    auto* label = new QLabel(text);
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return label;
}

QString joined(const std::vector<std::string>& sentences) {
    QStringList list;
    for (const std::string& sentence : sentences)
        list += words::ofRegistry(sentence);
    return list.join(u'\n');
}

} // namespace

ActionDialog::ActionDialog(desk::Desk* desk, const operate::Action& action, domain::ActionRequest request,
                           QWidget* parent)
    : QDialog(parent)
    , m_desk(desk)
    , m_action(action)
    , m_request(std::move(request))
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
    m_tiles = new QWidget;
    m_tiles->setLayout(new QHBoxLayout);
    m_tiles->layout()->setContentsMargins(0, 0, 0, 0);
    m_tiles->layout()->setSpacing(space::large);
    m_tiles->hide();
    layout->addWidget(m_tiles);
    m_facts = new QWidget;
    auto* facts = new QFormLayout(m_facts);
    facts->setContentsMargins(space::small, 0, space::small, 0);
    facts->setHorizontalSpacing(28);
    facts->setVerticalSpacing(space::medium);
    facts->setLabelAlignment(Qt::AlignLeft);
    m_facts->hide();
    layout->addWidget(m_facts);
    m_state = wrapped({});
    m_state->setObjectName(u"predictionState"_s);
    layout->addWidget(m_state);
    auto* heading = new QHBoxLayout;
    heading->addWidget(dimLabel(tr("SQL that will run, once, in one transaction")));
    heading->addStretch();
    QAbstractButton* copy = makeButton(tr("Copy SQL"), u"copySql"_s, this, u"quiet"_s);
    connect(copy, &QAbstractButton::clicked, this,
            [this] { QApplication::clipboard()->setText(m_sql->toPlainText()); });
    heading->addWidget(copy);
    auto* sqlPart = new QVBoxLayout;
    sqlPart->setSpacing(space::small);
    sqlPart->addLayout(heading);
    m_sql = makeSqlView(u"sqlPreview"_s);
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
        title += u' ' + subject;
    QLabel* heading = wrapped(title);
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
    QLabel* help = wrapped(words::ofRegistry(m_action.help));
    layout->addWidget(help);
}

void ActionDialog::addConfirmation(QVBoxLayout* layout) {
    if (m_action.readOnly)
        return;
    auto* row = new QHBoxLayout;
    row->setSpacing(space::medium);
    auto* reasonLabel = dimLabel(tr("&Reason"));
    m_reason = new QLineEdit;
    m_reason->setObjectName(u"reason"_s);
    m_reason->setAccessibleName(tr("Reason, kept in the journal"));
    m_reason->setPlaceholderText(tr("kept in the journal"));
    m_reason->setText(QString::fromStdString(m_request.reason));
    reasonLabel->setBuddy(m_reason);
    row->addWidget(reasonLabel);
    row->addWidget(m_reason, 3);
    if (needsTypedName()) {
        const QString name = words::nameToType(m_request);
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
    return footer;
}

bool ActionDialog::needsTypedName() const {
    const desk::Environment where = m_desk->profile().environment;
    const bool matters = where == desk::Environment::Production || where == desk::Environment::Unlabelled;
    return m_action.danger == operate::Danger::Destructive && matters && !words::nameToType(m_request).isEmpty();
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
        m_sql->setPlainText({});
        m_sql->setPlaceholderText(tr("Fill in the fields above; the SQL is shown here before it runs."));
        fitSqlView(m_sql, 2);
        m_tiles->hide();
        m_facts->hide();
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
            showPrediction(std::get<domain::Prediction>(reply));
    });
}

void ActionDialog::showPrediction(const domain::Prediction& prediction) {
    m_prediction = prediction;
    setTiles(prediction.numbers);
    setFacts(prediction);
    m_state->setVisible(prediction.refusal.has_value());
    if (prediction.refusal) {
        setInk(m_state, colors().critical);
        m_state->setText(tr("It would be refused: %1").arg(QString::fromStdString(*prediction.refusal)));
    }
    m_sql->setPlainText(QString::fromStdString(prediction.sql));
    fitSqlView(m_sql, 9);
    updateButton();
    fit();
}

void ActionDialog::showPredictionFailure(const QString& why) {
    m_state->setText(tr("What it would do could not be found out: %1").arg(why));
    m_state->show();
    m_tiles->hide();
    m_facts->hide();
    updateButton();
}

void ActionDialog::setTiles(const std::vector<domain::PredictedNumber>& numbers) {
    QLayout* layout = m_tiles->layout();
    while (QLayoutItem* item = layout->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    for (const domain::PredictedNumber& content : numbers)
        layout->addWidget(new Tile(content));
    m_tiles->setVisible(!numbers.empty());
}

void ActionDialog::setFacts(const domain::Prediction& prediction) {
    auto* form = qobject_cast<QFormLayout*>(m_facts->layout());
    while (form->rowCount() > 0)
        form->removeRow(0);
    const auto add = [form](const QString& name, const QString& text) {
        if (!text.isEmpty())
            form->addRow(dimLabel(name), wrapped(text));
    };
    add(tr("Also changes"), joined(prediction.alsoChanges));
    add(tr("Can be undone"), words::ofRegistry(prediction.undo));
    add(tr("In detail"), joined(prediction.details));
    m_facts->setVisible(form->rowCount() > 0);
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
    const bool named = !m_typedName || m_typedName->text() == words::nameToType(m_request);
    const bool known = m_prediction && !m_prediction->refusal;
    // What destroys something is only offered once it was said what.
    const bool predicted = known || (m_action.danger != operate::Danger::Destructive && !m_prediction);
    m_act->setEnabled(named && predicted && !m_running && !m_form->hasProblems());
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
    links::whenDone(m_desk->perform(filledRequest()), this, [this](const domain::ActionOutcome& outcome) {
        m_running = false;
        showOutcome(outcome);
        Q_EMIT performed(outcome);
    });
}

void ActionDialog::showOutcome(const domain::ActionOutcome& outcome) {
    auto* view = new OutcomeView(outcome);
    m_answer->addWidget(view);
    m_pages->setCurrentIndex(1);
    m_act->hide();
    m_cancel->setText(tr("Close"));
    m_cancel->setProperty("role", QString());
    m_cancel->setFocus();
    view->announce();
}

QPlainTextEdit* makeSqlView(const QString& objectName, QWidget* parent) {
    auto* view = new QPlainTextEdit(parent);
    view->setObjectName(objectName);
    view->setAccessibleName(ActionDialog::tr("SQL"));
    view->setReadOnly(true);
    view->setFont(codeFont());
    view->setTabChangesFocus(true);
    view->setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    QPalette palette = view->palette();
    palette.setColor(QPalette::Base, colors().header);
    view->setPalette(palette);
    fitSqlView(view, 4);
    return view;
}

void fitSqlView(QPlainTextEdit* view, int mostLines) {
    // Counted by width, because wrapped lines take room as well.
    const QFontMetrics metrics(view->font());
    const int perLine =
        std::max(40, (view->width() > 200 ? view->width() : dialogWidth - 60) / metrics.averageCharWidth());
    int lines = 0;
    for (const QString& line : view->toPlainText().split(u'\n'))
        lines += 1 + int(line.size()) / perLine;
    view->setFixedHeight(metrics.lineSpacing() * std::clamp(lines, 1, mostLines) + 16);
}

WhyNotDialog::WhyNotDialog(const QString& action, const desk::Availability& availability, bool offerArming,
                           QWidget* parent)
    : QDialog(parent) {
    setObjectName(u"whyNotDialog"_s);
    setWindowTitle(action);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 18, 20, 14);
    layout->setSpacing(space::large);
    QLabel* title = wrapped(tr("%1 is not possible now").arg(action));
    title->setFont(titleFont());
    layout->addWidget(title);
    QLabel* why = wrapped(availability.why);
    why->setObjectName(u"why"_s);
    layout->addWidget(why);
    auto* buttons = new QHBoxLayout;
    buttons->addStretch();
    if (!availability.grant.isEmpty()) {
        layout->addWidget(dimLabel(tr("This would help; the schema's owner or a superuser can run it:")));
        QPlainTextEdit* grant = makeSqlView(u"grant"_s, this);
        grant->setPlainText(availability.grant);
        fitSqlView(grant, 6);
        layout->addWidget(grant);
        QAbstractButton* copy = makeButton(tr("Copy GRANT"), u"copyGrant"_s, this);
        connect(copy, &QAbstractButton::clicked, this,
                [text = availability.grant] { QApplication::clipboard()->setText(text); });
        buttons->addWidget(copy);
    }
    if (offerArming) {
        QAbstractButton* arm = makeButton(tr("Switch to Operate"), u"arm"_s, this);
        connect(arm, &QAbstractButton::clicked, this, [this] {
            Q_EMIT armingWanted();
            accept();
        });
        buttons->addWidget(arm);
    }
    QAbstractButton* close = makeButton(tr("Close"), u"close"_s, this, u"primary"_s);
    connect(close, &QAbstractButton::clicked, this, &QDialog::reject);
    buttons->addWidget(close);
    layout->addLayout(buttons);
    setMinimumWidth(520);
}

} // namespace ui
