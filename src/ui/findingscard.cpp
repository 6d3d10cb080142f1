// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/findingscard.h"

#include "ui/chiplabel.h"
#include "ui/findingfold.h"
#include "ui/findingrow.h"
#include "ui/silences.h"
#include "ui/theme.h"

#include <QAbstractButton>
#include <QScrollArea>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

/// More findings of a rule than this are one, with the others folded below it: forty of one kind hide no other.
constexpr std::size_t fewAlike = 3;
/// More findings of a rule than this are counted, not listed: nobody reads a hundred rows of one trouble.
constexpr std::size_t mostRows = 25;

using Alike = std::vector<const domain::Finding*>;

/// Those of one rule together, at the place of the worst of them.
std::vector<Alike> byRule(const Alike& findings) {
    std::vector<Alike> rules;
    for (const domain::Finding* finding : findings) {
        const auto known = std::find_if(rules.begin(), rules.end(), [finding](const Alike& alike) {
            return alike.front()->rule == finding->rule;
        });
        if (known == rules.end())
            rules.push_back({finding});
        else
            known->push_back(finding);
    }
    return rules;
}

} // namespace

FindingsCard::FindingsCard(Actions* actions, Silences* silences, QWidget* parent)
    : Card(tr("Findings"), parent)
    , m_actions(actions)
    , m_silences(silences)
    , m_showSilenced(makeButton({}, u"showSilenced"_s, this))
    , m_critical(new ChipLabel)
    , m_warnings(new ChipLabel)
    , m_scroll(new QScrollArea)
    , m_list(new QWidget) {
    setObjectName(u"findings"_s);
    addBesideTitle(m_critical);
    addBesideTitle(m_warnings);
    m_critical->hide();
    m_warnings->hide();
    m_showSilenced->setCheckable(true);
    m_showSilenced->setToolTip(tr("Findings that somebody silenced for a while"));
    connect(m_showSilenced, &QAbstractButton::toggled, this, &FindingsCard::choiceChanged);
    m_showSilenced->hide();
    addToHeading(m_showSilenced);
    auto* layout = new QVBoxLayout(m_list);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setWidgetResizable(true);
    m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_scroll->viewport()->setBackgroundRole(QPalette::Base);
    m_list->setBackgroundRole(QPalette::Base);
    m_list->setAutoFillBackground(true);
    m_scroll->setWidget(m_list);
    setContent(m_scroll);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setNote(tr("Nothing was looked at yet"));
    fit();
}

void FindingsCard::setZone(const QTimeZone& zone) {
    m_zone = zone;
}

void FindingsCard::showFindings(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) {
    Alike open;
    Alike silenced;
    for (const domain::Finding& finding : diagnosis.findings)
        (m_silences && m_silences->covers(finding) ? silenced : open).push_back(&finding);
    m_showSilenced->setText(tr("%n silenced", nullptr, int(silenced.size())));
    m_showSilenced->setVisible(!silenced.empty());
    std::vector<QWidget*> widgets;
    m_taken.clear();
    for (const Alike& alike : byRule(open)) {
        std::size_t rows = std::min(alike.size(), mostRows);
        widgets.push_back(rowOf(snapshot, *alike.front()));
        if (alike.size() > fewAlike) {
            FindingFold*& fold = m_folds[alike.front()->rule];
            if (!fold) {
                fold = new FindingFold(m_list);
                connect(fold, &FindingFold::toggled, this, &FindingsCard::choiceChanged, Qt::QueuedConnection);
            }
            fold->showAlike(alike, rows - 1);
            widgets.push_back(fold);
            rows = fold->isUnfolded() ? rows : 1;
        }
        for (std::size_t at = 1; at < rows; ++at)
            widgets.push_back(rowOf(snapshot, *alike[at]));
    }
    if (m_showSilenced->isChecked()) {
        for (const domain::Finding* finding : silenced)
            widgets.push_back(rowOf(snapshot, *finding));
    }
    list(widgets);
    summarize(diagnosis, int(silenced.size()));
}

QWidget* FindingsCard::rowOf(const domain::Snapshot& snapshot, const domain::Finding& finding) {
    // Two sessions that hold up the same consumer are two findings about it.
    std::string key = finding.key();
    while (!m_taken.insert(key).second)
        key += '\x1e';
    FindingRow*& row = m_rows[key];
    if (!row) {
        row = new FindingRow(m_actions, m_silences, m_list);
        connect(row, &FindingRow::placeWanted, this, &FindingsCard::placeWanted);
        connect(row, &FindingRow::unfolded, this, &FindingsCard::fit, Qt::QueuedConnection);
    }
    row->setZone(m_zone);
    row->showFinding(snapshot, finding);
    return row;
}

void FindingsCard::list(const std::vector<QWidget*>& widgets) {
    const auto dropFrom = [&widgets](auto& known) {
        std::erase_if(known, [&widgets](const auto& one) {
            if (std::find(widgets.begin(), widgets.end(), one.second) != widgets.end())
                return false;
            // Perhaps it is its own button that makes it go.
            one.second->hide();
            one.second->deleteLater();
            return true;
        });
    };
    dropFrom(m_rows);
    dropFrom(m_folds);
    if (widgets == m_listed)
        return;
    m_listed = widgets;
    auto* layout = qobject_cast<QVBoxLayout*>(m_list->layout());
    QWidget* before = m_showSilenced;
    for (std::size_t at = 0; at < widgets.size(); ++at) {
        if (layout->indexOf(widgets[at]) != int(at))
            layout->insertWidget(int(at), widgets[at]);
        // The tab key goes down the list as the eye does.
        for (QWidget* stop : widgets[at]->findChildren<QWidget*>()) {
            if (stop->focusPolicy() & Qt::TabFocus) {
                setTabOrder(before, stop);
                before = stop;
            }
        }
    }
    fit();
}

void FindingsCard::summarize(const domain::Diagnosis& diagnosis, int silenced) {
    int critical = 0;
    int warnings = 0;
    for (const domain::Finding& finding : diagnosis.findings) {
        if (m_silences && m_silences->covers(finding))
            continue;
        critical += finding.severity == domain::Severity::Critical;
        warnings += finding.severity == domain::Severity::Warning;
    }
    m_critical->say(tr("%n critical", nullptr, critical), models::Tone::Critical);
    m_critical->setVisible(critical > 0);
    m_warnings->say(tr("%n warning(s)", nullptr, warnings), models::Tone::Warning);
    m_warnings->setVisible(warnings > 0);
    QStringList note = {tr("%n rule(s) checked", nullptr, diagnosis.rulesEvaluated)};
    if (!diagnosis.notEvaluated.empty())
        note += tr("%n not evaluated yet", nullptr, int(diagnosis.notEvaluated.size()));
    // Silence is no verdict where nothing could be judged.
    if (diagnosis.rulesEvaluated == 0)
        note = {tr("nothing could be judged yet")};
    else if (diagnosis.findings.empty())
        note.prepend(tr("none: everything looked at is as it should be"));
    else if (diagnosis.findings.size() == std::size_t(silenced))
        note.prepend(tr("none but what is silenced"));
    QStringList missing;
    for (const domain::NotEvaluated& rule : diagnosis.notEvaluated)
        missing += QString::fromStdString(rule.rule + ": " + rule.why);
    setNote(note.join(u" · "_s), missing.join(u'\n'));
}

void FindingsCard::resizeEvent(QResizeEvent* event) {
    Card::resizeEvent(event);
    fit();
}

void FindingsCard::fit() {
    // As high as its rows, but the table below keeps most of the page.
    int wanted = 0;
    for (const QWidget* row : m_listed)
        wanted += row->hasHeightForWidth() ? row->heightForWidth(width() - 2) : row->sizeHint().height();
    const int most = parentWidget() ? std::max(140, parentWidget()->height() * 42 / 100) : 280;
    m_scroll->setFixedHeight(std::min(wanted, most));
    m_scroll->setVisible(wanted > 0);
    setFixedHeight(40 + std::min(wanted, most));
}

} // namespace ui
