// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/outcomeview.h"

#include "ui/card.h"
#include "ui/chiplabel.h"
#include "ui/sqlview.h"
#include "ui/theme.h"
#include "ui/words.h"

#include <QAbstractButton>
#include <QAccessible>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

using domain::OutcomeKind;

OutcomeView::OutcomeView(const domain::ActionOutcome& outcome, QWidget* parent)
    : QWidget(parent) {
    setObjectName(u"outcome"_s);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(space::large);
    auto* chip = new ChipLabel;
    chip->say(word(outcome.kind), tone(outcome.kind));
    auto* summary = new QLabel(words::harmless(outcome.summary));
    summary->setObjectName(u"outcomeSummary"_s);
    summary->setFont(titleFont());
    summary->setWordWrap(true);
    summary->setTextFormat(Qt::PlainText);
    makeSelectable(summary, true);
    layout->addWidget(chip, 0, Qt::AlignLeft);
    layout->addWidget(summary);

    auto* facts = new QFormLayout;
    facts->setHorizontalSpacing(28);
    const auto add = [facts](const QString& name, const QString& text, bool failure = false) {
        if (text.isEmpty())
            return;
        auto* value = new QLabel(text);
        value->setWordWrap(true);
        value->setTextFormat(Qt::PlainText);
        makeSelectable(value, failure);
        facts->addRow(dimLabel(name), value);
    };
    if (outcome.failure)
        add(tr("Server says"), words::failure(*outcome.failure), true);
    add(tr("State now"), words::harmless(outcome.now));
    for (const auto& [name, value] : outcome.results)
        add(QString::fromStdString(name), words::harmless(value));
    if (outcome.xid)
        add(tr("Transaction"), QString::fromStdString(*outcome.xid));
    add(tr("Took"), models::format::milliseconds(outcome.tookMs));
    add(tr("What next"), next(outcome.kind));
    layout->addLayout(facts);

    const auto makeView = [this](const QString& name, const QString& objectName, const QString& text, int lines) {
        SqlView* view = makeSqlView(objectName, this);
        view->setAccessibleName(name);
        view->say(text, lines);
        return view;
    };
    if (!outcome.rows.empty()) {
        QStringList rows;
        for (const std::string& row : outcome.rows)
            rows += models::format::visible(QString::fromStdString(row));
        layout->addWidget(dimLabel(tr("What came back")));
        layout->addWidget(makeView(tr("What came back"), u"outcomeRows"_s, rows.join(u'\n'), 10));
    }
    if (!outcome.sql.empty()) {
        SqlView* sql = makeView(tr("SQL that ran"), u"outcomeSql"_s, QString::fromStdString(outcome.sql), 9);
        layout->addLayout(sql->makeHeading(sql->accessibleName()));
        layout->addWidget(sql);
    }
    layout->addStretch();
    setAccessibleName(word(outcome.kind) + u": "_s + summary->text());
}

OutcomeDialog::OutcomeDialog(const QString& subject, const domain::ActionOutcome& outcome, QWidget* parent)
    : QDialog(parent) {
    setObjectName(u"outcomeDialog"_s);
    setWindowTitle(tr("Now known: what became of the action on %1").arg(subject));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 18, 20, 14);
    layout->setSpacing(space::large);
    layout->addWidget(dimLabel(windowTitle()));
    layout->addWidget(new OutcomeView(outcome));
    QAbstractButton* close = makeButton(tr("Close"), u"close"_s, this, u"primary"_s);
    connect(close, &QAbstractButton::clicked, this, &QDialog::accept);
    layout->addWidget(close, 0, Qt::AlignRight);
    resize(680, 420);
}

void OutcomeView::announce() {
    if (!QAccessible::isActive())
        return;
    QAccessibleEvent alert(this, QAccessible::Alert);
    QAccessible::updateAccessibility(&alert);
}

models::Tone OutcomeView::tone(OutcomeKind kind) {
    switch (kind) {
    case OutcomeKind::Done:
        return models::Tone::Good;
    case OutcomeKind::Refused:
    case OutcomeKind::ChangedUnderneath:
    case OutcomeKind::Unknown:
    case OutcomeKind::Partly:
        return models::Tone::Warning;
    case OutcomeKind::Failed:
        return models::Tone::Critical;
    }
    return models::Tone::None;
}

QString OutcomeView::word(OutcomeKind kind) {
    switch (kind) {
    case OutcomeKind::Done:
        return tr("done");
    case OutcomeKind::Refused:
        return tr("refused, nothing was changed");
    case OutcomeKind::ChangedUnderneath:
        return tr("changed underneath, nothing was done");
    case OutcomeKind::Failed:
        return tr("failed, nothing was changed");
    case OutcomeKind::Unknown:
        return tr("outcome unknown");
    case OutcomeKind::Partly:
        return tr("done in part");
    }
    return {};
}

QString OutcomeView::next(OutcomeKind kind) {
    switch (kind) {
    case OutcomeKind::Done:
    case OutcomeKind::Refused:
        return {};
    case OutcomeKind::Partly:
        return tr("What is said above was committed and stays; nothing else was changed.");
    case OutcomeKind::ChangedUnderneath:
        return tr("What you saw no longer holds. Look at the page again and decide anew.");
    case OutcomeKind::Failed:
        return tr("Nothing was changed, so it can be tried again once the cause is gone.");
    case OutcomeKind::Unknown:
        return tr(
            "The connection went while the server was committing. Do not repeat it: whether it happened is asked of "
            "the server as soon as it is back, by the transaction's number.");
    }
    return {};
}

} // namespace ui
