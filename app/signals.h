// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace app {

/// SIGINT and SIGTERM end the event loop like closing the window does, so that a sandbox which this process started is
/// stopped. The exit code is then 128 + signal. A second signal ends the process at once.
void quitOnSignals();

} // namespace app
