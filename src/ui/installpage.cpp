// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/installpage.h"

#include "link/whendone.h"
#include "ui/card.h"
#include "ui/outcomeview.h"
#include "ui/sqlview.h"
#include "ui/theme.h"
#include "ui/words.h"

#include <QAbstractButton>
#include <QApplication>
#include <QClipboard>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

InstallPage::InstallPage(desk::Desk* desk, QWidget* parent)
    : QWidget(parent)
    , m_desk(desk)
    , m_title(new QLabel)
    , m_explanation(new QLabel)
    , m_sql(makeSqlView(u"installSql"_s))
    , m_install(makeButton(tr("Install the schema"), u"installSchema"_s, this, u"primary"_s))
    , m_outcome(new QVBoxLayout) {
    setObjectName(u"installPage"_s);
    auto* card = new Card(tr("Schema"), this);
    auto* content = new QWidget;
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(20, 16, 20, 16);
    layout->setSpacing(space::large);
    m_title->setFont(titleFont());
    for (QLabel* label : {m_title, m_explanation}) {
        label->setWordWrap(true);
        label->setTextFormat(Qt::PlainText);
        layout->addWidget(label);
    }
    layout->addLayout(m_outcome);
    if (desk->profile().requiresReason) {
        m_reason = new QLineEdit;
        m_reason->setObjectName(u"installReason"_s);
        m_reason->setAccessibleName(tr("Reason, kept in the journal"));
        m_reason->setPlaceholderText(tr("Reason: required here, kept in the journal"));
        layout->addWidget(m_reason);
        connect(m_reason, &QLineEdit::textChanged, this, &InstallPage::refresh);
    }
    layout->addWidget(dimLabel(tr("SQL that will run, once, in one transaction")));
    m_sql->setMinimumHeight(0);
    m_sql->setMaximumHeight(QWIDGETSIZE_MAX);
    m_sql->setLineWrapMode(QPlainTextEdit::NoWrap);
    layout->addWidget(m_sql, 1);
    card->setContent(content);
    QAbstractButton* copy = makeButton(tr("Copy SQL"), u"copyInstallSql"_s, this);
    connect(copy, &QAbstractButton::clicked, this,
            [this] { QApplication::clipboard()->setText(m_sql->toPlainText()); });
    card->addToHeading(copy);
    card->addToHeading(m_install);
    connect(m_install, &QAbstractButton::clicked, this, &InstallPage::install);
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->addWidget(card);
}

void InstallPage::refresh() {
    const domain::SnapshotPtr snapshot = m_desk->snapshot();
    if (!snapshot)
        return;
    const QString database = models::format::foreign(models::format::text(snapshot->capabilities.database));
    const bool none = snapshot->capabilities.origin == domain::SchemaOrigin::None;
    m_title->setText(none ? tr("The database %1 has no pgque schema").arg(database)
                          : tr("The schema pgque in %1 is not one this console knows").arg(database));
    m_explanation->setText(
        none ? tr("It can be installed here, or by hand with psql -1 -f on the same text. Nothing that exists is "
                  "touched: "
                  "it makes the schema pgque and, where they are missing, the roles pgque_reader, pgque_writer and "
                  "pgque_admin.")
             : tr("Somebody else made it. This console neither changes nor replaces it."));
    if (m_sql->document()->isEmpty() && none)
        m_sql->setPlainText(m_desk->installSql());
    m_sql->setVisible(none);
    m_install->setVisible(none);
    const bool observing = m_desk->accessMode() == desk::AccessMode::Observe;
    m_install->setEnabled(!m_running && (observing || !m_reason || !m_reason->text().trimmed().isEmpty()));
    m_install->setText(m_running   ? tr("Installing…")
                       : observing ? tr("Switch to Operate to install…")
                                   : tr("Install into %1").arg(database));
}

void InstallPage::install() {
    if (m_desk->accessMode() == desk::AccessMode::Observe) {
        Q_EMIT armingWanted();
        refresh();
        return;
    }
    m_running = true;
    refresh();
    links::whenDone(m_desk->installSchema(m_reason ? m_reason->text() : QString()), this,
                    [this](const domain::ActionOutcome& outcome) {
                        m_running = false;
                        while (QLayoutItem* item = m_outcome->takeAt(0)) {
                            delete item->widget();
                            delete item;
                        }
                        domain::ActionOutcome shown = outcome;
                        shown.sql.clear(); // it stands below already
                        auto* view = new OutcomeView(shown);
                        m_outcome->addWidget(view);
                        view->announce();
                        refresh();
                    });
}

} // namespace ui
