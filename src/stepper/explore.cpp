// SPDX-License-Identifier: GPL-3.0-or-later
#include "stepper/explore.h"

#include <algorithm>
#include <map>
#include <set>

namespace stepper {

namespace {

/// Numbers that differ from run to run, replaced by the order in which they came.
class Renaming {
public:
    std::string of(std::int64_t number) {
        if (number == 0)
            return "-";
        return std::to_string(m_names.try_emplace(number, m_names.size()).first->second);
    }

private:
    std::map<std::int64_t, std::size_t> m_names;
};

class Explorer {
public:
    Explorer(Engine& engine, const Exploration& what, const std::function<bool(const Explored&)>& goOn)
        : m_engine(engine)
        , m_what(what)
        , m_goOn(goOn) {}

    Explored run() {
        std::vector<std::size_t> choices;
        m_result.complete = true;
        while (follow(choices)) {
            // The last choice that had another one after it; what came behind is decided anew.
            while (!m_trail.empty() && !m_trail.back().hasNext())
                m_trail.pop_back();
            if (m_trail.empty())
                return m_result;
            choices.clear();
            ++m_trail.back().at;
            for (const Choice& choice : m_trail)
                choices.push_back(choice.sequence());
        }
        m_result.complete = false;
        return m_result;
    }

private:
    struct Choice {
        std::vector<std::size_t> open; ///< sequences that could go on
        std::size_t at = 0;

        bool hasNext() const { return at + 1 < open.size(); }

        std::size_t sequence() const { return open[at]; }
    };

    /// One interleaving from the beginning. False when it is to end.
    bool follow(const std::vector<std::size_t>& choices) {
        m_engine.restart(m_what.retries);
        m_told.clear();
        for (const Step& step : m_what.before)
            if (!take(step))
                return true;
        std::vector<std::size_t> at(m_what.sequences.size());
        for (std::size_t depth = 0;; ++depth) {
            if (m_result.foundFault() && m_engine.board().script.lines.size() + 1 >= m_result.shortest.lines.size()) {
                cutAt(depth);
                break;
            }
            if (depth >= choices.size()) {
                if (!isNew(at)) {
                    ++m_result.known;
                    break;
                }
                m_trail.push_back({openAt(at), 0});
                if (m_trail.back().open.empty()) {
                    m_trail.pop_back();
                    break;
                }
            }
            const std::size_t sequence = m_trail[depth].sequence();
            if (!take(m_what.sequences[sequence][at[sequence]++]))
                break;
        }
        ++m_result.interleavings;
        return m_result.interleavings < m_what.most && (!m_goOn || m_goOn(m_result));
    }

    void cutAt(std::size_t depth) {
        if (m_trail.size() > depth)
            m_trail.resize(depth);
    }

    std::vector<std::size_t> openAt(const std::vector<std::size_t>& at) const {
        std::vector<std::size_t> open;
        for (std::size_t i = 0; i < at.size(); ++i)
            if (at[i] < m_what.sequences[i].size() && !m_engine.isWaiting(m_what.sequences[i][at[i]].lane))
                open.push_back(i);
        return open;
    }

    /// False when it broke something.
    bool take(const Step& step) {
        const Report report = m_engine.perform(step);
        ++m_result.steps;
        m_told[step.lane] += report.outcome.words() + ';';
        for (const auto& [lane, outcome] : report.released)
            m_told[lane] += outcome.words() + ';';
        if (report.differences.empty() && m_engine.brokenInvariant().empty())
            return true;
        const Script& script = m_engine.board().script;
        if (!m_result.foundFault() || script.lines.size() < m_result.shortest.lines.size()) {
            m_result.shortest = script;
            m_result.broken =
                m_engine.brokenInvariant().empty() ? report.differences.front() : m_engine.brokenInvariant();
        }
        return false;
    }

    /// Whether nobody was told the same in the same place before.
    bool isNew(const std::vector<std::size_t>& at) {
        std::string state;
        for (const std::size_t place : at)
            state += std::to_string(place) + ',';
        for (const auto& [lane, told] : m_told)
            state += lane + ':' + told;
        const Board& board = m_engine.board();
        Renaming ticks;
        Renaming tokens;
        Renaming events;
        for (const WindowView& window : board.windows)
            state += ticks.of(window.window.last) + '-' + ticks.of(window.window.next) +
                     std::to_string(static_cast<int>(window.state)) + window.holder + std::to_string(window.events) +
                     ',';
        state += ticks.of(board.cursor);
        for (const TokenView& token : board.tokens)
            state += tokens.of(token.token) + token.lane + std::to_string(static_cast<int>(token.kind));
        for (const queries::GivenBackEvent& event : board.givenBack)
            state += events.of(event.id) + (event.due ? 'w' : 'd') + std::to_string(event.retry);
        for (const LaneView& lane : board.lanes) {
            state += lane.name + std::to_string(static_cast<int>(lane.state)) + lane.waitsFor;
            for (const std::string& lock : lane.locks)
                state += '+' + lock;
        }
        return m_known.insert(std::move(state)).second;
    }

    Engine& m_engine;
    const Exploration& m_what;
    const std::function<bool(const Explored&)>& m_goOn;
    Explored m_result;
    std::vector<Choice> m_trail;
    std::map<std::string, std::string> m_told;
    std::set<std::string> m_known;
};

} // namespace

Exploration explorationOf(const Script& script, std::size_t from) {
    Exploration what;
    what.retries = script.retries;
    std::vector<std::string> lanes;
    for (std::size_t i = 0; i < script.lines.size(); ++i) {
        const Step& step = script.lines[i].step;
        if (i < from) {
            what.before.push_back(step);
            continue;
        }
        const auto known = std::find(lanes.begin(), lanes.end(), step.lane);
        const auto place = static_cast<std::size_t>(known - lanes.begin());
        if (known == lanes.end()) {
            lanes.push_back(step.lane);
            what.sequences.emplace_back();
        }
        what.sequences[place].push_back(step);
    }
    return what;
}

Explored explore(Engine& engine, const Exploration& what, const std::function<bool(const Explored&)>& goOn) {
    return Explorer(engine, what, goOn).run();
}

} // namespace stepper
