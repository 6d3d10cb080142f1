// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/theme.h"

#include <QSplitter>

namespace ui {

/// Two parts of a page with the gap of cards between them; the first size of each is only where they begin.
inline QSplitter* makeSplitter(Qt::Orientation orientation, QWidget* first, QWidget* second, const QList<int>& sizes,
                               std::pair<int, int> stretch) {
    auto* splitter = new QSplitter(orientation);
    splitter->addWidget(first);
    splitter->addWidget(second);
    splitter->setHandleWidth(space::large);
    splitter->setChildrenCollapsible(false);
    splitter->setStretchFactor(0, stretch.first);
    splitter->setStretchFactor(1, stretch.second);
    splitter->setSizes(sizes);
    return splitter;
}

} // namespace ui
