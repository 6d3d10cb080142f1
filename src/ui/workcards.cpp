// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/workcards.h"

#include "ui/notice.h"
#include "ui/tablecontroller.h"
#include "ui/words.h"

#include <QTableView>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

using models::format::foreign;
using models::format::text;

QTableView* makeView(const QString& name, const QString& accessible) {
    auto* view = new QTableView;
    view->setObjectName(name);
    view->setAccessibleName(accessible);
    return view;
}

} // namespace

BandsCard::BandsCard(QSettings* settings, QWidget* parent)
    : Card(tr("Priorities"), parent)
    , m_bands(models::workBandColumns()) {
    QTableView* view = makeView(u"workBands"_s, tr("Priorities of the chosen queue"));
    m_table = new TableController(view, &m_bands, u"workBands"_s, settings);
    m_table->sortFirstBy(u"priority"_s, Qt::DescendingOrder);
    m_table->notice()->say(tr("Choose a queue above."), {});
    setContent(view);
}

void BandsCard::showBands(const domain::WorkQueue& queue,
                          const std::optional<std::vector<domain::WorkDelayed>>& delayed, pg::Timestamp now) {
    setTitle(tr("Priorities of %1").arg(foreign(text(queue.name), 40)));
    m_bands.show(models::bandLines(queue, delayed), now);
    m_table->notice()->say(tr("Nothing is queued"), tr("No message of this queue is ready, in flight or delayed."));
}

void BandsCard::setNow(pg::Timestamp now) {
    m_bands.setNow(now);
}

void BandsCard::setStale(bool stale) {
    m_table->setStale(stale);
}

LeasesCard::LeasesCard(QSettings* settings, QWidget* parent)
    : Card(tr("Leases"), parent)
    , m_leases(models::workLeaseColumns()) {
    QTableView* view = makeView(u"workLeases"_s, tr("Leases of the chosen queue, the one that ends first above"));
    m_table = new TableController(view, &m_leases, u"workLeases"_s, settings);
    m_table->sortFirstBy(u"lease"_s, Qt::AscendingOrder);
    m_table->stretch(u"lease"_s);
    m_table->notice()->say(tr("Choose a queue above."), {});
    setContent(view);
}

void LeasesCard::showLeases(const std::string& queue, std::vector<models::WorkMessageLine> leases, pg::Timestamp now) {
    setTitle(tr("Leases of %1").arg(foreign(text(queue), 40)));
    int again = 0;
    for (const models::WorkMessageLine& line : leases) {
        const models::Tone tone = models::deliveryMark(line, now).tone;
        again += tone == models::Tone::Warning || tone == models::Tone::Critical;
    }
    setNote(again > 0 ? tr("%n double delivery(ies) coming", nullptr, again) : QString(),
            tr("A lease that has ended, or of which two thirds are over without a renewal"));
    m_leases.show(std::move(leases), now);
    m_table->notice()->say(tr("Nothing is in flight"), tr("Nobody holds a message of this queue."));
    m_table->chooseFirst();
}

void LeasesCard::showFailure(const std::string& queue, const pg::Failure& failure) {
    showLeases(queue, {}, m_leases.context().now);
    words::sayFailure(*m_table->notice(), tr("The leases could not be read"), failure);
}

void LeasesCard::setNow(pg::Timestamp now) {
    m_leases.setNow(now);
}

void LeasesCard::setZone(const QTimeZone& zone) {
    m_leases.setZone(zone);
}

const domain::WorkMessage* LeasesCard::current() const {
    const QModelIndex index = m_table->currentSource();
    return index.isValid() ? &m_leases.row(index.row()).message : nullptr;
}

ReadsCard::ReadsCard(QSettings* settings, QWidget* parent)
    : Card(tr("Read counts"), parent)
    , m_reads(models::workReadsColumns()) {
    QTableView* view = makeView(u"workReads"_s, tr("How often messages of the chosen queue were claimed"));
    m_table = new TableController(view, &m_reads, u"workReads"_s, settings);
    m_table->sortFirstBy(u"reads"_s, Qt::AscendingOrder);
    m_table->stretch(u"messages"_s);
    m_table->notice()->say(tr("Choose a queue above."), {});
    setContent(view);
}

void ReadsCard::showReads(const domain::WorkQueue& queue, bool sampled, pg::Timestamp now) {
    setTitle(tr("Read counts of %1").arg(foreign(text(queue.name), 40)));
    m_reads.show(models::readsLines(queue), now);
    QStringList note = {tr("%n delivery(ies) allowed", nullptr, queue.maxAttempts)};
    if (sampled)
        note += tr("sampled: in flight and the front of each priority");
    setNote(note.join(u" · "_s), sampled ? tr("This install has no index that finds what was claimed often; all of it "
                                              "would be read. Failed messages return to the front of their priority.")
                                         : QString());
    m_table->notice()->say(tr("Nothing was claimed twice"),
                           tr("Every message of this queue waits for its first delivery, or is in it."),
                           models::Tone::Good);
}

void ReadsCard::setStale(bool stale) {
    m_table->setStale(stale);
}

InstallChooser::InstallChooser(QWidget* parent)
    : QComboBox(parent) {
    setObjectName(u"workInstall"_s);
    setAccessibleName(tr("Work queue tables of which schema"));
    setSizeAdjustPolicy(QComboBox::AdjustToContents);
    hide();
    connect(this, &QComboBox::activated, this, &InstallChooser::chosen);
}

void InstallChooser::setInstalls(const std::vector<domain::WorkInstall>& installs) {
    const std::string kept = install() ? install()->schema : std::string();
    m_installs = installs;
    const QSignalBlocker quiet(this);
    clear();
    for (const domain::WorkInstall& one : m_installs)
        addItem(models::installText(one));
    const auto found = std::find_if(m_installs.begin(), m_installs.end(),
                                    [&kept](const domain::WorkInstall& one) { return one.schema == kept; });
    setCurrentIndex(m_installs.empty() ? -1 : found == m_installs.end() ? 0 : int(found - m_installs.begin()));
    setVisible(m_installs.size() > 1);
}

const domain::WorkInstall* InstallChooser::install() const {
    const auto index = std::size_t(std::max(0, currentIndex()));
    return currentIndex() < 0 || index >= m_installs.size() ? nullptr : &m_installs[index];
}

void ForeignBanner::tell(const domain::WorkInstall& install) {
    if (install.ours) {
        hide();
        return;
    }
    QString works;
    switch (install.generation) {
    case domain::WorkGeneration::Plain:
        works = tr("No priorities; a message is visible once its vt has passed, and comes back by itself.");
        break;
    case domain::WorkGeneration::LeaseOnly:
        works = tr("A message is visible once its vt has passed, and comes back by itself when its lease ends.");
        break;
    case domain::WorkGeneration::States:
        works = tr("The state decides, not vt: what a crashed worker held comes back only by their reaper.");
        break;
    case domain::WorkGeneration::Scheduled:
        works = tr("The state decides, not vt: what a crashed worker held, and what is delayed, comes only by their "
                   "reaper.");
        break;
    case domain::WorkGeneration::Pgmq:
        works = tr("One table a queue, no priorities; a message comes back by itself when its vt has passed.");
        break;
    case domain::WorkGeneration::None:
        break;
    }
    say(models::Tone::Information, tr("Made by others: looked at, never changed"),
        works + u' ' + tr("Nothing here writes to these tables: no function of theirs checks state and token."));
}

} // namespace ui
