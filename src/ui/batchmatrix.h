// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "domain/workqueues.h"

#include <QWidget>

namespace ui {

/// The batches of one execution as a field of squares, in their order, coloured and signed by how far each is. As high
/// as its rows; belongs into a scroll area.
class BatchMatrix : public QWidget {
    Q_OBJECT

public:
    explicit BatchMatrix(QWidget* parent = nullptr);

    void setBatches(const std::vector<domain::BarrierBatch>& batches);
    /// Frames the batch of this index; -1: none.
    void setCurrent(std::int64_t index);

    int heightForWidth(int width) const override;

    bool hasHeightForWidth() const override { return true; }

    QSize sizeHint() const override;

Q_SIGNALS:
    /// A square was clicked, or reached by the keys.
    void chosen(std::int64_t index);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;

private:
    int columns(int width) const;
    QRect square(int place) const;
    int placeAt(const QPoint& point) const;
    int currentPlace() const;

    std::vector<domain::BarrierBatch> m_batches;
    std::int64_t m_current = -1;
};

} // namespace ui
