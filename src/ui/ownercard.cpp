// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/ownercard.h"

#include "models/subscriptioncolumns.h"
#include "monitor/rotation.h"
#include "ui/factslist.h"
#include "ui/theme.h"
#include "ui/words.h"

#include <QAbstractButton>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

using models::format::age;
using models::format::clock;
using models::format::foreign;
using models::format::number;
using models::format::text;

OwnerCard::OwnerCard(Actions* actions, std::function<Subject()> subject, QWidget* parent)
    : Card(tr("Owner"), parent)
    , m_actions(actions)
    , m_facts(new FactsList)
    , m_mode(dimLabel({})) {
    setObjectName(u"owner"_s);
    for (const char* id : {"touch", "force_unregister"}) {
        if (QAbstractButton* button = actions->makeButton(id, subject, this))
            addToHeading(button);
    }
    auto* more = qobject_cast<QPushButton*>(makeButton(tr("More"), u"moreActions"_s, this));
    more->setToolTip(tr("All actions on this batch, its owner and its queue"));
    connect(more, &QPushButton::clicked, this, [this, more, subject] {
        auto* menu = new QMenu(more);
        menu->setToolTipsVisible(true);
        m_actions->addTo(*menu, subject());
        popUpBelow(menu, more);
    });
    addToHeading(more);
    auto* content = new QWidget;
    content->setBackgroundRole(QPalette::Base);
    content->setAutoFillBackground(true);
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(space::large, 10, space::large, 10);
    layout->setSpacing(space::medium);
    layout->addWidget(m_facts);
    m_mode->setWordWrap(true);
    layout->addWidget(m_mode);
    layout->addStretch();
    auto* scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(content);
    setContent(scroll);
}

void OwnerCard::clear() {
    m_facts->clear();
    m_mode->clear();
}

void OwnerCard::showOwner(const models::BatchRow& row, const domain::Snapshot& snapshot, pg::Interval deadInterval,
                          const QTimeZone& zone) {
    const domain::Subscription& subscription = row.subscription;
    const QString owner = foreign(text(subscription.consumerName));
    m_facts->set(tr("Owner"), subscription.role == domain::Role::CoopMember
                                  ? tr("%1 · coop_member of %2").arg(owner, foreign(text(row.group)))
                                  : owner + u" · "_s + models::roleText(subscription));
    const models::OpenFor open = models::openFor(subscription);
    QString token = subscription.batch ? QString::number(*subscription.batch) : tr("not committed yet");
    if (open.since)
        token +=
            u", "_s + (open.exact ? tr("allocated %1") : tr("open since %1 or earlier")).arg(clock(*open.since, zone));
    if (subscription.takeovers.value_or(0) > 0)
        token += u", "_s + tr("taken over %n time(s)", nullptr, *subscription.takeovers);
    m_facts->set(tr("Token"), token);
    QString window = models::format::none();
    if (subscription.lastTick && subscription.nextTick) {
        const auto tick = [&zone](std::int64_t id, const std::optional<pg::Timestamp>& time) {
            return time ? QString(number(id) + u" ("_s + clock(*time, zone) + u')') : number(id);
        };
        window = tick(*subscription.lastTick, subscription.lastTickTime) + u" → "_s +
                 tick(*subscription.nextTick, subscription.nextTickTime);
    }
    m_facts->set(tr("Window"), window);
    m_facts->set(tr("Heartbeat"),
                 tr("%1, %2 ago").arg(clock(subscription.active, zone), age(snapshot.asOf() - subscription.active)));
    m_facts->set(tr("Session"), session(row, snapshot));
    m_facts->set(tr("Blocks"), blocked(row, snapshot));
    const pg::Interval left = subscription.active + deadInterval - snapshot.asOf();
    m_facts->set(tr("Takeover"),
                 subscription.role != domain::Role::CoopMember ? tr("not for a normal consumer")
                 : left.count() < 0
                     ? tr("eligible at a dead interval of %1").arg(age(deadInterval))
                     : tr("eligible %1, at a dead interval of %2").arg(models::format::due(left), age(deadInterval)));
    m_mode->setText(m_actions->desk()->accessMode() == desk::AccessMode::Observe
                        ? tr("Observe mode: actions are off. Switch to Operate to use them.")
                        : QString());
    m_mode->setVisible(!m_mode->text().isEmpty());
}

QString OwnerCard::session(const models::BatchRow& row, const domain::Snapshot& snapshot) const {
    // Nothing in the database ties a member to a session, except a lock on its row that is held right now; a name is a
    // hint that the person who set the rule believes in.
    const domain::Subscription& subscription = row.subscription;
    const domain::Activity* activity = snapshot.activity.get();
    const domain::RowLock* lock = activity ? activity->lockOn(subscription.queueId, subscription.consumerId) : nullptr;
    if (!lock) {
        const auto* owner = activity ? activity->ownerOf(subscription.queueId, subscription.consumerId) : nullptr;
        return owner && !owner->pids.empty() ? named(*owner, snapshot.takenAt)
                                             : tr("owner's session unknown: the database does not record it");
    }
    QString words = lock->pid ? tr("pid %1 holds its row").arg(lock->pid) : tr("a prepared transaction holds its row");
    if (!lock->application.empty())
        words += u" ("_s + foreign(text(lock->application)) + u')';
    if (lock->since) {
        const QString length = age(snapshot.takenAt - *lock->since);
        words += u", "_s + (lock->sinceIsLeast ? tr("in a transaction for at least %1").arg(length)
                                               : tr("in a transaction for %1").arg(length));
    }
    return words;
}

QString OwnerCard::named(const domain::OwnerSession& owner, pg::Timestamp now) {
    QStringList pids;
    for (const std::int32_t pid : owner.pids)
        pids += QString::number(pid);
    const QString name = foreign(text(owner.application));
    const QString who = tr("pid %1").arg(pids.join(u", "_s));
    if (owner.gone)
        return tr("gone: %1, which was named %2, was last seen %3 ago").arg(who, name, age(now - owner.seenAt));
    QString words = tr("by its name, %1: %2").arg(name, who);
    if (owner.pids.size() == 1 && !owner.state.empty())
        words += u", "_s + text(owner.state);
    if (owner.pids.size() == 1 && owner.stateSince)
        words += u' ' + tr("for %1").arg(age(now - *owner.stateSince));
    return words;
}

QString OwnerCard::blocked(const models::BatchRow& row, const domain::Snapshot& snapshot) const {
    using Kind = monitor::Hold::Kind;
    const domain::Queue* queue = snapshot.queue(row.subscription.queueId);
    const monitor::Hold hold = monitor::holdOf(snapshot, row.subscription);
    const QString name = queue ? foreign(text(queue->name)) : QString();
    QString words;
    switch (hold.kind) {
    case Kind::Unknown:
        return tr("not known: its tick is not to be seen");
    case Kind::None:
        return tr("nothing: its window lies past the last rotation of %1").arg(name);
    case Kind::Tick:
        return tr("nothing yet: rotation of %1 waits for something else").arg(name);
    case Kind::Later:
        words = tr("nothing yet; the next rotation of %1, due %2, if it is still open then")
                    .arg(name, models::format::due(hold.due - snapshot.asOf()));
        break;
    case Kind::Holds:
        words = tr("rotation of %1, due %2 ago: its window begins before the last one")
                    .arg(name, age(snapshot.asOf() - hold.due));
        break;
    }
    if (hold.others > 0)
        words += u"; "_s + tr("so do %n other position(s)", nullptr, hold.others);
    return words;
}

} // namespace ui
