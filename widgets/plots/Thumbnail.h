// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/ParameterView.h"

#include <QAbstractButton>
#include <QImage>

namespace heirloom {

/// A card that shows what one strategy would take, and how much of the squared norm that keeps; a
/// click chooses it.
class Thumbnail final : public QAbstractButton {
    Q_OBJECT

public:
    explicit Thumbnail(QWidget* parent = nullptr);

    void setWhatIf(const WhatIf& choice, float range);

    [[nodiscard]] QSize sizeHint() const override { return {84, 64}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {64, 64}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;
    bool event(QEvent* event) override;

private:
    void draw();

    WhatIf m_choice;
    float m_range = 1;
    QImage m_image;
};

/// Stable word of a choice, for object names: "uniform", "uniform-blended", "published".
[[nodiscard]] QString whatIfWord(const WhatIf& choice);

} // namespace heirloom
