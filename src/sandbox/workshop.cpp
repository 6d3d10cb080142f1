// SPDX-License-Identifier: GPL-3.0-or-later
#include "sandbox/workshop.h"

#include "workqueue/calls.h"

#include <array>
#include <chrono>

namespace sandbox::workshop {

namespace {

using namespace std::chrono_literals;
using Wait = std::optional<std::chrono::milliseconds>;

constexpr auto thumbnails = "thumbnails";
constexpr auto exports = "exports";
constexpr auto imports = "imports";
constexpr auto reminders = "reminders";
constexpr auto reports = "reports";
constexpr auto collected = "reports_collected";

constexpr int keptRuns = 40;
constexpr auto deadLetterAge = std::chrono::minutes(10);

std::string task(const std::string& name, int number) {
    return R"({"task_name": ")" + name + R"(", "args": [)" + std::to_string(number) +
           R"(], "kwargs": {"requested_by": "user)" + std::to_string(number % 97) + R"(@shop.example"}})";
}

/// Sends a little of everything, in all bands.
Loop::Step office() {
    return [number = 0](pgque::Client& client) mutable -> Wait {
        if (number == 0) {
            std::vector<std::string> backlog;
            backlog.reserve(60);
            for (int i = 0; i < 60; ++i)
                backlog.push_back(task("render_thumbnail", i));
            client.run(workqueue::sendMany(thumbnails, backlog, {.priority = 2}));
        }
        ++number;
        workqueue::SendOptions options;
        options.priority = 1 + number * 7 % 10;
        client.run(workqueue::send(thumbnails, task("render_thumbnail", number), options));
        if (number % 200 == 0)
            client.run(workqueue::purgeDead(exports, deadLetterAge));
        if (number % 8 == 0)
            client.run(workqueue::send(exports, task("export_catalog", number)));
        if (number % 10 == 0) {
            options.delay = std::chrono::seconds(20 + number % 40);
            client.run(workqueue::send(reminders, task("remind_customer", number), options));
        }
        return 250ms;
    };
}

/// An ordinary worker: a lease, some time, an acknowledgement.
Loop::Step worker(const char* queue, std::chrono::milliseconds perTask) {
    return [queue, perTask](pgque::Client& client) -> Wait {
        const auto claimed = client.run(workqueue::claim(queue, 30s, 1, "demo"));
        if (claimed.empty())
            return 500ms;
        std::this_thread::sleep_for(perTask);
        client.run(workqueue::ack(claimed.front().id, claimed.front().token));
        return 0ms;
    };
}

/// Every third export fails, each time it is tried, and is buried at the fourth.
Loop::Step failing() {
    return [](pgque::Client& client) -> Wait {
        const auto claimed = client.run(workqueue::claim(exports, 30s, 1, "exporter"));
        if (claimed.empty())
            return 1s;
        const workqueue::Message& message = claimed.front();
        std::this_thread::sleep_for(80ms);
        if (message.id % 3 != 0)
            client.run(workqueue::ack(message.id, message.token));
        else if (message.token > 3)
            client.run(workqueue::bury(message.id, "the warehouse answered 409 four times", message.token));
        else
            client.run(workqueue::nack(message.id, message.token, 3s, "the warehouse answered 409"));
        return 200ms;
    };
}

/// Takes one import under a long lease and is never heard of again.
Loop::Step dying() {
    return [](pgque::Client& client) -> Wait {
        client.run(workqueue::send(imports, task("import_feed", 1)));
        client.run(workqueue::claim(imports, std::chrono::minutes(10), 1, "importer-2"));
        return std::nullopt;
    };
}

/// A fan-out now and then; each fifth loses a batch and waits until it expires.
Loop::Step manager() {
    return [number = std::chrono::system_clock::now().time_since_epoch() / 1s](pgque::Client& client) mutable -> Wait {
        const std::string execution = "report-" + std::to_string(++number);
        // Nobody waits for a run that old.
        client.run(workqueue::abort("report-" + std::to_string(number - keptRuns)));
        std::vector<workqueue::Header> headers;
        headers.reserve(8);
        for (int batch = 0; batch < 8; ++batch)
            headers.push_back({reports, task("report_part", batch), 8, "shop"});
        client.run(workqueue::fanOut(execution, "shop", headers, 5min,
                                     std::string(R"({"task_name": "collect_report", "queue": ")") + collected +
                                         R"(", "kwargs": {"execution_id": ")" + execution + R"("}})"));
        return 12s;
    };
}

/// Runs batches. Of each fifth execution it loses one: claimed, begun, never counted.
Loop::Step reporter() {
    return [](pgque::Client& client) -> Wait {
        const auto claimed = client.run(workqueue::claim(reports, 30s, 1, "reporter"));
        if (claimed.empty())
            return 700ms;
        const workqueue::Message& message = claimed.front();
        if (message.batch && client.run(workqueue::claimBatch(*message.batch))) {
            std::this_thread::sleep_for(400ms);
            const bool loses = message.batch->index == 5 && message.batch->execution.back() % 5 == 0;
            if (!loses)
                client.run(workqueue::finishBatch(*message.batch, R"({"rows": 120})"));
        }
        client.run(workqueue::ack(message.id, message.token));
        return 50ms;
    };
}

} // namespace

std::vector<std::unique_ptr<Loop>> open(const pg::ConnectionInfo& database) {
    std::vector<std::unique_ptr<Loop>> all;
    const auto hire = [&](const std::string& name, Loop::Step step) {
        all.push_back(std::make_unique<Loop>(named(database, "demo/" + name), std::move(step)));
    };
    hire("office", office());
    hire("thumbnailer-1", worker(thumbnails, 400ms));
    hire("thumbnailer-2", worker(thumbnails, 550ms));
    hire("exporter", failing());
    hire("reminder", worker(reminders, 50ms));
    hire("importer-2", dying());
    hire("manager", manager());
    hire("reporter-1", reporter());
    hire("reporter-2", reporter());
    hire("collector", worker(collected, 20ms));
    return all;
}

} // namespace sandbox::workshop
