// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "stepper/model.h"

#include <optional>
#include <string>
#include <vector>

namespace stepper {

enum class Verb {
    Register,
    Unregister,
    Subscribe,
    Unsubscribe,
    Receive,
    Ack,
    Nack,
    Touch,
    Send,
    Begin,
    Commit,
    Rollback,
    Cancel, ///< stops what the worker waits for
    Die,    ///< its backend goes without cleaning up
    Return, ///< a new backend for it
    Walk,   ///< a receive statement by statement: begins and finds the group
    Next,   ///< the walk's next statement
    Run,    ///< the walk up to a break or its end
    Tick,
    ForceTick,
    Maintain, ///< retry maintenance
    Due,      ///< makes what waits due
    Rotate,
    Age, ///< makes a heartbeat older
};

/// Where a walk stops by itself.
enum class Break {
    None,
    LostRace, ///< the cursor moved between looking and locking
    TookOver,
    EmptyWindow,
    Nothing,
};

/// One thing somebody does: a worker (its lane), or the queue's own driver where the lane is empty.
struct Step {
    Verb verb = Verb::Tick;
    std::string lane = {};
    std::string member = {}; ///< Unregister: somebody else; Age: whose heartbeat
    bool hold = false;       ///< Receive, Send, Ack, Nack, Touch, Register, Unregister: leave the transaction open
    bool normal = false;     ///< Receive: as a normal consumer of the group's name
    bool convert = false;    ///< Register: turn a normal consumer into a group
    bool force = false;      ///< Unregister: with an open window
    int count = 1;           ///< Send: how many events
    std::optional<int> limit = {}; ///< Receive: at most so many
    Model::Ask ask = {};           ///< Receive, Walk
    int token = 0;                 ///< Ack, Nack: 0 the lane's newest token, 1 the one before, …
    int message = 0;               ///< Nack: which of the messages received, from 1; 0: all
    Model::Time span{};            ///< Nack: after; Age: by
    Break stopAt = Break::None;    ///< Run

    /// A line of a script: "b receive dead 5m hold".
    std::string text() const;

    bool asksForConditions() const { return ask.minCount || ask.minLag || ask.minInterval; }
};

/// What became of a step, or will.
struct Outcome {
    enum class Kind {
        Done,
        Stale,   ///< answered 0: the token or the member is unknown
        Same,    ///< the batch it had already
        Takes,   ///< over from somebody
        Gets,    ///< the next window
        Empty,   ///< an empty window, done at once
        Nothing, ///< no window
        Refused, ///< an error
        Waits,   ///< for somebody's lock
        Stopped, ///< cancelled, ended, or given up by the server (deadlock)
        Walking, ///< one statement further
    };

    Kind kind = Kind::Done;
    std::string who = {};                   ///< Takes: from whom; Waits: for whom
    std::string row = {};                   ///< Waits: on whose subscription row
    std::optional<std::int64_t> token = {}; ///< Same, Takes, Gets
    Model::Window window = {};              ///< of that token, where known
    std::vector<Model::Event> events = {};  ///< received, by id
    std::int64_t number = 0;                ///< events sent, tick made, retries moved, events given back
    std::string said = {};                  ///< Refused, Stopped: the server's words; Walking: the statement's name

    /// As a script expects it: "waits a", "takes a, 3 events", "stale".
    std::string words() const;
};

/// Whether what was observed is what the words ask for; they may say less ("takes a" without a count).
bool meets(const Outcome& outcome, const std::string& words);

const char* nameOf(Verb verb);

/// "5m", "90s", "200ms".
std::string spanText(Model::Time span);
std::optional<Model::Time> spanFrom(const std::string& text);

/// Whether a worker may be called so: a small letter, then small letters, digits and '_'; no word of the script.
bool isLaneName(const std::string& name);

struct Parsed {
    Step step;
    std::string problem; ///< empty when the line is a step
};

Parsed parseStep(const std::string& line);

} // namespace stepper
