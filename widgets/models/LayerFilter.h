// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/models/LayerPairs.h"

#include <QStringList>

namespace heirloom {

/// What a user typed to find rows: words that all have to be met. A bare word is part of a name;
/// "shape:384" a size or a shape, and "fresh", "inherited", "resampled", "blended", "unused" are
/// states.
class LayerFilter {
public:
    explicit LayerFilter(const QString& text = {});

    [[nodiscard]] bool isEmpty() const { return m_words.isEmpty(); }
    /// Of a module row; rows above it show when something below them does.
    [[nodiscard]] bool matches(const PairNode& module) const;

private:
    QStringList m_words;
};

} // namespace heirloom
