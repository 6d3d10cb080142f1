// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string_view>

namespace schema {

/// The pgque schema as the one SQL file that `psql -1 -f` installs, byte for byte as the build joined it.
std::string_view pgqueSql();

/// The same of the workqueue schema.
std::string_view workqueueSql();

/// The script of a schema by its name on the command line ("pgque", "workqueue"); empty for a name we do not ship.
std::optional<std::string_view> script(std::string_view name);

} // namespace schema
