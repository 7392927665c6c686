// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/models/LayerPairModel.h"

#include "widgets/Theme.h"

#include <QSize>

#include <utility>

namespace heirloom {
namespace {

QString plain(const std::string& text) { return QString::fromStdString(text); }

/// "blocks.3.attn.qkv: teacher 1152×384, student 576×192, uniform": what a screen reader says of a
/// row.
QString spoken(const PairNode& node) {
    QStringList parts;
    if (node.teacher.exists())
        parts << LayerPairModel::tr("teacher %1 %2")
                     .arg(plain(node.teacher.path), plain(node.teacher.shape))
                     .trimmed();
    if (node.student.exists())
        parts << LayerPairModel::tr("student %1 %2")
                     .arg(plain(node.student.path), plain(node.student.shape))
                     .trimmed();
    if (!node.pill.empty())
        parts << plain(node.pill);
    if (node.teacher.exists() && !node.teacherTaken)
        parts << LayerPairModel::tr("not taken");
    return parts.join(QStringLiteral(", "));
}

} // namespace

LayerPairModel::LayerPairModel(QObject* parent) : QAbstractItemModel(parent) {}

void LayerPairModel::setPlan(std::shared_ptr<const SelectionPlan> plan) {
    beginResetModel();
    m_pairs = plan ? layerPairs(*plan) : LayerPairs();
    applyFilter();
    endResetModel();
}

void LayerPairModel::setFilter(const QString& text) {
    beginResetModel();
    m_filter = LayerFilter(text);
    applyFilter();
    endResetModel();
}

void LayerPairModel::applyFilter() {
    m_rows.assign(m_pairs.nodes.size(), -1);
    m_children.assign(m_pairs.nodes.size(), {});
    m_roots.clear();
    for (const int root : m_pairs.roots) {
        if (keep(root)) {
            m_rows[static_cast<std::size_t>(root)] = static_cast<int>(m_roots.size());
            m_roots.push_back(root);
        }
    }
}

bool LayerPairModel::keep(int node) { // at most three deep
    const PairNode& here = m_pairs.nodes[static_cast<std::size_t>(node)];
    if (here.kind == PairKind::Module)
        return m_filter.matches(here);
    std::vector<int>& shown = m_children[static_cast<std::size_t>(node)];
    for (const int child : here.children) {
        if (keep(child)) {
            m_rows[static_cast<std::size_t>(child)] = static_cast<int>(shown.size());
            shown.push_back(child);
        }
    }
    return !shown.empty();
}

const PairNode& LayerPairModel::node(const QModelIndex& index) const {
    return m_pairs.nodes[static_cast<std::size_t>(index.internalId())];
}

QModelIndex LayerPairModel::indexOf(int node) const {
    if (node < 0 || std::cmp_greater_equal(node, m_rows.size()) ||
        m_rows[static_cast<std::size_t>(node)] < 0)
        return {};
    return createIndex(m_rows[static_cast<std::size_t>(node)], 0, static_cast<quintptr>(node));
}

QModelIndex LayerPairModel::indexOf(std::string_view studentParameter) const {
    return indexOf(m_pairs.nodeOf(studentParameter));
}

int LayerPairModel::shownParameters() const {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < m_pairs.nodes.size(); ++i)
        sum += m_rows[i] >= 0 ? m_pairs.nodes[i].student.parameters.size() : 0;
    return static_cast<int>(sum);
}

QModelIndex LayerPairModel::index(int row, int column, const QModelIndex& parent) const {
    const std::vector<int>& rows =
        parent.isValid() ? m_children[static_cast<std::size_t>(parent.internalId())] : m_roots;
    if (row < 0 || std::cmp_greater_equal(row, rows.size()) || column != 0)
        return {};
    return createIndex(row, column, static_cast<quintptr>(rows[static_cast<std::size_t>(row)]));
}

QModelIndex LayerPairModel::parent(const QModelIndex& child) const {
    return child.isValid() ? indexOf(node(child).parent) : QModelIndex();
}

int LayerPairModel::rowCount(const QModelIndex& parent) const {
    return static_cast<int>(
        (parent.isValid() ? m_children[static_cast<std::size_t>(parent.internalId())] : m_roots)
            .size());
}

int LayerPairModel::columnCount(const QModelIndex&) const { return 1; }

QVariant LayerPairModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid())
        return {};
    const PairNode& row = node(index);
    switch (role) {
    case Qt::DisplayRole:
        return plain(row.student.exists() ? row.student.label : row.teacher.label);
    case Qt::AccessibleTextRole:
        return spoken(row);
    case Qt::SizeHintRole:
        return QSize(0, Theme::rowHeight);
    default:
        return {};
    }
}

} // namespace heirloom
