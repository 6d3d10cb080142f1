// SPDX-License-Identifier: GPL-3.0-or-later
#include "operate/registry.h"

#include "operate/definitions.h"

#include <algorithm>
#include <iterator>

namespace operate {

Registry::Registry() {
    for (auto* group :
         {queueActions, sendActions, consumerActions, memberActions, batchActions, retryActions, deadLetterActions,
          replayActions, purgeActions, workActions, workUpkeepActions, maintenanceActions, serverActions}) {
        std::vector<Action> actions = group();
        std::move(actions.begin(), actions.end(), std::back_inserter(m_actions));
    }
}

const Action* Registry::find(std::string_view id) const {
    const auto found =
        std::find_if(m_actions.begin(), m_actions.end(), [&](const Action& each) { return each.id == id; });
    return found == m_actions.end() ? nullptr : &*found;
}

std::vector<const Action*> Registry::forSubject(SubjectKind kind) const {
    std::vector<const Action*> fitting;
    for (const Action& action : m_actions)
        if (action.subject == kind)
            fitting.push_back(&action);
    return fitting;
}

} // namespace operate
