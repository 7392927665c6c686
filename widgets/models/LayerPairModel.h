// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/models/LayerFilter.h"
#include "widgets/models/LayerPairs.h"

#include <QAbstractItemModel>

#include <memory>
#include <vector>

namespace heirloom {

/// LayerPairs as a tree of one column; a filter leaves out rows, never changes them.
class LayerPairModel final : public QAbstractItemModel {
    Q_OBJECT

public:
    explicit LayerPairModel(QObject* parent = nullptr);

    void setPlan(std::shared_ptr<const SelectionPlan> plan); ///< null: empty
    void setFilter(const QString& text);
    [[nodiscard]] bool isFiltered() const { return !m_filter.isEmpty(); }
    [[nodiscard]] const LayerPairs& pairs() const { return m_pairs; }
    [[nodiscard]] const PairNode& node(const QModelIndex& index) const;
    [[nodiscard]] QModelIndex indexOf(int node) const; ///< invalid when filtered out
    /// Row that shows the student's parameter; invalid when there is none.
    [[nodiscard]] QModelIndex indexOf(std::string_view studentParameter) const;
    /// Student parameters in the rows that are shown.
    [[nodiscard]] int shownParameters() const;

    [[nodiscard]] QModelIndex index(int row,
                                    int column,
                                    const QModelIndex& parent = {}) const override;
    [[nodiscard]] QModelIndex parent(const QModelIndex& child) const override;
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;

private:
    void applyFilter();
    bool keep(int node);

    LayerPairs m_pairs;
    LayerFilter m_filter;
    std::vector<int> m_roots;                 ///< shown
    std::vector<std::vector<int>> m_children; ///< shown, by node
    std::vector<int> m_rows;                  ///< row below its parent, by node; -1: left out
};

} // namespace heirloom
