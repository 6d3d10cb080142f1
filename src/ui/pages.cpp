// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages.h"

#include "ui/barrierspage.h"
#include "ui/batchpage.h"
#include "ui/consumerspage.h"
#include "ui/deadpage.h"
#include "ui/footprintpage.h"
#include "ui/historypage.h"
#include "ui/inflightpage.h"
#include "ui/journalpage.h"
#include "ui/lockspage.h"
#include "ui/messagespage.h"
#include "ui/overviewpage.h"
#include "ui/preferences.h"
#include "ui/queuepage.h"
#include "ui/retrypage.h"
#include "ui/schemapage.h"
#include "ui/settingspage.h"
#include "ui/steppage.h"
#include "ui/timelinepage.h"
#include "ui/workpage.h"

using namespace Qt::StringLiterals;

namespace ui {

std::vector<Pages::Group> Pages::groups() {
    return {
        {tr("Watch"),
         {{u"overview"_s, tr("Overview")},
          {u"queue"_s, tr("Queue")},
          {u"messages"_s, tr("Messages")},
          {u"history"_s, tr("History")}}},
        {tr("Deliver"),
         {{u"consumers"_s, tr("Consumers")},
          {u"inflight"_s, tr("In flight")},
          {u"batch"_s, tr("Batch")},
          {u"timeline"_s, tr("Timeline")},
          {u"retry"_s, tr("Retry")},
          {u"dead"_s, tr("Dead letters")}}},
        {tr("Work"), {{u"workqueue"_s, tr("Work queues")}, {u"barriers"_s, tr("Barriers")}}},
        {tr("Server"),
         {{u"locks"_s, tr("Locks")},
          {u"step"_s, tr("Step")},
          {u"schema"_s, tr("Schema")},
          {u"journal"_s, tr("Journal")},
          {u"footprint"_s, tr("Footprint")}}},
        {tr("Console"), {{u"settings"_s, tr("Settings")}}},
    };
}

QStringList Pages::names() {
    QStringList names;
    for (const Group& group : groups()) {
        for (const Kind& kind : group.kinds)
            names += kind.name;
    }
    return names;
}

bool Pages::isOfQueues(const QString& name) {
    static const QStringList ofQueues = {u"overview"_s, u"queue"_s, u"messages"_s, u"history"_s, u"consumers"_s,
                                         u"inflight"_s, u"batch"_s, u"timeline"_s, u"retry"_s,   u"dead"_s};
    return ofQueues.contains(name);
}

Pages::Pages(const PageTools& tools, std::shared_ptr<Preferences> preferences, QWidget* parent)
    : QStackedWidget(parent)
    , m_tools(tools)
    , m_preferences(std::move(preferences)) {
    // It counts samples from the first on, whatever is shown.
    page(u"footprint"_s);
}

Page* Pages::page(const QString& name) {
    if (const auto found = m_made.find(name); found != m_made.end())
        return found->second;
    Page* page = make(name);
    if (!page)
        return nullptr;
    m_made[name] = page;
    addWidget(page);
    page->setZone(m_zone);
    page->setStale(m_stale);
    connect(page, &Page::pageWanted, this, &Pages::pageWanted);
    connect(page, &Page::completed, this, &Pages::completed);
    return page;
}

Page* Pages::make(const QString& name) {
    if (name == "overview"_L1)
        return new OverviewPage(m_tools);
    if (name == "queue"_L1)
        return new QueuePage(m_tools);
    if (name == "messages"_L1)
        return new MessagesPage(m_tools);
    if (name == "history"_L1) {
        auto* history = new HistoryPage(m_tools);
        connect(history, &HistoryPage::capsuleWanted, this, &Pages::capsuleWanted);
        return history;
    }
    if (name == "consumers"_L1)
        return new ConsumersPage(m_tools);
    if (name == "inflight"_L1)
        return new InFlightPage(m_tools);
    if (name == "batch"_L1)
        return new BatchPage(m_tools);
    if (name == "timeline"_L1)
        return new TimelinePage(m_tools);
    if (name == "retry"_L1)
        return new RetryPage(m_tools);
    if (name == "dead"_L1)
        return new DeadPage(m_tools);
    if (name == "workqueue"_L1)
        return new WorkPage(m_tools);
    if (name == "barriers"_L1)
        return new BarriersPage(m_tools);
    if (name == "locks"_L1)
        return new LocksPage(m_tools);
    if (name == "step"_L1) {
        auto* step = new StepPage(m_tools);
        connect(step, &StepPage::armingWanted, this, &Pages::armingWanted);
        return step;
    }
    if (name == "schema"_L1) {
        auto* schema = new SchemaPage(m_tools);
        connect(schema, &SchemaPage::armingWanted, this, &Pages::armingWanted);
        return schema;
    }
    if (name == "journal"_L1)
        return new JournalPage(m_tools);
    if (name == "footprint"_L1)
        return new FootprintPage(m_tools);
    if (name == "settings"_L1)
        return new SettingsPage(m_tools, m_preferences);
    return nullptr;
}

void Pages::setStale(bool stale) {
    m_stale = stale;
    for (const auto& [name, page] : m_made)
        page->setStale(stale);
}

void Pages::setZone(const QTimeZone& zone) {
    m_zone = zone;
    for (const auto& [name, page] : m_made)
        page->setZone(zone);
}

} // namespace ui
