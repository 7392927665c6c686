// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/plots/CellText.h"
#include "widgets/plots/HeatmapContent.h"
#include "widgets/plots/HeatmapImage.h"
#include "widgets/plots/LatestJob.h"

#include <QWidget>

#include <memory>

class QComboBox;
class QToolButton;

namespace heirloom {

class HeatmapView;
class Pill;
class RangeBar;
class SectionTitle;

/// The teacher's tensor and what the student makes of it, side by side under one colour scale. They
/// zoom and pan as one, and the crosshair goes from one to the other through the index lists.
///
/// Keys inside it: [ and ] narrow and widen the range, A fits it, L locks it, M goes to the next
/// mode, N sorts by norm.
class HeatmapPair final : public QWidget {
    Q_OBJECT

public:
    explicit HeatmapPair(QWidget* parent = nullptr);

    void setView(std::shared_ptr<const ParameterView> view); ///< null: empty
    void setBusy(bool busy);
    [[nodiscard]] float range() const { return m_style.range; }
    /// Of the teacher's side; what the status line shows.
    [[nodiscard]] QString cellText() const { return m_cellText; }

signals:
    void cellHovered(const QString& text);

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    struct Contents {
        std::shared_ptr<const HeatmapContent> teacher;
        std::shared_ptr<const HeatmapContent> student;
    };

    void build();
    void arrange(); ///< makes the contents in the order asked for
    void show(const Contents& contents);
    void setRange(float range);
    void setMode(CellMode mode);
    void countClipped();
    void point(const HeatmapView* on, PlaneCell displayed);
    void leave();
    void link(HeatmapView* one);

    std::shared_ptr<const ParameterView> m_view;
    HeatmapStyle m_style;
    QString m_cellText;
    SectionTitle* m_teacherTitle;
    SectionTitle* m_studentTitle;
    HeatmapView* m_teacher;
    HeatmapView* m_student;
    RangeBar* m_bar;
    Pill* m_clipped;
    QComboBox* m_mode;
    QToolButton* m_sort;
    QToolButton* m_lock;
    LatestJob<Contents> m_arranging;
    LatestJob<std::int64_t> m_counting;
};

} // namespace heirloom
