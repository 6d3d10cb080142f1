// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/snapshot.h"

#include <map>
#include <string>

namespace monitor {

/// Since when a transaction holds a lock where the server tells no one without the right to see it: at least since it
/// was prepared, or since this console first saw it.
class FirstSeen {
public:
    /// Fills what the server did not tell.
    void tell(domain::Activity& activity);

    void forget() { m_seen.clear(); }

private:
    std::map<std::string, domain::Timestamp> m_seen; // by transaction, with what it holds
};

} // namespace monitor
