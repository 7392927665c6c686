// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/HeadMatrixView.h"

#include "widgets/Theme.h"

#include <QFontMetrics>
#include <QHelpEvent>
#include <QPainter>
#include <QStringList>
#include <QToolTip>

#include <algorithm>
#include <numeric>

namespace heirloom {
namespace {

constexpr int gap = 2;
constexpr int tallest = 100; ///< px for all heads; many heads take lower rows

} // namespace

HeadMatrixView::HeadMatrixView(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("headMatrix"));
    setAccessibleName(tr("Teacher heads in each student head"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void HeadMatrixView::setMatrix(std::vector<std::vector<std::int64_t>> rows) {
    m_rows = std::move(rows);
    setVisible(!m_rows.empty());
    QStringList spoken;
    for (std::size_t i = 0; i < m_rows.size(); ++i)
        for (std::size_t j = 0; j < m_rows[i].size(); ++j)
            if (m_rows[i][j] > 0)
                spoken << tr("head %1 takes %2 rows from teacher head %3")
                              .arg(i)
                              .arg(m_rows[i][j])
                              .arg(j);
    setAccessibleDescription(spoken.join(QStringLiteral(", ")));
    updateGeometry();
    update();
}

int HeadMatrixView::rowHeight() const {
    return m_rows.empty() ? 0 : std::clamp(tallest / static_cast<int>(m_rows.size()), 8, 22);
}

QSize HeadMatrixView::sizeHint() const {
    return {240, rowHeight() * static_cast<int>(m_rows.size())};
}

int HeadMatrixView::labelWidth() const {
    return rowHeight() < 14
               ? 0
               : QFontMetrics(smallFont()).horizontalAdvance(tr("head %1").arg(10)) + Theme::space;
}

QRect HeadMatrixView::cellRect(std::size_t student, std::size_t teacher) const {
    const int room = width() - labelWidth();
    const auto columns = static_cast<int>(m_rows.front().size());
    const int left = room * static_cast<int>(teacher) / columns;
    const int right = room * static_cast<int>(teacher + 1) / columns;
    return {left, rowHeight() * static_cast<int>(student), right - left - gap, rowHeight() - gap};
}

void HeadMatrixView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setFont(smallFont());
    const QFontMetrics metrics(painter.font());
    for (std::size_t i = 0; i < m_rows.size(); ++i) {
        const std::int64_t all = std::max<std::int64_t>(
            std::accumulate(m_rows[i].begin(), m_rows[i].end(), std::int64_t{0}), 1);
        for (std::size_t j = 0; j < m_rows[i].size(); ++j) {
            const QRect cell = cellRect(i, j);
            const double share = static_cast<double>(m_rows[i][j]) / static_cast<double>(all);
            const QColor fill = m_rows[i][j] == 0
                                    ? theme().raised
                                    : blended(theme().fine, theme().surface, 0.35 + 0.65 * share);
            painter.setRenderHint(QPainter::Antialiasing);
            painter.setPen(Qt::NoPen);
            painter.setBrush(fill);
            painter.drawRoundedRect(cell, 2, 2);
            const QString text = QString::number(m_rows[i][j]);
            if (m_rows[i][j] > 0 && cell.height() >= metrics.height() - 2 &&
                cell.width() > metrics.horizontalAdvance(text) + 2) {
                painter.setPen(fill.lightnessF() > 0.5F
                                   ? QColor(theme().dark ? theme().onAccent : theme().text)
                                   : QColor(theme().dark ? theme().text : theme().onAccent));
                painter.drawText(cell, Qt::AlignCenter, text);
            }
        }
        if (labelWidth() > 0) {
            painter.setPen(theme().muted);
            painter.drawText(QRect(width() - labelWidth() + Theme::space,
                                   rowHeight() * static_cast<int>(i),
                                   labelWidth(),
                                   rowHeight() - gap),
                             Qt::AlignLeft | Qt::AlignVCenter,
                             tr("head %1").arg(i));
        }
    }
}

void HeadMatrixView::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange)
        update();
    QWidget::changeEvent(event);
}

bool HeadMatrixView::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    for (std::size_t i = 0; i < m_rows.size(); ++i) {
        for (std::size_t j = 0; j < m_rows[i].size(); ++j) {
            if (cellRect(i, j).contains(help->pos())) {
                QToolTip::showText(help->globalPos(),
                                   tr("Student head %1 takes %2 rows from teacher head %3")
                                       .arg(i)
                                       .arg(m_rows[i][j])
                                       .arg(j),
                                   this);
                return true;
            }
        }
    }
    QToolTip::hideText();
    return true;
}

} // namespace heirloom
