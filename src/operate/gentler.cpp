// SPDX-License-Identifier: GPL-3.0-or-later
#include "operate/gentler.h"

namespace operate {

std::optional<GentlerWay> gentlerWay(const domain::ActionRequest& request) {
    GentlerWay way{request, {}};
    if (request.action == "force_unregister" && request.batch) {
        way.request.action = "take_over";
        way.keeps = "Keeps the batch's events together with another member; none counts as failed.";
    } else if (request.action == "purge_dead_letters") {
        way.request.action = "replay_all_dead_letters";
        way.request.arguments.clear();
        way.keeps = "Sends the messages again instead of deleting them.";
    } else if (request.action == "purge_selected_dead_letters") {
        way.request.action = "replay_selected_dead_letters";
        way.keeps = "Sends the messages again instead of deleting them.";
    } else if (request.action == "cancel_retry") {
        way.request.action = "reschedule_retry";
        way.keeps = "Keeps the message; it comes again when you say.";
    } else if (request.action == "terminate_backend") {
        way.request.action = "cancel_backend";
        way.keeps = "Stops only what it runs; the session and its connection stay.";
    } else {
        return std::nullopt;
    }
    way.request.shown.clear();
    return way;
}

} // namespace operate
