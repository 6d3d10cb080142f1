// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/factslist.h"

#include "models/format.h"
#include "ui/card.h"
#include "ui/keys.h"
#include "ui/paint.h"

#include <QClipboard>
#include <QFormLayout>
#include <QGuiApplication>
#include <QLabel>
#include <QPainter>

using namespace Qt::StringLiterals;

namespace ui {

FactsList::FactsList(QWidget* parent)
    : QWidget(parent)
    , m_form(new QFormLayout(this)) {
    m_form->setContentsMargins(0, 0, 0, 0);
    m_form->setHorizontalSpacing(20);
    m_form->setVerticalSpacing(5);
    m_form->setLabelAlignment(Qt::AlignLeft);
    setFocusPolicy(Qt::StrongFocus);
    keys::bind(keys::Deed::CopyFacts, this, [this](int) { QGuiApplication::clipboard()->setText(text()); });
    tell();
}

void FactsList::set(const QString& name, const QString& value, const QString& tooltip) {
    QLabel*& label = m_facts[name];
    if (!label) {
        label = new QLabel;
        label->setWordWrap(true);
        label->setTextFormat(Qt::PlainText);
        makeSelectable(label);
        label->setMinimumWidth(40);
        m_form->addRow(dimLabel(name), label);
        m_order += name;
    }
    if (label->text() == value && label->toolTip() == models::format::tooltip(tooltip))
        return;
    label->setText(value);
    label->setToolTip(models::format::tooltip(tooltip));
    label->setAccessibleDescription(tooltip);
    tell();
}

void FactsList::clear() {
    for (const auto& [name, label] : m_facts)
        label->setText(models::format::none());
    tell();
}

QString FactsList::text() const {
    QStringList lines;
    for (const QString& name : m_order)
        lines += name + u": "_s + m_facts.at(name)->text();
    return lines.join(u'\n');
}

void FactsList::tell() {
    const QString all = text();
    setAccessibleName(all.isEmpty() ? tr("No facts yet") : all);
}

void FactsList::paintEvent(QPaintEvent* event) {
    QWidget::paintEvent(event);
    if (!hasFocus())
        return;
    QPainter painter(this);
    drawFocusSign(&painter, rect());
}

} // namespace ui
