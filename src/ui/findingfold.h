// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/finding.h"

#include <QWidget>

#include <vector>

class QAbstractButton;
class QLabel;

namespace ui {

/// Stands below the worst of many findings of one rule, in place of the others: how many they are and about what, and a
/// button that lists them.
class FindingFold : public QWidget {
    Q_OBJECT

public:
    explicit FindingFold(QWidget* parent = nullptr);

    /// All of the rule, the worst first. So many of them are listed below it when it is unfolded.
    void showAlike(const std::vector<const domain::Finding*>& alike, std::size_t listed);

    bool isUnfolded() const { return m_unfolded; }

Q_SIGNALS:
    void toggled();

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void say();

    QLabel* m_label;
    QAbstractButton* m_button;
    QString m_text;
    bool m_unfolded = false;
    domain::Severity m_worst = domain::Severity::Warning; ///< of those it stands for
};

} // namespace ui
