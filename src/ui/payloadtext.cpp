// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/payloadtext.h"

#include "models/format.h"

#include <QContextMenuEvent>
#include <QMenu>
#include <QMimeData>
#include <QTextCursor>

#include <algorithm>
#include <memory>

namespace ui {

namespace {

// What is put in at once takes some milliseconds.
constexpr qsizetype pieceSize = qsizetype(128) * 1024;
constexpr qsizetype pieceLines = 2'000;

} // namespace

PayloadText::Prepared PayloadText::prepare(const QString& exact) {
    Prepared made;
    made.exact = exact;
    const QString text = models::format::visible(exact);
    made.shown.reserve(text.size());
    qsizetype begin = 0;
    while (begin < text.size()) {
        if (++made.shownLines > mostLines) {
            made.all = false;
            break;
        }
        qsizetype end = text.indexOf(u'\n', begin);
        if (end < 0)
            end = text.size();
        const bool long_ = end - begin > longestLine;
        if (long_) {
            end = begin + longestLine;
            if (text[end - 1].isHighSurrogate())
                --end;
        } else {
            end = std::min(end + 1, text.size());
        }
        made.shown += QStringView(text).sliced(begin, end - begin);
        if (long_) {
            made.breaks.push_back(made.shown.size());
            made.shown += u'\n';
        }
        begin = end;
    }
    return made;
}

PayloadText::PayloadText(QWidget* parent)
    : QPlainTextEdit(parent) {
    setReadOnly(true);
    setUndoRedoEnabled(false);
    connect(&m_timer, &QTimer::timeout, this, &PayloadText::putMore);
}

void PayloadText::show(Prepared prepared) {
    clear();
    m_content = std::move(prepared);
    putMore();
    if (!isFilled())
        m_timer.start(0);
}

void PayloadText::clear() {
    m_timer.stop();
    m_content = {};
    m_put = 0;
    QPlainTextEdit::clear();
}

void PayloadText::putMore() {
    const QStringView rest = QStringView(m_content.shown).sliced(m_put);
    qsizetype length = std::min(rest.size(), pieceSize);
    qsizetype lines = 0;
    for (qsizetype at = 0; at < length; ++at) {
        if (rest[at] == u'\n' && ++lines == pieceLines)
            length = at + 1;
    }
    if (length > 0 && length < rest.size() && rest[length - 1].isHighSurrogate())
        --length;
    if (length > 0) {
        QTextCursor end(document());
        end.movePosition(QTextCursor::End);
        end.insertText(rest.first(length).toString());
    }
    m_put += length;
    if (isFilled() && m_timer.isActive()) {
        m_timer.stop();
        Q_EMIT filled();
    }
}

qsizetype PayloadText::exactPlace(qsizetype shown) const {
    const auto& breaks = m_content.breaks;
    qsizetype wanted = shown - (std::lower_bound(breaks.begin(), breaks.end(), shown) - breaks.begin());
    qsizetype at = 0;
    for (const QStringView exact(m_content.exact); at < exact.size() && wanted > 0; ++at)
        wanted -= models::format::visibleLength(exact[at]);
    return at;
}

QMimeData* PayloadText::createMimeDataFromSelection() const {
    const QTextCursor cursor = textCursor();
    const qsizetype begin = exactPlace(cursor.selectionStart());
    const bool toTheEnd = cursor.selectionEnd() == m_content.shown.size();
    const qsizetype end = toTheEnd ? m_content.exact.size() : exactPlace(cursor.selectionEnd());
    auto copied = std::make_unique<QMimeData>();
    copied->setText(m_content.exact.sliced(begin, std::max(begin, end) - begin));
    return copied.release();
}

void PayloadText::contextMenuEvent(QContextMenuEvent* event) {
    QMenu* menu = createStandardContextMenu(event->pos());
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addSeparator();
    menu->addActions(actions());
    menu->popup(event->globalPos());
}

} // namespace ui
