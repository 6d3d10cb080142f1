// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/masking.h"

#include <QCache>
#include <QCoreApplication>

using namespace Qt::StringLiterals;

namespace models {

namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(Masking)
};

/// Cells ask for the same beginnings of payloads with every repaint.
constexpr qsizetype remembered = 2'048;
constexpr qsizetype shortText = 1'000;

struct Current {
    Masking masking{Masking::Patterns::usual()};
    QCache<QString, QString> known{remembered};
};

Current& current() {
    static Current one;
    return one;
}

QString plainKey(QString key) {
    return key.remove(u'_').remove(u'-').toLower();
}

qsizetype backslashesBefore(QStringView text, qsizetype at) {
    qsizetype count = 0;
    while (at - count > 0 && text[at - count - 1] == u'\\')
        ++count;
    return count;
}

/// A quotation mark that ends a string: in JSON inside a string each mark of its own stands behind so many backslashes.
bool closes(QStringView text, qsizetype quote, qsizetype depth) {
    const qsizetype count = backslashesBefore(text, quote);
    return count >= depth && (count - depth) % (2 * (depth + 1)) == 0;
}

/// The mark that ends the string whose content begins here, or the end of the text.
qsizetype endOfString(QStringView text, qsizetype from, qsizetype depth) {
    qsizetype at = text.indexOf(u'"', from);
    while (at >= 0 && !closes(text, at, depth))
        at = text.indexOf(u'"', at + 1);
    return at < 0 ? text.size() : at;
}

/// Behind the object or array that begins here, or the end of the text.
qsizetype endOfContainer(QStringView text, qsizetype from, qsizetype depth) {
    int open = 0;
    for (qsizetype at = from; at < text.size(); ++at) {
        const QChar c = text[at];
        if (c == u'"' && backslashesBefore(text, at) == depth) {
            at = endOfString(text, at + 1, depth);
        } else if (c == u'{' || c == u'[') {
            ++open;
        } else if ((c == u'}' || c == u']') && --open == 0) {
            return at + 1;
        }
    }
    return text.size();
}

qsizetype endOfScalar(QStringView text, qsizetype from) {
    qsizetype at = from;
    while (at < text.size() && !u",]}\" \t\r\n\\"_s.contains(text[at]))
        ++at;
    return at;
}

} // namespace

Masking::Patterns Masking::Patterns::usual() {
    return {true,
            {u"*password*"_s, u"*passwd*"_s, u"*secret*"_s, u"*token"_s, u"*api*key*"_s, u"*private*key*"_s,
             u"authorization"_s, u"*credential*"_s, u"*card*number*"_s, u"cvv"_s, u"cvc"_s, u"iban"_s, u"ssn"_s},
            {u"(?i)\\bbearer\\s+([a-z0-9._~+/-]{8,}=*)"_s,
             u"(?i)\\b(?:password|passwd|secret|token|api_?key)=([^&\\s\"]+)"_s,
             u"(?i)\\b[a-z][a-z0-9+.-]*://[^/\\s:@\"]+:([^/\\s@\"]+)@"_s,
             u"-----BEGIN [A-Z ]*PRIVATE KEY-----([\\s\\S]*?)(?:-----END|$)"_s}};
}

Masking::Masking(const Patterns& patterns) {
    if (!patterns.on)
        return;
    QStringList alternatives;
    for (const QString& key : patterns.keys) {
        if (key.trimmed().isEmpty())
            continue;
        QStringList parts;
        for (const QString& part : plainKey(key.trimmed()).split(u'*'))
            parts += QRegularExpression::escape(part);
        alternatives += parts.join(u".*"_s);
    }
    m_hasKeys = !alternatives.isEmpty();
    m_keys.setPattern(u"\\A(?:"_s + alternatives.join(u'|') + u")\\z"_s);
    for (const QString& expression : patterns.expressions) {
        QRegularExpression made(expression);
        if (!expression.trimmed().isEmpty() && made.isValid())
            m_expressions.push_back(std::move(made));
    }
}

QString Masking::problem(const QString& expression) {
    const QRegularExpression made(expression);
    return made.isValid() ? QString() : made.errorString();
}

QString Masking::dots() {
    return QString(6, QChar(0x2022));
}

bool Masking::hidesKey(const QString& key) const {
    return m_hasKeys && m_keys.match(plainKey(key)).hasMatch();
}

QString Masking::withoutKeys(const QString& text) const {
    static const QRegularExpression member(u"(\\\\*)\"([^\"\\\\]{1,200})\\1\"\\s*:\\s*"_s);
    QString shown;
    qsizetype copied = 0;
    qsizetype from = 0;
    const QStringView all(text);
    for (auto match = member.match(text); match.hasMatch(); match = member.match(text, from)) {
        const qsizetype value = match.capturedEnd();
        from = value;
        if (!hidesKey(match.captured(2)))
            continue;
        const QString escape = match.captured(1);
        const qsizetype depth = escape.size();
        const QStringView rest = all.sliced(value);
        qsizetype begin = value;
        qsizetype end = value;
        QString instead = escape + u'"' + dots() + escape + u'"';
        if (rest.startsWith(QString(escape + u'"'))) {
            begin = value + depth + 1;
            end = endOfString(all, begin, depth);
            // The backslashes of the closing mark stay with it.
            if (end < all.size())
                end -= depth;
            instead = dots();
        } else if (rest.startsWith(u'{') || rest.startsWith(u'[')) {
            end = endOfContainer(all, value, depth);
        } else {
            end = endOfScalar(all, value);
            if (rest.startsWith(u"null"_s) || end == value)
                continue;
        }
        shown += all.sliced(copied, begin - copied);
        shown += instead;
        copied = from = end;
    }
    return copied == 0 ? text : QString(shown + all.sliced(copied));
}

QString Masking::apply(const QString& text) const {
    QString shown = m_hasKeys ? withoutKeys(text) : text;
    for (const QRegularExpression& expression : m_expressions) {
        QString without;
        qsizetype copied = 0;
        QRegularExpressionMatchIterator matches = expression.globalMatch(shown);
        bool gaveUp = !matches.isValid();
        while (matches.hasNext()) {
            const QRegularExpressionMatch match = matches.next();
            const int group = match.lastCapturedIndex() >= 1 ? 1 : 0;
            if (match.capturedLength(group) == 0)
                continue;
            without += QStringView(shown).sliced(copied, match.capturedStart(group) - copied);
            without += dots();
            copied = match.capturedEnd(group);
        }
        gaveUp = gaveUp || !expression.match(shown, copied).isValid();
        if (gaveUp)
            return Words::tr("(not shown: the masking expression %1 gave up on this text)").arg(expression.pattern());
        if (copied > 0)
            shown = without + QStringView(shown).sliced(copied);
    }
    return shown;
}

const Masking& Masking::current() {
    return models::current().masking;
}

void Masking::setCurrent(Masking masking) {
    models::current().masking = std::move(masking);
    models::current().known.clear();
}

QString masked(const std::string& utf8) {
    const QString text = QString::fromStdString(utf8);
    if (text.size() > shortText)
        return Masking::current().apply(text);
    QCache<QString, QString>& known = current().known;
    if (const QString* found = known.object(text))
        return *found;
    auto* shown = new QString(Masking::current().apply(text));
    const QString result = *shown;
    known.insert(text, shown);
    return result;
}

} // namespace models
