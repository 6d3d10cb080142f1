// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/actions.h"

#include <QWidget>

class QHBoxLayout;
class QLabel;

namespace ui {

class ChipLabel;

/// One finding: bar and chip, about what, the sentence and its consequence, remedies, and the evidence on demand.
class FindingRow : public QWidget {
    Q_OBJECT

public:
    FindingRow(Actions* actions, QWidget* parent = nullptr);

    void showFinding(const domain::Snapshot& snapshot, const domain::Finding& finding);

Q_SIGNALS:
    void subjectChosen(const domain::Subject& subject);
    void unfolded();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void showRemedies(const domain::Snapshot& snapshot);
    QString explanation() const;

    Actions* m_actions;
    domain::Finding m_finding;
    ChipLabel* m_chip;
    QLabel* m_about;
    QLabel* m_title;
    QLabel* m_consequence;
    QLabel* m_explanation;
    QHBoxLayout* m_buttons;
    std::vector<std::string> m_remedies;
    std::vector<domain::ActionRequest> m_requests;
};

} // namespace ui
