// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/ask.h"

#include "ui/armdialog.h"
#include "ui/card.h"
#include "ui/theme.h"

#include <QCheckBox>
#include <QCoreApplication>
#include <QDialog>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui::ask {

namespace {

std::function<bool(const Question&)> confirmAnswer;
std::function<std::optional<Password>()> passwordAnswer;
std::function<std::optional<desk::Arming>(const desk::Arming&)> armingAnswer;
std::function<std::optional<QString>(const Question&)> textAnswer;

struct Ask {
    Q_DECLARE_TR_FUNCTIONS(Ask)
};

/// Title, text, and room for more; Cancel and one button named by what it does.
class AskDialog : public QDialog {
public:
    AskDialog(const QString& title, const QString& text, const QString& yes, bool dangerous, QWidget* parent)
        : QDialog(parent)
        , body(new QVBoxLayout) {
        setObjectName(u"askDialog"_s);
        setWindowTitle(title);
        auto* layout = new QVBoxLayout(this);
        layout->setContentsMargins(20, 18, 20, 14);
        layout->setSpacing(space::large);
        auto* heading = new QLabel(title);
        heading->setFont(titleFont());
        heading->setWordWrap(true);
        heading->setTextFormat(Qt::PlainText);
        auto* words = new QLabel(text);
        words->setWordWrap(true);
        words->setTextFormat(Qt::PlainText);
        layout->addWidget(heading);
        layout->addWidget(words);
        layout->addLayout(body);
        auto* buttons = new QHBoxLayout;
        buttons->addStretch();
        cancels = qobject_cast<QPushButton*>(makeButton(Ask::tr("Cancel"), u"cancel"_s, this));
        accepts =
            qobject_cast<QPushButton*>(makeButton(yes, u"accept"_s, this, dangerous ? u"danger"_s : u"primary"_s));
        cancels->setDefault(true);
        connect(cancels, &QPushButton::clicked, this, &QDialog::reject);
        connect(accepts, &QPushButton::clicked, this, &QDialog::accept);
        buttons->addWidget(cancels);
        buttons->addWidget(accepts);
        layout->addLayout(buttons);
        setMinimumWidth(460);
    }

    QVBoxLayout* body;
    QPushButton* cancels = nullptr;
    QPushButton* accepts = nullptr;
};

} // namespace

bool confirm(QWidget* parent, const Question& question) {
    if (confirmAnswer)
        return confirmAnswer(question);
    AskDialog dialog(question.title, question.text, question.yes, question.dangerous, parent);
    return dialog.exec() == QDialog::Accepted;
}

void tell(QWidget* parent, const QString& title, const QString& text) {
    if (confirmAnswer) {
        confirmAnswer({title, text, {}, false});
        return;
    }
    AskDialog dialog(title, text, Ask::tr("Close"), false, parent);
    dialog.cancels->hide();
    dialog.accepts->setDefault(true);
    dialog.exec();
}

std::optional<QString> text(QWidget* parent, const Question& question, const QString& field) {
    if (textAnswer)
        return textAnswer(question);
    AskDialog dialog(question.title, question.text, question.yes, question.dangerous, parent);
    auto* edit = new QLineEdit;
    edit->setObjectName(u"answer"_s);
    edit->setAccessibleName(field);
    edit->setPlaceholderText(field);
    dialog.body->addWidget(edit);
    dialog.accepts->setDefault(true);
    edit->setFocus();
    return dialog.exec() == QDialog::Accepted ? std::optional(edit->text()) : std::nullopt;
}

QString fileToWrite(QWidget* parent, const QString& title, const QString& suggestion) {
    if (textAnswer)
        return textAnswer({title, suggestion, {}, false}).value_or(QString());
    QString kind;
    const QString name = QFileDialog::getSaveFileName(
        parent, title, suggestion, Ask::tr("CSV (*.csv);;JSON (*.json);;SQL (*.sql);;Text (*.txt)"), &kind);
    return withSuffix(name, kind);
}

QString withSuffix(const QString& name, const QString& kind) {
    static const QRegularExpression end(u"\\*(\\.\\w+)"_s);
    const QString suffix = end.match(kind).captured(1);
    return name.isEmpty() || !QFileInfo(name).suffix().isEmpty() ? name : name + suffix;
}

QString fileName(const QStringList& words, const QString& suffix) {
    static const QRegularExpression strange(u"[^\\w-]+"_s, QRegularExpression::UseUnicodePropertiesOption);
    QString name = words.join(u'-').replace(strange, u"_"_s);
    name.truncate(100);
    return name + suffix;
}

std::optional<Password> password(QWidget* parent, const QString& place, const QString& why, bool canKeep) {
    if (passwordAnswer)
        return passwordAnswer();
    AskDialog dialog(Ask::tr("Password for %1").arg(place), why, Ask::tr("Connect"), false, parent);
    dialog.setObjectName(u"passwordDialog"_s);
    auto* field = new QLineEdit;
    field->setObjectName(u"password"_s);
    field->setEchoMode(QLineEdit::Password);
    field->setAccessibleName(Ask::tr("Password"));
    dialog.body->addWidget(field);
    auto* keep = new QCheckBox(Ask::tr("Keep it in this system's keychain"));
    keep->setObjectName(u"keepPassword"_s);
    keep->setVisible(canKeep);
    dialog.body->addWidget(keep);
    dialog.accepts->setDefault(true);
    field->setFocus();
    if (dialog.exec() != QDialog::Accepted)
        return std::nullopt;
    return Password{field->text(), keep->isChecked()};
}

void setAnswers(std::function<bool(const Question&)> confirms, std::function<std::optional<Password>()> passwords,
                std::function<std::optional<QString>(const Question&)> texts) {
    confirmAnswer = std::move(confirms);
    passwordAnswer = std::move(passwords);
    textAnswer = std::move(texts);
}

std::optional<desk::Arming> arming(QWidget* parent, const desk::Profile& profile, const desk::Arming& standard) {
    if (armingAnswer)
        return armingAnswer(standard);
    ArmDialog dialog(profile, standard, parent);
    return dialog.exec() == QDialog::Accepted ? std::optional(dialog.arming()) : std::nullopt;
}

void setArming(std::function<std::optional<desk::Arming>(const desk::Arming&)> answer) {
    armingAnswer = std::move(answer);
}

} // namespace ui::ask
