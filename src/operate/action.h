// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/action.h"
#include "domain/capabilities.h"
#include "domain/snapshot.h"
#include "pg/result.h"
#include "pg/statement.h"
#include "queries/guard.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace operate {

class Reading;

/// What an action is done to: which fields of the request it needs.
enum class SubjectKind {
    None,        ///< nothing
    Queue,       ///< queue
    Consumer,    ///< queue, consumer
    Member,      ///< queue, consumer, subconsumer
    Batch,       ///< batch; queue, consumer, subconsumer and seen where they are known
    WorkQueue,   ///< queue: a name in the schema workqueue
    WorkMessage, ///< queue; arguments "message_id", and "token" where it is held
    WorkDead,    ///< queue; argument "dead_id"
    Barrier,     ///< argument "execution"
    DeadLetter,  ///< queue, and the letter's dl_id as the argument "dead_letter"
    DeadLetters, ///< queue, and several dl_id as the argument "dead_letters"
    Message,     ///< queue; arguments "type", "payload", "extra1" to "extra4" as the message has them
    Retry,       ///< queue; arguments "owner" and "event", and "due" as it was seen
    Backend,     ///< arguments "pid" and "started", and "user" where it is known
};

/// How much of a slip it would be; decides colour, confirmation and whether the name must be typed.
enum class Danger {
    None,        ///< takes nothing away and is easily put right: touch, tick, send
    Ordinary,    ///< changes who gets what and when
    Destructive, ///< something is gone afterwards, or counts as done
};

enum class ParameterKind {
    Text,
    Number,
    Duration /* "60 s", "5 min"; a bare number is seconds */,
    Choice,
    Bool,
    Payload,
    File ///< the path of one on this machine
};

struct Choice {
    std::string value;
    std::string label;
};

/// One value the operator gives. Those named "queue", "consumer" and "subconsumer" stand for the request's fields of
/// that name (a thing that does not exist yet can't be the subject); read and write all of them with valueOf() and
/// setValue().
struct Parameter {
    std::string name;
    std::string label;
    ParameterKind kind = ParameterKind::Text;
    std::string defaultValue{}; ///< as typed; "true" and "false" for Bool
    bool required = false;      ///< an empty value is refused
    bool nullable = false;      ///< no value at all is NULL, which is not the empty one
    std::string help{};         ///< what it means and its limits, one sentence; may be empty
    std::vector<Choice> choices{};
    std::optional<std::int64_t> minimum{}; ///< of a number, or of a duration in milliseconds
    std::optional<std::int64_t> maximum{};
    bool identifies = false; ///< says which thing it is about: chosen on a page, not typed
    std::function<std::string(const std::string& value)> check{}; ///< a further rule: the problem, or ""
};

/// A parameter's value in a request, the default where none was given.
std::string valueOf(const domain::ActionRequest& request, const Parameter& parameter);
void setValue(domain::ActionRequest& request, const Parameter& parameter, std::string value);

/// Whether a nullable parameter has no value.
bool isNull(const domain::ActionRequest& request, const Parameter& parameter);
void setNull(domain::ActionRequest& request, const Parameter& parameter);

/// What is wrong with one typed value; empty when nothing is. For showing beside the field while typing.
std::string problemWith(const Parameter& parameter, const std::string& value);

/// A length of time as a person types it: "60", "60 s", "1.5 min", "2 h", "250 ms", "1 day". Empty when it is none.
std::optional<pg::Interval> parseDuration(const std::string& text);

/// What stops an action before it is tried, and what would help.
struct Availability {
    bool available = true;
    std::string why;      ///< why not, one sentence
    std::string grant{};  ///< the GRANT that would help, to copy; empty where none would
    std::string whoMay{}; ///< who can run that grant
};

/// The rows of pgque.subscription that an action watches, as they were before the call and as they are after it,
/// inside the same transaction. With repeatable read a difference is the call's own doing.
struct Sight {
    std::vector<queries::SubscriptionState> before;
    std::vector<queries::SubscriptionState> after;
    queries::GivenBack givenBackBefore;
    queries::GivenBack givenBackAfter;

    const queries::SubscriptionState* consumerBefore(const std::string& name) const;
    const queries::SubscriptionState* consumerAfter(const std::string& name) const;
    const queries::SubscriptionState* batchBefore(std::int64_t batch) const;
    const queries::SubscriptionState* batchAfter(std::int64_t batch) const;
};

/// What the call's answer means. Anything but Done is rolled back.
struct Verdict {
    domain::OutcomeKind kind = domain::OutcomeKind::Done;
    std::string summary;
    std::map<std::string, std::string> results{};
    std::vector<std::string> rows{};
    std::map<std::string, std::int64_t> counts{}; ///< compared with ActionRequest::shown, by name
};

enum class Isolation {
    RepeatableRead, ///< a row changed since it was compared gives 40001 and nothing is done
    /// For what inserts events or ticks: an event must go to the table that is current, and a tick must not carry a
    /// snapshot older than one that another session ticks meanwhile (its window would be delivered twice).
    ReadCommitted,
};

/// What runs, worked out from a request: the statements between begin and commit, and how to read their answers.
struct Plan {
    Isolation isolation = Isolation::RepeatableRead;
    std::optional<queries::Watch> watch; ///< which subscriptions to compare, before and after
    bool countsGivenBack = false;        ///< also count what the watched consumer has in retry and dead letters
    std::vector<pg::Statement> calls;
    /// Refuses what was found before the call; empty: go on. On top of comparing the request's `seen`.
    std::function<std::string(const Sight&)> accept;
    /// One result a call, in order.
    std::function<Verdict(const std::vector<pg::Result>&, const Sight&)> judge;
    /// The rows that must be kept on this machine before it is committed, out of the calls' results. May be empty.
    std::function<std::vector<std::string>(const std::vector<pg::Result>&)> copies;
    bool immediate = false; ///< the calls take effect when they run: a rollback undoes nothing
};

class Series;

/// One thing an operator can do. Buttons, menus, palette, findings' remedies, the runner and the tests all read this.
struct Action {
    std::string id{};    ///< stable: "force_unregister"
    std::string title{}; ///< imperative, as on a button: "Force-unregister"
    std::string help{};  ///< one sentence: what it does
    SubjectKind subject = SubjectKind::None;
    Danger danger = Danger::Ordinary;
    bool readOnly = false;                ///< allowed in Observe
    std::string role{};                   ///< the pgque role that may do it: "pgque_reader"
    std::vector<std::string> functions{}; ///< all of them are needed, in the form of Capabilities::executableFunctions
    std::vector<std::string> tables{};    ///< of the schema pgque; INSERT, UPDATE and DELETE on all of them are needed
    std::vector<Parameter> parameters{};
    /// Why it can't be done to this subject now, judged by what was seen; empty when it can. May be empty.
    std::function<std::string(const domain::ActionRequest&, const domain::Snapshot&)> whyNot{};
    /// Throws nothing for a request without problems().
    std::function<Plan(const domain::ActionRequest&)> plan{};
    /// Fills in what it would do by lock-free queries. Throws pg::Error. May be empty.
    std::function<void(const domain::ActionRequest&, const domain::Capabilities&, Reading&, domain::Prediction&)>
        predict{};

    /// Where one transaction would be too large, or would know too little: the transactions one after the other. The
    /// plan then stands for the first of them. Throws nothing for a request without problems(). May be empty.
    std::function<std::shared_ptr<Series>(const domain::ActionRequest&)> series{};
    /// What would take a done action back, where something does. May be empty.
    std::function<std::optional<domain::ActionRequest>(const domain::ActionRequest&, const domain::ActionOutcome&)>
        inverse{};
    /// How things stand afterwards, for where the call's own answer does not tell. Throws pg::Error. May be empty.
    std::function<std::string(const domain::ActionRequest&, Reading&)> stateNow{};
    /// What a rollback does not undo, one sentence each; empty: it can't be rehearsed.
    std::vector<std::string> rehearsalLeaves{};

    bool predicts() const { return static_cast<bool>(predict); }

    bool isSeries() const { return static_cast<bool>(series); }

    const Parameter* parameter(const std::string& name) const;

    /// Everything wrong with a request before the server is asked: a missing subject, a value that is none.
    /// One sentence each.
    std::vector<std::string> problems(const domain::ActionRequest& request) const;

    /// Whether schema, privileges and what was seen allow it. Snapshot may be null: then only the former two count.
    Availability availability(const domain::ActionRequest& request, const domain::Capabilities& capabilities,
                              const domain::Snapshot* snapshot) const;
};

} // namespace operate
