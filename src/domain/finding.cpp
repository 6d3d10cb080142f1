// SPDX-License-Identifier: GPL-3.0-or-later
#include "domain/finding.h"

namespace domain {

std::string Finding::key() const {
    std::string key = rule;
    for (const std::string* part : {&subject.queue, &subject.consumer, &subject.member})
        key.append(1, '\x1f').append(*part);
    if (subject.batch)
        key.append(1, '\x1f').append(std::to_string(*subject.batch));
    return key;
}

} // namespace domain
