// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/panels/Inspector.h"

#include "core/analysis/HeadMatrix.h"
#include "core/selection/Strategy.h"
#include "widgets/Theme.h"
#include "widgets/controls/ElidedLabel.h"
#include "widgets/controls/Pill.h"
#include "widgets/panels/HeadMatrixView.h"
#include "widgets/panels/InspectorHead.h"
#include "widgets/panels/InspectorOptions.h"
#include "widgets/panels/InspectorStats.h"
#include "widgets/panels/InspectorText.h"
#include "widgets/panels/WhatIfGrid.h"

#include <QComboBox>
#include <QEvent>
#include <QLabel>
#include <QPixmap>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace heirloom {
namespace {

const QString publishedWord = QStringLiteral("published");

QPixmap square(const QColor& colour, double ratio) {
    QPixmap pixmap(QSize(10, 10) * ratio);
    pixmap.setDevicePixelRatio(ratio);
    pixmap.fill(colour);
    return pixmap;
}

ElidedLabel* caption(const QString& text) {
    auto* label = new ElidedLabel(text, ElidedLabel::Tone::Muted);
    label->setFont(smallFont());
    return label;
}

/// A group without a frame; `lines` is its layout.
QWidget* box(int spacing, QVBoxLayout*& lines) {
    auto* widget = new QWidget;
    lines = new QVBoxLayout(widget);
    lines->setContentsMargins(0, 0, 0, 0);
    lines->setSpacing(spacing);
    return widget;
}

} // namespace

Inspector::Inspector(QWidget* parent) : QScrollArea(parent) {
    setObjectName(QStringLiteral("inspector"));
    setAccessibleName(tr("Inspector"));
    setFrameShape(QFrame::NoFrame);
    setWidgetResizable(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFocusPolicy(Qt::NoFocus);
    build();
    clear();
}

void Inspector::clear() {
    m_plan = nullptr;
    m_view = nullptr;
    m_parameter.clear();
    m_space = -1;
    m_body->hide();
    m_empty->show();
}

const IndexSpace* Inspector::space() const {
    return m_plan && m_space >= 0 ? &m_plan->student->spaces[static_cast<std::size_t>(m_space)]
                                  : nullptr;
}

ElementSelection Inspector::selection() const {
    return m_plan->options.asPublished
               ? m_plan->options.elementFor(space()->name)
               : m_plan->spaces[static_cast<std::size_t>(m_space)].selection;
}

bool Inspector::isTaken() const {
    const ParameterPlan* source = m_plan ? m_plan->find(m_parameter) : nullptr;
    return source != nullptr && source->origin != Origin::Fresh;
}

bool Inspector::hasChoice() const {
    // Across families tensors are matched by name, and strategies are not read.
    return isTaken() && space() != nullptr && m_plan->teacher->family == m_plan->student->family;
}

void Inspector::setParameter(std::shared_ptr<const SelectionPlan> plan,
                             const std::string& parameter,
                             const std::vector<std::string>& module) {
    const bool other = parameter != m_parameter;
    m_plan = std::move(plan);
    m_parameter = parameter;
    m_space = mainSpace(*m_plan->student, parameter);
    if (other)
        m_view = nullptr;
    m_empty->hide();
    m_body->show();
    m_module = module;
    m_head->setParameter(*m_plan, m_parameter, m_module, m_view.get());
    showStrategy();
    showHeads();
    showScope();
    showKept();
    m_stats->setView(m_view.get());
    m_choices = nullptr; // of the plan before
    m_whatIfs->setStale();
    m_whatIfs->setVisible(hasChoice());
}

void Inspector::setView(std::shared_ptr<const ParameterView> view) {
    m_view = std::move(view);
    m_head->setParameter(*m_plan, m_parameter, m_module, m_view.get());
    if (m_view && m_choices) // the two come in any order, and the colours need the range
        m_whatIfs->setChoices(*m_choices, m_view->range);
    showKept();
    m_stats->setView(m_view.get());
}

void Inspector::setWhatIfs(std::shared_ptr<const std::vector<WhatIf>> choices) {
    m_choices = std::move(choices);
    if (!m_choices || m_choices->empty())
        m_whatIfs->hide();
    else if (m_view)
        m_whatIfs->setChoices(*m_choices, m_view->range);
}

void Inspector::request(const ElementSelection& wanted) {
    if (space() != nullptr)
        emit strategyRequested(space()->name, wanted, m_scope);
}

void Inspector::fillStrategies() {
    const ElementSelection current = selection();
    m_strategy->clear();
    const auto add = [this](const QString& title, std::string_view word, const QString& meaning) {
        m_strategy->addItem(QIcon(square(theme().strategy(word), devicePixelRatioF())),
                            title,
                            QString::fromUtf8(word));
        m_strategy->setItemData(m_strategy->count() - 1, meaning, Qt::ToolTipRole);
    };
    for (const Strategy* strategy : strategies()) {
        if (strategy->need != StrategyNeed::Indices || strategy->name == current.strategy)
            add(QString::fromUtf8(strategy->title),
                strategy->name,
                QString::fromUtf8(strategy->meaning));
    }
    add(tr("As published (whole student)"),
        "published",
        tr("The authors' rule: each axis of each tensor cut on its own"));
    const QString now =
        m_plan->options.asPublished ? publishedWord : QString::fromStdString(current.strategy);
    m_strategy->setCurrentIndex(m_strategy->findData(now));
}

void Inspector::showStrategy() {
    m_strategyBox->setVisible(hasChoice());
    if (!hasChoice())
        return;
    m_strategyCaption->setText(strategyCaption(*m_plan, m_space));
    fillStrategies();
    ElementSelection shown = selection();
    if (m_plan->options.asPublished)
        shown = {};
    m_options->setSelection(shown, m_plan->options.seed);
}

void Inspector::showHeads() {
    const auto rows = headMatrix(*m_plan, m_parameter);
    m_headBox->setVisible(!rows.empty());
    const bool isHeads =
        space() != nullptr && space()->kind == SpaceKind::Heads && space()->layer >= 0;
    const CouplingSummary coupling =
        isHeads ? couplingOf(*m_plan, space()->layer) : CouplingSummary();
    m_coupling->setVisible(coupling.size > 0);
    const bool coupled =
        coupling.qEqualsK == coupling.size && coupling.vEqualsProj == coupling.size;
    m_coupling->setText(couplingText(coupling));
    m_coupling->setTone(coupled ? ElidedLabel::Tone::Muted : ElidedLabel::Tone::Warning);
    if (rows.empty())
        return;
    m_heads->setMatrix(rows);
    m_headPill->setText(coupling.blended ? tr("! blended") : tr("whole"));
    m_headPill->setTone(coupling.blended ? Pill::Tone::Warning : Pill::Tone::Fine);
    m_keepWhole->setVisible(coupling.blended);
}

void Inspector::showScope() {
    const int like = spacesLike(*m_plan, m_space);
    m_scopeBox->setVisible(hasChoice() && like > 1);
    const bool isStage = hasChoice() && space()->kind == SpaceKind::Residual;
    m_applyThis->setText(isStage ? tr("This stage") : tr("This layer"));
    m_applyAll->setText(tr("All %1 like it").arg(like));
    m_applyThis->setChecked(m_scope == StrategyScope::ThisSpace);
    m_applyAll->setChecked(m_scope == StrategyScope::AllLikeIt);
}

void Inspector::showKept() {
    const bool known = m_view && m_view->teacherPlane && m_view->kept.elements > 0;
    m_keptBox->setVisible(isTaken());
    m_kept->setKept(known ? m_view->kept : KeptEnergy());
    m_keptText->setText(known    ? keptText(m_view->kept)
                        : m_view ? tr("Positions are resampled, none is kept as it is")
                                 : QStringLiteral("…"));
}

void Inspector::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange && hasChoice())
        fillStrategies(); // their squares
    QScrollArea::changeEvent(event);
}

void Inspector::build() {
    auto* root = new QWidget;
    auto* layout = new QVBoxLayout(root);
    layout->setContentsMargins(Theme::padding, Theme::space, Theme::padding, Theme::padding);
    layout->setSpacing(0);
    m_empty = new QLabel(tr("Choose a layer to see where it comes from"));
    m_empty->setWordWrap(true);
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setEnabled(false);
    layout->addWidget(m_empty);
    QVBoxLayout* body = nullptr;
    m_body = box(Theme::padding, body);
    m_head = new InspectorHead;
    body->addWidget(m_head);
    body->addWidget(buildStrategy());
    m_whatIfs = new WhatIfGrid;
    body->addWidget(m_whatIfs);
    connect(m_head, &InspectorHead::parameterRequested, this, &Inspector::parameterRequested);
    connect(m_whatIfs, &WhatIfGrid::chosen, this, [this](const WhatIf& choice) {
        if (choice.asPublished)
            emit publishedRequested(true);
        else
            request(choice.selection);
    });
    body->addWidget(buildHeads());
    body->addWidget(buildKept());
    m_stats = new InspectorStats;
    body->addWidget(m_stats);
    layout->addWidget(m_body);
    layout->addStretch();
    setWidget(root);
}

QWidget* Inspector::buildStrategy() {
    QVBoxLayout* lines = nullptr;
    m_strategyBox = box(Theme::tight, lines);
    m_strategyCaption = caption({});
    m_strategy = new QComboBox;
    m_strategy->setObjectName(QStringLiteral("strategyCombo"));
    m_strategy->setAccessibleName(tr("Strategy"));
    m_strategy->setMinimumContentsLength(8);
    m_options = new InspectorOptions;
    lines->addWidget(m_strategyCaption);
    lines->addWidget(m_strategy);
    lines->addWidget(m_options);
    lines->addWidget(buildScope());
    connect(m_options, &InspectorOptions::selectionChanged, this, &Inspector::request);
    connect(m_strategy, &QComboBox::activated, this, [this](int index) {
        const QString word = m_strategy->itemData(index).toString();
        if (word == publishedWord) {
            emit publishedRequested(true);
            return;
        }
        ElementSelection wanted;
        wanted.strategy = word.toStdString();
        wanted.heads = selection().heads;
        request(wanted);
    });
    return m_strategyBox;
}

QWidget* Inspector::buildScope() {
    m_scopeBox = new QWidget;
    auto* line = new QHBoxLayout(m_scopeBox);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(Theme::tight);
    m_applyThis = new QToolButton;
    m_applyThis->setObjectName(QStringLiteral("applyThis"));
    m_applyThis->setToolTip(tr("A choice changes this one only"));
    m_applyAll = new QToolButton;
    m_applyAll->setObjectName(QStringLiteral("applyAll"));
    m_applyAll->setToolTip(
        tr("Gives every layer of this kind the same strategy, and keeps doing so"));
    line->addWidget(caption(tr("Apply to")), 1);
    for (QToolButton* button : {m_applyThis, m_applyAll}) {
        button->setCheckable(true);
        button->setAutoRaise(true);
        button->setAutoExclusive(true);
        button->setFocusPolicy(Qt::TabFocus);
        line->addWidget(button);
    }
    connect(
        m_applyThis, &QToolButton::clicked, this, [this] { m_scope = StrategyScope::ThisSpace; });
    connect(m_applyAll, &QToolButton::clicked, this, [this] {
        m_scope = StrategyScope::AllLikeIt;
        request(selection());
    });
    return m_scopeBox;
}

QWidget* Inspector::buildHeads() {
    QVBoxLayout* lines = nullptr;
    m_headBox = box(Theme::tight, lines);
    m_headPill = new Pill;
    m_headPill->setObjectName(QStringLiteral("headPill"));
    m_heads = new HeadMatrixView;
    m_keepWhole = new QPushButton(tr("Keep &whole heads"));
    m_keepWhole->setObjectName(QStringLiteral("keepWholeHeads"));
    auto* title = new QHBoxLayout;
    title->addWidget(caption(tr("Teacher heads in each")), 1);
    title->addWidget(m_headPill);
    lines->addLayout(title);
    lines->addWidget(m_heads);
    lines->addWidget(m_keepWhole, 0, Qt::AlignLeft);
    connect(m_keepWhole, &QPushButton::clicked, this, [this] {
        ElementSelection wanted = selection();
        wanted.heads = HeadMode::Whole;
        request(wanted);
    });
    return m_headBox;
}

QWidget* Inspector::buildKept() {
    QVBoxLayout* lines = nullptr;
    m_keptBox = box(Theme::tight, lines);
    m_keptText = caption({});
    m_keptText->setObjectName(QStringLiteral("keptText"));
    m_kept = new EnergyBar;
    m_kept->setToolTip(tr("Energy is the squared L2 norm of the teacher's tensor; the mark is the "
                          "share of its weights"));
    m_coupling = caption({});
    m_coupling->setObjectName(QStringLiteral("couplingText"));
    lines->addWidget(m_keptText);
    lines->addWidget(m_kept);
    lines->addWidget(m_coupling);
    return m_keptBox;
}

} // namespace heirloom
