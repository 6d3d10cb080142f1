// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/resend.h"

#include "link/whendone.h"
#include "models/masking.h"
#include "ui/actions.h"
#include "ui/ask.h"
#include "ui/background.h"
#include "ui/words.h"

#include <QAbstractButton>
#include <QCoreApplication>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

/// More than this is not edited in a field.
constexpr qint64 editable = 4 << 20;

struct Resend {
    Q_DECLARE_TR_FUNCTIONS(Resend)
};

/// Fields show the message as it is: asked first where something of it is hidden elsewhere.
void start(Actions* actions, QWidget* parent, const std::string& queue, const domain::Message& message) {
    domain::ActionRequest request;
    request.action = "resend";
    request.queue = queue;
    const auto give = [&request](const std::string& name, const std::optional<std::string>& value) {
        if (value)
            request.arguments[name] = *value;
    };
    give("type", message.type);
    give("payload", message.data);
    for (std::size_t at = 0; at < message.extras.size(); ++at)
        give("extra" + std::to_string(at + 1), message.extras[at]);
    const auto hides = [request, masking = models::Masking::current()] {
        return std::any_of(request.arguments.begin(), request.arguments.end(), [&masking](const auto& argument) {
            const QString text = QString::fromStdString(argument.second);
            return masking.apply(text) != text;
        });
    };
    inBackground(parent, hides, [actions, parent, request](bool hidden) {
        const auto question = [] {
            return ask::Question{Resend::tr("The message contains hidden values"),
                                 Resend::tr("To edit it they have to be shown, and they are sent again as they are."),
                                 Resend::tr("Show and edit"), false};
        };
        if (!hidden || ask::confirm(parent, question()))
            actions->start(request);
    });
}

} // namespace

QAbstractButton* makeResendButton(Actions* actions, std::function<std::optional<Resendable>()> message,
                                  QWidget* parent) {
    QAbstractButton* button = makeButton(Resend::tr("Edit and resend…"), u"resend"_s, parent);
    button->setToolTip(Resend::tr("Sends the message again as a new one, changed where you change it"));
    QObject::connect(button, &QAbstractButton::clicked, parent, [actions, message, parent] {
        std::optional<Resendable> chosen = message();
        if (!chosen)
            return;
        links::whenDone(chosen->fetch(editable), parent,
                        [actions, parent, queue = chosen->queue](const links::Reply<domain::Message>& reply) {
                            if (const auto* failure = std::get_if<pg::Failure>(&reply)) {
                                ask::tell(parent, Resend::tr("The message could not be read"),
                                          words::failure(*failure));
                                return;
                            }
                            const auto& whole = std::get<domain::Message>(reply);
                            if (whole.isCut())
                                ask::tell(
                                    parent, Resend::tr("The message is too large to edit"),
                                    Resend::tr("It has %1; up to %2 are edited here. Put it into a file and send that.")
                                        .arg(models::format::bytes(whole.mostBytes()),
                                             models::format::bytes(editable)));
                            else
                                start(actions, parent, queue, whole);
                        });
    });
    return button;
}

} // namespace ui
