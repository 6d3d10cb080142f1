// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/consumerspage.h"

#include "ui/deadinterval.h"
#include "ui/deadintervalbox.h"
#include "ui/noqueue.h"
#include "ui/notice.h"
#include "ui/tablecard.h"
#include "ui/theme.h"

#include <QMenu>
#include <QTreeView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

/// With more lines than this the tree opens folded.
constexpr int mostUnfolded = 300;

} // namespace

ConsumersPage::ConsumersPage(const PageTools& tools, QWidget* parent)
    : Page(tools, parent)
    , m_card(new Card(tr("Consumers")))
    , m_view(new QTreeView) {
    setObjectName(u"consumers"_s);
    m_view->setObjectName(u"subscriptions"_s);
    m_view->setAccessibleName(tr("Queues, consumers and members"));
    m_table = new TableController(m_view, &m_model, u"subscriptions"_s, tools.settings);
    m_table->sortFirstBy(u"name"_s, Qt::AscendingOrder);
    m_table->stretch(u"name"_s);
    m_table->setRowMenu(
        [this](QMenu& menu, const QModelIndex& index) { this->tools().actions->addTo(menu, subjectAt(index)); });
    m_card->addToHeading(new DeadIntervalBox(tools.deadInterval));
    addTableTools(*m_card, *m_table, tr("Filter consumers"));
    m_card->setContent(m_view);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_card);
    const auto takeInterval = [this] { m_model.setDeadInterval(this->tools().deadInterval->value()); };
    connect(tools.deadInterval, &DeadInterval::changed, this, takeInterval);
    takeInterval();
    connect(m_table->proxy(), &QAbstractItemModel::rowsInserted, this, &ConsumersPage::unfoldNew);
    connect(m_table, &TableController::activated, this, [this](const QModelIndex& index) {
        if (index.isValid() && m_model.row(index).subscription.batch && m_model.row(index).isSubscription())
            Q_EMIT pageWanted(u"inflight"_s, QString::number(*m_model.row(index).subscription.batch));
    });
    m_table->notice()->say(tr("Waiting for the first sample…"), {});
}

void ConsumersPage::showSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) {
    m_seenAt = snapshot.takenAt;
    m_model.setSample(snapshot, diagnosis);
    int groups = 0;
    int members = 0;
    for (const domain::Subscription& row : snapshot.subscriptions) {
        groups += row.role == domain::Role::CoopMain;
        members += row.role == domain::Role::CoopMember;
    }
    m_card->setNote(QStringList{tr("%n subscription(s)", nullptr, int(snapshot.subscriptions.size())),
                                tr("%n group(s)", nullptr, groups), tr("%n member(s)", nullptr, members)}
                        .join(u" · "_s));
    if (!m_wanted.isEmpty())
        openSubject(m_wanted);
    if (m_table->proxy()->rowCount() > 0)
        return;
    if (!snapshot.queues.empty()) {
        m_table->notice()->say(tr("Nothing matches the filter"), {});
        return;
    }
    const NoQueue why = whyNoQueue(snapshot, tr("Consumers subscribe to a queue; create one first."));
    m_table->notice()->say(why.title, why.explanation, why.tone);
}

void ConsumersPage::unfoldNew(const QModelIndex& parent, int first, int last) {
    if (m_model.rowCount() > mostUnfolded)
        return;
    // New lines are shown; what the reader folded stays folded.
    for (int row = first; row <= last; ++row)
        m_view->expandRecursively(m_table->proxy()->index(row, 0, parent), 2);
    if (parent.isValid() && m_table->proxy()->rowCount(parent) == last - first + 1)
        m_view->expand(parent);
}

void ConsumersPage::setStale(bool stale) {
    m_table->setStale(stale);
}

void ConsumersPage::setZone(const QTimeZone& zone) {
    m_model.setZone(zone);
}

void ConsumersPage::openSubject(const QString& wanted) {
    m_wanted = wanted;
    if (m_wanted.isEmpty() || select({}))
        m_wanted.clear();
}

bool ConsumersPage::select(const QModelIndex& parent) {
    const std::string wanted = m_wanted.toStdString();
    for (int row = 0; row < m_model.rowCount(parent); ++row) {
        const QModelIndex index = m_model.index(row, 0, parent);
        const models::ConsumerRow& line = m_model.row(index);
        if (!wanted.starts_with(line.queueName))
            continue;
        const bool isIt = line.isSubscription() ? wanted == line.queueName + '/' + line.subscription.consumerName
                                                : wanted == line.queueName;
        if (isIt) {
            m_view->expandRecursively(m_table->proxy()->mapFromSource(line.isSubscription() ? parent : index));
            m_table->selectSource(index);
        }
        if (isIt || select(index))
            return true;
    }
    return false;
}

Subject ConsumersPage::subjectAt(const QModelIndex& index) const {
    Subject subject;
    if (!index.isValid())
        return subject;
    const models::ConsumerRow& row = m_model.row(index);
    if (row.isSubscription())
        return subjectOf(row.subscription, row.queueName, row.group, row.subconsumer, m_seenAt);
    subject.kind = operate::SubjectKind::Queue;
    subject.request.queue = row.queueName;
    return subject;
}

QWidget* ConsumersPage::mainView() const {
    return m_view;
}

Subject ConsumersPage::subject() const {
    return subjectAt(m_table->currentSource());
}

Subject subjectOf(const domain::Subscription& subscription, const std::string& queue, const std::string& group,
                  const std::string& subconsumer, pg::Timestamp seenAt) {
    Subject subject;
    subject.request.queue = queue;
    subject.request.consumer = group;
    subject.request.subconsumer = subconsumer;
    subject.request.batch = subscription.batch;
    subject.request.seen =
        domain::SeenSubscription{subscription.batch, subscription.lastTick, subscription.nextTick, seenAt};
    subject.kind = subscription.batch    ? operate::SubjectKind::Batch
                   : subconsumer.empty() ? operate::SubjectKind::Consumer
                                         : operate::SubjectKind::Member;
    return subject;
}

} // namespace ui
