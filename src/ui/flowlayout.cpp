// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/flowlayout.h"

#include <QWidgetItem>

#include <algorithm>

namespace ui {

FlowLayout::~FlowLayout() = default;

void FlowLayout::insertWidget(int at, QWidget* widget) {
    addChildWidget(widget);
    m_items.insert(m_items.begin() + at, std::make_unique<QWidgetItem>(widget));
    invalidate();
}

void FlowLayout::addItem(QLayoutItem* item) {
    m_items.emplace_back(item);
    invalidate();
}

int FlowLayout::count() const {
    return int(m_items.size());
}

QLayoutItem* FlowLayout::itemAt(int at) const {
    return at >= 0 && at < count() ? m_items[std::size_t(at)].get() : nullptr;
}

QLayoutItem* FlowLayout::takeAt(int at) {
    if (at < 0 || at >= count())
        return nullptr;
    QLayoutItem* item = m_items[std::size_t(at)].release();
    m_items.erase(m_items.begin() + at);
    invalidate();
    return item;
}

int FlowLayout::heightForWidth(int width) const {
    return lay(QRect(0, 0, width, 0), false);
}

QSize FlowLayout::sizeHint() const {
    QSize all;
    for (const auto& item : m_items) {
        if (item->isEmpty())
            continue;
        const QSize one = item->sizeHint();
        all = {all.width() + one.width() + (all.isEmpty() ? 0 : spacing()), std::max(all.height(), one.height())};
    }
    return all;
}

QSize FlowLayout::minimumSize() const {
    QSize widest;
    for (const auto& item : m_items) {
        if (!item->isEmpty())
            widest = widest.expandedTo(item->sizeHint());
    }
    return widest;
}

void FlowLayout::setGeometry(const QRect& rect) {
    QLayout::setGeometry(rect);
    lay(rect, true);
}

int FlowLayout::lay(const QRect& rect, bool place) const {
    int y = rect.top();
    std::vector<QLayoutItem*> line;
    int width = 0;
    int height = 0;
    const auto end = [&] {
        int x = rect.right() + 1 - width;
        for (QLayoutItem* item : line) {
            if (place)
                item->setGeometry(QRect(QPoint(x, y), item->sizeHint()));
            x += item->sizeHint().width() + spacing();
        }
        line.clear();
    };
    for (const auto& item : m_items) {
        if (item->isEmpty())
            continue;
        const QSize size = item->sizeHint();
        if (!line.empty() && width + spacing() + size.width() > rect.width()) {
            end();
            y += height + spacing();
            width = height = 0;
        }
        width += size.width() + (line.empty() ? 0 : spacing());
        height = std::max(height, size.height());
        line.push_back(item.get());
    }
    end();
    return y + height - rect.top();
}

} // namespace ui
