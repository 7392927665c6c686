// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QButtonGroup;
class QHBoxLayout;

namespace heirloom {

/// Switches between screens: one of a few words side by side ("Map | Train | Export"). Left and right move within it.
class SegmentedControl final : public QWidget {
    Q_OBJECT

public:
    explicit SegmentedControl(QWidget* parent = nullptr);

    /// The segment is a button with the object name "segment-<word>".
    int addSegment(const QString& word, const QString& toolTip = {});
    void setCurrent(int index); ///< tells currentChanged when it changes
    [[nodiscard]] int current() const;
    void setSegmentEnabled(int index, bool enabled);

signals:
    void currentChanged(int index);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QButtonGroup* m_group;
    QHBoxLayout* m_line;
};

} // namespace heirloom
