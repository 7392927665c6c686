// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/MapPanel.h"

#include "widgets/Theme.h"
#include "widgets/controls/ErrorBar.h"
#include "widgets/panels/Inspector.h"
#include "widgets/panels/LayerTree.h"
#include "widgets/panels/LayerTreeHeader.h"
#include "widgets/plots/HeatmapPair.h"

#include <QLabel>
#include <QMetaType>
#include <QShortcut>
#include <QSplitter>
#include <QStackedLayout>
#include <QVBoxLayout>

#include <algorithm>

namespace heirloom {
namespace {

constexpr int headerHeight = 28;
constexpr int rowsAtLeast = 14;
constexpr int inspectorWidth = 300;

} // namespace

class MapPanel::Private {
public:
    explicit Private(MapPanel* owner) : m_panel(owner) { build(); }

    void build();
    void arrange(QSize size);
    void setPlan(std::shared_ptr<const SelectionPlan> plan);
    void choose(const std::string& parameter);
    [[nodiscard]] std::vector<std::string> moduleOf(const std::string& parameter) const;
    [[nodiscard]] std::string firstParameter() const;
    void tellMatches();

    MapPanel* m_panel;
    std::shared_ptr<const SelectionPlan> m_plan;
    std::string m_parameter;
    bool m_arranged = false;
    QStackedLayout* m_pages = nullptr;
    QSplitter* m_columns = nullptr;
    QSplitter* m_rows = nullptr;
    LayerTreeHeader* m_header = nullptr;
    LayerTree* m_tree = nullptr;
    HeatmapPair* m_heatmaps = nullptr;
    ErrorBar* m_error = nullptr;
    Inspector* m_inspector = nullptr;
};

void MapPanel::Private::build() {
    m_pages = new QStackedLayout(m_panel);
    auto* empty = new QLabel(tr("Open a teacher and a student to see what goes where"));
    empty->setObjectName(QStringLiteral("mapEmpty"));
    empty->setAlignment(Qt::AlignCenter);
    empty->setForegroundRole(QPalette::PlaceholderText);
    m_pages->addWidget(empty);

    m_header = new LayerTreeHeader;
    m_tree = new LayerTree;
    auto* trees = new QWidget;
    auto* treesLayout = new QVBoxLayout(trees);
    treesLayout->setContentsMargins(0, 0, 0, 0);
    treesLayout->setSpacing(0);
    treesLayout->addWidget(m_header);
    treesLayout->addWidget(m_tree, 1);
    trees->setMinimumHeight(headerHeight + 4 * Theme::rowHeight);

    m_heatmaps = new HeatmapPair;
    m_rows = new QSplitter(Qt::Vertical);
    m_rows->setObjectName(QStringLiteral("mapRows"));
    m_rows->setChildrenCollapsible(false);
    m_rows->addWidget(trees);
    m_rows->addWidget(m_heatmaps);
    m_rows->setStretchFactor(0, 2);
    m_rows->setStretchFactor(1, 3);

    m_error = new ErrorBar;
    m_error->setObjectName(QStringLiteral("mapError"));
    m_inspector = new Inspector;
    auto* side = new QWidget;
    auto* sideLayout = new QVBoxLayout(side);
    sideLayout->setContentsMargins(0, 0, 0, 0);
    sideLayout->setSpacing(0);
    sideLayout->addWidget(m_error);
    sideLayout->addWidget(m_inspector, 1);

    m_columns = new QSplitter(Qt::Horizontal);
    m_columns->setObjectName(QStringLiteral("mapColumns"));
    m_columns->setChildrenCollapsible(false);
    m_columns->addWidget(m_rows);
    m_columns->addWidget(side);
    m_columns->setStretchFactor(0, 1);
    m_columns->setStretchFactor(1, 0);
    m_pages->addWidget(m_columns);
}

void MapPanel::Private::arrange(QSize size) {
    if (m_arranged || size.height() < 300)
        return;
    m_arranged = true;
    const int rows = headerHeight + rowsAtLeast * Theme::rowHeight;
    const int trees = std::max(rows, size.height() * 2 / 5);
    m_rows->setSizes({trees, size.height() - m_rows->handleWidth() - trees});
    const int side = std::max(inspectorWidth, std::min(size.width() / 6, 380));
    m_columns->setSizes({size.width() - m_columns->handleWidth() - side, side});
}

std::vector<std::string> MapPanel::Private::moduleOf(const std::string& parameter) const {
    const LayerPairs& pairs = m_tree->pairs().pairs();
    const int node = pairs.nodeOf(parameter);
    return node < 0 ? std::vector<std::string>()
                    : pairs.nodes[static_cast<std::size_t>(node)].student.parameters;
}

/// Where there is most to see: the first inherited matrix of the first block, else the first
/// matrix.
std::string MapPanel::Private::firstParameter() const {
    for (const bool inLayer : {true, false}) {
        for (const Parameter& parameter : m_plan->student->parameters) {
            const ParameterPlan* source = m_plan->find(parameter.name);
            if (parameter.shape.size() >= 2 && (parameter.layer >= 0) == inLayer &&
                source != nullptr && source->origin == Origin::Inherited)
                return parameter.name;
        }
    }
    return m_plan->student->parameters.empty() ? std::string()
                                               : m_plan->student->parameters.front().name;
}

void MapPanel::Private::setPlan(std::shared_ptr<const SelectionPlan> plan) {
    const bool otherModels =
        !m_plan || !plan || m_plan->student != plan->student || m_plan->teacher != plan->teacher;
    m_plan = std::move(plan);
    m_tree->setPlan(m_plan);
    m_pages->setCurrentIndex(m_plan ? 1 : 0);
    if (!m_plan) {
        m_parameter.clear();
        m_heatmaps->setView(nullptr);
        m_inspector->clear();
        return;
    }
    const LayerSelection& layers = m_plan->options.layers;
    m_header->setRule(layers.byHand.empty() && layers.rules.empty() ? layers.rule : std::string(),
                      !m_plan->student->layers.empty() && !m_plan->options.asPublished);
    if (otherModels) {
        m_heatmaps->setView(nullptr);
        m_inspector->clear();
        if (m_plan->student->find(m_parameter) == nullptr)
            m_parameter = firstParameter();
        // Whoever sets a plan asks currentParameter() for what to show: a signal would ask twice.
        const QSignalBlocker quiet(m_tree);
        m_tree->selectParameter(m_parameter);
    }
    m_inspector->setParameter(m_plan, m_parameter, moduleOf(m_parameter));
    tellMatches();
}

void MapPanel::Private::choose(const std::string& parameter) {
    if (!m_plan || parameter == m_parameter || m_plan->student->find(parameter) == nullptr)
        return;
    m_parameter = parameter;
    m_inspector->setParameter(m_plan, m_parameter, moduleOf(m_parameter));
    emit m_panel->viewRequested(m_parameter);
}

void MapPanel::Private::tellMatches() {
    emit m_panel->matchCountChanged(m_tree->pairs().shownParameters(),
                                    m_tree->pairs().pairs().studentParameters());
}

MapPanel::MapPanel(QWidget* parent) : QWidget(parent), d(new Private(this)) {
    setObjectName(QStringLiteral("mapPanel"));
    qRegisterMetaType<ElementSelection>("heirloom::ElementSelection");
    qRegisterMetaType<StrategyScope>("heirloom::StrategyScope");
    qRegisterMetaType<std::string>("std::string");
    connect(d->m_tree, &LayerTree::parameterSelected, this, [this](const std::string& parameter) {
        d->choose(parameter);
    });
    connect(d->m_tree, &LayerTree::feedRequested, this, &MapPanel::layerRequested);
    connect(d->m_header, &LayerTreeHeader::ruleRequested, this, &MapPanel::layerRuleRequested);
    connect(d->m_header,
            &LayerTreeHeader::teacherSourceRequested,
            this,
            &MapPanel::teacherSourceRequested);
    connect(d->m_header,
            &LayerTreeHeader::studentSourceRequested,
            this,
            &MapPanel::studentSourceRequested);
    connect(d->m_heatmaps, &HeatmapPair::cellHovered, this, &MapPanel::cellHovered);
    connect(d->m_inspector,
            &Inspector::parameterRequested,
            this,
            [this](const std::string& parameter) { d->choose(parameter); });
    connect(d->m_inspector, &Inspector::strategyRequested, this, &MapPanel::strategyRequested);
    connect(d->m_inspector, &Inspector::publishedRequested, this, &MapPanel::publishedRequested);
    auto* align = new QShortcut(QKeySequence(Qt::CTRL | Qt::Key_Y), this);
    align->setContext(Qt::WidgetWithChildrenShortcut);
    connect(align, &QShortcut::activated, d->m_tree, qOverload<>(&LayerTree::openFeedMenu));
}

MapPanel::~MapPanel() { delete d; }

void MapPanel::setTitles(const QString& teacher, const QString& student) {
    d->m_header->setTitles(teacher, student);
}

void MapPanel::setSources(const SourceChoices& teacher, const SourceChoices& student) {
    d->m_header->setSources(teacher, student);
}

void MapPanel::setNotes(const QStringList& teacher, const QStringList& student) {
    d->m_header->setNotes(teacher, student);
}

void MapPanel::setPlan(std::shared_ptr<const SelectionPlan> plan) { d->setPlan(std::move(plan)); }

std::string MapPanel::currentParameter() const { return d->m_parameter; }

void MapPanel::selectParameter(const std::string& studentParameter) {
    d->m_tree->selectParameter(studentParameter);
    d->choose(studentParameter); // another parameter of the row that was current already
}

void MapPanel::setView(std::shared_ptr<const ParameterView> view) {
    if (view && view->student != d->m_parameter)
        return;
    d->m_heatmaps->setView(view);
    if (d->m_plan && !d->m_parameter.empty())
        d->m_inspector->setView(std::move(view));
}

void MapPanel::setWhatIfs(const std::string& studentParameter,
                          std::shared_ptr<const std::vector<WhatIf>> choices) {
    if (studentParameter == d->m_parameter)
        d->m_inspector->setWhatIfs(std::move(choices));
}

void MapPanel::setViewBusy(bool busy) { d->m_heatmaps->setBusy(busy); }

void MapPanel::showError(const QString& text) { d->m_error->setText(text); }

void MapPanel::setFilter(const QString& text) {
    d->m_tree->setFilter(text);
    d->tellMatches();
}

void MapPanel::focusFilterResults() {
    d->m_tree->selectFirst();
    d->m_tree->setFocus();
}

void MapPanel::resizeEvent(QResizeEvent* event) {
    d->arrange(size());
    QWidget::resizeEvent(event);
}

} // namespace heirloom
