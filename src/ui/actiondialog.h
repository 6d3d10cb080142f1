// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "desk/desk.h"
#include "operate/action.h"

#include <QDialog>
#include <QTimer>

class QAbstractButton;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QStackedWidget;
class QVBoxLayout;

namespace ui {

class Notice;
class ParameterForm;

/// An action from question to answer in one window: what and where and as seen when, its parameters, what it would do,
/// the SQL, the reason, the typed name where it destroys something in a place that matters; then what really happened.
class ActionDialog : public QDialog {
    Q_OBJECT

public:
    ActionDialog(desk::Desk* desk, const operate::Action& action, domain::ActionRequest request, QWidget* parent);

Q_SIGNALS:
    /// The action was carried out (whatever the outcome).
    void performed(const domain::ActionOutcome& outcome);

private:
    QWidget* makeQuestion();
    QWidget* makeAnswer();
    QLayout* makeFooter();
    void addSubjectLines(QVBoxLayout* layout);
    void addConfirmation(QVBoxLayout* layout);
    void predictSoon();
    void predict();
    void showPrediction(const domain::Prediction& prediction);
    void showPredictionFailure(const QString& why);
    void setTiles(const std::vector<domain::PredictedNumber>& numbers);
    void setFacts(const domain::Prediction& prediction);
    void fit();
    void updateButton();
    void perform();
    void showOutcome(const domain::ActionOutcome& outcome);
    domain::ActionRequest filledRequest() const;
    bool needsTypedName() const;
    QString actText() const;

    desk::Desk* m_desk;
    const operate::Action& m_action;
    domain::ActionRequest m_request;
    ParameterForm* m_form = nullptr;
    QStackedWidget* m_pages;
    QWidget* m_tiles = nullptr;
    QWidget* m_facts = nullptr;
    QLabel* m_state = nullptr;
    QPlainTextEdit* m_sql = nullptr;
    QLineEdit* m_reason = nullptr;
    QLineEdit* m_typedName = nullptr;
    QWidget* m_question = nullptr; ///< what scrolls when the screen is too low
    QVBoxLayout* m_answer = nullptr;
    QAbstractButton* m_act = nullptr;
    QAbstractButton* m_cancel = nullptr;
    QTimer m_predictTimer;
    quint64 m_asked = 0;
    std::optional<domain::Prediction> m_prediction;
    bool m_running = false;
};

/// A text of SQL to read and copy.
QPlainTextEdit* makeSqlView(const QString& objectName, QWidget* parent = nullptr);
/// As high as its text, up to so many lines.
void fitSqlView(QPlainTextEdit* view, int mostLines);

/// Says why an action can't be done, with the GRANT that would help.
class WhyNotDialog : public QDialog {
    Q_OBJECT

public:
    WhyNotDialog(const QString& action, const desk::Availability& availability, bool offerArming, QWidget* parent);

Q_SIGNALS:
    void armingWanted();
};

} // namespace ui
