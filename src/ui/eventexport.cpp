// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/eventexport.h"

#include "models/format.h"
#include "models/masking.h"
#include "ui/ask.h"
#include "ui/background.h"
#include "ui/card.h"
#include "ui/tablecontroller.h"
#include "ui/theme.h"
#include "ui/underway.h"
#include "ui/words.h"

#include <QAbstractButton>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QRegularExpression>
#include <QSaveFile>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

/// Of one text; what is longer is cut and counted.
constexpr qint64 mostBytes = qint64(16) * 1024 * 1024;
const QString tableName = u"events"_s;

QStringList columns() {
    return {u"event"_s,  u"type"_s,   u"time"_s,   u"transaction"_s, u"owner"_s, u"retry"_s,
            u"extra1"_s, u"extra2"_s, u"extra3"_s, u"extra4"_s,      u"bytes"_s, u"payload"_s};
}

QVariantList valuesOf(const domain::EventRow& event, const domain::Message& message, const models::Masking& masking) {
    const auto number = [](const auto& value) { return value ? QVariant(qint64(*value)) : QVariant(); };
    const auto text = [&masking](const std::optional<std::string>& value) {
        return value ? QVariant(masking.apply(QString::fromStdString(*value))) : QVariant();
    };
    return {qint64(event.id),
            message.type ? QVariant(QString::fromStdString(*message.type)) : QVariant(),
            models::format::isoUtc(event.time),
            qint64(event.txid),
            number(event.owner),
            number(event.retry),
            text(message.extras[0]),
            text(message.extras[1]),
            text(message.extras[2]),
            text(message.extras[3]),
            message.data ? QVariant(qint64(message.dataBytes)) : QVariant(),
            text(message.data)};
}

/// One line and no column of its own.
QString withoutBreaks(QString text) {
    static const QRegularExpression breaks(u"\\r\\n|[\\t\\n\\v\\f\\r\\x{85}\\x{2028}\\x{2029}]"_s);
    return text.replace(breaks, u" "_s);
}

} // namespace

/// The file. One job at a time has it; it goes, and what was written with it, when nobody has it any more.
class EventExport::Sink {
public:
    explicit Sink(const QString& fileName)
        : m_form(TableController::formOf(fileName))
        , m_file(fileName) {}

    /// Empty, or why it could not be written. So do the others.
    QString begin() {
        if (!m_file.open(QIODevice::WriteOnly))
            return m_file.errorString();
        const QStringList head = columns();
        if (m_form == models::TextForm::Json)
            return put(u"["_s);
        if (m_form == models::TextForm::Sql)
            return put(models::sqlBegin(tableName, head));
        return put(head.join(m_form == models::TextForm::Csv ? u","_s : u"\t"_s) + u'\n');
    }

    QString write(const domain::EventRow& event, const domain::Message& message, const models::Masking& masking) {
        m_cut += message.isCut();
        const QVariantList values = valuesOf(event, message, masking);
        const bool first = m_written++ == 0;
        if (m_form == models::TextForm::Json) {
            QJsonObject object;
            for (qsizetype at = 0; at < values.size(); ++at)
                object[columns()[at]] = models::jsonValue(values[at]);
            return put((first ? u"\n"_s : u",\n"_s) +
                       QString::fromUtf8(QJsonDocument(object).toJson(QJsonDocument::Compact)));
        }
        if (m_form == models::TextForm::Sql)
            return put(models::sqlRow(values, first));
        QStringList cells;
        for (const QVariant& value : values)
            cells += m_form == models::TextForm::Csv ? models::csvCell(value) : withoutBreaks(value.toString());
        return put(cells.join(m_form == models::TextForm::Csv ? u","_s : u"\t"_s) + u'\n');
    }

    QString finish() {
        // A list of no values is no query.
        if (m_form == models::TextForm::Sql && m_written == 0)
            return EventExport::tr("there is no event to export");
        QString problem;
        if (m_form == models::TextForm::Json)
            problem = put(u"\n]\n"_s);
        else if (m_form == models::TextForm::Sql)
            problem = put(models::sqlEnd(tableName));
        return problem.isEmpty() && !m_file.commit() ? m_file.errorString() : problem;
    }

    QString fileName() const { return m_file.fileName(); }

    qint64 written() const { return m_written; }

    qint64 cut() const { return m_cut; }

private:
    QString put(const QString& text) {
        m_file.write(text.toUtf8());
        return m_file.error() == QFileDevice::NoError ? QString() : m_file.errorString();
    }

    models::TextForm m_form;
    QSaveFile m_file;
    qint64 m_written = 0;
    qint64 m_cut = 0;
};

EventExport* EventExport::start(const QStringList& words, Page page, Message message, QWidget* parent) {
    const QString name = ask::fileToWrite(parent, tr("Export events"), ask::fileName(words, u".csv"_s));
    if (name.isEmpty())
        return nullptr;
    auto* started = new EventExport(name, std::move(page), std::move(message), parent);
    started->setAttribute(Qt::WA_DeleteOnClose);
    started->open();
    started->work([](Sink& sink) { return sink.begin(); }, [started] { started->askPage({}); });
    return started;
}

EventExport::EventExport(const QString& fileName, Page page, Message message, QWidget* parent)
    : QDialog(parent)
    , m_askPage(std::move(page))
    , m_askMessage(std::move(message))
    , m_sink(std::make_shared<Sink>(fileName))
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

void EventExport::work(std::function<QString(Sink&)> job, std::function<void()> next) {
    inBackground(
        this, [sink = m_sink, job = std::move(job)] { return job(*sink); },
        [this, next = std::move(next)](const QString& problem) {
            if (m_over)
                return;
            if (!problem.isEmpty())
                giveUp(problem);
            else
                next();
        });
}

void EventExport::askPage(const std::optional<domain::EventPosition>& from) {
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
    // What is there whole, up to the first that has to be fetched.
    std::vector<domain::EventRow> whole;
    while (m_next < m_page.rows.size() && !m_page.rows[m_next].message().isCut())
        whole.push_back(m_page.rows[m_next++]);
    if (whole.empty()) {
        writeNext();
        return;
    }
    work(
        [rows = std::move(whole), masking = models::Masking::current()](Sink& sink) {
            QString problem;
            for (auto event = rows.begin(); event != rows.end() && problem.isEmpty(); ++event)
                problem = sink.write(*event, event->message(), masking);
            return problem;
        },
        [this] { writeNext(); });
}

void EventExport::writeNext() {
    say(tr("%n event(s) written…", nullptr, int(m_sink->written())));
    if (m_next < m_page.rows.size())
        fetchMessage(m_page.rows[m_next++]);
    else if (m_page.next)
        askPage(m_page.next);
    else
        work([](Sink& sink) { return sink.finish(); }, [this] { end(); });
}

void EventExport::fetchMessage(const domain::EventRow& event) {
    m_underWay->ask(m_askMessage(event, mostBytes), [this, event](const links::Reply<domain::Message>& reply) {
        if (m_over)
            return;
        if (const auto* failure = std::get_if<pg::Failure>(&reply)) {
            giveUp(words::failure(*failure));
            return;
        }
        work([event, message = std::get<domain::Message>(reply),
              masking = models::Masking::current()](Sink& sink) { return sink.write(event, message, masking); },
             [this] { writeRest(); });
    });
}

void EventExport::end() {
    m_over = true;
    QStringList words = {tr("%n event(s) written to %1.", nullptr, int(m_sink->written())).arg(m_sink->fileName())};
    if (m_sink->cut() > 0)
        words += tr("%n event(s) with a text longer than %1 are cut.", nullptr, int(m_sink->cut()))
                     .arg(models::format::bytes(mostBytes));
    say(words.join(u' '));
    m_button->setText(tr("Close"));
    Q_EMIT ended(true);
}

void EventExport::giveUp(const QString& why) {
    m_over = true;
    m_sink.reset();
    say(tr("Nothing was written: %1").arg(why));
    m_button->setText(tr("Close"));
    Q_EMIT ended(false);
}

void EventExport::reject() {
    if (!m_over) {
        m_over = true;
        m_sink.reset();
        Q_EMIT ended(false);
    }
    QDialog::reject();
}

} // namespace ui
