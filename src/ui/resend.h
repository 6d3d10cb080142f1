// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/action.h"
#include "ui/payloadcard.h"

#include <string>

class QAbstractButton;

namespace ui {

class Actions;

/// A message as it can be sent again.
struct Resendable {
    domain::ActionRequest request; ///< queue and arguments, without the payload
    std::optional<std::string> beginning;
    qint64 bytes = 0;
    PayloadCard::Fetch fetch; ///< the whole payload, where the beginning is not all of it
};

/// A button that brings the whole payload and then asks how to send it again. message() may give nothing.
QAbstractButton* makeResendButton(Actions* actions, std::function<std::optional<Resendable>()> message,
                                  QWidget* parent);

} // namespace ui
