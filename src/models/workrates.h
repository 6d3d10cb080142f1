// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/workqueues.h"

#include <deque>
#include <optional>
#include <string>

namespace models {

/// What went in and out of a work queue over the last half minute, from samples of it. Rates are a second's.
class WorkRates {
public:
    /// Takes the next sample; one of another install, or of counters that went back, begins anew.
    void add(const domain::WorkSample& sample);

    /// Messages sent, and messages done with, in all queues: the server counts them by table. Empty after one sample.
    std::optional<double> sent() const;
    std::optional<double> finished() const;

    /// By how much a queue has grown. Empty where it was counted up to a cap.
    std::optional<double> change(const std::string& queue) const;

private:
    std::optional<double> seconds() const;
    std::optional<double> counted(std::int64_t domain::WorkCounters::*counter) const;

    std::deque<domain::WorkSample> m_samples;
};

} // namespace models
