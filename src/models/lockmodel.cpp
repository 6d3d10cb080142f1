// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/lockmodel.h"

#include <QCoreApplication>

#include <algorithm>
#include <map>
#include <set>

using namespace Qt::StringLiterals;

namespace models {

namespace {

struct Locks {
    Q_DECLARE_TR_FUNCTIONS(Locks)
};

/// Deeper chains than that are cut; nobody reads them.
constexpr int deepest = 30;

class Tree {
public:
    explicit Tree(const domain::LockWaits& waits) {
        for (const domain::LockSession& session : waits.sessions) {
            m_sessions[session.pid] = &session;
            for (const std::int32_t blocker : session.blockers)
                m_waiters[blocker].push_back(session.pid);
        }
    }

    std::vector<LockLine> lines() {
        std::vector<std::int32_t> roots;
        for (const auto& [pid, session] : m_sessions) {
            if (session->blockers.empty())
                roots.push_back(pid);
        }
        std::stable_sort(roots.begin(), roots.end(),
                         [this](std::int32_t a, std::int32_t b) { return behind(a) > behind(b); });
        for (const std::int32_t root : roots)
            add(root, {}, 0);
        // What is left waits in a ring.
        for (const auto& [pid, session] : m_sessions) {
            if (!m_shown.contains(pid))
                add(pid, {}, 0);
        }
        return std::move(m_lines);
    }

private:
    int behind(std::int32_t pid) const {
        std::set<std::int32_t> found;
        collect(pid, found);
        found.erase(pid);
        return int(found.size());
    }

    void collect(std::int32_t pid, std::set<std::int32_t>& found) const {
        const auto waiters = m_waiters.find(pid);
        if (waiters == m_waiters.end())
            return;
        for (const std::int32_t waiter : waiters->second) {
            if (found.insert(waiter).second)
                collect(waiter, found);
        }
    }

    void add(std::int32_t pid, const std::string& path, int depth) {
        const std::string here = path.empty() ? std::to_string(pid) : path + '/' + std::to_string(pid);
        if (std::find(m_path.begin(), m_path.end(), pid) != m_path.end() || depth > deepest)
            return;
        m_lines.push_back({*m_sessions.at(pid), here, depth, behind(pid)});
        m_shown.insert(pid);
        m_path.push_back(pid);
        if (const auto waiters = m_waiters.find(pid); waiters != m_waiters.end()) {
            for (const std::int32_t waiter : waiters->second)
                add(waiter, here, depth + 1);
        }
        m_path.pop_back();
    }

    std::map<std::int32_t, const domain::LockSession*> m_sessions;
    std::map<std::int32_t, std::vector<std::int32_t>> m_waiters;
    std::vector<LockLine> m_lines;
    std::vector<std::int32_t> m_path;
    std::set<std::int32_t> m_shown;
};

Cell sessionCell(const LockLine& line, const CellContext&) {
    Cell cell;
    const QString indent =
        line.depth == 0 ? QString() : QString(qsizetype(3) * (line.depth - 1), QChar(0x00a0)) + u"└ "_s;
    cell.text = indent +
                (line.session.pid == 0 ? Locks::tr("prepared transaction") : Locks::tr("pid %1").arg(line.session.pid));
    cell.strong = line.depth == 0;
    cell.accessible = line.depth == 0 ? cell.text : Locks::tr("%1, level %2").arg(cell.text).arg(line.depth);
    if (line.waiting > 0)
        cell.detail = Locks::tr("holds up %n", nullptr, line.waiting);
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
         {},
         {},
         [](const Line& line) { return QVariant(line.waiting); }},
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
                          Pace::Slow, u"idle in transaction"_s},
                         [](const Line& line) { return format::text(line.session.state); }),
        ageColumn<Line>({u"transaction"_s, Locks::tr("Transaction"),
                         Locks::tr("How long its transaction is open; the session that asks is left out"),
                         CellKind::Number, Pace::Ageing, u"14 m 02 s"_s},
                        [](const Line& line) { return line.session.transactionSince; }),
        numberColumn<Line>({u"locks"_s, Locks::tr("Locks"),
                            Locks::tr("Held right now; those of the question itself are left out"), CellKind::Number,
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
