// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/historypage.h"

#include "link/whendone.h"
#include "ui/card.h"
#include "ui/historychart.h"
#include "ui/notice.h"
#include "ui/queuechooser.h"
#include "ui/segments.h"
#include "ui/tablecard.h"
#include "ui/theme.h"

#include <QAbstractButton>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::array<pg::Interval, 6> spans{minutes(15), hours(1), hours(6), hours(24), hours(24 * 7), pg::Interval(0)};
constexpr int points = 300;
constexpr auto everySoOften = std::chrono::seconds(3);

enum View { Charts, Table, Compare };

} // namespace

HistoryPage::HistoryPage(const PageTools& tools, QWidget* parent)
    : Page(tools, parent)
    , m_queue(new QueueChooser(QueueChooser::AllQueues::Offered))
    , m_span(new Segments)
    , m_kind(new Segments)
    , m_card(new Card(tr("History")))
    , m_stack(new QStackedWidget)
    , m_lines(models::historyColumns())
    , m_differences(models::differenceColumns()) {
    setObjectName(u"history"_s);
    makeHeading();
    QWidget* charts = makeCharts();
    m_table = makeTable(&m_lines, &m_tableController, u"historyTable"_s, tr("History as a table"));
    m_compared = makeTable(&m_differences, &m_comparedController, u"historyCompared"_s, tr("Two instants compared"));
    m_comparedController->stretch(u"name"_s);
    m_stack->addWidget(charts);
    m_stack->addWidget(m_table);
    m_stack->addWidget(m_compared);
    m_card->setContent(m_stack);
    m_notice = new Notice(charts);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_card);
    connect(tools.desk, &desk::Desk::recordingChanged, this, [this] { m_due = {}; });
    connect(tools.desk, &desk::Desk::instantChanged, this, &HistoryPage::showMarks);
    turnTo(Charts);
    showMarks();
    m_notice->say(tr("Reading the recording…"), {});
    m_notice->show();
}

void HistoryPage::makeHeading() {
    m_card->addBesideTitle(m_queue);
    connect(m_queue, &QueueChooser::chosen, this, [this] { ask(); });
    m_span->setAccessibleName(tr("Span"));
    const QStringList texts{tr("15 min"), tr("1 h"), tr("6 h"), tr("24 h"), tr("7 d"), tr("All")};
    for (int at = 0; at < texts.size(); ++at)
        m_span->add(texts[at], u"span%1"_s.arg(at));
    m_span->setCurrent(0);
    connect(m_span, &Segments::chosen, this, [this](int at) {
        m_span->setCurrent(at);
        ask();
    });
    m_kind->setAccessibleName(tr("View"));
    m_kind->add(tr("Charts"), u"historyCharts"_s);
    m_kind->add(tr("Table"), u"historyAsTable"_s);
    m_kind->add(tr("Compare"), u"historyCompare"_s);
    connect(m_kind, &Segments::chosen, this, &HistoryPage::turnTo);
    m_marks = dimLabel({});
    m_marks->setObjectName(u"historyMarks"_s);
    m_showThen = makeButton(tr("Go to A"), u"showThen"_s, this);
    m_showThen->setToolTip(tr("Show every page as it was at A"));
    connect(m_showThen, &QAbstractButton::clicked, this, [this] {
        if (m_first)
            this->tools().desk->showInstant(*m_first);
    });
    m_card->addToHeading(m_marks);
    m_card->addToHeading(m_showThen);
    QAbstractButton* capsule = makeButton(tr("Export…"), u"exportCapsule"_s, this);
    capsule->setToolTip(tr("Write a part of it into a file that opens elsewhere: an incident capsule"));
    connect(capsule, &QAbstractButton::clicked, this, &HistoryPage::capsuleWanted);
    m_card->addToHeading(capsule);
    m_card->addToHeading(m_span);
    m_card->addToHeading(m_kind);
}

QWidget* HistoryPage::makeCharts() {
    auto* area = new QWidget;
    auto* grid = new QGridLayout(area);
    grid->setContentsMargins(space::large, 10, space::large, 10);
    grid->setHorizontalSpacing(20);
    grid->setVerticalSpacing(10);
    constexpr int columns = 3;
    int place = 0;
    for (const domain::Quantity quantity : models::shownQuantities) {
        auto* chart = new HistoryChart(quantity);
        chart->setObjectName(u"chart%1"_s.arg(int(quantity)));
        connect(chart, &HistoryChart::cursorMoved, this, &HistoryPage::setCursor);
        connect(chart, &HistoryChart::marked, this, &HistoryPage::mark);
        grid->addWidget(chart, place / columns, place % columns);
        m_charts.push_back(chart);
        ++place;
    }
    for (int column = 0; column < columns; ++column)
        grid->setColumnStretch(column, 1);
    int rows = 0;
    for (; rows * columns < place; ++rows)
        grid->setRowStretch(rows, 1);
    QLabel* how = dimLabel(tr("A click in a chart marks instant A, with Shift instant B. By keys: Tab to a chart, "
                              "← and → to the instant, then Return or Shift+Return."));
    how->setObjectName(u"howToMark"_s);
    how->setWordWrap(true);
    m_size = dimLabel({});
    m_size->setObjectName(u"recordingSize"_s);
    auto* foot = new QHBoxLayout;
    foot->setSpacing(20);
    foot->addWidget(how, 1);
    foot->addWidget(m_size);
    grid->addLayout(foot, rows, 0, 1, columns);
    return area;
}

QTableView* HistoryPage::makeTable(models::TableModel* model, TableController** controller, const QString& name,
                                   const QString& title) {
    auto* view = new QTableView;
    view->setObjectName(name);
    view->setAccessibleName(title);
    *controller = new TableController(view, model, name, tools().settings);
    return view;
}

void HistoryPage::turnTo(int view) {
    m_kind->setCurrent(view);
    m_stack->setCurrentIndex(view);
    if (view == Compare)
        compare();
}

void HistoryPage::showSample(const domain::Snapshot& snapshot, const domain::Diagnosis&) {
    m_queue->setQueues(snapshot);
    m_now = snapshot.takenAt;
    m_lines.setNow(snapshot.takenAt);
    m_differences.setNow(snapshot.takenAt);
    if (!m_waiting && std::chrono::steady_clock::now() >= m_due)
        ask();
}

void HistoryPage::ask() {
    m_waiting = true;
    links::whenDone(tools().desk->recorded(), this,
                    [this, number = ++m_number](const store::Answer<store::Recorded>& answer) {
                        if (number != m_number)
                            return;
                        if (const auto* failure = std::get_if<store::Failure>(&answer))
                            fail(*failure);
                        else
                            askSeries(std::get<store::Recorded>(answer));
                    });
}

void HistoryPage::askSeries(const store::Recorded& recorded) {
    auto asking = std::make_shared<Asking>();
    asking->recorded = recorded;
    const domain::SnapshotPtr live = tools().desk->liveSnapshot();
    asking->to = std::max(recorded.last.value_or(m_now), live ? live->takenAt : pg::Timestamp());
    const pg::Interval span = spans.at(std::size_t(std::max(0, m_span->current())));
    asking->from = span > pg::Interval(0) ? asking->to - span
                                          : std::min(recorded.seriesFrom.value_or(asking->to), asking->to - minutes(1));
    asking->left = domain::quantities;
    for (int quantity = 0; quantity < domain::quantities; ++quantity) {
        const auto answer =
            tools().desk->series(m_queue->queueId(), domain::Quantity(quantity), asking->from, asking->to, points);
        links::whenDone(answer, this,
                        [this, asking, quantity, number = m_number](const store::Answer<domain::Series>& series) {
                            if (number != m_number)
                                return;
                            if (const auto* failure = std::get_if<store::Failure>(&series)) {
                                fail(*failure);
                                return;
                            }
                            asking->series[std::size_t(quantity)] = std::get<domain::Series>(series);
                            if (--asking->left == 0)
                                take(*asking);
                        });
    }
}

void HistoryPage::take(const Asking& asking) {
    m_waiting = false;
    // The first samples bring what was before with them.
    const bool begun =
        tools().desk->recordingState().kind != desk::RecordingState::Kind::Recording || asking.recorded.moments >= 3;
    m_settled = begun;
    m_due = begun ? std::chrono::steady_clock::now() + everySoOften : std::chrono::steady_clock::time_point();
    bool any = false;
    bool rebuilt = false;
    for (HistoryChart* chart : m_charts) {
        const domain::Series& series = asking.series[std::size_t(chart->quantity())];
        chart->show(series, asking.from, asking.to);
        any = any || !series.points.empty();
        for (const domain::SeriesPoint& point : series.points)
            rebuilt = rebuilt || point.rebuilt;
    }
    m_lines.show(models::historyLines(asking.series), m_now);
    QStringList facts;
    if (asking.recorded.seriesFrom)
        facts += tr("Since %1").arg(models::format::timestamp(*asking.recorded.seriesFrom, m_zone));
    facts += tr("The recording of this server takes %1 on disk, of %2 at most.")
                 .arg(models::format::bytes(asking.recorded.bytes), models::format::bytes(asking.recorded.budget));
    facts += asking.recorded.path;
    QStringList note = {tr("recorded: %1").arg(models::format::bytes(asking.recorded.bytes))};
    if (rebuilt)
        note.prepend(tr("dotted: rebuilt"));
    m_size->setText(note.join(u" · "_s));
    m_size->setToolTip(models::format::tooltip(facts.join(u'\n')));
    m_notice->setVisible(!any);
    if (!any)
        tellEmpty();
    Q_EMIT completed();
}

void HistoryPage::tellEmpty() {
    using Kind = desk::RecordingState::Kind;
    const desk::RecordingState state = tools().desk->recordingState();
    if (state.kind == Kind::Off)
        m_notice->say(tr("Nothing is recorded"), tr("Recording is switched off in the settings."));
    else if (state.kind == Kind::Stopped)
        m_notice->say(tr("Recording has stopped"), state.problem, models::Tone::Warning);
    else
        m_notice->say(tr("Nothing is recorded of this span yet"),
                      tr("Each sample is written down while the console is open."));
    m_tableController->notice()->say(tr("Nothing is recorded of this span yet"), {});
}

void HistoryPage::fail(const store::Failure& failure) {
    ++m_number;
    m_waiting = false;
    m_settled = true;
    m_due = std::chrono::steady_clock::now() + everySoOften;
    for (HistoryChart* chart : m_charts)
        chart->show({}, m_now - minutes(15), m_now);
    m_lines.show({}, m_now);
    m_size->clear();
    m_size->setToolTip({});
    using Kind = desk::RecordingState::Kind;
    const Kind kind = tools().desk->recordingState().kind;
    if (kind == Kind::Off) {
        tellEmpty();
    } else if (kind == Kind::Waiting) {
        m_notice->say(tr("Nothing is recorded yet"), tr("The recording opens with the first samples."));
        m_settled = false;
        m_due = {};
    } else {
        m_notice->say(tr("The recording can't be read"), failure.text, models::Tone::Warning);
    }
    m_notice->show();
    Q_EMIT completed();
}

void HistoryPage::setCursor(std::optional<pg::Timestamp> at) {
    for (HistoryChart* chart : m_charts)
        chart->setCursor(at);
}

void HistoryPage::mark(pg::Timestamp at, bool second) {
    (second ? m_second : m_first) = at;
    showMarks();
}

void HistoryPage::showMarks() {
    const auto shown = tools().desk->shownInstant();
    for (HistoryChart* chart : m_charts)
        chart->setMarks(m_first, m_second, shown);
    m_showThen->setEnabled(m_first.has_value());
    QStringList told;
    if (m_first)
        told += tr("A %1").arg(models::format::clock(*m_first, m_zone));
    if (m_second)
        told += tr("B %1").arg(models::format::clock(*m_second, m_zone));
    m_marks->setText(told.join(u" · "_s));
    if (m_stack->currentIndex() == Compare)
        compare();
}

/// A with B, or with what is now.
void HistoryPage::compare() {
    Notice* notice = m_comparedController->notice();
    if (!m_first) {
        m_differences.show({}, m_now);
        notice->say(tr("No instant is marked"), tr("Click in a chart to mark instant A, Shift+click to mark B, or press "
                                                   "Return and Shift+Return there; without B it is compared with what "
                                                   "is shown now."));
        return;
    }
    links::whenDone(tools().desk->momentAt(*m_first, store::Which::AtOrBefore), this,
                    [this](const store::Answer<std::optional<domain::Moment>>& answer) {
                        if (const auto* failure = std::get_if<store::Failure>(&answer)) {
                            m_comparedController->notice()->say(tr("The recording can't be read"), failure->text,
                                                                models::Tone::Warning);
                            return;
                        }
                        compareWith(std::get<0>(answer));
                    });
}

void HistoryPage::compareWith(const std::optional<domain::Moment>& first) {
    const auto show = [this, first](const std::optional<domain::Moment>& second) {
        Notice* notice = m_comparedController->notice();
        if (!first || !second) {
            m_differences.show({}, m_now);
            notice->say(tr("Nothing was recorded there"), tr("Whole instants reach back less far than the charts."));
            return;
        }
        notice->say(tr("Nothing is different"), {}, models::Tone::Good);
        m_differences.show(models::differences(*first, *second, m_zone), m_now);
    };
    if (!m_second) {
        const domain::SnapshotPtr now = tools().desk->snapshot();
        show(now ? std::optional(domain::Moment{now, std::make_shared<domain::Diagnosis>(tools().desk->diagnosis())})
                 : std::nullopt);
        return;
    }
    links::whenDone(tools().desk->momentAt(*m_second, store::Which::AtOrBefore), this,
                    [show](const store::Answer<std::optional<domain::Moment>>& answer) {
                        const auto* moment = std::get_if<0>(&answer);
                        show(moment ? *moment : std::nullopt);
                    });
}

void HistoryPage::setStale(bool stale) {
    for (HistoryChart* chart : m_charts)
        chart->setStale(stale);
    m_tableController->setStale(stale);
    m_comparedController->setStale(stale);
}

void HistoryPage::setZone(const QTimeZone& zone) {
    m_zone = zone;
    m_lines.setZone(zone);
    m_differences.setZone(zone);
    for (HistoryChart* chart : m_charts)
        chart->setZone(zone);
    m_due = {}; // what the note says is told anew
    showMarks();
}

void HistoryPage::openSubject(const QString& queue) {
    m_queue->choose(queue);
}

Subject HistoryPage::subject() const {
    Subject subject;
    if (m_queue->queueId() != 0) {
        subject.kind = operate::SubjectKind::Queue;
        subject.request.queue = m_queue->queue().toStdString();
    }
    return subject;
}

QWidget* HistoryPage::mainView() const {
    return m_charts.front();
}

bool HistoryPage::isComplete() const {
    return m_settled && !m_waiting;
}

} // namespace ui
