// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/factslist.h"

#include "models/format.h"
#include "ui/card.h"

#include <QFormLayout>
#include <QLabel>

namespace ui {

FactsList::FactsList(QWidget* parent)
    : QWidget(parent)
    , m_form(new QFormLayout(this)) {
    m_form->setContentsMargins(0, 0, 0, 0);
    m_form->setHorizontalSpacing(20);
    m_form->setVerticalSpacing(5);
    m_form->setLabelAlignment(Qt::AlignLeft);
}

void FactsList::set(const QString& name, const QString& value, const QString& tooltip) {
    QLabel*& label = m_facts[name];
    if (!label) {
        label = new QLabel;
        label->setWordWrap(true);
        label->setTextFormat(Qt::PlainText);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
        label->setMinimumWidth(40);
        m_form->addRow(dimLabel(name), label);
    }
    label->setText(value);
    label->setToolTip(models::format::tooltip(tooltip));
}

void FactsList::clear() {
    for (const auto& [name, label] : m_facts)
        label->setText(models::format::none());
}

} // namespace ui
