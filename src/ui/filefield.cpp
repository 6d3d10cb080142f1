// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/filefield.h"

#include "ui/card.h"
#include "ui/theme.h"

#include <QAbstractButton>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLineEdit>

using namespace Qt::StringLiterals;

namespace ui {

FileField::FileField(const QString& path, QWidget* parent)
    : QWidget(parent)
    , m_path(new QLineEdit(path)) {
    m_path->setObjectName(u"path"_s);
    m_path->setAccessibleName(tr("Path of the file"));
    setFocusProxy(m_path);
    QAbstractButton* choose = makeButton(tr("Choose…"), u"chooseFile"_s, this);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(space::medium);
    layout->addWidget(m_path, 1);
    layout->addWidget(choose);
    connect(m_path, &QLineEdit::textChanged, this, &FileField::edited);
    connect(choose, &QAbstractButton::clicked, this, [this] {
        const QString chosen = QFileDialog::getOpenFileName(
            this, tr("Choose a file"), m_path->text().isEmpty() ? QDir::homePath() : QFileInfo(m_path->text()).path());
        if (!chosen.isEmpty())
            m_path->setText(chosen);
    });
}

QString FileField::path() const {
    return m_path->text();
}

} // namespace ui
