// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/script.h"

std::optional<std::string_view> schema::script(std::string_view name) {
    if (name == "pgque")
        return pgqueSql();
    if (name == "workqueue")
        return workqueueSql();
    return std::nullopt;
}
