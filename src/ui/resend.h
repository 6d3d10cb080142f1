// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/payloadcard.h"

#include <string>

class QAbstractButton;

namespace ui {

class Actions;

/// A message that can be sent again: it is fetched whole, as it is stored then.
struct Resendable {
    std::string queue;
    PayloadCard::FetchMessage fetch;
};

/// A button that brings the whole message and then asks how to send it again. message() may give nothing.
QAbstractButton* makeResendButton(Actions* actions, std::function<std::optional<Resendable>()> message,
                                  QWidget* parent);

} // namespace ui
