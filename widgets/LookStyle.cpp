// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/LookStyle.h"

#include "widgets/LookPainting.h"
#include "widgets/Theme.h"

#include <QAbstractItemView>
#include <QComboBox>
#include <QPainter>
#include <QPushButton>
#include <QStyleFactory>
#include <QStyleOption>

#include <algorithm>

namespace heirloom {

namespace {

constexpr int scrollExtent = 10;
constexpr int arrowWidth = 26; // of a combo box
constexpr int spinWidth = 22;
constexpr int menuArrowWidth = 14;

bool isQuiet(const QWidget* widget) { return widget != nullptr && widget->property("quiet").toBool(); }

/// A tool button whose whole face opens a menu shows its arrow behind the word.
bool showsMenuArrow(const QStyleOptionToolButton* button) {
    return button != nullptr && (button->features & QStyleOptionToolButton::HasMenu) &&
           button->toolButtonStyle != Qt::ToolButtonIconOnly;
}

bool isPrimary(const QWidget* widget) { return widget != nullptr && widget->property("primary").toBool(); }

} // namespace

LookStyle::LookStyle() : QProxyStyle(QStyleFactory::create(QStringLiteral("Fusion"))) {}

void LookStyle::polish(QWidget* widget) {
    QProxyStyle::polish(widget);
    if (qobject_cast<QPushButton*>(widget) != nullptr && isPrimary(widget))
        widget->setFont(titleFont());
    if (qobject_cast<QAbstractButton*>(widget) != nullptr || qobject_cast<QComboBox*>(widget) != nullptr)
        widget->setAttribute(Qt::WA_Hover);
}

void LookStyle::drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                              const QWidget* widget) const {
    const Theme& t = theme();
    switch (element) {
    case PE_PanelButtonCommand: {
        const auto* button = qstyleoption_cast<const QStyleOptionButton*>(option);
        const bool flat = button != nullptr && (button->features & QStyleOptionButton::Flat);
        look::drawButton(*painter, option->rect, option->state, isPrimary(widget), flat);
        return;
    }
    case PE_PanelButtonTool:
        look::drawButton(*painter, option->rect, option->state, false, option->state & State_AutoRaise);
        return;
    case PE_FrameDefaultButton:
        return;
    case PE_PanelLineEdit: // the frame comes with it, as in every style
        if (const auto* frame = qstyleoption_cast<const QStyleOptionFrame*>(option);
            frame != nullptr && frame->lineWidth > 0)
            look::drawField(*painter, option->rect, option->state);
        else if (widget == nullptr || qobject_cast<const QComboBox*>(widget->parentWidget()) == nullptr)
            painter->fillRect(option->rect.adjusted(0, 1, 0, -1), t.surface);
        return;
    case PE_FrameLineEdit:
        look::drawField(*painter, option->rect, option->state);
        return;
    case PE_Frame:
    case PE_FrameMenu:
        painter->setPen(t.border);
        painter->setBrush(Qt::NoBrush);
        painter->drawRect(option->rect.adjusted(0, 0, -1, -1));
        return;
    case PE_PanelMenu:
        painter->fillRect(option->rect, t.surface);
        return;
    case PE_PanelMenuBar:
        painter->fillRect(option->rect, t.window);
        return;
    case PE_IndicatorHeaderArrow:
        if (const auto* header = qstyleoption_cast<const QStyleOptionHeader*>(option);
            header != nullptr && header->sortIndicator != QStyleOptionHeader::None)
            look::drawSmallChevron(*painter, option->rect,
                                   header->sortIndicator == QStyleOptionHeader::SortUp ? Qt::UpArrow : Qt::DownArrow,
                                   option->state);
        return;
    case PE_PanelTipLabel:
        painter->fillRect(option->rect, t.raised);
        painter->setPen(t.border);
        painter->drawRect(option->rect.adjusted(0, 0, -1, -1));
        return;
    case PE_FrameFocusRect:
        look::drawFocus(*painter, option->rect);
        return;
    case PE_IndicatorCheckBox:
        look::drawCheck(*painter, option->rect, option->state);
        return;
    case PE_IndicatorRadioButton:
        look::drawRadio(*painter, option->rect, option->state);
        return;
    case PE_IndicatorMenuCheckMark:
        look::drawTick(*painter, option->rect, t.text);
        return;
    case PE_IndicatorArrowDown:
        look::drawChevron(*painter, option->rect, Qt::DownArrow, option->state);
        return;
    case PE_IndicatorArrowUp:
        look::drawChevron(*painter, option->rect, Qt::UpArrow, option->state);
        return;
    case PE_IndicatorArrowRight:
        look::drawChevron(*painter, option->rect, Qt::RightArrow, option->state);
        return;
    case PE_IndicatorArrowLeft:
        look::drawChevron(*painter, option->rect, Qt::LeftArrow, option->state);
        return;
    case PE_IndicatorBranch:
        if (option->state & State_Children)
            look::drawChevron(*painter, option->rect, option->state & State_Open ? Qt::DownArrow : Qt::RightArrow,
                              option->state);
        return;
    case PE_PanelItemViewRow:
    case PE_PanelItemViewItem:
        if (option->state & State_Selected)
            painter->fillRect(option->rect, t.accentTint);
        else if (option->state & State_MouseOver)
            painter->fillRect(option->rect, t.raised);
        return;
    default:
        QProxyStyle::drawPrimitive(element, option, painter, widget);
    }
}

void LookStyle::drawControl(ControlElement element, const QStyleOption* option, QPainter* painter,
                            const QWidget* widget) const {
    const Theme& t = theme();
    switch (element) {
    case CE_PushButtonLabel:
        if (const auto* button = qstyleoption_cast<const QStyleOptionButton*>(option)) {
            QStyleOptionButton copy(*button);
            if (isPrimary(widget) && (option->state & State_Enabled))
                copy.palette.setColor(QPalette::ButtonText, t.onAccent);
            QProxyStyle::drawControl(element, &copy, painter, widget);
            return;
        }
        break;
    case CE_ToolButtonLabel:
        if (const auto* button = qstyleoption_cast<const QStyleOptionToolButton*>(option)) {
            QStyleOptionToolButton copy(*button);
            if (isQuiet(widget) && !(option->state & State_MouseOver) && (option->state & State_Enabled))
                copy.palette.setColor(QPalette::ButtonText, t.muted);
            QProxyStyle::drawControl(element, &copy, painter, widget);
            return;
        }
        break;
    case CE_Splitter:
        look::drawSplitter(*painter, option->rect, option->state & State_Horizontal,
                           option->state & (State_MouseOver | State_Sunken));
        return;
    case CE_ShapedFrame:
        if (const auto* frame = qstyleoption_cast<const QStyleOptionFrame*>(option);
            frame != nullptr && (frame->frameShape == 4 || frame->frameShape == 5)) { // QFrame::HLine, VLine
            QRect line = option->rect;
            if (frame->frameShape == 4)
                line.setTop(line.bottom());
            else
                line.setLeft(line.right());
            painter->fillRect(line, t.border);
            return;
        }
        break;
    case CE_HeaderSection:
    case CE_HeaderEmptyArea:
        painter->fillRect(option->rect, t.surface);
        painter->fillRect(QRect(option->rect.left(), option->rect.bottom(), option->rect.width(), 1), t.border);
        return;
    case CE_ProgressBarGroove:
        look::drawBar(*painter, option->rect, 1, t.raised);
        return;
    case CE_ProgressBarContents:
        if (const auto* bar = qstyleoption_cast<const QStyleOptionProgressBar*>(option);
            bar != nullptr && bar->maximum > bar->minimum)
            look::drawBar(*painter, option->rect,
                          double(bar->progress - bar->minimum) / (double(bar->maximum) - bar->minimum), t.accent);
        return;
    case CE_ProgressBarLabel:
        return; // words stand beside the bar, not on it
    case CE_MenuBarEmptyArea:
        painter->fillRect(option->rect, t.window);
        return;
    case CE_MenuBarItem:
    case CE_MenuItem:
        if (const auto* item = qstyleoption_cast<const QStyleOptionMenuItem*>(option)) {
            if (element == CE_MenuBarItem) {
                look::drawMenuBarItem(*painter, *item);
                return;
            }
            QStyleOptionMenuItem copy(*item);
            copy.palette.setColor(QPalette::Highlight, t.raised);
            copy.palette.setColor(QPalette::HighlightedText, t.text);
            QProxyStyle::drawControl(element, &copy, painter, widget);
            return;
        }
        break;
    case CE_ItemViewItem:
        if (const auto* item = qstyleoption_cast<const QStyleOptionViewItem*>(option)) {
            QStyleOptionViewItem copy(*item);
            copy.palette.setColor(QPalette::HighlightedText, t.text); // the row is tinted, not filled
            QProxyStyle::drawControl(element, &copy, painter, widget);
            return;
        }
        break;
    default:
        break;
    }
    QProxyStyle::drawControl(element, option, painter, widget);
}

void LookStyle::drawComplexControl(ComplexControl control, const QStyleOptionComplex* option, QPainter* painter,
                                   const QWidget* widget) const {
    if (const auto* combo = qstyleoption_cast<const QStyleOptionComboBox*>(option); control == CC_ComboBox && combo) {
        if (combo->frame)
            look::drawField(*painter, combo->rect, combo->state | (combo->editable ? State_None : State_Raised));
        look::drawChevron(*painter, subControlRect(control, option, SC_ComboBoxArrow, widget), Qt::DownArrow,
                          combo->state);
        return;
    }
    if (const auto* spin = qstyleoption_cast<const QStyleOptionSpinBox*>(option); control == CC_SpinBox && spin) {
        if (spin->frame)
            look::drawField(*painter, spin->rect, spin->state);
        for (const auto part : {SC_SpinBoxUp, SC_SpinBoxDown}) {
            State state = spin->state;
            if (spin->activeSubControls != part)
                state &= ~(State_MouseOver | State_Sunken);
            const auto step = part == SC_SpinBoxUp ? QAbstractSpinBox::StepUpEnabled : QAbstractSpinBox::StepDownEnabled;
            if (!(spin->stepEnabled & step))
                state &= ~State_Enabled;
            look::drawSmallChevron(*painter, subControlRect(control, option, part, widget),
                                   part == SC_SpinBoxUp ? Qt::UpArrow : Qt::DownArrow, state);
        }
        return;
    }
    if (const auto* button = qstyleoption_cast<const QStyleOptionToolButton*>(option);
        control == CC_ToolButton && showsMenuArrow(button)) {
        drawPrimitive(PE_PanelButtonTool, option, painter, widget);
        QStyleOptionToolButton label(*button);
        label.rect = option->rect.adjusted(Theme::tight, 0, -menuArrowWidth, 0);
        label.features &= ~QStyleOptionToolButton::HasMenu;
        drawControl(CE_ToolButtonLabel, &label, painter, widget);
        look::drawSmallChevron(*painter, option->rect.adjusted(option->rect.width() - menuArrowWidth - 2, 2, -2, 0),
                               Qt::DownArrow, option->state & ~State_Sunken);
        return;
    }
    if (const auto* slider = qstyleoption_cast<const QStyleOptionSlider*>(option); control == CC_Slider && slider) {
        look::drawSlider(*painter, *slider, subControlRect(control, option, SC_SliderHandle, widget));
        return;
    }
    if (const auto* bar = qstyleoption_cast<const QStyleOptionSlider*>(option); control == CC_ScrollBar && bar) {
        const bool active = bar->activeSubControls & SC_ScrollBarSlider && bar->state & (State_MouseOver | State_Sunken);
        look::drawScrollHandle(*painter, subControlRect(control, option, SC_ScrollBarSlider, widget), active);
        return;
    }
    QProxyStyle::drawComplexControl(control, option, painter, widget);
}

QRect LookStyle::subControlRect(ComplexControl control, const QStyleOptionComplex* option, SubControl part,
                                const QWidget* widget) const {
    const QRect r = option->rect;
    QRect answer;
    if (control == CC_ComboBox && part == SC_ComboBoxArrow)
        answer = r.adjusted(r.width() - arrowWidth, 0, 0, 0);
    else if (control == CC_ComboBox && part == SC_ComboBoxEditField)
        answer = r.adjusted(Theme::space, 1, -arrowWidth, -1);
    else if (control == CC_SpinBox && part == SC_SpinBoxEditField)
        answer = r.adjusted(Theme::space, 1, -spinWidth, -1);
    else if (control == CC_SpinBox && part == SC_SpinBoxUp)
        answer = QRect(r.right() - spinWidth, r.top() + 2, spinWidth, r.height() / 2 - 2);
    else if (control == CC_SpinBox && part == SC_SpinBoxDown)
        answer = QRect(r.right() - spinWidth, r.top() + r.height() / 2, spinWidth, r.height() / 2 - 2);
    else if (const auto* bar = qstyleoption_cast<const QStyleOptionSlider*>(option); control == CC_ScrollBar && bar)
        return look::scrollBarPart(*bar, part);
    else
        return QProxyStyle::subControlRect(control, option, part, widget);
    return visualRect(option->direction, r, answer);
}

QRect LookStyle::subElementRect(SubElement element, const QStyleOption* option, const QWidget* widget) const {
    if (element == SE_LineEditContents) {
        const auto* frame = qstyleoption_cast<const QStyleOptionFrame*>(option);
        const int side = frame != nullptr && frame->lineWidth > 0 ? Theme::space - 1 : 0; // QLineEdit adds 2 itself
        return option->rect.adjusted(side, 0, -side, 0);
    }
    return QProxyStyle::subElementRect(element, option, widget);
}

QSize LookStyle::sizeFromContents(ContentsType type, const QStyleOption* option, const QSize& size,
                                  const QWidget* widget) const {
    QSize answer = QProxyStyle::sizeFromContents(type, option, size, widget);
    switch (type) {
    case CT_PushButton: {
        const auto* button = qstyleoption_cast<const QStyleOptionButton*>(option);
        const bool flat = button != nullptr && (button->features & QStyleOptionButton::Flat);
        answer = QSize(size.width() + (flat ? 2 * Theme::space : 2 * Theme::padding), Theme::controlHeight);
        if (button != nullptr && button->text.isEmpty())
            answer.setWidth(Theme::controlHeight);
        break;
    }
    case CT_ComboBox:
        answer = QSize(size.width() + Theme::space + arrowWidth + 8, Theme::controlHeight);
        break;
    case CT_SpinBox:
        answer = QSize(size.width() + Theme::space + spinWidth, Theme::controlHeight);
        break;
    case CT_LineEdit:
        answer.setHeight(Theme::controlHeight);
        break;
    case CT_ToolButton:
        answer = QSize(std::max(size.width() + 2 * Theme::tight, Theme::controlHeight), Theme::controlHeight);
        if (showsMenuArrow(qstyleoption_cast<const QStyleOptionToolButton*>(option)))
            answer.setWidth(size.width() + Theme::tight + menuArrowWidth);
        break;
    case CT_MenuBarItem:
        answer = QSize(size.width() + 2 * Theme::space, std::max(size.height() + 8, 26));
        break;
    case CT_MenuItem:
        if (const auto* item = qstyleoption_cast<const QStyleOptionMenuItem*>(option);
            item != nullptr && item->menuItemType != QStyleOptionMenuItem::Separator)
            answer = QSize(answer.width() + Theme::group, std::max(answer.height(), 26));
        break;
    case CT_ItemViewItem:
        answer.setHeight(std::max(answer.height(), Theme::rowHeight));
        break;
    default:
        break;
    }
    return answer;
}

int LookStyle::pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const {
    switch (metric) {
    case PM_SplitterWidth: return 7;
    case PM_ScrollBarExtent: return scrollExtent;
    case PM_ScrollBarSliderMin: return 28;
    case PM_ScrollView_ScrollBarSpacing: return 0;
    case PM_IndicatorWidth:
    case PM_IndicatorHeight:
    case PM_ExclusiveIndicatorWidth:
    case PM_ExclusiveIndicatorHeight: return 16;
    case PM_CheckBoxLabelSpacing:
    case PM_RadioButtonLabelSpacing: return Theme::space;
    case PM_ButtonShiftHorizontal:
    case PM_ButtonShiftVertical: return 0;
    case PM_SmallIconSize:
    case PM_ButtonIconSize: return 16;
    case PM_ToolBarIconSize: return 20;
    case PM_MenuBarPanelWidth:
    case PM_MenuBarItemSpacing:
    case PM_MenuBarHMargin: return 2;
    case PM_MenuPanelWidth: return 1;
    case PM_MenuVMargin: return Theme::tight;
    case PM_ToolTipLabelFrameWidth: return 5;
    case PM_LayoutHorizontalSpacing:
    case PM_LayoutVerticalSpacing: return Theme::space;
    case PM_FocusFrameHMargin: return 2;
    default: return QProxyStyle::pixelMetric(metric, option, widget);
    }
}

int LookStyle::styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget,
                         QStyleHintReturn* data) const {
    switch (hint) {
    case SH_DialogButtonBox_ButtonsHaveIcons: return 0;
    case SH_ComboBox_Popup: return 0; // a list below the field, not over it
    case SH_EtchDisabledText:
    case SH_DitherDisabledText: return 0;
    case SH_ToolTip_WakeUpDelay: return 300;
    case SH_ItemView_ShowDecorationSelected: return 1;
    default: return QProxyStyle::styleHint(hint, option, widget, data);
    }
}

} // namespace heirloom
