// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/queuemodels.h"

#include <QWidget>

namespace ui {

/// The ring of a queue's event tables, drawn: a piece for each table in the order of rotation, and on it where each
/// consumer stands. The table beside it says the same in words.
class RingView : public QWidget {
    Q_OBJECT

public:
    explicit RingView(QWidget* parent = nullptr);

    void setTables(const std::vector<models::TableLine>& lines);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;

private:
    struct Ring {
        QPointF center;
        qreal radius = 0; ///< of the middle of the band
    };

    Ring ring() const;
    /// Degrees from the top, clockwise, of a place in a table: 0 where it begins, 1 where it ends.
    qreal angle(std::size_t table, qreal place) const;
    static QPointF at(const Ring& ring, qreal radius, qreal degrees);

    std::vector<models::TableLine> m_lines;
};

} // namespace ui
