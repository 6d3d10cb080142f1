// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/moment.h"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// How plain values become bytes: numbers as differences of seven bits a byte, rows as a mask of the fields that differ
// from the row before, and these.
namespace domain::bytes {

/// A row is written and read by its fields(codec, row, before), which names every field once.
template <class T>
struct IsRow : std::false_type {};

// Names the fields of a row. A field that comes later stands at the end of its list: what was written before has
// nothing of it.
#define DOMAIN_ROW(Row)                                                                                                \
    template <>                                                                                                        \
    struct IsRow<Row> : std::true_type {};                                                                             \
    template <class Codec, class Value>                                                                                \
    requires std::is_same_v<std::remove_const_t<Value>, Row>                                                           \
    void fields(Codec& codec, Value& now, const Row& before)

/// How many values an enumeration has.
template <class E>
inline constexpr int enumerators = 0;

template <class T>
struct IsOptional : std::false_type {};

template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <class T>
struct IsVector : std::false_type {};

template <class T>
struct IsVector<std::vector<T>> : std::true_type {};

/// 36,000 years in microseconds: differences of two such moments can still be told.
inline constexpr std::int64_t farthest = std::int64_t(1) << 60;

inline constexpr std::uint64_t zigzag(std::int64_t value) {
    return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}

inline constexpr std::int64_t unzigzag(std::uint64_t value) {
    return static_cast<std::int64_t>((value >> 1) ^ (0 - (value & 1)));
}

/// Whole numbers and texts, to bytes.
class Writer {
public:
    void number(std::uint64_t value) {
        while (value >= 0x80) {
            m_bytes += static_cast<char>(value | 0x80);
            value >>= 7;
        }
        m_bytes += static_cast<char>(value);
    }

    void difference(std::int64_t now, std::int64_t before) {
        number(zigzag(static_cast<std::int64_t>(static_cast<std::uint64_t>(now) - static_cast<std::uint64_t>(before))));
    }

    void raw(std::string_view bytes) { m_bytes.append(bytes); }

    void text(std::string_view text) {
        number(text.size());
        raw(text);
    }

    std::string& bytes() { return m_bytes; }

private:
    std::string m_bytes;
};

/// And back. Throws BadBytes where the bytes end too early or say what can't be.
class Reader {
public:
    explicit Reader(std::string_view bytes)
        : m_rest(bytes) {}

    bool atEnd() const { return m_rest.empty(); }

    std::size_t left() const { return m_rest.size(); }

    std::uint64_t number() {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (m_rest.empty())
                throw BadBytes("the bytes end inside a number");
            const auto byte = static_cast<unsigned char>(m_rest.front());
            m_rest.remove_prefix(1);
            value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
            if (byte < 0x80)
                return value;
        }
        throw BadBytes("a number has too many bytes");
    }

    std::int64_t difference(std::int64_t before) {
        return static_cast<std::int64_t>(static_cast<std::uint64_t>(before) +
                                         static_cast<std::uint64_t>(unzigzag(number())));
    }

    /// How many of something follow, each at least one byte long.
    std::size_t count() {
        const std::uint64_t count = number();
        if (count > m_rest.size())
            throw BadBytes("more is announced than there is");
        return static_cast<std::size_t>(count);
    }

    std::string_view raw(std::size_t size) {
        if (size > m_rest.size())
            throw BadBytes("the bytes end inside a text");
        const std::string_view taken = m_rest.substr(0, size);
        m_rest.remove_prefix(size);
        return taken;
    }

    std::string_view text() { return raw(count()); }

private:
    std::string_view m_rest;
};

template <class T>
bool same(const T& one, const T& other);

/// Tells by its fields whether two rows are the same.
class Comparer {
public:
    template <class T>
    void operator()(const T& one, const T& other) {
        m_same = m_same && same(one, other);
    }

    template <class Row, class Key>
    void keyed(const std::vector<Row>& one, const std::vector<Row>& other, Key) {
        m_same = m_same && same(one, other);
    }

    bool isSame() const { return m_same; }

private:
    bool m_same = true;
};

template <class T>
bool same(const T& one, const T& other) {
    if constexpr (IsRow<T>::value) {
        Comparer comparer;
        fields(comparer, one, other);
        return comparer.isSame();
    } else if constexpr (IsVector<T>::value) {
        if (one.size() != other.size())
            return false;
        for (std::size_t i = 0; i < one.size(); ++i) {
            if (!same(one[i], other[i]))
                return false;
        }
        return true;
    } else if constexpr (IsOptional<T>::value) {
        return one.has_value() == other.has_value() && (!one || same(*one, *other));
    } else if constexpr (std::is_same_v<T, double>) {
        return std::bit_cast<std::uint64_t>(one) == std::bit_cast<std::uint64_t>(other);
    } else {
        return one == other;
    }
}

class Encoder {
public:
    std::string take() { return std::move(m_out.bytes()); }

    void number(std::uint64_t value) { m_out.number(value); }

    /// One field of a row.
    template <class T>
    void operator()(const T& value, const T& before) {
        if (!same(value, before)) {
            m_mask |= std::uint64_t(1) << m_field;
            body(value, before);
        }
        ++m_field;
    }

    /// One field of a row: a list whose rows are told apart by a key.
    template <class Row, class Key>
    void keyed(const std::vector<Row>& now, const std::vector<Row>& before, Key key) {
        if (!same(now, before)) {
            m_mask |= std::uint64_t(1) << m_field;
            rows(now, before, key);
        }
        ++m_field;
    }

    template <class Row>
    void row(const Row& value, const Row& before) {
        const std::uint64_t outerMask = std::exchange(m_mask, 0);
        const int outerField = std::exchange(m_field, 0);
        Writer outer = std::exchange(m_out, {});
        fields(*this, value, before);
        outer.number(m_mask);
        outer.raw(m_out.bytes());
        m_out = std::move(outer);
        m_mask = outerMask;
        m_field = outerField;
    }

    /// A list whose rows are told apart by a key.
    template <class Row, class Key>
    void rows(const std::vector<Row>& now, const std::vector<Row>& before, Key key) {
        m_out.number(now.size());
        bool sameOrder = now.size() == before.size();
        for (std::size_t i = 0; sameOrder && i < now.size(); ++i)
            sameOrder = key(now[i]) == key(before[i]);
        m_out.number(sameOrder);
        if (sameOrder) {
            std::size_t next = 0;
            for (std::size_t i = 0; i < now.size(); ++i) {
                if (same(now[i], before[i]))
                    continue;
                m_out.number(i - next + 1);
                row(now[i], before[i]);
                next = i + 1;
            }
            m_out.number(0);
            return;
        }
        std::map<decltype(key(now[0])), std::size_t> places;
        for (std::size_t i = 0; i < before.size(); ++i)
            places.emplace(key(before[i]), i);
        const Row none{};
        std::int64_t expected = 0;
        for (const Row& one : now) {
            // Of rows with the same key only the first has a row before it.
            const auto place = places.extract(key(one));
            if (place.empty()) {
                m_out.number(0);
                row(one, none);
                continue;
            }
            const auto at = static_cast<std::int64_t>(place.mapped());
            m_out.number(zigzag(at - expected) + 1);
            row(one, before[place.mapped()]);
            expected = at + 1;
        }
    }

private:
    template <class T>
    void body(const T& value, const T& before) {
        if constexpr (IsRow<T>::value) {
            row(value, before);
        } else if constexpr (IsOptional<T>::value) {
            m_out.number(value.has_value());
            if (value)
                body(*value, before.value_or(typename T::value_type{}));
        } else if constexpr (IsVector<T>::value) {
            m_out.number(value.size());
            for (const auto& one : value)
                body(one, typename T::value_type{});
        } else if constexpr (std::is_same_v<T, std::string>) {
            m_out.text(value);
        } else if constexpr (std::is_same_v<T, std::set<std::string>>) {
            m_out.number(value.size());
            for (const std::string& one : value)
                m_out.text(one);
        } else if constexpr (std::is_same_v<T, std::map<std::string, std::string>>) {
            m_out.number(value.size());
            for (const auto& [name, text] : value) {
                m_out.text(name);
                m_out.text(text);
            }
        } else if constexpr (std::is_same_v<T, std::map<std::string, std::int64_t>>) {
            m_out.number(value.size());
            for (const auto& [name, number] : value) {
                m_out.text(name);
                m_out.difference(number, 0);
            }
        } else if constexpr (std::is_same_v<T, Timestamp>) {
            m_out.difference(bounded(value.time_since_epoch().count()), bounded(before.time_since_epoch().count()));
        } else if constexpr (std::is_same_v<T, Interval>) {
            m_out.difference(bounded(value.count()), bounded(before.count()));
        } else if constexpr (std::is_same_v<T, double>) {
            const auto bits = std::bit_cast<std::array<char, sizeof(double)>>(value);
            m_out.raw({bits.data(), bits.size()});
        } else if constexpr (std::is_enum_v<T>) {
            static_assert(enumerators<T> > 0);
            m_out.number(static_cast<std::uint64_t>(value));
        } else {
            static_assert(std::is_integral_v<T>);
            m_out.difference(static_cast<std::int64_t>(value), static_cast<std::int64_t>(before));
        }
    }

    static std::int64_t bounded(std::int64_t value) { return std::clamp(value, -farthest, farthest); }

    Writer m_out;
    std::uint64_t m_mask = 0;
    int m_field = 0;
};

class Decoder {
public:
    /// No more rows than this come of one run of bytes, whatever they announce.
    static constexpr std::size_t mostRows = 200'000;
    /// Nor more than this, in bytes, of rows that are told of as the same one as another.
    static constexpr std::size_t mostRepeated = 1 << 20;

    explicit Decoder(std::string_view bytes)
        : m_in(bytes) {}

    std::uint64_t number() { return m_in.number(); }

    bool atEnd() const { return m_in.atEnd(); }

    /// One field; `value` holds what was before.
    template <class T>
    void operator()(T& value, const T&) {
        if (m_mask >> m_field & 1)
            body(value);
        ++m_field;
    }

    template <class Row, class Key>
    void keyed(std::vector<Row>& list, const std::vector<Row>&, Key) {
        if (m_mask >> m_field & 1)
            rows(list);
        ++m_field;
    }

    template <class Row>
    void row(Row& value) {
        if (++m_rows > mostRows)
            throw BadBytes("there are too many rows");
        const std::uint64_t outerMask = std::exchange(m_mask, m_in.number());
        const int outerField = std::exchange(m_field, 0);
        fields(*this, value, value);
        if (m_field < 64 && m_mask >> m_field != 0)
            throw BadBytes("a row has a field that is not known here");
        m_mask = outerMask;
        m_field = outerField;
    }

    template <class Row>
    void rows(std::vector<Row>& list) {
        const std::uint64_t size = m_in.number();
        if (m_in.number() != 0) {
            if (size != list.size())
                throw BadBytes("a change belongs to another list");
            std::size_t next = 0;
            while (const std::uint64_t gap = m_in.number()) {
                if (gap > list.size() - next)
                    throw BadBytes("a row is told of that there is not");
                const std::size_t at = next + static_cast<std::size_t>(gap) - 1;
                row(list[at]);
                next = at + 1;
            }
            return;
        }
        if (size > m_in.left() || size > mostRows)
            throw BadBytes("more is announced than there is");
        const std::vector<Row> before = std::exchange(list, {});
        std::vector<bool> told(before.size());
        list.reserve(static_cast<std::size_t>(size));
        std::int64_t expected = 0;
        for (std::uint64_t i = 0; i < size; ++i) {
            Row one{};
            if (const std::uint64_t place = m_in.number(); place != 0) {
                const std::int64_t step = unzigzag(place - 1);
                const auto earlier = static_cast<std::int64_t>(before.size());
                if (step < -expected || step >= earlier - expected)
                    throw BadBytes("a row is told of that there is not");
                const std::int64_t at = expected + step;
                const Row& known = before[static_cast<std::size_t>(at)];
                if (told[static_cast<std::size_t>(at)])
                    repeat(known);
                told[static_cast<std::size_t>(at)] = true;
                one = known;
                expected = at + 1;
            }
            row(one);
            list.push_back(std::move(one));
        }
    }

private:
    /// Few bytes must not become many rows.
    template <class Row>
    void repeat(const Row& one) {
        Encoder size;
        size.row(one, Row{});
        m_repeated += size.take().size();
        if (m_repeated > mostRepeated)
            throw BadBytes("a row is told of too often");
    }

    template <class T>
    void body(T& value) {
        if constexpr (IsRow<T>::value) {
            row(value);
        } else if constexpr (IsOptional<T>::value) {
            if (m_in.number() == 0) {
                value.reset();
                return;
            }
            if (!value)
                value.emplace();
            body(*value);
        } else if constexpr (IsVector<T>::value) {
            const std::size_t size = m_in.count();
            value.clear();
            for (std::size_t i = 0; i < size; ++i) {
                typename T::value_type one{};
                body(one);
                value.push_back(std::move(one));
            }
        } else if constexpr (std::is_same_v<T, std::string>) {
            value = m_in.text();
        } else if constexpr (std::is_same_v<T, std::set<std::string>>) {
            const std::size_t size = m_in.count();
            value.clear();
            for (std::size_t i = 0; i < size; ++i)
                value.emplace(m_in.text());
        } else if constexpr (std::is_same_v<T, std::map<std::string, std::string>>) {
            const std::size_t size = m_in.count();
            value.clear();
            for (std::size_t i = 0; i < size; ++i) {
                const std::string name(m_in.text());
                value.emplace(name, m_in.text());
            }
        } else if constexpr (std::is_same_v<T, std::map<std::string, std::int64_t>>) {
            const std::size_t size = m_in.count();
            value.clear();
            for (std::size_t i = 0; i < size; ++i) {
                const std::string name(m_in.text());
                value.emplace(name, m_in.difference(0));
            }
        } else if constexpr (std::is_same_v<T, Timestamp>) {
            value = Timestamp(Interval(bounded(m_in.difference(value.time_since_epoch().count()))));
        } else if constexpr (std::is_same_v<T, Interval>) {
            value = Interval(bounded(m_in.difference(value.count())));
        } else if constexpr (std::is_same_v<T, double>) {
            std::array<char, sizeof(double)> bits{};
            m_in.raw(bits.size()).copy(bits.data(), bits.size());
            value = std::bit_cast<double>(bits);
        } else if constexpr (std::is_enum_v<T>) {
            const std::uint64_t read = m_in.number();
            if (read >= static_cast<std::uint64_t>(enumerators<T>))
                throw BadBytes("a value is not known here");
            value = static_cast<T>(read);
        } else {
            value = static_cast<T>(m_in.difference(static_cast<std::int64_t>(value)));
        }
    }

    static std::int64_t bounded(std::int64_t value) {
        if (value < -farthest || value > farthest)
            throw BadBytes("a moment is out of all time");
        return value;
    }

    Reader m_in;
    std::size_t m_rows = 0;
    std::size_t m_repeated = 0;
    std::uint64_t m_mask = 0;
    int m_field = 0;
};

} // namespace domain::bytes
