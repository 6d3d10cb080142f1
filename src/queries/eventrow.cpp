// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/eventrow.h"

#include "queries/columns.h"

#include <charconv>

namespace queries::detail {

namespace {

using Text = std::optional<std::string>;

} // namespace

Tid tidFrom(std::string_view text) {
    Tid tid;
    if (text.size() < 5 || text.front() != '(')
        return tid;
    const char* const end = text.data() + text.size();
    const auto block = std::from_chars(text.data() + 1, end, tid.block);
    if (block.ec == std::errc() && block.ptr != end)
        std::from_chars(block.ptr + 1, end, tid.item);
    return tid;
}

std::string eventColumns(std::string_view previewChars, const std::string& sent) {
    const auto cut = [previewChars](const std::string& column) {
        return "left(e." + column + ", " + std::string(previewChars) + "::int)";
    };
    return "e.ctid::text, e.ev_id, " + micros("e.ev_time") + ", e.ev_txid::text, e.ev_owner, e.ev_retry, e.ev_type, " +
           cut("ev_data") + ", octet_length(e.ev_data)" + extraColumns(cut) + ", " + sent;
}

std::string messageColumns(std::string_view maxBytes) {
    // left() counts characters of at most four bytes.
    const auto cut = [bytes = std::string(maxBytes)](const std::string& column) {
        return "case when octet_length(e." + column + ") <= " + bytes + "::bigint then e." + column + " else left(e." +
               column + ", (" + bytes + "::bigint / 4)::int) end";
    };
    return "e.ev_txid::text, e.ev_type, " + cut("ev_data") + ", octet_length(e.ev_data)" + extraColumns(cut);
}

domain::Message messageFrom(const pg::Row& row, int first) {
    domain::Message message;
    int i = first;
    message.txid = row.get<std::optional<std::int64_t>>(i++);
    message.type = row.get<Text>(i++);
    message.data = row.get<Text>(i++);
    message.dataBytes = row.get<std::optional<std::int64_t>>(i++).value_or(0);
    readExtras(row, i, message);
    return message;
}

domain::EventRow eventFrom(const pg::Row& row, int first, std::int32_t table) {
    domain::EventRow event;
    int i = first;
    event.position = {table, row.get<std::string>(i++)};
    event.id = row.get<std::int64_t>(i++);
    event.time = pgque::detail::microseconds(row, i++);
    event.txid = row.get<std::int64_t>(i++);
    event.owner = row.get<std::optional<std::int32_t>>(i++);
    event.retry = row.get<std::optional<std::int32_t>>(i++);
    event.type = row.get<Text>(i++);
    event.data = row.get<Text>(i++);
    event.dataBytes = row.get<std::optional<std::int64_t>>(i++).value_or(0);
    readExtras(row, i, event);
    event.sent = row.get<bool>(first + eventColumnCount - 1);
    return event;
}

} // namespace queries::detail
