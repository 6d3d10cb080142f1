// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/findingrow.h"

#include "models/mark.h"
#include "ui/card.h"
#include "ui/chiplabel.h"
#include "ui/flowlayout.h"
#include "ui/paint.h"
#include "ui/silencedialog.h"
#include "ui/silences.h"
#include "ui/theme.h"
#include "ui/words.h"

#include <QAbstractButton>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPainter>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

using models::format::foreign;
using models::format::text;

namespace {

constexpr int aboutWidth = 176;
constexpr QStringView indent = u"    "; ///< before a statement in what is copied
constexpr int leastForWords = 260;
constexpr int bar = 3;
constexpr int leftMargin = space::large + bar + 10;
constexpr int buttonsOfItsOwn = 3; ///< show, explain, end the silence; remedies stand before them

const QString partSeparator = u" · "_s;

QLabel* makeText() {
    auto* label = new QLabel;
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    makeSelectable(label);
    return label;
}

} // namespace

QStringList aboutParts(const domain::Subject& subject) {
    QStringList parts;
    for (const std::string& part : {subject.queue, subject.consumer, subject.member}) {
        if (!part.empty())
            parts += foreign(text(part), 300);
    }
    return parts;
}

FindingRow::FindingRow(Actions* actions, Silences* silences, QWidget* parent)
    : QWidget(parent)
    , m_actions(actions)
    , m_silences(silences)
    , m_chip(new ChipLabel)
    , m_about(dimLabel({}))
    , m_title(makeText())
    , m_consequence(dimLabel({}))
    , m_explanation(new QWidget)
    , m_buttons(new FlowLayout)
    , m_show(makeButton(tr("Show"), u"showFinding"_s, this))
    , m_further(new QWidget)
    , m_silence(makeButton(tr("Silence…"), u"silenceFinding"_s, m_further))
    , m_endSilence(makeButton(tr("End the silence"), u"endSilence"_s, this)) {
    m_title->setObjectName(u"findingTitle"_s);
    m_title->setFont(strongFont(font()));
    m_about->setWordWrap(true);
    m_about->setTextFormat(Qt::PlainText);
    m_consequence->setWordWrap(true);
    m_consequence->setTextFormat(Qt::PlainText);
    m_explanation->hide();
    auto* facts = new QVBoxLayout(m_explanation);
    facts->setContentsMargins(0, space::small, 0, 0);
    facts->setSpacing(2);
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
    words->addWidget(m_further);
    words->addStretch();
    // The buttons stand in one line as long as there is room for words; then they take several.
    for (QLabel* label : {m_title, m_consequence}) {
        QSizePolicy policy = label->sizePolicy();
        policy.setHorizontalPolicy(QSizePolicy::Ignored);
        label->setSizePolicy(policy);
    }
    m_title->setMinimumWidth(leastForWords);
    m_buttons->setSpacing(6);
    auto* buttons = new QVBoxLayout;
    buttons->addLayout(m_buttons);
    buttons->addStretch();
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(leftMargin, 9, space::large, 9);
    layout->setSpacing(space::large);
    layout->addWidget(aboutArea);
    layout->addLayout(words, 1);
    layout->addLayout(buttons);
    auto* explain = makeButton(tr("Explain"), u"explain"_s, this);
    explain->setCheckable(true);
    connect(explain, &QAbstractButton::toggled, this, [this](bool on) {
        m_explanation->setVisible(on);
        m_further->setVisible(on);
        Q_EMIT unfolded();
    });
    m_show->setToolTip(tr("Turns to the page that shows what this is about"));
    connect(m_show, &QAbstractButton::clicked, this, [this] { Q_EMIT placeWanted(placeOf(m_finding)); });
    m_buttons->addWidget(m_show);
    m_buttons->addWidget(explain);
    m_buttons->addWidget(m_endSilence);
    m_endSilence->hide();
    connect(m_endSilence, &QAbstractButton::clicked, this, [this] { m_silences->end(m_finding); });
    QAbstractButton* copyButton = makeButton(tr("Copy"), u"copyFinding"_s, m_further);
    connect(copyButton, &QAbstractButton::clicked, this, &FindingRow::copy);
    connect(m_silence, &QAbstractButton::clicked, this, &FindingRow::silence);
    auto* further = new QHBoxLayout(m_further);
    further->setContentsMargins(0, space::small, 0, 0);
    further->addWidget(m_silence);
    further->addWidget(copyButton);
    further->addStretch();
    m_further->hide();
}

void FindingRow::setZone(const QTimeZone& zone) {
    m_zone = zone;
}

void FindingRow::showFinding(const domain::Snapshot& snapshot, const domain::Finding& finding) {
    m_finding = finding;
    m_chip->say(models::severityWord(finding.severity), models::toneOf(finding.severity));
    showAbout();
    m_title->setText(text(finding.title));
    QStringList sentences;
    for (const std::string& sentence : {finding.cause, finding.consequence}) {
        if (!sentence.empty())
            sentences += spoken(sentence);
    }
    m_consequence->setText(sentences.join(u' '));
    m_consequence->setVisible(!sentences.isEmpty());
    showExplanation();
    setAccessibleName(models::severityWord(finding.severity) + u": "_s + m_title->text() + u' ' +
                      m_consequence->text());
    m_show->setVisible(!placeOf(finding).page.isEmpty());
    showRemedies(snapshot);
    showSilence();
}

/// A name is not broken: each is cut to a line of its own at most.
void FindingRow::showAbout() {
    QStringList parts = aboutParts(m_finding.subject);
    m_about->setToolTip(models::format::tooltip(parts.join(partSeparator)));
    const QFontMetrics metrics = m_about->fontMetrics();
    for (QString& part : parts)
        part = metrics.elidedText(part, Qt::ElideMiddle, aboutWidth - metrics.horizontalAdvance(partSeparator));
    m_about->setText(parts.join(partSeparator));
}

void FindingRow::showSilence() {
    const auto silence = m_silences ? m_silences->over(m_finding) : std::nullopt;
    m_silence->setVisible(m_silences && !silence);
    m_endSilence->setVisible(silence.has_value());
    if (!silence)
        return;
    m_chip->say(tr("silenced"), models::Tone::Dim);
    m_consequence->setText(
        tr("Silenced until %1: %2")
            .arg(models::format::timestamp(silence->untilMoment(), m_zone), foreign(silence->reason, 300)));
    m_consequence->show();
}

void FindingRow::silence() {
    // The row may go with the next sample, and goes when the finding is silenced: the dialog does not depend on it.
    auto* dialog = new SilenceDialog(m_finding, window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, m_silences, [silences = m_silences, dialog, finding = m_finding] {
        silences->silence(finding, dialog->length(), dialog->reason());
    });
    dialog->open();
}

void FindingRow::copy() const {
    QGuiApplication::clipboard()->setText(m_title->text() + u'\n' + m_consequence->text() + u'\n' + explanation());
}

void FindingRow::contextMenuEvent(QContextMenuEvent* event) {
    QMenu menu(this);
    if (m_silences && !m_silences->covers(m_finding))
        menu.addAction(m_silence->text(), this, &FindingRow::silence);
    else if (m_silences)
        menu.addAction(m_endSilence->text(), m_endSilence, &QAbstractButton::click);
    menu.addAction(tr("Copy"), this, &FindingRow::copy);
    menu.exec(event->globalPos());
}

void FindingRow::showRemedies(const domain::Snapshot&) {
    m_requests = m_finding.remedies;
    std::vector<std::string> remedies;
    for (const domain::ActionRequest& remedy : m_requests)
        remedies.push_back(remedy.action);
    if (remedies == m_remedies)
        return;
    m_remedies = remedies;
    while (m_buttons->count() > buttonsOfItsOwn) {
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
            m_buttons->insertWidget(m_buttons->count() - buttonsOfItsOwn, button);
    }
}

QString FindingRow::spoken(const std::string& sentence) const {
    return text(words::timed(sentence, m_zone));
}

void FindingRow::showExplanation() {
    const QString explained = explanation();
    if (explained == m_explained)
        return;
    m_explained = explained;
    QLayout* facts = m_explanation->layout();
    while (QLayoutItem* item = facts->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    for (const QString& line : m_explained.split(u'\n')) {
        QLabel* label = makeText();
        const bool code = line.startsWith(indent);
        label->setText(code ? line.mid(indent.size()) : line);
        if (code) {
            label->setFont(codeFont());
            label->setIndent(2 * space::large);
        }
        facts->addWidget(label);
    }
}

QString FindingRow::explanation() const {
    const QString margin = indent.toString();
    QStringList lines;
    if (m_finding.since)
        lines += tr("Since %1.").arg(models::format::timestamp(*m_finding.since, m_zone));
    if (const auto& culprit = m_finding.culprit) {
        if (culprit->pid)
            lines += tr("Session: pid %1 %2").arg(QString::number(*culprit->pid), foreign(text(culprit->application)));
        if (!culprit->gid.empty())
            lines += tr("Prepared transaction: %1").arg(foreign(text(culprit->gid)));
    }
    for (const domain::Evidence& evidence : m_finding.evidence) {
        lines += u"• "_s + spoken(evidence.fact);
        if (!evidence.query.empty())
            lines += margin + text(evidence.query).replace(u"\n"_s, u'\n' + margin);
    }
    lines += tr("Rule: %1").arg(text(m_finding.rule));
    return lines.join(u'\n');
}

int FindingRow::wordsAt() {
    return leftMargin + aboutWidth + space::large;
}

void FindingRow::paintFrame(QPainter& painter, const QRect& rect, domain::Severity severity) {
    painter.setPen(colors().grid);
    painter.drawLine(0, rect.height() - 1, rect.width(), rect.height() - 1);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colors().of(models::toneOf(severity)));
    painter.drawRoundedRect(QRectF(space::large, 9, bar, rect.height() - 19), 1.5, 1.5);
}

void FindingRow::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    paintFrame(painter, rect(), m_finding.severity);
}

} // namespace ui
