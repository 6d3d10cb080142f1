// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/footprintpage.h"

#include "ui/factslist.h"
#include "ui/notice.h"
#include "ui/tablecard.h"
#include "ui/theme.h"
#include "ui/words.h"

#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace ui {

using models::format::bytes;
using models::format::milliseconds;

namespace {

constexpr std::size_t remembered = 300;

double median(std::vector<double> values) {
    if (values.empty())
        return 0;
    const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

double toMs(std::chrono::microseconds time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

} // namespace

FootprintPage::FootprintPage(const PageTools& tools, QWidget* parent)
    : Page(tools, parent)
    , m_model(models::ownColumns())
    , m_spendingModel(models::spendingColumns())
    , m_costCard(new Card(tr("Looking")))
    , m_spendingCard(new Card(tr("What was asked")))
    , m_card(new Card(tr("Sessions of Batchscope")))
    , m_facts(new FactsList)
    , m_spendingView(new QTableView)
    , m_view(new QTableView)
    , m_answer(
          this, [this] { return this->tools().desk->footprint(); },
          [this](const domain::Footprint& footprint) { show(footprint); },
          [this](const pg::Failure& failure) { fail(failure); }) {
    setObjectName(u"footprint"_s);
    m_spendingView->setObjectName(u"spending"_s);
    m_spendingView->setAccessibleName(tr("What was asked of the server, by purpose"));
    m_spendingTable = new TableController(m_spendingView, &m_spendingModel, u"spending"_s, tools.settings);
    // The sum stands last.
    m_spendingView->setSortingEnabled(false);
    m_spendingTable->proxy()->sort(-1);
    m_spendingTable->stretch(u"purpose"_s);
    addTableTools(*m_spendingCard, *m_spendingTable, tr("Filter purposes"));
    m_spendingCard->setContent(m_spendingView);
    m_view->setObjectName(u"ownSessions"_s);
    m_view->setAccessibleName(tr("Sessions of this and other consoles with this role"));
    m_table = new TableController(m_view, &m_model, u"ownSessions"_s, tools.settings);
    m_table->sortFirstBy(u"application"_s, Qt::AscendingOrder);
    m_table->stretch(u"query"_s);
    addTableTools(*m_card, *m_table, tr("Filter sessions"));
    m_card->setContent(m_view);
    auto* inside = new QWidget;
    auto* insideLayout = new QVBoxLayout(inside);
    insideLayout->setContentsMargins(space::large, 10, space::large, 10);
    insideLayout->addWidget(m_facts);
    m_costCard->setContent(inside);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(space::large);
    layout->addWidget(m_costCard);
    layout->addWidget(m_spendingCard, 3);
    layout->addWidget(m_card, 2);
    m_table->notice()->say(tr("Asking…"), {});
    m_spendingTable->notice()->say(tr("Nothing was asked yet"), {});
    // Samples count whatever page is shown.
    connect(tools.desk, &desk::Desk::snapshotReady, this, [this] { remember(); });
}

void FootprintPage::remember() {
    const domain::SnapshotPtr snapshot = tools().desk->liveSnapshot();
    if (!snapshot || snapshot->number == m_newest)
        return;
    m_newest = snapshot->number;
    m_costs.push_back(snapshot->cost);
    if (m_costs.size() > remembered)
        m_costs.pop_front();
}

void FootprintPage::showSample(const domain::Snapshot&, const domain::Diagnosis&) {
    remember();
    showSpending();
    showSampleCosts();
    tellAges();
    m_answer.beat(tools().desk->shownInstant());
}

void FootprintPage::showSpending() {
    const domain::Spending spending = tools().desk->spending();
    m_spendingModel.show(models::spendingLines(spending), m_spendingModel.context().now);
    m_facts->set(tr("Of the server's time"), models::serverShare(spending),
                 tr("The sum of the server times below, by its own clock, as a part of the time that passed"));
    m_facts->set(tr("Longest look"), tr("%1, as seen from here").arg(milliseconds(toMs(spending.longestLook()))),
                 tr("Each look is one round trip, its transactions in it: none of them was open for longer. What was "
                    "done by actions is not in it."));
}

void FootprintPage::showSampleCosts() {
    if (m_costs.empty())
        return;
    const auto over = [this](auto part) {
        std::vector<double> values;
        values.reserve(m_costs.size());
        for (const domain::SampleCost& cost : m_costs)
            values.push_back(double(part(cost)));
        return values;
    };
    const auto server = over([](const domain::SampleCost& cost) { return cost.serverMs; });
    const auto size = over([](const domain::SampleCost& cost) { return cost.bytes; });
    const auto worst = [](const std::vector<double>& values) {
        return *std::max_element(values.begin(), values.end());
    };
    const domain::SampleCost& now = m_costs.back();
    m_costCard->setNote(tr("over the last %n sample(s)", nullptr, int(m_costs.size())));
    m_facts->set(
        tr("Positions of a sample"),
        tr("%1 now, %2 median, %3 at most")
            .arg(milliseconds(now.serverMs), milliseconds(median(server)), milliseconds(worst(server))),
        tr("By the server's own clock: queues, ticks and subscriptions, which every sample asks. Sequences, counts, "
           "sessions and upkeep come on top and are in the line of the sample below."));
    m_facts->set(tr("Round trip"),
                 tr("%1 with %n statement(s)", nullptr, now.statements).arg(milliseconds(now.roundTripMs)),
                 tr("Of the newest sample, with all that was asked in it, as seen from here, network included. Each "
                    "part is a read-only transaction of its own."));
    m_facts->set(tr("Bytes of a sample"),
                 tr("%1 now, %2 median, %3 at most")
                     .arg(bytes(now.bytes), bytes(qint64(median(size))), bytes(qint64(worst(size)))));
    m_facts->set(tr("Asked"), tools().desk->isPaused()
                                  ? tr("paused")
                                  : words::everySoOften(tools().desk->period()) +
                                        (tools().desk->isSlowed() ? tr("; slowed down, because the server is slow")
                                         : tools().desk->period() < tools().desk->calmPeriod()
                                             ? tr("; %1 where no notification brings one forward")
                                                   .arg(words::everySoOften(tools().desk->calmPeriod()))
                                             : QString()));
}

void FootprintPage::show(const domain::Footprint& footprint) {
    std::vector<models::OwnLine> lines;
    lines.reserve(footprint.sessions.size());
    for (const domain::OwnSession& session : footprint.sessions)
        lines.push_back({session});
    m_model.show(std::move(lines), footprint.takenAt);
    m_footprint = footprint;
    tellAges();
    m_table->notice()->say(tr("No session of Batchscope is seen"), tr("Behind a pooler sessions carry other names."));
    Q_EMIT completed();
}

// Transactions are as long as they were when they were asked for.
void FootprintPage::tellAges() {
    m_spendingCard->setNote(
        tr("since this server was opened, %1 ago").arg(models::format::age(tools().desk->spending().since)),
        tr("Everything that this window asked, on all its sessions; other consoles count for themselves. The workers "
           "of the cooperative debugger are not in it."));
    const domain::SnapshotPtr snapshot = tools().desk->snapshot();
    if (!m_footprint || !snapshot)
        return;
    std::optional<pg::Timestamp> oldest;
    const domain::OwnSession* asking = nullptr;
    std::int64_t locks = 0;
    for (const domain::OwnSession& session : m_footprint->sessions) {
        if (session.asks) {
            asking = &session;
            continue;
        }
        locks += session.locks;
        if (session.transactionSince)
            oldest = std::min(oldest.value_or(*session.transactionSince), *session.transactionSince);
    }
    QStringList note{tr("%n session(s)", nullptr, int(m_footprint->sessions.size())),
                     words::askedAgo(*tools().desk, m_footprint->takenAt)};
    if (asking != nullptr) {
        const pg::Interval open = m_footprint->takenAt - asking->transactionSince.value_or(m_footprint->takenAt);
        note += tr("pid %1 asks: %n lock(s) for %2", nullptr, int(asking->locks))
                    .arg(asking->pid)
                    .arg(milliseconds(toMs(open)));
    }
    if (snapshot->capabilities.throughPooler)
        note += tr("others: not known behind a pooler");
    else if (oldest)
        note += tr("others: %n lock(s), oldest transaction %1", nullptr, int(locks))
                    .arg(models::format::age(m_footprint->takenAt - *oldest));
    else
        note += tr("others: no transaction, %n lock(s)", nullptr, int(locks));
    m_card->setNote(note.join(u" · "_s),
                    tr("Consoles of this role, on this server, whoever runs them, at one moment. A session that looks "
                       "has its transaction open only while it does: the longest look above is the bound."));
}

void FootprintPage::fail(const pg::Failure& failure) {
    m_model.show({}, m_model.context().now);
    m_footprint.reset();
    m_card->setNote({});
    words::sayFailure(*m_table->notice(), tr("The sessions could not be read"), failure);
    Q_EMIT completed();
}

void FootprintPage::setStale(bool stale) {
    m_spendingTable->setStale(stale);
    m_table->setStale(stale);
}

void FootprintPage::setZone(const QTimeZone& zone) {
    m_model.setZone(zone);
}

QWidget* FootprintPage::mainView() const {
    return m_view;
}

bool FootprintPage::isComplete() const {
    return m_answer.isSettled();
}

} // namespace ui
