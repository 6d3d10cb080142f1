// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/actions.h"
#include "ui/findingplace.h"

#include <QTimeZone>
#include <QWidget>

class QAbstractButton;
class QLabel;
class QPainter;

namespace ui {

class ChipLabel;
class FlowLayout;
class Silences;

/// Queue, consumer and member, as far as they apply.
QStringList aboutParts(const domain::Subject& subject);

/// One finding: bar and chip, about what, the sentence and its consequence, remedies, and the evidence on demand.
class FindingRow : public QWidget {
    Q_OBJECT

public:
    FindingRow(Actions* actions, Silences* silences, QWidget* parent = nullptr);

    void setZone(const QTimeZone& zone);
    void showFinding(const domain::Snapshot& snapshot, const domain::Finding& finding);

    /// How far from the left its sentences begin.
    static int wordsAt();
    /// The line below, and the bar at the left.
    static void paintFrame(QPainter& painter, const QRect& rect, domain::Severity severity);

Q_SIGNALS:
    void placeWanted(const Place& place);
    void unfolded();

protected:
    void contextMenuEvent(QContextMenuEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    void showRemedies(const domain::Snapshot& snapshot);
    void showAbout();
    void showSilence();
    void silence();
    void copy() const;
    QString spoken(const std::string& sentence) const;
    void showExplanation();
    QString explanation() const;

    Actions* m_actions;
    Silences* m_silences;
    domain::Finding m_finding;
    QTimeZone m_zone = QTimeZone::systemTimeZone();
    ChipLabel* m_chip;
    QLabel* m_about;
    QLabel* m_title;
    QLabel* m_consequence;
    QWidget* m_explanation; ///< facts as labels, the statements that prove them as code
    QString m_explained;
    FlowLayout* m_buttons;
    QAbstractButton* m_show;
    QWidget* m_further; ///< what can be done with the finding itself
    QAbstractButton* m_silence;
    QAbstractButton* m_endSilence;
    std::vector<std::string> m_remedies;
    std::vector<domain::ActionRequest> m_requests;
};

} // namespace ui
