// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/masking.h"

#include "store/jsonmarks.h"

#include <QCoreApplication>
#include <QMutex>
#include <QRegularExpression>

#include <algorithm>
#include <vector>

using namespace Qt::StringLiterals;

namespace store {

namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(Masking)
};

/// Hidden whatever the patterns say.
const QStringList fixedKeys{u"*password"_s, u"*passwd"_s, u"*passphrase"_s, u"*secret"_s};

const QStringList fixedExpressions{
    // scheme://user:password@host, and the beginning of one that is cut before its @
    uR"re((?i)\b[a-z][a-z0-9+.-]{0,30}:(?:\\{0,8}/){2}[^/\s:@"'\\[]{0,256}:(?|([^/\s"]*)@|(?!\d{1,5}\z)([^/\s"]+)\z))re"_s,
    // password=x, sslpassword = 'x y', password: x, 'password' => 'x', alter role r password 'x', password=\"x\"
    uR"re((?i)(?:password|passwd|passphrase|secret))re"
    uR"re((?:'?[ \t]{0,8}(?::?={1,3}>?|:(?!:))[ \t]{0,8}|[ \t]{1,8}(?='))(?!(?:null|none|true|false)(?:[\s,;)}\]"'&]|\z)))re"
    uR"re((?|'((?:[^'\\]++|\\.|'')*+))re"
    uR"re(|"(?!\s{0,8}[,}\]:])((?:[^"\\]++|\\.)*+))re"
    uR"re(|\\{1,16}"(?!\s{0,8}[,}\]:])((?:[^"\\]++|\\(?!\\{0,16}"))*+))re"
    uR"re(|((?:[^\s"'&\\]|\\(?!\\{0,16}(?:["']|u0022)))+)))re"_s};

QString plain(QStringView key) {
    QString found;
    for (const QChar c : key) {
        if (c != u'_' && c != u'-')
            found += c.toLower();
    }
    return found;
}

/// A name with * for anything, as the texts between the stars.
struct Name {
    explicit Name(const QString& name)
        : parts(plain(name.trimmed()).split(u'*')) {}

    bool matches(QStringView key) const {
        if (!key.startsWith(parts.front()))
            return false;
        if (parts.size() == 1)
            return key.size() == parts.front().size();
        qsizetype at = parts.front().size();
        for (qsizetype part = 1; part + 1 < parts.size(); ++part) {
            at = key.indexOf(parts[part], at);
            if (at < 0)
                return false;
            at += parts[part].size();
        }
        return key.size() - at >= parts.back().size() && key.endsWith(parts.back());
    }

    QStringList parts;
};

/// A text of which pieces are left out.
class Cover {
public:
    Cover(const QString& text, Masking::Breaks breaks)
        : m_text(text)
        , m_keep(breaks == Masking::Breaks::Kept) {}

    void hide(qsizetype begin, qsizetype end, const QString& instead) {
        const QStringView all(m_text);
        begin = std::max(begin, m_copied);
        if (end < begin)
            return;
        m_shown += all.sliced(m_copied, begin - m_copied);
        m_shown += instead;
        if (m_keep)
            m_shown += QString(all.sliced(begin, end - begin).count(u'\n'), u'\n');
        m_copied = end;
        m_any = true;
    }

    QString take() const { return m_any ? QString(m_shown + QStringView(m_text).sliced(m_copied)) : m_text; }

private:
    QString m_text;
    QString m_shown;
    qsizetype m_copied = 0;
    bool m_keep;
    bool m_any = false;
};

/// Hides what the expression finds; false when it gave up.
bool hideMatches(const QRegularExpression& expression, const QString& text, Cover& cover) {
    QRegularExpression::MatchOptions options = QRegularExpression::NoMatchOption;
    qsizetype at = 0;
    for (;;) {
        const QRegularExpressionMatch match = expression.match(text, at, QRegularExpression::NormalMatch, options);
        if (!match.hasMatch())
            return match.isValid();
        // Once is enough: whether the rest is Unicode would be looked up again with every match.
        options = QRegularExpression::DontCheckSubjectStringMatchOption;
        const int group = match.lastCapturedIndex() >= 1 ? 1 : 0;
        if (match.capturedLength(group) > 0)
            cover.hide(match.capturedStart(group), match.capturedEnd(group), Masking::dots());
        at = std::max(match.capturedEnd(group), match.capturedEnd(0));
        if (match.capturedLength(0) == 0)
            at += at < text.size() && text[at].isHighSurrogate() ? 2 : 1;
        if (at > text.size())
            return true;
    }
}

} // namespace

struct Masking::Rules {
    std::vector<Name> names;
    std::vector<QRegularExpression> expressions;
};

Masking::Patterns Masking::Patterns::usual() {
    return {true,
            {u"*password*"_s, u"*passwd*"_s, u"*secret*"_s, u"*token"_s, u"*api*key*"_s, u"*private*key*"_s,
             u"authorization"_s, u"*credential*"_s, u"*card*number*"_s, u"cvv"_s, u"cvc"_s, u"iban"_s, u"ssn"_s},
            {uR"((?i)\bbearer\s+([a-z0-9._~+/-]{8,}=*|[a-z0-9._~+/-]+\z))"_s,
             uR"((?i)\bauthorization\s?[:=]\s?(?:(?:basic|bearer|negotiate|token)\s+)?([^\s"'\\,;]+))"_s,
             uR"((?i)(?:token|(?:api|access|secret|private)[_-]?key)\s?=(?!>)\s?([^&\s"'\\]+))"_s,
             uR"((?i)(?:[_-]token|(?:api|access|secret|private)[_-]?key):\s?([^\s"'\\,;{[]+))"_s,
             uR"((?i)\btoken:\s?([a-z0-9._~+/=-]{16,}))"_s,
             uR"((?i)<[a-z0-9_:.-]{0,40}(?:password|secret|token)>([^<]+))"_s,
             uR"(-----BEGIN [A-Z ]*PRIVATE KEY-----([\s\S]*?)(?:-----END|$))"_s}};
}

Masking::Masking()
    : Masking(Patterns{false, {}, {}}) {}

Masking::Masking(const Patterns& patterns)
    : m_on(patterns.on) {
    auto rules = std::make_shared<Rules>();
    for (const QString& key : fixedKeys + patterns.keys) {
        if (!key.trimmed().isEmpty())
            rules->names.emplace_back(key);
    }
    for (const QString& expression : fixedExpressions + patterns.expressions) {
        QRegularExpression made(expression);
        if (!expression.trimmed().isEmpty() && made.isValid())
            rules->expressions.push_back(std::move(made));
    }
    m_rules = std::move(rules);
}

QString Masking::problem(const QString& expression) {
    const QRegularExpression made(expression);
    return made.isValid() ? QString() : made.errorString();
}

QString Masking::dots() {
    return QString(6, QChar(0x2022));
}

Masking Masking::forKeeping() const {
    Masking kept = *this;
    kept.m_on = true;
    return kept;
}

bool Masking::hidesKey(QStringView key) const {
    const auto hides = [this](const QString& one) {
        return std::any_of(m_rules->names.begin(), m_rules->names.end(),
                           [&one](const Name& name) { return name.matches(one); });
    };
    if (!m_on)
        return false;
    if (!key.contains(u'\\'))
        return hides(plain(key));
    // In JSON inside a string the same signs may be an escape or not.
    return hides(plain(unescapedKey(key))) || hides(plain(key.toString().remove(u'\\')));
}

QString Masking::withoutKeys(const QString& text, Breaks breaks) const {
    Cover cover(text, breaks);
    JsonMembers members(text);
    while (const auto member = members.next()) {
        if (!hidesKey(member->key))
            continue;
        const JsonPiece value = members.value(*member);
        if (value.begin == value.end && !value.quoted)
            continue;
        cover.hide(value.begin, value.end, value.quoted ? dots() : QString(member->mark + dots() + member->mark));
        members.goOn(value.end);
    }
    return cover.take();
}

QString Masking::apply(const QString& text, Breaks breaks) const {
    if (!m_on)
        return text;
    QString shown = withoutKeys(text, breaks);
    for (const QRegularExpression& expression : m_rules->expressions) {
        Cover cover(shown, breaks);
        if (!hideMatches(expression, shown, cover))
            return Words::tr("(not shown: the masking expression %1 gave up on this text)").arg(expression.pattern());
        shown = cover.take();
    }
    return shown;
}

namespace {

struct Current {
    QMutex mutex;
    Masking masking{Masking::Patterns::usual()};
};

Current& program() {
    static Current one;
    return one;
}

} // namespace

Masking Masking::current() {
    const QMutexLocker lock(&program().mutex);
    return program().masking;
}

void Masking::setCurrent(const Masking& masking) {
    const QMutexLocker lock(&program().mutex);
    program().masking = masking;
}

} // namespace store
