// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/finding.h"
#include "domain/snapshot.h"
#include "monitor/memory.h"
#include "monitor/thresholds.h"

#include <string>
#include <string_view>

// The rules one by one. Not for use outside this room.
namespace monitor::rules {

/// What a rule sees and where it puts what it finds.
struct Case {
    const domain::Snapshot& snapshot;
    const Memory* memory; ///< null: nothing earlier is known
    const Thresholds& thresholds;
    domain::Diagnosis& diagnosis;

    /// By the clock of what is judged: on a standby that stands still with what is replayed, so that a replay which
    /// lags behind is blamed on nobody.
    pg::Interval since(pg::Timestamp moment) const { return snapshot.asOf() - moment; }

    /// Adds a finding and returns it for its texts.
    domain::Finding& found(std::string_view rule, domain::Severity severity, domain::Subject subject);
    void notEvaluated(std::string_view rule, std::string why);
    /// Of a rule that judges by sessions and locks: they are the primary's. Then it is listed as not evaluated.
    bool needsThePrimary(std::string_view rule);
};

void tickerStopped(Case& one);
void tickerPaused(Case& one);
void largeWindow(Case& one);
void largeBatch(Case& one);
void insertsDisabled(Case& one);
void noConsumer(Case& one);

void retryOverdue(Case& one);
void retryFallingBehind(Case& one);
void retryLoad(Case& one);
void retryLastTry(Case& one);
void deadLetters(Case& one);

void staleHeartbeat(Case& one);
void mainWithBatch(Case& one);
void memberWithoutGroup(Case& one);
void lockWait(Case& one);

void heartbeatWithoutProgress(Case& one);
void windowCirculates(Case& one);
void hastyTakeover(Case& one);
void groupDemoted(Case& one);
void heldInsideFetch(Case& one);
void farBehind(Case& one); ///< after rotationPinned, which says more
void partialReceive(Case& one);

void brokenMembers(Case& one);
void overlappingWindows(Case& one);
void duplicateBatches(Case& one);
void groupWithoutMember(Case& one);
void malformedNames(Case& one);
void positionLost(Case& one);
void ownerlessRows(Case& one);

void horizonHeld(Case& one);
void lateCommitter(Case& one);
void ticksOfAnotherLife(Case& one);
void replayDelay(Case& one);

void rotationPinned(Case& one);
void rotationHeld(Case& one);
void rotationHeldByLock(Case& one);
void stepTwoMissing(Case& one);

/// The subject a subscription is to a finding.
domain::Subject subjectOf(const domain::Snapshot& snapshot, const domain::Subscription& row);

/// A member's transaction holds its group's row as well: what there is to say is said once, of the group.
bool groupIsLockedToo(const domain::Snapshot& snapshot, const domain::Subscription& row, const domain::RowLock& lock);

/// A remedy: an action on what a subscription is, as it was seen.
domain::ActionRequest remedy(std::string action, const domain::Snapshot& snapshot, const domain::Subscription& row);

/// What helps against a member that keeps a batch: another, idle member takes it over, or it goes.
void addMemberRemedies(const domain::Snapshot& snapshot, const domain::Subscription& row, domain::Finding& finding);

/// What helps against a session that holds something: its transaction is rolled back with it.
void addSessionRemedy(const domain::Snapshot& snapshot, domain::Finding& finding);

} // namespace monitor::rules
