// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/eventpagemodel.h"

#include "models/columnmakers.h"

using namespace Qt::StringLiterals;

namespace models {

namespace {

using Text = const std::optional<std::string>&;

QString positionText(const EventLine& line) {
    return QString::number(line.event.position.table) + u' ' + QString::fromStdString(line.event.position.ctid);
}

/// Whether a tick has seen it.
Column<EventLine> sentColumn() {
    const auto word = [](const EventLine& line) {
        return line.event.sent ? EventPageModel::tr("sent") : EventPageModel::tr("waiting");
    };
    return {{u"sent"_s, EventPageModel::tr("State"),
             EventPageModel::tr("Sent: a tick sees it. Waiting: none does yet, so that it is in no batch."),
             CellKind::Text, Pace::Slow, u"waiting"_s},
            [word](const EventLine& line, const CellContext&) {
                return Cell{word(line), {}, {}, line.event.sent ? Tone::Dim : Tone::Warning};
            },
            [](const EventLine& line) { return QVariant(line.event.sent); },
            [word](const EventLine& line, const CellContext&) { return QVariant(word(line)); }};
}

std::vector<Column<EventLine>> eventColumns(EventPageModel::Of of) {
    using Line = EventLine;
    std::vector<Column<EventLine>> columns = {
        idColumn<Line>({u"ordinal"_s, EventPageModel::tr("#"),
                        EventPageModel::tr("Place in the window, in storage order"), CellKind::Number, Pace::Identity,
                        u"1 234 567"_s, false},
                       [](const EventLine& line) { return line.ordinal; }),
        idColumn<Line>({u"event"_s, EventPageModel::tr("Event"), EventPageModel::tr("ev_id"), CellKind::Number,
                        Pace::Identity, u"123 456 789"_s},
                       [](const EventLine& line) { return line.event.id; }),
        optionalTextColumn<Line>({u"type"_s, EventPageModel::tr("Type"), EventPageModel::tr("ev_type"), CellKind::Text,
                                  Pace::Identity, u"order.cancelled"_s},
                                 [](const Line& line) -> Text { return line.event.type; }),
        idColumn<Line>({u"retry"_s, EventPageModel::tr("Retry"),
                        EventPageModel::tr("ev_retry: how often it was put back before"), CellKind::Number,
                        Pace::Identity, u"999"_s},
                       [](const EventLine& line) { return line.event.retry; }),
        {{u"size"_s, EventPageModel::tr("Size"), EventPageModel::tr("Bytes of the payload"), CellKind::Number,
          Pace::Identity, u"999 kB"_s},
         [](const EventLine& line, const CellContext&) {
             return line.event.data ? Cell{format::bytes(line.event.dataBytes)} : Cell{};
         },
         [](const EventLine& line) { return line.event.data ? QVariant(qint64(line.event.dataBytes)) : QVariant(); }},
        payloadColumn<Line>(
            {u"payload"_s, EventPageModel::tr("Payload"),
             EventPageModel::tr("ev_data, its beginning; the whole is shown beside"), CellKind::Code, Pace::Identity,
             u"{\"order_id\":90211,\"total\":99.95,\"currency\":\"EUR\"}"_s},
            [](const Line& line) -> Text { return line.event.data; },
            [](const Line& line) { return line.event.dataBytes; }),
        {{u"time"_s, EventPageModel::tr("Time"), EventPageModel::tr("ev_time: when it was inserted"), CellKind::Text,
          Pace::Identity, u"2026-11-20 13:53:41.123 UTC+1"_s, false},
         [](const EventLine& line, const CellContext& context) {
             return Cell{format::timestamp(line.event.time, context.zone)};
         },
         [](const EventLine& line) { return QVariant(qint64(line.event.time.time_since_epoch().count())); },
         [](const EventLine& line, const CellContext&) { return QVariant(format::isoUtc(line.event.time)); }},
        idColumn<Line>({u"txid"_s, EventPageModel::tr("Transaction"),
                        EventPageModel::tr("ev_txid: the transaction that inserted it"), CellKind::Number,
                        Pace::Identity, u"123 456 789"_s, false},
                       [](const EventLine& line) { return line.event.txid; }),
    };
    if (of == EventPageModel::Of::Queue)
        columns.insert(columns.begin() + 2, sentColumn());
    for (std::size_t at = 0; at < 4; ++at) {
        const QString id = u"extra"_s + QString::number(at + 1);
        columns.push_back(
            payloadColumn<Line>({id, id, u"ev_"_s + id, CellKind::Text, Pace::Identity, u"some extra text"_s, false},
                                [at](const Line& line) -> Text { return line.event.extras[at]; },
                                [at](const Line& line) { return line.event.extraBytes[at]; }));
    }
    columns.push_back(
        {{u"position"_s, EventPageModel::tr("Position"), EventPageModel::tr("Child table and ctid: where it is stored"),
          CellKind::Code, Pace::Identity, u"2 (123456,12)"_s, false},
         [](const EventLine& line, const CellContext&) {
             return Cell{positionText(line)};
         },
         [](const EventLine& line) { return QVariant(line.ordinal); },
         [](const EventLine& line, const CellContext&) { return QVariant(positionText(line)); }});
    return columns;
}

} // namespace

std::string EventLine::key() const {
    return std::to_string(event.position.table) + event.position.ctid;
}

EventPageModel::EventPageModel(Of of, QObject* parent)
    : KeyedTableModel<EventLine>(eventColumns(of), parent) {}

void EventPageModel::open() {
    close();
    m_starts = {Start{}};
    ask();
}

void EventPageModel::close() {
    m_starts.clear();
    m_kept.clear();
    m_page = 0;
    m_onScreen.reset();
    m_failure.clear();
    ++m_request;
    replaceAll({}, context());
    become(State::Nothing);
}

void EventPageModel::reload() {
    if (m_starts.empty())
        return;
    std::erase_if(m_kept, [this](const Kept& kept) { return kept.page == m_page; });
    ask();
}

void EventPageModel::turnForward() {
    if (canTurnForward())
        turnTo(m_page + 1);
}

void EventPageModel::turnBack() {
    if (canTurnBack())
        turnTo(m_page - 1);
}

void EventPageModel::turnToStart() {
    if (!m_starts.empty() && m_page != 0)
        turnTo(0);
}

bool EventPageModel::canTurnForward() const {
    return m_state == State::Shown && m_starts.size() > std::size_t(m_page) + 1;
}

qint64 EventPageModel::firstOrdinal() const {
    return rowCount() > 0 ? row(0).ordinal : 0;
}

qint64 EventPageModel::lastOrdinal() const {
    return rowCount() > 0 ? row(rowCount() - 1).ordinal : 0;
}

bool EventPageModel::isComplete() const {
    return m_state == State::Shown && m_starts.size() == std::size_t(m_page) + 1;
}

void EventPageModel::turnTo(int page) {
    m_page = page;
    ++m_request;
    if (const domain::EventPage* content = kept(page))
        showPage(*content);
    else
        ask();
}

void EventPageModel::ask() {
    ++m_request;
    m_failure.clear();
    become(State::Loading);
    Q_EMIT pageWanted(m_request, m_starts[std::size_t(m_page)].position, pageSize);
}

void EventPageModel::deliver(quint64 request, const domain::EventPage& page) {
    if (!awaits(request))
        return;
    const std::size_t next = std::size_t(m_page) + 1;
    if (page.next && m_starts.size() == next)
        m_starts.push_back({page.next, m_starts[std::size_t(m_page)].ordinal + qint64(page.rows.size())});
    m_kept.push_back({m_page, page});
    if (m_kept.size() > keptPages)
        m_kept.pop_front();
    showPage(page);
}

void EventPageModel::fail(quint64 request, const QString& why) {
    if (!awaits(request))
        return;
    m_failure = why;
    if (m_onScreen)
        m_page = *m_onScreen;
    become(m_onScreen ? State::Shown : State::Failed);
}

void EventPageModel::showPage(const domain::EventPage& content) {
    std::vector<EventLine> lines;
    lines.reserve(content.rows.size());
    qint64 ordinal = m_starts[std::size_t(m_page)].ordinal;
    for (const domain::EventRow& event : content.rows)
        lines.push_back({event, ordinal++});
    replaceAll(std::move(lines), context());
    m_shown = content;
    m_shown.rows.clear();
    m_onScreen = m_page;
    m_failure.clear();
    become(State::Shown);
}

void EventPageModel::become(State state) {
    m_state = state;
    Q_EMIT shownChanged();
}

const domain::EventPage* EventPageModel::kept(int page) const {
    const auto found =
        std::find_if(m_kept.begin(), m_kept.end(), [page](const Kept& kept) { return kept.page == page; });
    return found == m_kept.end() ? nullptr : &found->content;
}

void EventPageModel::setZone(const QTimeZone& zone) {
    CellContext context = this->context();
    context.zone = zone;
    setContext(context);
}

} // namespace models
