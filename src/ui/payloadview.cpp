// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/payloadview.h"

#include "models/format.h"
#include "ui/card.h"
#include "ui/jsondelegate.h"
#include "ui/segments.h"
#include "ui/theme.h"

#include <QAbstractButton>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPlainTextEdit>
#include <QScrollBar>
#include <QStackedWidget>
#include <QTextBlock>
#include <QTreeView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

PayloadView::PayloadView(QWidget* parent)
    : QWidget(parent)
    , m_switch(new Segments)
    , m_stack(new QStackedWidget)
    , m_tree(new QTreeView)
    , m_text(new QPlainTextEdit)
    , m_remark(dimLabel({}))
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
    m_text->setReadOnly(true);
    m_text->setFrameShape(QFrame::NoFrame);
    m_text->setFont(codeFont());
    m_text->setTabChangesFocus(true);
    m_text->setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    m_text->document()->setDocumentMargin(10);
    m_stack->addWidget(m_tree);
    m_stack->addWidget(m_text);
    m_remark->setObjectName(u"payloadRemark"_s);
    m_remark->setWordWrap(true);
    m_remark->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* foot = new QHBoxLayout;
    foot->setContentsMargins(space::large, 4, space::medium, 6);
    foot->addWidget(m_remark, 1);
    foot->addWidget(m_more);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_stack, 1);
    layout->addLayout(foot);
    connect(m_more, &QAbstractButton::clicked, this, [this] { Q_EMIT moreWanted(mostBytes); });
    clear({});
}

QWidget* PayloadView::modeSwitch() const {
    return m_switch;
}

void PayloadView::say(const QString& text) {
    m_remark->setText(text);
    m_remark->setVisible(!text.isEmpty());
}

void PayloadView::clear(const QString& why) {
    m_json.clear();
    m_text->clear();
    m_hasTree = false;
    m_more->hide();
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
    if (!text || text->empty()) {
        say(text ? tr("The payload is an empty text, which is not NULL.") : tr("The payload is NULL: there is none."));
        return;
    }
    const bool whole = qint64(text->size()) >= bytes;
    const QString shown = models::format::visible(QString::fromStdString(*text));
    m_text->setPlainText(shown);
    m_switch->setEnabled(true);
    showTree(*text, whole);
    if (!whole) {
        say(tr("The first %1 of %2 are shown.")
                .arg(models::format::bytes(qint64(text->size())), models::format::bytes(bytes)));
        m_more->setVisible(qint64(text->size()) < mostBytes);
    }
}

void PayloadView::showTree(const std::string& text, bool whole) {
    if (!whole) {
        m_switch->setEnabled(false);
        setMode(Text);
        return;
    }
    const auto error = m_json.setText(QByteArray::fromStdString(text));
    m_hasTree = !error;
    if (error) {
        const bool looksLikeJson = text.find_first_of("{[") == text.find_first_not_of(" \t\r\n");
        say(looksLikeJson
                ? tr("Not valid JSON: line %1, character %2: %3.").arg(error->line).arg(error->column).arg(error->what)
                : tr("Plain text, no JSON."));
        setMode(Text);
        return;
    }
    m_tree->expandToDepth(1);
    m_tree->resizeColumnToContents(0);
    m_tree->header()->resizeSection(0,
                                    std::clamp(m_tree->header()->sectionSize(0) + 16, 110, std::max(110, width() / 2)));
    setMode(m_wantedMode);
}

void PayloadView::setMode(int mode) {
    const int shown = mode == Tree && m_hasTree ? Tree : Text;
    m_switch->setCurrent(shown);
    m_stack->setCurrentIndex(shown);
}

} // namespace ui
