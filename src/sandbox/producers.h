// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "sandbox/loop.h"

namespace sandbox::producers {

/// Sends orders, payments, e-mails and audit entries at a rate that rises and falls.
Loop::Step shop();

/// Sends product updates, webhook calls and a trickle of records for a system whose queue is paused.
Loop::Step partners();

/// What must be there at once and would take minutes to come about: orders among them odd ones, e-mails that fail.
void openingBurst(pgque::Client& client);

/// One order that is cut off, as the dying worker needs it.
void brokenOrder(pgque::Client& client);

/// One record for the paused queue.
void legacyRecord(pgque::Client& client);

/// A delivery of product updates, for the slow consumer to be behind.
void productDelivery(pgque::Client& client);

} // namespace sandbox::producers
