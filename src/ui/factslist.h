// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <map>

class QFormLayout;
class QLabel;

namespace ui {

/// Names and values one under the other, for a card's content. Values can be selected and wrap; all of them are one
/// stop of the tab key, where they are read out and copied.
class FactsList : public QWidget {
    Q_OBJECT

public:
    explicit FactsList(QWidget* parent = nullptr);

    /// Names stand in the order in which they are first set.
    void set(const QString& name, const QString& value, const QString& tooltip = {});
    /// Values give way to "–".
    void clear();

    /// "Owner: billing.worker-3", a line each.
    QString text() const;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void tell();

    QFormLayout* m_form;
    std::map<QString, QLabel*> m_facts;
    QStringList m_order;
};

} // namespace ui
