// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QScrollArea>

class QGridLayout;
class QLabel;

namespace heirloom {

/// A form that is as high as its content where there is room, so that what follows stands right below; where there is not, it scrolls.
class FormArea final : public QScrollArea {
    Q_OBJECT

public:
    FormArea(QWidget* content, int width);
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override { return {100, 120}; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    int m_width;
};

/// A small muted word above a field; its access key goes to the field.
[[nodiscard]] QLabel* fieldCaption(const QString& word, QWidget* field);
/// A small muted line of plain text that wraps.
[[nodiscard]] QLabel* mutedLine(const QString& objectName);
/// Two columns of equal width for captions over fields.
[[nodiscard]] QGridLayout* fieldGrid(QWidget* owner);
/// Adds one field over both columns, or two side by side, from `row` on. \return the next free row
int addWide(QGridLayout& grid, int row, const QString& word, QWidget* field);
int addPair(QGridLayout& grid, int row, const QString& left, QWidget* leftField, const QString& right, QWidget* rightField);

} // namespace heirloom
