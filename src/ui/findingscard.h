// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/actions.h"
#include "ui/card.h"
#include "ui/findingplace.h"

#include <QTimeZone>

#include <map>
#include <set>

class QAbstractButton;
class QScrollArea;

namespace ui {

class ChipLabel;
class FindingFold;
class FindingRow;
class Silences;

/// What is wrong, first: a sentence with its consequence, and the remedies as buttons.
class FindingsCard : public Card {
    Q_OBJECT

public:
    FindingsCard(Actions* actions, Silences* silences, QWidget* parent = nullptr);

    /// Holds from the next time they are shown.
    void setZone(const QTimeZone& zone);
    void showFindings(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis);

Q_SIGNALS:
    void placeWanted(const Place& place);
    void choiceChanged(); ///< which findings are to be listed: show them again

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    /// The row of a finding that is listed, filled.
    QWidget* rowOf(const domain::Snapshot& snapshot, const domain::Finding& finding);
    /// Puts these below each other; what was there and is no more goes.
    void list(const std::vector<QWidget*>& widgets);
    void summarize(const domain::Diagnosis& diagnosis, int silenced);
    void fit();

    Actions* m_actions;
    Silences* m_silences;
    QTimeZone m_zone = QTimeZone::systemTimeZone();
    QAbstractButton* m_showSilenced;
    ChipLabel* m_critical;
    ChipLabel* m_warnings;
    QScrollArea* m_scroll;
    QWidget* m_list;
    std::map<std::string, FindingRow*> m_rows;   ///< by the finding's key, made different where several have the same
    std::set<std::string> m_taken;               ///< of these keys, while findings are shown
    std::map<std::string, FindingFold*> m_folds; ///< by the rule
    std::vector<QWidget*> m_listed;
};

} // namespace ui
