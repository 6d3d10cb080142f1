// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/payloadview.h"

#include "models/format.h"
#include "ui/background.h"
#include "ui/card.h"
#include "ui/jsondelegate.h"
#include "ui/payloadtext.h"
#include "ui/segments.h"
#include "ui/theme.h"

#include <QAbstractButton>
#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QScrollBar>
#include <QStackedWidget>
#include <QTextBlock>
#include <QTreeView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

/// Longer ones are made ready on another thread.
constexpr qint64 longText = qint64(128) * 1024;

} // namespace

struct PayloadView::Prepared {
    PayloadText::Prepared text;
    models::JsonText json;
    std::optional<models::JsonError> error;
    bool whole = false;
    bool looksLikeJson = false;
    bool hides = false;
};

PayloadView::PayloadView(QWidget* parent)
    : QWidget(parent)
    , m_switch(new Segments)
    , m_stack(new QStackedWidget)
    , m_tree(new QTreeView)
    , m_text(new PayloadText)
    , m_remark(dimLabel({}))
    , m_copy(makeButton(tr("Copy payload"), u"copyPayload"_s, this, u"quiet"_s))
    , m_more(makeButton(tr("Show more"), u"showMore"_s, this)) {
    m_switch->add(tr("Tree"), u"payloadTree"_s);
    m_switch->add(tr("Text"), u"payloadText"_s);
    connect(m_switch, &Segments::chosen, this, [this](int mode) {
        m_wantedMode = mode;
        setMode(mode);
    });
    m_tree->setObjectName(u"jsonTree"_s);
    m_tree->setAccessibleName(tr("Payload as a JSON tree"));
    m_tree->setModel(&m_json);
    m_tree->setItemDelegate(new JsonDelegate(m_tree));
    m_tree->setFrameShape(QFrame::NoFrame);
    m_tree->setUniformRowHeights(true);
    m_tree->setHeaderHidden(true);
    m_tree->setFont(codeFont());
    m_tree->setIndentation(16);
    m_tree->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_tree->header()->setSectionResizeMode(QHeaderView::Interactive);
    m_text->setObjectName(u"payloadPlain"_s);
    m_text->setAccessibleName(tr("Payload as text"));
    m_text->setFrameShape(QFrame::NoFrame);
    m_text->setFont(codeFont());
    m_text->setTabChangesFocus(true);
    m_text->setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    m_text->document()->setDocumentMargin(10);
    m_stack->addWidget(m_tree);
    m_stack->addWidget(m_text);
    m_remark->setObjectName(u"payloadRemark"_s);
    m_remark->setWordWrap(true);
    makeSelectable(m_remark);
    m_remark->setContentsMargins(space::large, 4, space::medium, 6);
    auto* foot = new QHBoxLayout;
    foot->setContentsMargins(space::large, 4, space::medium, 6);
    foot->addStretch();
    foot->addWidget(m_copy);
    foot->addWidget(m_more);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_stack, 1);
    layout->addWidget(m_remark);
    layout->addLayout(foot);
    connect(m_more, &QAbstractButton::clicked, this, [this] { Q_EMIT moreWanted(mostBytes); });
    connect(m_text, &PayloadText::filled, this, [this] {
        m_preparing = false;
        Q_EMIT ready();
    });
    m_copy->setToolTip(tr("As it is, without the signs and breaks it is shown with; what is hidden stays hidden"));
    connect(m_copy, &QAbstractButton::clicked, this, [this] { QApplication::clipboard()->setText(m_text->exact()); });
    addCopyActions();
    clear({});
}

void PayloadView::addCopyActions() {
    const auto add = [this](QWidget* view, const QString& text, const QString& name, auto content) {
        auto* action = new QAction(text, view);
        action->setObjectName(name);
        connect(action, &QAction::triggered, this, [content] { QApplication::clipboard()->setText(content()); });
        view->addAction(action);
        return action;
    };
    const auto chosen = [this] { return m_tree->currentIndex(); };
    m_tree->setContextMenuPolicy(Qt::ActionsContextMenu);
    QAction* value = add(m_tree, tr("Copy value"), u"copyValue"_s, [this, chosen] { return m_json.content(chosen()); });
    value->setShortcut(QKeySequence::Copy);
    value->setShortcutContext(Qt::WidgetShortcut);
    add(m_tree, tr("Copy path"), u"copyPath"_s, [this, chosen] { return m_json.path(chosen()); });
    for (QWidget* view : {static_cast<QWidget*>(m_tree), static_cast<QWidget*>(m_text)})
        add(view, tr("Copy payload"), u"copyWhole"_s, [this] { return m_text->exact(); });
}

QWidget* PayloadView::modeSwitch() const {
    return m_switch;
}

void PayloadView::say(const QString& text) {
    m_remark->setText(text);
    m_remark->setVisible(!text.isEmpty());
}

void PayloadView::clear(const QString& why) {
    ++m_request;
    m_preparing = false;
    m_hasPayload = false;
    m_payload.reset();
    m_json.clear();
    m_text->clear();
    m_hasTree = false;
    m_more->hide();
    m_copy->hide();
    m_switch->setEnabled(false);
    setMode(Text);
    say(why);
}

void PayloadView::showLoading() {
    clear(tr("Fetching the payload…"));
}

void PayloadView::showFailure(const QString& why) {
    clear(tr("The payload could not be fetched: %1").arg(why));
}

void PayloadView::showPayload(const std::optional<std::string>& text, qint64 bytes) {
    clear({});
    m_hasPayload = true;
    m_payload = text;
    m_bytes = bytes;
    if (!text || text->empty()) {
        say(text ? tr("The payload is an empty text, which is not NULL.") : tr("The payload is NULL: there is none."));
        return;
    }
    const bool whole = qint64(text->size()) >= bytes;
    if (qint64(text->size()) <= longText) {
        showPrepared(prepare(*text, whole, models::Masking::current()));
        return;
    }
    m_preparing = true;
    say(tr("Making %1 ready…").arg(models::format::bytes(qint64(text->size()))));
    inBackground(
        this,
        [text = *text, whole, masking = models::Masking::current()] {
            return std::make_shared<Prepared>(prepare(text, whole, masking));
        },
        [this, request = m_request](const std::shared_ptr<Prepared>& prepared) {
            if (request != m_request)
                return;
            showPrepared(std::move(*prepared));
            if (!m_preparing)
                Q_EMIT ready();
        });
}

void PayloadView::showAgain() {
    if (!m_hasPayload)
        return;
    const std::optional<std::string> payload = std::move(m_payload);
    showPayload(payload, m_bytes);
}

PayloadView::Prepared PayloadView::prepare(const std::string& text, bool whole, const models::Masking& masking) {
    Prepared prepared;
    const QString read = QString::fromStdString(text);
    const QString shown = masking.apply(read);
    prepared.hides = shown != read;
    prepared.whole = whole;
    prepared.text = PayloadText::prepare(shown);
    prepared.looksLikeJson = text.find_first_of("{[") == text.find_first_not_of(" \t\r\n");
    if (whole) {
        prepared.json = models::JsonText(shown.toUtf8());
        prepared.error = prepared.json.check();
    }
    return prepared;
}

void PayloadView::showPrepared(Prepared prepared) {
    const bool broken = !prepared.text.breaks.empty();
    const bool all = prepared.text.all;
    m_text->show(std::move(prepared.text));
    m_preparing = !m_text->isFilled();
    m_copy->setText(prepared.whole ? tr("Copy payload") : tr("Copy the beginning"));
    m_copy->show();
    m_switch->setEnabled(true);
    QStringList remarks;
    if (prepared.whole) {
        remarks += showTree(prepared);
    } else {
        m_switch->setEnabled(false);
        setMode(Text);
        remarks += tr("The first %1 of %2 are shown.")
                       .arg(models::format::bytes(qint64(m_payload->size())), models::format::bytes(m_bytes));
        m_more->setVisible(qint64(m_payload->size()) < mostBytes);
    }
    if (broken && m_stack->currentIndex() == Text)
        remarks +=
            tr("Long lines are broken after %1 characters.").arg(models::format::number(PayloadText::longestLine));
    if (!all && m_stack->currentIndex() == Text)
        remarks +=
            tr("The first %1 lines are shown; copied are all.").arg(models::format::number(PayloadText::mostLines));
    if (prepared.hides)
        remarks += tr("Secrets are hidden.");
    remarks.removeAll(QString());
    say(remarks.join(u' '));
}

QString PayloadView::showTree(Prepared& prepared) {
    m_hasTree = !prepared.error;
    if (const auto& error = prepared.error) {
        setMode(Text);
        return prepared.looksLikeJson ? tr("Not valid JSON: line %1, character %2: %3.")
                                            .arg(error->line)
                                            .arg(error->column)
                                            .arg(error->what)
                                      : tr("Plain text, no JSON.");
    }
    m_json.setChecked(std::move(prepared.json));
    m_tree->expandToDepth(1);
    m_tree->resizeColumnToContents(0);
    m_tree->header()->resizeSection(0,
                                    std::clamp(m_tree->header()->sectionSize(0) + 16, 110, std::max(110, width() / 2)));
    setMode(m_wantedMode);
    return {};
}

void PayloadView::setMode(int mode) {
    const int shown = mode == Tree && m_hasTree ? Tree : Text;
    m_switch->setCurrent(shown);
    m_stack->setCurrentIndex(shown);
}

} // namespace ui
