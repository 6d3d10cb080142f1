// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/durationbox.h"

#include "ui/theme.h"

#include <QLineEdit>
#include <QLocale>
#include <QRegularExpression>
#include <QStyleOptionSpinBox>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace ui {

namespace {

struct Unit {
    const char16_t* sign;
    pg::Interval length;
};

constexpr Unit units[] = {{u"d", 24h}, {u"h", 1h}, {u"min", 1min}, {u"s", 1s}, {u"ms", 1ms}};
constexpr pg::Interval longest = 24h * 366;

} // namespace

DurationBox::DurationBox(QWidget* parent)
    : QAbstractSpinBox(parent) {
    setValue({});
    connect(this, &QAbstractSpinBox::editingFinished, this, &DurationBox::take);
}

QString DurationBox::text(pg::Interval length) {
    for (const Unit& unit : units) {
        // The largest unit in which it is a short number.
        const auto hundredths = unit.length / 100;
        if (length >= unit.length && (hundredths.count() == 0 || length.count() % (hundredths.count() * 10) == 0))
            return QLocale().toString(double(length.count()) / double(unit.length.count()), 'g', 12) + u' ' +
                   QString::fromUtf16(unit.sign);
    }
    return QLocale().toString(double(length.count()) / 1e6, 'g', 12) + u" s"_s;
}

std::optional<pg::Interval> DurationBox::read(const QString& text) {
    static const QRegularExpression form(u"^\\s*([0-9.,]+)\\s*(ms|s|sec|m|min|h|d|)\\s*$"_s,
                                         QRegularExpression::CaseInsensitiveOption);
    const auto match = form.match(text);
    bool ok = false;
    double number = QLocale().toDouble(match.captured(1), &ok);
    if (!ok)
        number = match.captured(1).toDouble(&ok);
    if (!match.hasMatch() || !ok)
        return std::nullopt;
    pg::Interval unit = 1s;
    const QString sign = match.captured(2).toLower();
    for (const Unit& one : units) {
        if (sign == QStringView(one.sign) || (sign == "m"_L1 && one.length == 1min))
            unit = one.length;
    }
    const double micros = number * double(unit.count());
    if (micros < 0 || micros > double(longest.count()))
        return std::nullopt;
    return pg::Interval(qRound64(micros));
}

void DurationBox::setValue(pg::Interval value) {
    m_value = std::clamp(value, pg::Interval(), longest);
    lineEdit()->setText(text(m_value));
}

void DurationBox::take() {
    const auto typed = read(lineEdit()->text());
    const pg::Interval before = m_value;
    setValue(typed.value_or(m_value));
    if (m_value != before)
        Q_EMIT valueChanged(m_value);
}

void DurationBox::stepBy(int steps) {
    take();
    pg::Interval step = 1s;
    for (const Unit& unit : units) {
        if (m_value >= unit.length) {
            step = m_value >= 10 * unit.length ? 5 * unit.length : unit.length;
            break;
        }
    }
    const pg::Interval before = m_value;
    setValue(m_value + steps * step);
    if (m_value != before)
        Q_EMIT valueChanged(m_value);
}

QAbstractSpinBox::StepEnabled DurationBox::stepEnabled() const {
    StepEnabled steps = StepUpEnabled;
    if (m_value > pg::Interval())
        steps |= StepDownEnabled;
    return steps;
}

QValidator::State DurationBox::validate(QString& input, int&) const {
    return read(input) ? QValidator::Acceptable : QValidator::Intermediate;
}

QSize DurationBox::sizeHint() const {
    QStyleOptionSpinBox option;
    initStyleOption(&option);
    const QSize content(textWidth(font(), u"1.5 min 000"_s) + 8, lineEdit()->sizeHint().height());
    return style()->sizeFromContents(QStyle::CT_SpinBox, &option, content, this);
}

} // namespace ui
