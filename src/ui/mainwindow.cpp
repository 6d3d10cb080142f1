// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/mainwindow.h"

#include "desk/keychain.h"
#include "domain/lockwaits.h"
#include "ui/alerts.h"
#include "ui/ask.h"
#include "ui/capsuledialog.h"
#include "ui/card.h"
#include "ui/commandpalette.h"
#include "ui/comparedialog.h"
#include "ui/deadinterval.h"
#include "ui/findingplace.h"
#include "ui/installpage.h"
#include "ui/keys.h"
#include "ui/navigation.h"
#include "ui/notice.h"
#include "ui/outcomeview.h"
#include "ui/pages.h"
#include "ui/pastbar.h"
#include "ui/payloadview.h"
#include "ui/preferences.h"
#include "ui/shortcutsdialog.h"
#include "ui/silences.h"
#include "ui/sqlview.h"
#include "ui/statusline.h"
#include "ui/tablecontroller.h"
#include "ui/theme.h"
#include "ui/topbar.h"
#include "ui/translation.h"
#include "ui/words.h"

#include <QAbstractButton>
#include <QAbstractScrollArea>
#include <QCloseEvent>
#include <QDialog>
#include <QDir>
#include <QHBoxLayout>
#include <QLoggingCategory>
#include <QPainter>
#include <QScreen>
#include <QSettings>
#include <QTimer>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

// For benchmarks/bench_console: QT_LOGGING_RULES="batchscope.frames=true" tells when things were on screen.
Q_LOGGING_CATEGORY(frames, "batchscope.frames", QtWarningMsg)

using desk::LinkState;

namespace {

constexpr QSize usualSize(1280, 800);
constexpr QSize frame(16, 40); ///< room for the window's own frame

} // namespace

MainWindow::MainWindow(desk::Desk* desk, const WindowOptions& options, QWidget* parent)
    : QMainWindow(parent)
    , m_desk(desk)
    , m_preferences(Preferences::of(options.settingsFolder))
    , m_actions(new Actions(desk, this))
    , m_topBar(new TopBar)
    , m_navigation(new Navigation)
    , m_pastBar(new PastBar(desk))
    , m_banner(new Banner)
    , m_status(new StatusLine(desk))
    , m_records(options.records) {
    loadTranslation();
    // A theme named on the command line comes before the one that was set.
    if (Theme::instance().choice() == ThemeChoice::System)
        Theme::instance().choose(m_preferences->theme());
    setObjectName(u"mainWindow"_s);
    setMinimumSize(900, 560);
    if (!options.settingsFolder.isEmpty())
        m_settings =
            std::make_unique<QSettings>(QDir(options.settingsFolder).filePath(u"window.ini"_s), QSettings::IniFormat);
    m_silences = new Silences(m_settings.get(), desk->profile().name, this);
    m_deadInterval = new DeadInterval(m_settings.get(), this);
    m_alerts = new Alerts(m_silences, desk->profile().name, this);
    connect(m_silences, &Silences::changed, this, &MainWindow::onSample);
    connect(m_alerts, &Alerts::followed, this, [this] {
        showPage(u"overview"_s);
        show();
        raise();
        activateWindow();
    });
    QAbstractButton* retry = makeButton(tr("Retry now"), u"retryNow"_s, m_banner);
    m_banner->addButton(retry);
    m_retry = retry;
    connect(retry, &QAbstractButton::clicked, desk, &desk::Desk::reconnectNow);

    makePages();
    auto* content = new QWidget;
    auto* below = new QVBoxLayout(content);
    below->setContentsMargins(14, 14, 14, 14);
    below->setSpacing(space::large);
    below->addWidget(m_banner);
    below->addWidget(m_pages, 1);
    auto* middle = new QHBoxLayout;
    middle->setSpacing(0);
    middle->addWidget(m_navigation);
    middle->addWidget(content, 1);
    auto* central = new QWidget;
    auto* all = new QVBoxLayout(central);
    all->setContentsMargins(0, 0, 0, 0);
    all->setSpacing(0);
    all->addWidget(m_topBar);
    all->addWidget(m_pastBar);
    all->addLayout(middle, 1);
    all->addWidget(m_status);
    setCentralWidget(central);
    makeShortcuts();
    usePreferences();
    connect(m_preferences.get(), &Preferences::changed, this, [this, theme = m_preferences->theme()]() mutable {
        if (std::exchange(theme, m_preferences->theme()) != theme)
            Theme::instance().choose(theme);
        usePreferences();
    });

    connect(m_topBar, &TopBar::paletteWanted, this, &MainWindow::openPalette);
    connect(m_topBar, &TopBar::pauseWanted, desk, &desk::Desk::setPaused);
    connect(m_topBar, &TopBar::pastWanted, this, [this](bool past) { past ? m_pastBar->open() : m_pastBar->leave(); });
    connect(desk, &desk::Desk::instantChanged, this, &MainWindow::onInstant);
    connect(desk, &desk::Desk::recordingChanged, this, &MainWindow::updateBanner);
    connect(m_topBar, &TopBar::accessModeWanted, this, &MainWindow::setAccessMode);
    connect(m_actions, &Actions::armingWanted, this, [this] { setAccessMode(desk::AccessMode::Operate); });
    connect(m_actions, &Actions::performed, desk, &desk::Desk::sampleNow);
    connect(m_navigation, &Navigation::chosen, this, [this](const QString& name) { showPage(name); });
    connect(desk, &desk::Desk::snapshotReady, this, &MainWindow::onSample);
    connect(desk, &desk::Desk::snapshotReady, m_alerts, [this] { m_alerts->look(m_desk->diagnosis()); });
    connect(desk, &desk::Desk::linkStatusChanged, this, &MainWindow::onLink);
    connect(desk, &desk::Desk::pausedChanged, this, [this] {
        m_topBar->setPaused(m_desk->isPaused());
        m_status->refresh();
    });
    connect(desk, &desk::Desk::accessModeChanged, this, [this] {
        showArming();
        m_install->refresh();
        onSample();
    });
    connect(desk, &desk::Desk::armingChanged, this, &MainWindow::showArming);
    connect(desk, &desk::Desk::settled, this, [this](const domain::ActionRequest& request, const auto& outcome) {
        auto* dialog = new OutcomeDialog(words::subject(request), words::timed(outcome, zone()), this);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->open();
    });
    m_ageTimer = new QTimer(this);
    m_ageTimer->setInterval(500);
    connect(m_ageTimer, &QTimer::timeout, this, &MainWindow::tellAges);
    m_ageTimer->start();

    m_topBar->showPlace(desk->profile(), nullptr);
    showArming();
    m_topBar->setPaused(desk->isPaused());
    setWindowTitle(desk->profile().name.isEmpty() ? tr("Batchscope") : tr("%1 – Batchscope").arg(desk->profile().name));
    resize(usualSize.boundedTo(screen()->availableSize() - frame));
    if (m_settings)
        restoreGeometry(m_settings->value(u"window/geometry"_s).toByteArray());
    const QString remembered = m_settings ? m_settings->value(u"window/page"_s).toString() : QString();
    if (!showPage(options.page, options.subject) && !showPage(remembered))
        showPage(u"overview"_s);
    onLink();
    if (desk->snapshot())
        onSample();
}

MainWindow::~MainWindow() {
    hide(); // what pages have under way ends while they are still whole
    for (TableController* table : findChildren<TableController*>())
        table->rememberNow();
}

QStringList MainWindow::pageNames() {
    return Pages::names();
}

void MainWindow::makePages() {
    m_pages = new Pages({m_desk, m_actions, m_settings.get(), m_silences, m_deadInterval}, m_preferences);
    for (const Pages::Group& group : Pages::groups()) {
        m_navigation->addGroup(group.title);
        for (const Pages::Kind& kind : group.kinds)
            m_navigation->addPage(kind.name, kind.title);
    }
    const auto operate = [this] { setAccessMode(desk::AccessMode::Operate); };
    connect(m_pages, &Pages::pageWanted, this, &MainWindow::showPage);
    connect(m_pages, &Pages::completed, this, &MainWindow::checkReady);
    connect(m_pages, &Pages::armingWanted, this, operate);
    connect(m_pages, &Pages::capsuleWanted, this, &MainWindow::exportCapsule);
    m_install = new InstallPage(m_desk);
    m_pages->addWidget(m_install);
    connect(m_install, &InstallPage::armingWanted, this, operate);
}

void MainWindow::makeShortcuts() {
    using keys::Deed;
    const auto add = [this](Deed deed, auto run) { keys::bind(deed, this, [run](int) { run(); }); };
    keys::bind(Deed::GoToPage, this, [this](int which) { showPage(pageNames().value(which)); });
    add(Deed::OpenPalette, [this] { openPalette(); });
    add(Deed::SampleNow, [this] { m_desk->sampleNow(); });
    add(Deed::Pause, [this] { togglePause(); });
    add(Deed::ShowPast, [this] { m_desk->shownInstant() ? m_pastBar->leave() : m_pastBar->open(); });
    add(Deed::ShowKeys, [this] { showShortcuts(); });
    add(Deed::OpenServer, [this] { Q_EMIT connectionWanted(); });
    add(Deed::CloseWindow, [this] { close(); });
    add(Deed::FilterTable, [this] {
        for (auto* filter : m_pages->currentWidget()->findChildren<QWidget*>(u"filter"_s)) {
            if (filter->isVisible()) {
                filter->setFocus(Qt::ShortcutFocusReason);
                return;
            }
        }
    });
}

bool MainWindow::showPage(const QString& name, const QString& subject) {
    Page* wanted = m_pages->page(name);
    if (!wanted)
        return false;
    m_current = name;
    m_page = wanted;
    m_navigation->setCurrent(name);
    if (!subject.isEmpty())
        m_begun.insert(name);
    onSample();
    if (!subject.isEmpty())
        wanted->openSubject(subject);
    wanted->mainView()->setFocus();
    checkReady();
    return true;
}

QString MainWindow::currentPage() const {
    return m_current;
}

bool MainWindow::isSeen() const {
    return isVisible() && !isMinimized();
}

void MainWindow::onSample() {
    const domain::SnapshotPtr snapshot = m_desk->snapshot();
    if (!m_page)
        return;
    using domain::SchemaOrigin;
    const bool noQueues =
        snapshot && (snapshot->capabilities.origin == SchemaOrigin::None ||
                     (snapshot->capabilities.origin == SchemaOrigin::Unknown && !snapshot->capabilities.canBeSampled()));
    const bool noSchema = noQueues && Pages::isOfQueues(m_current);
    m_pages->setCurrentWidget(noSchema ? static_cast<QWidget*>(m_install) : m_page);
    if (!snapshot || !isSeen())
        return;
    if (noSchema)
        m_install->refresh();
    else
        showSample(*snapshot);
    m_topBar->showPlace(m_desk->profile(), snapshot.get());
    m_status->refresh();
    updateCounts();
    updateBanner();
    checkReady();
}

/// A page that is turned to for the first time, and asked for nothing, begins with the most severe.
void MainWindow::showSample(const domain::Snapshot& snapshot) {
    if (!m_begun.contains(m_current)) {
        m_begun.insert(m_current);
        for (const domain::Finding& finding : m_desk->diagnosis().findings) {
            const QString subject = m_silences->covers(finding) ? QString() : subjectOn(m_current, finding);
            if (subject.isEmpty())
                continue;
            m_page->openSubject(subject);
            break;
        }
    }
    m_page->showSample(snapshot, m_desk->diagnosis());
}

void MainWindow::updateCounts() {
    int critical = 0;
    int warnings = 0;
    for (const domain::Finding& finding : m_desk->diagnosis().findings) {
        if (m_silences->covers(finding))
            continue;
        critical += finding.severity == domain::Severity::Critical;
        warnings += finding.severity == domain::Severity::Warning;
    }
    const int findings = critical + warnings;
    m_navigation->setCount(u"overview"_s, findings > 0 ? QString::number(findings) : QString(),
                           critical > 0 ? models::Tone::Critical : models::Tone::Warning,
                           tr("%n finding(s)", nullptr, findings));
    int open = 0;
    for (const domain::Subscription& subscription : m_desk->snapshot()->subscriptions)
        open += subscription.batch.has_value();
    const auto count = [this](const QString& page, const domain::Count& of, models::Tone tone, const QString& meaning) {
        const bool any = of.value > 0;
        m_navigation->setCount(page, any ? models::format::count(of) : QString(), tone,
                               any ? meaning.arg(models::format::count(of)) : QString());
    };
    const domain::Snapshot& snapshot = *m_desk->snapshot();
    count(u"inflight"_s, {open, false, {}}, models::Tone::Information, tr("Open batches: %1"));
    domain::Count retry;
    domain::Count dead;
    for (const domain::Queue& queue : snapshot.queues) {
        for (const auto& [sum, part] : {std::pair(&retry, &queue.retry), std::pair(&dead, &queue.dead)}) {
            if (*part) {
                sum->value += (*part)->value;
                sum->capped = sum->capped || (*part)->capped;
            }
        }
    }
    count(u"retry"_s, retry, models::Tone::Information, tr("Events that wait to come again: %1"));
    count(u"dead"_s, dead, models::Tone::Warning, tr("Dead letters: %1"));
    domain::Count barriers;
    if (const auto looks = m_desk->workLooks()) {
        for (const domain::WorkLook& look : looks->installs) {
            const std::size_t seen = look.barriers.rows.size();
            barriers.value += std::int64_t(seen);
            barriers.capped = barriers.capped || seen >= domain::Barriers::most;
        }
    }
    count(u"barriers"_s, barriers, models::Tone::Information, tr("Barriers: %1"));
    domain::Count waiting;
    if (const auto waits = domain::lockWaitsOf(snapshot))
        waiting.value = std::count_if(waits->sessions.begin(), waits->sessions.end(),
                                      [](const auto& session) { return !session.waitsFor.empty(); });
    count(u"locks"_s, waiting, models::Tone::Warning, tr("Sessions that wait for a lock: %1"));
}

void MainWindow::onInstant() {
    m_topBar->setPast(m_desk->shownInstant().has_value());
    onLink();
    m_actions->refresh();
}

void MainWindow::onLink() {
    const desk::LinkStatus status = m_desk->linkStatus();
    const bool live = status.state == LinkState::Live;
    if (live)
        m_lostSince.reset();
    else if (!m_lostSince && (status.state == LinkState::Lost || status.state == LinkState::Failed))
        m_lostSince = pg::Clock::now();
    m_pages->setStale((!live || m_desk->isStale()) && m_desk->snapshot() && !m_desk->shownInstant());
    updateBanner();
    if (status.state == LinkState::NeedsPassword)
        QTimer::singleShot(0, this, &MainWindow::askPassword);
    checkReady();
}

void MainWindow::tellAges() {
    if (!isSeen())
        return;
    m_status->refresh();
    if (m_desk->linkStatus().state != LinkState::Live || m_desk->isStale())
        updateBanner();
    m_page->tellAges();
}

void MainWindow::showOpening(const QString& step) {
    m_opening = step;
    updateBanner();
}

void MainWindow::updateBanner() {
    const desk::LinkStatus status = m_desk->linkStatus();
    const domain::SnapshotPtr snapshot = m_desk->snapshot();
    m_retry->setVisible(status.state == LinkState::Lost || status.state == LinkState::Failed);
    if (status.state == LinkState::Lost || status.state == LinkState::Failed) {
        showLost();
        return;
    }
    if (status.state == LinkState::Closed && !m_opening.isEmpty()) {
        m_banner->say(models::Tone::Information, tr("Opening %1").arg(m_desk->profile().name), m_opening);
        return;
    }
    if (status.state == LinkState::Connecting && m_lostSince)
        return; // the words of the last failure stay until it is known better
    if (m_desk->isCapsule()) {
        const auto facts = m_desk->capsuleFacts();
        const auto fact = [&facts](const char* name) {
            const auto found = facts.find(name);
            return found == facts.end() ? QString() : models::format::foreign(models::format::text(found->second));
        };
        m_banner->say(models::Tone::Information, tr("An incident capsule"),
                      facts.empty() ? tr("Reading it…")
                                    : tr("Recorded of database %1 on %2, exported %3. Nothing here is live.")
                                          .arg(fact("database"), fact("server"), fact("exported at")));
        return;
    }
    if (status.state == LinkState::NeedsPassword) {
        m_banner->say(models::Tone::Warning, tr("A password is needed"), words::failure(status.failure));
        return;
    }
    if (m_desk->isStale() && !m_desk->shownInstant()) {
        m_banner->say(models::Tone::Warning, tr("The newest sample could not be had"),
                      (QStringList(words::failure(status.failure)) + howOld()).join(u'\n'));
        return;
    }
    if (const QString problem = recordingProblem(); !problem.isEmpty()) {
        m_banner->say(models::Tone::Warning, tr("Recording has stopped"),
                      problem + u' ' + tr("The console goes on; recording is tried again every half minute."));
        return;
    }
    if (snapshot && snapshot->capabilities.inRecovery) {
        m_banner->say(models::Tone::Information, tr("This is a standby"),
                      tr("What is shown follows the primary with a delay; nothing can be changed here."));
        return;
    }
    if (snapshot && snapshot->capabilities.throughPooler) {
        m_banner->say(
            models::Tone::Information, tr("Connected through a pooler"),
            tr("Other sessions answer than the one connected: no notifications, nothing bound to a session."));
        return;
    }
    if (snapshot && snapshot->capabilities.origin != domain::SchemaOrigin::None &&
        !snapshot->capabilities.schemaUsable) {
        m_banner->say(models::Tone::Warning, tr("This role may not use the schema pgque"),
                      tr("Its owner or a superuser can run: grant pgque_reader to %1;")
                          .arg(QString::fromStdString(snapshot->capabilities.user)));
        return;
    }
    m_banner->hide();
}

QString MainWindow::recordingProblem() const {
    const desk::RecordingState state = m_desk->recordingState();
    return state.kind == desk::RecordingState::Kind::Stopped ? state.problem : QString();
}

QStringList MainWindow::howOld() const {
    const domain::SnapshotPtr snapshot = m_desk->snapshot();
    if (!snapshot)
        return {};
    const auto old = std::chrono::duration_cast<pg::Interval>(pg::Clock::now() - snapshot->receivedAt);
    return {tr("What is shown is %1 old.").arg(models::format::age(old))};
}

void MainWindow::showLost() {
    const desk::LinkStatus status = m_desk->linkStatus();
    QStringList sentences = QStringList(words::failure(status.failure)) + howOld();
    if (status.nextTry) {
        const auto left = std::chrono::duration_cast<pg::Interval>(*status.nextTry - pg::Clock::now());
        sentences += left.count() > 0 ? tr("Next try in %1.").arg(models::format::age(left)) : tr("Trying now…");
    } else if (status.state == LinkState::Failed) {
        sentences += tr("It is not tried again by itself.");
    }
    const auto since = m_lostSince.value_or(pg::Clock::now());
    const QString title =
        m_desk->snapshot()
            ? tr("Connection lost %1 ago")
                  .arg(models::format::age(std::chrono::duration_cast<pg::Interval>(pg::Clock::now() - since)))
            : tr("No connection");
    m_banner->say(models::Tone::Critical, title, sentences.join(u'\n'));
}

bool MainWindow::isReadyForPicture() const {
    const LinkState state = m_desk->linkStatus().state;
    if (!m_desk->snapshot())
        return state == LinkState::Failed || state == LinkState::Lost || state == LinkState::NeedsPassword;
    return m_pages->currentWidget() != m_page || m_page->isComplete();
}

void MainWindow::checkReady() {
    if (m_wasReady || !isReadyForPicture())
        return;
    m_wasReady = true;
    // Whoever waits for it may grab the window at once: let the layout settle first.
    QTimer::singleShot(0, this, &MainWindow::readyForPicture);
}

bool MainWindow::askFor(const QString& id) {
    const operate::Action* action = m_desk->actions().find(id.toStdString());
    if (!action)
        return false;
    // A button on the page knows best what its action is about.
    if (auto* button = m_page->findChild<QAbstractButton*>(u"action."_s + id))
        button->click();
    else
        m_actions->start(m_actions->requestFor(*action, m_page->subject()));
    return true;
}

QImage MainWindow::picture(const QSize& size) {
    resize(size);
    ensurePolished();
    if (QLayout* whole = centralWidget()->layout())
        whole->activate();
    QImage image = grab().toImage();
    for (QDialog* dialog : findChildren<QDialog*>(Qt::FindDirectChildrenOnly)) {
        if (!dialog->isVisible())
            continue;
        QPainter painter(&image);
        const QPixmap over = dialog->grab();
        const QPoint at((size.width() - dialog->width()) / 2, (size.height() - dialog->height()) / 2);
        painter.fillRect(QRect(QPoint(), size), QColor(0, 0, 0, 90));
        painter.drawPixmap(at, over);
        painter.setPen(colors().line);
        painter.drawRect(QRect(at, dialog->size()).adjusted(0, 0, -1, -1));
    }
    return image;
}

void MainWindow::setAccessMode(desk::AccessMode mode) {
    const bool operating = m_desk->accessMode() == desk::AccessMode::Operate;
    const bool careful = m_desk->profile().isCareful();
    QString refused;
    if (mode == desk::AccessMode::Operate && careful) {
        // While armed for less, whoever asks again wants more or longer.
        desk::Arming offered = operating ? m_desk->arming() : m_desk->standardArming();
        offered.destructive = operating;
        if (const auto chosen = ask::arming(this, m_desk->profile(), offered))
            refused = m_desk->arm(*chosen);
    } else {
        refused = m_desk->setAccessMode(mode);
    }
    showArming();
    if (!refused.isEmpty())
        ask::tell(this, tr("Operate is not possible here"), refused);
}

void MainWindow::showArming() {
    m_topBar->setAccessMode(m_desk->accessMode(), m_desk->armedUntil(), m_desk->arming().destructive);
}

void MainWindow::openPalette() {
    auto* palette = new CommandPalette(commands(), this);
    palette->setAttribute(Qt::WA_DeleteOnClose);
    palette->move(mapToGlobal(QPoint((width() - palette->width()) / 2, 56)));
    palette->open();
}

std::vector<Command> MainWindow::commands() {
    std::vector<Command> list;
    const QStringList names = pageNames();
    for (int at = 0; at < names.size(); ++at) {
        auto* entry = m_navigation->findChild<QAbstractButton*>(u"page."_s + names[at]);
        list.push_back({tr("Page"), entry ? entry->text() : names[at], keys::text(keys::Deed::GoToPage, at), names[at],
                        [this, name = names[at]] { showPage(name); }});
    }
    const Subject subject = m_page->subject();
    const auto addAction = [this, &list](const operate::Action& action, const Subject& on) {
        const domain::ActionRequest request = m_actions->requestFor(action, on);
        list.push_back({tr("Action"), Actions::text(action), words::subject(request), words::ofRegistry(action.help),
                        [this, request] { m_actions->start(request); }});
    };
    for (const operate::Action* action : m_actions->fitting(subject))
        addAction(*action, subject);
    for (const operate::Action* action : m_desk->actions().forSubject(operate::SubjectKind::None))
        addAction(*action, {});
    if (domain::SnapshotPtr snapshot = m_desk->snapshot(); snapshot && snapshot->queues.size() <= 2000) {
        for (const domain::Queue& queue : snapshot->queues) {
            const QString name = QString::fromStdString(queue.name);
            list.push_back({tr("Queue"), models::format::foreign(name), tr("how it stands"), {}, [this, name] {
                                showPage(u"queue"_s, name);
                            }});
        }
    }
    const auto view = [&list](const QString& text, const QString& hint, std::function<void()> run) {
        list.push_back({tr("View"), text, hint, {}, std::move(run)});
    };
    view(m_desk->isPaused() ? tr("Live: sample again") : tr("Pause sampling"), keys::text(keys::Deed::Pause),
         [this] { togglePause(); });
    if (m_desk->shownInstant())
        view(tr("Back to Live"), keys::text(keys::Deed::ShowPast), [this] { m_pastBar->leave(); });
    else
        view(tr("Show the past"), keys::text(keys::Deed::ShowPast), [this] { m_pastBar->open(); });
    view(tr("Export incident capsule…"), {}, [this] { exportCapsule(); });
    view(tr("Sample now"), keys::text(keys::Deed::SampleNow), [this] { m_desk->sampleNow(); });
    for (const auto& [seconds, text] : {std::pair(1, tr("Sample every second")), std::pair(5, tr("Sample every 5 s")),
                                        std::pair(15, tr("Sample every 15 s"))})
        view(text, {}, [this, period = seconds] { m_preferences->setPeriod(std::chrono::seconds(period)); });
    for (const auto& [choice, text] :
         {std::pair(ThemeChoice::System, tr("Theme: as the system")), std::pair(ThemeChoice::Light, tr("Theme: light")),
          std::pair(ThemeChoice::Dark, tr("Theme: dark")),
          std::pair(ThemeChoice::HighContrast, tr("Theme: high contrast"))})
        view(text, {}, [this, chosen = choice] { m_preferences->setTheme(chosen); });
    view(tr("Times in UTC"), {}, [this] { m_preferences->setUtc(true); });
    view(tr("Times in this system's zone"), {}, [this] { m_preferences->setUtc(false); });
    view(tr("Open another server"), keys::text(keys::Deed::OpenServer), [this] { Q_EMIT connectionWanted(); });
    view(tr("Keyboard shortcuts"), keys::text(keys::Deed::ShowKeys), [this] { showShortcuts(); });
    return list;
}

void MainWindow::showShortcuts() {
    auto* dialog = new ShortcutsDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void MainWindow::exportCapsule() {
    std::map<std::string, std::string> settings;
    for (const ThresholdField& field : thresholdFields())
        settings.emplace(field.title.toStdString(),
                         thresholdText(m_preferences->thresholds(), field.member).toStdString());
    settings.emplace("sampled every", models::format::age(m_preferences->period()).toStdString());
    auto* dialog = new CapsuleDialog(m_desk, std::move(settings), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void MainWindow::togglePause() {
    m_desk->setPaused(!m_desk->isPaused());
}

QTimeZone MainWindow::zone() const {
    return m_preferences->utc() ? QTimeZone::utc() : QTimeZone::systemTimeZone();
}

void MainWindow::usePreferences() {
    if (m_records)
        m_desk->setRecording({m_preferences->recording(), m_preferences->recordingBudget(), {}});
    m_desk->setPeriod(m_preferences->period());
    m_desk->setThresholds(m_preferences->thresholds());
    models::Masking::setCurrent(models::Masking(m_preferences->masking()));
    for (PayloadView* view : findChildren<PayloadView*>())
        view->showAgain();
    for (SqlView* view : findChildren<SqlView*>())
        view->showAgain();
    for (CompareDialog* dialog : findChildren<CompareDialog*>())
        dialog->compare();
    m_actions->setZone(zone());
    m_pages->setZone(zone());
    m_status->setZone(zone());
    m_pastBar->setZone(zone());
    // Cells are drawn from what they hold: what is hidden now is asked for anew.
    for (QAbstractScrollArea* area : findChildren<QAbstractScrollArea*>())
        area->viewport()->update();
    onSample();
}

void MainWindow::askPassword() {
    if (m_asking || m_desk->linkStatus().state != LinkState::NeedsPassword || !isVisible())
        return;
    m_asking = true;
    const desk::Profile& profile = m_desk->profile();
    const QString place = profile.name.isEmpty() ? QString::fromStdString(profile.connection.redacted()) : profile.name;
    // Only a named profile has a place in the keychain.
    const auto answer =
        ask::password(this, place, words::failureLine(m_desk->linkStatus().failure), profile.savesPassword);
    m_asking = false;
    if (!answer)
        return;
    if (answer->keep)
        desk::keychain::write(profile.name, answer->text);
    m_desk->usePassword(answer->text);
}

void MainWindow::closeEvent(QCloseEvent* event) {
    if (m_settings) {
        m_settings->setValue(u"window/geometry"_s, saveGeometry());
        m_settings->setValue(u"window/page"_s, m_current);
    }
    QMainWindow::closeEvent(event);
    Q_EMIT closed();
}

bool MainWindow::event(QEvent* event) {
    const bool taken = QMainWindow::event(event);
    // An update request has drawn all there was to draw when it returns; a first exposure ends with the paint event.
    const bool drawn = isVisible() && (event->type() == QEvent::UpdateRequest || event->type() == QEvent::Paint);
    if (drawn && !std::exchange(m_framed, true))
        QTimer::singleShot(0, this, [] { qCDebug(frames, "first frame"); });
    if (event->type() == QEvent::UpdateRequest && m_desk->snapshot() && !std::exchange(m_sampled, true))
        qCDebug(frames, "first sample");
    return taken;
}

void MainWindow::changeEvent(QEvent* event) {
    QMainWindow::changeEvent(event);
    if (event->type() == QEvent::WindowStateChange) {
        m_desk->setHidden(!isSeen());
        onSample();
    }
}

void MainWindow::showEvent(QShowEvent* event) {
    QMainWindow::showEvent(event);
    m_desk->setHidden(!isSeen());
    onSample();
    if (m_desk->linkStatus().state == LinkState::NeedsPassword)
        QTimer::singleShot(0, this, &MainWindow::askPassword);
}

void MainWindow::hideEvent(QHideEvent* event) {
    QMainWindow::hideEvent(event);
    m_desk->setHidden(true);
}

} // namespace ui
