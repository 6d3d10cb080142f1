// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPlainTextEdit>

class QAbstractButton;
class QHBoxLayout;

namespace ui {

/// A text of SQL to read and copy. What others wrote into it is shown and copied without its secrets; with them it is
/// copied by a button of its own. Of a very long one the beginning is shown; copied is the whole.
class SqlView : public QPlainTextEdit {
    Q_OBJECT

public:
    explicit SqlView(const QString& objectName, QWidget* parent = nullptr);

    /// As high as its text up to so many lines; 0: of the height it has.
    void say(const QString& sql, int mostLines = 0);
    /// Once more, because what is hidden changed.
    void showAgain();

    /// A heading with buttons that copy it.
    QHBoxLayout* makeHeading(const QString& title);

    /// What say() brought is on screen.
    bool isReady() const { return !m_preparing; }

    static constexpr qsizetype mostShown = 10'000; ///< characters; one line of them is laid out at once

private:
    void showMasked(const QString& masked);
    void updateButtons();

    QString m_sql;
    QString m_masked;
    bool m_said = false;
    int m_mostLines = 0;
    quint64 m_request = 0;
    bool m_preparing = false;
    QAbstractButton* m_copy = nullptr;
    QAbstractButton* m_copySecrets = nullptr;
};

/// A text of SQL of our own.
SqlView* makeSqlView(const QString& objectName, QWidget* parent = nullptr);
/// As high as its text, up to so many lines.
void fitSqlView(QPlainTextEdit* view, int mostLines);

} // namespace ui
