// SPDX-License-Identifier: GPL-3.0-or-later
#include "stepper/step.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>

namespace stepper {

namespace {

using namespace std::chrono_literals;

struct VerbWord {
    Verb verb;
    const char* word;
    bool ofLane; ///< needs a worker in front
};

constexpr std::array verbWords = {
    VerbWord{Verb::Register, "register", true},   VerbWord{Verb::Unregister, "unregister", true},
    VerbWord{Verb::Subscribe, "subscribe", true}, VerbWord{Verb::Unsubscribe, "unsubscribe", true},
    VerbWord{Verb::Receive, "receive", true},     VerbWord{Verb::Ack, "ack", true},
    VerbWord{Verb::Nack, "nack", true},           VerbWord{Verb::Touch, "touch", true},
    VerbWord{Verb::Send, "send", false},          VerbWord{Verb::Begin, "begin", true},
    VerbWord{Verb::Commit, "commit", true},       VerbWord{Verb::Rollback, "rollback", true},
    VerbWord{Verb::Cancel, "cancel", true},       VerbWord{Verb::Die, "die", true},
    VerbWord{Verb::Return, "return", true},       VerbWord{Verb::Walk, "walk", true},
    VerbWord{Verb::Next, "next", true},           VerbWord{Verb::Run, "run", true},
    VerbWord{Verb::Tick, "tick", false},          VerbWord{Verb::ForceTick, "force-tick", false},
    VerbWord{Verb::Maintain, "maintain", false},  VerbWord{Verb::Due, "due", false},
    VerbWord{Verb::Rotate, "rotate", false},      VerbWord{Verb::Age, "age", false},
};

constexpr std::array breakWords = {
    std::pair{Break::LostRace, "lost-race"},
    std::pair{Break::TookOver, "took-over"},
    std::pair{Break::EmptyWindow, "empty"},
    std::pair{Break::Nothing, "nothing"},
};

const VerbWord* find(const std::string& word) {
    const auto found =
        std::find_if(verbWords.begin(), verbWords.end(), [&word](const VerbWord& known) { return word == known.word; });
    return found == verbWords.end() ? nullptr : &*found;
}

std::vector<std::string> wordsOf(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> words;
    for (std::string word; stream >> word;)
        words.push_back(word);
    return words;
}

std::optional<int> numberFrom(const std::string& text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0)
        return std::nullopt;
    return value;
}

/// The words of one line, read from left to right.
class Reader {
public:
    explicit Reader(std::vector<std::string> words)
        : m_words(std::move(words)) {}

    bool atEnd() const { return m_at == m_words.size(); }

    const std::string& peek() const { return m_words[m_at]; }

    bool take(const char* word) {
        if (atEnd() || peek() != word)
            return false;
        ++m_at;
        return true;
    }

    std::string next() { return m_words[m_at++]; }

    int number(const std::string& what) {
        if (const auto value = atEnd() ? std::nullopt : numberFrom(peek())) {
            ++m_at;
            return *value;
        }
        fail(what + " needs a number");
        return 0;
    }

    Model::Time span(const std::string& what) {
        if (const auto value = atEnd() ? std::nullopt : spanFrom(peek())) {
            ++m_at;
            return *value;
        }
        fail(what + " needs a length of time such as 90s, 5m or 200ms");
        return {};
    }

    void fail(const std::string& problem) {
        if (m_problem.empty())
            m_problem = problem;
    }

    const std::string& problem() const { return m_problem; }

private:
    std::vector<std::string> m_words;
    std::size_t m_at = 0;
    std::string m_problem;
};

bool mayHold(Verb verb) {
    return verb == Verb::Receive || verb == Verb::Send || verb == Verb::Ack || verb == Verb::Nack ||
           verb == Verb::Touch || verb == Verb::Register || verb == Verb::Unregister || verb == Verb::Subscribe ||
           verb == Verb::Unsubscribe;
}

bool readAsk(Reader& words, Step& step) {
    if (words.take("dead"))
        step.ask.deadInterval = words.span("dead");
    else if (words.take("min-lag"))
        step.ask.minLag = words.span("min-lag");
    else if (words.take("min-count"))
        step.ask.minCount = words.number("min-count");
    else if (words.take("min-interval"))
        step.ask.minInterval = words.span("min-interval");
    else
        return false;
    return true;
}

/// One option of the step's verb; false when the next word is none.
bool readOption(Reader& words, Step& step) {
    if (mayHold(step.verb) && !step.lane.empty() && words.take("hold")) {
        step.hold = true;
        return true;
    }
    switch (step.verb) {
    case Verb::Register:
        return (step.convert = words.take("convert"));
    case Verb::Unregister:
        if (words.take("force")) {
            step.force = true;
            return true;
        }
        if (step.member.empty() && isLaneName(words.peek())) {
            step.member = words.next();
            return true;
        }
        return false;
    case Verb::Receive:
        if (words.take("normal")) {
            step.normal = true;
            return true;
        }
        if (words.take("limit")) {
            step.limit = words.number("limit");
            if (step.limit == 0)
                words.fail("limit needs at least 1");
            return true;
        }
        return readAsk(words, step);
    case Verb::Walk:
        return readAsk(words, step);
    case Verb::Ack:
    case Verb::Nack:
        if (words.take("old")) {
            step.token = words.atEnd() || !numberFrom(words.peek()) ? 1 : words.number("old");
            return true;
        }
        if (step.verb == Verb::Ack)
            return false;
        if (words.take("after")) {
            step.span = words.span("after");
            return true;
        }
        if (words.take("all"))
            return true;
        if (numberFrom(words.peek())) {
            step.message = words.number("nack");
            return true;
        }
        return false;
    case Verb::Run:
        if (!words.take("until"))
            return false;
        for (const auto& [stop, word] : breakWords)
            if (words.take(word)) {
                step.stopAt = stop;
                return true;
            }
        words.fail("until needs lost-race, took-over, empty or nothing");
        return true;
    default:
        return false;
    }
}

} // namespace

const char* nameOf(Verb verb) {
    return std::find_if(verbWords.begin(), verbWords.end(),
                        [verb](const VerbWord& known) { return known.verb == verb; })
        ->word;
}

std::string spanText(Model::Time span) {
    const auto in = [span](Model::Time unit, const char* name) { return std::to_string(span / unit) + name; };
    for (const auto& [unit, name] : {std::pair<Model::Time, const char*>{1h, "h"}, {1min, "m"}, {1s, "s"}, {1ms, "ms"}})
        if (span.count() != 0 && span % unit == Model::Time::zero())
            return in(unit, name);
    return span.count() == 0 ? "0s" : in(1us, "us");
}

std::optional<Model::Time> spanFrom(const std::string& text) {
    const auto letters = std::find_if(text.begin(), text.end(), [](char c) { return c < '0' || c > '9'; });
    const auto value = numberFrom(std::string(text.begin(), letters));
    if (!value)
        return std::nullopt;
    const std::string unit(letters, text.end());
    for (const auto& [name, length] :
         {std::pair<const char*, Model::Time>{"h", 1h}, {"m", 1min}, {"s", 1s}, {"ms", 1ms}, {"us", 1us}})
        if (unit == name)
            return *value * length;
    return std::nullopt;
}

bool isLaneName(const std::string& name) {
    if (name.empty() || name.size() > 20 || name.front() < 'a' || name.front() > 'z')
        return false;
    const bool plain = std::all_of(name.begin(), name.end(),
                                   [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
    static const std::array taken = {"hold", "force", "all", "old", "normal", "convert", "limit", "dead", "after"};
    return plain && !find(name) && std::find(taken.begin(), taken.end(), name) == taken.end();
}

Parsed parseStep(const std::string& line) {
    Reader words(wordsOf(line));
    if (words.atEnd())
        return {{}, "a step is missing"};
    Step step;
    const VerbWord* verb = find(words.peek());
    if (!verb) {
        if (!isLaneName(words.peek()))
            return {{}, "'" + words.peek() + "' is neither a worker's name nor something to do"};
        step.lane = words.next();
        if (words.atEnd())
            return {{}, "what does " + step.lane + " do?"};
        verb = find(words.peek());
        if (!verb)
            return {{}, "'" + words.peek() + "' is nothing a worker does"};
    }
    words.next();
    step.verb = verb->verb;
    if (step.lane.empty() && verb->ofLane)
        return {{}, std::string("who does it? A worker's name stands before '") + verb->word + "'"};
    if (!step.lane.empty() && !verb->ofLane && step.verb != Verb::Send)
        return {{}, std::string("'") + verb->word + "' is done by no worker"};

    if (step.verb == Verb::Send && !words.atEnd() && numberFrom(words.peek()))
        step.count = words.number("send");
    if (step.verb == Verb::Send && (step.count < 1 || step.count > 10'000))
        words.fail("send takes 1 to 10000 events");
    if (step.verb == Verb::Age) {
        if (words.atEnd() || !isLaneName(words.peek()))
            return {{}, "age needs a worker's name"};
        step.member = words.next();
        step.span = words.span("age");
    }
    while (!words.atEnd() && words.problem().empty())
        if (!readOption(words, step))
            words.fail("'" + words.peek() + "' is no option of '" + verb->word + "'");
    return {step, words.problem()};
}

std::string Step::text() const {
    std::string text = lane.empty() ? std::string() : lane + ' ';
    text += nameOf(verb);
    const auto addSpan = [&text](const char* word, const std::optional<Model::Time>& value) {
        if (value)
            text += std::string(" ") + word + ' ' + spanText(*value);
    };
    if (verb == Verb::Send)
        text += ' ' + std::to_string(count);
    if (!member.empty())
        text += ' ' + member;
    if (verb == Verb::Age)
        text += ' ' + spanText(span);
    if (verb == Verb::Nack)
        text += message == 0 ? " all" : ' ' + std::to_string(message);
    if (normal)
        text += " normal";
    if (convert)
        text += " convert";
    if (force)
        text += " force";
    if (limit)
        text += " limit " + std::to_string(*limit);
    addSpan("dead", ask.deadInterval);
    addSpan("min-lag", ask.minLag);
    if (ask.minCount)
        text += " min-count " + std::to_string(*ask.minCount);
    addSpan("min-interval", ask.minInterval);
    if (token > 0)
        text += token == 1 ? std::string(" old") : " old " + std::to_string(token);
    if (verb == Verb::Nack && span != Model::Time::zero())
        text += " after " + spanText(span);
    for (const auto& [stop, word] : breakWords)
        if (stopAt == stop)
            text += std::string(" until ") + word;
    if (hold)
        text += " hold";
    return text;
}

std::string Outcome::words() const {
    std::string some = std::to_string(events.size()) + (events.size() == 1 ? " event" : " events");
    switch (kind) {
    case Kind::Done:
        return "done";
    case Kind::Stale:
        return "stale";
    case Kind::Same:
        return "same, " + some;
    case Kind::Takes:
        return "takes " + who + ", " + some;
    case Kind::Gets:
        return some;
    case Kind::Empty:
        return "empty";
    case Kind::Nothing:
        return "nothing";
    case Kind::Refused:
        return "refused";
    case Kind::Waits:
        return "waits " + who;
    case Kind::Stopped:
        return "stopped";
    case Kind::Walking:
        return "at " + said;
    }
    return {};
}

bool meets(const Outcome& outcome, const std::string& words) {
    const std::string whole = outcome.words();
    return whole == words || whole.rfind(words + ", ", 0) == 0;
}

} // namespace stepper
