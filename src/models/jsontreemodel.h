// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/jsontext.h"

#include <QAbstractItemModel>

#include <memory>

namespace models {

/// A JSON text as a tree of keys and values, unfolded as far as somebody looks. Numbers are shown with the digits they
/// were written with: no double stands between.
class JsonTreeModel : public QAbstractItemModel {
    Q_OBJECT

public:
    enum Column { Key, Value, ColumnCount };

    explicit JsonTreeModel(QObject* parent = nullptr);
    ~JsonTreeModel() override;

    /// Shows the text; where it is no JSON shows nothing and returns why.
    std::optional<JsonError> setText(const QByteArray& utf8);
    /// Shows a text that was found to be JSON.
    void setChecked(JsonText text);
    void clear();

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& child) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    bool hasChildren(const QModelIndex& parent = {}) const override;
    bool canFetchMore(const QModelIndex& parent) const override;
    void fetchMore(const QModelIndex& parent) override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    /// The value to be taken elsewhere, exactly.
    QString content(const QModelIndex& index) const;
    /// Where it stands: customer.lines[0]; $ for the whole.
    QString path(const QModelIndex& index) const;

    static constexpr int fetchSize = 500;

private:
    struct Node;

    Node* nodeOf(const QModelIndex& index) const;
    QString keyText(const Node& node) const;
    QString valueText(const Node& node) const;

    JsonText m_text;
    std::unique_ptr<Node> m_root; ///< invisible; its only child is the value
};

} // namespace models
