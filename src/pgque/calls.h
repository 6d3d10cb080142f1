// SPDX-License-Identifier: Apache-2.0
#pragma once

// Every function of the queue's public API as a typed call: a value with the SQL text, the parameters and how the
// answer decodes. Nothing runs until a connection runs it:
//
//     connection.run(pgque::send("orders", "order.paid", "90214"));
//
// The one place where the statements of the queue API stand.

#include "pgque/administration.h" // IWYU pragma: export
#include "pgque/consuming.h"      // IWYU pragma: export
#include "pgque/cooperative.h"    // IWYU pragma: export
#include "pgque/deadletters.h"    // IWYU pragma: export
#include "pgque/message.h"        // IWYU pragma: export
#include "pgque/producing.h"      // IWYU pragma: export
