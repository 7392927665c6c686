// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLineEdit>

#include <cstdint>

namespace heirloom {

/// "2e-3", "0.05", "1e-6": as short as it reads back to the same number.
[[nodiscard]] QString shortNumber(double value);

/// A real number in a line of text, where steps of a spin box make no sense: rates over many powers of ten. What does not
/// parse or lies out of range is coloured and keeps the last good value.
class NumberField final : public QLineEdit {
    Q_OBJECT

public:
    NumberField(double lowest, double highest, QWidget* parent = nullptr);
    void setValue(double value);
    [[nodiscard]] double value() const { return m_value; }
    [[nodiscard]] bool isValid() const { return m_valid; }

signals:
    void valueChanged(double value);

private:
    void read();

    double m_lowest;
    double m_highest;
    double m_value = 0;
    bool m_valid = true;
};

/// A seed: a whole number below 2^64, which no spin box holds.
class SeedField final : public QLineEdit {
    Q_OBJECT

public:
    explicit SeedField(QWidget* parent = nullptr);
    void setValue(std::uint64_t value);
    [[nodiscard]] std::uint64_t value() const { return m_value; }

private:
    std::uint64_t m_value = 0;
};

} // namespace heirloom
