// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/actions.h"

#include "ui/actiondialog.h"
#include "ui/card.h"
#include "ui/whynotdialog.h"
#include "ui/words.h"

#include <QAbstractButton>
#include <QMenu>

using namespace Qt::StringLiterals;

namespace ui {

using operate::SubjectKind;

namespace {

/// What a subject of one kind belongs to, nearest first.
std::vector<SubjectKind> kindsAround(const Subject& subject) {
    switch (subject.kind) {
    case SubjectKind::WorkMessage:
    case SubjectKind::WorkDead:
        return {subject.kind, SubjectKind::WorkQueue};
    case SubjectKind::WorkQueue:
    case SubjectKind::Barrier:
    case SubjectKind::Backend:
        return {subject.kind};
    case SubjectKind::Retry:
    case SubjectKind::Message:
    case SubjectKind::DeadLetters:
        return {subject.kind, SubjectKind::Queue};
    default:
        break;
    }
    std::vector<SubjectKind> kinds;
    if (subject.request.arguments.contains("dead_letter"))
        kinds.push_back(SubjectKind::DeadLetter);
    if (subject.request.batch)
        kinds.push_back(SubjectKind::Batch);
    if (!subject.request.subconsumer.empty())
        kinds.push_back(SubjectKind::Member);
    else if (!subject.request.consumer.empty())
        kinds.push_back(SubjectKind::Consumer);
    if (!subject.request.queue.empty())
        kinds.push_back(SubjectKind::Queue);
    return kinds;
}

} // namespace

std::string argument(pg::Timestamp moment) {
    return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(moment.time_since_epoch()).count());
}

Actions::Actions(desk::Desk* desk, QWidget* window)
    : QObject(window)
    , m_desk(desk)
    , m_window(window) {
    connect(desk, &desk::Desk::accessModeChanged, this, qOverload<>(&Actions::refresh));
    connect(desk, &desk::Desk::armingChanged, this, qOverload<>(&Actions::refresh));
    connect(desk, &desk::Desk::snapshotReady, this, [this] { refresh(); });
    connect(desk, &desk::Desk::linkStatusChanged, this, qOverload<>(&Actions::refresh));
}

QString Actions::text(const operate::Action& action) {
    return words::ofRegistry(action.title) + u'…';
}

std::vector<const operate::Action*> Actions::fitting(const Subject& subject) const {
    std::vector<const operate::Action*> found;
    for (const SubjectKind kind : kindsAround(subject)) {
        for (const operate::Action* action : m_desk->actions().forSubject(kind))
            found.push_back(action);
    }
    return found;
}

domain::ActionRequest Actions::requestFor(const operate::Action& action, const Subject& subject) const {
    domain::ActionRequest request = subject.request;
    request.action = action.id;
    switch (action.subject) {
    case SubjectKind::None:
        request = {};
        request.action = action.id;
        break;
    case SubjectKind::Queue:
        request.consumer.clear();
        [[fallthrough]];
    case SubjectKind::Consumer:
        request.subconsumer.clear();
        request.batch.reset();
        request.seen.reset();
        for (const char* name : {"dead_letter", "dead_letters", "owner", "event", "due", "payload", "extra1", "extra2",
                                 "extra3", "extra4"})
            request.arguments.erase(name);
        break;
    case SubjectKind::Member:
    case SubjectKind::Batch:
    case SubjectKind::DeadLetter:
    case SubjectKind::DeadLetters:
    case SubjectKind::Retry:
    case SubjectKind::Message:
    case SubjectKind::Backend:
    case SubjectKind::WorkMessage:
    case SubjectKind::WorkDead:
    case SubjectKind::Barrier:
        break;
    case SubjectKind::WorkQueue:
        request.arguments.clear();
        break;
    }
    return request;
}

void Actions::start(const domain::ActionRequest& request) {
    const operate::Action* action = m_desk->actions().find(request.action);
    if (action)
        ask(*action, request, m_desk->availability(request));
}

desk::Availability Actions::availability(const Subject& subject, const domain::ActionRequest& request) const {
    return subject.refusal.isEmpty() ? m_desk->availability(request) : desk::Availability{false, subject.refusal, {}};
}

void Actions::ask(const operate::Action& action, const domain::ActionRequest& request,
                  const desk::Availability& availability) {
    QDialog* dialog = nullptr;
    if (availability.available) {
        auto* question = new ActionDialog(m_desk, action, request, m_zone, m_window);
        connect(question, &ActionDialog::performed, this, &Actions::performed);
        connect(question, &ActionDialog::nextWanted, this, &Actions::start, Qt::QueuedConnection);
        dialog = question;
    } else {
        auto* why = new WhyNotDialog(words::ofRegistry(action.title), availability, m_window);
        connect(why, &WhyNotDialog::armingWanted, this, &Actions::armingWanted);
        dialog = why;
    }
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void Actions::addTo(QMenu& menu, const Subject& subject) {
    SubjectKind last = SubjectKind::None;
    for (const operate::Action* action : fitting(subject)) {
        if (last != SubjectKind::None && last != action->subject)
            menu.addSeparator();
        last = action->subject;
        const domain::ActionRequest request = requestFor(*action, subject);
        const desk::Availability availability = m_desk->availability(request);
        QAction* entry =
            menu.addAction(availability.available ? text(*action) : tr("%1 (why not?)").arg(text(*action)));
        entry->setObjectName(u"action."_s + QString::fromStdString(action->id));
        entry->setToolTip(
            models::format::tooltip(availability.available ? words::ofRegistry(action->help) : availability.why));
        connect(entry, &QAction::triggered, this, [this, request] { start(request); });
    }
}

QAbstractButton* Actions::makeButton(const std::string& id, std::function<Subject()> subject, QWidget* parent) {
    const operate::Action* action = m_desk->actions().find(id);
    if (!action)
        return nullptr;
    QAbstractButton* button = ui::makeButton(text(*action), u"action."_s + QString::fromStdString(id), parent);
    connect(button, &QAbstractButton::clicked, this, [this, action, subject] {
        const Subject about = subject();
        const domain::ActionRequest request = requestFor(*action, about);
        ask(*action, request, availability(about, request));
    });
    m_buttons.push_back({button, action, std::move(subject)});
    // Whoever makes the button is still being built and can't say yet what is selected.
    QMetaObject::invokeMethod(this, qOverload<>(&Actions::refresh), Qt::QueuedConnection);
    return button;
}

void Actions::refresh() {
    std::erase_if(m_buttons, [](const Button& button) { return !button.widget; });
    for (const Button& button : m_buttons)
        refresh(button);
}

void Actions::refresh(const Button& button) const {
    if (!button.widget->isVisible() && button.widget->property("unavailable").isValid())
        return;
    const Subject about = button.subject();
    const desk::Availability availability = this->availability(about, requestFor(*button.action, about));
    button.widget->setProperty("unavailable", !availability.available);
    const QString why = availability.available ? words::ofRegistry(button.action->help) : availability.why;
    button.widget->setToolTip(models::format::tooltip(why));
    button.widget->setAccessibleDescription(why);
    button.widget->update();
}

} // namespace ui
