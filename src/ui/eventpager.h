// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/eventpagemodel.h"

#include <QObject>

class QAbstractButton;

namespace ui {

class Card;

/// Turns the pages of events: buttons in a card's heading, Ctrl+PgUp and Ctrl+PgDown.
class EventPager : public QObject {
    Q_OBJECT

public:
    EventPager(Card& card, models::EventPageModel& model);

private:
    void update();

    models::EventPageModel& m_model;
    QAbstractButton* m_first;
    QAbstractButton* m_back;
    QAbstractButton* m_forward;
};

} // namespace ui
