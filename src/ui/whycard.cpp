// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/whycard.h"

#include "ui/theme.h"
#include "ui/underway.h"
#include "ui/words.h"

#include <QAbstractButton>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QRegularExpressionValidator>
#include <QScrollArea>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

/// The search for the event stops here; each step of it is bounded by itself.
constexpr std::int64_t mostBytes = std::int64_t(512) * 1024 * 1024;
/// An event stands once as it was sent, and once more for each time it was put back.
constexpr std::size_t mostCopies = 16;

} // namespace

WhyCard::WhyCard(desk::Desk* desk, QWidget* parent)
    : Card(tr("Why is an event not here?"), parent)
    , m_desk(desk)
    , m_underWay(new UnderWay(this))
    , m_id(new QLineEdit)
    , m_answer(new QLabel) {
    setObjectName(u"why"_s);
    m_id->setObjectName(u"whyEvent"_s);
    m_id->setPlaceholderText(tr("Event id"));
    m_id->setAccessibleName(tr("Event that is missed"));
    m_id->setValidator(new QRegularExpressionValidator(QRegularExpression(u"[0-9]{1,19}"_s), m_id));
    m_id->setFixedWidth(130);
    QAbstractButton* go = makeButton(tr("Explain"), u"explain"_s, this);
    addToHeading(m_id);
    addToHeading(go);
    m_answer->setObjectName(u"whyAnswer"_s);
    m_answer->setAccessibleName(tr("Why the event is not in this batch"));
    m_answer->setWordWrap(true);
    m_answer->setTextFormat(Qt::PlainText);
    makeSelectable(m_answer, true);
    m_answer->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    m_answer->setContentsMargins(space::large, 10, space::large, 10);
    m_answer->setBackgroundRole(QPalette::Base);
    m_answer->setAutoFillBackground(true);
    auto* scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(m_answer);
    setContent(scroll);
    connect(m_id, &QLineEdit::returnPressed, this, &WhyCard::explain);
    connect(go, &QAbstractButton::clicked, this, &WhyCard::explain);
    setWindow({});
}

void WhyCard::setZone(const QTimeZone& zone) {
    m_zone = zone;
    tell();
}

void WhyCard::setWindow(const std::optional<Window>& window) {
    if (window && m_window && window->isSameAs(*m_window))
        return;
    m_window = window;
    m_underWay->forget();
    say(tr("A batch holds what its second tick saw and its first did not. Enter the id of an event that is missed."));
}

void WhyCard::say(const QString& text) {
    m_told.reset();
    m_answer->setText(text);
}

void WhyCard::tell() {
    if (!m_told || !m_window)
        return;
    QString text = models::whyNotText(m_copies, m_others, asked(), m_zone);
    if (!m_told->isEmpty())
        text += u"\n\n"_s + *m_told;
    m_answer->setText(text);
}

void WhyCard::explain() {
    if (!m_window || m_id->text().isEmpty())
        return;
    bool isNumber = false;
    m_wanted = m_id->text().toLongLong(&isNumber);
    m_underWay->forget();
    if (!isNumber) {
        say(tr("%1 is larger than any event's id.").arg(m_id->text()));
        return;
    }
    m_bytesRead = 0;
    m_copies.clear();
    m_others = false;
    say(tr("Looking for event %1…").arg(m_wanted));
    look({});
}

void WhyCard::look(const std::optional<domain::EventPosition>& from) {
    domain::EventSearch search;
    search.id = m_wanted;
    m_underWay->ask(m_desk->searchEvents(m_window->queueId, search, from),
                    [this](const links::Reply<domain::EventPage>& reply) {
                        if (const auto* failure = std::get_if<pg::Failure>(&reply)) {
                            say(words::failure(*failure));
                            return;
                        }
                        const auto& page = std::get<domain::EventPage>(reply);
                        m_bytesRead += page.bytesRead;
                        judge(page, 0);
                    },
                    [this] { say(tr("Cancelled.")); });
}

/// One copy after the other, until one is in the window: that is the answer. A copy that was put back for somebody
/// else says nothing.
void WhyCard::judge(const domain::EventPage& page, std::size_t next) {
    for (; next < page.rows.size() && m_copies.size() < mostCopies; ++next) {
        const domain::EventRow& event = page.rows[next];
        if (event.owner && *event.owner != m_window->subId) {
            m_others = true;
            continue;
        }
        m_underWay->ask(m_desk->eventStory(m_window->queueId, event),
                        [this, page, next](const links::Reply<domain::EventStory>& reply) {
                            if (const auto* failure = std::get_if<pg::Failure>(&reply)) {
                                say(words::failure(*failure));
                                return;
                            }
                            m_copies.push_back({page.rows[next], std::get<domain::EventStory>(reply)});
                            if (asked().holds(m_copies.back()))
                                judgeAll();
                            else
                                judge(page, next + 1);
                        },
                        [this] { say(tr("Cancelled.")); });
        return;
    }
    if (!page.next || m_copies.size() >= mostCopies) {
        judgeAll();
    } else if (m_bytesRead < mostBytes) {
        say(tr("Looking for event %1… %2 read").arg(m_wanted).arg(models::format::bytes(m_bytesRead)));
        look(page.next);
    } else {
        const QString end = tr("Only the first %1 of the queue's tables were looked at. Messages can search on.")
                                .arg(models::format::bytes(m_bytesRead));
        judgeAll(end);
    }
}

models::AskedWindow WhyCard::asked() const {
    return {m_window->lastTick, m_window->nextTick, m_window->subId, m_window->consumerId};
}

void WhyCard::judgeAll(const QString& unread) {
    if (!m_copies.empty() || m_others) {
        m_told = unread;
        tell();
    } else if (!unread.isEmpty()) {
        say(unread);
    } else {
        say(tr("No event %1 is stored. It was never sent to this queue, its transaction was rolled back, its table was "
               "rotated away, or it waits on the pages Retry and Dead letters.")
                .arg(m_wanted));
    }
}

} // namespace ui
