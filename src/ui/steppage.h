// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/steppermodels.h"
#include "ui/page.h"

#include <map>

class QAbstractButton;
class QHBoxLayout;
class QLabel;
class QStackedWidget;
class QTableView;

namespace desk {
class Stepping;
}

namespace ui {

class Banner;
class Card;
class LaneCard;
class ScriptCard;
class TableController;
class WindowStrip;

/// The cooperative debugger: workers that are stepped call by call on a real database, what each holds and waits for,
/// and what the rules say will happen next.
class StepPage : public Page {
    Q_OBJECT

public:
    explicit StepPage(const PageTools& tools, QWidget* parent = nullptr);

    void showSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) override;
    void setStale(bool stale) override;
    void setZone(const QTimeZone& zone) override;
    /// A scenario of the library: begins, and plays it.
    void openSubject(const QString& scenario) override;

    Subject subject() const override { return {}; }

    QWidget* mainView() const override;
    bool isComplete() const override;

Q_SIGNALS:
    void armingWanted();

private:
    QWidget* makeStart();
    QWidget* makeBoard();
    QWidget* makeTables();
    void addGroupTools();
    void begin();
    void take(const QString& line);
    void consider(const QString& line);
    void refresh();
    void showLanes();
    void showReport();
    void showDifferences();
    void tell(const QString& text, models::Tone tone);

    desk::Stepping* m_stepping;
    models::AnswerModel<models::TokenLine> m_tokens;
    models::AnswerModel<models::GivenBackLine> m_givenBack;
    QStackedWidget* m_stack;
    QLabel* m_explanation;
    QLabel* m_problem;
    QAbstractButton* m_begin;
    Banner* m_defects;
    Card* m_windowCard;
    Card* m_nextCard;
    QHBoxLayout* m_lanes;
    std::map<std::string, LaneCard*> m_laneCards;
    WindowStrip* m_windows;
    QLabel* m_next;
    QLabel* m_happened;
    QTableView* m_tokenView;
    QTableView* m_givenBackView;
    TableController* m_tokenTable;
    TableController* m_givenBackTable;
    ScriptCard* m_script;
    QString m_wanted;
};

} // namespace ui
