// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/snapshot.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace monitor {

/// How a subscription's worker names its sessions by a rule such as "{group}.{member}" or "{queue}-{group}": empty
/// without a rule. What separates the names of a group and a member goes with the member's where there is none. Cut to
/// what the server keeps of an application_name.
std::string applicationName(const std::string& rule, const domain::Snapshot& snapshot, const domain::Subscription& row);

/// Ties subscriptions to sessions by the names these give themselves, and remembers those that are gone. Nothing else
/// in the database does, but a lock on the row.
class OwnerSessions {
public:
    void setRule(std::string rule);
    /// Another server, or another connection: what was seen may be somebody else's.
    void forget();

    /// The sessions seen with this activity, and those seen before that are there no more. Only subscriptions whose
    /// session has been seen are listed.
    std::vector<domain::OwnerSession> tie(const domain::Snapshot& snapshot, const domain::Activity& activity);

private:
    std::string m_rule;
    std::map<std::pair<std::int32_t, std::int32_t>, domain::OwnerSession> m_seen; // by queue and consumer id
};

} // namespace monitor
