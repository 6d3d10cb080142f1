// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/inflightmodel.h"
#include "ui/actions.h"
#include "ui/card.h"

class QLabel;

namespace ui {

class FactsList;

/// Who holds a batch, since when, what it blocks, and what can be done about it.
class OwnerCard : public Card {
    Q_OBJECT

public:
    OwnerCard(Actions* actions, std::function<Subject()> subject, QWidget* parent = nullptr);

    void showOwner(const models::BatchRow& row, const domain::Snapshot& snapshot, pg::Interval deadInterval,
                   const QTimeZone& zone);
    void clear();

private:
    QString session(const models::BatchRow& row, const domain::Snapshot& snapshot) const;
    static QString named(const domain::OwnerSession& owner, pg::Timestamp now);
    QString blocked(const models::BatchRow& row, const domain::Snapshot& snapshot) const;

    Actions* m_actions;
    FactsList* m_facts;
    QLabel* m_mode;
};

} // namespace ui
