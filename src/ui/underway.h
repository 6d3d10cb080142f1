// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "link/whendone.h"
#include "pg/error.h"

#include <QObject>
#include <QTimer>

#include <functional>
#include <map>

class QAbstractButton;
class QShortcut;
class QWidget;

namespace ui {

class Card;

/// Questions to the server that a person has begun and may end: by a button Cancel and by Esc, where a card has them.
/// They end by themselves when the place they were begun in is left or closed. Nothing is left of them at the server.
class UnderWay : public QObject {
    Q_OBJECT

public:
    explicit UnderWay(QWidget* place);
    /// With the button, in the heading of the card. It comes when a question takes longer than a moment.
    explicit UnderWay(Card* place);
    ~UnderWay() override;

    /// Calls take(answer) when it is there, or cancelled() when the question was ended before. Gives its number.
    template <class T, class Take>
    quint64 ask(QFuture<T> question, Take take, std::function<void()> cancelled = {}) {
        const quint64 number = ++m_newest;
        m_questions[number] = {[question]() mutable { question.cancel(); }, std::move(cancelled)};
        links::whenDone(question, this, [this, number, take = std::move(take)](const T& answer) {
            if (m_questions.erase(number) > 0) {
                update();
                take(answer);
            }
        });
        update();
        return number;
    }

    bool isEmpty() const { return m_questions.empty(); }

    /// Ends them all.
    void cancel();
    /// Ends one, or all, and tells nobody: something else is wanted.
    void forget(quint64 number);
    void forget();

    /// What stands where an answer would.
    static pg::Failure cancelledFailure();

Q_SIGNALS:
    /// Before what is under way is ended, because nobody looks any more.
    void left();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct Question {
        std::function<void()> cancel;
        std::function<void()> cancelled;
    };

    void update();

    std::map<quint64, Question> m_questions;
    quint64 m_newest = 0;
    QAbstractButton* m_button = nullptr;
    QShortcut* m_escape = nullptr;
    QTimer m_moment;
};

} // namespace ui
