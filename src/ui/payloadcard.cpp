// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/payloadcard.h"

#include "link/whendone.h"
#include "models/masking.h"
#include "ui/payloadview.h"
#include "ui/theme.h"
#include "ui/words.h"

#include <QPlainTextEdit>
#include <QTextDocument>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

/// Of what stands above the payload; the rest is scrolled to.
constexpr int mostLines = 6;
/// A line of very many characters would be laid out as a whole before its beginning is drawn.
constexpr qsizetype longestLine = 4'096;

QString shown(const domain::Message& message, std::size_t extra) {
    const std::string& text = *message.extras[extra];
    if (text.empty())
        return PayloadCard::tr("(empty)");
    QString words = models::format::visible(models::masked(text));
    for (qsizetype at = longestLine; at < words.size(); at += longestLine + 1)
        words.insert(at, u'\n');
    if (message.extraIsCut(extra))
        words += PayloadCard::tr("… (%1 in all)").arg(models::format::bytes(message.extraBytes[extra]));
    return words;
}

QString fieldsOf(const domain::Message& message) {
    QStringList lines;
    if (message.txid)
        lines += PayloadCard::tr("transaction  %1").arg(*message.txid);
    for (std::size_t at = 0; at < message.extras.size(); ++at) {
        if (message.extras[at])
            lines += u"extra"_s + QString::number(at + 1) + u"  "_s + shown(message, at);
    }
    return lines.join(u'\n');
}

} // namespace

PayloadCard::PayloadCard(const QString& title, QWidget* parent)
    : Card(title, parent)
    , m_title(title)
    , m_view(new PayloadView)
    , m_fields(new QPlainTextEdit) {
    addToHeading(m_view->modeSwitch());
    m_fields->setObjectName(u"messageFields"_s);
    m_fields->setAccessibleName(tr("Transaction and extra fields"));
    m_fields->setReadOnly(true);
    m_fields->setFrameShape(QFrame::NoFrame);
    m_fields->setTabChangesFocus(true);
    m_fields->setFont(codeFont());
    m_fields->setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    m_fields->document()->setDocumentMargin(8);
    auto* content = new QWidget;
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_fields);
    column->addWidget(m_view, 1);
    setContent(content);
    connect(m_view, &PayloadView::moreWanted, this, [this](qint64 bytes) {
        if (m_fetch)
            m_fetch(bytes);
    });
    connect(m_view, &PayloadView::ready, this, &PayloadCard::settled);
    m_fields->hide();
}

void PayloadCard::begin(const QString& title, const QString& note) {
    ++m_request;
    m_asked.cancel();
    m_pending = false;
    setTitle(title);
    setNote(note);
    m_fields->hide();
}

void PayloadCard::showPayload(const QString& title, const QString& note, const std::optional<std::string>& beginning,
                              qint64 bytes, Fetch fetch) {
    begin(title, note);
    m_fetch = [this, fetch = std::move(fetch), bytes](qint64 maxBytes) {
        take<std::optional<std::string>>(
            fetch(maxBytes), [this, bytes](const std::optional<std::string>& text) { m_view->showPayload(text, bytes); });
    };
    if (!beginning || qint64(beginning->size()) >= bytes) {
        m_view->showPayload(beginning, bytes);
        return;
    }
    m_view->showLoading();
    m_fetch(PayloadView::firstBytes);
}

void PayloadCard::showMessage(const QString& title, const QString& note, const std::optional<domain::Message>& known,
                              FetchMessage fetch) {
    begin(title, note);
    m_fetch = [this, fetch = std::move(fetch)](qint64 maxBytes) {
        take<domain::Message>(fetch(maxBytes), [this](const domain::Message& message) { put(message); });
    };
    if (known && !known->isCut()) {
        put(*known);
        return;
    }
    m_view->showLoading();
    m_fetch(PayloadView::firstBytes);
}

void PayloadCard::put(const domain::Message& message) {
    const QString fields = fieldsOf(message);
    m_fields->setPlainText(fields);
    m_fields->setVisible(!fields.isEmpty());
    const int lines = std::clamp(int(fields.count(u'\n') + fields.size() / 60) + 1, 1, mostLines);
    m_fields->setFixedHeight(QFontMetrics(codeFont()).lineSpacing() * lines + 18);
    m_view->showPayload(message.data, message.dataBytes);
}

void PayloadCard::showEvent(desk::Desk* desk, std::int32_t queueId, const domain::EventRow& event) {
    using models::format::foreign;
    QStringList note = {event.type ? foreign(models::format::text(*event.type), 60) : tr("no type")};
    if (event.retry.value_or(0) > 0)
        note += tr("%n retry(ies)", nullptr, *event.retry);
    if (event.data)
        note += models::format::bytes(event.dataBytes);
    showMessage(tr("Event %1").arg(event.id), note.join(u" · "_s), event.message(),
                [desk, queueId, position = event.position, id = event.id](qint64 bytes) {
                    return desk->message(queueId, position, id, bytes);
                });
}

void PayloadCard::clear(const QString& why) {
    begin(m_title, {});
    m_fetch = {};
    m_view->clear(why);
}

bool PayloadCard::isSettled() const {
    return !m_pending && m_view->isReady();
}

template <class T>
void PayloadCard::take(const QFuture<links::Reply<T>>& reply, std::function<void(const T&)> show) {
    m_pending = true;
    m_asked.cancel();
    m_asked = QFuture<void>(reply);
    links::whenDone(reply, this, [this, request = ++m_request, show = std::move(show)](const links::Reply<T>& answer) {
        if (request != m_request)
            return;
        m_pending = false;
        if (const auto* failure = std::get_if<pg::Failure>(&answer))
            m_view->showFailure(words::failure(*failure));
        else
            show(std::get<T>(answer));
        Q_EMIT settled();
    });
}

} // namespace ui
