// SPDX-License-Identifier: Apache-2.0
#include "pg/transaction.h"

#include <array>
#include <string>
#include <utility>

namespace pg::transaction {

namespace {

bool isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Takes the next word (lower case) past blanks, comments and statement ends; empty when something else stands there.
std::string takeWord(std::string_view& sql) {
    for (bool moved = true; moved && !sql.empty();) {
        moved = false;
        if (sql.starts_with("--")) {
            const auto end = sql.find('\n');
            sql = end == std::string_view::npos ? std::string_view() : sql.substr(end);
            moved = true;
        } else if (sql.starts_with("/*")) {
            int depth = 0;
            std::size_t at = 0;
            do {
                if (sql.substr(at, 2) == "/*") {
                    ++depth;
                    ++at;
                } else if (sql.substr(at, 2) == "*/") {
                    --depth;
                    ++at;
                }
                ++at;
            } while (depth > 0 && at < sql.size());
            sql.remove_prefix(at < sql.size() ? at : sql.size());
            moved = true;
        } else if (std::string_view(" \t\r\n\f\v;").find(sql.front()) != std::string_view::npos) {
            sql.remove_prefix(1);
            moved = true;
        }
    }
    std::string word;
    while (!sql.empty() && isLetter(sql.front())) {
        word += lower(sql.front());
        sql.remove_prefix(1);
    }
    return word;
}

} // namespace

Verb verbOf(std::string_view sql) {
    const std::string first = takeWord(sql);
    if (first == "begin" || first == "start") {
        return Verb::Begin;
    }
    std::string second = takeWord(sql);
    if (first == "commit" || first == "end") {
        return second == "prepared" ? Verb::Other : Verb::Commit;
    }
    if (first == "prepare") {
        return second == "transaction" ? Verb::Commit : Verb::Neutral;
    }
    if (first == "rollback" || first == "abort") {
        if (second == "prepared") {
            return Verb::Other;
        }
        if (second == "work" || second == "transaction") {
            second = takeWord(sql);
        }
        return second == "to" ? Verb::Neutral : Verb::Rollback;
    }
    for (const std::string_view neutral :
         {"set", "show", "reset", "listen", "unlisten", "savepoint", "release", "discard", "deallocate"}) {
        if (first == neutral) {
            return Verb::Neutral;
        }
    }
    return Verb::Other;
}

bool mayHaveCommitted(TransactionStatus start, std::span<const Step> steps) {
    enum class Where { Outside, Inside, Failed };
    Where where = start == TransactionStatus::InTransaction         ? Where::Inside
                  : start == TransactionStatus::InFailedTransaction ? Where::Failed
                                                                    : Where::Outside;
    // Done outside a block, becoming permanent when the group ends, unless a later step of the group fails.
    bool pending = false;
    for (const Step& step : steps) {
        if (step.answer == Answer::Failed) {
            pending = false;
            // A COMMIT that fails has ended the transaction; everything else that fails inside leaves it failed.
            const bool ended = step.verb == Verb::Commit || step.verb == Verb::Rollback;
            where = where == Where::Outside || ended ? Where::Outside : Where::Failed;
        } else if (step.answer != Answer::Skipped) {
            switch (step.verb) {
            case Verb::Begin:
                // Inside a group that has already worked, BEGIN takes that work into the block.
                where = where == Where::Outside ? Where::Inside : where;
                pending = false;
                break;
            case Verb::Commit:
                if (where != Where::Failed) {
                    return true;
                }
                where = Where::Outside;
                break;
            case Verb::Rollback:
                where = Where::Outside;
                break;
            case Verb::Neutral:
                // ROLLBACK TO SAVEPOINT makes a failed transaction good again.
                where = where == Where::Failed ? Where::Inside : where;
                break;
            case Verb::Other:
                pending = pending || where == Where::Outside;
                break;
            }
        }
        if (step.sync && pending) {
            return true;
        }
    }
    return false;
}

bool scriptMayCommit(TransactionStatus start, std::string_view sql) {
    if (start == TransactionStatus::InFailedTransaction) {
        // The first COMMIT or ROLLBACK leaves the failed transaction, and more may follow.
        start = TransactionStatus::InTransaction;
    }
    if (start != TransactionStatus::InTransaction) {
        return true;
    }
    std::string word;
    const auto leaves = [&word] {
        return word == "commit" || word == "end" || word == "prepare" || word == "rollback" || word == "abort";
    };
    for (const char c : sql) {
        if (isLetter(c)) {
            word += lower(c);
        } else if (leaves()) {
            return true;
        } else {
            word.clear();
        }
    }
    return leaves();
}

} // namespace pg::transaction
