// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "operate/action.h"

#include <string_view>
#include <vector>

namespace operate {

/// All actions there are. Immutable; may be used from any thread.
class Registry {
public:
    Registry();

    const std::vector<Action>& actions() const noexcept { return m_actions; }

    /// Null for an unknown id.
    const Action* find(std::string_view id) const;

    /// Those that make sense for a subject of this kind, in menu order.
    std::vector<const Action*> forSubject(SubjectKind kind) const;

private:
    std::vector<Action> m_actions;
};

} // namespace operate
