// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/whynotdialog.h"

#include "ui/card.h"
#include "ui/predictionview.h"
#include "ui/sqlview.h"
#include "ui/theme.h"

#include <QAbstractButton>
#include <QApplication>
#include <QClipboard>
#include <QLabel>
#include <QPlainTextEdit>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

WhyNotDialog::WhyNotDialog(const QString& action, const desk::Availability& availability, QWidget* parent)
    : QDialog(parent) {
    setObjectName(u"whyNotDialog"_s);
    setWindowTitle(action);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 18, 20, 14);
    layout->setSpacing(space::large);
    QLabel* title = wrappedLabel(tr("%1 is not possible now").arg(action));
    title->setFont(titleFont());
    layout->addWidget(title);
    QLabel* why = wrappedLabel(availability.why);
    makeSelectable(why, true);
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
    if (availability.arming) {
        QAbstractButton* arm = makeButton(tr("Switch to Operate…"), u"arm"_s, this);
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
    close->setFocus();
    setMinimumWidth(520);
}

} // namespace ui
