// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/eventexport.h"

#include "models/format.h"
#include "models/masking.h"
#include "ui/ask.h"
#include "ui/card.h"
#include "ui/tablecontroller.h"
#include "ui/theme.h"
#include "ui/underway.h"
#include "ui/words.h"

#include <QAbstractButton>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

/// Of one payload; what is longer is cut and counted.
constexpr qint64 mostBytes = qint64(16) * 1024 * 1024;
const QString tableName = u"events"_s;

QStringList columns() {
    return {u"event"_s,  u"type"_s,   u"time"_s,   u"transaction"_s, u"owner"_s, u"retry"_s,
            u"extra1"_s, u"extra2"_s, u"extra3"_s, u"extra4"_s,      u"bytes"_s, u"payload"_s};
}

QVariant text(const std::optional<std::string>& value) {
    return value ? QVariant(models::masked(*value)) : QVariant();
}

QVariantList valuesOf(const domain::EventRow& event, const std::optional<std::string>& payload) {
    const auto number = [](const auto& value) { return value ? QVariant(qint64(*value)) : QVariant(); };
    return {qint64(event.id),
            event.type ? QVariant(QString::fromStdString(*event.type)) : QVariant(),
            models::format::isoUtc(event.time),
            qint64(event.txid),
            number(event.owner),
            number(event.retry),
            text(event.extra1),
            text(event.extra2),
            text(event.extra3),
            text(event.extra4),
            event.data ? QVariant(qint64(event.dataBytes)) : QVariant(),
            text(payload)};
}

} // namespace

EventExport* EventExport::start(Page page, Payload payload, QWidget* parent) {
    const QString name = ask::fileToWrite(parent, tr("Export events"), u"events.csv"_s);
    if (name.isEmpty())
        return nullptr;
    auto* started = new EventExport(name, std::move(page), std::move(payload), parent);
    started->setAttribute(Qt::WA_DeleteOnClose);
    started->open();
    started->askPage({});
    return started;
}

EventExport::EventExport(const QString& fileName, Page page, Payload payload, QWidget* parent)
    : QDialog(parent)
    , m_form(TableController::formOf(fileName))
    , m_askPage(std::move(page))
    , m_askPayload(std::move(payload))
    , m_file(fileName)
    , m_underWay(new UnderWay(this))
    , m_label(new QLabel)
    , m_button(makeButton(tr("Cancel"), u"endExport"_s, this)) {
    setObjectName(u"eventExport"_s);
    setWindowTitle(tr("Export events"));
    setMinimumWidth(420);
    m_label->setObjectName(u"exportState"_s);
    m_label->setWordWrap(true);
    m_label->setTextFormat(Qt::PlainText);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(20, 18, 20, 14);
    layout->setSpacing(space::large);
    layout->addWidget(m_label);
    layout->addWidget(m_button, 0, Qt::AlignRight);
    connect(m_button, &QAbstractButton::clicked, this, [this] { m_over ? accept() : reject(); });
    say(tr("Writing…"));
}

void EventExport::say(const QString& text) {
    m_label->setText(text);
}

void EventExport::askPage(const std::optional<domain::EventPosition>& from) {
    if (!m_file.isOpen()) {
        if (!m_file.open(QIODevice::WriteOnly)) {
            giveUp(m_file.errorString());
            return;
        }
        QStringList head = columns();
        if (m_form == models::TextForm::Json)
            m_file.write("[");
        else if (m_form == models::TextForm::Sql)
            m_file.write(models::sqlBegin(tableName, head).toUtf8());
        else
            m_file.write(QString(head.join(m_form == models::TextForm::Csv ? u","_s : u"\t"_s) + u'\n').toUtf8());
    }
    m_underWay->ask(m_askPage(from), [this](const links::Reply<domain::EventPage>& reply) {
        if (m_over)
            return;
        if (const auto* failure = std::get_if<pg::Failure>(&reply)) {
            giveUp(words::failure(*failure));
            return;
        }
        m_page = std::get<domain::EventPage>(reply);
        m_next = 0;
        writeRest();
    });
}

void EventExport::writeRest() {
    while (m_next < m_page.rows.size()) {
        const domain::EventRow& event = m_page.rows[m_next];
        if (event.data && qint64(event.data->size()) < event.dataBytes) {
            m_underWay->ask(m_askPayload(event, mostBytes),
                            [this](const links::Reply<std::optional<std::string>>& reply) {
                                if (m_over)
                                    return;
                                if (const auto* failure = std::get_if<pg::Failure>(&reply)) {
                                    giveUp(words::failure(*failure));
                                    return;
                                }
                                write(m_page.rows[m_next++], std::get<std::optional<std::string>>(reply));
                                writeRest();
                            });
            return;
        }
        write(event, event.data);
        ++m_next;
    }
    say(tr("%n event(s) written…", nullptr, int(m_written)));
    if (m_file.error() != QFileDevice::NoError)
        giveUp(m_file.errorString());
    else if (m_page.next)
        askPage(m_page.next);
    else
        finish();
}

void EventExport::write(const domain::EventRow& event, const std::optional<std::string>& payload) {
    m_cut += payload && qint64(payload->size()) < event.dataBytes;
    const QVariantList values = valuesOf(event, payload);
    QString line;
    if (m_form == models::TextForm::Json) {
        QJsonObject object;
        for (qsizetype at = 0; at < values.size(); ++at)
            object[columns()[at]] = models::jsonValue(values[at]);
        line = (m_written > 0 ? u",\n"_s : u"\n"_s) +
               QString::fromUtf8(QJsonDocument(object).toJson(QJsonDocument::Compact));
    } else if (m_form == models::TextForm::Sql) {
        line = models::sqlRow(values, m_written == 0);
    } else {
        QStringList cells;
        for (const QVariant& value : values)
            cells += m_form == models::TextForm::Csv ? models::csvCell(value)
                                                     : value.toString().replace(u'\t', u' ').replace(u'\n', u' ');
        line = cells.join(m_form == models::TextForm::Csv ? u","_s : u"\t"_s) + u'\n';
    }
    m_file.write(line.toUtf8());
    ++m_written;
}

void EventExport::finish() {
    if (m_form == models::TextForm::Json)
        m_file.write("\n]\n");
    else if (m_form == models::TextForm::Sql && m_written > 0)
        m_file.write(models::sqlEnd(tableName).toUtf8());
    // A list of no values is no query.
    if (m_form == models::TextForm::Sql && m_written == 0) {
        giveUp(tr("there is no event to export"));
        return;
    }
    if (!m_file.commit()) {
        giveUp(m_file.errorString());
        return;
    }
    m_over = true;
    QStringList words = {tr("%n event(s) written to %1.", nullptr, int(m_written)).arg(m_file.fileName())};
    if (m_cut > 0)
        words += tr("%n payload(s) longer than %1 are cut.", nullptr, int(m_cut)).arg(models::format::bytes(mostBytes));
    say(words.join(u' '));
    m_button->setText(tr("Close"));
    Q_EMIT ended(true);
}

void EventExport::giveUp(const QString& why) {
    m_over = true;
    m_file.cancelWriting();
    m_file.commit();
    say(tr("Nothing was written: %1").arg(why));
    m_button->setText(tr("Close"));
    Q_EMIT ended(false);
}

void EventExport::reject() {
    if (!m_over) {
        m_over = true;
        m_file.cancelWriting();
        m_file.commit();
        Q_EMIT ended(false);
    }
    QDialog::reject();
}

} // namespace ui
