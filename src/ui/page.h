// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/actions.h"

#include <QWidget>

class QSettings;

namespace ui {

class DeadInterval;
class Silences;

/// What every page needs of its window.
struct PageTools {
    desk::Desk* desk = nullptr;
    Actions* actions = nullptr;
    QSettings* settings = nullptr; ///< null: nothing is remembered
    Silences* silences = nullptr;
    DeadInterval* deadInterval = nullptr;
};

/// A page of the window. Shows snapshots while it is visible; computes nothing.
class Page : public QWidget {
    Q_OBJECT

public:
    explicit Page(const PageTools& tools, QWidget* parent = nullptr)
        : QWidget(parent)
        , m_tools(tools) {}

    virtual void showSample(const domain::Snapshot& snapshot, const domain::Diagnosis& diagnosis) = 0;

    /// Again and again while it is looked at, samples or not: says how old it is what was asked beside the sample.
    virtual void tellAges() {}

    /// The connection is lost: what stands there is old.
    virtual void setStale(bool stale) = 0;
    /// The page that is looked at is shown its sample again afterwards.
    virtual void setZone(const QTimeZone& zone) = 0;

    /// Chooses what the page is about: a queue's name, a batch's token; empty: the most severe.
    virtual void openSubject(const QString& subject) = 0;

    /// What is selected, for the command palette.
    virtual Subject subject() const = 0;

    /// The table the keys go to when the page is turned to.
    virtual QWidget* mainView() const = 0;

    /// Everything the page shows has arrived.
    virtual bool isComplete() const { return true; }

Q_SIGNALS:
    void completed();
    /// Another page should show something: "inflight", "8123".
    void pageWanted(const QString& page, const QString& subject);

protected:
    const PageTools& tools() const { return m_tools; }

private:
    PageTools m_tools;
};

} // namespace ui
