// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/commandline.h"
#include "app/opening.h"
#include "desk/desk.h"

#include <QElapsedTimer>
#include <QObject>

#include <memory>
#include <optional>

namespace app {

/// --check and --snapshot: looks once (or for a while), prints, and ends the event loop with an exit code.
class OneShot : public QObject {
    Q_OBJECT

public:
    OneShot(const CommandLine& line, Opening* opening, const monitor::Thresholds& thresholds,
            QObject* parent = nullptr);
    ~OneShot() override;

    void start();

private:
    void open(const pg::ConnectionInfo& connection);
    void onLink();
    void onSample();
    bool hasSeenEnough();
    void report();
    void couldNotLook(const pg::Failure& failure);

    CommandLine m_line;
    Opening* m_opening;
    monitor::Thresholds m_thresholds;
    std::unique_ptr<desk::Desk> m_desk;
    QElapsedTimer m_since; ///< the first sample
    bool m_demoIsReady;
    bool m_ended = false;
};

/// Why a server can't be looked at, for a terminal: libpq's or the server's own words.
QString failureText(const pg::Failure& failure);

/// Writes text to standard output as it is; what was written by others loses its control characters.
void print(const QString& text);
void printError(const QString& text);

} // namespace app
