// SPDX-License-Identifier: Apache-2.0
#include "pgque/workerpool.h"

#include <thread>

namespace pgque {

WorkerPool::WorkerPool(const pg::ConnectionInfo& info, ConsumerOptions options, const Handlers& handlers,
                       std::size_t workers) {
    if (workers == 0)
        throw InvalidArgument("a pool needs a worker");
    const std::string prefix = options.subconsumer.value_or("worker");
    for (std::size_t number = 1; number <= workers; ++number) {
        m_names.push_back(prefix + "-" + std::to_string(number));
        options.subconsumer = m_names.back();
        m_consumers.emplace_back(info, options, handlers);
    }
}

std::vector<WorkerReport> WorkerPool::run(const std::stop_token& stop) {
    std::vector<WorkerReport> reports(m_consumers.size());
    // The threads' own stop ends those already running when one more can't be started.
    std::stop_source ending;
    const std::stop_callback forward(stop, [&ending] { ending.request_stop(); });

    struct Threads {
        std::stop_source& ending;
        std::vector<std::thread> all;

        void join() {
            for (std::thread& thread : all)
                thread.join();
            all.clear();
        }

        ~Threads() {
            if (all.empty())
                return;
            ending.request_stop();
            join();
        }
    } threads{ending, {}};

    threads.all.reserve(m_consumers.size());
    for (std::size_t index = 0; index < m_consumers.size(); ++index) {
        threads.all.emplace_back(
            [&consumer = m_consumers[index], &report = reports[index], token = ending.get_token()] {
                try {
                    consumer.run(token);
                } catch (const std::exception& error) {
                    report.failure = error.what();
                } catch (...) {
                    report.failure = "something that is no std::exception";
                }
            });
    }
    threads.join();
    for (std::size_t index = 0; index < m_consumers.size(); ++index) {
        reports[index].subconsumer = m_names[index];
        reports[index].stats = m_consumers[index].stats();
    }
    return reports;
}

ConsumerStats WorkerPool::stats() const {
    ConsumerStats sum;
    for (const Consumer& consumer : m_consumers) {
        const ConsumerStats one = consumer.stats();
        sum.batches += one.batches;
        sum.messages += one.messages;
        sum.failed += one.failed;
        sum.returned += one.returned;
        sum.lost += one.lost;
        sum.looks += one.looks;
        sum.connects += one.connects;
    }
    return sum;
}

} // namespace pgque
