// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "desk/desk.h"
#include "ui/card.h"

#include <QFuture>

#include <functional>
#include <optional>
#include <string>

class QPlainTextEdit;

namespace ui {

class PayloadView;

/// The payload of what is chosen in a table, and above it what else was sent with it: its beginning at once where the
/// table has it, the whole from the server.
class PayloadCard : public Card {
    Q_OBJECT

public:
    template <class T>
    using FetchOf = std::function<QFuture<links::Reply<T>>(qint64 maxBytes)>;
    using Fetch = FetchOf<std::optional<std::string>>;
    using FetchMessage = FetchOf<domain::Message>;

    /// title: while nothing is chosen.
    explicit PayloadCard(const QString& title, QWidget* parent = nullptr);

    /// beginning: as far as it is known; bytes: of the whole. Fetch is called when that is not all, and for more.
    void showPayload(const QString& title, const QString& note, const std::optional<std::string>& beginning,
                     qint64 bytes, Fetch fetch);
    /// known: as far as the table has it; empty: it has to be fetched in any case.
    void showMessage(const QString& title, const QString& note, const std::optional<domain::Message>& known,
                     FetchMessage fetch);
    /// An event that stands in a queue's tables.
    void showEvent(desk::Desk* desk, std::int32_t queueId, const domain::EventRow& event);
    void clear(const QString& why);

    bool isSettled() const;

Q_SIGNALS:
    void settled();

private:
    void begin(const QString& title, const QString& note);
    void put(const domain::Message& message);
    template <class T>
    void take(const QFuture<links::Reply<T>>& reply, std::function<void(const T&)> show);

    QString m_title;
    PayloadView* m_view;
    QPlainTextEdit* m_fields;
    std::function<void(qint64)> m_fetch;
    QFuture<void> m_asked; ///< not left at the server when something else is shown
    quint64 m_request = 0;
    bool m_pending = false;
};

} // namespace ui
