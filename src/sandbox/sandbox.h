// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/connectioninfo.h"

#include <QFuture>
#include <QObject>
#include <QString>

#include <memory>
#include <optional>
#include <vector>

namespace sandbox {

/// One thing the demonstration shows on purpose, and whether it is there now.
struct PlantedState {
    QString name;    ///< stable identifier, e.g. "dead_member"
    QString meaning; ///< one sentence
    bool present = false;

    bool operator==(const PlantedState&) const = default;
};

/// The user's one private server, its ticker and maintenance, and the demonstration. Nothing here blocks the caller:
/// work runs on threads of its own and signals come back to the thread this object lives in.
///
/// Whoever starts the server owns it: that process drives the ticker and stops the server. Any other console of the
/// same user attaches. A server left behind by a crashed owner is taken over.
class Sandbox : public QObject {
    Q_OBJECT

public:
    enum class State { Stopped, Starting, Running, Stopping, Failed };

    /// dataDir: where the cluster lives; empty means BATCHSCOPE_DATA_DIR or this user's own place.
    explicit Sandbox(const QString& dataDir = {}, QObject* parent = nullptr);

    /// Stops what this object owns; waits for it (seconds, bounded).
    ~Sandbox() override;

    /// Starts the server or attaches to the one that runs. Ends with ready() or failed(); progress() on the way.
    void start();

    /// Starts the demonstration on the running server, or notices that another console runs it. When the server is
    /// not ready yet, as soon as it is. demoReady() follows when every planted state exists.
    void startDemo();
    void stopDemo();

    /// Stops the demonstration and, when this object owns it, the server. stopped() follows; finished futures too.
    QFuture<void> stop();

    State state() const;
    bool isOwner() const;

    /// How to connect to the database `demo`; empty while there is no server.
    std::optional<pg::ConnectionInfo> connection() const;

    /// What the demonstration planted, as of about a second ago; empty before it started.
    std::vector<PlantedState> planted() const;

Q_SIGNALS:
    void progress(const QString& step);
    void ready(const pg::ConnectionInfo& connection);
    void failed(const QString& problem, const QString& advice);
    void plantedChanged();
    void demoReady(); ///< every planted state exists
    void stopped();

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace sandbox
