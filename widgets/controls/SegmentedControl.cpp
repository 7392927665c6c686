// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/controls/SegmentedControl.h"

#include "widgets/Theme.h"

#include <QAbstractButton>
#include <QButtonGroup>
#include <QHBoxLayout>
#include <QPainter>

namespace heirloom {

namespace {

class Segment final : public QAbstractButton {
public:
    explicit Segment(const QString& word) {
        setText(word);
        setCheckable(true);
        setFocusPolicy(Qt::TabFocus);
        setAttribute(Qt::WA_Hover);
        setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    }

    QSize sizeHint() const override {
        // As wide as the semi-bold word, so that nothing moves when it is chosen.
        return {QFontMetrics(titleFont()).horizontalAdvance(text()) + 2 * Theme::group, Theme::controlHeight - 2};
    }

protected:
    void paintEvent(QPaintEvent*) override {
        const Theme& t = theme();
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        const QRectF box = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
        if (isChecked()) {
            painter.setPen(t.border);
            painter.setBrush(t.dark ? t.window : t.surface);
            painter.drawRoundedRect(box, Theme::radius, Theme::radius);
        }
        if (hasFocus()) {
            painter.setPen(QPen(t.accent, 1.5));
            painter.setBrush(Qt::NoBrush);
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), Theme::radius, Theme::radius);
        }
        painter.setFont(isChecked() ? titleFont() : font());
        painter.setPen(!isEnabled()                   ? blended(t.muted, t.raised, 0.5)
                       : isChecked() || underMouse() ? t.text
                                                      : t.muted);
        painter.drawText(rect(), Qt::AlignCenter | Qt::TextShowMnemonic, text());
    }
};

} // namespace

SegmentedControl::SegmentedControl(QWidget* parent) : QWidget(parent) {
    m_group = new QButtonGroup(this);
    m_group->setExclusive(true);
    m_line = new QHBoxLayout(this);
    m_line->setContentsMargins(1, 1, 1, 1);
    m_line->setSpacing(0);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    connect(m_group, &QButtonGroup::idToggled, this, [this](int id, bool checked) {
        if (checked)
            emit currentChanged(id);
    });
}

int SegmentedControl::addSegment(const QString& word, const QString& toolTip) {
    auto* segment = new Segment(word);
    segment->setObjectName(QStringLiteral("segment-%1").arg(QString(word).remove(QLatin1Char('&'))));
    segment->setToolTip(toolTip);
    const int index = int(m_group->buttons().size());
    m_group->addButton(segment, index);
    m_line->addWidget(segment);
    if (index == 0)
        segment->setChecked(true);
    return index;
}

void SegmentedControl::setCurrent(int index) {
    if (QAbstractButton* segment = m_group->button(index))
        segment->setChecked(true);
}

int SegmentedControl::current() const { return m_group->checkedId(); }

void SegmentedControl::setSegmentEnabled(int index, bool enabled) {
    if (QAbstractButton* segment = m_group->button(index))
        segment->setEnabled(enabled);
}

void SegmentedControl::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme().raised);
    painter.drawRoundedRect(rect(), Theme::radius + 1, Theme::radius + 1);
}

} // namespace heirloom
