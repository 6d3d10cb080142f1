// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/lockmodel.h"

#include <QCoreApplication>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <deque>
#include <set>
#include <unordered_map>

using namespace Qt::StringLiterals;

namespace models {

namespace {

struct Locks {
    Q_DECLARE_TR_FUNCTIONS(Locks)
};

/// Deeper lines are indented no further; their level is told in words.
constexpr int deepestIndent = 12;

/// Only what names it.
domain::LockSession named(std::int32_t pid, const std::string& gid = {}) {
    domain::LockSession session;
    session.pid = pid;
    session.gid = gid;
    return session;
}

/// Who waits for whom, by places in the list of sessions.
class Tree {
public:
    explicit Tree(const domain::LockWaits& waits)
        : m_sessions(waits.sessions)
        , m_blockers(waits.sessions.size())
        , m_waiters(waits.sessions.size())
        , m_below(waits.sessions.size())
        , m_parent(waits.sessions.size(), nobody)
        , m_placed(waits.sessions.size(), false) {
        std::unordered_map<std::string, std::size_t> places;
        for (std::size_t at = 0; at < m_sessions.size(); ++at)
            places.emplace(m_sessions[at].key(), at);
        const auto connect = [&](std::size_t waiter, const std::string& blocker) {
            // One that is beyond the limit of what is read is not there.
            if (const auto found = places.find(blocker); found != places.end()) {
                m_blockers[waiter].push_back(found->second);
                m_waiters[found->second].push_back(waiter);
            }
        };
        for (std::size_t at = 0; at < m_sessions.size(); ++at) {
            for (const std::int32_t pid : m_sessions[at].blockers)
                connect(at, named(pid).key());
            for (const std::string& gid : m_sessions[at].preparedBlockers)
                connect(at, named(0, gid).key());
        }
        countHeldUp();
    }

    std::vector<LockLine> lines() {
        std::vector<std::size_t> roots;
        for (std::size_t at = 0; at < m_sessions.size(); ++at) {
            if (m_blockers[at].empty())
                roots.push_back(at);
        }
        std::stable_sort(roots.begin(), roots.end(),
                         [this](std::size_t a, std::size_t b) { return m_heldUp[a] > m_heldUp[b]; });
        place(roots);
        std::set<std::size_t> entrances;
        for (std::size_t at = 0; at < m_sessions.size(); ++at) {
            if (m_placed[at])
                continue;
            roots.push_back(ringBefore(at));
            entrances.insert(roots.back());
            place({roots.back()});
        }
        for (const std::size_t root : roots)
            write(root, entrances.contains(root));
        return std::move(m_lines);
    }

private:
    static constexpr std::size_t nobody = ~std::size_t(0);

    /// Below the nearest one that it waits for: nearest to a root, and of those the first.
    void place(const std::vector<std::size_t>& roots) {
        std::deque<std::size_t> next(roots.begin(), roots.end());
        for (const std::size_t root : roots)
            m_placed[root] = true;
        while (!next.empty()) {
            const std::size_t at = next.front();
            next.pop_front();
            for (const std::size_t waiter : m_waiters[at]) {
                if (m_placed[waiter])
                    continue;
                m_placed[waiter] = true;
                m_parent[waiter] = at;
                m_below[at].push_back(waiter);
                next.push_back(waiter);
            }
        }
    }

    /// Whoever is not below a root waits for others that are not, and so on round a ring: its lowest pid.
    std::size_t ringBefore(std::size_t at) const {
        std::set<std::size_t> passed;
        while (passed.insert(at).second)
            at = m_blockers[at].front();
        std::size_t lowest = at;
        for (std::size_t next = m_blockers[at].front(); next != at; next = m_blockers[next].front())
            lowest = std::min(lowest, next);
        return lowest;
    }

    void write(std::size_t root, bool ring) {
        std::vector<std::pair<std::size_t, int>> open{{root, 0}};
        while (!open.empty()) {
            const auto [at, depth] = open.back();
            open.pop_back();
            LockLine line{m_sessions[at], depth, m_heldUp[at], 0, {}, ring && at == root};
            // What the tree says of them is enough.
            line.session.blockers.clear();
            line.session.preparedBlockers.clear();
            for (const std::size_t blocker : m_blockers[at]) {
                if (blocker == m_parent[at])
                    continue;
                if (line.alsoBehind++ == 0)
                    line.alsoBehindFirst = named(m_sessions[blocker].pid, m_sessions[blocker].gid);
            }
            m_lines.push_back(std::move(line));
            const auto& below = m_below[at];
            for (auto waiter = below.rbegin(); waiter != below.rend(); ++waiter)
                open.emplace_back(*waiter, depth + 1);
        }
    }

    /// Everybody behind each session, as sets of bits: in a long queue everyone waits for all before it.
    void countHeldUp() {
        using Bits = std::vector<std::uint64_t>;
        const std::size_t words = (m_sessions.size() + 63) / 64;
        std::vector<Bits> direct(m_sessions.size(), Bits(words));
        for (std::size_t at = 0; at < m_sessions.size(); ++at) {
            for (const std::size_t waiter : m_waiters[at])
                direct[at][waiter / 64] |= std::uint64_t(1) << (waiter % 64);
        }
        m_heldUp.resize(m_sessions.size());
        for (std::size_t at = 0; at < m_sessions.size(); ++at) {
            Bits behind = direct[at];
            Bits done(words);
            for (bool more = true; more;) {
                more = false;
                for (std::size_t word = 0; word < words; ++word) {
                    while (const std::uint64_t open = behind[word] & ~done[word]) {
                        const auto bit = std::size_t(std::countr_zero(open));
                        done[word] |= std::uint64_t(1) << bit;
                        const Bits& further = direct[word * 64 + bit];
                        for (std::size_t i = 0; i < words; ++i)
                            behind[i] |= further[i];
                        more = true;
                    }
                }
            }
            behind[at / 64] &= ~(std::uint64_t(1) << (at % 64));
            for (const std::uint64_t word : behind)
                m_heldUp[at] += std::popcount(word);
        }
    }

    const std::vector<domain::LockSession>& m_sessions;
    std::vector<std::vector<std::size_t>> m_blockers;
    std::vector<std::vector<std::size_t>> m_waiters;
    std::vector<std::vector<std::size_t>> m_below; ///< those that stand under it
    std::vector<std::size_t> m_parent;
    std::vector<bool> m_placed;
    std::vector<int> m_heldUp;
    std::vector<LockLine> m_lines;
};

QString nameOf(const domain::LockSession& session) {
    if (session.pid != 0)
        return Locks::tr("pid %1").arg(session.pid);
    return session.gid.empty() ? Locks::tr("prepared transaction")
                               : Locks::tr("prepared %1").arg(format::foreign(format::text(session.gid)));
}

Cell sessionCell(const LockLine& line, const CellContext&) {
    Cell cell;
    const int steps = std::min(line.depth, deepestIndent) - 1;
    const QString indent = line.depth == 0 ? QString() : QString(qsizetype(3) * steps, QChar(0x00a0)) + u"└ "_s;
    cell.text = indent + nameOf(line.session);
    cell.strong = line.depth == 0;
    cell.accessible = line.depth == 0 ? cell.text : Locks::tr("%1, level %2").arg(cell.text).arg(line.depth);
    QStringList details;
    if (line.ring)
        details += Locks::tr("in a ring");
    if (line.waiting > 0)
        details += Locks::tr("holds up %n", nullptr, line.waiting);
    if (!line.session.database.empty())
        details += Locks::tr("in database %1").arg(format::foreign(format::text(line.session.database)));
    cell.detail = details.join(u" · "_s);
    if (line.ring)
        cell.tooltip = Locks::tr("It waits for somebody who waits for it: the server ends one of them after "
                                 "deadlock_timeout, if it is a deadlock.");
    return cell;
}

/// Behind whom else, for a cell beside the tree.
Cell alsoBehindCell(const LockLine& line, const CellContext&) {
    if (line.alsoBehind == 0)
        return {format::none(), {}, {}, Tone::Dim};
    Cell cell;
    cell.text = format::number(line.alsoBehind);
    const QString first = nameOf(line.alsoBehindFirst);
    cell.tooltip = line.alsoBehind == 1
                       ? Locks::tr("It also waits for %1").arg(first)
                       : Locks::tr("It also waits for %1 and %n other(s)", nullptr, line.alsoBehind - 1).arg(first);
    return cell;
}

} // namespace

std::vector<LockLine> lockTree(const domain::LockWaits& waits) {
    return Tree(waits).lines();
}

std::vector<Column<LockLine>> lockColumns() {
    using Line = LockLine;
    return {
        {{u"session"_s, Locks::tr("Session"), Locks::tr("Who holds, and below it who waits for it"), CellKind::Text,
          Pace::Identity, u"└ pid 123456 holds up 12"_s},
         sessionCell,
         [](const Line& line) { return QVariant(line.session.pid); },
         [](const Line& line, const CellContext&) {
             return line.session.pid != 0 ? QVariant(line.session.pid) : QVariant(format::text(line.session.gid));
         },
         {},
         [](const Line& line) {
             return QVariant(u"%1/%2/%3/"_s.arg(line.depth).arg(line.waiting).arg(int(line.ring)) +
                             format::text(line.session.database));
         }},
        {{u"also_behind"_s, Locks::tr("Also behind"),
          Locks::tr("Others it waits for: further holders, and those ahead of it in the queue for the lock"),
          CellKind::Number, Pace::Slow, u"1 999"_s, false},
         alsoBehindCell,
         [](const Line& line) { return QVariant(line.alsoBehind); }},
        textColumn<Line>({u"application"_s, Locks::tr("Application"), Locks::tr("application_name"), CellKind::Text,
                          Pace::Identity, u"billing.worker-12"_s},
                         [](const Line& line) { return format::text(line.session.application); }),
        textColumn<Line>({u"waits_for"_s, Locks::tr("Waits for"), Locks::tr("The row or table it wants"),
                          CellKind::Text, Pace::Slow, u"row of billing.worker-3 on orders"_s},
                         [](const Line& line) { return format::text(line.session.waitsFor); }),
        ageColumn<Line>({u"waiting"_s, Locks::tr("Waits"), Locks::tr("For how long"), CellKind::Number, Pace::Ageing,
                         u"14 m 02 s"_s},
                        [](const Line& line) { return line.session.waitingSince; }),
        textColumn<Line>({u"state"_s, Locks::tr("State"), Locks::tr("What the session does"), CellKind::Text,
                          Pace::Slow, u"idle in transaction"_s},
                         [](const Line& line) { return format::text(line.session.state); }),
        ageColumn<Line>({u"transaction"_s, Locks::tr("In transaction"), Locks::tr("For how long"), CellKind::Number,
                         Pace::Ageing, u"14 m 02 s"_s},
                        [](const Line& line) { return line.session.transactionSince; }),
        textColumn<Line>({u"query"_s, Locks::tr("Query"), Locks::tr("Running, or the last one; its beginning"),
                          CellKind::Code, Pace::Slow, u"receive_coop(orders, billing, worker-3, 100)"_s},
                         [](const Line& line) { return masked(line.session.query); }),
        textColumn<Line>({u"user"_s, Locks::tr("Role"), Locks::tr("Database user"), CellKind::Text, Pace::Identity,
                          u"app_worker"_s, false},
                         [](const Line& line) { return format::text(line.session.user); }),
        textColumn<Line>({u"mode"_s, Locks::tr("Lock"), Locks::tr("Mode it waits for"), CellKind::Text, Pace::Slow,
                          u"AccessExclusiveLock"_s, false},
                         [](const Line& line) { return format::text(line.session.mode); }),
    };
}

std::vector<Column<OwnLine>> ownColumns() {
    using Line = OwnLine;
    return {
        textColumn<Line>({u"application"_s, Locks::tr("Session"), Locks::tr("application_name"), CellKind::Text,
                          Pace::Identity, u"batchscope/listener"_s},
                         [](const Line& line) { return format::text(line.session.application); }),
        idColumn<Line>(
            {u"pid"_s, u"pid"_s, Locks::tr("Process on the server"), CellKind::Number, Pace::Identity, u"123 456"_s},
            [](const Line& line) { return line.session.pid; }),
        textColumn<Line>({u"state"_s, Locks::tr("State"), Locks::tr("What it does right now"), CellKind::Text,
                          Pace::Slow, u"active, asks this"_s},
                         [](const Line& line) {
                             const QString state = format::text(line.session.state);
                             return line.session.asks ? Locks::tr("%1, asks this").arg(state) : state;
                         }),
        ageColumn<Line>({u"transaction"_s, Locks::tr("Transaction"),
                         Locks::tr("How long its transaction is open; of the session that asks, the question's own"),
                         CellKind::Number, Pace::Ageing, u"14 m 02 s"_s},
                        [](const Line& line) { return line.session.transactionSince; }),
        numberColumn<Line>({u"locks"_s, Locks::tr("Locks"),
                            Locks::tr("Held right now; by the session that asks, for this question"), CellKind::Number,
                            Pace::Slow, u"99"_s},
                           [](const Line& line) { return line.session.locks; }),
        textColumn<Line>({u"query"_s,
                          Locks::tr("Last statement"),
                          {},
                          CellKind::Code,
                          Pace::Slow,
                          u"commit and some more words of it"_s},
                         [](const Line& line) { return masked(line.session.query); }),
    };
}

} // namespace models
