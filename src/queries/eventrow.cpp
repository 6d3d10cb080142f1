// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/eventrow.h"

#include "queries/columns.h"

#include <charconv>

namespace queries::detail {

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

std::string eventColumns(std::string_view previewChars) {
    const auto cut = [previewChars](const char* column) {
        return std::string("left(e.") + column + ", " + std::string(previewChars) + "::int)";
    };
    return "e.ctid::text, e.ev_id, " + micros("e.ev_time") + ", e.ev_txid::text, e.ev_owner, e.ev_retry, e.ev_type, " +
           cut("ev_data") + ", octet_length(e.ev_data), " + cut("ev_extra1") + ", " + cut("ev_extra2") + ", " +
           cut("ev_extra3") + ", " + cut("ev_extra4");
}

domain::EventRow eventFrom(const pg::Row& row, int first, std::int32_t table) {
    using Text = std::optional<std::string>;
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
    event.extra1 = row.get<Text>(i++);
    event.extra2 = row.get<Text>(i++);
    event.extra3 = row.get<Text>(i++);
    event.extra4 = row.get<Text>(i++);
    return event;
}

} // namespace queries::detail
