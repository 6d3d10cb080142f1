// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "desk/desk.h"
#include "operate/action.h"

#include <QDialog>
#include <QTimer>
#include <QTimeZone>

class QAbstractButton;
class QFormLayout;
class QLabel;
class QLineEdit;
class QStackedWidget;
class QVBoxLayout;

namespace ui {

class Notice;
class ParameterForm;
class PredictionView;
class RunView;
class SqlView;

/// An action from question to answer in one window: what and where and as seen when, its parameters, what it would do,
/// the SQL, the reason, the typed name where it destroys something in a place that matters; then what really happened.
class ActionDialog : public QDialog {
    Q_OBJECT

public:
    /// Times are told in the zone.
    ActionDialog(desk::Desk* desk, const operate::Action& action, domain::ActionRequest request, const QTimeZone& zone,
                 QWidget* parent);

Q_SIGNALS:
    /// The action was carried out (whatever the outcome).
    void performed(const domain::ActionOutcome& outcome);
    /// What takes it back, or goes on with it, is to be asked for.
    void nextWanted(const domain::ActionRequest& request);

private:
    QWidget* makeQuestion();
    QWidget* makeAnswer();
    QLayout* makeFooter();
    void addSubjectLines(QVBoxLayout* layout);
    void addGentlerWay(QVBoxLayout* layout);
    void addConfirmation(QVBoxLayout* layout);
    void predictSoon();
    void predict();
    void showPrediction(const domain::Prediction& prediction);
    void showPredictionFailure(const QString& why);
    void fit();
    void updateButton();
    void rehearse();
    void perform();
    void offerUndo(const domain::ActionOutcome& outcome);
    void showOutcome(const domain::ActionOutcome& outcome);
    domain::ActionRequest filledRequest() const;
    bool needsTypedName() const;
    QString nameToType() const;
    QString actText() const;

    desk::Desk* m_desk;
    const operate::Action& m_action;
    domain::ActionRequest m_request;
    QTimeZone m_zone;
    ParameterForm* m_form = nullptr;
    QStackedWidget* m_pages;
    PredictionView* m_predicted = nullptr;
    QLabel* m_state = nullptr;
    SqlView* m_sql = nullptr;
    QLineEdit* m_reason = nullptr;
    QLineEdit* m_typedName = nullptr;
    QWidget* m_question = nullptr; ///< what scrolls when the screen is too low
    QVBoxLayout* m_answer = nullptr;
    QAbstractButton* m_act = nullptr;
    QAbstractButton* m_cancel = nullptr;
    QAbstractButton* m_rehearse = nullptr;
    QAbstractButton* m_undo = nullptr;
    RunView* m_run = nullptr;
    QTimer m_predictTimer;
    quint64 m_asked = 0;
    std::optional<domain::Prediction> m_prediction;
    bool m_running = false;
};

} // namespace ui
