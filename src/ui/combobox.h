// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QComboBox>

namespace ui {

/// A list to choose a name from. As wide as names usually are where there is room for it; what is chosen stands in full
/// in its tooltip, where there is not.
class ComboBox : public QComboBox {
    Q_OBJECT

public:
    /// leastCharacters: so many are to be seen in any case.
    explicit ComboBox(int leastCharacters, QWidget* parent = nullptr);

    QSize sizeHint() const override;

protected:
    bool event(QEvent* event) override;
};

} // namespace ui
