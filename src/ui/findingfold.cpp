// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/findingfold.h"

#include "models/mark.h"
#include "ui/card.h"
#include "ui/findingrow.h"
#include "ui/theme.h"

#include <QAbstractButton>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr int mostNames = 20; ///< there is no room for more on any screen

/// What the finding is about, without what the worst one is about as well.
QString nameBeside(const domain::Finding& worst, const domain::Finding& finding) {
    const QStringList known = aboutParts(worst.subject);
    QStringList parts = aboutParts(finding.subject);
    for (qsizetype at = 0; at < known.size() && parts.size() > 1 && parts.first() == known[at]; ++at)
        parts.removeFirst();
    if (finding.subject.batch)
        parts += FindingFold::tr("batch %1").arg(*finding.subject.batch);
    return parts.join(u" · "_s);
}

} // namespace

FindingFold::FindingFold(QWidget* parent)
    : QWidget(parent)
    , m_label(dimLabel({}))
    , m_button(makeButton({}, u"unfoldFindings"_s, this)) {
    m_label->setObjectName(u"alikeFindings"_s);
    m_label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(FindingRow::wordsAt(), 6, space::large, 6);
    layout->setSpacing(space::large);
    layout->addWidget(m_label, 1);
    layout->addWidget(m_button);
    connect(m_button, &QAbstractButton::clicked, this, [this] {
        m_unfolded = !m_unfolded;
        Q_EMIT toggled();
    });
}

void FindingFold::showAlike(const std::vector<const domain::Finding*>& alike, std::size_t listed) {
    const int others = int(alike.size()) - 1;
    const auto critical = std::count_if(alike.begin() + 1, alike.end(), [](const domain::Finding* finding) {
        return finding->severity == domain::Severity::Critical;
    });
    m_worst = alike[1]->severity;
    m_text = tr("and %n more like it", nullptr, others);
    if (critical > 0 && critical < others)
        m_text += u", "_s + tr("%n of them critical", nullptr, int(critical));
    if (!m_unfolded) {
        QStringList names;
        for (const domain::Finding* finding : alike) {
            const QString name = finding == alike.front() ? QString() : nameBeside(*alike.front(), *finding);
            if (!name.isEmpty() && names.size() < mostNames)
                names += name;
        }
        if (!names.isEmpty())
            m_text += u": "_s + names.join(u", "_s) + (names.size() < others ? u", …"_s : QString());
    } else if (int(listed) < others) {
        m_text += u", "_s + tr("the %n worst of them below", nullptr, int(listed));
    }
    const QString deed = m_unfolded ? tr("Fold") : tr("Show %n more", nullptr, others);
    m_button->setText(deed);
    m_button->setAccessibleName(deed);
    m_button->setAccessibleDescription(m_text);
    m_label->setAccessibleName(m_text);
    m_label->setToolTip(models::format::tooltip(m_text));
    say();
}

void FindingFold::say() {
    m_label->setText(m_label->fontMetrics().elidedText(m_text, Qt::ElideRight, m_label->width()));
}

void FindingFold::resizeEvent(QResizeEvent*) {
    layout()->activate();
    say();
}

void FindingFold::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    FindingRow::paintFrame(painter, rect(), m_worst);
}

} // namespace ui
