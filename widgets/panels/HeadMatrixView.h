// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <cstdint>
#include <vector>

namespace heirloom {

/// Which teacher heads feed each student head: student heads down, teacher heads across, a cell
/// says how many rows are taken.
class HeadMatrixView final : public QWidget {
    Q_OBJECT

public:
    explicit HeadMatrixView(QWidget* parent = nullptr);

    /// [student head][teacher head] -> rows; empty hides the view.
    void setMatrix(std::vector<std::vector<std::int64_t>> rows);

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override { return {120, sizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;
    bool event(QEvent* event) override;

private:
    [[nodiscard]] int rowHeight() const;
    [[nodiscard]] int labelWidth() const;
    [[nodiscard]] QRect cellRect(std::size_t student, std::size_t teacher) const;

    std::vector<std::vector<std::int64_t>> m_rows;
};

} // namespace heirloom
