// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/eventpage.h"
#include "link/session.h"
#include "models/tabletext.h"

#include <QDialog>
#include <QFuture>

#include <functional>
#include <memory>

class QAbstractButton;
class QLabel;

namespace ui {

class UnderWay;

/// Writes whole events to a file, page after page, however many there are. Secrets are hidden. Can be cancelled; then
/// nothing is left behind. Only one page and one message are in memory; they are masked and written on another thread.
class EventExport : public QDialog {
    Q_OBJECT

public:
    using Page = std::function<QFuture<links::Reply<domain::EventPage>>(std::optional<domain::EventPosition>)>;
    using Message = std::function<QFuture<links::Reply<domain::Message>>(const domain::EventRow&, qint64)>;

    /// Asks for a file and begins; null when none was chosen. words: whose events they are. Deletes itself when it is
    /// closed.
    static EventExport* start(const QStringList& words, Page page, Message message, QWidget* parent);

Q_SIGNALS:
    void ended(bool written);

private:
    class Sink;

    EventExport(const QString& fileName, Page page, Message message, QWidget* parent);
    void askPage(const std::optional<domain::EventPosition>& from);
    void writeRest();
    void writeNext();
    void fetchMessage(const domain::EventRow& event);
    void end();
    /// Runs the job on another thread, then what is next; gives up where it returns why it could not be done.
    void work(std::function<QString(Sink&)> job, std::function<void()> next);
    void giveUp(const QString& why);
    void say(const QString& text);
    void reject() override;

    Page m_askPage;
    Message m_askMessage;
    std::shared_ptr<Sink> m_sink;
    domain::EventPage m_page;
    std::size_t m_next = 0; ///< of the page's rows
    bool m_over = false;
    UnderWay* m_underWay; ///< ends with the dialog
    QLabel* m_label;
    QAbstractButton* m_button;
};

} // namespace ui
