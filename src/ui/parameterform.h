// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "operate/action.h"

#include <QWidget>

#include <vector>

class QCheckBox;
class QLabel;

namespace ui {

/// The fields of an action, made from its parameters. What is wrong with a value is said below its field while typing.
class ParameterForm : public QWidget {
    Q_OBJECT

public:
    ParameterForm(const operate::Action& action, const domain::ActionRequest& request, QWidget* parent = nullptr);

    /// Writes what was typed into a request.
    void fill(domain::ActionRequest& request) const;

    bool isEmpty() const { return m_fields.empty(); }

    /// Shows problems also at fields nobody has touched yet.
    void showAllProblems();
    bool hasProblems() const;

Q_SIGNALS:
    void edited();

private:
    struct Field {
        const operate::Parameter* parameter = nullptr;
        QWidget* editor = nullptr;
        QCheckBox* null = nullptr; ///< beside a nullable one's editor
        QLabel* problem = nullptr;
        std::string given; ///< a text as it was: an editor would change blanks and line ends of it
        bool edited = false;
        bool touched = false;
    };

    QWidget* makeEditor(const operate::Parameter& parameter, const std::string& value, std::size_t field);
    static std::string value(const Field& field);
    QWidget* withNullBox(Field& field, bool isNull, std::size_t at);
    void onEdited(std::size_t field);
    void showProblem(const Field& field);

    std::vector<Field> m_fields;
};

} // namespace ui
