// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "desk/desk.h"

#include <QVariantMap>
#include <QWidget>

#include <functional>

class QCheckBox;
class QCompleter;
class QGridLayout;
class QLabel;
class QLineEdit;
class QSettings;
class QStringListModel;

namespace ui {

class UnderWay;

/// What stored events must be like: fields for text, type, id, a JSON path, ticks and whether one has seen it, and
/// filters kept under names. Where ticks are offered, the order is as well, and remembered.
class EventFilter : public QWidget {
    Q_OBJECT

public:
    enum class Ticks { Offered, NotOffered };

    EventFilter(Ticks ticks, QSettings* settings, QWidget* parent = nullptr);

    /// What the fields said when Search was last pressed.
    const domain::EventSearch& search() const { return m_search; }

    QVariantMap texts() const;
    /// Fills the fields and searches.
    void setTexts(const QVariantMap& texts);
    void clear(); ///< without searching

    /// What was found and how far was looked, below the fields.
    void setRemark(const QString& remark);

    /// A button beside Search.
    void addTool(QWidget* tool);

    /// The types of these events are offered from now on.
    void offerTypes(const std::vector<domain::EventRow>& events);
    /// So are those of the newest events of the queue that is shown, 0 where none is: they are asked for when one is
    /// about to be chosen.
    void offerTypesOf(UnderWay& underWay, desk::Desk& desk, std::function<std::int32_t()> queueId);
    /// The types offered are another queue's.
    void forgetTypes();

Q_SIGNALS:
    /// Another search is wanted. Not emitted where a field can't be read; that is said below the fields.
    void searchWanted();

private:
    QLineEdit* addField(const QString& name, const QString& placeholder, const QString& tooltip);
    void start();
    void wantTypes();
    void askTypes(UnderWay& underWay, desk::Desk& desk, std::int32_t queueId);
    void addTypes(const QStringList& types);
    /// What is wrong; empty when the fields were read.
    QString read(domain::EventSearch* search) const;

    domain::EventSearch m_search;
    QGridLayout* m_grid;
    QLineEdit* m_text;
    QLineEdit* m_type;
    QLineEdit* m_json;
    QLineEdit* m_id;
    QLineEdit* m_ticks = nullptr;
    QCheckBox* m_waiting = nullptr;
    QCheckBox* m_newest = nullptr;
    QStringListModel* m_types;
    QCompleter* m_completer;
    std::function<void()> m_askTypes;
    bool m_typesWanted = false; ///< they were asked for
    QLabel* m_problem;
    QLabel* m_remark;
};

} // namespace ui
