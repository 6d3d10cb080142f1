// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/overviewpage.h"

#include "ui/findingscard.h"
#include "ui/noqueue.h"
#include "ui/notice.h"
#include "ui/tablecard.h"
#include "ui/tablecontroller.h"
#include "ui/theme.h"

#include <QAbstractButton>
#include <QLineEdit>
#include <QMenu>
#include <QTableView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

OverviewPage::OverviewPage(const PageTools& tools, QWidget* parent)
    : Page(tools, parent)
    , m_findings(new FindingsCard(tools.actions, tools.silences, this))
    , m_card(new Card(tr("Queues")))
    , m_view(new QTableView) {
    setObjectName(u"overview"_s);
    m_view->setObjectName(u"queues"_s);
    m_view->setAccessibleName(tr("Queues"));
    m_table = new TableController(m_view, &m_model, u"queues"_s, tools.settings);
    m_table->sortFirstBy(u"queue"_s, Qt::AscendingOrder);
    m_table->stretch(u"queue"_s);
    m_table->setRowMenu(
        [this](QMenu& menu, const QModelIndex& index) { this->tools().actions->addTo(menu, subjectAt(index)); });
    m_filter = addTableTools(*m_card, *m_table, tr("Filter queues"));
    if (QAbstractButton* create = tools.actions->makeButton(
            "create_queue", [] { return Subject(); }, this))
        m_card->addToHeading(create);
    m_card->setContent(m_view);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(space::large);
    layout->addWidget(m_findings);
    layout->addWidget(m_card, 1);
    connect(m_table, &TableController::activated, this, [this](const QModelIndex& index) {
        if (index.isValid())
            Q_EMIT pageWanted(u"queue"_s, QString::fromStdString(m_model.row(index.row()).queue.name));
    });
    connect(m_findings, &FindingsCard::placeWanted, this,
            [this](const Place& place) { Q_EMIT pageWanted(place.page, place.subject); });
    connect(m_findings, &FindingsCard::choiceChanged, this, [this] {
        if (const domain::SnapshotPtr snapshot = this->tools().desk->snapshot())
            m_findings->showFindings(*snapshot, this->tools().desk->diagnosis());
    });
    m_table->notice()->say(tr("Waiting for the first sample…"), {});
}

void OverviewPage::showSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) {
    m_findings->showFindings(snapshot, diagnosis);
    m_model.setSample(
        snapshot, diagnosis, [this](std::int32_t queue) { return tools().desk->rateHistory(queue); },
        tools().desk->period());
    if (!m_wanted.isEmpty())
        openSubject(m_wanted);
    updateNote(snapshot);
    explainEmptiness(snapshot);
}

void OverviewPage::updateNote(const domain::Snapshot& snapshot) {
    QString note = tr("%n queue(s)", nullptr, int(snapshot.queues.size()));
    if (!m_filter->text().isEmpty())
        note += u" · "_s + tr("%n match the filter", nullptr, m_table->proxy()->rowCount());
    m_card->setNote(note);
}

void OverviewPage::explainEmptiness(const domain::Snapshot& snapshot) {
    if (m_table->proxy()->rowCount() > 0)
        return;
    if (!snapshot.queues.empty()) {
        m_table->notice()->say(tr("No queue matches the filter"),
                               tr("Clear it to see all %n.", nullptr, int(snapshot.queues.size())));
        return;
    }
    const NoQueue why =
        whyNoQueue(snapshot, tr("Create one with the button above. It appears with the next sample."));
    m_table->notice()->say(why.title, why.explanation, why.tone);
}

void OverviewPage::setStale(bool stale) {
    m_table->setStale(stale);
}

void OverviewPage::setZone(const QTimeZone& zone) {
    m_model.setZone(zone);
    m_findings->setZone(zone);
}

void OverviewPage::openSubject(const QString& queue) {
    m_wanted = queue;
    for (int row = 0; row < m_model.rowCount(); ++row) {
        if (QString::fromStdString(m_model.row(row).queue.name) != queue)
            continue;
        m_table->selectSource(m_model.index(row, 0));
        m_wanted.clear();
    }
}

Subject OverviewPage::subjectAt(const QModelIndex& index) const {
    Subject subject;
    if (index.isValid()) {
        subject.kind = operate::SubjectKind::Queue;
        subject.request.queue = m_model.row(index.row()).queue.name;
    }
    return subject;
}

QWidget* OverviewPage::mainView() const {
    return m_view;
}

Subject OverviewPage::subject() const {
    return subjectAt(m_table->currentSource());
}

} // namespace ui
