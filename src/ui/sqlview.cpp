// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/sqlview.h"

#include "ui/theme.h"

#include <QCoreApplication>
#include <QPlainTextEdit>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr int widthUnshown = 800; ///< reckoned with until the view has a width

} // namespace

QPlainTextEdit* makeSqlView(const QString& objectName, QWidget* parent) {
    auto* view = new QPlainTextEdit(parent);
    view->setObjectName(objectName);
    view->setAccessibleName(QCoreApplication::translate("SqlView", "SQL"));
    view->setReadOnly(true);
    view->setFont(codeFont());
    view->setTabChangesFocus(true);
    view->setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    QPalette palette = view->palette();
    palette.setColor(QPalette::Base, colors().header);
    view->setPalette(palette);
    fitSqlView(view, 4);
    return view;
}

void fitSqlView(QPlainTextEdit* view, int mostLines) {
    // Counted by width, because wrapped lines take room as well.
    const QFontMetrics metrics(view->font());
    const int perLine = std::max(40, (view->width() > 200 ? view->width() : widthUnshown) / metrics.averageCharWidth());
    int lines = 0;
    for (const QString& line : view->toPlainText().split(u'\n'))
        lines += 1 + int(line.size()) / perLine;
    view->setFixedHeight(metrics.lineSpacing() * std::clamp(lines, 1, mostLines) + 16);
}

} // namespace ui
