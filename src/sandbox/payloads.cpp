// SPDX-License-Identifier: GPL-3.0-or-later
#include "sandbox/payloads.h"

#include <iomanip>
#include <sstream>

namespace sandbox {

namespace {

constexpr const char* firstNames[] = {"Ada",  "Bo",      "Chiara", "Djamila", "Elif",
                                      "Femi", "Grażyna", "Hiro",   "Ines",    "Jürgen"};
constexpr const char* lastNames[] = {"Lindqvist", "Okafor", "Rossi", "Tanaka", "Øverland", "Novák", "García", "Demir"};
constexpr const char* cities[] = {"Malmö", "Lagos", "Torino", "Kyoto", "Bergen", "Brno", "Sevilla", "Izmir"};
constexpr const char* goods[] = {"espresso cups, set of 6", "desk lamp \\\"Lumen\\\"", "wool blanket 130×180",
                                 "garden shears",           "travel adapter EU/UK",    "notebook A5 dotted",
                                 "cast-iron pan 28 cm"};
constexpr const char* currencies[] = {"EUR", "SEK", "GBP"};

// Larger than 2^53: as a JSON number it survives only in a reader that does not turn numbers into doubles.
constexpr std::int64_t shipmentIdBase = 9'007'199'254'740'993;

constexpr const char* bounceDomain = "@bounce.example";
constexpr const char* slowDomain = "@slow.example";

std::string amount(int cents) {
    std::ostringstream text;
    text << cents / 100 << '.' << std::setw(2) << std::setfill('0') << cents % 100;
    return text.str();
}

} // namespace

Payloads::Payloads(std::uint64_t seed)
    : m_random(seed)
    , m_orderId(90'000 + below(1000)) {}

int Payloads::below(int limit) {
    return std::uniform_int_distribution(0, limit - 1)(m_random);
}

std::string Payloads::customer() {
    const std::string first = oneOf(firstNames);
    const std::string last = oneOf(lastNames);
    std::ostringstream text;
    text << R"({"id":)" << 10'000 + below(5000) << R"(,"name":")" << first << ' ' << last << R"(","email":"customer)"
         << below(5000) << R"(@shop.example","address":{"city":")" << oneOf(cities) << R"(","zip":")"
         << 10'000 + below(80'000) << R"("}})";
    return text.str();
}

std::string Payloads::order() {
    ++m_orderId;
    std::ostringstream text;
    text << R"({"order_id":)" << m_orderId << R"(,"shipment_id":)" << shipmentIdBase + m_orderId * 2
         << R"(,"customer":)" << customer() << R"(,"lines":[)";
    int total = 0;
    const int lines = 1 + below(4);
    for (int line = 0; line < lines; ++line) {
        const int quantity = 1 + below(3);
        const int price = 350 + below(9000);
        total += quantity * price;
        text << (line ? "," : "") << R"({"sku":"SKU-)" << 1000 + below(9000) << R"(","title":")" << oneOf(goods)
             << R"(","quantity":)" << quantity << R"(,"price":)" << amount(price) << '}';
    }
    text << R"(],"total":)" << amount(total) << R"(,"currency":")" << oneOf(currencies) << R"(","gift":)"
         << (below(6) == 0 ? "true" : "false") << R"(,"voucher":null})";
    return text.str();
}

std::string Payloads::product() {
    std::ostringstream text;
    text << R"({"sku":"SKU-)" << 1000 + below(9000) << R"(","title":")" << oneOf(goods) << R"(","stock":)" << below(400)
         << R"(,"price":)" << amount(350 + below(9000)) << R"(,"tags":["import","season-)" << 1 + below(4) << R"("]})";
    return text.str();
}

std::string Payloads::payment() {
    std::ostringstream text;
    text << R"({"payment_id":)" << shipmentIdBase + below(1'000'000) << R"(,"order_id":)" << 90'000 + below(4000)
         << R"(,"amount":)" << amount(500 + below(30'000)) << R"(,"currency":")" << oneOf(currencies)
         << R"(","method":{"kind":"card","last4":")" << 1000 + below(9000) << R"("}})";
    return text.str();
}

std::string Payloads::webhook() {
    std::ostringstream text;
    text << R"({"url":"https://partner-)" << 1 + below(12)
         << R"(.example/hooks/orders","attempt_timeout_ms":2000,"body":{"order_id":)" << 90'000 + below(4000)
         << R"(,"event":"order.paid"}})";
    return text.str();
}

std::string Payloads::auditEntry() {
    constexpr const char* actions[] = {"login", "logout", "price.changed", "order.viewed", "refund.granted"};
    std::ostringstream text;
    text << R"({"actor":"user)" << below(200) << R"(","action":")" << oneOf(actions) << R"(","ip":"203.0.113.)"
         << below(256) << R"("})";
    return text.str();
}

std::string Payloads::legacyRecord() {
    std::ostringstream text;
    text << "ORD;" << 90'000 + below(4000) << ";PAID;" << amount(500 + below(30'000)) << ";EUR";
    return text.str();
}

std::string Payloads::email() {
    const int dice = below(100);
    return email(dice < 5 ? Address::Bouncing : dice < 20 ? Address::Greylisted : Address::Fine);
}

std::string Payloads::email(Address address) {
    std::ostringstream text;
    text << R"({"to":"customer)" << below(5000)
         << (address == Address::Bouncing     ? bounceDomain
             : address == Address::Greylisted ? slowDomain
                                              : "@shop.example")
         << R"(","template":"order-confirmation","language":"sv","order_id":)" << 90'000 + below(4000) << '}';
    return text.str();
}

std::optional<std::string> Payloads::odd() {
    switch (m_nextOdd++ % oddKinds) {
    case 0:
        return R"({"order_id":90214,"customer":{"name":"Ad)"; // cut off on the way
    case 1:
        return "";
    case 2:
        return std::nullopt;
    case 3:
        return "\xD7\x94\xD7\x96\xD7\x9E\xD7\xA0\xD7\x94 90214 \xD7\x9C\xD7\x9C\xD7\x90 "
               "\xD7\x9B\xD7\xAA\xD7\x95\xD7\x91\xD7\xAA";
    case 4:
        return "order\t90214\r\n\x01\x1b[31mred\x1b[0m \xE2\x80\xAE"
               "desrever";
    case 5:
        return std::string(40, '[') + "90214" + std::string(40, ']');
    case 6: {
        std::string text = R"({"note":")";
        for (int word = 0; word < 2500; ++word)
            text += "parcel ";
        return text + R"("})";
    }
    default:
        return "90214"; // JSON, but only a number
    }
}

Payloads::Address addressOf(const std::string& email) {
    if (email.find(bounceDomain) != std::string::npos)
        return Payloads::Address::Bouncing;
    return email.find(slowDomain) != std::string::npos ? Payloads::Address::Greylisted : Payloads::Address::Fine;
}

} // namespace sandbox
