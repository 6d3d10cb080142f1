// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "desk/desk.h"
#include "operate/registry.h"

#include <QObject>
#include <QPointer>
#include <QTimeZone>

class QAbstractButton;
class QMenu;

namespace ui {

/// What is selected on a page, as an action sees it.
struct Subject {
    operate::SubjectKind kind = operate::SubjectKind::None;
    domain::ActionRequest request;
    QString refusal{}; ///< why no action can be about just this; empty: some can
};

/// A moment as an action's argument: microseconds since 1970.
std::string argument(pg::Timestamp moment);

/// Buttons, menu entries and commands for the registry's actions, and the way from any of them to the dialog. What
/// can't be done now stays reachable and says why.
class Actions : public QObject {
    Q_OBJECT

public:
    Actions(desk::Desk* desk, QWidget* window);

    desk::Desk* desk() const { return m_desk; }

    /// The actions that make sense for a subject: its own, and those of what it belongs to.
    std::vector<const operate::Action*> fitting(const Subject& subject) const;

    /// The request for an action on a subject: only the fields that action is about.
    domain::ActionRequest requestFor(const operate::Action& action, const Subject& subject) const;

    /// Opens the dialog, or says why not.
    void start(const domain::ActionRequest& request);
    void addTo(QMenu& menu, const Subject& subject);
    /// A button for one action on what subject() says when it is pressed; null for an unknown id.
    QAbstractButton* makeButton(const std::string& id, std::function<Subject()> subject, QWidget* parent);

    /// Dialogs tell times in it.
    void setZone(const QTimeZone& zone) { m_zone = zone; }

    /// Whether buttons are available is judged anew.
    void refresh();

    static QString text(const operate::Action& action); ///< "Force-unregister…"

Q_SIGNALS:
    void performed(const domain::ActionOutcome& outcome);
    /// Somebody asked to switch to Operate.
    void armingWanted();

private:
    struct Button {
        QPointer<QAbstractButton> widget;
        const operate::Action* action;
        std::function<Subject()> subject;
    };

    /// Of what the subject allows to be asked for.
    desk::Availability availability(const Subject& subject, const domain::ActionRequest& request) const;
    void ask(const operate::Action& action, const domain::ActionRequest& request,
             const desk::Availability& availability);
    void refresh(const Button& button) const;

    desk::Desk* m_desk;
    QWidget* m_window;
    QTimeZone m_zone = QTimeZone::systemTimeZone();
    std::vector<Button> m_buttons;
};

} // namespace ui
