// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/mark.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>
#include <utility>

using namespace Qt::StringLiterals;

namespace models {

namespace {

/// Words for rules, causes before what follows from them: of two equally severe findings the first one's word stands. A
/// rule that is not here is named by its severity.
constexpr std::array<std::pair<const char*, const char*>, 12> words = {{
    {"ticker_stopped", QT_TRANSLATE_NOOP("Mark", "no ticks")},
    {"ticker_paused", QT_TRANSLATE_NOOP("Mark", "paused")},
    {"stale_heartbeat", QT_TRANSLATE_NOOP("Mark", "stuck")},
    {"rotation_pinned", QT_TRANSLATE_NOOP("Mark", "behind")},
    {"far_behind", QT_TRANSLATE_NOOP("Mark", "behind")},
    {"rotation_held_by_transaction", QT_TRANSLATE_NOOP("Mark", "held")},
    {"rotation_step_two_missing", QT_TRANSLATE_NOOP("Mark", "step 2 waits")},
    {"retry_overdue", QT_TRANSLATE_NOOP("Mark", "retry late")},
    {"dead_letters", QT_TRANSLATE_NOOP("Mark", "failing")},
    {"large_window", QT_TRANSLATE_NOOP("Mark", "large batch")},
    {"lock_wait", QT_TRANSLATE_NOOP("Mark", "waits")},
    {"coop_main_with_batch", QT_TRANSLATE_NOOP("Mark", "broken")},
}};

std::size_t rankOf(const domain::Finding& finding) {
    return std::size_t(
        std::find_if(words.begin(), words.end(), [&](const auto& word) { return finding.rule == word.first; }) -
        words.begin());
}

std::string memberKey(const std::string& queue, const std::string& group, const std::string& subconsumer) {
    return queue + '\n' + group + '\n' + subconsumer;
}

std::string batchKey(const std::string& queue, std::int64_t batch) {
    return queue + '\n' + std::to_string(batch);
}

} // namespace

Cell Mark::cell() const {
    Cell cell;
    cell.text = word;
    cell.tone = tone;
    cell.tooltip = sentence;
    return cell;
}

QVariant Mark::sortKey() const {
    return QString(QChar(u'9' - char16_t(tone)) + word);
}

Tone toneOf(domain::Severity severity) {
    switch (severity) {
    case domain::Severity::Critical:
        return Tone::Critical;
    case domain::Severity::Warning:
        return Tone::Warning;
    case domain::Severity::Information:
        return Tone::Information;
    }
    return Tone::None;
}

QString severityWord(domain::Severity severity) {
    switch (severity) {
    case domain::Severity::Critical:
        return QCoreApplication::translate("Mark", "critical");
    case domain::Severity::Warning:
        return QCoreApplication::translate("Mark", "warning");
    case domain::Severity::Information:
        return QCoreApplication::translate("Mark", "information");
    }
    return {};
}

Mark markOf(const domain::Finding& finding) {
    Mark mark{toneOf(finding.severity), severityWord(finding.severity), format::text(finding.title)};
    for (const auto& [rule, word] : words) {
        if (finding.rule == rule)
            mark.word = QCoreApplication::translate("Mark", word);
    }
    return mark;
}

WorstFindings::WorstFindings(const domain::Diagnosis& diagnosis) {
    const auto keep = [](const domain::Finding*& kept, const domain::Finding& finding) {
        if (!kept || finding.severity > kept->severity ||
            (finding.severity == kept->severity && rankOf(finding) < rankOf(*kept)))
            kept = &finding;
    };
    for (const domain::Finding& finding : diagnosis.findings) {
        const domain::Subject& subject = finding.subject;
        keep(m_queues[subject.queue], finding);
        keep(m_members[memberKey(subject.queue, subject.consumer, subject.member)], finding);
        if (subject.batch)
            keep(m_batches[batchKey(subject.queue, *subject.batch)], finding);
    }
}

const domain::Finding* WorstFindings::in(const Places& places, const std::string& key) {
    const auto found = places.find(key);
    return found == places.end() ? nullptr : found->second;
}

const domain::Finding* WorstFindings::ofQueue(const std::string& queue) const {
    return in(m_queues, queue);
}

const domain::Finding* WorstFindings::ofMember(const std::string& queue, const std::string& group,
                                               const std::string& subconsumer) const {
    // Mostly there is nothing: then no key is made.
    return in(m_queues, queue) ? in(m_members, memberKey(queue, group, subconsumer)) : nullptr;
}

const domain::Finding* WorstFindings::ofBatch(const std::string& queue, std::int64_t batch) const {
    return m_batches.empty() ? nullptr : in(m_batches, batchKey(queue, batch));
}

} // namespace models
