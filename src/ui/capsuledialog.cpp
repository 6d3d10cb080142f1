// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/capsuledialog.h"

#include "link/whendone.h"
#include "models/format.h"
#include "ui/card.h"
#include "ui/filefield.h"
#include "ui/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QFileInfo>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

CapsuleDialog::CapsuleDialog(desk::Desk* desk, std::map<std::string, std::string> settings, QWidget* parent)
    : QDialog(parent)
    , m_desk(desk)
    , m_settings(std::move(settings))
    , m_span(new QComboBox)
    , m_journal(new QCheckBox(tr("With what was done through this console, and why")))
    , m_contents(new QLabel)
    , m_result(new QLabel) {
    setWindowTitle(tr("Export incident capsule"));
    setObjectName(u"capsuleDialog"_s);
    auto* title = new QLabel(tr("A part of what was recorded, as one file to open elsewhere"));
    title->setFont(strongFont(font()));
    for (const auto& [minutes, text] :
         {std::pair(15, tr("The last 15 minutes")), std::pair(60, tr("The last hour")),
          std::pair(360, tr("The last 6 hours")), std::pair(1'440, tr("The last 24 hours")),
          std::pair(10'080, tr("The last 7 days")), std::pair(0, tr("All that is recorded"))})
        m_span->addItem(text, minutes);
    m_span->setCurrentIndex(1);
    m_span->setObjectName(u"capsuleSpan"_s);
    m_journal->setObjectName(u"capsuleJournal"_s);
    m_journal->setChecked(true);
    const QString name = u"incident-%1.capsule"_s.arg(QDateTime::currentDateTime().toString(u"yyyyMMdd-HHmm"_s));
    m_file = new FileField(QDir::home().filePath(name));
    m_contents->setObjectName(u"capsuleContents"_s);
    m_contents->setWordWrap(true);
    m_contents->setTextFormat(Qt::PlainText);
    m_result->setObjectName(u"capsuleResult"_s);
    m_result->setWordWrap(true);
    m_result->setTextFormat(Qt::PlainText);
    makeSelectable(m_result, true);
    m_result->hide();
    auto* form = new QFormLayout;
    form->addRow(tr("&Span"), m_span);
    form->addRow(QString(), m_journal);
    form->addRow(tr("&File"), m_file);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    m_write = buttons->addButton(tr("Write the capsule"), QDialogButtonBox::ActionRole);
    m_write->setObjectName(u"writeCapsule"_s);
    m_write->setDefault(true);
    connect(m_write, &QPushButton::clicked, this, &CapsuleDialog::write);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_span, &QComboBox::currentIndexChanged, this, &CapsuleDialog::tellContents);
    connect(m_journal, &QCheckBox::toggled, this, &CapsuleDialog::tellContents);
    auto* layout = new QVBoxLayout(this);
    layout->setSpacing(space::large);
    layout->addWidget(title);
    layout->addLayout(form);
    layout->addWidget(m_contents);
    layout->addWidget(m_result);
    layout->addStretch();
    layout->addWidget(buttons);
    setMinimumWidth(560);
    links::whenDone(desk->recorded(), this, [this](const store::Answer<store::Recorded>& answer) {
        if (const auto* failure = std::get_if<store::Failure>(&answer)) {
            m_result->setText(failure->text);
            m_result->show();
        } else {
            m_recorded = std::get<store::Recorded>(answer);
        }
        tellContents();
    });
    tellContents();
}

pg::Timestamp CapsuleDialog::end() const {
    const domain::SnapshotPtr shown = m_desk->liveSnapshot() ? m_desk->liveSnapshot() : m_desk->snapshot();
    return std::max(m_recorded && m_recorded->last ? *m_recorded->last : pg::Timestamp(),
                    shown ? shown->takenAt : pg::Timestamp());
}

void CapsuleDialog::tellContents() {
    m_write->setEnabled(m_recorded && m_recorded->first);
    QStringList lines{
        tr("In it will be:"),
        tr("• the samples: queues, subscriptions, sessions, locks, work queues and barriers, as recorded in this span"),
        tr("• the findings that stood, with their evidence; the charts of all queues"),
        tr("• server version, schema version and fingerprint, thresholds in force")};
    if (m_journal->isChecked())
        lines += tr("• the journal's entries about this server with their reasons; the SQL is left out, because it can "
                    "carry what was sent");
    lines += tr("Not in it: payloads, messages, passwords.");
    m_contents->setText(lines.join(u'\n'));
}

void CapsuleDialog::write() {
    const int minutes = m_span->currentData().toInt();
    desk::CapsuleOptions options;
    options.path = m_file->path();
    options.to = end();
    options.from = minutes > 0 ? options.to - std::chrono::minutes(minutes) : pg::Timestamp();
    options.withJournal = m_journal->isChecked();
    options.settings = m_settings;
    m_write->setEnabled(false);
    m_result->setText(tr("Writing…"));
    m_result->show();
    links::whenDone(m_desk->exportCapsule(options), this,
                    [this, path = options.path](const store::Answer<std::int64_t>& answer) {
                        m_write->setEnabled(true);
                        const auto* failure = std::get_if<store::Failure>(&answer);
                        setInk(m_result, failure ? models::Tone::Critical : models::Tone::Good);
                        if (failure) {
                            m_result->setText(tr("It was not written: %1").arg(failure->text));
                            return;
                        }
                        const auto moments = std::get<std::int64_t>(answer);
                        m_result->setText(tr("Written: %n instant(s)", nullptr, int(moments)) + u", "_s +
                                          models::format::bytes(QFileInfo(path).size()) + u" · "_s + path);
                    });
}

} // namespace ui
