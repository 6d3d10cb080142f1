// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/sqlview.h"

#include "models/format.h"
#include "models/masking.h"
#include "ui/background.h"
#include "ui/card.h"
#include "ui/theme.h"

#include <QAbstractButton>
#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QLabel>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr int widthUnshown = 800; ///< reckoned with until the view has a width

} // namespace

SqlView::SqlView(const QString& objectName, QWidget* parent)
    : QPlainTextEdit(parent) {
    setObjectName(objectName);
    setAccessibleName(tr("SQL"));
    setReadOnly(true);
    setFont(codeFont());
    setTabChangesFocus(true);
    setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    colored(this, [this] {
        QPalette own = palette();
        own.setColor(QPalette::Base, colors().header);
        setPalette(own);
    });
    fitSqlView(this, 4);
}

QHBoxLayout* SqlView::makeHeading(const QString& title) {
    auto* heading = new QHBoxLayout;
    heading->addWidget(dimLabel(title));
    heading->addStretch();
    m_copySecrets = makeButton(tr("Copy with secrets"), objectName() + u"CopySecrets"_s, this, u"quiet"_s);
    m_copySecrets->setToolTip(tr("The SQL as it runs, with what is hidden here"));
    connect(m_copySecrets, &QAbstractButton::clicked, this, [this] { QApplication::clipboard()->setText(m_sql); });
    heading->addWidget(m_copySecrets);
    m_copy = makeButton(tr("Copy SQL"), objectName() + u"Copy"_s, this, u"quiet"_s);
    connect(m_copy, &QAbstractButton::clicked, this, [this] { QApplication::clipboard()->setText(m_masked); });
    heading->addWidget(m_copy);
    updateButtons();
    return heading;
}

void SqlView::say(const QString& sql, int mostLines) {
    m_said = true;
    m_sql = sql;
    m_mostLines = mostLines;
    showAgain();
}

void SqlView::showAgain() {
    // What was put in as a plain text is our own.
    if (!m_said)
        return;
    const quint64 request = ++m_request;
    const models::Masking masking = models::Masking::current();
    if (m_sql.size() <= mostShown) {
        showMasked(masking.apply(m_sql));
        return;
    }
    m_preparing = true;
    m_masked.clear();
    setPlainText(tr("Making it ready…"));
    updateButtons();
    inBackground(
        this, [sql = m_sql, masking] { return masking.apply(sql); },
        [this, request](const QString& masked) {
            if (request == m_request)
                showMasked(masked);
        });
}

void SqlView::showMasked(const QString& masked) {
    m_preparing = false;
    m_masked = masked;
    QString shown = masked.left(mostShown);
    if (masked.size() > mostShown)
        shown += tr("… (%1 characters more; copying takes them along)")
                     .arg(models::format::number(masked.size() - mostShown));
    setPlainText(shown);
    if (m_mostLines > 0)
        fitSqlView(this, m_mostLines);
    updateButtons();
}

void SqlView::updateButtons() {
    if (!m_copy)
        return;
    m_copy->setEnabled(!m_masked.isEmpty());
    m_copySecrets->setVisible(!m_preparing && m_masked != m_sql);
}

SqlView* makeSqlView(const QString& objectName, QWidget* parent) {
    return new SqlView(objectName, parent);
}

void fitSqlView(QPlainTextEdit* view, int mostLines) {
    // Counted by width, because wrapped lines take room as well.
    const QFontMetrics metrics(view->font());
    const int perLine = std::max(40, (view->width() > 200 ? view->width() : widthUnshown) / metrics.averageCharWidth());
    int lines = 0;
    for (const QString& line : view->toPlainText().split(u'\n'))
        lines += 1 + int(line.size()) / perLine;
    view->setFixedHeight(metrics.lineSpacing() * std::clamp(lines, 1, mostLines) + 16);
}

} // namespace ui
