// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "stepper/engine.h"

#include <random>
#include <string>

/// Steps as a careless person might take them: often possible, sometimes not.
class RandomSteps {
public:
    explicit RandomSteps(unsigned seed)
        : m_random(seed) {}

    int below(int n) { return static_cast<int>(m_random() % static_cast<unsigned>(n)); }

    stepper::Step next() {
        using namespace std::chrono_literals;
        using stepper::Verb;
        stepper::Step step;
        const std::string lane = worker();
        const int choice = below(100);
        if (choice < 10) {
            step = {.verb = Verb::Send, .lane = below(3) == 0 ? lane : "", .count = 1 + below(3)};
        } else if (choice < 19) {
            step.verb = below(8) == 0 ? Verb::ForceTick : Verb::Tick;
        } else if (choice < 38) {
            step = {.verb = Verb::Receive, .lane = lane, .normal = below(8) == 0};
            if (below(3))
                step.ask.deadInterval = 30min;
            if (below(8) == 0)
                step.limit = 1 + below(2);
            else if (below(8) == 0)
                step.ask.minCount = 1 + below(4);
            else if (below(12) == 0)
                step.ask.minLag = 0min;
        } else if (choice < 47) {
            step = {.verb = Verb::Ack, .lane = lane, .token = below(4) == 0 ? 1 : 0};
        } else if (choice < 54) {
            step = {.verb = Verb::Nack, .lane = lane, .token = below(5) == 0 ? 1 : 0, .message = below(3)};
            if (below(2))
                step.span = 1min;
        } else if (choice < 62) {
            step = {.verb = Verb::Age, .member = lane, .span = 40min + 1s * ++m_ages};
        } else if (choice < 65) {
            step = {.verb = Verb::Touch, .lane = lane};
        } else if (choice < 70) {
            step = {.verb = Verb::Register, .lane = lane, .convert = below(2) == 0};
        } else if (choice < 73) {
            step = {.verb = Verb::Unregister, .lane = lane, .force = below(2) == 0};
            if (below(3) == 0)
                step.member = worker();
        } else if (choice < 75) {
            step = {.verb = below(2) ? Verb::Subscribe : Verb::Unsubscribe, .lane = lane};
        } else if (choice < 86) {
            step = {.verb = below(3) == 0 ? Verb::Rollback : Verb::Commit, .lane = lane};
        } else if (choice < 88) {
            step = {.verb = Verb::Begin, .lane = lane};
        } else if (choice < 89) {
            step = {.verb = below(2) ? Verb::Cancel : Verb::Die, .lane = lane};
        } else if (choice < 91) {
            step = {.verb = Verb::Return, .lane = lane};
        } else if (choice < 96) {
            step = {.verb = below(4) == 0 ? Verb::Walk : below(3) ? Verb::Next : Verb::Run, .lane = lane};
            if (step.verb == Verb::Walk && below(2))
                step.ask.deadInterval = 30min;
            if (step.verb == Verb::Run)
                step.stopAt = static_cast<stepper::Break>(below(5));
        } else {
            step.verb = below(2) ? Verb::Maintain : below(2) ? Verb::Due : Verb::Rotate;
        }
        if (step.verb == Verb::Receive || step.verb == Verb::Ack || step.verb == Verb::Nack ||
            step.verb == Verb::Touch || step.verb == Verb::Register || step.verb == Verb::Unregister ||
            step.verb == Verb::Subscribe || step.verb == Verb::Unsubscribe)
            step.hold = below(3) == 0;
        if (step.verb == Verb::Send && !step.lane.empty())
            step.hold = below(2) == 0;
        return step;
    }

private:
    std::string worker() { return std::string(1, static_cast<char>('a' + below(4))); }

    std::mt19937 m_random;
    int m_ages = 0;
};
