// SPDX-License-Identifier: GPL-3.0-or-later
#include "stepper/script.h"

#include <algorithm>
#include <sstream>

namespace stepper {

namespace {

std::string trimmed(const std::string& text) {
    const auto from = text.find_first_not_of(" \t\r");
    if (from == std::string::npos)
        return {};
    return text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

std::vector<Expectation> expectationsFrom(const std::string& text) {
    std::vector<Expectation> expected;
    std::istringstream parts(text);
    for (std::string part; std::getline(parts, part, ';');) {
        const auto colon = part.find(':');
        if (colon == std::string::npos)
            expected.push_back({{}, trimmed(part)});
        else
            expected.push_back({trimmed(part.substr(0, colon)), trimmed(part.substr(colon + 1))});
    }
    return expected;
}

/// The rest of the line after a word that opens a heading; false when the line begins otherwise.
bool isHeading(const std::string& line, const char* word, std::string& rest) {
    const std::string opening = word;
    if (line.rfind(opening + ' ', 0) != 0 && line != opening)
        return false;
    rest = trimmed(line.substr(opening.size()));
    return true;
}

} // namespace

std::variant<Script, std::vector<ScriptProblem>> parseScript(std::string_view text) {
    Script script;
    std::vector<ScriptProblem> problems;
    std::string remark;
    std::istringstream lines{std::string(text)};
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        line = trimmed(line);
        std::string rest;
        if (line.empty()) {
            remark.clear();
        } else if (line.front() == '#') {
            remark += (remark.empty() ? "" : "\n") + trimmed(line.substr(1));
        } else if (isHeading(line, "title", rest)) {
            script.title = rest;
        } else if (isHeading(line, "about", rest)) {
            script.about += (script.about.empty() ? "" : "\n") + rest;
        } else if (isHeading(line, "retries", rest)) {
            if (rest.empty() || rest.size() > 4 || rest.find_first_not_of("0123456789") != std::string::npos)
                problems.push_back({number, "retries needs a number"});
            else
                script.retries = std::stoi(rest);
        } else {
            const auto arrow = line.find("=>");
            const Parsed parsed = parseStep(line.substr(0, arrow));
            if (!parsed.problem.empty())
                problems.push_back({number, parsed.problem});
            ScriptLine added{parsed.step, {}, remark, number};
            remark.clear();
            if (arrow != std::string::npos) {
                added.expected = expectationsFrom(line.substr(arrow + 2));
                if (added.expected.empty() || std::any_of(added.expected.begin(), added.expected.end(),
                                                          [](const Expectation& one) { return one.words.empty(); }))
                    problems.push_back({number, "what is expected is missing after '=>'"});
            }
            script.lines.push_back(std::move(added));
        }
    }
    if (!problems.empty())
        return problems;
    return script;
}

std::string Script::text() const {
    std::string all;
    const auto block = [&all](const std::string& word, const std::string& content) {
        std::istringstream rows(content);
        for (std::string row; std::getline(rows, row);)
            all += word + row + '\n';
    };
    block("title ", title);
    block("about ", about);
    all += "retries " + std::to_string(retries) + "\n\n";
    for (const ScriptLine& line : lines) {
        block("# ", line.remark);
        all += line.step.text();
        for (std::size_t i = 0; i < line.expected.size(); ++i) {
            const Expectation& one = line.expected[i];
            all += (i == 0 ? "  => " : "; ") + (one.lane.empty() ? "" : one.lane + ": ") + one.words;
        }
        all += '\n';
    }
    return all;
}

std::vector<std::string> Script::lanes() const {
    std::vector<std::string> names;
    for (const ScriptLine& line : lines)
        if (!line.step.lane.empty() && std::find(names.begin(), names.end(), line.step.lane) == names.end())
            names.push_back(line.step.lane);
    return names;
}

} // namespace stepper
