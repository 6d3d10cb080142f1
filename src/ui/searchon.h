// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/eventpage.h"

namespace ui {

/// A search that goes on where a page ended at its bound without anything found, up to a larger bound; what all of its
/// pages cost is told with the last.
class SearchOn {
public:
    static constexpr std::int64_t mostBytes = std::int64_t(1) << 30;
    static constexpr double mostServerMs = 30'000; ///< few bytes may take long: payloads are unpacked to be searched

    void restart() { m_before = {}; }

    /// The page has come: where to go on; empty: it stands as it is now, with the cost of those before.
    std::optional<domain::EventPosition> next(domain::EventPage& page) {
        page.bytesRead += m_before.bytesRead;
        page.serverMs += m_before.serverMs;
        page.tooLongToSearch += m_before.tooLongToSearch;
        if (!page.rows.empty() || !page.boundReached || !page.next || page.bytesRead >= mostBytes ||
            page.serverMs >= mostServerMs) {
            restart();
            return {};
        }
        m_before = page;
        return page.next;
    }

    /// So far.
    std::int64_t bytesRead() const { return m_before.bytesRead; }

private:
    domain::EventPage m_before;
};

} // namespace ui
