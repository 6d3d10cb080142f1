// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/seriesblock.h"

#include "domain/bytes.h"

#include <algorithm>
#include <map>

namespace store {

namespace {

using domain::BadBytes;
using domain::bytes::Reader;
using domain::bytes::unzigzag;
using domain::bytes::Writer;
using domain::bytes::zigzag;

constexpr std::uint64_t format = 1;
constexpr std::size_t mostBuckets = 10'000;
constexpr int mostUnpacked = 4 << 20;

/// Differences from one to the next; where nothing changes, how long it does not.
class RunWriter {
public:
    explicit RunWriter(Writer& out)
        : m_out(out) {}

    ~RunWriter() { flush(); }

    RunWriter(const RunWriter&) = delete;
    RunWriter& operator=(const RunWriter&) = delete;

    void add(std::int64_t value) {
        const auto step = static_cast<std::int64_t>(static_cast<std::uint64_t>(value) - m_last);
        m_last = static_cast<std::uint64_t>(value);
        if (step == 0) {
            ++m_run;
            return;
        }
        flush();
        m_out.difference(step, 0);
    }

private:
    void flush() {
        if (m_run == 0)
            return;
        m_out.number(0);
        m_out.number(m_run);
        m_run = 0;
    }

    Writer& m_out;
    std::uint64_t m_last = 0;
    std::uint64_t m_run = 0;
};

class RunReader {
public:
    explicit RunReader(Reader& in)
        : m_in(in) {}

    std::int64_t next() {
        if (m_run == 0) {
            const std::uint64_t step = m_in.number();
            if (step != 0)
                return static_cast<std::int64_t>(m_last += static_cast<std::uint64_t>(unzigzag(step)));
            m_run = m_in.number();
            if (m_run == 0)
                throw BadBytes("an empty run");
        }
        --m_run;
        return static_cast<std::int64_t>(m_last);
    }

private:
    Reader& m_in;
    std::uint64_t m_last = 0;
    std::uint64_t m_run = 0;
};

Bucket::Value joined(const std::vector<Bucket::Value>& values) {
    Bucket::Value all = values.front();
    double sum = 0;
    for (const Bucket::Value& value : values) {
        all.least = std::min(all.least, value.least);
        all.most = std::max(all.most, value.most);
        sum += static_cast<double>(value.mean);
    }
    all.mean = std::clamp(static_cast<std::int64_t>(sum / static_cast<double>(values.size())), all.least, all.most);
    return all;
}

Bucket joined(const std::vector<const Bucket*>& buckets, std::int64_t at) {
    const bool observed = std::any_of(buckets.begin(), buckets.end(), [](const Bucket* one) { return !one->rebuilt; });
    Bucket all;
    all.at = at;
    all.rebuilt = !observed;
    for (const Bucket* one : buckets)
        all.afterGap = all.afterGap || one->afterGap;
    for (std::size_t quantity = 0; quantity < all.values.size(); ++quantity) {
        std::vector<Bucket::Value> values;
        for (const Bucket* one : buckets) {
            if (one->rebuilt != observed && one->values[quantity])
                values.push_back(*one->values[quantity]);
        }
        if (!values.empty())
            all.values[quantity] = joined(values);
    }
    return all;
}

} // namespace

Bucket bucketOf(const domain::Figures& figures, std::int64_t at, bool afterGap) {
    Bucket bucket;
    bucket.at = at;
    bucket.afterGap = afterGap;
    for (std::size_t quantity = 0; quantity < figures.values.size(); ++quantity) {
        if (const auto value = figures.values[quantity])
            bucket.values[quantity] = Bucket::Value{*value, *value, *value};
    }
    return bucket;
}

QByteArray pack(const Block& block) {
    Writer out;
    out.number(format);
    out.number(block.size());
    {
        RunWriter places(out);
        std::int64_t last = 0;
        // Of evenly spaced samples the distances stay the same.
        for (const Bucket& bucket : block)
            places.add(bucket.at - std::exchange(last, bucket.at));
    }
    {
        RunWriter flags(out);
        for (const Bucket& bucket : block)
            flags.add((bucket.afterGap ? 1 : 0) + (bucket.rebuilt ? 2 : 0));
    }
    for (std::size_t quantity = 0; quantity < std::size_t(domain::quantities); ++quantity) {
        const auto column = [&](auto take, bool everyBucket) {
            RunWriter runs(out);
            for (const Bucket& bucket : block) {
                if (everyBucket || bucket.values[quantity])
                    runs.add(take(bucket.values[quantity]));
            }
        };
        using Value = std::optional<Bucket::Value>;
        column([](const Value& value) -> std::int64_t { return value.has_value(); }, true);
        column([](const Value& value) { return value->mean; }, false);
        column([](const Value& value) { return value->mean - value->least; }, false);
        column([](const Value& value) { return value->most - value->mean; }, false);
    }
    return qCompress(reinterpret_cast<const uchar*>(out.bytes().data()), static_cast<qsizetype>(out.bytes().size()));
}

std::optional<Block> unpack(const QByteArray& bytes) {
    // The first four bytes tell how much it becomes.
    if (bytes.size() < 4 || bytes[0] != 0 || static_cast<uchar>(bytes[1]) >= (mostUnpacked >> 16))
        return std::nullopt;
    const QByteArray whole = qUncompress(bytes);
    try {
        Reader in({whole.constData(), static_cast<std::size_t>(whole.size())});
        if (in.number() != format)
            return std::nullopt;
        const std::uint64_t size = in.number();
        if (size > mostBuckets)
            return std::nullopt;
        Block block(static_cast<std::size_t>(size));
        RunReader places(in);
        std::int64_t last = 0;
        for (Bucket& bucket : block) {
            const std::int64_t distance = places.next();
            if (distance < 0 || distance > domain::bytes::farthest - last)
                return std::nullopt;
            bucket.at = last += distance;
        }
        RunReader flags(in);
        for (Bucket& bucket : block) {
            const std::int64_t flag = flags.next();
            bucket.afterGap = (flag & 1) != 0;
            bucket.rebuilt = (flag & 2) != 0;
        }
        for (std::size_t quantity = 0; quantity < std::size_t(domain::quantities); ++quantity) {
            RunReader seen(in);
            for (Bucket& bucket : block) {
                if (seen.next() != 0)
                    bucket.values[quantity] = Bucket::Value{0, 0, 0};
            }
            const auto column = [&](auto put) {
                RunReader runs(in);
                for (Bucket& bucket : block) {
                    if (bucket.values[quantity])
                        put(*bucket.values[quantity], runs.next());
                }
            };
            const auto minus = [](std::int64_t from, std::int64_t less) {
                return static_cast<std::int64_t>(static_cast<std::uint64_t>(from) - static_cast<std::uint64_t>(less));
            };
            column([](Bucket::Value& value, std::int64_t number) { value.mean = number; });
            column([&](Bucket::Value& value, std::int64_t number) { value.least = minus(value.mean, number); });
            column([&](Bucket::Value& value, std::int64_t number) { value.most = minus(value.mean, minus(0, number)); });
        }
        if (!in.atEnd())
            return std::nullopt;
        return block;
    } catch (const BadBytes&) {
        return std::nullopt;
    }
}

Block coarser(const Block& block, pg::Interval step, std::int64_t shift) {
    Block coarse;
    for (std::size_t first = 0; first < block.size();) {
        const std::int64_t place = (block[first].at + shift) / step.count() * step.count();
        std::vector<const Bucket*> together;
        std::size_t next = first;
        while (next < block.size() && block[next].at + shift < place + step.count())
            together.push_back(&block[next++]);
        if (together.empty())
            break; // a place before the block's beginning
        coarse.push_back(joined(together, place));
        first = next;
    }
    return coarse;
}

Block merged(const Block& one, const Block& other) {
    std::map<std::int64_t, Bucket> places;
    for (const Bucket& bucket : one)
        places.emplace(bucket.at, bucket);
    for (const Bucket& bucket : other) {
        const auto [place, isNew] = places.emplace(bucket.at, bucket);
        if (!isNew && (place->second.rebuilt || !bucket.rebuilt))
            place->second = bucket;
    }
    Block all;
    all.reserve(places.size());
    for (auto& [at, bucket] : places)
        all.push_back(bucket);
    return all;
}

} // namespace store
