// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/oneshot.h"

#include "monitor/diagnosis.h"
#include "monitor/json.h"

#include <QCoreApplication>
#include <QJsonDocument>
#include <QTimer>

#include <cstdio>

namespace app {

using namespace Qt::StringLiterals;

namespace {

/// A suspicion is confirmed or cleared by what is seen this much later.
constexpr auto secondLook = std::chrono::milliseconds(3'500);
constexpr auto demoAtMost = std::chrono::seconds(60);

/// The failure that says nothing can be seen here, where the sample carries one.
const pg::Failure* nothingToSee(const domain::Snapshot& snapshot) {
    for (const domain::PartError& error : snapshot.errors) {
        if (error.part == "schema")
            return &error.failure;
    }
    return nullptr;
}

pg::Failure noSchema(const domain::Snapshot& snapshot) {
    pg::Failure failure;
    failure.kind = pg::ErrorKind::Server;
    failure.diagnostics.message = "database " + snapshot.capabilities.database + " has no schema pgque";
    return failure;
}

void write(FILE* to, const QString& text) {
    QString safe = text;
    safe.replace(u'\t', u' ');
    for (QChar& c : safe) {
        if (c != u'\n' && (c.category() == QChar::Other_Control || c.category() == QChar::Other_Format))
            c = u'?';
    }
    const QByteArray bytes = safe.toUtf8();
    std::fwrite(bytes.constData(), 1, static_cast<std::size_t>(bytes.size()), to);
    std::fflush(to);
}

} // namespace

QString failureText(const pg::Failure& failure) {
    QString text = QString::fromStdString(failure.text()).trimmed();
    if (!failure.diagnostics.hint.empty())
        text += u" ("_s + QString::fromStdString(failure.diagnostics.hint) + u')';
    return text;
}

void print(const QString& text) {
    write(stdout, text);
}

void printError(const QString& text) {
    write(stderr, u"batchscope: "_s + text + u'\n');
}

OneShot::OneShot(const CommandLine& line, Opening* opening, const monitor::Thresholds& thresholds, QObject* parent)
    : QObject(parent)
    , m_line(line)
    , m_opening(opening)
    , m_thresholds(thresholds)
    , m_demoIsReady(!line.demo) {
    connect(opening, &Opening::connectable, this, &OneShot::open);
    connect(opening, &Opening::failed, this, [this](const QString& problem) {
        pg::Failure failure;
        failure.diagnostics.message = problem.toStdString();
        couldNotLook(failure);
    });
    connect(opening, &Opening::demoReady, this, [this] {
        m_demoIsReady = true;
        if (m_desk)
            m_desk->sampleNow();
    });
}

OneShot::~OneShot() = default;

void OneShot::start() {
    m_opening->start();
    if (!m_demoIsReady) {
        // Better a report that lacks a planted state than none.
        QTimer::singleShot(demoAtMost, this, [this] { m_demoIsReady = true; });
    }
}

void OneShot::open(const pg::ConnectionInfo& connection) {
    m_desk = std::make_unique<desk::Desk>(m_opening->profile());
    m_desk->setFirstSampleWhole(true);
    m_desk->setThresholds(m_thresholds);
    connect(m_desk.get(), &desk::Desk::linkStatusChanged, this, &OneShot::onLink);
    connect(m_desk.get(), &desk::Desk::snapshotReady, this, &OneShot::onSample);
    m_desk->open(connection);
}

void OneShot::onLink() {
    const desk::LinkStatus status = m_desk->linkStatus();
    switch (status.state) {
    case desk::LinkState::Closed:
    case desk::LinkState::Connecting:
        return;
    case desk::LinkState::Live:
        if (m_desk->isStale())
            couldNotLook(status.failure);
        return;
    case desk::LinkState::NeedsPassword:
    case desk::LinkState::Lost:
    case desk::LinkState::Failed:
        couldNotLook(status.failure);
        return;
    }
}

bool OneShot::hasSeenEnough() {
    if (m_desk->isCapsule())
        return true; // nothing more comes
    if (!m_demoIsReady)
        return false;
    if (!m_since.isValid())
        m_since.start();
    if (m_line.mode == Mode::Snapshot)
        return true;
    if (m_line.watch.count() > 0)
        return m_since.elapsed() >= m_line.watch.count();
    return !monitor::wantsSecondLook(m_desk->diagnosis()) || m_since.elapsed() >= secondLook.count();
}

void OneShot::onSample() {
    if (m_ended)
        return;
    const domain::Snapshot& snapshot = *m_desk->snapshot();
    if (const pg::Failure* failure = nothingToSee(snapshot)) {
        couldNotLook(*failure);
        return;
    }
    // A work queue may stand alone.
    if (snapshot.capabilities.origin == domain::SchemaOrigin::None &&
        (m_line.mode == Mode::Snapshot || !m_desk->workLooks())) {
        couldNotLook(noSchema(snapshot));
        return;
    }
    if (hasSeenEnough())
        report();
}

void OneShot::report() {
    m_ended = true;
    const auto json = [](const QJsonObject& object) {
        print(QString::fromUtf8(QJsonDocument(object).toJson(QJsonDocument::Indented)));
    };
    int code = Success;
    if (m_line.mode == Mode::Snapshot) {
        json(monitor::snapshotJson(*m_desk->snapshot()));
    } else {
        const domain::Diagnosis& diagnosis = m_desk->diagnosis();
        if (m_line.format == Format::Json)
            json(monitor::checkJson(diagnosis));
        else
            print(monitor::checkText(diagnosis, *m_desk->snapshot()));
        const auto worst = monitor::worst(diagnosis);
        if (worst == domain::Severity::Critical)
            code = FoundCritical;
        else if (worst == domain::Severity::Warning)
            code = FoundWarning;
    }
    QCoreApplication::exit(code);
}

void OneShot::couldNotLook(const pg::Failure& failure) {
    if (m_ended)
        return;
    m_ended = true;
    if (m_line.mode == Mode::Check && m_line.format == Format::Json)
        print(QString::fromUtf8(QJsonDocument(monitor::checkJson(failure)).toJson(QJsonDocument::Indented)));
    else if (m_line.mode == Mode::Snapshot && m_desk && m_desk->snapshot())
        print(QString::fromUtf8(
            QJsonDocument(monitor::snapshotJson(*m_desk->snapshot())).toJson(QJsonDocument::Indented)));
    printError(failureText(failure));
    QCoreApplication::exit(CouldNotLook);
}

} // namespace app
