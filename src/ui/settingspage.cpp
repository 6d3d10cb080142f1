// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/settingspage.h"

#include "models/format.h"
#include "ui/card.h"
#include "ui/durationbox.h"
#include "ui/splitters.h"

#include <QAbstractButton>
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

/// A factor, written as the usual one beside it is.
class FactorBox : public QDoubleSpinBox {
public:
    using QDoubleSpinBox::QDoubleSpinBox;

    QString textFromValue(double value) const override { return locale().toString(value, 'g', 6); }
};

/// A large number, grouped as everywhere; it may be typed without.
class CountBox : public QSpinBox {
public:
    using QSpinBox::QSpinBox;

    QString textFromValue(int value) const override { return models::format::number(value); }

    int valueFromText(const QString& text) const override { return QSpinBox::valueFromText(ungrouped(text)); }

    QValidator::State validate(QString& text, int& at) const override {
        QString plain = ungrouped(text);
        return QSpinBox::validate(plain, at);
    }

private:
    static QString ungrouped(QString text) {
        return text.removeIf([](QChar c) { return c.isSpace(); });
    }
};

/// A card's content that can be scrolled where there is too little height.
QScrollArea* scrolled(QLayout* layout) {
    auto* content = new QWidget;
    content->setBackgroundRole(QPalette::Base);
    content->setAutoFillBackground(true);
    layout->setContentsMargins(space::large, 10, space::large, space::large);
    content->setLayout(layout);
    auto* scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(content);
    return scroll;
}

QStringList linesOf(const QPlainTextEdit* edit) {
    QStringList lines;
    for (const QString& line : edit->toPlainText().split(u'\n')) {
        if (!line.trimmed().isEmpty())
            lines += line.trimmed();
    }
    return lines;
}

} // namespace

SettingsPage::SettingsPage(const PageTools& tools, std::shared_ptr<Preferences> preferences, QWidget* parent)
    : Page(tools, parent)
    , m_preferences(std::move(preferences)) {
    setObjectName(u"settings"_s);
    auto* left = makeSplitter(Qt::Vertical, makeLooks(), makeMasking(), {240, 410}, {0, 1});
    auto* all = makeSplitter(Qt::Horizontal, left, makeThresholds(), {560, 520}, {1, 1});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(all);
    connect(m_preferences.get(), &Preferences::changed, this, &SettingsPage::show);
    show();
}

Card* SettingsPage::makeLooks() {
    auto* card = new Card(tr("Looks, times, sampling"));
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(24);
    grid->setVerticalSpacing(space::medium);
    grid->setColumnStretch(1, 1);
    const auto add = [grid](const QString& title, const QString& name, const QStringList& choices) {
        auto* box = new QComboBox;
        box->setObjectName(name);
        box->setAccessibleName(title);
        box->addItems(choices);
        auto* label = new QLabel(title);
        label->setBuddy(box);
        grid->addWidget(label, grid->rowCount(), 0);
        grid->addWidget(box, grid->rowCount() - 1, 1, Qt::AlignLeft);
        return box;
    };
    m_theme = add(tr("Theme"), u"settingTheme"_s, {tr("As the system"), tr("Light"), tr("Dark"), tr("High contrast")});
    m_zone = add(tr("Times"), u"settingZone"_s, {tr("In this system's zone"), tr("In UTC")});
    m_period = add(tr("Sample every"), u"settingPeriod"_s, {});
    for (const int ms : {500, 1'000, 2'000, 5'000, 15'000, 60'000})
        m_period->addItem(DurationBox::text(std::chrono::milliseconds(ms)), ms);
    m_period->setToolTip(tr("A server that answers slowly is asked less often by itself"));
    m_record = new QCheckBox(tr("Record what is seen, in at most"));
    m_record->setObjectName(u"settingRecord"_s);
    m_record->setToolTip(
        tr("In a file of this user; what is older gets coarser and goes first. No payloads are in it."));
    m_budget = new QSpinBox;
    m_budget->setObjectName(u"settingBudget"_s);
    m_budget->setAccessibleName(tr("Room for the recording of one server"));
    m_budget->setRange(10, 100'000);
    m_budget->setSingleStep(50);
    m_budget->setSuffix(tr(" MiB a server"));
    m_budget->setKeyboardTracking(false);
    grid->addWidget(m_record, grid->rowCount(), 0);
    grid->addWidget(m_budget, grid->rowCount() - 1, 1, Qt::AlignLeft);
    m_recorded = dimLabel({});
    m_recorded->setObjectName(u"settingRecorded"_s);
    m_recorded->setWordWrap(true);
    grid->addWidget(m_recorded, grid->rowCount(), 0, 1, 2);
    grid->setRowStretch(grid->rowCount(), 1);
    connect(m_record, &QCheckBox::clicked, this, [this](bool on) { m_preferences->setRecording(on); });
    connect(m_budget, &QSpinBox::valueChanged, this, [this](int mebibytes) {
        if (!m_showing)
            m_preferences->setRecordingBudget(std::int64_t(mebibytes) << 20);
    });
    connect(tools().desk, &desk::Desk::recordingChanged, this, &SettingsPage::tellRecording);
    connect(m_theme, &QComboBox::activated, this, [this](int at) { m_preferences->setTheme(ThemeChoice(at)); });
    connect(m_zone, &QComboBox::activated, this, [this](int at) { m_preferences->setUtc(at == 1); });
    connect(m_period, &QComboBox::activated, this,
            [this] { m_preferences->setPeriod(std::chrono::milliseconds(m_period->currentData().toInt())); });
    card->setContent(scrolled(grid));
    return card;
}

Card* SettingsPage::makeThresholds() {
    auto* card = new Card(tr("When a symptom becomes a finding"));
    card->setNote(tools().desk->profile().environment == desk::Environment::Sandbox ? tr("a tenth in a sandbox")
                                                                                    : QString());
    QAbstractButton* usual = makeButton(tr("Usual values"), u"usualThresholds"_s, this);
    connect(usual, &QAbstractButton::clicked, this, [this] { m_preferences->setThresholds({}); });
    card->addToHeading(usual);
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(space::large);
    grid->setVerticalSpacing(6);
    grid->setColumnStretch(0, 1);
    monitor::Thresholds defaults;
    const auto take = [this](const ThresholdField::Member& member, auto value) {
        if (m_showing)
            return;
        monitor::Thresholds changed = m_preferences->thresholds();
        std::visit(
            [&](auto of) {
                using Value = std::remove_reference_t<decltype(changed.*of)>;
                if constexpr (std::is_convertible_v<decltype(value), Value>)
                    changed.*of = Value(value);
            },
            member);
        m_preferences->setThresholds(changed);
    };
    for (const ThresholdField& field : thresholdFields()) {
        QWidget* box = nullptr;
        if (std::holds_alternative<pg::Interval monitor::Thresholds::*>(field.member)) {
            auto* duration = new DurationBox;
            connect(duration, &DurationBox::valueChanged, this,
                    [take, member = field.member](pg::Interval value) { take(member, value); });
            box = duration;
        } else if (std::holds_alternative<double monitor::Thresholds::*>(field.member)) {
            auto* times = new FactorBox;
            times->setPrefix(u"× "_s);
            times->setRange(0, 1'000);
            times->setSingleStep(0.1);
            times->setKeyboardTracking(false);
            connect(times, &QDoubleSpinBox::valueChanged, this,
                    [take, member = field.member](double value) { take(member, value); });
            box = times;
        } else {
            const bool times = std::holds_alternative<int monitor::Thresholds::*>(field.member);
            QSpinBox* number = times ? new QSpinBox : new CountBox;
            number->setPrefix(times ? u"× "_s : QString());
            number->setRange(1, times ? 1'000 : 1'000'000'000);
            number->setSingleStep(times ? 1 : 1'000);
            number->setKeyboardTracking(false);
            connect(number, &QSpinBox::valueChanged, this,
                    [take, member = field.member](int value) { take(member, value); });
            box = number;
        }
        box->setObjectName(u"threshold."_s + field.key);
        box->setAccessibleName(field.title);
        box->setAccessibleDescription(field.meaning);
        box->setToolTip(field.meaning);
        box->setMinimumWidth(120);
        auto* title = new QLabel(field.title);
        title->setWordWrap(true);
        title->setToolTip(field.meaning);
        title->setBuddy(box);
        const int row = grid->rowCount();
        grid->addWidget(title, row, 0);
        grid->addWidget(box, row, 1);
        grid->addWidget(dimLabel(tr("usual: %1").arg(thresholdText(defaults, field.member))), row, 2);
        m_fields.emplace_back(field, box);
    }
    grid->setRowStretch(grid->rowCount(), 1);
    card->setContent(scrolled(grid));
    return card;
}

Card* SettingsPage::makeMasking() {
    auto* card = new Card(tr("Hidden in payloads"));
    QAbstractButton* usual = makeButton(tr("Usual patterns"), u"usualMasking"_s, this);
    connect(usual, &QAbstractButton::clicked, this,
            [this] { m_preferences->setMasking(models::Masking::Patterns::usual()); });
    card->addToHeading(usual);
    auto* column = new QVBoxLayout;
    column->setSpacing(6);
    const auto edit = [column](const QString& title, const QString& name, int height) {
        auto* label = new QLabel(title);
        label->setWordWrap(true);
        auto* text = new QPlainTextEdit;
        text->setObjectName(name);
        text->setAccessibleName(title);
        text->setFont(codeFont());
        text->setTabChangesFocus(true);
        text->setMinimumHeight(height);
        text->setLineWrapMode(QPlainTextEdit::NoWrap);
        label->setBuddy(text);
        column->addWidget(label);
        column->addWidget(text, height);
        return text;
    };
    m_mask = new QCheckBox(tr("Hide secrets wherever payloads are shown, copied or exported"));
    m_mask->setToolTip(
        tr("Passwords in JSON, connection strings, URIs and SQL are hidden beside what stands below. The "
           "journal hides secrets always."));
    m_mask->setObjectName(u"mask"_s);
    column->addWidget(m_mask);
    m_keys = edit(tr("Values of these JSON keys, one a line; * stands for anything, case, _ and - do not matter"),
                  u"maskedKeys"_s, 90);
    m_expressions = edit(tr("What these regular expressions find, one a line; of one with a group only the group"),
                         u"maskedTexts"_s, 70);
    m_problem = new QLabel;
    m_problem->setObjectName(u"maskingProblem"_s);
    m_problem->setWordWrap(true);
    m_problem->setTextFormat(Qt::PlainText);
    setInk(m_problem, models::Tone::Critical);
    m_problem->hide();
    column->addWidget(m_problem);
    m_sample = edit(tr("Try it on a payload"), u"maskingSample"_s, 40);
    m_sample->setPlainText(u"{\"user\": \"ann\", \"api_key\": \"k-12345\", \"url\": \"https://ann:pw@example.org\"}"_s);
    m_masked = new QLabel;
    m_masked->setObjectName(u"maskingResult"_s);
    m_masked->setAccessibleName(tr("The payload as it would be shown"));
    m_masked->setFont(codeFont());
    m_masked->setWordWrap(true);
    m_masked->setTextFormat(Qt::PlainText);
    makeSelectable(m_masked);
    column->addWidget(m_masked);
    card->setContent(scrolled(column));
    connect(m_mask, &QCheckBox::toggled, this, &SettingsPage::takeMasking);
    connect(m_keys, &QPlainTextEdit::textChanged, this, &SettingsPage::takeMasking);
    connect(m_expressions, &QPlainTextEdit::textChanged, this, &SettingsPage::takeMasking);
    connect(m_sample, &QPlainTextEdit::textChanged, this, &SettingsPage::tryMasking);
    return card;
}

void SettingsPage::tellRecording() {
    using Kind = desk::RecordingState::Kind;
    const desk::RecordingState state = tools().desk->recordingState();
    switch (state.kind) {
    case Kind::Off:
        m_recorded->setText(tr("This server is not recorded."));
        break;
    case Kind::Waiting:
        m_recorded->setText(tr("Recording begins with the first samples."));
        break;
    case Kind::Recording:
        m_recorded->setText(tr("This server is recorded in %1").arg(state.path));
        break;
    case Kind::Elsewhere:
        m_recorded->setText(tr("Another window or program records this server, in %1").arg(state.path));
        break;
    case Kind::Stopped:
        m_recorded->setText(tr("Recording has stopped: %1").arg(state.problem));
        break;
    case Kind::Reading:
        m_recorded->setText(tr("Opened from %1").arg(state.path));
        break;
    }
}

void SettingsPage::takeMasking() {
    if (m_showing)
        return;
    QStringList problems;
    const QStringList expressions = linesOf(m_expressions);
    for (const QString& expression : expressions) {
        if (const QString problem = models::Masking::problem(expression); !problem.isEmpty())
            problems += tr("%1: %2").arg(expression, problem);
    }
    m_problem->setText(problems.join(u'\n'));
    m_problem->setVisible(!problems.isEmpty());
    // What can't be read hides nothing: the last readable patterns stay in force.
    if (problems.isEmpty())
        m_preferences->setMasking({m_mask->isChecked(), linesOf(m_keys), expressions});
    tryMasking();
}

void SettingsPage::tryMasking() {
    m_masked->setText(models::Masking(m_preferences->masking()).apply(m_sample->toPlainText()));
}

void SettingsPage::show() {
    m_showing = true;
    m_theme->setCurrentIndex(int(m_preferences->theme()));
    m_zone->setCurrentIndex(m_preferences->utc() ? 1 : 0);
    const int period = int(m_preferences->period().count());
    if (m_period->findData(period) < 0)
        m_period->addItem(DurationBox::text(m_preferences->period()), period);
    m_period->setCurrentIndex(m_period->findData(period));
    m_record->setChecked(m_preferences->recording());
    m_budget->setEnabled(m_preferences->recording());
    m_budget->setValue(int(m_preferences->recordingBudget() >> 20));
    tellRecording();
    const monitor::Thresholds& now = m_preferences->thresholds();
    for (const auto& [field, box] : m_fields) {
        if (const auto* length = std::get_if<pg::Interval monitor::Thresholds::*>(&field.member))
            qobject_cast<DurationBox*>(box)->setValue(now.*(*length));
        else if (const auto* factor = std::get_if<double monitor::Thresholds::*>(&field.member))
            qobject_cast<QDoubleSpinBox*>(box)->setValue(now.*(*factor));
        else if (const auto* count = std::get_if<int monitor::Thresholds::*>(&field.member))
            qobject_cast<QSpinBox*>(box)->setValue(now.*(*count));
        else if (const auto* large = std::get_if<std::int64_t monitor::Thresholds::*>(&field.member))
            qobject_cast<QSpinBox*>(box)->setValue(int(std::min<std::int64_t>(now.*(*large), 1'000'000'000)));
    }
    const models::Masking::Patterns& patterns = m_preferences->masking();
    m_mask->setChecked(patterns.on);
    // Somebody may be typing here: only what is different is put in.
    if (linesOf(m_keys) != patterns.keys)
        m_keys->setPlainText(patterns.keys.join(u'\n'));
    if (linesOf(m_expressions) != patterns.expressions)
        m_expressions->setPlainText(patterns.expressions.join(u'\n'));
    m_showing = false;
    tryMasking();
}

QWidget* SettingsPage::mainView() const {
    return m_theme;
}

} // namespace ui
