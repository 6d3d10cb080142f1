// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/schemadialog.h"

#include "link/whendone.h"
#include "ui/card.h"
#include "ui/outcomeview.h"
#include "ui/sqlview.h"
#include "ui/theme.h"
#include "ui/words.h"

#include <QAbstractButton>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

QString verb(schema::Deed deed) {
    switch (deed) {
    case schema::Deed::Install:
        return SchemaDialog::tr("Install");
    case schema::Deed::Upgrade:
        return SchemaDialog::tr("Upgrade");
    case schema::Deed::Convert:
        return SchemaDialog::tr("Convert");
    case schema::Deed::Uninstall:
        break;
    }
    return SchemaDialog::tr("Uninstall");
}

QLabel* sentence(const QString& text) {
    auto* label = new QLabel(text);
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    return label;
}

} // namespace

SchemaDialog::SchemaDialog(desk::Desk* desk, schema::Plan plan, QWidget* parent)
    : QDialog(parent)
    , m_desk(desk)
    , m_plan(std::move(plan))
    , m_content(new QVBoxLayout)
    , m_read(m_plan.caution.empty() || m_plan.differences.empty()) {
    const bool uninstall = m_plan.deed == schema::Deed::Uninstall;
    const bool convert = m_plan.deed == schema::Deed::Convert;
    const QString database =
        models::format::text(desk->snapshot() ? desk->snapshot()->capabilities.database : std::string());
    setObjectName(u"schemaDialog"_s);
    setWindowTitle(tr("%1 the schema").arg(verb(m_plan.deed)));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 18, 20, 16);
    layout->setSpacing(space::large);
    QLabel* title = sentence(models::format::text(m_plan.title));
    title->setFont(titleFont());
    layout->addWidget(title);
    layout->addLayout(m_content, 1);
    m_content->setSpacing(space::medium);
    if (m_plan.refusal) {
        QLabel* why = sentence(models::format::text(*m_plan.refusal));
        setInk(why, models::Tone::Critical);
        m_content->addWidget(why);
        if (!m_plan.remedy.empty())
            m_content->addWidget(sentence(models::format::text(m_plan.remedy)));
    }
    if (m_plan.changes.empty() && !m_plan.refusal)
        m_content->addWidget(sentence(tr("Nothing differs: it runs the same script over the same objects.")));
    QStringList changes;
    for (const std::string& change : m_plan.changes)
        changes += u"• "_s + models::format::visible(models::format::text(change));
    if (!changes.isEmpty()) {
        auto* list = new QPlainTextEdit(changes.join(u'\n'));
        list->setObjectName(u"schemaChanges"_s);
        list->setAccessibleName(tr("What it would change"));
        list->setReadOnly(true);
        list->setTabChangesFocus(true);
        list->setMaximumHeight(QFontMetrics(font()).lineSpacing() * std::min<int>(int(changes.size()) + 1, 9));
        m_content->addWidget(dimLabel(uninstall ? tr("What goes, counted just now") : tr("What it would change")));
        m_content->addWidget(list);
    }
    if (convert && !m_plan.refusal)
        m_content->addWidget(
            sentence(tr("Somebody else's functions are replaced by those this program ships. From here "
                        "it can't be undone: only the script of the other installer brings them "
                        "back.")));
    if (!m_plan.caution.empty() && !m_plan.refusal) {
        QLabel* caution = sentence(models::format::text(m_plan.caution));
        caution->setObjectName(u"caution"_s);
        setInk(caution, models::Tone::Warning);
        m_content->addWidget(caution);
    }
    if (uninstall && !m_plan.refusal)
        m_content->addWidget(sentence(tr("Can't be undone.")));
    addDifferences();
    m_content->addWidget(dimLabel(tr("SQL that will run")));
    QPlainTextEdit* sql = makeSqlView(u"schemaSql"_s);
    sql->setLineWrapMode(QPlainTextEdit::NoWrap);
    sql->setMaximumHeight(QWIDGETSIZE_MAX);
    sql->setPlainText(models::format::text(m_plan.sql));
    m_content->addWidget(sql, 1);
    if (m_desk->profile().requiresReason && !m_plan.refusal)
        addLine(tr("&Reason, kept in the journal"), u"reason"_s, m_reason);
    if ((uninstall || convert) && !m_plan.refusal)
        addLine(tr("&Type %1 to confirm").arg(database), u"typedName"_s, m_typedName);
    m_observing = new QWidget;
    m_observing->setObjectName(u"observing"_s);
    auto* observing = new QHBoxLayout(m_observing);
    observing->setContentsMargins(0, 0, 0, 0);
    observing->addWidget(sentence(tr("Observe mode: it can be looked at, not carried out.")), 1);
    QAbstractButton* arm = makeButton(tr("Switch to Operate…"), u"arm"_s, this);
    connect(arm, &QAbstractButton::clicked, this, &SchemaDialog::armingWanted);
    observing->addWidget(arm);
    layout->addWidget(m_observing);
    auto* footer = new QHBoxLayout;
    footer->addStretch();
    m_cancel = makeButton(tr("Cancel"), u"cancel"_s, this);
    m_act =
        makeButton(uninstall ? tr("Uninstall from %1").arg(database) : tr("%1 in %2").arg(verb(m_plan.deed), database),
                   u"act"_s, this, uninstall || convert ? u"danger"_s : u"primary"_s);
    footer->addWidget(m_cancel);
    footer->addWidget(m_act);
    layout->addLayout(footer);
    connect(m_cancel, &QAbstractButton::clicked, this, &QDialog::reject);
    connect(m_act, &QAbstractButton::clicked, this, &SchemaDialog::carryOut);
    connect(m_desk, &desk::Desk::accessModeChanged, this, &SchemaDialog::updateButton);
    m_cancel->setFocus();
    resize(820, 620);
    updateButton();
}

/// One function at a time, chosen from a list; closed at first.
void SchemaDialog::addDifferences() {
    if (m_plan.differences.empty())
        return;
    QAbstractButton* open = makeButton(tr("Show how %n function(s) differ…", nullptr, int(m_plan.differences.size())),
                                       u"showDifferences"_s, this);
    auto* choice = new QComboBox;
    choice->setObjectName(u"differingFunction"_s);
    choice->setAccessibleName(tr("Function that differs"));
    for (const schema::SourceDifference& one : m_plan.differences)
        choice->addItem(models::format::visible(models::format::text(one.function)));
    QPlainTextEdit* view = makeSqlView(u"sourceDifference"_s);
    view->setAccessibleName(tr("Difference of the sources: - what is here, + what comes"));
    view->setLineWrapMode(QPlainTextEdit::NoWrap);
    view->setMaximumHeight(QWIDGETSIZE_MAX);
    const auto show = [this, view](int at) {
        if (at >= 0)
            view->setPlainText(models::format::text(m_plan.differences[std::size_t(at)].text));
    };
    connect(choice, &QComboBox::currentIndexChanged, this, show);
    show(0);
    choice->hide();
    view->hide();
    auto* row = new QHBoxLayout;
    row->addWidget(open);
    row->addWidget(choice, 1);
    row->addStretch();
    m_content->addLayout(row);
    m_content->addWidget(view, 2);
    connect(open, &QAbstractButton::clicked, this, [this, open, choice, view] {
        open->hide();
        choice->show();
        view->show();
        choice->setFocus();
        m_read = true;
        updateButton();
    });
}

void SchemaDialog::addLine(const QString& title, const QString& name, QLineEdit*& line) {
    auto* row = new QHBoxLayout;
    auto* label = new QLabel(title);
    line = new QLineEdit;
    line->setObjectName(name);
    line->setAccessibleName(QString(title).remove(u'&'));
    label->setBuddy(line);
    row->addWidget(label);
    row->addWidget(line, 1);
    m_content->addLayout(row);
    connect(line, &QLineEdit::textChanged, this, &SchemaDialog::updateButton);
}

void SchemaDialog::updateButton() {
    const QString database =
        models::format::text(m_desk->snapshot() ? m_desk->snapshot()->capabilities.database : std::string());
    const bool confirmed = !m_typedName || m_typedName->text() == database;
    const bool explained = !m_reason || !m_reason->text().trimmed().isEmpty();
    const bool observing = m_desk->accessMode() == desk::AccessMode::Observe;
    m_act->setEnabled(!m_plan.refusal && !m_running && !observing && m_read && confirmed && explained);
    m_act->setToolTip(m_read ? QString() : tr("The differences must be looked at first"));
    m_act->setVisible(!m_plan.refusal && !m_done);
    m_observing->setVisible(observing && !m_plan.refusal && !m_running);
}

void SchemaDialog::carryOut() {
    m_running = true;
    m_act->setText(tr("Under way…"));
    updateButton();
    const QString reason = m_reason ? m_reason->text() : QString();
    links::whenDone(m_desk->carryOutSchema(m_plan, reason), this, [this](const domain::ActionOutcome& outcome) {
        while (QLayoutItem* item = m_content->takeAt(0)) {
            delete item->widget();
            if (QLayout* inner = item->layout()) {
                while (QLayoutItem* part = inner->takeAt(0)) {
                    delete part->widget();
                    delete part;
                }
            }
            delete item;
        }
        m_typedName = nullptr;
        m_reason = nullptr;
        auto* view = new OutcomeView(outcome);
        m_content->addWidget(view, 1);
        view->announce();
        m_done = true;
        updateButton();
        m_cancel->setText(tr("Close"));
        m_cancel->setFocus();
        Q_EMIT carriedOut();
    });
}

} // namespace ui
