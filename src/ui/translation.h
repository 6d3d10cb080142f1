// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace ui {

/// Installs the translation for the user's language, once. English has one as well: for its plurals.
void loadTranslation();

} // namespace ui
