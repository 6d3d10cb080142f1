// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/payloadcard.h"

#include "link/whendone.h"
#include "ui/payloadview.h"
#include "ui/words.h"

using namespace Qt::StringLiterals;

namespace ui {

PayloadCard::PayloadCard(const QString& title, QWidget* parent)
    : Card(title, parent)
    , m_title(title)
    , m_view(new PayloadView) {
    addToHeading(m_view->modeSwitch());
    setContent(m_view);
    connect(m_view, &PayloadView::moreWanted, this, &PayloadCard::fetch);
    connect(m_view, &PayloadView::ready, this, &PayloadCard::settled);
}

void PayloadCard::showPayload(const QString& title, const QString& note, const std::optional<std::string>& beginning,
                              qint64 bytes, Fetch fetch) {
    setTitle(title);
    setNote(note);
    m_fetch = std::move(fetch);
    m_bytes = bytes;
    if (!beginning || qint64(beginning->size()) >= bytes) {
        ++m_request;
        m_pending = false;
        m_view->showPayload(beginning, bytes);
        return;
    }
    m_view->showLoading();
    this->fetch(PayloadView::firstBytes);
}

void PayloadCard::showEvent(desk::Desk* desk, std::int32_t queueId, const domain::EventRow& event) {
    using models::format::foreign;
    QStringList note = {event.type ? foreign(models::format::text(*event.type), 60) : tr("no type")};
    if (event.retry.value_or(0) > 0)
        note += tr("%n retry(ies)", nullptr, *event.retry);
    if (event.data)
        note += models::format::bytes(event.dataBytes);
    showPayload(
        tr("Event %1").arg(event.id), note.join(u" · "_s), event.data, event.dataBytes,
        [desk, queueId, event](qint64 bytes) { return desk->payload(queueId, event.position, event.id, bytes); });
}

void PayloadCard::clear(const QString& why) {
    ++m_request;
    m_pending = false;
    m_fetch = {};
    setTitle(m_title);
    setNote({});
    m_view->clear(why);
}

bool PayloadCard::isSettled() const {
    return !m_pending && m_view->isReady();
}

void PayloadCard::fetch(qint64 maxBytes) {
    if (!m_fetch)
        return;
    m_pending = true;
    links::whenDone(m_fetch(maxBytes), this,
                    [this, request = ++m_request](const links::Reply<std::optional<std::string>>& reply) {
                        if (request != m_request)
                            return;
                        m_pending = false;
                        if (const auto* failure = std::get_if<pg::Failure>(&reply))
                            m_view->showFailure(words::failure(*failure));
                        else
                            m_view->showPayload(std::get<std::optional<std::string>>(reply), m_bytes);
                        Q_EMIT settled();
                    });
}

} // namespace ui
