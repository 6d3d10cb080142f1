// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFuture>
#include <QString>

namespace desk {

/// What the operating system's keychain answered. A machine without one (a container) is no error of ours: the
/// password is then asked for each time.
struct KeychainReply {
    bool found = false; ///< read: there is a password; write and remove: done
    QString password;
    QString problem; ///< why not, for a person; empty when there simply is none
};

/// Passwords by profile name, in the operating system's keychain and nowhere else. Nothing here waits.
namespace keychain {

QFuture<KeychainReply> read(const QString& profile);
QFuture<KeychainReply> write(const QString& profile, const QString& password);
QFuture<KeychainReply> remove(const QString& profile);

} // namespace keychain

} // namespace desk
