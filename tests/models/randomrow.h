// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/madesnapshots.h"

#include <QString>

#include <chrono>
#include <optional>
#include <random>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

/// Plain values filled at random, field by field, whatever they are made of.
namespace made {

namespace fields {

/// Can stand for the value of any field.
struct Any {
    template <class T>
    operator T&() const&;
    template <class T>
    operator T&() const&&;
};

template <class T, std::size_t... Places>
constexpr bool takes(std::index_sequence<Places...>) {
    return requires {
        T{((void)Places, Any{})...};
    };
}

constexpr std::size_t most = 40;

template <class T, std::size_t Count = most>
constexpr std::size_t countOf() {
    if constexpr (Count == 0)
        return 0;
    else if constexpr (takes<T>(std::make_index_sequence<Count>()))
        return Count;
    else
        return countOf<T, Count - 1>();
}

/// Calls with all fields of a plain value.
// clang-format off
template <class T, class Call>
void each(T& value, Call call) {
    constexpr std::size_t count = countOf<T>();
    if constexpr (count == 40) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39);
    } else if constexpr (count == 39) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38);
    } else if constexpr (count == 38) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37);
    } else if constexpr (count == 37) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36);
    } else if constexpr (count == 36) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35);
    } else if constexpr (count == 35) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34);
    } else if constexpr (count == 34) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33);
    } else if constexpr (count == 33) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32);
    } else if constexpr (count == 32) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31);
    } else if constexpr (count == 31) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30);
    } else if constexpr (count == 30) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29);
    } else if constexpr (count == 29) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28);
    } else if constexpr (count == 28) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27);
    } else if constexpr (count == 27) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26);
    } else if constexpr (count == 26) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25);
    } else if constexpr (count == 25) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24);
    } else if constexpr (count == 24) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23);
    } else if constexpr (count == 23) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22);
    } else if constexpr (count == 22) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21);
    } else if constexpr (count == 21) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20);
    } else if constexpr (count == 20) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19);
    } else if constexpr (count == 19) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18);
    } else if constexpr (count == 18) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17);
    } else if constexpr (count == 17) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16);
    } else if constexpr (count == 16) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15);
    } else if constexpr (count == 15) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14);
    } else if constexpr (count == 14) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13);
    } else if constexpr (count == 13) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12);
    } else if constexpr (count == 12) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11);
    } else if constexpr (count == 11) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10);
    } else if constexpr (count == 10) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9);
    } else if constexpr (count == 9) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7, a8);
    } else if constexpr (count == 8) {
        auto& [a0, a1, a2, a3, a4, a5, a6, a7] = value;
        call(a0, a1, a2, a3, a4, a5, a6, a7);
    } else if constexpr (count == 7) {
        auto& [a0, a1, a2, a3, a4, a5, a6] = value;
        call(a0, a1, a2, a3, a4, a5, a6);
    } else if constexpr (count == 6) {
        auto& [a0, a1, a2, a3, a4, a5] = value;
        call(a0, a1, a2, a3, a4, a5);
    } else if constexpr (count == 5) {
        auto& [a0, a1, a2, a3, a4] = value;
        call(a0, a1, a2, a3, a4);
    } else if constexpr (count == 4) {
        auto& [a0, a1, a2, a3] = value;
        call(a0, a1, a2, a3);
    } else if constexpr (count == 3) {
        auto& [a0, a1, a2] = value;
        call(a0, a1, a2);
    } else if constexpr (count == 2) {
        auto& [a0, a1] = value;
        call(a0, a1);
    } else if constexpr (count == 1) {
        auto& [a0] = value;
        call(a0);
    }
}

// clang-format on

} // namespace fields

template <class T>
inline constexpr bool isOptional = false;
template <class T>
inline constexpr bool isOptional<std::optional<T>> = true;
template <class T>
inline constexpr bool isVector = false;
template <class T>
inline constexpr bool isVector<std::vector<T>> = true;
template <class T>
inline constexpr bool isDuration = false;
template <class Number, class Period>
inline constexpr bool isDuration<std::chrono::duration<Number, Period>> = true;

/// Gives each field of a value another content with this probability. What is no plain value stays.
class Dice {
public:
    explicit Dice(std::mt19937& generator, double chance = 1)
        : m_generator(generator)
        , m_chance(chance) {}

    template <class T>
    void roll(T& value) {
        if constexpr (isOptional<T>) {
            if (wanted() && number(4) == 0) {
                value.reset();
                return;
            }
            if (!value && wanted())
                value.emplace();
            if (value)
                roll(*value);
        } else if constexpr (isVector<T>) {
            if (wanted())
                value.resize(std::size_t(number(3)));
            for (auto& one : value)
                roll(one);
        } else if constexpr (std::is_aggregate_v<T> && !std::is_array_v<T>) {
            fields::each(value, [this](auto&... field) { (roll(field), ...); });
        } else if (wanted()) {
            set(value);
        }
    }

    int number(int below) { return int(m_generator() % unsigned(below)); }

private:
    bool wanted() { return std::uniform_real_distribution<double>(0, 1)(m_generator) < m_chance; }

    template <class T>
    void set(T& value) {
        static constexpr const char* words[] = {"", "a", "orders", "billing.w1", "t/é"};
        if constexpr (std::is_same_v<T, bool>)
            value = number(2) == 0;
        else if constexpr (std::is_enum_v<T>)
            value = T(number(3));
        else if constexpr (std::is_floating_point_v<T>)
            value = T(number(1'000)) / 10;
        else if constexpr (std::is_integral_v<T>)
            value = T(number(12));
        else if constexpr (std::is_same_v<T, std::string>)
            value = words[number(5)];
        else if constexpr (std::is_same_v<T, QString>)
            value = QString::fromUtf8(words[number(5)]);
        else if constexpr (std::is_same_v<T, pg::Timestamp>)
            value = now - std::chrono::seconds(number(20'000) - 4'000);
        else if constexpr (isDuration<T>)
            value = T(std::chrono::duration_cast<T>(std::chrono::seconds(number(9'000))));
    }

    std::mt19937& m_generator;
    double m_chance;
};

} // namespace made
