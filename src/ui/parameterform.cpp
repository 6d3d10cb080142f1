// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/parameterform.h"

#include "models/format.h"
#include "models/masking.h"
#include "ui/card.h"
#include "ui/filefield.h"
#include "ui/theme.h"
#include "ui/words.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QHBoxLayout>
#include <QTextDocument>
#include <QVBoxLayout>

#include <limits>

using namespace Qt::StringLiterals;

namespace ui {

using operate::ParameterKind;

namespace {

// What is longer holds the window up with every key.
constexpr std::size_t longestText = std::size_t(256) * 1024;
constexpr std::size_t longestLine = std::size_t(16) * 1024;
constexpr qsizetype longestShown = 4'096;

bool isEditable(const std::string& text) {
    if (text.size() > longestText)
        return false;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        if (end - begin > longestLine)
            return false;
        begin = end + 1;
    }
    return true;
}

/// What stands in an editor, which knows only one kind of line end and shows a text of the other kind as well.
std::string textOf(const QPlainTextEdit& edit, const std::string& given) {
    QString text = edit.document()->toRawText();
    text.replace(QChar::ParagraphSeparator, u'\n');
    const QString before = QString::fromStdString(given);
    if (before.contains(u"\r\n"_s) && before.count(u'\n') == before.count(u"\r\n"_s))
        text.replace(u'\n', u"\r\n"_s);
    return text.toStdString();
}

} // namespace

ParameterForm::ParameterForm(const operate::Action& action, const domain::ActionRequest& request, QWidget* parent)
    : QWidget(parent) {
    auto* form = new QFormLayout(this);
    form->setContentsMargins(0, 0, 0, 0);
    form->setHorizontalSpacing(space::large);
    form->setVerticalSpacing(space::medium);
    form->setLabelAlignment(Qt::AlignLeft);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    for (const operate::Parameter& parameter : action.parameters) {
        if (parameter.identifies)
            continue;
        Field field;
        field.parameter = &parameter;
        field.given = operate::valueOf(request, parameter);
        field.editor = makeEditor(parameter, field.given, m_fields.size());
        const QString name = words::ofRegistry(parameter.label);
        field.editor->setObjectName(u"parameter."_s + QString::fromStdString(parameter.name));
        field.editor->setAccessibleName(name);
        field.editor->setToolTip(words::ofRegistry(parameter.help));
        field.editor->setAccessibleDescription(words::ofRegistry(parameter.help));
        field.problem = new QLabel;
        field.problem->setObjectName(u"problem."_s + QString::fromStdString(parameter.name));
        field.problem->setWordWrap(true);
        field.problem->setTextFormat(Qt::PlainText);
        setInk(field.problem, models::Tone::Critical);
        field.problem->hide();
        auto* column = new QVBoxLayout;
        column->setSpacing(2);
        column->addWidget(parameter.nullable
                              ? withNullBox(field, operate::isNull(request, parameter), m_fields.size())
                              : field.editor);
        if (!parameter.help.empty() && parameter.kind != ParameterKind::Bool) {
            QLabel* help = dimLabel(words::ofRegistry(parameter.help));
            help->setWordWrap(true);
            column->addWidget(help);
        }
        if ((parameter.kind == ParameterKind::Payload || parameter.kind == ParameterKind::Text) &&
            !isEditable(field.given)) {
            QLabel* kept = dimLabel(tr("%1, too long to be edited here: it is sent as it is. The beginning is shown.")
                                        .arg(models::format::bytes(qint64(field.given.size()))));
            kept->setObjectName(u"kept."_s + QString::fromStdString(parameter.name));
            column->addWidget(kept);
        }
        column->addWidget(field.problem);
        auto* label = new QLabel(parameter.kind == ParameterKind::Bool ? QString() : name);
        label->setBuddy(field.editor);
        label->setMinimumHeight(26);
        form->addRow(label, column);
        m_fields.push_back(field);
    }
}

QWidget* ParameterForm::makeEditor(const operate::Parameter& parameter, const std::string& value, std::size_t field) {
    const QString text = QString::fromStdString(value);
    const auto edited = [this, field] {
        m_fields[field].edited = true;
        if (QCheckBox* null = m_fields[field].null)
            null->setChecked(false);
        onEdited(field);
    };
    switch (parameter.kind) {
    case ParameterKind::Bool: {
        auto* box = new QCheckBox(words::ofRegistry(parameter.label));
        box->setChecked(value == "true");
        connect(box, &QCheckBox::toggled, this, edited);
        return box;
    }
    case ParameterKind::Choice: {
        auto* box = new QComboBox;
        for (const operate::Choice& choice : parameter.choices)
            box->addItem(words::ofRegistry(choice.label), QString::fromStdString(choice.value));
        box->setCurrentIndex(std::max(0, box->findData(text)));
        connect(box, &QComboBox::currentIndexChanged, this, edited);
        return box;
    }
    case ParameterKind::Payload: {
        auto* edit = new QPlainTextEdit;
        edit->setFont(codeFont());
        if (isEditable(value)) {
            edit->setPlainText(text);
        } else {
            edit->setReadOnly(true);
            edit->setPlainText(models::Masking::current().apply(text.left(longestShown)) + u'…');
        }
        edit->setTabChangesFocus(true);
        edit->setFixedHeight(QFontMetrics(codeFont()).lineSpacing() * 7);
        connect(edit, &QPlainTextEdit::textChanged, this, edited);
        return edit;
    }
    case ParameterKind::File: {
        auto* chooser = new FileField(text);
        connect(chooser, &FileField::edited, this, edited);
        return chooser;
    }
    case ParameterKind::Text:
    case ParameterKind::Number:
    case ParameterKind::Duration:
        break;
    }
    auto* edit = new QLineEdit;
    edit->setMaxLength(std::numeric_limits<int>::max());
    if (isEditable(value)) {
        edit->setText(text);
    } else {
        edit->setReadOnly(true);
        edit->setText(models::Masking::current().apply(text.left(longestShown)) + u'…');
    }
    connect(edit, &QLineEdit::textChanged, this, edited);
    return edit;
}

/// NULL is ticked away by writing something.
QWidget* ParameterForm::withNullBox(Field& field, bool isNull, std::size_t at) {
    auto* both = new QWidget;
    auto* row = new QHBoxLayout(both);
    row->setContentsMargins(0, 0, 0, 0);
    field.null = new QCheckBox(tr("NULL"));
    field.null->setObjectName(u"null."_s + QString::fromStdString(field.parameter->name));
    field.null->setAccessibleName(tr("%1 is NULL").arg(words::ofRegistry(field.parameter->label)));
    field.null->setToolTip(tr("None at all, which is not the empty text"));
    field.null->setChecked(isNull);
    row->addWidget(field.editor, 1);
    row->addWidget(field.null, 0, Qt::AlignTop);
    connect(field.null, &QCheckBox::toggled, this, [this, at] { onEdited(at); });
    return both;
}

/// What was not edited stays as it was given, to the byte: an editor changes line ends and blanks by itself.
std::string ParameterForm::value(const Field& field) {
    const ParameterKind kind = field.parameter->kind;
    if (!field.edited && (kind == ParameterKind::Text || kind == ParameterKind::Payload))
        return field.given;
    if (const auto* box = qobject_cast<const QCheckBox*>(field.editor))
        return box->isChecked() ? "true" : "false";
    if (const auto* box = qobject_cast<const QComboBox*>(field.editor))
        return box->currentData().toString().toStdString();
    if (const auto* edit = qobject_cast<const QPlainTextEdit*>(field.editor))
        return textOf(*edit, field.given);
    if (const auto* file = qobject_cast<const FileField*>(field.editor))
        return file->path().toStdString();
    return qobject_cast<const QLineEdit*>(field.editor)->text().toStdString();
}

void ParameterForm::fill(domain::ActionRequest& request) const {
    for (const Field& field : m_fields) {
        if (field.null && field.null->isChecked())
            operate::setNull(request, *field.parameter);
        else
            operate::setValue(request, *field.parameter, value(field));
    }
}

void ParameterForm::onEdited(std::size_t field) {
    m_fields[field].touched = true;
    showProblem(m_fields[field]);
    Q_EMIT edited();
}

void ParameterForm::showProblem(const Field& field) {
    const std::string problem = operate::problemWith(*field.parameter, value(field));
    field.problem->setText(words::ofRegistry(problem));
    field.problem->setVisible(!problem.empty() && field.touched);
}

void ParameterForm::showAllProblems() {
    for (Field& field : m_fields) {
        field.touched = true;
        showProblem(field);
    }
}

bool ParameterForm::hasProblems() const {
    return std::any_of(m_fields.begin(), m_fields.end(), [this](const Field& field) {
        return !operate::problemWith(*field.parameter, value(field)).empty();
    });
}

} // namespace ui
