// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/underway.h"

#include "ui/card.h"
#include "ui/keys.h"

#include <QAbstractButton>
#include <QEvent>
#include <QShortcut>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr std::chrono::milliseconds moment{300};

} // namespace

UnderWay::UnderWay(QWidget* place)
    : QObject(place) {
    place->installEventFilter(this);
}

UnderWay::UnderWay(Card* place)
    : UnderWay(static_cast<QWidget*>(place)) {
    m_button = makeButton(tr("Cancel"), u"cancelLook"_s, place);
    m_button->setToolTip(keys::withKeys(tr("Ends what the server is asked here"), keys::Deed::CancelQuestion));
    m_button->setAccessibleName(m_button->toolTip());
    m_button->hide();
    place->addToHeading(m_button);
    connect(m_button, &QAbstractButton::clicked, this, &UnderWay::cancel);
    m_escape = new QShortcut(keys::of(keys::Deed::CancelQuestion).keys.first(), place);
    m_escape->setContext(Qt::WidgetWithChildrenShortcut);
    m_escape->setEnabled(false);
    connect(m_escape, &QShortcut::activated, this, &UnderWay::cancel);
    m_moment.setSingleShot(true);
    m_moment.setInterval(moment);
    connect(&m_moment, &QTimer::timeout, m_button, &QWidget::show);
}

UnderWay::~UnderWay() {
    for (const auto& [number, question] : m_questions)
        question.cancel();
}

void UnderWay::cancel() {
    const auto ended = std::exchange(m_questions, {});
    update();
    for (const auto& [number, question] : ended) {
        question.cancel();
        if (question.cancelled)
            question.cancelled();
    }
}

void UnderWay::forget(quint64 number) {
    if (auto one = m_questions.extract(number)) {
        one.mapped().cancel();
        update();
    }
}

void UnderWay::forget() {
    while (!m_questions.empty())
        forget(m_questions.begin()->first);
}

pg::Failure UnderWay::cancelledFailure() {
    pg::Failure failure;
    failure.kind = pg::ErrorKind::Cancelled;
    failure.diagnostics.message = tr("the server was told to stop").toStdString();
    return failure;
}

void UnderWay::update() {
    if (!m_button)
        return;
    m_escape->setEnabled(!isEmpty());
    if (isEmpty()) {
        m_moment.stop();
        m_button->hide();
    } else if (!m_button->isVisible() && !m_moment.isActive()) {
        m_moment.start();
    }
}

bool UnderWay::eventFilter(QObject* watched, QEvent* event) {
    // A window that is only minimised is not left: what somebody began goes on.
    if (event->type() == QEvent::Hide && !event->spontaneous() && !isEmpty()) {
        Q_EMIT left();
        cancel();
    }
    return QObject::eventFilter(watched, event);
}

} // namespace ui
