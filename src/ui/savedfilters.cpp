// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/savedfilters.h"

#include "models/masking.h"
#include "ui/ask.h"
#include "ui/card.h"
#include "ui/keys.h"
#include "ui/theme.h"

#include <QLineEdit>
#include <QPainter>
#include <QRegularExpression>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

/// An arrow that points down, in the colour of dim text.
QIcon arrowIcon() {
    constexpr int side = 16;
    const auto draw = [](qreal ratio) {
        QPixmap picture(QSize(side, side) * ratio);
        picture.setDevicePixelRatio(ratio);
        picture.fill(Qt::transparent);
        QPainter painter(&picture);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(colors().dim, 1.4));
        painter.drawPolyline(QPolygonF{{4.5, 6.5}, {8, 10}, {11.5, 6.5}});
        return picture;
    };
    QIcon icon(draw(1));
    icon.addPixmap(draw(2));
    return icon;
}

} // namespace

SavedFilters::SavedFilters(QSettings* settings, const QString& group, std::function<QVariantMap()> now,
                           std::function<void(const QVariantMap&)> use, QWidget* parent)
    : QObject(parent)
    , m_settings(settings)
    , m_key(u"filters/"_s + group)
    , m_now(std::move(now))
    , m_use(std::move(use))
    , m_parent(parent) {}

QVariantMap SavedFilters::all() const {
    return m_settings ? m_settings->value(m_key).toMap() : QVariantMap();
}

void SavedFilters::write(const QVariantMap& filters) {
    if (m_settings)
        m_settings->setValue(m_key, filters);
}

QStringList SavedFilters::names() const {
    return all().keys();
}

void SavedFilters::keep(const QString& name) {
    if (refuses())
        return;
    QVariantMap filters = all();
    filters[name] = m_now();
    write(filters);
}

void SavedFilters::choose(const QString& name) {
    if (const QVariantMap filters = all(); filters.contains(name))
        m_use(filters[name].toMap());
}

void SavedFilters::forget(const QString& name) {
    QVariantMap filters = all();
    filters.remove(name);
    write(filters);
}

bool SavedFilters::refuses() const {
    const models::Masking masking = models::Masking::current().forKeeping();
    const auto isSecret = [&masking](const QVariant& value) {
        const QString text = value.toString();
        if (masking.apply(text) != text)
            return true;
        // A place in a payload and what stands there.
        const qsizetype sign = text.indexOf(u'=');
        static const QRegularExpression steps(u"[\\s.\\[\\]\"]+"_s);
        const QStringList keys = text.first(std::max(qsizetype(0), sign)).split(steps, Qt::SkipEmptyParts);
        return std::any_of(keys.begin(), keys.end(), [&masking](const QString& key) { return masking.hidesKey(key); });
    };
    const QVariantMap now = m_now();
    if (std::none_of(now.begin(), now.end(), isSecret))
        return false;
    ask::tell(m_parent, tr("This filter can't be saved"),
              tr("It holds what the settings hide in payloads, and saved filters are kept readable on this machine."));
    return true;
}

void SavedFilters::askAndKeep() {
    if (refuses())
        return;
    const auto name = ask::text(m_parent, {tr("Save this filter"), tr("Under which name?"), tr("Save")}, tr("Name"));
    if (name && !name->trimmed().isEmpty())
        keep(name->trimmed());
}

QMenu* SavedFilters::makeMenu(QWidget* parent) {
    auto* menu = new QMenu(tr("Saved filters"), parent);
    menu->setObjectName(u"savedFilters"_s);
    const QStringList kept = names();
    // A menu takes & for the mark of a key.
    const auto entry = [](QString name) { return name.replace(u'&', u"&&"_s); };
    for (const QString& name : kept)
        connect(menu->addAction(entry(name)), &QAction::triggered, this, [this, name] { choose(name); });
    if (kept.isEmpty())
        menu->addAction(tr("No filter is saved yet"))->setEnabled(false);
    menu->addSeparator();
    const QVariantMap now = m_now();
    const bool something =
        std::any_of(now.begin(), now.end(), [](const QVariant& value) { return !value.toString().isEmpty(); });
    QAction* save = menu->addAction(tr("Save this filter…"));
    save->setObjectName(u"saveFilter"_s);
    save->setEnabled(m_settings && something);
    connect(save, &QAction::triggered, this, &SavedFilters::askAndKeep);
    if (!kept.isEmpty()) {
        QMenu* forgetting = menu->addMenu(tr("Forget"));
        for (const QString& name : kept)
            connect(forgetting->addAction(entry(name)), &QAction::triggered, this, [this, name] { forget(name); });
    }
    return menu;
}

void addSavedFilters(QLineEdit& filter, QSettings* settings, const QString& group) {
    auto* saved = new SavedFilters(
        settings, group,
        [&filter] {
            return QVariantMap{{u"text"_s, filter.text()}};
        },
        [&filter](const QVariantMap& one) { filter.setText(one.value(u"text"_s).toString()); }, &filter);
    const auto open = [&filter, saved] {
        QMenu* menu = saved->makeMenu(&filter);
        popUpBelow(menu, &filter);
    };
    QAction* arrow = filter.addAction(QIcon(), QLineEdit::LeadingPosition);
    arrow->setText(keys::withKeys(SavedFilters::tr("Saved filters"), keys::Deed::SavedFilters));
    arrow->setToolTip(arrow->text());
    QObject::connect(arrow, &QAction::triggered, saved, open);
    colored(arrow, [arrow] { arrow->setIcon(arrowIcon()); });
    keys::bind(keys::Deed::SavedFilters, &filter, [open](int) { open(); });
}

} // namespace ui
