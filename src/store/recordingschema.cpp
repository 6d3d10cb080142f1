// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/recordingschema.h"

#include <algorithm>

namespace store {

using namespace Qt::StringLiterals;

QStringList recordingSchema() {
    return {
        // A queue's quantities over one block of a tier; packed.
        u"create table line (tier integer not null, start integer not null, queue integer not null, data blob not null, "
        "primary key (tier, start, queue)) without rowid"_s,
        // A moment: whole (base 0), or what changed since the one before, from the whole one `base` on.
        u"create table frame (n integer primary key autoincrement, at integer not null, base integer not null, "
        "data blob not null)"_s,
        u"create index frame_at on frame (at, n)"_s,
        u"create index frame_base on frame (base, n)"_s,
        u"create table finding (n integer primary key, key text not null, rule text not null, severity integer not null, "
        "title text not null, began integer not null, ended integer, seen integer not null)"_s,
        u"create index finding_ended on finding (ended)"_s,
        u"create table note (n integer primary key, at integer not null, kind integer not null, text text not null)"_s,
    };
}

pg::Timestamp fromMicros(std::int64_t value) {
    return pg::Timestamp(pg::Interval(std::clamp(value, -domainFarthest, domainFarthest)));
}

bool mayUnpack(const QByteArray& bytes) {
    constexpr int most = 64 << 20;
    return bytes.size() >= 4 && static_cast<uchar>(bytes[0]) < (most >> 24);
}

} // namespace store
