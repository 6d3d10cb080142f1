// SPDX-License-Identifier: GPL-3.0-or-later
#include "queries/stepexport.h"

namespace queries {

namespace {

/// psql keeps a null as an unset variable, so that everything here has a value.
std::string kept(const std::string& name) {
    const std::string shift = "\\set " + name + "_token2 :" + name + "_token1\n\\set " + name + "_ids2 :" + name +
                              "_ids1\n\\set " + name + "_token1 :" + name + "_token\n\\set " + name + "_ids1 :" + name +
                              "_ids\n";
    return " \\gset " + name + "_\n\\if :" + name + "_fresh\n" + shift + "\\set " + name + "_token :" + name +
           "_got\n\\endif\n\\if :" + name + "_any\n\\set " + name + "_ids :" + name +
           "_got_ids\n\\endif\n\\echo :" + name + "_events events, batch :" + name + "_got\n";
}

std::string freshness(const std::string& name) {
    return "       max(batch_id) is not null as any,\n"
           "       coalesce(max(batch_id) <> nullif(:'" +
           name + "_token', '')::int8, max(batch_id) is not null) as fresh\n";
}

} // namespace

std::string messagesIntoVariables(const std::string& call, const std::string& name) {
    return "select count(*) as events, coalesce(max(batch_id)::text, 'none') as got,\n"
           "       coalesce(array_agg(msg_id order by msg_id)::text, '{}') as got_ids,\n" +
           freshness(name) + "  from (" + call + ") received" + kept(name);
}

std::string batchIntoVariables(const std::string& call, const std::string& name) {
    return "with received as materialized (" + call +
           ")\n"
           "select count(ev_id) as events, coalesce(max(batch_id)::text, 'none') as got,\n"
           "       coalesce((array_agg(ev_id order by ev_id) filter (where ev_id is not null))::text, '{}') as got_ids,"
           "\n" +
           freshness(name) +
           "  from received left join lateral pgque.get_batch_events(batch_id) on batch_id is not null" + kept(name);
}

std::string emptyVariables(const std::string& name) {
    std::string text;
    for (const char* const age : {"", "1", "2"})
        text += "\\set " + name + "_token" + age + " ''\n\\set " + name + "_ids" + age + " '{}'\n";
    return text;
}

std::string idFromVariables(const std::string& name, int older, int number) {
    return "(:'" + name + "_ids" + (older == 0 ? "" : std::to_string(older)) + "'::int8[])[" + std::to_string(number) +
           "]";
}

} // namespace queries
