// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/workrates.h"

#include <algorithm>

namespace models {

namespace {

constexpr pg::Interval span = std::chrono::seconds(30);

/// Everything of a queue that is not done with; empty when it was not counted to its end.
std::optional<std::int64_t> total(const domain::WorkSample& sample, const std::string& name) {
    const auto found = std::find_if(sample.queues.begin(), sample.queues.end(),
                                    [&name](const domain::WorkQueue& queue) { return queue.name == name; });
    if (found == sample.queues.end())
        return 0;
    const domain::Count ready = found->ready();
    if (ready.capped || found->scheduled >= 1'000)
        return {};
    return ready.value + found->claimed + found->scheduled;
}

} // namespace

void WorkRates::add(const domain::WorkSample& sample) {
    if (!m_samples.empty()) {
        const domain::WorkSample& last = m_samples.back();
        const bool reset =
            last.counters && sample.counters &&
            (sample.counters->inserted < last.counters->inserted || sample.counters->deleted < last.counters->deleted);
        if (!(last.install == sample.install) || reset || sample.takenAt <= last.takenAt)
            m_samples.clear();
    }
    m_samples.push_back(sample);
    while (m_samples.size() > 2 && sample.takenAt - m_samples[1].takenAt >= span)
        m_samples.pop_front();
}

std::optional<double> WorkRates::seconds() const {
    if (m_samples.size() < 2)
        return {};
    return std::chrono::duration<double>(m_samples.back().takenAt - m_samples.front().takenAt).count();
}

std::optional<double> WorkRates::counted(std::int64_t domain::WorkCounters::*counter) const {
    const auto took = seconds();
    if (!took || !m_samples.front().counters || !m_samples.back().counters)
        return {};
    return static_cast<double>(*m_samples.back().counters.*counter - *m_samples.front().counters.*counter) / *took;
}

std::optional<double> WorkRates::sent() const {
    return counted(&domain::WorkCounters::inserted);
}

std::optional<double> WorkRates::finished() const {
    return counted(&domain::WorkCounters::deleted);
}

std::optional<double> WorkRates::change(const std::string& queue) const {
    const auto took = seconds();
    if (!took)
        return {};
    const auto then = total(m_samples.front(), queue);
    const auto now = total(m_samples.back(), queue);
    if (!then || !now)
        return {};
    return static_cast<double>(*now - *then) / *took;
}

} // namespace models
