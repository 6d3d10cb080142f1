// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/findingplace.h"

using namespace Qt::StringLiterals;

namespace ui {

namespace {

/// As the page Consumers names its lines.
QString consumerOf(const domain::Subject& about) {
    const QString member = about.member.empty() ? QString() : u'.' + QString::fromStdString(about.member);
    return QString::fromStdString(about.queue) + u'/' + QString::fromStdString(about.consumer) + member;
}

} // namespace

Place placeOf(const domain::Finding& finding) {
    const domain::Subject& about = finding.subject;
    const QString queue = QString::fromStdString(about.queue);
    const auto is = [&finding](std::string_view prefix) { return finding.rule.starts_with(prefix); };
    if (is("work_barrier"))
        return {u"barriers"_s, QString::fromStdString(about.consumer)};
    if (is("work_"))
        return {u"workqueue"_s, queue.section(u'.', 1)}; // behind the install's schema
    if (is("retry_") || is("ownerless_retries"))
        return {u"retry"_s, queue};
    if (is("dead_letters"))
        return {u"dead"_s, queue};
    if (is("lock_wait") || is("taken_not_committed"))
        return {u"locks"_s, finding.culprit && finding.culprit->pid ? QString::number(*finding.culprit->pid) : QString()};
    // The ring says who stands where, and which gate is closed.
    if (is("rotation_"))
        return {u"queue"_s, queue};
    if (about.batch)
        return {u"inflight"_s, QString::number(*about.batch)};
    if (!about.consumer.empty())
        return {u"consumers"_s, consumerOf(about)};
    if (!queue.isEmpty())
        return {u"queue"_s, queue};
    // Who ticks is told where the scheduler is.
    return is("ticker_") ? Place{u"schema"_s} : Place{};
}

QString subjectOn(const QString& page, const domain::Finding& finding) {
    const domain::Subject& about = finding.subject;
    const bool isOfWork = finding.rule.starts_with("work_");
    if (page == "queue"_L1 || page == "messages"_L1)
        return isOfWork ? QString() : QString::fromStdString(about.queue);
    if (page == "consumers"_L1)
        return isOfWork || about.consumer.empty() ? QString() : consumerOf(about);
    if (page == "inflight"_L1 || page == "batch"_L1)
        return about.batch ? QString::number(*about.batch) : QString();
    // These begin with all queues.
    if (page == "retry"_L1 || page == "dead"_L1)
        return {};
    const Place place = placeOf(finding);
    return place.page == page ? place.subject : QString();
}

} // namespace ui
