// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/models/LayerPairModel.h"

#include <QSet>
#include <QTreeView>

#include <string>

namespace heirloom {

/// Teacher tree, gutter and student tree as one view: partners share a row, so they scroll, fold
/// and select as one.
///
/// Keys as in any tree: up and down, left and right fold, letters find. The menu key (or the right
/// button) on a student row offers the teacher layers that can feed it.
class LayerTree final : public QTreeView {
    Q_OBJECT

public:
    explicit LayerTree(QWidget* parent = nullptr);

    /// Keeps what is open, where it stands scrolled, and the current row where it still exists.
    void setPlan(std::shared_ptr<const SelectionPlan> plan);
    void setFilter(const QString& text);
    [[nodiscard]] const LayerPairModel& pairs() const { return *m_model; }

    void selectParameter(
        std::string_view studentParameter); ///< opens its parents and scrolls to it
    void selectFirst();                     ///< first module row that is shown
    /// Menu of the layers that can feed the current row; false where the row has no layer.
    bool openFeedMenu(const QPoint& globalPosition);
    void openFeedMenu();

    /// Width of the middle band at the present width; the header lines up with it.
    [[nodiscard]] static int gutterWidth(int viewWidth);

signals:
    /// First parameter of the row's student module, or of the one that its teacher feeds.
    void parameterSelected(const std::string& studentParameter);
    void feedRequested(const std::string& stack, int studentPosition, int teacherPosition);

protected:
    void paintEvent(QPaintEvent* event) override;
    void drawRow(QPainter* painter,
                 const QStyleOptionViewItem& option,
                 const QModelIndex& index) const override;
    void currentChanged(const QModelIndex& current, const QModelIndex& previous) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    bool viewportEvent(QEvent* event) override;

private:
    void rememberOpen();
    void restoreOpen();
    [[nodiscard]] bool isPartnerOfCurrent(int node) const;
    [[nodiscard]] QRect rowRectOf(int node) const; ///< of the nearest shown row at or above a node
    [[nodiscard]] QString toolTipAt(const QPoint& position) const;

    std::shared_ptr<const SelectionPlan> m_plan;
    LayerPairModel* m_model;
    QSet<QString> m_open;
    bool m_settling = false; ///< no signals while rows are replaced
    QModelIndex m_hovered;
};

} // namespace heirloom
