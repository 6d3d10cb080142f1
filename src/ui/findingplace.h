// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/finding.h"

#include <QString>

namespace ui {

/// The page that shows what a finding is about, and what it is to choose there, as the command line names both.
struct Place {
    QString page; ///< empty: none shows it
    QString subject{};
};

Place placeOf(const domain::Finding& finding);

/// What a page that is turned to without a subject chooses for the sake of a finding; empty: nothing there is about it.
QString subjectOn(const QString& page, const domain::Finding& finding);

} // namespace ui
