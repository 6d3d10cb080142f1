// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/jsontext.h"

#include <QCoreApplication>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace models {

namespace {

struct JsonWords {
    Q_DECLARE_TR_FUNCTIONS(JsonWords)
};

bool isBlank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

bool isHex(char c) {
    return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Checks a text against RFC 8259 in one pass, with the open brackets on a stack of its own so that depth costs no
/// calls.
class Checker {
public:
    explicit Checker(const QByteArray& text)
        : m_text(text) {}

    std::optional<JsonError> run() {
        Want want = Want::Value;
        while (step(want)) {
        }
        return error();
    }

private:
    enum class Want { Value, FirstItem, Key, FirstKey, After };

    /// One token; false at the end and on an error.
    bool step(Want& want) {
        blank();
        switch (want) {
        case Want::FirstItem:
            if (close(']', want))
                return true;
            [[fallthrough]];
        case Want::Value:
            return value(want);
        case Want::FirstKey:
            if (close('}', want))
                return true;
            [[fallthrough]];
        case Want::Key:
            want = Want::Value;
            return key();
        case Want::After:
            return afterValue(want);
        }
        return false;
    }

    char peek() const { return m_at < m_text.size() ? m_text[m_at] : '\0'; }

    bool atEnd() const { return m_at >= m_text.size(); }

    void blank() {
        while (!atEnd() && isBlank(m_text[m_at]))
            ++m_at;
    }

    bool fail(const QString& what) {
        if (m_what.isEmpty())
            m_what = atEnd() ? JsonWords::tr("the text ends too early") : what;
        return false;
    }

    std::optional<JsonError> error() const {
        if (m_what.isEmpty())
            return std::nullopt;
        JsonError error{m_at, 1, 1, m_what};
        const QByteArrayView before = QByteArrayView(m_text).first(m_at);
        const qsizetype lineStart = before.lastIndexOf('\n') + 1;
        error.line = int(before.count('\n')) + 1;
        error.column = int(QString::fromUtf8(before.sliced(lineStart)).size()) + 1;
        return error;
    }

    /// A scalar, or the bracket that opens a container.
    bool value(Want& want) {
        want = Want::After;
        switch (peek()) {
        case '{':
        case '[':
            want = peek() == '{' ? Want::FirstKey : Want::FirstItem;
            m_open.append(peek());
            ++m_at;
            return true;
        case '"':
            return string();
        case 't':
            return word("true");
        case 'f':
            return word("false");
        case 'n':
            return word("null");
        default:
            return number();
        }
    }

    bool close(char bracket, Want& want) {
        if (peek() != bracket)
            return false;
        ++m_at;
        m_open.chop(1);
        want = Want::After;
        return true;
    }

    bool afterValue(Want& want) {
        if (m_open.isEmpty())
            return !atEnd() && fail(JsonWords::tr("there is something behind the value"));
        const bool object = m_open.back() == '{';
        if (close(object ? '}' : ']', want))
            return true;
        if (peek() != ',')
            return fail(object ? JsonWords::tr("a comma or } is missing") : JsonWords::tr("a comma or ] is missing"));
        ++m_at;
        want = object ? Want::Key : Want::Value;
        return true;
    }

    /// A key and its colon.
    bool key() {
        if (peek() != '"')
            return fail(JsonWords::tr("a key in quotation marks is missing"));
        if (!string())
            return false;
        blank();
        if (peek() != ':')
            return fail(JsonWords::tr("a colon is missing after the key"));
        ++m_at;
        return true;
    }

    bool string() {
        ++m_at;
        for (; !atEnd(); ++m_at) {
            const char c = m_text[m_at];
            if (c == '"') {
                ++m_at;
                return true;
            }
            if (static_cast<unsigned char>(c) < 0x20)
                return fail(JsonWords::tr("a control character stands in a string"));
            if (c == '\\' && !escape())
                return false;
        }
        return fail({});
    }

    bool escape() {
        ++m_at;
        if (peek() == 'u') {
            for (int digit = 0; digit < 4; ++digit) {
                ++m_at;
                if (!isHex(peek()))
                    return fail(JsonWords::tr("\\u needs four hexadecimal digits"));
            }
            return true;
        }
        return (!atEnd() && QByteArrayView("\"\\/bfnrt").contains(peek())) || fail(JsonWords::tr("no such escape"));
    }

    bool word(QByteArrayView word) {
        if (!QByteArrayView(m_text).sliced(m_at).startsWith(word))
            return fail(JsonWords::tr("a value is missing"));
        m_at += word.size();
        return true;
    }

    bool digits() {
        const qsizetype from = m_at;
        while (!atEnd() && isDigit(peek()))
            ++m_at;
        return m_at > from || fail(JsonWords::tr("a digit is missing"));
    }

    bool number() {
        const bool negative = peek() == '-';
        if (!negative && !isDigit(peek()))
            return fail(JsonWords::tr("a value is missing"));
        if (negative)
            ++m_at;
        if (peek() == '0') {
            ++m_at;
            if (isDigit(peek()))
                return fail(JsonWords::tr("a number starts with a superfluous zero"));
        } else if (!digits()) {
            return false;
        }
        if (peek() == '.') {
            ++m_at;
            if (!digits())
                return false;
        }
        if (peek() == 'e' || peek() == 'E') {
            ++m_at;
            if (peek() == '+' || peek() == '-')
                ++m_at;
            return digits();
        }
        return true;
    }

    const QByteArray& m_text;
    qsizetype m_at = 0;
    QByteArray m_open;
    QString m_what;
};

} // namespace

std::optional<JsonError> JsonText::check() const {
    return Checker(m_text).run();
}

JsonText::Value JsonText::root() const {
    return valueAt(skipBlank(0));
}

qsizetype JsonText::skipBlank(qsizetype at) const {
    while (at < m_text.size() && isBlank(m_text[at]))
        ++at;
    return at;
}

qsizetype JsonText::endOfString(qsizetype at) const {
    for (++at; at < m_text.size() && m_text[at] != '"'; ++at) {
        if (m_text[at] == '\\')
            ++at;
    }
    return std::min(at + 1, m_text.size());
}

JsonText::Value JsonText::valueAt(qsizetype at) const {
    Value value;
    value.begin = at;
    switch (at < m_text.size() ? m_text[at] : '\0') {
    case '"':
        value.kind = Kind::String;
        value.end = endOfString(at);
        return value;
    case '{':
    case '[': {
        value.kind = m_text[at] == '{' ? Kind::Object : Kind::Array;
        qint64 commas = 0;
        bool anything = false;
        qsizetype depth = 0;
        do {
            const char c = m_text[at];
            if (c == '"') {
                at = endOfString(at) - 1;
                anything = true;
            } else if (c == '{' || c == '[') {
                anything = anything || depth > 0;
                ++depth;
            } else if (c == '}' || c == ']') {
                --depth;
            } else if (c == ',') {
                commas += depth == 1;
            } else if (!isBlank(c)) {
                anything = true;
            }
            ++at;
        } while (depth > 0 && at < m_text.size());
        value.end = at;
        value.children = anything ? commas + 1 : 0;
        return value;
    }
    default:
        break;
    }
    const char first = at < m_text.size() ? m_text[at] : 'n';
    value.kind = first == 't' ? Kind::True : first == 'f' ? Kind::False : first == 'n' ? Kind::Null : Kind::Number;
    while (at < m_text.size() && !isBlank(m_text[at]) && m_text[at] != ',' && m_text[at] != '}' && m_text[at] != ']')
        ++at;
    value.end = at;
    return value;
}

std::vector<JsonText::Child> JsonText::children(const Value& container, qsizetype& resume, int limit) const {
    std::vector<Child> found;
    qsizetype at = skipBlank(resume == 0 ? container.begin + 1 : resume);
    const qsizetype closing = container.end - 1;
    while (at < closing && int(found.size()) < limit) {
        Child child;
        if (container.kind == Kind::Object) {
            const qsizetype keyEnd = endOfString(at);
            child.key = unescaped(at + 1, keyEnd - 1);
            at = skipBlank(skipBlank(keyEnd) + 1);
        }
        child.value = valueAt(at);
        at = skipBlank(child.value.end);
        if (at < closing)
            at = skipBlank(at + 1);
        found.push_back(std::move(child));
    }
    resume = at < closing ? at : 0;
    return found;
}

QString JsonText::scalar(const Value& value) const {
    return value.kind == Kind::String ? QString(u'"' + content(value) + u'"') : content(value);
}

QString JsonText::content(const Value& value) const {
    if (value.kind == Kind::String)
        return unescaped(value.begin + 1, value.end - 1);
    return QString::fromUtf8(QByteArrayView(m_text).sliced(value.begin, value.end - value.begin));
}

QString JsonText::unescaped(qsizetype begin, qsizetype end) const {
    QString raw = QString::fromUtf8(QByteArrayView(m_text).sliced(begin, std::max<qsizetype>(0, end - begin)));
    if (!raw.contains(u'\\'))
        return raw;
    QString plain;
    plain.reserve(raw.size());
    for (qsizetype at = 0; at < raw.size(); ++at) {
        if (raw[at] != u'\\' || at + 1 >= raw.size()) {
            plain += raw[at];
            continue;
        }
        switch (raw[++at].unicode()) {
        case u'n':
            plain += u'\n';
            break;
        case u't':
            plain += u'\t';
            break;
        case u'r':
            plain += u'\r';
            break;
        case u'b':
            plain += u'\b';
            break;
        case u'f':
            plain += u'\f';
            break;
        case u'u':
            plain += QChar(
                QStringView(raw).sliced(at + 1, std::min<qsizetype>(4, raw.size() - at - 1)).toUShort(nullptr, 16));
            at += 4;
            break;
        default:
            plain += raw[at];
        }
    }
    return plain;
}

QString jsonPlace(const QString& parent, const QString& key) {
    const bool plain = !key.isEmpty() &&
                       std::all_of(key.cbegin(), key.cend(), [](QChar c) { return c.isLetterOrNumber() || c == u'_'; });
    if (!plain)
        return parent + u"[\""_s + key + u"\"]"_s;
    return parent.isEmpty() ? key : QString(parent + u'.' + key);
}

} // namespace models
