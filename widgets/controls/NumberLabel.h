// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QPainter;

namespace heirloom {

/// Draws text with every figure in a cell of the same width, so that counting numbers do not tremble and columns stand
/// under each other (Qt 6.4 cannot ask a font for its tabular figures).
void drawNumbers(QPainter& painter, const QRect& rect, Qt::Alignment alignment, const QString& text);
[[nodiscard]] int numbersWidth(const QFontMetrics& metrics, const QString& text);

/// A label of one line whose figures have one width.
class NumberLabel final : public QWidget {
    Q_OBJECT

public:
    enum class Tone { Text, Muted };

    explicit NumberLabel(const QString& text = {}, Tone tone = Tone::Text, QWidget* parent = nullptr);

    void setText(const QString& text);
    [[nodiscard]] QString text() const { return m_text; }
    void setAlignment(Qt::Alignment alignment);
    /// Keeps at least the width of this text, so that neighbours do not move while numbers grow.
    void reserve(const QString& widest);

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    QString m_text;
    QString m_widest;
    Tone m_tone;
    Qt::Alignment m_alignment = Qt::AlignLeft | Qt::AlignVCenter;
};

} // namespace heirloom
