// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "desk/desk.h"
#include "ui/card.h"

#include <QFuture>

#include <functional>
#include <optional>
#include <string>

namespace ui {

class PayloadView;

/// The payload of what is chosen in a table: its beginning at once where the table has it, the whole from the server.
class PayloadCard : public Card {
    Q_OBJECT

public:
    using Fetch = std::function<QFuture<links::Reply<std::optional<std::string>>>(qint64 maxBytes)>;

    /// title: while nothing is chosen.
    explicit PayloadCard(const QString& title, QWidget* parent = nullptr);

    /// beginning: as far as it is known; bytes: of the whole. Fetch is called when that is not all, and for more.
    void showPayload(const QString& title, const QString& note, const std::optional<std::string>& beginning,
                     qint64 bytes, Fetch fetch);
    /// An event that stands in a queue's tables.
    void showEvent(desk::Desk* desk, std::int32_t queueId, const domain::EventRow& event);
    void clear(const QString& why);

    bool isSettled() const;

Q_SIGNALS:
    void settled();

private:
    void fetch(qint64 maxBytes);

    QString m_title;
    PayloadView* m_view;
    Fetch m_fetch;
    qint64 m_bytes = 0;
    quint64 m_request = 0;
    bool m_pending = false;
};

} // namespace ui
