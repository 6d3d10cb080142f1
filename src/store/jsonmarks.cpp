// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/jsonmarks.h"

#include <algorithm>
#include <bit>

using namespace Qt::StringLiterals;

namespace store {

namespace {

constexpr QStringView spelledMark = u"u0022";

/// How many strings the mark stands in. Doubled: in a text where each backslash was doubled once more.
int levelOf(const JsonMark& mark, bool doubled) {
    qsizetype run = doubled && mark.run % 2 == 0 ? mark.run / 2 : mark.run;
    int level = 0;
    for (; mark.spelled && run > 0 && run % 2 == 0; run /= 2)
        ++level;
    return level + std::countr_zero(std::size_t(run) + 1);
}

/// The backslashes that belong to the mark; those before them are the string's own.
qsizetype ownRun(const JsonMark& mark, bool doubled) {
    const bool half = doubled && mark.run % 2 == 0;
    if (mark.spelled && !half && mark.run % 2 == 0)
        return mark.run;
    const std::size_t run = std::size_t(half ? mark.run / 2 : mark.run) + 1;
    const auto own = qsizetype((std::size_t(1) << std::countr_zero(run)) - 1);
    return half ? 2 * own : own;
}

/// A string can't begin behind an even number of backslashes: somebody doubled them.
bool isDoubled(const JsonMark& opening) {
    return opening.run > 0 && opening.run % 2 == 0 && !opening.spelled;
}

bool isHex(QStringView text) {
    return std::all_of(text.begin(), text.end(), [](QChar c) {
        return (c >= u'0' && c <= u'9') || (c >= u'a' && c <= u'f') || (c >= u'A' && c <= u'F');
    });
}

} // namespace

QString unescapedKey(QStringView key) {
    QString read;
    for (qsizetype at = 0; at < key.size(); ++at) {
        if (key[at] != u'\\') {
            read += key[at];
            continue;
        }
        while (at < key.size() && key[at] == u'\\')
            ++at;
        if (at == key.size())
            break;
        if (key[at] == u'u' && key.size() - at > 4 && isHex(key.sliced(at + 1, 4))) {
            read += QChar(char16_t(key.sliced(at + 1, 4).toUInt(nullptr, 16)));
            at += 4;
        } else if (!u"bfnrt"_s.contains(key[at])) {
            read += key[at];
        }
    }
    return read;
}

std::optional<JsonMark> JsonMembers::markFrom(qsizetype at) const {
    const qsizetype size = m_text.size();
    const QChar* text = m_text.data();
    for (qsizetype run = 0; at < size; ++at) {
        const char16_t c = text[at].unicode();
        if (c == u'\\') {
            ++run;
            continue;
        }
        if (c == u'"')
            return JsonMark{at, at + 1, run, false};
        if (c == u'u' && run > 0 && m_text.sliced(at).startsWith(spelledMark))
            return JsonMark{at, at + spelledMark.size(), run, true};
        run = 0;
    }
    return {};
}

qsizetype JsonMembers::skipBlank(qsizetype at) const {
    while (at < m_text.size()) {
        const QChar c = m_text[at];
        if (c == u' ' || c == u'\t' || c == u'\n' || c == u'\r') {
            ++at;
            continue;
        }
        // Inside a string a line break is written as an escape.
        qsizetype behind = at;
        while (behind < m_text.size() && m_text[behind] == u'\\')
            ++behind;
        if (behind == at || behind == m_text.size() || !u"nrt"_s.contains(m_text[behind]))
            break;
        at = behind + 1;
    }
    return at;
}

std::optional<JsonMember> JsonMembers::next() {
    while (const auto mark = markFrom(m_at)) {
        m_at = mark->end;
        const int level = std::min(levelOf(*mark, false), levels - 1);
        const qsizetype begin = m_open[std::size_t(level)];
        // A mark ends what was open further inside, and may begin a string itself.
        std::fill(m_open.begin() + level, m_open.end(), -1);
        m_open[std::size_t(level)] = mark->end;
        if (begin < 0)
            continue;
        const qsizetype colon = skipBlank(mark->end);
        if (colon == m_text.size() || m_text[colon] != u':')
            continue;
        const bool doubled = isDoubled(*mark);
        const qsizetype end = std::max(begin, mark->at - ownRun(*mark, doubled));
        return JsonMember{m_text.sliced(begin, end - begin), m_text.sliced(end, mark->end - end).toString(),
                          skipBlank(colon + 1), levelOf(*mark, doubled), doubled};
    }
    return {};
}

void JsonMembers::goOn(qsizetype at) {
    m_at = at;
    m_open.fill(-1);
}

JsonPiece JsonMembers::value(const JsonMember& member) const {
    const qsizetype begin = member.value;
    if (begin >= m_text.size())
        return {begin, begin, false};
    if (m_text[begin] == u'{' || m_text[begin] == u'[')
        return {begin, endOfContainer(member), false};
    qsizetype at = begin;
    while (at < m_text.size() && m_text[at] == u'\\')
        ++at;
    const QStringView rest = m_text.sliced(at);
    if (rest.startsWith(u'"'))
        return stringFrom({at, at + 1, at - begin, false});
    if (at > begin && rest.startsWith(spelledMark))
        return stringFrom({at, at + spelledMark.size(), at - begin, true});
    if (m_text.sliced(begin).startsWith(u"null"_s))
        return {begin, begin, false};
    qsizetype end = begin;
    while (end < m_text.size() && !u",]}\" \t\r\n\\"_s.contains(m_text[end]))
        ++end;
    return {begin, end, false};
}

JsonPiece JsonMembers::stringFrom(const JsonMark& opening) const {
    const bool doubled = isDoubled(opening);
    const int level = levelOf(opening, doubled);
    for (auto mark = markFrom(opening.end); mark; mark = markFrom(mark->end)) {
        const int found = levelOf(*mark, doubled);
        if (found <= level)
            return {opening.end, mark->at - (found == level ? ownRun(*mark, doubled) : mark->run), true};
    }
    return {opening.end, m_text.size(), true};
}

qsizetype JsonMembers::endOfContainer(const JsonMember& member) const {
    int open = 0;
    bool inside = false;
    qsizetype run = 0;
    for (qsizetype at = member.value; at < m_text.size(); ++at) {
        const QChar c = m_text[at];
        if (c == u'\\') {
            ++run;
            continue;
        }
        const bool spelled = c == u'u' && run > 0 && m_text.sliced(at).startsWith(spelledMark);
        if (c == u'"' || spelled) {
            const int level = levelOf({at, at, run, spelled}, member.doubled);
            if (level < member.level)
                return at - run;
            inside = inside != (level == member.level);
        } else if (!inside && (c == u'{' || c == u'[')) {
            ++open;
        } else if (!inside && (c == u'}' || c == u']') && --open == 0) {
            return at + 1;
        }
        run = 0;
    }
    return m_text.size();
}

} // namespace store
