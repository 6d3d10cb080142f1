// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <map>

class QGridLayout;
class QLabel;

namespace ui {

/// Names and values one under the other, for a card's content. Values can be selected and wrap; all of them are one
/// stop of the tab key, where they are read out and copied.
class FactsList : public QWidget {
    Q_OBJECT

public:
    explicit FactsList(QWidget* parent = nullptr);

    /// Names stand in the order in which they are first set; an empty value is shown as "–".
    void set(const QString& name, const QString& value, const QString& tooltip = {});
    /// All values give way to this one, "–" where it is empty.
    void clear(const QString& value = {});

    /// "Owner: billing.worker-3", a line each.
    QString text() const;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void tell();

    /// No QFormLayout: its rows keep the heights that they would have at another width it was asked about.
    QGridLayout* m_rows;
    std::map<QString, QLabel*> m_facts;
    QStringList m_order;
};

} // namespace ui
