// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "widgets/panels/ExportPanel.h"

#include <QWidget>

class QLabel;

namespace heirloom {

class Pill;

/// What a finished export says: where it is, its size and hash, and whether it read back equal.
class ExportAnswerView final : public QWidget {
    Q_OBJECT

public:
    explicit ExportAnswerView(QWidget* parent = nullptr);
    void show(const ExportAnswer& answer);
    void clear();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    bool m_verified = false;
    QLabel* m_title;
    QLabel* m_path;
    QLabel* m_size;
    QLabel* m_notes;
    QLabel* m_hash;
    QLabel* m_use;
};

} // namespace heirloom
