// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/eventpager.h"

#include "ui/card.h"
#include "ui/keys.h"

#include <QAbstractButton>
#include <QShortcut>

using namespace Qt::StringLiterals;

namespace ui {

using models::EventPageModel;

EventPager::EventPager(Card& card, EventPageModel& model)
    : QObject(&card)
    , m_model(model) {
    const auto add = [this, &card](const QString& text, const QString& name, const QString& tooltip, auto turn) {
        QAbstractButton* button = makeButton(text, name, &card);
        button->setToolTip(tooltip);
        button->setAccessibleName(tooltip);
        connect(button, &QAbstractButton::clicked, this, turn);
        card.addToHeading(button);
        return button;
    };
    m_first = add(u"«"_s, u"firstPage"_s, tr("First page"), [this] { m_model.turnToStart(); });
    m_back = add(u"‹"_s, u"previousPage"_s, keys::withKeys(tr("Page before"), keys::Deed::PageBack),
                 [this] { m_model.turnBack(); });
    m_forward = add(u"›"_s, u"nextPage"_s, keys::withKeys(tr("Go on from here"), keys::Deed::PageForward),
                    [this] { m_model.turnForward(); });
    for (const auto& [deed, button] :
         {std::pair(keys::Deed::PageBack, m_back), std::pair(keys::Deed::PageForward, m_forward)})
        keys::bind(deed, &card, [pressed = button](int) { pressed->click(); });
    connect(&model, &EventPageModel::shownChanged, this, &EventPager::update);
    update();
}

void EventPager::update() {
    m_first->setEnabled(m_model.canTurnBack());
    m_back->setEnabled(m_model.canTurnBack());
    m_forward->setEnabled(m_model.canTurnForward());
}

} // namespace ui
