// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/page.h"

#include <QStackedWidget>
#include <QTimeZone>

#include <map>
#include <memory>

namespace ui {

class Preferences;

/// The pages of a window, one of them in front. A page is made when it is first turned to: a window is there as soon as
/// its first one.
class Pages : public QStackedWidget {
    Q_OBJECT

public:
    struct Kind {
        QString name; ///< as on the command line
        QString title;
    };

    struct Group {
        QString title;
        std::vector<Kind> kinds;
    };

    Pages(const PageTools& tools, std::shared_ptr<Preferences> preferences, QWidget* parent = nullptr);

    static std::vector<Group> groups();
    static QStringList names();
    /// It has nothing to show where no event queue can be seen.
    static bool isOfQueues(const QString& name);

    /// Made now, where it was not yet; null for an unknown name.
    Page* page(const QString& name);

    /// Both hold for pages still to be made, too.
    void setStale(bool stale);
    void setZone(const QTimeZone& zone);

Q_SIGNALS:
    void pageWanted(const QString& page, const QString& subject);
    void completed();
    void armingWanted();
    void capsuleWanted();

private:
    Page* make(const QString& name);

    PageTools m_tools;
    std::shared_ptr<Preferences> m_preferences;
    std::map<QString, Page*> m_made;
    QTimeZone m_zone = QTimeZone::systemTimeZone();
    bool m_stale = false;
};

} // namespace ui
