// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/rowfilter.h"

#include <algorithm>
#include <utility>

namespace models {

void RowFilter::setSource(const QAbstractItemModel* source, std::vector<int> columns) {
    m_source = source;
    m_columns = std::move(columns);
    forgetAll();
}

void RowFilter::setText(const QString& text) {
    m_text = text;
    forgetAll();
}

bool RowFilter::looksAt(int first, int last) const {
    const auto isOne = [=](int column) { return column >= first && column <= last; };
    return !m_text.isEmpty() && std::any_of(m_columns.begin(), m_columns.end(), isOne);
}

bool RowFilter::read(int rows) {
    return m_text.isEmpty() || read(QModelIndex(), rows);
}

bool RowFilter::read(const QModelIndex& parent, int& rows) {
    const int count = m_source->rowCount(parent);
    for (int row = 0; row < count; ++row) {
        if (!isKnown(matchesOf(parent)[row])) {
            if (rows-- == 0)
                return false;
            matches(row, parent);
        }
        const QModelIndex below = m_source->index(row, 0, parent);
        if (m_source->hasChildren(below) && !read(below, rows))
            return false;
    }
    return true;
}

bool RowFilter::shows(int row, const QModelIndex& parent) const {
    if (m_text.isEmpty() || matches(row, parent) || anyBelow(m_source->index(row, 0, parent)))
        return true;
    for (QModelIndex above = parent; above.isValid(); above = above.parent()) {
        if (matches(above.row(), above.parent()))
            return true;
    }
    return false;
}

bool RowFilter::anyBelow(const QModelIndex& parent) const {
    const int count = m_source->rowCount(parent);
    for (int row = 0; row < count; ++row) {
        if (matches(row, parent) || anyBelow(m_source->index(row, 0, parent)))
            return true;
    }
    return false;
}

bool RowFilter::matches(int row, const QModelIndex& parent) const {
    const Match known = matchesOf(parent)[row];
    if (isKnown(known))
        return known == Match::Yes;
    const bool match = std::any_of(m_columns.begin(), m_columns.end(), [&](int column) {
        const QVariant text = m_source->index(row, column, parent).data();
        return text.toString().contains(m_text, Qt::CaseInsensitive);
    });
    m_flips += int(known != (match ? Match::WasYes : Match::WasNo));
    matchesOf(parent)[row] = match ? Match::Yes : Match::No;
    return match;
}

QList<RowFilter::Match>& RowFilter::matchesOf(const QModelIndex& parent) const {
    QList<Match>& matches =
        m_matches[parent.isValid() ? Branch{parent.row(), parent.internalId()} : Branch{-1, quintptr(0)}];
    const int rows = m_source->rowCount(parent);
    if (matches.size() != rows)
        matches = QList<Match>(rows, Match::Unknown);
    return matches;
}

void RowFilter::forget(const QModelIndex& parent, int first, int last) {
    if (m_text.isEmpty())
        return;
    QList<Match>& matches = matchesOf(parent);
    std::for_each(matches.begin() + first, matches.begin() + last + 1, doubt);
}

void RowFilter::forgetTexts() {
    for (QList<Match>& matches : m_matches)
        std::for_each(matches.begin(), matches.end(), doubt);
}

void RowFilter::doubt(Match& match) {
    if (isKnown(match))
        match = match == Match::Yes ? Match::WasYes : Match::WasNo;
}

void RowFilter::forgetAll() {
    m_matches.clear();
}

int RowFilter::takeFlips() {
    return std::exchange(m_flips, 0);
}

} // namespace models
