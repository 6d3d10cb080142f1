// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/runview.h"

#include "ui/card.h"
#include "ui/predictionview.h"
#include "ui/theme.h"

#include <QAbstractButton>
#include <QLabel>
#include <QProgressBar>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr int lookEvery = 100; ///< ms
constexpr int barSteps = 1'000;

} // namespace

RunView::RunView(std::shared_ptr<operate::Progress> progress, QWidget* parent)
    : QWidget(parent)
    , m_progress(std::move(progress))
    , m_bar(new QProgressBar)
    , m_note(wrappedLabel({}))
    , m_stop(makeButton(tr("Stop"), u"stopRun"_s, this)) {
    setObjectName(u"run"_s);
    m_bar->setObjectName(u"runProgress"_s);
    m_bar->setAccessibleName(tr("How much is done"));
    m_bar->setTextVisible(false);
    m_bar->setFixedHeight(8);
    colored(m_bar, [this] {
        QPalette palette = m_bar->palette();
        palette.setColor(QPalette::Highlight, colors().accent);
        m_bar->setPalette(palette);
    });
    m_note->setObjectName(u"runNote"_s);
    m_stop->setToolTip(tr("What is under way is finished; nothing new is begun"));
    auto* title = new QLabel(tr("Under way, transaction by transaction"));
    title->setFont(titleFont());
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(space::large);
    layout->addWidget(title);
    layout->addWidget(m_bar);
    layout->addWidget(m_note);
    layout->addWidget(dimLabel(tr("The dialog may be closed: it goes on, and the journal says how it ended.")));
    layout->addWidget(m_stop, 0, Qt::AlignLeft);
    layout->addStretch();
    connect(m_stop, &QAbstractButton::clicked, this, [this] {
        m_progress->stop();
        update();
    });
    connect(&m_timer, &QTimer::timeout, this, &RunView::update);
    m_timer.start(lookEvery);
    update();
}

void RunView::update() {
    const operate::Progress::State state = m_progress->state();
    const bool known = state.amount.all > 0;
    m_bar->setRange(0, known ? barSteps : 0);
    if (known)
        m_bar->setValue(
            int(std::min<double>(barSteps, double(state.amount.done) * barSteps / double(state.amount.all))));
    m_note->setText(state.note.empty() ? tr("Beginning…") : QString::fromStdString(state.note));
    m_stop->setEnabled(!state.stopping);
    m_stop->setText(state.stopping ? tr("Stopping…") : tr("Stop"));
}

} // namespace ui
