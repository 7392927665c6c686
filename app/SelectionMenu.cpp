// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/SelectionMenu.h"

#include "app/Document.h"
#include "core/selection/LayerRule.h"
#include "core/selection/WeightRule.h"

#include <QAction>
#include <QActionGroup>
#include <QMenu>

#include <utility>

namespace heirloom {
namespace {

/// A checkable choice of one of several; `word` is what it stands for.
QAction* addChoice(QMenu* menu,
                   QActionGroup* group,
                   const QString& title,
                   const QString& meaning,
                   const QString& word) {
    auto* action = menu->addAction(title);
    action->setCheckable(true);
    action->setToolTip(meaning);
    action->setStatusTip(meaning);
    action->setData(word);
    group->addAction(action);
    return action;
}

void check(const QList<QAction*>& choices, const QString& word) {
    for (auto* action : choices)
        action->setChecked(action->data().toString() == word);
}

} // namespace

SelectionMenu::SelectionMenu(QMenu* menu, Document& document)
    : QObject(menu), m_menu(menu), m_document(document) {
    menu->setToolTipsVisible(true);
    addLayers();
    addWeights();
    addGrowth();
    menu->addSeparator();
    addHeads();
    connect(&document, &Document::planChanged, this, &SelectionMenu::show);
    show();
}

template <class Change> void SelectionMenu::request(const QString& text, const Change& change) {
    if (!m_document.plan())
        return;
    auto options = m_document.options();
    options.asPublished = false;
    change(options);
    m_document.requestOptions(options, text);
    show(); // a refused choice is not the present one
}

void SelectionMenu::addLayers() {
    auto* menu = m_menu->addMenu(tr("&Layers"));
    menu->setToolTipsVisible(true);
    auto* group = new QActionGroup(this);
    group->setExclusionPolicy(QActionGroup::ExclusionPolicy::ExclusiveOptional);
    for (const auto* rule : layerRules()) {
        auto* action = addChoice(menu,
                                 group,
                                 QString::fromUtf8(rule->title),
                                 QString::fromUtf8(rule->meaning),
                                 QString::fromUtf8(rule->name));
        m_layers << action;
        connect(action, &QAction::triggered, this, [this, rule] {
            request(tr("Layers: %1").arg(QString::fromUtf8(rule->title)),
                    [rule](SelectionOptions& options) {
                        options.layers = {};
                        options.layers.rule = rule->name;
                    });
        });
    }
}

void SelectionMenu::addWeights() {
    auto* menu = m_menu->addMenu(tr("&Weights"));
    menu->setToolTipsVisible(true);
    auto* group = new QActionGroup(this);
    for (const auto* rule : weightRules()) {
        auto* action = addChoice(menu,
                                 group,
                                 QString::fromUtf8(rule->title),
                                 QString::fromUtf8(rule->meaning),
                                 QString::fromUtf8(rule->name));
        m_weights << action;
        connect(action, &QAction::triggered, this, [this, rule] {
            request(tr("Weights: %1").arg(QString::fromUtf8(rule->title)),
                    [rule](SelectionOptions& options) {
                        options.weights = {};
                        options.weights.rule = rule->name;
                    });
        });
    }
}

void SelectionMenu::addGrowth() {
    auto* menu = m_menu->addMenu(tr("&Growth"));
    menu->setToolTipsVisible(true);
    auto* group = new QActionGroup(this);
    const std::pair<QString, QString> choices[] = {
        {tr("&None"), tr("A student that is wider or deeper than its teacher is refused")},
        {tr("Net2&Net"),
         tr("Widths are replicated and identity layers added: the function is kept")},
        {tr("&Stack"), tr("Layers are repeated in order; widths as Net2Net")}};
    const Growth ways[] = {Growth::None, Growth::Net2Net, Growth::Stack};
    for (std::size_t i = 0; i < std::size(ways); ++i) {
        auto* action = addChoice(menu,
                                 group,
                                 choices[i].first,
                                 choices[i].second,
                                 QString::fromUtf8(growthText(ways[i])));
        m_growth << action;
        connect(action, &QAction::triggered, this, [this, way = ways[i]] {
            request(tr("Growth: %1").arg(QString::fromUtf8(growthText(way))),
                    [way](SelectionOptions& options) { options.growth = way; });
        });
    }
}

void SelectionMenu::addHeads() {
    auto* heads = m_menu->addAction(tr("Keep &whole heads everywhere"));
    heads->setShortcut(QKeySequence("H"));
    heads->setObjectName("actionWholeHeads");
    connect(heads, &QAction::triggered, this, [this] {
        request(tr("Whole heads everywhere"), [](SelectionOptions& options) {
            options.element.heads = HeadMode::Whole;
            for (auto& [space, selection] : options.spaces)
                selection.heads = HeadMode::Whole;
        });
    });
    m_published = m_menu->addAction(tr("As &published"));
    m_published->setShortcut(QKeySequence("Ctrl+P"));
    m_published->setObjectName("actionPublished");
    m_published->setCheckable(true);
    connect(m_published, &QAction::triggered, this, [this](bool on) {
        auto options = m_document.options();
        options.asPublished = on;
        m_document.requestOptions(options, on ? tr("As published") : tr("One list an index space"));
    });
}

void SelectionMenu::show() {
    const auto plan = m_document.plan();
    for (auto* action : m_menu->actions())
        action->setEnabled(plan != nullptr);
    const auto& options = m_document.options();
    const bool isByHand = !options.layers.byHand.empty() || !options.layers.rules.empty();
    check(m_layers,
          plan && !options.asPublished && !isByHand ? QString::fromStdString(options.layers.rule)
                                                    : QString());
    check(m_weights, QString::fromStdString(options.weights.rule));
    check(m_growth, QString::fromUtf8(growthText(options.growth)));
    m_published->setChecked(plan && options.asPublished);
}

} // namespace heirloom
