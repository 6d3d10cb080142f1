// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/jsontreemodel.h"

#include "models/column.h"

using namespace Qt::StringLiterals;

namespace models {

namespace {

/// A longer string is cut in the tree; the text view has it whole.
constexpr qsizetype longestString = 2000;

} // namespace

struct JsonTreeModel::Node {
    Node* parent = nullptr;
    int row = 0;
    JsonText::Child content;
    std::vector<std::unique_ptr<Node>> children;
    qsizetype resume = 0;
    bool complete = false; ///< all children are there
};

JsonTreeModel::JsonTreeModel(QObject* parent)
    : QAbstractItemModel(parent) {
    clear();
}

JsonTreeModel::~JsonTreeModel() = default;

std::optional<JsonError> JsonTreeModel::setText(const QByteArray& utf8) {
    JsonText text(utf8);
    if (auto error = text.check()) {
        clear();
        return error;
    }
    setChecked(std::move(text));
    return std::nullopt;
}

void JsonTreeModel::setChecked(JsonText text) {
    beginResetModel();
    m_text = std::move(text);
    m_root = std::make_unique<Node>();
    m_root->complete = true;
    auto top = std::make_unique<Node>();
    top->parent = m_root.get();
    top->content.value = m_text.root();
    top->complete = !top->content.value.isContainer();
    m_root->children.push_back(std::move(top));
    endResetModel();
}

void JsonTreeModel::clear() {
    beginResetModel();
    m_text = {};
    m_root = std::make_unique<Node>();
    m_root->complete = true;
    endResetModel();
}

JsonTreeModel::Node* JsonTreeModel::nodeOf(const QModelIndex& index) const {
    return index.isValid() ? static_cast<Node*>(index.internalPointer()) : m_root.get();
}

QModelIndex JsonTreeModel::index(int row, int column, const QModelIndex& parent) const {
    return hasIndex(row, column, parent) ? createIndex(row, column, nodeOf(parent)->children[std::size_t(row)].get())
                                         : QModelIndex();
}

QModelIndex JsonTreeModel::parent(const QModelIndex& child) const {
    const Node* parent = child.isValid() ? nodeOf(child)->parent : m_root.get();
    return parent == m_root.get() ? QModelIndex() : createIndex(parent->row, 0, parent);
}

int JsonTreeModel::rowCount(const QModelIndex& parent) const {
    return parent.column() > 0 ? 0 : int(nodeOf(parent)->children.size());
}

int JsonTreeModel::columnCount(const QModelIndex&) const {
    return ColumnCount;
}

bool JsonTreeModel::hasChildren(const QModelIndex& parent) const {
    if (parent.column() > 0)
        return false;
    const Node* node = nodeOf(parent);
    return node == m_root.get() ? !node->children.empty() : node->content.value.children > 0;
}

bool JsonTreeModel::canFetchMore(const QModelIndex& parent) const {
    return parent.column() <= 0 && !nodeOf(parent)->complete && hasChildren(parent);
}

void JsonTreeModel::fetchMore(const QModelIndex& parent) {
    if (!canFetchMore(parent))
        return;
    Node* node = nodeOf(parent);
    std::vector<JsonText::Child> more = m_text.children(node->content.value, node->resume, fetchSize);
    node->complete = node->resume == 0;
    if (more.empty())
        return;
    const int first = int(node->children.size());
    beginInsertRows(parent, first, first + int(more.size()) - 1);
    for (JsonText::Child& content : more) {
        auto child = std::make_unique<Node>();
        child->parent = node;
        child->row = int(node->children.size());
        child->complete = !content.value.isContainer();
        child->content = std::move(content);
        node->children.push_back(std::move(child));
    }
    endInsertRows();
}

QString JsonTreeModel::keyText(const Node& node) const {
    if (node.parent == m_root.get())
        return node.content.value.kind == JsonText::Kind::Array    ? u"[]"_s
               : node.content.value.kind == JsonText::Kind::Object ? u"{}"_s
                                                                   : QString();
    if (node.parent->content.value.kind == JsonText::Kind::Array)
        return u'[' + QString::number(node.row) + u']';
    return format::foreign(node.content.key);
}

QString JsonTreeModel::valueText(const Node& node) const {
    const JsonText::Value& value = node.content.value;
    // The root has its brackets for a key.
    const bool root = node.parent == m_root.get();
    if (value.kind == JsonText::Kind::Object)
        return (root ? QString() : u"{} "_s) + tr("%n key(s)", nullptr, int(value.children));
    if (value.kind == JsonText::Kind::Array)
        return (root ? QString() : u"[] "_s) + tr("%n item(s)", nullptr, int(value.children));
    return format::foreign(m_text.scalar(value), longestString);
}

QVariant JsonTreeModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid())
        return {};
    const Node& node = *nodeOf(index);
    switch (role) {
    case Qt::DisplayRole:
        return index.column() == Key ? keyText(node) : valueText(node);
    case ValueRole:
        if (index.column() == Key)
            return node.content.key;
        return node.content.value.isContainer() ? QVariant() : QVariant(m_text.scalar(node.content.value));
    case ToneRole:
        return int(index.column() == Value && node.content.value.isContainer() ? Tone::Dim : Tone::None);
    case StrongRole:
        return index.column() == Value && node.content.value.kind == JsonText::Kind::Number;
    default:
        return {};
    }
}

QString JsonTreeModel::content(const QModelIndex& index) const {
    return index.isValid() ? m_text.content(nodeOf(index)->content.value) : QString();
}

QString JsonTreeModel::path(const QModelIndex& index) const {
    std::vector<const Node*> nodes;
    for (const Node* node = nodeOf(index); node != m_root.get() && node->parent != m_root.get(); node = node->parent)
        nodes.push_back(node);
    QString place;
    for (auto node = nodes.rbegin(); node != nodes.rend(); ++node)
        place = (*node)->parent->content.value.kind == JsonText::Kind::Array
                    ? QString(place + u'[' + QString::number((*node)->row) + u']')
                    : jsonPlace(place, (*node)->content.key);
    return place.isEmpty() ? u"$"_s : place;
}

QVariant JsonTreeModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    return section == Key ? tr("Key") : tr("Value");
}

} // namespace models
