// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "desk/desk.h"

#include <QImage>
#include <QMainWindow>
#include <QSet>
#include <QTimeZone>

#include <map>
#include <memory>

class QSettings;

namespace ui {

class Actions;
class Banner;
class DeadInterval;
class InstallPage;
class Navigation;
class Page;
class Pages;
class PastBar;
class Preferences;
class StatusLine;
class TopBar;
class Alerts;
class Silences;
struct Command;

struct WindowOptions {
    QString settingsFolder; ///< where column widths, order and the window's place are kept; empty: nowhere
    QString page;           ///< the page to open; empty: overview
    QString subject;        ///< what it should be about: a queue's name, a batch's token
    bool records = false;   ///< what is seen is recorded, as the preferences say
};

/// The window on one open server: the frame and its pages. Does not own the desk, which must outlive it.
class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    explicit MainWindow(desk::Desk* desk, const WindowOptions& options = {}, QWidget* parent = nullptr);
    ~MainWindow() override;

    /// The pages there are, as named on the command line.
    static QStringList pageNames();

    /// False for an unknown name.
    bool showPage(const QString& name, const QString& subject = {});
    QString currentPage() const;

    /// Everything the page shows has arrived: the first complete sample, and what the page asked for by itself. Also
    /// true when nothing can come any more, and the picture is one of the error.
    bool isReadyForPicture() const;
    /// Opens the dialog of an action on what the page has chosen; false for an unknown one.
    bool askFor(const QString& action);
    /// The window, with a dialog that is open over it, as it would be on screen at this size, in device-independent
    /// pixels.
    QImage picture(const QSize& size);

    /// What is being done before there is a server to ask: stands in the banner until it is connected to.
    void showOpening(const QString& step);

Q_SIGNALS:
    void readyForPicture();
    void closed();
    /// Another server should be opened: the connection dialog is wanted.
    void connectionWanted();

protected:
    void closeEvent(QCloseEvent* event) override;
    void changeEvent(QEvent* event) override;
    bool event(QEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    void makePages();
    void makeShortcuts();
    /// Somebody can see it. Where nobody can, pages are shown nothing, and so ask nothing.
    bool isSeen() const;
    void onSample();
    void showSample(const domain::Snapshot& snapshot);
    void onLink();
    void onInstant();
    void tellAges();
    void showLost();
    QStringList howOld() const;
    QString recordingProblem() const;
    void updateCounts();
    void updateBanner();
    void checkReady();
    void setAccessMode(desk::AccessMode mode);
    void showArming();
    void openPalette();
    std::vector<Command> commands();
    void showShortcuts();
    void exportCapsule();
    void togglePause();
    QTimeZone zone() const; ///< times are told in it
    void usePreferences();
    void askPassword();

    desk::Desk* m_desk;
    std::unique_ptr<QSettings> m_settings;
    Silences* m_silences = nullptr;
    DeadInterval* m_deadInterval = nullptr;
    Alerts* m_alerts = nullptr;
    std::shared_ptr<Preferences> m_preferences;
    Actions* m_actions;
    TopBar* m_topBar;
    Navigation* m_navigation;
    PastBar* m_pastBar;
    Banner* m_banner;
    QWidget* m_retry = nullptr;
    Pages* m_pages = nullptr;
    Page* m_page = nullptr; ///< the one that was chosen
    InstallPage* m_install = nullptr;
    StatusLine* m_status;
    QString m_current;
    QSet<QString> m_begun; ///< pages that were shown something
    QString m_opening;
    QTimer* m_ageTimer = nullptr; ///< ages grow between samples, most of all when none come any more
    std::optional<pg::Clock::time_point> m_lostSince;
    bool m_records = false;
    bool m_asking = false;
    bool m_wasReady = false;
    bool m_framed = false;
    bool m_sampled = false;
};

} // namespace ui
