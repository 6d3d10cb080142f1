// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/card.h"
#include "ui/keys.h"

#include <QAbstractButton>
#include <QCoreApplication>

#include <functional>
#include <optional>
#include <vector>

namespace ui {

/// Turning pages of which each says where the next begins: buttons in a card's heading, Ctrl+PgUp and Ctrl+PgDown, and
/// the places where the pages before began.
template <class Position>
class Turner {
    Q_DECLARE_TR_FUNCTIONS(Turner)

public:
    /// turned is called when another page should be asked for.
    Turner(Card& card, std::function<void()> turned)
        : m_turned(std::move(turned)) {
        m_back = add(card, QStringLiteral("‹"), QStringLiteral("previousPage"), tr("Page before"), keys::Deed::PageBack,
                     [this] { turnBack(); });
        m_forward = add(card, QStringLiteral("›"), QStringLiteral("nextPage"), tr("Next page"), keys::Deed::PageForward,
                        [this] { turnForward(); });
        update();
    }

    /// Where the page to be shown begins; empty: at the start.
    const std::optional<Position>& start() const { return m_starts.back(); }

    int page() const { return int(m_starts.size()) - 1; } ///< from 0

    /// The page shown has come, and says where the next one begins.
    void arrived(const std::optional<Position>& next) {
        m_next = next;
        update();
    }

    /// Another subject: the first page is the one to ask for.
    void restart() {
        m_starts = {std::nullopt};
        m_next.reset();
        update();
    }

private:
    QAbstractButton* add(Card& card, const QString& text, const QString& name, const QString& meaning, keys::Deed deed,
                         std::function<void()> turn) {
        QAbstractButton* button = makeButton(text, name, &card);
        button->setToolTip(keys::withKeys(meaning, deed));
        button->setAccessibleName(button->toolTip());
        QObject::connect(button, &QAbstractButton::clicked, &card, turn);
        card.addToHeading(button);
        keys::bind(deed, &card, [button](int) { button->click(); });
        return button;
    }

    void turnForward() {
        if (!m_next)
            return;
        m_starts.push_back(m_next);
        m_next.reset();
        update();
        m_turned();
    }

    void turnBack() {
        if (m_starts.size() < 2)
            return;
        m_starts.pop_back();
        m_next.reset();
        update();
        m_turned();
    }

    void update() {
        m_back->setEnabled(m_starts.size() > 1);
        m_forward->setEnabled(m_next.has_value());
    }

    std::function<void()> m_turned;
    QAbstractButton* m_back = nullptr;
    QAbstractButton* m_forward = nullptr;
    std::vector<std::optional<Position>> m_starts{std::nullopt};
    std::optional<Position> m_next;
};

} // namespace ui
