// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/snapshot.h"
#include "ui/combobox.h"

namespace ui {

/// Which queue a page is about. Follows the sample, keeps what was chosen by name, and can be typed into.
class QueueChooser : public ComboBox {
    Q_OBJECT

public:
    enum class AllQueues { Offered, NotOffered };

    explicit QueueChooser(AllQueues all, QWidget* parent = nullptr);

    void setQueues(const domain::Snapshot& snapshot);
    /// Chooses it once it is known.
    void choose(const QString& queue);

    /// Empty: all of them, or none is known.
    QString queue() const;
    /// 0: all of them, or none is known.
    std::int32_t queueId() const;

Q_SIGNALS:
    void chosen();

private:
    AllQueues m_all;
    QStringList m_names;
    QString m_wanted;
};

} // namespace ui
