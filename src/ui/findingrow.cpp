// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/findingrow.h"

#include "models/mark.h"
#include "ui/card.h"
#include "ui/chiplabel.h"
#include "ui/paint.h"
#include "ui/theme.h"
#include "ui/words.h"

#include <QAbstractButton>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

using models::format::foreign;
using models::format::text;

namespace {

constexpr int aboutWidth = 176;
constexpr int bar = 3;

QString aboutText(const domain::Subject& subject) {
    QStringList parts;
    for (const std::string& part : {subject.queue, subject.consumer, subject.member}) {
        if (!part.empty())
            parts += foreign(text(part), 40);
    }
    return parts.join(u" · "_s);
}

QLabel* makeText() {
    auto* label = new QLabel;
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return label;
}

} // namespace

FindingRow::FindingRow(Actions* actions, QWidget* parent)
    : QWidget(parent)
    , m_actions(actions)
    , m_chip(new ChipLabel)
    , m_about(dimLabel({}))
    , m_title(makeText())
    , m_consequence(dimLabel({}))
    , m_explanation(makeText())
    , m_buttons(new QHBoxLayout) {
    m_title->setObjectName(u"findingTitle"_s);
    m_title->setFont(strongFont(font()));
    m_about->setWordWrap(true);
    m_about->setTextFormat(Qt::PlainText);
    m_consequence->setWordWrap(true);
    m_consequence->setTextFormat(Qt::PlainText);
    m_explanation->hide();
    m_explanation->setContentsMargins(0, space::small, 0, 0);
    auto* about = new QVBoxLayout;
    about->setSpacing(space::small);
    about->addWidget(m_chip, 0, Qt::AlignLeft);
    about->addWidget(m_about);
    about->addStretch();
    auto* aboutArea = new QWidget;
    aboutArea->setFixedWidth(aboutWidth);
    aboutArea->setLayout(about);
    about->setContentsMargins(0, 0, 0, 0);
    auto* words = new QVBoxLayout;
    words->setSpacing(2);
    words->addWidget(m_title);
    words->addWidget(m_consequence);
    words->addWidget(m_explanation);
    words->addStretch();
    m_buttons->setSpacing(6);
    auto* buttons = new QVBoxLayout;
    buttons->addLayout(m_buttons);
    buttons->addStretch();
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(space::large + bar + 10, 9, space::large, 9);
    layout->setSpacing(space::large);
    layout->addWidget(aboutArea);
    layout->addLayout(words, 1);
    layout->addLayout(buttons);
    auto* explain = makeButton(tr("Explain"), u"explain"_s, this);
    explain->setCheckable(true);
    connect(explain, &QAbstractButton::toggled, this, [this](bool on) {
        m_explanation->setVisible(on);
        Q_EMIT unfolded();
    });
    m_buttons->addWidget(explain);
}

void FindingRow::showFinding(const domain::Snapshot& snapshot, const domain::Finding& finding) {
    m_finding = finding;
    m_chip->say(models::severityWord(finding.severity), models::toneOf(finding.severity));
    m_about->setText(aboutText(finding.subject));
    m_title->setText(text(finding.title));
    QStringList sentences;
    for (const std::string& sentence : {finding.cause, finding.consequence}) {
        if (!sentence.empty())
            sentences += text(sentence);
    }
    m_consequence->setText(sentences.join(u' '));
    m_consequence->setVisible(!sentences.isEmpty());
    m_explanation->setText(explanation());
    setAccessibleName(models::severityWord(finding.severity) + u": "_s + m_title->text() + u' ' +
                      m_consequence->text());
    showRemedies(snapshot);
}

void FindingRow::showRemedies(const domain::Snapshot&) {
    m_requests = m_finding.remedies;
    std::vector<std::string> remedies;
    for (const domain::ActionRequest& remedy : m_requests)
        remedies.push_back(remedy.action);
    if (remedies == m_remedies)
        return;
    m_remedies = remedies;
    while (m_buttons->count() > 1) {
        QLayoutItem* item = m_buttons->takeAt(0);
        delete item->widget();
        delete item;
    }
    for (std::size_t at = 0; at < m_requests.size(); ++at) {
        QAbstractButton* button = m_actions->makeButton(
            m_requests[at].action,
            [this, at] {
                Subject subject;
                if (at < m_requests.size())
                    subject.request = m_requests[at];
                return subject;
            },
            this);
        if (button)
            m_buttons->insertWidget(m_buttons->count() - 1, button);
    }
}

QString FindingRow::explanation() const {
    QStringList lines;
    if (m_finding.since)
        lines += tr("Since %1.").arg(models::format::timestamp(*m_finding.since, QTimeZone::systemTimeZone()));
    if (const auto& culprit = m_finding.culprit) {
        if (culprit->pid)
            lines += tr("Session: pid %1 %2").arg(QString::number(*culprit->pid), foreign(text(culprit->application)));
        if (!culprit->gid.empty())
            lines += tr("Prepared transaction: %1").arg(foreign(text(culprit->gid)));
    }
    for (const domain::Evidence& evidence : m_finding.evidence) {
        lines += u"• "_s + text(evidence.fact);
        if (!evidence.query.empty())
            lines += u"    "_s + text(evidence.query);
    }
    lines += tr("Rule: %1").arg(text(m_finding.rule));
    return lines.join(u'\n');
}

void FindingRow::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setPen(colors().grid);
    painter.drawLine(0, height() - 1, width(), height() - 1);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colors().of(models::toneOf(m_finding.severity)));
    painter.drawRoundedRect(QRectF(space::large, 9, bar, height() - 19), 1.5, 1.5);
}

} // namespace ui
