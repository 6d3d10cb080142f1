// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/factslist.h"

#include "models/format.h"
#include "ui/card.h"
#include "ui/keys.h"
#include "ui/paint.h"

#include <QClipboard>
#include <QGridLayout>
#include <QGuiApplication>
#include <QLabel>
#include <QPainter>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

QString shownFor(const QString& value) {
    return value.isEmpty() ? models::format::none() : value;
}

} // namespace

FactsList::FactsList(QWidget* parent)
    : QWidget(parent)
    , m_rows(new QGridLayout(this)) {
    m_rows->setContentsMargins(0, 0, 0, 0);
    m_rows->setHorizontalSpacing(20);
    m_rows->setVerticalSpacing(5);
    m_rows->setColumnStretch(1, 1);
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
        const int row = int(m_order.size());
        m_rows->addWidget(dimLabel(name), row, 0, Qt::AlignTop);
        m_rows->addWidget(label, row, 1);
        // Room that is left stays below the last one.
        m_rows->setRowStretch(row, 0);
        m_rows->setRowStretch(row + 1, 1);
        m_order += name;
    }
    if (label->text() == shownFor(value) && label->toolTip() == models::format::tooltip(tooltip))
        return;
    label->setText(shownFor(value));
    label->setToolTip(models::format::tooltip(tooltip));
    label->setAccessibleDescription(tooltip);
    tell();
}

void FactsList::clear(const QString& value) {
    for (const auto& [name, label] : m_facts) {
        label->setText(shownFor(value));
        label->setToolTip({});
        label->setAccessibleDescription({});
    }
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
