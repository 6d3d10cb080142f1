// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QLineEdit;

namespace ui {

/// A path that can be typed, or chosen among the files of this machine.
class FileField : public QWidget {
    Q_OBJECT

public:
    explicit FileField(const QString& path, QWidget* parent = nullptr);

    QString path() const;

Q_SIGNALS:
    void edited();

private:
    QLineEdit* m_path;
};

} // namespace ui
