// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPushButton>

namespace heirloom {

/// Fills a button with the accent (the next step a user would take), or makes it plain again.
void setPrimary(QPushButton* button, bool primary);

/// "▸ Augmentation and schedule": shows and hides a widget below it.
class FoldButton final : public QAbstractButton {
    Q_OBJECT

public:
    explicit FoldButton(const QString& word, QWidget* parent = nullptr);
    void setFolded(QWidget* content); ///< hidden until the button is pressed; not owned
    [[nodiscard]] QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
};

} // namespace heirloom
