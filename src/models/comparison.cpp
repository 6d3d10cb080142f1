// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/comparison.h"

#include "models/jsontext.h"

#include <QCoreApplication>
#include <QHash>
#include <QSet>

using namespace Qt::StringLiterals;

namespace models {

namespace {

struct Comparing {
    Q_DECLARE_TR_FUNCTIONS(Comparing)
};

/// Longer texts are compared line by line in their order; shorter ones by their longest common lines.
constexpr qsizetype alignedLines = 2'000;

/// A scalar inside a JSON text.
struct Leaf {
    QString place;
    QString value;
    QString shown;
};

/// A branch of the tree that is still to be read, and the same in the masked text; none inside of what is hidden.
struct Branch {
    JsonText::Value value;
    std::optional<JsonText::Value> shown;
    QString place;
};

/// A JSON text and what may be seen of it.
struct MaskedJson {
    MaskedJson(const std::string& text, const Masking& masking)
        : whole(QByteArray::fromStdString(text))
        , shown(masking.apply(QString::fromStdString(text)).toUtf8()) {}

    bool isJson() const { return !whole.check() && !shown.check(); }

    JsonText whole;
    JsonText shown;
};

QString leafText(const JsonText& json, const JsonText::Value& value) {
    if (!value.isContainer())
        return json.scalar(value);
    return value.kind == JsonText::Kind::Object ? u"{}"_s : u"[]"_s;
}

std::vector<Leaf> leaves(const MaskedJson& json, int limit, bool* stopped) {
    std::vector<Leaf> found;
    std::vector<Branch> left = {{json.whole.root(), json.shown.root(), {}}};
    while (!left.empty()) {
        const Branch branch = left.back();
        left.pop_back();
        if (int(found.size()) >= limit) {
            *stopped = true;
            break;
        }
        if (!branch.value.isContainer() || branch.value.children == 0) {
            found.push_back({branch.place.isEmpty() ? u"$"_s : branch.place, leafText(json.whole, branch.value),
                             branch.shown ? leafText(json.shown, *branch.shown) : Masking::dots()});
            continue;
        }
        qsizetype resume = 0;
        const std::vector<JsonText::Child> children = json.whole.children(branch.value, resume, limit);
        if (resume != 0)
            *stopped = true;
        std::vector<JsonText::Child> shown;
        if (branch.shown && branch.shown->kind == branch.value.kind) {
            resume = 0;
            shown = json.shown.children(*branch.shown, resume, limit);
        }
        const bool seen = shown.size() == children.size();
        std::vector<Branch> below;
        for (std::size_t at = 0; at < children.size(); ++at)
            below.push_back({children[at].value, seen ? std::optional(shown[at].value) : std::nullopt,
                             branch.value.kind == JsonText::Kind::Array
                                 ? branch.place + u'[' + QString::number(at) + u']'
                                 : jsonPlace(branch.place, seen ? shown[at].key : children[at].key)});
        left.insert(left.end(), below.rbegin(), below.rend());
    }
    return found;
}

using Side = std::optional<QString>;

class Lines {
public:
    explicit Lines(const Masking& masking)
        : m_masking(masking) {}

    /// Columns, as they are.
    void add(const QString& place, const Side& left, const Side& right) {
        const auto shown = [this](const Side& text) { return text ? Side(m_masking.apply(*text)) : text; };
        add(place, left, right, shown(left), shown(right));
        m_lines.back().isColumn = true;
    }

    /// With what may be seen of them.
    void add(const QString& place, const Side& left, const Side& right, Side shownLeft, Side shownRight) {
        m_lines.push_back(
            {place, std::move(shownLeft), std::move(shownRight), left != right, false, int(m_lines.size())});
    }

    std::vector<ComparisonLine> take() { return std::move(m_lines); }

private:
    const Masking& m_masking;
    std::vector<ComparisonLine> m_lines;
};

/// In the order of the left one; what only the right one has stands behind what precedes it there.
void compareJson(const MaskedJson& left, const MaskedJson& right, Lines& lines, int limit, bool* stopped) {
    const std::vector<Leaf> ours = leaves(left, limit, stopped);
    const std::vector<Leaf> theirs = leaves(right, limit, stopped);
    // Equal places may stand more than once: keys need not be unique.
    QMultiHash<QString, std::size_t> places;
    for (std::size_t at = theirs.size(); at > 0; --at)
        places.insert(theirs[at - 1].place, at - 1);
    QSet<QString> known;
    for (const Leaf& leaf : ours)
        known.insert(leaf.place);
    std::vector<bool> done(theirs.size());
    const auto addOwn = [&](std::size_t at) {
        lines.add(theirs[at].place, {}, theirs[at].value, {}, theirs[at].shown);
        done[at] = true;
    };
    for (const Leaf& leaf : ours) {
        const auto found = places.constFind(leaf.place);
        if (found == places.cend()) {
            lines.add(leaf.place, leaf.value, {}, leaf.shown, {});
            continue;
        }
        const std::size_t at = *found;
        places.erase(found);
        lines.add(leaf.place, leaf.value, theirs[at].value, leaf.shown, theirs[at].shown);
        done[at] = true;
        for (std::size_t next = at + 1; next < theirs.size() && !done[next] && !known.contains(theirs[next].place);
             ++next)
            addOwn(next);
    }
    for (std::size_t at = 0; at < theirs.size(); ++at) {
        if (!done[at])
            addOwn(at);
    }
}

/// Pairs of equal lines in both, as many as there can be.
std::vector<std::pair<int, int>> commonLines(const QStringList& left, const QStringList& right) {
    const int rows = int(left.size());
    const int columns = int(right.size());
    std::vector<std::vector<int>> length(std::size_t(rows) + 1, std::vector<int>(std::size_t(columns) + 1));
    for (int i = rows - 1; i >= 0; --i) {
        for (int j = columns - 1; j >= 0; --j)
            length[std::size_t(i)][std::size_t(j)] =
                left[i] == right[j]
                    ? length[std::size_t(i) + 1][std::size_t(j) + 1] + 1
                    : std::max(length[std::size_t(i) + 1][std::size_t(j)], length[std::size_t(i)][std::size_t(j) + 1]);
    }
    std::vector<std::pair<int, int>> pairs;
    for (int i = 0, j = 0; i < rows && j < columns;) {
        if (left[i] == right[j])
            pairs.emplace_back(i++, j++);
        else if (length[std::size_t(i) + 1][std::size_t(j)] >= length[std::size_t(i)][std::size_t(j) + 1])
            ++i;
        else
            ++j;
    }
    return pairs;
}

/// A text by lines, and what may be seen of each.
struct MaskedLines {
    MaskedLines(const std::string& text, const Masking& masking) {
        const QString whole = QString::fromStdString(text);
        lines = whole.split(u'\n');
        shown = masking.apply(whole, Masking::Breaks::Kept).split(u'\n');
        // An expression gave up on it.
        if (shown.size() != lines.size())
            shown = QStringList(lines.size(), Masking::dots());
    }

    Side at(int line, int end) const { return line < end ? Side(lines[line]) : std::nullopt; }

    Side shownAt(int line, int end) const { return line < end ? Side(shown[line]) : std::nullopt; }

    QStringList lines;
    QStringList shown;
};

void compareText(MaskedLines ours, MaskedLines theirs, Lines& lines, int limit, bool* stopped) {
    for (QStringList* all : {&ours.lines, &theirs.lines}) {
        if (all->size() > limit) {
            *stopped = true;
            all->resize(limit);
        }
    }
    const int left = int(ours.lines.size());
    const int right = int(theirs.lines.size());
    std::vector<std::pair<int, int>> pairs;
    if (std::max(left, right) <= alignedLines)
        pairs = commonLines(ours.lines, theirs.lines);
    pairs.emplace_back(left, right);
    int i = 0;
    int j = 0;
    const auto add = [&](int ownEnd, int theirEnd) {
        lines.add(Comparing::tr("line %1").arg((i < ownEnd ? i : j) + 1), ours.at(i, ownEnd), theirs.at(j, theirEnd),
                  ours.shownAt(i, ownEnd), theirs.shownAt(j, theirEnd));
        i += i < ownEnd;
        j += j < theirEnd;
    };
    for (const auto& [ownEnd, theirEnd] : pairs) {
        while (i < ownEnd || j < theirEnd)
            add(ownEnd, theirEnd);
        if (i < left && j < right)
            add(left, right);
    }
}

QVariant sideValue(const std::optional<QString>& side) {
    return side ? QVariant(*side) : QVariant();
}

Column<ComparisonLine> sideColumn(const QString& id, const QString& title,
                                  std::optional<QString> ComparisonLine::*side) {
    return {{id, title, Comparing::tr("Secrets are hidden; differences are judged before"), CellKind::Code,
             Pace::Identity, u"a value of usual length, more or less"_s},
            [side](const ComparisonLine& line, const CellContext&) {
                const std::optional<QString>& text = line.*side;
                if (!text)
                    return Cell{
                        line.isColumn ? Comparing::tr("NULL") : Comparing::tr("(not there)"), {}, {}, Tone::Dim};
                const QString shown = format::foreign(*text, 240);
                return Cell{shown, {}, shown, {}, line.differs};
            },
            [side](const ComparisonLine& line) { return sideValue(line.*side); }};
}

} // namespace

Comparison compareEvents(const ComparedEvent& left, const ComparedEvent& right, const Masking& masking, int limit) {
    Lines lines(masking);
    bool stopped = left.message.isCut() || right.message.isCut();
    const auto number = [](const auto& value) {
        return value ? std::optional(QString::number(*value)) : std::optional<QString>();
    };
    const auto text = [](const std::optional<std::string>& value) {
        return value ? std::optional(QString::fromStdString(*value)) : std::optional<QString>();
    };
    lines.add(u"ev_id"_s, QString::number(left.event.id), QString::number(right.event.id));
    lines.add(u"ev_time"_s, format::isoUtc(left.event.time), format::isoUtc(right.event.time));
    lines.add(u"ev_txid"_s, QString::number(left.event.txid), QString::number(right.event.txid));
    lines.add(u"ev_owner"_s, number(left.event.owner), number(right.event.owner));
    lines.add(u"ev_retry"_s, number(left.event.retry), number(right.event.retry));
    const domain::Message& our = left.message;
    const domain::Message& their = right.message;
    lines.add(u"ev_type"_s, text(our.type), text(their.type));
    for (std::size_t at = 0; at < our.extras.size(); ++at) {
        if (our.extras[at] || their.extras[at])
            lines.add(u"ev_extra"_s + QString::number(at + 1), text(our.extras[at]), text(their.extras[at]));
    }
    lines.add(Comparing::tr("bytes"), QString::number(our.dataBytes), QString::number(their.dataBytes));
    if (!our.data || !their.data) {
        lines.add(u"ev_data"_s, text(our.data), text(their.data));
        return {lines.take(), stopped};
    }
    const MaskedJson ours(*our.data, masking);
    const MaskedJson theirs(*their.data, masking);
    if (!our.dataIsCut() && !their.dataIsCut() && ours.isJson() && theirs.isJson())
        compareJson(ours, theirs, lines, limit, &stopped);
    else
        compareText({*our.data, masking}, {*their.data, masking}, lines, limit, &stopped);
    return {lines.take(), stopped};
}

std::vector<Column<ComparisonLine>> comparisonColumns(const QString& left, const QString& right) {
    using Line = ComparisonLine;
    return {
        {{u"state"_s, Comparing::tr("Differs"), Comparing::tr("≠ where the two are not the same"), CellKind::Text,
          Pace::Identity, u"Differs"_s},
         [](const Line& line, const CellContext&) {
             return line.differs ? Cell{u"≠"_s, {}, {}, Tone::Warning, true, Comparing::tr("differs")}
                                 : Cell{u"="_s, {}, {}, Tone::Dim, false, Comparing::tr("the same")};
         },
         [](const Line& line) { return QVariant(line.differs); }},
        textColumn<Line>({u"place"_s, Comparing::tr("Place"),
                          Comparing::tr("A field of the event, a place in its JSON payload, or a line of it"),
                          CellKind::Code, Pace::Identity, u"customer.address.lines[0]"_s},
                         [](const Line& line) { return line.place; }),
        sideColumn(u"left"_s, left, &Line::left),
        sideColumn(u"right"_s, right, &Line::right),
    };
}

} // namespace models
