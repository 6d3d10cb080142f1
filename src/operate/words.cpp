// SPDX-License-Identifier: GPL-3.0-or-later
#include "operate/words.h"

#include <array>
#include <cstdio>

namespace operate::words {

namespace {

constexpr std::size_t messageLength = 200;

std::string number(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.6g", value);
    return text.data();
}

} // namespace

std::string cut(const std::string& text, std::size_t length) {
    if (text.size() <= length)
        return text;
    while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U)
        --length;
    return text.substr(0, length) + "…";
}

std::string noun(std::int64_t number, const std::string& singular) {
    return number == 1 ? singular : singular + "s";
}

std::string count(std::int64_t number, const std::string& singular) {
    return std::to_string(number) + " " + noun(number, singular);
}

std::string duration(pg::Interval length) {
    const double seconds = std::chrono::duration<double>(length).count();
    if (seconds != 0 && seconds < 1 && seconds > -1)
        return number(seconds * 1000) + " ms";
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(length).count();
    if (whole >= 7200 && whole % 3600 == 0)
        return number(seconds / 3600) + " h";
    if (whole >= 120 && whole % 60 == 0)
        return number(seconds / 60) + " min";
    return number(seconds) + " s";
}

std::string identifier(const std::string& name) {
    std::string quoted = "\"";
    for (const char character : name) {
        quoted += character;
        if (character == '"')
            quoted += character;
    }
    return quoted + '"';
}

std::string subject(const std::string& queue, const std::string& consumer) {
    return queue + " / " + consumer;
}

std::string fullName(const std::string& consumer, const std::string& subconsumer) {
    return subconsumer.empty() ? consumer : consumer + "." + subconsumer;
}

std::string state(const queries::SubscriptionState& state) {
    const std::string who = subject(state.queue, state.consumer);
    if (!state.batch)
        return who + " holds no batch";
    std::string text = who + " holds batch " + std::to_string(*state.batch);
    if (state.lastTick && state.nextTick)
        text += " (ticks " + std::to_string(*state.lastTick) + "–" + std::to_string(*state.nextTick) + ")";
    return text;
}

std::string message(const pgque::Message& message) {
    std::string text = std::to_string(message.id) + "  " + message.type.value_or("(no type)");
    if (message.retryCount > 0)
        text += "  retry " + std::to_string(message.retryCount);
    return text + "  " + (message.payload ? cut(*message.payload, messageLength) : std::string("(no payload)"));
}

std::string list(const std::vector<std::int64_t>& first, std::int64_t total) {
    std::string text;
    for (const std::int64_t id : first)
        text += (text.empty() ? "" : ", ") + std::to_string(id);
    const auto more = total - static_cast<std::int64_t>(first.size());
    return more > 0 ? text + " and " + std::to_string(more) + " more" : text;
}

} // namespace operate::words
