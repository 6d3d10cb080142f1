// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/manifest.h"

#include "schema/script.h"

#include <QCryptographicHash>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace schema {

namespace {

/// A piece of SQL text: a word, a punctuation character, or a string in any kind of quotes.
struct Token {
    enum class Kind { Word, Punctuation, String } kind = Kind::Word;
    std::string text; ///< words in lower case unless they were quoted; strings without their quotes
};

bool isWordCharacter(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

/// Cuts SQL text into statements of tokens. Knows comments and the three kinds of quotes; nothing else is needed to
/// find the heads of functions.
class Lexer {
public:
    explicit Lexer(std::string_view text)
        : m_text(text) {}

    /// The next statement's tokens without its semicolon; empty at the end of the text.
    std::optional<std::vector<Token>> statement() {
        std::vector<Token> tokens;
        while (const auto token = next()) {
            if (token->kind == Token::Kind::Punctuation && token->text == ";") {
                if (!tokens.empty())
                    return tokens;
                continue;
            }
            tokens.push_back(*token);
        }
        if (tokens.empty())
            return std::nullopt;
        return tokens;
    }

private:
    bool at(std::string_view what) const { return m_text.substr(m_position, what.size()) == what; }

    std::string upTo(std::string_view end) {
        const std::size_t found = m_text.find(end, m_position);
        std::string inside(m_text.substr(m_position, found - m_position));
        m_position = found == std::string_view::npos ? m_text.size() : found + end.size();
        return inside;
    }

    void skip() {
        while (m_position < m_text.size()) {
            if (at("--"))
                upTo("\n");
            else if (at("/*"))
                upTo("*/");
            else if (std::isspace(static_cast<unsigned char>(m_text[m_position])))
                ++m_position;
            else
                return;
        }
    }

    std::string quoted(char quote) {
        std::string inside;
        ++m_position;
        while (true) {
            inside += upTo(std::string_view(&quote, 1));
            if (m_position >= m_text.size() || m_text[m_position] != quote)
                return inside;
            inside += quote; // doubled inside
            ++m_position;
        }
    }

    std::optional<Token> next() {
        skip();
        if (m_position >= m_text.size())
            return std::nullopt;
        const char c = m_text[m_position];
        if (c == '\'')
            return Token{Token::Kind::String, quoted(c)};
        if (c == '"')
            return Token{Token::Kind::Word, quoted(c)};
        if (c == '$') {
            const std::size_t end = m_text.find('$', m_position + 1);
            const std::string tag(m_text.substr(m_position, end - m_position + 1));
            m_position = end + 1;
            return Token{Token::Kind::String, upTo(tag)};
        }
        if (!isWordCharacter(c)) {
            ++m_position;
            return Token{Token::Kind::Punctuation, std::string(1, c)};
        }
        Token word;
        for (; m_position < m_text.size() && isWordCharacter(m_text[m_position]); ++m_position)
            word.text += char(std::tolower(static_cast<unsigned char>(m_text[m_position])));
        return word;
    }

    std::string_view m_text;
    std::size_t m_position = 0;
};

/// Reads one statement token by token.
class Reader {
public:
    explicit Reader(const std::vector<Token>& tokens)
        : m_tokens(tokens) {}

    bool atEnd() const { return m_next >= m_tokens.size(); }

    const Token& peek() const {
        static const Token none{Token::Kind::Punctuation, ""};
        return atEnd() ? none : m_tokens[m_next];
    }

    Token take() {
        Token token = peek();
        ++m_next;
        return token;
    }

    bool accept(std::string_view text) {
        if (peek().kind == Token::Kind::String || peek().text != text)
            return false;
        ++m_next;
        return true;
    }

    bool accept(std::initializer_list<std::string_view> words) {
        const std::size_t start = m_next;
        for (const std::string_view word : words) {
            if (!accept(word)) {
                m_next = start;
                return false;
            }
        }
        return true;
    }

private:
    const std::vector<Token>& m_tokens;
    std::size_t m_next = 0;
};

/// The names that SQL allows for a type beside the one the catalogs use.
std::string catalogType(const std::string& written) {
    static const std::map<std::string, std::string> names = {
        {"int", "integer"},     {"int4", "integer"},
        {"int8", "bigint"},     {"int2", "smallint"},
        {"bool", "boolean"},    {"float8", "double precision"},
        {"float4", "real"},     {"timestamptz", "timestamp with time zone"},
        {"decimal", "numeric"}, {"varchar", "character varying"},
    };
    std::string base = written;
    std::string array;
    if (base.ends_with("[]")) {
        array = "[]";
        base.resize(base.size() - 2);
    }
    if (base.starts_with("pg_catalog."))
        base.erase(0, 11);
    const auto found = names.find(base);
    return (found == names.end() ? base : found->second) + array;
}

/// One argument's type for the identity; empty for those that only come out.
std::optional<std::string> argumentType(const std::vector<Token>& words) {
    std::size_t first = 0;
    if (words[first].text == "out")
        return std::nullopt;
    if (words[first].text == "in" || words[first].text == "inout" || words[first].text == "variadic")
        ++first;
    std::string type;
    std::size_t named = first;
    // A single word (with schema and brackets) is a type without a name; otherwise the name comes first.
    std::size_t plainWords = 0;
    for (std::size_t i = first; i < words.size(); ++i)
        plainWords += words[i].kind == Token::Kind::Word && (i == first || words[i - 1].text != ".");
    if (plainWords > 1)
        ++named;
    for (std::size_t i = named; i < words.size(); ++i) {
        if (words[i].text == "default" || words[i].text == "=")
            break;
        const bool afterWord =
            i > named && words[i].kind == Token::Kind::Word && words[i - 1].kind == Token::Kind::Word;
        type += (afterWord ? " " : "") + words[i].text;
    }
    return catalogType(type);
}

/// The comma-separated items inside the parentheses that come next.
std::vector<std::vector<Token>> items(Reader& reader) {
    std::vector<std::vector<Token>> found;
    if (!reader.accept("("))
        return found;
    found.emplace_back();
    for (int depth = 1; !reader.atEnd();) {
        Token token = reader.take();
        const bool punctuation = token.kind == Token::Kind::Punctuation;
        if (punctuation && token.text == "(")
            ++depth;
        if (punctuation && token.text == ")" && --depth == 0)
            break;
        if (punctuation && token.text == "," && depth == 1)
            found.emplace_back();
        else
            found.back().push_back(std::move(token));
    }
    return found;
}

/// "name(type, type)" of what stands in schema pgque; leaves the reader behind the closing parenthesis.
std::optional<std::string> identity(Reader& reader) {
    if (!reader.accept({"pgque", "."}))
        return std::nullopt;
    std::string text = reader.take().text + '(';
    const std::vector<std::vector<Token>> arguments = items(reader);
    if (arguments.empty())
        return std::nullopt;
    bool first = true;
    for (const std::vector<Token>& words : arguments) {
        const auto type = words.empty() ? std::nullopt : argumentType(words);
        if (!type)
            continue;
        text += (first ? "" : ", ") + *type;
        first = false;
    }
    return text + ')';
}

std::string searchPathOf(Reader& reader) {
    std::string path;
    while (!reader.atEnd()) {
        const Token& token = reader.peek();
        const bool comma = token.kind == Token::Kind::Punctuation && token.text == ",";
        const bool afterComma = path.empty() || path.ends_with(',');
        if (!comma && !afterComma)
            break;
        path += reader.take().text;
    }
    return path;
}

void readFunction(Reader& reader, bool procedure, Manifest& manifest) {
    const auto name = identity(reader);
    if (!name)
        return;
    FunctionShape shape;
    shape.language = "sql";
    while (!reader.atEnd()) {
        if (reader.accept("language"))
            shape.language = reader.take().text;
        else if (reader.accept({"security", "definer"}))
            shape.securityDefiner = true;
        else if (reader.accept("strict"))
            shape.strict = true;
        else if (reader.accept("immutable"))
            shape.volatility = 'i';
        else if (reader.accept("stable"))
            shape.volatility = 's';
        else if (reader.accept({"set", "search_path"})) {
            if (!reader.accept("="))
                reader.accept("to");
            shape.searchPath = searchPathOf(reader);
        } else if (reader.accept("as")) {
            const std::string source = reader.take().text;
            shape.sourceHash = sourceHash(source);
            manifest.sources.insert_or_assign(*name, source);
        } else
            reader.take();
    }
    manifest.functions.insert_or_assign(*name, shape);
    if (procedure)
        manifest.procedures.insert(*name);
}

char constraintKind(const std::vector<Token>& item) {
    static const std::map<std::string, char> kinds = {
        {"primary", 'p'}, {"unique", 'u'}, {"foreign", 'f'}, {"check", 'c'}};
    const auto found = item.size() > 2 ? kinds.find(item[2].text) : kinds.end();
    return found == kinds.end() ? ' ' : found->second;
}

/// "bigint not null default 0" → "bigint".
std::string columnType(const std::vector<Token>& item) {
    static const std::set<std::string> ends = {"not",     "null",       "default", "constraint",
                                               "primary", "references", "check"};
    static const std::map<std::string, std::string> serials = {{"serial", "integer"}, {"bigserial", "bigint"}};
    std::string type;
    for (std::size_t i = 1; i < item.size() && !ends.contains(item[i].text); ++i) {
        const bool afterWord = i > 1 && item[i].kind == Token::Kind::Word && item[i - 1].kind == Token::Kind::Word;
        type += (afterWord ? " " : "") + item[i].text;
    }
    const auto serial = serials.find(type);
    return serial == serials.end() ? catalogType(type) : serial->second;
}

void readTable(Reader& reader, Manifest& manifest) {
    reader.accept({"if", "not", "exists"});
    if (!reader.accept({"pgque", "."}))
        return;
    TableShape& table = manifest.tables[reader.take().text];
    for (const std::vector<Token>& item : items(reader)) {
        if (item.size() < 2)
            continue;
        if (item[0].text == "constraint")
            table.constraints[item[1].text] = constraintKind(item);
        else
            table.columns[item[0].text] = columnType(item);
    }
}

/// The indexes that upgrade_schema() creates where they are missing: rows of ('table', 'index', '(columns)', ...).
void readIndexes(const std::string& source, Manifest& manifest) {
    Lexer lexer(source);
    while (const auto tokens = lexer.statement()) {
        std::vector<std::string> strings;
        for (const Token& token : *tokens) {
            if (token.kind == Token::Kind::String)
                strings.push_back(token.text);
        }
        for (std::size_t i = 2; i < strings.size(); ++i) {
            const auto table = manifest.tables.find(strings[i - 2]);
            if (strings[i].starts_with('(') && table != manifest.tables.end())
                table->second.indexes.insert(strings[i - 1]);
        }
    }
}

/// The list of functions in `name constant text[] := array['f(type)', ...]`.
std::set<std::string> namedList(const std::vector<Token>& declaration) {
    std::set<std::string> functions;
    for (const Token& token : declaration) {
        if (token.kind != Token::Kind::String)
            continue;
        const std::string qualified = "pgque." + token.text;
        const auto tokens = Lexer(qualified).statement();
        Reader reader(*tokens);
        if (const auto name = identity(reader))
            functions.insert(*name);
    }
    return functions;
}

/// "grant select on pgque.queue, pgque.tick to pgque_reader" and the like, on tables and the schema.
void readGrant(Reader& reader, Manifest& manifest) {
    static const std::vector<std::string> all = {"SELECT",   "INSERT",     "UPDATE", "DELETE",
                                                 "TRUNCATE", "REFERENCES", "TRIGGER"};
    std::vector<std::string> privileges;
    std::vector<std::string> objects;
    for (; !reader.atEnd() && !reader.accept("on"); reader.accept(",")) {
        std::string word = reader.take().text;
        std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return char(std::toupper(c)); });
        if (word == "ALL")
            privileges = all;
        else
            privileges.push_back(word);
    }
    if (reader.accept("schema"))
        objects.push_back("schema " + reader.take().text);
    while (reader.accept({"pgque", "."})) {
        objects.push_back("table " + reader.take().text);
        reader.accept(",");
    }
    if (!reader.accept("to"))
        return;
    for (; !reader.atEnd(); reader.accept(",")) {
        std::set<std::string>& rights = manifest.rights[reader.take().text];
        for (const std::string& object : objects) {
            for (const std::string& privilege : privileges)
                rights.insert(privilege + " on " + object);
        }
    }
}

/// What PUBLIC may read is given to tables that have no grants yet, named in a list.
void readFirstGrants(const std::vector<Token>& tokens, Manifest& manifest) {
    for (const Token& token : tokens) {
        if (token.kind == Token::Kind::String && manifest.tables.contains(token.text))
            manifest.firstGiven["public"].insert("SELECT on table " + token.text);
    }
}

/// The block that gives the grants: lists of functions by role; administrators get all but the owner's own.
void readGrants(const std::string& block, Manifest& manifest) {
    std::set<std::string> ownerOnly;
    bool declared = false;
    Lexer lexer(block);
    while (const auto tokens = lexer.statement()) {
        const auto says = [&tokens](std::string_view word) {
            return std::any_of(tokens->begin(), tokens->end(), [word](const Token& token) {
                return token.kind == Token::Kind::Word && token.text == word;
            });
        };
        // The lists are declared before the block begins.
        declared = declared || says("begin");
        Reader reader(*tokens);
        reader.accept("begin");
        if (!declared && says("v_readers"))
            manifest.execute["pgque_reader"] = namedList(*tokens);
        else if (!declared && says("v_writers"))
            manifest.execute["pgque_writer"] = namedList(*tokens);
        else if (!declared && says("v_owner_only"))
            ownerOnly = namedList(*tokens);
        else if (declared && reader.accept("grant"))
            readGrant(reader, manifest);
        else if (declared && says("relacl"))
            readFirstGrants(*tokens, manifest);
    }
    for (const auto& [function, shape] : manifest.functions)
        if (!ownerOnly.contains(function))
            manifest.execute["pgque_admin"].insert(function);
}

} // namespace

std::string sourceHash(std::string_view source) {
    std::string normal(source);
    std::erase(normal, '\r');
    return QCryptographicHash::hash(QByteArrayView(normal), QCryptographicHash::Sha256).toHex().toStdString();
}

Manifest readManifest(std::string_view script) {
    Manifest manifest;
    Lexer lexer(script);
    while (const auto tokens = lexer.statement()) {
        Reader reader(*tokens);
        if (reader.accept("do") && reader.peek().text.find("v_owner_only") != std::string::npos)
            readGrants(reader.take().text, manifest); // last in the script: it speaks of all functions before it
        if (!reader.accept("create"))
            continue;
        reader.accept({"or", "replace"});
        if (reader.accept("function"))
            readFunction(reader, false, manifest);
        else if (reader.accept("procedure"))
            readFunction(reader, true, manifest);
        else if (reader.accept("table"))
            readTable(reader, manifest);
    }
    if (const auto upgrade = manifest.sources.find("upgrade_schema()"); upgrade != manifest.sources.end())
        readIndexes(upgrade->second, manifest);
    return manifest;
}

const Manifest& pgqueManifest() {
    static const Manifest shipped = [] {
        Manifest manifest = readManifest(pgqueSql());
        // Written in a loop over names, which the reader does not follow.
        manifest.rights["pgque_admin"].insert({"MEMBER of role pgque_reader", "MEMBER of role pgque_writer"});
        return manifest;
    }();
    return shipped;
}

} // namespace schema
