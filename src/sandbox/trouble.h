// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <exception>

namespace sandbox {

/// Why the sandbox can't go on, in words for the person in front of it. Thrown on worker threads only; the facade
/// turns it into a signal.
class Trouble : public std::exception {
public:
    Trouble(QString what, QString whatHelps)
        : problem(std::move(what))
        , advice(std::move(whatHelps))
        , m_text(problem.toUtf8()) {}

    const char* what() const noexcept override { return m_text.constData(); }

    QString problem; ///< one sentence
    QString advice;  ///< what to do about it

private:
    QByteArray m_text;
};

} // namespace sandbox
