// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/findingscard.h"

#include "ui/chiplabel.h"
#include "ui/findingrow.h"
#include "ui/silences.h"
#include "ui/theme.h"

#include <QAbstractButton>
#include <QScrollArea>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

/// More findings than this are counted, not listed: nobody reads a hundred rows of trouble. Those that somebody
/// silenced are asked for, and stand below.
constexpr std::size_t mostRows = 25;

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
    std::vector<const domain::Finding*> list;
    std::vector<const domain::Finding*> silenced;
    for (const domain::Finding& finding : diagnosis.findings)
        (m_silences && m_silences->covers(finding) ? silenced : list).push_back(&finding);
    m_showSilenced->setText(tr("%n silenced", nullptr, int(silenced.size())));
    m_showSilenced->setVisible(!silenced.empty());
    list.resize(std::min(mostRows, list.size()));
    if (m_showSilenced->isChecked())
        list.insert(list.end(), silenced.begin(), silenced.end());
    std::vector<std::string> order;
    for (const domain::Finding* finding : list)
        order.push_back(finding->key());
    std::erase_if(m_rows, [&order](const auto& row) {
        if (std::find(order.begin(), order.end(), row.first) != order.end())
            return false;
        // Perhaps it is its own button that makes it go.
        row.second->hide();
        row.second->deleteLater();
        return true;
    });
    auto* layout = qobject_cast<QVBoxLayout*>(m_list->layout());
    for (std::size_t at = 0; at < list.size(); ++at) {
        FindingRow*& row = m_rows[order[at]];
        if (!row) {
            row = new FindingRow(m_actions, m_silences, m_list);
            connect(row, &FindingRow::placeWanted, this, &FindingsCard::placeWanted);
            connect(row, &FindingRow::unfolded, this, &FindingsCard::fit, Qt::QueuedConnection);
        }
        row->setZone(m_zone);
        row->showFinding(snapshot, *list[at]);
        if (layout->indexOf(row) != int(at))
            layout->insertWidget(int(at), row);
    }
    const bool moved = order != m_order;
    m_order = std::move(order);
    summarize(diagnosis, int(silenced.size()));
    if (moved)
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
    else if (diagnosis.findings.size() - std::size_t(silenced) > mostRows)
        note += tr("the %n worst are listed", nullptr, int(mostRows));
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
    for (const auto& [key, row] : m_rows)
        wanted += row->heightForWidth(width() - 2);
    const int most = parentWidget() ? std::max(140, parentWidget()->height() * 42 / 100) : 280;
    m_scroll->setFixedHeight(std::min(wanted, most));
    m_scroll->setVisible(wanted > 0);
    setFixedHeight(40 + std::min(wanted, most));
}

} // namespace ui
