// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pg/connection.h"

namespace pg {

/// Brings state.conn up within the options' connectTimeout. Throws Error.
void connect(Connection::State& state, const ConnectionInfo& info);

/// SQLSTATE and message of a refused connection, from libpq's verbose text.
Diagnostics parseConnectMessage(std::string_view verbose);

} // namespace pg
