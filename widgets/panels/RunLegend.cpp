// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/RunLegend.h"

#include "widgets/Theme.h"

#include <QEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>

namespace heirloom {

namespace {

constexpr int markWidth = 12;
constexpr int afterMark = 4;
constexpr int between = 14;
constexpr int most = 3; ///< words beyond these would be a list, and the jobs below are that

/// With one run and its twin "selected, uniform" is enough; with more the number tells them apart.
QString wordOf(const RunRow& run, bool alone) {
    const auto dot = run.label.indexOf(QStringLiteral(" · "));
    return alone && dot > 0 ? run.label.mid(dot + 3) : run.label;
}

} // namespace

RunLegend::RunLegend(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("runLegend"));
    setFixedHeight(24);
    setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
}

void RunLegend::addRun(const RunRow& run) {
    m_runs.push_back(run);
    updateGeometry();
    update();
}

void RunLegend::removeRun(int id) {
    std::erase_if(m_runs, [id](const RunRow& r) { return r.id == id; });
    updateGeometry();
    update();
}

void RunLegend::setEmphasis(const std::vector<int>& ids) {
    m_emphasis = ids;
    update();
}

std::vector<RunLegend::Entry> RunLegend::entriesFor(int width, int& hidden) const {
    const bool alone = std::ranges::all_of(m_runs, [this](const RunRow& r) { return r.group == m_runs[0].group; });
    const QFontMetrics metrics = fontMetrics();
    std::vector<Entry> entries;
    hidden = 0;
    int used = 0;
    for (auto run = m_runs.rbegin(); run != m_runs.rend(); ++run) {
        Entry e{*run, wordOf(*run, alone), {}};
        const int wide = markWidth + afterMark + metrics.horizontalAdvance(e.word) + (entries.empty() ? 0 : between);
        const bool last = std::next(run) == m_runs.rend();
        const int reserve = last ? 0 : between + metrics.horizontalAdvance(QStringLiteral("+88"));
        if (int(entries.size()) == most || used + wide + reserve > width) {
            hidden = int(m_runs.rend() - run);
            break;
        }
        used += wide;
        entries.push_back(std::move(e));
    }
    std::ranges::reverse(entries);
    int x = width;
    for (auto e = entries.rbegin(); e != entries.rend(); ++e) {
        const int wide = markWidth + afterMark + metrics.horizontalAdvance(e->word);
        x -= wide;
        e->place = QRect(x, 0, wide, height());
        x -= between;
    }
    return entries;
}

QSize RunLegend::sizeHint() const {
    int hidden = 0;
    const std::vector<Entry> entries = entriesFor(1 << 20, hidden);
    if (entries.empty())
        return {0, 24};
    const int wide = (1 << 20) - entries.front().place.left();
    return {wide + (hidden > 0 ? between + fontMetrics().horizontalAdvance(QStringLiteral("+88")) : 0), 24};
}

void RunLegend::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    int hidden = 0;
    const std::vector<Entry> entries = entriesFor(width(), hidden);
    for (const Entry& e : entries) {
        const QColor colour = theme().seriesColour(e.run.series);
        const int y = height() / 2;
        if (e.run.dashed) {
            painter.fillRect(QRect(e.place.left(), y - 2, 4, 4), colour);
            painter.fillRect(QRect(e.place.left() + 7, y - 2, 4, 4), colour);
        } else {
            painter.fillRect(QRect(e.place.left() + 1, y - 5, 10, 10), colour);
        }
        // Semi-bold would change the widths: what is not chosen steps back instead.
        const bool back = !m_emphasis.empty() && std::ranges::find(m_emphasis, e.run.id) == m_emphasis.end();
        painter.setPen(back ? theme().muted : colour);
        painter.drawText(e.place.adjusted(markWidth + afterMark, 0, Theme::space, 0),
                         Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine, e.word);
    }
    if (hidden > 0) {
        const int right = entries.empty() ? width() : entries.front().place.left() - between;
        painter.setPen(theme().muted);
        painter.setFont(font());
        painter.drawText(QRect(0, 0, right, height()), Qt::AlignRight | Qt::AlignVCenter,
                         QStringLiteral("+%1").arg(hidden));
    }
}

void RunLegend::mouseReleaseEvent(QMouseEvent* event) {
    int hidden = 0;
    for (const Entry& e : entriesFor(width(), hidden)) {
        if (e.place.contains(event->pos())) {
            emit runClicked(e.run.id);
            return;
        }
    }
}

void RunLegend::changeEvent(QEvent* event) {
    if (event->type() == QEvent::FontChange)
        updateGeometry();
    QWidget::changeEvent(event);
}

} // namespace heirloom
