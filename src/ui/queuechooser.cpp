// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/queuechooser.h"

#include "models/format.h"

#include <QCompleter>
#include <QSignalBlocker>

namespace ui {

QueueChooser::QueueChooser(AllQueues all, QWidget* parent)
    : ComboBox(14, parent)
    , m_all(all) {
    setObjectName(QStringLiteral("queueChooser"));
    setAccessibleName(tr("Queue"));
    setToolTip(tr("Which queue is shown"));
    if (all == AllQueues::Offered)
        addItem(tr("All queues"), 0);
    connect(this, &QComboBox::activated, this, [this] {
        m_wanted.clear();
        Q_EMIT chosen();
    });
}

void QueueChooser::setQueues(const domain::Snapshot& snapshot) {
    QStringList names;
    names.reserve(qsizetype(snapshot.queues.size()));
    for (const domain::Queue& queue : snapshot.queues)
        names += QString::fromStdString(queue.name) + QChar(0) + QString::number(queue.id);
    if (names == m_names && m_wanted.isEmpty())
        return;
    const QString before = queue();
    const std::int32_t idBefore = queueId();
    {
        const QSignalBlocker blocker(this);
        if (names != m_names) {
            m_names = names;
            clear();
            if (m_all == AllQueues::Offered)
                addItem(tr("All queues"), 0);
            for (const domain::Queue& one : snapshot.queues) {
                const QString name = QString::fromStdString(one.name);
                addItem(models::format::foreign(name, 60), one.id);
                setItemData(count() - 1, name, Qt::ToolTipRole);
            }
        }
        // One that is not there, in another instant maybe, is chosen again when it is.
        if (m_wanted.isEmpty())
            m_wanted = before;
        const int place = findData(m_wanted, Qt::ToolTipRole);
        setCurrentIndex(place >= 0 ? place : std::min(0, count() - 1));
        if (place >= 0)
            m_wanted.clear();
    }
    if (queueId() != idBefore)
        Q_EMIT chosen();
}

void QueueChooser::choose(const QString& queue) {
    m_wanted = queue;
    const int place = findData(queue, Qt::ToolTipRole);
    if (place < 0)
        return;
    m_wanted.clear();
    if (place == currentIndex())
        return;
    setCurrentIndex(place);
    Q_EMIT chosen();
}

QString QueueChooser::queue() const {
    return currentIndex() < 0 ? QString() : itemData(currentIndex(), Qt::ToolTipRole).toString();
}

std::int32_t QueueChooser::queueId() const {
    return currentData().toInt();
}

} // namespace ui
