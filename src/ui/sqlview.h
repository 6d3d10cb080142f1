// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

class QPlainTextEdit;
class QWidget;

namespace ui {

/// A text of SQL to read and copy.
QPlainTextEdit* makeSqlView(const QString& objectName, QWidget* parent = nullptr);
/// As high as its text, up to so many lines.
void fitSqlView(QPlainTextEdit* view, int mostLines);

} // namespace ui
