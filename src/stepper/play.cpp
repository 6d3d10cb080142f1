// SPDX-License-Identifier: GPL-3.0-or-later
#include "stepper/play.h"

#include <algorithm>

namespace stepper {

std::vector<std::string> unmet(const ScriptLine& line, const Report& report) {
    std::vector<std::string> problems;
    for (const Expectation& expected : line.expected) {
        if (expected.lane.empty()) {
            if (!meets(report.outcome, expected.words))
                problems.push_back("expected \"" + expected.words + "\", saw \"" + report.outcome.words() + '"' +
                                   (report.outcome.said.empty() ? "" : " (" + report.outcome.said + ")"));
            continue;
        }
        const auto seen = std::find_if(report.released.begin(), report.released.end(),
                                       [&expected](const auto& one) { return one.first == expected.lane; });
        if (seen == report.released.end())
            problems.push_back("expected " + expected.lane + " to go on with \"" + expected.words +
                               "\", but it did not");
        else if (!meets(seen->second, expected.words))
            problems.push_back("expected " + expected.lane + " to go on with \"" + expected.words + "\", saw \"" +
                               seen->second.words() + '"');
    }
    // Somebody who goes on unmentioned is as much of a surprise where the line says what it expects.
    if (!line.expected.empty())
        for (const auto& [lane, outcome] : report.released)
            if (std::none_of(line.expected.begin(), line.expected.end(),
                             [&lane = lane](const Expectation& expected) { return expected.lane == lane; }))
                problems.push_back(lane + " went on with \"" + outcome.words() + "\", which the line does not expect");
    return problems;
}

std::vector<PlayProblem> play(Engine& engine, const Script& script,
                              const std::function<bool(const ScriptLine&, const Report&)>& onLine) {
    std::vector<PlayProblem> problems;
    for (const ScriptLine& line : script.lines) {
        const Report report = engine.perform(line.step);
        for (const std::string& problem : unmet(line, report))
            problems.push_back({line.number, line.step.text() + ": " + problem});
        for (const std::string& difference : report.differences)
            problems.push_back({line.number, "defect: " + difference});
        if ((onLine && !onLine(line, report)) || !problems.empty())
            break;
    }
    return problems;
}

} // namespace stepper
