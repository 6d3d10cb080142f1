// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "stepper/board.h"
#include "ui/card.h"

class QGridLayout;
class QLabel;
class QMenu;

namespace ui {

class ChipLabel;

/// One worker of the board: who it is, what it holds or waits for, what it did, and the steps it can take now.
class LaneCard : public Card {
    Q_OBJECT

public:
    explicit LaneCard(const QString& worker, QWidget* parent = nullptr);

    /// hasOldToken: there is one before the newest, which can be tried.
    void show(const stepper::LaneView& lane, pg::Timestamp now, bool hasOldToken, bool changed);

    const QString& worker() const { return m_worker; }

Q_SIGNALS:
    /// A line of the script: "a receive hold".
    void stepWanted(const QString& step);
    /// A button is looked at: what would happen?
    void stepConsidered(const QString& step);

protected:
    void paintEvent(QPaintEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct Offer {
        QString title;
        QString step;
        bool operator==(const Offer&) const = default;
    };

    QList<Offer> offers(const stepper::LaneView& lane, bool hasOldToken) const;
    void fillMenu(QMenu& menu);

    QString m_worker;
    ChipLabel* m_state;
    QLabel* m_facts;
    QLabel* m_log;
    QGridLayout* m_buttons;
    QList<Offer> m_offers;
    bool m_changed = false;
};

} // namespace ui
