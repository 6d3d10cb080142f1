// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>
#include <QStandardItemModel>

#include <functional>
#include <vector>

class QLineEdit;
class QListView;

namespace ui {

/// One thing the palette offers.
struct Command {
    QString group; ///< "Page", "Action", "View"
    QString text;
    QString hint;  ///< dim: a shortcut, a subject
    QString words; ///< further words it is found by
    std::function<void()> run;
};

/// Finds pages and actions by typing parts of their words; Return runs the first.
class CommandPalette : public QDialog {
    Q_OBJECT

public:
    CommandPalette(std::vector<Command> commands, QWidget* parent);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void filter(const QString& text);
    void choose(int row);
    void run(const QModelIndex& index);

    std::vector<Command> m_commands;
    QStandardItemModel m_model;
    QLineEdit* m_field;
    QListView* m_list;
};

} // namespace ui
