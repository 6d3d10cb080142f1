// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/column.h"

#include <QScrollArea>

#include <map>

class QVBoxLayout;

namespace ui {

/// The pages in groups, with counts that matter. Arrow keys move between them; they scroll where the window is low.
class Navigation : public QScrollArea {
    Q_OBJECT

public:
    explicit Navigation(QWidget* parent = nullptr);

    void addGroup(const QString& title);
    void addPage(const QString& name, const QString& title);
    void setCurrent(const QString& name);
    /// A count beside the page; empty: none.
    void setCount(const QString& name, const QString& count, models::Tone tone, const QString& meaning);

Q_SIGNALS:
    void chosen(const QString& name);

protected:
    void paintEvent(QPaintEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    class Entry;

    QVBoxLayout* m_layout;
    std::vector<Entry*> m_entries;
};

} // namespace ui
