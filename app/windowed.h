// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/commandline.h"
#include "app/opening.h"

namespace app {

/// The pages that --page accepts.
QStringList pageNames();

/// Windows, one per server, until the last is closed; first the connection dialog where nothing names a server. Returns
/// the exit code. Needs a QApplication.
int runWindows(const CommandLine& line, const desk::Profile& profile, desk::Profiles& profiles);

/// A picture of a page from live data.
int runScreenshot(const CommandLine& line, Opening* opening);

/// Looks whether everything the program brings along is in place, and says so.
int runSelfTest();

} // namespace app
