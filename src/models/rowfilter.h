// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractItemModel>
#include <QHash>
#include <QList>

#include <vector>

namespace models {

/// Which rows of a model contain a text, each row read once and again only when it changed; what is to be read can be
/// read piece by piece beforehand, so that no one holds up the window for it.
class RowFilter {
public:
    /// Looks at these columns of the model, which must outlive the filter.
    void setSource(const QAbstractItemModel* source, std::vector<int> columns);

    /// Another text; knows nothing of any row from now on. An empty text shows every row.
    void setText(const QString& text);

    const QString& text() const { return m_text; }

    /// Whether what is shown depends on any of these columns.
    bool looksAt(int first, int last) const;

    /// Reads so many rows that are not known yet; true when none is left.
    bool read(int rows);

    /// A row is shown for its own sake, for the sake of a row below it, and along with the row it stands below.
    bool shows(int row, const QModelIndex& parent) const;

    /// These rows changed.
    void forget(const QModelIndex& parent, int first, int last);
    /// Any row may read otherwise now; none came, went or moved.
    void forgetTexts();
    /// Rows came, went or moved.
    void forgetAll();

    /// How many rows were found to match, or to match no more, since this was asked before; one that was never read
    /// before counts.
    int takeFlips();

private:
    struct Branch {
        int row;
        quintptr id;

        bool operator==(const Branch&) const = default;
    };

    friend std::size_t qHash(const Branch& branch, std::size_t seed) { return qHashMulti(seed, branch.row, branch.id); }

    enum class Match : signed char { Unknown, No, Yes, WasNo, WasYes };

    static bool isKnown(Match match) { return match == Match::No || match == Match::Yes; }

    static void doubt(Match& match);

    QList<Match>& matchesOf(const QModelIndex& parent) const;
    bool matches(int row, const QModelIndex& parent) const;
    bool anyBelow(const QModelIndex& parent) const;
    bool read(const QModelIndex& parent, int& rows);

    const QAbstractItemModel* m_source = nullptr;
    std::vector<int> m_columns;
    QString m_text;
    mutable QHash<Branch, QList<Match>> m_matches;
    mutable int m_flips = 0;
};

} // namespace models
