// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/plots/CellText.h"
#include "widgets/plots/HeatmapContent.h"
#include "widgets/plots/HeatmapImage.h"

#include <QImage>
#include <QWidget>

#include <memory>
#include <optional>

namespace heirloom {

/// A plane as a heatmap between its rulers: bands and heads on the left, a tick for each taken row
/// and column in the margin, and the norms of rows and columns as bars outside. A plane of one row
/// stands as stems. Every display cell says something of all elements under it; nothing is skipped.
///
/// Wheel zooms at the pointer, dragging pans, a double click shows all. Arrows move the crosshair,
/// plus and minus zoom, Home shows all.
class HeatmapView final : public QWidget {
    Q_OBJECT

public:
    explicit HeatmapView(QWidget* parent = nullptr);

    void setContent(std::shared_ptr<const HeatmapContent> content); ///< null: `emptyText` instead
    [[nodiscard]] const HeatmapContent* content() const { return m_content.get(); }
    void setEmptyText(const QString& text);
    void setHeatmapStyle(const HeatmapStyle& style);
    void setPart(const HeatmapPart& part); ///< clamped to what can be shown
    [[nodiscard]] HeatmapPart clamped(HeatmapPart part) const;
    [[nodiscard]] HeatmapPart part() const { return m_part; }
    /// Displayed cell under the crosshair; empty: none.
    void setCrosshair(std::optional<PlaneCell> cell);

    /// Where the cells are drawn, in widget coordinates.
    [[nodiscard]] QRect mapRect() const;
    /// Middle of a displayed cell in widget coordinates.
    [[nodiscard]] QPointF cellCentre(PlaneCell cell) const;
    [[nodiscard]] std::optional<PlaneCell> cellAt(QPointF position) const;

    [[nodiscard]] QSize sizeHint() const override { return {440, 320}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {220, 140}; }

signals:
    void partRequested(const QRectF& part);
    void cellPointed(const heirloom::PlaneCell& displayed);
    void cellLeft();

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void zoom(double factor, QPointF at);

    std::shared_ptr<const HeatmapContent> m_content;
    QString m_emptyText;
    HeatmapStyle m_style;
    HeatmapPart m_part{0, 0, 1, 1};
    std::optional<PlaneCell> m_crosshair;
    std::optional<QPoint> m_dragFrom;
    QImage m_image; ///< of the present window, size and style; null: to be made
};

} // namespace heirloom
