// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/comparedialog.h"

#include "link/whendone.h"
#include "ui/background.h"
#include "ui/notice.h"
#include "ui/tablecard.h"
#include "ui/theme.h"
#include "ui/words.h"

#include <QCheckBox>
#include <QTableView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

/// Of each text of a message.
constexpr qint64 mostBytes = qint64(1024) * 1024;

QString nameOf(const domain::EventRow& event) {
    return CompareDialog::tr("Event %1").arg(event.id);
}

} // namespace

CompareDialog::CompareDialog(desk::Desk* desk, std::int32_t queueId, const domain::EventRow& left,
                             const domain::EventRow& right, QSettings* settings, QWidget* parent)
    : QDialog(parent)
    , m_desk(desk)
    , m_queueId(queueId)
    , m_left{left, left.message()}
    , m_right{right, right.message()}
    , m_model(models::comparisonColumns(nameOf(left), nameOf(right)))
    , m_card(new Card(tr("Event %1 and event %2").arg(left.id).arg(right.id)))
    , m_view(new QTableView)
    , m_onlyDifferences(new QCheckBox(tr("Only differences"))) {
    setObjectName(u"compareDialog"_s);
    setWindowTitle(tr("Compare events"));
    m_view->setObjectName(u"comparison"_s);
    m_view->setAccessibleName(tr("Fields and values of both events"));
    m_table = new TableController(m_view, &m_model, u"comparison"_s, settings);
    m_view->setSortingEnabled(false);
    m_table->proxy()->sort(-1);
    m_table->stretch(u"place"_s);
    m_table->notice()->say(tr("Fetching the messages…"), {});
    m_onlyDifferences->setObjectName(u"onlyDifferences"_s);
    m_card->addToHeading(m_onlyDifferences);
    addTableTools(*m_card, *m_table, tr("Filter places"));
    m_card->setContent(m_view);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(14, 14, 14, 14);
    layout->setSpacing(space::large);
    layout->addWidget(m_card, 1);
    QAbstractButton* close = makeButton(tr("Close"), u"close"_s, this, u"primary"_s);
    connect(close, &QAbstractButton::clicked, this, &QDialog::accept);
    layout->addWidget(close, 0, Qt::AlignRight);
    resize(parent ? QSize(parent->width() * 4 / 5, parent->height() * 4 / 5) : QSize(1000, 640));
    connect(m_onlyDifferences, &QCheckBox::toggled, this, [this] { fill(); });
    fetch(m_left);
    fetch(m_right);
    compare();
}

void CompareDialog::fetch(models::ComparedEvent& event) {
    if (!event.message.isCut())
        return;
    ++m_pending;
    links::whenDone(m_desk->message(m_queueId, event.event.position, event.event.id, mostBytes), this,
                    [this, &event](const links::Reply<domain::Message>& reply) {
                        --m_pending;
                        if (const auto* failure = std::get_if<pg::Failure>(&reply)) {
                            m_pending = -1;
                            m_table->notice()->say(tr("A message could not be fetched"), words::failure(*failure),
                                                   models::Tone::Warning);
                            return;
                        }
                        event.message = std::get<domain::Message>(reply);
                        compare();
                    });
}

void CompareDialog::compare() {
    if (m_pending != 0)
        return;
    inBackground(
        this,
        [left = m_left, right = m_right, masking = models::Masking::current()] {
            return models::compareEvents(left, right, masking);
        },
        [this, request = ++m_request](models::Comparison comparison) {
            if (request != m_request)
                return;
            m_comparison = std::move(comparison);
            m_table->notice()->say(tr("They do not differ"), {});
            fill();
        });
}

void CompareDialog::fill() {
    std::vector<models::ComparisonLine> shown;
    for (const models::ComparisonLine& line : m_comparison.lines) {
        if (line.differs || !m_onlyDifferences->isChecked())
            shown.push_back(line);
    }
    const auto differences = std::count_if(m_comparison.lines.begin(), m_comparison.lines.end(),
                                           [](const models::ComparisonLine& line) { return line.differs; });
    QStringList note = {tr("%n difference(s)", nullptr, int(differences))};
    if (m_comparison.stopped)
        note += tr("of what is very long only the beginning is compared");
    m_card->setNote(note.join(u" · "_s));
    m_model.show(std::move(shown), {});
}

} // namespace ui
