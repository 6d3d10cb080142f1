// SPDX-License-Identifier: GPL-3.0-or-later
#include "stepper/compare.h"

#include <algorithm>
#include <map>
#include <set>

namespace stepper {

namespace {

std::string idText(const std::optional<std::int64_t>& id) {
    return id ? std::to_string(*id) : "none";
}

class Differences {
public:
    void check(const std::string& what, const std::string& rules, const std::string& tables) {
        if (rules != tables)
            m_found.push_back(what + ": the rules say " + rules + ", the tables " + tables);
    }

    std::vector<std::string> taken() { return std::move(m_found); }

private:
    std::vector<std::string> m_found;
};

std::string windowText(std::int64_t last, std::int64_t next) {
    return std::to_string(last) + " → " + std::to_string(next);
}

std::string eventsText(const std::map<std::int64_t, int>& events) {
    std::string text;
    for (const auto& [id, retry] : events)
        text += (text.empty() ? "" : ", ") + std::to_string(id) + " (retry " + std::to_string(retry) + ")";
    return text.empty() ? "none" : text;
}

void compareMember(Differences& found, const std::string& name, const Model::Member& member,
                   const queries::SubscriptionState& row) {
    found.check(name + "'s token", idText(member.token), idText(row.batch));
    if (member.token && row.batch)
        found.check(name + "'s window", windowText(member.window.last, member.window.next),
                    windowText(row.lastTick.value_or(0), row.nextTick.value_or(0)));
}

/// [from, to) of ticks that a row holds, for overlaps.
struct Held {
    std::int64_t from = 0;
    std::int64_t to = 0;
    std::string who;
};

} // namespace

std::vector<std::string> differencesBetween(const Model& model, const queries::SteppedQueue& tables,
                                            const std::string& consumer) {
    Differences found;
    const auto known = model.groups().find(consumer);
    const Model::Group* group = known == model.groups().end() ? nullptr : &known->second;
    std::set<std::string> seen;
    bool registered = false;
    for (const queries::SubscriptionState& row : tables.subscriptions) {
        if (row.consumer == consumer) {
            registered = true;
            if (!group)
                continue;
            found.check("the kind of consumer", group->cooperative ? "coop_main" : "normal", row.role);
            found.check("the cursor", std::to_string(group->cursor), idText(row.lastTick));
            found.check("the consumer's own token", idText(group->token), idText(row.batch));
            continue;
        }
        const std::string name =
            row.consumer.starts_with(consumer + '.') ? row.consumer.substr(consumer.size() + 1) : row.consumer;
        seen.insert(name);
        if (group && group->members.contains(name))
            compareMember(found, name, group->members.at(name), row);
        else
            found.check("member " + name, "it is none", "it is one");
    }
    found.check("the consumer", group ? "registered" : "unknown", registered ? "registered" : "unknown");
    if (!group)
        return found.taken();
    for (const auto& [name, member] : group->members)
        if (!seen.contains(name))
            found.check("member " + name, "it is one", "it is none");

    std::map<std::int64_t, int> waiting;
    std::set<std::int64_t> dead;
    for (const queries::GivenBackEvent& event : tables.givenBack) {
        if (event.due)
            waiting[event.id] = event.retry;
        else
            dead.insert(event.id);
    }
    std::map<std::int64_t, int> expected;
    for (const auto& [id, one] : group->waiting)
        expected[id] = one.retry;
    found.check("waiting for a retry", eventsText(expected), eventsText(waiting));
    const auto listed = [](const std::set<std::int64_t>& ids) {
        std::string text;
        for (const std::int64_t id : ids)
            text += (text.empty() ? "" : ", ") + std::to_string(id);
        return text.empty() ? "none" : text;
    };
    found.check("dead letters", listed(group->dead), listed(dead));
    return found.taken();
}

std::string brokenIn(const queries::SteppedQueue& tables) {
    std::map<int, std::int64_t> cursors;
    std::map<int, int> members;
    for (const queries::SubscriptionState& row : tables.subscriptions) {
        if (row.role == "coop_member") {
            ++members[row.subId];
            continue;
        }
        if (!row.lastTick)
            return row.consumer + " has no cursor";
        if (row.role == "coop_main") {
            cursors[row.subId] = *row.lastTick;
            if (row.batch || row.nextTick)
                return "the main row of " + row.consumer + " holds a window itself";
        }
    }
    std::map<int, std::vector<Held>> held;
    for (const queries::SubscriptionState& row : tables.subscriptions) {
        if (row.role != "coop_member")
            continue;
        if (!cursors.contains(row.subId))
            return row.consumer + " is a member without a group";
        if (!row.batch) {
            if (row.lastTick || row.nextTick)
                return row.consumer + " has a window without a token";
            continue;
        }
        if (!row.lastTick || !row.nextTick || *row.lastTick >= *row.nextTick)
            return row.consumer + " has a token without a window";
        if (*row.nextTick > cursors.at(row.subId))
            return "the window of " + row.consumer + " ends after the group's cursor";
        for (const Held& other : held[row.subId])
            if (*row.lastTick < other.to && other.from < *row.nextTick)
                return row.consumer + " and " + other.who + " hold overlapping windows";
        held[row.subId].push_back({*row.lastTick, *row.nextTick, row.consumer});
    }
    for (const auto& [group, cursor] : cursors)
        if (members[group] == 0)
            return "a group without members";
    return {};
}

} // namespace stepper
