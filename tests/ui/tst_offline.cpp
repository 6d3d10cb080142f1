// SPDX-License-Identifier: GPL-3.0-or-later
// The same snapshot reads the same, whatever page shows it: live, from the recording's file, and from a capsule cut out
// of it. What a page asks the server for by itself says of the past that it is not recorded.
#include "desk/recordedlook.h"
#include "models/madework.h"
#include "models/tabletext.h"
#include "store/answers.h"
#include "ui/factslist.h"
#include "ui/fakedesk.h"
#include "ui/findingrow.h"
#include "ui/mainwindow.h"
#include "ui/notice.h"
#include "ui/page.h"

#include <QAbstractButton>
#include <QComboBox>
#include <QLabel>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeView>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

/// Tables that show what the sample and the look at the work queues have.
const QSet<QString> recorded = {u"queues"_s,     u"subscriptions"_s, u"batches"_s,   u"gates"_s,       u"lockWaits"_s,
                                u"workQueues"_s, u"workBands"_s,     u"workReads"_s, u"barrierTable"_s};

/// Tables of what the server is asked for by the page.
const QSet<QString> asked = {u"events"_s,        u"storedEvents"_s,    u"ticks"_s,        u"eventTables"_s,
                             u"retries"_s,       u"deadGroups"_s,      u"deadLetters"_s,  u"ownSessions"_s,
                             u"drift"_s,         u"schedulerStatus"_s, u"workMessages"_s, u"workLeases"_s,
                             u"barrierBatches"_s};

/// Tables of neither: what this console has recorded, done and asked, and what belongs to a chosen event.
const QSet<QString> others = {u"spending"_s, u"reach"_s,        u"jsonTree"_s,        u"bars"_s,
                              u"historyTable"_s, u"historyCompared"_s, u"journalRecords"_s};

/// The shop with everything in it that a sample can have.
domain::Moment shop() {
    auto snapshot = made::shop();
    snapshot->capabilities.database = "shop";
    snapshot->capabilities.readsAllStats = true;
    auto activity = std::make_shared<domain::Activity>();
    activity->takenAt = made::ago(2);
    for (const std::int32_t pid : {501, 502, 503, 504}) {
        domain::Backend backend;
        backend.pid = pid;
        backend.user = "app";
        backend.application = "billing.worker-" + std::to_string(pid % 10);
        backend.database = "shop";
        backend.state = pid == 501 ? "idle in transaction" : "active";
        backend.waitEvent = pid == 501 ? "" : pid == 504 ? "Lock: relation" : "Lock: transactionid";
        backend.started = made::ago(9'000 + pid);
        backend.transactionSince = made::ago(pid);
        backend.xid = 7'000 + pid;
        activity->backends.push_back(backend);
    }
    const domain::Subscription& held =
        *std::find_if(snapshot->subscriptions.begin(), snapshot->subscriptions.end(),
                      [](const domain::Subscription& row) { return row.batch.has_value(); });
    activity->rowLocks.push_back(
        {held.queueId, held.consumerId, 501, "billing.worker-1", "idle in transaction", made::ago(501), {502, 503}});
    activity->prepared.push_back({"half done", "app", "shop", made::ago(4'000), 6'900});
    activity->eventLocks.push_back(
        {held.queueId, 1, 501, "billing.worker-1", "idle in transaction", made::ago(501), true});
    snapshot->activity = activity;
    auto upkeep = std::make_shared<domain::Upkeep>();
    upkeep->takenAt = made::ago(9);
    upkeep->nextXid = 8'000;
    upkeep->tables.push_back({"tick", 900, 40, made::ago(300)});
    snapshot->upkeep = upkeep;
    snapshot->cost = {3.25, 5.5, 41'234, 7};
    domain::Inflow inflow;
    inflow.elapsed = pg::Interval(1'003'411);
    for (const domain::Queue& queue : snapshot->queues)
        inflow.queues.push_back({queue.id, 417});
    snapshot->buildIndex();
    return {snapshot, std::make_shared<domain::Diagnosis>(made::shopFindings()), made::shopWork(), inflow};
}

void addRows(const QAbstractItemModel& model, const QModelIndex& parent, QModelIndexList& rows) {
    for (int row = 0; row < model.rowCount(parent); ++row) {
        rows += model.index(row, 0, parent);
        addRows(model, rows.back(), rows);
    }
}

/// All of a table, its rows as they stand on screen, as it would be copied and as it would be saved.
QString textOf(const QAbstractItemView& view) {
    const QAbstractItemModel* model = view.model();
    QModelIndexList rows;
    addRows(*model, {}, rows);
    QList<int> columns;
    for (int column = 0; column < model->columnCount(); ++column)
        columns += column;
    return models::tableText(*model, rows, columns, models::TextForm::Plain, u"t"_s) +
           models::tableText(*model, rows, columns, models::TextForm::Json, u"t"_s);
}

QString textOf(const QWidget& widget) {
    QStringList texts;
    for (const QLabel* label : widget.findChildren<QLabel*>())
        texts += label->text();
    for (const QAbstractButton* button : widget.findChildren<QAbstractButton*>())
        texts += button->text();
    return texts.join(u'\n');
}

bool saysNotRecorded(const QAbstractItemView& view) {
    const auto* notice = view.viewport()->findChild<ui::Notice*>();
    return notice && notice->title() == u"Not recorded"_s;
}

/// What a window says, page by page.
class Window {
public:
    explicit Window(desk::Desk& desk)
        : m_window(&desk, ui::WindowOptions{{}, u"overview"_s, {}}) {
        m_window.resize(1'280, 800);
        m_window.show();
    }

    QMap<QString, QString> read() {
        QMap<QString, QString> all;
        for (const QString& page : ui::MainWindow::pageNames()) {
            if (page != u"timeline"_s && page != u"history"_s && page != u"journal"_s && page != u"step"_s &&
                page != u"settings"_s)
                readPage(page, all);
        }
        return all;
    }

    /// Tables whose notice says that they are not recorded.
    QSet<QString> notRecorded;

private:
    void readPage(const QString& name, QMap<QString, QString>& all) {
        m_window.showPage(name, name == u"workqueue"_s ? u"thumbnails"_s : QString());
        auto* page = m_window.findChild<ui::Page*>(name);
        settle();
        take(*page, name, all);
        if (name != u"workqueue"_s)
            return;
        // Its other parts: what stands below the queues is chosen beside the title.
        for (int part = 1; part < 8; ++part) {
            for (QComboBox* chooser : page->findChildren<QComboBox*>(u"workPart"_s)) {
                if (chooser->isVisible()) {
                    chooser->setCurrentIndex(part);
                    Q_EMIT chooser->activated(part);
                    break;
                }
            }
            settle();
            take(*page, name, all);
        }
    }

    void settle() {
        if (!QTest::qWaitFor([this] { return m_window.isReadyForPicture(); }))
            qFatal("a page waits");
        QCoreApplication::processEvents();
    }

    void take(const ui::Page& page, const QString& name, QMap<QString, QString>& all) {
        for (const auto* view : page.findChildren<QAbstractItemView*>()) {
            const QString table = view->objectName();
            if (!qobject_cast<const QTableView*>(view) && !qobject_cast<const QTreeView*>(view))
                continue;
            if (!recorded.contains(table) && !asked.contains(table) && !others.contains(table))
                qFatal("table %s of page %s is in none of the lists", qPrintable(table), qPrintable(name));
            if (recorded.contains(table) && view->isVisible())
                all[name + u'/' + table] = textOf(*view);
            if (asked.contains(table) && view->isVisible() && saysNotRecorded(*view))
                notRecorded += table;
        }
        // What looking has cost is told of this run.
        if (name != "footprint"_L1) {
            for (const auto* facts : page.findChildren<ui::FactsList*>())
                all[name + u"/facts"_s] += textOf(*facts);
        }
        QString findings;
        for (const auto* row : page.findChildren<ui::FindingRow*>())
            findings += textOf(*row);
        if (!findings.isEmpty())
            all[name + u"/findings"_s] = findings;
    }

    ui::MainWindow m_window;
};

} // namespace

class TestOffline : public QObject {
    Q_OBJECT

    std::unique_ptr<desk::Desk> m_desk;
    QMap<QString, QString> m_live;

    static std::unique_ptr<desk::Desk> emptyDesk() {
        desk::Profile profile;
        profile.environment = desk::Environment::Production;
        auto desk = std::make_unique<desk::Desk>(profile);
        desk::DeskPrivate& inside = desk::DeskPrivate::of(*desk);
        inside.snapshot = made::many(3, 2);
        return desk;
    }

    static domain::Moment readBack(store::Recording& recording) {
        const auto found = get(recording.momentAt(made::now, store::Which::AtOrBefore));
        if (!found)
            qFatal("nothing was recorded");
        return *found;
    }

    /// What the Queue page asks beside the sample is not recorded, and said to be so.
    static QString asRecorded(const QString& facts) {
        QStringList lines = facts.split(u'\n');
        for (const QString& asked : {u"Who ticks"_s, u"On disk"_s, u"Extra upkeep"_s}) {
            if (const auto at = lines.indexOf(asked); at >= 0 && at + 1 < lines.size())
                lines[at + 1] = u"not recorded"_s;
        }
        return lines.join(u'\n');
    }

    /// The same text as live, table by table.
    void compare(const QMap<QString, QString>& offline) {
        QCOMPARE(offline.keys(), m_live.keys());
        for (auto one = m_live.begin(); one != m_live.end(); ++one) {
            const QString& seen = offline[one.key()];
            const bool same = seen == one.value() || (one.key() == "queue/facts"_L1 && seen == asRecorded(one.value()));
            if (!same)
                qWarning("%s\nlive:\n%s\noffline:\n%s", qPrintable(one.key()), qPrintable(one.value()),
                         qPrintable(seen));
            QVERIFY2(same, qPrintable(one.key()));
        }
    }

private Q_SLOTS:

    void initTestCase() {
        const domain::Moment now = shop();
        m_desk = emptyDesk();
        desk::DeskPrivate& inside = desk::DeskPrivate::of(*m_desk);
        inside.snapshot = now.snapshot;
        inside.diagnosis = *now.diagnosis;
        inside.workLooks = now.work;
        inside.rates = {*now.inflow.rate(now.snapshot->queues.front().id)};
        std::vector<domain::WorkInstall> installs;
        for (const domain::WorkLook& look : now.work->installs)
            installs.push_back(look.sample.install);
        inside.workInstalls = installs;
        inside.work = now.work->installs.front().sample;
        inside.barriers = now.work->installs.front().barriers;
        inside.waits = *domain::lockWaitsOf(*now.snapshot);
        // Facts beside the sample, which the pages mix with it: nobody has them.
        inside.detail = desk::notRecorded();
        inside.report = desk::notRecorded();
        inside.workDelayed = desk::notRecorded();
        Window window(*m_desk);
        m_live = window.read();
        for (const QString& table : recorded)
            QVERIFY2(std::any_of(m_live.keyBegin(), m_live.keyEnd(),
                                 [&](const QString& key) { return key.endsWith(u'/' + table); }),
                     qPrintable(table));
        // They do show something.
        QVERIFY(m_live[u"workqueue/workQueues"_s].contains(u"thumbnails"_s));
        QVERIFY(m_live[u"barriers/barrierTable"_s].contains(u"run-7"_s));
        QVERIFY(m_live[u"locks/lockWaits"_s].contains(u"pid 502"_s));
        QVERIFY(m_live[u"overview/findings"_s].size() > 200);
    }

    void recordedAndReadBack() {
        const QTemporaryDir folder;
        {
            store::Recording recording({folder.filePath(u"r.sqlite"_s)});
            domain::Moment before = shop();
            auto earlier = std::make_shared<domain::Snapshot>(*before.snapshot);
            earlier->takenAt -= 1s;
            before.snapshot = earlier;
            before.work = made::shopWork(made::ago(1));
            QVERIFY(get(recording.add(before, false)));
            QVERIFY(get(recording.add(shop(), true)));
        }
        store::Recording::Options options{folder.filePath(u"r.sqlite"_s)};
        options.readOnly = true;
        store::Recording recording(options);
        const auto desk = emptyDesk();
        Window window(*desk);
        desk->showMoment(readBack(recording));
        compare(window.read());
        QCOMPARE(window.notRecorded, asked);
    }

    void cutOutAndOpened() {
        const QTemporaryDir folder;
        store::Recording recording({folder.filePath(u"r.sqlite"_s)});
        QVERIFY(get(recording.add(shop(), false)));
        const store::Cut cut{folder.filePath(u"c.capsule"_s), made::ago(60), made::now, {}, {}};
        QCOMPARE(get(recording.cutOut(cut)), std::int64_t(1));
        store::Recording::Options options{cut.path};
        options.readOnly = true;
        store::Recording capsule(options);
        const auto desk = emptyDesk();
        desk::DeskPrivate::of(*desk).capsule = true;
        desk::DeskPrivate::of(*desk).snapshot.reset();
        desk->showMoment(readBack(capsule));
        Window window(*desk);
        compare(window.read());
        QCOMPARE(window.notRecorded, asked);
    }

    /// To the past and back on one window: nothing of the one stays in the other.
    void thereAndBack() {
        Window window(*m_desk);
        window.read();
        domain::Moment other = shop();
        auto snapshot = std::make_shared<domain::Snapshot>(*made::many(2, 2));
        snapshot->takenAt = made::ago(4'000);
        other.snapshot = snapshot;
        other.diagnosis = std::make_shared<domain::Diagnosis>();
        other.inflow = {};
        auto looks = std::make_shared<domain::WorkLooks>(*other.work);
        looks->installs.resize(1);
        looks->installs[0].sample.queues.resize(1);
        looks->installs[0].barriers.rows.clear();
        other.work = looks;
        m_desk->showMoment(other);
        const auto past = window.read();
        for (const QString& table : {u"workqueue/workQueues"_s, u"barriers/barrierTable"_s, u"locks/lockWaits"_s})
            QVERIFY2(past[table] != m_live[table], qPrintable(table));
        QVERIFY(past[u"workqueue/workQueues"_s].contains(u"mails"_s));
        QVERIFY(!past[u"workqueue/workQueues"_s].contains(u"thumbnails"_s));
        QVERIFY(!past[u"locks/lockWaits"_s].contains(u"pid 502"_s));
        m_desk->showLive();
        compare(window.read());
    }

    /// A recording of the first version: that there was no work queue is not claimed.
    void withoutWorkQueuesInTheRecording() {
        const auto desk = emptyDesk();
        domain::Moment old = shop();
        old.work.reset();
        auto snapshot = std::make_shared<domain::Snapshot>(*old.snapshot);
        snapshot->activity.reset();
        old.snapshot = snapshot;
        ui::MainWindow window(desk.get(), ui::WindowOptions{{}, u"overview"_s, {}});
        window.show();
        desk->showMoment(old);
        for (const auto& [page, table] :
             {std::pair(u"workqueue"_s, u"workQueues"_s), std::pair(u"barriers"_s, u"barrierTable"_s),
              std::pair(u"locks"_s, u"lockWaits"_s)}) {
            window.showPage(page, {});
            QTRY_VERIFY(window.isReadyForPicture());
            QVERIFY2(saysNotRecorded(*window.findChild<QTableView*>(table)), qPrintable(table));
        }
        auto later = std::make_shared<domain::Snapshot>(*snapshot);
        later->takenAt += 1s;
        old.snapshot = later;
        old.work = std::make_shared<domain::WorkLooks>();
        desk->showMoment(old);
        window.showPage(u"workqueue"_s, {});
        const auto* view = window.findChild<QTableView*>(u"workQueues"_s);
        QTRY_COMPARE(view->viewport()->findChild<ui::Notice*>()->title(), u"There is no work queue in this database"_s);
    }
};

QTEST_MAIN(TestOffline)
#include "tst_offline.moc"
