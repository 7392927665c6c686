// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/StudentCard.h"

#include "widgets/LookPainting.h"
#include "widgets/Theme.h"

#include <QPainter>
#include <QStyle>

namespace heirloom {

StudentCard::StudentCard(const QString& name, const QString& detail, QWidget* parent)
    : QAbstractButton(parent), m_detail(detail) {
    setText(name);
    setObjectName(QStringLiteral("card-%1").arg(name));
    setAccessibleDescription(detail);
    setToolTip(QStringLiteral("%1\n%2").arg(name, detail));
    setAttribute(Qt::WA_Hover);
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void StudentCard::paintEvent(QPaintEvent*) {
    const Theme& t = theme();
    QPainter painter(this);
    QStyle::State state = QStyle::State_Enabled;
    if (underMouse())
        state |= QStyle::State_MouseOver;
    if (isDown())
        state |= QStyle::State_Sunken;
    if (hasFocus())
        state |= QStyle::State_HasFocus | QStyle::State_KeyboardFocusChange;
    look::drawButton(painter, rect(), state, false, false);
    const QRect inner = rect().adjusted(Theme::padding, Theme::space, -Theme::padding, -Theme::space);
    painter.setFont(monospaceFont());
    painter.setPen(t.text);
    painter.drawText(inner, Qt::AlignLeft | Qt::AlignTop | Qt::TextSingleLine,
                     painter.fontMetrics().elidedText(text(), Qt::ElideMiddle, inner.width()));
    painter.setFont(smallFont());
    painter.setPen(t.muted);
    painter.drawText(inner, Qt::AlignLeft | Qt::AlignBottom | Qt::TextSingleLine,
                     painter.fontMetrics().elidedText(m_detail, Qt::ElideRight, inner.width()));
}

} // namespace heirloom
