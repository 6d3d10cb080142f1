// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPlainTextEdit>
#include <QTimer>

#include <vector>

namespace ui {

/// A text of any length to read: control characters have signs, long lines are broken. It is put in piece by piece, so
/// that the window goes on meanwhile. What is copied from it has neither the signs nor the breaks.
class PayloadText : public QPlainTextEdit {
    Q_OBJECT

public:
    /// The text and how it is shown. Made on any thread.
    struct Prepared {
        QString exact;
        QString shown;
        std::vector<qsizetype> breaks; ///< places in `shown` of the line breaks that are ours
        qsizetype shownLines = 0;
        bool all = true; ///< no line was left out
    };

    static Prepared prepare(const QString& exact);

    explicit PayloadText(QWidget* parent = nullptr);

    /// A short text is there at once; filled() says when a longer one is.
    void show(Prepared prepared);
    void clear();

    bool isFilled() const { return m_put == m_content.shown.size(); }

    const QString& exact() const { return m_content.exact; }

    /// A longer line is broken: it would be laid out as a whole before its beginning is drawn.
    static constexpr qsizetype longestLine = 4'096;
    static constexpr qsizetype mostLines = 200'000;

Q_SIGNALS:
    void filled();

protected:
    QMimeData* createMimeDataFromSelection() const override;
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    void putMore();
    /// Where in the exact text the sign at that place of the shown one stands.
    qsizetype exactPlace(qsizetype shown) const;

    Prepared m_content;
    qsizetype m_put = 0;
    QTimer m_timer;
};

} // namespace ui
