// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/commandpalette.h"

#include "ui/paint.h"
#include "ui/theme.h"

#include <QAccessible>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListView>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

enum Role { Index = Qt::UserRole + 1, Hint, Group };

class Delegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const override {
        return {100, rowHeight(option.font)};
    }

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        const Colors& c = colors();
        const bool selected = option.state.testFlag(QStyle::State_Selected);
        if (selected)
            drawPanel(painter, option.rect.adjusted(4, 1, -4, -1), c.selection, {}, space::radius - 1);
        const QRect words = option.rect.adjusted(14, 0, -14, 0);
        painter->setPen(c.dim);
        const QString right = index.data(Hint).toString();
        painter->drawText(words, int(Qt::AlignRight | Qt::AlignVCenter), right);
        painter->drawText(words, int(Qt::AlignLeft | Qt::AlignVCenter), index.data(Group).toString());
        painter->setPen(selected ? option.palette.color(QPalette::HighlightedText) : c.text);
        const QFontMetrics metrics(option.font);
        const QRect middle = words.adjusted(72, 0, -metrics.horizontalAdvance(right) - 12, 0);
        painter->drawText(middle, int(Qt::AlignLeft | Qt::AlignVCenter),
                          metrics.elidedText(index.data().toString(), Qt::ElideRight, middle.width()));
    }
};

} // namespace

CommandPalette::CommandPalette(std::vector<Command> commands, QWidget* parent)
    : QDialog(parent, Qt::Dialog | Qt::FramelessWindowHint)
    , m_commands(std::move(commands))
    , m_field(new QLineEdit)
    , m_list(new QListView) {
    setObjectName(u"commandPalette"_s);
    setWindowTitle(tr("Command palette"));
    m_field->setObjectName(u"paletteField"_s);
    m_field->setPlaceholderText(tr("Search or run an action …"));
    m_field->setAccessibleName(tr("Search or run an action"));
    m_field->installEventFilter(this);
    m_list->setObjectName(u"paletteList"_s);
    m_list->setAccessibleName(tr("Commands found"));
    m_list->setModel(&m_model);
    m_list->setItemDelegate(new Delegate(m_list));
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setUniformItemSizes(true);
    m_list->setFocusPolicy(Qt::NoFocus);
    m_list->setEditTriggers(QAbstractItemView::NoEditTriggers);
    // The window has no frame of the platform's: it stands out by its own.
    auto* frame = new QFrame;
    frame->setFrameShape(QFrame::StyledPanel);
    auto* whole = new QVBoxLayout(this);
    whole->setContentsMargins(0, 0, 0, 0);
    whole->addWidget(frame);
    auto* layout = new QVBoxLayout(frame);
    layout->setContentsMargins(space::medium, space::medium, space::medium, space::medium);
    layout->addWidget(m_field);
    layout->addWidget(m_list);
    connect(m_field, &QLineEdit::textChanged, this, &CommandPalette::filter);
    connect(m_list, &QListView::clicked, this, &CommandPalette::run);
    resize(600, 420);
    filter({});
}

void CommandPalette::filter(const QString& text) {
    m_model.clear();
    const QStringList parts = text.split(u' ', Qt::SkipEmptyParts);
    for (std::size_t at = 0; at < m_commands.size(); ++at) {
        const Command& command = m_commands[at];
        const QString all = command.group + u' ' + command.text + u' ' + command.hint + u' ' + command.words;
        const bool fits = std::all_of(parts.begin(), parts.end(),
                                      [&all](const QString& part) { return all.contains(part, Qt::CaseInsensitive); });
        if (!fits)
            continue;
        auto* item = new QStandardItem(command.text);
        item->setData(int(at), Index);
        item->setData(command.hint, Hint);
        item->setData(command.group, Group);
        item->setAccessibleText(command.group + u": "_s + command.text + u' ' + command.hint);
        m_model.appendRow(item);
    }
    choose(0);
}

/// The keys stay with the field, so whoever listens is told what is chosen in the list.
void CommandPalette::choose(int row) {
    const QModelIndex index = m_model.index(row, 0);
    m_list->setCurrentIndex(index);
    m_field->setAccessibleDescription(index.isValid() ? index.data(Qt::AccessibleTextRole).toString()
                                                      : tr("Nothing is found"));
    if (!index.isValid())
        return;
    QAccessibleEvent focus(m_list, QAccessible::Focus);
    focus.setChild(row);
    QAccessible::updateAccessibility(&focus);
}

void CommandPalette::run(const QModelIndex& index) {
    if (!index.isValid())
        return;
    const std::function<void()> command = m_commands[std::size_t(index.data(Index).toInt())].run;
    accept();
    command();
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        const int step = key->key() == Qt::Key_Down ? 1 : key->key() == Qt::Key_Up ? -1 : 0;
        if (step != 0 && m_model.rowCount() > 0) {
            const int rows = m_model.rowCount();
            choose((m_list->currentIndex().row() + step + rows) % rows);
            return true;
        }
        if (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter) {
            run(m_list->currentIndex());
            return true;
        }
    }
    return QDialog::eventFilter(watched, event);
}

} // namespace ui
