// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/style.h"

#include "ui/celldelegate.h"
#include "ui/paint.h"
#include "ui/theme.h"

#include <QApplication>
#include <QLabel>
#include <QLineEdit>
#include <QPainter>
#include <QPushButton>
#include <QStyleOption>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace ui {

namespace {

constexpr int sortSign = 8;
constexpr QLatin1String leaning("leaning"); ///< what leans a field's hint, among its children
constexpr int arrowWidth = 20;              ///< of what opens a list or steps a number
constexpr int tabLine = 2;                  ///< below the tab that is shown

struct ButtonColors {
    QColor fill;
    QColor line;
    QColor text;
};

bool isUnavailable(const QWidget* widget) {
    return widget && widget->property("unavailable").toBool();
}

QString roleOf(const QWidget* widget) {
    return widget ? widget->property("role").toString() : QString();
}

ButtonColors buttonColors(const QStyleOption& option, const QString& role, bool unavailable) {
    const Colors& c = colors();
    // What can't be done now can still be asked about: it looks disabled, but answers.
    const bool enabled = option.state.testFlag(QStyle::State_Enabled) && !unavailable;
    if (enabled && role == u"primary"_s)
        return {c.accent, c.accent, c.onAccent};
    if (enabled && role == u"danger"_s)
        return {c.critical, c.critical, c.onCritical};
    const bool quiet = role == u"quiet"_s;
    const bool over = option.state.testFlag(QStyle::State_MouseOver) && enabled;
    if (quiet && !over && !option.state.testFlag(QStyle::State_On))
        return {QColor(Qt::transparent), QColor(Qt::transparent), enabled ? c.text : c.dim};
    return {enabled ? c.header : c.background, c.line, enabled ? c.text : c.dim};
}

/// Where there are no grounds, a broken line tells what is not to be had.
QPen lineOf(const QColor& color, bool unavailable) {
    if (!color.isValid() || color.alpha() == 0)
        return QPen(Qt::NoPen);
    return QPen(color, 1, unavailable && !colors().hasGrounds() ? Qt::DashLine : Qt::SolidLine);
}

void drawButtonPanel(const QStyleOption& option, QPainter* painter, const QWidget* widget) {
    ButtonColors use = buttonColors(option, roleOf(widget), isUnavailable(widget));
    if (option.state.testFlag(QStyle::State_Enabled)) {
        const bool pressed = option.state & (QStyle::State_Sunken | QStyle::State_On);
        if (pressed)
            use.fill = use.fill.alpha() == 0 ? colors().selection : use.fill.darker(colors().dark ? 85 : 110);
        else if (option.state.testFlag(QStyle::State_MouseOver) && use.fill.alpha() != 0)
            use.fill = use.fill.darker(colors().dark ? 88 : 104);
    }
    const bool unavailable = isUnavailable(widget) || !option.state.testFlag(QStyle::State_Enabled);
    drawLinedPanel(painter, option.rect, use.fill, lineOf(use.line, unavailable), space::radius - 1);
}

/// A danger's words: what it takes away is not told by colour alone.
QString dangerText(const QString& text) {
    return u"\u25b2 "_s + text;
}

void drawCheck(const QStyleOption& option, QPainter* painter) {
    const Colors& c = colors();
    const bool enabled = option.state.testFlag(QStyle::State_Enabled);
    const bool on = option.state.testFlag(QStyle::State_On);
    const bool partly = option.state.testFlag(QStyle::State_NoChange);
    const QColor line = !enabled ? c.line : on || partly ? c.accent : c.dim;
    const QColor fill = enabled && (on || partly) ? c.accent : c.panel;
    drawLinedPanel(painter, option.rect, fill, lineOf(line, !enabled), 3);
    if (!on && !partly)
        return;
    const QRectF box = QRectF(option.rect).adjusted(3, 3, -3, -3);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(enabled ? c.onAccent : c.dim, 1.8, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    if (partly)
        painter->drawLine(QPointF(box.left(), box.center().y()), QPointF(box.right(), box.center().y()));
    else
        painter->drawPolyline(QPolygonF({QPointF(box.left(), box.center().y()),
                                         QPointF(box.left() + box.width() * 0.38, box.bottom() - 0.5),
                                         QPointF(box.right(), box.top() + 0.5)}));
    painter->restore();
}

/// The frame of a field that is typed into, whatever stands beside its text.
void drawField(const QStyleOption& option, QPainter* painter) {
    const Colors& c = colors();
    const bool enabled = option.state.testFlag(QStyle::State_Enabled);
    const bool focused = option.state.testFlag(QStyle::State_HasFocus);
    drawLinedPanel(painter, option.rect, c.panel, lineOf(focused ? c.accent : c.line, !enabled), space::radius - 1);
}

void drawTab(const QStyleOptionTab& tab, QPainter* painter) {
    const Colors& c = colors();
    const bool shown = tab.state.testFlag(QStyle::State_Selected);
    if (!shown && tab.state.testFlag(QStyle::State_MouseOver))
        painter->fillRect(tab.rect, c.header);
    if (shown)
        painter->fillRect(QRect(tab.rect.left(), tab.rect.bottom() - tabLine + 1, tab.rect.width(), tabLine), c.accent);
}

void drawHeader(const QStyleOption& option, QPainter* painter) {
    painter->fillRect(option.rect, colors().panel);
    painter->setPen(colors().line);
    painter->drawLine(option.rect.bottomLeft(), option.rect.bottomRight());
    const auto* header = qstyleoption_cast<const QStyleOptionHeader*>(&option);
    if (!header || header->text.isEmpty())
        return;
    // The heading stands exactly over its cells, and the sign in the margin beside it.
    const QRect words = option.rect.adjusted(CellDelegate::margin, 0, -CellDelegate::margin, 0);
    const bool right = header->textAlignment.testFlag(Qt::AlignRight);
    painter->save();
    painter->setFont(strongFont(painter->font()));
    painter->setPen(colors().dim);
    const QString text = painter->fontMetrics().elidedText(header->text, Qt::ElideRight, words.width() + 1);
    painter->drawText(words, int((right ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter), text);
    if (header->sortIndicator != QStyleOptionHeader::None) {
        const int width = textWidth(painter->font(), text);
        const int x = right ? std::max(words.right() - width - sortSign, option.rect.left())
                            : std::min(words.left() + width + 2, option.rect.right() - sortSign);
        drawSortSign(painter, QRect(x, option.rect.top(), sortSign, option.rect.height()),
                     header->sortIndicator == QStyleOptionHeader::SortUp);
    }
    painter->restore();
}

/// A slider without buttons, as long as what is seen of the whole.
QRect sliderRect(const QStyleOptionSlider& bar) {
    const bool across = bar.orientation == Qt::Horizontal;
    const int length = across ? bar.rect.width() : bar.rect.height();
    const int range = bar.maximum - bar.minimum;
    if (range <= 0)
        return bar.rect;
    const int slider = std::max(24, int(qint64(length) * bar.pageStep / (qint64(range) + bar.pageStep)));
    const int at =
        QStyle::sliderPositionFromValue(bar.minimum, bar.maximum, bar.sliderPosition, length - slider, bar.upsideDown);
    return across ? QRect(bar.rect.left() + at, bar.rect.top(), slider, bar.rect.height())
                  : QRect(bar.rect.left(), bar.rect.top() + at, bar.rect.width(), slider);
}

/// What only hints at what may be typed leans where its colour is no other than the text's.
class Leaning : public QObject {
public:
    explicit Leaning(QLineEdit* field)
        : QObject(field)
        , m_field(field) {
        setObjectName(leaning);
        connect(field, &QLineEdit::textChanged, this, [this] { lean(); });
        lean();
        // The theme may only be coming into being: it is what sets the style.
        QMetaObject::invokeMethod(
            this, [this] { colored(this, [this] { lean(); }); }, Qt::QueuedConnection);
    }

private:
    void lean() {
        const QPalette palette = QApplication::palette();
        const bool hint =
            m_field->text().isEmpty() && palette.color(QPalette::PlaceholderText) == palette.color(QPalette::Text);
        QFont font = m_field->font();
        if (font.italic() == hint)
            return;
        font.setItalic(hint);
        m_field->setFont(font);
    }

    QLineEdit* m_field;
};

} // namespace

Style::Style()
    : QProxyStyle(u"fusion"_s) {}

void Style::polish(QWidget* widget) {
    QProxyStyle::polish(widget);
    if (auto* label = qobject_cast<QLabel*>(widget); label && label->textFormat() == Qt::AutoText)
        label->setTextFormat(Qt::PlainText);
    auto* field = qobject_cast<QLineEdit*>(widget);
    if (field && !field->findChild<QObject*>(leaning, Qt::FindDirectChildrenOnly))
        new Leaning(field);
}

void Style::drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                          const QWidget* widget) const {
    switch (element) {
    case PE_PanelButtonCommand:
    case PE_PanelButtonTool:
        drawButtonPanel(*option, painter, widget);
        return;
    case PE_PanelLineEdit: {
        const bool focused = option->state.testFlag(State_HasFocus);
        const auto* frame = qstyleoption_cast<const QStyleOptionFrame*>(option);
        if (frame && frame->lineWidth == 0) {
            painter->fillRect(option->rect, option->palette.base());
            return;
        }
        drawPanel(painter, option->rect, option->palette.color(QPalette::Base),
                  focused ? colors().accent : colors().line, space::radius - 1);
        return;
    }
    case PE_FrameLineEdit:
    case PE_FrameTabWidget:
        return;
    case PE_IndicatorCheckBox:
        drawCheck(*option, painter);
        return;
    case PE_FrameTabBarBase:
        painter->setPen(colors().line);
        painter->drawLine(option->rect.bottomLeft(), option->rect.bottomRight());
        return;
    case PE_FrameFocusRect:
        drawFocusSign(painter, option->rect);
        return;
    case PE_Frame:
        drawPanel(painter, option->rect, {}, colors().line, space::radius - 2);
        return;
    default:
        QProxyStyle::drawPrimitive(element, option, painter, widget);
    }
}

void Style::drawControl(ControlElement element, const QStyleOption* option, QPainter* painter,
                        const QWidget* widget) const {
    if (element == CE_Header || element == CE_HeaderSection || element == CE_HeaderEmptyArea) {
        drawHeader(*option, painter);
        return;
    }
    if (element == CE_ComboBoxLabel) {
        if (const auto* box = qstyleoption_cast<const QStyleOptionComboBox*>(option)) {
            // Names that begin alike are told apart by their ends.
            const QRect field = subControlRect(CC_ComboBox, box, SC_ComboBoxEditField, widget);
            QStyleOptionComboBox own = *box;
            own.currentText = box->fontMetrics.elidedText(box->currentText, Qt::ElideMiddle, field.width() - 2);
            QProxyStyle::drawControl(element, &own, painter, widget);
            return;
        }
    }
    if (element == CE_TabBarTabShape) {
        if (const auto* tab = qstyleoption_cast<const QStyleOptionTab*>(option))
            drawTab(*tab, painter);
        return;
    }
    if (element == CE_PushButtonLabel) {
        if (const auto* button = qstyleoption_cast<const QStyleOptionButton*>(option)) {
            QStyleOptionButton own = *button;
            if (roleOf(widget) == u"danger"_s)
                own.text = dangerText(own.text);
            own.palette.setColor(QPalette::ButtonText,
                                 buttonColors(*option, roleOf(widget), isUnavailable(widget)).text);
            QProxyStyle::drawControl(element, &own, painter, widget);
            return;
        }
    }
    QProxyStyle::drawControl(element, option, painter, widget);
}

void Style::drawComplexControl(ComplexControl control, const QStyleOptionComplex* option, QPainter* painter,
                               const QWidget* widget) const {
    if (control == CC_SpinBox) {
        drawField(*option, painter);
        for (const SubControl part : {SC_SpinBoxUp, SC_SpinBoxDown})
            drawSortSign(painter, subControlRect(control, option, part, widget), part == SC_SpinBoxUp);
        return;
    }
    const auto* box = qstyleoption_cast<const QStyleOptionComboBox*>(option);
    if (control == CC_ComboBox && box && box->editable) {
        drawField(*option, painter);
        drawSortSign(painter, subControlRect(control, option, SC_ComboBoxArrow, widget), false);
        return;
    }
    const auto* bar = qstyleoption_cast<const QStyleOptionSlider*>(option);
    if (control != CC_ScrollBar || !bar) {
        QProxyStyle::drawComplexControl(control, option, painter, widget);
        return;
    }
    painter->fillRect(option->rect, colors().panel);
    const bool held = option->activeSubControls.testFlag(SC_ScrollBarSlider);
    drawPanel(painter, sliderRect(*bar).adjusted(2, 2, -2, -2), held ? colors().dim : colors().line, {}, 3.5);
}

QRect Style::subControlRect(ComplexControl control, const QStyleOptionComplex* option, SubControl part,
                            const QWidget* widget) const {
    const auto* spin = qstyleoption_cast<const QStyleOptionSpinBox*>(option);
    if (control == CC_SpinBox && spin) {
        const QRect whole = spin->rect.adjusted(1, 1, -1, -1);
        const int left = whole.right() - arrowWidth + 1;
        switch (part) {
        case SC_SpinBoxUp:
            return {left, whole.top(), arrowWidth, whole.height() / 2};
        case SC_SpinBoxDown:
            return {left, whole.top() + whole.height() / 2, arrowWidth, whole.height() - whole.height() / 2};
        case SC_SpinBoxEditField:
            return whole.adjusted(2, 0, -arrowWidth, 0);
        default:
            return spin->rect;
        }
    }
    const auto* bar = qstyleoption_cast<const QStyleOptionSlider*>(option);
    if (control != CC_ScrollBar || !bar)
        return QProxyStyle::subControlRect(control, option, part, widget);
    const QRect slider = sliderRect(*bar);
    const bool across = bar->orientation == Qt::Horizontal;
    switch (part) {
    case SC_ScrollBarGroove:
        return bar->rect;
    case SC_ScrollBarSlider:
        return slider;
    case SC_ScrollBarSubPage:
        return across ? QRect(bar->rect.topLeft(), slider.bottomLeft() - QPoint(1, 0))
                      : QRect(bar->rect.topLeft(), slider.topRight() - QPoint(0, 1));
    case SC_ScrollBarAddPage:
        return across ? QRect(slider.topRight() + QPoint(1, 0), bar->rect.bottomRight())
                      : QRect(slider.bottomLeft() + QPoint(0, 1), bar->rect.bottomRight());
    default:
        return {};
    }
}

int Style::pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const {
    switch (metric) {
    case PM_ButtonShiftHorizontal:
    case PM_ButtonShiftVertical:
        return 0;
    case PM_HeaderMargin:
        return space::medium;
    case PM_ScrollBarExtent:
        return 11;
    case PM_FocusFrameHMargin:
        return 2;
    default:
        return QProxyStyle::pixelMetric(metric, option, widget);
    }
}

QSize Style::sizeFromContents(ContentsType type, const QStyleOption* option, const QSize& size,
                              const QWidget* widget) const {
    QSize wanted = QProxyStyle::sizeFromContents(type, option, size, widget);
    if (type == CT_PushButton) {
        // Fusion asks for at least 80 pixels; ours are as wide as their words.
        const bool danger = roleOf(widget) == u"danger"_s;
        const int sign = danger ? option->fontMetrics.horizontalAdvance(dangerText({})) : 0;
        wanted.setWidth(std::max(size.width() + sign + 20, 28));
        wanted.setHeight(std::max(size.height() + 8, 26));
    }
    if (const auto* box = qstyleoption_cast<const QStyleOptionComboBox*>(option); type == CT_ComboBox && box) {
        // Its field is as wide as its widest text, and as the pixel on either side of it.
        QStyleOptionComboBox sized = *box;
        sized.rect = QRect(QPoint(), wanted);
        const int field = subControlRect(CC_ComboBox, &sized, SC_ComboBoxEditField, widget).width();
        wanted.rwidth() += std::max(0, size.width() + 3 - field);
    }
    if (type == CT_LineEdit || type == CT_ComboBox || type == CT_SpinBox)
        wanted.setHeight(std::max(wanted.height(), 26));
    return wanted;
}

QRect Style::subElementRect(SubElement element, const QStyleOption* option, const QWidget* widget) const {
    if (element == SE_LineEditContents)
        return QProxyStyle::subElementRect(element, option, widget).adjusted(5, 0, -3, 0);
    return QProxyStyle::subElementRect(element, option, widget);
}

int Style::styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget, QStyleHintReturn* data) const {
    switch (hint) {
    case SH_EtchDisabledText:
    case SH_DitherDisabledText:
    case SH_DialogButtonBox_ButtonsHaveIcons:
        return 0;
    case SH_ItemView_ShowDecorationSelected:
        return 1;
    case SH_Widget_Animation_Duration:
        return 0;
    default:
        return QProxyStyle::styleHint(hint, option, widget, data);
    }
}

} // namespace ui
