// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/action.h"
#include "models/column.h"

#include <QDialog>

namespace ui {

/// What an action did: one sentence with a sign, the state as it is now, what came back, what to do next, the SQL.
class OutcomeView : public QWidget {
    Q_OBJECT

public:
    explicit OutcomeView(const domain::ActionOutcome& outcome, QWidget* parent = nullptr);

    /// Tells assistive technology, once it is on screen.
    void announce();

    static models::Tone tone(domain::OutcomeKind kind);
    static QString word(domain::OutcomeKind kind);
    /// What can be done next, one sentence.
    static QString next(domain::OutcomeKind kind);
};

/// An outcome that became known later.
class OutcomeDialog : public QDialog {
    Q_OBJECT

public:
    OutcomeDialog(const QString& subject, const domain::ActionOutcome& outcome, QWidget* parent);
};

} // namespace ui
