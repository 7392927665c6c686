// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractButton>

namespace heirloom {

/// A student that would fit: its name in the monospaced font and a line about it; pressed, it is chosen.
class StudentCard final : public QAbstractButton {
    Q_OBJECT

public:
    StudentCard(const QString& name, const QString& detail, QWidget* parent = nullptr);

    [[nodiscard]] QSize sizeHint() const override { return {240, 56}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {160, 56}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QString m_detail;
};

} // namespace heirloom
