// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/eventfilter.h"

#include "ui/card.h"
#include "ui/savedfilters.h"
#include "ui/theme.h"
#include "ui/underway.h"

#include <QAbstractButton>
#include <QCheckBox>
#include <QCompleter>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QRegularExpression>
#include <QRegularExpressionValidator>
#include <QSettings>
#include <QShortcut>
#include <QStringListModel>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

/// "100–120", "100-", "-120", "100": inclusive tick numbers. False where it is none of these.
bool readTicks(const QString& text, domain::EventSearch* search) {
    static const QRegularExpression form(u"^\\s*(\\d{1,19})?\\s*([-–]|\\.\\.)?\\s*(\\d{1,19})?\\s*$"_s);
    const auto match = form.match(text);
    const bool range = match.capturedLength(2) > 0;
    const QString first = match.captured(1);
    const QString last = range ? match.captured(3) : first;
    if (!match.hasMatch() || (!range && match.capturedLength(3) > 0) || (first.isEmpty() && last.isEmpty()))
        return false;
    bool areNumbers = true;
    const auto number = [&areNumbers](const QString& digits) {
        bool isNumber = false;
        const auto value = digits.toLongLong(&isNumber);
        areNumbers = areNumbers && isNumber;
        return value;
    };
    if (!first.isEmpty())
        search->fromTick = number(first);
    if (!last.isEmpty())
        search->toTick = number(last);
    return areNumbers;
}

} // namespace

EventFilter::EventFilter(Ticks ticks, QSettings* settings, QWidget* parent)
    : QWidget(parent)
    , m_grid(new QGridLayout(this))
    , m_types(new QStringListModel(this))
    , m_completer(new QCompleter(m_types, this))
    , m_problem(new QLabel)
    , m_remark(dimLabel({})) {
    QGridLayout* grid = m_grid;
    grid->setContentsMargins(space::large, space::medium, space::large, space::medium);
    grid->setSpacing(space::medium);
    m_text =
        addField(u"filter"_s, tr("Text"), tr("Anywhere in the payload or an extra field, upper and lower case alike"));
    m_type = addField(u"searchType"_s, tr("Type, exactly"),
                      tr("ev_type. Types of the newest events and of those seen are offered; ↓ shows them. Rarer ones "
                         "may be missing: any can be typed."));
    m_completer->setFilterMode(Qt::MatchContains);
    m_completer->setCaseSensitivity(Qt::CaseInsensitive);
    m_type->setCompleter(m_completer);
    connect(m_type, &QLineEdit::textEdited, this, &EventFilter::wantTypes);
    auto* all = new QShortcut(Qt::Key_Down, m_type);
    all->setContext(Qt::WidgetShortcut);
    connect(all, &QShortcut::activated, this, [this] {
        wantTypes();
        m_completer->setCompletionPrefix(m_type->text());
        m_completer->complete();
    });
    m_json = addField(u"searchJson"_s, tr("JSON path, like order.id = 90214"),
                      tr("A place in a JSON payload, and the value there if it matters: order.lines[*].sku = a-1. "
                         "Looked for in payloads of up to 262 kB."));
    m_id = addField(u"searchId"_s, tr("Event id"), tr("ev_id"));
    m_id->setValidator(new QRegularExpressionValidator(QRegularExpression(u"[0-9]{0,19}"_s), m_id));
    QAbstractButton* go = makeButton(tr("Search"), u"search"_s, this);
    go->setToolTip(
        tr("Reads the tables in storage order until something is found, up to 1 GB or about 30 seconds of the "
           "server's time at once, and says where it stopped"));
    connect(go, &QAbstractButton::clicked, this, &EventFilter::start);
    auto* saved = new SavedFilters(
        settings, u"events"_s, [this] { return texts(); }, [this](const QVariantMap& one) { setTexts(one); }, this);
    QAbstractButton* filters = makeButton(tr("Filters"), u"filters"_s, this);
    filters->setToolTip(tr("Filters kept under a name"));
    connect(filters, &QAbstractButton::clicked, this, [filters, saved] {
        QMenu* menu = saved->makeMenu(filters);
        popUpBelow(menu, filters);
    });
    grid->addWidget(m_text, 0, 0);
    grid->addWidget(m_type, 0, 1);
    grid->addWidget(go, 0, 3);
    grid->addWidget(m_json, 1, 0);
    grid->addWidget(filters, 1, 3);
    if (ticks == Ticks::Offered) {
        m_ticks = addField(u"searchTicks"_s, tr("Ticks, like 100–120"),
                           tr("Events that these ticks showed first; 120– also finds what no tick has shown yet"));
        grid->addWidget(m_id, 0, 2);
        m_waiting = new QCheckBox(tr("Waiting only"));
        m_waiting->setObjectName(u"waitingOnly"_s);
        m_waiting->setToolTip(tr("Only events that no tick has seen yet"));
        grid->addWidget(m_ticks, 1, 1);
        grid->addWidget(m_waiting, 1, 2);
        const QString remembered = u"events/newestFirst"_s;
        m_newest = new QCheckBox(tr("Newest first"));
        m_newest->setObjectName(u"newestFirst"_s);
        m_newest->setToolTip(tr("Reads from the end of the newest table backwards; else from the oldest table on"));
        m_newest->setChecked(!settings || settings->value(remembered, true).toBool());
        m_search.newestFirst = m_newest->isChecked();
        grid->addWidget(m_newest, 1, 4);
        connect(m_newest, &QCheckBox::toggled, this, [this, settings, remembered](bool newestFirst) {
            if (settings)
                settings->setValue(remembered, newestFirst);
            m_search.newestFirst = newestFirst;
            Q_EMIT searchWanted();
        });
    } else {
        grid->addWidget(m_id, 1, 1, 1, 2);
        grid->addWidget(m_type, 0, 1, 1, 2);
    }
    grid->setColumnStretch(0, 5);
    grid->setColumnStretch(1, 3);
    grid->setColumnStretch(2, 2);
    m_problem->setObjectName(u"searchProblem"_s);
    m_problem->setWordWrap(true);
    m_problem->setTextFormat(Qt::PlainText);
    m_problem->hide();
    grid->addWidget(m_problem, 2, 0, 1, 5);
    m_remark->setObjectName(u"searchRemark"_s);
    m_remark->setWordWrap(true);
    m_remark->hide();
    grid->addWidget(m_remark, 3, 0, 1, 5);
    setTabOrder(m_text, m_type);
    setTabOrder(m_type, m_id);
    setTabOrder(m_id, m_json);
    setInk(m_problem, models::Tone::Critical);
}

QLineEdit* EventFilter::addField(const QString& name, const QString& placeholder, const QString& tooltip) {
    auto* edit = new QLineEdit(this);
    edit->setObjectName(name);
    edit->setPlaceholderText(placeholder);
    edit->setAccessibleName(placeholder);
    edit->setToolTip(tooltip);
    edit->setClearButtonEnabled(true);
    connect(edit, &QLineEdit::returnPressed, this, &EventFilter::start);
    return edit;
}

void EventFilter::setRemark(const QString& remark) {
    m_remark->setText(remark);
    m_remark->setVisible(!remark.isEmpty());
}

void EventFilter::addTool(QWidget* tool) {
    m_grid->addWidget(tool, 0, 4);
}

void EventFilter::offerTypes(const std::vector<domain::EventRow>& events) {
    QStringList types;
    for (const domain::EventRow& event : events) {
        if (event.type)
            types += QString::fromStdString(*event.type);
    }
    addTypes(types);
}

void EventFilter::offerTypesOf(UnderWay& underWay, desk::Desk& desk, std::function<std::int32_t()> queueId) {
    m_askTypes = [this, &underWay, &desk, queueId = std::move(queueId)] {
        if (const std::int32_t queue = queueId(); queue != 0)
            askTypes(underWay, desk, queue);
    };
}

void EventFilter::askTypes(UnderWay& underWay, desk::Desk& desk, std::int32_t queueId) {
    underWay.ask(desk.eventTypes(queueId), [this](const links::Reply<std::vector<std::string>>& reply) {
        // Where they can't be told, those seen are offered all the same.
        const auto* told = std::get_if<std::vector<std::string>>(&reply);
        if (!told)
            return;
        QStringList types;
        for (const std::string& type : *told)
            types += QString::fromStdString(type);
        addTypes(types);
        // Unless the search has begun meanwhile.
        if (m_type->hasFocus() && (m_type->text().isEmpty() || m_type->text().toStdString() != m_search.type))
            m_completer->complete();
    });
}

void EventFilter::forgetTypes() {
    m_typesWanted = false;
    m_types->setStringList({});
}

void EventFilter::wantTypes() {
    if (!std::exchange(m_typesWanted, true) && m_askTypes)
        m_askTypes();
}

void EventFilter::addTypes(const QStringList& types) {
    constexpr qsizetype most = 200;
    QStringList all = m_types->stringList();
    const qsizetype before = all.size();
    for (const QString& type : types) {
        if (all.size() >= most)
            break;
        if (!type.isEmpty() && !all.contains(type))
            all += type;
    }
    if (all.size() == before)
        return;
    all.sort();
    m_types->setStringList(all);
}

QString EventFilter::read(domain::EventSearch* search) const {
    if (!m_id->text().isEmpty()) {
        bool isNumber = false;
        search->id = m_id->text().toLongLong(&isNumber);
        if (!isNumber)
            return tr("%1 is larger than any event's id.").arg(m_id->text());
    }
    search->waitingOnly = m_waiting && m_waiting->isChecked();
    search->newestFirst = m_newest && m_newest->isChecked();
    search->type = m_type->text().toStdString();
    search->text = m_text->text().toStdString();
    if (!m_json->text().trimmed().isEmpty()) {
        auto parsed = domain::JsonCondition::parse(m_json->text().toStdString());
        if (const auto* problem = std::get_if<std::string>(&parsed))
            return tr("The JSON path can't be read: %1.").arg(QString::fromStdString(*problem));
        search->json = std::get<domain::JsonCondition>(std::move(parsed));
    }
    if (m_ticks && !m_ticks->text().trimmed().isEmpty() && !readTicks(m_ticks->text(), search))
        return tr("The ticks can't be read: a number, or two with a dash between.");
    return {};
}

void EventFilter::start() {
    domain::EventSearch search;
    const QString problem = read(&search);
    m_problem->setText(problem);
    m_problem->setVisible(!problem.isEmpty());
    if (!problem.isEmpty())
        return;
    m_search = std::move(search);
    Q_EMIT searchWanted();
}

QVariantMap EventFilter::texts() const {
    QVariantMap texts;
    for (const QLineEdit* edit : {m_text, m_type, m_json, m_id, m_ticks}) {
        if (edit)
            texts[edit->objectName()] = edit->text();
    }
    if (m_waiting && m_waiting->isChecked())
        texts[m_waiting->objectName()] = u"true"_s;
    return texts;
}

void EventFilter::setTexts(const QVariantMap& texts) {
    for (QLineEdit* edit : {m_text, m_type, m_json, m_id, m_ticks}) {
        if (edit)
            edit->setText(texts.value(edit->objectName()).toString());
    }
    if (m_waiting)
        m_waiting->setChecked(texts.value(m_waiting->objectName()).toString() == u"true"_s);
    start();
}

void EventFilter::clear() {
    for (QLineEdit* edit : {m_text, m_type, m_json, m_id, m_ticks}) {
        if (edit)
            edit->clear();
    }
    if (m_waiting)
        m_waiting->setChecked(false);
    m_problem->hide();
    m_search = {};
    m_search.newestFirst = m_newest && m_newest->isChecked();
}

} // namespace ui
