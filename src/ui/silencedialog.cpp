// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/silencedialog.h"

#include "models/format.h"
#include "ui/card.h"
#include "ui/paint.h"
#include "ui/theme.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

SilenceDialog::SilenceDialog(const domain::Finding& finding, QWidget* parent)
    : QDialog(parent)
    , m_length(new QComboBox)
    , m_reason(new QLineEdit) {
    setWindowTitle(tr("Silence a finding"));
    setObjectName(u"silenceDialog"_s);
    auto* title = new QLabel(models::format::text(finding.title));
    title->setTextFormat(Qt::PlainText);
    title->setWordWrap(true);
    title->setFont(strongFont(font()));
    auto* explanation =
        dimLabel(tr("It is not shown, counted or announced in this console until then, or until it gets "
                    "worse. The check on the command line goes on reporting it."));
    explanation->setWordWrap(true);
    m_length->addItem(tr("15 minutes"), 15 * 60);
    m_length->addItem(tr("1 hour"), 60 * 60);
    m_length->addItem(tr("8 hours"), 8 * 60 * 60);
    m_length->addItem(tr("1 day"), 24 * 60 * 60);
    m_length->addItem(tr("7 days"), 7 * 24 * 60 * 60);
    m_length->setCurrentIndex(1);
    m_length->setObjectName(u"length"_s);
    m_reason->setObjectName(u"reason"_s);
    m_reason->setPlaceholderText(tr("Why: who knows of it, what is being done"));
    m_reason->setMaxLength(500);
    auto* form = new QFormLayout;
    form->addRow(tr("&For"), m_length);
    form->addRow(tr("&Reason"), m_reason);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    QPushButton* silence = buttons->addButton(tr("Silence"), QDialogButtonBox::AcceptRole);
    silence->setObjectName(u"silence"_s);
    silence->setEnabled(false);
    connect(m_reason, &QLineEdit::textChanged, silence,
            [silence](const QString& text) { silence->setEnabled(!text.trimmed().isEmpty()); });
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* layout = new QVBoxLayout(this);
    layout->setSpacing(space::large);
    layout->addWidget(title);
    layout->addLayout(form);
    layout->addWidget(explanation);
    layout->addStretch();
    layout->addWidget(buttons);
    setMinimumWidth(480);
    m_reason->setFocus();
}

std::chrono::seconds SilenceDialog::length() const {
    return std::chrono::seconds(m_length->currentData().toInt());
}

QString SilenceDialog::reason() const {
    return m_reason->text().trimmed();
}

} // namespace ui
