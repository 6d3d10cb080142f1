// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "operate/action.h"
#include "operate/progress.h"
#include "operate/reading.h"

#include <map>
#include <optional>
#include <string>

namespace operate {

/// What is too much for one transaction, or what must look between two of them: bounded transactions one after the
/// other. Used by one thread.
class Series {
public:
    Series() = default;
    virtual ~Series() = default;
    Series(const Series&) = delete;
    Series& operator=(const Series&) = delete;

    /// The next transaction; empty when all is done, or when problem() says why it ends here. May wait between two
    /// looks, and then heeds progress.isStopping(). Throws pg::Error.
    virtual std::optional<Plan> next(Reading& reading, Progress& progress) = 0;
    /// The transaction given last was committed, with this id where it wrote something.
    virtual void committed(const std::optional<std::string>& xid) = 0;

    /// How many of how many (0: not known) things are done.
    virtual Amount amount() const = 0;
    /// What is done so far, in one sentence: "3,000 of 12,000 lines were sent."
    virtual std::string tell() const = 0;
    /// What the last transaction is about: "lines 3,001 to 4,000".
    virtual std::string portion() const = 0;

    /// Figures for ActionOutcome::results, also those by which the rest can be done later.
    virtual std::map<std::string, std::string> results() const { return {}; }

    /// Why it ends before everything is done although nothing failed on the server; empty: it does not.
    virtual std::string problem() const { return {}; }

    /// A better explanation than the server's of why the last transaction was refused; empty: there is none.
    virtual std::string explain(Reading&) { return {}; }
};

} // namespace operate
