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

/// A field shows the payload as it is: asked first where something of it is hidden elsewhere.
void start(Actions* actions, QWidget* parent, Resendable message, std::string payload) {
    message.request.action = "resend";
    message.request.arguments["payload"] = std::move(payload);
    const auto hides = [request = message.request, masking = models::Masking::current()] {
        return std::any_of(request.arguments.begin(), request.arguments.end(), [&masking](const auto& argument) {
            const QString text = QString::fromStdString(argument.second);
            return masking.apply(text) != text;
        });
    };
    inBackground(parent, hides, [actions, parent, request = message.request](bool hidden) {
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
        if (chosen->bytes > editable) {
            ask::tell(parent, Resend::tr("The payload is too large to edit"),
                      Resend::tr("It has %1; up to %2 are edited here. Put it into a file and send that.")
                          .arg(models::format::bytes(chosen->bytes), models::format::bytes(editable)));
            return;
        }
        if (!chosen->beginning || qint64(chosen->beginning->size()) >= chosen->bytes) {
            std::string whole = chosen->beginning.value_or(std::string());
            start(actions, parent, *std::move(chosen), std::move(whole));
            return;
        }
        links::whenDone(chosen->fetch(editable), parent,
                        [actions, parent, message = *chosen](const links::Reply<std::optional<std::string>>& reply) {
                            if (const auto* failure = std::get_if<pg::Failure>(&reply))
                                ask::tell(parent, Resend::tr("The payload could not be read"),
                                          words::failure(*failure));
                            else if (const auto& whole = std::get<std::optional<std::string>>(reply))
                                start(actions, parent, message, *whole);
                            else
                                ask::tell(parent, Resend::tr("The message is gone"),
                                          Resend::tr("Its table was rotated meanwhile, or the row deleted."));
                        });
    });
    return button;
}

} // namespace ui
