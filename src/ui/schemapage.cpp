// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/schemapage.h"

#include "ui/factslist.h"
#include "ui/notice.h"
#include "ui/outcomeview.h"
#include "ui/schemadialog.h"
#include "ui/splitters.h"
#include "ui/tablecard.h"
#include "ui/theme.h"
#include "ui/words.h"

#include <QAbstractButton>
#include <QLineEdit>
#include <QTableView>
#include <QVBoxLayout>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace ui {

using models::format::foreign;
using models::format::text;

namespace {

constexpr qsizetype lostShown = 5;

} // namespace

SchemaPage::SchemaPage(const PageTools& tools, QWidget* parent)
    : Page(tools, parent)
    , m_drift(models::driftColumns())
    , m_status(models::statusColumns())
    , m_factsCard(new Card(tr("Schema")))
    , m_driftCard(new Card(tr("Differences")))
    , m_statusCard(new Card(tr("Scheduler and ticker")))
    , m_facts(new FactsList)
    , m_driftView(new QTableView)
    , m_statusView(new QTableView)
    , m_answer(
          this, [this] { return this->tools().desk->inspectSchema(); },
          [this](const desk::SchemaReport& report) { show(report); },
          [this](const pg::Failure& failure) { fail(failure); }) {
    setObjectName(u"schema"_s);
    const auto makeTable = [this](QTableView* view, QAbstractItemModel* model, const QString& name,
                                  const QString& title) {
        view->setObjectName(name);
        view->setAccessibleName(title);
        auto* table = new TableController(view, model, name, this->tools().settings);
        table->notice()->say(tr("Asking…"), {});
        return table;
    };
    m_driftTable = makeTable(m_driftView, &m_drift, u"drift"_s, tr("Differences from what this program ships"));
    m_statusTable = makeTable(m_statusView, &m_status, u"schedulerStatus"_s, tr("Scheduler and ticker"));
    m_driftTable->sortFirstBy(u"what"_s, Qt::AscendingOrder);
    m_driftTable->stretch(u"sql"_s);
    // What is seen comes first, then what is set up.
    m_statusView->setSortingEnabled(false);
    m_statusTable->proxy()->sort(-1);
    m_statusTable->stretch(u"detail"_s);
    addTableTools(*m_driftCard, *m_driftTable, tr("Filter differences"));
    m_driftCard->setContent(m_driftView);
    m_statusCard->setContent(m_statusView);
    addDeed(schema::Deed::Install, tr("Install…"), u"planInstall"_s);
    addDeed(schema::Deed::Upgrade, tr("Upgrade…"), u"upgradeSchema"_s);
    addDeed(schema::Deed::Convert, tr("Convert…"), u"convertSchema"_s);
    addDeed(schema::Deed::Uninstall, tr("Uninstall…"), u"uninstallSchema"_s);
    auto* inside = new QWidget;
    auto* insideLayout = new QVBoxLayout(inside);
    insideLayout->setContentsMargins(space::large, 10, space::large, 10);
    insideLayout->addWidget(m_facts);
    m_factsCard->setContent(inside);
    auto* below = makeSplitter(Qt::Vertical, m_statusCard, m_driftCard, {240, 260}, {0, 0});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(space::large);
    layout->addWidget(m_factsCard);
    layout->addWidget(below, 1);
    // All of them, in this order, whichever is known first.
    for (const QString& fact :
         {tr("Installed"), tr("In"), tr("Says of itself"), tr("Fingerprint"), tr("Roles"), tr("PUBLIC"), tr("Groups")})
        m_facts->set(fact, tr("asking…"));
}

void SchemaPage::addDeed(schema::Deed deed, const QString& title, const QString& name) {
    QAbstractButton* button = makeButton(title, name, this);
    button->hide(); // until it is known what can be asked
    button->setToolTip(tr("Shows first what it would change and the SQL it would run"));
    connect(button, &QAbstractButton::clicked, this, [this, deed] { plan(deed); });
    m_factsCard->addToHeading(button);
    m_deeds.emplace(deed, button);
}

/// Only what can be asked of such a schema; why it can't be done all the same, the plan says.
void SchemaPage::offerDeeds(domain::SchemaOrigin origin) {
    const bool ours = origin == domain::SchemaOrigin::Ours || origin == domain::SchemaOrigin::OursDrifted;
    for (const auto& [deed, button] : m_deeds)
        button->setVisible(deed == schema::Deed::Install   ? origin == domain::SchemaOrigin::None
                           : deed == schema::Deed::Convert ? origin == domain::SchemaOrigin::Foreign
                                                           : ours);
}

void SchemaPage::plan(schema::Deed deed) {
    if (m_planning)
        return;
    m_planning = true;
    links::whenDone(tools().desk->planSchema(deed), this, [this](const links::Reply<schema::Plan>& reply) {
        m_planning = false;
        schema::Plan plan;
        if (const auto* failure = std::get_if<pg::Failure>(&reply)) {
            plan.title = tr("It could not be planned").toStdString();
            plan.refusal = words::failure(*failure).toStdString();
        } else {
            plan = std::get<schema::Plan>(reply);
        }
        auto* dialog = new SchemaDialog(tools().desk, std::move(plan), window());
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        connect(dialog, &SchemaDialog::armingWanted, this, &SchemaPage::armingWanted);
        connect(dialog, &SchemaDialog::carriedOut, this, [this] {
            m_answer.askNow();
            tools().desk->sampleNow();
        });
        dialog->open();
    });
}

void SchemaPage::showSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) {
    showGroups(snapshot, diagnosis);
    if (m_report)
        showStatus(tools().desk->snapshot());
    tellAges();
    m_answer.beat(tools().desk->shownInstant());
}

void SchemaPage::tellAges() {
    if (m_report)
        m_factsCard->setNote(tr("inspected %1 ago").arg(words::agoIn(*tools().desk, m_report->inspection.takenAt)));
}

void SchemaPage::showGroups(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) {
    const QStringList lost = models::lostGroupLines(snapshot, diagnosis);
    m_facts->set(
        tr("Groups"),
        lost.isEmpty()
            ? tr("none is known to have lost its last member")
            : lost.mid(0, lostShown).join(u'\n') +
                  (lost.size() > lostShown ? tr("\nand %n more", nullptr, int(lost.size() - lostShown)) : QString()),
        tr("The last member to leave turns its group into a normal consumer, and the database does not say "
           "that it was one. Told here is what this console has seen, and what names and rows suggest."));
}

void SchemaPage::showStatus(const domain::SnapshotPtr& snapshot) {
    m_status.show(models::statusRows(snapshot.get(), m_report->scheduling, m_report->status),
                  snapshot ? snapshot->takenAt : pg::Timestamp());
}

void SchemaPage::show(const desk::SchemaReport& report) {
    const schema::Inspection& seen = report.inspection;
    const schema::Catalog& catalog = seen.catalog;
    offerDeeds(seen.origin);
    m_facts->set(tr("Installed"), text(seen.summary()));
    m_facts->set(tr("In"),
                 tr("database %1, owned by %2").arg(foreign(text(catalog.database)), foreign(text(catalog.owner))));
    m_facts->set(tr("Says of itself"), tr("version %1; %2")
                                           .arg(seen.version.empty() ? tr("unknown") : text(seen.version),
                                                seen.originText.empty() ? tr("no origin") : text(seen.originText)));
    m_facts->set(tr("Fingerprint"), text(seen.fingerprint.substr(0, 16)), text(seen.fingerprint));
    QStringList roles;
    for (const std::string& role : catalog.missingRoles)
        roles += text(role);
    m_facts->set(tr("Roles"), roles.isEmpty() ? tr("pgque_reader, pgque_writer and pgque_admin are there")
                                              : tr("missing: %1").arg(roles.join(u", "_s)));
    m_facts->set(tr("PUBLIC"), models::publicRights(catalog),
                 tr("What every role may do, as shipped or not. Each event table takes the rights of event_template "
                    "when it is made: who may read that one may read payloads."));
    const domain::SnapshotPtr snapshot = tools().desk->snapshot();
    const pg::Timestamp now = snapshot ? snapshot->takenAt : pg::Timestamp();
    m_drift.show(models::driftLines(seen), now);
    m_report = report;
    showStatus(snapshot);
    m_driftCard->setNote(m_drift.rowCount() == 0
                             ? QString()
                             : tr("%n difference(s) from what this program ships", nullptr, m_drift.rowCount()));
    if (!catalog.present)
        m_driftTable->notice()->say(tr("Nothing to compare"), tr("The schema is not installed."));
    else
        m_driftTable->notice()->say(
            tr("Nothing differs"),
            tr("Functions, the fixed tables with their columns, constraints, indexes and "
               "triggers, and rights are those of the script this program ships%1. The tables of "
               "single queues are not compared.")
                .arg(catalog.configRows ? tr(", and config has its row") : QString()),
            models::Tone::Good);
    const QString unasked = report.statusError
                                ? tr("pgque.status() could not be asked: %1").arg(words::failure(*report.statusError))
                                : QString();
    m_statusCard->setNote(unasked);
    m_statusTable->notice()->say(tr("Nothing is told"), unasked,
                                 report.statusError ? models::Tone::Warning : models::Tone::Dim);
    Q_EMIT completed();
}

void SchemaPage::fail(const pg::Failure& failure) {
    m_drift.show({}, m_drift.context().now);
    m_status.show({}, m_status.context().now);
    m_report.reset();
    // What was inspected before is not what stands there now, or stood there then.
    m_facts->clear(words::isNotRecorded(failure) ? tr("not recorded") : tr("not known"));
    if (const domain::SnapshotPtr snapshot = tools().desk->snapshot())
        showGroups(*snapshot, tools().desk->diagnosis());
    m_statusCard->setNote({});
    m_factsCard->setNote({});
    m_driftCard->setNote({});
    for (TableController* table : {m_driftTable, m_statusTable})
        words::sayFailure(*table->notice(), tr("The schema could not be inspected"),
                          table == m_driftTable || words::isNotRecorded(failure) ? failure : pg::Failure());
    Q_EMIT completed();
}

void SchemaPage::setStale(bool stale) {
    m_driftTable->setStale(stale);
    m_statusTable->setStale(stale);
}

QWidget* SchemaPage::mainView() const {
    return m_statusView;
}

bool SchemaPage::isComplete() const {
    return m_answer.isSettled();
}

} // namespace ui
