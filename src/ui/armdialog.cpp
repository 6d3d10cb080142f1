// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/armdialog.h"

#include "ui/card.h"
#include "ui/predictionview.h"
#include "ui/theme.h"
#include "ui/words.h"

#include <QAbstractButton>
#include <QComboBox>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include <array>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr std::array minutesOffered = {5, 15, 30, 60, 240};

} // namespace

ArmDialog::ArmDialog(const desk::Profile& profile, const desk::Arming& standard, QWidget* parent)
    : QDialog(parent)
    , m_length(new QComboBox)
    , m_class(new QComboBox) {
    setObjectName(u"armDialog"_s);
    const bool production = profile.environment == desk::Environment::Production;
    setWindowTitle(production ? tr("Operate on a production server?") : tr("Operate on a server without a label?"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 18, 20, 14);
    layout->setSpacing(space::large);
    QLabel* title = wrappedLabel(windowTitle());
    title->setFont(titleFont());
    layout->addWidget(title);
    layout->addWidget(wrappedLabel(tr("Until then actions can change this server. Each one still shows what it will do "
                                      "and asks before it does it. After that the console only observes again, by "
                                      "itself.")));
    auto* form = new QFormLayout;
    form->setHorizontalSpacing(space::large);
    form->setLabelAlignment(Qt::AlignLeft);
    m_length->setObjectName(u"armFor"_s);
    m_length->setAccessibleName(tr("For how long"));
    for (const int minutes : minutesOffered) {
        m_length->addItem(minutes < 120 ? tr("%1 minutes").arg(minutes) : tr("%1 hours").arg(minutes / 60), minutes);
        if (std::chrono::minutes(minutes) == standard.length)
            m_length->setCurrentIndex(m_length->count() - 1);
    }
    form->addRow(tr("For"), m_length);
    m_class->setObjectName(u"armClass"_s);
    m_class->setAccessibleName(tr("For which actions"));
    m_class->addItem(tr("What takes nothing away: send, hand over, give back, pause, tick"), false);
    m_class->addItem(tr("Everything, also what deletes or counts as done"), true);
    m_class->setCurrentIndex(standard.destructive ? 1 : 0);
    form->addRow(tr("Actions"), m_class);
    layout->addLayout(form);
    layout->addStretch();
    auto* buttons = new QHBoxLayout;
    buttons->addStretch();
    QAbstractButton* cancel = makeButton(tr("Stay in Observe"), u"cancel"_s, this, u"primary"_s);
    if (auto* button = qobject_cast<QPushButton*>(cancel))
        button->setDefault(true);
    QAbstractButton* arm = makeButton(tr("Operate"), u"armNow"_s, this, u"danger"_s);
    buttons->addWidget(cancel);
    buttons->addWidget(arm);
    layout->addLayout(buttons);
    connect(cancel, &QAbstractButton::clicked, this, &QDialog::reject);
    connect(arm, &QAbstractButton::clicked, this, &QDialog::accept);
    setMinimumWidth(560);
}

desk::Arming ArmDialog::arming() const {
    return {m_class->currentData().toBool(), std::chrono::minutes(m_length->currentData().toInt())};
}

} // namespace ui
