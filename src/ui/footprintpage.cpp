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
#include <numeric>

using namespace Qt::StringLiterals;

namespace ui {

using models::format::bytes;
using models::format::milliseconds;
using models::format::number;

namespace {

constexpr std::size_t remembered = 300;

double median(std::vector<double> values) {
    if (values.empty())
        return 0;
    const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

} // namespace

FootprintPage::FootprintPage(const PageTools& tools, QWidget* parent)
    : Page(tools, parent)
    , m_model(models::ownColumns())
    , m_costCard(new Card(tr("Looking")))
    , m_card(new Card(tr("Sessions of Batchscope")))
    , m_facts(new FactsList)
    , m_view(new QTableView)
    , m_answer(
          this, [this] { return this->tools().desk->footprint(); },
          [this](const domain::Footprint& footprint) { show(footprint); },
          [this](const pg::Failure& failure) { fail(failure); }) {
    setObjectName(u"footprint"_s);
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
    layout->addWidget(m_card, 1);
    m_table->notice()->say(tr("Asking…"), {});
    // Samples count whatever page is shown.
    connect(tools.desk, &desk::Desk::snapshotReady, this, [this](const domain::SnapshotPtr& snapshot) {
        if (snapshot)
            remember(*snapshot);
    });
}

void FootprintPage::remember(const domain::Snapshot& snapshot) {
    if (snapshot.number == m_newest)
        return;
    m_newest = snapshot.number;
    m_costs.push_back(snapshot.cost);
    if (m_costs.size() > remembered)
        m_costs.pop_front();
}

void FootprintPage::showSample(const domain::Snapshot& snapshot, const domain::Diagnosis&) {
    remember(snapshot);
    showCosts(snapshot);
    m_model.setNow(snapshot.takenAt);
    m_answer.beat(tools().desk->shownInstant());
}

void FootprintPage::showCosts(const domain::Snapshot& snapshot) {
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
    m_costCard->setNote(tr("over the last %n sample(s)", nullptr, int(m_costs.size())));
    m_facts->set(
        tr("Server time of a sample"),
        tr("%1 now, %2 median, %3 at most")
            .arg(milliseconds(snapshot.cost.serverMs), milliseconds(median(server)), milliseconds(worst(server))),
        tr("By the server's own clock, of the part that is asked with every sample"));
    m_facts->set(tr("Round trip"), milliseconds(snapshot.cost.roundTripMs), tr("As seen from here, network included"));
    m_facts->set(tr("Bytes of a sample"),
                 tr("%1 now, %2 median, %3 at most")
                     .arg(bytes(snapshot.cost.bytes), bytes(qint64(median(size))), bytes(qint64(worst(size)))));
    m_facts->set(
        tr("Statements"),
        tr("%1 in one round trip, each part a read-only transaction of its own").arg(number(snapshot.cost.statements)));
    const auto period = tools().desk->period();
    m_facts->set(tr("Asked"),
                 tools().desk->isPaused()
                     ? tr("paused")
                     : tr("every %1, %2 % of the server's time")
                               .arg(milliseconds(double(period.count())))
                               .arg(100 * median(server) / double(period.count()), 0, 'f', 2) +
                           (tools().desk->isSlowed() ? tr("; slowed down, because the server is slow") : QString()));
}

void FootprintPage::show(const domain::Footprint& footprint) {
    std::vector<models::OwnLine> lines;
    lines.reserve(footprint.sessions.size());
    std::optional<pg::Timestamp> oldest;
    std::int64_t locks = 0;
    for (const domain::OwnSession& session : footprint.sessions) {
        lines.push_back({session});
        locks += session.locks;
        if (session.transactionSince)
            oldest = std::min(oldest.value_or(*session.transactionSince), *session.transactionSince);
    }
    m_model.show(std::move(lines), footprint.takenAt);
    m_card->setNote(tr("%n session(s)", nullptr, m_model.rowCount()) + u" · "_s +
                        (oldest ? tr("oldest transaction %1").arg(models::format::age(footprint.takenAt - *oldest))
                                : tr("no transaction open")) +
                        u" · "_s + tr("%n lock(s) held", nullptr, int(locks)),
                    tr("Consoles of this role, on this server, whoever runs them"));
    m_table->notice()->say(tr("No session of Batchscope is seen"), tr("Behind a pooler sessions carry other names."));
    Q_EMIT completed();
}

void FootprintPage::fail(const pg::Failure& failure) {
    m_model.show({}, m_model.context().now);
    m_card->setNote({});
    words::sayFailure(*m_table->notice(), tr("The sessions could not be read"), failure);
    Q_EMIT completed();
}

void FootprintPage::setStale(bool stale) {
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
