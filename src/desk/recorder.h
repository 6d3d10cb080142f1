// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "desk/desk.h"
#include "desk/watch.h"
#include "monitor/rebuild.h"
#include "queries/ticks.h"

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

namespace desk {

class DeskPrivate;

/// Hands what a desk sees on to its recording, opens that once it is known which server it is, and puts in what the
/// server still has of the time before. Lives in the desk's thread; nothing here waits. Not for other folders.
class Recorder {
public:
    explicit Recorder(DeskPrivate& desk)
        : m_desk(desk) {}

    void use(const RecordingOptions& options);
    /// Another server, or none: what comes belongs to another recording.
    void leave();
    /// The next complete look.
    void take(const Seen& seen);

    /// Something was missed: paused, lost, failed.
    void gap() { m_joined = false; }

    /// Reads a capsule, or another's recording; nothing is recorded.
    void readFrom(const QString& path);

    /// Null before the first look, and where nothing is recorded.
    const std::shared_ptr<store::Recording>& recording() const { return m_recording; }

    const RecordingState& state() const { return m_state; }

private:
    using Clock = std::chrono::steady_clock;

    void open(const domain::Snapshot& snapshot);
    void openAt(const QString& identity, const domain::Snapshot& snapshot);
    void record(const Seen& seen);
    void setState(RecordingState state);

    void rebuildFrom(std::optional<pg::Timestamp> since, pg::Timestamp until);
    void readTicksInTime();
    void readTicks();
    void putIn();

    /// Ticks under way to become what was before.
    struct Rebuilding {
        std::vector<domain::Queue> queues;
        std::vector<queries::TickCursor> open;
        std::map<std::int32_t, std::vector<domain::Tick>> ticks; ///< newest first
        std::optional<pg::Timestamp> since;
        pg::Timestamp until;
        std::optional<pg::Timestamp> serverStarted;
        std::size_t read = 0;
        bool waits = false; ///< for the next sample
        std::chrono::milliseconds sliceTook{0};
        std::size_t next = 0; ///< of the queues: those before it are put in
        monitor::RebuiltServer server;
        QStringList jumps; ///< queues whose sequence jumped
    };

    DeskPrivate& m_desk;
    RecordingOptions m_options{.on = false};
    RecordingState m_state;
    std::shared_ptr<store::Recording> m_recording;
    quint64 m_opening = 0; ///< counts up: an answer to an earlier question is about another server
    bool m_asked = false;
    bool m_joined = false;
    int m_pending = 0;                          ///< samples on their way into the file
    std::optional<Clock::time_point> m_againAt; ///< after a failure
    std::shared_ptr<Rebuilding> m_rebuilding;
};

} // namespace desk
