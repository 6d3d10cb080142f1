// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/barrierspage.h"

#include "models/workmodels.h"
#include "ui/batchmatrix.h"
#include "ui/notice.h"
#include "ui/splitters.h"
#include "ui/tablecard.h"
#include "ui/words.h"
#include "ui/workcards.h"

#include <QAbstractButton>
#include <QLineEdit>
#include <QMenu>
#include <QScrollArea>
#include <QTableView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

BarriersPage::BarriersPage(const PageTools& tools, QWidget* parent)
    : Page(tools, parent)
    , m_barriers(models::barrierColumns())
    , m_batches(models::batchColumns())
    , m_barrierCard(new Card(tr("Barriers")))
    , m_batchCard(new Card(tr("Batches")))
    , m_barrierView(new QTableView)
    , m_batchView(new QTableView)
    , m_chooser(new InstallChooser)
    , m_foreign(new ForeignBanner)
    , m_matrix(new BatchMatrix)
    , m_matrixArea(new QScrollArea)
    , m_installAnswer(
          this, [this] { return this->tools().desk->workInstalls(); },
          [this](const std::vector<domain::WorkInstall>& installs) { showInstalls(installs); },
          [this](const pg::Failure& failure) { fail(failure); })
    , m_barrierAnswer(
          this, [this] { return this->tools().desk->barriers(*m_install); },
          [this](const domain::Barriers& barriers) { showBarriers(barriers); },
          [this](const pg::Failure& failure) { fail(failure); })
    , m_detailAnswer(
          this, [this] { return this->tools().desk->barrierDetail(*m_install, m_shown); },
          [this](const domain::BarrierDetail& detail) { showDetail(detail); },
          [this](const pg::Failure& failure) { failDetail(failure); }) {
    setObjectName(u"barriers"_s);
    m_barrierView->setObjectName(u"barrierTable"_s);
    m_barrierView->setAccessibleName(tr("Barriers, the longest without progress first"));
    m_barrierTable = new TableController(m_barrierView, &m_barriers, u"barriers"_s, tools.settings);
    m_barrierTable->sortFirstBy(u"progress"_s, Qt::DescendingOrder);
    m_barrierTable->stretch(u"execution"_s);
    m_barrierTable->setRowMenu(
        [this](QMenu& menu, const QModelIndex&) { this->tools().actions->addTo(menu, subject()); });
    m_barrierCard->addBesideTitle(m_chooser);
    connect(m_chooser, &InstallChooser::chosen, this, [this] { useInstall(); });
    addTableTools(*m_barrierCard, *m_barrierTable, tr("Filter barriers"));
    if (QAbstractButton* abort = tools.actions->makeButton(
            "work_abort", [this] { return subject(); }, this))
        m_barrierCard->addToHeading(abort);
    m_barrierCard->setContent(m_barrierView);
    m_batchView->setObjectName(u"barrierBatches"_s);
    m_batchView->setAccessibleName(tr("Batches of the chosen execution"));
    m_batchTable = new TableController(m_batchView, &m_batches, u"barrierBatches"_s, tools.settings);
    m_batchTable->sortFirstBy(u"batch"_s, Qt::AscendingOrder);
    m_batchTable->stretch(u"evidence"_s);
    addTableTools(*m_batchCard, *m_batchTable, tr("Filter batches"));
    makeMatrix();
    auto* all = makeSplitter(Qt::Vertical, m_barrierCard, m_batchCard, {300, 390}, {0, 0});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_foreign);
    layout->addWidget(all, 1);
    m_barrierTable->notice()->say(tr("Asking…"), {});
    m_batchTable->notice()->say(tr("Choose a barrier above."), {});
    m_barrierAnswer.forget();
    m_detailAnswer.forget();
    connect(m_barrierTable, &TableController::currentChanged, this, &BarriersPage::choose);
}

void BarriersPage::makeMatrix() {
    m_matrixArea->setFrameShape(QFrame::NoFrame);
    m_matrixArea->setWidgetResizable(true);
    m_matrixArea->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_matrixArea->viewport()->setBackgroundRole(QPalette::Base);
    m_matrix->setBackgroundRole(QPalette::Base);
    m_matrix->setAutoFillBackground(true);
    m_matrixArea->setWidget(m_matrix);
    m_matrixArea->hide();
    auto* both = new QWidget;
    auto* layout = new QVBoxLayout(both);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_matrixArea);
    layout->addWidget(m_batchView, 1);
    m_batchCard->setContent(both);
    connect(m_matrix, &BatchMatrix::chosen, this, [this](std::int64_t index) {
        if (const int row = m_batches.rowOf(std::to_string(index)); row >= 0)
            m_batchTable->selectSource(m_batches.index(row, 0));
    });
    connect(m_batchTable, &TableController::currentChanged, this, [this](const QModelIndex& source) {
        m_matrix->setCurrent(source.isValid() ? m_batches.row(source.row()).batch.index : -1);
    });
}

void BarriersPage::fitMatrix() {
    // Its rows, but the table keeps most of the card.
    const int wanted = m_matrix->heightForWidth(m_matrixArea->width());
    m_matrixArea->setFixedHeight(std::min(wanted, std::max(64, m_batchCard->height() * 2 / 5)));
    m_matrixArea->setVisible(wanted > 0);
}

void BarriersPage::resizeEvent(QResizeEvent* event) {
    Page::resizeEvent(event);
    fitMatrix();
}

std::string BarriersPage::execution() const {
    const QModelIndex index = m_barrierTable->currentSource();
    return index.isValid() ? m_barriers.row(index.row()).barrier.execution : std::string();
}

Subject BarriersPage::subject() const {
    Subject subject;
    if (const std::string run = execution(); !run.empty() && m_install && m_install->ours) {
        subject.kind = operate::SubjectKind::Barrier;
        subject.request.arguments["execution"] = run;
        // What was seen: a run that is armed anew since is another one.
        subject.request.arguments["epoch"] =
            std::to_string(m_barriers.row(m_barrierTable->currentSource().row()).barrier.epoch);
    }
    return subject;
}

void BarriersPage::showSample(const domain::Snapshot& snapshot, const domain::Diagnosis&) {
    m_barriers.setNow(snapshot.takenAt);
    m_batches.setNow(snapshot.takenAt);
    // Which work queues there were is another question at another time.
    const auto past = tools().desk->shownInstant();
    if (std::exchange(m_past, past) != past || !m_install) {
        m_installAnswer.beat(m_past);
        return;
    }
    m_barrierAnswer.beat(m_past);
    if (!m_shown.empty())
        m_detailAnswer.beat(m_past);
}

void BarriersPage::showInstalls(const std::vector<domain::WorkInstall>& installs) {
    std::vector<domain::WorkInstall> with;
    std::copy_if(installs.begin(), installs.end(), std::back_inserter(with),
                 [](const domain::WorkInstall& install) { return install.hasBarriers; });
    m_chooser->setInstalls(with);
    if (!with.empty()) {
        useInstall();
        return;
    }
    clear();
    m_barrierTable->notice()->say(tr("There are no barriers in this database"),
                                  installs.empty() ? tr("No work queue was found.")
                                                   : tr("The work queue found has no table pg_barrier_state."));
    Q_EMIT completed();
}

void BarriersPage::useInstall() {
    const domain::WorkInstall& wanted = *m_chooser->install();
    if (m_install && !(*m_install == wanted)) {
        // An execution of the same name is another one there.
        m_lost.clear();
        m_barrierTable->letGo();
        m_barriers.show({}, m_barriers.context().now);
        choose();
    }
    m_install = wanted;
    m_foreign->tell(wanted);
    m_barrierCard->setTitle(m_chooser->count() > 1 ? tr("Barriers in")
                                                   : tr("Barriers in %1").arg(models::installText(wanted)));
    m_barrierAnswer.askNow();
}

void BarriersPage::showBarriers(const domain::Barriers& barriers) {
    std::vector<models::BarrierLine> lines;
    lines.reserve(barriers.rows.size());
    for (const domain::Barrier& barrier : barriers.rows)
        lines.push_back({barrier, lostOf(barrier)});
    m_barriers.show(std::move(lines), barriers.takenAt);
    QStringList note = {tr("%n barrier(s)", nullptr, m_barriers.rowCount())};
    if (barriers.orphanMarkers > 0)
        note += tr("%n execution(s) with markers and no barrier", nullptr, int(barriers.orphanMarkers));
    // Whoever recovers stranded runs is seen by the slow look.
    if (const auto looks = tools().desk->workLooks()) {
        for (const domain::WorkLook& look : looks->installs) {
            if (look.sample.install.schema == m_install->schema && look.sample.leader)
                note += models::reaperText(*look.sample.leader, barriers.takenAt);
        }
    }
    if (m_past && m_install->hasMarkers)
        note += tr("markers without a barrier are not recorded");
    m_barrierCard->setNote(note.join(u" · "_s), tr("Markers without a barrier may be load-bearing: they keep a late "
                                                   "redelivery from running again"));
    m_barrierTable->notice()->say(tr("No fan-out is under way"),
                                  tr("A barrier stands here from arming to its callback."), models::Tone::Good);
    if (!m_wanted.isEmpty()) {
        if (const int row = m_barriers.rowOf(m_wanted.toStdString()); row >= 0)
            m_barrierTable->selectSource(m_barriers.index(row, 0));
        m_wanted.clear();
    }
    m_barrierTable->chooseFirst();
    if (!m_shown.empty())
        m_detailAnswer.beat(m_past);
    Q_EMIT completed();
}

void BarriersPage::choose() {
    if (execution() == m_shown)
        return;
    m_shown = execution();
    m_batches.show({}, m_batches.context().now);
    m_matrix->setBatches({});
    fitMatrix();
    m_batchCard->setNote({});
    m_batchCard->setTitle(m_shown.empty()
                              ? tr("Batches")
                              : tr("Batches of %1").arg(models::format::foreign(models::format::text(m_shown), 60)));
    if (m_install && !m_shown.empty()) {
        m_detailAnswer.askNow();
    } else {
        m_detailAnswer.forget();
        m_batchTable->notice()->say(tr("Choose a barrier above."), {});
    }
}

/// As its batches said when they were looked at; of a run that was armed anew since, nothing is known.
std::int64_t BarriersPage::lostOf(const domain::Barrier& barrier) const {
    const auto found = m_lost.find(barrier.execution);
    return found != m_lost.end() && found->second.first == barrier.epoch ? found->second.second : 0;
}

void BarriersPage::showDetail(const domain::BarrierDetail& detail) {
    std::vector<models::BatchLine> lines;
    lines.reserve(detail.batches.size());
    for (const domain::BarrierBatch& batch : detail.batches)
        lines.push_back({batch});
    m_batches.show(std::move(lines), detail.takenAt);
    // The barrier's row does not say it by itself.
    std::vector<models::BarrierLine> barriers = m_barriers.rows();
    for (models::BarrierLine& line : barriers) {
        if (line.barrier.execution == m_shown)
            m_lost[m_shown] = {line.barrier.epoch, models::lostOf(detail)};
        line.lost = lostOf(line.barrier);
    }
    m_barriers.show(std::move(barriers), m_barriers.context().now);
    m_matrix->setBatches(detail.batches);
    fitMatrix();
    m_batchCard->setNote(models::verdictOf(detail));
    m_batchTable->notice()->say(tr("No batch is known"),
                                tr("This install does not record how many were armed, and none "
                                   "has a marker."));
    Q_EMIT completed();
}

/// Of the past the barriers are recorded, and not their batches.
void BarriersPage::failDetail(const pg::Failure& failure) {
    if (!words::isNotRecorded(failure)) {
        fail(failure);
        return;
    }
    m_batches.show({}, m_batches.context().now);
    m_matrix->setBatches({});
    fitMatrix();
    m_batchCard->setNote({});
    words::sayFailure(*m_batchTable->notice(), tr("The batches could not be read"), failure);
    Q_EMIT completed();
}

void BarriersPage::clear() {
    m_install.reset();
    m_foreign->hide();
    m_shown.clear();
    m_lost.clear();
    m_barrierTable->letGo();
    m_barriers.show({}, m_barriers.context().now);
    m_batches.show({}, m_batches.context().now);
    m_matrix->setBatches({});
    fitMatrix();
    m_barrierCard->setNote({});
    m_detailAnswer.forget();
    m_barrierAnswer.forget();
}

void BarriersPage::fail(const pg::Failure& failure) {
    clear();
    words::sayFailure(*m_barrierTable->notice(), tr("The barriers could not be read"), failure);
    Q_EMIT completed();
}

void BarriersPage::setStale(bool stale) {
    m_barrierTable->setStale(stale);
    m_batchTable->setStale(stale);
}

void BarriersPage::setZone(const QTimeZone& zone) {
    m_barriers.setZone(zone);
    m_batches.setZone(zone);
}

void BarriersPage::openSubject(const QString& wanted) {
    m_wanted = wanted;
    if (m_install)
        m_barrierAnswer.askNow();
}

QWidget* BarriersPage::mainView() const {
    return m_barrierView;
}

bool BarriersPage::isComplete() const {
    return m_installAnswer.isSettled() && m_barrierAnswer.isSettled() && m_detailAnswer.isSettled();
}

} // namespace ui
