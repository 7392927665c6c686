// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/plots/Thumbnail.h"

#include "widgets/Theme.h"
#include "widgets/plots/DivergingMap.h"

#include <QEvent>
#include <QFontMetrics>
#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>

namespace heirloom {
namespace {

constexpr int pad = 4;
constexpr int captionHeight = 18;

} // namespace

Thumbnail::Thumbnail(QWidget* parent) : QAbstractButton(parent) {
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAttribute(Qt::WA_Hover);
}

void Thumbnail::setWhatIf(const WhatIf& choice, float range) {
    m_choice = choice;
    m_range = range;
    setObjectName(QStringLiteral("whatIf-") + whatIfWord(choice));
    setText(QString::fromStdString(choice.title));
    setEnabled(choice.unfit.empty());
    const QString energy = tr("keeps %1 % of the squared norm, %2 % of the weights")
                               .arg(choice.kept.squaredNorm * 100, 0, 'f', 1)
                               .arg(choice.kept.elements * 100, 0, 'f', 1);
    setToolTip(choice.unfit.empty() ? text() + QStringLiteral(": ") + energy
                                    : QString::fromStdString(choice.unfit).toHtmlEscaped());
    setAccessibleName(text());
    setAccessibleDescription(toolTip());
    draw();
    update();
}

void Thumbnail::draw() {
    m_image = {};
    const HeatmapTile& tile = m_choice.thumbnail;
    if (tile.width < 1 || tile.height < 1)
        return;
    const ColourTable colours = ColourTable::diverging(theme());
    m_image = QImage(tile.width, tile.height, QImage::Format_RGB32);
    const float* value = tile.values.data();
    for (int y = 0; y < tile.height; ++y) {
        auto* line = reinterpret_cast<QRgb*>(m_image.scanLine(y));
        for (int x = 0; x < tile.width; ++x, ++value)
            line[x] = std::isnan(*value) ? qRgb(0xE0, 0x10, 0xC0) : colours.at(*value / m_range);
    }
}

void Thumbnail::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const bool current = m_choice.isCurrent;
    const QColor outline = current || hasFocus()         ? theme().accent
                           : underMouse() && isEnabled() ? theme().muted
                                                         : theme().border;
    painter.setRenderHint(QPainter::Antialiasing);
    const double pen = current ? 2 : 1;
    painter.setPen(QPen(outline, pen));
    painter.setBrush(isDown() ? theme().raised : current ? theme().accentTint : theme().surface);
    painter.drawRoundedRect(QRectF(rect()).adjusted(pen / 2, pen / 2, -pen / 2, -pen / 2),
                            Theme::radius,
                            Theme::radius);
    painter.setRenderHint(QPainter::Antialiasing, false);

    const QRect picture(pad, pad, width() - 2 * pad, height() - pad - captionHeight);
    if (m_image.isNull()) {
        painter.fillRect(picture, theme().raised);
    } else {
        painter.setOpacity(isEnabled() ? 1 : 0.4);
        painter.drawImage(picture, m_image);
        painter.setOpacity(1);
    }
    QFont captionFont = smallFont();
    captionFont.setPointSizeF(captionFont.pointSizeF() - 0.75); // a name and a number in 84 px
    painter.setFont(captionFont);
    const QFontMetrics metrics(painter.font());
    const QRect caption(pad, height() - captionHeight, width() - 2 * pad, captionHeight - 1);
    const QString energy =
        m_choice.unfit.empty()
            ? QString::number(std::lround(m_choice.kept.squaredNorm * 100)) + u'%'
            : QStringLiteral("—");
    const int right = metrics.horizontalAdvance(energy);
    painter.setPen(theme().muted);
    painter.drawText(caption, Qt::AlignRight | Qt::AlignVCenter, energy);
    painter.setPen(isEnabled() ? theme().text : theme().muted);
    painter.drawText(caption.adjusted(0, 0, -right - 2, 0),
                     Qt::AlignLeft | Qt::AlignVCenter,
                     metrics.elidedText(text(), Qt::ElideRight, caption.width() - right - 2));
}

void Thumbnail::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        draw();
        update();
    }
    QAbstractButton::changeEvent(event);
}

bool Thumbnail::event(QEvent* event) {
    if (event->type() == QEvent::HoverEnter || event->type() == QEvent::HoverLeave)
        update();
    return QAbstractButton::event(event);
}

QString whatIfWord(const WhatIf& choice) {
    if (choice.asPublished)
        return QStringLiteral("published");
    // Without seed, position and norm: one name whatever the options.
    return QString::fromStdString(choice.selection.strategy) +
           (choice.selection.heads == HeadMode::Blended ? QStringLiteral("-blended") : QString());
}

} // namespace heirloom
