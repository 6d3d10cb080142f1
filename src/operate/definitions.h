// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "operate/action.h"
#include "operate/reading.h"
#include "pgque/message.h"
#include "queries/prediction.h"

#include <string>
#include <vector>

// How actions are written down. Not for use outside this room.
namespace operate {

std::vector<Action> queueActions();
std::vector<Action> maintenanceActions();
std::vector<Action> consumerActions();
std::vector<Action> memberActions();
std::vector<Action> batchActions();
std::vector<Action> deadLetterActions();
std::vector<Action> workActions();
std::vector<Action> workUpkeepActions();
std::vector<Action> retryActions();
std::vector<Action> serverActions();
std::vector<Action> replayActions();
std::vector<Action> purgeActions();
std::vector<Action> sendActions();

/// A request's values, with defaults, as the types they were checked to be.
class Arguments {
public:
    Arguments(const std::vector<Parameter>& parameters, const domain::ActionRequest& request)
        : m_parameters(parameters)
        , m_request(request) {}

    std::string text(const std::string& name) const;
    std::optional<std::string> nullable(const std::string& name) const; ///< empty: NULL
    std::optional<std::int32_t> number(const std::string& name) const; ///< empty: not given
    std::optional<std::int64_t> id(const std::string& name) const;
    std::optional<pg::Interval> duration(const std::string& name) const;

    bool flag(const std::string& name) const { return text(name) == "true"; }

private:
    const std::vector<Parameter>& m_parameters;
    const domain::ActionRequest& m_request;
};

/// A plan of one call.
template <class T>
Plan planOf(Isolation isolation, pg::Call<T> call, std::function<Verdict(const T&, const Sight&)> judge) {
    Plan plan;
    plan.isolation = isolation;
    plan.calls = {call.statement};
    plan.judge = [call = std::move(call), judge = std::move(judge)](const std::vector<pg::Result>& results,
                                                                    const Sight& sight) {
        return judge(call.decode(results.at(0)), sight);
    };
    return plan;
}

inline Verdict done(std::string summary) {
    return {domain::OutcomeKind::Done, std::move(summary)};
}

inline Verdict refused(std::string summary) {
    return {domain::OutcomeKind::Refused, std::move(summary)};
}

inline Verdict changed(std::string summary) {
    return {domain::OutcomeKind::ChangedUnderneath, std::move(summary)};
}

/// Ids as a person lists them, "12, 15 19"; empty when one of them is none, or when there are none.
std::vector<std::int64_t> idsOf(const std::string& text);
/// A parameter for such a list of at most so many.
Parameter idsParameter(std::string name, std::string label, std::string help, std::size_t most);
/// A moment as an argument carries it: microseconds since 1970. Empty for another text.
std::optional<pg::Timestamp> momentOf(const domain::ActionRequest& request, const std::string& argument);
std::string momentText(pg::Timestamp moment);

/// The action that inserts again what an outcome says a copy was kept of; nothing without one.
std::optional<domain::ActionRequest> bringingBack(const domain::ActionOutcome& outcome);

/// Puts a consumer back where an outcome says that it stood ("queue", "consumer", "last_tick").
std::optional<domain::ActionRequest> readingAgain(const domain::ActionOutcome& outcome);

/// What a rollback of a call leaves behind that writes rows, or that also takes ids.
std::vector<std::string> rowsRemain();
std::vector<std::string> idsRemain();

/// What was received, as verdict.
Verdict received(const std::vector<pgque::Message>& messages);

Parameter maximumParameter();
Parameter delayParameter();
Parameter deathReasonParameter();
/// Of consumers and subconsumers that share a group: no dot, not empty.
Parameter groupNameParameter(std::string name, const std::string& label, bool required = true);

const domain::Queue* queueOf(const domain::ActionRequest& request, const domain::Snapshot& snapshot);
/// The subscription a request is about, as the snapshot has it: the holder of its batch when it names one.
const domain::Subscription* subscriptionOf(const domain::ActionRequest& request, const domain::Snapshot& snapshot);

/// Sentences for whyNot.
std::string missingQueue(const domain::ActionRequest& request, const domain::Snapshot& snapshot);
std::string missingSubscription(const domain::ActionRequest& request, const domain::Snapshot& snapshot);

/// Asks for the subscription a request is about; puts a refusal into the prediction when it is gone.
std::optional<queries::SubscriptionOutlook> outlookOf(const domain::ActionRequest& request, Reading& reading,
                                                      domain::Prediction& prediction);

/// Asks for the fate of the open batch's events; nothing, with a refusal, when there is none or it can't be told.
std::optional<queries::BatchFate> fateOf(const std::optional<queries::SubscriptionOutlook>& outlook, Reading& reading,
                                         domain::Prediction& prediction, const std::vector<std::int64_t>& events = {});

/// Numbers and counts of giving a batch back.
void tellFate(const queries::BatchFate& fate, pg::Interval delay, const queries::SubscriptionOutlook& outlook,
              domain::Prediction& prediction);

/// How long the subscription's row would be locked.
void tellLock(std::int64_t events, bool linear, const queries::SubscriptionOutlook& outlook,
              domain::Prediction& prediction);

} // namespace operate
