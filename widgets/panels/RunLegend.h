// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/panels/RunRow.h"

#include <QWidget>

#include <vector>

namespace heirloom {

/// The runs of a plot as coloured words behind their marks; a click chooses one. Shows the newest ones that fit and says how many more there are.
class RunLegend final : public QWidget {
    Q_OBJECT

public:
    explicit RunLegend(QWidget* parent = nullptr);

    void addRun(const RunRow& run);
    void removeRun(int id);
    void setEmphasis(const std::vector<int>& ids);

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override { return {0, 24}; }

signals:
    void runClicked(int id);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    struct Entry {
        RunRow run;
        QString word;
        QRect place;
    };
    /// Entries from the right end, newest last, as many as fit in `width`.
    [[nodiscard]] std::vector<Entry> entriesFor(int width, int& hidden) const;

    std::vector<RunRow> m_runs;
    std::vector<int> m_emphasis;
};

} // namespace heirloom
