// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/batchpage.h"

#include "ui/combobox.h"
#include "ui/consumerspage.h"
#include "ui/deadinterval.h"
#include "ui/eventscard.h"
#include "ui/ownercard.h"
#include "ui/payloadcard.h"
#include "ui/splitters.h"
#include "ui/whycard.h"
#include "ui/words.h"

#include <QAbstractItemView>
#include <QSignalBlocker>
#include <QTableView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

using models::format::foreign;
using models::format::text;

namespace {

QString tokenOf(const models::BatchRow& row) {
    return QString::number(row.subscription.batch.value_or(0));
}

} // namespace

BatchPage::BatchPage(const PageTools& tools, QWidget* parent)
    : Page(tools, parent)
    , m_chooser(new ComboBox(16))
    , m_events(new EventsCard(tools.desk, tools.settings, EventsCard::Filter::Offered))
    , m_owner(new OwnerCard(tools.actions, [this] { return subject(); }))
    , m_why(new WhyCard(tools.desk))
    , m_payload(new PayloadCard(tr("Event"))) {
    setObjectName(u"batch"_s);
    m_chooser->setObjectName(u"batchChooser"_s);
    m_chooser->setAccessibleName(tr("Open batch"));
    m_chooser->setToolTip(tr("Which open batch is shown, the one open longest first"));
    m_events->addBesideTitle(m_chooser);
    auto* above = makeSplitter(Qt::Vertical, m_owner, m_payload, {250, 260}, {0, 1});
    auto* right = makeSplitter(Qt::Vertical, above, m_why, {520, 170}, {1, 0});
    auto* all = makeSplitter(Qt::Horizontal, m_events, right, {680, 400}, {3, 2});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(all);
    connect(m_chooser, &QComboBox::activated, this, [this] {
        m_batch = m_chooser->currentData().toString();
        choose();
    });
    connect(m_events, &EventsCard::eventChosen, this, &BatchPage::showPayloadOf);
    connect(m_events, &EventsCard::nothingChosen, this, &BatchPage::showNoEvent);
    connect(m_events, &EventsCard::settled, this, &Page::completed);
    connect(m_payload, &PayloadCard::settled, this, &Page::completed);
    m_events->close(tr("Waiting for the first sample…"));
    showNoEvent();
}

void BatchPage::showSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) {
    m_snapshot = tools().desk->snapshot();
    m_model.setSample(snapshot, diagnosis);
    // One that is being taken right now has no token yet.
    const auto& rows = m_model.rows();
    const auto first = std::find_if(rows.begin(), rows.end(),
                                    [](const models::BatchRow& row) { return row.subscription.batch.has_value(); });
    if (m_batch.isEmpty() && first != rows.end())
        m_batch = tokenOf(*first);
    fillChooser();
    showBatch();
}

/// Not while somebody chooses from the list.
void BatchPage::fillChooser() {
    if (m_chooser->view()->isVisible())
        return;
    QList<std::pair<QString, QString>> batches;
    bool open = false;
    for (const models::BatchRow& row : m_model.rows()) {
        if (!row.subscription.batch)
            continue;
        open = open || tokenOf(row) == m_batch;
        batches.emplaceBack(
            tr("%1 · %2 on %3")
                .arg(tokenOf(row), foreign(text(row.subscription.consumerName), 60), foreign(text(row.queueName), 60)),
            tokenOf(row));
    }
    if (!m_batch.isEmpty() && !open)
        batches.emplaceFront(tr("%1 · not open").arg(m_batch), m_batch);
    const QSignalBlocker blocker(m_chooser);
    if (batches != m_offered) {
        m_offered = batches;
        m_chooser->clear();
        for (const auto& [title, token] : std::as_const(m_offered))
            m_chooser->addItem(title, token);
    }
    m_chooser->setCurrentIndex(m_chooser->findData(m_batch));
}

const models::BatchRow* BatchPage::chosen() const {
    for (const models::BatchRow& row : m_model.rows()) {
        if (row.subscription.batch && tokenOf(row) == m_batch)
            return &row;
    }
    return nullptr;
}

void BatchPage::choose() {
    if (!m_snapshot)
        return;
    fillChooser();
    showBatch();
    tools().actions->refresh();
}

void BatchPage::showBatch() {
    const models::BatchRow* row = chosen();
    if (row && row->subscription.lastTick && row->subscription.nextTick) {
        m_window = Window::of(row->subscription, row->queueName, *m_snapshot);
        m_owner->setNote({});
        m_owner->showOwner(*row, *m_snapshot, tools().deadInterval->value(), m_zone);
    } else {
        m_owner->clear();
        if (m_window && (!m_window->batch || QString::number(*m_window->batch) != m_batch ||
                         m_window->install != m_snapshot->capabilities.identity()))
            m_window.reset();
        m_owner->setNote(m_window ? tr("ended meanwhile: acknowledged, given back or taken over") : QString());
    }
    m_why->setWindow(m_window);
    if (m_window)
        m_events->open(*m_window);
    else
        m_events->close(m_batch.isEmpty()
                            ? tr("No batch is open. A batch appears here from receive to ack.")
                            : tr("Batch %1 is not open. Which window an ended batch had is not stored in the "
                                 "database; its events can be found on the page Messages.")
                                  .arg(m_batch));
}

void BatchPage::showPayloadOf(const domain::EventRow& event) {
    m_event = event;
    m_payload->showEvent(tools().desk, m_window ? m_window->queueId : 0, event);
}

void BatchPage::showNoEvent() {
    m_event.reset();
    m_payload->clear(tr("Choose an event to see its payload."));
}

void BatchPage::tellAges() {
    m_events->remark();
}

void BatchPage::setStale(bool stale) {
    m_events->setStale(stale);
}

void BatchPage::setZone(const QTimeZone& zone) {
    m_zone = zone;
    m_events->setZone(zone);
    m_why->setZone(zone);
}

void BatchPage::openSubject(const QString& batch) {
    m_batch = batch;
    choose();
}

Subject BatchPage::subject() const {
    const models::BatchRow* row = chosen();
    if (!row || !m_snapshot)
        return {};
    Subject subject = subjectOf(row->subscription, row->queueName, row->group, row->subconsumer, m_snapshot->takenAt);
    if (m_event)
        subject.request.arguments["message"] = std::to_string(m_event->id);
    return subject;
}

QWidget* BatchPage::mainView() const {
    return m_events->view();
}

bool BatchPage::isComplete() const {
    return m_snapshot && m_events->isSettled() && m_payload->isSettled();
}

} // namespace ui
