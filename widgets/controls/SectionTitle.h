// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QHBoxLayout;
class QLabel;

namespace heirloom {

class ElidedLabel;

/// A panel's title line, 32 px: the word semi-bold, a muted detail behind it, and on the right whatever is added.
class SectionTitle final : public QWidget {
    Q_OBJECT

public:
    explicit SectionTitle(const QString& title, const QString& detail = {}, QWidget* parent = nullptr);

    void setTitle(const QString& title);
    void setDetail(const QString& detail); ///< plain text, elided in the middle
    void addWidget(QWidget* widget);       ///< at the right end
    /// Left and right padding; Theme::padding at first.
    void setPadding(int left, int right);

private:
    QLabel* m_title;
    ElidedLabel* m_detail;
    QHBoxLayout* m_line;
};

} // namespace heirloom
