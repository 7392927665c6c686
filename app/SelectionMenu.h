// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/selection/SelectionPlan.h"

#include <QList>
#include <QObject>

class QAction;
class QMenu;

namespace heirloom {

class Document;

/// The Selection menu: layer rules, what becomes of the weights, growth, whole heads, as published.
/// Made from the registered rules; shows what the present plan uses.
class SelectionMenu final : public QObject {
    Q_OBJECT

public:
    SelectionMenu(QMenu* menu, Document& document);

private:
    void addLayers();
    void addWeights();
    void addGrowth();
    void addHeads();
    void show(); ///< the present choices
    /// One choice of `options()` made anew.
    template <class Change> void request(const QString& text, const Change& change);

    QMenu* m_menu;
    Document& m_document;
    QList<QAction*> m_layers;
    QList<QAction*> m_weights;
    QList<QAction*> m_growth;
    QAction* m_published = nullptr;
};

} // namespace heirloom
