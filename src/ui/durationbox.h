// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "pg/time.h"

#include <QAbstractSpinBox>

namespace ui {

/// A length of time to type: "90 s", "5 min", "1.5 h", or a number of seconds. Steps by a tenth of what stands there.
class DurationBox : public QAbstractSpinBox {
    Q_OBJECT

public:
    explicit DurationBox(QWidget* parent = nullptr);

    pg::Interval value() const { return m_value; }

    void setValue(pg::Interval value);

    void stepBy(int steps) override;
    QValidator::State validate(QString& input, int& position) const override;
    QSize sizeHint() const override;

    static QString text(pg::Interval length);
    /// Empty where it can't be read, is negative, or longer than a year.
    static std::optional<pg::Interval> read(const QString& text);

Q_SIGNALS:
    void valueChanged(pg::Interval value);

protected:
    StepEnabled stepEnabled() const override;

private:
    void take();

    pg::Interval m_value{};
};

} // namespace ui
