// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/journalpage.h"

#include "link/whendone.h"
#include "ui/ask.h"
#include "ui/factslist.h"
#include "ui/notice.h"
#include "ui/splitters.h"
#include "ui/sqlview.h"
#include "ui/tablecard.h"
#include "ui/theme.h"
#include "ui/words.h"

#include <QAbstractButton>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QTableView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr int pageSize = 200;

} // namespace

JournalPage::JournalPage(const PageTools& tools, QWidget* parent)
    : Page(tools, parent)
    , m_model(models::journalColumns())
    , m_card(new Card(tr("Journal")))
    , m_detailCard(new Card(tr("Record")))
    , m_view(new QTableView)
    , m_search(new QLineEdit)
    , m_facts(new FactsList)
    , m_sql(makeSqlView(u"journalSql"_s))
    , m_turner(*m_card, [this] { askAnew(); }) {
    setObjectName(u"journal"_s);
    m_view->setObjectName(u"journalRecords"_s);
    m_view->setAccessibleName(tr("What was done, the newest first"));
    m_table = new TableController(m_view, &m_model, u"journal"_s, tools.settings);
    m_view->setSortingEnabled(false);
    m_table->proxy()->sort(-1);
    m_table->stretch(u"summary"_s);
    // Searched in the file, not in the page shown.
    m_search->setObjectName(u"search"_s);
    m_search->setPlaceholderText(tr("Search the journal"));
    m_search->setAccessibleName(m_search->placeholderText());
    m_search->setClearButtonEnabled(true);
    m_search->setFixedWidth(200);
    connect(m_search, &QLineEdit::returnPressed, this, [this] {
        m_turner.restart();
        askAnew();
    });
    m_card->addToHeading(m_search);
    QAbstractButton* verify = makeButton(tr("Verify"), u"verifyJournal"_s, this);
    verify->setToolTip(tr("Computes the chain of hashes anew: shows whether a record was changed or taken out"));
    connect(verify, &QAbstractButton::clicked, this, &JournalPage::verify);
    m_card->addToHeading(verify);
    addTableTools(*m_card, *m_table, tr("Filter this page"));
    m_card->setContent(m_view);
    auto* inside = new QWidget;
    auto* insideLayout = new QVBoxLayout(inside);
    insideLayout->setContentsMargins(space::large, 10, space::large, 10);
    insideLayout->setSpacing(space::medium);
    insideLayout->addWidget(m_facts);
    m_sql->setMaximumHeight(QWIDGETSIZE_MAX);
    insideLayout->addWidget(m_sql, 1);
    m_detailCard->setContent(inside);
    m_undo = makeButton({}, u"undo"_s, this);
    m_undo->hide();
    m_detailCard->addToHeading(m_undo);
    connect(m_undo, &QAbstractButton::clicked, this, [this] {
        if (m_inverse)
            this->tools().actions->start(*m_inverse);
    });
    auto* splitter = makeSplitter(Qt::Vertical, m_card, m_detailCard, {380, 300}, {1, 0});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter);
    connect(m_table, &TableController::currentChanged, this, &JournalPage::choose);
    connect(tools.desk, &desk::Desk::performedChanged, this, [this] {
        if (isVisible())
            ask();
    });
    m_table->notice()->say(tr("Reading…"), {});
    choose({});
}

void JournalPage::showEvent(QShowEvent* event) {
    Page::showEvent(event);
    ask();
}

void JournalPage::showSample(const domain::Snapshot&, const domain::Diagnosis&) {
    if (m_request == 0)
        ask();
}

/// Other records than those shown.
void JournalPage::askAnew() {
    m_table->letGo();
    ask();
}

void JournalPage::ask() {
    store::JournalQuery query;
    query.contains = m_search->text();
    query.before = m_turner.start().value_or(0);
    query.limit = pageSize;
    links::whenDone(tools().desk->journalPage(query), this,
                    [this, request = ++m_request](const store::JournalPage& page) {
                        if (request != m_request)
                            return;
                        m_settled = true;
                        show(page);
                    });
}

void JournalPage::show(const store::JournalPage& page) {
    std::vector<models::JournalLine> lines;
    lines.reserve(std::size_t(page.records.size()));
    for (const store::JournalRecord& record : page.records)
        lines.push_back({record});
    m_model.show(std::move(lines), m_model.context().now);
    m_turner.arrived(page.records.size() == pageSize ? std::optional(page.records.last().number) : std::nullopt);
    m_card->setNote(m_model.rowCount() > 0 ? tr("the newest first") : QString(),
                    tr("One record each time an action is confirmed, about to commit, ended or settled"));
    if (page.failure)
        m_table->notice()->say(tr("The journal could not be read"), page.failure->text, models::Tone::Warning);
    else if (!m_search->text().isEmpty())
        m_table->notice()->say(tr("Nothing found"), tr("No record says that."));
    else
        m_table->notice()->say(tr("Nothing was done yet"),
                               tr("Every action of this program is written down here, on this machine."));
    m_table->chooseFirst();
    Q_EMIT completed();
}

void JournalPage::verify() {
    links::whenDone(tools().desk->verifyJournal(), this, [this](const store::Verification& verification) {
        const QString records = models::format::number(verification.records);
        if (verification.failure)
            ask::tell(this, tr("The journal could not be verified"), verification.failure->text);
        else if (verification.firstBroken > 0)
            ask::tell(this, tr("The journal was changed"),
                      tr("The chain of hashes breaks at record %1 of %2.")
                          .arg(models::format::number(verification.firstBroken), records));
        else
            ask::tell(this, tr("The journal is whole"),
                      tr("All %1 records follow from one another. That the newest were cut off would not show: compare "
                         "the last hash with one kept elsewhere for that.")
                          .arg(records));
    });
}

void JournalPage::choose(const QModelIndex& index) {
    if (!index.isValid()) {
        m_facts->clear();
        m_sql->say(u""_s);
        m_detailCard->hide();
        return;
    }
    const store::JournalRecord& record = m_model.row(index.row()).record;
    // Records of before more was hidden in the file can't be changed.
    const auto known = [](const QString& value) {
        return value.isEmpty() ? models::format::none() : models::Masking::current().apply(value);
    };
    m_detailCard->setTitle(tr("Record %1").arg(record.number));
    m_facts->set(tr("Who"), tr("%1, as %2 on %3").arg(known(record.who), known(record.role), known(record.where)));
    m_facts->set(tr("Reason"), known(record.reason));
    m_facts->set(tr("Predicted"), known(record.prediction));
    m_facts->set(tr("What happened"), known(models::summaryOf(record, m_model.context().zone)));
    m_facts->set(tr("Transaction"), known(record.xid));
    m_facts->set(tr("Operation"), record.operation, tr("The same for all records of one action"));
    m_facts->set(tr("Hash"), QString::fromLatin1(record.hash.toHex()));
    m_sql->say(record.sql);
    offerUndo(record);
    m_detailCard->show();
}

void JournalPage::offerUndo(const store::JournalRecord& record) {
    m_inverse = tools().desk->undoOf(record);
    const operate::Action* action = m_inverse ? tools().desk->actions().find(m_inverse->action) : nullptr;
    m_undo->setVisible(action);
    if (action)
        m_undo->setText(tr("Undo: %1…").arg(words::ofRegistry(action->title)));
}

void JournalPage::setZone(const QTimeZone& zone) {
    m_model.setZone(zone);
    choose(m_table->currentSource());
}

void JournalPage::openSubject(const QString& wanted) {
    m_search->setText(wanted);
    m_turner.restart();
    ask();
}

QWidget* JournalPage::mainView() const {
    return m_view;
}

bool JournalPage::isComplete() const {
    return m_settled;
}

} // namespace ui
