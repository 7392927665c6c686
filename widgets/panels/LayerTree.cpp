// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/LayerTree.h"

#include "widgets/Theme.h"
#include "widgets/panels/LayerRowPainter.h"

#include <QContextMenuEvent>
#include <QHeaderView>
#include <QHelpEvent>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>

#include <algorithm>

namespace heirloom {

LayerTree::LayerTree(QWidget* parent) : QTreeView(parent), m_model(new LayerPairModel(this)) {
    setModel(m_model);
    setObjectName(QStringLiteral("layerTree"));
    setAccessibleName(tr("Teacher and student layers"));
    header()->hide();
    setIndentation(0); // both sides are indented by the row painter
    setRootIsDecorated(false);
    setUniformRowHeights(true);
    setFrameShape(QFrame::NoFrame);
    setVerticalScrollMode(ScrollPerPixel);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setSelectionMode(SingleSelection);
    setExpandsOnDoubleClick(false);
    setMouseTracking(true);
    setAnimated(false);
    verticalScrollBar()->setSingleStep(Theme::rowHeight);
}

int LayerTree::gutterWidth(int viewWidth) { return std::clamp(viewWidth / 9, 72, 160); }

void LayerTree::rememberOpen() {
    // While a filter holds, everything is open for it; that is not the user's doing.
    if (m_model->isFiltered())
        return;
    const auto& nodes = m_model->pairs().nodes;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const QModelIndex index = m_model->indexOf(static_cast<int>(i));
        if (!index.isValid() || nodes[i].children.empty())
            continue;
        const QString key = QString::fromStdString(nodes[i].key());
        if (isExpanded(index))
            m_open.insert(key);
        else
            m_open.remove(key);
    }
}

void LayerTree::restoreOpen() {
    if (m_model->isFiltered()) {
        expandAll();
        return;
    }
    const auto& nodes = m_model->pairs().nodes;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (!nodes[i].children.empty() && m_open.contains(QString::fromStdString(nodes[i].key())))
            setExpanded(m_model->indexOf(static_cast<int>(i)), true);
    }
}

void LayerTree::setPlan(std::shared_ptr<const SelectionPlan> plan) {
    const bool otherModels =
        !m_plan || !plan || m_plan->student != plan->student || m_plan->teacher != plan->teacher;
    const QString current = currentIndex().isValid()
                                ? QString::fromStdString(m_model->node(currentIndex()).key())
                                : QString();
    const int scrolled = verticalScrollBar()->value();
    if (otherModels)
        m_open.clear();
    else
        rememberOpen();
    m_settling = true;
    m_hovered = {};
    m_plan = std::move(plan);
    m_model->setPlan(m_plan);
    if (otherModels && !m_model->pairs().roots.empty()) {
        // The first stack and its first block stand open: one look tells how the model is built.
        const auto& nodes = m_model->pairs().nodes;
        const auto stack = std::ranges::find_if(nodes, [](const PairNode& node) {
            return node.kind == PairKind::Stack && node.student.exists();
        });
        if (stack != nodes.end()) {
            m_open.insert(QString::fromStdString(stack->key()));
            if (!stack->children.empty())
                m_open.insert(QString::fromStdString(
                    nodes[static_cast<std::size_t>(stack->children.front())].key()));
        }
    }
    restoreOpen();
    const auto& nodes = m_model->pairs().nodes;
    for (std::size_t i = 0; !current.isEmpty() && i < nodes.size(); ++i) {
        if (QString::fromStdString(nodes[i].key()) == current) {
            setAutoScroll(false); // scrolling to it would open what the user has folded
            setCurrentIndex(m_model->indexOf(static_cast<int>(i)));
            setAutoScroll(true);
            break;
        }
    }
    executeDelayedItemsLayout();
    verticalScrollBar()->setValue(otherModels ? 0 : scrolled);
    m_settling = false;
    viewport()->update();
}

void LayerTree::setFilter(const QString& text) {
    rememberOpen();
    const QModelIndex current = currentIndex();
    const int node = current.isValid() ? static_cast<int>(current.internalId()) : -1;
    m_settling = true;
    m_hovered = {};
    m_model->setFilter(text);
    restoreOpen();
    const QModelIndex kept = m_model->indexOf(node);
    if (kept.isValid()) {
        setCurrentIndex(kept);
        scrollTo(kept);
    }
    m_settling = false;
}

void LayerTree::selectParameter(std::string_view studentParameter) {
    const QModelIndex index = m_model->indexOf(studentParameter);
    if (!index.isValid())
        return;
    for (QModelIndex above = index.parent(); above.isValid(); above = above.parent())
        setExpanded(above, true);
    setCurrentIndex(index);
    scrollTo(index,
             viewport()->rect().contains(visualRect(index)) ? EnsureVisible : PositionAtCenter);
}

void LayerTree::selectFirst() {
    for (QModelIndex index = m_model->index(0, 0); index.isValid(); index = indexBelow(index)) {
        if (m_model->node(index).kind == PairKind::Module &&
            m_model->node(index).student.exists()) {
            setCurrentIndex(index);
            scrollTo(index);
            return;
        }
    }
}

void LayerTree::currentChanged(const QModelIndex& current, const QModelIndex& previous) {
    QTreeView::currentChanged(current, previous);
    viewport()->update(); // the partner may stand on another row
    if (m_settling || !current.isValid())
        return;
    const PairNode& node = m_model->node(current);
    if (node.kind != PairKind::Module)
        return;
    if (node.student.exists()) {
        emit parameterSelected(node.student.parameters.front());
        return;
    }
    const auto& nodes = m_model->pairs().nodes;
    const auto fed = std::ranges::find_if(nodes, [&](const PairNode& other) {
        return other.kind == PairKind::Module &&
               other.source == static_cast<int>(current.internalId());
    });
    if (fed != nodes.end())
        emit parameterSelected(fed->student.parameters.front());
}

bool LayerTree::isPartnerOfCurrent(int node) const {
    if (!currentIndex().isValid())
        return false;
    const int current = static_cast<int>(currentIndex().internalId());
    return m_model->node(currentIndex()).source == node ||
           m_model->pairs().nodes[static_cast<std::size_t>(node)].source == current;
}

void LayerTree::drawRow(QPainter* painter,
                        const QStyleOptionViewItem& option,
                        const QModelIndex& index) const {
    LayerRowState state;
    state.rect = option.rect;
    state.gutter = gutterWidth(viewport()->width());
    state.expanded = isExpanded(index);
    state.current = index == currentIndex();
    state.focused = hasFocus();
    state.hovered = index == m_hovered;
    state.partner = isPartnerOfCurrent(static_cast<int>(index.internalId()));
    state.scale = m_model->pairs().largestModule;
    painter->save();
    paintLayerRow(*painter, m_model->node(index), state);
    painter->restore();
}

QRect LayerTree::rowRectOf(int node) const {
    QModelIndex index = m_model->indexOf(node);
    QRect rect = visualRect(index);
    while (rect.isEmpty() && index.isValid()) {
        index = index.parent();
        rect = visualRect(index);
    }
    return rect;
}

void LayerTree::paintEvent(QPaintEvent* event) {
    QTreeView::paintEvent(event);
    QPainter painter(viewport());
    LayerRowState state;
    state.gutter = gutterWidth(viewport()->width());
    const auto& nodes = m_model->pairs().nodes;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const PairNode& node = nodes[i];
        if (node.source < 0)
            continue;
        const QModelIndex own = m_model->indexOf(static_cast<int>(i));
        // An open block shows its modules' bands, a folded one its own.
        if (!own.isValid() || visualRect(own).isEmpty() ||
            (node.kind == PairKind::Layer && isExpanded(own)))
            continue;
        const QRect from = rowRectOf(node.source);
        const QRect to = visualRect(own);
        if (from.isEmpty() || !from.united(to).intersects(viewport()->rect()))
            continue;
        state.rect = QRect(0, to.top(), viewport()->width(), to.height());
        const QRect gutter = gutterRect(state);
        const bool strong =
            own == currentIndex() || static_cast<int>(currentIndex().internalId()) == node.source;
        paintCrossing(painter,
                      node,
                      {gutter.left(), from.center().y()},
                      {gutter.right() + 1, to.center().y()},
                      currentIndex().isValid() && strong,
                      m_model->pairs().largestModule);
    }
}

void LayerTree::mousePressEvent(QMouseEvent* event) {
    const QModelIndex index = indexAt(event->pos());
    if (event->button() == Qt::LeftButton && index.isValid() &&
        !m_model->node(index).children.empty()) {
        LayerRowState state;
        state.rect = QRect(0, visualRect(index).top(), viewport()->width(), Theme::rowHeight);
        state.gutter = gutterWidth(viewport()->width());
        const int depth = m_model->node(index).depth;
        if (foldArrowRect(teacherRect(state), depth).contains(event->pos()) ||
            foldArrowRect(studentRect(state), depth).contains(event->pos())) {
            setExpanded(index, !isExpanded(index));
            return;
        }
    }
    QTreeView::mousePressEvent(event);
}

void LayerTree::mouseDoubleClickEvent(QMouseEvent* event) {
    const QModelIndex index = indexAt(event->pos());
    if (event->button() == Qt::LeftButton && index.isValid() &&
        !m_model->node(index).children.empty())
        setExpanded(index, !isExpanded(index));
    else
        QTreeView::mouseDoubleClickEvent(event);
}

void LayerTree::mouseMoveEvent(QMouseEvent* event) {
    QTreeView::mouseMoveEvent(event);
    const QModelIndex index = indexAt(event->pos());
    if (index != m_hovered) {
        m_hovered = index;
        viewport()->update();
    }
}

void LayerTree::leaveEvent(QEvent* event) {
    m_hovered = {};
    viewport()->update();
    QTreeView::leaveEvent(event);
}

void LayerTree::contextMenuEvent(QContextMenuEvent* event) {
    if (event->reason() == QContextMenuEvent::Keyboard) {
        openFeedMenu();
        return;
    }
    const QModelIndex index = indexAt(event->pos());
    if (index.isValid())
        setCurrentIndex(index);
    openFeedMenu(event->globalPos());
}

void LayerTree::openFeedMenu() {
    const QRect row = visualRect(currentIndex());
    openFeedMenu(viewport()->mapToGlobal(
        QPoint(viewport()->width() / 2 + gutterWidth(viewport()->width()) / 2, row.bottom())));
}

bool LayerTree::openFeedMenu(const QPoint& globalPosition) {
    if (!m_plan || !currentIndex().isValid())
        return false;
    const int layer = m_model->node(currentIndex()).student.layer;
    if (layer < 0)
        return false;
    const Layer& fed = m_plan->student->layers[static_cast<std::size_t>(layer)];
    const int now = m_plan->mapping.teacherLayer.empty()
                        ? -1
                        : m_plan->mapping.teacherLayer[static_cast<std::size_t>(layer)];
    auto* menu = new QMenu(this);
    menu->setObjectName(QStringLiteral("feedMenu"));
    menu->setAttribute(Qt::WA_DeleteOnClose);
    QMenu* from = menu->addMenu(tr("Feed %1 from").arg(QString::fromStdString(fed.prefix)));
    from->setObjectName(QStringLiteral("feedFromMenu"));
    const auto addChoice = [&](QMenu* to, const QString& text, int position, bool checked) {
        QAction* action = to->addAction(text);
        action->setCheckable(true);
        action->setChecked(checked);
        connect(action,
                &QAction::triggered,
                this,
                [this, stack = fed.stack, own = fed.position, position] {
                    emit feedRequested(stack, own, position);
                });
    };
    for (const int source : m_plan->teacher->layersOf(fed.stack)) {
        const Layer& teacher = m_plan->teacher->layers[static_cast<std::size_t>(source)];
        addChoice(from,
                  tr("Teacher %1").arg(QString::fromStdString(teacher.prefix)),
                  teacher.position,
                  source == now);
    }
    from->setEnabled(!from->isEmpty());
    addChoice(menu, tr("Start %1 fresh").arg(QString::fromStdString(fed.prefix)), -1, now < 0);
    if (m_plan->options.asPublished)
        menu->setToolTip(tr("The published rule feeds layers by name"));
    menu->popup(globalPosition);
    return true;
}

bool LayerTree::viewportEvent(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const QString text = toolTipAt(help->pos());
        if (text.isEmpty())
            QToolTip::hideText();
        else
            QToolTip::showText(help->globalPos(), text, viewport());
        return true;
    }
    return QTreeView::viewportEvent(event);
}

QString LayerTree::toolTipAt(const QPoint& position) const {
    const QModelIndex index = indexAt(position);
    if (!index.isValid())
        return {};
    const PairNode& node = m_model->node(index);
    LayerRowState state;
    state.rect = QRect(0, visualRect(index).top(), viewport()->width(), Theme::rowHeight);
    state.gutter = gutterWidth(viewport()->width());
    if (gutterRect(state).contains(position)) {
        if (node.isFresh())
            return tr("Fresh: drawn at random");
        if (node.inherited.empty())
            return node.teacher.exists() ? tr("Not taken by the student") : QString();
        QStringList parts;
        for (const auto& [strategy, elements] : node.inherited)
            parts << tr("%1: %2 parameters inherited")
                         .arg(QString::fromStdString(strategy), groupedNumber(elements));
        return parts.join(u'\n');
    }
    const PairSide& side = teacherRect(state).contains(position) ? node.teacher : node.student;
    if (!side.exists())
        return {};
    QString text = QString::fromStdString(side.path);
    for (const std::string& name : side.parameters)
        text += u'\n' + QString::fromStdString(name);
    // Names come from files: shown as plain text, whatever they look like.
    return text.toHtmlEscaped().prepend(QStringLiteral("<pre>")).append(QStringLiteral("</pre>"));
}

} // namespace heirloom
