// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pastbar.h"

#include "link/whendone.h"
#include "models/format.h"
#include "ui/card.h"
#include "ui/theme.h"
#include "ui/words.h"

#include <QAbstractButton>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QSignalBlocker>
#include <QSlider>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr int places = 2'000;
constexpr int refreshMs = 1'000;

} // namespace

PastBar::PastBar(desk::Desk* desk, QWidget* parent)
    : QFrame(parent)
    , m_desk(desk)
    , m_back(makeButton(tr("◀"), u"pastBack"_s, this))
    , m_forward(makeButton(tr("▶"), u"pastForward"_s, this))
    , m_slider(new QSlider(Qt::Horizontal))
    , m_title(new QLabel)
    , m_text(new QLabel)
    , m_live(makeButton(tr("Back to Live"), u"pastLive"_s, this, u"primary"_s)) {
    setObjectName(u"pastBar"_s);
    setAccessibleName(tr("The past"));
    m_back->setAccessibleName(tr("The recorded instant before"));
    m_back->setToolTip(tr("The recorded instant before"));
    m_forward->setAccessibleName(tr("The recorded instant after"));
    m_forward->setToolTip(tr("The recorded instant after"));
    m_slider->setObjectName(u"pastSlider"_s);
    m_slider->setAccessibleName(tr("Recorded instant"));
    m_slider->setRange(0, places);
    m_slider->setPageStep(places / 20);
    m_slider->setMinimumWidth(160);
    m_title->setObjectName(u"pastTitle"_s);
    m_title->setFont(strongFont(m_title->font()));
    m_text->setObjectName(u"pastText"_s);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(space::large, 6, space::large, 6);
    layout->setSpacing(space::medium);
    layout->addWidget(m_title);
    layout->addWidget(m_text, 2);
    layout->addWidget(m_back);
    layout->addWidget(m_slider, 3);
    layout->addWidget(m_forward);
    layout->addWidget(m_live);
    connect(m_back, &QAbstractButton::clicked, this, [this] { step(store::Which::Before); });
    connect(m_forward, &QAbstractButton::clicked, this, [this] { step(store::Which::After); });
    connect(m_slider, &QSlider::valueChanged, this, &PastBar::slide);
    connect(m_live, &QAbstractButton::clicked, this, &PastBar::leave);
    connect(desk, &desk::Desk::instantChanged, this, &PastBar::refresh);
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
    m_timer.setInterval(refreshMs);
    connect(&m_timer, &QTimer::timeout, this, [this] {
        askSpan();
        tell();
    });
    hide();
}

void PastBar::setZone(const QTimeZone& zone) {
    m_zone = zone;
    tell();
}

void PastBar::open() {
    show();
    refresh();
    if (!m_desk->shownInstant()) {
        const domain::SnapshotPtr live = m_desk->liveSnapshot();
        go(live ? live->takenAt : pg::Timestamp::max(), store::Which::AtOrBefore);
    }
}

void PastBar::leave() {
    if (m_desk->isCapsule())
        return;
    m_next.reset();
    hide();
    m_timer.stop();
    m_desk->showLive();
}

void PastBar::askSpan() {
    links::whenDone(m_desk->recorded(), this, [this](const store::Answer<store::Recorded>& answer) {
        if (const auto* recorded = std::get_if<store::Recorded>(&answer)) {
            m_first = recorded->first;
            m_last = recorded->last;
        }
        tell();
    });
}

void PastBar::go(pg::Timestamp at, store::Which which) {
    if (m_going) {
        m_next = {at, which};
        return;
    }
    m_going = true;
    links::whenDone(m_desk->showInstant(at, which), this, [this](const store::Answer<bool>& answer) {
        m_going = false;
        if (const auto* failure = std::get_if<store::Failure>(&answer))
            fail(failure->text);
        else if (!std::get<bool>(answer) && !m_desk->shownInstant())
            fail(tr("Nothing is recorded yet."));
        if (const auto next = std::exchange(m_next, std::nullopt); next && isVisible())
            go(next->first, next->second);
    });
}

void PastBar::fail(const QString& problem) {
    m_text->setText(problem);
}

void PastBar::step(store::Which which) {
    if (const auto at = m_desk->shownInstant())
        go(*at, which);
}

void PastBar::slide(int place) {
    if (!m_first || !m_last)
        return;
    const auto whole = static_cast<double>((*m_last - *m_first).count());
    go(*m_first + pg::Interval(static_cast<std::int64_t>(whole * place / places)), store::Which::AtOrBefore);
}

/// The desk shows another instant, or the present.
void PastBar::refresh() {
    const bool past = m_desk->shownInstant().has_value();
    if (past && !isVisibleTo(parentWidget()))
        show();
    if (past && !m_timer.isActive()) {
        askSpan();
        m_timer.start();
    }
    tell();
}

void PastBar::tell() {
    const auto at = m_desk->shownInstant();
    setInk(m_title, at ? models::Tone::Warning : models::Tone::Dim);
    m_title->setText(at ? tr("The past") : tr("Nothing shown from the past"));
    update();
    if (!at)
        return;
    const domain::SnapshotPtr live = m_desk->liveSnapshot();
    QString text = models::format::timestamp(*at, m_zone);
    if (live)
        text += u" · "_s + tr("%1 ago").arg(models::format::age(words::timeNow(*live) - *at));
    text += u" · "_s + tr("actions are off");
    m_text->setText(text);
    m_text->setToolTip(models::format::tooltip(text));
    if (m_first && m_last && *m_last > *m_first && !m_slider->isSliderDown()) {
        const QSignalBlocker blocker(m_slider);
        m_slider->setValue(static_cast<int>((*at - *m_first) * places / (*m_last - *m_first)));
    }
    m_back->setEnabled(!m_first || *at > *m_first);
    m_forward->setEnabled(!m_last || *at < *m_last);
    m_live->setVisible(live != nullptr);
}

void PastBar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const bool past = m_desk->shownInstant().has_value();
    const QColor ground = past ? colors().warningGround : colors().panel;
    if (ground.isValid())
        painter.fillRect(rect(), ground);
    painter.fillRect(0, height() - 2, width(), 2, past ? colors().warning : colors().line);
}

} // namespace ui
