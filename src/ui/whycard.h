// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "desk/desk.h"
#include "models/reachmodel.h"
#include "ui/card.h"
#include "ui/window.h"

#include <QTimeZone>

class QLabel;
class QLineEdit;

namespace ui {

class UnderWay;

/// "Why is my event not in this batch?" Answers by the ticks: which could not see its transaction, and which one did.
class WhyCard : public Card {
    Q_OBJECT

public:
    explicit WhyCard(desk::Desk* desk, QWidget* parent = nullptr);

    void setWindow(const std::optional<Window>& window);
    void setZone(const QTimeZone& zone);

private:
    void explain();
    void look(const std::optional<domain::EventPosition>& from);
    void judge(const domain::EventPage& page, std::size_t next);
    void judgeAll(const QString& unread = {});
    void say(const QString& text);
    /// What was found, and what was not looked at.
    void tell();
    models::AskedWindow asked() const;

    desk::Desk* m_desk;
    UnderWay* m_underWay;
    QLineEdit* m_id;
    QLabel* m_answer;
    QTimeZone m_zone = QTimeZone::systemTimeZone();
    std::optional<Window> m_window;
    std::optional<QString> m_told; ///< what was found is shown, with this remark
    std::int64_t m_wanted = 0;
    std::vector<domain::EventCopy> m_copies; ///< that the window's owner can get
    bool m_others = false;                   ///< there are such for others only
    std::int64_t m_bytesRead = 0;
};

} // namespace ui
